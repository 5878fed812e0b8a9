//! `accounts.search`.

use crate::accounts::sources::{Accounts, Addresses};
use crate::call::Call;
use crate::documents::{self, Documents};
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::params::brief;
use crate::people::People;
use crate::query::fields::Fields;
use crate::query::plan::Plan;
use crate::query::search::{LIMITS, Limits, Search, Sourced};
use serde_json::json;
use standin_model::Evidence;
use std::time::Duration;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.search",
    summary: "Finds accounts or addresses by a query; sees only the index, which lags behind writes.",
    evidence: Evidence::documented("accounts.search REST", "queries_over_a_small_world"),
    access: Access::Private,
    params: &[
        "query",
        "openCursor",
        "cursorId",
        "timeout",
        "accountTypes",
        "restrictedQuery",
        "querySig",
        "expTime",
    ],
    server_params: &[],
    run,
};

const SEARCH: Search = Search {
    limits: Limits { jitter: true, ..LIMITS },
    fields: |call| Fields { schemas: Some((&call.site.profile_schema, &call.site.data_schema)) },
    source,
    profiles: true,
};

/// How long a search may take, in milliseconds, unless `timeout` says otherwise.
const TIMEOUT: i64 = 20_000;

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let timeout = call.params.number("timeout")?.unwrap_or(TIMEOUT);
    let timeout = u64::try_from(timeout).ok().filter(|timeout| *timeout <= 60_000);
    let timeout = timeout.ok_or_else(|| Refusal::because(400_006, "timeout may not exceed 60000"))?;
    if gigya.knobs.span("gigya.search_takes") > Duration::from_millis(timeout) {
        return Err(Refusal::new(504_001));
    }
    let page = SEARCH.run(gigya, call)?;
    let mut out = Object::new();
    out.insert("objectsCount".into(), page.rows.count.into());
    out.insert("totalCount".into(), page.total.into());
    if page.from.eq_ignore_ascii_case("emailAccounts") {
        out.insert("missing".into(), 0.into());
    }
    page.rows.put(gigya, "results");
    if let Some(next) = page.next {
        out.insert("nextCursorId".into(), next.into());
    }
    Ok(out)
}

fn source<'g>(gigya: &'g Gigya, call: &'g Call, plan: &Plan) -> Sourced<'g> {
    let people = gigya.people_at(&call.site.api_key);
    match plan.from.to_ascii_lowercase().as_str() {
        "accounts" => {
            let (full, lite) = account_types(call)?;
            Ok(Box::new(Accounts { people, full, lite }))
        }
        "emailaccounts" => {
            account_types(call)?;
            Ok(Box::new(Addresses { people, site: &call.site }))
        }
        "communications" => {
            let (full, _) = account_types(call)?;
            let people = people.filter(|_| full);
            Ok(documents::source(people.map(communications).unwrap_or_default()))
        }
        _ => Err(Refusal::because(400_006, format!("Unknown source in FROM: {}", brief(&plan.from)))),
    }
}

/// One document for each topic that somebody has chosen something about.
fn communications(people: &People) -> Documents {
    let each = people.seen.all().flat_map(|(uid, account)| {
        let choices = account.communications.members();
        choices.filter_map(move |(key, choice)| {
            let choice = choice.value();
            let member = |name: &str| choice.get(name).cloned();
            let told = json!({
                "topicId": member("topic")?,
                "channelId": member("channel")?,
                "timestamp": member("lastModified")?,
                "status": member("status")?,
                "UID": uid.as_ref(),
            });
            Some((format!("{uid}\n{key}"), told))
        })
    });
    each.collect()
}

