//! Queries over a small world of four people. Expectations are worked out by hand.
//!
//! | UID | e-mail | birthYear | city | languages | phones | data |
//! |---|---|---|---|---|---|---|
//! | ann | ann@example.org | 1990 | Diest | French,Dutch | mobile 111, home 222 | club.tier gold, points 10, note `concatenate`, tags red blue |
//! | bob | bob@example.org | 1985 | Gent | Dutch | one, 333 | club.tier Gold, points 20.5, note `a cat sat` |
//! | cid | cid@example.org | - | Gent | - | - | note `my_cat`, code `A-1` |
//! | dan | - | 2000 | - | English | - | optIn true, points 20.5; inactive |

use crate::testing::*;
use serde_json::{Value, json};

fn world() -> Bench {
    Bench::seeded(&json!({
        "sites": [{"data_schema": {"fields": {"code": {"type": "basic-string"}, "ssn": {"type": "string", "encrypt": "AES"}}}}],
        "accounts": [
            {"UID": "ann", "created": "2024-03-01T10:00:00Z", "lastUpdated": "2025-01-01T00:00:00Z",
             "profile": {"email": "ann@example.org", "birthYear": 1990, "city": "Diest", "languages": "French,Dutch",
                         "phones": [{"type": "mobile", "number": "111"}, {"type": "home", "number": "222"}]},
             "data": {"club": {"tier": "gold"}, "points": 10.0, "note": "concatenate", "tags": ["red", "blue"], "ssn": "X1"}},
            {"UID": "bob", "created": "2024-02-01T10:00:00Z", "lastUpdated": "2025-01-02T00:00:00Z",
             "profile": {"email": "bob@example.org", "birthYear": 1985, "city": "Gent", "languages": "Dutch",
                         "phones": {"number": "333"}},
             "data": {"club": {"tier": "Gold"}, "points": 20.5, "note": "a cat sat"}},
            {"UID": "cid", "created": "2023-12-31T23:59:59.999Z", "lastUpdated": "2025-01-03T00:00:00Z",
             "profile": {"email": "cid@example.org", "city": "Gent"}, "data": {"note": "my_cat", "code": "A-1"}},
            {"UID": "dan", "created": "2024-01-01T00:00:00Z", "lastUpdated": "2025-01-04T00:00:00Z", "isActive": false,
             "profile": {"birthYear": 2000, "languages": "English"}, "data": {"optIn": true, "points": 20.5}},
        ],
    }))
}

#[test]
fn queries_over_a_small_world() {
    let mut bench = world();
    for (condition, expected) in [
        ("profile.email = \"ANN@EXAMPLE.ORG\"", "ann"),
        ("profile.email = 'bob@example.org'", "bob"),
        ("profile.email == \"cid@example.org\"", "cid"),
        ("profile.email != \"ann@example.org\"", "bob cid dan"),
        ("profile.email contains \"ann@example.org\"", "ann"),
        ("profile.email contains \"ann\"", ""),
        ("profile.email in (\"ann@example.org\", \"CID@example.org\")", "ann cid"),
        ("profile.email is null", "dan"),
        ("profile.email IS NOT NULL", "ann bob cid"),
        ("profile.city = \"gent\"", "bob cid"),
        ("data.club.tier = \"Gold\"", "bob"),
        ("data.club.tier = \"gold\"", "ann"),
        ("data.note contains \"cat\"", "bob cid"),
        ("data.note contains \"cat sat\"", "bob"),
        ("data.note contains \"sat cat\"", ""),
        ("data.note not contains \"cat\"", "ann dan"),
        ("data.note contains \"Cat\"", ""),
        ("data.code contains \"A\"", ""),
        ("data.code contains \"A-1\"", "cid"),
        ("data.tags = \"blue\"", "ann"),
        ("data.tags contains \"red\"", "ann"),
        ("data.tags in ('green', 'red')", "ann"),
        ("profile.phones.number = \"222\"", "ann"),
        ("profile.phones.number = \"333\"", "bob"),
        ("profile.languages contains \"Dutch\"", "ann bob"),
        ("profile.birthYear < 1990", "bob"),
        ("profile.birthYear <= 1990", "ann bob"),
        ("profile.birthYear > 1990", "dan"),
        ("profile.birthYear >= 1990 AND isActive = true", "ann"),
        ("profile.birthYear = \"1990\"", ""),
        ("data.points = 20.5", "bob dan"),
        ("data.points = 10", "ann"),
        ("data.optIn = true", "dan"),
        ("data.optIn = \"true\"", ""),
        ("isActive = false", "dan"),
        ("NOT isActive = true", "dan"),
        ("!(isActive = true OR profile.birthYear = 2000)", ""),
        ("profile.city = 'Diest' OR profile.city = 'Gent' AND profile.birthYear = 1985", "ann bob"),
        ("(profile.city = 'Diest' OR profile.city = 'Gent') AND profile.birthYear = 1985", "bob"),
        ("created > \"2024-01-01\"", "ann bob dan"),
        ("created > \"2024-01-01T00:00:00.000Z\"", "ann bob"),
        ("createdTimestamp < 1704067200000", "cid"),
        ("lastUpdatedTimestamp > 1735776000000", "cid dan"),
        ("lastUpdatedTimestamp >= 1735776000000", "bob cid dan"),
        ("lastLoginTimestamp = 0", "ann bob cid dan"),
        ("data.note = regex('.*cat.*')", "ann bob cid"),
        ("data.note = regex('cat')", ""),
        ("data.note != regex('.*cat')", "ann bob dan"),
        ("data.nothing = 1", ""),
        ("Data.note contains 'cat'", ""),
        ("UID = 'ann'", "ann"),
        ("emails.verified = 'ANN@example.org'", "ann"),
        ("data.ssn = 'x1'", "ann"),
        ("data.points > -1", "ann bob dan"),
    ] {
        let query = format!("select UID from accounts where {condition}");
        let answer = bench.call("accounts.search", &[("query", &query)]);
        let found: Vec<&str> = answer["results"]
            .as_array()
            .unwrap_or_else(|| panic!("{condition}: {answer}"))
            .iter()
            .filter_map(|row| row["UID"].as_str())
            .collect();
        assert_eq!(found.join(" "), expected, "{condition}");
    }
}

