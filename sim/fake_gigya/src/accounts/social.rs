//! People who come in from a social provider.

use crate::account::Account;
use crate::accounts::gate::{complete, enter, may_log_in};
use crate::accounts::login::SHOWN;
use crate::accounts::session::pending;
use crate::accounts::write::store;
use crate::call::Call;
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::{Gigya, RegToken};
use crate::merge::{Merge, Part};
use crate::packed::Packed;
use crate::rare::Identity;
use serde_json::Value;
use std::sync::Arc;

/// What a provider would tell about the person behind a token. The world file says it; there is no provider.
#[derive(Clone, Debug)]
pub(crate) struct ProviderUser {
    pub(crate) provider: String,
    pub(crate) provider_uid: String,
    pub(crate) profile: Object,
}

/// The name under which a provider's token is kept.
pub(crate) fn token_key(provider: &str, token: &str) -> String {
    format!("{}\n{token}", provider.to_lowercase())
}

/// Who stands behind `providerSessions`, which names one provider and a token of it.
pub(crate) fn provider_user(gigya: &Gigya, call: &Call) -> Result<Arc<ProviderUser>, Refusal> {
    let sessions = call.params.object("providerSessions")?;
    let sessions = sessions.ok_or_else(|| Refusal::missing(call.method, "providerSessions"))?;
    let mut members = sessions.iter();
    let (Some((provider, session)), None) = (members.next(), members.next()) else {
        return Err(Refusal::because(400_006, "providerSessions takes exactly one provider"));
    };
    let text = |name: &str| session.get(name).and_then(Value::as_str);
    let token = text("authToken").or(text("idToken")).or(text("code"));
    let token = token.ok_or_else(|| Refusal::missing(call.method, "providerSessions.authToken"))?;
    let known = gigya.provider_users.values().any(|it| it.provider.eq_ignore_ascii_case(provider));
    if !known {
        return Err(Refusal::because(400_122, format!("provider is not configured: {provider}")));
    }
    let found = gigya.provider_users.get(&token_key(provider, token));
    found.cloned().ok_or_else(|| Refusal::new(403_009))
}

/// Lets the person in with the account that has the identity, or makes one. An address that somebody else
/// logs in with is a conflict by the site's policy; then the new account waits to be linked.
pub(crate) fn arrive(gigya: &mut Gigya, call: &Call, user: &ProviderUser) -> Reply {
    let key = Identity::key(&user.provider, &user.provider_uid);
    let known = gigya.people_at(&call.site.api_key).and_then(|people| people.holder(&key).map(str::to_owned));
    if let Some(uid) = known {
        let before = gigya.account_of(&call.site.api_key, &uid)?;
        may_log_in(gigya, call, &before, RegToken::of(call, &uid))?;
        let mut out = enter(gigya, call, Account::clone(&before), Some(&user.provider), SHOWN)?;
        out.insert("newUser".into(), false.into());
        return Ok(out);
    }
    let uid = format!("_guid_{}=", gigya.ids.token(43));
    let mut account = Account::new(uid, call.now);
    let told = profile(gigya, call, user)?;
    account.profile = Packed::of(&told);
    let email = account.email().map(str::to_owned);
    let conflict = email.as_deref().and_then(|email| in_conflict(gigya, call, email));
    if let Some(email) = email {
        let owned = gigya.people_at(&call.site.api_key).is_some_and(|people| people.owner(&email).is_some());
        account.add_email(&email, false);
        if !call.site.policy_on("accountOptions", "verifyProviderEmail") {
            account.verify(call.now);
        }
        if !owned && (call.site.logs_in_by("providerEmail") || call.site.logs_in_by("email")) {
            account.add_login_email(&email);
        }
    }
    let identity = Identity {
        provider: user.provider.clone(),
        provider_uid: user.provider_uid.clone(),
        profile: told,
        since: call.now,
        last_updated: call.now,
    };
    let rare = account.rare_mut();
    rare.identities.push(identity);
    rare.login_provider = Some(user.provider.clone());
    store(gigya, call, account.clone(), None);
    let open = RegToken { conflict: conflict.clone(), ..RegToken::of(call, &account.uid) };
    match conflict {
        Some(_) => Err(pending(gigya, call, open, 403_043, "Login identifier exists")),
        None => complete(gigya, call, &account, open, SHOWN),
    }
}

/// The owner of an address, if the site's policy sees a conflict with that account.
fn in_conflict(gigya: &Gigya, call: &Call, email: &str) -> Option<String> {
    let people = gigya.people_at(&call.site.api_key)?;
    let owner = people.owner(email).and_then(|uid| people.get(uid))?;
    let policy = call.site.policy_text("accountOptions", &["loginIdentifierConflict"]);
    let conflicts = match policy.unwrap_or("failOnSiteConflictingIdentity") {
        "ignore" => false,
        "failOnAnyConflictingIdentity" => true,
        _ => owner.has_site_identity(),
    };
    conflicts.then(|| owner.uid.clone())
}

/// The provider's profile under the rules of the site's schema.
fn profile(gigya: &Gigya, call: &Call, user: &ProviderUser) -> Result<Object, Refusal> {
    let rules = crate::accounts::write::server_rules(gigya);
    let mut merge = Merge::new(&call.site.profile_schema, Part::Profile, rules);
    let mut profile = Object::new();
    merge.object("", &mut profile, &user.profile);
    match merge.problems.is_empty() {
        true => Ok(profile),
        false => Err(Refusal::invalid(merge.problems)),
    }
}
