//! What a page holds, for programs and for the templates.

use super::{files, single_sign_on, submit, words};
use crate::campaign::{Channel, ChannelKind, Field, Mode, Optin, Question, Step};
use crate::domain::registrable;
use crate::exit_text;
use crate::integration::LoginScreen;
use crate::participation::{Participation, SsoState};
use crate::qualifio::Qualifio;
use serde_json::{Value, json};
use standin_model::{Birthday, Instant, birthday};

/// The state that a page carries.
pub fn of(qualifio: &Qualifio, participation: &Participation) -> Value {
    let campaign = &participation.campaign;
    let channel = participation.channel();
    let sso = single_sign_on::is_due(qualifio, participation);
    let step = if sso { "sso" } else { participation.step().name() };
    let shown = step == "identityset";
    let fields = submit::fields(campaign, participation.identity.as_ref());
    let field = |field: &Field| field_state(participation, field);
    let starred = fields.iter().any(|field| field.mandatory && !field.hidden)
        || campaign.optins.iter().any(|optin| optin.mandatory);
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
        "parent": participation.parent,
        "messages": hears_the_page_around(participation),
        "preview": campaign.preview,
        "identified": participation.identity.is_some(),
        "hello": hello(participation),
        "form_submitted": participation.just_submitted,
        "notice": participation.repeated.then_some("AlreadyReceived"),
        "limit": participation.limited,
        "score": participation.score,
        "scored": campaign.questions.iter().any(|question| question.correct.is_some()),
        "questions": if step == "questionset" { questions(participation) } else { json!([]) },
        "part": participation.part + 1,
        "parts": if step == "questionset" { participation.pages_of_questions().len() } else { 1 },
        "exit": if step == "exit" { exit_lines(qualifio, participation) } else { Vec::new() },
        "starred": starred,
        "fields": if shown { fields.into_iter().map(field).collect::<Value>() } else { json!([]) },
        "optins": if shown { campaign.optins.iter().map(optin).collect::<Value>() } else { json!([]) },
        "sso": if sso { sso_state(qualifio, participation, channel) } else { Value::Null },
        "errors": errors(participation, sso),
        "warnings": participation.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

/// The state of a page that only says something.
pub fn message(name: &str, language: &str) -> Value {
    json!({
        "step": "message", "language": language, "errors": [name], "warnings": [], "fields": [],
        "message": words::sentence(language, "messages", name),
    })
}

/// Messages from the page around a frame reach campaigns that the JavaScript tag put there, which names that page,
/// and only below one domain; previews hear none.
fn hears_the_page_around(participation: &Participation) -> bool {
    let widget = participation.channel().is_some_and(|channel| channel.kind == ChannelKind::Widget);
    let around = participation.parent.as_deref().and_then(single_sign_on::address_host);
    let related = around.is_some_and(|around| registrable(&around) == registrable(&participation.host));
    widget && related && !participation.campaign.preview
}

/// The first name of somebody whom Gigya knows.
fn hello(participation: &Participation) -> Option<&str> {
    let known = participation.identity.as_ref()?.profile["firstName"].is_string();
    participation.prefill.get("firstname").filter(|_| known).map(String::as_str)
}

fn exit_lines(qualifio: &Qualifio, participation: &Participation) -> Vec<Vec<Value>> {
    let campaign = &participation.campaign;
    let row = participation.row.and_then(|number| qualifio.statistics.row(campaign.id, number));
    let lines = exit_text::lines(campaign, row.map(|row| &**row));
    lines.iter().map(|line| line.iter().map(exit_text::Piece::to_json).collect()).collect()
}

fn questions(participation: &Participation) -> Value {
    let questions = participation.questions();
    let first_open =
        questions.iter().find(|question| question.answers.is_empty()).map(|question| question.id);
    let one = |question: &Question| {
        let (name, first) = (question.name(), first_open == Some(question.id));
        let open = if first { "reponse".to_owned() } else { format!("reponse_{}", question.id) };
        let error = participation.errors.get(&name);
        json!({
            "label": question.label, "answers": question.answers,
            "id": format!("choix_{}", question.id), "open": open, "focus": open,
            "value": participation.typed.get(&name).map_or("", String::as_str),
            "error": error.map(|error| error.name()),
            "message": error.map(|error| sentence(participation, error.name())),
            "name": name,
        })
    };
    questions.iter().map(one).collect()
}

fn field_state(participation: &Participation, field: &Field) -> Value {
    let name = field.name();
    let prefill = participation.prefill.get(&field.variable);
    let value = participation.typed.get(&name).or(prefill).map_or("", String::as_str);
    let error = participation.errors.get(&name);
    let own = error.and(field.message.clone());
    // An operator who gave a field no label of its own has the player's.
    let of = words::of(participation.channel().map_or("", |channel| channel.language.as_str()));
    let label = of["fields"][&field.variable].as_str().filter(|_| field.label == field.variable);
    let options = field.options.iter().map(|option| {
        // Gigya's letters are lower case, forms write them in upper case.
        let chosen = !value.is_empty() && option.value.eq_ignore_ascii_case(value);
        let usual = of["genders"][option.value.to_ascii_uppercase()].as_str();
        let usual = usual.filter(|_| field.variable == "gender" && option.label == option.value);
        json!({"value": option.value, "label": usual.unwrap_or(&option.label), "chosen": chosen})
    });
    let mut state = json!({
        "name": name,
        "focus": name,
        "variable": field.variable,
        "label": label.unwrap_or(&field.label),
        "type": field.kind,
        "input": if field.variable == "phone" { "tel" } else { "text" },
        "mode": (field.variable == "email").then_some("email"),
        "autocomplete": autocomplete(&field.variable),
        "value": value,
        "mandatory": field.mandatory,
        "hidden": field.hidden,
        "options": options.collect::<Value>(),
        "error": error.map(|error| error.name()),
        "message": own.or(error.map(|error| sentence(participation, error.name()))),
    });
    if field.variable == "birthday" {
        birthday_state(participation, value, &mut state);
    }
    state
}

/// What browsers may offer for a field.
fn autocomplete(variable: &str) -> Option<&'static str> {
    Some(match variable {
        "username" => "username",
        "firstname" => "given-name",
        "lastname" => "family-name",
        "email" => "email",
        "address" => "address-line1",
        "zipcode" => "postal-code",
        "locality" => "address-level2",
        "country" => "country-name",
        "phone" => "tel",
        "gender" => "sex",
        _ => return None,
    })
}

