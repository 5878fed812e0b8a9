//! What a participant does in a campaign, at the level of HTTP.

use super::browser::device_named;
use crate::browser::{Browser, BrowserError, query_of, quoted};
use crate::run::Run;
use crate::step::{Arg, Args, Miss, Step, Takes, Unmet, needed, optional, unmet};
use crate::surface::locked;
use serde_json::{Value, json};
use standin_ports::Clock;
use standin_ports::journal::masked_address;
use standin_scenario::Kind;
use std::sync::Arc;
use url::Url;

const BY: Arg = optional("by", "which participant's browser, if there are several");

/// The way to a campaign.
pub const VISIT: Step = Step {
    name: "visit",
    summary: "opens a campaign and goes on to its login or form: welcome screen and questions are clicked through",
    args: &[
        needed("campaign", "the campaign's title").or(&["url"]).takes(Takes::Campaign),
        optional("url", "any other address, in place of a campaign"),
        BY,
        optional("device", "desktop (if it is not given), tablet or mobile; a new device is a new browser")
            .takes(Takes::Word(&["desktop", "tablet", "mobile"])),
        optional("answers", "answers to questions by field name"),
        optional("parent", "the page that embeds the campaign, as the browser names it"),
    ],
    alone: Some("campaign"),
    open: false,
    example: "visit: { campaign: Spring quiz, device: mobile }",
    run: |run, args| {
        let url = match args.text("url")? {
            Some(url) => url.to_owned(),
            None => campaign_url(run, args)?,
        };
        let device = args.text("device")?;
        let name = browser_name(args)?;
        let mut browser = match (run.browsers.remove(&name), device) {
            (Some(browser), None) => browser,
            (_, device) => {
                let clock = Arc::clone(&run.world.parts().clock) as Arc<dyn Clock>;
                Browser::new(Arc::clone(&run.http()), clock, device_named(device))
            }
        };
        let mut result = arrive(run, &mut browser, &url, &fields(args, "answers")?);
        // A campaign shows itself or is not there; any other page may refuse what it is asked.
        if let Some(refusal) = browser.refusal().filter(|_| args.get("url").is_none()) {
            result = result.and(Err(lost(refusal)));
        }
        let summary = browser.summary();
        run.browsers.insert(name, browser);
        result?;
        Ok(summary)
    },
};

fn campaign_url(run: &Run<'_>, args: &Args<'_>) -> Result<String, Miss> {
    let title = args.need_text("campaign")?;
    let qualifio = locked(&run.world.parts().qualifio);
    let url = qualifio.campaign_of(title).and_then(|id| qualifio.player_url(id));
    drop(qualifio);
    let Some(url) = url else { return Err(super::qualifio::no_campaign(args, title)) };
    let parent = args
        .text("parent")?
        .map(|page| form_urlencoded::Serializer::new(String::new()).append_pair("parentURL", page).finish());
    Ok(parent.map_or_else(|| url.clone(), |parent| format!("{url}&{parent}")))
}

const FIELDS: Arg =
    optional("fields", "what a login page of somebody else's calls its fields: { loginID: user }");

