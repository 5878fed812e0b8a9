//! What one login does, operation by operation.

use super::*;
use crate::drop::{DEFAULT_PASSWORD, DEFAULT_USER};
use standin_ports::Secret;
use standin_ports::clock::VirtualClock;

#[derive(Default)]
struct Kept(Mutex<Vec<What>>);

impl Journal for Kept {
    fn record(&self, what: What) {
        self.0.lock().unwrap().push(what);
    }
}

struct Stand {
    clock: Arc<VirtualClock>,
    drop: Arc<Mutex<Drop>>,
    journal: Arc<Kept>,
    session: Session,
}

fn stand() -> Stand {
    let mut drop = Drop::new();
    drop.put(Instant::START, "/in/a.csv", b"old").unwrap();
    let (drop, journal) = (Arc::new(Mutex::new(drop)), Arc::new(Kept::default()));
    let clock = Arc::new(VirtualClock::new(Instant::START));
    let password = Secret::new(DEFAULT_PASSWORD);
    let proof = Proof::Password(&password);
    let session = Session::open(drop.clone(), clock.clone(), journal.clone(), DEFAULT_USER, proof).unwrap();
    Stand { clock, drop, journal, session }
}

impl Stand {
    fn heard(&self) -> Vec<String> {
        let line = |what: &What| match what {
            What::File { who, op, path, bytes, text } => format!("{who} {op} {path} {bytes} {text}"),
            other => format!("{other:?}"),
        };
        self.journal.0.lock().unwrap().iter().map(line).collect()
    }

    fn content(&self, path: &str) -> Option<Bytes> {
        self.drop.lock().unwrap().read(path)
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let mut file = self.session.open_write(path, Mode::Create).unwrap();
        self.session.write_at(&mut file, 0, bytes).unwrap();
        self.session.close(file).unwrap();
    }
}

#[test]
fn a_write_is_told_when_it_is_closed_and_a_read_when_it_is_whole() {
    let stand = stand();
    let mut file = stand.session.open_write("in/b.csv", Mode::Create).unwrap();
    // Pieces may come in any order.
    stand.session.write_at(&mut file, 4, b"ann\n").unwrap();
    stand.session.write_at(&mut file, 0, b"UID\n").unwrap();
    assert_eq!(stand.heard(), [""; 0]);
    stand.session.close(file).unwrap();
    let mut file = stand.session.open_read("in/b.csv").unwrap();
    for (offset, max, expected) in
        [(4, 2, "an"), (0, 4, "UID\n"), (6, 9, "n\n"), (8, 9, ""), (0, 9, "UID\nann\n")]
    {
        assert_eq!(stand.session.read_at(&mut file, offset, max).unwrap(), expected);
    }
    let unread = stand.session.open_read("in/a.csv").unwrap();
    assert_eq!(stand.session.stat_reading(&unread).size, 3);
    let written = "cdc-batch write /in/b.csv 8 UID\nann\n";
    let read = "cdc-batch read /in/b.csv 8 UID\nann\n";
    assert_eq!(stand.heard(), [written, read]);
}

#[test]
fn files_are_opened_as_asked() {
    for (mode, path, expected) in [
        (Mode::Create, "/in/a.csv", Ok("X")),
        (Mode::Create, "/in/b.csv", Ok("X")),
        (Mode::CreateNew, "/in/a.csv", Err(DropError::Exists)),
        (Mode::CreateNew, "/in/b.csv", Ok("X")),
        (Mode::Keep, "/in/a.csv", Ok("Xld")),
        (Mode::Keep, "/in/b.csv", Ok("X")),
        (Mode::Existing, "/in/a.csv", Ok("Xld")),
        (Mode::Existing, "/in/b.csv", Err(DropError::NotFound)),
        (Mode::Empty, "/in/a.csv", Ok("X")),
        (Mode::Empty, "/in/b.csv", Err(DropError::NotFound)),
        (Mode::Create, "/new/b.csv", Err(DropError::NotFound)),
        (Mode::Create, "/in", Err(DropError::IsFolder)),
        (Mode::Create, "/", Err(DropError::IsFolder)),
    ] {
        let stand = stand();
        let opened = stand.session.open_write(path, mode);
        let written = opened.and_then(|mut file| stand.session.write_at(&mut file, 0, b"X"));
        let after = written.map(|()| stand.content(path).unwrap());
        assert_eq!(after, expected.map(Bytes::from), "{mode:?} {path}");
    }
}

#[test]
fn a_file_that_was_only_looked_at_is_not_told_as_written() {
    let stand = stand();
    let file = stand.session.open_write("/in/a.csv", Mode::Existing).unwrap();
    assert_eq!(stand.session.read_back(&file, 1, 9).unwrap(), "ld");
    stand.session.close(file).unwrap();
    let mut file = stand.session.open_write("/in/a.csv", Mode::Existing).unwrap();
    stand.session.append(&mut file, b"er").unwrap();
    stand.session.close(file).unwrap();
    assert_eq!(stand.heard(), ["cdc-batch write /in/a.csv 5 older"]);
}

