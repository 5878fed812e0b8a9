//! The role `dataflow`: files for IdentitySync, run in the engine between a Gigya and an Eloqua of ours.

use crate::verify::cases::{Words, base, cases, cases_of};
use crate::verify::judgement::not_exercised;
use crate::verify::partner::PartnerFile;
use crate::verify::role::{Member, Role, Takes, Verification, Work, optional};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use standin_scenario::outcome::{Failure, Outcome, Verdict};
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
        "out-changed-address", "out-subscription", "out-opted-out", "out-scheduled", "out-golden",
        "in-updates", "in-unknown", "in-values", "in-half-file", "in-calls", "in-old-address", "in-subscription",
        "in-older-data", "in-scheduled",
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

/// Where Gigya keeps a subscription, as accounts are written in cases.
struct Keeping {
    /// The path, as the file says it or as its word means it.
    path: String,
    clause: &'static str,
    /// The clause that only the other way of keeping it exercises.
    other: &'static str,
    yes: String,
    no: String,
    is_yes: String,
    is_no: String,
    is_nothing: String,
}

/// What stands for a path in a partner's file.
const WORDS: [(&str, &str); 2] =
    [("data", "data.newsletter.isSubscribed"), ("preferences", "communications.email_newsletter")];

impl Keeping {
    /// What a path, or the word for one, means.
    fn of(word: &str) -> Option<Self> {
        let path = WORDS.iter().find(|(known, _)| *known == word).map_or(word, |(_, path)| *path);
        let parts: Vec<&str> = path.split('.').collect();
        let plain = |part: &&str| {
            !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
        };
        if !parts.iter().all(plain) {
            return None;
        }
        let nested = |leaf: &str| {
            let inner =
                parts[1..].iter().rev().fold(leaf.to_owned(), |inner, part| format!("{{ {part}: {inner} }}"));
            format!("{}: {inner}", parts[0])
        };
        let (clause, other) = match parts[0] {
            "data" => ("GE-SUB-1", "GE-SUB-2"),
            _ => ("GE-SUB-2", "GE-SUB-1"),
        };
        let (yes, no, is_yes, is_no, is_nothing) = match parts[..] {
            ["communications", topic] => {
                let (channel, name) = topic.split_once('_')?;
                let set = |status: &str| {
                    nested(&format!("{{ topic: {name}, channel: {channel}, status: {status} }}"))
                };
                let is = |status: &str| nested(&format!("{{ status: {status} }}"));
                (set("OptIn"), set("OptOut"), is("OptIn"), is("OptOut"), is("null"))
            }
            ["data", _, ..] | ["subscriptions", _, _, "isSubscribed"] => {
                (nested("true"), nested("false"), nested("true"), nested("false"), nested("null"))
            }
            _ => return None,
        };
        Some(Self { path: path.to_owned(), clause, other, yes, no, is_yes, is_no, is_nothing })
    }
}

/// Who may log in at the drop without being named.
const OWN_USER: &str = "cdc-batch";
/// What the console shows in the place of a secret.
const MASKED: &str = "********";
/// The drop's host where the dataflows leave it to a parameter of the console.
const OWN_HOST: &str = "sftp.exchange.example";

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
    )
    .map_err(|bad| at_home(partner, bad))?;
    under.sections.insert("sftp".to_owned(), places.section());
    under.dataflows = flows.dataflows.clone();
    let extras = Extras { under: Some(under.clone()), ..verification.extras.clone() };
    let over = partner.world(&extras, verification.colour).map_err(|bad| at_home(partner, bad))?;
    let there = |name: &str| {
        DIRECTIONS.iter().all(|(flow, cases, _)| !name.contains(cases) || flows.dataflows.contains_key(*flow))
    };
    let all = cases_of(verification, under, over, &words, None, &there);
    work.extend(all.map_err(|bad| at_home(partner, bad))?);
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

/// A mistake in what cases build on, shown where the partner made it.
fn at_home(partner: &PartnerFile, bad: BadInput) -> BadInput {
    for name in ["key", "subscription_column"] {
        let Ok(Some(field)) = partner.text(name) else { continue };
        let message = format!("no contact field is called `{field}`");
        if bad.0.contains(&message) {
            return partner.mistake(name, format!("{message}: add it to `contact_fields` under `world`"));
        }
    }
    bad
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
    /// The server of the first step, as its file names it.
    first: Option<String>,
    /// What it is called at the drop.
    host: String,
    users: Vec<(String, String)>,
    folders: BTreeSet<String>,
    /// The folder of each direction, in the order of [`DIRECTIONS`].
    ways: [String; 2],
    /// The step that leaves files for Eloqua, and whether they have another name until they are whole, if it says so.
    upload: Option<(String, Option<bool>)>,
}

