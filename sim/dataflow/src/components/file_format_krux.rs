//! `file.format.krux`

use super::file_format_dsv::single;
use crate::component::{Carries, Component, ComponentDoc, Setup, optional, required};
use crate::record::{Record, leaves, plain_text};
use crate::run::{Outlet, Stop};
use crate::user_lines::UserLines;
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
    let file_name = setup.placeholders.text(setup.required_text("fileName")?);
    Ok(Box::new(Krux {
        separator,
        quote: setup.truth("quoteFields", false)?,
        lines: UserLines::new(file_name, setup.truth("createEmptyFile", false)?),
    }))
}

struct Krux {
    separator: char,
    quote: bool,
    lines: UserLines,
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
            let line = self.line(record);
            self.lines.take(line, out)?;
        }
        Ok(())
    }

    async fn finish(&mut self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        self.lines.write(out).await
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
