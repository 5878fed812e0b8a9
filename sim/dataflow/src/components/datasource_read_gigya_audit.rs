//! `datasource.read.gigya.audit`

use crate::component::{Carries, Component, ComponentDoc, Setup, optional, required};
use crate::gigya_pages::{Pages, query};
use crate::record::{FieldPath, Fields};
use crate::run::{Outlet, Stop};
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "datasource.read.gigya.audit",
    summary: "Reads events of the audit log with audit.search: those since the last successful run, or all of them",
    params: &[
        required("select", "the fields, comma-separated; `*` and `field as alias` too"),
        optional("where", "", "a condition without the word WHERE; shifted times need a full extract"),
        optional("batchSize", "300", "events per call"),
        optional("apiKey", "", "another site"),
        optional("userKey", "", "another site's user key"),
        optional("secret", "", "another site's secret"),
        optional(
            "privateKey",
            "",
            "another site's private key in PEM or base64 of it, in place of the secret",
        ),
    ],
    input: Carries::Nothing,
    output: Carries::Records,
    evidence: Evidence::documented(
        "audit.search REST; Using the Audit Log",
        "events_are_asked_for_whole_and_by_their_time",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let shown = shown(setup.required_text("select")?)?;
    // The method takes no list of fields: whole events are asked for and cut down here.
    let query = query(setup, "*", "auditLog", |since| format!("\"@timestamp\" > \"{since}\""))?;
    let limit = setup.job.limit.unwrap_or(u64::MAX);
    let (gigya, pace) = (setup.gigya()?, setup.job.pace);
    let pages = Pages { method: "audit.search", noun: "events", query, gigya, limit, pace };
    Ok(Box::new(ReadAudit { pages, shown }))
}

struct ReadAudit {
    pages: Pages,
    shown: Vec<Shown>,
}

/// A field that the step selects, and where it goes.
struct Shown {
    from: FieldPath,
    to: FieldPath,
}

/// The fields of a list; none stands for the whole event.
fn shown(select: &str) -> Result<Vec<Shown>, String> {
    let mut fields = Vec::new();
    for item in select.split(',') {
        let words: Vec<&str> = item.split_whitespace().collect();
        let (name, alias) = match words.as_slice() {
            ["*"] => return Ok(Vec::new()),
            [name] => (*name, None),
            [name, word, alias] if word.eq_ignore_ascii_case("as") => (*name, Some(*alias)),
            _ => return Err(format!("parameter `select` has `{}`, which is no field", item.trim())),
        };
        let bare = |name: &str| name.trim_matches('"').to_owned();
        let name = bare(name);
        // As in every search, an alias stays below the parent of what it renames.
        let to = match (alias, name.rsplit_once('.')) {
            (None, _) => name.clone(),
            (Some(alias), None) => bare(alias),
            (Some(alias), Some((parent, _))) => format!("{parent}.{}", bare(alias)),
        };
        fields.push(Shown { from: FieldPath::new(&name), to: FieldPath::new(&to) });
    }
    Ok(fields)
}

fn cut(event: Fields, shown: &[Shown]) -> Result<Fields, String> {
    if shown.is_empty() {
        return Ok(event);
    }
    let mut fields = Fields::new();
    for Shown { from, to } in shown {
        if let Some(value) = from.get(&event) {
            to.put(&mut fields, value.clone()).map_err(|deep| deep.to_string())?;
        }
    }
    Ok(fields)
}

#[async_trait::async_trait]
impl Component for ReadAudit {
    async fn read(&mut self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        self.pages.read(&|event| cut(event, &self.shown), out).await
    }
}

#[cfg(test)]
mod tests {
    use crate::job::Extract;
    use crate::testing::World;
    use serde_json::{Value, json};
    use standin_model::Instant;

    fn event() -> Value {
        json!({
            "@timestamp": "2026-01-05T07:00:00.000Z", "endpoint": "accounts.deleteaccount", "errCode": "0",
            "uid": "ann", "params": {"loginID": "a@x.example", "pageURL": ""},
        })
    }

    fn flow(params: &Value) -> String {
        json!({"name": "f", "steps": [
            {"id": "read", "type": "datasource.read.gigya.audit", "params": params, "next": ["keep"]},
            {"id": "keep", "type": "field.remove", "params": {"fields": []}},
        ]})
        .to_string()
    }

    fn check(params: Value, extract: Extract, query: &str, record: Value) {
        let mut world = World::new();
        world.extract(extract);
        world.debug();
        world.answer(json!({"results": [event()]}));
        let report = world.run(&flow(&params));
        assert_eq!(report.failure, None);
        let call = json!({"method": "audit.search", "query": query, "openCursor": "true"});
        assert_eq!(world.calls(), [call]);
        let shown = format!("datasource.read.gigya.audit `read`: -> {record}");
        assert!(report.trace.contains(&shown), "{shown} in {:?}", report.trace);
    }

    #[test]
    fn events_are_asked_for_whole_and_by_their_time() {
        check(json!({"select": "*"}), Extract::Full, "SELECT * FROM auditLog LIMIT 300", event());
        check(
            json!({"select": "uid, \"@timestamp\" as at, params.loginID as login, ip", "where": "endpoint = \"accounts.deleteAccount\" OR errCode = \"0\""}),
            Extract::Since(Instant::START),
            "SELECT * FROM auditLog WHERE (endpoint = \"accounts.deleteAccount\" OR errCode = \"0\") AND \"@timestamp\" > \"2026-01-05T08:00:00.000Z\" LIMIT 300",
            json!({"uid": "ann", "at": "2026-01-05T07:00:00.000Z", "params": {"login": "a@x.example"}}),
        );
        check(
            json!({"select": "uid, params", "batchSize": 10}),
            Extract::Full,
            "SELECT * FROM auditLog LIMIT 10",
            json!({"uid": "ann", "params": {"loginID": "a@x.example", "pageURL": ""}}),
        );
    }

    #[test]
    fn a_list_that_is_none_is_refused_at_once() {
        let mut world = World::new();
        let report = world.run(&flow(&json!({"select": "uid, sum of all"})));
        assert_eq!(
            report.failure.as_deref(),
            Some(
                "datasource.read.gigya.audit `read`: parameter `select` has `sum of all`, which is no field"
            )
        );
        assert_eq!(world.calls(), [] as [Value; 0]);
    }
}
