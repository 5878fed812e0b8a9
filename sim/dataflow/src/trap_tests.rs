//! What is easy to get wrong about dataflows, each as a test of its own. `tests/traps.rs` of the whole project holds
//! the numbered list, and those that belong to the `idx` methods.

use crate::component::Carries;
use crate::schedule::extract;
use crate::testing::{World, check_step, format_files, parse_file};
use crate::{Document, Extract, Severity};
use base64::Engine as _;
use serde_json::{Value, json};
use standin_model::Instant;

fn server(folder: &str) -> Value {
    json!({"host": "h", "username": "u", "password": "p", "remotePath": format!("/{folder}")})
}

fn document(steps: &Value) -> Document {
    let text = json!({"name": "trap", "steps": steps}).to_string();
    Document::parse(&text).unwrap_or_else(|problems| panic!("{problems:?}")).0
}

/// Accounts through steps that follow the reader `read`; the last one is called `up`.
fn run(accounts: Value, mut steps: Vec<Value>, first: &[&str]) -> (World, crate::JobReport) {
    let mut world = World::new();
    world.folder("/out");
    world.answer(json!({"results": accounts}));
    steps.push(json!({"id": "up", "type": "datasource.write.sftp", "params": server("out")}));
    steps.push(json!({"id": "read", "type": "datasource.read.gigya.account", "params": {"select": "*"}, "next": first}));
    let report = world.run(&json!({"name": "trap", "steps": steps}).to_string());
    assert_eq!(report.failure, None);
    (world, report)
}

fn script(source: &str) -> Value {
    json!({"script": base64::engine::general_purpose::STANDARD.encode(source), "ECMAScriptVersion": "12"})
}

#[test]
fn trap_01_the_entry_is_what_neither_next_nor_error_names() {
    let document = document(&json!([
        {"id": "rescue", "type": "field.remove", "params": {"fields": ["a"]}},
        {"id": "last", "type": "field.remove", "params": {"fields": ["a"]}},
        {"id": "first", "type": "datasource.read.gigya.account", "params": {"select": "UID"}, "next": ["middle"]},
        {"id": "middle", "type": "field.remove", "params": {"fields": ["a"]}, "next": ["last"], "error": ["rescue"]},
    ]));
    let entries: Vec<&str> =
        document.graph.entries.iter().map(|at| document.steps[*at].id.as_str()).collect();
    assert_eq!(entries, ["first"]);
}

#[test]
fn trap_02_ids_count_to_the_blank() {
    let document = document(&json!([
        {"id": "read", "type": "datasource.read.gigya.account", "params": {"select": "UID"}, "next": [" a"]},
        {"id": " a", "type": "field.remove", "params": {"fields": ["a"]}, "next": ["a"]},
        {"id": "a", "type": "field.remove", "params": {"fields": ["a"]}, "next": ["5. (x) #?&"]},
        {"id": "5. (x) #?&", "type": "field.remove", "params": {"fields": ["a"]}},
    ]));
    let order: Vec<&str> = document.graph.order.iter().map(|at| document.steps[*at].id.as_str()).collect();
    assert_eq!(order, ["read", " a", "a", "5. (x) #?&"]);
}

#[test]
fn trap_03_types_come_in_any_case_and_with_blanks() {
    for (written, kind) in [
        ("datasource.write.gigya.importAccount", "datasource.write.gigya.importaccount"),
        (" field.remove", "field.remove"),
        ("FIELD.Remove ", "field.remove"),
    ] {
        let document = document(&json!([
            {"id": "read", "type": "datasource.read.gigya.account", "params": {"select": "UID"}, "next": ["x"]},
            {"id": "x", "type": written, "params": {"fields": ["a"]}},
        ]));
        assert_eq!(document.steps[1].component.kind, kind);
    }
}

#[test]
fn trap_04_an_api_parameter_has_both_a_field_and_a_value() {
    let params = json!({"apiMethod": "accounts.setAccountInfo", "addResponse": false, "apiParams": [
        {"paramName": "UID", "sourceField": "UID", "value": ""},
        {"paramName": "isActive", "sourceField": "", "value": "true"},
    ]});
    let mut world = World::new();
    world.answer(json!({}));
    world.through("datasource.write.gigya.generic", params, &[json!({"UID": "ann"})]);
    assert_eq!(
        world.calls(),
        [json!({"method": "accounts.setAccountInfo", "UID": "ann", "isActive": "true"})]
    );
}