impl Places {
    /// Finds the places of all steps, and gives the steps what the console does not show: credentials for the drop
    /// in the place of masked ones, and the site's own key in the place of another that no one can know.
    fn of(partner: &PartnerFile, flows: &mut WorldSpec) -> Result<Self, BadInput> {
        let ways = ["/eloqua/in".to_owned(), "/eloqua/out".to_owned()];
        let host = OWN_HOST.to_owned();
        let (users, folders) = (Vec::new(), BTreeSet::new());
        let mut places = Self { first: None, host, users, folders, ways, upload: None };
        for (at, (name, _, kind)) in DIRECTIONS.iter().enumerate() {
            let Some(document) = flows.dataflows.get_mut(*name) else { continue };
            let mut found: Option<(String, String, Option<bool>)> = None;
            for step in document["steps"].as_array_mut().into_iter().flatten() {
                let of_type = step["type"].as_str().unwrap_or_default().trim().to_ascii_lowercase();
                let id = step["id"].as_str().unwrap_or_default().to_owned();
                let params = &mut step["params"];
                if of_type.contains(".gigya.") {
                    forget_masked_key(params);
                }
                if !of_type.ends_with(".sftp") && !of_type.ends_with(".ftp") {
                    continue;
                }
                let folder = places.take(params);
                // Of several copies Eloqua fetches the one that is never there by half.
                let careful = params["temporaryUploadExtension"].as_bool();
                let better =
                    found.as_ref().is_none_or(|(.., before)| careful == Some(true) && *before != careful);
                if of_type.starts_with(kind) && better {
                    found = Some((folder, id, careful));
                }
            }
            let Some((folder, id, careful)) = found else {
                return Err(partner
                    .mistake(name, format!("no step of the `{name}` dataflow speaks to an SFTP server")));
            };
            places.ways[at] = folder;
            if at == 0 {
                places.upload = Some((id, careful));
            }
        }
        places.folders.extend(places.ways.clone());
        Ok(places)
    }

    /// Takes the place of one step in, lets the step log in there, and gives its folder.
    fn take(&mut self, params: &mut Value) -> String {
        let text = |name: &str| params[name].as_str().unwrap_or_default().trim().to_owned();
        let (host, mut user) = (text("host"), text("username"));
        let given = Some(text("password")).filter(|text| !text.is_empty() && text != MASKED);
        let first = self.first.get_or_insert_with(|| host.clone());
        let mut folder = format!("/{}", text("remotePath").trim_matches('/'));
        // One drop plays every server: what lies at another one lies in a folder of its own.
        if !first.eq_ignore_ascii_case(&host) {
            folder = format!("/{}{}", host.replace(['/', '<', '>', '$'], ""), folder.trim_end_matches('/'));
            params["remotePath"] = json!(folder);
        } else if is_host_name(&host) {
            self.host = host;
        }
        if user.is_empty() {
            user = OWN_USER.to_owned();
            params["username"] = json!(user);
        }
        let password = match self.users.iter().find(|(known, _)| *known == user) {
            _ if user == OWN_USER => MASKED.to_owned(),
            Some((_, password)) => password.clone(),
            None => {
                let password = given.unwrap_or_else(|| "partner-password".to_owned());
                self.users.push((user, password.clone()));
                password
            }
        };
        params["host"] = json!(self.host);
        params["password"] = json!(password);
        // A key opens the partner's own server only.
        for name in ["privateKey", "passphrase"] {
            params.as_object_mut().map(|params| params.remove(name));
        }
        self.folders.insert(folder.clone());
        folder
    }

    /// The drop as a section of a world.
    fn section(&self) -> Value {
        let users: Vec<Value> =
            self.users.iter().map(|(name, password)| json!({"name": name, "password": password})).collect();
        let folders: Vec<&String> = self.folders.iter().filter(|folder| *folder != "/").collect();
        json!({"users": users, "folders": folders, "host": self.host})
    }
}

fn is_host_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')
}

