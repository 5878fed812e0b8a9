//! What a page's HTML asks of a browser that runs no scripts: its forms, and where it sends people on by itself.

use html5gum::{DefaultEmitter, Token, Tokenizer};

type StartTag = html5gum::StartTag<()>;

/// The most seconds after which a page that sends people on is followed.
const SOON: f64 = 10.0;

/// A page as it was read.
#[derive(Default)]
pub(crate) struct Page {
    /// What relative addresses start from, if the page says so.
    pub(crate) base: Option<String>,
    /// Where it sends people on by itself.
    pub(crate) refresh: Option<String>,
    /// What its scripts say, as far as it stands in the page.
    scripts: Option<String>,
    forms: Vec<Form>,
    /// Whether a password is asked for outside of every form.
    bare_password: bool,
}

/// A form.
#[derive(Default)]
pub(crate) struct Form {
    id: String,
    /// Where it goes; empty for the page's own address.
    pub(crate) action: String,
    /// Whether its values go into the query.
    pub(crate) by_get: bool,
    encoding: String,
    controls: Vec<Control>,
}

/// Something in a form.
#[derive(Default)]
struct Control {
    name: String,
    /// `text`, `password`, `hidden`, `checkbox`, `select` and so on.
    kind: String,
    value: String,
    /// Whether a box is ticked or has to be, or an option of a select is chosen.
    ticked: bool,
    /// Whether the text that follows is its value.
    reads: bool,
    /// Whether it is for an address or for what somebody is called there.
    is_somebody: bool,
}

/// Why nobody can log in by a page's forms.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// The page asks for no password, nor for who somebody is.
    NoPassword,
    /// It asks for one in a way that is not understood.
    Strange(String),
}

/// What is told of a page that asks first who somebody is, and for the password later.
const STEPS: &str = "it asks who somebody is and for no password yet; a log-in in several steps is tried in a \
                     browser alone: `--browser`, with `by: script`";

/// What is told of a page that might ask for a password by a script.
const SCRIPTED: &str = "it asks for no password unless its scripts do, which are tried in a browser alone: \
                        `--browser`, with `by: script`";

/// What is told of a page from which a script may send people on.
const MOVING: &str = "it may send people on by a script, which is tried in a browser alone: `--browser`, with \
                      `by: script`";

fn attribute(tag: &StartTag, name: &str) -> Option<String> {
    let value = tag.attributes.get(name.as_bytes())?;
    Some(String::from_utf8_lossy(value).into_owned())
}

fn lower(tag: &StartTag, name: &str) -> String {
    attribute(tag, name).unwrap_or_default().trim().to_ascii_lowercase()
}

