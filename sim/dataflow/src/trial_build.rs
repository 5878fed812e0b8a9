//! Building every step of a document without running it, so that a check finds what a job would stumble over.

use crate::document::{Document, Step};
use crate::explain::{MASK, is_secret};
use crate::gigya::Gigya;
use crate::job::{Extract, Job, Log, Pace, Ports};
use crate::placeholder::Placeholders;
use crate::shared_variables::SharedVariables;
use crate::{ELSEWHERE, component::Setup};
use standin_clients::gigya::{GigyaAccess, Proof};
use standin_model::Instant;
use standin_ports::chance::Seeded;
use standin_ports::clock::VirtualClock;
use standin_ports::http::host_of;
use standin_ports::journal::Silent;
use standin_ports::stores::NoStores;
use standin_ports::{FileError, Files, FilesTarget, Http, HttpError, Login, Request, Response};
use std::sync::Arc;

/// What a job would say of each step before it begins: the step's place in the list, and the sentence. Steps whose
/// secrets are masked or left out say nothing, since a job gets them elsewhere.
pub(crate) fn faults(document: &Document) -> Vec<(usize, String)> {
    let (job, ports) = (job(), ports());
    let gigya = Gigya::new(&job, &ports);
    let placeholders =
        Placeholders { now: job.started, job_id: job.id.clone(), api_key: job.access.api_key.clone() };
    let shared = SharedVariables::default();
    let fault = |(at, step): (usize, &Step)| {
        if ELSEWHERE.iter().any(|known| known.kind == step.component.kind) || lacks_secrets(step) {
            return None;
        }
        let setup = Setup {
            step,
            job: &job,
            ports: &ports,
            gigya: &gigya,
            placeholders: &placeholders,
            shared: &shared,
        };
        let told = (step.component.build)(&setup).err()?;
        Some((at, told))
    };
    document.steps.iter().enumerate().filter_map(fault).collect()
}

/// Whether something that the step needs is not in the document, which is told elsewhere.
fn lacks_secrets(step: &Step) -> bool {
    let kind = step.component.kind;
    let empty = |name: &str| step.params.get(name).is_none_or(|value| value.is_null() || value == "");
    let masked = step.params.iter().any(|(name, value)| {
        value == MASK || (is_secret(kind, name) && value.as_str().is_some_and(str::is_empty))
    });
    let needs_login = step.component.params.iter().any(|param| param.name == "host");
    masked
        || step.component.params.iter().any(|param| param.required && empty(param.name))
        || (needs_login && empty("password") && empty("privateKey"))
}

pub(crate) fn job() -> Job {
    Job {
        id: "check".to_owned(),
        access: GigyaAccess { api_key: String::new(), data_center: "us1".to_owned(), proof: Proof::None },
        extract: Extract::Full,
        limit: None,
        started: Instant::START,
        log: Log::Error,
        pace: Pace::InOrder,
    }
}

pub(crate) fn ports() -> Ports {
    Ports {
        http: Arc::new(Nobody),
        login: Arc::new(Nobody),
        stores: Arc::new(NoStores),
        journal: Arc::new(Silent),
        clock: Arc::new(VirtualClock::new(Instant::START)),
        chance: Arc::new(Seeded::new("check")),
    }
}

/// Nobody is asked while a document is checked.
struct Nobody;

const CHECKED: &str = "a document is only checked";

#[async_trait::async_trait]
impl Http for Nobody {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        Err(HttpError::Unreachable { host: host_of(&request), why: CHECKED.to_owned() })
    }
}

#[async_trait::async_trait]
impl Login for Nobody {
    async fn login(&self, target: &FilesTarget) -> Result<Box<dyn Files>, FileError> {
        Err(FileError::Unreachable { host: target.host.clone(), why: CHECKED.to_owned() })
    }
}