/// A step whose secret the console masks speaks to the site of the world.
fn forget_masked_key(params: &mut Value) {
    let masked = ["secret", "privateKey"].iter().any(|name| params[*name] == MASKED);
    let Some(params) = params.as_object_mut().filter(|_| masked) else { return };
    for name in ["apiKey", "userKey", "secret", "privateKey"] {
        params.remove(name);
    }
}

/// The parameters of the first step of a type, or null.
fn params_of<'f>(flows: &'f WorldSpec, flow: &str, of_type: &str) -> &'f Value {
    let steps = flows.dataflows.get(flow).and_then(|document| document["steps"].as_array());
    let mut steps = steps.into_iter().flatten();
    let fits =
        |step: &&Value| step["type"].as_str().is_some_and(|text| text.trim().eq_ignore_ascii_case(of_type));
    steps.find(fits).map_or(&Value::Null, |step| &step["params"])
}

/// Whether a dataflow speaks of a column, in its parameters or in a script.
fn mentions(flows: &WorldSpec, flow: &str, column: &str) -> bool {
    let Some(document) = flows.dataflows.get(flow) else { return false };
    let steps = document["steps"].as_array();
    let scripts = steps.into_iter().flatten().filter_map(|step| step["params"]["script"].as_str());
    let mut scripts = scripts.filter_map(|script| STANDARD.decode(script.trim()).ok());
    document.to_string().contains(column)
        || scripts.any(|script| String::from_utf8_lossy(&script).contains(column))
}

/// What Eloqua's import and export take for a separator.
const SEPARATORS: [&str; 3] = [",", ";", "|"];

/// What stands between cells of one direction: as the partner says, or as the dataflow has it if Eloqua takes that.
fn separator(partner: &PartnerFile, params: &Value) -> Result<String, BadInput> {
    if let Some(text) = partner.text("separator")? {
        return match SEPARATORS.contains(&text) {
            true => Ok(text.to_owned()),
            false => Err(partner.mistake("separator", format!("Eloqua takes `,`, `;` or `|`, not `{text}`"))),
        };
    }
    let own = params["columnSeparator"].as_str().filter(|text| SEPARATORS.contains(text));
    Ok(own.unwrap_or(",").to_owned())
}

/// The files that Eloqua's import takes: of a kind that it reads.
fn import_file(params: &Value) -> String {
    let ending = params["fileName"].as_str().and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
    let read = ending.filter(|ending| ["csv", "txt"].contains(&ending.to_ascii_lowercase().as_str()));
    format!("*.{}", read.unwrap_or("csv"))
}

fn words(
    partner: &PartnerFile,
    flows: &WorldSpec,
    places: &Places,
    keeping: &Keeping,
) -> Result<Words, BadInput> {
    let export = partner.text("export_file")?.unwrap_or("contacts_{yyyyMMdd}.csv").to_owned();
    let written = params_of(flows, "outbound", "file.format.dsv");
    let read = params_of(flows, "inbound", "file.parse.dsv");
    let import = partner.text("import_file")?.map_or_else(|| import_file(written), str::to_owned);
    let between = separator(partner, read)?;
    let carried = |flow: &str, columns: &[(&str, &str)]| -> String {
        let mentioned = columns.iter().filter(|(column, _)| mentions(flows, flow, column));
        mentioned.map(|(_, member)| format!(", {member}")).collect()
    };
    let [outbound, inbound] = places.ways.clone();
    let key = partner.text("key")?.unwrap_or(UID).to_owned();
    let uid = if key == "C_EmailAddress" { UID.to_owned() } else { key.clone() };
    let column = partner.text("subscription_column")?.unwrap_or(OPT_IN).to_owned();
    Ok(vec![
        ("in", outbound.trim_end_matches('/').to_owned()),
        ("out", inbound.trim_end_matches('/').to_owned()),
        ("own_fields", own_fields([&uid, &column])),
        ("uid", uid),
        ("key", key),
        ("column", column),
        ("host", places.host.clone()),
        ("import_file", import),
        ("import_separator", separator(partner, written)?),
        (";", between.clone()),
        ("export_separator", between),
        (
            "also_out",
            carried(
                "outbound",
                &[("C_City", "C_City: \"<city>\""), ("C_Zip_Postal", "C_Zip_Postal: \"<zip>\"")],
            ),
        ),
        (
            "also_in",
            carried("inbound", &[("C_City", "city: \"<city>\""), ("C_Zip_Postal", "zip: \"<zip>\"")]),
        ),
        (
            "place_in",
            carried("inbound", &[("C_Country", "country: Belgium"), ("C_Zip_Postal", "zip: \"03000\"")]),
        ),
        ("file", export.replace("{yyyyMMdd}", "20260105")),
        ("export", export),
        ("subscribed", keeping.clause.to_owned()),
        ("yes", keeping.yes.clone()),
        ("no", keeping.no.clone()),
        ("is_yes", keeping.is_yes.clone()),
        ("is_no", keeping.is_no.clone()),
        ("is_nothing", keeping.is_nothing.clone()),
    ])
}

