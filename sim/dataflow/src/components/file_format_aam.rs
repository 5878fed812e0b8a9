//! `file.format.aam`

use crate::component::{Carries, Component, ComponentDoc, Setup, required};
use crate::record::{Record, leaves, plain_text};
use crate::run::{Outlet, Stop};
use crate::user_lines::UserLines;
use serde_json::Value;
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "file.format.aam",
    summary: "Writes an inbound file of Adobe Audience Manager: the UID, a tab, then `\"name\"=\"value\"` with commas",
    params: &[required("dpid", "the data provider's number, part of the file's name")],
    input: Carries::Records,
    output: Carries::Files,
    evidence: Evidence::decided(
        "only the parameter is known; the file follows Adobe's own page on inbound data files",
        "one_line_for_each_user",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let dpid = match setup.param("dpid") {
        Some(Value::Number(number)) => number.to_string(),
        _ => setup.required_text("dpid")?.trim().to_owned(),
    };
    if !dpid.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err(format!("parameter `dpid` is no number: `{dpid}`"));
    }
    let file_name = format!("ftp_dpm_{dpid}_{}.sync", setup.job.started.seconds());
    Ok(Box::new(Aam { lines: UserLines::new(file_name, false) }))
}

struct Aam {
    lines: UserLines,
}

/// Without a UID there is nobody to tell about.
fn line(record: &Record) -> Option<String> {
    let uid = record.fields.get("UID").map(plain_text).filter(|uid| !uid.is_empty())?;
    let mut pairs = Vec::new();
    leaves(&record.fields, &mut |path, value| {
        let text = plain_text(value);
        if path != "UID" && !text.is_empty() {
            pairs.push(format!("\"{}\"=\"{}\"", bare(path), bare(&text)));
        }
    });
    Some(format!("{}\t{}\n", bare(&uid), pairs.join(",")))
}

/// The format has no way to write a quote, a tab or a line end inside a value.
fn bare(text: &str) -> String {
    text.replace('"', "'").replace(['\t', '\r', '\n'], " ")
}

#[async_trait::async_trait]
impl Component for Aam {
    async fn records(&mut self, batch: Vec<Record>, out: &mut Outlet<'_>) -> Result<(), Stop> {
        for record in &batch {
            let line = line(record);
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
    use serde_json::json;

    #[test]
    fn one_line_for_each_user() {
        let records = [
            json!({"UID": "ann", "profile": {"age": 40, "city": "Diest \"old\"\ntown"}, "gone": null}),
            json!({"profile": {"age": 4}}),
            json!({"x": true, "UID": "bo"}),
        ];
        let files = format_files("file.format.aam", json!({"dpid": 1234}), &records);
        let expected =
            "ann\t\"profile.age\"=\"40\",\"profile.city\"=\"Diest 'old' town\"\nbo\t\"x\"=\"true\"\n";
        assert_eq!(files, files_of(&[("ftp_dpm_1234_1767600000.sync", expected)]));
        assert_eq!(
            format_files("file.format.aam", json!({"dpid": "1234"}), &[json!({"a": 1})]),
            files_of(&[])
        );
    }
}
