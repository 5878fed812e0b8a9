//! `accounts.getSchema`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Reply};
use crate::gigya::Gigya;
use serde_json::{Value, json};
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.getSchema",
    summary: "Tells the fields of profile, data, subscriptions and preferences.",
    evidence: Evidence::recorded(
        "accounts.getSchema REST; live schema of the customer-data-cloud-accelerator",
        "schema_lists_dotted_fields",
    ),
    access: Access::Private,
    params: &["include", "filter", "scope"],
    server_params: &[],
    run,
};

fn run(_: &mut Gigya, call: &Call) -> Reply {
    let include = call.params.words("include").unwrap_or_else(|| {
        ["profileSchema", "dataSchema", "subscriptionsSchema", "preferencesSchema"]
            .map(str::to_owned)
            .to_vec()
    });
    let mut out = Object::new();
    let mut section = |name: &str, value: Value| {
        if include.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)) {
            out.insert(name.to_owned(), value);
        }
    };
    section("profileSchema", call.site.profile_schema.to_json());
    section("dataSchema", call.site.data_schema.to_json());
    let subscription = |double: &bool| json!({"email": {"type": "subscription", "required": false, "doubleOptIn": double, "writeAccess": "clientModify"}});
    let subscriptions: Object =
        call.site.subscriptions.iter().map(|(id, double)| (id.clone(), subscription(double))).collect();
    section("subscriptionsSchema", json!({"fields": subscriptions}));
    section("preferencesSchema", json!({"fields": {}}));
    Ok(out)
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn schema_lists_dotted_fields() {
        let mut bench = Bench::new();
        bench.account("ann", r#"{"email":"ann@example.org"}"#);
        let write = [("UID", "ann"), ("data", r#"{"club":{"tier":"gold","since":2020}}"#)];
        assert_eq!(bench.code("accounts.setAccountInfo", &write), 0);
        let answer = bench.call("accounts.getSchema", &[]);
        let field = |kind: &str| json!({"required": false, "type": kind, "allowNull": true, "writeAccess": "serverOnly"});
        assert_eq!(
            answer["dataSchema"],
            json!({"fields": {"club.since": field("long"), "club.tier": field("string")}, "dynamicSchema": true})
        );
        assert_eq!(answer["profileSchema"]["dynamicSchema"], false);
        assert_eq!(answer["profileSchema"]["fields"]["gender"]["format"], "regex('^[fmu]{1}$')");
        assert_eq!(answer["profileSchema"]["fields"]["phones.number"]["encrypt"], "AES");
        let one = bench.call("accounts.getSchema", &[("include", "dataSchema")]);
        assert!(one.get("profileSchema").is_none());
    }
}
