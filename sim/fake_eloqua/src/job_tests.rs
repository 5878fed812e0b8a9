//! Kinds and options of Eloqua's own jobs.

use crate::eloqua::Eloqua;
use crate::job::Work;
use serde_json::{Value, json};
use standin_model::Instant;
use standin_ports::FileEntry;
use std::io::Read;
use std::time::Duration;

fn world(import: &Value) -> Eloqua {
    let mut job = json!({ "name": "in", "user": "u", "file": "*" });
    for (name, value) in import.as_object().unwrap() {
        job[name] = value.clone();
    }
    let mut eloqua = Eloqua::new(1);
    let section = json!({
        "contact_fields": ["Gigya UID", { "name": "Born", "dataType": "date" }],
        "contacts": [
            { "C_EmailAddress": "ann@brand.example", "C_Gigya_UID1": "ann", "C_City": "Ghent", "C_MobilePhone": "+32470" },
            { "C_EmailAddress": "bob@brand.example", "C_Gigya_UID1": "same" },
            { "C_EmailAddress": "cid@brand.example", "C_Gigya_UID1": "same" },
        ],
        "accounts": [{ "M_CompanyName": "Brand" }, { "M_CompanyName": "Other" }],
        "imports": [job],
    });
    eloqua.seed(Instant::START, &section).unwrap();
    eloqua
}

fn load_as(eloqua: &mut Eloqua, name: &str, bytes: &[u8]) -> Value {
    let now = Instant::START.plus(Duration::from_secs(60));
    let run = eloqua.run_now(now, "in").unwrap();
    let entry = FileEntry { name: name.to_owned(), folder: false, size: bytes.len() as u64, modified: now };
    for file in eloqua.choose(&run, &[entry]) {
        eloqua.load(now, &run, &file, bytes);
    }
    eloqua.end_run(now, &run, Ok(()));
    eloqua.runs().pop().unwrap()
}

fn load(eloqua: &mut Eloqua, text: &str) -> Value {
    load_as(eloqua, "a.csv", text.as_bytes())
}

fn counts(run: &Value) -> [u64; 5] {
    ["in", "updated", "unchanged", "deleted", "rejected"].map(|name| run[name].as_u64().unwrap_or_default())
}

fn reasons(run: &Value) -> Vec<(u64, &str)> {
    let rejects = run["rejects"].as_array().unwrap().iter();
    rejects.map(|reject| (reject["row"].as_u64().unwrap(), reject["code"].as_str().unwrap())).collect()
}

#[test]
fn bouncebacks_are_of_addresses() {
    let mut eloqua = world(&json!({ "kind": "bouncebacks" }));
    let file = "Email Address\nANN@brand.example\nlater@brand.example\nx\nann@brand.example\nbob@brand.example\u{a0}\n";
    let run = load(&mut eloqua, file);
    let expected = vec![(3, "ELQ-00002"), (5, "ELQ-00002")];
    assert_eq!((counts(&run), reasons(&run)), ([5, 2, 1, 0, 2], expected));
    assert_eq!(eloqua.contacts()[0]["isBounced"], json!(true));
    assert_eq!(eloqua.contacts().len(), 3, "no contact is made");
    let job = json!({ "name": "new", "user": "u" });
    eloqua
        .seed(
            Instant::START,
            &json!({ "contacts": [{ "C_EmailAddress": "later@brand.example" }], "imports": [job] }),
        )
        .unwrap();
    assert_eq!(eloqua.contacts()[3]["isBounced"], json!(true));
}

#[test]
fn contacts_are_deleted_by_a_field() {
    let mut eloqua = world(&json!({ "kind": "delete_contacts", "key": "C_Gigya_UID1" }));
    let run = load(&mut eloqua, "C_Gigya_UID1\nANN\nsame\nnobody\n\"\"\nann\n");
    let expected = vec![(2, "ELQ-00026"), (3, "ELQ-00034"), (4, "ELQ-00061"), (5, "ELQ-00034")];
    assert_eq!((counts(&run), reasons(&run)), ([5, 0, 0, 1, 4], expected));
    assert_eq!((eloqua.contacts().len(), &run["status"]), (2, &json!("warning")));
    let mut eloqua = world(&json!({ "kind": "delete_accounts" }));
    assert_eq!(counts(&load(&mut eloqua, "Company Name\nbrand\n")), [1, 0, 0, 1, 0]);
    assert_eq!(eloqua.store.records.accounts.records.len(), 1);
    assert!(eloqua.store.records.account_named("Brand").is_none());
}

