//! `datasource.write.sftp`

use crate::component::{Carries, Component, ComponentDoc, FilePart, Setup, optional, required};
use crate::run::{Outlet, Stop};
use standin_model::Evidence;
use standin_ports::{FileError, FileWriter, Files, FilesTarget, Login};
use std::sync::Arc;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "datasource.write.sftp",
    summary: "Uploads each file in place of any file of that name",
    params: &[
        required("host", "the server"),
        required("username", "the login"),
        optional("password", "", "the login's password, unless there is a key"),
        optional("privateKey", "", "the login's private key, as base64 of its text"),
        optional("passphrase", "", "the private key's passphrase"),
        optional("port", "22", "the server's port"),
        optional("remotePath", "", "the folder, which has to exist; the login's own folder if empty"),
        optional(
            "temporaryUploadExtension",
            "false",
            "uploads as `<name>.uploading` and renames what is whole",
        ),
        optional("timeout", "60", "seconds to wait for an answer, from 10 to 120"),
    ],
    input: Carries::Files,
    output: Carries::Nothing,
    evidence: Evidence::recorded(
        "SFTP export template of the IdentitySync console",
        "a_file_appears_whole_or_not_at_all",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    Ok(Box::new(WriteSftp {
        login: setup.ports.login.clone(),
        target: setup.files_target()?,
        folder: setup.folder()?,
        temporary: setup.truth("temporaryUploadExtension", false)?,
        session: None,
        upload: None,
    }))
}

struct WriteSftp {
    login: Arc<dyn Login>,
    target: FilesTarget,
    folder: String,
    temporary: bool,
    session: Option<Box<dyn Files>>,
    upload: Option<Upload>,
}

/// A file on its way.
struct Upload {
    path: String,
    writing: String,
    writer: Option<Box<dyn FileWriter>>,
    bytes: u64,
}

impl WriteSftp {
    fn path(&self, name: &str) -> Result<String, String> {
        let climbs = name.split('/').any(|part| matches!(part, "" | "." | ".."));
        if climbs || name.contains(['\0', '\n', '\r']) {
            return Err(format!("`{name}` is no name for a file"));
        }
        Ok(format!("{}/{name}", self.folder.trim_end_matches('/')))
    }

    async fn start(&mut self, name: &str) -> Result<(), String> {
        let path = self.path(name)?;
        let writing = if self.temporary { format!("{path}.uploading") } else { path.clone() };
        let session = match &self.session {
            Some(session) => session,
            None => {
                let session = self.login.login(&self.target).await.map_err(|error| error.to_string())?;
                self.session.insert(session)
            }
        };
        let writer = session.create(&writing).await.map_err(|error| self.told(&path, &error))?;
        self.upload = Some(Upload { path, writing, writer: Some(writer), bytes: 0 });
        Ok(())
    }

    async fn bytes(&mut self, bytes: bytes::Bytes) -> Result<(), FileError> {
        let Some(upload) = &mut self.upload else { return Ok(()) };
        upload.bytes += bytes.len() as u64;
        match &mut upload.writer {
            Some(writer) => writer.write(bytes).await,
            None => Ok(()),
        }
    }

    async fn end(&mut self) -> Result<(), FileError> {
        let (Some(upload), Some(session)) = (&mut self.upload, &self.session) else { return Ok(()) };
        if let Some(writer) = upload.writer.take() {
            writer.close().await?;
        }
        if upload.writing != upload.path {
            session.rename(&upload.writing, &upload.path).await?;
        }
        Ok(())
    }

    fn told(&self, path: &str, error: &FileError) -> String {
        format!("cannot upload {path} to {}: {error}", self.target.host)
    }
}

#[async_trait::async_trait]
impl Component for WriteSftp {
    async fn file(&mut self, part: FilePart, out: &mut Outlet<'_>) -> Result<(), Stop> {
        let result = match part {
            FilePart::Start(name) => return self.start(&name).await.map_err(Stop::Here),
            FilePart::Bytes(bytes) => return self.bytes(bytes).await.map_err(|error| self.failed(&error)),
            FilePart::End => self.end().await,
        };
        result.map_err(|error| self.failed(&error))?;
        if let Some(upload) = self.upload.take() {
            let name = upload.path.rsplit('/').next().unwrap_or_default();
            out.trace(&format!(
                "{} bytes to {} at {}, file {name}",
                upload.bytes, self.folder, self.target.host
            ));
            out.stored(upload.path);
        }
        Ok(())
    }

    /// Takes away what is not whole, under whatever name it stands. It may fail too: the job already has.
    async fn abandon(&mut self) {
        if let (Some(upload), Some(session)) = (self.upload.take(), &self.session) {
            drop(upload.writer);
            let _ = session.remove(&upload.writing).await;
        }
    }
}

impl WriteSftp {
    fn failed(&self, error: &FileError) -> Stop {
        let path = self.upload.as_ref().map_or("", |upload| upload.path.as_str());
        Stop::Here(self.told(path, error))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Trouble, World};
    use serde_json::json;

    fn flow(temporary: bool) -> String {
        let place = json!({"host": "sftp.exchange.example", "username": "cdc-batch", "password": "pw"});
        let mut target = place.clone();
        target["remotePath"] = json!("out/");
        target["temporaryUploadExtension"] = json!(temporary);
        let mut source = place;
        source["remotePath"] = json!("in");
        json!({"name": "f", "steps": [
            {"id": "r", "type": "datasource.read.sftp", "params": source, "next": ["w"]},
            {"id": "w", "type": "datasource.write.sftp", "params": target},
        ]})
        .to_string()
    }

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let mut world = World::new();
        world.folder("/out");
        world.file("/in/a.csv", b"new");
        world.file("/out/a.csv", b"old");
        let report = world.run(&flow(true));
        assert_eq!((report.failure, report.files_written), (None, vec!["/out/a.csv".to_owned()]));
        assert_eq!(world.files("/out"), [("/out/a.csv".to_owned(), b"new".to_vec())].into());
        assert_eq!(
            world.operations(),
            ["create /out/a.csv.uploading", "rename /out/a.csv.uploading /out/a.csv"]
        );
    }

    #[test]
    fn what_breaks_half_way_leaves_nothing_behind() {
        for temporary in [true, false] {
            let mut world = World::new();
            world.folder("/out");
            world.file("/in/a.csv", b"new");
            world.trouble(Trouble::WriteBreaks);
            let report = world.run(&flow(temporary));
            assert_eq!(
                report.failure.as_deref(),
                Some(
                    "datasource.write.sftp `w`: cannot upload /out/a.csv to sftp.exchange.example: connection lost"
                )
            );
            assert_eq!(world.files("/out"), [].into());
            assert_eq!(report.files_written, Vec::<String>::new());
        }
    }

    #[test]
    fn server_trouble_fails_the_job() {
        for (trouble, expected) in [
            (
                Trouble::LoginRefused,
                "datasource.read.sftp `r`: login of `cdc-batch` at sftp.exchange.example refused",
            ),
            (
                Trouble::NoOutFolder,
                "datasource.write.sftp `w`: cannot upload /out/a.csv to sftp.exchange.example: no such file or folder: /out",
            ),
        ] {
            let mut world = World::new();
            world.file("/in/a.csv", b"new");
            world.trouble(trouble);
            let report = world.run(&flow(false));
            assert_eq!((report.succeeded, report.failure.as_deref()), (false, Some(expected)));
        }
    }
}
