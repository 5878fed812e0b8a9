//! Codes that a page exchanges for a session, and people on their way to a central login page.

use crate::accounts::session::{logged_in_for, view};
use crate::call::Call;
use crate::envelope::{Refusal, Reply};
use crate::gigya::Gigya;
use std::time::Duration;

/// How many codes, and how many journeys, are kept; the first to end go first.
pub(crate) const MOST: usize = 100_000;
/// How long a code is good for.
const CODE_LASTS: Duration = Duration::from_secs(60);

/// A session that waits to be fetched, once.
#[derive(Clone, Debug)]
pub(crate) struct AuthCode {
    /// The site whose pages may fetch it.
    pub(crate) api_key: String,
    pub(crate) uid: String,
    /// How long it will last, in the words of `sessionExpiration`.
    pub(crate) seconds: i64,
}

/// Somebody whom a site of a group sent to the central login page.
#[derive(Clone, Debug)]
pub(crate) struct Journey {
    /// The site that sent them.
    pub(crate) api_key: String,
    /// Where they go when they are logged in.
    pub(crate) redirect_url: String,
    pub(crate) context: Option<String>,
    pub(crate) state: Option<String>,
}

impl Gigya {
    /// A code for a session of the calling site.
    pub(crate) fn new_auth_code(&mut self, call: &Call, uid: &str, seconds: i64) -> String {
        self.new_auth_code_at(call, &call.site.api_key, uid, seconds)
    }

    /// A code for a session of a site.
    pub(crate) fn new_auth_code_at(&mut self, call: &Call, api_key: &str, uid: &str, seconds: i64) -> String {
        let code = format!("st2.c.{}", self.ids.token(64));
        let session = AuthCode { api_key: api_key.to_owned(), uid: uid.to_owned(), seconds };
        self.auth_codes.insert(call.now.plus(CODE_LASTS), code.clone(), session);
        code
    }

    /// Answers a page that brings a code: the account, and the session that waited.
    pub(crate) fn exchange(&mut self, call: &Call, code: &str) -> Reply {
        let void = || Refusal::because(403_025, "the authCode is no longer valid");
        // A cookie that some server quoted is the same cookie.
        let code = code.trim_matches('"');
        let known = self.auth_codes.get(call.now, code).filter(|it| it.api_key == call.site.api_key);
        let AuthCode { uid, seconds, .. } = known.cloned().ok_or_else(void)?;
        self.auth_codes.remove(code);
        let account = self.account_of(&call.site.api_key, &uid)?;
        if !account.is_active {
            return Err(Refusal::new(403_041));
        }
        let view = view(call, &["profile", "data"])?;
        logged_in_for(self, call, &account, &view, seconds)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use crate::{DEFAULT_API_KEY, DEFAULT_SECRET, DEFAULT_USER_KEY};
    use serde_json::{Value, json};

    /// The code that a server's call hands to its browser.
    fn code_of(bench: &mut Bench, more: &[(&str, &str)]) -> String {
        let params = [&[("siteUID", "ann"), ("targetEnv", "browser")][..], more].concat();
        let session = bench.call("accounts.notifyLogin", &params)["sessionInfo"].clone();
        assert_eq!(session["cookieName"], format!("gac_{DEFAULT_API_KEY}"));
        session["cookieValue"].as_str().unwrap().to_owned()
    }

    fn exchanged(bench: &mut Bench, code: &str) -> Value {
        bench.client("socialize.notifyLogin", &[("authCode", code), ("targetEnv", "jssdk")])
    }

    #[test]
    fn a_code_becomes_a_session_once() {
        for (waited, expected) in [(59_999, 0), (60_000, 403_025)] {
            let mut bench = Bench::new();
            let code = code_of(&mut bench, &[("sessionExpiration", "7200")]);
            bench.wait(waited);
            let answer = exchanged(&mut bench, &format!("\"{code}\""));
            assert_eq!(answer["errorCode"], expected, "{waited}");
            assert_eq!(exchanged(&mut bench, &code)["errorCode"], 403_025);
            if expected == 0 {
                assert_eq!(
                    (&answer["UID"], &answer["sessionInfo"]["expires_in"]),
                    (&json!("ann"), &json!("7200"))
                );
                let token = answer["sessionInfo"]["login_token"].as_str().unwrap();
                let info = bench.client("accounts.getAccountInfo", &[("login_token", token)]);
                assert_eq!(info["UID"], "ann");
            }
        }
    }

    #[test]
    fn a_code_is_no_session_and_belongs_to_one_site() {
        let mut bench = Bench::seeded(&json!({"sites": [
            {"api_key": DEFAULT_API_KEY}, {"api_key": "3_other"}]}));
        let code = code_of(&mut bench, &[]);
        assert_eq!(bench.client("accounts.getAccountInfo", &[("login_token", &code)])["errorCode"], 403_005);
        let elsewhere = [("apiKey", "3_other"), ("authCode", code.as_str())];
        let elsewhere = body(&bench.send(post("socialize.notifyLogin", &elsewhere)));
        assert_eq!(elsewhere["errorCode"], 403_025);
        assert_eq!(exchanged(&mut bench, &code)["errorCode"], 0, "a stranger's attempt spends nothing");
    }

    /// A login by a server for its browser; a browser that logs in by itself gets the session at once.
    #[test]
    fn who_gets_a_code() {
        let mut bench = Bench::seeded(&json!({"accounts": [
            {"UID": "ann", "password": "secret1", "profile": {"email": "ann@example.org"}}]}));
        let login = [("loginID", "ann@example.org"), ("password", "secret1")];
        let server = [("apiKey", DEFAULT_API_KEY), ("userKey", DEFAULT_USER_KEY), ("secret", DEFAULT_SECRET)];
        for (who, env, expected) in
            [(&server[..], "browser", "gac_"), (&server[..], "", "glt_"), (&server[..1], "browser", "glt_")]
        {
            let params = [who, &login, &[("targetEnv", env)]].concat();
            let answer = body(&bench.send(post("accounts.login", &params)));
            let name = answer["sessionInfo"]["cookieName"].as_str().unwrap();
            assert_eq!(name, format!("{expected}{DEFAULT_API_KEY}"));
        }
    }
}
