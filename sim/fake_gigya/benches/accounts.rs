//! What calls cost on the memory transport, at three sizes of site, beside a ceiling: a handler that decodes
//! the same form and answers a constant body of the same size. Ends with the memory that an account takes.
//!
//! `cargo bench -p standin-fake-gigya`

use bytes::Bytes;
use divan::Bencher;
use serde_json::{Value, json};
use standin_fake_gigya::{DEFAULT_API_KEY, DEFAULT_SECRET, DEFAULT_USER_KEY, Gigya};
use standin_fake_kit::Fake;
use standin_model::Instant;
use standin_ports::{Request, Response};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];
/// Accounts that one section of the seed holds.
const CHUNK: usize = 10_000;

/// Worlds by size; one is made when it is first asked for, and shared.
static WORLDS: Mutex<BTreeMap<usize, Gigya>> = Mutex::new(BTreeMap::new());

#[expect(clippy::print_stdout, reason = "a bench tells its figures there")]
fn main() {
    divan::main();
    for size in SIZES.into_iter().filter(|size| *size <= 100_000) {
        let before = resident();
        let world = made(size);
        let each = resident().saturating_sub(before) / size;
        println!("memory: {each} bytes an account at {size} accounts, search index included");
        drop(world);
    }
}

/// How much of this process lies in memory, in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or(0) * 4096
}

/// When account `n` was last changed: a second after the one before.
fn changed(n: usize) -> Instant {
    Instant::from_seconds(1_700_000_000 + i64::try_from(n).unwrap_or(0))
}

/// A person with twenty profile fields, some data, a subscription and a consent.
fn person(n: usize) -> Value {
    let city = ["Diest", "Gent", "Brussel", "Antwerpen", "Leuven"][n % 5];
    json!({
        "UID": format!("{n:032x}"),
        "created": "2023-01-01T00:00:00.000Z",
        "lastUpdated": changed(n).to_string(),
        "profile": {
            "email": format!("person.{n}@mail.example.org"), "firstName": "Annelies", "lastName": "Vandenbroucke",
            "nickname": "annelies", "gender": "f", "birthDay": n % 28 + 1, "birthMonth": n % 12 + 1,
            "birthYear": 1940 + n % 70, "address": "Grote Markt 1", "city": city, "zip": "3290", "state": "Vlaams-Brabant",
            "country": "BE", "hometown": city, "languages": "Dutch,French", "locale": "nl", "timezone": "Europe/Brussels",
            "photoURL": format!("https://photos.example.org/{n}.jpg"), "bio": "Reads, cycles, travels.",
            "phones": [{"type": "mobile", "number": format!("+32470{n:06}")}],
            "relationshipStatus": "married",
        },
        "data": {"club": {"tier": if n.is_multiple_of(10) { "gold" } else { "silver" }, "points": n % 1000}, "newsletter": n.is_multiple_of(2),
            "source": "web", "tags": ["news", "sport"]},
        "subscriptions": {"news": {"email": {"isSubscribed": true}}},
        "preferences": {"terms": {"tos": {"isConsentGranted": true}}},
    })
}

fn made(size: usize) -> Gigya {
    let mut gigya = Gigya::new(7);
    for start in (0..size).step_by(CHUNK) {
        let accounts: Vec<Value> = (start..(start + CHUNK).min(size)).map(person).collect();
        gigya.seed(Instant::START, &json!({"accounts": accounts})).expect("the world is well formed");
    }
    gigya
}

/// A copy of the world of this size; copies share what neither changes.
fn world(size: usize) -> Gigya {
    let mut worlds = WORLDS.lock().unwrap_or_else(PoisonError::into_inner);
    worlds.entry(size).or_insert_with(|| made(size)).clone()
}

