//! `datasource.read.sftp`

use crate::component::{Carries, Component, ComponentDoc, FilePart, Setup, optional, required};
use crate::file_sink::CHUNK;
use crate::java_text;
use crate::run::{Outlet, Stop};
use regex::Regex;
use standin_model::{Evidence, Instant};
use standin_ports::{FileEntry, FileError, Files, FilesTarget, Login};
use std::cmp::Ordering;
use std::sync::Arc;

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
        optional("remotePath", "", "the folder, not its sub-folders; the login's own folder if empty"),
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
    let pattern = match setup.text("fileNameRegex")? {
        "" => None,
        text => Some(java_text::whole(text).map_err(|told| format!("parameter `fileNameRegex`: {told}"))?),
    };
    Ok(Box::new(ReadSftp {
        login: setup.ports.login.clone(),
        target: setup.files_target()?,
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
    login: Arc<dyn Login>,
    target: FilesTarget,
    folder: String,
    choice: Choice,
}

/// Which files, and in which order.
struct Choice {
    pattern: Option<Regex>,
    since: Option<Instant>,
    by_name: bool,
    descending: bool,
}

impl Choice {
    fn of(&self, mut entries: Vec<FileEntry>) -> Vec<FileEntry> {
        entries.retain(|entry| {
            !entry.folder
                && self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(&entry.name))
                && self.since.is_none_or(|since| changed_after(entry.modified, since))
        });
        entries.sort_by(|one, other| self.order(one, other));
        entries
    }

    fn order(&self, one: &FileEntry, other: &FileEntry) -> Ordering {
        let order = match self.by_name {
            true => one.name.cmp(&other.name),
            false => one.modified.cmp(&other.modified).then_with(|| one.name.cmp(&other.name)),
        };
        if self.descending { order.reverse() } else { order }
    }
}

/// Servers tell whole seconds: a file of the second in which the last run started may have been written after
/// that start, so it is read again rather than lost. At exactly the same instant it was there.
pub(crate) fn changed_after(modified: Instant, since: Instant) -> bool {
    modified != since && modified.millis().saturating_add(999) > since.millis()
}

#[async_trait::async_trait]
impl Component for ReadSftp {
    async fn read(&mut self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        let files = self.login.login(&self.target).await.map_err(|error| error.to_string())?;
        let entries =
            files.list(&self.folder).await.map_err(|error| self.told("list", &self.folder, &error))?;
        let chosen = self.choice.of(entries);
        out.trace(&format!("{} files to read in {} at {}", chosen.len(), self.folder, self.target.host));
        for entry in chosen {
            self.one(files.as_ref(), &entry.name, out).await?;
        }
        Ok(())
    }
}

impl ReadSftp {
    fn told(&self, what: &str, path: &str, error: &FileError) -> String {
        format!("cannot {what} {path} at {}: {error}", self.target.host)
    }

    async fn one(&self, files: &dyn Files, name: &str, out: &mut Outlet<'_>) -> Result<(), Stop> {
        let path = format!("{}/{name}", self.folder.trim_end_matches('/'));
        let failed = |error: FileError| self.told("read", &path, &error);
        let mut reader = files.open(&path).await.map_err(failed)?;
        out.file(FilePart::Start(name.to_owned())).await?;
        loop {
            let bytes = reader.read(CHUNK).await.map_err(failed)?;
            if bytes.is_empty() {
                return out.file(FilePart::End).await;
            }
            out.file(FilePart::Bytes(bytes)).await?;
        }
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
        let names: Vec<String> = choice.of(listing).into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn files_are_chosen_by_time_and_name() {
        check("", None, false, false, &["b.csv", "a.csv", "b.csv.uploading"]);
        check(".*\\.csv", None, false, false, &["b.csv", "a.csv"]);
        check("csv", None, false, false, &[]);
        check(".*csv", None, true, false, &["a.csv", "b.csv"]);
        check(".*csv", None, true, true, &["b.csv", "a.csv"]);
        check(".*csv", None, false, true, &["a.csv", "b.csv"]);
        check(".*csv", Some(10_000), false, false, &["a.csv"]);
        check(".*csv", Some(10_500), false, false, &["b.csv", "a.csv"]);
        check(".*csv", Some(11_000), false, false, &["a.csv"]);
        check(".*csv", Some(99_000), false, false, &[]);
    }
}
