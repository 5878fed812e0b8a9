//! `datasource.read.gigya.ds`

use crate::component::{Carries, Component, ComponentDoc, Setup, optional, required};
use crate::gigya_pages::{Pages, query};
use crate::run::{Outlet, Stop};
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "datasource.read.gigya.ds",
    summary: "Reads objects of one type of the data store with ds.search: those changed since the last successful run, or all of them",
    params: &[
        required("select", "the fields, comma-separated; `*` and `field as alias` too"),
        required("from", "the type of object"),
        optional("where", "", "a condition without the word WHERE; shifted times need a full extract"),
        optional("deltaField", "lastUpdated", "the time compared with the last successful run"),
        optional("batchSize", "300", "objects per call"),
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
    evidence: Evidence::recorded("templates of gigya-dataflow-tool", "objects_of_one_type_are_asked_for"),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let (select, from) = (setup.required_text("select")?.trim(), setup.required_text("from")?.trim());
    let field = match setup.text("deltaField")?.trim() {
        "" => "lastUpdated",
        field => field,
    };
    // The name goes into a query, between the user's own condition and a number.
    if !field.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_')) {
        return Err(format!("parameter `deltaField` is no field: `{field}`"));
    }
    let query = query(setup, select, from, |since| format!("{field} > {}", since.millis()))?;
    let limit = setup.job.limit.unwrap_or(u64::MAX);
    Ok(Box::new(ReadObjects(Pages {
        method: "ds.search",
        noun: "objects",
        query,
        gigya: setup.gigya()?,
        limit,
        pace: setup.job.pace,
    })))
}

struct ReadObjects(Pages);

#[async_trait::async_trait]
impl Component for ReadObjects {
    async fn read(&mut self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        self.0.read(&|members| Ok(members), out).await
    }
}

#[cfg(test)]
mod tests {
    use crate::job::Extract;
    use crate::testing::World;
    use serde_json::{Value, json};
    use standin_model::Instant;

    fn flow(params: &Value) -> String {
        json!({"name": "f", "steps": [
            {"id": "read", "type": "datasource.read.gigya.ds", "params": params, "next": ["keep"]},
            {"id": "keep", "type": "field.remove", "params": {"fields": []}},
        ]})
        .to_string()
    }

    fn check(params: Value, extract: Extract, expected: Result<&str, &str>) {
        let mut world = World::new();
        world.extract(extract);
        world.answer(json!({"results": []}));
        let report = world.run(&flow(&params));
        match expected {
            Ok(query) => {
                let call = json!({"method": "ds.search", "query": query, "openCursor": "true"});
                assert_eq!((report.failure, world.calls()), (None, vec![call]));
            }
            Err(told) => {
                let told = format!("datasource.read.gigya.ds `read`: {told}");
                assert_eq!((report.failure, world.calls()), (Some(told), vec![]));
            }
        }
    }

    #[test]
    fn objects_of_one_type_are_asked_for() {
        let since = Extract::Since(Instant::START);
        let all = json!({"select": "*", "from": "bike"});
        check(all.clone(), Extract::Full, Ok("SELECT * FROM bike LIMIT 300"));
        check(all, since, Ok("SELECT * FROM bike WHERE lastUpdated > 1767600000000 LIMIT 300"));
        check(
            json!({"select": "oid, data.gears as g", "from": " bike ", "where": "a = 1 OR b = 2", "deltaField": "created", "batchSize": 50}),
            since,
            Ok(
                "SELECT oid, data.gears as g FROM bike WHERE (a = 1 OR b = 2) AND created > 1767600000000 LIMIT 50",
            ),
        );
        check(
            json!({"select": "*", "from": "bike", "where": "lastUpdated > ${now-1h}"}),
            Extract::Full,
            Ok("SELECT * FROM bike WHERE (lastUpdated > 1767596400000) LIMIT 300"),
        );
        check(
            json!({"select": "*", "from": "bike", "where": "lastUpdated > ${now-1h}"}),
            since,
            Err("a shifted time such as `${now-1h}` in `where` needs a scheduling with fullExtract"),
        );
        check(json!({"select": "*"}), since, Err("parameter `from` is missing or empty"));
        check(json!({"from": "bike"}), since, Err("parameter `select` is missing or empty"));
        check(
            json!({"select": "*", "from": "bike", "deltaField": "a = 1 OR b"}),
            since,
            Err("parameter `deltaField` is no field: `a = 1 OR b`"),
        );
    }

    #[test]
    fn objects_become_records_until_the_limit() {
        let object = |oid: &str| json!({"oid": oid, "UID": "ann", "data": {"gears": 3}, "lastUpdated": 5});
        for (limit, calls) in [(None, 2), (Some(2), 2), (Some(1), 1)] {
            let mut world = World::new();
            world.limit(limit);
            world.debug();
            world.answer(json!({"results": [object("b1")], "nextCursorId": "c1"}));
            world.answer(json!({"results": [object("b2"), object("b3")]}));
            let report = world.run(&flow(&json!({"select": "*", "from": "bike"})));
            let read = limit.unwrap_or(3);
            assert_eq!((report.failure, report.calls, report.processed), (None, calls, read));
            let shown = format!("datasource.read.gigya.ds `read`: -> {}", object("b1"));
            assert!(report.trace.contains(&shown), "{:?}", report.trace);
            assert!(report.trace.contains(&format!("datasource.read.gigya.ds `read`: {read} objects read")));
        }
    }

    #[test]
    fn a_type_that_is_not_there_fails_the_job() {
        let mut world = World::new();
        world.refuse(400_006, "Invalid parameter value", "Unknown source in FROM: bike");
        let report = world.run(&flow(&json!({"select": "*", "from": "bike"})));
        assert_eq!(
            report.failure.as_deref(),
            Some(
                "datasource.read.gigya.ds `read`: ds.search refused `SELECT * FROM bike LIMIT 300`: 400006 Invalid parameter value: Unknown source in FROM: bike"
            )
        );
    }
}
