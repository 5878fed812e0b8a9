//! `datasource.read.sftp`

use crate::component::{Carries, Component, ComponentDoc, FilePart, Setup, optional, required};
use crate::file_sink::CHUNK;
use crate::java_text::{self, Pattern};
use crate::job::Pace;
use crate::run::{Outlet, Stop};
use crate::server::{Download, Server, ahead, passing};
use standin_model::mutant::mutated;
use standin_model::{Evidence, Instant};
use standin_ports::{FileEntry, FileError, FilesTarget};
use std::cmp::Ordering;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "datasource.read.sftp",
    summary: "Reads the files of a folder that changed since the last successful run; nothing is moved or deleted",
    params: &[
        required("host", "the server"),
        required("username", "the login"),
        optional("password", "", "the login's password, unless there is a key"),
        optional("privateKey", "", "the login's private key, as base64 of its text"),
        optional("passphrase", "", "the private key's passphrase"),
        optional("port", "22", "the server's port"),
        optional(
            "remotePath",
            "",
            "the folder, not its sub-folders; in the login's own folder unless it begins with `/`",
        ),
        optional("fileNameRegex", "", "a pattern for whole file names; every file if empty"),
        optional("sortBy", "time", "`time` or `name`"),
        optional("sortOrder", "ASC", "`ASC` or `DESC`"),
        optional("timeout", "60", "seconds to wait for an answer, from 10 to 120"),
    ],
    input: Carries::Nothing,
    output: Carries::Files,
    evidence: Evidence::recorded(
        "SFTP import template of the IdentitySync console",
        "files_are_chosen_by_time_and_name",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    reader(setup, setup.files_target()?)
}

/// What reads a folder of the server `target`, whatever is spoken there.
pub(super) fn reader(setup: &Setup<'_>, target: FilesTarget) -> Result<Box<dyn Component>, String> {
    let pattern = match setup.pattern("fileNameRegex")? {
        text if text.is_empty() => None,
        text => Some(java_text::whole(&text).map_err(|told| format!("parameter `fileNameRegex`: {told}"))?),
    };
    Ok(Box::new(ReadSftp {
        server: Server::new(setup.ports.login.clone(), target),
        pace: setup.job.pace,
        folder: setup.folder()?,
        choice: Choice {
            pattern,
            since: setup.since(),
            by_name: setup.word("sortBy", &["time", "name"])? == 1,
            descending: setup.word("sortOrder", &["asc", "desc"])? == 1,
        },
    }))
}

struct ReadSftp {
    server: Server,
    pace: Pace,
    folder: String,
    choice: Choice,
}

/// Which files, and in which order.
struct Choice {
    pattern: Option<Pattern>,
    since: Option<Instant>,
    by_name: bool,
    descending: bool,
}

impl Choice {
    fn of(&self, mut entries: Vec<FileEntry>) -> Result<Vec<FileEntry>, String> {
        entries.retain(|entry| {
            let since = self.since.filter(|_| !mutated("dataflow.files.watermark-forgotten"));
            !entry.folder && since.is_none_or(|since| changed_after(entry.modified, since))
        });
        let mut entries = matching(self.pattern.as_ref(), entries, |entry| &entry.name)?;
        entries.sort_by(|one, other| self.order(one, other));
        Ok(entries)
    }

    fn order(&self, one: &FileEntry, other: &FileEntry) -> Ordering {
        let order = match self.by_name {
            true => one.name.cmp(&other.name),
            false => one.modified.cmp(&other.modified).then_with(|| one.name.cmp(&other.name)),
        };
        if self.descending { order.reverse() } else { order }
    }
}

/// The files whose names match a pattern; a pattern that never comes to an end on a name is the flow's fault.
pub(crate) fn matching(
    pattern: Option<&Pattern>,
    entries: Vec<FileEntry>,
    name: fn(&FileEntry) -> &str,
) -> Result<Vec<FileEntry>, String> {
    let Some(pattern) = pattern else { return Ok(entries) };
    let mut found = Vec::new();
    for entry in entries {
        if pattern.is_match(name(&entry)).map_err(|told| format!("file `{}`: {told}", entry.name))? {
            found.push(entry);
        }
    }
    Ok(found)
}