/// Logging in.
pub const LOG_IN: Step = Step {
    name: "log_in",
    summary: "logs in where the campaign asks for it: on the customer's login page or in the screen-set",
    args: &[
        needed("loginID", "e-mail address or user name"),
        needed("password", "the password"),
        BY,
        FIELDS,
        optional("refused", "the Gigya error code expected instead of a session").takes(Takes::Number),
        optional("mistaken", "true: a page of somebody else's has to refuse this, in whatever words")
            .takes(Takes::Flag),
        optional(
            "if_asked",
            "true: stays at a page of somebody else's that asks for nothing, or refuses to go on",
        )
        .takes(Takes::Flag),
        optional(
            "control",
            "the host where this has to lead, signed in if a campaign is there, for what follows to say anything; \
             with a partner's page that does not, nothing is said",
        )
        .takes(Takes::Text),
    ],
    alone: None,
    open: false,
    example: "log_in: { loginID: ann@brand.example, password: correct horse }",
    run: |run, args| {
        let credentials =
            [("loginID", args.need_text("loginID")?), ("password", args.need_text("password")?)];
        let asked = with_browser(run, args, |_, browser| {
            Ok(!browser.state.is_null() || browser.asks_for_a_password())
        })?;
        if !asked && args.flag("if_asked")?.unwrap_or_default() {
            return with_browser(run, args, |_, browser| Ok(browser.summary()));
        }
        let Some(host) = args.text("control")? else { return enter(run, args, "accounts.login", &credentials) };
        let why = match enter(run, args, "accounts.login", &credentials) {
            Ok(summary) => {
                let (at, step) = with_browser(run, args, |_, it| Ok((host_of(&it.url), it.text(&["step"]))))?;
                match (at == host, step == "sso") {
                    (true, false) => return Ok(summary),
                    (true, true) => format!("nobody is signed in at {host} after it ({summary})"),
                    (false, _) => format!("it leads to {summary} and not to {host}"),
                }
            }
            Err(Miss::Unmet(unmet)) => unmet.message,
            Err(other) => return Err(other),
        };
        Err(Miss::Strange(format!("nobody gets through this log-in: {why}")))
    },
};

/// Registering.
pub const REGISTER: Step = Step {
    name: "register",
    summary: "registers where the campaign asks for a login: on the customer's login page or in the screen-set",
    args: &[
        needed("email", "e-mail address"),
        needed("password", "the password"),
        optional("firstName", "first name"),
        optional("lastName", "last name"),
        BY,
        FIELDS,
        optional("refused", "the Gigya error code expected instead of a session").takes(Takes::Number),
    ],
    alone: None,
    open: false,
    example: "register: { email: ann@brand.example, password: correct horse, firstName: Ann, lastName: Peeters }",
    run: |run, args| {
        let person = [
            ("email", args.need_text("email")?),
            ("password", args.need_text("password")?),
            ("firstName", args.text("firstName")?.unwrap_or_default()),
            ("lastName", args.text("lastName")?.unwrap_or_default()),
        ];
        enter(run, args, "accounts.register", &person)
    },
};

/// The form.
pub const SUBMIT_FORM: Step = Step {
    name: "submit_form",
    summary: "submits the campaign's form: what is pre-filled stays, every further member is typed over its variable",
    args: &[BY],
    alone: None,
    open: true,
    example: "submit_form: { firstname: Ann, phone: \"0487 66 49 25\" }",
    run: |run, args| {
        let members = args.node().map()?.iter().filter(|(key, _)| key.name != BY.name);
        let typed = members.map(|(key, value)| Ok((key.name.clone(), value.text()?.to_owned())));
        let typed: Vec<(String, String)> = typed.collect::<Result<_, Miss>>()?;
        let summary = with_browser(run, args, |run, browser| submit(run, browser, &typed))?;
        run.world.advance(std::time::Duration::ZERO);
        Ok(summary)
    },
};

