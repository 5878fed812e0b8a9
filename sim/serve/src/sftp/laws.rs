//! The same laws for a login from memory and a login over SSH; both leave the same journal.

use super::{host_key_fingerprint, spawn_on};
use crate::Served;
use crate::testing::Network;
use bytes::Bytes;
use futures_util::future::join_all;
use pollster::block_on;
use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::{PrivateKey, PrivateKeyWithHashAlg};
use standin_fake_sftp::{DEFAULT_HOST, DEFAULT_PASSWORD, DEFAULT_USER, Drop, FileOp, MemoryLogin};
use standin_model::Instant;
use standin_ports::clock::VirtualClock;
use standin_ports::files::{read_whole, write_whole};
use standin_ports::{Credential, FileEntry, FileError, Files, FilesTarget, Journal, Login, Secret, What};
use standin_wire::{HostKey, SshLogin, public_key_of};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SEED: [u8; 32] = [7; 32];
const LIMIT: usize = 16 * 1024 * 1024;

/// The private key that a seed gives, as `ssh-keygen -t ed25519` would write it.
fn private_key(seed: u8) -> String {
    let key = PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]));
    key.to_openssh(LineEnding::LF).unwrap().to_string()
}

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
    login: Arc<dyn Login>,
    wire: Option<(Network, Served)>,
}

fn stand(over_ssh: bool) -> Stand {
    let clock = Arc::new(VirtualClock::new(Instant::START));
    let mut drop = Drop::new();
    let section = serde_json::json!({
        "users": [
            {"name": "eloqua", "password": "e", "root": "/eloqua"},
            {"name": "auditor", "password": "a", "read_only": true},
            {"name": "robot", "public_key": public_key_of(&Secret::new(private_key(1)), None).unwrap()},
        ],
        "folders": ["/eloqua/in", "/out/old"],
        "files": [{"path": "/secret.csv", "text": "UID\nann\n"}],
    });
    drop.seed(Instant::START, &section).unwrap();
    let (drop, journal) = (Arc::new(Mutex::new(drop)), Arc::new(Kept::default()));
    let memory =
        MemoryLogin::new(drop.clone(), clock.clone(), journal.clone()).reading_keys(Arc::new(public_key_of));
    if !over_ssh {
        return Stand { clock, drop, journal, login: Arc::new(memory), wire: None };
    }
    let network = Network::start();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let served =
        spawn_on(network.handle(), listener, drop.clone(), clock.clone(), journal.clone(), &SEED).unwrap();
    let addr = served.addr;
    let resolve = move |host: &str, _port: u16| (host == DEFAULT_HOST).then_some(addr);
    let login = SshLogin::new(network.handle().clone(), Arc::new(resolve));
    let login = Arc::new(login.trusting(HostKey::Fingerprint(host_key_fingerprint(&SEED))));
    Stand { clock, drop, journal, login, wire: Some((network, served)) }
}

fn target(user: &str, password: &str) -> FilesTarget {
    let credential = Credential::Password(Secret::new(password));
    FilesTarget {
        protocol: standin_ports::FileProtocol::Sftp,
        host: DEFAULT_HOST.to_owned(),
        port: 22,
        username: user.to_owned(),
        credential,
        timeout: Duration::from_secs(20),
        start: standin_ports::PathStart::Root,
    }
}

impl Stand {
    fn login(&self, target: &FilesTarget) -> Result<Box<dyn Files>, FileError> {
        block_on(self.login.login(target))
    }

