//! The role `login-page`: where Redirect sends people to log in.

use crate::verify::cases::{Words, base, cases, cases_of};
use crate::verify::judgement::not_exercised;
use crate::verify::programs::command;
use crate::verify::role::{Programme, Role, Takes, Verification, Work, needed, optional};
use http::Uri;
use serde_json::{Map, Value, json};
use standin_fake_qualifio::domain::registrable;
use standin_model::Host;
use standin_scenario::Node;
use standin_stage::partner::Part;
use standin_stage::runner::{BadInput, Extras};

/// The role.
pub const ROLE: Role = Role {
    name: "login-page",
    summary: "a customer's login page, where Redirect sends people and whence they come back",
    clauses: &["QG-RED-1", "QG-RED-2", "QG-RED-3", "QG-RED-4", "QG-RED-5", "QG-MOB-2"],
    members: &[
        needed("command", "what starts the site, as a list: [python3, page.py]").takes(Takes::Texts),
        optional("url", "the redirection URL, https://www.brand.example/login?redirect= if it is not given"),
        optional("fields", "what its form calls loginID, password, email, firstName and lastName")
            .takes(Takes::Names),
        optional(
            "controls",
            "what a browser fills in and clicks: loginID, next, password and submit by what stands at them",
        )
        .takes(Takes::Names),
        optional("by", "form (if it is not given), or script where only a browser can log in; see --browser")
            .takes(Takes::Word(&["form", "script"])),
    ],
    template: include_str!("cases/login-page/new.yaml"),
    cases: cases!("login-page":
        "destination", "parameter", "login", "mistake", "registration", "ended-session", "foreign-host",
        "foreign-host-mistake", "foreign-host-registration", "mobile",
        "browser-destination", "browser-parameter", "browser-login", "browser-ended-session", "browser-foreign-host",
        "browser-foreign-known",
        "browser-mobile",
    ),
    bearing: &[],
    apart: &[],
    work,
};

/// What people type, by the names of Gigya's.
const FIELDS: [&str; 5] = ["loginID", "password", "email", "firstName", "lastName"];

/// The redirection URL where a file names none.
const URL: &str = "https://www.brand.example/login?redirect=";

/// A redirection URL in parts.
struct Redirection {
    /// All of it, with its scheme.
    url: String,
    host: String,
    /// What the site's other hosts are under, and those of the campaigns.
    domain: String,
    path: String,
    parameter: String,
    /// The same page with one more parameter before that of the destination.
    with_more: String,
}

fn redirection(text: &str) -> Option<Redirection> {
    // Qualifio, too, adds the scheme where there is none.
    let text = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url: Uri = text.strip_suffix('=')?.parse().ok()?;
    let (host, path) = (url.host()?.parse::<Host>().ok()?, url.path());
    let (before, parameter) = url.query()?.rsplit_once('&').map_or(("", url.query()?), |parts| parts);
    let and = if before.is_empty() { "" } else { "&" };
    let named = !parameter.is_empty() && !parameter.contains('=');
    let authority = url.authority()?.as_str();
    (url.scheme_str() == Some("https") && named && !authority.contains('@')).then(|| Redirection {
        with_more: format!("https://{authority}{path}?{before}{and}from=quiz&{parameter}="),
        domain: registrable(&host),
        host: host.to_string(),
        path: path.to_owned(),
        parameter: parameter.to_owned(),
        url: text.clone(),
    })
}

/// The steps in which a browser enters who somebody is and the password: on one page, or on two with a click between.
fn entering(user: &str, next: &str, password: &str) -> String {
    let (address, secret) = (json!("ann@brand.example"), json!("correct horse"));
    if next.is_empty() {
        return format!("- browser_fill: {}", json!({user: address, password: secret}));
    }
    let steps =
        [("fill", json!({user: address})), ("click", json!(next)), ("fill", json!({password: secret}))];
    steps.map(|(step, what)| format!("- browser_{step}: {what}")).join("\n  ")
}

