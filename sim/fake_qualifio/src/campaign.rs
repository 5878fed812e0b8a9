//! Campaigns, channels, form fields, limits.

use crate::limits::{Limit, limits_json};
use crate::manager::typed::{LONGEST_TEXT, LONGEST_WORD, list, text, within};
use crate::problem::{Problem, Warning};
use crate::statistics;
use serde_json::{Value, json};
use standin_fake_kit::{Part, Section, SeedError, Shape};
use standin_model::Instant;
use standin_model::text::clean;
use std::collections::BTreeSet;

/// A variable that the mapping to Gigya knows: variable and the token of a field's type.
pub const MAPPED: &[(&str, &str)] = &[
    ("username", "USERNAME"),
    ("firstname", "FIRSTNAME"),
    ("lastname", "LASTNAME"),
    ("email", "EMAIL"),
    ("address", "ADDRESS"),
    ("zipcode", "ZIPCODE"),
    ("locality", "LOCALITY"),
    ("country", "COUNTRY"),
    ("phone", "PHONE"),
    ("birthday", "BIRTHDAY"),
    ("gender", "GENDER"),
];

/// The CRM's other standard variables, which the mapping to Gigya does not know.
pub const STANDARD: &[(&str, &str)] = &[
    ("company", "COMPANY"),
    ("position", "POSITION"),
    ("function", "FUNCTION"),
    ("number", "NUMBER"),
    ("box", "BOX"),
    ("language", "LANGUAGE"),
];

/// Whether the mapping to Gigya knows a variable.
pub fn is_mapped(variable: &str) -> bool {
    MAPPED.iter().any(|(name, _)| *name == variable)
}

/// The most fields, opt-ins or questions of one campaign.
pub const MOST: usize = 200;

/// The most choices of one field; a list of countries fits.
const MOST_CHOICES: usize = 1_000;

/// Whether a campaign has a form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// It has.
    Identified,
    /// It has none.
    Anonymous,
}

/// A part of a campaign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Welcome screen.
    Intro,
    /// Questions or game.
    Questions,
    /// Form.
    Form,
    /// Result and thanks.
    Exit,
}

impl Step {
    /// The step's name in the data layer.
    pub fn name(self) -> &'static str {
        match self {
            Self::Intro => "intro",
            Self::Questions => "questionset",
            Self::Form => "identityset",
            Self::Exit => "exit",
        }
    }
}

/// Where a campaign is published.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChannelKind {
    /// A page of its own on the website's domain.
    Minisite,
    /// A frame in somebody's page.
    Widget,
    /// A link for an app.
    Mobile,
}

impl ChannelKind {
    /// The word in worlds and exports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Minisite => "minisite",
            Self::Widget => "widget",
            Self::Mobile => "mobile",
        }
    }
}

/// One publication of a campaign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Channel {
    /// Its number.
    pub id: u64,
    /// Its GUID, which stands in player URLs.
    pub guid: String,
    /// Its kind.
    pub kind: ChannelKind,
    /// The website.
    pub website: u64,
    /// Two-letter language, lower case.
    pub language: String,
    /// The page that embeds a widget, where the operator named it.
    pub parent_page: Option<String>,
    /// Closed before.
    pub starts: Option<Instant>,
    /// Closed from then on.
    pub ends: Option<Instant>,
}

/// When a channel closes that nobody gave an end.
const NEVER: Instant = Instant::from_seconds(3_818_447_940);

impl Channel {
    /// From when to when it is published, as feeds and webhooks write it.
    pub fn schedule(&self, campaign: &Campaign) -> (Instant, Instant) {
        (self.starts.unwrap_or(campaign.created), self.ends.unwrap_or(NEVER))
    }
}

/// One field of the form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Its number.
    pub id: u64,
    /// What people read.
    pub label: String,
    /// The token of its type.
    pub kind: String,
    /// CRM or mapping variable.
    pub variable: String,
    /// Whether it must be filled in.
    pub mandatory: bool,
    /// Whether it is out of sight.
    pub hidden: bool,
    /// Entry mask: `9` a digit, `A` a letter, anything else itself.
    pub mask: Option<String>,
    /// What people read when the value is refused.
    pub message: Option<String>,
    /// Choices.
    pub options: Vec<Choice>,
}

