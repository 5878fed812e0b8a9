//! The content-security policy of campaign pages: what they may load, and who may put them into a frame.

use super::files;
use crate::campaign::{Channel, ChannelKind};
use crate::domain::registrable;
use crate::participation::{Participation, Reach};
use crate::qualifio::Qualifio;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use standin_model::Host;
use std::fmt::Write as _;

/// The policy of a page whose head says `layer`. Only a page that stands before the login speaks with Gigya.
pub fn of(qualifio: &Qualifio, participation: &Participation, layer: &str, before_login: bool) -> String {
    let hash = BASE64_STANDARD.encode(Sha256::digest(layer.as_bytes()));
    let mut gigya = Gigya::default();
    if before_login {
        gigya =
            Gigya::of(&qualifio.integration.data_center, participation.reach.as_ref(), &participation.host);
    }
    let ancestors = participation.channel().map_or_else(anyone, |channel| ancestors(qualifio, channel));
    written(&format!(" 'sha256-{hash}'"), &gigya, &ancestors)
}

/// The policy of a page that only says something, on the way to `channel` if that is known.
pub fn of_message(qualifio: &Qualifio, channel: Option<&Channel>) -> String {
    let ancestors = channel.map_or_else(anyone, |channel| ancestors(qualifio, channel));
    written("", &Gigya::default(), &ancestors)
}

fn anyone() -> String {
    "*".to_owned()
}

fn written(hash: &str, gigya: &Gigya, ancestors: &str) -> String {
    let Gigya { cdn, all } = gigya;
    let mut policy = format!(
        "default-src 'none'; script-src 'self'{hash}{cdn}; style-src 'self'{cdn}; img-src 'self' data:{cdn}; \
         form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
    );
    if !all.is_empty() {
        let _ = write!(policy, "; connect-src 'self'{all}; frame-src{all}; font-src{cdn}");
    }
    policy
}

/// Gigya's hosts as they stand in a policy.
#[derive(Default)]
struct Gigya {
    cdn: String,
    all: String,
}

impl Gigya {
    /// With a Custom API Domain Prefix, Gigya's script calls the prefixed name of whichever domain of the page
    /// it takes for the site's: that is decided in the browser, so all of them are allowed.
    fn of(data_center: &str, reach: Option<&Reach>, page: &Host) -> Self {
        let own = files::gigya_hosts(data_center);
        let mut all: String = own.iter().fold(String::new(), |all, host| format!("{all} https://{host}"));
        if let Some(prefix) =
            reach.and_then(|reach| reach.prefix.as_deref()).filter(|prefix| is_label(prefix))
        {
            for domain in domains(page) {
                let _ = write!(all, " https://{prefix}.{domain}");
            }
        }
        Self { cdn: format!(" https://{}", own[0]), all }
    }
}

fn is_label(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// A host and the domains above it, down to two labels.
fn domains(host: &Host) -> Vec<&str> {
    let mut rest = host.as_str();
    let mut found = vec![rest];
    while let Some((_, above)) = rest.split_once('.').filter(|(_, above)| above.contains('.')) {
        found.push(above);
        rest = above;
    }
    found
}

/// A widget's HTML can be put into any page, and the platform is not told which, so any page may frame it
/// unless the operator named the page. All other channels are pages of their own: only the site's own domain
/// may frame them, since nobody else has a reason to lay something over a form.
fn ancestors(qualifio: &Qualifio, channel: &Channel) -> String {
    let named = channel.parent_page.as_deref().and_then(origin);
    if channel.kind == ChannelKind::Widget && named.is_none() {
        return anyone();
    }
    let domain = qualifio.websites.get(&channel.website).and_then(|site| site.domain.parse::<Host>().ok());
    let mut all = "'self'".to_owned();
    if let Some(domain) = domain.map(|domain| registrable(&domain)) {
        let _ = write!(all, " https://{domain} https://*.{domain}");
    }
    if let Some(origin) = named {
        let _ = write!(all, " {origin}");
    }
    all
}

/// Scheme, host and port of an address, if they can stand in a policy.
fn origin(address: &str) -> Option<&str> {
    let start = ["https://", "http://"].iter().find(|scheme| address.starts_with(**scheme))?.len();
    let end = address[start..].find(['/', '?', '#']).map_or(address.len(), |at| start + at);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':');
    (end > start && address[start..end].bytes().all(plain)).then_some(&address[..end])
}
