//! The roles `gigya` and `eloqua`: a sandbox, or another fake, that is asked the same as ours.
//!
//! The cases are ordinary scenarios of the folder `contract`. Each is run twice, once against our fake and once with the
//! other one in its place, and the answers are laid side by side, call by call: everything must be the same but for what
//! cannot be.
//!
//! - `elsewhere`: the other platform in the world of a case.
//! - `shape`: where two answers differ.
//! - `hindrance`: why an answer says nothing.
//! - `made`: what a case made there, and how it is removed.

mod elsewhere;
mod hindrance;
mod made;
mod shape;

use crate::verify::programs::command;
use crate::verify::role::{Member, Programme, Role, Takes, Verification, Work, needed, optional};
use crate::verify::secrets::Secrets;
use base64::Engine;
use elsewhere::Elsewhere;
use serde_json::{Map, Value, json};
use standin_live::endpoints::server_url;
use standin_live::reads;
use standin_scenario::Step;
use standin_stage::partner::{Part, Partner};
use standin_stage::runner::{BadInput, Extras, load_text, not_run};
use standin_stage::steps::{ADVANCE, ELOQUA_CALL, GIGYA_CALL};
use standin_stage::surface::Platform;
use standin_stage::{Transport, WorldSpec};
use std::path::PathBuf;
use std::sync::Arc;

/// Names and texts of scenarios about the contract.
macro_rules! contract {
    ($($name:literal),* $(,)?) => {
        &[$((
            concat!("scenarios/contract/", $name, ".yaml"),
            include_str!(concat!("../../../../scenarios/contract/", $name, ".yaml")),
        )),*]
    };
}

/// Another Gigya.
pub const GIGYA: Role = Role {
    name: "gigya",
    summary: "a sandbox of Gigya, or another fake of it, held against the one that is built in here",
    clauses: &[
        "GC-ERR-1", "GC-ERR-2", "GC-ERR-3", "GC-LOG-1", "GC-LOG-2", "GC-SEA-1", "GC-ACC-1", "GC-REG-1",
        "GC-LOG-3", "GC-IMP-1", "GC-IDN-1", "GC-PWD-1", "GC-JWT-1", "GC-SCH-1", "GC-SEA-2",
    ],
    members: &[
        needed("api_key", "the site's API key"),
        needed("user_key", "an application's or a user's key"),
        needed("secret", "the environment variable that has its secret"),
        optional("data_center", "where the site lives, eu1 if it is not given"),
        URL,
        COMMAND,
        MARK,
    ],
    template: include_str!("cases/gigya/new.yaml"),
    cases: contract!(
        "gigya-unknown-account",
        "gigya-unknown-account-written",
        "gigya-wrong-parameters",
        "gigya-unknown-method",
        "gigya-wrong-login",
        "gigya-available",
        "gigya-search",
        "gigya-account",
        "gigya-register",
        "gigya-login",
        "gigya-import",
        "gigya-identifiers",
        "gigya-reset-password",
        "gigya-jwt",
        "gigya-schema",
        "gigya-search-pages",
    ),
    bearing: &[],
    apart: &[],
    work: |verification| work(verification, Platform::Gigya),
};

/// Another Eloqua.
pub const ELOQUA: Role = Role {
    name: "eloqua",
    summary: "a sandbox of Eloqua, or another fake of it, held against the one that is built in here",
    clauses: &[
        "EC-ERR-1", "EC-ERR-2", "EC-FLD-1", "EC-BLK-1", "EC-BLK-2", "EC-BLK-3", "EC-CON-1", "EC-ERR-3",
    ],
    members: &[
        needed("site", "the company's name"),
        needed("user", "who calls"),
        needed("password", "the environment variable that has the password"),
        optional(
            "pod",
            "where the company lives, p01 and so on; needed if all calls go to the vendor's own hosts",
        ),
        URL,
        COMMAND,
        MARK,
    ],
    template: include_str!("cases/eloqua/new.yaml"),
    cases: contract!(
        "eloqua-unknown",
        "eloqua-refusals",
        "eloqua-fields",
        "eloqua-import",
        "eloqua-sync",
        "eloqua-export",
        "eloqua-contact",
        "eloqua-contact-refusals",
    ),
    bearing: &[],
    apart: &[],
    work: |verification| work(verification, Platform::Eloqua),
};

