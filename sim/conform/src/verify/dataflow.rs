//! The role `dataflow`: files for IdentitySync, run in the engine between a Gigya and an Eloqua of ours.

use crate::verify::cases::{Words, base, cases, cases_of};
use crate::verify::judgement::not_exercised;
use crate::verify::partner::PartnerFile;
use crate::verify::role::{Member, Role, Takes, Verification, Work, optional};
use serde_json::{Value, json};
use standin_scenario::{Diagnostic, Key, Kind, Node};
use standin_stage::WorldSpec;
use standin_stage::runner::{BadInput, Extras, world_of};
use std::collections::BTreeSet;

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
        "out-creates", "out-updates", "out-incremental", "out-values", "out-names",
        "out-changed-address", "out-subscription", "out-scheduled", "out-golden", "in-updates", "in-unknown", "in-values",
        "in-half-file", "in-calls", "in-old-address", "in-subscription", "in-older-data",
    ),
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
        "where Gigya keeps the newsletter: data (if it is not given) is data.newsletter.isSubscribed, preferences is a topic of Communication Preferences",
    )
    .takes(Takes::Word(&["data", "preferences"])),
    optional("export_file", "how Eloqua's export names its file, contacts_{yyyyMMdd}.csv if it is not given"),
];

/// The directions: the member, the beginning of its cases' names, and the kind of step that says where files lie.
const DIRECTIONS: [(&str, &str, &str); 2] =
    [("outbound", "/out-", "datasource.write."), ("inbound", "/in-", "datasource.read.")];

/// Where Gigya keeps a subscription, as accounts are written in cases.
struct Keeping {
    word: &'static str,
    clause: &'static str,
    /// The clause that only the other one exercises.
    other: &'static str,
    yes: &'static str,
    no: &'static str,
    is_yes: &'static str,
    is_no: &'static str,
}

const KEEPING: [Keeping; 2] = [
    Keeping {
        word: "data",
        clause: "GE-SUB-1",
        other: "GE-SUB-2",
        yes: "data: { newsletter: { isSubscribed: true } }",
        no: "data: { newsletter: { isSubscribed: false } }",
        is_yes: "data: { newsletter: { isSubscribed: true } }",
        is_no: "data: { newsletter: { isSubscribed: false } }",
    },
    Keeping {
        word: "preferences",
        clause: "GE-SUB-2",
        other: "GE-SUB-1",
        yes: "communications: { email_newsletter: { topic: newsletter, channel: email, status: OptIn } }",
        no: "communications: { email_newsletter: { topic: newsletter, channel: email, status: OptOut } }",
        is_yes: "communications: { email_newsletter: { status: OptIn } }",
        is_no: "communications: { email_newsletter: { status: OptOut } }",
    },
];

/// Who may log in at the drop without being named.
const OWN_USER: &str = "cdc-batch";

fn work(verification: &Verification<'_>) -> Result<Vec<Work>, BadInput> {
    let partner = verification.partner;
    let word = partner.text("subscription")?.unwrap_or("data");
    let Some(keeping) = KEEPING.iter().find(|keeping| keeping.word == word) else {
        return Err(partner.mistake("subscription", format!("`{word}` is neither data nor preferences")));
    };
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
    let why = format!("the file says `subscription: {}`", keeping.word);
    work.push(Work::Judged(Box::new(not_exercised(partner.role.name, keeping.other, &why))));
    if flows.dataflows.is_empty() {
        return Err(partner.mistake("verify", "neither `outbound` nor `inbound` is given"));
    }
    let places = Places::of(partner, &flows)?;
    let words = words(partner, &places, keeping)?;
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
    let all = cases_of(verification, under, over, &words, None, &there)?;
    work.extend(all);
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

/// Where the dataflows find and leave their files.
struct Places {
    host: Option<String>,
    users: Vec<(String, String)>,
    folders: BTreeSet<String>,
    /// The folder of each direction, in the order of [`DIRECTIONS`].
    ways: [String; 2],
}

impl Places {
    fn of(partner: &PartnerFile, flows: &WorldSpec) -> Result<Self, BadInput> {
        let ways = ["/eloqua/in".to_owned(), "/eloqua/out".to_owned()];
        let mut places = Self { host: None, users: Vec::new(), folders: BTreeSet::new(), ways };
        for (at, (name, _, kind)) in DIRECTIONS.iter().enumerate() {
            let Some(document) = flows.dataflows.get(*name) else { continue };
            let mut found = false;
            for step in document["steps"].as_array().into_iter().flatten() {
                let of_type = step["type"].as_str().unwrap_or_default().trim().to_ascii_lowercase();
                if !of_type.ends_with(".sftp") && !of_type.ends_with(".ftp") {
                    continue;
                }
                let folder = places.take(partner, name, &step["params"])?;
                if of_type.starts_with(kind) && !found {
                    places.ways[at] = folder;
                    found = true;
                }
            }
            if !found {
                return Err(partner
                    .mistake(name, format!("no step of the `{name}` dataflow speaks to an SFTP server")));
            }
        }
        places.folders.extend(places.ways.clone());
        Ok(places)
    }

    /// Takes the place of one step in, and gives its folder.
    fn take(&mut self, partner: &PartnerFile, flow: &str, params: &Value) -> Result<String, BadInput> {
        let text = |name: &str| params[name].as_str().unwrap_or_default().trim().to_owned();
        let host = text("host");
        if let Some(known) = self.host.as_ref().filter(|known| !known.eq_ignore_ascii_case(&host)) {
            let message =
                format!("the dataflows speak to two servers, {known} and {host}; one drop is wanted");
            return Err(partner.mistake(flow, message));
        }
        self.host = Some(host);
        let user = text("username");
        if user != OWN_USER && self.users.iter().all(|(known, _)| *known != user) {
            let password = Some(text("password")).filter(|text| !text.is_empty() && text != "********");
            self.users.push((user, password.unwrap_or_else(|| "partner-password".to_owned())));
        }
        let folder = format!("/{}", text("remotePath").trim_matches('/'));
        self.folders.insert(folder.clone());
        Ok(folder)
    }

    /// The drop as a section of a world.
    fn section(&self) -> Value {
        let users: Vec<Value> =
            self.users.iter().map(|(name, password)| json!({"name": name, "password": password})).collect();
        let folders: Vec<&String> = self.folders.iter().filter(|folder| *folder != "/").collect();
        let mut section = json!({"users": users, "folders": folders});
        if let Some(host) = &self.host {
            section["host"] = json!(host);
        }
        section
    }
}

fn words(partner: &PartnerFile, places: &Places, keeping: &Keeping) -> Result<Words, BadInput> {
    let export = partner.text("export_file")?.unwrap_or("contacts_{yyyyMMdd}.csv").to_owned();
    let [outbound, inbound] = places.ways.clone();
    Ok(vec![
        ("in", outbound.trim_end_matches('/').to_owned()),
        ("out", inbound.trim_end_matches('/').to_owned()),
        ("key", partner.text("key")?.unwrap_or("C_Gigya_UID1").to_owned()),
        ("host", places.host.clone().unwrap_or_default()),
        ("file", export.replace("{yyyyMMdd}", "20260105")),
        ("export", export),
        ("subscribed", keeping.clause.to_owned()),
        ("yes", keeping.yes.to_owned()),
        ("no", keeping.no.to_owned()),
        ("is_yes", keeping.is_yes.to_owned()),
        ("is_no", keeping.is_no.to_owned()),
    ])
}
