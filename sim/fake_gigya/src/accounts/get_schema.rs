//! `accounts.getSchema`.

use crate::accounts::set_schema::{preferences_json, subscriptions_json};
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::schema::Filter;
use serde_json::Value;
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
    scope(call)?;
    let filter = match call.params.get("filter").map(str::to_ascii_lowercase).as_deref() {
        None | Some("full") => Filter::Full,
        Some("explicitonly") => Filter::ExplicitOnly,
        Some("clientonly") => Filter::ClientOnly,
        Some(_) => return Err(Refusal::because(400_006, "filter takes full, explicitOnly and clientOnly")),
    };
    let include = call.params.words("include").unwrap_or_else(|| {
        ["profileSchema", "dataSchema", "subscriptionsSchema", "preferencesSchema"]
            .map(str::to_owned)
            .to_vec()
    });
    let mut out = Object::new();
    let mut section = |name: &str, value: &dyn Fn() -> Value| {
        if include.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)) {
            out.insert(name.to_owned(), value());
        }
    };
    let site = &call.site;
    section("profileSchema", &|| site.profile_schema.to_json(filter));
    section("dataSchema", &|| site.data_schema.to_json(filter));
    section("subscriptionsSchema", &|| subscriptions_json(site));
    section("preferencesSchema", &|| preferences_json(site));
    section("internalSchema", &|| site.internal_schema.to_json(filter));
    section("addressesSchema", &|| site.addresses_schema.to_json(filter));
    Ok(out)
}

/// Checks `scope`: a site that belongs to no group is its own group.
pub(crate) fn scope(call: &Call) -> Result<(), Refusal> {
    match call.params.get("scope").map(str::to_ascii_lowercase).as_deref() {
        None | Some("effective" | "group" | "site") => Ok(()),
        Some(_) => Err(Refusal::because(400_006, "scope takes effective, group and site")),
    }
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
        assert_eq!(bench.code("accounts.getSchema", &[("filter", "most")]), 400_006);
    }
}