fn sentence(participation: &Participation, name: &str) -> String {
    let language = participation.channel().map_or("", |channel| channel.language.as_str());
    words::sentence(language, "form", name)
}

fn birthday_state(participation: &Participation, value: &str, state: &mut Value) {
    const PARTS: [&str; 3] = ["day", "month", "year"];
    let typed = PARTS.iter().any(|name| participation.typed.contains_key(*name));
    let born = value.parse::<Birthday>().ok().filter(|_| !typed);
    let [day, month, year] = match born {
        Some(born) => [born.day().to_string(), born.month().to_string(), born.year().to_string()],
        None => PARTS.map(|name| participation.typed.get(name).cloned().unwrap_or_default()),
    };
    let number = |part: &str| part.parse::<u32>().ok();
    state["focus"] = "day".into();
    state["numbers"] = json!({"day": number(&day), "month": number(&month), "year": number(&year)});
    state["parts"] = json!({"day": day, "month": month, "year": year});
    state["years"] = json!([birthday::FIRST_YEAR, year_of(participation.started)]);
}

fn year_of(at: Instant) -> i64 {
    let text = at.to_string();
    let year = text.split('-').next().and_then(|year| year.parse().ok());
    year.unwrap_or(i64::from(birthday::FIRST_YEAR))
}

fn optin_state(participation: &Participation, optin: &Optin) -> Value {
    let name = optin.name();
    let error = participation.errors.get(&name);
    // A box that was unticked stays so.
    let fresh = participation.typed.is_empty() && participation.errors.is_empty();
    let given = if fresh { &participation.prefill } else { &participation.typed };
    let value = given.get(&name).map_or("", String::as_str);
    json!({
        "name": name, "focus": name, "variable": optin.variable, "label": optin.label,
        "mandatory": optin.mandatory, "value": value, "error": error.map(|error| error.name()),
        "message": error.map(|_| sentence(participation, "Consent")),
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
    let data_center = &qualifio.integration.data_center;
    let script = block.map(|block| files::gigya_script(data_center, &block.api_key));
    let mut state = json!({
        "state": participation.sso.name(),
        "mode": block.map(|block| block.login_screen).map(LoginScreen::name),
        "api_key": block.map(|block| block.api_key.as_str()),
        "api_host": participation.reach.as_ref().map(|reach| reach.api_host.as_str()),
        "data_center": data_center,
        "script": script,
        "attempts": participation.attempts,
        "returned": participation.returned,
    });
    match &participation.sso {
        SsoState::Check => {}
        SsoState::Redirected(url) => state["url"] = url.as_str().into(),
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
pub fn data_layer(qualifio: &Qualifio, participation: &Participation) -> Value {
    let campaign = &participation.campaign;
    let channel = participation.channel();
    let language = channel.map_or("", |channel| channel.language.as_str());
    let step = participation.step();
    let domain = channel.and_then(|channel| qualifio.websites.get(&channel.website));
    // The login stands on a page of the form's step, before the form.
    let after_login = step == Step::Form && participation.identity.is_some();
    let (page, part) = (participation.page, participation.part + 1 + usize::from(after_login));
    let thematics = campaign.themes.iter().map(|(code, text)| json!({"code": code, "description": text}));
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
        "pgi": part,
        "page_path": format!("/{}/{language}/{page}/{}/{part}", campaign.id, step.name()),
        "optins": campaign.optins.iter().map(|optin| optin.id).collect::<Vec<_>>(),
        "form_submitted": u8::from(participation.just_submitted),
        "isIdentified": u8::from(participation.identity.is_some() || with_form),
        "isWinner": null,
        "preview": campaign.preview,
        "query_string": participation.address_query,
        "score": if step == Step::Exit { json!(participation.score) } else { Value::Null },
        "thematics": thematics.collect::<Value>(),
    }])
}
