//! What a program is given so that it finds the stage in the place of the vendors: whom to trust, where to go.

use standin_stage::World;
use standin_stage::front::Front;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

/// Gives a command the world's addresses and credentials, its proxy, and whom to trust.
pub(crate) fn dress(command: &mut Command, world: &World, front: &Front, trust: &Trust) {
    for (name, value) in world.environment() {
        command.env(name, value);
    }
    for (name, value) in variables(front, trust) {
        command.env(name, value);
    }
}

/// As shells tell it: the code, or 128 and the signal.
pub(crate) fn exit(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

/// The files by which programs are told whom to trust, and where to go if they know no proxy.
pub(crate) struct Trust {
    bundle: String,
    own: String,
    node: String,
    java: Option<String>,
}

/// The password that Java wants for a file without secrets.
const JAVA_PASSWORD: &str = "changeit";

impl Trust {
    /// Writes them; hosts of the world outside need the machine's own authorities, too.
    pub(crate) fn write(folder: &Path, authority: &str, outside: bool) -> std::io::Result<Self> {
        let own = folder.join("authority.pem");
        std::fs::write(&own, authority)?;
        let mut all = authority.to_owned();
        if outside {
            all.push_str(&standin_wire::tls::authorities_of_this_machine());
        }
        let bundle = folder.join("bundle.pem");
        std::fs::write(&bundle, all)?;
        let node = folder.join("node.cjs");
        std::fs::write(&node, include_str!("outfit/node.cjs"))?;
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
