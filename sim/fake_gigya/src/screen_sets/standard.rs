//! The screen-sets that every site has. Markup, style and texts stand beside this file; the English texts are
//! those in the markup.

use crate::envelope::Object;
use crate::schema::{Kind, Schema, Write};
use crate::screen_sets::ScreenSet;
use crate::site::Site;
use serde_json::Value;
use standin_fake_kit::html::escaped;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

/// A standard screen-set.
enum Markup {
    /// Screens with forms.
    Whole(&'static str),
    /// Screens of features that this platform does not draw: their names, and nothing in them.
    Bare(&'static [&'static str]),
}

const STANDARD: &[(&str, Markup)] = &[
    ("Default-LinkAccounts", Markup::Whole(include_str!("link_accounts.html"))),
    ("Default-LiteRegistration", Markup::Whole(include_str!("lite_registration.html"))),
    (
        "Default-OrganizationRegistration",
        Markup::Bare(&["gigya-org-register-screen", "gigya-org-success-screen"]),
    ),
    ("Default-PasswordlessLogin", Markup::Whole(include_str!("passwordless_login.html"))),
    ("Default-ProfileUpdate", Markup::Whole(include_str!("profile_update.html"))),
    ("Default-ReAuthentication", Markup::Whole(include_str!("re_authentication.html"))),
    ("Default-RegistrationLogin", Markup::Whole(include_str!("registration_login.html"))),
    ("Default-Subscriptions", Markup::Bare(&["gigya-subscriptions-screen"])),
];

const STYLE: &str = include_str!("style.css");
/// Texts by key and language.
static TEXTS: LazyLock<Object> =
    LazyLock::new(|| serde_json::from_str(include_str!("texts.json")).unwrap_or_default());

/// Where a form asks for what the site requires beside what it asks for anyway.
const REQUIRED_HERE: &str = "<!-- fields that the site requires -->";
const KEY: &str = " data-translation-key=\"";
const SCREEN: &str = "class=\"gigya-screen\" id=\"";

/// The names of the standard screen-sets, in order.
pub(super) fn ids() -> impl Iterator<Item = &'static str> {
    STANDARD.iter().map(|(id, _)| *id)
}

/// A standard screen-set as a site has it.
pub(super) fn standard(id: &str, site: &Site) -> Option<Arc<ScreenSet>> {
    let (id, markup) = STANDARD.iter().find(|(name, _)| *name == id)?;
    let html = match markup {
        Markup::Whole(html) => with_required(html, site),
        Markup::Bare(screens) => bare(id, screens),
    };
    let css = if matches!(markup, Markup::Whole(_)) { STYLE.to_owned() } else { String::new() };
    let translations = translations(&html);
    Some(Arc::new(ScreenSet { html, css, translations, version: 1, ..ScreenSet::default() }))
}

