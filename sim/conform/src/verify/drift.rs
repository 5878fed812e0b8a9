//! The roles `gigya` and `eloqua`: a sandbox, or another fake, that is asked the same as ours.
//!
//! The cases are ordinary scenarios of the folder `contract`. Each is run twice, once against our fake and once with the
//! other one in its place, and the answers are laid side by side, call by call: codes and words must be the same, and
//! everything else of the same shape.

mod shape;

use crate::verify::partner::PartnerFile;
use crate::verify::programs::command;
use crate::verify::role::{Member, Programme, Role, Verification, Work, needed, optional};
use serde_json::{Value, json};
use shape::{Answer, difference};
use standin_ports::{Http, What};
use standin_scenario::outcome::{Failure, Outcome, Verdict};
use standin_stage::partner::{Ended, Part, Partner, Session, System};
use standin_stage::runner::{BadInput, Extras, Ready, load_text, run_keeping, world_from};
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
        "gigya-unknown-account", "gigya-wrong-parameters", "gigya-unknown-method", "gigya-wrong-login",
        "gigya-available", "gigya-search", "gigya-account",
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
const COMMAND: Member = optional("command", "what starts it on 127.0.0.1, if nobody else does; it finds PORT");
const MARK: Member =
    optional("mark", "what the names of records begin with that the run makes, standin-contract if it is not given");

/// What names begin with in the cases.
const OWN: &str = "standin-contract";

fn work(verification: &Verification<'_>, platform: Platform) -> Result<Vec<Work>, BadInput> {
    let file = verification.partner;
    let theirs = Arc::new(theirs(verification, platform)?);
    let spec = world(verification, platform)?;
    let mark = file.text("mark")?.unwrap_or(OWN);
    if mark.is_empty() || !mark.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(file.mistake("mark", format!("`{mark}` is not of letters, digits and hyphens")));
    }
    let extras = Extras { under: Some(spec), ..verification.extras.clone() };
    let mut work = Vec::new();
    for (name, text) in file.role.cases {
        let text = text.replace(OWN, mark);
        for ready in load_text(&PathBuf::from(name), &text, &extras, verification.colour)? {
            let writes = ready.scenario.tags.iter().any(|tag| tag == "writes");
            let left_out = |id: &str| file.leaves_out.iter().any(|(clause, _)| clause == id);
            if ready.scenario.clauses.iter().all(|clause| left_out(&clause.name)) {
                continue;
            }
            if writes && !verification.allow_writes {
                let why = "it writes: --allow-writes lets it, to records that it makes itself".to_owned();
                work.push(Work::Judged(Box::new(standin_stage::runner::not_run(&ready, Transport::Memory, why))));
                continue;
            }
            let theirs = Arc::clone(&theirs);
            work.push(Work::Asked(Box::new(move || asked(&ready, platform, &theirs))));
        }
    }
    Ok(work)
}

/// Runs one case against both.
fn asked(ready: &Ready, platform: Platform, theirs: &Arc<Partner>) -> Outcome {
    let (ours, world) = run_keeping(ready, Transport::Memory);
    let expected = world.map(|world| answers(&world, platform)).unwrap_or_default();
    if !ours.held() {
        let why = "the fake that is built in does not hold this itself".to_owned();
        return Outcome { verdict: Verdict::Broken(why), ..ours };
    }
    let other = Ready { partner: Some(Arc::clone(theirs)), ..ready.clone() };
    let (outcome, world) = run_keeping(&other, Transport::Memory);
    let actual = world.map(|world| answers(&world, platform)).unwrap_or_default();
    if !outcome.held() {
        return outcome;
    }
    match expected.iter().zip(&actual).find_map(|(ours, theirs)| Some((ours, difference(ours, theirs)?))) {
        Some((call, found)) => {
            let failure = Failure {
                step: call.name.clone(),
                line: 1,
                column: 1,
                message: format!("{}: {} is not as here", call.name, found.place),
                expected: Some(found.ours),
                actual: Some(found.theirs),
                snippet: String::new(),
                lineage: Vec::new(),
                screenshot: None,
            };
            Outcome { verdict: Verdict::Failed(failure), ..outcome }
        }
        None => outcome,
    }
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
