//! The drop with FTP: RFC 959, with the lists for machines, sizes, times and restarts of RFC 3659.
//!
//! Logins by password, passive data connections, and every file as it is: the type that a client asks for changes
//! no byte, as many servers have it.
//!
//! - `command`: a line as a command.
//! - `data`: the connections that files and lists travel on.
//! - `listing`: how a folder is shown.

mod command;
mod data;
#[cfg(test)]
mod laws;
mod listing;

use crate::door::{self, Door, Doors};
use crate::room::Room;
use crate::served::{self, Served};
use command::{Command, path_of, read_line};
use data::Passive;
use standin_fake_sftp::{Drop, DropError, Existing, LoginError, Mode, Proof, Session};
use standin_ports::{Clock, Journal, Secret};
use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::runtime::Handle;

/// Serves `drop` on `listener`, on the runtime behind `handle`.
pub fn spawn_on(
    handle: &Handle,
    listener: TcpListener,
    drop: Arc<Mutex<Drop>>,
    clock: Arc<dyn Clock>,
    journal: Arc<dyn Journal>,
) -> io::Result<Served> {
    spawn_before(handle, listener, door::one(Door { drop, clock, journal }))
}

/// Serves many drops on `listener`, on the runtime behind `handle`: a login's name says which.
pub fn spawn_before(handle: &Handle, listener: TcpListener, doors: Doors) -> io::Result<Served> {
    served::accept(handle, listener, Room::shared(), move |stream, place| {
        let doors = Arc::clone(&doors);
        async move {
            // What goes wrong on one connection is its client's affair.
            let _ = connection(stream, doors).await;
            drop(place);
        }
    })
}

/// Serves `drop` on `listener`, on the runtime that the caller is in.
pub fn spawn(
    listener: TcpListener,
    drop: Arc<Mutex<Drop>>,
    clock: Arc<dyn Clock>,
    journal: Arc<dyn Journal>,
) -> io::Result<Served> {
    spawn_on(&served::current()?, listener, drop, clock, journal)
}

/// One client, before and after login.
struct Connection {
    doors: Doors,
    clock: Option<Arc<dyn Clock>>,
    write: OwnedWriteHalf,
    user: Option<String>,
    session: Option<Arc<Session>>,
    folder: String,
    /// Where the next data connection will come in.
    passive: Option<Passive>,
    /// Where the next transfer starts.
    restart: u64,
    /// What is about to be renamed.
    renaming: Option<String>,
}

/// Why a connection does not go on.
enum End {
    /// It is over.
    Over,
    /// It broke.
    Broke(io::Error),
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::Broke(error)
    }
}

/// A reply, or the end.
type Reply = Result<String, End>;

async fn connection(stream: TcpStream, doors: Doors) -> io::Result<()> {
    let (read, write) = stream.into_split();
    let mut read: BufReader<OwnedReadHalf> = BufReader::new(read);
    let mut connection = Connection {
        doors,
        clock: None,
        write,
        user: None,
        session: None,
        folder: "/".to_owned(),
        passive: None,
        restart: 0,
        renaming: None,
    };
    connection.say("220 standin").await?;
    while let Some(line) = read_line(&mut read).await? {
        match connection.answer(Command::parse(&line)).await {
            Ok(reply) => connection.say(&reply).await?,
            Err(End::Over) => return connection.say("221 goodbye").await,
            Err(End::Broke(error)) => return Err(error),
        }
    }
    Ok(())
}

/// A drop's refusal as a reply. A connection that is to break says nothing more.
fn refusal(error: DropError) -> Reply {
    Ok(match error {
        DropError::Cut => return Err(End::Broke(io::ErrorKind::ConnectionAborted.into())),
        DropError::Full => format!("452 {error}"),
        DropError::BadPath(_) => format!("553 {error}"),
        _ => format!("550 {error}"),
    })
}

fn told<T>(result: Result<T, DropError>, reply: impl FnOnce(T) -> String) -> Reply {
    result.map_or_else(refusal, |it| Ok(reply(it)))
}

impl Connection {
    async fn say(&mut self, reply: &str) -> io::Result<()> {
        self.write.write_all(format!("{reply}\r\n").as_bytes()).await
    }

