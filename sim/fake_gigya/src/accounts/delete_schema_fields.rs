//! `accounts.deleteSchemaFields`.

use crate::account::Account;
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::query::document::is_there;
use serde_json::Value;
use standin_model::Evidence;
use std::sync::Arc;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.deleteSchemaFields",
    summary: "Deletes custom fields with what accounts have in them; their names cannot be used again.",
    evidence: Evidence::documented("accounts.deleteSchemaFields REST", "deleted_names_are_gone_for_good"),
    access: Access::Private,
    params: &["dataSchema"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    call.need("dataSchema")?;
    let wrong = || Refusal::because(400_006, "dataSchema must be a list of field names");
    let names = call.params.json("dataSchema")?.ok_or_else(wrong)?;
    let names: Option<Vec<String>> =
        names.as_array().ok_or_else(wrong)?.iter().map(|it| it.as_str().map(str::to_owned)).collect();
    let names = names.ok_or_else(wrong)?;
    let mut site = gigya.home_site(call);
    for name in &names {
        if site.data_schema.fields.remove(name).is_none() {
            return Err(Refusal::because(400_006, format!("dataSchema has no field {name}")));
        }
        site.data_schema.retired.insert(name.clone());
    }
    gigya.sites.insert(site.api_key.clone(), Arc::new(site));
    forget(gigya, call, &names);
    Ok(Object::new())
}

/// Takes the values out of all accounts.
fn forget(gigya: &mut Gigya, call: &Call, names: &[String]) {
    let due = gigya.visible_at(call.now);
    let people = gigya.people_of(&call.site.api_key);
    let changed: Vec<Account> = people
        .all()
        .filter(|account| names.iter().any(|name| is_there(account.data.members(), name)))
        .map(|account| {
            let mut account = Account::clone(account);
            account.data.edit(|data| names.iter().for_each(|name| remove(data, name)));
            account
        })
        .collect();
    for account in changed {
        people.put(account, due);
    }
    // The accounts did not change by themselves: nobody is told.
    people.take_touched();
}

fn remove(object: &mut Object, path: &str) {
    let Some((first, rest)) = path.split_once('.') else {
        object.shift_remove(path);
        return;
    };
    match object.get_mut(first) {
        Some(Value::Object(members)) => {
            remove(members, rest);
            if members.is_empty() {
                object.shift_remove(first);
            }
        }
        Some(Value::Array(items)) => {
            items.iter_mut().filter_map(Value::as_object_mut).for_each(|item| remove(item, rest));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn deleted_names_are_gone_for_good() {
        let mut bench = Bench::new();
        bench.account("ann", r#"{"email":"ann@example.org"}"#);
        let data = r#"{"club":{"tier":"gold"},"kids":[{"age":3,"name":"Bo"}]}"#;
        assert_eq!(bench.code("accounts.setAccountInfo", &[("UID", "ann"), ("data", data)]), 0);
        let delete =
            |bench: &mut Bench, names| bench.code("accounts.deleteSchemaFields", &[("dataSchema", names)]);
        assert_eq!(delete(&mut bench, r#"["club.tier","kids.age"]"#), 0);
        assert_eq!(bench.gigya.account("ann").unwrap()["data"], json!({"kids": [{"name": "Bo"}]}));
        let write = [("UID", "ann"), ("data", r#"{"club":{"tier":"gold"}}"#)];
        assert_eq!(
            bench.call("accounts.setAccountInfo", &write)["validationErrors"][0]["errorCode"],
            400_024
        );
        let again = [("dataSchema", r#"{"fields":{"club.tier":{"type":"long"}}}"#)];
        assert_eq!(bench.code("accounts.setSchema", &again), 400_030);
        for (names, expected) in
            [(r#"["club.tier"]"#, 400_006), ("{}", 400_006), ("[1]", 400_006), ("", 400_002)]
        {
            assert_eq!(delete(&mut bench, names), expected, "{names}");
        }
    }
}