/// A whole participation.
pub const PARTICIPATE: Step = Step {
    name: "participate",
    summary: "takes part in a campaign from the first page to the exit screen, logging in on the way if asked",
    args: &[
        needed("campaign", "the campaign's title").takes(Takes::Campaign),
        optional("loginID", "e-mail address or user name"),
        optional("password", "the password"),
        optional("form", "values by variable; what is pre-filled stays"),
        optional("answers", "answers to questions by field name"),
        optional("device", "desktop (if it is not given), tablet or mobile")
            .takes(Takes::Word(&["desktop", "tablet", "mobile"])),
        BY,
    ],
    alone: None,
    open: false,
    example: "participate: { campaign: Spring quiz, loginID: ann@brand.example, password: correct horse, form: { locality: Diest } }",
    run: |run, args| {
        (VISIT.run)(run, args)?;
        let asked = with_browser(run, args, |_, browser| Ok(browser.text(&["sso", "state"])))?;
        if matches!(asked.as_str(), "redirect_offered" | "screen_set") || on_login_page(run, args)? {
            let credentials = [
                ("loginID", args.text("loginID")?.unwrap_or_default()),
                ("password", args.text("password")?.unwrap_or_default()),
            ];
            enter(run, args, "accounts.login", &credentials)?;
        }
        let typed = fields(args, "form")?;
        with_browser(run, args, |run, browser| {
            if browser.text(&["step"]) == "identityset" {
                submit(run, browser, &typed)?;
            }
            if browser.text(&["step"]) == "questionset" {
                go_on(run, browser, &[])?;
            }
            match browser.text(&["step"]).as_str() {
                "exit" => Ok(()),
                _ => Err(Miss::Unmet(Unmet {
                    message: "the participation does not reach the exit screen".to_owned(),
                    expected: Some("step `exit`".to_owned()),
                    actual: Some(format!("{} {}", browser.summary(), complaints(browser))),
                    ..Unmet::default()
                })),
            }
        })?;
        run.world.advance(std::time::Duration::ZERO);
        Ok("took part".to_owned())
    },
};

/// Coming back without a session.
pub const RETURN_WITHOUT_LOGIN: Step = Step {
    name: "return_without_login",
    summary: "goes to the customer's login page and comes back to the campaign without logging in",
    args: &[needed("times", "how often").takes(Takes::Number), BY],
    alone: Some("times"),
    open: false,
    example: "return_without_login: 3",
    run: |run, args| {
        let times = args.number("times")?.unwrap_or(1).min(20);
        with_browser(run, args, |run, browser| {
            for _ in 0..times {
                if !browser.state.is_null() && browser.text(&["sso", "state"]) == "redirect_offered" {
                    run.world.wait(browser.follow_redirect()).map_err(lost)?;
                }
                // A page that sends people back by itself has done so.
                let Some(destination) = last_value(&browser.url).filter(|_| browser.state.is_null()) else {
                    continue;
                };
                run.world.wait(browser.visit(&destination)).map_err(lost)?;
                browser.refusal().map_or(Ok(()), |refusal| Err(lost(refusal)))?;
            }
            Ok(browser.summary())
        })
    },
};

/// A forged identity.
pub const FORGE_SESSION: Step = Step {
    name: "forge_session",
    summary: "posts an identity to the campaign by hand, as somebody would who wants to pass for another person",
    args: &[
        needed("UID", "the UID claimed"),
        optional("UIDSignature", "the signature claimed; made up if it is not given"),
        optional("signatureTimestamp", "seconds since the epoch; now if it is not given"),
        BY,
    ],
    alone: None,
    open: false,
    example: "forge_session: { UID: ben }",
    run: |run, args| {
        let now = run.world.now().seconds().to_string();
        let posted = vec![
            ("UID".to_owned(), args.need_text("UID")?.to_owned()),
            (
                "UIDSignature".to_owned(),
                args.text("UIDSignature")?.unwrap_or("AAAAAAAAAAAAAAAAAAAAAAAAAAA=").to_owned(),
            ),
            ("signatureTimestamp".to_owned(), args.text("signatureTimestamp")?.unwrap_or(&now).to_owned()),
        ];
        with_browser(run, args, |run, browser| {
            drop(run.world.wait(browser.send("session", &posted)));
            Ok(browser.summary())
        })
    },
};

/// Logging out.
pub const LOG_OUT: Step = Step {
    name: "log_out",
    summary: "ends the participant's Gigya session",
    args: &[BY],
    alone: None,
    open: false,
    example: "log_out",
    run: |run, args| {
        with_browser(run, args, |_, browser| {
            browser.forget_session();
            Ok("logged out".to_owned())
        })
    },
};

