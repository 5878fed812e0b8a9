//! What goes for every call: transport, envelope, credentials; samples of answers; and hostile input.

use crate::job::JobEnd;
use crate::signature::{hmac_sha1, uid_signature};
use crate::testing::*;
use crate::{DEFAULT_API_KEY, DEFAULT_PARTNER_SECRET, DEFAULT_SECRET, DEFAULT_USER_KEY, ENDPOINTS, Gigya};
use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};
use standin_fake_kit::Fake;
use standin_model::Instant;
use standin_ports::Secret;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const SERVER: [(&str, &str); 3] =
    [("apiKey", DEFAULT_API_KEY), ("userKey", DEFAULT_USER_KEY), ("secret", DEFAULT_SECRET)];

fn ann() -> Bench {
    Bench::seeded(
        &json!({"accounts": [{"UID": "ann", "password": "secret1", "profile": {"email": "ann@example.org"}}]}),
    )
}

fn with<'a>(base: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    base.iter().chain(more).copied().collect()
}

#[test]
fn envelope_of_success() {
    let mut bench = Bench::new();
    let response = bench.send(post("admin.setSiteConfig", &with(&SERVER, &[("context", "a b")])));
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/javascript; charset=utf-8");
    assert_eq!(response.headers()["date"], "Mon, 05 Jan 2026 08:00:00 GMT");
    let mut body = body(&response);
    let id = body.as_object_mut().unwrap().shift_remove("callId").unwrap();
    assert!(id.as_str().unwrap().len() == 32);
    let expected = json!({"errorCode": 0, "apiVersion": 2, "statusCode": 200, "statusReason": "OK",
        "time": "2026-01-05T08:00:00.000Z", "context": "a b"});
    assert_eq!(body, expected);
}

#[test]
fn http_status_only_on_demand() {
    let login = [("apiKey", DEFAULT_API_KEY), ("loginID", "ann@example.org"), ("password", "wrong")];
    for (flag, expected) in [("false", 200), ("true", 403), ("TRUE", 403)] {
        let response = ann().send(post("accounts.login", &with(&login, &[("httpStatusCodes", flag)])));
        assert_eq!(response.status(), expected);
        assert_eq!(body(&response)["statusReason"], "Forbidden");
    }
}

#[test]
fn jsonp_and_other_formats() {
    let mut bench = Bench::new();
    for (params, expected) in [
        (vec![("format", "jsonp")], 400_002),
        (vec![("format", "jsonp"), ("callback", "a(b")], 400_006),
        (vec![("format", "xml")], 400_006),
    ] {
        assert_eq!(bench.code("admin.getSiteConfig", &params), expected);
    }
    let params = with(&SERVER, &[("format", "jsonp"), ("callback", "gigya.cb_1")]);
    let response = bench.send(post("admin.getSiteConfig", &params));
    let text = std::str::from_utf8(response.body()).unwrap();
    assert!(text.starts_with("gigya.cb_1({") && text.ends_with("});"));
}

#[test]
fn site_and_credentials() {
    let mut bench = ann();
    bench.gigya.seed(bench.now, &json!({"sites": [
        {"keys": [{"user_key": "K", "secret": "c2Vj"}, {"user_key": "Narrow", "secret": "c2Vj", "permissions": ["idx"]}]},
        {"api_key": "3_other"},
    ]})).unwrap();
    let k = ("userKey", "K");
    for (params, expected, details) in [
        (vec![], 400_002, "Missing required parameter: apiKey"),
        (vec![("apiKey", "3_nobody")], 400_093, "Invalid ApiKey parameter"),
        (vec![("apiKey", "xyz")], 400_093, "GSKeyBase is invalid, no version: xyz"),
        (vec![("ApiKey", DEFAULT_API_KEY)], 403_007, "Permission denied"),
        (
            vec![("apiKey", DEFAULT_API_KEY), k, ("secret", "c2Vj")],
            400_002,
            "Missing required parameter: query",
        ),
        (vec![("apiKey", DEFAULT_API_KEY), k, ("secret", "c2Vk")], 403_010, "Invalid parameter: secret"),
        (
            vec![("apiKey", DEFAULT_API_KEY), ("userKey", "Z"), ("secret", "c2Vj")],
            403_005,
            "The supplied userkey was not found",
        ),
        (
            vec![("apiKey", DEFAULT_API_KEY), ("userKey", DEFAULT_USER_KEY), ("secret", DEFAULT_SECRET)],
            403_036,
            "Unauthorized partner",
        ),
        (
            vec![("apiKey", DEFAULT_API_KEY), ("userKey", "Narrow"), ("secret", "c2Vj")],
            403_007,
            "Permission denied",
        ),
    ] {
        let answer = body(&bench.send(post("accounts.search", &params)));
        assert_eq!((&answer["errorCode"], &answer["errorDetails"]), (&json!(expected), &json!(details)));
    }
    assert_eq!(bench.client("accounts.nope", &[])["errorCode"], 405_001);
    let put = http::Request::put("https://accounts.eu1.gigya.com/accounts.login").body(Bytes::new()).unwrap();
    assert_eq!(body(&bench.send(put))["errorCode"], 400_001);
}

