//! `accounts.getSchema`.

use crate::accounts::set_schema::{preferences_json, subscriptions_json};
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::schema::{Field, Filter};
use crate::site::Site;
use serde_json::Value;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.getSchema",
    summary: "Tells the fields of profile, data, subscriptions and preferences; a page's forms ask for them.",
    evidence: Evidence::recorded(
        "accounts.getSchema REST; live schema of the customer-data-cloud-accelerator",
        "schema_lists_dotted_fields",
    ),
    access: Access::Public,
    params: &["include", "filter", "scope"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let site = match scope(call)? {
        Scope::Effective => call.site.as_ref().clone(),
        Scope::Group => gigya.home_site(call),
        Scope::Site => of_child_alone(gigya, call),
    };
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
        // What only servers write is none of a page's business.
        let open = call.is_server() || !["internalSchema", "addressesSchema"].contains(&name);
        if open && include.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)) {
            out.insert(name.to_owned(), value());
        }
    };
    section("profileSchema", &|| site.profile_schema.to_json(filter));
    section("dataSchema", &|| site.data_schema.to_json(filter));
    section("subscriptionsSchema", &|| subscriptions_json(&site));
    section("preferencesSchema", &|| preferences_json(&site));
    section("internalSchema", &|| site.internal_schema.to_json(filter));
    section("addressesSchema", &|| site.addresses_schema.to_json(filter));
    Ok(out)
}

/// Whose schema is meant, where a site is a child of a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scope {
    /// The group's, with what the child requires.
    Effective,
    /// The group's.
    Group,
    /// What the child sets itself.
    Site,
}

/// Reads `scope`: a site that belongs to no group is its own group.
pub(crate) fn scope(call: &Call) -> Result<Scope, Refusal> {
    match call.params.get("scope").map(str::to_ascii_lowercase).as_deref() {
        None | Some("effective") => Ok(Scope::Effective),
        Some("group") => Ok(Scope::Group),
        Some("site") => Ok(if call.site.parent.is_some() { Scope::Site } else { Scope::Effective }),
        Some(_) => Err(Refusal::because(400_006, "scope takes effective, group and site")),
    }
}

fn clone_of((path, field): (&String, &Field)) -> (String, Field) {
    (path.clone(), field.clone())
}

/// A child with nothing in its schemas but what it requires on its own.
fn of_child_alone(gigya: &Gigya, call: &Call) -> Site {
    let own = gigya.own_site(call);
    let mut out = Site::clone(&call.site);
    for (schema, own) in
        [(&mut out.profile_schema, &own.profile_schema), (&mut out.data_schema, &own.data_schema)]
    {
        let required = |path: &String| own.fields.get(path).is_some_and(|field| field.required);
        schema.fields = schema.fields.iter().filter(|(path, _)| required(path)).map(clone_of).collect();
    }
    for schema in [&mut out.internal_schema, &mut out.addresses_schema] {
        schema.fields.clear();
    }
    out.subscriptions.clear();
    out.consents.clear();
    out
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn a_child_requires_on_its_own() {
        let mut bench = Bench::seeded(&json!({"sites": [
            {"api_key": crate::DEFAULT_API_KEY, "data_schema": {"fields": {"size": {"type": "long"}, "colour": {}}}},
            {"api_key": "3_child", "parent": crate::DEFAULT_API_KEY},
        ]}));
        let child = [("apiKey", "3_child"), ("scope", "site")];
        let set = |bench: &mut Bench, schema: &str, text: &str| {
            bench.code("accounts.setSchema", &[child[0], child[1], (schema, text)])
        };
        for (schema, text, expected) in [
            ("dataSchema", r#"{"fields":{"size":{"required":true},"colour":{"required":true}}}"#, 0),
            ("dataSchema", r#"{"fields":{"colour":{"required":null}}}"#, 0),
            ("profileSchema", r#"{"fields":{"city":{"required":"true"}}}"#, 0),
            ("dataSchema", r#"{"fields":{"size":{"type":"string"}}}"#, 400_030),
            ("dataSchema", r#"{"fields":{"length":{"required":true}}}"#, 400_030),
            ("dataSchema", r#"{"fields":{"size":{"required":"maybe"}}}"#, 400_006),
            ("subscriptionsSchema", r#"{"fields":{"news":{"email":{}}}}"#, 400_030),
        ] {
            assert_eq!(set(&mut bench, schema, text), expected, "{text}");
        }
        let mut required = |api_key: &str, scope: &str| {
            let params = [("apiKey", api_key), ("scope", scope), ("include", "dataSchema,profileSchema")];
            let answer = bench.call("accounts.getSchema", &params);
            let mut names = Vec::new();
            for schema in ["dataSchema", "profileSchema"] {
                for (name, field) in answer[schema]["fields"].as_object().unwrap() {
                    names.extend((field["required"] == true || scope == "site").then(|| name.clone()));
                }
            }
            names.join(" ")
        };
        for (scope, expected) in [("effective", "size city"), ("group", ""), ("site", "size city")] {
            assert_eq!(required("3_child", scope), expected, "{scope}");
        }
        assert_eq!(required(crate::DEFAULT_API_KEY, "effective"), "", "the group requires nothing");
    }

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
        let page = bench.client("accounts.getSchema", &[("include", "dataSchema,internalSchema")]);
        assert_eq!(page["dataSchema"], answer["dataSchema"]);
        assert!(page.get("internalSchema").is_none(), "pages are not told what only servers write");
    }
}