/// The contact fields that cases build on if the partner names no others.
const UID: &str = "C_Gigya_UID1";
const OPT_IN: &str = "C_Newsletter_Opt_In1";

/// The contact fields that a partner uses in the place of ours, as a list goes on: a field that an administrator added
/// is called after its display name, with a 1.
fn own_fields(names: [&str; 2]) -> String {
    let own = names.into_iter().filter(|name| ![UID, OPT_IN].contains(name));
    let stems = own.filter_map(|name| name.strip_prefix("C_")?.strip_suffix('1'));
    stems.map(|stem| format!(", \"{}\"", stem.replace('_', " "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_is_kept_where_its_path_says() {
        for (word, clause, yes, is_nothing) in [
            (
                "data",
                "GE-SUB-1",
                "data: { newsletter: { isSubscribed: true } }",
                "data: { newsletter: { isSubscribed: null } }",
            ),
            ("data.optIn", "GE-SUB-1", "data: { optIn: true }", "data: { optIn: null }"),
            (
                "preferences",
                "GE-SUB-2",
                "communications: { email_newsletter: { topic: newsletter, channel: email, status: OptIn } }",
                "communications: { email_newsletter: { status: null } }",
            ),
            (
                "subscriptions.news.email.isSubscribed",
                "GE-SUB-2",
                "subscriptions: { news: { email: { isSubscribed: true } } }",
                "subscriptions: { news: { email: { isSubscribed: null } } }",
            ),
        ] {
            let keeping = Keeping::of(word).unwrap();
            let found = (keeping.clause, keeping.yes.as_str(), keeping.is_nothing.as_str());
            assert_eq!(found, (clause, yes, is_nothing), "{word}");
        }
        for word in ["newsletter", "data", "data.a b", "profile.x", "communications.news", "data..x"] {
            assert_eq!(Keeping::of(word).is_some(), word == "data", "{word}");
        }
    }

    #[test]
    fn what_the_console_masks_is_given_to_the_steps() {
        let mut places = Places {
            first: None,
            host: OWN_HOST.to_owned(),
            users: Vec::new(),
            folders: BTreeSet::new(),
            ways: [String::new(), String::new()],
            upload: None,
        };
        for (mut params, expected) in [
            (
                json!({"host": "<$host$>", "username": "acme", "privateKey": MASKED, "remotePath": "in/"}),
                json!({"host": OWN_HOST, "username": "acme", "password": "partner-password", "remotePath": "in/"}),
            ),
            (
                json!({"host": "b.example", "username": "acme", "password": "other", "remotePath": "/in"}),
                json!({
                    "host": OWN_HOST, "username": "acme", "password": "partner-password",
                    "remotePath": "/b.example/in",
                }),
            ),
        ] {
            places.take(&mut params);
            assert_eq!(params, expected);
        }
        assert_eq!(places.folders.into_iter().collect::<Vec<_>>(), ["/b.example/in", "/in"]);
        for (mut params, left) in [
            (json!({"apiKey": "3_a", "userKey": "u", "secret": MASKED, "select": "UID"}), vec!["select"]),
            (json!({"apiKey": "3_a", "secret": "known"}), vec!["apiKey", "secret"]),
        ] {
            forget_masked_key(&mut params);
            let kept: Vec<&String> = params.as_object().unwrap().keys().collect();
            assert_eq!(kept, left);
        }
    }

    #[test]
    fn eloquas_jobs_are_set_up_as_the_files_are() {
        for (name, expected) in
            [("a_${now}.csv", "*.csv"), ("a.TXT", "*.TXT"), ("a.csv.gz", "*.csv"), ("a", "*.csv")]
        {
            assert_eq!(import_file(&json!({"fileName": name})), expected);
        }
    }
}
