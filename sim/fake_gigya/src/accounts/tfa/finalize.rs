//! `accounts.tfa.finalizeTFA`.

use crate::account::Account;
use crate::accounts::tfa::codes::contact_id;
use crate::accounts::tfa::{MOST_KEPT, Mode, Provider, asserted, device};
use crate::accounts::write::put;
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::rare::Contact;
use crate::tickets::Purpose;
use standin_model::{Evidence, Instant};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.tfa.finalizeTFA",
    summary: "Takes both assertions: the factor is set up, or the login that waited goes on.",
    evidence: Evidence::documented("accounts.tfa.finalizeTFA REST", "a_phone_is_the_second_factor"),
    access: Access::Public,
    params: &["gigyaAssertion", "providerAssertion", "regToken", "tempDevice"],
    server_params: &["UID"],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let (first, provider, mode) = asserted(gigya, call)?;
    let second = call.need("providerAssertion")?;
    let shown = gigya.tickets.find(call.now, call.site.home(), &Purpose::Proven(provider), second).cloned();
    let shown = shown.filter(|it| it.uid == first.uid);
    let shown = shown.ok_or_else(|| Refusal::because(403_025, "Invalid providerAssertion"))?;
    let token = call.params.get("regToken").map(str::to_owned);
    if let Some(token) = &token {
        let open = gigya.reg_token(call.now, &call.site.api_key, token)?;
        if open.uid.as_deref() != Some(first.uid.as_str()) {
            return Err(Refusal::because(403_025, "regToken is somebody else's"));
        }
    }
    let mut account = Account::clone(&*gigya.account_of(&call.site.api_key, &first.uid)?);
    if mode == Mode::Register && !shown.to.is_empty() {
        set_up(&mut account, provider, &shown.to, call.now);
    }
    let temporary = call.params.flag("tempDevice")?.unwrap_or(false);
    if let Some(device) = device(call).filter(|_| !temporary) {
        let devices = &mut account.rare_mut().second.devices;
        devices.retain(|known| known != device);
        devices.push(device.to_owned());
        let surplus = devices.len().saturating_sub(MOST_KEPT);
        devices.drain(..surplus);
    }
    put(gigya, call, account);
    for spent in [call.need("gigyaAssertion")?, second] {
        gigya.tickets.spend(spent);
    }
    if let Some(open) = token.and_then(|token| gigya.reg_tokens.get_mut(call.now, &token)) {
        open.second_factor = true;
    }
    Ok(Object::new())
}

/// Makes what was shown a second factor of the account.
pub(crate) fn set_up(account: &mut Account, provider: Provider, to: &str, now: Instant) {
    let second = &mut account.rare_mut().second;
    let list = match provider {
        Provider::Phone => &mut second.phones,
        Provider::Email => &mut second.emails,
        Provider::Totp => {
            second.totp = Some(to.to_owned());
            return;
        }
    };
    list.retain(|known| known.to != to);
    list.push(Contact { id: contact_id(to), to: to.to_owned(), since: now });
    let surplus = list.len().saturating_sub(MOST_KEPT);
    list.drain(..surplus);
}
