//! What is easy to get wrong about dataflows and the `idx` methods: the numbered list, each with the test that holds it.

use crate::top;
use standin::{Transport, World, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Number, what it is about, and the test that fails for whoever falls into it.
const TRAPS: [(usize, &str, &str); 30] = [
    (1, "where a flow starts", "trap_01_the_entry_is_what_neither_next_nor_error_names"),
    (2, "blanks in step ids", "trap_02_ids_count_to_the_blank"),
    (3, "how types are written", "trap_03_types_come_in_any_case_and_with_blanks"),
    (4, "field or value of an API parameter", "trap_04_an_api_parameter_has_both_a_field_and_a_value"),
    (5, "what branches share", "trap_05_branches_have_records_of_their_own"),
    (6, "what goes down the error path", "trap_06_the_error_path_routes_what_is_no_failure"),
    (7, "ignored parameters", "trap_07_a_success_that_ignored_parameters_is_an_error"),
    (8, "the form of error details", "trap_08_error_details_are_an_object_or_a_text"),
    (9, "scripts that return nothing", "trap_09_a_script_that_returns_nothing_drops_the_record"),
    (10, "the call after the last record", "trap_10_after_the_last_record_comes_null"),
    (11, "how scripts are stored", "trap_11_scripts_are_base64_with_windows_line_ends_and_a_newer_language"),
    (12, "the first run of a delta", "trap_12_a_first_run_reads_a_day_or_an_interval_and_not_everything"),
    (13, "shifted times in a condition", "trap_13_a_shifted_time_wants_a_full_extract"),
    (14, "an OR in a condition", "trap_14_the_users_condition_stands_in_brackets"),
    (15, "files of earlier runs", "trap_15_files_that_did_not_change_are_not_read_again"),
    (16, "dots in names", "trap_16_names_with_dots_stay_flat_in_files_and_nest_in_accounts"),
    (17, "what a rename leaves", "trap_17_renaming_leaves_parents_and_orders_columns"),
    (18, "the name of a search's result", "trap_18_a_search_answers_result_and_without_hits_nothing"),
    (19, "setting a dataflow", "dataflow_life"),
    (20, "the unit of an interval", "trap_20_an_interval_counts_its_own_unit_and_may_be_a_text"),
    (21, "two formats of a start", "trap_21_a_start_comes_in_two_formats"),
    (22, "files without records", "trap_22_no_record_is_no_file_and_no_upload"),
    (23, "when a marker is made", "trap_23_the_marker_comes_once_and_after_its_elder_siblings"),
    (24, "the unit of a file's size", "trap_24_a_file_is_full_after_megabytes"),
    (25, "a writer without parameters", "trap_25_the_account_writer_needs_no_parameter"),
    (26, "upsert and append", "trap_26_upsert_overwrites_and_append_adds"),
    (27, "names in expressions", "trap_27_names_take_underscores_for_dots_and_may_be_unknown"),
    (28, "the wrong data centre", "wrong_data_center_names_the_right_one"),
    (29, "escapes of separators", "trap_29_separators_and_line_ends_are_characters_or_their_escapes"),
    (30, "upper and lower case", "trap_30_fields_have_their_case_and_parameters_keep_theirs"),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_trap_has_its_test() {
    let mut files = vec![top().join("tests/traps.rs")];
    sources(&top().join("sim"), &mut files);
    let text: String = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    for (index, (number, about, test)) in TRAPS.iter().enumerate() {
        assert_eq!(*number, index + 1);
        assert!(
            text.contains(&format!("#[test]\nfn {test}()")),
            "trap {number}, {about}: there is no test {test}"
        );
    }
    // That the next run starts where a successful one did is not the engine's business but the platform's.
    for test in ["a_later_attempt_that_succeeds_counts_from_the_first_start", "a_stopped_job_moves_nothing"] {
        assert!(text.contains(&format!("#[test]\nfn {test}()")), "trap 12: there is no test {test}");
    }
    let named: BTreeSet<&str> = TRAPS.iter().map(|(_, _, test)| *test).collect();
    let written: BTreeSet<&str> = text
        .split("#[test]\nfn ")
        .skip(1)
        .filter_map(|rest| rest.split_once("()").map(|(name, _)| name))
        .filter(|name| name.starts_with("trap_"))
        .collect();
    assert_eq!(written.difference(&named).collect::<Vec<_>>(), Vec::<&&str>::new());
}

fn world() -> World {
    let gigya = json!({"accounts": [{"UID": "ann"}]});
    World::builder().gigya(gigya).transport(Transport::Memory).open().unwrap()
}

const FLOW: &str = r#"{"name":"Nightly","status":"published","steps":[{"id":"read","type":"datasource.read.gigya.account","params":{"select":"UID"}}]}"#;

#[test]
fn trap_18_a_search_answers_result_and_without_hits_nothing() {
    let world = world();
    let search =
        || world.gigya("idx.search", &[("query", "SELECT * FROM dataflow WHERE name = 'Nightly'")]).unwrap();
    let none = search();
    assert_eq!((&none["resultCount"], none.get("result"), none.get("totalCount")), (&json!(0), None, None));
    world.gigya("idx.createDataflow", &[("data", FLOW)]).unwrap();
    let one = search();
    assert_eq!((&one["result"][0]["name"], one.get("results")), (&json!("Nightly"), None));
    let accounts = world.gigya("accounts.search", &[("query", "SELECT UID FROM accounts")]).unwrap();
    assert_eq!((&accounts["results"][0]["UID"], accounts.get("result")), (&json!("ann"), None));
}

#[test]
fn trap_21_a_start_comes_in_two_formats() {
    let world = world();
    let id = world.gigya("idx.createDataflow", &[("data", FLOW)]).unwrap()["id"].clone();
    for start in ["2027-02-01 09:00:00", "2027-02-01T09:00:00.000Z"] {
        let data = json!({"name": start, "dataflowId": id, "frequencyType": "day", "frequencyInterval": 1, "nextJobStartTime": start});
        world.gigya("idx.createScheduling", &[("data", &data.to_string())]).unwrap();
    }
    let data =
        json!({"name": "no", "dataflowId": id, "frequencyType": "day", "nextJobStartTime": "tomorrow"});
    assert!(world.gigya("idx.createScheduling", &[("data", &data.to_string())]).is_err());
}
