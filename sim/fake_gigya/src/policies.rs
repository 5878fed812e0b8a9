//! The policies of a site: the platform's defaults, and what a site sets over them.

use crate::envelope::{Object, Refusal};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// Sections that anybody may read.
pub(crate) const OPEN: &[&str] = &["registration", "gigyaPlugins", "passwordComplexity", "security"];

/// Every section, in the order in which they are told.
pub(crate) const SECTIONS: &[&str] = &[
    "registration",
    "gigyaPlugins",
    "accountOptions",
    "passwordComplexity",
    "security",
    "emailVerification",
    "emailNotifications",
    "doubleOptIn",
    "passwordReset",
    "authentication",
    "profilePhoto",
    "federation",
    "twoFactorAuth",
    "rba",
    "preferencesCenter",
    "codeVerification",
];

/// How large the policies of a site may be, in bytes of JSON.
pub(crate) const LARGEST: usize = 256 * 1024;

/// The platform's defaults, as a live site tells them.
pub(crate) fn defaults() -> &'static Object {
    static DEFAULTS: LazyLock<Object> = LazyLock::new(|| match made() {
        Value::Object(members) => members,
        _ => Object::new(),
    });
    &DEFAULTS
}

fn made() -> Value {
    json!({
        "registration": {
            "requireCaptcha": false,
            "requireSecurityQuestion": false,
            "requireLoginID": false,
            "enforceCoppa": false,
        },
        "gigyaPlugins": {
            "connectWithoutLoginBehavior": "alwaysLogin",
            "defaultRegScreenSet": "Default-RegistrationLogin",
            "defaultMobileRegScreenSet": "Default-RegistrationLogin",
            "sessionExpiration": 0,
            "rememberSessionExpiration": 0,
        },
        "accountOptions": {
            "verifyEmail": false,
            "verifyProviderEmail": false,
            "useCodeVerification": false,
            "allowUnverifiedLogin": false,
            "preventLoginIDHarvesting": false,
            "sendWelcomeEmail": false,
            "sendAccountDeletedEmail": false,
            "defaultLanguage": "en",
            "loginIdentifierConflict": "failOnSiteConflictingIdentity",
            "loginIdentifiers": "email, providerEmail",
        },
        "passwordComplexity": {"minCharGroups": 0, "minLength": 6},
        "security": {
            "accountLockout": {"failedLoginThreshold": 0, "lockoutTimeSec": 300, "failedLoginResetSec": 0},
            "captcha": {"failedLoginThreshold": 0},
            "ipLockout": {"hourlyFailedLoginThreshold": 0, "lockoutTimeSec": 0},
            "passwordChangeInterval": 0,
            "passwordHistorySize": 0,
            "riskAssessmentWithReCaptchaV3": false,
            "sendUnknownLocationNotification": false,
        },
        "emailVerification": {
            "verificationEmailExpiration": 86_400,
            "autoLogin": false,
            "defaultLanguage": "en",
        },
        "emailNotifications": {},
        "doubleOptIn": {"nextURL": "", "confirmationLinkExpiration": 1_209_600},
        "passwordReset": {
            "requireSecurityCheck": false,
            "tokenExpiration": 3_600,
            "sendConfirmationEmail": false,
        },
        "authentication": {"methods": {"password": {"enabled": true}, "push": {"enabled": false}}},
        "profilePhoto": {"thumbnailWidth": 64, "thumbnailHeight": 64},
        "federation": {"allowMultipleIdentities": false},
        "twoFactorAuth": {"providers": [
            {"name": "gigyaPhone", "enabled": false},
            {"name": "gigyaEmail", "enabled": false},
            {"name": "gigyaTotp", "enabled": false},
            {"name": "gigyaPush", "enabled": false},
        ]},
        "rba": {"riskPolicies": [{"name": "_off"}], "defaultPolicy": "_off", "allowOverride": "no"},
        "preferencesCenter": {},
        "codeVerification": {},
    })
}

/// Words that a policy takes and no others.
const WORDS: &[(&str, &[&str])] = &[
    (
        "accountOptions.loginIdentifierConflict",
        &["ignore", "failOnSiteConflictingIdentity", "failOnAnyConflictingIdentity"],
    ),
    ("gigyaPlugins.connectWithoutLoginBehavior", &["alwaysLogin", "tempUser", "loginExistingUser"]),
    ("rba.allowOverride", &["no", "yes"]),
];

/// Writes `from` over `into`: objects member by member, `null` takes back what was set.
pub(crate) fn write(section: &str, into: &mut Object, from: &Object) -> Result<(), Refusal> {
    write_at(section, into, from, defaults().get(section))
}

fn write_at(place: &str, into: &mut Object, from: &Object, default: Option<&Value>) -> Result<(), Refusal> {
    for (name, value) in from {
        let place = format!("{place}.{name}");
        let default = default.and_then(|it| it.get(name));
        match value {
            Value::Null => _ = into.shift_remove(name),
            Value::Object(members) => {
                if default.is_some_and(|it| !it.is_object()) {
                    return Err(wrong(&place, value));
                }
                let mut inner = into.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
                write_at(&place, &mut inner, members, default)?;
                match inner.is_empty() {
                    true => _ = into.shift_remove(name),
                    false => _ = into.insert(name.clone(), inner.into()),
                }
            }
            value => _ = into.insert(name.clone(), fitting(&place, value, default)?),
        }
    }
    Ok(())
}

/// A value in the type of the default; text that reads as a number or boolean is taken for one.
fn fitting(place: &str, value: &Value, default: Option<&Value>) -> Result<Value, Refusal> {
    use crate::schema::Kind;
    let fitted = match default {
        Some(Value::Bool(_)) => Kind::Boolean.coerce(value),
        Some(Value::Number(_)) => Kind::Long.coerce(value).filter(|it| it.as_i64() >= Some(0)),
        Some(Value::String(_)) => value.is_string().then(|| value.clone()),
        Some(Value::Array(_)) => value.is_array().then(|| value.clone()),
        Some(Value::Object(_)) => None,
        Some(Value::Null) | None => Some(value.clone()),
    };
    let words = WORDS.iter().find(|(name, _)| *name == place).map(|(_, words)| *words);
    let known = |it: &Value| words.is_none_or(|words| it.as_str().is_some_and(|text| words.contains(&text)));
    fitted.filter(known).ok_or_else(|| wrong(place, value))
}

fn wrong(place: &str, value: &Value) -> Refusal {
    Refusal::because(401_000, format!("invalid value for {place}: {value}"))
}

/// `set` over the defaults.
pub(crate) fn effective(section: &str, set: Option<&Value>) -> Value {
    let mut out = defaults().get(section).cloned().unwrap_or_else(|| json!({}));
    if let Some(set) = set {
        lay(&mut out, set);
    }
    out
}

fn lay(into: &mut Value, over: &Value) {
    match (into, over) {
        (Value::Object(into), Value::Object(over)) => {
            for (name, value) in over {
                match into.get_mut(name) {
                    Some(slot) => lay(slot, value),
                    None => _ = into.insert(name.clone(), value.clone()),
                }
            }
        }
        (into, over) => *into = over.clone(),
    }
}
