//! The same laws for a login from memory and one with FTP; both leave the same journal.

use super::spawn_on;
use crate::Served;
use crate::testing::Network;
use bytes::Bytes;
use pollster::block_on;
use standin_fake_sftp::{DEFAULT_HOST, DEFAULT_PASSWORD, DEFAULT_USER, Drop, FileOp, MemoryLogin};
use standin_model::Instant;
use standin_ports::clock::VirtualClock;
use standin_ports::files::{read_whole, write_whole};
use standin_ports::{
    Credential, FileEntry, FileError, FileProtocol, Files, FilesTarget, Journal, Login, Secret, What,
};
use standin_wire::FtpLogin;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Default)]
struct Kept(Mutex<Vec<What>>);

impl Journal for Kept {
    fn record(&self, what: What) {
        self.0.lock().unwrap().push(what);
    }
}

struct Stand {
    drop: Arc<Mutex<Drop>>,
    journal: Arc<Kept>,
    login: Arc<dyn Login>,
    wire: Option<(Network, Served)>,
}

fn stand(on_the_wire: bool) -> Stand {
    let clock = Arc::new(VirtualClock::new(Instant::START));
    let mut drop = Drop::new();
    let section = serde_json::json!({
        "users": [
            {"name": "eloqua", "password": "e", "root": "/eloqua"},
            {"name": "auditor", "password": "a", "read_only": true},
        ],
        "folders": ["/eloqua/in", "/out/old"],
        "files": [{"path": "/secret.csv", "text": "UID\nann\n"}],
    });
    drop.seed(Instant::START, &section).unwrap();
    let (drop, journal) = (Arc::new(Mutex::new(drop)), Arc::new(Kept::default()));
    if !on_the_wire {
        let login = Arc::new(MemoryLogin::new(drop.clone(), clock, journal.clone()));
        return Stand { drop, journal, login, wire: None };
    }
    let network = Network::start();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let served = spawn_on(network.handle(), listener, drop.clone(), clock, journal.clone()).unwrap();
    let addr = served.addr;
    let resolve = move |host: &str, _port: u16| (host == DEFAULT_HOST).then_some(addr);
    let login = Arc::new(FtpLogin::new(network.handle().clone(), Arc::new(resolve)));
    Stand { drop, journal, login, wire: Some((network, served)) }
}

fn target(user: &str, password: &str) -> FilesTarget {
    FilesTarget {
        protocol: FileProtocol::Ftp,
        host: DEFAULT_HOST.to_owned(),
        port: 21,
        username: user.to_owned(),
        credential: Credential::Password(Secret::new(password)),
        timeout: Duration::from_secs(20),
        start: standin_ports::PathStart::Root,
    }
}

impl Stand {
    fn login(&self, user: &str, password: &str) -> Result<Box<dyn Files>, FileError> {
        block_on(self.login.login(&target(user, password)))
    }

    fn files(&self) -> Box<dyn Files> {
        self.login(DEFAULT_USER, DEFAULT_PASSWORD).unwrap()
    }

    fn tree(&self) -> Vec<(String, u64, Instant)> {
        self.drop.lock().unwrap().files()
    }

    fn paths(&self) -> Vec<String> {
        self.tree().into_iter().map(|(path, _, _)| path).collect()
    }

    fn content(&self, path: &str) -> Option<Bytes> {
        self.drop.lock().unwrap().read(path)
    }

    fn fail_next(&self, op: FileOp, after_bytes: u64) {
        self.drop.lock().unwrap().fail_next(op, after_bytes).unwrap();
    }
}

/// Holds `law` on both transports, and both to one journal and one tree.
fn hold(law: impl Fn(&Stand)) -> Vec<What> {
    let [memory, wire] = [false, true].map(|on_the_wire| {
        let stand = stand(on_the_wire);
        law(&stand);
        let journal = stand.journal.0.lock().unwrap().clone();
        (journal, stand.tree())
    });
    assert_eq!(memory, wire, "memory left, wire right");
    wire.0
}

