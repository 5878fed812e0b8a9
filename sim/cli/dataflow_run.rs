//! `standin dataflow run`: a dataflow against real endpoints.
//!
//! - `told`: the outcome as a table and as JSON.
//! - `watch`: the progress, and Ctrl-C.

mod told;
mod watch;

use crate::args::{DataflowRunCommand, TraceLevel};
use crate::clock::WallClock;
use crate::file_later::why;
use crate::{Stop, dataflow, say};
use standin_clients::gigya::{GigyaAccess, Proof};
use standin_dataflow::{Document, Extract, Log};
use standin_live::endpoints::{Place, server_url};
use standin_live::{Endpoints, Live, Settings};
use standin_ports::{Clock, Credential, Secret};
use standin_wire::HostKey;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use watch::Watch;

/// A larger file holds no secrets.
const MOST_BYTES: u64 = 1 << 20;

/// What a dataflow reads that was never told more: the last day.
const FIRST_RUN: Duration = Duration::from_secs(24 * 3600);

pub(crate) fn run(command: &DataflowRunCommand) -> Result<u8, Stop> {
    let (mut document, warnings) = dataflow::sound(&command.file)?;
    let settings = settings(command)?;
    let missing = settings.fill(&mut document);
    if !missing.is_empty() {
        return Err(Stop::wrong(format!(
            "error: {} masks secrets that are needed: {}\n  help: give them in the environment, or as NAME=VALUE lines of --secrets FILE",
            command.file.display(),
            missing.join(", ")
        )));
    }
    let endpoints = endpoints(command, &settings)?;
    endpoints.redirect(&mut document);
    let live = Live {
        endpoints,
        access: access(command, &settings, &document)?,
        job_id: job_id(),
        extract: extract(command)?,
        limit: command.limit,
        log: match command.trace {
            Some(TraceLevel::Error) => Log::Error,
            Some(TraceLevel::Debug) => Log::Debug,
            Some(TraceLevel::Info) | None => Log::Info,
        },
        attempts: command.attempts,
        pause: Duration::from_secs(2),
        dry: command.dry_run,
    };
    if !command.json {
        say(&warnings);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Stop::broke(format!("error: no runtime: {error}")))?;
    let watch = Arc::new(Watch::new(command.limit));
    watch.listen(runtime.handle());
    let run = standin_live::run(&document, &live, runtime.handle(), Arc::new(WallClock), watch.clone());
    let outcome = runtime.block_on(run);
    let took = watch.finish();
    let outcome = outcome.map_err(|why| Stop::broke(format!("error: {why}")))?;
    let told =
        told::Told { document: &document, live: &live, outcome: &outcome, trace: command.trace.is_some() };
    say(&if command.json { told.json() } else { told.text(took) });
    if outcome.report.succeeded {
        return Ok(0);
    }
    Err(Stop { code: 1, text: told.failure() })
}

/// Of the file first, then of the environment.
fn settings(command: &DataflowRunCommand) -> Result<Settings, Stop> {
    let mut settings = match &command.secrets {
        None => Settings::default(),
        Some(file) => Settings::file(&text_of(file)?)
            .map_err(|bad| Stop::wrong(format!("error: {}: {bad}", file.display())))?,
    };
    if let Some(file) = &command.sftp_key {
        settings = settings.or([("SFTP_PRIVATE_KEY".to_owned(), text_of(file)?)]);
    }
    let variables = std::env::vars_os();
    Ok(
        settings
            .or(variables
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))),
    )
}

fn text_of(file: &Path) -> Result<String, Stop> {
    let failed = |why: &str| Stop::wrong(format!("error: {} cannot be read: {why}", file.display()));
    let size = std::fs::metadata(file).map_err(|error| failed(&why(&error)))?.len();
    if size > MOST_BYTES {
        return Err(failed("it is larger than a megabyte"));
    }
    std::fs::read_to_string(file).map_err(|error| failed(&why(&error)))
}

fn shown(settings: &Settings, name: &str) -> Option<String> {
    settings.get(name).map(|value| value.reveal().to_owned())
}

