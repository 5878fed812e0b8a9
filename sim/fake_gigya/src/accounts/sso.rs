//! `accounts.sso.*`: a central login page for a group of sites, with full redirects instead of shared storage.

use crate::accounts::session::uid_of;
use crate::auth_codes::Journey;
use crate::call::{Call, Form};
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use serde_json::{Value, json};
use standin_model::Evidence;
use std::time::Duration;

pub(crate) const LOGIN: Endpoint = Endpoint {
    name: "accounts.sso.login",
    summary: "Sends a browser from a site of a group to the group's central login page.",
    evidence: Evidence::recorded(
        "Web SDK builds in public repositories; Site Groups and Single Sign-On",
        "there_and_back_with_a_session",
    ),
    access: Access::Public,
    params: &["redirectURL", "state", "authFlow"],
    server_params: &[],
    run: login,
};

/// What the central page may know.
pub(crate) const CONTEXT: Endpoint = Endpoint {
    name: "accounts.sso.getContext",
    summary: "Tells a central login page which site sent somebody, and what it said.",
    params: &["ssoToken"],
    run: context,
    ..LOGIN
};

/// The way back.
pub(crate) const CONTINUE: Endpoint = Endpoint {
    name: "accounts.sso.continue",
    summary: "Sends a browser that is logged in at the central page back to its site with a code.",
    params: &["ssoToken"],
    run: go_on,
    ..LOGIN
};

/// How long somebody may take to log in.
const LASTS: Duration = Duration::from_secs(3600);

fn login(gigya: &mut Gigya, call: &Call) -> Reply {
    let parent = gigya.sites.get(call.site.home()).filter(|parent| parent.enable_sso);
    let central = parent.and_then(|parent| parent.central_login_page.clone());
    let central = central.ok_or_else(|| Refusal::because(400_096, "the group has no central login page"))?;
    let target = call.params.get("redirectURL").or(call.params.get("pageURL"));
    let target = target.ok_or_else(|| Refusal::missing(call.method, "redirectURL"))?;
    if !call.site.trusts(target) {
        return Err(Refusal::because(400_011, "redirectURL is not on a page that the site trusts"));
    }
    let token = format!("SS1_{}", gigya.ids.token(48));
    let owned = |name: &str| call.params.get(name).map(str::to_owned);
    let journey = Journey {
        api_key: call.site.api_key.clone(),
        redirect_url: target.to_owned(),
        context: owned("context"),
        state: owned("state"),
    };
    gigya.journeys.insert(call.now.plus(LASTS), token.clone(), journey);
    gigya.form = Form::Redirect(with_query(&central, &[("gig_ssoToken", &token)]));
    Ok(Object::new())
}

/// The journey of a token, if it began at a site that shares sessions with the caller.
fn journey(gigya: &Gigya, call: &Call) -> Result<Journey, Refusal> {
    let token = call.need("ssoToken")?;
    let known = gigya.journeys.get(call.now, token);
    let known = known.filter(|it| gigya.shares_session(&it.api_key, &call.site));
    known.cloned().ok_or_else(|| Refusal::because(403_025, "the ssoToken is not valid here"))
}

fn context(gigya: &mut Gigya, call: &Call) -> Reply {
    let journey = journey(gigya, call)?;
    let context = journey.context.as_deref();
    let told = context.map(|text| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)));
    Ok(Object::from_iter([
        ("apiKey".into(), journey.api_key.into()),
        ("rpContext".into(), told.unwrap_or_else(|| json!({}))),
    ]))
}

fn go_on(gigya: &mut Gigya, call: &Call) -> Reply {
    let journey = journey(gigya, call)?;
    let uid = uid_of(call)?;
    let default = call.site.policy_signed("gigyaPlugins", &["sessionExpiration"]).unwrap_or(0);
    let code = gigya.new_auth_code_at(call, &journey.api_key, &uid, default);
    if let Some(token) = call.params.get("ssoToken") {
        gigya.journeys.remove(token);
    }
    let mut told = vec![("gig_actions", "sso.login"), ("authCode", code.as_str())];
    told.extend(journey.state.as_deref().map(|state| ("state", state)));
    gigya.form = Form::Redirect(with_query(&journey.redirect_url, &told));
    Ok(Object::new())
}

