//! Names and values from the environment and from a file, and how they get into a document.

use serde_json::Value;
use standin_dataflow::Document;
use standin_dataflow::explain::{MASK, is_secret};
use standin_ports::Secret;
use std::collections::BTreeMap;

/// Names and values. What is asked for first wins; no value is ever shown.
#[derive(Clone, Default)]
pub struct Settings {
    values: BTreeMap<String, Secret>,
}

/// A line of a file that is no `NAME=VALUE`.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line} is no NAME=VALUE")]
pub struct NoSetting {
    /// Which line, from 1.
    pub line: usize,
}

impl Settings {
    /// Reads a file of `NAME=VALUE` lines, as `standin serve --env-file` writes them. Lines that start with `#` say
    /// nothing, `export ` before a name is passed over, and quotes around a value go.
    pub fn file(text: &str) -> Result<Self, NoSetting> {
        let mut values = BTreeMap::new();
        for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let line = line.strip_prefix("export ").unwrap_or(line);
            let (name, value) = line.split_once('=').ok_or(NoSetting { line: index + 1 })?;
            let name = name.trim();
            if name.is_empty() {
                return Err(NoSetting { line: index + 1 });
            }
            values.insert(name.to_owned(), Secret::new(unquoted(value.trim())));
        }
        Ok(Self { values })
    }

    /// Takes in what another place says of names that are not known yet.
    #[must_use]
    pub fn or(mut self, others: impl IntoIterator<Item = (String, String)>) -> Self {
        for (name, value) in others {
            self.values.entry(name).or_insert_with(|| Secret::new(value));
        }
        self
    }

    /// The value of a name; an empty one is none.
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.values.get(name).filter(|value| !value.reveal().is_empty())
    }

    /// Puts secrets in the place of masks and gaps, and tells which masks are left.
    ///
    /// The value for parameter `password` of step `to drop` is that of `to drop.password`, else of
    /// `TO_DROP_PASSWORD`; for a step of SFTP, else that of `SFTP_PASSWORD`, for one of FTP that of
    /// `FTP_PASSWORD`.
    pub fn fill(&self, document: &mut Document) -> Vec<String> {
        let mut missing = Vec::new();
        for step in &mut document.steps {
            let kind = step.component.kind;
            let names: Vec<&str> = step.component.params.iter().map(|param| param.name).collect();
            let mut secret: Vec<String> =
                step.params.keys().filter(|name| is_filled(kind, name)).cloned().collect();
            secret.extend(names.iter().filter(|name| is_filled(kind, name)).map(|name| (*name).to_owned()));
            secret.sort();
            secret.dedup();
            let given = |name: &str| {
                names_of(&step.id, name)
                    .into_iter()
                    .chain([format!("SFTP_{}", upper(name))])
                    .any(|it| self.get(&it).is_some())
            };
            let keyed = match step.params.get("privateKey").and_then(Value::as_str) {
                None | Some("") => false,
                Some(MASK) => given("privateKey"),
                Some(_) => true,
            };
            let mut gaps = Vec::new();
            for name in secret {
                let there = step.params.get(&name).and_then(Value::as_str).unwrap_or_default();
                if !there.is_empty() && there != MASK {
                    continue;
                }
                let names = names_of(&step.id, &name);
                let shared = match kind.rsplit('.').next() {
                    Some("sftp") if !(name == "password" && keyed) => Some(format!("SFTP_{}", upper(&name))),
                    Some("ftp") => Some(format!("FTP_{}", upper(&name))),
                    _ => None,
                };
                let found = names.iter().chain(&shared).find_map(|name| self.get(name));
                match found {
                    Some(value) => {
                        step.params.insert(name, value.reveal().into());
                    }
                    None if there == MASK => {
                        gaps.push((name.clone(), format!("{} (`{name}` of `{}`)", names[1], step.id)));
                    }
                    None => {}
                }
            }
            if kind.ends_with(".sftp") {
                // One way to log in is enough.
                let has = |name: &str| {
                    let value = step.params.get(name).and_then(Value::as_str).unwrap_or_default();
                    !value.is_empty() && value != MASK
                };
                let spare: &[&str] = match (has("privateKey"), has("password")) {
                    (true, _) => &["password"],
                    (false, true) => &["privateKey", "passphrase"],
                    (false, false) => &[],
                };
                for name in spare.iter().filter(|name| gaps.iter().any(|(gap, _)| gap == *name)) {
                    step.params.remove(*name);
                }
                gaps.retain(|(name, _)| !spare.contains(&name.as_str()));
            }
            missing.extend(gaps.into_iter().map(|(_, told)| told));
        }
        missing
    }
}

/// A user key is no secret, and comes from the same places as one.
fn is_filled(kind: &str, name: &str) -> bool {
    is_secret(kind, name) || name.eq_ignore_ascii_case("userKey")
}

