//! `accounts.identifiers.createToken`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::tickets::{Purpose, Ticket};
use standin_model::Evidence;
use std::time::Duration;

/// How long a token stands for the identifier. No page says.
const LASTS: Duration = Duration::from_secs(600);

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.identifiers.createToken",
    summary: "Gives a token that logs in in the place of an identifier, without showing it.",
    evidence: Evidence::documented(
        "accounts.identifiers.createToken REST",
        "a_token_stands_for_an_identifier",
    ),
    access: Access::Private,
    params: &["identifierType", "identifier"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let (kind, identifier) = (call.need("identifierType")?, call.need("identifier")?);
    if !["phone", "email", "username"].iter().any(|known| kind.eq_ignore_ascii_case(known)) {
        return Err(Refusal::because(400_006, "identifierType must be phone, email or username"));
    }
    let token = format!("AT1_{}", gigya.ids.token(48));
    let ticket = Ticket {
        home: call.site.home().to_owned(),
        purpose: Purpose::Identifier,
        uid: token.clone(),
        to: identifier.to_owned(),
        code: None,
    };
    gigya.tickets.issue(call.now.plus(LASTS), token.clone(), ticket);
    Ok(Object::from_iter([("aToken".into(), token.into())]))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn a_token_stands_for_an_identifier() {
        let mut bench = Bench::seeded(&json!({"accounts": [
            {"UID": "ann", "password": "secret1", "profile": {"email": "ann@example.org"}},
        ]}));
        let params = [("identifierType", "email"), ("identifier", "ann@example.org")];
        let answer = bench.call("accounts.identifiers.createToken", &params);
        let token = answer["aToken"].as_str().unwrap().to_owned();
        assert!(!token.contains("ann"));
        for (token, password, expected) in [
            (token.as_str(), "secret1", 0),
            (token.as_str(), "wrong", 403_042),
            ("AT1_x", "secret1", 403_025),
        ] {
            let answer = bench.client("accounts.login", &[("aToken", token), ("password", password)]);
            assert_eq!(answer["errorCode"], expected);
        }
        let params = [("identifierType", "shoe"), ("identifier", "44")];
        assert_eq!(bench.code("accounts.identifiers.createToken", &params), 400_006);
    }
}
