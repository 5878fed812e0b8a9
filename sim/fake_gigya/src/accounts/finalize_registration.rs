//! `accounts.finalizeRegistration`.

use crate::accounts::gate::complete;
use crate::accounts::session::pending;
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Refusal, Reply};
use crate::gigya::Gigya;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.finalizeRegistration",
    summary: "Completes a pending registration and logs the person in.",
    evidence: Evidence::documented("accounts.finalizeRegistration REST", "registration"),
    access: Access::Public,
    params: &[
        "regToken",
        "include",
        "extraProfileFields",
        "includeCommunications",
        "allowAccountsLinking",
        "sessionExpiration",
    ],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let token = call.need("regToken")?.to_owned();
    let open = gigya.reg_token(call.now, &call.site.api_key, &token)?;
    let uid = open
        .uid
        .clone()
        .ok_or_else(|| Refusal::because(403_025, "nothing is registered with this regToken yet"))?;
    let account = gigya.account_of(&call.site.api_key, &uid)?;
    if open.conflict.is_some() {
        return Err(pending(gigya, call, open, 403_043, "Login identifier exists"));
    }
    let done = complete(gigya, call, &account, open, &["profile", "data"])?;
    gigya.reg_tokens.remove(&token);
    Ok(done)
}
