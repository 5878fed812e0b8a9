//! `datasource.read.gigya.account`

use crate::component::{Carries, Component, ComponentDoc, Setup, optional, required};
use crate::gigya::{CallFailure, Gigya};
use crate::gigya_pages::{self, Pages, Shape};
use crate::record::{FieldPath, Fields};
use crate::run::{Outlet, Stop};
use serde_json::{Map, Value};
use standin_model::Evidence;
use standin_model::mutant::mutated;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "datasource.read.gigya.account",
    summary: "Reads accounts with accounts.search: those changed since the last successful run, or all of them",
    params: &[
        required("select", "the fields, comma-separated; `*` and `field as alias` too"),
        optional("from", "accounts", "`accounts` or `emailAccounts`"),
        optional("where", "", "a condition without the word WHERE; shifted times need a full extract"),
        optional("deltaField", "lastUpdatedTimestamp", "the time compared with the last successful run"),
        optional("consent", "", "not applied: accounts are read whatever they consented to"),
        optional("batchSize", "300", "accounts per call"),
        optional("maxConcurrency", "1", "accepted; a cursor gives one page after another, one of them ahead"),
        optional("keepFieldNamesWithDotAsIs", "false", "whether a returned name with dots stays one name"),
        optional("excludeEmptyFields", "false", "whether fields without value are left out"),
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
    evidence: Evidence::documented("Component Repository", "queries"),
    build,
};

const DELTA_FIELDS: [&str; 6] = [
    "lastUpdatedTimestamp",
    "lastLoginTimestamp",
    "oldestDataUpdatedTimestamp",
    "createdTimestamp",
    "verifiedTimestamp",
    "registeredTimestamp",
];

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let select = setup.required_text("select")?.trim().to_owned();
    let limit = setup.job.limit.unwrap_or(u64::MAX);
    Ok(Box::new(ReadAccounts {
        pages: Pages {
            method: "accounts.search",
            noun: "accounts",
            query: query(setup, &select)?,
            gigya: setup.gigya()?,
            limit,
            pace: setup.job.pace,
        },
        fill: Fill::of(&select),
        dots_stay: setup.truth("keepFieldNamesWithDotAsIs", false)?,
        no_empty: setup.truth("excludeEmptyFields", false)?,
    }))
}

fn query(setup: &Setup<'_>, select: &str) -> Result<String, String> {
    let from = match setup.text("from")?.trim() {
        "" => "accounts",
        from => from,
    };
    let field = match setup.text("deltaField")?.trim() {
        "" => DELTA_FIELDS[0],
        field if DELTA_FIELDS.contains(&field) && !mutated("dataflow.delta-field.ignored") => field,
        _ if mutated("dataflow.delta-field.ignored") => DELTA_FIELDS[3],
        other => {
            return Err(format!("parameter `deltaField` is `{other}`, none of {}", DELTA_FIELDS.join(", ")));
        }
    };
    gigya_pages::query(setup, select, from, |since| match mutated("dataflow.watermark.wrong-way") {
        true => format!("{field} < {}", since.millis()),
        false => format!("{field} > {}", since.millis()),
    })
}

struct ReadAccounts {
    pages: Pages,
    fill: Fill,
    dots_stay: bool,
    no_empty: bool,
}

#[async_trait::async_trait]
impl Component for ReadAccounts {
    async fn read(&mut self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        self.pages.read(&*self, out).await
    }
}

impl Shape for ReadAccounts {
    async fn shaped(&self, result: Fields) -> Result<Fields, Stop> {
        let mut fields = if self.dots_stay { result } else { undotted(result)? };
        self.fill.complete(&mut fields, &self.pages.gigya).await?;
        Ok(if self.no_empty { without_empty(fields) } else { fields })
    }
}

fn undotted(members: Fields) -> Result<Fields, String> {
    if members.keys().all(|name| !name.contains('.')) {
        return Ok(members);
    }
    let mut fields = Fields::new();
    for (name, value) in members {
        FieldPath::new(&name).put(&mut fields, value).map_err(|deep| deep.to_string())?;
    }
    Ok(fields)
}

