//! Reading a world file's section.

use crate::drop::{Drop, DropError};
use crate::path::DropPath;
use crate::user::{PublicKey, User};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use standin_fake_kit::{Part, Section, SeedError, Shape};
use standin_model::Instant;
use standin_ports::Secret;

/// What a world's section may have.
pub const SHAPE: Shape =
    &[Part::Plain(&["host", "folders"]), Part::List("users", USER), Part::List("files", FILE)];
const FILE: Shape = &[Part::Plain(&["path", "text", "base64", "modified"])];
const USER: Shape = &[Part::Plain(&["name", "password", "public_key", "public_keys", "root", "read_only"])];

impl Drop {
    /// Fills the drop from a world's section: `host`, `users`, `folders`, `files`.
    ///
    /// Users come on top of the default one; folders above a folder or file are made.
    pub fn seed(&mut self, now: Instant, section: &serde_json::Value) -> Result<(), SeedError> {
        let section = Section::root(section);
        section.shaped(SHAPE)?;
        // A mistake in a later member must not leave half a world behind.
        let mut seeded = self.clone();
        if let Some(host) = section.get("host") {
            seeded.host = host_name(&host)?;
        }
        for user in section.list("users")? {
            let read = read_user(&user)?;
            seeded.add_user(now, read).map_err(|error| user.wrong(error.to_string()))?;
        }
        for folder in section.list("folders")? {
            let path = read_path(&folder)?;
            seeded.make_folders(now, &path).map_err(|error| at(&folder, &path, error))?;
        }
        for file in section.list("files")? {
            seeded.seed_file(now, &file)?;
        }
        *self = seeded;
        Ok(())
    }

    fn seed_file(&mut self, now: Instant, file: &Section<'_>) -> Result<(), SeedError> {
        file.shaped(FILE)?;
        let path = read_path(&file.need("path")?)?;
        let bytes = match (file.get("text"), file.get("base64")) {
            (Some(text), None) => text.text()?.as_bytes().to_vec(),
            (None, Some(packed)) => {
                STANDARD.decode(packed.text()?).map_err(|error| packed.wrong(error.to_string()))?
            }
            _ => return Err(file.wrong("a file has either `text` or `base64`")),
        };
        let modified = match file.get("modified") {
            Some(place) => place.text()?.parse().map_err(|error| place.wrong(format!("{error}")))?,
            None => now,
        };
        self.put(modified, path.as_str(), &bytes).map_err(|error| at(file, &path, error))
    }
}

fn read_user(user: &Section<'_>) -> Result<User, SeedError> {
    user.shaped(USER)?;
    let place = user.need("name")?;
    let name = place.text()?;
    if name.is_empty() || name.len() > 64 || name.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(place.wrong("a login name is 1 to 64 bytes without blanks"));
    }
    let mut keys = Vec::new();
    for place in user.get("public_key").into_iter().chain(user.list("public_keys")?) {
        let key = PublicKey::parse(place.text()?).ok_or_else(|| {
            place.wrong_because("this is no public key", "one line as in `ssh-ed25519 AAAAC3Nza... name`")
        })?;
        keys.push(key);
    }
    let root = user.get("root").map_or_else(|| Ok(DropPath::root()), |root| read_path(&root))?;
    let password = user.text_of("password")?.map(Secret::new);
    if password.is_none() && keys.is_empty() {
        return Err(user.wrong("a user needs a `password` or a `public_key`"));
    }
    let read_only = user.flag_of("read_only", false)?;
    Ok(User { name: name.to_owned(), password, keys, root, read_only })
}

fn read_path(place: &Section<'_>) -> Result<DropPath, SeedError> {
    let text = place.text()?;
    if text.split('/').any(|part| part == "..") {
        return Err(place.wrong("a path in a world has no `..`"));
    }
    DropPath::parse(text).map_err(|error| place.wrong(error.to_string()))
}

fn host_name(place: &Section<'_>) -> Result<String, SeedError> {
    let host = place.text()?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    if host.is_empty() || host.len() > 253 || !host.chars().all(fits) {
        return Err(place.wrong(format!("`{host}` is not a host name")));
    }
    Ok(host.to_owned())
}

fn at(place: &Section<'_>, path: &DropPath, error: DropError) -> SeedError {
    place.wrong(format!("{path}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_section_fills_the_drop() {
        let mut drop = Drop::new();
        let section = json!({
            "host": "drop.example",
            "users": [{"name": "eloqua", "password": "p", "root": "/eloqua", "read_only": true}],
            "folders": ["/crm/in"],
            "files": [
                {"path": "eloqua/in/a.csv", "text": "x\n", "modified": "2026-01-01T00:00:00Z"},
                {"path": "/b.bin", "base64": "AP8="},
            ],
        });
        drop.seed(Instant::START, &section).unwrap();
        assert_eq!(
            drop.files(),
            [
                ("/b.bin".to_owned(), 2, Instant::START),
                ("/eloqua/in/a.csv".to_owned(), 2, "2026-01-01T00:00:00Z".parse().unwrap()),
            ]
        );
        assert!(drop.answers_to("DROP.example"));
        assert!(drop.user("eloqua").is_some_and(|user| user.read_only));
        assert!(drop.user(crate::DEFAULT_USER).is_some());
    }

    #[test]
    fn mistakes_have_places_and_leave_nothing_behind() {
        let mut drop = Drop::new();
        for (section, place) in [
            (json!({"file": []}), "file"),
            (json!({"folders": ["/a"], "files": [{"path": "/a", "text": ""}]}), "files[0]"),
            (json!({"files": [{"path": "/a", "text": 7}]}), "files[0].text"),
            (json!({"files": [{"path": "/../a", "text": ""}]}), "files[0].path"),
            (json!({"files": [{"path": "/a"}]}), "files[0]"),
            (json!({"users": [{"name": "a b", "password": "x"}]}), "users[0].name"),
            (json!({"users": [{"name": "a", "public_key": "rsa"}]}), "users[0].public_key"),
            (json!({"users": [{"name": "a"}]}), "users[0]"),
            (json!({"host": "a b"}), "host"),
        ] {
            assert_eq!(drop.seed(Instant::START, &section).unwrap_err().path, place, "{section}");
        }
        assert_eq!((drop.files(), drop.host()), (Vec::new(), crate::DEFAULT_HOST));
        assert!(drop.read("/a").is_none() && drop.stat(&DropPath::parse("/a").unwrap()).is_err());
    }
}