/// One choice of a field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Choice {
    /// What is submitted and kept.
    pub value: String,
    /// What people read.
    pub label: String,
    /// The letter that Gigya gets for it, where that is not the value: only a gender has one.
    pub gigya: Option<String>,
}

impl Choice {
    fn plain(value: &str) -> Self {
        Self { value: value.to_owned(), label: value.to_owned(), gigya: None }
    }

    /// What Gigya gets for it.
    pub fn in_gigya(&self) -> &str {
        self.gigya.as_deref().unwrap_or(&self.value)
    }
}

impl Field {
    /// What Gigya gets for a submitted value.
    pub fn in_gigya<'v>(&'v self, value: &'v str) -> &'v str {
        self.options.iter().find(|choice| choice.value == value).map_or(value, Choice::in_gigya)
    }

    /// What is kept of a value: where there are choices one of them, or nothing.
    pub fn chosen<'v>(&'v self, value: &'v str) -> Option<&'v str> {
        if self.options.is_empty() {
            return Some(value);
        }
        let exact = self.options.iter().find(|choice| clean(&choice.value) == value);
        // Gigya's letters are lower case, forms write them in upper case.
        let alike = || self.options.iter().find(|choice| choice.value.eq_ignore_ascii_case(value));
        exact.or_else(alike).map(|choice| choice.value.as_str())
    }

    /// The control's name on the page.
    pub fn name(&self) -> String {
        format!("choix_{}", self.id)
    }
}

/// A question for consent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Optin {
    /// Its number.
    pub id: u64,
    /// What people read.
    pub label: String,
    /// What it is about, for programs.
    pub description: String,
    /// Technical name.
    pub variable: String,
    /// Whether it must be accepted.
    pub mandatory: bool,
    /// What kinds of consent it belongs to.
    pub categories: Vec<Category>,
}

/// A kind of consent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Category {
    /// Its number.
    pub id: u64,
    /// What people read.
    pub label: String,
    /// Its technical name.
    pub name: String,
    /// The wider kind that it belongs to.
    pub parent: Option<Box<Self>>,
}

impl Category {
    /// The category as webhooks and the API write it.
    pub fn to_json(&self) -> Value {
        let mut told = json!({"id": self.id, "label": self.label, "technicalName": self.name});
        if let Some(parent) = &self.parent {
            told["parent"] = parent.to_json();
        }
        told
    }
}

impl Optin {
    /// The control's name on the page.
    pub fn name(&self) -> String {
        format!("optin_{}", self.id)
    }
}

/// A question of the interaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// Its number.
    pub id: u64,
    /// What people read.
    pub label: String,
    /// Choices; free text if there are none.
    pub answers: Vec<String>,
    /// The right answer, if there is one.
    pub correct: Option<String>,
    /// What the right answer earns.
    pub score: u64,
    /// The token of its type.
    pub kind: String,
    /// The variable that keeps the answer, if there is one.
    pub variable: Option<String>,
}

impl Question {
    /// The control's name on the page.
    pub fn name(&self) -> String {
        format!("question_{}", self.id)
    }

    /// Whether an answer, as the player keeps it, is the right one.
    pub fn is_right(&self, given: &str) -> bool {
        self.correct.as_deref().is_some_and(|correct| clean(correct) == given)
    }
}

