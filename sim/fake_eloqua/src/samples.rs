//! The samples hold what the platform is known to send, call by call.

use crate::caller::{BASE, Caller, basic, json_of, line_of, request};
use crate::eloqua::DEFAULT_PASSWORD;
use serde_json::{Value, json};

/// What each call of a sample says, beside its body: `authorization` in place of the site's user (blank is
/// none), `headers` beside it, `host` in place of the pod. Of headers in the answer, `headers` names some.
fn check(caller: &mut Caller, call: &Value, place: &str) {
    assert_eq!(misspelt(call), None, "{place}");
    let text = |name: &str| call[name].as_str().unwrap_or_default().to_owned();
    let body = match &call["body"] {
        Value::Null => text("text"),
        body => body.to_string(),
    };
    let user = basic("StandinCo\\sync.user", DEFAULT_PASSWORD);
    let authorization = call["authorization"].as_str().unwrap_or(&user);
    let mut headers = vec![("content-type", call["type"].as_str().unwrap_or("application/json"))];
    if !authorization.is_empty() {
        headers.push(("authorization", authorization));
    }
    for (name, value) in call["headers"].as_object().into_iter().flatten() {
        headers.push((name, value.as_str().unwrap()));
    }
    let host = call["host"].as_str().unwrap_or(BASE);
    let response = caller.send(request(&text("method"), &format!("{host}{}", text("path")), &headers, body));
    let expected = &call["expect"];
    assert_eq!(json!(response.status().as_u16()), expected["status"], "{place}");
    if let Some(reason) = expected["reason"].as_str() {
        assert_eq!(line_of(&response).1, reason, "{place}");
    }
    if let Some(kind) = expected["type"].as_str() {
        assert_eq!(response.headers()["content-type"], kind, "{place}");
    }
    for (name, value) in expected["headers"].as_object().into_iter().flatten() {
        let found = response.headers().get(name).and_then(|found| found.to_str().ok());
        assert_eq!(found, value.as_str(), "{place}: {name}");
    }
    match (&expected["body"], &expected["text"]) {
        (Value::Null, Value::String(text)) => assert_eq!(response.body(), text.as_bytes(), "{place}"),
        (Value::Null, _) => assert!(response.body().is_empty(), "{place}"),
        // Compared as text, since the order of members is part of what was seen.
        (body, _) => assert_eq!(json_of(&response).to_string(), body.to_string(), "{place}"),
    }
}

/// What a call or its answer says that is not looked at.
fn misspelt(call: &Value) -> Option<String> {
    let own = [
        "method",
        "path",
        "host",
        "authorization",
        "headers",
        "type",
        "body",
        "text",
        "expect",
        "after_seconds",
    ];
    let expected = ["status", "reason", "type", "headers", "body", "text"];
    let unknown = |section: &Value, known: &[&str]| {
        let mut names = section.as_object().into_iter().flatten().map(|(name, _)| name.clone());
        names.find(|name| !known.contains(&name.as_str()))
    };
    unknown(call, &own).or_else(|| unknown(&call["expect"], &expected))
}

#[test]
fn a_misspelt_sample_is_no_sample() {
    let call = json!({ "method": "GET", "path": "/id", "expect": { "status": 200, "reson": "OK" } });
    assert_eq!(misspelt(&call).as_deref(), Some("reson"));
    assert_eq!(misspelt(&json!({ "pth": "/id" })).as_deref(), Some("pth"));
}

#[test]
fn samples_are_answered_as_recorded() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/contracts/eloqua");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let sample: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        for name in sample.as_object().unwrap().keys() {
            assert!(
                ["sample", "source", "level", "world", "calls"].contains(&name.as_str()),
                "{}: {name}",
                file.display()
            );
        }
        let mut caller = Caller::new(sample["world"].clone());
        for (at, call) in sample["calls"].as_array().unwrap().iter().enumerate() {
            caller.pass(call["after_seconds"].as_u64().unwrap_or(0));
            check(&mut caller, call, &format!("{}: call {}", file.display(), at + 1));
        }
    }
}
