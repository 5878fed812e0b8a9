//! What every component is: an entry of the list, built from a step's parameters, fed by the engine.

use crate::document::Step;
use crate::gigya::Gigya;
use crate::job::{Extract, Job, Ports};
use crate::placeholder::Placeholders;
use crate::record::Record;
use crate::run::{Outlet, Stop};
use crate::shared_variables::SharedVariables;
use bytes::Bytes;
use serde_json::Value;
use standin_clients::gigya::{Proof, bearer};
use standin_model::Evidence;
use standin_ports::{Credential, FileProtocol, FilesTarget, PathStart, Secret};
use std::borrow::Cow;
use std::time::Duration;

/// What an edge carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Carries {
    /// Nothing: an entry point's input, an end point's output.
    Nothing,
    /// Records.
    Records,
    /// Files.
    Files,
}

impl Carries {
    /// The word that problems use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Records => "records",
            Self::Files => "files",
        }
    }
}

/// One parameter of a component.
#[derive(Clone, Copy, Debug)]
pub struct ParamDoc {
    /// Its name.
    pub name: &'static str,
    /// Whether a job fails without it.
    pub required: bool,
    /// What counts where it is absent; empty if there is no default.
    pub default: &'static str,
    /// What it does.
    pub meaning: &'static str,
}

/// A parameter that a job cannot do without.
pub(crate) const fn required(name: &'static str, meaning: &'static str) -> ParamDoc {
    ParamDoc { name, required: true, default: "", meaning }
}

/// A parameter with a default.
pub(crate) const fn optional(name: &'static str, default: &'static str, meaning: &'static str) -> ParamDoc {
    ParamDoc { name, required: false, default, meaning }
}

/// One component type.
#[derive(Clone, Copy, Debug)]
pub struct ComponentDoc {
    /// The type as flows write it, in lower case.
    pub kind: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// Its parameters.
    pub params: &'static [ParamDoc],
    /// What comes in.
    pub input: Carries,
    /// What goes out.
    pub output: Carries,
    /// How we know.
    pub evidence: Evidence,
    /// Makes one for a step.
    pub(crate) build: fn(&Setup<'_>) -> Result<Box<dyn Component>, String>,
}

/// A piece of a file on its way; files never overlap on one edge.
#[derive(Clone, Debug)]
pub(crate) enum FilePart {
    /// A file with this name begins.
    Start(String),
    /// Its next bytes.
    Bytes(Bytes),
    /// It is whole.
    End,
}

/// A step at work. The engine calls `read` on entry points, then `records` or `file` as input comes, then
/// `finish` once every input has ended. An error fails the whole job; a bad record goes to the outlet instead.
#[async_trait::async_trait]
pub(crate) trait Component: Send {
    /// Brings in everything that an entry point reads.
    async fn read(&mut self, _out: &mut Outlet<'_>) -> Result<(), Stop> {
        Ok(())
    }

    /// Takes a batch of records.
    async fn records(&mut self, _batch: Vec<Record>, _out: &mut Outlet<'_>) -> Result<(), Stop> {
        Ok(())
    }

    /// Takes a piece of a file.
    async fn file(&mut self, _part: FilePart, _out: &mut Outlet<'_>) -> Result<(), Stop> {
        Ok(())
    }

    /// Hears that no more input comes.
    async fn finish(&mut self, _out: &mut Outlet<'_>) -> Result<(), Stop> {
        Ok(())
    }

    /// Cleans up after the job failed, wherever it did.
    async fn abandon(&mut self) {}
}

/// What becomes of one record.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Fate {
    /// Go to `next`.
    pub(crate) next: Vec<Record>,
    /// Go to `error`, details included.
    pub(crate) errors: Vec<Record>,
    /// Why it ends here, where both are empty.
    pub(crate) filtered: &'static str,
}

impl Fate {
    /// Goes on as this record.
    pub(crate) fn next(record: Record) -> Self {
        Self { next: vec![record], ..Self::default() }
    }

    /// Goes to the error path with these details.
    pub(crate) fn error(record: Record, details: Value) -> Self {
        Self { errors: vec![record.rejected(details)], ..Self::default() }
    }

    /// Ends here.
    pub(crate) fn filtered(why: &'static str) -> Self {
        Self { filtered: why, ..Self::default() }
    }
}

/// A component that looks at one record at a time and asks nobody.
pub(crate) trait Transform: Send {
    /// What becomes of the record.
    fn transform(&mut self, record: Record) -> Fate;
}

impl<F: FnMut(Record) -> Fate + Send> Transform for F {
    fn transform(&mut self, record: Record) -> Fate {
        self(record)
    }
}

/// Lets a [`Transform`] be a [`Component`].
pub(crate) struct Each<T>(pub(crate) T);