/// A campaign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Campaign {
    /// Its number.
    pub id: u64,
    /// Its GUID.
    pub guid: String,
    /// What operators call it.
    pub title: String,
    /// What participants read.
    pub public_name: String,
    /// With or without form.
    pub mode: Mode,
    /// Steps in order.
    pub steps: Vec<Step>,
    /// The form.
    pub fields: Vec<Field>,
    /// The form's opt-ins.
    pub optins: Vec<Optin>,
    /// The interaction.
    pub questions: Vec<Question>,
    /// How many questions stand on one page; all of them if it is 0.
    pub questions_per_page: usize,
    /// What the exit screen says instead of the usual thanks; `{firstname}` is what the form said.
    pub exit_text: Option<String>,
    /// How often one may take part: all of these hold.
    pub limits: Vec<Limit>,
    /// Whether Gigya SSO is on in the form step.
    pub sso: bool,
    /// Whether a form that Gigya fills in completely is submitted unseen.
    pub auto_submit: bool,
    /// Whether the separate Lite Registration integration runs on it too.
    pub lite_registration: bool,
    /// Whether this is a preview.
    pub preview: bool,
    /// The token of its type.
    pub kind: String,
    /// What it is about: code and description.
    pub themes: Vec<(String, String)>,
    /// Who made it, where that is known.
    pub creator: Option<String>,
    /// When it was made.
    pub created: Instant,
    /// When it was last changed.
    pub modified: Instant,
    /// Where it is published; never empty.
    pub channels: Vec<Channel>,
}

impl Campaign {
    /// Variables of the form outside the standard columns, sorted.
    pub fn custom_variables(&self) -> BTreeSet<&str> {
        self.fields.iter().map(|field| field.variable.as_str()).filter(|name| !is_mapped(name)).collect()
    }

    /// Variables of the form that Gigya can fill in, in form order.
    pub fn prefillable(&self) -> Vec<String> {
        let fields =
            self.fields.iter().filter(|field| is_mapped(&field.variable) && field.variable != "email");
        fields.map(|field| field.variable.clone()).collect()
    }

    /// What single sign-on refuses about the campaign itself.
    pub fn check_sso(&self) -> Result<(), Problem> {
        if self.mode == Mode::Anonymous {
            return Err(Problem::AnonymousCampaign);
        }
        let mut seen = BTreeSet::new();
        for field in &self.fields {
            if !seen.insert(field.variable.as_str()) {
                return Err(Problem::DuplicateVariable(field.variable.clone()));
            }
        }
        Ok(())
    }

    /// What single sign-on advises about the campaign itself.
    pub fn sso_warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        for variable in self.fields.iter().map(|field| &field.variable).filter(|name| !is_mapped(name)) {
            warnings.push(Warning::about("UnsupportedFieldNotPushed", variable));
        }
        for optin in &self.optins {
            warnings.push(Warning::about("UnsupportedFieldNotPushed", &optin.variable));
        }
        if self.lite_registration {
            warnings.push(Warning::new("LiteAndSsoTogether"));
        }
        warnings
    }

    /// The campaign as the API writes it.
    pub fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "guid": self.guid,
            "title": self.title,
            "public_name": self.public_name,
            "mode": if self.mode == Mode::Identified { "identified" } else { "anonymous" },
            "steps": self.steps.iter().map(|step| step.name()).collect::<Vec<_>>(),
            "fields": self.fields.iter().map(field_json).collect::<Vec<_>>(),
            "optins": self.optins.iter().map(|optin| json!({
                "id": optin.id, "name": optin.name(), "variable": optin.variable, "label": optin.label,
                "mandatory": optin.mandatory, "description": optin.description,
                "categories": optin.categories.iter().map(Category::to_json).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "questions": self.questions.iter().map(|question| json!({
                "id": question.id, "name": question.name(), "label": question.label, "answers": question.answers,
            })).collect::<Vec<_>>(),
            "questions_per_page": self.questions_per_page,
            "exit_text": self.exit_text,
            "limit": limits_json(&self.limits),
            "sso": {"enabled": self.sso, "auto_submit": self.auto_submit},
            "lite_registration": self.lite_registration,
            "preview": self.preview,
            "type": self.kind,
            "themes": self.themes.iter().map(|(code, text)| json!({"code": code, "description": text}))
                .collect::<Vec<_>>(),
            "creator": self.creator,
            "created_at": self.created.to_string(),
            "modified_at": self.modified.to_string(),
            "channels": self.channels.iter().map(|channel| json!({
                "id": channel.id, "guid": channel.guid, "channel": channel.kind.name(),
                "website": channel.website, "language": channel.language, "parent_page": channel.parent_page,
            })).collect::<Vec<_>>(),
        })
    }
}

