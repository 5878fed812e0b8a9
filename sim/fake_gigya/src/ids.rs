//! The `ids` namespace: an older name of a part of `accounts`, which old clients still call.

use crate::accounts::{delete_account, get_account_info, get_schema, search, set_account_info, set_schema};
use crate::endpoints::Endpoint;
use standin_model::Evidence;

const OLDER: Evidence = Evidence::inferred(
    "the namespace is told to be the old alias of profile management",
    "the_older_namespace_does_the_same",
);

pub(crate) const DELETE_ACCOUNT: Endpoint =
    Endpoint { name: "ids.deleteAccount", evidence: OLDER, ..delete_account::ENDPOINT };
pub(crate) const GET_ACCOUNT_INFO: Endpoint =
    Endpoint { name: "ids.getAccountInfo", evidence: OLDER, ..get_account_info::ENDPOINT };
pub(crate) const GET_SCHEMA: Endpoint =
    Endpoint { name: "ids.getSchema", evidence: OLDER, ..get_schema::ENDPOINT };
pub(crate) const SEARCH: Endpoint = Endpoint { name: "ids.search", evidence: OLDER, ..search::ENDPOINT };
pub(crate) const SET_ACCOUNT_INFO: Endpoint =
    Endpoint { name: "ids.setAccountInfo", evidence: OLDER, ..set_account_info::ENDPOINT };
pub(crate) const SET_SCHEMA: Endpoint =
    Endpoint { name: "ids.setSchema", evidence: OLDER, ..set_schema::ENDPOINT };

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn the_older_namespace_does_the_same() {
        let mut bench = Bench::new();
        bench.account("ann", r#"{"email":"ann@example.org"}"#);
        let schema = [("dataSchema", r#"{"fields":{"club.tier":{"type":"string"}}}"#)];
        assert_eq!(bench.code("ids.setSchema", &schema), 0);
        let shown = bench.call("ids.getSchema", &[("include", "dataSchema")]);
        assert_eq!(shown["dataSchema"]["fields"]["club.tier"]["type"], "string");
        let set = [("UID", "ann"), ("data", r#"{"club":{"tier":"gold"}}"#)];
        assert_eq!(bench.code("ids.setAccountInfo", &set), 0);
        bench.wait(1_000);
        let query = [("query", r#"SELECT UID FROM accounts WHERE data.club.tier = "gold""#)];
        assert_eq!(bench.call("ids.search", &query)["results"], json!([{"UID": "ann"}]));
        let info = bench.call("ids.getAccountInfo", &[("UID", "ann"), ("include", "data")]);
        assert_eq!(info["data"], json!({"club": {"tier": "gold"}}));
        assert_eq!(bench.code("ids.deleteAccount", &[("UID", "ann")]), 0);
        assert_eq!(bench.code("accounts.getAccountInfo", &[("UID", "ann")]), 403_005);
    }
}
