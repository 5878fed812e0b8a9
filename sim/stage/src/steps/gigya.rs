//! What a client of Gigya does, and what is expected of the accounts.

use crate::run::Run;
use crate::step::{CONTROL, Miss, Step, Takes, hold_text, needed, optional, unmet};
use crate::surface::locked;
use serde_json::{Value, json};
use standin_clients::gigya::GigyaError;
use standin_scenario::Node;

/// Any call.
pub const GIGYA_CALL: Step = Step {
    name: "gigya_call",
    summary: "calls a method of Gigya with the site's key and holds its answer against what is expected",
    args: &[
        needed("method", "the method, such as accounts.getAccountInfo").takes(Takes::Text),
        optional("params", "parameters by name; objects travel as JSON text"),
        optional("anonymous", "true: without key and secret, as a browser calls").takes(Takes::Flag),
        optional("expect_code", "the errorCode expected, 0 if it is not given").takes(Takes::Number),
        optional("expect", "members of the answer"),
        optional(
            "save",
            "members of the answer to keep for later steps: { uid: UID } is written ${uid} there",
        ),
    ],
    alone: None,
    open: false,
    example: "gigya_call: { method: accounts.getAccountInfo, params: { UID: ann }, expect: { UID: ann } }",
    run: |run, args| {
        let method = args.need_text("method")?;
        let params = args.json("params")?.unwrap_or(json!({}));
        let params: Vec<(String, Value)> =
            params.as_object().cloned().unwrap_or_default().into_iter().collect();
        let anonymous = args.flag("anonymous")?.unwrap_or(false);
        let wanted = i64::try_from(args.number("expect_code")?.unwrap_or(0)).unwrap_or(0);
        let answer = called(run, method, &params, anonymous, wanted)?;
        if let Some(expected) = args.json("expect")? {
            run.hold(args.need("expect")?, &expected, &answer, &format!("the answer of {method}"))?;
        }
        run.save(args.get("save"), &answer)?;
        Ok(format!("{method} answers {wanted}"))
    },
};

/// A change of an account.
pub const GIGYA_SET_ACCOUNT: Step = Step {
    name: "gigya_set_account",
    summary: "changes an account through accounts.setAccountInfo; every further member is a parameter of it",
    args: &[
        needed("UID", "whose account").takes(Takes::Text),
        optional("expect_code", "the errorCode expected, 0 if it is not given").takes(Takes::Number),
    ],
    alone: None,
    open: true,
    example: "gigya_set_account: { UID: ann, profile: { email: ann@new.example } }",
    run: |run, args| {
        let uid = args.need_text("UID")?;
        let mut params = vec![("UID".to_owned(), Value::from(uid))];
        params.extend(args.others()?);
        let wanted = i64::try_from(args.number("expect_code")?.unwrap_or(0)).unwrap_or(0);
        called(run, "accounts.setAccountInfo", &params, false, wanted)?;
        Ok(format!("set {uid}"))
    },
};

/// One account.
pub const EXPECT_ACCOUNT: Step = Step {
    name: "expect_account",
    summary: "holds one account against what is expected; members that are not named do not matter, null means absent",
    args: &[
        needed("UID", "whose account").takes(Takes::Text),
        optional("absent", "true: there must be no such account").takes(Takes::Flag).of_absence(),
        optional("contains", "text that must stand in some member of it").takes(Takes::Text),
        CONTROL,
        optional(
            "listed",
            "members that are texts with commas, by their paths, as lists: { profile.languages: [English, Dutch] }",
        ),
    ],
    alone: None,
    open: true,
    example: "expect_account: { UID: ann, profile: { city: Diest } }",
    run: |run, args| {
        let uid = args.need_text("UID")?;
        let account = locked(&run.world.parts().gigya).account(uid);
        if args.flag("absent")?.unwrap_or(false) {
            return match account {
                None => Ok(format!("no account {uid}")),
                Some(_) => Err(unmet(format!("an account `{uid}` exists"))),
            };
        }
        let Some(account) = account else { return Err(unmet(format!("there is no account `{uid}`"))) };
        let what = format!("account {uid}");
        hold_text(args, &account, &what)?;
        for (path, names) in args.get("listed").map(Node::map).transpose()?.unwrap_or_default() {
            let found = account.pointer(&format!("/{}", path.name.replace('.', "/")));
            let found =
                found.and_then(Value::as_str).map(|text| text.split(',').map(str::trim).collect::<Vec<_>>());
            run.hold(names, &names.to_json()?, &json!(found), &format!("{what}: {}", path.name))?;
        }
        let expected: serde_json::Map<String, Value> = args.others()?.into_iter().collect();
        run.hold(args.node(), &Value::Object(expected), &account, &what)?;
        Ok(what)
    },
};

