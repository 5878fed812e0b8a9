//! Pages of an export.

use super::Caller;
use proptest::prelude::*;
use serde_json::{Value, json};

fn world(size: usize) -> Value {
    let contact = |n| json!({ "C_EmailAddress": format!("p{n}@brand.example"), "C_City": format!("\"Den\", {n}\r\nHaag") });
    json!({ "contacts": (0..size).map(contact).collect::<Vec<_>>() })
}

fn finished_export(caller: &mut Caller) -> String {
    let uri = caller.define(
        "/contacts/exports",
        json!({ "name": "e", "fields": {
        "email": "{{Contact.Field(C_EmailAddress)}}", "city": "{{Contact.Field(C_City)}}",
    } }),
    );
    caller.sync(&uri).0
}

/// The rows of all pages of a size, as email and city; between pages the site changes.
fn rows_in_json(caller: &mut Caller, sync: &str, size: usize) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    loop {
        let page = caller.get(&format!("{sync}/data?limit={size}&offset={}", rows.len()));
        let items = page["items"].as_array().cloned().unwrap_or_default();
        assert_eq!(page["count"], json!(items.len()));
        let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
        rows.extend(items.iter().map(|row| (text(row, "email"), text(row, "city"))));
        if page["hasMore"] == json!(false) {
            return rows;
        }
        let id = 1_986_000 + rows.len() - 1;
        caller.call("DELETE", &format!("/api/rest/1.0/data/contact/{id}"), Value::Null);
        caller.call(
            "POST",
            "/api/rest/1.0/data/contact",
            json!({ "emailAddress": format!("late{id}@brand.example") }),
        );
    }
}

fn rows_in_csv(caller: &mut Caller, sync: &str, size: usize) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    loop {
        let path = format!("{sync}/data?limit={size}&offset={}", rows.len());
        let response = caller.send("GET", &path, &[("accept", "text/csv")], "");
        assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8");
        let mut reader = csv::Reader::from_reader(&response.body()[..]);
        assert_eq!(reader.headers().unwrap(), vec!["email", "city"]);
        let page: Vec<(String, String)> = reader.deserialize().map(|row| row.unwrap()).collect();
        let last = page.len() < size;
        rows.extend(page);
        if last {
            return rows;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn pages_of_any_size_hold_each_row_once(contacts in 0usize..12, size in 1usize..15) {
        let mut caller = Caller::new(world(contacts));
        let sync = finished_export(&mut caller);
        let expected: Vec<(String, String)> =
            (0..contacts).map(|n| (format!("p{n}@brand.example"), format!("\"Den\", {n}\r\nHaag"))).collect();
        prop_assert_eq!(rows_in_csv(&mut caller, &sync, size), expected.clone());
        prop_assert_eq!(rows_in_json(&mut caller, &sync, size), expected);
    }
}

#[test]
fn an_export_may_be_cut() {
    let mut caller = Caller::new(world(5));
    let rows = caller.export(
        "/contacts/exports",
        json!({ "name": "e", "fields": { "id": "{{Contact.Id}}" }, "maxRecords": "2" }),
    );
    assert_eq!(rows, json!([{ "id": "1986000" }, { "id": "1986001" }]));
}

#[test]
fn system_dates_have_a_zone_and_fields_have_none() {
    let mut caller = Caller::new(json!({ "contacts": [{
        "C_EmailAddress": "ann@brand.example", "C_Lead_Score_Date___Most_Recent1": "2026-07-01", "C_Employees1": "7",
    }] }));
    let fields = json!({
        "created": "{{Contact.CreatedAt}}", "dated": "{{Contact.Field(C_DateCreated)}}",
        "own": "{{Contact.Field(C_Lead_Score_Date___Most_Recent1)}}", "number": "{{Contact.Field(C_Employees1)}}",
    });
    for (utc, created) in [(false, "2026-01-05 03:00:00.000"), (true, "2026-01-05 08:00:00.000")] {
        let wish = json!({ "name": "e", "fields": fields, "areSystemTimestampsInUTC": utc });
        assert_eq!(
            caller.export("/contacts/exports", wish),
            json!([{
                "created": created, "dated": "2026-01-05 03:00:00.000", "own": "2026-07-01 00:00:00.000", "number": "7.0000",
            }])
        );
    }
}