/// The page.
pub const EXPECT_PAGE: Step = Step {
    name: "expect_page",
    summary: "holds the page that the participant sees against what is expected",
    args: &[
        BY,
        optional("step", "intro, questionset, sso, identityset, exit or message"),
        optional(
            "sso",
            "members of the page's single sign-on state: { state: failed, error: GigyaUnreachable }",
        ),
        optional("fields", "what the form shows, by variable"),
        optional("hidden", "variables that the form must not show").of_absence(),
        optional("errors", "mistakes by variable; `page` is the list of all that the page tells"),
        optional("warnings", "warnings that must be among those of the page"),
        optional("host", "the host that the browser is at"),
        optional("domain", "the domain that this host is, or is under"),
        optional("url", "the address that the browser is at must begin so"),
        optional(
            "destination",
            "what the offered redirect carries as its destination, decoded, must begin so",
        ),
        optional("redirect", "the offered redirect must begin so"),
    ],
    alone: None,
    open: false,
    example: "expect_page: { step: identityset, fields: { firstname: Ann }, hidden: [email] }",
    run: |run, args| {
        let name = browser_name(args)?;
        let Some(browser) = run.browsers.get(&name) else { return Err(unmet("no page has been visited")) };
        let (state, url, summary) = (browser.state.clone(), browser.url.clone(), browser.summary());
        let shown = shown_fields(&state);
        let errors = field_errors(&state);
        let comparisons = [
            ("step", state["step"].clone()),
            ("sso", state["sso"].clone()),
            ("fields", shown.clone()),
            ("errors", errors),
        ];
        for (name, actual) in comparisons {
            if let Some(expected) = args.json(name)? {
                run.hold(args.need(name)?, &expected, &actual, &format!("the page's {name} ({summary})"))?;
            }
        }
        for hidden in args.get("hidden").map(|node| node.list()).transpose()?.unwrap_or_default() {
            if shown.get(hidden.text()?).is_some() {
                return Err(unmet(format!("the form shows `{}`", hidden.text()?)));
            }
        }
        for warning in args.get("warnings").map(|node| node.list()).transpose()?.unwrap_or_default() {
            let text = warning.text()?;
            if !state["warnings"].to_string().contains(text) {
                let seen = state["warnings"].to_string();
                run.hold(warning, &json!(text), &json!(seen), "the page's warnings")?;
            }
        }
        let offered = state["sso"]["url"].as_str().unwrap_or_default().to_owned();
        let destination = last_value(&offered).unwrap_or_default();
        let host = host_of(&url);
        if let Some(domain) = args.text("domain")? {
            let under = host.strip_suffix(domain).is_some_and(|head| head.is_empty() || head.ends_with('.'));
            if !under {
                run.hold(
                    args.need("domain")?,
                    &json!(domain),
                    &json!(host),
                    "the domain of the page's host",
                )?;
            }
        }
        for (name, actual, exact) in [
            ("host", host, true),
            ("url", url, false),
            ("destination", destination, false),
            ("redirect", offered, false),
        ] {
            if let Some(expected) = args.text(name)? {
                let holds = if exact { actual == expected } else { actual.starts_with(expected) };
                if !holds {
                    let (told, what) = (masked_address(&actual), format!("the page's {name}"));
                    run.hold(args.need(name)?, &json!(expected), &json!(told), &what)?;
                }
            }
        }
        Ok(summary)
    },
};

