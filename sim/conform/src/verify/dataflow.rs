//! The role `dataflow`: files for IdentitySync, run in the engine between a Gigya and an Eloqua of ours.
//!
//! - [`keeping`]: where Gigya keeps a subscription.
//! - [`places`]: where the dataflows find and leave their files.
//! - [`words`]: what stands in cases for what is the partner's own.

mod keeping;
mod places;
mod words;

use crate::verify::cases::{base, cases, cases_of};
use crate::verify::judgement::not_exercised;
use crate::verify::partner::PartnerFile;
use crate::verify::role::{Member, Role, Takes, Verification, Work, bearing, optional};
use keeping::Keeping;
use places::Places;
use serde_json::Value;
use standin_scenario::outcome::{Failure, Outcome, Verdict};
use standin_scenario::{Diagnostic, Key, Kind, Node};
use standin_stage::WorldSpec;
use standin_stage::runner::{BadInput, Extras, world_of};
use words::words;

/// The role.
pub const ROLE: Role = Role {
    name: "dataflow",
    summary: "dataflow files of IdentitySync, run in the engine against worlds that stage what is awkward",
    clauses: &[
        "GE-OUT-1", "GE-OUT-2", "GE-OUT-3", "GE-IN-1", "GE-IN-2", "GE-CSV-3", "GE-CSV-4", "GE-FLD-2",
        "GE-FLD-3", "GE-UID-1", "GE-UID-3", "GE-SUB-1", "GE-SUB-2", "GE-SUB-3", "GE-TPL-1", "GE-EX-1",
    ],
    members: MEMBERS,
    template: include_str!("cases/dataflow/new.yaml"),
    cases: cases!("dataflow":
        "out-file", "out-readable", "out-names", "out-key", "out-creates", "out-updates", "out-incremental", "out-values",
        "out-changed-address", "out-subscription", "out-opted-out", "out-scheduled", "out-golden",
        "in-updates", "in-unknown", "in-values", "in-half-file", "in-calls", "in-old-address", "in-subscription",
        "in-older-data", "in-scheduled",
    ),
    bearing: &[
        bearing("out-file", "out-"),
        bearing("out-readable", "out-"),
        bearing("out-names", "out-"),
        bearing("out-key", "out-"),
        bearing("out-creates", "out-"),
        bearing("out-golden", "out-values"),
        bearing("in-updates", "in-"),
    ],
    apart: &[],
    work,
};

const MEMBERS: &[Member] = &[
    optional(
        "outbound",
        "the dataflow from Gigya to Eloqua: a file, or { file: ..., set: { step: { param: value } } }",
    )
    .takes(Takes::Dataflow),
    optional("inbound", "the dataflow from Eloqua to Gigya, written in the same way").takes(Takes::Dataflow),
    optional(
        "key",
        "the contact field by which Eloqua's import finds contacts, C_Gigya_UID1 if it is not given",
    ),
    optional(
        "subscription",
        "where Gigya keeps the newsletter: data (if it is not given) is data.newsletter.isSubscribed, preferences is communications.email_newsletter; or another path below data, communications or subscriptions",
    ),
    optional(
        "subscription_column",
        "the contact field that says Yes, No or nothing, C_Newsletter_Opt_In1 if it is not given",
    ),
    optional(
        "separator",
        "what stands between cells where Eloqua's jobs read and write: `,`, `;` or `|`; as the dataflows have it if it is not given",
    ),
    optional(
        "import_file",
        "which files Eloqua's import takes; *.csv, or with the ending that the outbound dataflow gives its files, if it is not given",
    ),
    optional("export_file", "how Eloqua's export names its file, contacts_{yyyyMMdd}.csv if it is not given"),
];

/// The directions: the member, the beginning of its cases' names, and the kind of step that says where files lie.
const DIRECTIONS: [(&str, &str, &str); 2] =
    [("outbound", "/out-", "datasource.write."), ("inbound", "/in-", "datasource.read.")];

