//! The roles `gigya` and `eloqua`: a sandbox, or another fake, that is asked the same as ours.
//!
//! The cases are ordinary scenarios of the folder `contract`. Each is run twice, once against our fake and once with the
//! other one in its place, and the answers are laid side by side, call by call: codes and words must be the same, and
//! everything else of the same shape.

mod shape;

use crate::verify::programs::command;
use crate::verify::role::{Member, Programme, Role, Takes, Verification, Work, needed, optional};
use serde_json::{Map, Value, json};
use shape::{Answer, difference};
use standin_ports::What;
use standin_scenario::outcome::{Failure, Outcome, Verdict};
use standin_stage::partner::{Ended, Part, Partner, Session, System};
use standin_stage::runner::{BadInput, Extras, Ready, load_text, not_run, run_keeping, run_telling};
use standin_stage::story::Depth;
use standin_stage::surface::Platform;
use standin_stage::{Transport, World, WorldSpec};
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
    clauses: &["GC-ERR-1", "GC-ERR-2", "GC-ERR-3", "GC-LOG-1", "GC-LOG-2", "GC-SEA-1", "GC-ACC-1"],
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
        "gigya-wrong-parameters",
        "gigya-unknown-method",
        "gigya-wrong-login",
        "gigya-available",
        "gigya-search",
        "gigya-account",
    ),
    work: |verification| work(verification, Platform::Gigya),
};

/// Another Eloqua.
pub const ELOQUA: Role = Role {
    name: "eloqua",
    summary: "a sandbox of Eloqua, or another fake of it, held against the one that is built in here",
    clauses: &["EC-ERR-1", "EC-ERR-2", "EC-FLD-1", "EC-BLK-1"],
    members: &[
        needed("site", "the company's name"),
        needed("user", "who calls"),
        needed("password", "the environment variable that has the password"),
        optional("pod", "where the company lives, p01 if it is not given"),
        URL,
        COMMAND,
        MARK,
    ],
    template: include_str!("cases/eloqua/new.yaml"),
    cases: contract!("eloqua-unknown", "eloqua-refusals", "eloqua-fields", "eloqua-import"),
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

fn work(verification: &Verification<'_>, platform: Platform) -> Result<Vec<Work>, BadInput> {
    let file = verification.partner;
    let spec = world(verification, platform)?;
    let mark = file.text("mark")?.unwrap_or(OWN);
    if mark.is_empty() || !mark.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(file.mistake("mark", format!("`{mark}` is not of letters, digits and hyphens")));
    }
    let extras = Extras { under: Some(spec), ..verification.extras.clone() };
    let mut work = Vec::new();
    for (name, text) in file.role.cases {
        let text = text.replace(OWN, mark);
        for mut ready in load_text(&PathBuf::from(name), &text, &extras, verification.colour)? {
            let left_out = |id: &str| file.leaves_out.iter().any(|(clause, _)| clause == id);
            if ready.scenario.clauses.iter().any(|clause| left_out(&clause.name)) {
                continue;
            }
            let outcome =
                if !verification.allow_writes && ready.scenario.tags.iter().any(|tag| tag == "writes") {
                    let why = "it writes: --allow-writes lets it, to records that it makes itself";
                    not_run(&ready, Transport::Wire, why.to_owned())
                } else {
                    asked(&mut ready, platform, theirs(verification, platform)?)
                };
            work.push(Work::Judged(Box::new(outcome)));
        }
    }
    Ok(work)
}

/// The world in which our fake has the credentials that the other one takes.
fn world(verification: &Verification<'_>, platform: Platform) -> Result<WorldSpec, BadInput> {
    let file = verification.partner;
    let text = |name: &str| Ok(file.text(name)?.unwrap_or_default().to_owned());
    let secret = |name: &str| {
        let variable = text(name)?;
        (verification.environment)(&variable)
            .ok_or_else(|| file.mistake(name, format!("the environment has no variable `{variable}`")))
    };
    let (section, value) = match platform {
        Platform::Eloqua => {
            let mut site = json!({
                "name": text("site")?, "user": text("user")?, "password": secret("password")?, "pod": text("pod")?,
            });
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
            let keys = json!([{"user_key": text("user_key")?, "secret": key}]);
            let mut site =
                json!({"api_key": text("api_key")?, "data_center": text("data_center")?, "keys": keys});
            drop_empty(&mut site);
            ("gigya", json!({"sites": [site]}))
        }
    };
    let mut spec = WorldSpec::default();
    spec.sections.insert(section.to_owned(), value);
    Ok(spec)
}

