//! How a folder is shown.

use standin_fake_sftp::{DropError, Session, Stat};
use standin_model::Instant;
use standin_ports::Clock;
use std::fmt::Write;
use std::time::Duration;

/// `ls` shows the year in place of the time for what is older than half a year.
const RECENT: Duration = Duration::from_secs(183 * 24 * 3600);

/// The lines that `LIST`, `NLST` or `MLSD` sends for a folder, or the first two for a file.
pub(super) fn lines(
    session: &Session,
    clock: &dyn Clock,
    command: &str,
    path: &str,
) -> Result<String, DropError> {
    let stat = session.stat(path)?;
    let mut named: Vec<(String, Stat)> = Vec::new();
    if stat.folder {
        named.extend(session.list(path)?.into_iter().map(|entry| {
            (entry.name, Stat { folder: entry.folder, size: entry.size, modified: entry.modified })
        }));
    } else if command == "MLSD" {
        return Err(DropError::NotFolder);
    } else {
        named.push((path.rsplit('/').next().unwrap_or_default().to_owned(), stat));
    }
    let (now, owner) = (clock.now(), session.user().name.as_str());
    let mut out = String::new();
    if command == "MLSD" {
        let _ = write!(out, "{}.\r\n", facts(stat, "cdir"));
    }
    for (name, stat) in named {
        let _ = match command {
            "MLSD" => write!(out, "{}{name}\r\n", facts(stat, "file")),
            "NLST" => write!(out, "{name}\r\n"),
            _ => write!(out, "{}\r\n", line(now, owner, &name, stat)),
        };
    }
    Ok(out)
}

/// What RFC 3659 calls facts, with the blank behind them; `file` is what a file's type is called.
pub(super) fn facts(stat: Stat, file: &str) -> String {
    let kind = match (stat.folder, file) {
        (true, "cdir") => "cdir",
        (true, _) => "dir",
        (false, _) => "file",
    };
    format!("type={kind};size={};modify={}; ", stat.size, time(stat.modified))
}

/// A time as RFC 3659 writes it.
pub(super) fn time(at: Instant) -> String {
    at.timestamp().strftime("%Y%m%d%H%M%S").to_string()
}

/// The line that `ls -l` would print.
fn line(now: Instant, owner: &str, name: &str, stat: Stat) -> String {
    let Stat { folder, size, modified } = stat;
    let (mode, links) = if folder { ("drwxr-xr-x", 2) } else { ("-rw-r--r--", 1) };
    let recent = modified <= now && now.since(modified) < RECENT;
    let format = if recent { "%b %e %H:%M" } else { "%b %e  %Y" };
    let date = modified.timestamp().strftime(format);
    format!("{mode} {links:>4} {owner:<8} {owner:<8} {size:>8} {date} {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_facts_are_those_that_clients_read() {
        let stat = |folder, size, modified: &str| Stat { folder, size, modified: modified.parse().unwrap() };
        let file = stat(false, 12, "2025-12-31T23:59:59Z");
        assert_eq!(
            line(Instant::START, "ann", "a b.csv", file),
            "-rw-r--r--    1 ann      ann            12 Dec 31 23:59 a b.csv"
        );
        assert_eq!(facts(file, "file"), "type=file;size=12;modify=20251231235959; ");
        let folder = stat(true, 0, "2024-02-29T00:00:00Z");
        assert_eq!(
            line(Instant::START, "ann", "in", folder),
            "drwxr-xr-x    2 ann      ann             0 Feb 29  2024 in"
        );
        assert_eq!(facts(folder, "file"), "type=dir;size=0;modify=20240229000000; ");
        assert_eq!(facts(folder, "cdir"), "type=cdir;size=0;modify=20240229000000; ");
    }
}