/// `to drop.password`, as people read it, and `TO_DROP_PASSWORD`, as environments take it.
fn names_of(step: &str, param: &str) -> [String; 2] {
    [format!("{step}.{param}"), format!("{}_{}", upper(step), upper(param))]
}

/// `privateKey` as `PRIVATE_KEY`, `to drop` as `TO_DROP`.
fn upper(name: &str) -> String {
    let mut out = String::new();
    let mut before = '_';
    for c in name.trim().chars() {
        if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
            out.push('_');
        }
        out.push(if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' });
        before = c;
    }
    out
}

/// A value without the quotes that a shell would take away.
fn unquoted(value: &str) -> String {
    let within = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    match (within('\''), within('"')) {
        (Some(text), _) => text.replace("'\\''", "'"),
        (None, Some(text)) => text.replace("\\\"", "\"").replace("\\n", "\n").replace("\\\\", "\\"),
        (None, None) => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lines_become_names_and_values() {
        let text = "# world\nA=1\n\nexport B='it'\\''s = 2'\nC=\"x\\ny\"\n to drop.password = p\nE=\n";
        let settings = Settings::file(text).unwrap();
        for (name, value) in [
            ("A", Some("1")),
            ("B", Some("it's = 2")),
            ("C", Some("x\ny")),
            ("to drop.password", Some("p")),
            ("E", None),
            ("F", None),
        ] {
            assert_eq!(settings.get(name).map(Secret::reveal), value, "{name}");
        }
        assert_eq!(Settings::file("A=1\nrubbish").err(), Some(NoSetting { line: 2 }));
        let both = settings.or([("A".to_owned(), "9".to_owned()), ("G".to_owned(), "3".to_owned())]);
        assert_eq!((both.get("A").unwrap().reveal(), both.get("G").unwrap().reveal()), ("1", "3"));
    }

    #[test]
    fn servers_of_ftp_have_a_password_of_their_own() {
        let text = json!({"name": "f", "steps": [{"id": "r", "type": "datasource.read.ftp",
            "params": {"host": "h", "username": "u", "password": MASK}}]});
        let (mut document, _) = Document::parse(&text.to_string()).unwrap();
        assert_eq!(
            Settings::file("SFTP_PASSWORD=s").unwrap().fill(&mut document),
            ["R_PASSWORD (`password` of `r`)"]
        );
        let missing = Settings::file("SFTP_PASSWORD=s\nFTP_PASSWORD=f").unwrap().fill(&mut document);
        assert_eq!((missing, &document.steps[0].params["password"]), (Vec::new(), &json!("f")));
    }

    fn filled(settings: &str, params: Value) -> (Value, Vec<String>) {
        let text = json!({"name": "f", "steps": [{"id": "to drop", "type": "datasource.read.sftp", "params": params}]});
        let (mut document, _) = Document::parse(&text.to_string()).unwrap();
        let missing = Settings::file(settings).unwrap().fill(&mut document);
        (Value::Object(document.steps[0].params.clone()), missing)
    }

    #[test]
    fn secrets_take_the_place_of_masks() {
        let masked = || json!({"host": "h", "username": "u", "password": MASK});
        for (settings, password) in [
            ("to drop.password=a\nTO_DROP_PASSWORD=b\nSFTP_PASSWORD=c", "a"),
            ("TO_DROP_PASSWORD=b\nSFTP_PASSWORD=c", "b"),
            ("SFTP_PASSWORD=c", "c"),
        ] {
            let (params, missing) = filled(settings, masked());
            assert_eq!((params["password"].as_str(), missing.len()), (Some(password), 0));
        }
        let (_, missing) = filled("OTHER=1", masked());
        assert_eq!(missing, ["TO_DROP_PASSWORD (`password` of `to drop`)"]);
        let (params, missing) = filled("SFTP_PASSWORD=c", json!({"password": "typed"}));
        assert_eq!((params["password"].as_str(), missing.len()), (Some("typed"), 0));
        for (settings, params, expected) in [
            ("SFTP_PRIVATE_KEY=k", json!({"password": MASK}), json!({"privateKey": "k"})),
            ("SFTP_PASSWORD=c", json!({"privateKey": MASK, "passphrase": MASK}), json!({"password": "c"})),
        ] {
            assert_eq!(filled(settings, params), (expected, Vec::new()));
        }
        let (_, missing) = filled("SFTP_PRIVATE_KEY=k", json!({"privateKey": MASK, "passphrase": MASK}));
        assert_eq!(missing.len(), 1, "a locked key needs its passphrase");
        let (params, _) = filled("SFTP_PRIVATE_KEY=k\nSFTP_PASSWORD=c", json!({"privateKey": MASK}));
        assert_eq!((&params["privateKey"], params.get("password")), (&json!("k"), None));
    }
}
