//! `accounts.identifiers.find`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use serde_json::json;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.identifiers.find",
    summary: "Finds an account by one identifier and tells the others; unlike search it never lags.",
    evidence: Evidence::documented("accounts.identifiers.find REST", "identifiers_are_found_at_once"),
    access: Access::Private,
    params: &["identifierSchema", "id"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let (schema, id) = (call.need("identifierSchema")?, call.need("id")?);
    let people = gigya.people_of(&call.site.api_key);
    let found = match schema.rsplit_once('/') {
        Some(("gigya.com/identifiers", "UID")) => people.get(id),
        Some(("gigya.com/identifiers", "email" | "username")) => {
            people.owner(id).and_then(|uid| people.get(uid))
        }
        Some(("gigya.com/identifiers", "phone")) => {
            people.holder(&crate::account::phone_key(id)).and_then(|uid| people.get(uid))
        }
        _ => return Err(Refusal::because(400_006, "identifierSchema is not known")),
    };
    let account = found.ok_or_else(|| Refusal::new(403_005))?;
    let mut identifiers = Object::new();
    let mut add = |name: &str, values: Vec<String>| {
        if !values.is_empty() {
            identifiers.insert(format!("gigya.com/identifiers/{name}"), json!(values));
        }
    };
    add("UID", vec![account.uid.to_string()]);
    add("email", account.login_emails.clone());
    add("username", account.username.iter().cloned().collect());
    add("phone", account.phone_number.iter().cloned().collect());
    Ok(Object::from_iter([("identifiers".into(), identifiers.into())]))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn identifiers_are_found_at_once() {
        let mut bench = Bench::new();
        let params = [("UID", "ann"), ("profile", r#"{"email":"ann@example.org"}"#)];
        assert_eq!(bench.code("accounts.importFullAccount", &params), 0);
        assert_eq!(bench.total("SELECT UID FROM accounts"), 0, "search lags");
        let find = [("identifierSchema", "gigya.com/identifiers/email"), ("id", "ann@example.org")];
        assert_eq!(
            bench.call("accounts.identifiers.find", &find)["identifiers"],
            json!({"gigya.com/identifiers/UID": ["ann"], "gigya.com/identifiers/email": ["ann@example.org"]})
        );
        let find = [("identifierSchema", "gigya.com/identifiers/shoe"), ("id", "44")];
        assert_eq!(bench.code("accounts.identifiers.find", &find), 400_006);
    }
}
