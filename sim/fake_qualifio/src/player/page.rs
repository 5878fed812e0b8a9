//! What people see. The visible page is drawn from the state that it carries for programs, so that the two
//! cannot disagree.

use super::{policy, state, words};
use crate::campaign::Channel;
use crate::participation::Participation;
use crate::qualifio::Qualifio;
use http::{HeaderValue, header};
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, context};
use serde_json::Value;
use standin_fake_kit::asset::in_script;
use standin_fake_kit::{answer, asset};
use standin_ports::Response;
use std::sync::LazyLock;

const TEMPLATES: &[(&str, &str)] = &[
    ("page.html", include_str!("templates/page.html")),
    ("controls.html", include_str!("templates/controls.html")),
    ("intro.html", include_str!("templates/intro.html")),
    ("questions.html", include_str!("templates/questions.html")),
    ("sso.html", include_str!("templates/sso.html")),
    ("form.html", include_str!("templates/form.html")),
    ("exit.html", include_str!("templates/exit.html")),
    ("message.html", include_str!("templates/message.html")),
];

static PAGES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut pages = Environment::new();
    pages.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    for (name, text) in TEMPLATES {
        pages.add_template(name, text).expect("the templates are part of the program");
    }
    pages
});

/// The page where a participant stands.
pub fn of(qualifio: &Qualifio, participation: &Participation) -> Response {
    let state = state::of(qualifio, participation);
    let layer = format!("var qlfDataLayer = {};", in_script(&state::data_layer(qualifio, participation)));
    let policy = policy::of(qualifio, participation, &layer, state["step"] == "sso");
    let page = Page { heading: &participation.campaign.public_name, layer: Some(&layer), ..Page::of(&state) };
    guarded(answer::html(200, page.written()), &policy)
}

/// A page that only says something, by its name among the words.
#[derive(Clone, Copy, Debug)]
pub struct Message<'m> {
    /// HTTP status.
    pub status: u16,
    /// Which message.
    pub name: &'m str,
    /// The channel that the participant was on the way to, if it is known.
    pub channel: Option<&'m Channel>,
    /// The address of that campaign, for whoever may begin again.
    pub again: Option<&'m str>,
}

/// Says something.
pub fn message(qualifio: &Qualifio, message: Message<'_>) -> Response {
    let language = message.channel.map_or("en", |channel| channel.language.as_str());
    let state = state::message(message.name, language);
    let heading = message.channel.and_then(|channel| {
        let campaign = qualifio.campaigns.get(qualifio.channels.get(&channel.guid)?)?;
        Some(campaign.public_name.clone())
    });
    let heading = heading.as_deref().unwrap_or("Qualifio");
    let window = message.again.filter(|_| message.name == "CookiesOff");
    let page = Page { heading, again: message.again, window, ..Page::of(&state) };
    guarded(answer::html(message.status, page.written()), &policy::of_message(qualifio, message.channel))
}

fn guarded(mut response: Response, policy: &str) -> Response {
    asset::guard(response.headers_mut(), asset::OWN_HOST_ONLY);
    if let Ok(policy) = HeaderValue::from_str(policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// What the templates get.
struct Page<'p> {
    state: &'p Value,
    heading: &'p str,
    layer: Option<&'p str>,
    again: Option<&'p str>,
    window: Option<&'p str>,
}

impl<'p> Page<'p> {
    fn of(state: &'p Value) -> Self {
        Self { state, heading: "", layer: None, again: None, window: None }
    }

    fn written(&self) -> String {
        let language = self.state["language"].as_str().unwrap_or("en");
        let spoken = words::spoken(language);
        let limited =
            self.state["errors"].as_array().is_some_and(|errors| errors.iter().any(|e| e == "LimitReached"));
        let safe = |text: String| minijinja::Value::from_safe_string(text);
        let page = PAGES.get_template("page.html").and_then(|template| {
            template.render(context! {
                lang => spoken,
                theirs => language.split('-').next().filter(|main| *main != spoken).map(|_| language),
                words => Serde(words::of(language)),
                step => self.state["step"].as_str(),
                heading => self.heading,
                limited => limited,
                layer => self.layer.map(|layer| safe(layer.to_owned())),
                state_json => safe(in_script(self.state)),
                again => self.again,
                window => self.window,
                state => Serde(self.state),
            })
        });
        page.expect("the templates fit the state")
    }
}
