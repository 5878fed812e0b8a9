//! Where Gigya and the file servers are.

use standin_dataflow::Document;
use standin_ports::{Credential, Http, Login, Secret};
use standin_wire::{FileLogin, FtpLogin, HostKey, LiveHttp, SshLogin};
use std::net::ToSocketAddrs;
use std::sync::Arc;
use tokio::runtime::Handle;

/// The places of a run. What is left out is where the dataflow says, or where the platform really is.
#[derive(Clone, Default)]
pub struct Endpoints {
    /// Takes the calls of every namespace in place of `https://<namespace>.<data centre>.gigya.com`.
    pub gigya_url: Option<http::Uri>,
    /// The file server of every step of SFTP.
    pub sftp: Option<Place>,
    /// Which host keys file servers may show; without one, none is trusted.
    pub host_keys: Option<HostKey>,
}

/// A file server in the place of those that a dataflow names.
#[derive(Clone)]
pub struct Place {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The login name there, if it is another.
    pub user: Option<String>,
    /// How the login is proved there, if in another way.
    pub credential: Option<Credential>,
}

impl Place {
    /// Reads `host:port`, or a host with SSH's own port.
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port.parse().ok()?),
            _ => (text, 22),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let fine = !host.is_empty() && !host.contains(['/', '@', ' ']) && port > 0;
        fine.then(|| Self { host: host.to_owned(), port, user: None, credential: None })
    }
}

/// An address that secrets must not be sent to.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadUrl {
    /// It does not say where.
    #[error("`{0}` is no URL of a server: it looks like https://host")]
    NoServer(String),
    /// Everybody on the way could read the secret.
    #[error("`{0}` would carry the secret unencrypted: only addresses of this machine may do that")]
    Unencrypted(String),
}

/// Reads the URL of a server that secrets are sent to.
pub fn server_url(text: &str) -> Result<http::Uri, BadUrl> {
    let no_server = || BadUrl::NoServer(text.to_owned());
    let uri: http::Uri = text.trim_end_matches('/').parse().map_err(|_| no_server())?;
    let host = uri.host().ok_or_else(no_server)?;
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if own_machine(host) => Ok(uri),
        Some("http") => Err(BadUrl::Unencrypted(text.to_owned())),
        _ => Err(no_server()),
    }
}

fn own_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Endpoints {
    /// To Gigya, on the runtime behind `handle`.
    pub fn http(&self, handle: &Handle) -> Result<Arc<dyn Http>, String> {
        Ok(Arc::new(LiveHttp::new(handle.clone(), self.gigya_url.clone())?))
    }

    /// To file servers.
    pub fn login(&self, handle: &Handle) -> Arc<dyn Login> {
        let resolve = Arc::new(|host: &str, port: u16| (host, port).to_socket_addrs().ok()?.next());
        let host_keys = self.host_keys.clone().unwrap_or(HostKey::Fingerprint(String::new()));
        let ssh = SshLogin::new(handle.clone(), resolve.clone()).trusting(host_keys);
        Arc::new(FileLogin { ssh, ftp: FtpLogin::new(handle.clone(), resolve) })
    }

    /// Lets every step of SFTP go to the one place there is, if there is one.
    pub fn redirect(&self, document: &mut Document) {
        let Some(place) = &self.sftp else { return };
        for step in document.steps.iter_mut().filter(|step| step.component.kind.ends_with(".sftp")) {
            let mut set = |name: &str, value: &str| step.params.insert(name.to_owned(), value.into());
            set("host", &place.host);
            set("port", &place.port.to_string());
            if let Some(user) = &place.user {
                set("username", user);
            }
            match &place.credential {
                None => {}
                Some(Credential::Password(password)) => {
                    set("password", password.reveal());
                    set("privateKey", "");
                }
                Some(Credential::PrivateKey { key, passphrase }) => {
                    set("privateKey", key.reveal());
                    set("passphrase", passphrase.as_ref().map_or("", Secret::reveal));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_of_sftp_goes_there() {
        let text = r#"{"name": "f", "steps": [
            {"id": "r", "type": "datasource.read.sftp", "params": {"host": "h", "username": "u", "privateKey": "k"}, "next": ["w"]},
            {"id": "w", "type": "datasource.write.ftp", "params": {"host": "h", "username": "u", "password": "p"}}
        ]}"#;
        let (mut document, _) = Document::parse(text).unwrap();
        let mut place = Place::parse("drop.example:2222").unwrap();
        place.credential = Some(Credential::Password(Secret::new("other")));
        Endpoints { sftp: Some(place), ..Endpoints::default() }.redirect(&mut document);
        let shown = |step: usize| serde_json::to_string(&document.steps[step].params).unwrap();
        assert_eq!(
            shown(0),
            r#"{"host":"drop.example","username":"u","privateKey":"","port":"2222","password":"other"}"#
        );
        assert_eq!(shown(1), r#"{"host":"h","username":"u","password":"p"}"#);
    }

    #[test]
    fn places() {
        for (text, expected) in [
            ("drop.example", Some(("drop.example", 22))),
            ("drop.example:2222", Some(("drop.example", 2222))),
            ("[::1]:2222", Some(("::1", 2222))),
            ("::1", Some(("::1", 22))),
            ("drop.example:ssh", None),
            ("drop.example:0", None),
            ("sftp://drop.example", None),
            ("user@drop.example", None),
            ("", None),
        ] {
            let place = Place::parse(text);
            assert_eq!(place.as_ref().map(|place| (place.host.as_str(), place.port)), expected, "{text}");
        }
    }

    #[test]
    fn secrets_travel_encrypted_or_not_at_all() {
        for (text, fine) in [
            ("https://proxy.example", true),
            ("https://proxy.example:8443/gigya/", true),
            ("http://127.0.0.1:8080", true),
            ("http://localhost:8080", true),
            ("http://[::1]:8080", true),
            ("http://proxy.example", false),
            ("http://127.0.0.1.example", false),
            ("proxy.example", false),
            ("ftp://proxy.example", false),
            ("", false),
        ] {
            assert_eq!(server_url(text).is_ok(), fine, "{text}");
        }
    }
}
