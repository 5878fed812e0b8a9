//! `accounts.tfa.importTFA`.

use crate::account::Account;
use crate::accounts::set_account_info::is_e164;
use crate::accounts::tfa::finalize::set_up;
use crate::accounts::tfa::{Provider, person};
use crate::accounts::write::put;
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.tfa.importTFA",
    summary: "Sets up a second factor that a person had in another system.",
    evidence: Evidence::inferred(
        "the name in the list of methods; the parameters are not told",
        "factors_are_imported_and_removed",
    ),
    access: Access::Private,
    params: &["UID", "provider", "phone", "email", "sharedSecret"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let provider = Provider::of(call, call.need("provider")?)?;
    let (name, fits): (&str, fn(&str) -> bool) = match provider {
        Provider::Phone => ("phone", is_e164),
        Provider::Email => ("email", crate::email::is_valid),
        Provider::Totp => ("sharedSecret", |text| crate::accounts::tfa::totp::at_step(text, 0).is_some()),
    };
    let value = call.need(name)?;
    if !fits(value) {
        return Err(Refusal::because(400_006, format!("{name} cannot be used")));
    }
    let mut account = Account::clone(&*person(gigya, call)?);
    set_up(&mut account, provider, value, call.now);
    put(gigya, call, account);
    Ok(Object::new())
}
