//! `Authorization: Bearer`: tokens that an application signs itself, and tokens that the platform gave out.

use crate::call::Caller;
use crate::envelope::Refusal;
use crate::gigya::Gigya;
use crate::jwt::Token;
use crate::params::Params;
use crate::site::Site;
use http::HeaderValue;
use standin_model::Instant;
use standin_ports::Request;
use std::time::Duration;

/// How long a token that has ended is still told from one that never was.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// What a server got for its credentials.
#[derive(Clone, Debug)]
pub(crate) struct AccessToken {
    api_key: String,
    user_key: String,
    ends: Instant,
}

/// The key that an application's token names, before anything of it is checked.
pub(crate) fn signer_of(request: &Request) -> Option<String> {
    let header = request.headers().get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let (_, token) = header.trim().split_once(' ')?;
    Token::parse(token.trim())?.header("kid").map(str::to_owned)
}

impl Gigya {
    /// Who sends this header.
    pub(crate) fn bearer(
        &mut self,
        now: Instant,
        site: &Site,
        header: &HeaderValue,
    ) -> Result<Caller, Refusal> {
        let text = header.to_str().map_err(|_| Refusal::new(400_008))?;
        let (scheme, token) = text.trim().split_once(' ').ok_or_else(|| Refusal::new(400_008))?;
        let token = token.trim();
        if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() || token.contains(' ') {
            return Err(Refusal::new(400_008));
        }
        if self.access_tokens.get(now, token).is_some() {
            return self.by_access_token(now, site, token);
        }
        if self.sessions.get(now, token).is_some() {
            return self.session_by_bearer(now, site, token);
        }
        let token = Token::parse(token).ok_or_else(|| Refusal::new(403_025))?;
        self.by_signed_token(now, site, &token)
    }

    fn by_signed_token(&mut self, now: Instant, site: &Site, token: &Token<'_>) -> Result<Caller, Refusal> {
        let lacks = |what: &str| Refusal::because(403_025, format!("the token has no {what}"));
        let user_key = token.header("kid").ok_or_else(|| lacks("kid"))?;
        let key = site.keys.get(user_key).ok_or_else(|| self.stranger(user_key))?;
        let made = token.time("iat").ok_or_else(|| lacks("iat"))?;
        let id = token.claim("jti").ok_or_else(|| lacks("jti"))?;
        self.check_time(now, Some(made), &made.to_string())?;
        if token.time("exp").is_some_and(|end| end <= now.seconds()) {
            return Err(Refusal::because(403_002, "the token has expired"));
        }
        let nonce = format!("{user_key}\n{id}");
        self.check_nonce(now, &nonce)?;
        if !key.public.as_ref().is_some_and(|public| token.is_signed_by(public)) {
            return Err(Refusal::new(403_003));
        }
        self.remember_nonce(now, nonce);
        Ok(Caller::Server { user_key: user_key.to_owned() })
    }

    /// The site that gave out the token of a call.
    pub(crate) fn site_of_token(&self, now: Instant, request: &Request, params: &Params) -> Option<&str> {
        let header = request.headers().get(http::header::AUTHORIZATION);
        let bearer =
            header.and_then(|text| text.to_str().ok()?.split_once(' ')).map(|(_, token)| token.trim());
        let token = bearer.or_else(|| params.get("oauth_token"))?;
        let of_server = self.access_tokens.get(now, token).map(|it| it.api_key.as_str());
        of_server.or_else(|| self.sessions.get(now, token).map(|it| it.api_key.as_str()))
    }

    /// Gives a server a token, and says for how long.
    pub(crate) fn new_access_token(
        &mut self,
        now: Instant,
        site: &Site,
        user_key: &str,
    ) -> (String, Duration) {
        let lasts = self.knobs.span("gigya.access_token_lasts");
        let text = format!("st2.a.{}", self.ids.token(64));
        let token = AccessToken {
            api_key: site.api_key.clone(),
            user_key: user_key.to_owned(),
            ends: now.plus(lasts),
        };
        self.access_tokens.insert(token.ends.plus(REMEMBERED), text.clone(), token);
        (text, lasts)
    }

    /// A token that the platform gave to a server.
    pub(crate) fn by_access_token(&self, now: Instant, site: &Site, token: &str) -> Result<Caller, Refusal> {
        let found = self.access_tokens.get(now, token).filter(|it| it.api_key == site.api_key);
        let found = found.ok_or_else(|| Refusal::new(403_025))?;
        if found.ends <= now {
            return Err(Refusal::new(403_011));
        }
        Ok(Caller::Server { user_key: found.user_key.clone() })
    }
}

#[cfg(test)]
mod tests {
    use crate::DEFAULT_API_KEY;
    use crate::signature::{base_string, hmac_sha1};
    use crate::testing::*;
    use serde_json::{Value, json};
    use standin_ports::Secret;