fn field_json(field: &Field) -> Value {
    json!({
        "id": field.id, "name": field.name(), "variable": field.variable, "label": field.label,
        "type": field.kind, "mandatory": field.mandatory, "hidden": field.hidden, "mask": field.mask,
    })
}

/// Numbers for parts that get one.
#[derive(Clone, Debug)]
pub struct Numbers {
    /// The next number of a campaign or channel.
    pub campaign: u64,
    /// The next number of a field, opt-in or question.
    pub part: u64,
}

impl Numbers {
    fn part(&mut self) -> u64 {
        self.part += 1;
        self.part - 1
    }
}

/// What a field of a form may have.
pub(crate) const FIELD: Shape = &[
    Part::Plain(&["variable", "label", "type", "mandatory", "hidden", "mask", "message"]),
    Part::Shorts("options", OPTION),
];
const OPTION: Shape = &[Part::Plain(&["value", "label", "gigya"])];
/// What an opt-in may have.
pub(crate) const OPTIN: Shape =
    &[Part::Plain(&["variable", "label", "mandatory", "description"]), Part::Shorts("categories", CATEGORY)];
const CATEGORY: Shape = &[Part::Plain(&["id", "label", "name", "parent"])];
/// What a question may have.
pub(crate) const QUESTION: Shape =
    &[Part::Plain(&["label", "answers", "correct", "score", "type", "variable"])];

/// Reads a field: a variable alone, or a mapping.
pub fn read_field(section: &Section<'_>, numbers: &mut Numbers) -> Result<Field, SeedError> {
    let whole = section.value().is_object();
    if whole {
        section.shaped(FIELD)?;
    }
    let variable = if whole { section.need("variable")? } else { section.clone() };
    let name = technical_name(&variable)?;
    let standard = MAPPED.iter().chain(STANDARD).find(|(mapped, _)| *mapped == name).map(|(_, kind)| *kind);
    let options = read_options(section, &name)?;
    Ok(Field {
        id: numbers.part(),
        label: text(section, "label", LONGEST_TEXT)?.unwrap_or_else(|| name.clone()),
        kind: text(section, "type", LONGEST_WORD)?
            .unwrap_or_else(|| standard.unwrap_or("ALPHA NUMERIC").to_owned()),
        mandatory: section.flag_of("mandatory", name == "email")?,
        hidden: section.flag_of("hidden", false)?,
        mask: text(section, "mask", LONGEST_WORD)?,
        message: text(section, "message", LONGEST_TEXT)?,
        options,
        variable: name,
    })
}

fn read_options(section: &Section<'_>, variable: &str) -> Result<Vec<Choice>, SeedError> {
    let mut options = Vec::new();
    for option in list(section, "options", MOST_CHOICES)? {
        if !option.value().is_object() {
            options.push(Choice::plain(&within(&option, LONGEST_TEXT)?));
            continue;
        }
        option.shaped(OPTION)?;
        let mut choice = Choice::plain(&within(&option.need("value")?, LONGEST_TEXT)?);
        if let Some(label) = text(&option, "label", LONGEST_TEXT)? {
            choice.label = label;
        }
        if let Some(letter) = option.get("gigya") {
            if variable != "gender" {
                return Err(letter.wrong("only the options of a gender are bound to Gigya's letters"));
            }
            choice.gigya = Some(letter.word(&["f", "m", "u"])?.to_owned());
        }
        options.push(choice);
    }
    if options.is_empty() && variable == "gender" {
        options = ["M", "F"].map(Choice::plain).to_vec();
    }
    Ok(options)
}

/// Letters, digits, `_`, `-` and `.`: a name that can be a column.
pub(crate) fn technical_name(section: &Section<'_>) -> Result<String, SeedError> {
    let name = section.text()?;
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || name.chars().count() > 100 || !name.chars().all(allowed) {
        return Err(section.wrong("a technical name has 1 to 100 letters, digits or `_ - .` and no spaces"));
    }
    if statistics::COLUMNS.contains(&name) {
        return Err(section.wrong("a column of the statistics has this name"));
    }
    Ok(name.to_owned())
}

