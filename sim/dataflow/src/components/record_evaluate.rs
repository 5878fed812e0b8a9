//! `record.evaluate`

use crate::component::{Carries, Component, ComponentDoc, Fate, Setup, optional, required};
use crate::job::Log;
use crate::record::{ERROR_DETAILS, Record, error_message};
use crate::run::{Outlet, Stop};
use crate::script::{Effect, Script};
use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "record.evaluate",
    summary: "Runs a script's `process` for each record: it returns the record, drops it, makes several, or rejects it",
    params: &[
        required("script", "JavaScript with a function `process`, as base64"),
        optional("ECMAScriptVersion", "5.1", "accepted; every script gets a current language"),
        optional(
            "notifyLastRecord",
            "false",
            "whether `process` is called once more with null after the last record",
        ),
    ],
    input: Carries::Records,
    output: Carries::Records,
    evidence: Evidence::documented("IdentitySync Custom Scripts", "scripts_pass_drop_multiply_and_reject"),
    build,
};

/// The text of a script, as the console stores it; whether the padding is there does not matter.
pub(crate) fn source_of(stored: &str) -> Result<String, String> {
    // Written by hand, it may stand there as it is: no base64 has a bracket.
    if stored.contains('(') && stored.contains("process") {
        return Ok(stored.to_owned());
    }
    let packed: String = stored.split_whitespace().collect();
    let bytes = BASE64.decode(packed).map_err(|_| "parameter `script` is not base64".to_owned())?;
    String::from_utf8(bytes).map_err(|_| "parameter `script` is not UTF-8".to_owned())
}

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Lines that the scripts of one step may leave in the trace.
const LINES: u32 = 1000;

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let source = source_of(setup.required_text("script")?)?;
    let seed = format!("{} {}", setup.job.id, setup.step.id);
    Ok(Box::new(Evaluate {
        script: Script::load(&source, setup.job.started, &seed, setup.shared)?,
        notify_last: setup.truth("notifyLastRecord", false)?,
        debug: setup.job.log == Log::Debug,
        lines: 0,
    }))
}

struct Evaluate {
    script: Script,
    notify_last: bool,
    debug: bool,
    lines: u32,
}

#[async_trait::async_trait]
impl Component for Evaluate {
    async fn records(&mut self, batch: Vec<Record>, out: &mut Outlet<'_>) -> Result<(), Stop> {
        for record in batch {
            let watch = out.watch(&record);
            let fate = self.process(Some(record), out);
            out.settle(watch, fate).await?;
        }
        Ok(())
    }

    async fn finish(&mut self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        if !self.notify_last {
            return Ok(());
        }
        let fate = self.process(None, out);
        out.made_all(fate).await
    }
}

impl Evaluate {
    fn process(&mut self, record: Option<Record>, out: &mut Outlet<'_>) -> Fate {
        let json = record.as_ref().map(Record::json);
        let outcome = self.script.process(json.as_deref());
        let mut fate = Fate { filtered: "the script returned nothing", ..Fate::default() };
        let origin = record.unwrap_or_else(|| Record::new(serde_json::Map::new(), "after the last record"));
        for effect in outcome.effects {
            match effect {
                Effect::Next(Value::Object(fields)) => fate.next.push(origin.with(fields)),
                Effect::Error(Value::Object(fields)) => fate.errors.push(rejected(origin.with(fields))),
                Effect::Log(line) => self.log(&line, out),
                // The script's own side lets nothing else through.
                Effect::Next(_) | Effect::Error(_) => {}
            }
        }
        if let Some(thrown) = outcome.thrown {
            // What a script accepted before it failed has gone on; the record itself is rejected.
            fate.errors.push(origin.rejected(error_message(thrown)));
        }
        fate
    }

    fn log(&mut self, line: &str, out: &mut Outlet<'_>) {
        if line.starts_with("debug ") && !self.debug {
            return;
        }
        self.lines += 1;
        match self.lines {
            ..LINES if line.starts_with("error ") => out.trace_error(line),
            ..LINES => out.trace(line),
            LINES => out.trace(&format!("no more than {LINES} lines of the script are kept")),
            _ => {}
        }
    }
}