fn without_empty(fields: Fields) -> Fields {
    let kept = fields.into_iter().filter_map(|(name, value)| match value {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::Object(members) => {
            let members = without_empty(members);
            (!members.is_empty()).then_some((name, Value::Object(members)))
        }
        other => Some((name, other)),
    });
    kept.collect()
}

/// Search answers carry no subscriptions: where a flow selects them, each account is asked for them.
#[derive(Debug, PartialEq, Eq)]
struct Fill {
    paths: Vec<String>,
    include: String,
    communications: bool,
}

impl Fill {
    fn of(select: &str) -> Self {
        let names = select.split(',').map(|item| item.split_whitespace().next().unwrap_or_default());
        let under = |name: &str, root: &str| {
            name == root || name.strip_prefix(root).is_some_and(|rest| rest.starts_with('.'))
        };
        let paths: Vec<String> = names
            .filter(|name| under(name, "subscriptions") || under(name, "communications"))
            .map(str::to_owned)
            .collect();
        let include =
            if paths.iter().any(|path| under(path, "subscriptions")) { "subscriptions" } else { "" };
        let communications = paths.iter().any(|path| under(path, "communications"));
        Self { include: include.to_owned(), communications, paths }
    }

    async fn complete(&self, fields: &mut Fields, gigya: &Gigya) -> Result<(), Stop> {
        let missing =
            |root: &str| self.paths.iter().any(|path| path.starts_with(root)) && !fields.contains_key(root);
        if !missing("subscriptions") && !missing("communications") {
            return Ok(());
        }
        let Some(Value::String(uid)) = fields.get("UID") else { return Ok(()) };
        let mut params = vec![("UID", uid.clone())];
        // An empty `include` would be none at all, and bring every section.
        let include = if self.include.is_empty() { "regSource" } else { &self.include };
        params.push(("include", include.to_owned()));
        if self.communications {
            params.push(("includeCommunications", "true".to_owned()));
        }
        let account = match gigya.call("accounts.getAccountInfo", &params).await {
            Ok(Value::Object(account)) => account,
            Ok(_) => Map::new(),
            // The account went away between the two calls.
            Err(CallFailure::Refused { code: 403_005, .. }) => return Ok(()),
            Err(failure) => {
                let told = format!("accounts.getAccountInfo: {}", failure.sentence());
                return Err(match failure {
                    CallFailure::Broken(_) => Stop::Outside(told),
                    CallFailure::Refused { .. } => Stop::Here(told),
                });
            }
        };
        for path in &self.paths {
            let path = FieldPath::new(path);
            if path.get(fields).is_none()
                && let Some(value) = path.get(&account)
            {
                path.put(fields, value.clone()).map_err(|deep| deep.to_string())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::job::Extract;
    use crate::testing::World;
    use serde_json::{Value, json};
    use standin_model::Instant;

    fn flow(params: Value) -> String {
        json!({"name": "f", "steps": [
            {"id": "read", "type": "datasource.read.gigya.account", "params": params, "next": ["keep"]},
            {"id": "keep", "type": "field.remove", "params": {"fields": []}},
        ]})
        .to_string()
    }

    fn check_query(params: Value, extract: Extract, expected: &str) {
        let mut world = World::new();
        world.extract(extract);
        world.answer(json!({"results": []}));
        let report = world.run(&flow(params));
        assert_eq!(report.failure, None);
        assert_eq!(
            world.calls(),
            [json!({"method": "accounts.search", "query": expected, "openCursor": "true"})]
        );
    }

    #[test]
    fn queries() {
        let since = Extract::Since(Instant::START);
        check_query(json!({"select": "UID"}), Extract::Full, "SELECT UID FROM accounts LIMIT 300");
        check_query(
            json!({"select": "UID"}),
            since,
            "SELECT UID FROM accounts WHERE lastUpdatedTimestamp > 1767600000000 LIMIT 300",
        );
        check_query(
            json!({"select": "UID, profile", "where": "a = 1 OR b = 2", "from": "emailAccounts", "deltaField": "createdTimestamp", "batchSize": 50.0}),
            since,
            "SELECT UID, profile FROM emailAccounts WHERE (a = 1 OR b = 2) AND createdTimestamp > 1767600000000 LIMIT 50",
        );
        check_query(
            json!({"select": "*", "where": "lastLoginTimestamp > ${now-1h}"}),
            Extract::Full,
            "SELECT * FROM accounts WHERE (lastLoginTimestamp > 1767596400000) LIMIT 300",
        );
    }

    #[test]
    fn a_shifted_time_needs_a_full_extract() {
        let mut world = World::new();
        world.extract(Extract::Since(Instant::START));
        let report = world.run(&flow(json!({"select": "*", "where": "lastLoginTimestamp > ${now-1h}"})));
        assert_eq!(
            report.failure.as_deref(),
            Some(
                "datasource.read.gigya.account `read`: a shifted time such as `${now-1h}` in `where` needs a scheduling with fullExtract"
            )
        );
    }

    #[test]
    fn pages_follow_the_cursor_until_the_limit() {
        for (limit, calls, processed) in [(None, 3, 3), (Some(2), 2, 2), (Some(1), 1, 1)] {
            let mut world = World::new();
            world.limit(limit);
            world.answer(json!({"results": [{"UID": "a"}], "nextCursorId": "c1"}));
            world.answer(json!({"results": [{"UID": "b"}], "nextCursorId": "c2"}));
            world.answer(json!({"results": [{"UID": "c"}]}));
            let report = world.run(&flow(json!({"select": "UID"})));
            assert_eq!((report.failure, report.calls, report.processed), (None, calls, processed));
            if calls > 1 {
                assert_eq!(world.calls()[1], json!({"method": "accounts.search", "cursorId": "c1"}));
            }
        }
    }

    #[test]
    fn dotted_names_and_empty_fields() {
        for (params, expected) in [
            (json!({"select": "*"}), json!({"a": {"b": "", "c": 1}, "d": null})),
            (
                json!({"select": "*", "keepFieldNamesWithDotAsIs": true}),
                json!({"a.b": "", "a.c": 1, "d": null}),
            ),
            (json!({"select": "*", "excludeEmptyFields": true}), json!({"a": {"c": 1}})),
        ] {
            let mut world = World::new();
            world.debug();
            world.answer(json!({"results": [{"a.b": "", "a.c": 1, "d": null}]}));
            let report = world.run(&flow(params));
            let shown = format!("datasource.read.gigya.account `read`: -> {expected}");
            assert!(report.trace.contains(&shown), "{:?}", report.trace);
        }
    }

    #[test]
    fn selected_subscriptions_are_asked_for() {
        let mut world = World::new();
        world.debug();
        world.answer(json!({"results": [{"UID": "ann"}]}));
        world.answer(
            json!({"subscriptions": {"news": {"email": {"isSubscribed": true, "tags": []}}}, "profile": {}}),
        );
        let report = world.run(&flow(json!({"select": "UID, subscriptions.news.email.isSubscribed"})));
        let expected = json!({"UID": "ann", "subscriptions": {"news": {"email": {"isSubscribed": true}}}});
        assert!(report.trace.contains(&format!("datasource.read.gigya.account `read`: -> {expected}")));
        assert_eq!(
            world.calls()[1],
            json!({"method": "accounts.getAccountInfo", "UID": "ann", "include": "subscriptions"})
        );
    }

    #[test]
    fn a_refused_query_fails_the_job() {
        let mut world = World::new();
        world.refuse(400_006, "Invalid parameter value", "near WHAT");
        let report = world.run(&flow(json!({"select": "UID"})));
        assert_eq!(
            report.failure.as_deref(),
            Some(
                "datasource.read.gigya.account `read`: accounts.search refused `SELECT UID FROM accounts LIMIT 300`: 400006 Invalid parameter value: near WHAT"
            )
        );
    }
}
