//! Random dataflows, whole documents of any shape, run in memory; and every component alone. What holds for each
//! of them is said by the tests' names.

use crate::job::{JobReport, StepCount};
use crate::testing::{World, cases, gzipped};
use crate::{COMPONENTS, Carries, Document};
use base64::Engine as _;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const MOODY: &str = "var seen = 0; function process(record, ctx, logger, next, error) {
    if (record === null) { next.accept({seen}); return null; }
    seen++;
    switch (record.n % 5) {
        case 0: return record;
        case 1: return null;
        case 2: next.accept(record); record.r = Math.random(); next.accept(record); return record;
        case 3: error.accept(record); next.accept({...record, t: Date.now()}); return null;
        default: throw new Error('mood');
    }
}";

fn script(source: &str, more: Value) -> Value {
    with(json!({"script": base64::engine::general_purpose::STANDARD.encode(source)}), &more)
}

fn with(mut base: Value, more: &Value) -> Value {
    base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    base
}

/// Sets of parameters with which a component works; none for one that is not for the middle of a random flow.
fn variants(kind: &str) -> Vec<Value> {
    let rows = |rows: Value| json!({"fields": rows});
    let lookup = |more: Value| {
        let base = json!({
            "select": "UID, profile.city", "lookupFieldsOperator": "OR", "batchSize": 3,
            "lookupFields": [{"sourceField": "UID", "gigyaField": "UID"}, {"sourceField": "p.x", "gigyaField": "profile.city"}],
        });
        with(base, &more)
    };
    match kind {
        "datasource.lookup.gigya.account" => vec![
            lookup(json!({})),
            lookup(
                json!({"matchBehavior": "process", "mismatchBehavior": "error", "multiMatchBehavior": "error"}),
            ),
            lookup(json!({"matchBehavior": "remove", "mismatchBehavior": "process"})),
            lookup(
                json!({"mismatchBehavior": "remove", "separateMultiMatches": true, "handleFieldConflicts": "take_source"}),
            ),
        ],
        "datasource.read.sharedvariable" => vec![json!({})],
        "datasource.write.gigya.account" => {
            vec![json!({}), json!({"updatePolicy": "replace", "addResponse": true})]
        }
        "datasource.write.gigya.importaccount" => {
            vec![json!({"importPolicy": "upsert", "addResponse": true}), json!({"importPolicy": "upsert"})]
        }
        "datasource.write.gigya.generic" => vec![json!({
            "apiMethod": "accounts.setAccountInfo", "addResponse": true,
            "apiParams": [{"paramName": "UID", "sourceField": "UID", "value": ""}, {"paramName": "isActive", "sourceField": "", "value": "true"}],
        })],
        "datasource.write.gigya.ds" => vec![json!({"type": "thing"})],
        "field.add" => {
            vec![rows(json!([{"field": "a", "value": "${jobId}"}, {"field": "p.new.y", "value": "v"}]))]
        }
        "field.array.extract" => vec![
            json!({"field": "kids", "propagationFields": ["UID", "p"], "generateKey": true}),
            json!({"field": "tags"}),
            json!({"field": "a"}),
        ],
        "field.array.join" => vec![json!({"field": "tags"}), json!({"field": "kids", "separator": ";"})],
        "field.copy" => vec![rows(
            json!([{"sourceField": "p", "targetField": "q.r"}, {"sourceField": "a", "targetField": "'q.r'"}]),
        )],
        "field.date.format" => vec![
            rows(
                json!([{"field": "d", "sourceFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSX", "targetFormat": "dd/MM/yyyy"}]),
            ),
            rows(json!([{"field": "a", "targetFormat": "yyyy"}])),
        ],
        "field.evaluate" => vec![
            rows(
                json!([{"field": "e", "expression": "a.substring(1) + p_x"}, {"field": "n", "expression": "n eq 3 ? null : n + 1"}]),
            ),
            rows(json!([{"field": "a", "expression": "10 / n"}])),
        ],
        "field.flatten" => vec![rows(json!(["p"])), rows(json!(["kids", "flat.name"]))],
        "field.move" => vec![json!({"fields": ["d", "none"], "after": "n"})],
        "field.remove" => vec![rows(json!(["p.x", "flat.name", "none"])), rows(json!(["n"]))],
        "field.rename" => vec![rows(
            json!([{"sourceField": "a", "targetField": "p.x"}, {"sourceField": "p", "targetField": "'p.q'"}]),
        )],
        "field.replace" => vec![rows(json!([{"field": "*", "regex": "[ab]+", "replacement": "<$0>"}]))],
        "field.select" => vec![rows(json!(["UID", "p.x", "n", "flat.name"]))],
        "record.evaluate" => vec![
            script(MOODY, json!({"ECMAScriptVersion": "12"})),
            script(MOODY, json!({"notifyLastRecord": true})),
            script("async function process(record) { return record; }", json!({})),
        ],
        _ => Vec::new(),
    }
}

