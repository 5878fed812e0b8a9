//! `accounts.stream.create` and `accounts.stream.read`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::events::KEPT;
use crate::gigya::Gigya;
use serde_json::{Value, json};
use standin_model::{Evidence, Instant};

pub(crate) const CREATE: Endpoint = Endpoint {
    name: "accounts.stream.create",
    summary: "Opens a stream of what happens to accounts, from a moment in the last thirty days.",
    evidence: Evidence::documented("accounts.stream.create REST", "a_stream_tells_what_happened"),
    access: Access::Private,
    params: &["since"],
    server_params: &[],
    run: create,
};

pub(crate) const READ: Endpoint = Endpoint {
    name: "accounts.stream.read",
    summary: "Tells the next entries of a stream, and the cursor behind them.",
    evidence: Evidence::documented("accounts.stream.read REST", "a_stream_tells_what_happened"),
    access: Access::Private,
    params: &["cursorId", "limit"],
    server_params: &[],
    run: read,
};

fn create(gigya: &mut Gigya, call: &Call) -> Reply {
    let since = call.params.number("since")?.map_or(call.now, Instant::from_seconds);
    if since < call.now.minus(KEPT) || since > call.now {
        return Err(Refusal::because(400_006, "since must be in the last 30 days"));
    }
    let stream = gigya.ids.hex(32);
    let cursor = cursor(&stream, gigya.events.since(since));
    Ok(Object::from_iter([("streamId".into(), stream.into()), ("cursorId".into(), cursor.into())]))
}

/// A cursor carries its place; there is nothing to keep.
fn cursor(stream: &str, number: u64) -> String {
    format!("{stream}_{number}")
}

fn read(gigya: &mut Gigya, call: &Call) -> Reply {
    let id = call.need("cursorId")?;
    let place = id.split_once('_').and_then(|(stream, number)| Some((stream, number.parse::<u64>().ok()?)));
    let (stream, number) = place.ok_or_else(|| Refusal::because(400_006, "cursorId is not known"))?;
    let limit = call.params.number("limit")?.unwrap_or(100);
    let limit = usize::try_from(limit).ok().filter(|limit| (1..=1000).contains(limit));
    let limit = limit.ok_or_else(|| Refusal::because(400_006, "limit must be 1 to 1000"))?;
    let home = call.site.home();
    let mut next = number;
    let mut results: Vec<Value> = Vec::new();
    for (at, happened) in gigya.events.from(number) {
        if results.len() == limit {
            break;
        }
        next = at + 1;
        if happened.home == home {
            let details = json!([{"timestamp": happened.at.millis()}]);
            let operation = happened.event.word();
            results.push(json!({"uid": happened.uid, "operation": operation, "details": details}));
        }
    }
    Ok(Object::from_iter([
        ("results".into(), results.into()),
        ("cursorId".into(), cursor(stream, next).into()),
    ]))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::{Value, json};

    #[test]
    fn a_stream_tells_what_happened() {
        let mut bench = Bench::new();
        let opened = bench.call("accounts.stream.create", &[]);
        let mut cursor = opened["cursorId"].as_str().unwrap().to_owned();
        let params = [
            ("siteUID", "ann"),
            ("email", "ann@example.org"),
            ("password", "secret1"),
            ("finalizeRegistration", "true"),
        ];
        assert_eq!(bench.code("accounts.register", &params), 0);
        for profile in [r#"{"city":"Diest"}"#, r#"{"city":"Diest"}"#] {
            assert_eq!(bench.code("accounts.setAccountInfo", &[("UID", "ann"), ("profile", profile)]), 0);
        }
        assert_eq!(bench.code("accounts.deleteAccount", &[("UID", "ann")]), 0);
        let mut told: Vec<Value> = Vec::new();
        loop {
            let answer = bench.call("accounts.stream.read", &[("cursorId", &cursor), ("limit", "2")]);
            let results = answer["results"].as_array().unwrap().clone();
            cursor = answer["cursorId"].as_str().unwrap().to_owned();
            if results.is_empty() {
                break;
            }
            assert!(results.iter().all(|it| it["uid"] == "ann"));
            told.extend(results.into_iter().map(|it| it["operation"].clone()));
        }
        let expected =
            ["accountCreated", "accountRegistered", "accountLoggedIn", "accountUpdated", "accountDeleted"];
        assert_eq!(json!(told), json!(expected), "a write that changes nothing is no event");
        for (name, value, expected) in
            [("since", "0", 400_006), ("since", "x", 400_006), ("since", "1767600001", 400_006)]
        {
            assert_eq!(bench.code("accounts.stream.create", &[(name, value)]), expected);
        }
        assert_eq!(bench.code("accounts.stream.read", &[("cursorId", "abc")]), 400_006);
        assert_eq!(bench.code("accounts.stream.read", &[("cursorId", &cursor), ("limit", "0")]), 400_006);
    }
}