#[test]
fn short_messages_are_opted_in_and_out() {
    for (kind, expected) in [("sms_opt_in", true), ("sms_opt_out", false)] {
        let mut eloqua = world(&json!({ "kind": kind, "key": "C_MobilePhone" }));
        let run = load(&mut eloqua, "Mobile Phone\n+32470\n+32471\n");
        assert_eq!((counts(&run), reasons(&run)), ([2, 1, 0, 0, 1], vec![(2, "ELQ-00034")]));
        assert_eq!(eloqua.store.extras.get(&1_986_000).and_then(|extra| extra.sms), Some(expected));
    }
}

#[test]
fn accounts_are_made_and_changed() {
    let mut eloqua = world(&json!({ "kind": "accounts" }));
    let run = load(&mut eloqua, "M_CompanyName,City\nBRAND,Ghent\nNew,Diest\n,x\n");
    assert_eq!((&run["created"], counts(&run)), (&json!(1), [3, 1, 0, 0, 1]));
    let city = |name: &str| {
        let accounts = &eloqua.store.records;
        let field = accounts.accounts.fields.iter().find(|field| field.name == "City").unwrap();
        accounts.account_named(name).unwrap().values.get(&field.id).map(str::to_owned)
    };
    assert_eq!((city("brand"), city("new")), (Some("Ghent".to_owned()), Some("Diest".to_owned())));
}

#[test]
fn addresses_move_to_new_ones() {
    let mapping = json!({ "old": "original", "new": "new" });
    let mut eloqua = world(&json!({ "kind": "update_addresses", "mapping": mapping }));
    eloqua.store.set_subscribed(Instant::START, "ann@brand.example", false);
    let file = "old,new\nAnn@brand.example,ann@new.example\nbob@brand.example,CID@brand.example\n\
                nobody@brand.example,x@brand.example\ncid@brand.example,no\n";
    let run = load(&mut eloqua, file);
    let expected = vec![(2, "ELQ-00011"), (4, "ELQ-00002")];
    assert_eq!((counts(&run), reasons(&run)), ([4, 1, 1, 0, 2], expected));
    let note = "rows of addresses that no contact has, which were skipped: 1";
    assert_eq!(run["notes"], json!([note]));
    let ann = &eloqua.contacts()[0];
    assert_eq!(
        (&ann["id"], &ann["C_EmailAddress"], &ann["isSubscribed"]),
        (&json!("1986000"), &json!("ann@new.example"), &json!(true)),
        "the opt-out stays with the old address"
    );
}

#[test]
fn columns_have_rules_and_constants_of_their_own() {
    let mut eloqua = world(&json!({
        "key": "C_Gigya_UID1",
        "mapping": { "uid": "C_Gigya_UID1", "email": "C_EmailAddress", "town": "C_City", "source": "C_Company" },
        "update_rule": "always", "update_rules": { "town": "ifExistingIsNull" },
        "constants": { "C_Company": "Brand", "C_Country": "BE" },
    }));
    let run = load(
        &mut eloqua,
        "uid,email,town,source\nann,ann@brand.example,Diest,x\nnew,new@brand.example,Diest,x\n",
    );
    assert_eq!((&run["status"], &run["created"], &run["updated"]), (&json!("success"), &json!(1), &json!(1)));
    let contacts = eloqua.contacts();
    for (contact, city) in [(&contacts[0], "Ghent"), (&contacts[3], "Diest")] {
        assert_eq!(
            (&contact["C_City"], &contact["C_Company"], &contact["C_Country"]),
            (&json!(city), &json!("Brand"), &json!("BE"))
        );
    }
}