/// Formatters and sets of their parameters.
fn formats() -> Vec<(&'static str, Value)> {
    vec![
        ("file.format.json", json!({"createEmptyFile": true})),
        ("file.format.json", json!({"wrapField": "all"})),
        ("file.format.dsv", json!({"columnSeparator": ","})),
        (
            "file.format.dsv",
            json!({"columnSeparator": "|", "quoteFields": true, "createEmptyFile": true, "escapeCharacter": "\\"}),
        ),
        (
            "file.format.dsv",
            json!({"columnSeparator": ";", "dsvFormatVersion": "Standard", "writeHeader": false, "lineEnd": "\\r\\n"}),
        ),
        ("file.format.count", json!({})),
        ("file.format.krux", json!({"separator": ","})),
        ("file.format.aam", json!({"dpid": "77"})),
        ("file.empty", json!({})),
    ]
}

fn through() -> impl Iterator<Item = &'static str> {
    let records = (Carries::Records, Carries::Records);
    COMPONENTS
        .iter()
        .filter(move |component| (component.input, component.output) == records)
        .map(|component| component.kind)
}

fn any_record() -> impl Strategy<Value = Value> {
    let text = "[a-dé \"|,;\n]{0,5}";
    let kids = proptest::collection::vec(("[a-c]{1,2}", 0..9u32), 0..3);
    (0..10u32, text, proptest::option::of("[u-w]"), text, proptest::collection::vec("[a-c]", 0..3), kids, 0..4u8).prop_map(
        |(n, a, uid, x, tags, kids, left_out)| {
            let kids: Vec<Value> = kids.iter().map(|(name, year)| json!({"name": name, "y": year})).collect();
            let mut record = json!({
                "n": n, "a": a, "p": {"x": x, "y": {"z": null}}, "tags": tags, "kids": kids, "flat.name": true,
                "d": "2026-01-05T08:00:00.000Z", "data": {"n": n},
            });
            if let Some(uid) = uid {
                record["UID"] = uid.into();
            }
            let gone = ["", "tags", "p", "data"][usize::from(left_out)];
            record.as_object_mut().unwrap().remove(gone);
            record
        },
    )
}

/// One step of the middle: which component, with which parameters, and who feeds it over which edge.
type Middle = (Index, Index, Vec<(Index, bool)>);

/// One end: which formatter, who feeds it, and how its file is packed.
type End = (Index, Vec<(Index, bool)>, u8);

#[derive(Clone, Debug)]
struct Plan {
    records: Vec<Value>,
    /// 0 accounts, 1 a file, 2 a packed file, 3 accounts and a file, 4 events, 5 objects.
    entry: u8,
    middle: Vec<Middle>,
    ends: Vec<End>,
    order: Vec<Index>,
    temporary: bool,
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let feeders = || proptest::collection::vec((any::<Index>(), proptest::bool::weighted(0.25)), 1..3);
    let middle = proptest::collection::vec((any::<Index>(), any::<Index>(), feeders()), 0..7);
    let ends = proptest::collection::vec((any::<Index>(), feeders(), 0..4u8), 1..4);
    let records = proptest::collection::vec(any_record(), 0..12);
    (records, 0..6u8, middle, ends, proptest::collection::vec(any::<Index>(), 16), any::<bool>()).prop_map(
        |(records, entry, middle, ends, order, temporary)| Plan {
            records,
            entry,
            middle,
            ends,
            order,
            temporary,
        },
    )
}

fn server(folder: &str) -> Value {
    json!({"host": "h", "username": "u", "password": "p", "remotePath": folder})
}