fn put(files: &dyn Files, path: &str, text: &str) -> Result<(), FileError> {
    block_on(write_whole(files, path, Bytes::copy_from_slice(text.as_bytes())))
}

fn get(files: &dyn Files, path: &str) -> Result<Vec<u8>, FileError> {
    block_on(read_whole(files, path, 1 << 24))
}

fn broke() -> FileError {
    FileError::Lost(format!("the connection to {DEFAULT_HOST} broke"))
}

#[test]
fn a_file_is_written_listed_read_renamed_over_and_removed() {
    let journal = hold(|stand| {
        let files = stand.files();
        put(&*files, "/out/b.csv.uploading", "UID\nbob\n").unwrap();
        put(&*files, "/out/b.csv", "old").unwrap();
        put(&*files, "/out/ä b;c.csv", "").unwrap();
        let entry = |name: &str, folder, size| FileEntry {
            name: name.to_owned(),
            folder,
            size,
            modified: Instant::START,
        };
        let listed = [
            entry("b.csv", false, 3),
            entry("b.csv.uploading", false, 8),
            entry("old", true, 0),
            entry("ä b;c.csv", false, 0),
        ];
        assert_eq!(block_on(files.list("/out")).unwrap(), listed);
        assert_eq!(block_on(files.rename("/out/b.csv.uploading", "/out/b.csv")), Ok(()));
        assert_eq!(get(&*files, "/out/b.csv").unwrap(), b"UID\nbob\n");
        assert_eq!(get(&*files, "/out/ä b;c.csv").unwrap(), b"");
        assert_eq!(block_on(files.remove("/out/ä b;c.csv")), Ok(()));
        assert_eq!(stand.paths(), ["/out/b.csv", "/secret.csv"]);
    });
    assert_eq!(journal.len(), 7);
}

#[test]
fn what_cannot_be_done_says_why_and_changes_nothing() {
    let journal = hold(|stand| {
        let files = stand.files();
        let not_found = |path: &str| FileError::NotFound(path.to_owned());
        let failed = |text: &str| FileError::Failed(text.to_owned());
        assert_eq!(put(&*files, "/none/a.csv", "x"), Err(not_found("/none/a.csv")));
        assert_eq!(get(&*files, "/none"), Err(not_found("/none")));
        assert_eq!(get(&*files, "/out"), Err(failed("/out: it is a folder")));
        assert_eq!(put(&*files, "/out", "x"), Err(failed("/out: it is a folder")));
        assert_eq!(block_on(files.list("/none")), Err(not_found("/none")));
        assert_eq!(block_on(files.list("/secret.csv")), Err(failed("/secret.csv: it is not a folder")));
        assert_eq!(block_on(files.rename("/none", "/out/x")), Err(not_found("/none")));
        assert_eq!(block_on(files.rename("/secret.csv", "/out")), Err(failed("/secret.csv: it is a folder")));
        assert_eq!(block_on(files.remove("/none")), Err(not_found("/none")));
        assert!(put(&*files, "/a\r\nDELE /secret.csv", "").is_err());
        let auditor = stand.login("auditor", "a").unwrap();
        let denied = |path: &str| Err(FileError::Denied(path.to_owned()));
        assert_eq!(put(&*auditor, "/out/x", "x"), denied("/out/x"));
        assert_eq!(block_on(auditor.remove("/secret.csv")), denied("/secret.csv"));
        let eloqua = stand.login("eloqua", "e").unwrap();
        assert_eq!(get(&*eloqua, "/../../secret.csv"), Err(not_found("/../../secret.csv")));
        assert_eq!(stand.paths(), ["/secret.csv"]);
    });
    assert_eq!(journal, []);
}

#[test]
fn logins_are_refused_without_the_right_password() {
    let refused =
        |user: &str| FileError::LoginRefused { host: DEFAULT_HOST.to_owned(), username: user.to_owned() };
    hold(|stand| {
        for (user, password) in [(DEFAULT_USER, "wrong"), (DEFAULT_USER, ""), ("nobody", DEFAULT_PASSWORD)] {
            assert_eq!(stand.login(user, password).err(), Some(refused(user)));
        }
    });
    let injected = format!("{DEFAULT_USER}\r\nNOOP");
    assert_eq!(stand(true).login(&injected, DEFAULT_PASSWORD).err(), Some(refused(&injected)));
}

