//! `socialize.exportUsers`.

use crate::account::Account;
use crate::call::{Call, Form};
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::people::People;
use crate::shown::{Shape, View};
use serde_json::Value;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "socialize.exportUsers",
    summary: "Exports who has which identity, as JSON without an errorCode or as CSV.",
    evidence: Evidence::documented(
        "socialize.exportUsers REST; that the list is called `users` is decided",
        "identities_are_exported",
    ),
    access: Access::Private,
    params: &["fields", "limit", "includePendingUsers"],
    server_params: &[],
    run,
};

const FIELDS: [&str; 3] = ["uid", "provider", "providerUID"];
/// How many fields may be asked for.
const MOST_FIELDS: usize = 100;
/// How many accounts one export has at most.
const MOST: usize = 100_000;

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let fields = call.params.words("fields").filter(|fields| !fields.is_empty());
    let fields = fields.unwrap_or_else(|| FIELDS.map(str::to_owned).to_vec());
    let limit = call.params.number("limit")?.map_or(Some(MOST), |limit| usize::try_from(limit).ok());
    let limit = limit.filter(|limit| (1..=MOST).contains(limit));
    let limit = limit.ok_or_else(|| Refusal::because(400_006, format!("limit must be 1 to {MOST}")))?;
    if fields.len() > MOST_FIELDS {
        return Err(Refusal::because(400_006, format!("fields may name at most {MOST_FIELDS}")));
    }
    let pending = call.params.flag("includePendingUsers")?.unwrap_or(false);
    let people = gigya.people_at(&call.site.api_key);
    let people = people.into_iter().flat_map(People::all).filter(|it| pending || it.is_registered);
    let mut rows: Vec<Object> = Vec::new();
    for account in people.take(limit) {
        rows.extend(identities(gigya, call, account).map(|identity| row(account, &identity, &fields)));
    }
    if call.params.get("format").is_some_and(|format| format.eq_ignore_ascii_case("csv")) {
        gigya.form = Form::Csv(csv(&fields, &rows));
        return Ok(Object::new());
    }
    gigya.form = Form::WithoutCode;
    let rows: Vec<Value> = rows.into_iter().map(Value::Object).collect();
    Ok(Object::from_iter([("users".into(), rows.into())]))
}

fn identities(gigya: &Gigya, call: &Call, account: &Account) -> impl Iterator<Item = Value> + use<> {
    let view = View::of(&["identities-all"]);
    let mut whole = account.show(Shape::Info, &view, gigya.phones_shape(), call.now);
    match whole.remove("identities") {
        Some(Value::Array(list)) => list.into_iter(),
        _ => Vec::new().into_iter(),
    }
}

/// The fields that an identity has, in the order in which they were asked for.
fn row(account: &Account, identity: &Value, fields: &[String]) -> Object {
    let value = |name: &str| match name.eq_ignore_ascii_case("uid") {
        true => Some(Value::from(account.uid.as_str())),
        false => identity.get(name).cloned(),
    };
    fields.iter().filter_map(|name| Some((name.clone(), value(name)?))).collect()
}

/// A line of names and a line for each row.
fn csv(fields: &[String], rows: &[Object]) -> String {
    let mut out = line(fields.iter().map(String::as_str));
    for row in rows {
        let cells: Vec<String> = fields
            .iter()
            .map(|name| match row.get(name) {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(value) => value.to_string(),
            })
            .collect();
        out.push_str(&line(cells.iter().map(String::as_str)));
    }
    out
}

fn line<'c>(cells: impl Iterator<Item = &'c str>) -> String {
    let quoted = |cell: &str| match cell.contains(['"', ',', '\r', '\n']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    };
    let cells: Vec<String> = cells.map(quoted).collect();
    cells.join(",") + "\r\n"
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use crate::{DEFAULT_API_KEY, DEFAULT_SECRET, DEFAULT_USER_KEY};
    use serde_json::json;

    #[test]
    fn identities_are_exported() {
        let mut bench = Bench::seeded(&json!({
            "social_users": [{"provider": "facebook", "authToken": "fb", "providerUID": "9,0\"1",
                "profile": {"email": "bob@example.org", "firstName": "Bob"}}],
            "accounts": [
                {"UID": "ann", "password": "secret1", "profile": {"email": "ann@example.org"}},
                {"UID": "new", "password": "secret1", "isRegistered": false},
            ],
        }));
        let sessions = [("providerSessions", r#"{"facebook":{"authToken":"fb"}}"#)];
        let bob = bench.client("accounts.notifySocialLogin", &sessions)["UID"].as_str().unwrap().to_owned();
        let mut rows = vec![
            json!({"uid": "ann", "provider": "site", "providerUID": "ann"}),
            json!({"uid": bob, "provider": "facebook", "providerUID": "9,0\"1"}),
        ];
        rows.sort_by_key(|row| row["uid"].to_string());
        let answer = bench.call("socialize.exportUsers", &[]);
        assert_eq!((answer.get("errorCode"), &answer["statusCode"]), (None, &json!(200)));
        assert_eq!(answer["users"], json!(rows));
        let all = bench.call("socialize.exportUsers", &[("includePendingUsers", "true"), ("fields", "uid")]);
        assert_eq!(all["users"].as_array().unwrap().len(), 3);
        assert_eq!(bench.call("socialize.exportUsers", &[("limit", "1")])["users"], json!(rows[..1]));
        assert_eq!(bench.code("socialize.exportUsers", &[("limit", "0")]), 400_006);

        let mut export = |secret: &str| {
            let params = [
                ("apiKey", DEFAULT_API_KEY),
                ("userKey", DEFAULT_USER_KEY),
                ("secret", secret),
                ("format", "csv"),
            ];
            let response = bench.send(post("socialize.exportUsers", &params));
            let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
            (response.status().as_u16(), kind, String::from_utf8(response.body().to_vec()).unwrap())
        };
        let (status, kind, text) = export(DEFAULT_SECRET);
        assert_eq!((status, kind.as_str()), (200, "text/csv; charset=utf-8"));
        let mut lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(lines.remove(0), "uid,provider,providerUID");
        let mut wanted = vec!["ann,site,ann".to_owned(), format!("{bob},facebook,\"9,0\"\"1\"")];
        wanted.sort();
        assert_eq!(lines, wanted);
        let (status, _, text) = export("d3Jvbmc=");
        assert_eq!(status, 403, "with CSV the status of HTTP is the real one");
        assert!(text.contains("403010"), "{text}");
        assert_eq!(bench.code("accounts.getSchema", &[("format", "csv")]), 400_006);
    }
}
