//! Eloqua's own jobs, one by one.

use super::run::NOTES_KEPT;
use super::*;
use proptest::prelude::*;
use standin_fake_kit::Fake;

const START: Instant = Instant::START;

fn later(seconds: u64) -> Instant {
    START.plus(Duration::from_secs(seconds))
}

fn entry(name: &str, size: usize, modified: Instant) -> FileEntry {
    FileEntry { name: name.to_owned(), folder: false, size: size as u64, modified }
}

fn seeded(section: Value) -> Eloqua {
    let mut eloqua = Eloqua::new(1);
    eloqua.seed(START, &section).unwrap();
    eloqua
}

fn with_import(more: Value) -> Eloqua {
    let mut job = json!({
        "name": "from gigya", "user": "eloqua", "password": "pw", "folder": "/out", "file": "contacts*.csv",
        "key": "C_Gigya_UID1",
    });
    for (name, value) in more.as_object().unwrap() {
        job[name] = value.clone();
    }
    seeded(json!({
        "contact_fields": ["Gigya UID", { "name": "Notes", "dataType": "largeText" }],
        "contacts": [{ "C_EmailAddress": "ann@old.example", "C_Gigya_UID1": "ann", "C_City": "Ghent" }],
        "imports": [job],
    }))
}

/// Loads one file by hand and gives the run's record.
fn load(eloqua: &mut Eloqua, now: Instant, text: &str) -> Value {
    let run = eloqua.run_now(now, "from gigya").unwrap();
    for file in eloqua.choose(&run, &[entry("contacts.csv", text.len(), now)]) {
        eloqua.load(now, &run, &file, text.as_bytes());
    }
    eloqua.end_run(now, &run, Ok(()));
    eloqua.runs().pop().unwrap()
}

#[test]
fn a_file_creates_and_updates_by_uid() {
    let mut eloqua = with_import(json!({}));
    let file = "C_Gigya_UID1,Email Address,C_FirstName,ignored\r\n\
                ann,ann@new.example,Ann,x\r\n\
                bob,bob@brand.example,\"Bob \"\"B\"\"\nB\",x\r\n\
                cid,no address,C,x\r\n\
                ann,ann@new.example,Anna,x\r\n\
                dan,,Dan,x\r\n\
                ,eve@brand.example,Eve,x\r\n";
    let run = load(&mut eloqua, later(1), file);
    for (member, expected) in [
        ("status", json!("warning")),
        ("in", json!(6)),
        ("created", json!(1)),
        ("updated", json!(1)),
        ("unchanged", json!(0)),
        ("rejected", json!(4)),
        ("files", json!(["contacts.csv"])),
        ("notes", json!(["column `ignored` is not mapped and was ignored"])),
    ] {
        assert_eq!(run[member], expected, "{member}");
    }
    assert_eq!(
        (&run["rejects"][0]["row"], &run["rejects"][0]["reason"]),
        (&json!(1), &json!("Duplicate identifier."))
    );
    assert_eq!((&run["rejects"][1]["row"], &run["rejects"][1]["code"]), (&json!(3), &json!("ELQ-00002")));
    for (at, row, key) in [(2, 5, "Email Address"), (3, 6, "C_Gigya_UID1")] {
        let reject = &run["rejects"][at];
        let expected = (&json!(row), &json!("ELQ-00061"), &json!([key]));
        assert_eq!((&reject["row"], &reject["code"], &reject["fields"]), expected);
    }
    let contacts = eloqua.contacts();
    assert_eq!(
        (&contacts[0]["id"], &contacts[0]["C_EmailAddress"], &contacts[0]["C_City"]),
        (&json!("1986000"), &json!("ann@new.example"), &json!("Ghent"))
    );
    assert_eq!(contacts[1]["C_FirstName"], json!("Bob \"B\"\nB"));
    assert!(eloqua.outbox().is_empty(), "nobody asked for a mail");
}