    async fn answer(&mut self, command: Command<'_>) -> Reply {
        let Command { name, rest } = command;
        match name.as_str() {
            "USER" => {
                (self.user, self.session) = (Some(rest.to_owned()), None);
                return Ok("331 the password, please".to_owned());
            }
            "PASS" => return self.login(rest),
            "QUIT" => return Err(End::Over),
            "SYST" => return Ok("215 UNIX Type: L8".to_owned()),
            "NOOP" => return Ok("200 here".to_owned()),
            "FEAT" => return Ok(FEATURES.to_owned()),
            "OPTS" if rest.eq_ignore_ascii_case("UTF8 ON") => return Ok("200 names are in UTF-8".to_owned()),
            "OPTS" => return Ok("501 no such option".to_owned()),
            "AUTH" | "PBSZ" | "PROT" => return Ok("502 nothing is encrypted here".to_owned()),
            _ => {}
        }
        let Some(session) = self.session.clone() else { return Ok("530 log in first".to_owned()) };
        let reply = self.command(&session, &name, rest).await;
        // An offset counts for the next transfer only, a name for the next command.
        if !matches!(name.as_str(), "REST" | "PASV" | "EPSV" | "TYPE") {
            self.restart = 0;
        }
        if name != "RNFR" {
            self.renaming = None;
        }
        reply
    }

    fn login(&mut self, password: &str) -> Reply {
        let Some(user) = self.user.clone() else { return Ok("503 the name comes first".to_owned()) };
        let (Door { drop, clock, journal }, user) = (self.doors)(&user);
        let proof = Secret::new(password);
        match Session::open(drop, Arc::clone(&clock), journal, &user, Proof::Password(&proof)) {
            Ok(session) => {
                self.clock = Some(clock);
                self.session = Some(Arc::new(session));
                Ok("230 logged in".to_owned())
            }
            Err(LoginError::Refused) => Ok("530 login refused".to_owned()),
            Err(LoginError::Cut) => Err(End::Broke(io::ErrorKind::ConnectionAborted.into())),
        }
    }

    async fn command(&mut self, session: &Session, name: &str, rest: &str) -> Reply {
        let path = path_of(&self.folder, rest);
        match name {
            "TYPE" => Ok(match rest.to_ascii_uppercase().split(' ').next() {
                Some("A" | "I" | "L") => "200 every file as it is".to_owned(),
                _ => "504 no such type".to_owned(),
            }),
            "MODE" if rest.eq_ignore_ascii_case("S") => Ok("200 a stream".to_owned()),
            "STRU" if rest.eq_ignore_ascii_case("F") => Ok("200 files".to_owned()),
            "MODE" | "STRU" => Ok("504 only streams of files".to_owned()),
            "ALLO" => Ok("202 no room is needed".to_owned()),
            "ABOR" => Ok("226 nothing is under way".to_owned()),
            "PWD" | "XPWD" => Ok(format!("257 \"{}\"", self.folder.replace('"', "\"\""))),
            "CWD" | "XCWD" => self.enter(session, &path),
            "CDUP" | "XCUP" => {
                let above = path_of(&self.folder, "..");
                self.enter(session, &above)
            }
            "PASV" | "EPSV" => {
                let passive = Passive::open(self.write.local_addr()?, self.write.peer_addr()?).await?;
                let reply = if name == "PASV" { passive.pasv() } else { Some(passive.epsv()) };
                self.passive = Some(passive);
                Ok(reply.unwrap_or_else(|| "522 EPSV is for this network".to_owned()))
            }
            "PORT" | "EPRT" => Ok("502 data connections come from the client".to_owned()),
            "LIST" | "NLST" | "MLSD" => self.list(session, name, rest).await,
            "MLST" => told(session.stat(&path), |stat| {
                format!("250-\r\n {}{}\r\n250 that is all", listing::facts(stat, "file"), path)
            }),
            "SIZE" => told(session.stat(&path), |stat| match stat.folder {
                true => "550 it is a folder".to_owned(),
                false => format!("213 {}", stat.size),
            }),
            "MDTM" => told(session.stat(&path), |stat| format!("213 {}", listing::time(stat.modified))),
            "REST" => Ok(match rest.parse() {
                Ok(offset) => {
                    self.restart = offset;
                    format!("350 from byte {offset}")
                }
                Err(_) => "501 no such place".to_owned(),
            }),
            "RETR" => self.retrieve(session, &path).await,
            "STOR" | "APPE" => self.store(session, &path, name == "APPE").await,
            "DELE" => told(session.remove(&path), |()| "250 removed".to_owned()),
            "MKD" | "XMKD" => told(session.make_folder(&path), |()| format!("257 \"{path}\" made")),
            "RMD" | "XRMD" => told(session.remove_folder(&path), |()| "250 removed".to_owned()),
            "RNFR" => told(session.stat(&path), |_| {
                self.renaming = Some(path.clone());
                "350 to what?".to_owned()
            }),
            "RNTO" => match self.renaming.take() {
                Some(from) => {
                    told(session.rename(&from, &path, Existing::Replace), |()| "250 renamed".to_owned())
                }
                None => Ok("503 what is to be renamed comes first".to_owned()),
            },
            _ => Ok("502 no such command here".to_owned()),
        }
    }