fn account_types(call: &Call) -> Result<(bool, bool), Refusal> {
    let Some(words) = call.params.words("accountTypes") else { return Ok((true, false)) };
    let has = |wanted: &str| words.iter().any(|word| word.eq_ignore_ascii_case(wanted));
    let known = |word: &String| ["full", "lite"].iter().any(|known| word.eq_ignore_ascii_case(known));
    match words.iter().all(known) {
        true => Ok((has("full"), has("lite"))),
        false => Err(Refusal::because(400_006, "accountTypes takes full and lite")),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::{Value, json};

    fn bench(people: usize) -> Bench {
        let accounts: Vec<Value> = (0..people).map(|n| json!({"UID": format!("u{n}")})).collect();
        Bench::seeded(&json!({"accounts": accounts}))
    }

    fn uids(answer: &Value) -> Vec<String> {
        let each = answer["results"].as_array().unwrap().iter();
        each.map(|it| it["UID"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn index_lags_behind_writes() {
        let mut bench = Bench::new();
        bench.knob("gigya.index_delay", "5s");
        bench.account("ann", r#"{"city":"Diest"}"#);
        let write = [("UID", "ann"), ("data", r#"{"n":1}"#)];
        assert_eq!(bench.code("accounts.setAccountInfo", &write), 0);
        let query = "SELECT UID FROM accounts WHERE data.n = 1";
        assert_eq!(bench.total(query), 0);
        bench.wait(4999);
        assert_eq!(bench.total(query), 0);
        bench.wait(1);
        assert_eq!(bench.total(query), 1);
    }

    #[test]
    fn cursor_pages_repeat_and_end() {
        let mut bench = bench(5);
        let first = bench.call(
            "accounts.search",
            &[("query", "SELECT UID FROM accounts LIMIT 2"), ("openCursor", "true")],
        );
        assert_eq!((uids(&first), &first["totalCount"]), (vec!["u0".into(), "u1".into()], &json!(5)));
        let second = first["nextCursorId"].as_str().unwrap().to_owned();
        let once = bench.call("accounts.search", &[("cursorId", &second)]);
        let twice = bench.call("accounts.search", &[("cursorId", &second)]);
        assert_eq!(uids(&once), ["u2", "u3"]);
        assert_eq!((uids(&once), &once["nextCursorId"]), (uids(&twice), &twice["nextCursorId"]));
        let third = once["nextCursorId"].as_str().unwrap().to_owned();
        let last = bench.call("accounts.search", &[("cursorId", &third)]);
        assert_eq!((uids(&last), last.get("nextCursorId")), (vec!["u4".to_owned()], None));
    }

    #[test]
    fn cursor_lives_for_five_minutes() {
        for (idle, expected) in [(300_000, 0), (301_000, 400_006)] {
            let mut bench = bench(3);
            let first = bench.call(
                "accounts.search",
                &[("query", "SELECT UID FROM accounts LIMIT 2"), ("openCursor", "true")],
            );
            let id = first["nextCursorId"].as_str().unwrap().to_owned();
            bench.wait(idle);
            assert_eq!(bench.code("accounts.search", &[("cursorId", &id)]), expected, "{idle}");
        }
    }

    #[test]
    fn cursor_is_a_snapshot_of_ids() {
        let mut bench = bench(4);
        let query = "SELECT UID, data.n FROM accounts LIMIT 2";
        let first = bench.call("accounts.search", &[("query", query), ("openCursor", "true")]);
        let id = first["nextCursorId"].as_str().unwrap().to_owned();
        bench.account("u25", "{}");
        assert_eq!(bench.code("accounts.deleteAccount", &[("UID", "u2")]), 0);
        assert_eq!(bench.code("accounts.setAccountInfo", &[("UID", "u3"), ("data", r#"{"n":7}"#)]), 0);
        bench.wait(1000);
        let second = bench.call("accounts.search", &[("cursorId", &id)]);
        assert_eq!(second["results"], json!([{"UID": "u3", "data": {"n": 7}}]));
    }

    #[test]
    fn cursor_pages_may_be_short() {
        let mut bench = bench(9);
        bench.knob("gigya.search_batch_jitter", "1");
        let mut answer = bench.call(
            "accounts.search",
            &[("query", "SELECT UID FROM accounts LIMIT 3"), ("openCursor", "true")],
        );
        let mut sizes = vec![uids(&answer).len()];
        while let Some(id) = answer.get("nextCursorId").and_then(Value::as_str).map(str::to_owned) {
            answer = bench.call("accounts.search", &[("cursorId", &id)]);
            sizes.push(uids(&answer).len());
        }
        assert_eq!(sizes, [3, 2, 3, 1]);
    }

    #[test]
    fn addresses_have_tokens_that_other_methods_take() {
        let mut bench = Bench::seeded(&json!({
            "sites": [{"subscriptions_schema": {"fields": {"news": {}}}}],
            "accounts": [{"UID": "ann", "profile": {"email": "ann@example.org"},
                "subscriptions": {"news": {"email": {"isSubscribed": true}}}}],
        }));
        assert_eq!(bench.code("accounts.importLiteAccount", &[("email", "bob@example.org")]), 0);
        bench.wait(1000);
        let mut rows = |query: &str| {
            let answer = bench.call("accounts.search", &[("query", query)]);
            answer["results"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
        };
        let all = rows("SELECT email, token FROM emailAccounts ORDER BY createdTimestamp");
        assert_eq!((all.len(), &all[0]["email"]), (2, &json!("ann@example.org")));
        assert_ne!(all[0]["token"], all[1]["token"]);
        assert_eq!(
            rows("SELECT * FROM emailAccounts WHERE email = 'bob@example.org'")[0]["token"],
            all[1]["token"]
        );
        let token = all[0]["token"].as_str().unwrap().to_owned();
        let one = rows(&format!("SELECT email FROM emailAccounts WHERE token = '{token}'"));
        assert_eq!(one, [json!({"email": "ann@example.org"})]);
        let params = [("subscriptionID", "news"), ("channelToken", token.as_str())];
        assert_eq!(bench.client("accounts.unsubscribe", &params)["errorCode"], 0);
        let ann = bench.gigya.account("ann").unwrap();
        assert_eq!(ann["subscriptions"]["news"]["email"]["isSubscribed"], false);
    }

    #[test]
    fn choices_about_topics_are_found() {
        let mut bench = bench(2);
        let write = |bench: &mut Bench, uid: &str, communications: &str| {
            let params = [("UID", uid), ("communications", communications)];
            assert_eq!(bench.code("accounts.setAccountInfo", &params), 0);
        };
        write(&mut bench, "u0", r#"{"SMS_offers":{"status":"optIn"},"Post_news":{"status":"optOut"}}"#);
        write(&mut bench, "u1", r#"{"SMS_offers":{"status":"optOut"}}"#);
        let query = "SELECT * FROM communications WHERE topicId = 'offers' ORDER BY UID";
        assert_eq!(bench.total(query), 0, "the index lags");
        bench.wait(1000);
        let answer = bench.call("accounts.search", &[("query", query)]);
        let row = |uid: &str, status: &str| {
            json!({"topicId": "offers", "channelId": "SMS", "timestamp": "2026-01-05T08:00:00.000Z",
                "status": status, "UID": uid})
        };
        assert_eq!(answer["results"], json!([row("u0", "OptIn"), row("u1", "OptOut")]));
        assert_eq!(bench.total("SELECT UID FROM communications WHERE status = 'OptOut'"), 2);
        assert_eq!(bench.total("SELECT count(*) FROM communications WHERE channelId = 'SMS'"), 2);
        let params = [("query", "SELECT UID FROM communications LIMIT 2"), ("openCursor", "true")];
        let first = bench.call("accounts.search", &params);
        let next = first["nextCursorId"].as_str().unwrap().to_owned();
        assert_eq!(uids(&bench.call("accounts.search", &[("cursorId", &next)])), ["u1"]);
    }

    #[test]
    fn a_search_may_take_too_long() {
        let query = ("query", "SELECT UID FROM accounts");
        for (takes, timeout, expected) in [
            ("20s", None, 0),
            ("20001ms", None, 504_001),
            ("20001ms", Some("60000"), 0),
            ("1s", Some("999"), 504_001),
            ("0s", Some("0"), 0),
        ] {
            let mut bench = bench(1);
            bench.knob("gigya.search_takes", takes);
            let params: Vec<_> = [query].into_iter().chain(timeout.map(|it| ("timeout", it))).collect();
            assert_eq!(bench.code("accounts.search", &params), expected, "{takes} {timeout:?}");
        }
    }

    #[test]
    fn what_pages_refuse() {
        let mut bench = bench(1);
        for (params, expected) in [
            (vec![], 400_002),
            (vec![("query", "SELECT UID FROM accounts"), ("cursorId", "x")], 400_006),
            (vec![("cursorId", "x")], 400_006),
            (vec![("query", "SELECT UID FROM accounts START 1"), ("openCursor", "true")], 400_006),
            (
                vec![("query", "SELECT count(*) FROM accounts GROUP BY data.x"), ("openCursor", "true")],
                400_006,
            ),
            (vec![("query", "SELECT UID FROM accounts LIMIT 10001")], 400_006),
            (vec![("query", "SELECT UID FROM accounts START 5001")], 400_006),
            (vec![("query", "SELECT UID FROM people")], 400_006),
            (vec![("query", "SELECT UID FROM accounts"), ("timeout", "60001")], 400_006),
            (vec![("query", "SELECT UID FROM accounts"), ("timeout", "-1")], 400_006),
            (vec![("query", "SELECT UID FROM accounts START 5000 LIMIT 10000")], 0),
        ] {
            assert_eq!(bench.code("accounts.search", &params), expected, "{params:?}");
        }
    }
}
