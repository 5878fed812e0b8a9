//! `accounts.importLiteAccount`.

use crate::accounts::set_account_info::write_lite;
use crate::call::Call;
use crate::consent::Source;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Reply};
use crate::gigya::Gigya;
use crate::merge::Writer;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.importLiteAccount",
    summary: "Makes or updates the record of an address that has no account.",
    evidence: Evidence::documented("accounts.importLiteAccount REST", "lite_records_are_found_by_address"),
    access: Access::Private,
    params: &["email", "profile", "data", "subscriptions", "preferences", "communications"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let email = call.need("email")?.to_owned();
    write_lite(gigya, call, &email, Writer::Server, Source::Import)?;
    Ok(Object::new())
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn lite_records_are_found_by_address() {
        let mut bench = Bench::new();
        bench.account("ann", r#"{"email":"ann@example.org"}"#);
        for email in ["ANN@example.org", "bob@example.org"] {
            let params = [("email", email), ("data", r#"{"source":"stand"}"#)];
            assert_eq!(bench.code("accounts.importLiteAccount", &params), 0);
        }
        assert_eq!(bench.code("accounts.importLiteAccount", &[("email", "no")]), 400_020);
        bench.wait(1000);
        let query =
            "SELECT email, hasFullAccount, hasLiteAccount FROM emailAccounts ORDER BY createdTimestamp";
        let answer = bench.call("accounts.search", &[("query", query)]);
        assert_eq!(
            answer["results"],
            json!([
                {"email": "ann@example.org", "hasFullAccount": true, "hasLiteAccount": true},
                {"email": "bob@example.org", "hasFullAccount": false, "hasLiteAccount": true},
            ])
        );
        assert_eq!(bench.total("SELECT UID FROM accounts"), 1);
    }
}
