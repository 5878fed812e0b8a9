//! `ds.search`.

use crate::call::Call;
use crate::documents::{self, results};
use crate::ds::owner;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Refusal, Reply};
use crate::gigya::Gigya;
use crate::params::brief;
use crate::query::fields::Fields;
use crate::query::plan::Plan;
use crate::query::search::{LIMITS, Search, Sourced};
use serde_json::Value;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "ds.search",
    summary: "Finds objects of a type; a person finds only their own.",
    evidence: Evidence::documented("ds.search REST", "objects_are_found"),
    access: Access::Public,
    params: &["query", "openCursor", "cursorId"],
    server_params: &[],
    run,
};

const SEARCH: Search = Search { limits: LIMITS, fields: |_| Fields::PLAIN, source, profiles: false };

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let page = SEARCH.run(gigya, call)?;
    Ok(results(gigya, page))
}

fn source<'g>(gigya: &'g Gigya, call: &'g Call, plan: &Plan) -> Sourced<'g> {
    let owner = owner(call)?;
    let kind = gigya.stores.get(&call.site.api_key).and_then(|store| store.types.get(&plan.from));
    let unknown = || Refusal::because(400_006, format!("Unknown source in FROM: {}", brief(&plan.from)));
    let kind = kind.ok_or_else(unknown)?;
    let own = kind.objects.iter().filter(|(key, _)| owner.is_none() || key.1 == owner);
    let told = own.map(|(key, item)| {
        let id = format!("{}\n{}", key.0, key.1.as_deref().unwrap_or_default());
        (id, Value::Object(item.told(key, item.data.clone())))
    });
    Ok(documents::source(told.collect()))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::{Value, json};

    fn store(bench: &mut Bench, oid: &str, uid: &str, data: &str) -> Value {
        bench.call("ds.store", &[("type", "bike"), ("oid", oid), ("UID", uid), ("data", data)])
    }

    #[test]
    fn objects_are_stored_and_changed() {
        let mut bench = Bench::new();
        let first = r#"{"brand":"X","gears_i":"7","bought_d":"2025-03-01 10:00:00","tags":["red"],"lock":{"code":1}}"#;
        assert_eq!(store(&mut bench, "b1", "ann", first)["oid"], "b1");
        let made = bench.call("ds.store", &[("type", "spare"), ("data", "{}")]);
        assert_eq!(made["oid"].as_str().unwrap().len(), 32, "without an oid the platform makes one");
        bench.wait(1000);
        assert_eq!(
            store(&mut bench, "b1", "ann", r#"{"tags":["fast"],"lock":{"kind":"U"},"brand":null}"#)["errorCode"],
            0
        );
        let key = [("type", "bike"), ("oid", "b1"), ("UID", "ann")];
        let got = bench.call("ds.get", &key);
        assert_eq!(
            got["data"],
            json!({"gears_i": 7, "bought_d": "2025-03-01 10:00:00", "tags": ["red", "fast"],
                "lock": {"code": 1, "kind": "U"}})
        );
        assert_eq!(
            (&got["lastUpdated"], &got["createdTime"], &got["UID"]),
            (&json!(1_767_600_001_000_i64), &json!("2026-01-05T08:00:00.000Z"), &json!("ann"))
        );
        assert_eq!(
            bench.code("ds.get", &[("type", "bike"), ("oid", "b1")]),
            404_000,
            "the owner is part of the key"
        );
        for (behaviour, data, expected) in [
            ("arraySet", r#"{"tags":["slow"]}"#, json!({"tags": ["slow"], "gears_i": 7})),
            ("replace", r#"{"tags":["new"]}"#, json!({"tags": ["new"]})),
        ] {
            let params = [
                ("type", "bike"),
                ("oid", "b1"),
                ("UID", "ann"),
                ("data", data),
                ("updateBehavior", behaviour),
            ];
            assert_eq!(bench.code("ds.store", &params), 0);
            let fields = [("type", "bike"), ("oid", "b1"), ("UID", "ann"), ("fields", "tags, gears_i")];
            assert_eq!(bench.call("ds.get", &fields)["data"], expected);
        }
        let auto =
            store(&mut bench, "auto", "", r#"{"brand":"Y","note":"n"}"#)["oid"].as_str().unwrap().to_owned();
        assert_eq!(auto.len(), 32);
        let part = [("type", "bike"), ("oid", auto.as_str()), ("fields", "note")];
        assert_eq!(bench.code("ds.delete", &part), 0);
        assert_eq!(bench.call("ds.get", &part[..2])["data"], json!({"brand": "Y"}));
        assert_eq!(bench.code("ds.delete", &part[..2]), 0);
        assert_eq!(bench.code("ds.get", &part[..2]), 404_000);
        assert_eq!(bench.call("ds.getTypes", &[])["types"], json!(["bike", "spare"]));
    }

    #[test]
    fn what_the_data_store_refuses() {
        let mut bench = Bench::new();
        let schema = r#"{"fields":{"code":{"type":"string","required":true,"format":"regex('^[A-Z]+$')"},"n":{"type":"integer"}},"dynamicSchema":false,"unique":[["code"]]}"#;
        assert_eq!(bench.code("ds.setSchema", &[("type", "coupon"), ("schema", schema)]), 0);
        let told = bench.call("ds.getSchema", &[("type", "coupon")]);
        assert_eq!(told["schema"]["unique"], json!([["code"]]));
        assert_eq!(told["schema"]["fields"]["n"]["type"], "integer");
        let store = |bench: &mut Bench, oid: &str, data: &str| {
            bench.call("ds.store", &[("type", "coupon"), ("oid", oid), ("data", data)])
        };
        assert_eq!(store(&mut bench, "a", r#"{"code":"AB"}"#)["errorCode"], 0);
        assert_eq!(store(&mut bench, "a", r#"{"code":"AB","n":1}"#)["errorCode"], 0, "its own value");
        for (data, code, problem) in [
            (r#"{"code":"AB"}"#, 400_022, json!(null)),
            (r#"{"code":"ab"}"#, 400_020, json!(400_026)),
            (r#"{"code":"CD","n":"x"}"#, 400_020, json!(400_023)),
            (r#"{"code":"CD","stray":1}"#, 400_020, json!(400_024)),
            (r#"{"n":1}"#, 400_020, json!(400_027)),
            (r#"{"1st":1,"code":"EF"}"#, 400_009, json!(400_006)),
            ("[1]", 400_006, json!(null)),
            ("{", 400_006, json!(null)),
        ] {
            let answer = store(&mut bench, "b", data);
            assert_eq!(
                (&answer["errorCode"], &answer["validationErrors"][0]["errorCode"]),
                (&json!(code), &problem),
                "{data}"
            );
        }
        let large = format!(r#"{{"code":"{}"}}"#, "A".repeat(512 * 1024));
        assert_eq!(store(&mut bench, "b", &large)["errorCode"], 413_003);
        for (method, params, expected) in [
            ("ds.store", vec![("type", "coupon"), ("data", "{}")], 400_020),
            ("ds.store", vec![("type", "1x"), ("oid", "a"), ("data", "{}")], 400_006),
            (
                "ds.store",
                vec![("type", "x"), ("oid", "a"), ("data", "{}"), ("updateBehavior", "guess")],
                400_006,
            ),
            ("ds.get", vec![("type", "nothing"), ("oid", "a")], 404_000),
            ("ds.search", vec![("query", "SELECT * FROM nothing")], 400_006),
            ("ds.getSchema", vec![("type", "nothing")], 404_000),
            ("ds.deleteSchemaFields", vec![("type", "coupon"), ("fields", "nope")], 400_006),
            ("ds.deleteSchemaFields", vec![("type", "coupon"), ("fields", "n")], 0),
            ("ds.setSchema", vec![("type", "coupon"), ("schema", r#"{"fields":{"n":{}}}"#)], 400_030),
            (
                "ds.setSchema",
                vec![("type", "coupon"), ("schema", r#"{"fields":{"code":{"type":"long"}}}"#)],
                400_029,
            ),
        ] {
            assert_eq!(bench.code(method, &params), expected, "{method} {params:?}");
        }
    }

    #[test]
    fn objects_are_found() {
        let mut bench = Bench::new();
        for (oid, uid, gears) in [("b1", "ann", 3), ("b2", "bob", 21), ("b3", "ann", 7)] {
            store(&mut bench, oid, uid, &format!(r#"{{"gears":{gears}}}"#));
        }
        let query = "SELECT oid, data.gears FROM bike WHERE data.gears > 3 ORDER BY data.gears DESC";
        let found = bench.call("ds.search", &[("query", query)]);
        assert_eq!(
            found["results"],
            json!([{"oid": "b2", "data": {"gears": 21}}, {"oid": "b3", "data": {"gears": 7}}])
        );
        let first =
            bench.call("ds.search", &[("query", "SELECT oid FROM bike LIMIT 2"), ("openCursor", "true")]);
        let next = first["nextCursorId"].as_str().unwrap().to_owned();
        assert_eq!(bench.call("ds.search", &[("cursorId", &next)])["results"], json!([{"oid": "b3"}]));
        let count = bench.call("ds.search", &[("query", r#"SELECT count(*) FROM bike WHERE UID = "ann""#)]);
        assert_eq!(count["results"], json!([{"count(*)": 2}]));
    }

    #[test]
    fn people_have_their_own_objects() {
        let mut bench = Bench::new();
        bench.account("ann", r#"{"email":"ann@example.org"}"#);
        let schema = r#"{"fields":{"price":{"type":"long","writeAccess":"serverOnly"},"colour":{"writeAccess":"clientModify"}}}"#;
        assert_eq!(bench.code("ds.setSchema", &[("type", "bike"), ("schema", schema)]), 0);
        store(&mut bench, "b2", "bob", r#"{"price":9}"#);
        let token = bench.session("ann");
        let mut own = |method: &str, more: &[(&str, &str)]| {
            let mut params = vec![("login_token", token.as_str())];
            params.extend(more);
            bench.client(method, &params)
        };
        let base = [("type", "bike"), ("oid", "b1")];
        assert_eq!(own("ds.store", &[base[0], base[1], ("data", r#"{"colour":"red"}"#)])["errorCode"], 0);
        let refused = own("ds.store", &[base[0], base[1], ("data", r#"{"price":1}"#)]);
        assert_eq!(refused["validationErrors"][0]["errorCode"], 400_025);
        assert_eq!(own("ds.get", &base)["UID"], "ann");
        assert_eq!(own("ds.get", &[base[0], ("oid", "b2"), ("UID", "bob")])["errorCode"], 403_023);
        assert_eq!(own("ds.search", &[("query", "SELECT oid FROM bike")])["results"], json!([{"oid": "b1"}]));
        assert_eq!(own("ds.delete", &base)["errorCode"], 0);
        assert_eq!(bench.client("ds.get", &base)["errorCode"], 403_007);
    }
}
