//! `datasource.read.ftp`

use super::datasource_read_sftp::reader;
use crate::component::{Carries, Component, ComponentDoc, Setup, optional, required};
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "datasource.read.ftp",
    summary: "Reads the files of a folder that changed since the last successful run, unencrypted; nothing is moved or deleted",
    params: &[
        required("host", "the server"),
        required("username", "the login"),
        required("password", "the login's password, which everybody on the way can read"),
        optional("port", "21", "the server's port"),
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
    evidence: Evidence::inferred(
        "IdentitySync component repository: required parameters; the others as for SFTP",
        "files_travel_with_ftp_as_with_sftp",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    reader(setup, setup.ftp_target()?)
}

#[cfg(test)]
mod tests {
    use crate::testing::World;
    use serde_json::{Value, json};

    fn flow(source: &Value, target: &Value) -> String {
        json!({"name": "f", "steps": [
            {"id": "r", "type": "datasource.read.ftp", "params": source, "next": ["w"]},
            {"id": "w", "type": "datasource.write.ftp", "params": target},
        ]})
        .to_string()
    }

    fn place(folder: &str) -> Value {
        json!({"host": "ftp.exchange.example", "username": "cdc-batch", "password": "pw", "remotePath": folder})
    }

    #[test]
    fn files_travel_with_ftp_as_with_sftp() {
        let mut world = World::new();
        world.folder("/out");
        world.file("/in/b.csv", b"b");
        world.file("/in/a.csv", b"new");
        world.file("/in/a.txt", b"no");
        world.file("/out/a.csv", b"old");
        let mut source = place("in");
        source["fileNameRegex"] = json!(".*[.]csv");
        source["sortBy"] = json!("name");
        source["sortOrder"] = json!("DESC");
        let report = world.run(&flow(&source, &place("/out/")));
        let expected = ["/out/b.csv", "/out/a.csv"].map(str::to_owned).to_vec();
        assert_eq!((report.failure, report.files_written), (None, expected));
        let stored = [("/out/a.csv".to_owned(), b"new".to_vec()), ("/out/b.csv".to_owned(), b"b".to_vec())];
        assert_eq!(world.files("/out"), stored.into());
        assert_eq!(
            world.operations(),
            [
                "create /out/b.csv.uploading",
                "rename /out/b.csv.uploading /out/b.csv",
                "create /out/a.csv.uploading",
                "rename /out/a.csv.uploading /out/a.csv"
            ]
        );
        assert_eq!(world.targets(), ["ftp ftp.exchange.example:21", "ftp ftp.exchange.example:21"]);
    }

    #[test]
    fn a_password_is_needed() {
        let mut keyed = place("in");
        keyed["password"] = json!("");
        keyed["privateKey"] = json!("k");
        let report = World::new().run(&flow(&keyed, &place("out")));
        assert_eq!(
            report.failure.as_deref(),
            Some("datasource.read.ftp `r`: parameter `password` is missing or empty")
        );
    }
}
