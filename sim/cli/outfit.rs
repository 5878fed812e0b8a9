//! What a program is given so that it finds the stage in the place of the vendors: whom to trust, where to go.

use standin_serve::java::trust_store;
use standin_stage::World;
use standin_stage::front::Front;
use std::path::Path;
use std::process::{Command, ExitStatus};

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
    python: String,
    php: String,
    wget: String,
    java: String,
}

/// The password that Java wants for a file without secrets.
const JAVA_PASSWORD: &str = "changeit";

impl Trust {
    /// Writes them; hosts of the world outside need the machine's own authorities, too.
    pub(crate) fn write(folder: &Path, authority: &str, outside: bool) -> std::io::Result<Self> {
        let mut all = authority.to_owned();
        if outside {
            all.push_str(&standin_wire::tls::authorities_of_this_machine());
        }
        let write = |name: &str, bytes: &[u8]| {
            let place = folder.join(name);
            std::fs::create_dir_all(place.parent().unwrap_or(folder))?;
            std::fs::write(&place, bytes)?;
            Ok::<_, std::io::Error>(place.display().to_string())
        };
        let bundle = write("bundle.pem", all.as_bytes())?;
        write("python/sitecustomize.py", include_bytes!("outfit/python/sitecustomize.py"))?;
        write("php/standin.ini", format!("curl.cainfo='{bundle}'\nopenssl.cafile='{bundle}'\n").as_bytes())?;
        Ok(Self {
            own: write("authority.pem", authority.as_bytes())?,
            node: write("node.cjs", include_bytes!("outfit/node.cjs"))?,
            python: folder.join("python").display().to_string(),
            php: folder.join("php").display().to_string(),
            wget: write("wgetrc", wgetrc(&bundle).as_bytes())?,
            java: write("authorities.jks", &trust_store(&all, JAVA_PASSWORD))?,
            bundle,
        })
    }
}

/// What the user's own file says, and whom to trust.
fn wgetrc(bundle: &str) -> String {
    let own = before("WGETRC").or_else(|| before("HOME").map(|home| format!("{home}/.wgetrc")));
    let said = own.and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
    format!("{said}\nca_certificate = {bundle}\n")
}

/// What programs of all kinds read to find their proxy and whom to trust.
fn variables(front: &Front, trust: &Trust) -> Vec<(&'static str, String)> {
    let proxy = format!("http://{}", front.address());
    let mut set = Vec::new();
    for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        set.push((name, proxy.clone()));
    }
    for name in ["NO_PROXY", "no_proxy"] {
        set.push((name, LOOPBACK.join(",")));
    }
    for name in TRUSTED_BY {
        set.push((name, trust.bundle.clone()));
    }
    for name in ["NODE_EXTRA_CA_CERTS", "DENO_CERT"] {
        set.push((name, trust.own.clone()));
    }
    set.push(("PERL_LWP_ENV_PROXY", "1".to_owned()));
    set.push(("WGETRC", trust.wget.clone()));
    // An empty place stands for those that PHP looks at by itself.
    set.push((
        "PHP_INI_SCAN_DIR",
        format!("{}:{}", before("PHP_INI_SCAN_DIR").unwrap_or_default(), trust.php),
    ));
    let python = before("PYTHONPATH").map_or_else(String::new, |theirs| format!(":{theirs}"));
    set.push(("PYTHONPATH", format!("{}{python}", trust.python)));
    set.push(("NODE_OPTIONS", added("NODE_OPTIONS", node_option(&format!("--require={}", trust.node)))));
    set.push(("STANDIN_CA_FILE", trust.own.clone()));
    set.push(("STANDIN_TLS", front.address().to_string()));
    set.push(("JAVA_TOOL_OPTIONS", added("JAVA_TOOL_OPTIONS", java_options(front, &trust.java))));
    set
}

/// The names of this machine, for itself.
pub(crate) const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Who takes a file with all authorities: OpenSSL and what is built on it, and libraries that bring their own.
const TRUSTED_BY: [&str; 10] = [
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "AWS_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
    "HTTPLIB2_CA_CERTS",
    "NIX_SSL_CERT_FILE",
    "PERL_LWP_SSL_CA_FILE",
    "PIP_CERT",
];

/// The options that the program was to have anyway, and these.
fn added(name: &str, options: String) -> String {
    match before(name) {
        Some(before) => format!("{before} {options}"),
        None => options,
    }
}

/// What the program would have found in its environment.
#[expect(
    clippy::disallowed_methods,
    reason = "what the program would have found in its environment stays there"
)]
fn before(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

fn java_options(front: &Front, store: &str) -> String {
    let (host, port) = (front.address().ip(), front.address().port());
    format!(
        "{} -Djavax.net.ssl.trustStoreType=JKS \
         -Djavax.net.ssl.trustStorePassword={JAVA_PASSWORD} \
         -Dhttps.proxyHost={host} -Dhttps.proxyPort={port} -Dhttp.proxyHost={host} -Dhttp.proxyPort={port} \
         -Dhttp.nonProxyHosts=localhost|127.0.0.1",
        java_option(&format!("-Djavax.net.ssl.trustStore={store}"))
    )
}

/// An option as Node reads it among others: in quotes where it has blanks.
fn node_option(option: &str) -> String {
    if !option.contains(char::is_whitespace) && !option.contains('"') {
        return option.to_owned();
    }
    format!("\"{}\"", option.replace('\\', "\\\\").replace('"', "\\\""))
}

/// An option as Java reads it among others: in quotes where it has blanks. Java knows two kinds of quotes, and no way to
/// write one within its own kind.
fn java_option(option: &str) -> String {
    if !option.contains(|c: char| c.is_whitespace() || c == '"' || c == '\'') {
        return option.to_owned();
    }
    option
        .split_inclusive('"')
        .map(|piece| match piece.strip_suffix('"') {
            Some(before) => format!("\"{before}\"'\"'"),
            None => format!("\"{piece}\""),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_quoted_as_their_readers_know_it() {
        for (option, node, java) in [
            ("-r=/tmp/a", "-r=/tmp/a", "-r=/tmp/a"),
            ("-r=/tmp sp/a", "\"-r=/tmp sp/a\"", "\"-r=/tmp sp/a\""),
            ("-r=/it's/a", "-r=/it's/a", "\"-r=/it's/a\""),
            ("-r=/a\"b c/a", "\"-r=/a\\\"b c/a\"", "\"-r=/a\"'\"'\"b c/a\""),
            ("-r=/a\\b c", "\"-r=/a\\\\b c\"", "\"-r=/a\\b c\""),
        ] {
            assert_eq!((node_option(option), java_option(option)), (node.to_owned(), java.to_owned()));
        }
    }
}