impl Page {
    pub(crate) fn read(html: &str) -> Self {
        let mut emitter = DefaultEmitter::default();
        emitter.naively_switch_states(true);
        let mut page = Self::default();
        // The form that is open, and what is being typed into: a text area or a select with its first option.
        let (mut open, mut area) = (None, None::<(Option<usize>, Control)>);
        let mut in_script = false;
        for token in Tokenizer::new_with_emitter(html, emitter) {
            let Ok(token) = token;
            match token {
                Token::StartTag(tag) if tag.name[..] == *b"script" => {
                    in_script = true;
                    page.scripts.get_or_insert_default();
                }
                Token::StartTag(tag) => page.start(&tag, &mut open, &mut area),
                Token::String(text) if in_script => {
                    page.scripts.get_or_insert_default().push_str(&String::from_utf8_lossy(&text));
                }
                Token::String(text) => {
                    if let Some((_, area)) = area.as_mut().filter(|(_, area)| area.reads) {
                        area.value.push_str(&String::from_utf8_lossy(&text));
                    }
                }
                Token::EndTag(tag) => match &tag.name[..] {
                    b"form" => open = None,
                    b"script" => in_script = false,
                    b"option" => area.iter_mut().for_each(|(_, area)| area.end_option()),
                    b"textarea" | b"select" => {
                        if let Some((form, mut control)) = area.take() {
                            control.end_option();
                            page.put(form, control);
                        }
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        page
    }

    fn start(
        &mut self,
        tag: &StartTag,
        open: &mut Option<usize>,
        area: &mut Option<(Option<usize>, Control)>,
    ) {
        match &tag.name[..] {
            b"base" if self.base.is_none() => self.base = attribute(tag, "href"),
            b"meta" if lower(tag, "http-equiv") == "refresh" && self.refresh.is_none() => {
                self.refresh = refresh(&attribute(tag, "content").unwrap_or_default());
            }
            // A form within a form is none.
            b"form" if open.is_none() => {
                *open = Some(self.forms.len());
                self.forms.push(Form {
                    id: attribute(tag, "id").unwrap_or_default(),
                    action: attribute(tag, "action").unwrap_or_default().trim().to_owned(),
                    by_get: lower(tag, "method") != "post",
                    encoding: lower(tag, "enctype"),
                    controls: Vec::new(),
                });
            }
            b"option" => {
                if let Some((_, select)) = area.as_mut().filter(|(_, area)| area.kind == "select") {
                    select.end_option();
                    let has = |name: &str| tag.attributes.contains_key(name.as_bytes());
                    if has("selected") || !select.ticked && !has("disabled") {
                        let value = attribute(tag, "value");
                        select.reads = value.is_none();
                        select.value = value.unwrap_or_default();
                        select.ticked = true;
                    }
                }
            }
            b"input" | b"button" | b"textarea" | b"select" => {
                let owner = match attribute(tag, "form") {
                    Some(id) => self.forms.iter().position(|form| form.id == id),
                    None => *open,
                };
                if tag.attributes.contains_key(&b"disabled"[..]) {
                    return;
                }
                let control = control(tag);
                match &tag.name[..] {
                    b"textarea" | b"select" => *area = Some((owner, control)),
                    _ => self.put(owner, control),
                }
            }
            _ => {}
        }
    }

    fn put(&mut self, form: Option<usize>, control: Control) {
        match form.and_then(|at| self.forms.get_mut(at)) {
            Some(form) => form.controls.push(control),
            None => self.bare_password |= control.kind == "password",
        }
    }

    /// Whether a password is asked for.
    pub(crate) fn asks_for_a_password(&self) -> bool {
        self.bare_password || self.forms.iter().any(Form::asks_for_a_password)
    }

    /// Why nobody can tell without its scripts where it leads, if they may send people on.
    pub(crate) fn may_move(&self) -> Option<String> {
        let assigns = |rest: &str| rest.starts_with('=') && !rest.starts_with("==");
        let mut places = self.scripts.as_deref().unwrap_or_default().split("location").skip(1);
        let moves = places.any(|rest| {
            let told = rest.strip_prefix(".href").unwrap_or(rest).trim_start();
            rest.starts_with(".replace(") || rest.starts_with(".assign(") || assigns(told)
        });
        moves.then(|| MOVING.to_owned())
    }

    /// The form that holds a password and fields of all these names.
    pub(crate) fn form_with(&self, names: &[&str]) -> Result<&Form, Misfit> {
        let forms: Vec<&Form> = self.forms.iter().filter(|form| form.asks_for_a_password()).collect();
        if forms.is_empty() && !self.bare_password {
            return Err(match (self.forms.iter().any(|form| form.asks_who(names)), &self.scripts) {
                (true, _) => Misfit::Strange(STEPS.to_owned()),
                (false, Some(_)) => Misfit::Strange(SCRIPTED.to_owned()),
                (false, None) => Misfit::NoPassword,
            });
        }
        if let Some(form) = forms.iter().find(|form| names.iter().all(|name| form.has(name))) {
            return match form.encoding.as_str() {
                "multipart/form-data" | "text/plain" if !form.by_get => {
                    Err(Misfit::Strange(format!("its form is sent as {}", form.encoding)))
                }
                _ => Ok(form),
            };
        }
        let wanted = names.join(", ");
        let there: Vec<String> = forms.iter().map(|form| form.names().join(", ")).collect();
        Err(Misfit::Strange(match there.as_slice() {
            [] => "it asks for a password outside of a form".to_owned(),
            names => {
                let there = names.join("; or ");
                format!(
                    "its form has the fields {there}, and not {wanted}; `fields` says what they are called"
                )
            }
        }))
    }
}

impl Form {
    fn asks_for_a_password(&self) -> bool {
        self.controls.iter().any(|control| control.kind == "password")
    }

    /// Whether it asks who somebody is.
    fn asks_who(&self, names: &[&str]) -> bool {
        let by_name = names.iter().any(|name| self.has(name));
        by_name || self.controls.iter().any(|control| control.is_typed() && control.is_somebody)
    }

    fn has(&self, name: &str) -> bool {
        self.controls.iter().any(|control| control.name == name && control.is_typed())
    }

    fn names(&self) -> Vec<&str> {
        let typed = self.controls.iter().filter(|control| control.is_typed());
        typed.map(|control| control.name.as_str()).collect()
    }

    /// What is sent when the first button is pressed, with these values typed in. A password that has to be
    /// repeated is, and a box that has to be ticked is ticked.
    pub(crate) fn filled(&self, values: &[(String, String)]) -> Vec<(String, String)> {
        let typed = |name: &str| values.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let is_password = |name: &str| {
            self.controls.iter().any(|control| control.name == name && control.kind == "password")
        };
        let password = values.iter().find(|(name, _)| is_password(name)).map(|(_, value)| value);
        let mut pressed = false;
        let mut sent = Vec::new();
        for control in &self.controls {
            let value = match control.kind.as_str() {
                "submit" if pressed => continue,
                "submit" => {
                    pressed = true;
                    Some(&control.value)
                }
                "button" | "reset" | "image" | "file" => continue,
                "checkbox" | "radio" => control.ticked.then_some(&control.value),
                "password" => typed(&control.name).or(password),
                "hidden" => Some(&control.value),
                _ => typed(&control.name).or(Some(&control.value)),
            };
            if let Some(value) = value.filter(|_| !control.name.is_empty()) {
                sent.push((control.name.clone(), value.clone()));
            }
        }
        sent
    }
}

impl Control {
    /// The text of an option that names no value is its value, with single spaces.
    fn end_option(&mut self) {
        if self.kind == "select" && std::mem::take(&mut self.reads) {
            self.value = self.value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        }
    }

    /// Whether a person types into it.
    fn is_typed(&self) -> bool {
        let other = ["hidden", "submit", "button", "reset", "image", "file", "checkbox", "radio"];
        !self.name.is_empty() && !other.contains(&self.kind.as_str())
    }
}

fn control(tag: &StartTag) -> Control {
    let said = lower(tag, "type");
    let kind = match &tag.name[..] {
        b"input" if said.is_empty() => "text".to_owned(),
        b"input" => said,
        b"button" if said.is_empty() => "submit".to_owned(),
        b"button" => said,
        other => String::from_utf8_lossy(other).into_owned(),
    };
    let has = |name: &str| tag.attributes.contains_key(name.as_bytes());
    let is_box = kind == "checkbox" || kind == "radio";
    let unsaid = if is_box { "on" } else { "" };
    Control {
        name: attribute(tag, "name").unwrap_or_default(),
        value: attribute(tag, "value").unwrap_or_else(|| unsaid.to_owned()),
        ticked: is_box && (has("checked") || kind == "checkbox" && has("required")),
        reads: kind == "textarea",
        is_somebody: kind == "email" || lower(tag, "autocomplete").split(' ').any(|word| word == "username"),
        kind,
    }
}

/// `0; url=/account`: where to, if it is soon.
fn refresh(content: &str) -> Option<String> {
    let (after, rest) = content.split_once([';', ','])?;
    let soon = after.trim().parse::<f64>().is_ok_and(|seconds| (0.0..=SOON).contains(&seconds));
    let rest = rest.trim();
    let named = rest.get(..3).is_some_and(|word| word.eq_ignore_ascii_case("url"));
    let address = if named { rest[3..].trim_start().strip_prefix('=')?.trim() } else { rest };
    let address = match address.chars().next()? {
        quote @ ('"' | '\'') => address[1..].split(quote).next()?,
        _ => address,
    };
    (soon && !address.is_empty()).then(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(html: &str, values: &[(&str, &str)]) -> Result<String, Misfit> {
        let page = Page::read(html);
        let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
        let form = page.form_with(&names)?;
        let values: Vec<(String, String)> =
            values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let sent = form.filled(&values).into_iter().map(|(name, value)| format!("{name}={value}"));
        let sent: Vec<String> = sent.collect();
        let way = if form.by_get { "GET" } else { "POST" };
        Ok(format!("{way} {} {}", form.action, sent.join("&")))
    }

    #[test]
    fn a_form_is_sent_as_a_browser_sends_it() {
        let values = [("user", "ann"), ("pass", "secret")];
        for (html, expected) in [
            (
                "<form method=post action='/do?a=1&amp;b=2'><input type=hidden name=t value='x &amp; y'>\
                 <input name=user><input type=PASSWORD name=pass><button name=go value=in>Log in</button>\
                 <button name=other>Other</button></form>",
                "POST /do?a=1&b=2 t=x & y&user=ann&pass=secret&go=in",
            ),
            (
                "<form><input name=q><input type=submit></form><form id=f><input name=user value=old>\
                 <input type=password name=pass></form><input type=hidden name=t value=1 form=f>",
                "GET  user=ann&pass=secret&t=1",
            ),
            (
                "<form method=post><input name=user><input type=password name=pass>\
                 <input type=password name=again><input type=checkbox name=terms required>\
                 <input type=checkbox name=news><select name=lang><option value=fr>F<option value=nl selected>N\
                 </select><textarea name=note>a &lt; b</textarea><input name=off disabled></form>",
                "POST  user=ann&pass=secret&again=secret&terms=on&lang=nl&note=a < b",
            ),
            (
                "<form method=post><input name=user><input type=password name=pass>\
                 <select name=land><option disabled>Choose\n<option>\n Belgium &amp;  <b>Co</b> </option> none\
                 <option value=nl>Netherlands</select><select name=lang><option>fr<option selected>nl<option>de\
                 </select><select name=none><option value=''>None</option></select></form>",
                "POST  user=ann&pass=secret&land=Belgium & Co&lang=nl&none=",
            ),
            (
                "<script>'<form method=get><input name=user><input type=password name=pass></form>'</script>\
                 <!-- <form action=/no> --><form method=post action=/yes><input name=user>\
                 <input type=password name=pass></form>",
                "POST /yes user=ann&pass=secret",
            ),
        ] {
            assert_eq!(sent(html, &values).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn what_is_no_form_to_log_in_by() {
        let values = [("user", "ann"), ("pass", "secret")];
        let strange = |why: &str| Err(Misfit::Strange(why.to_owned()));
        for (html, expected) in [
            ("<h1>Get our app</h1><form><input name=q></form>", Err(Misfit::NoPassword)),
            ("<form method=post><input name=user><button>Next</button></form>", strange(STEPS)),
            ("<form method=post><input type=email name=mail></form>", strange(STEPS)),
            ("<form><input autocomplete='section-a username' name=id></form>", strange(STEPS)),
            ("<form><input type=hidden name=user><input name=q></form>", Err(Misfit::NoPassword)),
            ("<div id=app></div><script src=/app.js></script>", strange(SCRIPTED)),
            ("<input type=password>", strange("it asks for a password outside of a form")),
            (
                "<form method=post><input name=mail><input type=password name=pw></form>",
                strange(
                    "its form has the fields mail, pw, and not user, pass; `fields` says what they are called",
                ),
            ),
            (
                "<form method=post enctype=multipart/form-data><input name=user><input type=password name=pass>\
                 </form>",
                strange("its form is sent as multipart/form-data"),
            ),
        ] {
            assert_eq!(sent(html, &values), expected, "{html}");
        }
    }

    #[test]
    fn a_script_that_may_send_people_on() {
        for (script, moves) in [
            ("location.replace('/x')", true),
            ("window.location = '/x'", true),
            ("document.location.href='/x'", true),
            ("top.location.assign(to)", true),
            ("if (location == '/x' || location.href === y) track(location.search)", false),
            ("", false),
        ] {
            let page = Page::read(&format!("<p>location = '/x'</p><script>{script}</script><p>done"));
            assert_eq!(page.may_move().is_some(), moves, "{script}");
        }
    }

    #[test]
    fn where_a_page_sends_people_on() {
        for (content, expected) in [
            ("0; url=/account", Some("/account")),
            ("0;URL='https://a.example/?b=1'", Some("https://a.example/?b=1")),
            ("3, https://a.example/", Some("https://a.example/")),
            ("300; url=/account", None),
            ("0", None),
            ("0; url=", None),
        ] {
            let html = format!("<meta http-equiv=Refresh content=\"{content}\">");
            assert_eq!(Page::read(&html).refresh.as_deref(), expected, "{content}");
        }
    }
}
