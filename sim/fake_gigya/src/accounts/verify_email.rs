//! `accounts.verifyEmail`: where the link of a verification leads.

use crate::accounts::gate::verified;
use crate::accounts::session::pending;
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::{Gigya, RegToken};
use crate::tickets::Purpose;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.verifyEmail",
    summary: "Verifies the address to which a link was sent; with auto login 206005 and a regToken follow.",
    evidence: Evidence::decided(
        "no page shows what the link of a verification mail looks like",
        "a_link_verifies_an_address",
    ),
    access: Access::Public,
    params: &["code"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let token = call.need("code")?;
    let ticket = gigya.tickets.find(call.now, call.site.home(), &Purpose::VerifyEmail, token).cloned();
    let ticket = ticket.ok_or_else(|| Refusal::because(403_025, "Invalid verification code"))?;
    let before = gigya.account_of(&call.site.api_key, &ticket.uid)?;
    gigya.tickets.spend(token);
    let has = |email: &String| email.eq_ignore_ascii_case(&ticket.to);
    if !before.verified_emails.iter().chain(&before.unverified_emails).any(has) {
        return Err(Refusal::because(403_025, "the address is no longer one of the account"));
    }
    let account = verified(gigya, call, &before, &ticket.to);
    if call.site.policy_on("emailVerification", "autoLogin") {
        let open = RegToken::of(call, &account.uid);
        return Err(pending(gigya, call, open, 206_005, "Success after email verification"));
    }
    Ok(Object::from_iter([("UID".into(), account.uid.into())]))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::{Value, json};

    fn bench(auto_login: bool) -> Bench {
        Bench::seeded(&json!({"sites": [{"policies": {
            "accountOptions": {"verifyEmail": true},
            "emailVerification": {"autoLogin": auto_login},
        }}]}))
    }

    fn register(bench: &mut Bench) -> Value {
        let params =
            [("email", "ann@example.org"), ("password", "secret1"), ("finalizeRegistration", "true")];
        bench.call("accounts.register", &params)
    }

    fn last_code(bench: &Bench) -> String {
        bench.gigya.outbox().last().unwrap()["code"].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_link_verifies_an_address() {
        let mut bench = bench(false);
        let answer = register(&mut bench);
        assert_eq!(
            (&answer["errorCode"], &answer["unverifiedEmails"]),
            (&json!(206_002), &json!(["ann@example.org"]))
        );
        let first = last_code(&bench);
        let token = answer["regToken"].as_str().unwrap().to_owned();
        assert_eq!(bench.client("accounts.resendVerificationCode", &[("regToken", &token)])["errorCode"], 0);
        assert_eq!(bench.client("accounts.verifyEmail", &[("code", &first)])["errorCode"], 403_025);
        let login = [("loginID", "ann@example.org"), ("password", "secret1")];
        assert_eq!(bench.client("accounts.login", &login)["errorCode"], 206_002);
        let uid = answer["UID"].as_str().unwrap().to_owned();
        let include = [("UID", uid.as_str()), ("include", "loginIDs,emails")];
        let ids = |bench: &mut Bench| bench.call("accounts.getAccountInfo", &include)["loginIDs"].clone();
        assert_eq!(ids(&mut bench), json!({"emails": [], "unverifiedEmails": ["ann@example.org"]}));
        bench.wait(86_399_999);
        let code = last_code(&bench);
        assert_eq!(bench.client("accounts.verifyEmail", &[("code", &code)])["UID"], uid);
        assert_eq!(ids(&mut bench), json!({"emails": ["ann@example.org"], "unverifiedEmails": []}));
        let answer = bench.client("accounts.login", &login);
        assert_eq!((&answer["errorCode"], &answer["isVerified"]), (&json!(0), &json!(true)));
        assert_eq!(answer["verifiedTimestamp"], bench.now.millis());
    }

    #[test]
    fn links_end_after_a_day() {
        let mut bench = bench(false);
        register(&mut bench);
        let code = last_code(&bench);
        bench.wait(86_400_000);
        assert_eq!(bench.client("accounts.verifyEmail", &[("code", &code)])["errorCode"], 403_025);
    }

    #[test]
    fn auto_login_goes_on_by_token() {
        let mut bench = bench(true);
        register(&mut bench);
        let code = last_code(&bench);
        let answer = bench.client("accounts.verifyEmail", &[("code", &code)]);
        assert_eq!((&answer["errorCode"], &answer["statusCode"]), (&json!(206_005), &json!(206)));
        let token = answer["regToken"].as_str().unwrap().to_owned();
        let answer = bench.client("accounts.finalizeRegistration", &[("regToken", &token)]);
        assert_eq!(answer["errorCode"], 0);
        assert!(answer["sessionInfo"]["cookieValue"].is_string());
    }

    #[test]
    fn a_new_address_is_added_before_it_is_verified() {
        let mut bench = bench(false);
        bench.account("ann", r#"{"email":"ann@example.org"}"#);
        let params = [("UID", "ann"), ("email", "two@example.org")];
        assert_eq!(bench.code("accounts.resendVerificationCode", &params), 0);
        let ann = bench.gigya.account("ann").unwrap();
        assert_eq!(
            ann["emails"],
            json!({"verified": ["ann@example.org"], "unverified": ["two@example.org"]})
        );
        assert_eq!(bench.gigya.outbox()[0]["to"], "two@example.org");
        assert_eq!(
            bench.code("accounts.resendVerificationCode", &[("UID", "ann"), ("email", "no")]),
            400_006
        );
        assert_eq!(bench.code("accounts.resendVerificationCode", &[("UID", "x"), ("email", "no")]), 403_005);
    }
}
