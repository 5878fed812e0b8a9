//! `accounts.addEmails` and `accounts.removeEmails`.

use crate::account::Account;
use crate::accounts::write::store;
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Problem, Refusal, Reply};
use crate::gigya::Gigya;
use standin_model::Evidence;

pub(crate) const ADD: Endpoint = Endpoint {
    name: "accounts.addEmails",
    summary: "Adds addresses to an account, verified or not; one in the other list moves.",
    evidence: Evidence::documented("accounts.addEmails REST", "addresses_come_and_go"),
    access: Access::Private,
    params: &["UID", "verifiedEmails", "unverifiedEmails"],
    server_params: &[],
    run: add,
};

pub(crate) const REMOVE: Endpoint = Endpoint {
    name: "accounts.removeEmails",
    summary: "Takes addresses from an account; profile and login identifiers stay as they are.",
    evidence: Evidence::documented("accounts.removeEmails REST", "addresses_come_and_go"),
    access: Access::Private,
    params: &["UID", "verifiedEmails", "unverifiedEmails"],
    server_params: &[],
    run: remove,
};

fn lists(call: &Call) -> Result<(Vec<String>, Vec<String>), Refusal> {
    let words = |name: &str| call.params.words(name);
    match (words("verifiedEmails"), words("unverifiedEmails")) {
        (None, None) => Err(Refusal::missing(call.method, "verifiedEmails")),
        (verified, unverified) => Ok((verified.unwrap_or_default(), unverified.unwrap_or_default())),
    }
}

fn add(gigya: &mut Gigya, call: &Call) -> Reply {
    let before = gigya.account_of(&call.site.api_key, call.need("UID")?)?;
    let (verified, unverified) = lists(call)?;
    let bad = |list: &[String], name: &str| {
        let wrong = list.iter().filter(|email| !crate::email::is_valid(email));
        wrong.map(|_| Problem::new(400_006, name, "not a valid address")).collect::<Vec<_>>()
    };
    let mut problems = bad(&verified, "verifiedEmails");
    problems.extend(bad(&unverified, "unverifiedEmails"));
    if !problems.is_empty() {
        return Err(Refusal::invalid(problems));
    }
    let mut account = Account::clone(&before);
    for email in &verified {
        account.add_email(email, true);
    }
    for email in &unverified {
        account.verified_emails.retain(|other| !other.eq_ignore_ascii_case(email));
        account.add_email(email, false);
    }
    if !verified.is_empty() && !account.is_verified {
        account.is_verified = true;
        account.verified.get_or_insert(call.now);
    }
    store(gigya, call, account, Some(&before));
    Ok(Object::new())
}

fn remove(gigya: &mut Gigya, call: &Call) -> Reply {
    let before = gigya.account_of(&call.site.api_key, call.need("UID")?)?;
    let (verified, unverified) = lists(call)?;
    let mut account = Account::clone(&before);
    let named = |list: &[String], email: &String| list.iter().any(|other| other.eq_ignore_ascii_case(email));
    account.verified_emails.retain(|email| !named(&verified, email));
    account.unverified_emails.retain(|email| !named(&unverified, email));
    store(gigya, call, account, Some(&before));
    Ok(Object::new())
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn addresses_come_and_go() {
        let mut bench = Bench::new();
        bench.account("ann", r#"{"email":"ann@example.org"}"#);
        let emails = |bench: &Bench| bench.gigya.account("ann").unwrap()["emails"].clone();
        let params = [
            ("uid", "ann"),
            ("verifiedEmails", "b@example.org, c@example.org"),
            ("unverifiedEmails", "ANN@example.org"),
        ];
        assert_eq!(bench.code("accounts.addEmails", &params), 0);
        assert_eq!(
            emails(&bench),
            json!({"verified": ["b@example.org", "c@example.org"], "unverified": ["ANN@example.org"]})
        );
        let params =
            [("UID", "ann"), ("verifiedEmails", "c@example.org"), ("unverifiedEmails", "ann@example.org")];
        assert_eq!(bench.code("accounts.removeEmails", &params), 0);
        assert_eq!(emails(&bench), json!({"verified": ["b@example.org"], "unverified": []}));
        let ann = bench.gigya.account("ann").unwrap();
        assert_eq!(ann["profile"]["email"], "ann@example.org");
        assert_eq!(ann["loginIDs"]["emails"], json!(["ann@example.org"]));
        for (params, expected) in [
            (&[("UID", "ann")][..], 400_002),
            (&[("UID", "bob"), ("verifiedEmails", "b@example.org")], 403_005),
            (&[("UID", "ann"), ("verifiedEmails", "nonsense")], 400_009),
        ] {
            assert_eq!(bench.code("accounts.addEmails", params), expected, "{params:?}");
        }
    }
}
