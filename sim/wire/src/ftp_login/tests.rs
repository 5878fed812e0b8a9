//! Servers of other makes, as far as a transfer sees them: without lists for machines, or without a rename that
//! replaces.

use super::FtpLogin;
use bytes::Bytes;
use pollster::block_on;
use standin_model::Instant;
use standin_ports::files::{read_whole, write_whole};
use standin_ports::{
    Credential, FileEntry, FileError, FileProtocol, Files, FilesTarget, Login, PathStart, Secret,
};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;
use tokio::runtime::{Builder, Handle};

/// How a server lists a folder.
#[derive(Clone, Copy, PartialEq)]
enum Lists {
    /// As `ls -l` prints it, and it knows `MDTM`.
    Unix,
    /// As IIS does, and it knows no times.
    Dos,
}

/// A server with one folder; every command but the password is written down.
#[derive(Clone)]
struct Server {
    lists: Lists,
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    commands: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// The lines of a folder; each file is of one age.
    fn listing(&self) -> String {
        let files = self.files.lock().unwrap();
        let (head, folder, file): (&str, &str, fn(usize) -> String) = match self.lists {
            Lists::Unix => {
                ("total 8\r\n", "drwxr-xr-x    2 ftp      ftp          4096 Jan 02  2024 old", |size| {
                    format!("-rw-r--r--    1 ftp      ftp      {size:>8} Jan 02  2024 ")
                })
            }
            Lists::Dos => ("", "01-02-24  03:04AM       <DIR>          old", |size| {
                format!("01-02-24  03:04AM {size:>20} ")
            }),
        };
        let lines = files.iter().map(|(path, text)| format!("{}{}\r\n", file(text.len()), &path[4..]));
        format!("{head}{folder}\r\n{}", lines.collect::<String>())
    }

    fn serve(&self, stream: TcpStream) -> Option<()> {
        let mut read = BufReader::new(stream.try_clone().ok()?);
        let mut write = stream;
        let (mut passive, mut from): (Option<TcpListener>, String) = (None, String::new());
        let mut say = |text: &str| write.write_all(format!("{text}\r\n").as_bytes()).ok();
        say("220-Welcome\r\n220 (vsFTPd 3.0.5)")?;
        loop {
            let mut line = String::new();
            read.read_line(&mut line).ok().filter(|read| *read > 0)?;
            let (name, rest) = line.trim_end().split_once(' ').unwrap_or((line.trim_end(), ""));
            if name != "PASS" {
                self.commands.lock().unwrap().push(line.trim_end().to_owned());
            }
            let mut files = self.files.lock().unwrap();
            let there = files.contains_key(rest);
            match name {
                "USER" => say("331 Please specify the password.")?,
                "PASS" if rest == "pw" => say("230 Login successful.")?,
                "PASS" => say("530 Login incorrect.")?,
                "PWD" => say("257 \"/home/cdc\" is the current directory")?,
                "TYPE" => say("200 Switching to Binary mode.")?,
                "FEAT" if self.lists == Lists::Dos => say("500 'FEAT': command not understood.")?,
                "FEAT" => say("211-Features:\r\n MDTM\r\n SIZE\r\n211 End")?,
                "PASV" => {
                    let listener = TcpListener::bind("127.0.0.1:0").ok()?;
                    let [high, low] = listener.local_addr().ok()?.port().to_be_bytes();
                    passive = Some(listener);
                    // The address of the network behind a router, which nobody outside can reach.
                    say(&format!("227 Entering Passive Mode (10,0,0,7,{high},{low})."))?;
                }
                "LIST" | "RETR" | "STOR" => {
                    let (mut data, _) = passive.take()?.accept().ok()?;
                    if name == "RETR" && !there {
                        say("550 Failed to open file.")?;
                        continue;
                    }
                    say("150 Ok to send data.")?;
                    if name == "STOR" {
                        let mut text = Vec::new();
                        data.read_to_end(&mut text).ok()?;
                        files.insert(rest.to_owned(), text);
                    } else {
                        let text = files.get(rest).cloned();
                        drop(files);
                        data.write_all(&text.unwrap_or_else(|| self.listing().into_bytes())).ok()?;
                    }
                    drop(data);
                    say("226 Transfer complete.")?;
                }
                "SIZE" if there => say(&format!("213 {}", files[rest].len()))?,
                "MDTM" if there && self.lists == Lists::Unix => say("213 20240102030405")?,
                "MDTM" => say("500 'MDTM': command not understood.")?,
                "DELE" if files.remove(rest).is_some() => say("250 Delete operation successful.")?,
                "RNFR" if there => {
                    rest.clone_into(&mut from);
                    say("350 Ready for RNTO.")?;
                }
                "RNTO" if there => {
                    say("550 Cannot create a file when that file already exists.")?;
                }
                "RNTO" => {
                    let text = files.remove(&from)?;
                    files.insert(rest.to_owned(), text);
                    say("250 Rename successful.")?;
                }
                "SIZE" | "DELE" | "RNFR" => say("550 The system cannot find the file specified.")?,
                _ => say("500 Unknown command.")?,
            }
        }
    }
}