    fn enter(&mut self, session: &Session, path: &str) -> Reply {
        let there = session.stat(path);
        let folder = there.and_then(|stat| if stat.folder { Ok(()) } else { Err(DropError::NotFolder) });
        told(folder, |()| {
            path.clone_into(&mut self.folder);
            "250 entered".to_owned()
        })
    }

    /// The data connection that was prepared, announced to the client.
    async fn transfer(&mut self) -> Result<Option<TcpStream>, End> {
        let Some(passive) = self.passive.take() else { return Ok(None) };
        self.say("150 here it comes").await?;
        Ok(passive.accept().await)
    }

    async fn list(&mut self, session: &Session, name: &str, rest: &str) -> Reply {
        // Options of `ls` are no part of the path.
        let wanted = rest.split(' ').skip_while(|word| word.starts_with('-')).collect::<Vec<_>>().join(" ");
        let path = path_of(&self.folder, &wanted);
        let Some(clock) = self.clock.clone() else { return Ok("530 log in first".to_owned()) };
        let lines = match listing::lines(session, &*clock, name, &path) {
            Ok(lines) => lines,
            Err(error) => return refusal(error),
        };
        let Some(mut data) = self.transfer().await? else { return Ok(NO_DATA.to_owned()) };
        match data::send(&mut data, lines.as_bytes()).await {
            Ok(()) => Ok(DONE.to_owned()),
            Err(_) => Ok(BROKEN.to_owned()),
        }
    }

    async fn retrieve(&mut self, session: &Session, path: &str) -> Reply {
        let from = self.restart;
        let mut file = match session.open_read(path) {
            Ok(file) => file,
            Err(error) => return refusal(error),
        };
        let Some(mut data) = self.transfer().await? else { return Ok(NO_DATA.to_owned()) };
        match data::send_file(&mut data, session, &mut file, from).await {
            Ok(Ok(())) => Ok(DONE.to_owned()),
            Ok(Err(_)) => Ok(BROKEN.to_owned()),
            Err(error) => refusal(error),
        }
    }

    async fn store(&mut self, session: &Session, path: &str, append: bool) -> Reply {
        let from = self.restart;
        let mode = if append || from > 0 { Mode::Keep } else { Mode::Create };
        let opened = session.open_write(path, mode).and_then(|file| {
            let at = if append { session.stat_writing(&file)?.size } else { from };
            Ok((file, at))
        });
        let (mut file, at) = match opened {
            Ok(opened) => opened,
            Err(error) => return refusal(error),
        };
        let Some(mut data) = self.transfer().await? else { return Ok(NO_DATA.to_owned()) };
        match data::take_file(&mut data, session, &mut file, at).await {
            Ok(Ok(())) => told(session.close(file), |()| DONE.to_owned()),
            Ok(Err(_)) => Ok(BROKEN.to_owned()),
            Err(error) => refusal(error),
        }
    }
}

const DONE: &str = "226 that is all";
const NO_DATA: &str = "425 no data connection";
const BROKEN: &str = "426 the data connection broke";
const FEATURES: &str = "211-besides RFC 959:\r\n EPSV\r\n MDTM\r\n MLST type*;size*;modify*;\r\n REST STREAM\r\n SIZE\r\n UTF8\r\n211 that is all";