/// An address with more in its query; what stands behind `#` stays behind.
fn with_query(url: &str, pairs: &[(&str, &str)]) -> String {
    let (page, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
    let more = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let mark = match page.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{page}{mark}{more}{fragment}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DEFAULT_API_KEY;
    use crate::testing::*;

    fn group() -> Bench {
        Bench::seeded(&json!({"sites": [
            {"api_key": DEFAULT_API_KEY, "enable_sso": true, "base_domain": "group.example",
                "central_login_page": "https://login.group.example/in?x=1"},
            {"api_key": "3_one", "parent": DEFAULT_API_KEY, "base_domain": "one.example"},
            {"api_key": "3_two", "parent": DEFAULT_API_KEY, "base_domain": "two.example", "sso_segment": "b"},
            {"api_key": "3_alone", "base_domain": "alone.example"},
        ], "accounts": [{"UID": "ann", "profile": {"email": "ann@example.org"}}]}))
    }

    /// The answer to a page's navigation: where it leads, or the code of the refusal.
    fn lead(bench: &mut Bench, method: &str, params: &[(&str, &str)]) -> Result<String, u64> {
        let response = bench.send(post(method, params));
        if response.status() == 302 {
            assert!(response.body().is_empty());
            return Ok(response.headers()["location"].to_str().unwrap().to_owned());
        }
        Err(body(&response)["errorCode"].as_u64().unwrap())
    }

    const START: [(&str, &str); 4] = [
        ("APIKey", "3_one"),
        ("redirectURL", "https://www.one.example/play?a=1#top"),
        ("context", r#"{"from":"banner"}"#),
        ("state", "s&1"),
    ];

    fn sso_token(bench: &mut Bench) -> String {
        let place = lead(bench, "accounts.sso.login", &START).unwrap();
        place.strip_prefix("https://login.group.example/in?x=1&gig_ssoToken=").unwrap().to_owned()
    }

    #[test]
    fn there_and_back_with_a_session() {
        let mut bench = group();
        let sso = sso_token(&mut bench);
        let known = bench.client("accounts.sso.getContext", &[("ssoToken", &sso)]);
        assert_eq!((&known["apiKey"], &known["rpContext"]), (&json!("3_one"), &json!({"from": "banner"})));
        let session = bench.session("ann");
        let back =
            [("APIKey", DEFAULT_API_KEY), ("ssoToken", sso.as_str()), ("login_token", session.as_str())];
        let place = lead(&mut bench, "accounts.sso.continue", &back).unwrap();
        let code =
            place.strip_prefix("https://www.one.example/play?a=1&gig_actions=sso.login&authCode=").unwrap();
        let code = code.strip_suffix("&state=s%261#top").unwrap();
        let fetch = [("apiKey", "3_one"), ("authCode", code), ("targetEnv", "jssdk")];
        let answer = body(&bench.send(post("socialize.notifyLogin", &fetch)));
        assert_eq!((&answer["errorCode"], &answer["UID"]), (&json!(0), &json!("ann")));
        assert_eq!(lead(&mut bench, "accounts.sso.continue", &back), Err(403_025), "a token leads back once");
    }

    #[test]
    fn a_journey_needs_a_central_page_a_trusted_target_and_a_session() {
        let mut bench = group();
        for (key, target, expected) in [
            ("3_one", "https://evil.example/", 400_011),
            ("3_one", "https://evil.example\\@www.one.example/", 400_011),
            ("3_one", "javascript:alert(1)//www.one.example/", 400_011),
            ("3_one", "/play", 400_011),
            ("3_one", "", 400_002),
            ("3_alone", "https://www.alone.example/", 400_096),
        ] {
            let params = [("apiKey", key), ("redirectURL", target)];
            assert_eq!(lead(&mut bench, "accounts.sso.login", &params), Err(expected), "{target}");
        }
        let sso = sso_token(&mut bench);
        let nobody = [("apiKey", DEFAULT_API_KEY), ("ssoToken", sso.as_str())];
        assert_eq!(lead(&mut bench, "accounts.sso.continue", &nobody), Err(403_005));
        let segment = [("apiKey", "3_two"), ("ssoToken", sso.as_str())];
        assert_eq!(lead(&mut bench, "accounts.sso.getContext", &segment), Err(403_025));
        bench.wait(3_600_000);
        assert_eq!(lead(&mut bench, "accounts.sso.getContext", &nobody), Err(403_025));
    }

    #[test]
    fn queries_grow() {
        for (url, expected) in [
            ("https://a.example", "https://a.example?k=v%20w"),
            ("https://a.example/?", "https://a.example/?k=v%20w"),
            ("https://a.example/?x=1&", "https://a.example/?x=1&k=v%20w"),
            ("https://a.example/#f?", "https://a.example/?k=v%20w#f?"),
        ] {
            assert_eq!(with_query(url, &[("k", "v w")]).replace('+', "%20"), expected, "{url}");
        }
    }
}