const URL: Member = optional("url", "where all calls go, if not to the vendor's own hosts");
const COMMAND: Member =
    optional("command", "what starts it on 127.0.0.1, if nobody else does; it finds PORT")
        .takes(Takes::Texts);
const MARK: Member = optional(
    "mark",
    "what the names of records begin with that the run makes, standin-contract if it is not given",
);

/// What names begin with in the cases.
const OWN: &str = "standin-contract";
/// How long the beginning of names may be: the longest name of Eloqua's has 100 letters, an address has 64 before its @.
const MARK_LETTERS: usize = 30;

fn work(verification: &Verification<'_>, platform: Platform) -> Result<Vec<Work>, BadInput> {
    let file = verification.partner;
    let spec = world(verification, platform)?;
    let own = own_names(verification)?;
    let base = base(verification)?;
    let secrets = verification.secrets.borrow().clone();
    let extras = Extras { under: Some(spec), ..verification.extras.clone() };
    let mut work = Vec::new();
    for (name, text) in file.role.cases {
        // Addresses are the same in either case, and a case may say so.
        let text = text.replace(OWN, &own).replace(&OWN.to_uppercase(), &own.to_uppercase());
        for mut ready in load_text(&PathBuf::from(name), &text, &extras, verification.colour)? {
            if !file.keep_wanted(&mut ready.scenario) {
                continue;
            }
            if !verification.allow_writes && ready.scenario.steps.iter().any(writes) {
                let why = "it writes: --allow-writes lets it, to records that it makes itself";
                work.push(Work::Judged(Box::new(not_run(&ready, Transport::Wire, why.to_owned()))));
                continue;
            }
            let mut system = Elsewhere {
                platform,
                base: base.clone(),
                program: None,
                ours: ready.clone(),
                own: own.clone(),
                may_write: verification.allow_writes,
                secrets: secrets.clone(),
                stopped: Arc::clone(&verification.stopped),
                left: Arc::clone(&verification.left),
                wait: Arc::clone(&verification.wait),
            };
            if file.root.get("command").is_some() {
                let port = (verification.port)().map_err(BadInput)?;
                system.base = Some(format!("http://127.0.0.1:{port}"));
                let programme = Programme::of(command(file)?, file.folder()).listening(port);
                system.program = Some((verification.bring)(Part::Platform, programme));
            }
            let clock = Arc::clone(&verification.clock);
            ready.partner = Some(Arc::new(Partner { part: Part::Platform, system: Box::new(system), clock }));
            work.push(Work::Case(Box::new(ready)));
        }
    }
    Ok(work)
}

/// What the names of everything begin with that this run makes: no other run has made such.
fn own_names(verification: &Verification<'_>) -> Result<String, BadInput> {
    let file = verification.partner;
    let mark = file.text("mark")?.unwrap_or(OWN);
    if mark.is_empty() || !mark.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(file.mistake("mark", format!("`{mark}` is not of letters, digits and hyphens")));
    }
    if mark.len() > MARK_LETTERS {
        return Err(file.mistake("mark", format!("it is longer than {MARK_LETTERS} letters")));
    }
    Ok(format!("{mark}-{:x}", verification.clock.now().millis()))
}