#[test]
fn whoever_asked_is_told_in_numbers() {
    let mut eloqua = with_import(json!({ "notify": "crm@brand.example" }));
    load(&mut eloqua, later(1), "C_Gigya_UID1,C_EmailAddress\nann,no address\n");
    let mail = eloqua.outbox().pop().unwrap();
    assert_eq!(
        (&mail["to"], &mail["subject"]),
        (&json!("crm@brand.example"), &json!("from gigya finished: warning"))
    );
    assert_eq!((&mail["run"]["id"], &mail["run"]["rejected"]), (&json!(1), &json!(1)));
    assert_eq!(mail["run"].get("rejects"), None);
    let job = json!({ "name": "x", "user": "u", "notify": "the team" });
    assert!(Eloqua::new(1).seed(START, &json!({ "imports": [job] })).is_err());
}

#[test]
fn an_export_that_cannot_be_made_fails_for_all_to_see() {
    let mut eloqua = with_export(json!({ "notify": "crm@brand.example", "every": "1h" }));
    let list = eloqua.store.add_list(START, "VIP");
    let job = json!({
        "name": "vip", "user": "u", "file": "vip.csv", "fields": ["C_EmailAddress"], "every": "30min",
        "filter": "EXISTS('{{ContactList[1]}}')", "notify": "crm@brand.example",
    });
    eloqua.seed(START, &json!({ "exports": [job.clone()] })).unwrap();
    eloqua.store.lists.remove(&list);
    assert!(eloqua.take_run(later(1800)).is_none());
    let run = eloqua.runs().pop().unwrap();
    let why = "Must reference an existing list: {{ContactList[1]}} at character 8";
    assert_eq!(
        (&run["job"], &run["status"], &run["failure"], &run["ended"]),
        (&json!("vip"), &json!("failed"), &json!(why), &json!(later(1800).to_string()))
    );
    assert_eq!(eloqua.outbox().pop().unwrap()["subject"], json!("vip finished: failed"));
    assert_eq!(eloqua.run_now(later(1801), "vip").unwrap_err(), why);
    assert!(eloqua.take_run(later(3600)).is_some(), "other jobs run on, and so does its schedule");
    // One that could never be made is a mistake in the world file.
    let refused = Eloqua::new(1).seed(START, &json!({ "exports": [job] })).unwrap_err();
    assert!(refused.to_string().contains(why), "{refused}");
}

#[test]
fn the_first_hundred_files_are_taken_by_name() {
    let mut eloqua = with_import(json!({}));
    let run = eloqua.run_now(START, "from gigya").unwrap();
    let mut listing: Vec<FileEntry> =
        (0..103).map(|at| entry(&format!("contacts-{at:03}.csv"), 5, START)).collect();
    listing.reverse();
    let chosen = eloqua.choose(&run, &listing);
    assert_eq!(
        (chosen.len(), chosen[0].as_str(), chosen[99].as_str()),
        (100, "contacts-000.csv", "contacts-099.csv")
    );
    let notes = eloqua.runs().pop().unwrap()["notes"].clone();
    assert_eq!(notes, json!(["more than 100 files; the rest is left for the next run"]));
}