#[test]
fn partner_secret_is_refused() {
    for (accept, secret, expected) in [
        ("false", DEFAULT_PARTNER_SECRET, 403_007),
        ("true", DEFAULT_PARTNER_SECRET, 0),
        ("true", DEFAULT_SECRET, 403_010),
    ] {
        let mut bench = Bench::new();
        bench.knob("gigya.accept_partner_secret", accept);
        assert_eq!(bench.client("admin.getSiteConfig", &[("secret", secret)])["errorCode"], expected);
    }
}

#[test]
fn secret_over_http() {
    for (refuse, expected) in [("false", 0), ("true", 403_006)] {
        let mut bench = Bench::new();
        bench.knob("gigya.refuse_http_secret", refuse);
        let request = post_to("http://127.0.0.1:8080/admin.getSiteConfig", &SERVER);
        assert_eq!(body(&bench.send(request))["errorCode"], expected);
        let client =
            [("grant_type", "none"), ("client_id", DEFAULT_USER_KEY), ("client_secret", DEFAULT_SECRET)];
        let request = post_to("http://127.0.0.1:8080/socialize.getToken", &client);
        assert_eq!(body(&bench.send(request))["errorCode"], expected);
        let request = post_to("https://127.0.0.1:8080/socialize.getToken", &client);
        assert_eq!(body(&bench.send(request))["errorCode"], 0);
    }
}

#[test]
fn wrong_data_center_names_the_right_one() {
    for (host, expected) in [
        ("accounts.eu1.gigya.com", 0),
        ("accounts.us1.gigya.com", 301_001),
        ("accounts.gigya.com", 301_001),
        ("admin.cn1.sapcdm.cn", 301_001),
        ("login.brand.example", 0),
        ("127.0.0.1:9999", 0),
    ] {
        let request = post_to(&format!("https://{host}/admin.getSiteConfig"), &SERVER);
        let answer = body(&Bench::new().send(request));
        assert_eq!(answer["errorCode"], expected, "{host}");
        if expected != 0 {
            assert_eq!(answer["statusReason"], "Moved Permanently");
            assert_eq!(answer["apiDomain"], "eu1.gigya.com");
            assert_eq!(answer["location"], "https://admin.eu1.gigya.com/admin.getSiteConfig");
        }
    }
}

/// A signed call `skew` seconds off; the signature is made here, from the rule, over sorted plain parameters.
fn signed(bench: &mut Bench, timestamp: i64, nonce: &str, secret: &str) -> Value {
    let stamp = timestamp.to_string();
    let query = format!(
        "apiKey%3D{DEFAULT_API_KEY}%26nonce%3D{nonce}%26timestamp%3D{stamp}%26userKey%3D{DEFAULT_USER_KEY}"
    );
    let base = format!("POST&https%3A%2F%2Fadmin.eu1.gigya.com%2Fadmin.getSiteConfig&{query}");
    let sig = hmac_sha1(&Secret::new(secret), &base).unwrap();
    let params = [
        ("apiKey", DEFAULT_API_KEY),
        ("userKey", DEFAULT_USER_KEY),
        ("timestamp", stamp.as_str()),
        ("nonce", nonce),
        ("sig", sig.as_str()),
    ];
    body(&bench.send(post("admin.getSiteConfig", &params)))
}

