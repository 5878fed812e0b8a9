//! `accounts.getJWT`, and the `id_token` that other methods include.

use crate::account::Account;
use crate::accounts::gate::must_verify;
use crate::call::{Call, Caller};
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::jwt;
use crate::query::document::first;
use serde_json::Value;
use standin_model::Evidence;

/// How long a token lasts unless the call says otherwise, in seconds.
const LASTS: i64 = 300;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.getJWT",
    summary: "Gives a signed token about an account, for others to verify.",
    evidence: Evidence::documented(
        "accounts.getJWT REST; How To Validate A Gigya id_token",
        "claims_of_a_token",
    ),
    access: Access::Public,
    params: &["fields", "expiration", "audience"],
    server_params: &["targetUID"],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let uid = match &call.caller {
        Caller::Server { .. } => call.need("targetUID")?,
        Caller::Session { uid, .. } => uid,
        Caller::Anonymous | Caller::Query => return Err(Refusal::new(403_005)),
    };
    let account = gigya.account_of(&call.site.api_key, uid)?;
    if must_verify(call, &account) {
        return Err(Refusal::new(403_013));
    }
    let lasts = call.params.number("expiration")?.unwrap_or(LASTS);
    if lasts <= 0 {
        return Err(Refusal::because(400_006, "expiration must be a positive number of seconds"));
    }
    let mut claims = base_claims(call, &account, lasts);
    if let Some(audience) = call.params.get("audience") {
        claims.insert("aud".into(), audience.into());
    }
    let whole = Value::Object(account.whole(gigya.phones_shape(), account.last_updated));
    let mut ignored = Vec::new();
    for field in call.params.words("fields").unwrap_or_default() {
        match claim(call, &whole, &field) {
            Claim::Value(value) if !claims.contains_key(&field) => {
                claims.insert(field, value);
            }
            Claim::Empty => {}
            Claim::Value(_) | Claim::Unknown => ignored.push(field),
        }
    }
    let token = jwt::sign(&call.site.data_center, &claims);
    Ok(Object::from_iter([
        ("id_token".into(), token.into()),
        ("ignoredFields".into(), ignored.join(",").into()),
    ]))
}

/// The token that `include=id_token` asks for.
pub(crate) fn id_token(call: &Call, account: &Account, logged_in: bool) -> String {
    let mut claims = base_claims(call, account, LASTS);
    if logged_in {
        claims.insert("isLoggedIn".into(), true.into());
    }
    jwt::sign(&call.site.data_center, &claims)
}

fn base_claims(call: &Call, account: &Account, lasts: i64) -> Object {
    let key = &call.site.api_key;
    Object::from_iter([
        ("iss".into(), format!("https://fidm.gigya.com/jwt/{key}/").into()),
        ("apiKey".into(), key.as_str().into()),
        ("iat".into(), call.now.seconds().into()),
        ("exp".into(), call.now.seconds().saturating_add(lasts).into()),
        ("sub".into(), account.uid.as_str().into()),
    ])
}

enum Claim {
    Value(Value),
    /// A field that the account has no value for.
    Empty,
    Unknown,
}

/// What a requested field is. A field of the profile may come without `profile.`.
fn claim(call: &Call, whole: &Value, field: &str) -> Claim {
    let path = match field.split('.').next().unwrap_or_default() {
        "profile" | "data" | "preferences" | "subscriptions" => field.to_owned(),
        name if call.site.profile_schema.fields.contains_key(name) => format!("profile.{field}"),
        _ => field.to_owned(),
    };
    let known = match path.split_once('.') {
        Some(("profile", rest)) => call.site.profile_schema.fields.contains_key(rest),
        Some(("data" | "preferences" | "subscriptions", _)) => true,
        _ => false,
    };
    match first(whole, &path) {
        Some(value) => Claim::Value(value),
        None if known => Claim::Empty,
        None => Claim::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    fn bench() -> Bench {
        Bench::seeded(&json!({"accounts": [{
            "UID": "ann",
            "password": "secret1",
            "profile": {"email": "ann@example.org", "firstName": "Ann"},
            "data": {"personId": "p1", "club": {"tier": "gold"}},
        }]}))
    }

    fn part(token: &Value, at: usize) -> Value {
        let text = token.as_str().unwrap().split('.').nth(at).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
    }

    #[test]
    fn claims_of_a_token() {
        let mut bench = bench();
        let fields = "email, data.personId,data.club.tier,lastName,nonsense,sub";
        let params = [("targetUID", "ann"), ("fields", fields), ("audience", "shop"), ("expiration", "60")];
        let answer = bench.call("accounts.getJWT", &params);
        assert_eq!(answer["ignoredFields"], "nonsense,sub");
        let claims = json!({
            "iss": format!("https://fidm.gigya.com/jwt/{}/", crate::DEFAULT_API_KEY),
            "apiKey": crate::DEFAULT_API_KEY, "iat": 1_767_600_000, "exp": 1_767_600_060, "sub": "ann",
            "aud": "shop", "email": "ann@example.org", "data.personId": "p1", "data.club.tier": "gold",
        });
        assert_eq!(part(&answer["id_token"], 1), claims);
        let header = part(&answer["id_token"], 0);
        assert_eq!(
            (&header["alg"], &header["typ"], &header["dc"]),
            (&json!("RS256"), &json!("JWT"), &json!("eu1"))
        );
        let key = bench.client("accounts.getJWTPublicKey", &[]);
        assert_eq!(header["kid"], key["kid"]);
        let answer = bench.call("accounts.getJWT", &[("targetUID", "ann")]);
        assert_eq!(
            (&answer["ignoredFields"], &part(&answer["id_token"], 1)["exp"]),
            (&json!(""), &json!(1_767_600_300))
        );
    }

    #[test]
    fn whose_token() {
        let mut bench = bench();
        let session = bench.session("ann");
        let answer = bench.client("accounts.getJWT", &[("login_token", &session)]);
        assert_eq!(part(&answer["id_token"], 1)["sub"], "ann");
        assert_eq!(bench.client("accounts.getJWT", &[("targetUID", "ann")])["errorCode"], 403_005);
        for (params, expected) in [
            (vec![], 400_002),
            (vec![("targetUID", "nobody")], 403_005),
            (vec![("targetUID", "ann"), ("expiration", "0")], 400_006),
            (vec![("targetUID", "ann"), ("expiration", "9223372036854775807")], 0),
        ] {
            assert_eq!(bench.code("accounts.getJWT", &params), expected, "{params:?}");
        }
        let section = json!({
            "sites": [{"policies": {"accountOptions": {"verifyEmail": true}}}],
            "accounts": [{"UID": "new", "isVerified": false, "profile": {"email": "new@example.org"}}],
        });
        assert_eq!(Bench::seeded(&section).code("accounts.getJWT", &[("targetUID", "new")]), 403_013);
    }

    #[test]
    fn tokens_with_other_answers() {
        let mut bench = bench();
        let login =
            [("loginID", "ann@example.org"), ("password", "secret1"), ("include", "profile,id_token")];
        let token = bench.client("accounts.login", &login)["id_token"].clone();
        assert_eq!(part(&token, 1)["isLoggedIn"], true);
        let info = bench.call("accounts.getAccountInfo", &[("UID", "ann"), ("include", "id_token")]);
        assert_eq!(part(&info["id_token"], 1).get("isLoggedIn"), None);
        assert!(bench.call("accounts.getAccountInfo", &[("UID", "ann")]).get("id_token").is_none());
    }
}
