//! Who is meant by a call, sessions, and what an answer shows of an account.

use crate::account::Account;
use crate::accounts::get_jwt::id_token;
use crate::call::{Call, Caller};
use crate::envelope::{Object, Refusal};
use crate::gigya::{Gigya, RegToken};
use crate::shown::{Extra, Shape, View};
use crate::signature::{session_secret, uid_signature};
use crate::socialize::get_user_info::{user_info, wants_user_info};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// What `include`, `includeCommunications` and `extraProfileFields` ask for, or else `default`.
pub(crate) fn view(call: &Call, default: &[&'static str]) -> Result<View, Refusal> {
    let mut view = View::of(default);
    if let Some(sections) = call.params.words("include") {
        view.sections = sections.into_iter().map(Cow::Owned).collect();
    }
    if !call.is_server() {
        view.sections
            .retain(|name| !name.eq_ignore_ascii_case("password") && !name.eq_ignore_ascii_case("internal"));
    }
    view.extra = Extra::Only(call.params.words("extraProfileFields").unwrap_or_default());
    view.communications = call.params.flag("includeCommunications")?.unwrap_or(false);
    view.unverified_apart = call.site.policy_on("accountOptions", "verifyEmail");
    Ok(view)
}

/// The account in the shape of a method's answer, with the signature that client-side answers carry.
pub(crate) fn shown(gigya: &Gigya, call: &Call, account: &Account, shape: Shape, view: &View) -> Object {
    let mut out = account.show(shape, view, gigya.phones_shape(), call.now);
    vouch(gigya, call, account, shape, view, &mut out);
    out
}

/// The same, written later; the members that are told now.
pub(crate) fn written(
    gigya: &mut Gigya,
    call: &Call,
    account: &Arc<Account>,
    shape: Shape,
    view: View,
) -> Object {
    let mut out = Object::new();
    // Whose answer it is, whoever looks back on the call wants to know.
    out.insert("UID".into(), account.uid.as_str().into());
    vouch(gigya, call, account, shape, &view, &mut out);
    let (account, phones, now) = (Arc::clone(account), gigya.phones_shape().to_owned(), call.now);
    gigya.later.write(move |text| {
        account.tell(shape, &view, &phones, now, &mut |name, node| {
            if name != "UID" {
                text.put(name, node);
            }
        });
    });
    out
}

/// Adds what the platform signs about an account.
fn vouch(gigya: &Gigya, call: &Call, account: &Account, shape: Shape, view: &View, out: &mut Object) {
    sign(gigya, call, &account.uid, out);
    if view.has("id_token") {
        out.insert("id_token".into(), id_token(call, account, matches!(shape, Shape::Login)).into());
    }
}

/// Adds the signature on a UID that client-side answers carry.
pub(crate) fn sign(gigya: &Gigya, call: &Call, uid: &str, out: &mut Object) {
    if !call.is_server() || gigya.knobs.on("gigya.uid_signature_on_s2s") {
        let signature = uid_signature(&call.site.partner_secret, uid, call.now);
        out.insert("UIDSignature".into(), signature.into());
        out.insert("signatureTimestamp".into(), call.now.seconds().to_string().into());
    }
}

/// Whom the call is about: the UID of a server's call, or the session's own.
pub(crate) fn uid_of(call: &Call) -> Result<String, Refusal> {
    match &call.caller {
        Caller::Server { .. } => call.need("UID").map(str::to_owned),
        Caller::Session { uid, .. } => Ok(uid.clone()),
        Caller::Anonymous | Caller::Query => Err(Refusal::new(403_005)),
    }
}

/// The token of the session that a call is made with.
pub(crate) fn own_token(call: &Call) -> Option<&str> {
    match &call.caller {
        Caller::Session { token, .. } => Some(token),
        Caller::Server { .. } | Caller::Anonymous | Caller::Query => None,
    }
}

/// Starts a session and tells it in the shape that `targetEnv` asks for.
pub(crate) fn session_info(gigya: &mut Gigya, call: &Call, uid: &str) -> Result<Value, Refusal> {
    let default = call.site.policy_signed("gigyaPlugins", &["sessionExpiration"]).unwrap_or(0);
    let seconds = call.params.number("sessionExpiration")?.unwrap_or(default);
    let in_browser = call.params.get("targetEnv").is_some_and(|it| it.eq_ignore_ascii_case("browser"));
    // Such a server hands its browser a code, which the page exchanges for the session when it loads.
    if in_browser && call.is_server() {
        let code = gigya.new_auth_code(call, uid, seconds);
        return Ok(json!({"cookieName": format!("gac_{}", call.site.api_key), "cookieValue": code}));
    }
    session_that_lasts(gigya, call, uid, seconds)
}

/// The same with its length: `-1` for a session that the site keeps alive, `0` for one of the browser's, less
/// for one without an end.
pub(crate) fn session_that_lasts(
    gigya: &mut Gigya,
    call: &Call,
    uid: &str,
    seconds: i64,
) -> Result<Value, Refusal> {
    let lasts = match seconds {
        -1 => Some(60),
        seconds if seconds > 0 => u64::try_from(seconds).ok(),
        _ => None,
    };
    let ends = lasts.map(|seconds| call.now.plus(Duration::from_secs(seconds)));
    let api_key = &call.site.api_key;
    let token = gigya.new_session(api_key, uid, ends, seconds == -1);
    let expires = lasts.unwrap_or(0).to_string();
    Ok(match call.params.get("targetEnv").map(str::to_ascii_lowercase).as_deref() {
        Some("mobile") => {
            let secret = session_secret(&call.site.partner_secret, &token);
            json!({"sessionToken": token, "sessionSecret": secret.reveal(), "expires_in": expires})
        }
        Some("jssdk") => {
            // The cookie has to outlive what the site's signature keeps alive.
            let expires = if seconds == -1 { "0".to_owned() } else { expires };
            json!({"login_token": gigya.placeholder(call).unwrap_or(token), "expires_in": expires})
        }
        _ => json!({"cookieName": format!("glt_{api_key}"), "cookieValue": token}),
    })
}

/// The answer to a person who is in: the account, and a session.
pub(crate) fn logged_in(
    gigya: &mut Gigya,
    call: &Call,
    account: &Account,
    default: &[&'static str],
) -> Result<Object, Refusal> {
    let view = view(call, default)?;
    let session = session_info(gigya, call, &account.uid)?;
    told(gigya, call, account, &view, session)
}

/// The same with a session of a given length.
pub(crate) fn logged_in_for(
    gigya: &mut Gigya,
    call: &Call,
    account: &Account,
    view: &View,
    seconds: i64,
) -> Result<Object, Refusal> {
    let session = session_that_lasts(gigya, call, &account.uid, seconds)?;
    told(gigya, call, account, view, session)
}

fn told(
    gigya: &Gigya,
    call: &Call,
    account: &Account,
    view: &View,
    session: Value,
) -> Result<Object, Refusal> {
    let mut out = shown(gigya, call, account, Shape::Login, view);
    out.insert("sessionInfo".into(), session);
    if wants_user_info(call)? {
        out.insert("userInfo".into(), user_info(gigya, call, account, true).into());
    }
    Ok(out)
}

impl RegToken {
    /// A login or registration of an account that goes on.
    pub(crate) fn of(call: &Call, uid: &str) -> Self {
        Self { home: call.site.home().to_owned(), uid: Some(uid.to_owned()), ..Self::default() }
    }
}

/// A refusal that leaves the way open: its body has the UID and a registration token.
pub(crate) fn pending(gigya: &mut Gigya, call: &Call, open: RegToken, code: u32, details: &str) -> Refusal {
    let uid = open.uid.clone();
    let token = gigya.new_reg_token(call.now, open);
    let mut body = Object::new();
    if let Some(uid) = uid {
        body.insert("UID".into(), uid.into());
    }
    body.insert("regToken".into(), token.into());
    Refusal::because(code, details).with(body)
}

/// Required fields of the site's schemas that the account does not have, and consents that it has to give or
/// to renew.
pub(crate) fn missing_fields(call: &Call, account: &Account) -> Vec<String> {
    let parts = [
        ("profile", &call.site.profile_schema, &account.profile),
        ("data", &call.site.data_schema, &account.data),
    ];
    let mut missing = Vec::new();
    for (name, schema, object) in parts {
        let document = object.members();
        for (path, field) in &schema.fields {
            if field.required && !crate::query::document::is_there(document, path) {
                missing.push(format!("{name}.{path}"));
            }
        }
    }
    let lang = call.params.get("lang");
    missing.extend(crate::consent::missing(&call.site.consents, &account.preferences.object(), lang));
    missing.extend(crate::subscriptions::missing(&call.site.subscriptions, &account.subscriptions.object()));
    missing
}
