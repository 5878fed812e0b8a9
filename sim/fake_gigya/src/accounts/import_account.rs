//! `accounts.importAccount`: the older way in, whose parameters become those of
//! [`importFullAccount`](crate::accounts::import_full_account).

use crate::accounts::import_full_account;
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Reply};
use crate::gigya::Gigya;
use crate::params::Params;
use serde_json::{Value, json};
use standin_model::Evidence;
use std::sync::Arc;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.importAccount",
    summary: "Makes an account of what another system knows; the older form of importFullAccount.",
    evidence: Evidence::inferred(
        "the parameters and the answer that the Node client knows",
        "the_older_import_makes_an_account",
    ),
    access: Access::Private,
    params: &[
        "UID",
        "username",
        "email",
        "secretQuestion",
        "secretAnswer",
        "profile",
        "data",
        "skipVerification",
        "finalizeRegistration",
        "created",
        "lastUpdated",
        "lastLogin",
        "isActive",
        "regSource",
        "compoundHashedPassword",
        "hashedPassword",
        "pwHashAlgorithm",
        "pwHashFormat",
        "pwHashSalt",
        "pwHashRounds",
    ],
    server_params: &[],
    run,
};

/// Members of `hashSettings`, and the parameters that told them.
const HASH_SETTINGS: &[(&str, &str)] = &[
    ("algorithm", "pwHashAlgorithm"),
    ("format", "pwHashFormat"),
    ("salt", "pwHashSalt"),
    ("rounds", "pwHashRounds"),
];

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    call.need("UID")?;
    let mut params = call.params.clone();
    translate(Arc::make_mut(&mut params));
    let mut out = import_full_account::run(gigya, &Call { params, ..call.clone() })?;
    out.shift_remove("UID");
    out.entry("identityConflicts").or_insert_with(|| json!([]));
    out.insert("isImported".into(), true.into());
    Ok(out)
}

fn translate(params: &mut Params) {
    let texts = |names: &[(&str, &str)]| {
        let given = names.iter().filter_map(|(to, from)| Some(((*to).to_owned(), params.get(from)?.into())));
        given.collect::<Object>()
    };
    let mut password =
        texts(&[("hashedPassword", "hashedPassword"), ("compoundHashedPassword", "compoundHashedPassword")]);
    if !password.is_empty() {
        password.insert("hashSettings".into(), texts(HASH_SETTINGS).into());
    }
    let mut ids = texts(&[("username", "username")]);
    ids.extend(params.get("email").map(|email| ("emails".into(), json!([email]))));
    let secret = texts(&[("secretQuestion", "secretQuestion"), ("secretAnswer", "secretAnswer")]);
    for (name, members) in [("password", password), ("loginIDs", ids), ("secretQuestionAndAnswer", secret)] {
        if !members.is_empty() {
            params.put(name, &Value::Object(members).to_string());
        }
    }
    for (to, from) in [("isRegistered", "finalizeRegistration"), ("isVerified", "skipVerification")] {
        if let Some(flag) = params.get(from).map(str::to_owned) {
            params.put(to, &flag);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn the_older_import_makes_an_account() {
        let mut bench = Bench::new();
        // MD5 of `password`, Base64.
        let params = [
            ("UID", "crm-1"),
            ("email", "ann@example.org"),
            ("profile", r#"{"email":"ann@example.org","firstName":"Ann"}"#),
            ("hashedPassword", "X03MO1qnZdYdgyfeuILPmQ=="),
            ("pwHashAlgorithm", "md5"),
            ("pwHashFormat", "$password"),
            ("finalizeRegistration", "true"),
            ("skipVerification", "true"),
            ("created", "2020-01-02T03:04:05.678Z"),
            ("secretQuestion", "Pet?"),
            ("secretAnswer", "Rex"),
        ];
        let answer = bench.call("accounts.importAccount", &params);
        assert_eq!((&answer["isImported"], &answer["identityConflicts"]), (&json!(true), &json!([])));
        assert_eq!(answer.get("ignoredParams"), None);
        let info = bench.call("accounts.getAccountInfo", &[("UID", "crm-1"), ("include", "emails")]);
        assert_eq!(
            (&info["isRegistered"], &info["isVerified"], &info["created"], &info["emails"]["verified"]),
            (&json!(true), &json!(true), &json!("2020-01-02T03:04:05.678Z"), &json!(["ann@example.org"]))
        );
        let login = [("loginID", "ann@example.org"), ("password", "password")];
        assert_eq!(bench.client("accounts.login", &login)["errorCode"], 0);
        let reset = [("loginID", "ann@example.org"), ("secretAnswer", "rex"), ("newPassword", "secret1")];
        assert_eq!(bench.client("accounts.resetPassword", &reset)["UID"], "crm-1");
        assert_eq!(bench.code("accounts.importAccount", &params), 400_003);
        assert_eq!(bench.code("accounts.importAccount", &[("email", "bob@example.org")]), 400_002);
        let plain = [("UID", "crm-2"), ("username", "bob"), ("isActive", "false")];
        assert_eq!(bench.code("accounts.importAccount", &plain), 0);
        let bob = bench.gigya.account("crm-2").unwrap();
        assert_eq!(
            (&bob["isActive"], &bob["isRegistered"], &bob["loginIDs"]["username"]),
            (&json!(false), &json!(false), &json!("bob"))
        );
    }
}