#[async_trait::async_trait]
impl<T: Transform> Component for Each<T> {
    async fn records(&mut self, batch: Vec<Record>, out: &mut Outlet<'_>) -> Result<(), Stop> {
        for record in batch {
            let watch = out.watch(&record);
            let fate = self.0.transform(record);
            out.settle(watch, fate).await?;
        }
        Ok(())
    }
}

/// What a component is built from.
pub(crate) struct Setup<'a> {
    /// The step.
    pub(crate) step: &'a Step,
    /// The job.
    pub(crate) job: &'a Job,
    /// The world.
    pub(crate) ports: &'a Ports,
    /// The job's calls to Gigya.
    pub(crate) gigya: &'a Gigya,
    /// The job's placeholders.
    pub(crate) placeholders: &'a Placeholders,
    /// What the job's scripts tell each other.
    pub(crate) shared: &'a SharedVariables,
}

impl Setup<'_> {
    /// The raw parameter.
    pub(crate) fn param(&self, name: &str) -> Option<&Value> {
        self.step.params.get(name).filter(|value| !value.is_null())
    }

    /// A text, empty if absent.
    pub(crate) fn text(&self, name: &str) -> Result<&str, String> {
        match self.param(name) {
            None => Ok(""),
            Some(Value::String(text)) => Ok(text),
            Some(Value::Number(_) | Value::Bool(_)) => {
                Ok(self.step.plain.get(name).map_or("", String::as_str))
            }
            Some(other) => Err(format!("parameter `{name}` should be a text, not {other}")),
        }
    }

    /// A text that must say something.
    pub(crate) fn required_text(&self, name: &str) -> Result<&str, String> {
        match self.text(name)? {
            "" => Err(format!("parameter `{name}` is missing or empty")),
            text => Ok(text),
        }
    }

    /// Which of these words a text says, in any case; the first if it is empty.
    pub(crate) fn word(&self, name: &str, words: &[&str]) -> Result<usize, String> {
        let text = self.text(name)?.trim();
        if text.is_empty() {
            return Ok(0);
        }
        let found = words.iter().position(|word| word.eq_ignore_ascii_case(text));
        found.ok_or_else(|| format!("parameter `{name}` is `{text}`, none of {}", words.join(", ")))
    }

    /// A boolean, as such or as text.
    pub(crate) fn truth(&self, name: &str, default: bool) -> Result<bool, String> {
        match self.param(name) {
            None => Ok(default),
            Some(Value::Bool(truth)) => Ok(*truth),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(default),
            Some(Value::String(text)) if text.trim().eq_ignore_ascii_case("true") => Ok(true),
            Some(Value::String(text)) if text.trim().eq_ignore_ascii_case("false") => Ok(false),
            Some(other) => Err(format!("parameter `{name}` should be true or false, not {other}")),
        }
    }

    /// A whole number within bounds, as such or as text.
    pub(crate) fn number(&self, name: &str, default: u64, most: u64) -> Result<u64, String> {
        let number = match self.param(name) {
            None => Some(default),
            Some(Value::Number(number)) => whole(number),
            Some(Value::String(text)) if text.trim().is_empty() => Some(default),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(_) => None,
        };
        match number {
            Some(number) if (1..=most).contains(&number) => Ok(number),
            _ => Err(format!("parameter `{name}` should be a whole number from 1 to {most}")),
        }
    }

    /// A list of texts; one text alone counts as a list, with commas between its items.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<&str>, String> {
        let wrong = || format!("parameter `{name}` should be a list of texts");
        match self.param(name) {
            None => Ok(Vec::new()),
            Some(Value::String(text)) => {
                Ok(text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect())
            }
            Some(Value::Array(items)) => {
                let named = items.iter().filter(|item| !item.is_null());
                named.map(|item| item.as_str().ok_or_else(wrong)).collect()
            }
            Some(_) => Err(wrong()),
        }
    }

    /// A list of objects, with these members' texts; an absent member is empty.
    pub(crate) fn rows<const N: usize>(
        &self,
        name: &str,
        members: [&str; N],
    ) -> Result<Vec<[Cow<'_, str>; N]>, String> {
        let items = match self.param(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(format!("parameter `{name}` should be a list")),
        };
        let mut rows = Vec::with_capacity(items.len());
        for item in items {
            let object = item.as_object().ok_or_else(|| format!("parameter `{name}` should hold objects"))?;
            let mut row = [const { Cow::Borrowed("") }; N];
            for (cell, member) in row.iter_mut().zip(members) {
                *cell = match object.get(member) {
                    None | Some(Value::Null) => Cow::Borrowed(""),
                    Some(Value::String(text)) => Cow::Borrowed(text),
                    // What stays a text as the console writes it.
                    Some(plain @ (Value::Number(_) | Value::Bool(_))) => Cow::Owned(plain.to_string()),
                    // What the platform takes as a text is a JSON text here.
                    Some(nested) => Cow::Owned(nested.to_string()),
                };
            }
            rows.push(row);
        }
        Ok(rows)
    }

    /// Another site's client where the step names one; else the job's own.
    pub(crate) fn gigya(&self) -> Result<Gigya, String> {
        let text = |name| self.text(name).map(str::to_owned);
        let (api_key, user_key, secret) = (text("apiKey")?, text("userKey")?, text("secret")?);
        let key = text("privateKey")?;
        let proof = match (user_key.is_empty(), secret.is_empty(), key.is_empty()) {
            (true, true, true) if api_key.is_empty() => return Ok(self.gigya.clone()),
            (true, true, true) => return Ok(self.gigya.other_key(self.job, self.ports, &api_key)),
            (false, false, _) => Proof::Secret { user_key, secret: Secret::new(secret) },
            (false, true, false) => {
                let key = Secret::new(unpacked_key(&key));
                bearer::read(&key).map_err(|bad| format!("parameter `privateKey`: {bad}"))?;
                Proof::PrivateKey { user_key, key }
            }
            _ => return Err("parameters `userKey` and `secret` or `privateKey` belong together".to_owned()),
        };
        Ok(self.gigya.elsewhere(self.job, self.ports, &api_key, proof))
    }

    /// The file server that the step names.
    pub(crate) fn files_target(&self) -> Result<FilesTarget, String> {
        let (password, key) = (self.text("password")?, self.text("privateKey")?);
        let credential = match (key.is_empty(), password.is_empty()) {
            (false, _) => {
                let passphrase = self.text("passphrase")?;
                Credential::PrivateKey {
                    key: Secret::new(unpacked_key(key)),
                    passphrase: (!passphrase.is_empty()).then(|| Secret::new(passphrase)),
                }
            }
            (true, false) => Credential::Password(Secret::new(password)),
            (true, true) => return Err("neither parameter `password` nor `privateKey` is given".to_owned()),
        };
        self.server(FileProtocol::Sftp, credential)
    }

    /// The server of FTP that the step names.
    pub(crate) fn ftp_target(&self) -> Result<FilesTarget, String> {
        let password = Secret::new(self.required_text("password")?);
        self.server(FileProtocol::Ftp, Credential::Password(password))
    }

    fn server(&self, protocol: FileProtocol, credential: Credential) -> Result<FilesTarget, String> {
        let usual = if protocol == FileProtocol::Ftp { 21 } else { 22 };
        let port = self.number("port", usual, u64::from(u16::MAX))?;
        Ok(FilesTarget {
            protocol,
            host: self.required_text("host")?.trim().to_owned(),
            port: u16::try_from(port).unwrap_or_default(),
            username: self.required_text("username")?.to_owned(),
            credential,
            timeout: Duration::from_secs(self.number("timeout", 60, 1 << 31)?.clamp(10, 120)),
            start: if self.text("remotePath")?.trim().starts_with('/') {
                PathStart::Root
            } else {
                PathStart::LoginFolder
            },
        })
    }

    /// The folder of `remotePath`; the target says where it starts.
    pub(crate) fn folder(&self) -> Result<String, String> {
        let path = self.placeholders.text(self.text("remotePath")?.trim());
        let mut folder = String::new();
        for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
            if part == ".." {
                return Err(format!("parameter `remotePath` may not climb: `{path}`"));
            }
            folder.push('/');
            folder.push_str(part);
        }
        Ok(if folder.is_empty() { "/".to_owned() } else { folder })
    }

    /// A pattern, with what placeholders stand for in it taken literally.
    pub(crate) fn pattern(&self, name: &str) -> Result<String, String> {
        Ok(self.placeholders.pattern(self.text(name)?))
    }

    /// The watermark, if the job has one.
    pub(crate) fn since(&self) -> Option<standin_model::Instant> {
        match self.job.extract {
            Extract::Full => None,
            Extract::Since(at) => Some(at),
        }
    }
}

/// What is left of a file's name where a slash makes a sub-folder; empty parts say nothing.
pub(crate) fn sub_path(name: &str) -> Result<String, String> {
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty()).collect();
    if parts.is_empty()
        || parts.iter().any(|part| matches!(*part, "." | ".."))
        || name.contains(char::is_control)
    {
        return Err(format!("`{name}` is no name for a file"));
    }
    Ok(parts.join("/"))
}

/// A number without a fraction, however it is written.
fn whole(number: &serde_json::Number) -> Option<u64> {
    let exact = number.as_f64().filter(|value| value.fract() == 0.0 && (0.0..9e15).contains(value));
    // The range is that of whole numbers which such a value holds exactly.
    number.as_u64().or_else(|| exact.map(|value| value as u64))
}

/// Flows store keys as base64 of the whole text; a key in plain PEM is taken as it is.
pub(crate) fn unpacked_key(key: &str) -> String {
    use base64::Engine as _;
    let packed: String = key.split_whitespace().collect();
    if key.trim_start().starts_with("-----") {
        return key.to_owned();
    }
    base64::engine::general_purpose::STANDARD
        .decode(packed)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_else(|| key.to_owned())
}
