//! `datasource.write.sftp`

use crate::component::{Carries, Component, ComponentDoc, FilePart, Setup, optional, required, sub_path};
use crate::run::{Outlet, Stop};
use crate::server::{Server, Upload, passing};
use standin_model::Evidence;
use standin_ports::{FileError, FilesTarget};

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
        optional(
            "remotePath",
            "",
            "the folder, which has to exist; in the login's own folder unless it begins with `/`",
        ),
        optional(
            "temporaryUploadExtension",
            "false",
            "accepted; every file is uploaded as `<name>.uploading` and renamed once it is whole",
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
    setup.truth("temporaryUploadExtension", false)?;
    writer(setup, setup.files_target()?)
}

/// What uploads to a folder of the server `target`, whatever is spoken there.
pub(super) fn writer(setup: &Setup<'_>, target: FilesTarget) -> Result<Box<dyn Component>, String> {
    Ok(Box::new(WriteSftp {
        server: Server::new(setup.ports.login.clone(), target),
        folder: setup.folder()?,
        upload: None,
    }))
}

struct WriteSftp {
    server: Server,
    folder: String,
    upload: Option<Upload>,
}

impl WriteSftp {
    fn path(&self, name: &str) -> Result<String, String> {
        Ok(format!("{}/{}", self.folder.trim_end_matches('/'), sub_path(name)?))
    }

    fn failed(&self, path: &str, error: &FileError) -> Stop {
        let told = format!("cannot upload {path} to {}: {error}", self.server.host());
        if passing(error) { Stop::Outside(told) } else { Stop::Here(told) }
    }
}

#[async_trait::async_trait]
impl Component for WriteSftp {
    async fn file(&mut self, part: FilePart, out: &mut Outlet<'_>) -> Result<(), Stop> {
        if let FilePart::Start(name) = part {
            let path = self.path(&name)?;
            let started = Upload::start(&mut self.server, path.clone()).await;
            self.upload = Some(started.map_err(|error| self.failed(&path, &error))?);
            return Ok(());
        }
        let Some(mut upload) = self.upload.take() else { return Ok(()) };
        let done = match part {
            FilePart::Bytes(bytes) => upload.write(&mut self.server, bytes).await.map(|()| false),
            _ => upload.end(&mut self.server).await.map(|()| true),
        };
        let whole = match done {
            Ok(whole) => whole,
            Err(error) => {
                let stop = self.failed(upload.path(), &error);
                self.upload = Some(upload);
                return Err(stop);
            }
        };
        if !whole {
            self.upload = Some(upload);
            return Ok(());
        }
        let (path, bytes) = (upload.path(), upload.bytes());
        let name = path.rsplit('/').next().unwrap_or_default();
        out.trace(&format!("{bytes} bytes to {} at {}, file {name}", self.folder, self.server.host()));
        out.stored(path.to_owned());
        Ok(())
    }

    async fn abandon(&mut self) {
        if let Some(upload) = self.upload.take() {
            upload.abandon(&mut self.server).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Trouble, World};
    use serde_json::json;

    fn flow(temporary: bool) -> String {
        let place = json!({"host": "sftp.exchange.example", "username": "cdc-batch", "password": "pw"});
        let mut target = place.clone();
        target["remotePath"] = json!("/out/");
        target["temporaryUploadExtension"] = json!(temporary);
        let mut source = place;
        source["remotePath"] = json!("/in");
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
    fn what_fails_half_way_leaves_nothing_behind() {
        for temporary in [true, false] {
            let mut world = World::new();
            world.folder("/out");
            world.file("/in/a.csv", b"new");
            world.file("/out/a.csv", b"old");
            world.trouble(Trouble::DiskFull);
            let report = world.run(&flow(temporary));
            assert_eq!(
                (report.failure.as_deref(), report.unreachable),
                (
                    Some(
                        "datasource.write.sftp `w`: cannot upload /out/a.csv to sftp.exchange.example: /out/a.csv.uploading: the disk is full"
                    ),
                    false
                )
            );
            assert_eq!(world.files("/out"), [("/out/a.csv".to_owned(), b"old".to_vec())].into());
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