fn network() -> Handle {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        sender.send(runtime.handle().clone()).unwrap();
        runtime.block_on(std::future::pending::<()>());
    });
    receiver.recv().unwrap()
}

fn server(lists: Lists) -> (Server, FtpLogin) {
    let files = [("/in/a b.csv", "old"), ("/in/x.csv", "x")];
    let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
    let server =
        Server { lists, files: Arc::new(Mutex::new(BTreeMap::from(files))), commands: Arc::default() };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let serving = server.clone();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serving = serving.clone();
            thread::spawn(move || serving.serve(stream));
        }
    });
    (server, FtpLogin::new(network(), Arc::new(move |_: &str, _| Some(address))))
}

fn login(login: &FtpLogin, password: &str) -> Result<Box<dyn Files>, FileError> {
    login_in(login, password, PathStart::Root)
}

fn login_in(login: &FtpLogin, password: &str, start: PathStart) -> Result<Box<dyn Files>, FileError> {
    block_on(login.login(&FilesTarget {
        protocol: FileProtocol::Ftp,
        host: "ftp.partner.example".to_owned(),
        port: 21,
        username: "cdc".to_owned(),
        credential: Credential::Password(Secret::new(password)),
        timeout: Duration::from_secs(20),
        start,
    }))
}

#[test]
fn lists_for_people_are_read_and_times_asked_for_where_they_are_told() {
    let time = |text: &str| text.parse::<Instant>().unwrap();
    for (lists, modified, folder) in [
        (Lists::Unix, time("2024-01-02T03:04:05Z"), time("2024-01-02T00:00:00Z")),
        (Lists::Dos, time("2024-01-02T03:04:00Z"), time("2024-01-02T03:04:00Z")),
    ] {
        let (_, ftp) = server(lists);
        let files = login(&ftp, "pw").unwrap();
        let entry =
            |name: &str, folder, size, modified| FileEntry { name: name.to_owned(), folder, size, modified };
        assert_eq!(
            block_on(files.list("/in")).unwrap(),
            [
                entry("a b.csv", false, 3, modified),
                entry("old", true, 0, folder),
                entry("x.csv", false, 1, modified)
            ]
        );
        assert_eq!(block_on(read_whole(&*files, "/in/a b.csv", 100)).unwrap(), b"old");
    }
}

#[test]
fn an_upload_replaces_where_the_server_refuses_to() {
    let (server, ftp) = server(Lists::Dos);
    let files = login(&ftp, "pw").unwrap();
    block_on(write_whole(&*files, "/in/a b.csv.uploading", Bytes::from_static(b"new"))).unwrap();
    server.commands.lock().unwrap().clear();
    assert_eq!(block_on(files.rename("/in/a b.csv.uploading", "/in/a b.csv")), Ok(()));
    let stored = server.files.lock().unwrap().clone();
    assert_eq!(
        stored,
        [("/in/a b.csv", "new"), ("/in/x.csv", "x")]
            .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
            .into()
    );
    assert_eq!(
        *server.commands.lock().unwrap(),
        [
            "RNFR /in/a b.csv.uploading",
            "RNTO /in/a b.csv",
            "SIZE /in/a b.csv.uploading",
            "SIZE /in/a b.csv",
            "DELE /in/a b.csv.uploading.old",
            "RNFR /in/a b.csv",
            "RNTO /in/a b.csv.uploading.old",
            "RNFR /in/a b.csv.uploading",
            "RNTO /in/a b.csv",
            "DELE /in/a b.csv.uploading.old",
        ]
    );
}

#[test]
fn refusals_are_those_of_the_server() {
    let (_, ftp) = server(Lists::Unix);
    let refused =
        FileError::LoginRefused { host: "ftp.partner.example".to_owned(), username: "cdc".to_owned() };
    assert_eq!(login(&ftp, "wrong").err(), Some(refused));
    let files = login(&ftp, "pw").unwrap();
    let failed = FileError::Failed("/in/none: Failed to open file.".to_owned());
    assert_eq!(block_on(read_whole(&*files, "/in/none", 100)), Err(failed));
    let missing = FileError::NotFound("/in/none".to_owned());
    assert_eq!(block_on(files.remove("/in/none")), Err(missing));
    // What was refused has not broken the session.
    assert_eq!(block_on(read_whole(&*files, "/in/x.csv", 100)).unwrap(), b"x");
}

#[test]
fn paths_may_start_in_the_folder_of_the_login() {
    let (server, ftp) = server(Lists::Unix);
    let files = login_in(&ftp, "pw", PathStart::LoginFolder).unwrap();
    block_on(write_whole(&*files, "/out/a.uploading", Bytes::from_static(b"new"))).unwrap();
    assert_eq!(block_on(files.rename("/out/a.uploading", "/out/a")), Ok(()));
    assert_eq!(block_on(files.remove("/none")), Err(FileError::NotFound("/none".to_owned())));
    let paths: Vec<String> = server.files.lock().unwrap().keys().cloned().collect();
    assert_eq!(paths, ["/home/cdc/out/a", "/in/a b.csv", "/in/x.csv"]);
}