fn request(method: &str, params: &[(&str, &str)]) -> Request {
    let known = [("apiKey", DEFAULT_API_KEY), ("userKey", DEFAULT_USER_KEY), ("secret", DEFAULT_SECRET)];
    let form =
        form_urlencoded::Serializer::new(String::new()).extend_pairs(known).extend_pairs(params).finish();
    let namespace = method.split('.').next().unwrap_or_default();
    http::Request::post(format!("https://{namespace}.eu1.gigya.com/{method}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Bytes::from(form))
        .expect("a request")
}

/// Calls in turn; the clock moves by a millisecond with each, so that the index has its work too.
fn calls(bencher: Bencher<'_, '_>, size: usize, requests: &[Request]) {
    let mut gigya = world(size);
    let (mut now, mut turn) = (Instant::START, 0);
    let first = gigya.handle(now, requests[0].clone());
    assert!(ok(&first), "{}", String::from_utf8_lossy(first.body()));
    bencher.bench_local(|| {
        now = now.plus(Duration::from_millis(1));
        turn += 1;
        gigya.handle(now, requests[turn % requests.len()].clone())
    });
}

fn ok(response: &Response) -> bool {
    let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    body["errorCode"] == 0
}

/// UIDs all over the site.
fn uids(size: usize) -> impl Iterator<Item = String> {
    (0..256).map(move |n| format!("{:032x}", n * 7919 % size))
}

fn gets(size: usize) -> Vec<Request> {
    uids(size).map(|uid| request("accounts.getAccountInfo", &[("UID", &uid)])).collect()
}

fn sets(size: usize) -> Vec<Request> {
    let each = uids(size).enumerate();
    each.map(|(n, uid)| {
        let profile = format!(r#"{{"city":"Hasselt {n}"}}"#);
        let data = format!(r#"{{"club":{{"points":{n}}}}}"#);
        request("accounts.setAccountInfo", &[("UID", &uid), ("profile", &profile), ("data", &data)])
    })
    .collect()
}

/// The hundred accounts that changed last.
fn delta(size: usize) -> Request {
    let since = changed(size - 100).millis() - 1;
    let query = format!(
        "SELECT * FROM accounts WHERE lastUpdatedTimestamp > {since} ORDER BY lastUpdatedTimestamp LIMIT 1000"
    );
    request("accounts.search", &[("query", &query)])
}

#[divan::bench(args = SIZES)]
fn get_account_info(bencher: Bencher<'_, '_>, size: usize) {
    calls(bencher, size, &gets(size));
}

#[divan::bench(args = SIZES)]
fn set_account_info(bencher: Bencher<'_, '_>, size: usize) {
    calls(bencher, size, &sets(size));
}

#[divan::bench(args = SIZES, max_time = 5)]
fn delta_search_of_100(bencher: Bencher<'_, '_>, size: usize) {
    calls(bencher, size, &[delta(size)]);
}

#[divan::bench(args = SIZES, max_time = 5)]
fn search_by_address(bencher: Bencher<'_, '_>, size: usize) {
    let query = "SELECT * FROM accounts WHERE profile.email = 'PERSON.77@mail.example.org'";
    calls(bencher, size, &[request("accounts.search", &[("query", query)])]);
}

#[divan::bench(args = SIZES, sample_size = 1, sample_count = 10, max_time = 20)]
fn full_scan_with_filter(bencher: Bencher<'_, '_>, size: usize) {
    let query =
        "SELECT UID FROM accounts WHERE data.club.tier = 'gold' AND profile.birthYear < 1950 LIMIT 100";
    calls(bencher, size, &[request("accounts.search", &[("query", query)])]);
}

/// A whole site in pages of a thousand.
#[divan::bench(args = [10_000, 100_000], sample_size = 1, sample_count = 5, max_time = 20)]
fn read_all_by_cursor(bencher: Bencher<'_, '_>, size: usize) {
    let gigya = world(size);
    let query =
        "SELECT * FROM accounts WHERE lastUpdatedTimestamp >= 0 ORDER BY lastUpdatedTimestamp LIMIT 1000";
    let open = request("accounts.search", &[("query", query), ("openCursor", "true")]);
    bencher.with_inputs(|| gigya.clone()).bench_local_values(|mut gigya| {
        let mut answer: Value = body(&gigya.handle(Instant::START, open.clone()));
        let mut rows = 0;
        loop {
            rows += answer["objectsCount"].as_u64().unwrap_or(0);
            let Some(id) = answer["nextCursorId"].as_str() else { break };
            let next = request("accounts.search", &[("cursorId", id)]);
            answer = body(&gigya.handle(Instant::START, next));
        }
        assert_eq!(usize::try_from(rows), Ok(size));
    });
}

fn body(response: &Response) -> Value {
    serde_json::from_slice(response.body()).unwrap_or_default()
}

/// The world copied, as each test and each suite does.
#[divan::bench(args = SIZES)]
fn copy_of_a_world(size: usize) -> Gigya {
    world(size)
}

/// The ceiling of getAccountInfo and setAccountInfo: the form decoded, a constant body answered.
#[divan::bench(args = ["get", "set"])]
fn ceiling(bencher: Bencher<'_, '_>, call: &str) {
    let requests = if call == "get" { gets(10_000) } else { sets(10_000) };
    let answer = world(10_000).handle(Instant::START, requests[0].clone()).into_body();
    let mut turn = 0;
    bencher.bench_local(|| {
        turn += 1;
        let request = requests[turn % requests.len()].clone();
        let pairs: Vec<(String, String)> = form_urlencoded::parse(request.body()).into_owned().collect();
        let mut response = http::Response::new(Bytes::copy_from_slice(&answer));
        response.headers_mut().insert("content-type", http::HeaderValue::from_static("text/javascript"));
        (pairs, response)
    });
}