fn work(verification: &Verification<'_>) -> Result<Vec<Work>, BadInput> {
    let file = verification.partner;
    let url = file.text("url")?.unwrap_or(URL);
    let Some(parts) = redirection(url) else {
        let message =
            format!("`{url}` is no redirection URL: it is https and ends in the name of a parameter and `=`");
        return Err(file.mistake("url", message));
    };
    let mut fields = Map::new();
    for (key, name) in
        file.shown(file.root.get("fields").map(|node| node.map()).transpose())?.unwrap_or_default()
    {
        if !FIELDS.contains(&key.name.as_str()) {
            let message = format!("`{}` is none of {}", key.name, FIELDS.join(", "));
            return Err(file.mistake("fields", message));
        }
        fields.insert(key.name.clone(), Value::from(file.shown(name.text())?));
    }
    let mut controls = [
        ("loginID", "E-mail".to_owned()),
        ("next", String::new()),
        ("password", "Password".to_owned()),
        ("submit", "Log in".to_owned()),
    ];
    for (key, at) in file.shown(file.root.get("controls").map(Node::map).transpose())?.unwrap_or_default() {
        let Some((_, control)) = controls.iter_mut().find(|(name, _)| *name == key.name) else {
            let known = controls.map(|(name, _)| name).join(", ");
            return Err(file.mistake("controls", format!("`{}` is none of {known}", key.name)));
        };
        file.shown(at.text())?.clone_into(control);
    }
    let [(_, user), (_, next), (_, password), (_, submit)] = controls;
    let by_script = match file.text("by")?.unwrap_or("form") {
        "form" => false,
        "script" => true,
        other => return Err(file.mistake("by", format!("`{other}` is neither form nor script"))),
    };
    let command = command(file)?;
    let words: Words = vec![
        ("url", parts.url),
        ("url-with-more", parts.with_more),
        ("host", parts.host),
        ("domain", parts.domain),
        ("path", parts.path),
        ("parameter", parts.parameter),
        ("fields", Value::Object(fields).to_string()),
        ("entering", entering(&user, &next, &password)),
        ("submit", Value::from(submit).to_string()),
    ];
    let name = "verify/login-page/world.yaml";
    let under = base(name, include_str!("cases/login-page/world.yaml"), &words, &Extras::default())?;
    let extras = Extras { under: Some(under.clone()), ..verification.extras.clone() };
    let over = file.world(&extras, verification.colour)?;
    let wanted = |name: &str| match name.contains("/browser-") {
        true => verification.browser,
        false => !by_script,
    };
    let mut work = cases_of(verification, under, over, &words, None, &wanted)?;
    for one in &mut work {
        let Work::Case(ready) = one else { continue };
        // Cases are tried side by side, each with a site of its own.
        let port = (verification.port)().map_err(BadInput)?;
        let section = ready.spec.sections.get_mut("login_pages");
        if let Some(page) = section.and_then(|section| section.pointer_mut("/0")) {
            page["at"] = json!(format!("127.0.0.1:{port}"));
        }
        let programme = Programme::of(command.clone(), file.folder()).listening(port);
        ready.partner = Some((verification.bring)(Part::LoginPage, programme));
    }
    if by_script && !verification.browser {
        let silent = ROLE.clauses.iter().filter(|id| file.left_out(id).is_none());
        let why = "the file says `by: script`, which needs `--browser`";
        work.extend(silent.map(|id| Work::Judged(Box::new(not_exercised(ROLE.name, id, why)))));
    }
    Ok(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_enters_on_one_page_or_two() {
        let (user, password) = (r#""Mail":"ann@brand.example""#, r##""#pw":"correct horse""##);
        assert_eq!(entering("Mail", "", "#pw"), format!("- browser_fill: {{{user},{password}}}"));
        let two = format!(
            "- browser_fill: {{{user}}}\n  - browser_click: \"Go on\"\n  - browser_fill: {{{password}}}"
        );
        assert_eq!(entering("Mail", "Go on", "#pw"), two);
    }

    #[test]
    fn redirection_urls_and_what_is_none() {
        let parts = |text: &str| {
            redirection(text).map(|parts| (parts.host, parts.path, parts.parameter, parts.with_more))
        };
        let whole = |host: &str, path: &str, parameter: &str, more: &str| {
            Some((host.to_owned(), path.to_owned(), parameter.to_owned(), more.to_owned()))
        };
        let expected = whole("www.a.example", "/in", "back", "https://www.a.example/in?from=quiz&back=");
        assert_eq!(parts("https://www.a.example/in?back="), expected);
        let more = "https://a.example/in?x=1&from=quiz&to=";
        assert_eq!(parts("https://a.example/in?x=1&to="), whole("a.example", "/in", "to", more));
        let port = "https://A.example:8443/in?from=quiz&to=";
        assert_eq!(parts("https://A.example:8443/in?to="), whole("a.example", "/in", "to", port));
        let bare = "https://www.a.example/?from=quiz&to=";
        assert_eq!(parts("www.a.example?to="), whole("www.a.example", "/", "to", bare));
        assert_eq!(redirection("https://login.a.example/?to=").unwrap().domain, "a.example");
        assert_eq!(redirection("https://a.example/?to=").unwrap().domain, "a.example");
        assert_eq!(redirection("https://login.www.a.co.uk/?to=").unwrap().domain, "a.co.uk");
        assert_eq!(redirection("https://a.co.uk/?to=").unwrap().domain, "a.co.uk");
        for none in [
            "",
            "https://a.example/in",
            "https://a.example/?",
            "https://a.example/?=",
            "http://a.example/?r=",
            "https://a.example/?r=x",
            "https://a.example/?r=#x",
        ] {
            assert_eq!(parts(none), None, "{none}");
        }
    }
}