/// Whether a step changes anything where it is sent. Of the steps that no case has yet, all might.
fn writes(step: &Step) -> bool {
    let text = |name: &str| step.args.get(name).and_then(|node| node.text().ok()).unwrap_or_default();
    let (method, path) = match step.name.name.as_str() {
        name if name == GIGYA_CALL.name => ("POST", format!("/{}", text("method"))),
        name if name == ELOQUA_CALL.name => {
            (text("call").split(' ').next().unwrap_or_default(), "/".to_owned())
        }
        name => return name != ADVANCE.name,
    };
    let request = http::Request::builder().method(method).uri(path).body(bytes::Bytes::new());
    !request.is_ok_and(|request| reads(&request))
}

/// The world in which our fake has the credentials that the other one takes.
fn world(verification: &Verification<'_>, platform: Platform) -> Result<WorldSpec, BadInput> {
    let file = verification.partner;
    let text = |name: &str| Ok(file.text(name)?.unwrap_or_default().to_owned());
    let secret = |name: &str| {
        let variable = text(name)?;
        let value = (verification.environment)(&variable).filter(|value| !value.trim().is_empty());
        let value = value
            .ok_or_else(|| file.mistake(name, format!("the environment has no variable `{variable}`")))?;
        verification.secrets.borrow_mut().add(&value);
        Ok(value)
    };
    let (section, value) = match platform {
        Platform::Eloqua => {
            let (name, user, password) = (text("site")?, text("user")?, secret("password")?);
            let basic =
                base64::engine::general_purpose::STANDARD.encode(format!("{name}\\{user}:{password}"));
            verification.secrets.borrow_mut().add(&basic);
            let mut site =
                json!({"name": name, "user": user, "password": password, "pod": pod(verification)?});
            drop_empty(&mut site);
            ("eloqua", json!({"site": site}))
        }
        _ => {
            let key = secret("secret")?;
            if key.len() % 4 != 0
                || !key
                    .trim_end_matches('=')
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte))
            {
                return Err(file.mistake(
                    "secret",
                    "what the environment says is not Base64 text, as secrets of Gigya are",
                ));
            }
            let center = text("data_center")?;
            if !center.is_empty() && !standin_fake_gigya::is_data_center(&center) {
                return Err(file.mistake("data_center", format!("`{center}` is no data centre of Gigya")));
            }
            let keys = json!([{"user_key": text("user_key")?, "secret": key}]);
            let mut site = json!({"api_key": text("api_key")?, "data_center": center, "keys": keys});
            drop_empty(&mut site);
            ("gigya", json!({"sites": [site]}))
        }
    };
    let mut spec = WorldSpec::default();
    spec.sections.insert(section.to_owned(), value);
    Ok(spec)
}

/// Where the company lives, which nobody but its owner knows.
fn pod(verification: &Verification<'_>) -> Result<String, BadInput> {
    let file = verification.partner;
    match file.text("pod")? {
        Some(pod) => {
            let number = pod.strip_prefix('p').filter(|number| number.len() == 2);
            match number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit())) {
                true => Ok(pod.to_owned()),
                false => {
                    Err(file.mistake("pod", format!("`{pod}` is no pod: they are called p01 and so on")))
                }
            }
        }
        None if file.root.get("url").is_some() || file.root.get("command").is_some() => Ok(String::new()),
        None => Err(file.mistake("site", "where does it live? `pod` is missing")),
    }
}

fn drop_empty(members: &mut Value) {
    if let Some(members) = members.as_object_mut() {
        *members =
            std::mem::take(members).into_iter().filter(|(_, value)| value != "").collect::<Map<_, _>>();
    }
}

/// Where all calls go, if not to the vendor's own hosts.
fn base(verification: &Verification<'_>) -> Result<Option<String>, BadInput> {
    let file = verification.partner;
    let Some(url) = file.text("url")? else { return Ok(None) };
    if file.root.get("command").is_some() {
        return Err(file.mistake("url", "it is started here by `command`, so it cannot be elsewhere"));
    }
    server_url(url).map_err(|bad| file.mistake("url", bad.to_string()))?;
    Ok(Some(url.to_owned()))
}