#[test]
fn shapes_and_orders() {
    let mut bench = world();
    for (query, expected) in [
        ("SELECT profile.city FROM accounts WHERE UID = 'ann'", json!([{"profile": {"city": "Diest"}}])),
        (
            "SELECT UID, profile.city AS town FROM accounts WHERE UID = 'ann'",
            json!([{"UID": "ann", "profile": {"town": "Diest"}}]),
        ),
        ("SELECT data.club FROM accounts WHERE UID = 'bob'", json!([{"data": {"club": {"tier": "Gold"}}}])),
        (
            "SELECT profile.phones.number FROM accounts WHERE UID = 'ann'",
            json!([{"profile": {"phones": [{"number": "111"}, {"number": "222"}]}}]),
        ),
        (
            "SELECT profile.phones.number, profile.phones.type FROM accounts WHERE UID = 'ann'",
            json!([{"profile": {"phones": [{"number": "111", "type": "mobile"}, {"number": "222", "type": "home"}]}}]),
        ),
        ("SELECT profile.birthYear FROM accounts WHERE UID = 'cid'", json!([{}])),
        (
            "SELECT UID FROM accounts ORDER BY profile.birthYear",
            json!([{"UID": "bob"}, {"UID": "ann"}, {"UID": "dan"}, {"UID": "cid"}]),
        ),
        (
            "SELECT UID FROM accounts ORDER BY profile.birthYear DESC",
            json!([{"UID": "dan"}, {"UID": "ann"}, {"UID": "bob"}, {"UID": "cid"}]),
        ),
        (
            "SELECT UID FROM accounts ORDER BY data.points DESC, lastUpdatedTimestamp DESC START 1 LIMIT 2",
            json!([{"UID": "bob"}, {"UID": "ann"}]),
        ),
        ("SELECT count(*) FROM accounts WHERE isActive = true", json!([{"count(*)": 3}])),
        (
            "SELECT count(data.points), sum(data.points) AS total, avg(data.points), min(data.points), max(data.points) FROM accounts",
            json!([{"count(data.points)": 3, "total": 51, "avg(data.points)": 17, "min(data.points)": 10, "max(data.points)": 20.5}]),
        ),
        (
            "SELECT min(data.none), max(data.none) FROM accounts",
            json!([{"min(data.none)": "infinity", "max(data.none)": "-infinity"}]),
        ),
        (
            "SELECT count(*) FROM accounts GROUP BY data.points",
            json!([{"data": {"points": 10.0}, "count(*)": 1}, {"data": {"points": 20.5}, "count(*)": 2}]),
        ),
        (
            "SELECT variance(profile.birthYear), sum_of_squares(data.points) FROM accounts WHERE UID IN ('ann', 'dan')",
            json!([{"variance(profile.birthYear)": 25, "sum_of_squares(data.points)": 520.25}]),
        ),
    ] {
        let answer = bench.call("accounts.search", &[("query", query)]);
        assert_eq!(answer["results"], expected, "{query}: {answer}");
    }
    let answer =
        bench.call("accounts.search", &[("query", "SELECT count(*) FROM accounts WHERE isActive = true")]);
    assert_eq!((&answer["objectsCount"], &answer["totalCount"]), (&json!(1), &json!(3)));
}

#[test]
fn everything_leaves_out_what_search_never_tells() {
    let mut bench = world();
    let answer = bench.call("accounts.search", &[("query", "SELECT * FROM accounts WHERE UID = 'dan'")]);
    let row = answer["results"][0].as_object().unwrap();
    for (name, expected) in [
        ("UID", true),
        ("profile", true),
        ("password", false),
        ("subscriptions", false),
        ("UIDSignature", false),
    ] {
        assert_eq!(row.contains_key(name), expected, "{name}");
    }
    assert_eq!(row["lastLogin"], "0001-01-01T00:00:00Z");
}

#[test]
fn encrypted_fields_refuse_what_they_cannot() {
    let mut bench = world();
    for (query, what) in [
        (
            "SELECT UID FROM accounts ORDER BY profile.lastName",
            "ORDER BY is not supported on encrypted field profile.lastName",
        ),
        (
            "SELECT count(*) FROM accounts GROUP BY profile.city",
            "GROUP BY is not supported on encrypted field profile.city",
        ),
        ("SELECT max(profile.zip) FROM accounts", "max is not supported on encrypted field profile.zip"),
        (
            "SELECT UID FROM accounts WHERE profile.email > 'a'",
            "comparison by order is not supported on encrypted field profile.email",
        ),
        (
            "SELECT UID FROM accounts WHERE UID = 'a' OR NOT profile.email = regex('a.*')",
            "regex is not supported on encrypted field profile.email",
        ),
        (
            "SELECT UID FROM accounts WHERE data.ssn < 'x'",
            "comparison by order is not supported on encrypted field data.ssn",
        ),
    ] {
        let answer = bench.call("accounts.search", &[("query", query)]);
        assert_eq!(
            (&answer["errorCode"], &answer["errorDetails"]),
            (&json!(400_006), &Value::from(what)),
            "{query}"
        );
    }
}