fn host_of(url: &str) -> String {
    Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

fn browser_name(args: &Args<'_>) -> Result<String, Miss> {
    let named = match &args.node().kind {
        Kind::Map(_) => args.node().get("by").map(|node| node.text()).transpose()?,
        _ => None,
    };
    Ok(named.unwrap_or("participant").to_owned())
}

fn with_browser<T>(
    run: &mut Run<'_>,
    args: &Args<'_>,
    act: impl FnOnce(&mut Run<'_>, &mut Browser) -> Result<T, Miss>,
) -> Result<T, Miss> {
    let name = browser_name(args)?;
    let Some(mut browser) = run.browsers.remove(&name) else {
        return Err(unmet("no campaign has been visited"));
    };
    let result = act(run, &mut browser);
    run.browsers.insert(name, browser);
    result
}

/// Opens the campaign and clicks on until there is something to decide.
fn arrive(run: &Run<'_>, browser: &mut Browser, url: &str, answers: &[(String, String)]) -> Result<(), Miss> {
    run.world.wait(browser.visit(url)).map_err(lost)?;
    go_on(run, browser, answers)
}

fn go_on(run: &Run<'_>, browser: &mut Browser, answers: &[(String, String)]) -> Result<(), Miss> {
    for _ in 0..20 {
        let action = match browser.text(&["step"]).as_str() {
            "intro" => "start",
            "questionset" => "answers",
            _ => return Ok(()),
        };
        let fields = if action == "answers" { answers } else { &[] };
        run.world.wait(browser.send(action, fields)).map_err(lost)?;
    }
    Err(unmet(format!("no end of pages ({})", browser.summary())))
}

fn on_login_page(run: &mut Run<'_>, args: &Args<'_>) -> Result<bool, Miss> {
    with_browser(run, args, |_, browser| Ok(browser.state.is_null()))
}

/// Logs in or registers wherever the participant is asked to.
fn enter(
    run: &mut Run<'_>,
    args: &Args<'_>,
    method: &'static str,
    values: &[(&str, &str)],
) -> Result<String, Miss> {
    let expected = Expected::read(args)?;
    let other = fields(args, FIELDS.name)?;
    let named = |name: &str| {
        other.iter().find(|(known, _)| known == name).map_or(name, |(_, named)| named.as_str()).to_owned()
    };
    with_browser(run, args, |run, browser| {
        let result = if browser.text(&["sso", "state"]) == "screen_set" {
            let mut params: Vec<(&str, String)> = Vec::new();
            let mut profile = json!({});
            for (name, value) in values {
                match *name {
                    "firstName" | "lastName" => profile[*name] = json!(value),
                    name => params.push((name, (*value).to_owned())),
                }
            }
            if method == "accounts.register" {
                params.push(("profile", profile.to_string()));
            }
            run.world.wait(browser.use_screen_set(method, &params))
        } else {
            run.world.wait(async {
                if !browser.state.is_null() {
                    browser.follow_redirect().await?;
                }
                let typed: Vec<(String, String)> =
                    values.iter().map(|(name, value)| (named(name), (*value).to_owned())).collect();
                browser.log_in_on_page(&typed).await
            })
        };
        expected.hold(browser, result)?;
        if expected == Expected::Session && browser.text(&["step"]) == "questionset" {
            go_on(run, browser, &[])?;
        }
        Ok(browser.summary())
    })
}

/// What is to come of logging in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// A session.
    Session,
    /// A refusal with this code of Gigya's: the login page tells it in its text, the screen-set by its error.
    Code(u64),
    /// A refusal in whatever words.
    Refusal,
    /// Either; where it leads is for others to say.
    Anything,
}

impl Expected {
    fn read(args: &Args<'_>) -> Result<Self, Miss> {
        let flag = |name: &str| Ok::<_, Miss>(args.flag(name)?.unwrap_or_default());
        Ok(match args.number("refused")? {
            Some(code) => Self::Code(code),
            None if flag("mistaken")? => Self::Refusal,
            // Of a control, the host alone counts.
            None if flag("if_asked")? || args.get("control").is_some() => Self::Anything,
            None => Self::Session,
        })
    }

    /// Holds what came of it against this.
    fn hold(self, browser: &Browser, result: Result<(), BrowserError>) -> Result<(), Miss> {
        // A login page that refuses may well show its form again.
        let refuses = browser.status >= 400;
        let (expected, seen) = match (self, result) {
            (Self::Code(code), result) => {
                let seen = match &result {
                    Err(BrowserError::Gigya { code, .. }) => code.to_string(),
                    Err(other) => other.to_string(),
                    Ok(()) => browser.html.clone(),
                };
                if seen.contains(&code.to_string()) {
                    return Ok(());
                }
                (code.to_string(), quoted(&seen, 300))
            }
            (Self::Refusal, Err(BrowserError::Gigya { .. })) => return Ok(()),
            (Self::Refusal, Ok(())) if refuses || browser.asks_for_a_password() => return Ok(()),
            (Self::Refusal, Ok(())) => {
                ("a page that asks for the password again".to_owned(), browser.summary())
            }
            (Self::Session, Ok(())) if refuses => return Err(lost(browser.error())),
            (_, result) => return result.map_err(lost),
        };
        Err(Miss::Unmet(Unmet {
            message: "the login was not refused like that".to_owned(),
            expected: Some(expected),
            actual: Some(seen),
            ..Unmet::default()
        }))
    }
}

/// Submits the form as a browser does: every field and opt-in that it shows, with what stands in it.
fn submit(run: &Run<'_>, browser: &mut Browser, typed: &[(String, String)]) -> Result<String, Miss> {
    let list = |name: &str| browser.state[name].as_array().into_iter().flatten();
    let shown: Vec<&Value> = list("fields").chain(list("optins")).collect();
    let is_for = |control: &Value, key: &str| control["variable"] == key || control["name"] == key;
    let mut posted: Vec<(String, String)> = Vec::new();
    for control in &shown {
        let given = typed.iter().find(|(key, _)| is_for(control, key)).map(|(_, value)| value.as_str());
        let value = given.or(control["value"].as_str()).unwrap_or_default();
        posted.push((control["name"].as_str().unwrap_or_default().to_owned(), value.to_owned()));
    }
    // What the page does not show can still be sent by somebody who knows how.
    let more = typed.iter().filter(|(key, _)| !shown.iter().any(|control| is_for(control, key)));
    posted.extend(more.cloned());
    run.world.wait(browser.send("form", &posted)).map_err(lost)?;
    Ok(browser.summary())
}

/// The last value of an address's query, decoded: where a login page finds its destination.
fn last_value(url: &str) -> Option<String> {
    query_of(url).iter().last().map(|(_, value)| value.to_owned())
}

fn fields(args: &Args<'_>, name: &str) -> Result<Vec<(String, String)>, Miss> {
    let Some(node) = args.get(name) else { return Ok(Vec::new()) };
    let map = node.map()?;
    map.iter().map(|(key, value)| Ok((key.name.clone(), value.text()?.to_owned()))).collect()
}

fn shown_fields(state: &Value) -> Value {
    let fields = state["fields"].as_array().into_iter().flatten();
    let named = fields.filter_map(|field| {
        let name =
            field["variable"].as_str().filter(|name| !name.is_empty()).or_else(|| field["name"].as_str())?;
        Some((name.to_owned(), field["value"].clone()))
    });
    Value::Object(named.collect())
}

fn field_errors(state: &Value) -> Value {
    let fields = state["fields"].as_array().into_iter().flatten();
    let wrong = fields.filter(|field| !field["error"].is_null());
    let mut errors: serde_json::Map<String, Value> = wrong
        .filter_map(|field| Some((field["variable"].as_str()?.to_owned(), field["error"].clone())))
        .collect();
    if !state["errors"].is_null() {
        errors.insert("page".to_owned(), state["errors"].clone());
    }
    Value::Object(errors)
}

fn complaints(browser: &Browser) -> String {
    format!("{} {}", field_errors(&browser.state), browser.state["sso"])
}

fn lost(error: BrowserError) -> Miss {
    match &error {
        BrowserError::Dead { source, .. } => unmet(format!("{error}: {source}")),
        BrowserError::Strange { .. } => Miss::Strange(error.to_string()),
        _ => unmet(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use crate::runner::{Extras, load_text, run};
    use crate::world::Transport;
    use standin_scenario::Verdict;
    use std::path::Path;

    /// What comes of logging in where the customer's page, or the campaign on the way back, answers like that.
    #[test]
    fn a_refusal_is_no_login() {
        let world = "world:\n  gigya: { accounts: [{ UID: ann, password: correct horse, isRegistered: true, \
                     profile: { email: ann@brand.example } }] }\n  qualifio:\n    gigya_sso: { enabled: true, \
                     name: Brand, login_screen: Redirect, redirection_url: 'https://www.brand.example/login?to=' }\n    \
                     campaigns: [{ title: Quiz, sso: true, fields: [firstname, lastname, email] }]\n  \
                     login_pages: [{ host: www.brand.example, path: /login, parameter: to }]\n";
        let refused = |platform: &str, call: &str, status: u16| {
            format!("  - fault: {{ platform: {platform}, call: {call}, http: {status} }}\n")
        };
        let (page, quiz) =
            (refused("login-page", "POST /login", 403), refused("qualifio", "player page", 410));
        for (fault, password, more, message) in [
            ("", "correct horse", "", None),
            ("", "wrong horse", ", mistaken: true", None),
            ("", "correct horse", ", mistaken: true", Some("the login was not refused like that")),
            (&page, "correct horse", "", Some("https://www.brand.example/login")),
            (&page, "wrong horse", ", mistaken: true", None),
            (&page, "correct horse", ", if_asked: true", None),
            (&quiz, "correct horse", "", Some("answers 410")),
        ] {
            let log_in = format!("log_in: {{ loginID: ann@brand.example, password: {password}{more} }}");
            let text = format!("scenario: A\n{world}steps:\n  - visit: Quiz\n{fault}  - {log_in}\n");
            let ready = load_text(Path::new("a.yaml"), &text, &Extras::default(), false).unwrap();
            let told = match run(&ready[0], Transport::Memory).verdict {
                Verdict::Held => None,
                Verdict::Failed(failure) => Some(failure.message),
                other => panic!("{other:?}"),
            };
            let so = match (&told, message) {
                (Some(told), Some(message)) => told.contains(message),
                (told, message) => told.is_none() && message.is_none(),
            };
            assert!(so, "{fault}{log_in}: {told:?}");
        }
    }

    /// Where there is nowhere to go is told before anything runs, unless somebody may have made the campaign by then.
    #[test]
    fn a_visit_to_nowhere_is_told_before_anything_runs() {
        let check = |steps: &str| {
            let world = "world: { qualifio: { campaigns: [{ title: Spring quiz }] } }";
            let text = format!("scenario: A\n{world}\nsteps:\n{steps}");
            load_text(Path::new("a.yaml"), &text, &Extras::default(), false).err().map(|bad| bad.0)
        };
        for (step, place, message) in [
            ("visit: {}", "4:12", "`campaign` or `url` is missing"),
            ("visit: Spring quizz", "4:12", "no campaign is called `Spring quizz`"),
            ("visit: { campaign: No such campaign }", "4:24", "no campaign is called `No such campaign`"),
            ("participate: { campaign: None }", "4:30", "no campaign is called `None`"),
            ("browser_visit: {}", "4:20", "`campaign` or `url` is missing"),
            ("expect_statistics: { campaign: None, rows: [] }", "4:36", "no campaign is called `None`"),
        ] {
            let bad = check(&format!("  - {step}\n")).unwrap();
            assert!(bad.contains(message) && bad.contains(&format!("a.yaml:{place}")), "{step}: {bad}");
        }
        let made = "  - qualifio_call: { call: POST /manager/api/campaigns }\n  - visit: Autumn quiz\n";
        for good in ["  - visit: Spring quiz\n", "  - visit: { url: \"https://a.example/\" }\n", made] {
            assert_eq!(check(good), None, "{good}");
        }
    }
}
