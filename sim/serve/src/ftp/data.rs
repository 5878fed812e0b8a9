//! The connections that files and lists travel on.

use standin_fake_sftp::{DropError, Reading, Session, Writing};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How much of a file is sent or taken at a time.
const PIECE: usize = 32 * 1024;
/// How long a client may take to open its data connection.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where one data connection may come in.
pub(super) struct Passive {
    listener: TcpListener,
    address: SocketAddr,
    client: IpAddr,
}

impl Passive {
    /// At the address that the client already speaks to.
    pub(super) async fn open(own: SocketAddr, client: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((own.ip(), 0)).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, client: client.ip() })
    }

    /// As `PASV` tells it, which knows no other addresses than those of four bytes.
    pub(super) fn pasv(&self) -> Option<String> {
        let SocketAddr::V4(address) = self.address else { return None };
        let [a, b, c, d] = address.ip().octets();
        let [high, low] = address.port().to_be_bytes();
        Some(format!("227 here ({a},{b},{c},{d},{high},{low})"))
    }

    /// As `EPSV` tells it.
    pub(super) fn epsv(&self) -> String {
        format!("229 here (|||{}|)", self.address.port())
    }

    /// The client's connection; nobody else's, and not for ever.
    pub(super) async fn accept(self) -> Option<TcpStream> {
        let accepted = async {
            loop {
                match self.listener.accept().await {
                    Ok((stream, from)) if from.ip() == self.client => return Some(stream),
                    Ok(_) => {}
                    Err(_) => return None,
                }
            }
        };
        tokio::time::timeout(PATIENCE, accepted).await.ok().flatten()
    }
}

/// Sends bytes and says that there are no more.
pub(super) async fn send(data: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    data.write_all(bytes).await?;
    data.shutdown().await
}

/// Sends a file from byte `from` on.
pub(super) async fn send_file(
    data: &mut TcpStream,
    session: &Session,
    file: &mut Reading,
    from: u64,
) -> Result<io::Result<()>, DropError> {
    let mut at = from;
    loop {
        let bytes = session.read_at(file, at, PIECE)?;
        if bytes.is_empty() {
            return Ok(data.shutdown().await);
        }
        if let Err(error) = data.write_all(&bytes).await {
            return Ok(Err(error));
        }
        at += bytes.len() as u64;
    }
}

/// Takes a file's bytes, to stand from byte `from` on, until the client says that there are no more.
pub(super) async fn take_file(
    data: &mut TcpStream,
    session: &Session,
    file: &mut Writing,
    from: u64,
) -> Result<io::Result<()>, DropError> {
    let (mut buffer, mut at) = (vec![0; PIECE], from);
    loop {
        let read = match data.read(&mut buffer).await {
            Ok(0) => return Ok(Ok(())),
            Ok(read) => read,
            Err(error) => return Ok(Err(error)),
        };
        if let Err(error) = session.write_at(file, at, &buffer[..read]) {
            if error != DropError::Cut {
                pass_over(data, &mut buffer).await;
            }
            return Err(error);
        }
        at += read as u64;
    }
}

/// What is still coming is read, or the client would see its connection reset before it hears why.
async fn pass_over(data: &mut TcpStream, buffer: &mut [u8]) {
    while matches!(data.read(buffer).await, Ok(read) if read > 0) {}
}
