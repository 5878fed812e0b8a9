//! What a server's replies mean, as the port says it.

use standin_ports::FileError;
use suppaftp::FtpError;

/// FTP has one code for everything that a file stands in the way of; servers tell the rest in words.
const NOT_THERE: &[&str] = &[
    "no such",
    "not found",
    "cannot find",
    "can't find",
    "not exist",
    "doesn't exist",
    "can't open",
    "cannot open",
];
const NOT_ALLOWED: &[&str] = &[
    "denied",
    "not permitted",
    "not allowed",
    "forbidden",
    "not authorized",
    "privilege",
    "read-only",
    "read only",
];

/// What the server or the network said.
pub(super) fn told(host: &str, path: &str, error: FtpError) -> FileError {
    match error {
        FtpError::UnexpectedResponse(reply) => {
            let text = String::from_utf8_lossy(&reply.body);
            refusal(host, path, reply.status.code(), text.trim())
        }
        FtpError::DataConnectionAlreadyOpen => {
            FileError::Failed(format!("{path}: another file is under way on this connection"))
        }
        FtpError::InvalidAddress(_) => {
            FileError::Failed(format!("{path}: {host} names no address to fetch it from"))
        }
        _ => broke(host),
    }
}

fn refusal(host: &str, path: &str, code: u32, reply: &str) -> FileError {
    let digits = reply.len().min(reply.find(|c: char| !c.is_ascii_digit()).unwrap_or(reply.len()));
    let message = reply[digits..].trim_start_matches(['-', ' ']);
    let lower = message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    match code {
        421 | 425 | 426 => broke(host),
        530 | 532 => FileError::Denied(path.to_owned()),
        450 | 550 | 553 if says(NOT_ALLOWED) => FileError::Denied(path.to_owned()),
        450 | 550 | 553 if says(NOT_THERE) => FileError::NotFound(path.to_owned()),
        _ => FileError::Failed(format!("{path}: {message}")),
    }
}

/// Nobody knows what became of what was under way.
pub(super) fn broke(host: &str) -> FileError {
    FileError::Lost(format!("the connection to {host} broke"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_say_it_in_their_own_words() {
        let not_found = || FileError::NotFound("/a".to_owned());
        let denied = || FileError::Denied("/a".to_owned());
        let failed = |text: &str| FileError::Failed(format!("/a: {text}"));
        for (code, reply, expected) in [
            // vsftpd, ProFTPD, Pure-FTPd and IIS.
            (550, "550 Failed to open file.", failed("Failed to open file.")),
            (550, "550 a: No such file or directory", not_found()),
            (550, "550 Can't open a: No such file or directory", not_found()),
            (550, "550 The system cannot find the file specified. ", not_found()),
            (550, "550 Permission denied.", denied()),
            (553, "553 Could not create file.", failed("Could not create file.")),
            (550, "550 Cannot create a file when that file already exists.", {
                failed("Cannot create a file when that file already exists.")
            }),
            (452, "452 the drop is full", failed("the drop is full")),
            (530, "530 Please login with USER and PASS.", denied()),
            (421, "421 Timeout.", broke("h")),
            (426, "426 Failure writing network stream.", broke("h")),
        ] {
            assert_eq!(refusal("h", "/a", code, reply.trim()), expected, "{reply}");
        }
    }
}