#[test]
fn separators_charsets_and_dates_of_files() {
    for (separator, sign) in [("comma", ","), ("pipe", "|"), (";", ";"), ("tab", "\t")] {
        let mut eloqua = world(&json!({ "separator": separator, "charset": "windows-1252" }));
        let text = format!(
            "\"Email Address\"{sign}City{sign}Born\r\nann@brand.example{sign}\"L{sign}i\"\"\r\n\u{e9}\"{sign}05/06/59\r\n"
        );
        let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(&text);
        let run = load_as(&mut eloqua, "a.txt", &bytes);
        assert_eq!(run["status"], json!("success"), "{run}");
        assert_eq!(eloqua.contacts()[0]["C_City"], json!(format!("L{sign}i\"\r\n\u{e9}")));
        assert_eq!(eloqua.contacts()[0]["C_Born1"], json!("05/06/59"));
    }
    let mut eloqua = world(&json!({}));
    let run = load_as(&mut eloqua, "a.xlsx", b"PK");
    assert_eq!(
        (&run["files"], &run["notes"]),
        (&json!([]), &json!(["a.xlsx is a spreadsheet, which is not read here"]))
    );
}

#[test]
fn exports_are_stamped_and_zipped() {
    let mut eloqua = world(&json!({}));
    let job = |name: &str, more: Value| {
        let mut job = json!({ "name": name, "user": "u", "file": "out.csv" });
        job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        job
    };
    let activity = json!({ "type": "Unsubscribe", "EmailAddress": "ann@brand.example" });
    let exports = [
        job(
            "contacts",
            json!({ "fields": ["C_EmailAddress"], "filter": "'{{Contact.Field(C_City)}}' = 'Ghent'", "zip": true, "date_stamp": true }),
        ),
        job("accounts", json!({ "of": "accounts", "fields": ["M_CompanyName"], "date_stamp": true })),
        job(
            "activities",
            json!({
                "of": "activities", "fields": ["{{Activity.Field(EmailAddress)}}"],
                "filter": "'{{Activity.Type}}' = 'Unsubscribe'",
            }),
        ),
    ];
    eloqua.seed(Instant::START, &json!({ "activities": [activity], "exports": exports })).unwrap();
    for (name, file, expected) in [
        ("contacts", "out_20260105.zip", "Email Address\r\nann@brand.example\r\n"),
        ("accounts", "out_20260105.csv", "Company Name\r\nBrand\r\nOther\r\n"),
        ("activities", "out.csv", "Email Address\r\nann@brand.example\r\n"),
    ] {
        let run = eloqua.run_now(Instant::START, name).unwrap();
        let Work::Export { file: found, bytes } = run.work else { panic!("an export is wanted") };
        assert_eq!(found, file);
        let mut text = String::new();
        if file.ends_with(".zip") {
            let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
            let mut entry = archive.by_index(0).unwrap();
            assert_eq!(entry.name().unwrap(), "out_20260105.csv");
            entry.read_to_string(&mut text).unwrap();
        } else {
            text = String::from_utf8(bytes.to_vec()).unwrap();
        }
        assert_eq!(text, expected);
    }
}

#[test]
fn addresses_are_checked_unless_told_otherwise() {
    for (validate, created, rejected) in [(true, 1, 1), (false, 2, 0)] {
        let mut eloqua = world(&json!({ "validate": validate }));
        let run = load(&mut eloqua, "C_EmailAddress\neve@brand.example\neve at brand\n");
        assert_eq!((&run["created"], &run["rejected"]), (&json!(created), &json!(rejected)));
    }
}

#[test]
fn files_may_bring_contacts_without_an_address() {
    for (knob, created, rejects) in [("false", 0, vec![(1, "ELQ-00061")]), ("true", 1, vec![])] {
        let mut eloqua = world(&json!({ "key": "C_Gigya_UID1" }));
        eloqua.knobs_mut().set("eloqua.contacts_without_address", knob).unwrap();
        let run = load(&mut eloqua, "C_Gigya_UID1,C_EmailAddress,C_City\nnew,,Diest\nann,,Diest\n");
        assert_eq!((&run["created"], &run["updated"]), (&json!(created), &json!(1)));
        let hard = reasons(&run).into_iter().filter(|(_, code)| *code != "ELQ-00040").collect::<Vec<_>>();
        assert_eq!(hard, rejects);
        let address = eloqua.contacts()[0].get("C_EmailAddress").cloned();
        assert!(address.is_some(), "an address that is there is never cleared");
    }
}