#[test]
fn a_rename_replaces_only_where_it_may() {
    let stand = stand();
    stand.write("/in/b.csv", b"new");
    let rename = |from, to, existing| stand.session.rename(from, to, existing);
    assert_eq!(rename("/in/b.csv", "/in/a.csv", Existing::Refuse), Err(DropError::Exists));
    assert_eq!(stand.content("/in/a.csv").unwrap(), "old");
    assert_eq!(rename("/in/b.csv", "/in/a.csv", Existing::Replace), Ok(()));
    assert_eq!(stand.content("/in/a.csv").unwrap(), "new");
    assert_eq!(rename("/in/b.csv", "/in/c.csv", Existing::Refuse), Err(DropError::NotFound));
    assert_eq!(rename("/in/a.csv", "/in/c.csv", Existing::Refuse), Ok(()));
    assert_eq!(stand.session.remove("/in/c.csv"), Ok(()));
    assert_eq!(stand.session.remove("/in/c.csv"), Err(DropError::NotFound));
    assert_eq!(
        stand.heard(),
        [
            "cdc-batch write /in/b.csv 3 new",
            "cdc-batch rename /in/a.csv 3 from /in/b.csv",
            "cdc-batch rename /in/c.csv 3 from /in/a.csv",
            "cdc-batch remove /in/c.csv 3 ",
        ]
    );
}

#[test]
fn folders_are_made_listed_and_removed() {
    let stand = stand();
    let session = &stand.session;
    assert_eq!(session.make_folder("/x/y"), Err(DropError::NotFound));
    assert_eq!(session.make_folder("/in"), Err(DropError::Exists));
    assert_eq!(session.make_folder("/in/sub"), Ok(()));
    let names: Vec<_> =
        session.list("in").unwrap().into_iter().map(|entry| (entry.name, entry.folder)).collect();
    assert_eq!(names, [("a.csv".to_owned(), false), ("sub".to_owned(), true)]);
    assert_eq!(session.remove_folder("/in"), Err(DropError::NotEmpty));
    assert_eq!(session.remove_folder("/in/a.csv"), Err(DropError::NotFolder));
    assert_eq!(session.remove_folder("/"), Err(DropError::Denied));
    assert_eq!(session.remove_folder("/in/sub"), Ok(()));
    assert_eq!(session.stat("/in/sub"), Err(DropError::NotFound));
    assert_eq!(session.real_path("in/../x//y").unwrap(), "/x/y");
}

#[test]
fn time_is_the_clocks_until_it_is_set() {
    let stand = stand();
    let later = Instant::from_seconds(Instant::START.seconds() + 60);
    stand.clock.reach(later.plus(std::time::Duration::from_millis(999)));
    stand.write("/in/b.csv", b"12345");
    assert_eq!(stand.session.stat("/in/b.csv").unwrap().modified, later);
    let set = Attributes { size: Some(2), modified: Some(Instant::from_seconds(5)) };
    stand.session.set("/in/b.csv", set).unwrap();
    let expected = Stat { folder: false, size: 2, modified: Instant::from_seconds(5) };
    assert_eq!(stand.session.stat("/in/b.csv"), Ok(expected));
    assert_eq!(stand.session.set("/in", set), Err(DropError::IsFolder));
    assert_eq!(stand.session.set("/none", Attributes::default()), Err(DropError::NotFound));
}

#[test]
fn the_journal_keeps_text_masked_and_within_bounds() {
    let long = "é".repeat(KEPT);
    let half = format!("{}... ({} bytes in all)", "é".repeat(KEPT / 2), 2 * KEPT);
    for (content, expected) in [
        ("UID,email\nann,a@b.example\n".as_bytes(), "UID,email\nann,a@b.example\n"),
        (br#"{"password":"x"}"#, r#"{"password":"********"}"#),
        (b"\xff\xfe", ""),
        (long.as_bytes(), &half),
        (format!("[{}", "1,".repeat(KEPT)).as_bytes(), ""),
    ] {
        assert_eq!(as_text(&Content::from(content)), expected);
    }
}

/// A rule strikes where it is told to, at the byte; what was there by then stays.
#[test]
fn transfers_break_where_they_are_told_to() {
    use standin_fake_kit::faults::{Effect, Fault};
    for (effect, refusal, note) in [
        (
            Effect::BreakAfter(5),
            DropError::Cut,
            "connection of `cdc-batch` cut during write of /in/b.csv after 5 bytes",
        ),
        (Effect::FullAfter(5), DropError::Full, "no room for more than 5 bytes of /in/b.csv"),
    ] {
        let stand = stand();
        let rule = Fault { path: "b.csv".to_owned(), ..Fault::next("sftp", "write", effect) };
        stand.drop.lock().unwrap().add_fault(rule).unwrap();
        stand.write("/in/a.csv", b"another file");
        let mut file = stand.session.open_write("/in/b.csv", Mode::Create).unwrap();
        assert_eq!(stand.session.write_at(&mut file, 0, b"UID\n"), Ok(()));
        for piece in [b"ann\n", b"ben\n"] {
            assert_eq!(stand.session.write_at(&mut file, 4, piece), Err(refusal));
        }
        assert_eq!(stand.content("/in/b.csv").unwrap(), "UID\na");
        assert_eq!(stand.session.is_cut(), refusal == DropError::Cut);
        let text = note.to_owned();
        assert_eq!(stand.heard()[1..], [format!("{:?}", What::Note { who: "drop", text })]);
    }
}
