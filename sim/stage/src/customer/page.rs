//! The pages of the customer's site as they are sent: files beside this one, filled in and guarded.

use super::{LoginPage, Manner};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderValue, header};
use sha2::{Digest, Sha256};
use standin_fake_kit::answer;
use standin_fake_kit::asset::{Asset, CSS, JAVASCRIPT, OWN_HOST_ONLY, guard};
use standin_fake_kit::html::escaped;
use standin_ports::Response;

/// Scripts and style.
pub(super) const ASSETS: &[Asset] = &[
    Asset { path: "/customer/site.css", kind: CSS, text: include_str!("site.css") },
    Asset { path: "/customer/account.js", kind: JAVASCRIPT, text: include_str!("account.js") },
    Asset { path: "/customer/login.js", kind: JAVASCRIPT, text: include_str!("login.js") },
    Asset { path: "/customer/logout.js", kind: JAVASCRIPT, text: include_str!("logout.js") },
];

const FRAME: &str = include_str!("frame.html");

/// A page before it is sent.
pub(super) struct Page {
    status: u16,
    title: &'static str,
    content: &'static str,
    /// Values for the places in the content, as text.
    values: Vec<(&'static str, String)>,
    /// The same as markup of ours.
    markup: Vec<(&'static str, String)>,
    script: Option<&'static str>,
    policy: Policy,
}

/// What a page may load beside its own host's files, as lists of sources.
#[derive(Default)]
struct Policy {
    scripts: String,
    styles: String,
    connections: String,
    frames: String,
    /// Whether others may show the page in a frame.
    framed: bool,
}

impl Page {
    pub(super) fn new(title: &'static str, content: &'static str) -> Self {
        Self {
            status: 200,
            title,
            content,
            values: Vec::new(),
            markup: Vec::new(),
            script: None,
            policy: Policy::default(),
        }
    }

    pub(super) fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Puts text where the content says `{{name}}`.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.values.push((name, value.into()));
        self
    }

    /// Has the page run a script of its own with the Web SDK of the site's Gigya behind it. `domain` is the one
    /// below which a custom API domain would be.
    pub(super) fn with_gigya(mut self, script: &'static str, login: &LoginPage, domain: &str) -> Self {
        let vendor = match login.data_center.as_str() {
            "cn1" => "cn1.sapcdm.cn".to_owned(),
            dc => format!("{dc}.gigya.com"),
        };
        let key = percent_encoding::utf8_percent_encode(&login.api_key, percent_encoding::NON_ALPHANUMERIC);
        let sdk = format!("https://cdns.{vendor}/js/gigya.js?apikey={key}");
        // The text of the element is how a page configures the script.
        let settings = match login.manner {
            Manner::Central => format!(r#"{{"storageDomainOverride":"cdns.{vendor}"}}"#),
            _ => String::new(),
        };
        self.markup.push(("sdk", format!(r#"<script src="{}" defer>{settings}</script>"#, escaped(&sdk))));
        self.script = Some(script);
        self.policy.scripts = format!("https://cdns.{vendor}");
        self.policy.connections = format!("https://*.{vendor} https://*.{domain}");
        self.policy.frames = format!("https://*.{vendor}");
        self
    }

    /// Puts code of a partner where the content says `{{code}}`, as it came: what stands inline in it is allowed
    /// by its hash, and it may load from and frame its own host.
    pub(super) fn with_code(mut self, code: &str, host: &str) -> Self {
        let hashes = |starts: &str, ends: char| -> String {
            let parts = code.split(starts).skip(1).filter_map(|rest| rest.split(ends).next());
            parts.fold(String::new(), |all, part| format!("{all} 'sha256-{}'", sha256(part)))
        };
        self.policy.scripts = format!("https://{host}{}", hashes("<script>", '<'));
        let styles = hashes(" style=\"", '"');
        if !styles.is_empty() {
            self.policy.styles = format!(" 'unsafe-hashes'{styles}");
        }
        self.policy.frames = format!("https://{host}");
        self.with_markup("code", code.to_owned())
    }

    /// Puts markup where the content says `{{name}}`.
    pub(super) fn with_markup(mut self, name: &'static str, value: String) -> Self {
        self.markup.push((name, value));
        self
    }

    /// Lets other sites of a group show the page in a frame, and the page theirs.
    pub(super) fn framed(mut self) -> Self {
        self.policy.framed = true;
        self.policy.frames = "https:".to_owned();
        self
    }

    pub(super) fn answer(self) -> Response {
        let own = self.script.map(|path| format!(r#"<script src="{path}" defer></script>"#));
        let sdk = self.markup.iter().find(|(name, _)| *name == "sdk").map(|(_, text)| text.clone());
        let scripts: Vec<String> = own.into_iter().chain(sdk).collect();
        let mut text = FRAME.replace("{{scripts}}", &scripts.join("\n"));
        text = text.replace("{{title}}", self.title).replace("{{content}}", self.content.trim_end());
        let mut response = answer::html(self.status, filled(&text, &self.values, &self.markup));
        guard(response.headers_mut(), OWN_HOST_ONLY);
        if let Ok(policy) = HeaderValue::from_str(&self.policy.written()) {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        response
    }
}

impl Policy {
    /// A form may lead anywhere on the web, since browsers hold that against where a login redirects to.
    fn written(&self) -> String {
        let frames = if self.frames.is_empty() { "'none'" } else { &self.frames };
        let ancestors = if self.framed { "https:" } else { "'self'" };
        format!(
            "default-src 'self'; script-src 'self' {}; style-src 'self'{}; connect-src 'self' {}; \
             frame-src {frames}; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self' https:; \
             frame-ancestors {ancestors}",
            self.scripts, self.styles, self.connections
        )
    }
}

pub(super) fn sha256(text: &str) -> String {
    BASE64_STANDARD.encode(Sha256::digest(text.as_bytes()))
}

type Named = [(&'static str, String)];

/// The text with every `{{name}}` replaced once; what a value brings is not looked at again.
fn filled(text: &str, values: &Named, markup: &Named) -> String {
    let find = |list: &Named, wanted: &str| {
        list.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.clone())
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        out.push_str(before);
        let (name, after) = behind.split_once("}}").unwrap_or((behind, ""));
        let value = find(markup, name).or_else(|| find(values, name).map(|value| escaped(&value)));
        out.push_str(&value.unwrap_or_default());
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_enter_as_text() {
        let page = Page::new("Log in", "<p id=\"a\">{{a}}</p><p title=\"{{b}}\">{{nothing}}</p>");
        let page = page.with("a", "{{b}}<script>").with("b", "\"onmouseover='x' &");
        let text = String::from_utf8(page.answer().into_body().to_vec()).unwrap();
        let main = text.split_once("<h1>Log in</h1>\n").unwrap().1.split_once("\n</main>").unwrap().0;
        assert_eq!(
            main,
            "<p id=\"a\">{{b}}&lt;script&gt;</p><p title=\"&quot;onmouseover=&#39;x&#39; &amp;\"></p>"
        );
    }

    #[test]
    fn files_have_no_inline_script() {
        let pages = [
            include_str!("account.html"),
            include_str!("frame.html"),
            include_str!("home.html"),
            include_str!("login.html"),
            include_str!("logout.html"),
            include_str!("not_found.html"),
            include_str!("plain_forms.html"),
            include_str!("promo.html"),
        ];
        for page in pages {
            assert!(!page.contains("<script") && !page.contains(" style="), "{page}");
            let attributes = page.split_whitespace().filter(|word| word.contains('='));
            assert!(attributes.into_iter().all(|word| !word.starts_with("on")), "{page}");
        }
    }

    #[test]
    fn only_its_own_host_and_the_vendors_may_be_loaded() {
        let login = LoginPage {
            host: "www.brand.example".into(),
            path: "/login".into(),
            parameter: "redirect".into(),
            manner: Manner::Honours,
            api_key: "3_a&b".into(),
            data_center: "eu1".into(),
            at: None,
        };
        let answer =
            Page::new("Log in", "").with_gigya("/customer/login.js", &login, "brand.example").answer();
        let policy = answer.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with(
            "default-src 'self'; script-src 'self' https://cdns.eu1.gigya.com; \
             style-src 'self'; connect-src 'self' https://*.eu1.gigya.com https://*.brand.example; "
        ));
        assert!(!policy.contains("unsafe"));
        let text = std::str::from_utf8(answer.body()).unwrap();
        assert!(text.contains(
            "<script src=\"/customer/login.js\" defer></script>\n\
             <script src=\"https://cdns.eu1.gigya.com/js/gigya.js?apikey=3%5Fa%26b\" defer></script>"
        ));
    }
}
