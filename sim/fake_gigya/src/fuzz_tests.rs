//! Raw bytes against the request decoder and the checks of credentials: never a panic, always a whole
//! envelope, and nothing changed by what is refused.

use crate::testing::*;
use crate::{DEFAULT_API_KEY, DEFAULT_USER_KEY};
use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};
use standin_ports::{Request, Response};

fn bench() -> Bench {
    Bench::seeded(&json!({
        "sites": [{"keys": [
            {"user_key": DEFAULT_USER_KEY, "secret": "c2VjcmV0"},
            {"user_key": "ARsa", "public_key": include_str!("../../../fixtures/keys/application.pub.pem")},
        ]}],
        "accounts": [{"UID": "ann", "profile": {"email": "ann@example.org"}}],
    }))
}

/// What everything that a refusal must leave alone looks like.
fn state(bench: &Bench) -> String {
    let gigya = &bench.gigya;
    let held = (&gigya.sessions, &gigya.access_tokens, &gigya.reg_tokens, &gigya.nonces);
    format!("{:?} {held:?}", gigya.accounts())
}

/// The envelope's members, whatever the form; a client would find each of them.
fn envelope(response: &Response) -> Value {
    let text = std::str::from_utf8(response.body()).unwrap();
    let start = text.find('{').unwrap();
    let end = text.rfind('}').unwrap();
    let value: Value = serde_json::from_str(&text[start..=end]).unwrap();
    assert_eq!(value["callId"].as_str().map(str::len), Some(32));
    let code = value["errorCode"].as_u64().unwrap();
    assert_eq!(value["statusCode"], if code == 0 { 200 } else { code / 1000 });
    assert_eq!(value["apiVersion"], 2);
    for name in ["statusReason", "time"] {
        assert!(value[name].as_str().is_some_and(|text| !text.is_empty()), "{name}: {value}");
    }
    if code != 0 {
        assert!(value["errorMessage"].is_string() && value["errorDetails"].is_string(), "{value}");
    }
    value
}

fn kinds() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("application/x-www-form-urlencoded".to_owned()),
        Just("multipart/form-data; boundary=X".to_owned()),
        Just("multipart/form-data; boundary=\"-\"".to_owned()),
        Just("application/json".to_owned()),
        Just(String::new()),
        "[ -~]{0,40}",
    ]
}

/// Bytes that look like forms often enough to get somewhere.
fn raw() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..12),
        prop::sample::select(vec![
            "apiKey=",
            "&userKey=",
            "&secret=",
            "&sig=",
            "&timestamp=1767600000",
            "&nonce=",
            "&format=jsonp",
            "&callback=",
            "&context=",
            "&oauth_token=",
            "&login_token=",
            "&httpStatusCodes=true",
            "=",
            "&",
            "%",
            "%ff",
            "%00",
            "+",
            "--X\r\n",
            "--X--",
            "Content-Disposition: form-data; name=\"apiKey\"\r\n\r\n",
            "\r\n",
            DEFAULT_API_KEY,
            DEFAULT_USER_KEY,
            "ARsa",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn target() -> impl Strategy<Value = String> {
    let known =
        prop::sample::select(crate::ENDPOINTS.iter().map(|it| it.name.to_owned()).collect::<Vec<_>>());
    prop_oneof![known, "[!-~&&[^#?]]{0,30}", "accounts\\.[a-zA-Z.%0-9]{0,20}(\\?[!-~&&[^#]]{0,40})?"]
}

fn request(method: &str, target: &str, kind: &str, authorization: &str, body: Vec<u8>) -> Option<Request> {
    http::Request::builder()
        .method(method)
        .uri(format!("https://accounts.eu1.gigya.com/{target}"))
        .header("content-type", kind)
        .header("authorization", authorization)
        .body(Bytes::from(body))
        .ok()
}

fn beside_this_file() -> ProptestConfig {
    let place = proptest::test_runner::FileFailurePersistence::WithSource("regressions");
    ProptestConfig { failure_persistence: Some(Box::new(place)), ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(beside_this_file())]

    #[test]
    fn any_bytes_are_answered_with_an_envelope(
        method in "(GET|POST|PUT|HEAD)",
        target in target(),
        kind in kinds(),
        body in raw(),
    ) {
        let mut bench = bench();
        let before = state(&bench);
        let built = http::Request::builder()
            .method(method.as_str())
            .uri(format!("https://accounts.eu1.gigya.com/{target}"))
            .header("content-type", &kind)
            .body(Bytes::from(body));
        prop_assume!(built.is_ok());
        let answer = envelope(&bench.send(built.unwrap()));
        if answer["errorCode"] != 0 {
            prop_assert_eq!(state(&bench), before);
        }
    }

    #[test]
    fn any_credentials_are_refused_without_a_trace(
        key in prop::sample::select(vec![DEFAULT_USER_KEY, "ARsa", "ANobody", ""]),
        sig in any::<String>(),
        nonce in any::<String>(),
        stamp in prop_oneof![Just("1767600000".to_owned()), any::<i64>().prop_map(|it| it.to_string()), any::<String>()],
        secret in prop_oneof![Just(None), any::<String>().prop_map(Some)],
        token in prop_oneof![Just(None), any::<String>().prop_map(Some)],
    ) {
        let mut bench = bench();
        let before = state(&bench);
        let mut params = vec![
            ("apiKey", DEFAULT_API_KEY), ("UID", "ann"), ("userKey", key), ("sig", sig.as_str()),
            ("nonce", nonce.as_str()), ("timestamp", stamp.as_str()),
        ];
        params.extend(secret.as_deref().map(|secret| ("secret", secret)));
        params.extend(token.as_deref().map(|token| ("oauth_token", token)));
        let answer = envelope(&bench.send(post("accounts.deleteAccount", &params)));
        prop_assert_ne!(&answer["errorCode"], 0);
        prop_assert_eq!(state(&bench), before);
        let again = envelope(&bench.send(post("accounts.deleteAccount", &params)));
        prop_assert_eq!(&again["errorCode"], &answer["errorCode"], "a refusal burns no nonce");
    }

    #[test]
    fn any_bearer_is_refused_without_a_trace(
        scheme in "(Bearer|bearer|Basic|Digest|)",
        token in prop_oneof![
            "[ -~]{0,60}",
            (any::<Vec<u8>>(), any::<Vec<u8>>(), any::<Vec<u8>>()).prop_map(|(a, b, c)| dotted([&a, &b, &c])),
            ("(RS256|none|HS256|)", "(ARsa|AStandinUserKey|)", any::<f64>(), any::<String>(), any::<Vec<u8>>()).prop_map(
                |(alg, kid, iat, jti, sig)| dotted([
                    json!({"alg": alg, "kid": kid}).to_string().as_bytes(),
                    json!({"iat": iat, "jti": jti}).to_string().as_bytes(),
                    &sig,
                ])
            ),
        ],
    ) {
        let mut bench = bench();
        let before = state(&bench);
        let body = format!("apiKey={DEFAULT_API_KEY}&UID=ann").into_bytes();
        let header = format!("{scheme} {token}");
        let built = request("POST", "accounts.deleteAccount", "", &header, body);
        prop_assume!(built.is_some());
        let answer = envelope(&bench.send(built.unwrap()));
        prop_assert_ne!(&answer["errorCode"], 0);
        prop_assert_eq!(state(&bench), before);
    }
}

fn dotted(parts: [&[u8]; 3]) -> String {
    use base64::Engine as _;
    parts.map(|part| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(part)).join(".")
}
