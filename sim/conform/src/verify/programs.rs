//! The roles `loader` and `exporter`: programs that do Eloqua's half, between the drop and Eloqua's API.

use crate::verify::cases::{Words, base, cases, cases_of};
use crate::verify::partner::PartnerFile;
use crate::verify::role::{Member, Programme, Role, Takes, Verification, Work, bearing, needed, optional};
use serde_json::{Value, json};
use standin_scenario::{Diagnostic, Node};
use standin_stage::WorldSpec;
use standin_stage::partner::Part;
use standin_stage::runner::{BadInput, Extras};

/// A program that loads files into Eloqua.
pub const LOADER: Role = Role {
    name: "loader",
    summary: "a program that takes CSV files from SFTP into Eloqua",
    clauses: &[
        "GE-OUT-1", "GE-OUT-2", "GE-JOB-2", "GE-CSV-2", "GE-CSV-3", "GE-CSV-4", "GE-UID-1", "GE-SUB-1",
        "GE-SUB-3", "GE-BLK-1",
    ],
    members: MEMBERS,
    template: include_str!("cases/loader/new.yaml"),
    cases: cases!("loader":
        "creates", "updates", "changed-address", "values", "empty-cells", "half-file", "eloqua-down", "sync-fails",
        "says-so", "subscription", "opted-out", "alone", "many",
    ),
    bearing: &[bearing("creates", ""), bearing("updates", "")],
    apart: &["opted-out"],
    work: |verification| work(verification, Part::Loader, "/eloqua/in"),
};

/// A program that writes files of Eloqua's contacts.
pub const EXPORTER: Role = Role {
    name: "exporter",
    summary: "a program that puts CSV files of Eloqua's contacts on SFTP",
    clauses: &[
        "GE-IN-1", "GE-JOB-2", "GE-CSV-2", "GE-CSV-3", "GE-CSV-4", "GE-FLD-2", "GE-UID-3", "GE-SUB-1",
        "GE-BLK-1",
    ],
    members: MEMBERS,
    template: include_str!("cases/exporter/new.yaml"),
    cases: cases!("exporter":
        "file", "readable", "carries", "names", "key", "updates", "values", "half-file", "subscription", "failure",
        "says-so", "alone", "many",
    ),
    bearing: &[
        bearing("file", ""),
        bearing("readable", ""),
        bearing("carries", ""),
        bearing("names", ""),
        bearing("key", ""),
        bearing("updates", ""),
    ],
    apart: &[],
    work: |verification| work(verification, Part::Exporter, "/eloqua/out"),
};

const MEMBERS: &[Member] = &[
    needed("command", "what starts the program, as a list: [python3, load.py]").takes(Takes::Texts),
    optional("folder", "the folder at the drop, /eloqua/in or /eloqua/out if it is not given"),
    optional("file", "how its files are called, with one * or none: contacts_*.csv if it is not given"),
    optional("separator", "what stands between cells: `,` (if it is not given), `;` or `|`"),
    optional("patience", "after how many seconds the program is stopped, 60 if it is not given")
        .takes(Takes::Number),
];

/// How long a program may take, in seconds.
const PATIENCE: u64 = 60;

fn work(verification: &Verification<'_>, part: Part, folder: &str) -> Result<Vec<Work>, BadInput> {
    let file = verification.partner;
    let folder = format!("/{}", file.text("folder")?.unwrap_or(folder).trim_matches('/'));
    let pattern = file.text("file")?.unwrap_or("contacts_*.csv").to_owned();
    if pattern.matches('*').count() > 1 || pattern.contains('/') {
        return Err(file.mistake("file", format!("`{pattern}` is no file name with one `*` or none")));
    }
    let separator = file.text("separator")?.unwrap_or(",");
    if ![",", ";", "|"].contains(&separator) {
        let message = format!("Eloqua takes `,`, `;` or `|` between cells, not `{separator}`");
        return Err(file.mistake("separator", message));
    }
    // Two files of one name are never there at the same time.
    let meanwhile =
        if pattern.contains('*') { "advance: 1min" } else { "eloqua_import: { job: contacts, expect: any }" };
    let named = |stem: &str| pattern.replace('*', stem);
    let words: Words = vec![
        ("folder", folder.clone()),
        ("1", named("1")),
        ("2", named("2")),
        ("dated", named("{yyyyMMdd}")),
        ("file", pattern.clone()),
        (",", separator.to_owned()),
        ("meanwhile", meanwhile.to_owned()),
    ];
    let text = match part {
        Part::Loader => include_str!("cases/loader/world.yaml"),
        _ => include_str!("cases/exporter/world.yaml"),
    };
    let mut under = base(&format!("verify/{}/world.yaml", file.role.name), text, &words, &Extras::default())?;
    add_dataflows(&mut under, part, &folder, &pattern, separator);
    let extras = Extras { under: Some(under.clone()), ..verification.extras.clone() };
    let over = file.world(&extras, verification.colour)?;
    let partner = (verification.bring)(part, programme(file)?);
    cases_of(verification, under, over, &words, Some(&partner), &|_| true)
}