    const APPLICATION: &str = include_str!("../../../fixtures/keys/application.pub.pem");
    const SIGNED: &str = include_str!("../../../fixtures/keys/application.jwt");

    fn bench() -> Bench {
        Bench::seeded(&json!({"sites": [
            {"keys": [{"user_key": "ARsaUserKey", "public_key": APPLICATION}, {"user_key": "AKey", "secret": "c2Vj"}]},
            {"api_key": "3_other", "keys": [{"user_key": "AOther", "secret": "c2Vj"}]},
        ]}))
    }

    fn call(bench: &mut Bench, api_key: &str, authorization: &str) -> Value {
        let mut request = post("admin.getSiteConfig", &[("apiKey", api_key)]);
        request.headers_mut().insert("authorization", authorization.parse().unwrap());
        body(&bench.send(request))
    }

    #[test]
    fn bearer_tokens_of_applications() {
        let signed = SIGNED.trim();
        for (skew, expected) in [(0_u64, 0), (120, 0), (121, 403_002)] {
            let mut bench = bench();
            bench.wait(skew * 1000);
            let token = format!("Bearer {signed}");
            assert_eq!(call(&mut bench, DEFAULT_API_KEY, &token)["errorCode"], expected, "{skew}");
            if expected == 0 {
                assert_eq!(call(&mut bench, DEFAULT_API_KEY, &token)["errorCode"], 403_004, "a replay");
            }
        }
    }

    #[test]
    fn a_bearer_token_is_enough_where_no_site_is_meant() {
        let mut bench = bench();
        let mut sites = |authorization: &str| {
            let mut request = post("admin.getUserSites", &[]);
            request.headers_mut().insert("authorization", authorization.parse().unwrap());
            body(&bench.send(request))
        };
        let answer = sites(&format!("Bearer {}", SIGNED.trim()));
        assert_eq!(answer["sites"][0]["sites"][0]["apiKey"], DEFAULT_API_KEY, "{answer}");
        assert_eq!(sites(&format!("Bearer {}", SIGNED.trim()))["errorCode"], 403_004, "a replay");
        assert_eq!(sites("Bearer nonsense")["errorCode"], 400_002);
    }

    #[test]
    fn bearer_tokens_that_are_refused() {
        // {"alg":"RS256","kid":...} . {"iat":1767600000,"jti":"j"} with a signature that is none.
        let with = |header: Value, claims: Value| {
            use base64::Engine as _;
            let part =
                |value: Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
            format!("Bearer {}.{}.AAAA", part(header), part(claims))
        };
        let claims = json!({"iat": 1_767_600_000, "jti": "j"});
        let kid = |kid: &str| json!({"alg": "RS256", "typ": "JWT", "kid": kid});
        for (authorization, expected) in [
            ("Basic YTpi".to_owned(), 400_008),
            ("Bearer".to_owned(), 400_008),
            ("Bearer a b".to_owned(), 400_008),
            ("Bearer nonsense".to_owned(), 403_025),
            (with(kid("ANobody"), claims.clone()), 403_005),
            (with(kid("AOther"), claims.clone()), 403_036),
            (with(kid("ARsaUserKey"), claims.clone()), 403_003),
            (with(kid("AKey"), claims.clone()), 403_003),
            (with(json!({"alg": "none", "kid": "ARsaUserKey"}), claims), 403_003),
            (with(kid("ARsaUserKey"), json!({"jti": "j"})), 403_025),
            (with(kid("ARsaUserKey"), json!({"iat": 1_767_600_000})), 403_025),
            (with(kid("ARsaUserKey"), json!({"iat": 1.0e300, "jti": "j"})), 403_002),
        ] {
            assert_eq!(
                call(&mut bench(), DEFAULT_API_KEY, &authorization)["errorCode"],
                expected,
                "{authorization}"
            );
        }
    }

    #[test]
    fn a_key_without_a_secret_has_no_empty_secret() {
        let stamp = standin_model::Instant::START.seconds().to_string();
        let mut params = vec![
            ("apiKey", DEFAULT_API_KEY),
            ("userKey", "ARsaUserKey"),
            ("timestamp", stamp.as_str()),
            ("nonce", "n"),
        ];
        let base = base_string("POST", "https://admin.eu1.gigya.com/admin.getSiteConfig", &params);
        let sig = hmac_sha1(&Secret::new(""), &base).unwrap();
        params.push(("sig", &sig));
        assert_eq!(body(&bench().send(post("admin.getSiteConfig", &params)))["errorCode"], 403_003);
        params.push(("secret", "eA=="));
        assert_eq!(body(&bench().send(post("admin.getSiteConfig", &params)))["errorCode"], 403_010);
    }
}
