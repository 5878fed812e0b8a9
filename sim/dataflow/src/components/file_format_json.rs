//! `file.format.json`

use crate::component::{Carries, Component, ComponentDoc, Setup, optional, required};
use crate::file_sink::FileSink;
use crate::record::Record;
use crate::run::{Outlet, Stop};
use crate::spool::Spool;
use serde_json::Value;
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "file.format.json",
    summary: "Writes records as one JSON array",
    params: &[
        required("fileName", "the file's name, with placeholders"),
        optional("maxFileSize", "5000", "megabytes after which another file starts"),
        optional("createEmptyFile", "false", "whether there is a file even without records"),
        optional("wrapField", "", "puts the array into an object under this name"),
    ],
    input: Carries::Records,
    output: Carries::Files,
    evidence: Evidence::recorded(
        "consumers of IdentitySync error files decode and iterate one array",
        "one_array",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let (open, close) = match setup.text("wrapField")? {
        "" => ("[".to_owned(), "]".to_owned()),
        name => (format!("{{{}:[", Value::from(name)), "]}".to_owned()),
    };
    Ok(Box::new(FormatJson {
        file_name: setup.placeholders.text(setup.required_text("fileName")?),
        limit: setup.number("maxFileSize", 5000, 1 << 20)? << 20,
        create_empty: setup.truth("createEmptyFile", false)?,
        open,
        close,
        spool: Spool::default(),
        records: 0,
    }))
}

struct FormatJson {
    file_name: String,
    limit: u64,
    create_empty: bool,
    open: String,
    close: String,
    spool: Spool,
    records: u64,
}

#[async_trait::async_trait]
impl Component for FormatJson {
    async fn records(&mut self, batch: Vec<Record>, _out: &mut Outlet<'_>) -> Result<(), Stop> {
        for record in &batch {
            self.spool.push(record.json().as_bytes()).map_err(|full| full.to_string())?;
            self.records += 1;
        }
        Ok(())
    }

    async fn finish(&mut self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        if self.records == 0 && !self.create_empty {
            out.trace("no records: nothing to write");
            return Ok(());
        }
        out.trace(&format!("{} records formatted", self.records));
        let mut sink = FileSink::new(self.file_name.clone(), self.limit);
        sink.start(out).await?;
        sink.write(self.open.as_bytes(), out).await?;
        let mut first = true;
        let mut frames = std::mem::take(&mut self.spool).read().map_err(|error| error.to_string())?;
        while let Some(frame) = frames.next().map_err(|error| error.to_string())? {
            if !first && sink.full(frame.len()) {
                sink.write(self.close.as_bytes(), out).await?;
                sink.end(out).await?;
                sink.start(out).await?;
                sink.write(self.open.as_bytes(), out).await?;
                first = true;
            }
            if !first {
                sink.write(b",", out).await?;
            }
            first = false;
            sink.write(frame, out).await?;
        }
        sink.write(self.close.as_bytes(), out).await?;
        sink.end(out).await?;
        out.written(self.records);
        self.records = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{files_of, format_files};
    use serde_json::{Value, json};

    fn check(more: Value, records: &[Value], expected: &[(&str, &str)]) {
        let mut params = json!({"fileName": "f_${jobId}.json"});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(format_files("file.format.json", params, records), files_of(expected));
    }

    #[test]
    fn one_array() {
        let records = [json!({"b": 1, "a": {"x": null}}), json!({"a": "é"})];
        check(json!({}), &records, &[("f_job-1.json", r#"[{"b":1,"a":{"x":null}},{"a":"é"}]"#)]);
        check(
            json!({"wrapField": "failures"}),
            &records[1..],
            &[("f_job-1.json", r#"{"failures":[{"a":"é"}]}"#)],
        );
        check(json!({}), &[], &[]);
        check(json!({"createEmptyFile": true}), &[], &[("f_job-1.json", "[]")]);
    }
}