fn programme(file: &PartnerFile) -> Result<Programme, BadInput> {
    let command = command(file)?;
    let patience = file.shown(file.root.get("patience").map(Node::number).transpose())?;
    let patience = patience.unwrap_or(PATIENCE).clamp(1, 3_600);
    Ok(Programme { patience, ..Programme::of(command, file.folder()) })
}

/// What starts a partner's program.
pub(crate) fn command(file: &PartnerFile) -> Result<Vec<String>, BadInput> {
    let Some(node) = file.root.get("command") else {
        return Err(file.mistake("verify", "`command` is missing"));
    };
    let words = file.shown(node.list().map_err(|mistake| mistake.hint("a list: [python3, load.py]")))?;
    let command: Vec<String> = file
        .shown(words.iter().map(|word| word.text().map(str::to_owned)).collect::<Result<_, Diagnostic>>())?;
    if command.is_empty() {
        return Err(file.mistake("command", "the command is empty"));
    }
    Ok(command)
}

const OUTBOUND: &str = include_str!("../../../../fixtures/dataflows/gigya-to-eloqua-full.json");
const INBOUND: &str = include_str!("../../../../fixtures/dataflows/eloqua-to-gigya.json");

/// Our own half of the way: what writes the loader's files, or reads the exporter's; and what brings a crowd to Eloqua.
fn add_dataflows(under: &mut WorldSpec, part: Part, folder: &str, pattern: &str, separator: &str) {
    let flows = match part {
        Part::Loader => vec![("outbound", dataflow(OUTBOUND, folder, pattern, separator))],
        _ => vec![
            ("inbound", dataflow(INBOUND, folder, pattern, separator)),
            ("crowd", dataflow(OUTBOUND, "/crowd", "contacts_*.csv", ",")),
        ],
    };
    under.dataflows.extend(flows.into_iter().map(|(name, document)| (name.to_owned(), document)));
}

/// A dataflow of ours with its files in this folder.
fn dataflow(text: &str, folder: &str, pattern: &str, separator: &str) -> Value {
    let mut document: Value = serde_json::from_str(text).unwrap_or_default();
    for step in document["steps"].as_array_mut().into_iter().flatten() {
        let params = &mut step["params"];
        match params.get("remotePath").and_then(Value::as_str) {
            Some(path) if path.ends_with("rejected") => {
                params["remotePath"] = json!(format!("{folder}/rejected"))
            }
            Some(_) => params["remotePath"] = json!(folder),
            None => {}
        }
        if params.get("columnSeparator").is_some() {
            params["columnSeparator"] = json!(separator);
        }
        if params.get("fileNameRegex").is_some() {
            params["fileNameRegex"] = json!(regex_of(pattern));
        }
        if params.get("fileName").and_then(Value::as_str).is_some_and(|name| name.starts_with("contacts_")) {
            params["fileName"] = json!(pattern.replace('*', "${now:yyyyMMddHHmmss}"));
        }
    }
    document
}

fn regex_of(pattern: &str) -> String {
    let mut regex = String::new();
    for c in pattern.chars() {
        match c {
            '*' => regex.push_str("[^.]*"),
            c if c.is_alphanumeric() || c == '_' || c == '-' => regex.push(c),
            c => regex.extend(['\\', c]),
        }
    }
    regex
}