#[test]
fn a_large_file_comes_back_as_it_went_and_from_any_place() {
    let large: Vec<u8> = (0..2_000_001u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    hold(|stand| {
        let files = stand.files();
        block_on(write_whole(&*files, "/out/large.bin", Bytes::copy_from_slice(&large))).unwrap();
        assert!(stand.content("/out/large.bin").unwrap() == large);
        let mut reader = block_on(files.open_at("/out/large.bin", 1_500_000)).unwrap();
        let (mut all, mut piece) = (Vec::new(), Bytes::from_static(b"-"));
        while !piece.is_empty() {
            piece = block_on(reader.read(100_000)).unwrap();
            all.extend_from_slice(&piece);
        }
        assert!(all == large[1_500_000..]);
        assert!(get(&*files, "/out/large.bin").unwrap() == large);
    });
}

#[test]
fn connections_break_where_they_are_told_to() {
    hold(|stand| {
        let text = "x".repeat(200_000);
        stand.fail_next(FileOp::Write, 100_000);
        let files = stand.files();
        assert_eq!(put(&*files, "/out/a.uploading", &text), Err(broke()));
        assert_eq!(stand.content("/out/a.uploading").unwrap().len(), 100_000);
        assert_eq!(block_on(files.list("/out")), Err(broke()), "a broken session stays broken");

        let files = stand.files();
        put(&*files, "/out/a", &text).unwrap();
        stand.fail_next(FileOp::Read, 100_000);
        assert_eq!(get(&*files, "/out/a"), Err(broke()));
        for (op, after) in [(FileOp::List, 0), (FileOp::Remove, 0), (FileOp::Rename, 0), (FileOp::Rename, 1)]
        {
            let files = stand.files();
            stand.fail_next(op, after);
            let result = match op {
                FileOp::List => block_on(files.list("/out")).map(drop),
                FileOp::Remove => block_on(files.remove("/out/a")),
                _ => block_on(files.rename("/out/a", "/out/b")),
            };
            assert_eq!(result, Err(broke()), "{op} {after}");
        }
        assert_eq!(stand.paths(), ["/out/a.uploading", "/out/b", "/secret.csv"]);
        stand.fail_next(FileOp::Login, 0);
        assert!(matches!(
            stand.login(DEFAULT_USER, DEFAULT_PASSWORD).err(),
            Some(FileError::Unreachable { .. })
        ));
    });
}

#[test]
fn half_a_file_is_sent_again_from_its_start() {
    let stand = stand(true);
    let files = stand.files();
    put(&*files, "/out/a.uploading", "half").unwrap();
    let resumed = block_on(files.resume("/out/a.uploading", 4)).err();
    assert!(matches!(resumed, Some(FileError::Lost(_))), "{resumed:?}");
}

#[test]
fn a_full_drop_says_so() {
    let stand = stand(true);
    stand.drop.lock().unwrap().knobs_mut().set("sftp.max_bytes", "100000").unwrap();
    let files = stand.files();
    let text = "x".repeat(1_000_000);
    assert_eq!(put(&*files, "/out/a", &text), Err(FileError::Failed("/out/a: the drop is full".to_owned())));
    put(&*files, "/out/b", "fits").unwrap();
}

#[test]
fn a_server_that_stops_ends_its_sessions() {
    let mut stand = stand(true);
    let files = stand.files();
    let Some((network, served)) = stand.wire.take() else { return };
    drop(served);
    network.settle();
    assert_eq!(get(&*files, "/secret.csv"), Err(broke()));
    assert!(matches!(stand.login(DEFAULT_USER, "x").err(), Some(FileError::Unreachable { .. })));
}

/// A client of another make, command by command.
struct Raw(BufReader<TcpStream>);

impl Raw {
    fn say(&mut self, command: &str, expected: &str) {
        if !command.is_empty() {
            self.0.get_mut().write_all(format!("{command}\r\n").as_bytes()).unwrap();
        }
        for expected in expected.lines() {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            assert_eq!(line.trim_end(), expected, "{command}");
        }
    }

    fn data(&mut self) -> TcpStream {
        self.0.get_mut().write_all(b"PASV\r\n").unwrap();
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        let inside = line.split_once('(').and_then(|(_, rest)| rest.split_once(')')).unwrap().0;
        let numbers: Vec<u16> = inside.split(',').map(|number| number.parse().unwrap()).collect();
        assert_eq!(numbers[..4], [127, 0, 0, 1]);
        TcpStream::connect(("127.0.0.1", numbers[4] * 256 + numbers[5])).unwrap()
    }

    fn fetched(&mut self, command: &str) -> String {
        let mut data = self.data();
        self.say(command, "150 here it comes");
        let mut text = String::new();
        data.read_to_string(&mut text).unwrap();
        self.say("", "226 that is all");
        text
    }

    fn sent(&mut self, command: &str, text: &str) {
        let mut data = self.data();
        self.say(command, "150 here it comes");
        data.write_all(text.as_bytes()).unwrap();
        drop(data);
        self.say("", "226 that is all");
    }
}

#[test]
fn the_replies_are_those_of_the_protocol() {
    let stand = stand(true);
    let addr = stand.wire.as_ref().unwrap().1.addr;
    let mut raw = Raw(BufReader::new(TcpStream::connect(addr).unwrap()));
    raw.say("", "220 standin");
    raw.say("PWD", "530 log in first");
    raw.say("PASS x", "503 the name comes first");
    raw.say("USER cdc-batch", "331 the password, please");
    raw.say("PASS wrong", "530 login refused");
    raw.say("user cdc-batch", "331 the password, please");
    raw.say(&format!("PASS {DEFAULT_PASSWORD}"), "230 logged in");
    raw.say("AUTH TLS", "502 nothing is encrypted here");
    raw.say("PORT 127,0,0,1,4,1", "502 data connections come from the client");
    raw.say("LIST", "425 no data connection");
    raw.say("CWD /none", "550 no such file or folder");
    raw.say("CWD out", "250 entered");
    raw.say("PWD", "257 \"/out\"");
    raw.say("MKD new", "257 \"/out/new\" made");
    raw.sent("STOR new/a.csv", "0123456789");
    raw.sent("APPE new/a.csv", "abc");
    raw.say("REST 10", "350 from byte 10");
    assert_eq!(raw.fetched("RETR new/a.csv"), "abc");
    assert_eq!(raw.fetched("RETR new/a.csv"), "0123456789abc");
    raw.say("REST 3", "350 from byte 3");
    raw.sent("STOR new/a.csv", "xyz");
    assert_eq!(raw.fetched("RETR new/a.csv"), "012xyz6789abc");
    raw.say("SIZE new/a.csv", "213 13");
    raw.say("MDTM new/a.csv", "213 20260105080000");
    raw.say(
        "MLST new/a.csv",
        "250-\n type=file;size=13;modify=20260105080000; /out/new/a.csv\n250 that is all",
    );
    raw.say("CDUP", "250 entered");
    assert_eq!(raw.fetched("NLST out"), "new\r\nold\r\n");
    assert_eq!(
        raw.fetched("LIST -la /out/new"),
        "-rw-r--r--    1 cdc-batch cdc-batch       13 Jan  5 08:00 a.csv\r\n"
    );
    raw.say("RNTO x", "503 what is to be renamed comes first");
    raw.say("RNFR out/new/a.csv", "350 to what?");
    raw.say("RNTO out/a.csv", "250 renamed");
    raw.say("RMD out", "550 the folder is not empty");
    raw.say("RMD out/new", "250 removed");
    raw.say("SITE CHMOD 777 x", "502 no such command here");
    raw.say("QUIT", "221 goodbye");
    assert_eq!(stand.paths(), ["/out/a.csv", "/secret.csv"]);
}