fn bare(id: &str, screens: &[&str]) -> String {
    let mut html = format!(r#"<div class="gigya-screen-set" id="{id}" data-width="auto">"#);
    for screen in screens {
        _ = write!(html, r#"<div class="gigya-screen" id="{screen}" data-responsive="true"></div>"#);
    }
    html.push_str("</div>");
    html
}

/// What the site requires of people and lets them write themselves.
struct Wanted {
    path: String,
    kind: Kind,
    label: String,
}

/// The markup with the fields that the site requires, in the forms that have a place for them.
fn with_required(html: &str, site: &Site) -> String {
    let wanted = wanted(site);
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, behind)) = rest.split_once(REQUIRED_HERE) {
        out.push_str(before);
        let form = before.rfind("<form").map_or(before, |at| &before[at..]);
        let asks = |name: &str| form.contains(&format!(r#"name="{name}""#));
        for field in &wanted {
            // A registration has its address without `profile`.
            if !(asks(&field.path) || field.path == "profile.email" && asks("email")) {
                field.draw(&mut out);
            }
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

fn wanted(site: &Site) -> Vec<Wanted> {
    let mut out = Vec::new();
    let of_schema = |root: &str, schema: &Schema, out: &mut Vec<Wanted>| {
        for (path, field) in
            schema.fields.iter().filter(|(_, it)| it.required && it.write != Write::ServerOnly)
        {
            let own = field.explicit.get("description").and_then(Value::as_str);
            let label = own.map_or_else(|| readable(path), str::to_owned);
            out.push(Wanted { path: format!("{root}.{path}"), kind: field.kind, label });
        }
    };
    of_schema("profile", &site.profile_schema, &mut out);
    of_schema("data", &site.data_schema, &mut out);
    let nothing = Object::new();
    for path in crate::consent::missing(&site.consents, &nothing, None) {
        let label = format!("I agree: {}", middle(&path));
        out.push(Wanted { path, kind: Kind::Boolean, label });
    }
    for path in crate::subscriptions::missing(&site.subscriptions, &nothing) {
        let label = format!("Send me: {}", middle(&path).trim_end_matches(".email"));
        out.push(Wanted { path, kind: Kind::Boolean, label });
    }
    out
}

/// What stands between the first and the last name of a path.
fn middle(path: &str) -> &str {
    let behind = path.split_once('.').map_or(path, |(_, behind)| behind);
    behind.rsplit_once('.').map_or(behind, |(before, _)| before)
}

/// The last name of a path in words: `favouriteTeam` is `Favourite team`.
fn readable(path: &str) -> String {
    let name = path.rsplit('.').next().unwrap_or(path);
    let mut out = String::new();
    for (at, letter) in name.chars().enumerate() {
        match letter {
            '_' | '-' => out.push(' '),
            letter if at == 0 => out.extend(letter.to_uppercase()),
            letter if letter.is_ascii_uppercase() => out.extend([' ', letter.to_ascii_lowercase()]),
            letter => out.push(letter),
        }
    }
    out
}

impl Wanted {
    fn draw(&self, out: &mut String) {
        let (path, label) = (escaped(&self.path), escaped(&self.label));
        let how = match self.kind {
            Kind::Integer | Kind::Long | Kind::Float => r#"type="text" inputmode="decimal""#,
            Kind::Date => r#"type="date""#,
            _ => r#"type="text""#,
        };
        // The length of a `write!` to a string is never refused.
        _ = match self.kind {
            Kind::Boolean => write!(
                out,
                r#"<label class="gigya-label gigya-check"><input type="checkbox" name="{path}" class="gigya-input-checkbox" required>
        <span class="gigya-label-text">{label}</span></label>"#
            ),
            _ => write!(
                out,
                r#"<label class="gigya-label"><span class="gigya-label-text">{label}</span>
        <input {how} name="{path}" class="gigya-input-text" required></label>"#
            ),
        };
        _ = writeln!(out, r#"<span class="gigya-error-msg" data-bound-to="{path}"></span>"#);
    }
}

/// The texts of a markup by language; `default` are those that stand in it.
fn translations(html: &str) -> Object {
    let mut out = Object::from_iter([("default".to_owned(), Object::new().into())]);
    for (key, text) in keyed(html) {
        let others = TEXTS.get(key.as_str()).and_then(Value::as_object);
        let own = Value::from(text.replace("&amp;", "&"));
        let all = std::iter::once(("default", &own))
            .chain(others.into_iter().flatten().map(|(lang, text)| (lang.as_str(), text)));
        for (lang, text) in all {
            let slot = out.entry(lang).or_insert_with(|| Object::new().into());
            if let Some(texts) = slot.as_object_mut() {
                texts.insert(key.clone(), text.clone());
            }
        }
    }
    out
}

/// Keys in a markup with their texts: that of the element, or the value of the attribute before the key; and
/// the captions of screens, whose keys are made of the screens' ids.
fn keyed(html: &str) -> impl Iterator<Item = (String, &str)> {
    let texts = html.match_indices(KEY).filter_map(|(at, mark)| {
        let (key, behind) = html[at + mark.len()..].split_once('"')?;
        let value = html[..at].strip_suffix('"').and_then(|it| it.rsplit_once("value=\""));
        let text = match value.filter(|(_, value)| !value.contains('"')) {
            Some((_, value)) => value,
            None => behind.split_once('>')?.1.split('<').next()?,
        };
        Some((key.to_owned(), text))
    });
    let captions = html.match_indices(SCREEN).filter_map(|(at, mark)| {
        let (tag, _) = html[at + mark.len()..].split_once('>')?;
        let (id, attributes) = tag.split_once('"')?;
        let caption = attributes.split_once("data-caption=\"")?.1.split('"').next()?;
        Some((format!("{}_caption", id.replace('-', "_")), caption))
    });
    texts.chain(captions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DEFAULT_API_KEY;
    use crate::testing::Bench;
    use serde_json::json;
    use std::collections::BTreeSet;

    fn whole() -> impl Iterator<Item = (&'static str, &'static str)> {
        STANDARD.iter().filter_map(|(id, markup)| match markup {
            Markup::Whole(html) => Some((*id, *html)),
            Markup::Bare(_) => None,
        })
    }

    #[test]
    fn every_text_is_told_in_every_language() {
        let used: BTreeSet<String> = whole().flat_map(|(_, html)| keyed(html)).map(|(key, _)| key).collect();
        let known: BTreeSet<String> = TEXTS.keys().cloned().collect();
        assert_eq!(used, known);
        for (key, texts) in TEXTS.iter() {
            for lang in ["fr", "nl", "de"] {
                assert!(texts[lang].as_str().is_some_and(|text| !text.is_empty()), "{key} in {lang}");
            }
        }
    }

    #[test]
    fn one_key_is_one_text() {
        let mut seen = std::collections::BTreeMap::new();
        for (key, text) in whole().flat_map(|(_, html)| keyed(html)) {
            assert!(!text.trim().is_empty(), "{key}");
            assert_eq!(*seen.entry(key.clone()).or_insert(text), text, "{key}");
        }
        assert_eq!(seen["LOGIN_SUBMIT"], "Log in");
        assert_eq!(seen["EMAIL_LABEL"], "Your e-mail address");
        assert_eq!(seen["gigya_login_screen_caption"], "Log in");
    }

    /// A page that loads them allows no inline script, and screens are found by their names.
    #[test]
    fn markup_has_no_script_and_leads_to_screens_that_are_there() {
        let all: String = whole().map(|(_, html)| html).collect();
        let inline = regex::Regex::new(r"<script|\s(on[a-z]+|style)=").unwrap();
        assert_eq!(inline.find(&all), None);
        for (id, html) in whole() {
            assert!(html.contains(&format!(r#"class="gigya-screen-set" id="{id}""#)));
            let targets = ["-screen=\"", "-code=\""].into_iter().flat_map(|end| {
                html.match_indices(end).filter_map(move |(at, end)| html[at + end.len()..].split('"').next())
            });
            for target in targets.filter(|it| !it.starts_with('_')) {
                let (set, screen) = target.split_once('/').unwrap_or((id, target));
                let there = whole().find(|(name, _)| *name == set).map(|(_, html)| html).unwrap_or_default();
                assert!(there.contains(&format!(r#"class="gigya-screen" id="{screen}""#)), "{id}: {target}");
            }
        }
    }

    #[test]
    fn each_input_has_a_label_and_a_place_for_its_error() {
        for (id, html) in whole() {
            for input in html.split("<input").skip(1).filter(|it| !it.contains(r#"type="submit""#)) {
                let name = input.split_once("name=\"").unwrap().1.split('"').next().unwrap();
                let behind = input.split_once("</label>");
                assert!(behind.is_some_and(|(inside, _)| !inside.contains("<form")), "{id}: {name}");
                let bound = format!(r#"data-bound-to="{name}""#);
                assert!(name == "remember" || input.contains(&bound), "{id}: {name}");
            }
        }
    }

    /// The markup that a browser gets of one screen.
    fn screen(bench: &mut Bench, screen: &str) -> String {
        let answer = bench.client("accounts.getScreenSets", &[("screenSetIDs", "Default-RegistrationLogin")]);
        let html = answer["screenSets"][0]["html"].as_str().unwrap().to_owned();
        let behind = html.split_once(&format!(r#"id="{screen}""#)).unwrap().1;
        behind.split(r#"class="gigya-screen""#).next().unwrap().to_owned()
    }

    #[test]
    fn what_a_site_requires_can_be_filled_in() {
        let mut bench = Bench::seeded(&json!({"sites": [{
            "api_key": DEFAULT_API_KEY,
            "profile_schema": {"fields": {"zip": {"required": true}, "city": {"required": true}}},
            "data_schema": {"fields": {
                "favouriteTeam": {"required": true, "writeAccess": "clientModify"},
                "tricky": {"required": true, "writeAccess": "clientCreate"},
                "grown": {"required": true, "type": "boolean", "writeAccess": "clientModify"},
                "score": {"required": true, "writeAccess": "serverOnly"},
            }},
        }]}));
        let described = r#"{"fields": {"tricky": {"description": "<b>\"A&B\""}}}"#;
        assert_eq!(bench.code("accounts.setSchema", &[("dataSchema", described)]), 0);
        let complete = screen(&mut bench, "gigya-complete-registration-screen");
        for name in ["profile.email", "profile.zip", "data.favouriteTeam", "data.tricky", "data.grown"] {
            assert_eq!(complete.matches(&format!(r#"name="{name}""#)).count(), 1, "{name}");
        }
        assert!(complete.contains(">Favourite team<") && complete.contains(">&lt;b&gt;&quot;A&amp;B&quot;<"));
        assert!(complete.contains(r#"type="checkbox" name="data.grown""#));
        assert!(!complete.contains("data.score") && !complete.contains("profile.city"));
        let register = screen(&mut bench, "gigya-register-screen");
        assert!(register.contains(r#"name="profile.zip""#) && !register.contains(r#"name="profile.email""#));
        let login = screen(&mut bench, "gigya-login-screen");
        assert!(!login.contains("data.favouriteTeam"));
    }
}
