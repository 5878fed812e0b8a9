//! `audit.search`.

use crate::call::Call;
use crate::documents::{self, results};
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Refusal, Reply};
use crate::gigya::Gigya;
use crate::query::fields::Fields;
use crate::query::plan::Plan;
use crate::query::search::{LIMITS, Limits, Search, Sourced};
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "audit.search",
    summary: "Finds logged calls; whole entries only.",
    evidence: Evidence::documented("audit.search REST; Using the Audit Log", "calls_are_found_in_the_log"),
    access: Access::Private,
    params: &["query", "openCursor", "cursorId"],
    server_params: &[],
    run,
};

const SEARCH: Search = Search {
    limits: Limits { most_limit: 5_000, ..LIMITS },
    fields: |_| Fields::PLAIN,
    source,
    profiles: false,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let page = SEARCH.run(gigya, call)?;
    Ok(results(gigya, page))
}

fn source<'g>(gigya: &'g Gigya, call: &'g Call, plan: &Plan) -> Sourced<'g> {
    if !plan.from.eq_ignore_ascii_case("auditLog") {
        return Err(Refusal::because(400_006, "audit.search reads FROM auditLog only"));
    }
    if !plan.shows_everything() {
        return Err(Refusal::because(400_006, "audit.search takes SELECT * only"));
    }
    Ok(documents::source(gigya.audit.documents(&call.site.api_key, call.now)))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::{Value, json};

    fn bench() -> Bench {
        let mut bench = Bench::seeded(&json!({"accounts": [
            {"UID": "ann", "password": "secret1", "profile": {"email": "ann@example.org"}},
        ]}));
        let login = |password| [("loginID", "ann@example.org"), ("password", password), ("sdk", "js_latest")];
        bench.client("accounts.login", &login("wrong"));
        bench.wait(60_000);
        bench.client("accounts.login", &login("secret1"));
        bench.wait(60_000);
        bench.code("accounts.setAccountInfo", &[("UID", "ann"), ("data", r#"{"n":1}"#)]);
        bench.code("accounts.getAccountInfo", &[("UID", "ann")]);
        bench.code("accounts.deleteAccount", &[("UID", "ann")]);
        bench
    }

    fn found(bench: &mut Bench, query: &str) -> Vec<Value> {
        let answer = bench.call("audit.search", &[("query", query)]);
        assert_eq!(answer["errorCode"], 0, "{answer}");
        answer["results"].as_array().unwrap().clone()
    }

    #[test]
    fn calls_are_found_in_the_log() {
        let mut bench = bench();
        let all = found(&mut bench, "SELECT * FROM auditLog");
        let endpoints: Vec<&str> = all.iter().map(|it| it["endpoint"].as_str().unwrap()).collect();
        assert_eq!(
            endpoints,
            ["accounts.login", "accounts.login", "accounts.setaccountinfo", "accounts.deleteaccount"]
        );
        let failed = found(&mut bench, r#"SELECT * FROM auditLog WHERE errCode = "403042""#);
        assert_eq!(
            (&failed[0]["errMessage"], &failed[0]["errDetails"], &failed[0]["httpReq"]["SDK"]),
            (&json!("Invalid LoginID"), &json!("invalid loginID or password"), &json!("js_latest"))
        );
        assert_eq!(failed[0]["params"]["password"], "********");
        assert_eq!((failed.len(), failed[0].get("uid")), (1, None));
        let late = found(
            &mut bench,
            r#"SELECT * FROM auditLog WHERE "@timestamp" > "2026-01-05T08:01:30.000Z" AND uid = "ann" ORDER BY "@timestamp" DESC LIMIT 1"#,
        );
        assert_eq!(late.len(), 1);
        let set = found(
            &mut bench,
            r#"SELECT * FROM auditLog WHERE endpoint = "accounts.setaccountinfo" AND UID = "ann""#,
        );
        assert!(set.is_empty(), "the field is called uid");
        for query in [
            r#"SELECT * FROM auditLog WHERE endpoint = "accounts.deleteAccount" AND errCode = "0""#,
            r#"SELECT * FROM auditLog WHERE endpoint IN ("accounts.deleteAccount", "accounts.logout")"#,
        ] {
            assert_eq!(found(&mut bench, query).len(), 1, "{query}");
        }
        let set = found(&mut bench, r#"SELECT * FROM auditLog WHERE endpoint = "accounts.setaccountinfo""#);
        assert_eq!(
            (&set[0]["userKey"], &set[0]["uid"], &set[0]["params"]["secret"], &set[0]["params"]["data"]),
            (&json!(crate::DEFAULT_USER_KEY), &json!("ann"), &json!("********"), &json!(r#"{"n":1}"#))
        );
    }

    #[test]
    fn call_id_is_that_of_the_answer() {
        let mut bench = bench();
        let answer = bench.call("accounts.logout", &[("UID", "ann")]);
        let found = found(&mut bench, r#"SELECT * FROM auditLog WHERE endpoint = "accounts.logout""#);
        assert_eq!(found[0]["callID"], answer["callId"]);
    }

    #[test]
    fn every_call_is_logged_on_demand() {
        let mut bench = Bench::new();
        bench.knob("gigya.audit_scope", "all");
        bench.code("accounts.getAccountInfo", &[("UID", "nobody")]);
        let found = found(&mut bench, "SELECT * FROM auditLog");
        assert_eq!(
            (&found[0]["endpoint"], &found[0]["errCode"]),
            (&json!("accounts.getaccountinfo"), &json!("403005"))
        );
    }

    #[test]
    fn entries_go_after_twelve_months() {
        let mut bench = bench();
        bench.wait(364 * 86_400_000);
        assert_eq!(found(&mut bench, "SELECT * FROM auditLog").len(), 4);
        bench.wait(86_400_000);
        assert!(found(&mut bench, "SELECT * FROM auditLog").is_empty());
    }

    #[test]
    fn pages_and_what_is_refused() {
        let mut bench = bench();
        let first = bench
            .call("audit.search", &[("query", "SELECT * FROM auditLog LIMIT 3"), ("openCursor", "true")]);
        assert_eq!((&first["objectsCount"], &first["totalCount"]), (&json!(3), &json!(4)));
        let next = first["nextCursorId"].as_str().unwrap().to_owned();
        let last = bench.call("audit.search", &[("cursorId", &next)]);
        assert_eq!((&last["objectsCount"], last.get("nextCursorId")), (&json!(1), None));
        for query in [
            "SELECT uid FROM auditLog",
            "SELECT * FROM accounts",
            "SELECT * FROM auditLog LIMIT 5001",
            "SELECT count(*) FROM auditLog",
        ] {
            assert_eq!(bench.code("audit.search", &[("query", query)]), 400_006, "{query}");
        }
        assert_eq!(bench.code("audit.search", &[]), 400_002);
    }
}
