//! `accounts.tfa.initTFA`.

use crate::accounts::tfa::{ASSERTION_LASTS, Mode, Provider, factors, person};
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::tickets::{Purpose, Ticket};
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.tfa.initTFA",
    summary: "Begins to set up or to show a second factor, and gives the first assertion.",
    evidence: Evidence::documented("accounts.tfa.initTFA REST", "a_phone_is_the_second_factor"),
    access: Access::Public,
    params: &["provider", "mode", "regToken"],
    server_params: &["UID"],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let provider = Provider::of(call, call.need("provider")?)?;
    let mode = match call.need("mode")?.to_ascii_lowercase().as_str() {
        "register" => Mode::Register,
        "verify" => Mode::Verify,
        _ => return Err(Refusal::because(400_006, "mode must be register or verify")),
    };
    let account = person(gigya, call)?;
    let active = provider.is_active(&factors(&account));
    if mode == Mode::Verify && !active {
        return Err(Refusal::because(400_006, format!("{} is not registered", provider.word())));
    }
    let any = Provider::ALL.into_iter().any(|it| it.is_active(&factors(&account)));
    if mode == Mode::Register && any && call.params.get("regToken").is_some() && !is_proven(gigya, call) {
        return Err(Refusal::because(403_101, "the factor that is registered must be shown first"));
    }
    let token = format!("GA1_{}", gigya.ids.token(48));
    let ticket = Ticket {
        home: call.site.home().to_owned(),
        purpose: Purpose::Assertion(provider, mode),
        uid: account.uid.clone(),
        to: String::new(),
        code: None,
    };
    gigya.tickets.issue(call.now.plus(ASSERTION_LASTS), token.clone(), ticket);
    Ok(Object::from_iter([("gigyaAssertion".into(), token.into())]))
}

/// A half-open login may add a factor only after it has shown one; else a password alone would be enough.
fn is_proven(gigya: &Gigya, call: &Call) -> bool {
    let token = call.params.get("regToken").unwrap_or_default();
    gigya.reg_token(call.now, &call.site.api_key, token).is_ok_and(|open| open.second_factor)
}