#[test]
fn signed_requests() {
    let now = Instant::START.seconds();
    for (skew, expected) in [(0, 0), (120, 0), (-120, 0), (121, 403_002), (-121, 403_002)] {
        assert_eq!(
            signed(&mut Bench::new(), now + skew, "n1", DEFAULT_SECRET)["errorCode"],
            expected,
            "{skew}"
        );
    }
    let mut bench = Bench::new();
    assert_eq!(signed(&mut bench, now, "n1", DEFAULT_PARTNER_SECRET)["errorCode"], 403_003);
    assert_eq!(signed(&mut bench, now, "n1", DEFAULT_SECRET)["errorCode"], 0, "a forged call burns no nonce");
    assert_eq!(signed(&mut bench, now, "n1", DEFAULT_SECRET)["errorCode"], 403_004);
    assert_eq!(signed(&mut bench, now, "n2", DEFAULT_SECRET)["errorCode"], 0);
    bench.wait(241_000);
    assert_eq!(signed(&mut bench, now + 241, "n1", DEFAULT_SECRET)["errorCode"], 0, "forgotten by now");
}

#[test]
fn millisecond_timestamps() {
    for (accept, expected) in [("false", 403_002), ("true", 0)] {
        let mut bench = Bench::new();
        bench.knob("gigya.accept_ms_timestamp", accept);
        assert_eq!(signed(&mut bench, Instant::START.millis(), "n1", DEFAULT_SECRET)["errorCode"], expected);
    }
}

#[test]
fn untrusted_origin_is_refused() {
    for (origin, check, expected) in [
        ("https://www.brand.example", "true", 0),
        ("https://play.qualifioapp.com", "true", 0),
        ("https://evil.example", "true", 400_120),
        ("https://evil.example", "false", 0),
    ] {
        let mut bench = Bench::new();
        bench.knob("gigya.check_origin", check);
        let mut request = post("accounts.initRegistration", &[("apiKey", DEFAULT_API_KEY)]);
        request.headers_mut().insert("origin", origin.parse().unwrap());
        assert_eq!(body(&bench.send(request))["errorCode"], expected, "{origin}");
    }
}