fn endpoints(command: &DataflowRunCommand, settings: &Settings) -> Result<Endpoints, Stop> {
    let gigya_url = command.gigya_url.clone().or_else(|| shown(settings, "GIGYA_URL"));
    let gigya_url = gigya_url.map(|url| server_url(&url)).transpose();
    let gigya_url = gigya_url.map_err(|bad| Stop::wrong(format!("error: --gigya-url: {bad}")))?;
    let named = || {
        let host = shown(settings, "SFTP_HOST")?;
        let port = shown(settings, "SFTP_PORT").unwrap_or_else(|| "22".to_owned());
        let host = if host.contains(':') { format!("[{host}]") } else { host };
        Some(format!("{host}:{port}"))
    };
    let sftp = match command.sftp.clone().or_else(named) {
        None => None,
        Some(text) => {
            let place = Place::parse(&text);
            let place =
                place.ok_or_else(|| Stop::wrong(format!("error: --sftp: `{text}` is no HOST:PORT")))?;
            let user = command.sftp_user.clone().or_else(|| shown(settings, "SFTP_USER"));
            Some(Place { user, credential: credential(settings), ..place })
        }
    };
    Ok(Endpoints { gigya_url, sftp, host_keys: Some(host_keys(command, settings)?) })
}

fn credential(settings: &Settings) -> Option<Credential> {
    let key = settings.get("SFTP_PRIVATE_KEY").cloned();
    let passphrase = settings.get("SFTP_PASSPHRASE").cloned();
    let password = || settings.get("SFTP_PASSWORD").cloned().map(Credential::Password);
    key.map(|key| Credential::PrivateKey { key, passphrase }).or_else(password)
}

fn host_keys(command: &DataflowRunCommand, settings: &Settings) -> Result<HostKey, Stop> {
    let fingerprint = command.host_key.clone().or_else(|| {
        // The file of known hosts is what was asked for.
        if command.known_hosts.is_some() { None } else { shown(settings, "SFTP_HOST_KEY") }
    });
    if let Some(fingerprint) = fingerprint {
        if !fingerprint.starts_with("SHA256:") {
            return Err(Stop::wrong(format!(
                "error: --host-key: `{fingerprint}` is no fingerprint: it looks like SHA256:..., as `ssh-keygen -l` shows it"
            )));
        }
        return Ok(HostKey::Fingerprint(fingerprint));
    }
    let home = shown(settings, "HOME").map(|home| PathBuf::from(home).join(".ssh/known_hosts"));
    Ok(HostKey::KnownHosts(command.known_hosts.clone().or(home).unwrap_or_default()))
}

fn access(
    command: &DataflowRunCommand,
    settings: &Settings,
    document: &Document,
) -> Result<GigyaAccess, Stop> {
    let api_key = command.api_key.clone().or_else(|| shown(settings, "GIGYA_API_KEY"));
    let user_key = command.user_key.clone().or_else(|| shown(settings, "GIGYA_USER_KEY"));
    let secret = settings.get("GIGYA_SECRET").cloned();
    let data_center = command.data_center.clone().or_else(|| shown(settings, "GIGYA_DATA_CENTER"));
    let needed = document.steps.iter().any(|step| step.component.kind.contains(".gigya."));
    let given = [
        ("--api-key or GIGYA_API_KEY", api_key.is_some()),
        ("--user-key or GIGYA_USER_KEY", user_key.is_some()),
        ("GIGYA_SECRET", secret.is_some()),
    ];
    let missing: Vec<&str> = given.iter().filter(|(_, given)| !given).map(|(name, _)| *name).collect();
    if needed && !missing.is_empty() {
        return Err(Stop::wrong(format!(
            "error: the dataflow calls Gigya, and this is not given: {}\n  help: secrets go into the environment or into the file of --secrets",
            missing.join(", ")
        )));
    }
    Ok(GigyaAccess {
        api_key: api_key.unwrap_or_default(),
        data_center: data_center.unwrap_or_else(|| "us1".to_owned()),
        proof: Proof::Secret {
            user_key: user_key.unwrap_or_default(),
            secret: secret.unwrap_or_else(|| Secret::new("")),
        },
    })
}

fn extract(command: &DataflowRunCommand) -> Result<Extract, Stop> {
    if command.full {
        return Ok(Extract::Full);
    }
    match &command.since {
        Some(text) => text.parse().map(Extract::Since).map_err(|_| {
            Stop::wrong(format!("error: --since: `{text}` is no time like 2026-01-05T08:00:00Z"))
        }),
        None => {
            let now = WallClock.now().millis();
            let back = i64::try_from(FIRST_RUN.as_millis()).unwrap_or(0);
            Ok(Extract::Since(standin_model::Instant::from_millis(now - back)))
        }
    }
}

/// An id that no other run has.
fn job_id() -> String {
    let part = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", part(), part())
}
