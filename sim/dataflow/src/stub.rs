//! A stub in the place of a step: it gives what it was told to give and keeps what it gets.
//!
//! It is how a flow runs whose connectors belong to other vendors. Edges stay what they are: a stub takes and
//! gives what the component of its step does, so every check of the document still holds.

use crate::component::{Carries, Component, ComponentDoc, Fate, FilePart, Setup};
use crate::record::{FieldPath, Fields, Record, leaves};
use crate::run::{Outlet, Stop};
use bytes::{Bytes, BytesMut};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

/// Records and files that one stub keeps of one job.
const KEPT: usize = 10_000;

/// Bytes of all files that one stub keeps of one job.
const KEPT_BYTES: usize = 64 << 20;

/// What a stub does in the place of a step.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Stub {
    /// Records that a reader or a parser gives.
    pub records: Vec<Fields>,
    /// Files that a storage reader or a formatter gives: name and content.
    pub files: Vec<(String, Bytes)>,
    /// What becomes of records that come in and go on; the first that fits counts. A record that none fits goes
    /// on unchanged.
    pub answers: Vec<Answer>,
    /// Why the step fails, and the job with it, as soon as it would work.
    pub fails: Option<String>,
}

/// What becomes of certain records.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// The fields, by path, that a record must have with these values.
    pub of: Fields,
    /// What becomes of it.
    pub fate: Answered,
}

/// What becomes of one record.
#[derive(Clone, PartialEq, Debug)]
pub enum Answered {
    /// It goes on with these fields, by path, put in.
    With(Fields),
    /// It goes to the error path with these details.
    Error(Value),
    /// It ends here.
    Removed,
}

/// What a stub got in one job.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Got {
    /// Records, in order.
    pub records: Vec<Fields>,
    /// Whole files, in order: name and content.
    pub files: Vec<(String, Bytes)>,
}

/// A stub cannot stand there.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoPlace(pub String);

/// A stub at a step, and what it got so far.
#[derive(Debug)]
pub struct Placed {
    stub: Stub,
    got: Mutex<Got>,
}

impl Placed {
    /// A stub for a step of this component, if that takes and gives what the stub has.
    pub(crate) fn at(component: &ComponentDoc, stub: Stub) -> Result<Self, NoPlace> {
        let (input, output) = (component.input, component.output);
        let through = input == output;
        let answers = through && input == Carries::Records;
        let kind = component.kind;
        if !stub.records.is_empty() && (output != Carries::Records || through) {
            let hint = if through { ": say what becomes of its records by `answers`" } else { "" };
            return Err(NoPlace(format!("`{kind}` gives no records of its own{hint}")));
        }
        if !stub.files.is_empty() && (output != Carries::Files || through) {
            return Err(NoPlace(format!("`{kind}` gives no files of its own")));
        }
        if !stub.answers.is_empty() && !answers {
            return Err(NoPlace(format!("no records go through `{kind}`: it has nothing to answer")));
        }
        Ok(Self { stub, got: Mutex::default() })
    }

    /// What came in so far.
    pub fn got(&self) -> Got {
        self.got.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn build(self: &Arc<Self>, setup: &Setup<'_>) -> Box<dyn Component> {
        let component = setup.step.component;
        Box::new(AtWork {
            placed: Arc::clone(self),
            component,
            limit: setup.job.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX),
            coming: None,
        })
    }
}

struct AtWork {
    placed: Arc<Placed>,
    component: &'static ComponentDoc,
    limit: usize,
    coming: Option<(String, BytesMut)>,
}

impl AtWork {
    fn keep(&self, put: impl FnOnce(&mut Got)) -> Result<(), Stop> {
        if let Some(why) = &self.placed.stub.fails {
            return Err(Stop::Here(why.clone()));
        }
        let mut got = self.placed.got.lock().unwrap_or_else(PoisonError::into_inner);
        put(&mut got);
        let bytes: usize = got.files.iter().map(|(_, bytes)| bytes.len()).sum();
        if got.records.len() + got.files.len() > KEPT || bytes > KEPT_BYTES {
            let text = format!("a stub keeps no more than {KEPT} records and files, and {KEPT_BYTES} bytes");
            return Err(Stop::Here(text));
        }
        Ok(())
    }

    async fn give_records(&self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        for (index, fields) in self.placed.stub.records.iter().take(self.limit).enumerate() {
            out.made(Record::new(fields.clone(), format!("record {} of the stub", index + 1))).await?;
        }
        Ok(())
    }