/// Servers tell whole seconds: a file of the second in which the last run started may have been written after
/// that start, so it is read again rather than lost. At exactly the same instant it was there.
pub(crate) fn changed_after(modified: Instant, since: Instant) -> bool {
    modified != since && modified.millis().saturating_add(999) > since.millis()
}

#[async_trait::async_trait]
impl Component for ReadSftp {
    async fn read(&mut self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        let listed = self.server.list(&self.folder).await;
        let entries = listed.map_err(|error| self.failed("list", &self.folder, &error))?;
        let chosen = self.choice.of(entries).map_err(Stop::Here)?;
        out.trace(&format!("{} files to read in {} at {}", chosen.len(), self.folder, self.server.host()));
        for entry in chosen {
            self.one(entry, out).await?;
        }
        Ok(())
    }
}

impl ReadSftp {
    fn failed(&self, what: &str, path: &str, error: &FileError) -> Stop {
        let told = match error {
            FileError::Unreachable { .. } | FileError::LoginRefused { .. } => error.to_string(),
            _ => format!("cannot {what} {path} at {}: {error}", self.server.host()),
        };
        if passing(error) { Stop::Outside(told) } else { Stop::Here(told) }
    }

    /// The next piece is on its way while the last one is worked on.
    async fn one(&mut self, entry: FileEntry, out: &mut Outlet<'_>) -> Result<(), Stop> {
        let name = entry.name.clone();
        let mut file = Download::new(&self.folder, entry);
        let first = file.next(&mut self.server, CHUNK).await;
        let mut bytes = first.map_err(|error| self.failed("read", file.path(), &error))?;
        out.file(FilePart::Start(name)).await?;
        while !bytes.is_empty() {
            let next = file.next(&mut self.server, CHUNK);
            let (next, sent) = ahead(self.pace, next, out.file(FilePart::Bytes(bytes))).await;
            sent?;
            bytes = next.map_err(|error| self.failed("read", file.path(), &error))?;
        }
        out.file(FilePart::End).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, seconds: i64) -> FileEntry {
        FileEntry {
            name: name.to_owned(),
            folder: name == "folder",
            size: 1,
            modified: Instant::from_seconds(seconds),
        }
    }

    fn check(pattern: &str, since: Option<i64>, by_name: bool, descending: bool, expected: &[&str]) {
        let pattern = (!pattern.is_empty()).then(|| java_text::whole(pattern).unwrap());
        let choice = Choice { pattern, since: since.map(Instant::from_millis), by_name, descending };
        let listing =
            vec![entry("a.csv", 30), entry("b.csv", 10), entry("b.csv.uploading", 40), entry("folder", 50)];
        let names: Vec<String> = choice.of(listing).unwrap().into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn files_are_chosen_by_time_and_name() {
        check("", None, false, false, &["b.csv", "a.csv", "b.csv.uploading"]);
        check(".*\\.csv", None, false, false, &["b.csv", "a.csv"]);
        check("csv", None, false, false, &[]);
        check("^(?!.*b\\.).*\\.csv$", None, false, false, &["a.csv"]);
        check(".*csv", None, true, false, &["a.csv", "b.csv"]);
        check(".*csv", None, true, true, &["b.csv", "a.csv"]);
        check(".*csv", None, false, true, &["a.csv", "b.csv"]);
        check(".*csv", Some(10_000), false, false, &["a.csv"]);
        check(".*csv", Some(10_500), false, false, &["b.csv", "a.csv"]);
        check(".*csv", Some(11_000), false, false, &["a.csv"]);
        check(".*csv", Some(99_000), false, false, &[]);
    }
}