/// Scripts set the details themselves, as an object or a text; without any, there still is a reason.
fn rejected(record: Record) -> Record {
    if record.fields.contains_key(ERROR_DETAILS) {
        record
    } else {
        record.rejected(error_message("rejected by the script"))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{World, check_step};
    use base64::Engine as _;
    use serde_json::{Value, json};

    fn script(source: &str) -> Value {
        json!({"script": base64::engine::general_purpose::STANDARD.encode(source), "ECMAScriptVersion": "12"})
    }

    #[test]
    fn scripts_pass_drop_multiply_and_reject() {
        for (source, before, next, errors) in [
            (
                "function process(record) { record.b = 1;\r\n return record; }",
                r#"{"a":"Zoë"}"#,
                &[r#"{"a":"Zoë","b":1}"#][..],
                &[][..],
            ),
            ("function process(record) { return null; }", r#"{"a":1}"#, &[][..], &[][..]),
            (
                "function process(record, ctx, logger, next) { next.accept({n: 1}); next.accept({n: 2}); }",
                "{}",
                &[r#"{"n":1}"#, r#"{"n":2}"#][..],
                &[][..],
            ),
            (
                "function process(record, ctx, logger, next, error) { record._errorDetails = 'no number'; error.accept(record, record); }",
                r#"{"a":1}"#,
                &[][..],
                &[r#"{"a":1,"_errorDetails":"no number"}"#][..],
            ),
            (
                "function process(record, ctx, logger, next, error) { error.accept(record); }",
                "{}",
                &[][..],
                &[r#"{"_errorDetails":{"errorMessage":"rejected by the script"}}"#][..],
            ),
            (
                "function process(record) { record.a = 2; throw new Error('no'); }",
                r#"{"a":1}"#,
                &[][..],
                &[r#"{"a":1,"_errorDetails":{"errorMessage":"Error: no"}}"#][..],
            ),
            (
                "function process(record) { while (true) {} }",
                r#"{"a":1}"#,
                &[][..],
                &[r#"{"a":1,"_errorDetails":{"errorMessage":"the script takes too long"}}"#][..],
            ),
        ] {
            check_step("record.evaluate", script(source), before, next, errors);
        }
    }

    #[test]
    fn a_script_may_stand_there_as_it_is() {
        let params = json!({"script": "function process(record) { return {n: record.n + 1}; }"});
        check_step("record.evaluate", params, r#"{"n":1}"#, &[r#"{"n":2}"#], &[]);
    }

    #[test]
    fn the_last_record_is_followed_by_null() {
        let mut params = script(
            "let n = 0; function process(record, next) { if (record === null) { next.accept({n}); return; } n++; }",
        );
        params["notifyLastRecord"] = json!(true);
        let out = World::new().through("record.evaluate", params, &[json!({}), json!({})]);
        assert_eq!(Value::from(out.next), json!([{"n": 2}]));
        let step = out.report.steps.iter().find(|step| step.id == "step").unwrap();
        assert_eq!((step.input, step.made, step.output, step.filtered), (2, 1, 1, 2));
    }

    #[test]
    fn scripts_are_packed_in_lines_and_with_or_without_padding() {
        let source = "function process(record) {\r\n  record.b = 'é';\r\n  return record;\r\n}";
        for source in [source.to_owned(), format!("{source} "), format!("{source}  ")] {
            let packed = base64::engine::general_purpose::STANDARD.encode(source);
            let lines: Vec<&str> =
                packed.as_bytes().chunks(20).map(|line| std::str::from_utf8(line).unwrap()).collect();
            for script in [packed.clone(), lines.join("\r\n"), packed.trim_end_matches('=').to_owned()] {
                check_step("record.evaluate", json!({"script": script}), "{}", &[r#"{"b":"é"}"#], &[]);
            }
        }
    }

    #[test]
    fn a_script_that_does_not_load_fails_the_job() {
        let out = World::new().through("record.evaluate", json!({"script": "%%"}), &[json!({})]);
        assert_eq!(
            out.report.failure.as_deref(),
            Some("record.evaluate `step`: parameter `script` is not base64")
        );
    }
}
