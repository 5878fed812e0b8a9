//! What people see. The visible page is drawn from the state that it carries for programs, so that the two
//! cannot disagree.

use super::{single_sign_on, submit};
use crate::campaign::{Channel, ChannelKind, Field, Mode, Optin, Step};
use crate::integration::LoginScreen;
use crate::participation::{Participation, SsoState};
use crate::qualifio::Qualifio;
use serde_json::{Value, json};
use standin_fake_kit::answer;
use standin_ports::Response;
use std::fmt::Write as _;

/// The page where a participant stands.
pub fn of(qualifio: &Qualifio, participation: &Participation) -> Response {
    let state = state(qualifio, participation);
    let layer = data_layer(qualifio, participation);
    let body = body(&state);
    answer::html(200, document(&participation.campaign.public_name, &state, Some(&layer), &body))
}

/// A page that only says something.
pub fn message(status: u16, name: &str, text: &str) -> Response {
    let state = json!({"step": "message", "errors": [name], "warnings": [], "fields": [], "message": text});
    let body = format!("<p class=\"qlf-message\">{}</p>", escape(text));
    answer::html(status, document("Qualifio", &state, None, &body))
}

/// What programs read.
pub fn state(qualifio: &Qualifio, participation: &Participation) -> Value {
    let campaign = &participation.campaign;
    let channel = participation.channel();
    let sso = single_sign_on::is_due(qualifio, participation);
    let step = if sso { "sso" } else { participation.step().name() };
    let shown = step == "identityset";
    let fields = submit::fields(campaign, participation.identity.as_ref());
    let field = |field: &Field| field_state(participation, field);
    let optin = |optin: &Optin| optin_state(participation, optin);
    json!({
        "step": step,
        "action": format!("{}?{}", participation.base, participation.query()),
        "uk": participation.uk,
        "campaign_id": campaign.id,
        "channel_guid": participation.channel_guid,
        "title": campaign.public_name,
        "language": channel.map(|channel| channel.language.as_str()),
        "page": participation.page,
        "device": participation.device,
        "preview": campaign.preview,
        "identified": participation.identity.is_some(),
        "form_submitted": participation.just_submitted,
        "score": participation.score,
        "questions": if step == "questionset" { questions(participation) } else { json!([]) },
        "fields": if shown { fields.into_iter().map(field).collect::<Value>() } else { json!([]) },
        "optins": if shown { campaign.optins.iter().map(optin).collect::<Value>() } else { json!([]) },
        "sso": if sso { sso_state(qualifio, participation, channel) } else { Value::Null },
        "errors": errors(participation, sso),
        "warnings": participation.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn questions(participation: &Participation) -> Value {
    let question = |question: &crate::campaign::Question| json!({"name": question.name(), "label": question.label, "answers": question.answers});
    participation.campaign.questions.iter().map(question).collect()
}

fn field_state(participation: &Participation, field: &Field) -> Value {
    let name = field.name();
    let prefill = participation.prefill.get(&field.variable);
    let value = participation.typed.get(&name).or(prefill).map_or("", String::as_str);
    let error = participation.errors.get(&name);
    let part = |part: &str| participation.typed.get(part).map_or("", String::as_str);
    let mut state = json!({
        "name": name,
        "variable": field.variable,
        "label": field.label,
        "type": field.kind,
        "value": value,
        "mandatory": field.mandatory,
        "hidden": field.hidden,
        "options": field.options.iter().map(|option| json!({"value": option.value, "label": option.label}))
            .collect::<Value>(),
        "error": error.map(|error| error.name()),
        "message": error.map(|error| field.message.clone().unwrap_or_else(|| error.message().to_owned())),
    });
    if field.variable == "birthday" {
        let typed = ["day", "month", "year"].iter().any(|name| participation.typed.contains_key(*name));
        let born = value.parse::<standin_model::Birthday>().ok().filter(|_| !typed);
        let [day, month, year] = match born {
            Some(born) => [born.day().to_string(), born.month().to_string(), born.year().to_string()],
            None => ["day", "month", "year"].map(|name| part(name).to_owned()),
        };
        state["parts"] = json!({"day": day, "month": month, "year": year});
        state["years"] = json!([standin_model::birthday::FIRST_YEAR, year_of(participation.started)]);
    }
    state
}

fn optin_state(participation: &Participation, optin: &Optin) -> Value {
    let name = optin.name();
    let error = participation.errors.get(&name).map(|error| error.name());
    let value = participation.typed.get(&name).map_or("", String::as_str);
    json!({
        "name": name, "variable": optin.variable, "label": optin.label, "mandatory": optin.mandatory,
        "value": value, "error": error,
    })
}

fn errors(participation: &Participation, sso: bool) -> Vec<String> {
    let mut errors: Vec<String> = participation.refusal.iter().map(|name| (*name).to_owned()).collect();
    if let (true, SsoState::Failed(error)) = (sso, &participation.sso) {
        errors.push(match *error {
            "MissingPrimaryKey" | "InvalidDestination" | "InvalidConfig" => (*error).to_owned(),
            error => format!("SsoFailed({error})"),
        });
    }
    for (name, error) in &participation.errors {
        let campaign = &participation.campaign;
        let field = campaign.fields.iter().find(|field| field.name() == *name);
        let optin = campaign.optins.iter().find(|optin| optin.name() == *name);
        let variable = field.map(|field| &field.variable).or(optin.map(|optin| &optin.variable));
        errors.push(format!("{}({})", error.name(), variable.unwrap_or(name)));
    }
    errors
}

fn sso_state(qualifio: &Qualifio, participation: &Participation, channel: Option<&Channel>) -> Value {
    let site = channel.map_or(0, |channel| channel.website);
    let block = qualifio.integration.effective(site);
    let mode = block.map(|block| block.login_screen);
    let mut state = json!({
        "state": participation.sso.name(),
        "mode": mode.map(LoginScreen::name),
        "api_key": block.map(|block| block.api_key.as_str()),
        "api_host": participation.reach.as_ref().map(|reach| reach.api_host.as_str()),
        "data_center": qualifio.integration.data_center,
        "attempts": participation.attempts,
        "returned": participation.returned,
    });
    match &participation.sso {
        SsoState::Check => {}
        SsoState::RedirectOffered(url) => {
            let minisite = channel.is_some_and(|channel| channel.kind == ChannelKind::Minisite);
            let automatic = match qualifio.knobs.text("qualifio.redirect") {
                "button" => false,
                "automatic" => true,
                _ => minisite,
            };
            state["url"] = url.as_str().into();
            state["automatic"] = (automatic && participation.may_redirect).into();
        }
        SsoState::ScreenSet(name) => state["screen_set"] = name.as_str().into(),
        SsoState::Failed(error) => state["error"] = (*error).into(),
    }
    state
}

/// The object that pages of the platform carry for tag managers.
fn data_layer(qualifio: &Qualifio, participation: &Participation) -> Value {
    let campaign = &participation.campaign;
    let channel = participation.channel();
    let language = channel.map_or("", |channel| channel.language.as_str());
    let step = participation.step();
    let domain = channel.and_then(|channel| qualifio.websites.get(&channel.website));
    let page = participation.page;
    let with_form = campaign.mode == Mode::Identified && participation.row.is_some();
    json!([{
        "title": campaign.public_name,
        "campaign_id": campaign.id,
        "campaign_guid": campaign.guid,
        "channel_guid": participation.channel_guid,
        "parentURL": participation.parent,
        "domain": domain.map(|site| site.domain.as_str()),
        "device": participation.device,
        "lg": language,
        "pg": page,
        "step": step.name(),
        "pgi": 1,
        "page_path": format!("/{}/{language}/{page}/{}/1", campaign.id, step.name()),
        "optins": campaign.optins.iter().map(|optin| optin.id).collect::<Vec<_>>(),
        "form_submitted": u8::from(participation.just_submitted),
        "isIdentified": u8::from(participation.identity.is_some() || with_form),
        "isWinner": null,
        "preview": campaign.preview,
        "query_string": participation.query(),
        "score": if step == Step::Exit { json!(participation.score) } else { Value::Null },
        "thematics": [],
    }])
}

fn document(title: &str, state: &Value, layer: Option<&Value>, body: &str) -> String {
    let layer = layer.map(|layer| format!("<script>var qlfDataLayer = {};</script>\n", in_script(layer)));
    let language = escape(state["language"].as_str().unwrap_or("en"));
    format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <style>{STYLE}</style>\n<title>{}</title>\n{}{}\
         <script type=\"application/json\" id=\"qlf-state\">{}</script>\n</head>\n<body>\n\
         <main id=\"qualifio\">\n<h1>{}</h1>\n{body}\n</main>\n</body>\n</html>\n",
        escape(title),
        layer.unwrap_or_default(),
        refresh(state),
        in_script(state),
        escape(title),
    )
}

const STYLE: &str = "main{max-width:36em;margin:2em auto;font:1em/1.5 sans-serif}\
    label{display:inline-block;min-width:9em}.qlf-error,.qlf-field-error{color:#b00020}";

/// An automatic redirect that needs no script.
fn refresh(state: &Value) -> String {
    match (state["sso"]["automatic"].as_bool(), state["sso"]["url"].as_str()) {
        (Some(true), Some(url)) => {
            format!("<meta http-equiv=\"refresh\" content=\"0;url={}\">\n", escape(url))
        }
        _ => String::new(),
    }
}

fn body(state: &Value) -> String {
    let mut out = String::new();
    for error in state["errors"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let _ = writeln!(out, "<p class=\"qlf-error\" role=\"alert\">{}</p>", escape(error));
    }
    let inner = match state["step"].as_str().unwrap_or_default() {
        "intro" => post(state, "start", "<button id=\"jouer\">Play</button>"),
        "questionset" => post(state, "answers", &(asked(state) + "<button id=\"next\">Next</button>")),
        "identityset" => post(state, "form", &(controls(state) + "<button id=\"register\">Submit</button>")),
        "sso" => sso_body(state),
        _ => "<p>Thank you for taking part.</p>".to_owned(),
    };
    out + &inner
}

fn post(state: &Value, action: &str, inner: &str) -> String {
    let address = escape(state["action"].as_str().unwrap_or_default());
    format!(
        "<form method=\"post\" action=\"{address}\" id=\"qlf-{action}\">\n\
         <input type=\"hidden\" name=\"action\" value=\"{action}\">\n{inner}\n</form>"
    )
}

fn asked(state: &Value) -> String {
    let mut out = String::new();
    for question in state["questions"].as_array().into_iter().flatten() {
        let name = escape(text(question, "name"));
        let _ = writeln!(out, "<fieldset><legend>{}</legend>", escape(text(question, "label")));
        let answers = question["answers"].as_array().map(Vec::as_slice).unwrap_or_default();
        for answer in answers.iter().filter_map(Value::as_str).map(escape) {
            let _ = writeln!(
                out,
                "<label><input type=\"radio\" name=\"{name}\" value=\"{answer}\"> {answer}</label>"
            );
        }
        if answers.is_empty() {
            let _ = writeln!(out, "<input type=\"text\" id=\"reponse\" name=\"{name}\">");
        }
        out.push_str("</fieldset>\n");
    }
    out
}

fn controls(state: &Value) -> String {
    let mut out = String::new();
    for field in state["fields"].as_array().into_iter().flatten() {
        let (name, value) = (escape(text(field, "name")), escape(text(field, "value")));
        if field["hidden"] == json!(true) {
            let _ = writeln!(out, "<input type=\"hidden\" id=\"{name}\" name=\"{name}\" value=\"{value}\">");
            continue;
        }
        let control = match field["options"].as_array() {
            _ if field.get("parts").is_some() => date_control(&field["parts"], &field["years"]),
            Some(options) if !options.is_empty() => select(&name, text(field, "value"), options),
            _ => format!("<input type=\"text\" id=\"{name}\" name=\"{name}\" value=\"{value}\">"),
        };
        let error = field["message"]
            .as_str()
            .map(|message| format!(" <em class=\"qlf-field-error\">{}</em>", escape(message)));
        let star = if field["mandatory"] == json!(true) { " *" } else { "" };
        let _ = writeln!(
            out,
            "<p><label for=\"{name}\">{}{star}</label> {control}{}</p>",
            escape(text(field, "label")),
            error.unwrap_or_default()
        );
    }
    for optin in state["optins"].as_array().into_iter().flatten() {
        let name = escape(text(optin, "name"));
        let checked = if text(optin, "value") == "1" { " checked" } else { "" };
        let _ = writeln!(
            out,
            "<p><label><input type=\"checkbox\" id=\"{name}\" name=\"{name}\" value=\"1\"{checked}> {}</label></p>",
            escape(text(optin, "label"))
        );
    }
    out
}

fn select(name: &str, value: &str, options: &[Value]) -> String {
    let mut out = format!("<select id=\"{name}\" name=\"{name}\"><option value=\"\"></option>");
    for option in options {
        // Gigya's letters are lower case, forms write them in upper case.
        let chosen = text(option, "value").eq_ignore_ascii_case(value) && !value.is_empty();
        let chosen = if chosen { " selected" } else { "" };
        let (value, label) = (escape(text(option, "value")), escape(text(option, "label")));
        let _ = write!(out, "<option value=\"{value}\"{chosen}>{label}</option>");
    }
    out + "</select>"
}

fn year_of(at: standin_model::Instant) -> i64 {
    at.to_string()
        .split('-')
        .next()
        .and_then(|year| year.parse().ok())
        .unwrap_or(i64::from(standin_model::birthday::FIRST_YEAR))
}

fn date_control(parts: &Value, years: &Value) -> String {
    let [first, last] = [0, 1].map(|at| years[at].as_i64().unwrap_or_default());
    let mut out = String::new();
    for (name, numbers) in [("day", 1..=31), ("month", 1..=12), ("year", first..=last)] {
        let _ = write!(out, "<select name=\"{name}\"><option value=\"\"></option>");
        for number in numbers {
            let chosen =
                if parts[name].as_str() == Some(number.to_string().as_str()) { " selected" } else { "" };
            let _ = write!(out, "<option{chosen}>{number}</option>");
        }
        out.push_str("</select> ");
    }
    out
}

fn sso_body(state: &Value) -> String {
    let sso = &state["sso"];
    match sso["state"].as_str().unwrap_or_default() {
        "redirect_offered" => format!(
            "<p>Please log in to go on.</p>\n<p><a id=\"qlf-login\" target=\"_top\" href=\"{}\">Log in</a></p>",
            escape(text(sso, "url"))
        ),
        "failed" => {
            let button = "<button id=\"qlf-again\">Try again</button>";
            format!("<p>Logging in did not work.</p>\n{}", post(state, "retry", button))
        }
        state_name => {
            let place = if state_name == "screen_set" { "<div id=\"qlf-screen-set\"></div>\n" } else { "" };
            format!("{place}<p>One moment ...</p>\n{}\n{}", post(state, "session", SESSION), glue(sso))
        }
    }
}

/// Filled in by the script below, or by whatever drives the page.
const SESSION: &str = "<input type=\"hidden\" name=\"signed_in\" value=\"\">\n\
    <input type=\"hidden\" name=\"unreachable\" value=\"\">\n\
    <input type=\"hidden\" name=\"UID\" value=\"\">\n\
    <input type=\"hidden\" name=\"UIDSignature\" value=\"\">\n\
    <input type=\"hidden\" name=\"signatureTimestamp\" value=\"\">";

/// Loads Gigya's script and posts what it finds.
fn glue(sso: &Value) -> String {
    let source = format!(
        "https://cdns.{}.gigya.com/js/gigya.js?apiKey={}",
        text(sso, "data_center"),
        text(sso, "api_key")
    );
    format!("<script src=\"{}\"></script>\n<script>{GLUE}</script>", escape(&source))
}

const GLUE: &str = "(function () {
  var sso = JSON.parse(document.getElementById('qlf-state').textContent).sso;
  var form = document.getElementById('qlf-session');
  function send(values) {
    Object.keys(values).forEach(function (name) { form.elements[name].value = values[name]; });
    form.submit();
  }
  function known(e) {
    send({UID: e.UID, UIDSignature: e.UIDSignature, signatureTimestamp: e.signatureTimestamp});
  }
  if (!window.gigya) { return send({unreachable: '1'}); }
  if (sso.state === 'screen_set') {
    gigya.accounts.addEventHandlers({onLogin: known});
    gigya.accounts.showScreenSet({screenSet: sso.screen_set, containerID: 'qlf-screen-set'});
    return;
  }
  gigya.accounts.getAccountInfo({callback: function (e) {
    if (e.errorCode === 0) { known(e); }
    else if (e.errorCode === 500026 || e.errorCode === 504002) { send({unreachable: '1'}); }
    else { send({signed_in: '0'}); }
  }});
})();";

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap_or_default()
}

/// Text that is text wherever it stands in HTML.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// JSON that cannot end the script element around it.
fn in_script(value: &Value) -> String {
    let mut out = String::new();
    for c in value.to_string().chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaping() {
        for (raw, in_html, in_json) in [
            ("<script>", "&lt;script&gt;", r#""\u003cscript\u003e""#),
            ("a & \"b\" 'c'", "a &amp; &quot;b&quot; &#39;c&#39;", r#""a \u0026 \"b\" 'c'""#),
            ("</script><!--", "&lt;/script&gt;&lt;!--", r#""\u003c/script\u003e\u003c!--""#),
        ] {
            assert_eq!((escape(raw).as_str(), in_script(&json!(raw)).as_str()), (in_html, in_json));
        }
    }
}
