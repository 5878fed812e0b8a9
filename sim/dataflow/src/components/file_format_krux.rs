//! `file.format.krux`

use super::file_format_dsv::single;
use crate::component::{Carries, Component, ComponentDoc, Setup, optional, required};
use crate::file_sink::FileSink;
use crate::record::{Record, leaves, plain_text};
use crate::run::{Outlet, Stop};
use crate::spool::Spool;
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "file.format.krux",
    summary: "Writes a file of Krux: the UID, `^`, then `name:value` with the separator between",
    params: &[
        required("fileName", "the file's name, with placeholders"),
        optional("separator", ";", "what stands between two attributes"),
        optional("quoteFields", "false", "whether every value is quoted"),
        optional("createEmptyFile", "false", "whether there is a file even without records"),
    ],
    input: Carries::Records,
    output: Carries::Files,
    evidence: Evidence::decided(
        "only the parameters are known; the line follows the vendor's user attribute files",
        "one_line_for_each_user",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let separator = match setup.text("separator")? {
        "" => ';',
        text => single(text, "separator")?,
    };
    Ok(Box::new(Krux {
        file_name: setup.placeholders.text(setup.required_text("fileName")?),
        separator,
        quote: setup.truth("quoteFields", false)?,
        create_empty: setup.truth("createEmptyFile", false)?,
        lines: Spool::default(),
        records: 0,
        nameless: 0,
    }))
}

struct Krux {
    file_name: String,
    separator: char,
    quote: bool,
    create_empty: bool,
    lines: Spool,
    records: u64,
    nameless: u64,
}

impl Krux {
    /// Without a UID there is nobody to tell about.
    fn line(&self, record: &Record) -> Option<String> {
        let uid = record.fields.get("UID").map(plain_text).filter(|uid| !uid.is_empty())?;
        let mut line = self.bare(&uid);
        let mut next = '^';
        leaves(&record.fields, &mut |path, value| {
            let text = plain_text(value);
            if path == "UID" || text.is_empty() {
                return;
            }
            line.push(next);
            next = self.separator;
            line.push_str(&self.bare(path));
            line.push(':');
            if self.quote {
                line.push_str(&format!("\"{}\"", text.replace('"', "\"\"").replace(['\r', '\n'], " ")));
            } else {
                line.push_str(&self.bare(&text));
            }
        });
        line.push('\n');
        Some(line)
    }

    /// Without quotes, what would be read as the format's own signs becomes a blank.
    fn bare(&self, text: &str) -> String {
        text.replace([self.separator, '^', '\r', '\n'], " ")
    }
}

#[async_trait::async_trait]
impl Component for Krux {
    async fn records(&mut self, batch: Vec<Record>, out: &mut Outlet<'_>) -> Result<(), Stop> {
        for record in &batch {
            match self.line(record) {
                Some(line) => {
                    self.records += 1;
                    self.lines.push(line.as_bytes()).map_err(|full| full.to_string())?;
                }
                None => {
                    self.nameless += 1;
                    out.left_out(1);
                }
            }
        }
        Ok(())
    }

    async fn finish(&mut self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        if self.nameless > 0 {
            out.trace(&format!("{} records without a UID left out", self.nameless));
        }
        if self.records == 0 && !self.create_empty {
            return Ok(());
        }
        let mut sink = FileSink::new(self.file_name.clone(), u64::MAX);
        sink.start(out).await?;
        let mut lines = std::mem::take(&mut self.lines).read().map_err(|error| error.to_string())?;
        while let Some(line) = lines.next().map_err(|error| error.to_string())? {
            sink.write(line, out).await?;
        }
        sink.end(out).await?;
        out.written(std::mem::take(&mut self.records));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{files_of, format_files};
    use serde_json::{Value, json};

    fn check(more: Value, records: &[Value], expected: &[(&str, &str)]) {
        let mut params = json!({"fileName": "k.txt"});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(format_files("file.format.krux", params, records), files_of(expected));
    }

    #[test]
    fn one_line_for_each_user() {
        let records = [
            json!({"UID": "ann", "p": {"age": 40, "city": "A;B"}, "no": ""}),
            json!({"p": 1}),
            json!({"UID": "bo"}),
        ];
        check(json!({}), &records, &[("k.txt", "ann^p.age:40;p.city:A B\nbo\n")]);
        check(
            json!({"separator": "|", "quoteFields": true}),
            &records,
            &[("k.txt", "ann^p.age:\"40\"|p.city:\"A;B\"\nbo\n")],
        );
        check(json!({}), &[], &[]);
        check(json!({"createEmptyFile": true}), &[json!({"p": 1})], &[("k.txt", "")]);
    }
}