/// Reads an opt-in: a variable alone, or a mapping.
pub fn read_optin(section: &Section<'_>, numbers: &mut Numbers) -> Result<Optin, SeedError> {
    let whole = section.value().is_object();
    if whole {
        section.shaped(OPTIN)?;
    }
    let variable = if whole { section.need("variable")? } else { section.clone() };
    let name = technical_name(&variable)?;
    let mut categories = Vec::new();
    for item in list(section, "categories", MOST)? {
        categories.push(read_category(&item, numbers)?);
    }
    Ok(Optin {
        id: numbers.part(),
        label: text(section, "label", LONGEST_TEXT)?.unwrap_or_else(|| name.clone()),
        description: text(section, "description", LONGEST_TEXT)?.unwrap_or_default(),
        mandatory: section.flag_of("mandatory", false)?,
        variable: name,
        categories,
    })
}

/// Reads a category: its technical name alone, or a mapping.
fn read_category(section: &Section<'_>, numbers: &mut Numbers) -> Result<Category, SeedError> {
    let whole = section.value().is_object();
    if whole {
        section.shaped(CATEGORY)?;
    }
    let name = if whole { technical_name(&section.need("name")?)? } else { technical_name(section)? };
    Ok(Category {
        id: section.get("id").map_or_else(|| Ok(numbers.part()), |id| id.number())?,
        label: text(section, "label", LONGEST_TEXT)?.unwrap_or_else(|| name.clone()),
        parent: match section.get("parent").map(|parent| read_category(&parent, numbers)) {
            Some(parent) => Some(Box::new(parent?)),
            None => None,
        },
        name,
    })
}

/// Reads a question: its label alone, or a mapping.
pub fn read_question(section: &Section<'_>, numbers: &mut Numbers) -> Result<Question, SeedError> {
    let whole = section.value().is_object();
    if whole {
        section.shaped(QUESTION)?;
    }
    let asked = if whole { section.need("label")? } else { section.clone() };
    let label = within(&asked, LONGEST_TEXT)?;
    if clean(&label).is_empty() {
        return Err(asked.wrong("a question has words"));
    }
    let mut answers = Vec::new();
    for answer in list(section, "answers", MOST)? {
        answers.push(within(&answer, LONGEST_TEXT)?);
    }
    let correct = text(section, "correct", LONGEST_TEXT)?;
    let offered = |right: &String| answers.is_empty() || answers.iter().any(|one| clean(one) == clean(right));
    if let (Some(place), false) = (section.get("correct"), correct.as_ref().is_none_or(offered)) {
        return Err(place.wrong("the right answer is none of the answers"));
    }
    Ok(Question {
        id: numbers.part(),
        label,
        answers,
        correct,
        score: section.get("score").map_or(Ok(50), |score| score.number())?,
        kind: text(section, "type", LONGEST_WORD)?.unwrap_or_else(|| "ALPHA NUMERIC".to_owned()),
        variable: section.get("variable").map(|variable| technical_name(&variable)).transpose()?,
    })
}

/// Reads the order of steps.
pub fn read_steps(section: &Section<'_>, mode: Mode) -> Result<Vec<Step>, SeedError> {
    let mut steps = Vec::new();
    for item in section.items()? {
        let step = match item.word(&["intro", "questionset", "identityset", "exit"])? {
            "intro" => Step::Intro,
            "questionset" => Step::Questions,
            "identityset" => Step::Form,
            _ => Step::Exit,
        };
        if steps.contains(&step) {
            return Err(item.wrong("a step occurs once"));
        }
        if step == Step::Intro && !steps.is_empty() {
            return Err(item.wrong("the welcome screen comes first"));
        }
        steps.push(step);
    }
    if steps.last() != Some(&Step::Exit) {
        return Err(section.wrong("`exit` comes last"));
    }
    if steps.contains(&Step::Form) != (mode == Mode::Identified) {
        return Err(section.wrong("`identityset` belongs to identified campaigns, and only to them"));
    }
    Ok(steps)
}