impl Plan {
    /// The document, with its steps in any order.
    fn document(&self) -> String {
        let mut steps: Vec<Value> = Vec::new();
        let mut step = |id: String, kind: &str, params: Value| {
            steps.push(json!({"id": id, "type": kind, "params": params, "next": [], "error": []}));
            steps.len() - 1
        };
        let mut edges: Vec<(usize, String, bool)> = Vec::new();
        let mut sources = Vec::new();
        let readers: &[&str] = match self.entry {
            0 => &["account"],
            3 => &["account", "file"],
            4 => &["audit"],
            5 => &["ds"],
            _ => &["file"],
        };
        for reader in readers {
            sources.push(match *reader {
                "account" => {
                    step("accounts".to_owned(), "datasource.read.gigya.account", json!({"select": "*"}))
                }
                "audit" => step("events".to_owned(), "datasource.read.gigya.audit", json!({"select": "*"})),
                "ds" => step(
                    "objects".to_owned(),
                    "datasource.read.gigya.ds",
                    json!({"select": "*", "from": "thing"}),
                ),
                _ => {
                    let read = step(" read".to_owned(), "datasource.read.sftp", server("in"));
                    let mut from = read;
                    if self.entry == 2 {
                        let unpack = step("unpack".to_owned(), "file.uncompress.gzip", json!({}));
                        edges.push((from, "unpack".to_owned(), false));
                        from = unpack;
                    }
                    edges.push((from, "parse".to_owned(), false));
                    step("parse".to_owned(), "file.parse.json", json!({}))
                }
            });
        }
        let kinds: Vec<&str> = through().collect();
        let feed = |edges: &mut Vec<(usize, String, bool)>,
                    sources: &[usize],
                    id: &str,
                    feeders: &[(Index, bool)],
                    readers: usize| {
            for (feeder, error) in feeders {
                let at = feeder.index(sources.len());
                // What has no error path of its own feeds by success.
                edges.push((sources[at], id.to_owned(), *error && at >= readers));
            }
        };
        let readers = sources.len();
        for (index, (kind, variant, feeders)) in self.middle.iter().enumerate() {
            let (kind, id) = (*kind.get(&kinds), format!("m{index}"));
            let params = variant.get(&variants(kind)).clone();
            feed(&mut edges, &sources, &id, feeders, readers);
            sources.push(step(id, kind, params));
        }
        let formats = formats();
        for (index, (format, feeders, pack)) in self.ends.iter().enumerate() {
            let (kind, params) = format.get(&formats);
            let id = format!("end {index}");
            feed(&mut edges, &sources, &id, feeders, readers);
            let mut from = step(
                id,
                kind,
                with(params.clone(), &json!({"fileName": format!("f{index}_${{jobId}}.out")})),
            );
            for (bit, name) in [(1, "gzip"), (2, "zip")] {
                if pack & bit != 0 {
                    let id = format!("{name} {index}");
                    edges.push((from, id.clone(), false));
                    from = step(id, &format!("file.compress.{name}"), json!({}));
                }
            }
            edges.push((from, "store".to_owned(), false));
        }
        step(
            "store".to_owned(),
            "datasource.write.sftp",
            with(server("out"), &json!({"temporaryUploadExtension": self.temporary})),
        );
        for (from, to, error) in edges {
            let list = steps[from][if error { "error" } else { "next" }].as_array_mut().unwrap();
            if !list.contains(&json!(to)) {
                list.push(json!(to));
            }
        }
        for (at, index) in self.order.iter().enumerate() {
            let (one, other) = (at % steps.len(), index.index(steps.len()));
            steps.swap(one, other);
        }
        json!({"name": "random", "steps": steps}).to_string()
    }

    fn world(&self) -> (World, Arc<Mutex<Site>>) {
        let mut world = World::new();
        world.folder("/out");
        let content = Value::from(self.records.clone()).to_string();
        let packed = if self.entry == 2 { gzipped(content.as_bytes()) } else { content.into_bytes() };
        world.file("/in/r.json.gz", &packed);
        let site = Arc::new(Mutex::new(Site { records: self.records.clone(), ..Site::default() }));
        let answering = Arc::clone(&site);
        world.answer_with(move |call| answering.lock().unwrap().answer(call));
        (world, site)
    }
}

/// A site that keeps what is written and may once not answer.
#[derive(Default)]
struct Site {
    records: Vec<Value>,
    calls: u64,
    silent_at: Option<u64>,
    kept: BTreeMap<String, Value>,
}

