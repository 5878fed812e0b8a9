//! In = out + errors + filtered, whatever stands in the files.

use super::cases;
use super::drive::{accounts, address, counters_add_up, email, job, open, spec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;
use standin::{World, WorldSpec};
use std::collections::BTreeMap;

const PEOPLE: [&str; 3] = ["ann", "ben", "cas"];

/// The flows that read files of contacts; each by its file under `fixtures/dataflows`.
const READERS: [&str; 6] = [
    "eloqua-to-gigya",
    "eloqua-to-gigya-create",
    "eloqua-to-gigya-optouts-stay",
    "eloqua-to-gigya-with-uid",
    "eloqua-to-gigya-without-uid",
    "eloqua-to-gigya-communications",
];

/// The one that may make accounts; all others must leave their number alone.
const CREATES: &str = "eloqua-to-gigya-create";

/// The one that finds accounts by their address alone.
const BY_ADDRESS: &str = "eloqua-to-gigya-without-uid";

/// The columns of a contact's file.
const COLUMNS: [&str; 8] = [
    "C_Gigya_UID1",
    "C_EmailAddress",
    "C_FirstName",
    "C_LastName",
    "C_City",
    "C_Country",
    "C_Zip_Postal",
    "C_Newsletter_Opt_In1",
];

/// A file as bytes, and how many of its rows hold anything.
#[derive(Clone, Debug)]
struct File {
    text: String,
    rows: u64,
}

fn world(flow: &str) -> (WorldSpec, Value) {
    let path = crate::top().join("fixtures/dataflows").join(format!("{flow}.json"));
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut spec = spec(&PEOPLE);
    spec.dataflows = [("reader".to_owned(), document.clone())].into();
    (spec, document)
}

fn cell(column: &'static str) -> BoxedStrategy<String> {
    let any = || "[^\u{0}]{0,12}";
    match column {
        "C_Gigya_UID1" => prop_oneof![
            4 => select(&PEOPLE[..]).prop_map(str::to_owned),
            2 => select(vec!["ghost", "ANN", " ann", "", "ann\"OR 1=1", "a'b"]).prop_map(str::to_owned),
            1 => any(),
        ]
        .boxed(),
        "C_EmailAddress" => prop_oneof![
            3 => select(&PEOPLE[..]).prop_map(|uid| format!("{uid}@brand.example")),
            2 => select(vec!["ghost@brand.example", "no address", "", "ANN@BRAND.EXAMPLE"])
                .prop_map(str::to_owned),
            1 => any(),
        ]
        .boxed(),
        "C_Newsletter_Opt_In1" => {
            select(vec!["Yes", "No", "", "maybe", "YES"]).prop_map(str::to_owned).boxed()
        }
        _ => prop_oneof![2 => "[A-Za-z ,\"\r\n]{0,10}", 1 => any()].boxed(),
    }
}

/// Rows with all cells, with the last ones missing, or with too many; now and then an empty line, or no line
/// end at the end.
fn file() -> impl Strategy<Value = File> {
    let row = (COLUMNS.map(cell).to_vec(), 0..12_usize, select(vec!["", "", "", "\r\n"]));
    (proptest::collection::vec(row, 0..12), any::<bool>(), any::<bool>()).prop_map(|(rows, crlf, ended)| {
        let end = if crlf { "\r\n" } else { "\n" };
        let mut text = COLUMNS.join(",");
        for (cells, width, blank) in &rows {
            let width = if *width == 0 { COLUMNS.len() } else { (*width).clamp(2, COLUMNS.len() + 2) };
            let mut cells = cells.clone();
            cells.resize(width, "more".to_owned());
            let quoted: Vec<String> =
                cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
            text.push_str(&format!("{end}{blank}{}", quoted.join(",")));
        }
        if ended {
            text.push_str(end);
        }
        File { text, rows: rows.len() as u64 }
    })
}

/// Holds that what leaves a step is what comes to those behind it: nothing disappears between two steps
/// either. A file that goes on is a file, so a formatter's records end with it.
fn edges_add_up(document: &Value, job: &Value) {
    let counts: BTreeMap<&str, &Value> = job["metrics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["stepId"].as_str().unwrap().trim(), step))
        .collect();
    let mut expected: BTreeMap<&str, u64> = BTreeMap::new();
    for step in document["steps"].as_array().unwrap() {
        let (id, kind) = (step["id"].as_str().unwrap().trim(), step["type"].as_str().unwrap());
        let files = kind.starts_with("file.format") || kind == "datasource.read.sftp";
        for (edge, counter) in [("next", "output"), ("error", "errors")] {
            for to in step[edge].as_array().into_iter().flatten() {
                let to = to.as_str().unwrap().trim();
                if !files {
                    *expected.entry(to).or_default() += counts[id][counter].as_u64().unwrap();
                }
            }
        }
    }
    assert!(!expected.is_empty(), "no edges: {document}");
    for (id, came) in expected {
        assert_eq!(counts[id]["input"], came, "what came to `{id}`: {job}");
    }
}

/// Holds that what was rejected can be read in the drop, if the flow says that it is written there.
fn rejects_are_told(world: &World, document: &Value, job: &Value) {
    let told = document["steps"].as_array().unwrap().iter().any(|step| step["id"] == "rejected");
    let rejected = job["metrics"].as_array().unwrap().iter().find(|step| step["stepId"] == "rejected");
    let rejected = rejected.map_or(0, |step| step["input"].as_u64().unwrap());
    let files = world.parts().files.lock().unwrap().files();
    let written = files.iter().filter(|(path, _, _)| path.starts_with("/eloqua/out/rejected/")).count();
    assert!(!told || (written > 0) == (rejected > 0), "{rejected} rejected, {written} files: {job}");
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn no_record_disappears(flow in select(&READERS[..]), files in proptest::collection::vec(file(), 0..3)) {
        let (spec, document) = world(flow);
        let world = open(&spec);
        for (at, file) in files.iter().enumerate() {
            let path = format!("/eloqua/out/contacts_{at}.csv");
            let put = world.parts().files.lock().unwrap().put(world.now(), &path, file.text.as_bytes());
            put.unwrap();
        }
        let before = accounts(&world).len();
        let job = job(&world, "reader", true).unwrap();
        prop_assert_eq!(&job["status"], "succeeded", "{} {}", flow, job);
        counters_add_up(&job);
        edges_add_up(&document, &job);
        rejects_are_told(&world, &document, &job);
        let rows: u64 = files.iter().map(|file| file.rows).sum();
        prop_assert_eq!(&job["processedRecords"], rows, "{}: {}", flow, job);
        prop_assert!(flow == CREATES || accounts(&world).len() == before, "{} made accounts", flow);
        for uid in PEOPLE.iter().filter(|_| flow != CREATES) {
            let (found, expected) = (email(&world, uid), address(uid, 0));
            // A flow that finds people by their address also writes it, in the spelling of the file.
            let same = if flow == BY_ADDRESS { found.eq_ignore_ascii_case(&expected) } else { found == expected };
            prop_assert!(same, "{}: {} for {}", flow, found, expected);
        }
    }
}