fn drop_empty(members: &mut Value) {
    if let Some(members) = members.as_object_mut() {
        *members =
            std::mem::take(members).into_iter().filter(|(_, value)| value != "").collect::<Map<_, _>>();
    }
}

/// The other platform: at the vendor's hosts, at a base URL, or started here.
fn theirs(verification: &Verification<'_>, platform: Platform) -> Result<Arc<Partner>, BadInput> {
    let file = verification.partner;
    let (mut base, mut program) = (file.text("url")?.map(str::to_owned), None);
    if file.root.get("command").is_some() {
        let port = (verification.port)().map_err(BadInput)?;
        base = Some(format!("http://127.0.0.1:{port}"));
        let programme = Programme::of(command(file)?, file.folder()).listening(port);
        program = Some((verification.bring)(Part::Platform, programme));
    }
    if let Some(url) =
        base.as_deref().filter(|url| !url.starts_with("http://") && !url.starts_with("https://"))
    {
        return Err(file.mistake("url", format!("`{url}` does not begin with http:// or https://")));
    }
    let system = Box::new(Elsewhere { platform, base, program });
    Ok(Arc::new(Partner { part: Part::Platform, system, clock: Arc::clone(&verification.clock) }))
}

/// A platform that is somebody else's.
struct Elsewhere {
    platform: Platform,
    base: Option<String>,
    program: Option<Arc<Partner>>,
}

impl System for Elsewhere {
    fn enter(&self, world: &World) -> Result<Box<dyn Session>, String> {
        let program = self.program.as_ref().map(|program| program.system.enter(world)).transpose()?;
        world.replace(self.platform, self.base.as_deref())?;
        Ok(Box::new(Replaced { _program: program }))
    }
}

/// Its stay in a world; a program that was started for it is ended with this.
struct Replaced {
    _program: Option<Box<dyn Session>>,
}

impl Session for Replaced {
    fn work(&mut self, _: &World, _: &[(&str, String)]) -> Result<Ended, String> {
        Err("a platform has nothing to do on demand".to_owned())
    }

    fn rest(&mut self, _: &World) -> bool {
        false
    }
}

/// Runs one case against both.
fn asked(ready: &mut Ready, platform: Platform, theirs: Arc<Partner>) -> Outcome {
    let (ours, world) = run_keeping(ready, Transport::Memory);
    let expected = world.map(|world| answers(&world, platform)).unwrap_or_default();
    if !ours.held() {
        let why = "the fake that is built in does not hold this itself".to_owned();
        return Outcome { verdict: Verdict::Broken(why), ..ours };
    }
    ready.partner = Some(theirs);
    let (mut outcome, world) = run_telling(ready, Transport::Wire, Depth::Story);
    let actual = world.map(|world| answers(&world, platform)).unwrap_or_default();
    let found =
        expected.iter().zip(&actual).find_map(|(ours, theirs)| Some((ours, difference(ours, theirs)?)));
    if let (true, Some((call, found))) = (outcome.held(), found) {
        outcome.verdict = Verdict::Failed(Failure {
            step: call.name.clone(),
            line: 1,
            column: 1,
            message: format!("{}: {} is not as in the answer that is expected", call.name, found.place),
            expected: Some(found.ours),
            actual: Some(found.theirs),
            snippet: String::new(),
            lineage: Vec::new(),
            screenshot: None,
        });
    }
    outcome
}

/// What a platform answered in a world, in order.
fn answers(world: &World, platform: Platform) -> Vec<Answer> {
    let entries = world.parts().journal.entries().into_iter();
    let calls = entries.filter_map(|entry| match entry.what {
        What::Call { to, name, status, answer, .. } if to == platform.name() => {
            Some(Answer { name: name.to_string(), status, body: answer.to_string() })
        }
        _ => None,
    });
    calls.collect()
}