fn work(verification: &Verification<'_>) -> Result<Vec<Work>, BadInput> {
    let partner = verification.partner;
    let word = partner.text("subscription")?.unwrap_or("data");
    let keeping = Keeping::of(word).ok_or_else(|| {
        let message = format!(
            "`{word}` is neither data nor preferences nor a path such as data.marketing.optIn, \
             communications.email_offers or subscriptions.newsletter.email.isSubscribed"
        );
        partner.mistake("subscription", message)
    })?;
    let keeping = &keeping;
    let mut flows = WorldSpec::default();
    let mut work = Vec::new();
    for (name, cases, _) in DIRECTIONS {
        match partner.root.get(name) {
            Some(node) => {
                flows.dataflows.insert(name.to_owned(), document(partner, node)?);
            }
            None => work.extend(without(partner, name, cases, keeping)),
        }
    }
    let why = format!("the file says that Gigya keeps the subscription in {}", keeping.path);
    work.push(Work::Judged(Box::new(not_exercised(partner.role.name, keeping.other, &why))));
    if flows.dataflows.is_empty() {
        return Err(partner.mistake("verify", "neither `outbound` nor `inbound` is given"));
    }
    let places = Places::of(partner, &mut flows)?;
    work.extend(upload(partner, &places));
    let words = words(partner, &flows, &places, keeping)?;
    let mut under = base(
        "verify/dataflow/world.yaml",
        include_str!("cases/dataflow/world.yaml"),
        &words,
        &Extras::default(),
    )?;
    under.sections.insert("sftp".to_owned(), places.section());
    under.dataflows = flows.dataflows.clone();
    let extras = Extras { under: Some(under.clone()), ..verification.extras.clone() };
    let over = partner.world(&extras, verification.colour)?;
    let there = |name: &str| {
        DIRECTIONS.iter().all(|(flow, cases, _)| !name.contains(cases) || flows.dataflows.contains_key(*flow))
    };
    work.extend(cases_of(verification, under, over, &words, None, &there)?);
    Ok(work)
}

/// What is said of clauses that only cases of a missing direction name.
fn without(partner: &PartnerFile, name: &str, cases: &str, keeping: &Keeping) -> Vec<Work> {
    let names = |clause: &str, of: bool| {
        let texts = partner.role.cases.iter().filter(|(case, _)| case.contains(cases) == of);
        let texts = texts.map(|(_, text)| text.replace("\"@{subscribed}\"", keeping.clause));
        texts.into_iter().any(|text| text.contains(&format!("[{clause}]")))
    };
    let alone = partner.role.clauses.iter().filter(|clause| names(clause, true) && !names(clause, false));
    let why = format!("the file names no `{name}` dataflow");
    alone.map(|clause| Work::Judged(Box::new(not_exercised(partner.role.name, clause, &why)))).collect()
}

/// The document that a member names, with the parameters that it sets.
fn document(partner: &PartnerFile, node: &Node) -> Result<Value, BadInput> {
    let (file, set) = match &node.kind {
        Kind::Map(_) => {
            partner.shown(node.only(&["file", "set"]))?;
            let missing = || Diagnostic::new("`file` is missing", node.span);
            (partner.shown(node.get("file").ok_or_else(missing))?, node.get("set"))
        }
        _ => (node, None),
    };
    let member = |name: &str, node: Node| Node {
        kind: Kind::Map(vec![(Key { name: name.to_owned(), span: node.span }, node.clone())]),
        span: node.span,
    };
    let world = member("dataflows", member("flow", file.clone()));
    let mut spec = world_of(&partner.path, &partner.source, Some(&world), &Extras::default(), false)?;
    let mut document = spec.dataflows.remove("flow").unwrap_or_default();
    for (key, params) in partner.shown(set.map(Node::map).transpose())?.unwrap_or_default() {
        let mut steps = document["steps"].as_array_mut().into_iter().flatten();
        let Some(step) = steps.find(|step| step["id"] == key.name.as_str()) else {
            let message = format!("the dataflow has no step `{}`", key.name);
            return partner.shown(Err(Diagnostic::new(message, key.span)));
        };
        for (name, value) in partner.shown(params.map())? {
            step["params"][name.name.as_str()] = partner.shown(value.to_json())?;
        }
    }
    Ok(document)
}

/// Whether Eloqua could find half a file. The engine never leaves one, so the step itself is looked at.
fn upload(partner: &PartnerFile, places: &Places) -> Option<Work> {
    const CLAUSE: &str = "GE-CSV-4";
    let (step, careful) = places.upload.as_ref()?;
    if partner.left_out(CLAUSE).is_some() {
        return None;
    }
    let span = partner.root.get("outbound")?.span;
    let (line, column) = partner.source.line_column(span.start);
    let message =
        format!("step `{step}` uploads each file under its own name, where Eloqua finds it by half");
    let shown = Diagnostic::new(message.clone(), span).hint("set temporaryUploadExtension to true");
    let failure = Failure {
        step: step.clone(),
        line,
        column,
        message,
        expected: Some("temporaryUploadExtension: true".to_owned()),
        actual: Some("temporaryUploadExtension: false".to_owned()),
        snippet: shown.render(&partner.source, false),
        lineage: Vec::new(),
        screenshot: None,
    };
    let verdict = match careful {
        Some(true) => Verdict::Held,
        Some(false) => Verdict::Failed(failure),
        None => Verdict::Inconclusive(format!(
            "step `{step}` does not say `temporaryUploadExtension`; where it is off, Eloqua may find half a file"
        )),
    };
    Some(Work::Judged(Box::new(Outcome {
        name: "A file has another name until its upload is whole".to_owned(),
        file: partner.path.display().to_string(),
        verdict,
        ..not_exercised(partner.role.name, CLAUSE, "")
    })))
}
