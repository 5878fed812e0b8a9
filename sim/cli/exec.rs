//! `standin exec`: any program, unchanged, inside the stage.

use crate::args::ExecCommand;
use crate::serve::{clock, spec, stop, told, wait_until};
use crate::{Stop, authority};
use standin_ports::What;
use standin_report::terminal::{Look, write};
use standin_scenario::outcome::exit_code;
use standin_stage::front::{Callers, Front, Opening};
use standin_stage::runner::{Extras, Ready, check_expectations, expectations, load};
use standin_stage::{Listen, Transport, World};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

/// The program could not be started, as shells say it.
const NOT_FOUND: u8 = 127;

pub(crate) fn exec(command: &ExecCommand) -> Result<u8, Stop> {
    let expected = command.expect.as_deref().map(|path| expected(path, command)).transpose()?;
    let spec = match (&expected, &command.world) {
        (Some(ready), None) => ready.spec.clone(),
        (_, world) => spec(world.as_deref(), &command.options)?,
    };
    let broke = |error: &dyn std::error::Error| Stop::wrong(format!("error: {}", told(error)));
    let listen = Listen { port: 0, control: true };
    let world = World::open_at(&spec, Transport::Wire, clock(command.clock), listen)
        .map_err(|error| broke(&error))?;
    let opening = Opening {
        port: 0,
        callers: Callers::Anybody,
        allowed: allowed(command),
        authority: authority::kept()?,
    };
    let front = world.front_as(opening).map_err(|error| broke(&error))?;
    let folder = tempfile::tempdir().map_err(|error| broke(&error))?;
    let trust =
        Trust::write(folder.path(), front, !command.allow.is_empty()).map_err(|error| broke(&error))?;
    let code = run(command, &world, front, &trust)?;
    let mut out = anstream::stderr();
    let _ = out.write_all(summary(&world, front).as_bytes());
    let Some(ready) = expected else { return Ok(code) };
    let outcome = expectations(&ready, &world);
    let colour = std::io::stderr().is_terminal();
    let look = Look { colour, steps: true, timeless: true, ..Look::default() };
    let _ = out.write_all(write(std::slice::from_ref(&outcome), look).as_bytes());
    Ok(if code == 0 { exit_code(&[outcome]) } else { code })
}

/// The scenario whose expectations are to be checked.
fn expected(path: &Path, command: &ExecCommand) -> Result<Ready, Stop> {
    let extras =
        Extras { seed: command.options.seed, knobs: command.options.set.clone(), ..Extras::default() };
    let mut ready = load(path, &extras, std::io::stderr().is_terminal()).map_err(|bad| Stop::wrong(bad.0))?;
    match ready.len() {
        1 => {
            check_expectations(&ready[0]).map_err(|bad| Stop::wrong(bad.0))?;
            Ok(ready.remove(0))
        }
        _ => Err(Stop::wrong(format!(
            "error: {} has a table of examples; the expectations of one scenario are wanted here",
            path.display()
        ))),
    }
}

/// Runs the command to its end while the world goes on, and gives its exit code.
fn run(command: &ExecCommand, world: &World, front: &Front, trust: &Trust) -> Result<u8, Stop> {
    let (program, arguments) =
        command.command.split_first().ok_or_else(|| Stop::wrong("error: no command is given"))?;
    let mut child = Command::new(program);
    child.args(arguments).stdin(Stdio::inherit());
    for (name, value) in world.environment() {
        child.env(name, value);
    }
    for (name, value) in variables(front, trust) {
        child.env(name, value);
    }
    child.env("STANDIN_ALLOW", allowed(command).join(","));
    let mut child = match child.spawn() {
        Ok(child) => child,
        Err(error) => {
            return Err(Stop {
                code: NOT_FOUND,
                text: format!("error: {program} cannot be started: {error}"),
            });
        }
    };
    let id = child.id().to_string();
    let (ended, end) = tokio::sync::oneshot::channel();
    let waiting = std::thread::spawn(move || {
        let status = child.wait();
        let _ = ended.send(());
        status
    });
    wait_until(world, async {
        tokio::pin!(end);
        tokio::select! {
            _ = &mut end => return,
            () = stop() => {}
        }
        // Whoever ends us means the program. From a terminal it has heard that already, and once more does no harm.
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let _ = end.await;
    })?;
    let status = waiting.join().map_err(|_| Stop::broke("error: nobody waited for the command"))?;
    let status = status.map_err(|error| Stop::broke(format!("error: {program}: {error}")))?;
    Ok(exit(status))
}

/// Hosts of the world outside, as names are compared.
fn allowed(command: &ExecCommand) -> Vec<String> {
    command.allow.iter().map(|host| host.to_ascii_lowercase()).collect()
}

