//! `accounts.tfa.getProviders`.

use crate::accounts::tfa::{Provider, factors, person};
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Reply};
use crate::gigya::Gigya;
use serde_json::{Value, json};
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.tfa.getProviders",
    summary: "Tells which second factors a person has set up, and which could be.",
    evidence: Evidence::documented("accounts.tfa.getProviders REST", "a_phone_is_the_second_factor"),
    access: Access::Public,
    params: &["regToken"],
    server_params: &["UID"],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let account = person(gigya, call)?;
    let factors = factors(&account);
    let named = |active: bool| -> Value {
        let of_it =
            Provider::ALL.into_iter().filter(|it| it.is_enabled(call) && it.is_active(&factors) == active);
        of_it.map(|it| json!({"name": it.word()})).collect()
    };
    Ok(Object::from_iter([
        ("activeProviders".into(), named(true)),
        ("inactiveProviders".into(), named(false)),
    ]))
}
