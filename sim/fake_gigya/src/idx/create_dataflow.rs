//! `idx.createDataflow`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::idx::dataflow::Store;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "idx.createDataflow",
    summary: "Stores a dataflow and gives its id.",
    evidence: Evidence::recorded(
        "IdentitySync clients: gigya-dataflow-tool, customer-data-cloud-toolkit",
        "dataflow_life",
    ),
    access: Access::Private,
    params: &["data"],
    server_params: &[],
    run,
};

/// The same for drafts.
pub(crate) const DRAFT: Endpoint = Endpoint {
    name: "idx.createDataflowDraft",
    summary: "Stores a draft of a dataflow and gives its id.",
    run: run_draft,
    ..ENDPOINT
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    create(gigya, call, Store::Published)
}

fn run_draft(gigya: &mut Gigya, call: &Call) -> Reply {
    create(gigya, call, Store::Draft)
}

fn create(gigya: &mut Gigya, call: &Call, store: Store) -> Reply {
    let document = data(call)?;
    let mut id = gigya.ids.hex(32);
    if store == Store::Draft {
        id = gigya.idx.draft_id(&call.site, &document, id);
    }
    let id = gigya.idx.create_dataflow(call.now, &call.site, &document, id, store)?;
    Ok(Object::from_iter([("id".into(), id.into())]))
}

/// The document that the parameter `data` carries.
pub(crate) fn data(call: &Call) -> Result<Object, Refusal> {
    call.need("data")?;
    call.params.object("data")?.ok_or_else(|| Refusal::missing(call.method, "data"))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::{Value, json};

    #[test]
    fn versions_and_drafts_are_kept() {
        let mut bench = Bench::new();
        let flow = |id: &str, name: &str| {
            let step = json!({"id": "up", "type": "datasource.write.sftp", "params": {"password": "pw"}});
            json!({"id": id, "name": name, "steps": [step]}).to_string()
        };
        let id = bench.call("idx.createDataflow", &[("data", &flow("", "one"))])["id"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(bench.call("idx.setDataflow", &[("data", &flow(&id, "two"))])["version"], 2);
        let draft = bench.call("idx.createDataflowDraft", &[("data", &flow(&id, "three"))]);
        assert_eq!(draft["id"], id.as_str(), "the draft of a dataflow has its id");
        assert_eq!(bench.call("idx.setDataflowDraft", &[("data", &flow(&id, "four"))])["version"], 2);
        let names = |bench: &mut Bench, source: &str| -> Vec<Value> {
            let query = format!("SELECT name, version FROM {source} ORDER BY version");
            let found = bench.call("idx.search", &[("query", &query)]);
            found["result"].as_array().cloned().unwrap_or_default()
        };
        let row = |name: &str, version: u64| json!({"name": name, "version": version});
        assert_eq!(names(&mut bench, "dataflow"), [row("two", 2)]);
        assert_eq!(names(&mut bench, "dataflow_version"), [row("one", 1), row("two", 2)]);
        assert_eq!(names(&mut bench, "dataflow_draft"), [row("four", 2)]);
        assert_eq!(names(&mut bench, "dataflow_draft_version"), [row("three", 1), row("four", 2)]);
        let shown = bench.call("idx.search", &[("query", "SELECT * FROM dataflow_version LIMIT 1")]);
        assert_eq!(shown["result"][0]["steps"][0]["params"]["password"], "********");
        let script = r#"SELECT * FROM script WHERE id = "file.parse.dsv""#;
        let script = bench.call("idx.search", &[("query", script)]);
        assert_eq!(
            (&script["result"][0]["input"], &script["result"][0]["output"]),
            (&json!("file"), &json!("record"))
        );
        assert_eq!(bench.code("idx.deleteDataflow", &[("id", &id)]), 0);
        for source in ["dataflow", "dataflow_version", "dataflow_draft", "dataflow_draft_version"] {
            assert_eq!(names(&mut bench, source), Vec::<Value>::new());
        }
    }
}
