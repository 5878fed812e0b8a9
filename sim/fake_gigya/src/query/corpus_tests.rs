//! Queries of the kinds that public code sends, over one world; what each finds was worked out by hand.

use crate::testing::*;
use serde_json::{Value, json};
use std::path::Path;

fn corpus() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/queries/gigya.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn world(corpus: &Value) -> Bench {
    let mut bench = Bench::seeded(&corpus["world"]);
    for lite in corpus["lites"].as_array().unwrap() {
        let part = |name: &str| lite.get(name).unwrap_or(&json!({})).to_string();
        let (profile, data, subscriptions) = (part("profile"), part("data"), part("subscriptions"));
        let params = [
            ("email", lite["email"].as_str().unwrap()),
            ("profile", &profile),
            ("data", &data),
            ("subscriptions", &subscriptions),
        ];
        assert_eq!(bench.code("accounts.importLiteAccount", &params), 0, "{lite}");
    }
    bench.wait(1000);
    bench
}

#[test]
fn queries_from_the_field() {
    let corpus = corpus();
    let mut bench = world(&corpus);
    let queries = corpus["queries"].as_array().unwrap();
    assert!(queries.len() >= 40);
    for query in queries {
        let (kind, text) = (query["kind"].as_str().unwrap(), query["query"].as_str().unwrap());
        let answer = bench.call("accounts.search", &[("query", text)]);
        if let Some(words) = query.get("refused") {
            assert_eq!((&answer["errorCode"], &answer["errorDetails"]), (&json!(400_006), words), "{kind}");
            continue;
        }
        let rows = answer["results"].as_array().unwrap_or_else(|| panic!("{kind}: {answer}"));
        match query.get("rows") {
            Some(expected) => assert_eq!(&answer["results"], expected, "{kind}: {text}"),
            None => {
                let uids: Vec<&str> = rows.iter().filter_map(|row| row["UID"].as_str()).collect();
                assert_eq!(uids.join(" "), query["uids"].as_str().unwrap(), "{kind}: {text}");
            }
        }
        let counts = (&answer["totalCount"], &answer["objectsCount"]);
        assert_eq!(counts, (&query["total"], &json!(rows.len())), "{kind}: {text}");
    }
}

/// With a cursor, pages of one record tell the same as one page.
#[test]
fn pages_of_one_tell_the_same() {
    let corpus = corpus();
    let mut bench = world(&corpus);
    for query in corpus["queries"].as_array().unwrap() {
        let text = query["query"].as_str().unwrap();
        let paged = &text[..text.to_ascii_lowercase().find(" limit ").unwrap_or(text.len())];
        let open = bench.call("accounts.search", &[("query", paged), ("openCursor", "true")]);
        if open["errorCode"] != 0 {
            continue;
        }
        let whole = bench.call("accounts.search", &[("query", paged)])["results"].clone();
        let one = format!("{paged} LIMIT 1");
        let mut answer = bench.call("accounts.search", &[("query", &one), ("openCursor", "true")]);
        let mut rows = answer["results"].as_array().unwrap().clone();
        while let Some(id) = answer["nextCursorId"].as_str().map(str::to_owned) {
            answer = bench.call("accounts.search", &[("cursorId", &id)]);
            rows.extend(answer["results"].as_array().unwrap().clone());
        }
        assert_eq!(Value::from(rows), whole, "{text}");
    }
}