#[test]
fn dataflow_life() {
    let mut bench = Bench::new();
    let flow = |name: &str, id: &str, password: &str| {
        json!({"id": id, "name": name, "status": "published", "steps": [
            {"id": "read", "type": "datasource.read.gigya.account", "next": ["up"]},
            {"id": "up", "type": "datasource.write.sftp", "params": {"password": password, "username": "u"}},
        ]})
        .to_string()
    };
    let id = bench.call("idx.createDataflow", &[("data", &flow("Nightly", "mine", "pw"))])["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(id.len() == 32 && id != "mine");
    let shown = bench.call("idx.getDataflow", &[("id", &id)])["dataflow"].clone();
    assert_eq!(
        (&shown["version"], &shown["steps"][1]["params"]["password"]),
        (&json!(1), &json!("********"))
    );
    let again = bench.call("idx.setDataflow", &[("data", &shown.to_string())]);
    assert_eq!(
        (&again["errorCode"], &again["errorDetails"]),
        (&json!(403_200), &json!("dataflow has not changed"))
    );
    let changed = bench.call("idx.setDataflow", &[("data", &flow("Hourly", &id, "********"))]);
    assert_eq!(changed["version"], 2);
    bench
        .gigya
        .schedule(bench.now, DEFAULT_API_KEY, &json!({"dataflowId": id, "frequencyType": "once"}))
        .unwrap();
    let job = bench.gigya.take_job(bench.now).unwrap();
    assert_eq!(job.document["steps"][1]["params"]["password"], "pw", "asterisks keep the stored secret");
    let only_name = json!({"id": id, "description": "d"}).to_string();
    assert_eq!(bench.call("idx.setDataflow", &[("data", &only_name)])["version"], 3);
    assert!(bench.gigya.dataflow(&id).unwrap().get("steps").is_none(), "what is not sent is lost");
    for (method, data, expected) in [
        ("idx.createDataflow", "", 400_002),
        ("idx.createDataflow", "{// no\n}", 400_006),
        ("idx.createDataflow", r#"{"steps":[]}"#, 400_006),
        ("idx.setDataflow", r#"{"id":"nope","name":"x"}"#, 404_000),
        ("idx.setDataflowDraft", r#"{"id":"nope","name":"x"}"#, 404_000),
        ("idx.createDataflowDraft", r#"{"name":"x","steps":[]}"#, 0),
    ] {
        assert_eq!(bench.code(method, &[("data", data)]), expected, "{method} {data}");
    }
    assert_eq!(bench.call("idx.createDataflow", &[])["errorDetails"], "Missing required parameter : data");
    assert_eq!(bench.code("idx.deleteDataflow", &[("id", &id)]), 0);
    assert_eq!(bench.code("idx.getDataflow", &[("id", &id)]), 404_000);
}

fn put_flow(bench: &mut Bench) {
    let flow = json!({"id": "f1", "name": "Nightly", "steps": [{"id": "r", "type": "datasource.read.gigya.account"}]});
    assert_eq!(bench.gigya.put_dataflow(bench.now, DEFAULT_API_KEY, &flow).unwrap(), "f1");
}

#[test]
fn scheduling_runs_and_records() {
    let mut bench = Bench::new();
    put_flow(&mut bench);
    let data = r#"{"name":"h","dataFlowId":"f1","frequencyType":"hour","frequencyInterval":"12","nextJobStartTime":"2026-01-05 09:00:00"}"#;
    let id = bench.call("idx.createScheduling", &[("data", data)])["id"].as_str().unwrap().to_owned();
    let due = "2026-01-05T09:00:00Z".parse::<Instant>().unwrap();
    assert_eq!((bench.gigya.next_due(), bench.gigya.take_job(bench.now).is_none()), (Some(due), true));
    bench.now = due;
    let job = bench.gigya.take_job(due).unwrap();
    assert_eq!(
        (job.dataflow_id.as_str(), job.user_key.as_str(), job.last_runtime),
        ("f1", DEFAULT_USER_KEY, None)
    );
    assert_eq!(job.scheduling["nextJobStartTime"], "2026-01-05T21:00:00.000Z");
    let query = "SELECT * FROM scheduling WHERE dataflowId='f1' ORDER BY updateTime DESC LIMIT 1";
    assert_eq!(bench.call("idx.search", &[("query", query)])["result"][0]["schedulingStatus"], "busy");
    assert_eq!(bench.gigya.next_due(), None, "busy");
    let query = format!("select * from idx_job_status where schedulingId = '{id}'");
    let running = bench.call("idx.search", &[("query", &query)]);
    assert_eq!((&running["resultCount"], &running["result"][0]["status"]), (&json!(1), &json!("running")));
    bench.wait(60_000);
    let end =
        JobEnd { succeeded: true, again: false, processed: 3, trace: vec!["a".into()], metrics: json!([]) };
    bench.gigya.finish_job(bench.now, &job.job_id, end);
    let done = bench.call("idx.search", &[("query", &query)]);
    assert_eq!(done["result"][0]["status"], "succeeded");
    assert_eq!(done["result"][0]["processedRecords"], 3);
    assert_eq!(bench.gigya.dataflow("f1").unwrap()["lastRuntime"], "2026-01-05T09:00:00.000Z");
    let next = "2026-01-05T21:00:00Z".parse::<Instant>().unwrap();
    assert_eq!(bench.gigya.next_due(), Some(next));
    let job = bench.gigya.take_job(next).unwrap();
    assert_eq!(job.last_runtime, Some(due));
    let end = JobEnd { succeeded: false, again: false, processed: 0, trace: vec![], metrics: json!([]) };
    bench.gigya.finish_job(next, &job.job_id, end);
    assert_eq!(
        bench.gigya.dataflow("f1").unwrap()["lastRuntime"],
        "2026-01-05T09:00:00.000Z",
        "a failure moves nothing"
    );
}

#[test]
fn scheduling_is_replaced_whole() {
    let mut bench = Bench::new();
    put_flow(&mut bench);
    let data = r#"{"dataflowId":"f1","frequencyType":"once","fullExtract":true}"#;
    let id = bench.call("idx.createScheduling", &[("data", data)])["id"].as_str().unwrap().to_owned();
    let job = bench.gigya.take_job(bench.now).unwrap();
    let end = JobEnd { succeeded: true, again: false, processed: 0, trace: vec![], metrics: json!([]) };
    bench.gigya.finish_job(bench.now, &job.job_id, end);
    assert_eq!(bench.gigya.next_due(), None, "once is once");
    let data = format!(
        r#"{{"id":"{id}","dataflowId":"f1","frequencyType":"day","frequencyInterval":1,"enabled":false}}"#
    );
    assert_eq!(bench.code("idx.setScheduling", &[("data", &data)]), 0);
    let shown = bench.call("idx.getScheduling", &[("id", &id)])["scheduling"].clone();
    assert_eq!(
        (&shown["frequencyType"], &shown["enabled"], shown.get("fullExtract")),
        (&json!("day"), &json!(false), None)
    );
    assert_eq!(bench.gigya.next_due(), None, "not enabled");
    for (data, expected) in [
        (r#"{"dataflowId":"f1","frequencyType":"yearly"}"#, 400_006),
        (r#"{"dataflowId":"f1","frequencyType":"hour","frequencyInterval":0}"#, 400_006),
        (r#"{"dataflowId":"f2","frequencyType":"hour"}"#, 404_000),
        (r#"{"frequencyType":"hour"}"#, 400_006),
    ] {
        assert_eq!(bench.code("idx.createScheduling", &[("data", data)]), expected, "{data}");
    }
    assert_eq!(bench.code("idx.deleteScheduling", &[("id", &id)]), 0);
    assert_eq!(bench.code("idx.getScheduling", &[("id", &id)]), 404_000);
}

#[test]
fn nothing_found_is_a_count_alone() {
    let mut bench = Bench::new();
    let query = "select * from idx_job_status where schedulingId = '0b6e'";
    let mut answer = bench.call("idx.search", &[("query", query)]);
    answer.as_object_mut().unwrap().shift_remove("callId");
    let expected = json!({"errorCode": 0, "apiVersion": 2, "statusCode": 200, "statusReason": "OK",
        "time": "2026-01-05T08:00:00.000Z", "resultCount": 0});
    assert_eq!(answer, expected);
    put_flow(&mut bench);
    let found = bench.call("idx.search", &[("query", "SELECT id, name FROM dataflow")]);
    assert_eq!(found["result"], json!([{"id": "f1", "name": "Nightly"}]));
    assert_eq!((&found["resultCount"], &found["totalCount"]), (&json!(1), &json!(1)));
    assert_eq!(bench.code("idx.search", &[("query", "SELECT * FROM nothing")]), 400_006);
}

#[test]
fn signature_of_client_side_answers_is_the_partners() {
    let mut bench = ann();
    let params = [("loginID", "ann@example.org"), ("password", "secret1")];
    let answer = bench.client("accounts.login", &params);
    let expected = uid_signature(&Secret::new(DEFAULT_PARTNER_SECRET), "ann", Instant::START);
    assert_eq!(answer["UIDSignature"], expected);
    assert_eq!(answer["signatureTimestamp"], "1767600000");
}

#[test]
fn refusals_on_purpose_look_like_the_platforms() {
    let mut bench = Bench::new();
    let request = post("accounts.search", &[("context", "c"), ("httpStatusCodes", "true")]);
    let response = bench.gigya.refuse(bench.now, &request, 403_048);
    assert_eq!(response.status(), 403);
    let answer = body(&response);
    assert_eq!(
        (&answer["errorMessage"], &answer["context"]),
        (&json!("Api rate limit exceeded"), &json!("c"))
    );
    assert_eq!(Gigya::call_name(&request), "accounts.search");
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let run = || {
        let mut bench = ann();
        let one = bench.call("accounts.register", &[("email", "b@example.org"), ("password", "secret1")]);
        (one, bench.session("ann"))
    };
    assert_eq!(run(), run());
}

#[test]
fn endpoints_are_named_once_and_in_order_within_a_namespace() {
    let mut names: Vec<&str> = ENDPOINTS.iter().map(|endpoint| endpoint.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), ENDPOINTS.len());
}

#[test]
fn evidence_names_tests_that_exist() {
    let mut sources = String::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                sources.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let named = crate::endpoints().into_iter().map(|it| (it.name, it.evidence));
    for (name, evidence) in named.chain(crate::KNOBS.iter().map(|it| (it.name, it.evidence))) {
        assert!(sources.contains(&format!("fn {}()", evidence.test)), "{name}: no test {}", evidence.test);
    }
}

/// Members of `expected` must be in `actual`; `"*"` is any value, `null` is absence.
fn covers(expected: &Value, actual: &Value, path: &str) -> Result<(), String> {
    match (expected, actual) {
        (Value::String(any), actual) if any == "*" && !actual.is_null() => Ok(()),
        (Value::Object(wanted), Value::Object(found)) => wanted.iter().try_for_each(|(name, value)| {
            covers(value, found.get(name).unwrap_or(&Value::Null), &format!("{path}.{name}"))
        }),
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            let mut pairs = wanted.iter().zip(found).enumerate();
            pairs.try_for_each(|(at, (value, found))| covers(value, found, &format!("{path}[{at}]")))
        }
        _ if expected == actual => Ok(()),
        _ => Err(format!("{path}: expected {expected}, got {actual}")),
    }
}

/// The text with what was kept in the place of `${name}`.
fn fill(kept: &BTreeMap<String, String>, text: &str) -> String {
    kept.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${{{name}}}"), value))
}

/// Keeps members under the names by which later calls know them.
fn keep(kept: &mut BTreeMap<String, String>, names: &Value, from: &Value) {
    for (name, path) in names.as_object().into_iter().flatten() {
        let pointer = format!("/{}", path.as_str().unwrap().replace('.', "/"));
        let found = from.pointer(&pointer).and_then(Value::as_str);
        kept.insert(name.clone(), found.unwrap_or_else(|| panic!("no {path} in {from}")).to_owned());
    }
}

/// The files of samples, by path.
fn samples() -> Vec<(PathBuf, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/contracts/gigya");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|kind| kind == "json"));
    files.sort();
    let read = |path: PathBuf| {
        let sample = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        (path, sample)
    };
    files.into_iter().map(read).collect()
}

#[test]
fn every_method_has_a_sample_of_its_success() {
    let mut shown = BTreeSet::new();
    for (_, sample) in samples() {
        for step in sample["calls"].as_array().unwrap() {
            // A code of the family 206 is a success that asks for the next call.
            let name = step["request"].as_str().unwrap().rsplit('/').next().unwrap();
            let code = step["answer"]["errorCode"].as_u64();
            // One method of old tells no code.
            let code = code.or((name == "socialize.exportUsers").then_some(0));
            // Some answer a browser that is on its way with where to go.
            let code = code.or(step["answer"].get("location").map(|_| 0));
            if code.is_some_and(|code| code == 0 || code / 1000 == 206) {
                shown.insert(name.to_owned());
            }
        }
    }
    let missing: Vec<&str> =
        ENDPOINTS.iter().map(|it| it.name).filter(|name| !shown.contains(*name)).collect();
    assert_eq!(missing, Vec::<&str>::new(), "no sample shows that these succeed");
}

/// What an answer says, or the page that it leads to with what the query tells that page.
fn answer_or_way(response: &standin_ports::Response) -> Value {
    let Some(place) = response.headers().get("location").and_then(|it| it.to_str().ok()) else {
        return body(response);
    };
    let (page, query) = place.split_once('?').unwrap_or((place, ""));
    let pairs = form_urlencoded::parse(query.as_bytes());
    let told: serde_json::Map<String, Value> =
        pairs.map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect();
    json!({"location": {"page": page, "query": told}})
}

#[test]
fn samples_of_answers() {
    for (file, sample) in samples() {
        let mut bench = Bench::seeded(&sample["world"]);
        let mut kept: BTreeMap<String, String> = BTreeMap::new();
        for step in sample["calls"].as_array().unwrap() {
            let url = step["request"].as_str().unwrap().strip_prefix("POST ").unwrap();
            let filled: Vec<(String, String)> = step["params"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, value)| (name.clone(), fill(&kept, value.as_str().unwrap())))
                .collect();
            let params: Vec<(&str, &str)> = filled.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            let response = bench.send(post_to(url, &params));
            let answer = answer_or_way(&response);
            let told = format!("{}: {answer}", file.display());
            assert_eq!(response.status().as_u16(), step["status"].as_u64().unwrap_or(200) as u16, "{told}");
            let wanted = fill(&kept, &step["answer"].to_string());
            let wanted = serde_json::from_str(&wanted).unwrap();
            covers(&wanted, &answer, "answer").unwrap_or_else(|why| panic!("{why}\n{told}"));
            keep(&mut kept, &step["save"], &answer);
            keep(&mut kept, &step["read"], &bench.gigya.outbox().pop().unwrap_or_default());
        }
    }
}

fn anything() -> impl Strategy<Value = (String, Vec<(String, String)>, Vec<u8>)> {
    let names =
        prop::sample::select(ENDPOINTS.iter().map(|endpoint| endpoint.name.to_owned()).collect::<Vec<_>>());
    let known = prop::sample::select(vec![
        "UID",
        "profile",
        "data",
        "query",
        "cursorId",
        "include",
        "loginID",
        "password",
        "regToken",
        "findBy",
        "subscriptions",
        "preferences",
        "communications",
        "siteUID",
        "email",
        "id",
        "emails",
        "loginIDs",
        "created",
        "trustedSiteURLs",
        "sessionExpiration",
        "format",
        "sig",
        "timestamp",
        "nonce",
        "context",
    ]);
    let value = prop_oneof![
        any::<String>(),
        Just("null".to_owned()),
        Just(r#"{"a":{"b":[1,null,{"c":"<x&"}]}}"#.to_owned()),
        "SELECT [a-z.*(),]{1,12} FROM accounts WHERE [a-z.]{1,8} [=<>!]{1,2} ['\"0-9a-z]{1,6}",
    ];
    let params = prop::collection::vec((known.prop_map(str::to_owned), value), 0..5);
    (names, params, prop::collection::vec(any::<u8>(), 0..80))
}

fn beside_this_file() -> ProptestConfig {
    let place = proptest::test_runner::FileFailurePersistence::WithSource("regressions");
    ProptestConfig { failure_persistence: Some(Box::new(place)), ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(beside_this_file())]

    #[test]
    fn strangers_change_nothing((name, params, raw) in anything(), with_key in any::<bool>()) {
        let mut bench = ann();
        let before = bench.gigya.accounts();
        let mut all: Vec<(&str, &str)> = vec![("apiKey", DEFAULT_API_KEY)];
        all.extend(params.iter().map(|(k, v)| (k.as_str(), v.as_str())));
        if with_key {
            all.extend([("userKey", DEFAULT_USER_KEY), ("secret", "d3Jvbmc=")]);
        }
        bench.send(post(&name, &all));
        let mut request = post(&name, &[]);
        *request.body_mut() = Bytes::from(raw);
        bench.send(request);
        prop_assert_eq!(bench.gigya.accounts(), before);
    }

    #[test]
    fn servers_never_meet_a_panic((name, params, _) in anything()) {
        let mut bench = ann();
        let all: Vec<(&str, &str)> = params.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        prop_assert!(bench.call(&name, &all)["statusCode"].is_u64());
    }
}

#[test]
fn a_copy_goes_its_own_way() {
    let mut bench = ann();
    let copy: Gigya = bench.gigya.clone();
    assert_eq!(bench.code("accounts.deleteAccount", &[("UID", "ann")]), 0);
    assert!(bench.gigya.account("ann").is_none() && copy.account("ann").is_some());
}