#[test]
fn trap_05_branches_have_records_of_their_own() {
    let steps = vec![
        json!({"id": "spoil", "type": "field.remove", "params": {"fields": ["p.x"]}, "next": ["spoilt"]}),
        json!({"id": "spoilt", "type": "file.format.json", "params": {"fileName": "spoilt"}, "next": ["up"]}),
        json!({"id": "whole", "type": "file.format.json", "params": {"fileName": "whole"}, "next": ["up"]}),
    ];
    let (world, _) = run(json!([{"UID": "u", "p": {"x": 1}}]), steps, &["spoil", "whole"]);
    assert_eq!(
        (world.text("/out/spoilt"), world.text("/out/whole")),
        (r#"[{"UID":"u","p":{}}]"#.to_owned(), r#"[{"UID":"u","p":{"x":1}}]"#.to_owned())
    );
}

#[test]
fn trap_06_the_error_path_routes_what_is_no_failure() {
    let params = json!({
        "select": "UID", "from": "accounts", "lookupFields": [{"sourceField": "UID", "gigyaField": "UID"}],
        "matchBehavior": "process", "mismatchBehavior": "error",
    });
    let mut world = World::new();
    world.answer(json!({"results": [{"UID": "ann"}]}));
    let out = world.through(
        "datasource.lookup.gigya.account",
        params,
        &[json!({"UID": "ann"}), json!({"UID": "bo"})],
    );
    assert_eq!(
        (Value::from(out.next), out.errors[0]["_errorDetails"]["errorCode"].clone()),
        (json!([{"UID": "ann"}]), json!(404_000))
    );
    for (kind, params) in [
        ("field.rename", json!({"fields": []})),
        ("field.add", json!({"fields": []})),
        ("record.evaluate", script("function process(record) { return record; }")),
    ] {
        check_step(kind, params, r#"{"a":1}"#, &[r#"{"a":1}"#], &[]);
    }
}

#[test]
fn trap_07_a_success_that_ignored_parameters_is_an_error() {
    let mut world = World::new();
    let ignored = json!({"paramName": "phone", "warningCode": 403_007, "message": "not recognized"});
    world.answer(json!({"errorCode": 0, "ignoredParams": [ignored]}));
    let params = json!({"apiMethod": "accounts.setAccountInfo", "apiParams": [{"paramName": "phone", "sourceField": "phone", "value": ""}]});
    let out = world.through("datasource.write.gigya.generic", params, &[json!({"phone": "1"})]);
    let message = out.errors[0]["_errorDetails"]["errorMessage"].as_str().unwrap().to_owned();
    assert!(
        message.starts_with("Ignored Params: [{paramName = phone, warningCode = 403007, message = "),
        "{message}"
    );
    assert_eq!(out.next, Vec::<Value>::new());
}

#[test]
fn trap_08_error_details_are_an_object_or_a_text() {
    let put = "function process(record, ctx, logger, next, error) { record._errorDetails = DETAILS; error.accept(record, record); }";
    for details in [r#""no number""#, r#"{"errorMessage":"no number"}"#] {
        let error = format!(r#"{{"a":1,"_errorDetails":{details}}}"#);
        check_step("record.evaluate", script(&put.replace("DETAILS", details)), r#"{"a":1}"#, &[], &[&error]);
    }
}

#[test]
fn trap_09_a_script_that_returns_nothing_drops_the_record() {
    for source in [
        "function process(record) {}",
        "function process(record) { return null; }",
        "function process(record) { return undefined; }",
    ] {
        let out = World::new().through("record.evaluate", script(source), &[json!({"a": 1})]);
        let step = &out.report.steps[2];
        assert_eq!((out.next.len(), out.errors.len(), step.filtered, step.errors), (0, 0, 1, 0), "{source}");
    }
}

#[test]
fn trap_10_after_the_last_record_comes_null() {
    let source = "let seen = []; function process(record, ctx, logger, next) { if (record === null) next.accept({seen}); else seen.push(record.n); }";
    let mut params = script(source);
    let records = [json!({"n": 1}), json!({"n": 2})];
    assert_eq!(World::new().through("record.evaluate", params.clone(), &records).next, Vec::<Value>::new());
    params["notifyLastRecord"] = json!(true);
    assert_eq!(World::new().through("record.evaluate", params, &records).next, [json!({"seen": [1, 2]})]);
}

#[test]
fn trap_11_scripts_are_base64_with_windows_line_ends_and_a_newer_language() {
    let source = "function process(record) {\r\n  // optional chaining\r\n  const { a, ...rest } = record;\r\n  return { a: a?.b ?? 'none', n: `${[...new Set(rest.t)].length}` };\r\n}\r\n";
    let packed = base64::engine::general_purpose::STANDARD.encode(source);
    let (first, second) = packed.split_at(76);
    for script in [packed.clone(), format!("{first}\r\n{second}\r\n")] {
        let params = json!({"script": script, "ECMAScriptVersion": "12"});
        check_step("record.evaluate", params, r#"{"t":[1,1,2]}"#, &[r#"{"a":"none","n":"2"}"#], &[]);
    }
}

#[test]
fn trap_12_a_first_run_reads_a_day_or_an_interval_and_not_everything() {
    let now = Instant::START;
    let back = |hours: i64| Ok(Extract::Since(Instant::from_millis(now.millis() - hours * 3_600_000)));
    for (scheduling, last, expected) in [
        (json!({"frequencyType": "once"}), None, back(24)),
        (json!({"frequencyType": "hour", "frequencyInterval": 6}), None, back(6)),
        (json!({"frequencyType": "week", "frequencyInterval": 1}), None, back(7 * 24)),
        (json!({"frequencyType": "once"}), Some(Instant::from_millis(now.millis() - 7_200_000)), back(2)),
    ] {
        assert_eq!(extract(&scheduling, last, now), expected, "{scheduling}");
    }
}

#[test]
fn trap_13_a_shifted_time_wants_a_full_extract() {
    let flow = json!({"name": "f", "steps": [
        {"id": "read", "type": "datasource.read.gigya.account", "params": {"select": "UID", "where": "lastLoginTimestamp > ${now-1h}"}},
    ]});
    for (kind, fails) in [(Extract::Full, false), (Extract::Since(Instant::START), true)] {
        let mut world = World::new();
        world.extract(kind);
        world.answer(json!({"results": []}));
        assert_eq!(world.run(&flow.to_string()).failure.is_some(), fails);
        assert_eq!(world.calls().is_empty(), fails);
    }
}

#[test]
fn trap_14_the_users_condition_stands_in_brackets() {
    let flow = json!({"name": "f", "steps": [
        {"id": "read", "type": "datasource.read.gigya.account", "params": {"select": "UID", "where": "a = 1 OR b = 2"}},
    ]});
    let mut world = World::new();
    world.extract(Extract::Since(Instant::START));
    world.answer(json!({"results": []}));
    world.run(&flow.to_string());
    assert_eq!(
        world.calls()[0]["query"],
        "SELECT UID FROM accounts WHERE (a = 1 OR b = 2) AND lastUpdatedTimestamp > 1767600000000 LIMIT 300"
    );
}

#[test]
fn trap_15_files_that_did_not_change_are_not_read_again() {
    let flow = json!({"name": "f", "steps": [
        {"id": "read", "type": "datasource.read.sftp", "params": server("in"), "next": ["up"]},
        {"id": "up", "type": "datasource.write.sftp", "params": server("out")},
    ]});
    let hour = 3_600_000;
    for (kind, expected) in [
        (Extract::Since(Instant::START), &["/out/new.csv"][..]),
        (Extract::Full, &["/out/old.csv", "/out/new.csv"]),
    ] {
        let mut world = World::new();
        world.extract(kind);
        world.folder("/out");
        world.file_at("/in/old.csv", b"1", Instant::from_millis(Instant::START.millis() - hour));
        world.file_at("/in/new.csv", b"2", Instant::from_millis(Instant::START.millis() + hour));
        assert_eq!(world.run(&flow.to_string()).files_written, expected);
    }
}

#[test]
fn trap_16_names_with_dots_stay_flat_in_files_and_nest_in_accounts() {
    let parsed =
        parse_file("file.parse.dsv", json!({"columnSeparator": ","}), "a.csv", b"profile.zip\n01234\n");
    assert_eq!(parsed, Ok(json!([{"profile.zip": "01234"}])));
    let steps =
        vec![json!({"id": "json", "type": "file.format.json", "params": {"fileName": "f"}, "next": ["up"]})];
    let (world, _) = run(json!([{"profile.zip": "01234"}]), steps, &["json"]);
    assert_eq!(world.text("/out/f"), r#"[{"profile":{"zip":"01234"}}]"#);
    let literal = json!({"fields": [{"sourceField": "profile.zip", "targetField": "'profile.zip'"}, {"sourceField": "profile", "targetField": "rest"}]});
    check_step(
        "field.rename",
        literal,
        r#"{"profile":{"zip":"1","x":2}}"#,
        &[r#"{"profile.zip":"1","rest":{"x":2}}"#],
        &[],
    );
}

#[test]
fn trap_17_renaming_leaves_parents_and_orders_columns() {
    let renames =
        json!([{"sourceField": "p.b", "targetField": "B"}, {"sourceField": "p.a", "targetField": "A"}]);
    let record = r#"{"p":{"a":1,"b":2},"x":3}"#;
    check_step("field.rename", json!({"fields": renames}), record, &[r#"{"p":{},"x":3,"B":2,"A":1}"#], &[]);
    let steps = vec![
        json!({"id": "rename", "type": "field.rename", "params": {"fields": renames}, "next": ["csv"]}),
        json!({"id": "csv", "type": "file.format.dsv", "params": {"fileName": "f", "columnSeparator": ","}, "next": ["up"]}),
    ];
    let (world, _) = run(json!([{"p": {"a": 1, "b": 2}}]), steps, &["rename"]);
    assert_eq!(world.text("/out/f"), "p,B,A\n,2,1\n");
}

#[test]
fn trap_20_an_interval_counts_its_own_unit_and_may_be_a_text() {
    for interval in [json!(12), json!("12"), json!(" 12 ")] {
        let scheduling = json!({"frequencyType": "hour", "frequencyInterval": interval});
        let half_a_day = Instant::from_millis(Instant::START.millis() - 12 * 3_600_000);
        assert_eq!(
            extract(&scheduling, None, Instant::START),
            Ok(Extract::Since(half_a_day)),
            "{scheduling}"
        );
    }
}

#[test]
fn trap_22_no_record_is_no_file_and_no_upload() {
    let made = ["create /out/f.uploading", "rename /out/f.uploading /out/f"];
    for (create, expected) in [(json!(null), &[][..]), (json!(false), &[]), (json!(true), &made)] {
        let format = json!({"fileName": "f", "columnSeparator": ",", "createEmptyFile": create});
        let steps = vec![json!({"id": "csv", "type": "file.format.dsv", "params": format, "next": ["up"]})];
        let (world, _) = run(json!([]), steps, &["csv"]);
        assert_eq!(world.operations(), expected);
    }
}

#[test]
fn trap_23_the_marker_comes_once_and_after_its_elder_siblings() {
    for accounts in [json!([{"UID": "a"}, {"UID": "b"}]), json!([])] {
        let steps = vec![
            json!({"id": "ok", "type": "file.empty", "params": {"fileName": "f.ok"}, "next": ["up"]}),
            json!({"id": "json", "type": "file.format.json", "params": {"fileName": "f.json", "createEmptyFile": true}, "next": ["up"]}),
        ];
        let (_, report) = run(accounts, steps, &["json", "ok"]);
        assert_eq!(report.files_written, ["/out/f.json", "/out/f.ok"]);
    }
}

#[test]
fn trap_24_a_file_is_full_after_megabytes() {
    let records: Vec<Value> = (0..1000).map(|n| json!({"n": n})).collect();
    let params = json!({"fileName": "f", "columnSeparator": ",", "maxFileSize": 1});
    assert_eq!(format_files("file.format.dsv", params.clone(), &records).len(), 1);
    // Two of these lines are a byte less than a megabyte, three are more.
    let line = "x".repeat((1 << 19) - 2);
    let records = vec![json!({"n": line}), json!({"n": line}), json!({"n": line})];
    let files = format_files("file.format.dsv", params, &records);
    assert!(files.len() > 1, "{:?}", files.keys());
}

#[test]
fn trap_25_the_account_writer_needs_no_parameter() {
    let mut world = World::new();
    world.answer(json!({}));
    world.answer(json!({"results": [{"UID": "bo"}]}));
    world.answer(json!({}));
    let records = [
        json!({"UID": "ann", "data": {"a": 1}}),
        json!({"profile": {"email": "b@x.example"}, "data": {"a": 2}}),
    ];
    let out = world.through("datasource.write.gigya.account", json!({}), &records);
    assert_eq!(out.errors, Vec::<Value>::new());
    let calls: Vec<(Value, Value)> =
        world.calls().iter().map(|call| (call["method"].clone(), call["UID"].clone())).collect();
    assert_eq!(
        calls,
        [
            (json!("accounts.setAccountInfo"), json!("ann")),
            (json!("accounts.search"), Value::Null),
            (json!("accounts.setAccountInfo"), json!("bo")),
        ]
    );
}

#[test]
fn trap_26_upsert_overwrites_and_append_adds() {
    let record = json!({"UID": "ann", "data": {"tags": ["new"]}});
    let mut world = World::new();
    world.answer(json!({}));
    world.through(
        "datasource.write.gigya.importaccount",
        json!({"importPolicy": "upsert"}),
        std::slice::from_ref(&record),
    );
    assert_eq!(world.calls()[0]["data"], r#"{"tags":["new"]}"#);
    let mut world = World::new();
    world.answer(json!({"data": {"tags": ["old"]}}));
    world.answer(json!({}));
    world.through("datasource.write.gigya.account", json!({"updatePolicy": "append"}), &[record]);
    assert_eq!(world.calls().last().unwrap()["data"], r#"{"tags":["old","new"]}"#);
}

#[test]
fn trap_27_names_take_underscores_for_dots_and_may_be_unknown() {
    let evaluate =
        |expression: &str| json!({"language": "jexl", "fields": [{"field": "x", "expression": expression}]});
    for (expression, value) in [
        ("data_subscribed eq 'Yes' ? true : false", "true"),
        ("data.subscribed eq 'Yes' ? 'true' : 'false'", r#""true""#),
        ("nowhere.at.all eq null ? '#N/A' : nowhere", r##""#N/A""##),
        ("nowhere_at_all", "null"),
    ] {
        let after = format!(r#"{{"data":{{"subscribed":"Yes"}},"x":{value}}}"#);
        check_step(
            "field.evaluate",
            evaluate(expression),
            r#"{"data":{"subscribed":"Yes"}}"#,
            &[&after],
            &[],
        );
    }
}

#[test]
fn trap_29_separators_and_line_ends_are_characters_or_their_escapes() {
    for (separator, line_end) in [("\t", "\n"), ("\\t", "\\n")] {
        let params = json!({"fileName": "f", "columnSeparator": separator, "lineEnd": line_end});
        let files = format_files("file.format.dsv", params, &[json!({"a": 1, "b": 2})]);
        assert_eq!(files["/out/f"], b"a\tb\n1\t2\n");
        let parsed =
            parse_file("file.parse.dsv", json!({"columnSeparator": separator}), "f", b"a\tb\n1\t2\n");
        assert_eq!(parsed, Ok(json!([{"a": "1", "b": "2"}])));
    }
}

#[test]
fn trap_30_fields_have_their_case_and_parameters_keep_theirs() {
    check_step(
        "field.remove",
        json!({"fields": ["uid", "Data"]}),
        r#"{"UID":"a","data":1}"#,
        &[r#"{"UID":"a","data":1}"#],
        &[],
    );
    let mut world = World::new();
    world.answer(json!({}));
    let params = json!({"apiMethod": "accounts.deleteAccount", "apiParams": [{"paramName": "uid", "sourceField": "UID", "value": ""}]});
    world.through("datasource.write.gigya.generic", params, &[json!({"UID": "ann", "uid": "bo"})]);
    assert_eq!(world.calls(), [json!({"method": "accounts.deleteAccount", "uid": "ann"})]);
}

/// Not numbered, but of the same kind: what nobody knows is kept with a warning and never refused.
#[test]
fn unknown_parameters_are_kept_with_a_warning() {
    let text = json!({"name": "f", "steps": [
        {"id": "read", "type": "datasource.read.gigya.account", "params": {"select": "UID", "newKnob": 5}},
    ]});
    let (document, warnings) = Document::parse(&text.to_string()).unwrap();
    assert_eq!(document.steps[0].params["newKnob"], 5);
    assert_eq!(document.steps[0].component.output, Carries::Records);
    let told: Vec<(Severity, &str)> =
        warnings.iter().map(|warning| (warning.severity, warning.message.as_str())).collect();
    assert_eq!(
        told,
        [(Severity::Warning, "`datasource.read.gigya.account` has no parameter `newKnob`: it is ignored")]
    );
}