    async fn give_files(&self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        for (name, bytes) in &self.placed.stub.files {
            out.file(FilePart::Start(name.clone())).await?;
            if !bytes.is_empty() {
                out.file(FilePart::Bytes(bytes.clone())).await?;
            }
            out.file(FilePart::End).await?;
        }
        Ok(())
    }

    fn answer(&self, record: Record) -> Fate {
        let fits = |answer: &&Answer| {
            answer.of.iter().all(|(path, value)| FieldPath::new(path).get(&record.fields) == Some(value))
        };
        match self.placed.stub.answers.iter().find(fits).map(|answer| &answer.fate) {
            None => Fate::next(record),
            Some(Answered::Removed) => Fate::filtered("the stub removes it"),
            Some(Answered::Error(details)) => Fate::error(record, details.clone()),
            Some(Answered::With(more)) => {
                let mut fields = record.fields.clone();
                let mut put = Ok(());
                leaves(more, &mut |path, value| {
                    if put.is_ok() {
                        put = FieldPath::new(path).put(&mut fields, value.clone());
                    }
                });
                match put {
                    Ok(()) => Fate::next(record.with(fields)),
                    Err(why) => Fate::error(record, crate::record::error_message(why.to_string())),
                }
            }
        }
    }
}

#[async_trait::async_trait]
impl Component for AtWork {
    async fn read(&mut self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        self.keep(|_| {})?;
        // A marker is an entry point that makes its file when everything else has ended.
        match (self.component.input, self.component.output) {
            (Carries::Nothing, Carries::Files) => self.give_files(out).await,
            (Carries::Nothing, _) => self.give_records(out).await,
            _ => Ok(()),
        }
    }

    async fn records(&mut self, batch: Vec<Record>, out: &mut Outlet<'_>) -> Result<(), Stop> {
        self.keep(|got| got.records.extend(batch.iter().map(|record| record.fields.clone())))?;
        if self.component.output == Carries::Files {
            out.written(batch.len() as u64);
            return Ok(());
        }
        for record in batch {
            let watch = out.watch(&record);
            let fate = self.answer(record);
            out.settle(watch, fate).await?;
        }
        Ok(())
    }

    async fn file(&mut self, part: FilePart, out: &mut Outlet<'_>) -> Result<(), Stop> {
        let passed = (self.component.output == Carries::Files).then(|| part.clone());
        match part {
            FilePart::Start(name) => {
                self.keep(|_| {})?;
                self.coming = Some((name, BytesMut::new()));
            }
            FilePart::Bytes(bytes) => {
                if let Some((_, so_far)) = &mut self.coming {
                    if so_far.len() + bytes.len() > KEPT_BYTES {
                        return Err(Stop::Here(format!("a stub keeps no more than {KEPT_BYTES} bytes")));
                    }
                    so_far.extend_from_slice(&bytes);
                }
            }
            FilePart::End => {
                if let Some((name, bytes)) = self.coming.take() {
                    self.keep(|got| got.files.push((name.clone(), bytes.freeze())))?;
                    if self.component.output == Carries::Nothing {
                        out.stored(name);
                    }
                }
            }
        }
        match passed {
            Some(part) => out.file(part).await,
            None => Ok(()),
        }
    }

