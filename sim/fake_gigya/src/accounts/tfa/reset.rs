//! `accounts.tfa.resetTFA`, `deactivateProvider` and `unregisterDevice`.

use crate::account::Account;
use crate::accounts::tfa::{Provider, device, person};
use crate::accounts::write::put;
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Reply};
use crate::gigya::Gigya;
use crate::rare::SecondFactors;
use standin_model::Evidence;

pub(crate) const ALL: Endpoint = Endpoint {
    name: "accounts.tfa.resetTFA",
    summary: "Takes every second factor from an account.",
    evidence: Evidence::documented("accounts.tfa.resetTFA REST", "factors_are_imported_and_removed"),
    access: Access::Private,
    params: &["UID"],
    server_params: &[],
    run: |gigya, call| {
        change(gigya, call, |second| {
            *second = SecondFactors { forced: second.forced, ..SecondFactors::default() }
        })
    },
};

pub(crate) const ONE: Endpoint = Endpoint {
    name: "accounts.tfa.deactivateProvider",
    summary: "Takes one second factor from an account.",
    evidence: Evidence::documented(
        "accounts.tfa.deactivateProvider REST",
        "factors_are_imported_and_removed",
    ),
    access: Access::Public,
    params: &["provider"],
    server_params: &["UID"],
    run: |gigya, call| {
        let provider = Provider::of(call, call.need("provider")?)?;
        change(gigya, call, |second| match provider {
            Provider::Phone => second.phones.clear(),
            Provider::Email => second.emails.clear(),
            Provider::Totp => second.totp = None,
        })
    },
};

pub(crate) const DEVICE: Endpoint = Endpoint {
    name: "accounts.tfa.unregisterDevice",
    summary: "Forgets the machines on which the second factor is not asked.",
    evidence: Evidence::documented(
        "accounts.tfa.unregisterDevice REST",
        "a_known_machine_is_not_asked_again",
    ),
    access: Access::Public,
    params: &[],
    server_params: &["UID"],
    run: |gigya, call| {
        let device = device(call).filter(|_| !call.is_server()).map(str::to_owned);
        change(gigya, call, |second| {
            second.devices.retain(|known| device.as_ref().is_some_and(|it| it != known))
        })
    },
};

fn change(gigya: &mut Gigya, call: &Call, change: impl FnOnce(&mut SecondFactors)) -> Reply {
    let mut account = Account::clone(&*person(gigya, call)?);
    change(&mut account.rare_mut().second);
    account.shrink();
    put(gigya, call, account);
    Ok(Object::new())
}