/// What a person finds in the mail box or on the phone.
pub const EXPECT_MESSAGE: Step = Step {
    name: "expect_gigya_message",
    summary: "holds the last message that Gigya sent to an address or phone against what is expected",
    args: &[
        needed("to", "the address or phone"),
        optional("absent", "true: nothing was sent there").takes(Takes::Flag).of_absence(),
        optional(
            "save",
            "members of the message to keep for later steps, such as { code: code } or { link: link }",
        ),
    ],
    alone: None,
    open: true,
    example: "expect_gigya_message: { to: ann@brand.example, kind: passwordReset, save: { token: code } }",
    run: |run, args| {
        let to = args.need_text("to")?.to_owned();
        let sent = locked(&run.world.parts().gigya).outbox();
        let last = sent.into_iter().rfind(|message| message["to"] == to.as_str());
        if args.flag("absent")?.unwrap_or(false) {
            return match last {
                None => Ok(format!("nothing was sent to {to}")),
                Some(message) => Err(unmet(format!("a message was sent to {to}: {}", message["kind"]))),
            };
        }
        let Some(message) = last else { return Err(unmet(format!("nothing was sent to {to}"))) };
        let expected: serde_json::Map<String, Value> = args.others()?.into_iter().collect();
        run.hold(args.node(), &Value::Object(expected), &message, &format!("the message to {to}"))?;
        run.save(args.get("save"), &message)?;
        Ok(format!("a message to {to}"))
    },
};

/// How many accounts.
pub const EXPECT_ACCOUNTS: Step = Step {
    name: "expect_accounts",
    summary: "holds the number of accounts, over all sites, against what is expected",
    args: &[needed("count", "how many").takes(Takes::Number).of_absence()],
    alone: Some("count"),
    open: false,
    example: "expect_accounts: 2",
    run: |run, args| {
        let wanted = args.number("count")?.unwrap_or_default();
        let found = locked(&run.world.parts().gigya).accounts().len();
        run.hold(args.need("count")?, &json!(wanted), &json!(found), "the number of accounts")?;
        Ok(format!("{found} accounts"))
    },
};

/// Many accounts.
pub const GENERATE_ACCOUNTS: Step = Step {
    name: "generate_accounts",
    summary: "makes many registered accounts, person1@crowd.example and on, straight into the fake",
    args: &[needed("count", "how many").takes(Takes::Number)],
    alone: Some("count"),
    open: false,
    example: "generate_accounts: 10000",
    run: |run, args| {
        let count = args.number("count")?.unwrap_or_default().min(2_000_000);
        let now = run.world.now();
        let mut gigya = locked(&run.world.parts().gigya);
        for at in 1..=count {
            let account = json!({"accounts": [{
                "UID": format!("person{at:07}"), "isRegistered": true, "isVerified": true,
                "profile": {
                    "email": format!("person{at}@crowd.example"), "firstName": "Person", "lastName": format!("No {at}"),
                    "city": "Diest", "zip": format!("{:05}", at % 100_000), "country": "Belgium",
                },
            }]});
            gigya.seed(now, &account).map_err(|error| Miss::Broken(error.to_string()))?;
        }
        Ok(format!("{count} accounts made"))
    },
};

/// Calls and holds the error code.
fn called(
    run: &mut Run<'_>,
    method: &str,
    params: &[(String, Value)],
    anonymous: bool,
    wanted: i64,
) -> Result<Value, Miss> {
    let sent: Vec<(&str, String)> =
        params.iter().map(|(name, value)| (name.as_str(), travelling(value))).collect();
    let (code, told, body) = match run.gigya(method, &sent, anonymous) {
        Ok(body) => (0, "errorCode 0".to_owned(), body),
        Err(GigyaError::Api { code, message, details, body, .. }) => {
            (code, format!("{code} {message} ({details})"), *body)
        }
        Err(other) => return Err(unmet(format!("{method} got no answer: {other}"))),
    };
    if code == wanted {
        return Ok(body);
    }
    Err(Miss::Unmet(crate::step::Unmet {
        message: format!("{method} answers differently"),
        expected: Some(format!("errorCode {wanted}")),
        actual: Some(told),
        ..crate::step::Unmet::default()
    }))
}

/// A parameter as it travels in a form: text as it is, everything else as JSON.
fn travelling(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
