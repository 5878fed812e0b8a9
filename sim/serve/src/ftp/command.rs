//! A line as a command.

use std::io;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::tcp::OwnedReadHalf;

/// The longest line.
const LINE: u64 = 8192;

/// One command.
pub(super) struct Command<'l> {
    /// In upper case.
    pub(super) name: String,
    /// What follows, without the blank in between.
    pub(super) rest: &'l str,
}

impl<'l> Command<'l> {
    pub(super) fn parse(line: &'l str) -> Self {
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        Self { name: name.trim().to_ascii_uppercase(), rest }
    }
}

/// The next line without its end; none once the client has gone.
pub(super) async fn read_line(read: &mut BufReader<OwnedReadHalf>) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    read.take(LINE).read_until(b'\n', &mut line).await?;
    if line.pop() != Some(b'\n') {
        return Ok(None);
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(Some(String::from_utf8_lossy(&line).into_owned()))
}

/// The absolute path that a client means while it is in `folder`.
pub(super) fn path_of(folder: &str, text: &str) -> String {
    let whole = if text.starts_with('/') { text.to_owned() } else { format!("{folder}/{text}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_paths() {
        for (line, name, rest) in
            [("stor a b.csv", "STOR", "a b.csv"), ("PWD", "PWD", ""), ("RETR  a", "RETR", " a"), ("", "", "")]
        {
            let command = Command::parse(line);
            assert_eq!((command.name.as_str(), command.rest), (name, rest));
        }
        for (folder, text, expected) in [
            ("/", "", "/"),
            ("/", "a", "/a"),
            ("/in", "a/./b", "/in/a/b"),
            ("/in", "../out", "/out"),
            ("/in", "/x", "/x"),
            ("/in", "../../..", "/"),
        ] {
            assert_eq!(path_of(folder, text), expected);
        }
    }
}
