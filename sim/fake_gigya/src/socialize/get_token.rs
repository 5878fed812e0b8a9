//! `socialize.getToken`.

use crate::call::{Call, Caller};
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::params::brief;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "socialize.getToken",
    summary: "Gives a server an access token for its credentials.",
    evidence: Evidence::documented("socialize.getToken REST", "tokens_for_credentials"),
    access: Access::Client,
    params: &["grant_type", "client_id", "client_secret", "code", "redirect_uri"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    match call.need("grant_type")? {
        "none" | "client_credentials" => {}
        // Codes come from a provider's login, which is not here: none is valid.
        "authorization_code" => return Err(Refusal::because(400_014, "the code is not valid")),
        other => {
            return Err(Refusal::because(400_013, format!("Unsupported grant type: {}", brief(other))));
        }
    }
    let client = call.params.get("client_id").or_else(|| call.params.get("userKey"));
    let secret = call.params.get("client_secret").or_else(|| call.params.get("secret"));
    let secret = secret.ok_or_else(|| Refusal::missing(call.method, "client_secret"))?;
    let site = &call.site;
    let user_key = client.filter(|id| *id != site.api_key);
    let Caller::Server { user_key } = gigya.by_secret(site, user_key, secret)? else {
        return Err(Refusal::new(403_007));
    };
    if !site.keys.get(&user_key).is_none_or(|key| key.may(call.method)) {
        return Err(Refusal::new(403_007));
    }
    let (token, lasts) = gigya.new_access_token(call.now, site, &user_key);
    Ok(Object::from_iter([
        ("access_token".into(), token.into()),
        ("expires_in".into(), lasts.as_secs().into()),
    ]))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use crate::{DEFAULT_API_KEY, DEFAULT_PARTNER_SECRET, DEFAULT_SECRET, DEFAULT_USER_KEY};
    use base64::Engine as _;
    use serde_json::{Value, json};

    const NONE: (&str, &str) = ("grant_type", "none");
    const KEY: (&str, &str) = ("client_id", DEFAULT_USER_KEY);
    const SECRET: (&str, &str) = ("client_secret", DEFAULT_SECRET);

    fn ask(bench: &mut Bench, params: &[(&str, &str)], basic: Option<&str>) -> Value {
        let mut request = post("socialize.getToken", params);
        if let Some(text) = basic {
            let text = base64::engine::general_purpose::STANDARD.encode(text);
            request.headers_mut().insert("authorization", format!("Basic {text}").parse().unwrap());
        }
        body(&bench.send(request))
    }

    #[test]
    fn tokens_for_credentials() {
        let basic = format!("{DEFAULT_USER_KEY}:{DEFAULT_SECRET}");
        let partner = format!("{DEFAULT_API_KEY}:{DEFAULT_PARTNER_SECRET}");
        for (params, basic, expected) in [
            (vec![NONE, KEY, SECRET], None, 0),
            (vec![("grant_type", "client_credentials")], Some(basic.as_str()), 0),
            (vec![NONE], Some(partner.as_str()), 403_007),
            (vec![KEY, SECRET], None, 400_002),
            (vec![NONE, KEY], None, 400_002),
            (vec![NONE, ("apiKey", DEFAULT_API_KEY), ("client_id", "ANobody"), SECRET], None, 403_005),
            (vec![NONE, KEY, ("client_secret", "d3Jvbmc=")], None, 403_010),
            (vec![NONE, ("client_id", "ANobody"), SECRET], None, 400_002),
            (vec![("grant_type", "password"), KEY, SECRET], None, 400_013),
            (vec![("grant_type", "authorization_code"), KEY, SECRET], None, 400_014),
        ] {
            let answer = ask(&mut Bench::new(), &params, basic);
            assert_eq!(answer["errorCode"], expected, "{params:?} {basic:?}");
        }
        let mut bench = Bench::new();
        bench.knob("gigya.accept_partner_secret", "true");
        assert_eq!(ask(&mut bench, &[NONE], Some(&partner))["errorCode"], 0);
    }

    #[test]
    fn access_tokens_authenticate_until_they_end() {
        let mut bench = Bench::seeded(&json!({"sites": [{}, {"api_key": "3_other", "keys": []}]}));
        let answer = ask(&mut bench, &[NONE, KEY, SECRET], None);
        let token = answer["access_token"].as_str().unwrap().to_owned();
        assert_eq!(answer["expires_in"], 3600);
        let by_header = |bench: &mut Bench| {
            let mut request = post("admin.getSiteConfig", &[("apiKey", DEFAULT_API_KEY)]);
            request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
            body(&bench.send(request))["errorCode"].clone()
        };
        let by_param = |bench: &mut Bench, api_key: &str| {
            let params = [("apiKey", api_key), ("oauth_token", token.as_str())];
            body(&bench.send(post("admin.getSiteConfig", &params)))["errorCode"].clone()
        };
        bench.wait(3_599_999);
        assert_eq!((by_header(&mut bench), by_param(&mut bench, DEFAULT_API_KEY)), (json!(0), json!(0)));
        assert_eq!(by_param(&mut bench, "3_other"), 403_025);
        assert_eq!(by_param(&mut bench, ""), 0, "the token says whose it is");
        bench.wait(1);
        assert_eq!(by_header(&mut bench), 403_011);
        assert_eq!(bench.client("admin.getSiteConfig", &[("oauth_token", "st2.a.x")])["errorCode"], 403_001);
    }
}
