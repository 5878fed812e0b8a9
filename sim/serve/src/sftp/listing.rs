//! How a folder is shown.

use russh_sftp::protocol::{File, FileAttributes};
use standin_fake_sftp::Stat;
use standin_model::Instant;
use std::time::Duration;

const FOLDER: u32 = 0o040_755;
const FILE: u32 = 0o100_644;
/// `ls` shows the year in place of the time for what is older than half a year.
const RECENT: Duration = Duration::from_secs(183 * 24 * 3600);

/// What SFTP says about a file or folder.
pub(super) fn attributes(stat: Stat) -> FileAttributes {
    let modified = u32::try_from(stat.modified.seconds().max(0)).unwrap_or(u32::MAX);
    FileAttributes {
        size: Some(stat.size),
        uid: Some(1000),
        user: None,
        gid: Some(1000),
        group: None,
        permissions: Some(if stat.folder { FOLDER } else { FILE }),
        atime: Some(modified),
        mtime: Some(modified),
    }
}

/// One name in a folder, with the line that `ls -l` would print.
pub(super) fn line(now: Instant, owner: &str, name: &str, stat: Stat) -> File {
    let Stat { folder, size, modified } = stat;
    let (mode, links) = if folder { ("drwxr-xr-x", 2) } else { ("-rw-r--r--", 1) };
    let recent = modified <= now && now.since(modified) < RECENT;
    let format = if recent { "%b %e %H:%M" } else { "%b %e  %Y" };
    let date = modified.timestamp().strftime(format);
    let longname = format!("{mode} {links:>4} {owner:<8} {owner:<8} {size:>8} {date} {name}");
    File { filename: name.to_owned(), longname, attrs: attributes(stat) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_look_like_those_of_ls() {
        for (folder, size, modified, expected) in [
            (
                false,
                12,
                "2026-01-05T08:00:00Z",
                "-rw-r--r--    1 ann      ann            12 Jan  5 08:00 a.csv",
            ),
            (
                true,
                0,
                "2024-12-31T23:59:59Z",
                "drwxr-xr-x    2 ann      ann             0 Dec 31  2024 a.csv",
            ),
        ] {
            let stat = Stat { folder, size, modified: modified.parse().unwrap() };
            assert_eq!(line(Instant::START, "ann", "a.csv", stat).longname, expected);
        }
    }
}