impl Site {
    fn answer(&mut self, call: &Value) -> Option<Value> {
        self.calls += 1;
        if self.silent_at == Some(self.calls) {
            return None;
        }
        let method = call["method"].as_str().unwrap_or_default();
        let query = call["query"].as_str().unwrap_or_default();
        let found = match method {
            // A look-up asks with brackets of its own, the reader for everything.
            "accounts.search" if query.contains("WHERE") => {
                vec![
                    json!({"UID": "u", "profile": {"city": "a"}}),
                    json!({"UID": "v"}),
                    json!({"UID": "v", "profile": {"city": "b"}}),
                ]
            }
            "accounts.search" | "audit.search" | "ds.search" => self.records.clone(),
            _ if call["UID"] == "w" => {
                return Some(json!({"errorCode": 403_005, "errorMessage": "Unauthorized user"}));
            }
            _ => {
                let key = format!("{method} {} {}", call["UID"], call["oid"]);
                self.kept.insert(key, call.clone());
                return Some(json!({"errorCode": 0, "UID": call["UID"]}));
            }
        };
        Some(json!({"errorCode": 0, "results": found}))
    }
}

fn count(report: &JobReport, id: &str) -> StepCount {
    report.steps.iter().find(|step| step.id == id).unwrap().clone()
}

/// What comes into a step is what its feeders sent.
fn edges_add_up(document: &Document, report: &JobReport) {
    for (at, step) in document.steps.iter().enumerate() {
        let feeds = |list: &[usize]| list.contains(&at);
        let counted = |from: &crate::Step| {
            from.component.output == Carries::Records || from.component.input == Carries::Files
        };
        let parses = step.component.input == Carries::Files && step.component.output == Carries::Records;
        let feeders: Vec<&crate::Step> =
            document.steps.iter().filter(|from| feeds(&from.next) || feeds(&from.error)).collect();
        if feeders.is_empty() || parses || !feeders.iter().all(|from| counted(from)) {
            continue;
        }
        let sent: u64 = feeders
            .iter()
            .map(|from| {
                let count = count(report, &from.id);
                u64::from(feeds(&from.next)) * count.output + u64::from(feeds(&from.error)) * count.errors
            })
            .sum();
        assert_eq!(count(report, &step.id).input, sent, "{}", step.id);
    }
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn any_flow_runs_adds_up_and_repeats_to_the_byte(plan in any_plan()) {
        let text = plan.document();
        let (document, _) = Document::parse(&text).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
        let once = || {
            let (mut world, site) = plan.world();
            let report = world.run_document(&document);
            let kept = site.lock().unwrap().kept.clone();
            (report, world.files("/out"), world.journal(), kept)
        };
        let (report, files, journal, kept) = once();
        prop_assert_eq!(&report.failure, &None, "{}", text);
        for step in &report.steps {
            prop_assert!(step.balanced(), "{:?}\n{}", step, text);
        }
        edges_add_up(&document, &report);
        let again = once();
        prop_assert_eq!((&again.0, &again.1, &again.3), (&report, &files, &kept), "{}", text);
        prop_assert!(again.2 == journal, "{}", text);
        crate::explain(&document);
        crate::svg(&document);
    }

    #[test]
    fn a_failure_anywhere_and_another_run_leave_what_one_run_leaves(
        plan in any_plan(), at_site in any::<bool>(), place in any::<Index>(), answer_is_lost in any::<bool>(),
    ) {
        let text = plan.document();
        let (document, _) = Document::parse(&text).unwrap();
        let (mut world, site) = plan.world();
        world.breaks([], false);
        prop_assert_eq!(world.run_document(&document).failure, None, "{}", text);
        let (files, kept) = (world.files("/out"), site.lock().unwrap().kept.clone());
        let calls = if at_site { site.lock().unwrap().calls } else { world.file_calls() };
        prop_assume!(calls > 0);
        let call = 1 + place.index(usize::try_from(calls).unwrap()) as u64;

        let (mut world, site) = plan.world();
        if at_site {
            site.lock().unwrap().silent_at = Some(call);
        } else {
            world.breaks([call], answer_is_lost);
        }
        let broken = world.run_document(&document);
        if broken.failure.is_some() {
            for name in world.files("/out").keys().filter(|name| !name.contains("uploading")) {
                prop_assert_eq!(&world.files("/out")[name], &files[name], "half of {}\n{}", name, text);
            }
        }
        site.lock().unwrap().silent_at = None;
        world.breaks([], false);
        prop_assert_eq!(world.run_document(&document).failure, None, "{}", text);
        prop_assert_eq!(world.files("/out"), files, "call {} of {}, {:?}\n{}", call, calls, broken.failure, text);
        prop_assert_eq!(&site.lock().unwrap().kept, &kept, "{}", text);
    }
}

#[test]
fn every_component_between_records_takes_part() {
    for kind in through() {
        assert!(!variants(kind).is_empty(), "random flows never have `{kind}`");
    }
    for component in
        COMPONENTS.iter().filter(|one| (one.input, one.output) == (Carries::Records, Carries::Files))
    {
        assert!(
            formats().iter().any(|(kind, _)| *kind == component.kind),
            "random flows never have `{}`",
            component.kind
        );
    }
}

