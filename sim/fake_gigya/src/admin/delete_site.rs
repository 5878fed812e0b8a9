//! `admin.deleteSite`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::tickets::{Purpose, Ticket};
use standin_model::Evidence;
use std::time::Duration;

/// How long the token of a deletion is good. No page says.
const LASTS: Duration = Duration::from_secs(3600);

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "admin.deleteSite",
    summary: "Deletes a site in two calls: the first gives a token, the second brings it.",
    evidence: Evidence::recorded("sap-customer-data-cloud-toolkit", "a_site_is_deleted_in_two_calls"),
    access: Access::Private,
    params: &["deleteToken"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let api_key = call.site.api_key.clone();
    if !gigya.members_of(&api_key).is_empty() {
        return Err(Refusal::new(403_023));
    }
    let home = call.site.home();
    let Some(token) = call.params.get("deleteToken") else {
        let token = format!("DT1_{}", gigya.ids.token(48));
        let ticket = Ticket {
            home: home.to_owned(),
            purpose: Purpose::DeleteSite,
            uid: api_key,
            to: String::new(),
            code: None,
        };
        gigya.tickets.issue(call.now.plus(LASTS), token.clone(), ticket);
        return Ok(Object::from_iter([("deleteToken".into(), token.into())]));
    };
    let ticket = gigya.tickets.find(call.now, home, &Purpose::DeleteSite, token);
    if ticket.is_none_or(|ticket| ticket.uid != api_key) {
        return Err(Refusal::because(403_025, "Invalid deleteToken"));
    }
    gigya.tickets.spend(token);
    gigya.sites.remove(&api_key);
    gigya.people.remove(&api_key);
    gigya.deleted_sites.insert(api_key);
    Ok(Object::new())
}

#[cfg(test)]
mod tests {
    use crate::DEFAULT_API_KEY;
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn a_site_is_deleted_in_two_calls() {
        let mut bench = Bench::seeded(
            &json!({"sites": [{"api_key": DEFAULT_API_KEY}, {"api_key": "3_child", "parent": DEFAULT_API_KEY}]}),
        );
        let child = ("apiKey", "3_child");
        assert_eq!(bench.code("admin.deleteSite", &[]), 403_023, "a parent stays while it has children");
        let token = bench.call("admin.deleteSite", &[child])["deleteToken"].as_str().unwrap().to_owned();
        assert_eq!(bench.code("admin.deleteSite", &[child, ("deleteToken", "DT1_x")]), 403_025);
        assert_eq!(bench.code("admin.getSiteConfig", &[child]), 0, "it is still there");
        assert_eq!(bench.code("admin.deleteSite", &[child, ("deleteToken", &token)]), 0);
        let gone = bench.call("admin.getSiteConfig", &[child]);
        assert_eq!(
            (&gone["errorCode"], &gone["errorDetails"]),
            (&json!(403_007), &json!("Site was deleted"))
        );
        assert!(bench.call("admin.deleteSite", &[])["deleteToken"].is_string());
    }
}