    fn files(&self) -> Box<dyn Files> {
        self.login(&target(DEFAULT_USER, DEFAULT_PASSWORD)).unwrap()
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
    let [memory, wire] = [false, true].map(|over_ssh| {
        let stand = stand(over_ssh);
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
    block_on(read_whole(files, path, LIMIT))
}

fn list(files: &dyn Files, folder: &str) -> Result<Vec<FileEntry>, FileError> {
    block_on(files.list(folder))
}

fn failed(text: &str) -> FileError {
    FileError::Failed(text.to_owned())
}

fn lost(text: &str) -> FileError {
    FileError::Lost(text.to_owned())
}

fn entry(op: &'static str, path: &str, bytes: u64, text: &str) -> What {
    let who = DEFAULT_USER.to_owned();
    What::File { who, op, path: path.to_owned(), bytes, text: text.to_owned() }
}

#[test]
fn a_file_is_written_listed_read_renamed_over_and_removed() {
    let journal = hold(|stand| {
        let files = stand.files();
        put(&*files, "/out/b.csv.uploading", "UID\nbob\n").unwrap();
        put(&*files, "out/b.csv", "old").unwrap();
        stand.clock.reach(Instant::START.plus(Duration::from_millis(90_500)));
        put(&*files, "/out/a.csv", "").unwrap();
        let entry = |name: &str, folder, size, seconds| FileEntry {
            name: name.to_owned(),
            folder,
            size,
            modified: Instant::START.plus(Duration::from_secs(seconds)),
        };
        let listed = [
            entry("a.csv", false, 0, 90),
            entry("b.csv", false, 3, 0),
            entry("b.csv.uploading", false, 8, 0),
            entry("old", true, 0, 0),
        ];
        assert_eq!(list(&*files, "/out").unwrap(), listed);
        block_on(files.rename("/out/b.csv.uploading", "/out/b.csv")).unwrap();
        assert_eq!(get(&*files, "/out/b.csv").unwrap(), b"UID\nbob\n");
        assert_eq!(get(&*files, "/out/a.csv").unwrap(), b"");
        block_on(files.remove("/out/a.csv")).unwrap();
        assert_eq!(stand.paths(), ["/out/b.csv", "/secret.csv"]);
    });
    assert_eq!(
        journal,
        [
            entry("write", "/out/b.csv.uploading", 8, "UID\nbob\n"),
            entry("write", "/out/b.csv", 3, "old"),
            entry("write", "/out/a.csv", 0, ""),
            entry("rename", "/out/b.csv", 8, "from /out/b.csv.uploading"),
            entry("read", "/out/b.csv", 8, "UID\nbob\n"),
            entry("read", "/out/a.csv", 0, ""),
            entry("remove", "/out/a.csv", 0, ""),
        ]
    );
}

#[test]
fn what_cannot_be_done_says_why_and_changes_nothing() {
    let journal = hold(|stand| {
        let files = stand.files();
        let not_found = |path: &str| FileError::NotFound(path.to_owned());
        assert_eq!(put(&*files, "/none/a.csv", "x"), Err(not_found("/none/a.csv")));
        assert_eq!(get(&*files, "/none"), Err(not_found("/none")));
        assert_eq!(get(&*files, "/out"), Err(failed("/out: it is a folder")));
        assert_eq!(put(&*files, "/out", "x"), Err(failed("/out: it is a folder")));
        assert_eq!(put(&*files, "/secret.csv/x", "x"), Err(failed("/secret.csv/x: it is not a folder")));
        assert_eq!(list(&*files, "/none"), Err(not_found("/none")));
        assert_eq!(list(&*files, "/secret.csv"), Err(failed("/secret.csv: it is not a folder")));
        assert_eq!(block_on(files.rename("/none", "/out/x")), Err(not_found("/none")));
        assert_eq!(block_on(files.rename("/secret.csv", "/none/x")), Err(not_found("/secret.csv")));
        assert_eq!(block_on(files.rename("/secret.csv", "/out")), Err(failed("/secret.csv: it is a folder")));
        assert_eq!(block_on(files.remove("/none")), Err(not_found("/none")));
        assert_eq!(block_on(files.remove("/out/old")), Err(failed("/out/old: it is a folder")));
        let long = "x".repeat(256);
        let why = format!("/{long}: a name is longer than 255 bytes");
        assert_eq!(put(&*files, &format!("/{long}"), ""), Err(FileError::Failed(why)));
        assert_eq!(put(&*files, "/a\nb", ""), Err(failed("/a\nb: a name has a control character in it")));
        let bytes = "/a\u{fffd}b";
        assert_eq!(put(&*files, bytes, ""), Err(failed(&format!("{bytes}: a name is not in UTF-8"))));
        assert_eq!(stand.paths(), ["/secret.csv"]);
    });
    assert_eq!(journal, []);
}

#[test]
fn a_user_stays_within_the_root() {
    hold(|stand| {
        let files = stand.login(&target("eloqua", "e")).unwrap();
        for path in ["/secret.csv", "../secret.csv", "in/../../secret.csv", "/../../secret.csv"] {
            assert_eq!(get(&*files, path), Err(FileError::NotFound(path.to_owned())));
        }
        put(&*files, "../../in/../x.csv", "x").unwrap();
        assert_eq!(block_on(files.rename("x.csv", "/../../in/y.csv")), Ok(()));
        assert_eq!(stand.paths(), ["/eloqua/in/y.csv", "/secret.csv"]);
        let names: Vec<String> = list(&*files, "/..").unwrap().into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["in"]);
    });
}

#[test]
fn a_user_who_may_only_look_changes_nothing() {
    hold(|stand| {
        let files = stand.login(&target("auditor", "a")).unwrap();
        let denied = |path: &str| Err(FileError::Denied(path.to_owned()));
        assert_eq!(get(&*files, "/secret.csv").unwrap(), b"UID\nann\n");
        assert_eq!(put(&*files, "/out/x", "x"), denied("/out/x"));
        assert_eq!(block_on(files.rename("/secret.csv", "/x")), denied("/secret.csv"));
        assert_eq!(block_on(files.remove("/secret.csv")), denied("/secret.csv"));
        assert_eq!(stand.paths(), ["/secret.csv"]);
    });
}

#[test]
fn logins_are_refused_without_the_right_credential() {
    let journal = hold(|stand| {
        for (user, password) in
            [(DEFAULT_USER, "wrong"), (DEFAULT_USER, ""), ("nobody", DEFAULT_PASSWORD), ("robot", "")]
        {
            let refused =
                FileError::LoginRefused { host: DEFAULT_HOST.to_owned(), username: user.to_owned() };
            assert_eq!(stand.login(&target(user, password)).err(), Some(refused));
        }
        let elsewhere = FilesTarget { host: "other.example".to_owned(), ..target(DEFAULT_USER, "x") };
        let why = "the name does not resolve".to_owned();
        let unreachable = FileError::Unreachable { host: elsewhere.host.clone(), why };
        assert_eq!(stand.login(&elsewhere).err(), Some(unreachable));
    });
    assert_eq!(journal, []);
}

#[test]
fn a_key_opens_what_it_is_allowed_for() {
    use base64::Engine;
    let packed = base64::engine::general_purpose::STANDARD.encode(private_key(1));
    hold(|stand| {
        let with = |key: &str, user: &str| {
            let key = Secret::new(key);
            let credential = Credential::PrivateKey { key, passphrase: None };
            stand.login(&FilesTarget { credential, ..target(user, "") })
        };
        for key in [&private_key(1), &packed] {
            let files = with(key, "robot").unwrap();
            assert_eq!(get(&*files, "/secret.csv").unwrap(), b"UID\nann\n");
        }
        for (key, user) in [(2, "robot"), (1, DEFAULT_USER), (1, "nobody")] {
            let refused =
                FileError::LoginRefused { host: DEFAULT_HOST.to_owned(), username: user.to_owned() };
            assert_eq!(with(&private_key(key), user).err(), Some(refused));
        }
        assert_eq!(with("rubbish", "robot").err(), Some(failed("the private key cannot be read")));
    });
}

#[test]
fn a_large_file_comes_back_as_it_went() {
    let large: Vec<u8> = (0..3_000_001u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let journal = hold(|stand| {
        let files = stand.files();
        let mut writer = block_on(files.create("/out/large.bin")).unwrap();
        for chunk in large.chunks(700_001) {
            block_on(writer.write(Bytes::copy_from_slice(chunk))).unwrap();
        }
        block_on(writer.close()).unwrap();
        assert!(stand.content("/out/large.bin").unwrap() == large);
        assert!(get(&*files, "/out/large.bin").unwrap() == large);
        let mut reader = block_on(files.open("/out/large.bin")).unwrap();
        assert_eq!(block_on(reader.read(1000)).unwrap(), large[..1000]);
        assert_eq!(block_on(reader.read(5)).unwrap(), large[1000..1005]);
    });
    let expected =
        [entry("write", "/out/large.bin", 3_000_001, ""), entry("read", "/out/large.bin", 3_000_001, "")];
    assert_eq!(journal, expected);
}

#[test]
fn a_reader_keeps_what_it_opened() {
    hold(|stand| {
        let (ann, bob) = (stand.files(), stand.files());
        put(&*ann, "/a", "before").unwrap();
        let mut reader = block_on(ann.open("/a")).unwrap();
        put(&*bob, "/a", "after!").unwrap();
        block_on(bob.remove("/a")).unwrap();
        assert_eq!(block_on(reader.read(100)).unwrap(), "before");
    });
}

#[test]
fn an_interrupted_upload_leaves_no_final_file() {
    let journal = hold(|stand| {
        let broke = lost("the connection to sftp.exchange.example broke");
        stand.fail_next(FileOp::Write, 1_000_000);
        let files = stand.files();
        let mut writer = block_on(files.create("/out/a.csv.uploading")).unwrap();
        block_on(writer.write(Bytes::from(vec![b'a'; 400_000]))).unwrap();
        block_on(writer.write(Bytes::from(vec![b'b'; 600_000]))).unwrap();
        assert_eq!(block_on(writer.write(Bytes::from_static(b"c"))), Err(broke.clone()));
        assert_eq!(block_on(writer.close()), Err(broke.clone()));
        assert_eq!(block_on(files.rename("/out/a.csv.uploading", "/out/a.csv")), Err(broke.clone()));
        assert_eq!(list(&*files, "/out"), Err(broke));
        let rest = stand.content("/out/a.csv.uploading").unwrap();
        assert!(rest.len() == 1_000_000 && rest.ends_with(b"b"));
        // The next login starts over and comes through.
        let files = stand.files();
        put(&*files, "/out/a.csv.uploading", "whole").unwrap();
        block_on(files.rename("/out/a.csv.uploading", "/out/a.csv")).unwrap();
        assert_eq!(stand.paths(), ["/out/a.csv", "/secret.csv"]);
    });
    let cut = "connection of `cdc-batch` cut during write of /out/a.csv.uploading after 1000000 bytes";
    assert_eq!(
        journal,
        [
            What::Note { who: "drop", text: cut.to_owned() },
            entry("write", "/out/a.csv.uploading", 5, "whole"),
            entry("rename", "/out/a.csv", 5, "from /out/a.csv.uploading"),
        ]
    );
}

#[test]
fn an_upload_goes_on_where_it_stood() {
    hold(|stand| {
        stand.fail_next(FileOp::Write, 700_000);
        let files = stand.files();
        let mut writer = block_on(files.create("/out/a.csv.uploading")).unwrap();
        block_on(writer.write(Bytes::from(vec![b'a'; 400_000]))).unwrap();
        assert!(block_on(writer.write(Bytes::from(vec![b'b'; 600_000]))).is_err());
        // More has arrived than anybody knows to be whole.
        assert_eq!(stand.content("/out/a.csv.uploading").map(|content| content.len()), Some(700_000));
        let files = stand.files();
        let mut writer = block_on(files.resume("/out/a.csv.uploading", 400_000)).unwrap();
        assert_eq!(stand.content("/out/a.csv.uploading").map(|content| content.len()), Some(400_000));
        block_on(writer.write(Bytes::from(vec![b'c'; 500_000]))).unwrap();
        block_on(writer.close()).unwrap();
        let whole = [vec![b'a'; 400_000], vec![b'c'; 500_000]].concat();
        assert!(stand.content("/out/a.csv.uploading").unwrap() == whole);
        let short = block_on(files.resume("/out/a.csv.uploading", 900_001)).err();
        let why = "/out/a.csv.uploading: only 900000 of 900001 bytes are there";
        assert_eq!(short, Some(failed(why)));
        let none = block_on(files.resume("/out/none", 1)).err();
        assert_eq!(none, Some(FileError::NotFound("/out/none".to_owned())));
        let mut reader = block_on(files.open_at("/out/a.csv.uploading", 399_999)).unwrap();
        assert_eq!(block_on(reader.read(2)).unwrap(), "ac");
    });
}

#[test]
fn connections_break_where_they_are_told_to() {
    hold(|stand| {
        let broke = lost("the connection to sftp.exchange.example broke");
        stand.drop.lock().unwrap().put(Instant::START, "/big", &vec![b'x'; 700_000]).unwrap();
        stand.fail_next(FileOp::Read, 600_000);
        let files = stand.files();
        let mut reader = block_on(files.open("/big")).unwrap();
        assert_eq!(block_on(reader.read(500_000)).map(|bytes| bytes.len()), Ok(500_000));
        // Up to the very byte.
        assert_eq!(block_on(reader.read(500_000)).map(|bytes| bytes.len()), Ok(100_000));
        assert_eq!(block_on(reader.read(500_000)), Err(broke.clone()));

        stand.fail_next(FileOp::List, 0);
        assert_eq!(list(&*stand.files(), "/"), Err(broke.clone()));
        stand.fail_next(FileOp::Remove, 0);
        assert_eq!(block_on(stand.files().remove("/big")), Err(broke.clone()));
        assert!(stand.content("/big").is_some());
        stand.fail_next(FileOp::Rename, 1);
        assert_eq!(block_on(stand.files().rename("/big", "/out/big")), Err(broke));
        assert!(stand.content("/out/big").is_some(), "the work was done, only the answer is lost");

        stand.fail_next(FileOp::Login, 0);
        let error = stand.login(&target(DEFAULT_USER, DEFAULT_PASSWORD)).err();
        let why = "the connection broke during login".to_owned();
        assert_eq!(error, Some(FileError::Unreachable { host: DEFAULT_HOST.to_owned(), why }));
        assert!(stand.login(&target(DEFAULT_USER, DEFAULT_PASSWORD)).is_ok());
    });
}

#[test]
fn a_writer_that_is_dropped_says_nothing() {
    let journal = hold(|stand| {
        let files = stand.files();
        let mut writer = block_on(files.create("/out/half")).unwrap();
        block_on(writer.write(Bytes::from_static(b"half"))).unwrap();
        drop(writer);
        block_on(files.rename("/out/half", "/out/old/half")).unwrap();
        assert_eq!(stand.content("/out/old/half").unwrap(), "half");
    });
    assert_eq!(journal, [entry("rename", "/out/old/half", 4, "from /out/half")]);
}

#[test]
fn many_sessions_at_once() {
    hold(|stand| {
        let all: Vec<_> = (0..20).map(|_| stand.files()).collect();
        for (at, files) in all.iter().enumerate() {
            put(&**files, &format!("/out/{at:02}"), &at.to_string()).unwrap();
        }
        assert_eq!(stand.paths().len(), 21);
        for (at, files) in all.iter().enumerate() {
            assert_eq!(
                get(&**files, &format!("/out/{:02}", 19 - at)).unwrap(),
                (19 - at).to_string().as_bytes()
            );
        }
    });
}

#[test]
fn more_files_one_after_the_other_than_handles_at_once() {
    hold(|stand| {
        let files = stand.files();
        for _ in 0..400 {
            let mut reader = block_on(files.open("/secret.csv")).unwrap();
            assert_eq!(block_on(reader.read(4)).unwrap(), "UID\n");
        }
    });
}

#[test]
fn more_is_asked_for_at_once_than_any_queue_holds() {
    let piece = Bytes::from(vec![b'x'; 1_000_000]);
    let journal = hold(|stand| {
        let files = stand.files();
        stand.drop.lock().unwrap().put(Instant::START, "/big", &piece).unwrap();
        let mut readers: Vec<_> = (0..100).map(|_| block_on(files.open("/big")).unwrap()).collect();
        let all = block_on(join_all(readers.iter_mut().map(|reader| reader.read(1_000_000))));
        assert!(all.into_iter().all(|read| read.unwrap() == piece));
        let big = vec![b'y'; 2_000_000];
        let paths: Vec<String> = (0..20).map(|at| format!("/out/{at:02}")).collect();
        let writes = paths.iter().map(|path| write_whole(&*files, path, big.clone().into()));
        let both = futures_util::future::join(join_all(writes), read_whole(&*files, "/big", LIMIT));
        let (written, read) = block_on(both);
        assert!(written.into_iter().all(|written| written.is_ok()) && read.unwrap() == piece);
        assert!(paths.iter().all(|path| stand.content(path).unwrap() == big));
        // Which of them is whole first is the scheduler's affair.
        stand.journal.0.lock().unwrap().clear();
    });
    assert_eq!(journal, []);
}

/// Trusts any host: what is asked here is not about keys.
struct Trusting;

impl russh::client::Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        _shown: &russh::keys::PublicKeyOrCertificate,
    ) -> Result<bool, russh::Error> {
        Ok(true)
    }
}

#[test]
fn a_wrong_password_or_key_leaves_room_for_the_right_one() {
    let stand = stand(true);
    let Some((network, served)) = &stand.wire else { return };
    let addr = served.addr;
    let attempts = async move {
        let key = |seed| {
            let key = PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]));
            PrivateKeyWithHashAlg::new(Arc::new(key), None)
        };
        let mut accepted = Vec::new();
        for user in [DEFAULT_USER, "robot"] {
            let mut ssh = russh::client::connect(Arc::default(), addr, Trusting).await?;
            accepted.push(ssh.authenticate_password(user, "wrong").await?.success());
            accepted.push(ssh.authenticate_publickey(user, key(2)).await?.success());
            accepted.push(match user {
                DEFAULT_USER => ssh.authenticate_password(user, DEFAULT_PASSWORD).await?.success(),
                _ => ssh.authenticate_publickey(user, key(1)).await?.success(),
            });
        }
        Ok::<_, russh::Error>(accepted)
    };
    let accepted = block_on(network.handle().spawn(attempts)).unwrap().unwrap();
    assert_eq!(accepted, [false, false, true, false, false, true]);
}