/// Records in so many files through one step whose results, and whose untouched siblings, are kept.
fn alone(
    kind: &str,
    params: &Value,
    records: &[Value],
    pieces: usize,
    first: bool,
) -> BTreeMap<String, Vec<u8>> {
    let mut world = World::new();
    world.folder("/out");
    let size = records.len().div_ceil(pieces).max(1);
    for (index, piece) in records.chunks(size).enumerate() {
        world.file(&format!("/in/{index}.json"), Value::from(piece.to_vec()).to_string().as_bytes());
    }
    if records.is_empty() {
        world.file("/in/0.json", b"[]");
    }
    let site = Mutex::new(Site { records: records.to_vec(), ..Site::default() });
    world.answer_with(move |call| site.lock().unwrap().answer(call));
    let files = COMPONENTS.iter().any(|one| one.kind == kind && one.output == Carries::Files);
    let next = if first { json!(["step", "witness"]) } else { json!(["witness", "step"]) };
    let json = |name: &str| json!({"fileName": name, "createEmptyFile": true});
    let mut step = json!({"id": "step", "type": kind, "params": with(params.clone(), &json!({"fileName": "made"})), "next": ["made"], "error": ["errors"]});
    let mut steps = vec![
        json!({"id": "read", "type": "datasource.read.sftp", "params": with(server("in"), &json!({"sortBy": "name"})), "next": ["parse"]}),
        json!({"id": "parse", "type": "file.parse.json", "next": next}),
        json!({"id": "witness", "type": "file.format.json", "params": json("witness"), "next": ["up"]}),
        json!({"id": "up", "type": "datasource.write.sftp", "params": server("out")}),
    ];
    if files {
        (step["next"], step["error"]) = (json!(["up"]), json!([]));
    } else {
        for name in ["made", "errors"] {
            steps.push(json!({"id": name, "type": "file.format.json", "params": json(name), "next": ["up"]}));
        }
    }
    steps.push(step);
    let report = world.run(&json!({"name": "law", "steps": steps}).to_string());
    assert_eq!(report.failure, None, "{kind} {params}");
    world.files("/out")
}

fn components_alone() -> Vec<(&'static str, Value)> {
    let through = through().flat_map(|kind| variants(kind).into_iter().map(move |params| (kind, params)));
    let mut all: Vec<(&str, Value)> = through.chain(formats()).collect();
    for (_, params) in &mut all {
        // Without a UID a key names the file, and files are what the laws below cut in pieces.
        params.as_object_mut().unwrap().remove("generateKey");
    }
    all
}

proptest! {
    #![proptest_config(cases(4))]

    #[test]
    fn batches_do_not_matter_and_siblings_see_nothing(records in proptest::collection::vec(any_record(), 0..9)) {
        let untouched = Value::from(records.clone()).to_string();
        for (kind, params) in components_alone() {
            let whole = alone(kind, &params, &records, 1, true);
            prop_assert_eq!(String::from_utf8_lossy(&whole["/out/witness"]), untouched.as_str(), "{} {}", kind, params);
            for pieces in [2, 9] {
                let parts = alone(kind, &params, &records, pieces, false);
                prop_assert_eq!(&parts, &whole, "{} {} in {} pieces", kind, params, pieces);
            }
        }
    }
}

#[test]
fn nothing_comes_of_nothing() {
    for (kind, params) in components_alone() {
        let files = alone(kind, &params, &[], 1, true);
        let text = |name: &str| {
            files.get(&format!("/out/{name}")).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        };
        assert_eq!(text("witness").as_deref(), Some("[]"), "{kind}");
        let made = match (kind, params["createEmptyFile"] == true, params["notifyLastRecord"] == true) {
            ("file.format.json", true, _) => Some("[]"),
            ("file.format.dsv", true, _) | ("file.empty", ..) => Some(""),
            ("file.format.count", ..) => Some("0"),
            (_, _, true) => Some(r#"[{"seen":0}]"#),
            (kind, ..) if kind.starts_with("file.") => None,
            _ => Some("[]"),
        };
        let found = text("made");
        assert_eq!(found.as_deref(), made, "{kind} {params} {:?}", files.keys());
    }
}

#[test]
fn an_empty_map_is_a_record() {
    let records = [Value::Object(Map::new())];
    for (kind, params) in components_alone() {
        alone(kind, &params, &records, 1, true);
    }
}