    async fn finish(&mut self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        match (self.component.input, self.component.output) {
            (Carries::Files, Carries::Records) => self.give_records(out).await?,
            (Carries::Records, Carries::Files) => self.give_files(out).await?,
            _ => {}
        }
        let (records, files) = {
            let got = self.placed.got.lock().unwrap_or_else(PoisonError::into_inner);
            (got.records.len(), got.files.len())
        };
        out.trace(&format!("a stub stood in its place and got {records} records and {files} files"));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Document;
    use crate::record::tests::fields;
    use crate::testing::World;
    use serde_json::json;

    fn flow() -> Document {
        let text = json!({"name": "f", "steps": [
            {"id": "members", "type": "datasource.read.mailchimp", "next": ["crm"]},
            {"id": "crm", "type": "datasource.write.salesforce", "next": ["pack"], "error": ["rescue"]},
            {"id": "rescue", "type": "field.remove", "params": {"fields": ["x"]}, "next": ["pack"]},
            {"id": "pack", "type": "file.format.json", "params": {"fileName": "f.json"}, "next": ["lzo"]},
            {"id": "lzo", "type": "file.compress.lzo", "next": ["s3"]},
            {"id": "s3", "type": "datasource.write.silverpop"},
        ]});
        Document::parse(&text.to_string()).unwrap().0
    }

    #[test]
    fn a_stub_gives_answers_and_keeps() {
        let mut document = flow();
        let members = Stub {
            records: vec![fields(json!({"e": "a"})), fields(json!({"e": "b"})), fields(json!({"e": "c"}))],
            ..Stub::default()
        };
        let answer = |e: &str, fate| Answer { of: fields(json!({"e": e})), fate };
        let crm = Stub {
            answers: vec![
                answer("a", Answered::With(fields(json!({"crm": {"id": "7"}})))),
                answer("b", Answered::Error(json!({"errorCode": 4}))),
                answer("c", Answered::Removed),
            ],
            ..Stub::default()
        };
        document.stub("members", members).unwrap();
        let crm = document.stub("crm", crm).unwrap();
        document.stub("lzo", Stub::default()).unwrap();
        let s3 = document.stub("s3", Stub::default()).unwrap();
        let report = World::new().run_document(&document);
        assert_eq!(report.failure, None);
        assert_eq!(crm.got().records, ["a", "b", "c"].map(|e| fields(json!({"e": e}))));
        let file = r#"[{"e":"a","crm":{"id":"7"}},{"e":"b","_errorDetails":{"errorCode":4}}]"#;
        assert_eq!(s3.got().files, [("f.json".to_owned(), Bytes::from_static(file.as_bytes()))]);
        let counts: Vec<[u64; 5]> = report
            .steps
            .iter()
            .map(|step| [step.input, step.made, step.output, step.errors, step.filtered])
            .collect();
        assert_eq!(
            counts,
            [
                [0, 3, 3, 0, 0],
                [3, 0, 1, 1, 1],
                [1, 0, 1, 0, 0],
                [2, 0, 2, 0, 0],
                [1, 0, 1, 0, 0],
                [1, 0, 1, 0, 0]
            ]
        );
    }

    #[test]
    fn files_can_be_given_and_a_stub_can_fail() {
        let text = json!({"name": "f", "steps": [
            {"id": "s3", "type": "datasource.read.gigya.comment", "next": ["w"]},
            {"id": "w", "type": "datasource.write.marketo"},
        ]});
        let (mut document, _) = Document::parse(&text.to_string()).unwrap();
        document.stub("s3", Stub { records: vec![Fields::new()], ..Stub::default() }).unwrap();
        document.stub("w", Stub { fails: Some("no route".to_owned()), ..Stub::default() }).unwrap();
        let report = World::new().run_document(&document);
        assert_eq!(report.failure.as_deref(), Some("datasource.write.marketo `w`: no route"));

        let text = json!({"name": "f", "steps": [
            {"id": "files", "type": "datasource.read.azure.sas", "next": ["parse"]},
            {"id": "parse", "type": "file.parse.dsv", "params": {"columnSeparator": ","}, "next": ["w"]},
            {"id": "w", "type": "datasource.write.marketo"},
        ]});
        let (mut document, _) = Document::parse(&text.to_string()).unwrap();
        let files = vec![("a.csv".to_owned(), Bytes::from_static(b"x\n1\n"))];
        document.stub("files", Stub { files, ..Stub::default() }).unwrap();
        let marketo = document.stub("w", Stub::default()).unwrap();
        assert_eq!(World::new().run_document(&document).failure, None);
        assert_eq!(marketo.got().records, [fields(json!({"x": "1"}))]);
    }

    #[test]
    fn a_stub_fits_its_step() {
        let records = Stub { records: vec![Fields::new()], ..Stub::default() };
        let files = Stub { files: vec![("f".to_owned(), Bytes::new())], ..Stub::default() };
        let answers =
            Stub { answers: vec![Answer { of: Fields::new(), fate: Answered::Removed }], ..Stub::default() };
        for (step, stub, expected) in [
            ("nobody", Stub::default(), "the dataflow has no step `nobody`"),
            (
                "crm",
                records.clone(),
                "`datasource.write.salesforce` gives no records of its own: say what becomes of its records by `answers`",
            ),
            ("s3", records, "`datasource.write.silverpop` gives no records of its own"),
            ("members", files.clone(), "`datasource.read.mailchimp` gives no files of its own"),
            ("lzo", files, "`file.compress.lzo` gives no files of its own"),
            (
                "members",
                answers,
                "no records go through `datasource.read.mailchimp`: it has nothing to answer",
            ),
        ] {
            assert_eq!(flow().stub(step, stub).unwrap_err().to_string(), expected);
        }
    }
}
