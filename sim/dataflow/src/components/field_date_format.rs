//! `field.date.format`

use crate::component::{Carries, Component, ComponentDoc, Each, Fate, Setup, Transform, required};
use crate::java_date;
use crate::record::{FieldPath, Record, error_message, plain_text};
use jiff::tz::TimeZone;
use serde_json::Value;
use standin_model::{Evidence, Instant};

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "field.date.format",
    summary: "Writes dates in another pattern; a missing or empty one stays, one that cannot be read is an error",
    params: &[required(
        "fields",
        "list of `field`, `sourceFormat` (ISO 8601 or epoch milliseconds without it), `targetFormat` and `timezone` (UTC without it)",
    )],
    input: Carries::Records,
    output: Carries::Records,
    evidence: Evidence::inferred(
        "Component Repository names the component; Java patterns as in file names, inner names deduced",
        "dates_change_their_pattern",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let mut rows = Vec::new();
    for [field, from, to, zone] in
        setup.rows("fields", ["field", "sourceFormat", "targetFormat", "timezone"])?
    {
        if field.is_empty() {
            continue;
        }
        if to.is_empty() {
            return Err(format!("`targetFormat` of `{field}` is missing or empty"));
        }
        let zone = match zone.trim() {
            "" | "Z" => TimeZone::UTC,
            name => TimeZone::get(name).map_err(|_| format!("there is no time zone `{name}`"))?,
        };
        rows.push(Row { field: FieldPath::new(&field), from: from.into_owned(), to: to.into_owned(), zone });
    }
    Ok(Box::new(Each(FormatDates(rows))))
}

struct Row {
    field: FieldPath,
    from: String,
    to: String,
    zone: TimeZone,
}

struct FormatDates(Vec<Row>);

impl Transform for FormatDates {
    fn transform(&mut self, record: Record) -> Fate {
        let mut fields = record.fields.clone();
        for row in &self.0 {
            let text = match row.field.get(&fields).map(plain_text) {
                Some(text) if !text.is_empty() => text,
                _ => continue,
            };
            let Some(at) = row.read(&text) else {
                let wanted = if row.from.is_empty() { "ISO 8601" } else { &row.from };
                let shown: String = text.chars().take(60).collect();
                let message = format!("`{}` is `{shown}`, no date of the pattern {wanted}", row.field.text());
                return Fate::error(record, error_message(message));
            };
            let written = Value::from(java_date::format_in(at, &row.zone, &row.to));
            if let Err(refused) = row.field.put(&mut fields, written) {
                return Fate::error(record, error_message(refused.to_string()));
            }
        }
        Fate::next(record.with(fields))
    }
}

impl Row {
    fn read(&self, text: &str) -> Option<Instant> {
        if !self.from.is_empty() {
            return java_date::parse_in(text, &self.zone, &self.from);
        }
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            let millis = text.parse().ok().filter(|millis| *millis < 253_402_300_800_000)?;
            return Some(Instant::from_millis(millis));
        }
        text.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{World, check_step};
    use serde_json::json;

    #[test]
    fn dates_change_their_pattern() {
        for (row, before, after) in [
            (
                json!({"field": "c", "sourceFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSX", "targetFormat": "dd/MM/yyyy HH:mm"}),
                r#"{"c":"2026-01-05T08:09:07.042Z","x":1}"#,
                r#"{"c":"05/01/2026 08:09","x":1}"#,
            ),
            (
                json!({"field": "c", "targetFormat": "yyyy-MM-dd"}),
                r#"{"c":"2026-01-05T23:30:00Z"}"#,
                r#"{"c":"2026-01-05"}"#,
            ),
            (
                json!({"field": "p.c", "targetFormat": "yyyy-MM-dd HH:mm Z", "timezone": "Europe/Brussels"}),
                r#"{"p":{"c":"2026-01-05T23:30:00Z"}}"#,
                r#"{"p":{"c":"2026-01-06 00:30 +0100"}}"#,
            ),
            (
                json!({"field": "c", "sourceFormat": "dd.MM.yyyy HH:mm", "targetFormat": "yyyy-MM-dd'T'HH:mmXXX", "timezone": "Europe/Brussels"}),
                r#"{"c":"05.07.2026 10:00"}"#,
                r#"{"c":"2026-07-05T10:00+02:00"}"#,
            ),
            (
                json!({"field": "c", "targetFormat": "yyyyMMdd"}),
                r#"{"c":1767600000000}"#,
                r#"{"c":"20260105"}"#,
            ),
            (json!({"field": "c", "targetFormat": "yyyy"}), r#"{"c":""}"#, r#"{"c":""}"#),
            (json!({"field": "c", "targetFormat": "yyyy"}), r#"{"c":null}"#, r#"{"c":null}"#),
            (json!({"field": "c", "targetFormat": "yyyy"}), "{}", "{}"),
        ] {
            check_step("field.date.format", json!({"fields": [row]}), before, &[after], &[]);
        }
    }

    #[test]
    fn what_is_no_date_is_an_error() {
        let row = json!({"field": "c", "sourceFormat": "dd/MM/yyyy", "targetFormat": "yyyy"});
        let error = r#"{"c":"31/02/2026","_errorDetails":{"errorMessage":"`c` is `31/02/2026`, no date of the pattern dd/MM/yyyy"}}"#;
        check_step("field.date.format", json!({"fields": [row]}), r#"{"c":"31/02/2026"}"#, &[], &[error]);
        let row = json!({"field": "c", "targetFormat": "yyyy", "timezone": "Europe/Diest"});
        let out = World::new().through("field.date.format", json!({"fields": [row]}), &[]);
        assert_eq!(
            out.report.failure.as_deref(),
            Some("field.date.format `step`: there is no time zone `Europe/Diest`")
        );
    }
}