#[test]
fn files_of_other_kinds_are_left_alone() {
    let mut eloqua = with_import(json!({ "file": "*" }));
    let run = eloqua.run_now(START, "from gigya").unwrap();
    let listing = [
        entry("a.TXT", 5, START),
        entry("b.Csv", 256 << 20, START),
        entry("c.csv", (256 << 20) + 1, START),
        entry("d.csv.UPLOADING", 5, START),
        entry("e.xml", 5, START),
        entry("f", 5, START),
        entry("g.XLSX", 5, START),
    ];
    assert_eq!(eloqua.choose(&run, &listing), ["a.TXT", "b.Csv"]);
    let run = eloqua.runs().pop().unwrap();
    let notes: Vec<&str> = run["notes"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let about: Vec<&str> =
        notes.iter().filter_map(|note| note.split_once(' ')).map(|(name, _)| name).collect();
    assert_eq!(about, ["c.csv", "e.xml", "f", "g.XLSX"]);
}

#[test]
fn what_runs_remember_is_bounded() {
    let mut eloqua = with_import(json!({}));
    // Each file is remembered as loaded as long as it is there.
    for at in 0..5 {
        let run = eloqua.run_now(later(at), "from gigya").unwrap();
        let name = format!("contacts-{at}.csv");
        eloqua.choose(&run, &[entry(&name, 13, START)]);
        eloqua.load(later(at), &run, &name, b"C_Gigya_UID1\n");
        eloqua.end_run(later(at), &run, Ok(()));
    }
    assert_eq!(
        eloqua.jobs.loaded.keys().map(|(_, file)| file.as_str()).collect::<Vec<_>>(),
        ["contacts-4.csv"]
    );
    // Remarks.
    let heads: Vec<String> = (0..300).map(|at| format!("h{at}")).collect();
    let run = load(&mut eloqua, later(10), &format!("C_Gigya_UID1,{}\n", heads.join(",")));
    assert_eq!(run["notes"].as_array().unwrap().len(), NOTES_KEPT + 1);
    // Rejects of all runs.
    let bad = format!("C_Gigya_UID1,C_EmailAddress\n{}", "ann,no address\n".repeat(REJECTS_KEPT + 1));
    for at in 0..30 {
        let run = load(&mut eloqua, later(20 + at), &format!("{bad}{at},no address\n"));
        assert_eq!(run["rejects"].as_array().unwrap().len(), REJECTS_KEPT + 1);
    }
    let runs = eloqua.runs();
    let of = |run: &Value| run["rejects"].as_array().unwrap().len();
    assert!(runs.iter().map(of).sum::<usize>() <= REJECTS_KEPT_IN_ALL + runs.len());
    let oldest = runs.iter().find(|run| run["rejected"] != json!(0)).unwrap();
    assert_eq!((of(oldest), &oldest["status"]), (1, &json!("warning")));
}

#[test]
fn the_same_file_twice_changes_nothing() {
    let mut eloqua = with_import(json!({}));
    let file = "C_Gigya_UID1,C_EmailAddress\nann,ann@new.example\n";
    load(&mut eloqua, later(1), file);
    let before = eloqua.contacts();
    let again = load(&mut eloqua, later(61), file);
    assert_eq!((&again["in"], &again["unchanged"]), (&json!(1), &json!(1)));
    assert_eq!(eloqua.contacts(), before);
}

#[test]
fn files_that_are_left_alone() {
    let mut eloqua = with_import(json!({}));
    let now = later(100);
    let run = eloqua.run_now(now, "from gigya").unwrap();
    let text = "C_Gigya_UID1,C_EmailAddress\nann,ann@new.example\n";
    let listing = [
        entry("contacts-2.csv", 5, later(10)),
        entry("contacts-1.csv", text.len(), later(20)),
        entry("contacts-3.csv.uploading", 5, later(10)),
        entry("contacts-4.csv.part", 5, later(10)),
        entry("other.csv", 5, later(10)),
        FileEntry { folder: true, ..entry("contacts-5.csv", 0, later(10)) },
    ];
    assert_eq!(eloqua.choose(&run, &listing), ["contacts-1.csv", "contacts-2.csv"]);
    eloqua.load(now, &run, "contacts-1.csv", text.as_bytes());
    eloqua.end_run(now, &run, Ok(()));
    // What was loaded as it is, is not taken again; what was written anew, is.
    for (size, modified, taken) in
        [(text.len(), later(20), false), (text.len(), later(30), true), (text.len() + 1, later(20), true)]
    {
        let run = eloqua.run_now(later(200), "from gigya").unwrap();
        let chosen = eloqua.choose(&run, &[entry("contacts-1.csv", size, modified)]);
        assert_eq!(!chosen.is_empty(), taken, "{size} {modified}");
        eloqua.end_run(later(200), &run, Ok(()));
    }
    eloqua.knobs_mut().set("eloqua.settle", "1min").unwrap();
    let run = eloqua.run_now(later(200), "from gigya").unwrap();
    let listing = [entry("contacts-6.csv", 5, later(150)), entry("contacts-7.csv", 5, later(140))];
    assert_eq!(eloqua.choose(&run, &listing), ["contacts-7.csv"]);
}

#[test]
fn a_file_rewritten_in_the_second_of_its_load_is_told_by_content() {
    let mut eloqua = with_import(json!({}));
    let file = |city: &str| format!("C_Gigya_UID1,C_City\nann,{city}\n");
    for (city, rows) in [("Bruges", 1), ("Bruges", 0), ("Leuven", 1)] {
        let run = load(&mut eloqua, later(1), &file(city));
        assert_eq!(run["in"], json!(rows), "{city}");
        assert_eq!(eloqua.contacts()[0]["C_City"], json!(city));
    }
}

#[test]
fn a_file_that_grows_while_it_is_fetched_is_left_for_the_next_run() {
    let mut eloqua = with_import(json!({}));
    let whole = "C_Gigya_UID1,C_City\nann,Bruges\n";
    let listed = [entry("contacts.csv", whole.len() - 4, START)];
    let before = eloqua.contacts();
    let run = eloqua.run_now(START, "from gigya").unwrap();
    assert_eq!(eloqua.choose(&run, &listed), ["contacts.csv"]);
    eloqua.load(START, &run, "contacts.csv", whole.as_bytes());
    eloqua.end_run(START, &run, Ok(()));
    let run = eloqua.runs().pop().unwrap();
    let note = "contacts.csv changed while it was fetched and is left for the next run";
    assert_eq!((&run["in"], &run["files"], &run["notes"]), (&json!(0), &json!([]), &json!([note])));
    assert_eq!(eloqua.contacts(), before);
    assert_eq!(load(&mut eloqua, START, whole)["updated"], json!(1));
}

#[test]
fn subscriptions_come_in_a_column() {
    for more in [
        json!({ "sets_subscription": { "column": "news", "yes": "Y", "no": "N" } }),
        json!({ "mapping": {
            "C_Gigya_UID1": "C_Gigya_UID1", "news": "{{Contact.Email.IsSubscribed}}",
        } }),
    ] {
        let (yes, no) = if more.get("mapping").is_some() { ("true", "false") } else { ("y", "N") };
        let mut eloqua = with_import(more);
        for (at, word, expected) in [(1, no, false), (2, "", false), (3, yes, true)] {
            let run = load(&mut eloqua, later(at), &format!("C_Gigya_UID1,news\nann,{word}\n"));
            assert_eq!(run["status"], json!("success"));
            assert_eq!(eloqua.contacts()[0]["isSubscribed"], json!(expected), "{word}");
        }
        let run = load(&mut eloqua, later(4), "C_Gigya_UID1,news\nann,perhaps\n");
        assert_eq!((&run["status"], &run["rejects"][0]["fields"]), (&json!("warning"), &json!(["news"])));
    }
}

#[test]
fn other_kinds_of_import() {
    let mut eloqua = with_import(json!({ "kind": "unsubscribe" }));
    let run = load(&mut eloqua, later(1), "C_EmailAddress\nANN@old.example\nnobody@brand.example\nx\n");
    assert_eq!((&run["in"], &run["updated"], &run["rejected"]), (&json!(3), &json!(2), &json!(1)));
    assert_eq!(eloqua.contacts()[0]["isSubscribed"], json!(false));

    let mapping = json!({ "before": "original", "after": "new" });
    let mut eloqua = with_import(json!({ "kind": "update_addresses", "mapping": mapping }));
    let file = "before,after\nann@old.example,ann@new.example\nnobody@x.example,b@x.example\n";
    let run = load(&mut eloqua, later(1), file);
    assert_eq!((&run["updated"], &run["unchanged"], &run["rejected"]), (&json!(1), &json!(1), &json!(0)));
    assert_eq!(eloqua.contacts()[0]["C_EmailAddress"], json!("ann@new.example"));
}

#[test]
fn files_that_cannot_be_loaded() {
    for (file, why) in [
        (
            &b"C_EmailAddress\nann@old.example\n"[..],
            "contacts.csv: no column holds the unique match field C_Gigya_UID1",
        ),
        (&b"C_Gigya_UID1\n\xff\n"[..], "contacts.csv: the file is not in UTF-8"),
        (
            &b"C_Gigya_UID1,C_Gigya_UID1\nann,ann\n"[..],
            "contacts.csv: the heading `C_Gigya_UID1` stands twice",
        ),
    ] {
        let mut eloqua = with_import(json!({}));
        let before = eloqua.contacts();
        let run = eloqua.run_now(START, "from gigya").unwrap();
        eloqua.choose(&run, &[entry("contacts.csv", file.len(), START)]);
        eloqua.load(START, &run, "contacts.csv", file);
        eloqua.end_run(START, &run, Ok(()));
        let run = eloqua.runs().pop().unwrap();
        assert_eq!((&run["status"], &run["failure"]), (&json!("failed"), &json!(why)));
        assert_eq!(eloqua.contacts(), before);
    }
}

#[test]
fn dates_with_fractions_are_left_out() {
    let mut eloqua = seeded(json!({
        "contact_fields": ["Gigya UID", { "name": "Born", "dataType": "date" }],
        "contacts": [{ "C_EmailAddress": "ann@old.example", "C_Gigya_UID1": "ann" }],
        "imports": [{ "name": "from gigya", "user": "eloqua", "key": "C_Gigya_UID1" }],
    }));
    for (at, date, expected) in [(1, "1959-05-06 10:00:00.5", None), (2, "1959-05-06", Some("1959-05-06"))] {
        let run = load(&mut eloqua, later(at), &format!("C_Gigya_UID1,C_Born1,C_City\nann,{date},Ghent\n"));
        assert_eq!(run["rejected"], json!(0));
        let contact = &eloqua.contacts()[0];
        assert_eq!(contact.get("C_Born1").and_then(Value::as_str), expected);
        assert_eq!(contact["C_City"], json!("Ghent"));
    }
}

fn with_export(more: Value) -> Eloqua {
    let mut job = json!({
        "name": "to gigya", "user": "eloqua", "file": "eloqua-{yyyyMMdd}.csv", "folder": "/in",
        "fields": ["C_Gigya_UID1", "C_EmailAddress", "{{Contact.Email.IsSubscribed}}"],
    });
    for (name, value) in more.as_object().unwrap() {
        job[name] = value.clone();
    }
    seeded(json!({
        "contact_fields": ["Gigya UID"],
        "contacts": [
            { "C_EmailAddress": "ann@brand.example", "C_Gigya_UID1": "ann" },
            { "C_EmailAddress": "bob@brand.example" },
        ],
        "exports": [job],
    }))
}

fn exported(run: &JobRun) -> (String, String) {
    let Work::Export { file, bytes } = &run.work else { panic!("an export is wanted") };
    (file.clone(), String::from_utf8(bytes.to_vec()).unwrap())
}

#[test]
fn an_export_makes_a_file() {
    for (more, heads) in [
        (json!({}), "Gigya UID;Email Address;{{Contact.Email.IsSubscribed}}"),
        (json!({ "header": "internal" }), "C_Gigya_UID1;C_EmailAddress;{{Contact.Email.IsSubscribed}}"),
    ] {
        let mut more = more;
        more["separator"] = json!(";");
        more["filter"] = json!("'{{Contact.Field(C_Gigya_UID1)}}' != ''");
        let mut eloqua = with_export(more);
        let run = eloqua.run_now(START, "to gigya").unwrap();
        let (file, text) = exported(&run);
        assert_eq!(file, "eloqua-20260105.csv");
        assert_eq!(text, format!("{heads}\r\nann;ann@brand.example;True\r\n"));
    }
    let mut eloqua = with_export(json!({ "mapping": { "uid": "C_Gigya_UID1" }, "fields": [] }));
    let run = eloqua.run_now(START, "to gigya").unwrap();
    assert_eq!(exported(&run).1, "uid\r\nann\r\n\"\"\r\n");
}

#[test]
fn only_a_run_that_ended_well_moves_the_point_forward() {
    let mut eloqua = with_export(json!({ "changed_since_last_run": true, "every": "1h" }));
    let rows = |now: Instant, eloqua: &mut Eloqua, result: Result<(), String>| {
        let run = eloqua.run_now(now, "to gigya").unwrap();
        eloqua.end_run(now, &run, result);
        exported(&run).1.lines().count() - 1
    };
    assert_eq!(rows(later(10), &mut eloqua, Err("no connection".to_owned())), 2);
    assert_eq!(rows(later(20), &mut eloqua, Ok(())), 2);
    eloqua.store.set_subscribed(later(30), "bob@brand.example", false);
    assert_eq!(rows(later(40), &mut eloqua, Err("no connection".to_owned())), 1);
    assert_eq!(rows(later(50), &mut eloqua, Ok(())), 1);
    assert_eq!(rows(later(60), &mut eloqua, Ok(())), 0);
    assert_eq!(eloqua.runs()[0]["failure"], json!("no connection"));
}

#[test]
fn schedules_repeat_and_do_not_overlap() {
    let mut eloqua = with_export(json!({ "every": "1h" }));
    assert_eq!(eloqua.next_due(), Some(later(3600)));
    assert!(eloqua.take_run(later(3599)).is_none());
    let first = eloqua.take_run(later(3600)).unwrap();
    assert_eq!(eloqua.run_now(later(3600), "to gigya").unwrap_err(), "`to gigya` is still running");
    assert!(eloqua.take_run(later(7200)).is_none(), "still running, so passed over");
    eloqua.end_run(later(7300), &first, Ok(()));
    assert!(eloqua.take_run(later(10_800)).is_some());
    assert_eq!(
        eloqua.run_now(START, "to gigia").unwrap_err(),
        "no import or export is called `to gigia`, did you mean `to gigya`?"
    );
    let mut once = with_export(json!({ "every": "once" }));
    let run = once.take_run(START).unwrap();
    once.end_run(START, &run, Ok(()));
    assert_eq!(once.next_due(), None);
}

proptest! {
    #[test]
    fn any_text_survives_the_trip(notes in proptest::collection::vec("[\\PC\r\n\t\",;|'+0]{1,40}", 1..5)) {
        let mut eloqua = with_import(json!({}));
        let job = json!({
            "name": "back", "user": "eloqua", "file": "back.csv", "fields": ["C_Gigya_UID1", "C_Notes1"],
            "header": "internal", "filter": "'{{Contact.Field(C_Gigya_UID1)}}' ~ 'p%'",
        });
        eloqua.seed(START, &json!({ "exports": [job] })).unwrap();
        let heads = ["C_Gigya_UID1", "C_EmailAddress", "C_Notes1"].map(str::to_owned);
        let row = |(at, note): (usize, &String)| vec![format!("p{at}"), format!("p{at}@brand.example"), note.clone()];
        let rows: Vec<Vec<String>> = notes.iter().enumerate().map(row).collect();
        let file = table::write(&heads, &rows, Format::CSV);
        let run = load(&mut eloqua, later(1), std::str::from_utf8(&file).unwrap());
        prop_assert_eq!(&run["created"], &json!(notes.len()));
        let run = eloqua.run_now(later(2), "back").unwrap();
        let back = table::read(exported(&run).1.as_bytes(), Format::CSV).unwrap();
        let told: Vec<String> = back.records.iter().map(|record| record[1].clone()).collect();
        prop_assert_eq!(told, notes);
    }

    #[test]
    fn any_bytes_may_be_loaded(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut eloqua = with_import(json!({}));
        let run = eloqua.run_now(START, "from gigya").unwrap();
        eloqua.load(START, &run, "contacts.csv", &bytes);
        eloqua.end_run(START, &run, Ok(()));
        let run = eloqua.runs().pop().unwrap();
        let number = |name: &str| run[name].as_u64().unwrap();
        prop_assert_eq!(
            number("in"),
            number("created") + number("updated") + number("unchanged") + number("rejected")
        );
    }
}