#[test]
fn a_long_listing_is_whole_and_in_order() {
    hold(|stand| {
        for at in 0..1000 {
            stand.drop.lock().unwrap().put(Instant::START, &format!("/out/old/{at}"), b"x").unwrap();
        }
        let names: Vec<String> =
            list(&*stand.files(), "/out/old").unwrap().into_iter().map(|entry| entry.name).collect();
        assert_eq!(names.len(), 1000);
        assert!(names.is_sorted());
    });
}

#[test]
fn a_server_without_extensions_is_served_too() {
    let stand = stand(true);
    stand.drop.lock().unwrap().knobs_mut().set("sftp.extensions", "false").unwrap();
    let files = stand.files();
    let large = Bytes::from(vec![b'x'; 1_000_000]);
    block_on(write_whole(&*files, "/out/new", large.clone())).unwrap();
    assert!(get(&*files, "/out/new").unwrap() == large);
    put(&*files, "/out/old.csv", "old").unwrap();
    block_on(files.rename("/out/new", "/out/old.csv")).unwrap();
    assert!(stand.content("/out/old.csv").unwrap() == large);
    assert_eq!(block_on(files.rename("/none", "/out/old.csv")), Err(FileError::NotFound("/none".to_owned())));
    assert_eq!(stand.paths(), ["/out/old.csv", "/secret.csv"]);
}

#[test]
fn another_host_key_is_not_trusted() {
    let stand = stand(true);
    let Some((network, served)) = &stand.wire else { return };
    let addr = served.addr;
    let login = SshLogin::new(network.handle().clone(), Arc::new(move |_: &str, _| Some(addr)));
    let login = login.trusting(HostKey::Fingerprint(host_key_fingerprint(&[8; 32])));
    let error = block_on(login.login(&target(DEFAULT_USER, DEFAULT_PASSWORD))).err();
    assert_eq!(error, Some(failed("sftp.exchange.example shows another host key than expected")));
}

#[test]
fn a_server_that_stops_ends_its_sessions() {
    let mut stand = stand(true);
    let files = stand.files();
    put(&*files, "/out/a", "a").unwrap();
    let Some((network, served)) = stand.wire.take() else { return };
    drop(served);
    network.settle();
    assert_eq!(get(&*files, "/out/a"), Err(lost("the connection to sftp.exchange.example broke")));
    let error = stand.login(&target(DEFAULT_USER, DEFAULT_PASSWORD)).err();
    assert!(matches!(error, Some(FileError::Unreachable { .. })), "{error:?}");
}