/// As shells tell it: the code, or 128 and the signal.
fn exit(status: std::process::ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

/// The files by which programs are told whom to trust, and where to go if they know no proxy.
struct Trust {
    bundle: String,
    own: String,
    node: String,
    java: Option<String>,
}

/// The password that Java wants for a file without secrets.
const JAVA_PASSWORD: &str = "changeit";

impl Trust {
    /// Writes them; hosts of the world outside need the machine's own authorities, too.
    fn write(folder: &Path, front: &Front, outside: bool) -> std::io::Result<Self> {
        let own = folder.join("authority.pem");
        std::fs::write(&own, front.authority().pem())?;
        let mut all = front.authority().pem().to_owned();
        if outside {
            all.push_str(&standin_wire::tls::authorities_of_this_machine());
        }
        let bundle = folder.join("bundle.pem");
        std::fs::write(&bundle, all)?;
        let node = folder.join("node.cjs");
        std::fs::write(&node, include_str!("exec/node.cjs"))?;
        let text = |path: &Path| path.display().to_string();
        let java = folder.join("authorities.p12");
        Ok(Self {
            bundle: text(&bundle),
            own: text(&own),
            node: text(&node),
            java: java_store(&own, &java).then(|| text(&java)),
        })
    }
}

/// Java brings the program that writes such a file; without it there is no Java here to need one.
fn java_store(certificate: &Path, store: &Path) -> bool {
    let mut keytool = Command::new("keytool");
    keytool.args(["-importcert", "-noprompt", "-alias", "standin", "-storetype", "PKCS12"]);
    keytool.args(["-storepass", JAVA_PASSWORD, "-file"]).arg(certificate).arg("-keystore").arg(store);
    let done = keytool.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    done.is_ok_and(|status| status.success())
}

/// What programs of all kinds read to find their proxy and whom to trust.
fn variables(front: &Front, trust: &Trust) -> Vec<(&'static str, String)> {
    let proxy = format!("http://{}", front.address());
    let mut set = Vec::new();
    for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        set.push((name, proxy.clone()));
    }
    for name in ["NO_PROXY", "no_proxy"] {
        set.push((name, "localhost,127.0.0.1,::1".to_owned()));
    }
    for name in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE", "GIT_SSL_CAINFO"] {
        set.push((name, trust.bundle.clone()));
    }
    for name in ["NODE_EXTRA_CA_CERTS", "DENO_CERT"] {
        set.push((name, trust.own.clone()));
    }
    set.push(("NODE_OPTIONS", added("NODE_OPTIONS", format!("--require={}", trust.node))));
    set.push(("STANDIN_CA_FILE", trust.own.clone()));
    set.push(("STANDIN_TLS", front.address().to_string()));
    if let Some(java) = &trust.java {
        set.push(("JAVA_TOOL_OPTIONS", added("JAVA_TOOL_OPTIONS", java_options(front, java))));
    }
    set
}

/// The options that the program was to have anyway, and these.
#[expect(
    clippy::disallowed_methods,
    reason = "what the program would have found in its environment stays there"
)]
fn added(name: &str, options: String) -> String {
    match std::env::var(name) {
        Ok(before) if !before.trim().is_empty() => format!("{before} {options}"),
        _ => options,
    }
}

fn java_options(front: &Front, store: &str) -> String {
    let (host, port) = (front.address().ip(), front.address().port());
    format!(
        "-Djavax.net.ssl.trustStore={store} -Djavax.net.ssl.trustStorePassword={JAVA_PASSWORD} \
         -Dhttps.proxyHost={host} -Dhttps.proxyPort={port} -Dhttp.proxyHost={host} -Dhttp.proxyPort={port} \
         -Dhttp.nonProxyHosts=localhost|127.0.0.1"
    )
}

/// What the command called, as a table, and whom it asked for in vain.
fn summary(world: &World, front: &Front) -> String {
    let mut calls: BTreeMap<(String, String), (u64, BTreeMap<u16, u64>)> = BTreeMap::new();
    for entry in world.parts().journal.entries() {
        let (platform, name, status) = match entry.what {
            What::Call { from, to, name, status, .. } if from == "client" => {
                (to.to_string(), name.to_string(), status)
            }
            What::File { op, path, .. } => ("drop".to_owned(), format!("{op} {path}"), DONE),
            _ => continue,
        };
        let (count, statuses) = calls.entry((platform, name)).or_default();
        *count += 1;
        *statuses.entry(status).or_default() += 1;
    }
    let mut text = String::from("\n");
    if calls.is_empty() {
        text.push_str("nothing was called\n");
    } else {
        let width = calls.keys().map(|(_, name)| name.chars().count()).max().unwrap_or(0).min(60);
        let _ = writeln!(text, "{:<10} {:<width$} {:>6}  answered", "platform", "call", "times");
        for ((platform, name), (count, statuses)) in &calls {
            let told: Vec<String> =
                statuses.iter().map(|(status, times)| told_status(*status, *times)).collect();
            let _ = writeln!(text, "{platform:<10} {name:<width$} {count:>6}  {}", told.join(", "));
        }
    }
    for host in front.sought_in_vain() {
        let _ = writeln!(text, "refused: {host} is nobody here; --allow {host} lets the program reach it");
    }
    if front.sought_more() {
        let _ = writeln!(text, "refused: more names than these; no more of them are remembered");
    }
    text
}

/// Stands for what happened at the drop, where there are no statuses.
const DONE: u16 = 1;

fn told_status(status: u16, times: u64) -> String {
    let status = match status {
        0 => "cut".to_owned(),
        DONE => "done".to_owned(),
        status => status.to_string(),
    };
    if times == 1 { status } else { format!("{status} ({times})") }
}
