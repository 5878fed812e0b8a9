//! `accounts.deleteAccount`.

use crate::accounts::gate::mail_language;
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Reply};
use crate::events::Event;
use crate::gigya::Gigya;
use crate::outbox::Message;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.deleteAccount",
    summary: "Deletes an account; its UID is gone at once, from search after the index delay.",
    evidence: Evidence::documented("accounts.deleteAccount REST", "deleted_at_once_but_still_found"),
    access: Access::Private,
    params: &["UID", "muteWebhooks"],
    server_params: &[],
    run,
};

/// The older name.
pub(crate) const SOCIALIZE: Endpoint = Endpoint {
    name: "socialize.deleteAccount",
    evidence: Evidence::documented("socialize.deleteAccount REST", "older_names_do_the_same"),
    ..ENDPOINT
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let uid = call.need("UID")?;
    let account = gigya.account_of(&call.site.api_key, uid)?;
    let due = gigya.visible_at(call.now);
    gigya.people_of(&call.site.api_key).remove(uid, due);
    gigya.end_sessions(&call.site.api_key, uid, None);
    gigya.happened(call, uid, Event::Deleted);
    if let Some(email) =
        account.email().filter(|_| call.site.policy_on("accountOptions", "sendAccountDeletedEmail"))
    {
        let mail = Message::email("accountDeleted", email, &mail_language(call, &account)).about(uid);
        gigya.outbox.send(call.now, &call.site.api_key, mail);
    }
    Ok(Object::new())
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn deleted_at_once_but_still_found() {
        let mut bench = Bench::new();
        bench.account("ann", r#"{"firstName":"Ann"}"#);
        assert_eq!(bench.code("accounts.deleteAccount", &[("UID", "ann")]), 0);
        assert_eq!(bench.code("accounts.getAccountInfo", &[("UID", "ann")]), 403_005);
        assert_eq!(bench.code("accounts.deleteAccount", &[("UID", "ann")]), 403_005);
        assert_eq!(bench.total("SELECT UID FROM accounts"), 1);
        bench.wait(1000);
        assert_eq!(bench.total("SELECT UID FROM accounts"), 0);
    }
}
