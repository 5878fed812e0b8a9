//! What nobody is shown, in whatever form an answer, a program or an error repeats it.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use standin_scenario::outcome::{Failure, Outcome, Verdict, What};
use std::borrow::Cow;

const MASK: &str = "********";
/// What is shorter is no secret, and hiding it would hide half of everything.
const SHORTEST: usize = 4;

/// Secrets, in the forms in which they travel.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    /// The longest first: one form may be part of another.
    forms: Vec<String>,
}

impl Secrets {
    /// Hides `secret` from now on.
    pub fn add(&mut self, secret: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
        let json = Value::from(secret).to_string();
        let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let forms = [
            secret.to_owned(),
            form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
            lower_hex(&percent),
            percent,
            json.trim_matches('"').to_owned(),
            html.replace('"', "&quot;").replace('\'', "&#39;"),
            html,
        ];
        self.forms.extend(forms);
        self.forms.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        self.forms.dedup();
    }

    /// A text without them.
    pub fn hidden<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.forms.iter().fold(Cow::Borrowed(text), |text, form| {
            if text.contains(form.as_str()) { Cow::Owned(text.replace(form.as_str(), MASK)) } else { text }
        })
    }

    /// Takes them out of everything that an outcome tells.
    pub fn hide(&self, outcome: &mut Outcome) {
        let hide = |text: &mut String| {
            if let Cow::Owned(hidden) = self.hidden(text) {
                *text = hidden;
            }
        };
        hide(&mut outcome.name);
        match &mut outcome.verdict {
            Verdict::Held => {}
            Verdict::Failed(failure) => {
                let Failure { message, expected, actual, snippet, lineage, .. } = failure;
                [message, snippet].into_iter().for_each(hide);
                [expected, actual].into_iter().flatten().for_each(hide);
                lineage.iter_mut().for_each(|hop| [&mut hop.place, &mut hop.text].into_iter().for_each(hide));
            }
            Verdict::Miswritten(why)
            | Verdict::Skipped(why)
            | Verdict::Inconclusive(why)
            | Verdict::Broken(why) => hide(why),
        }
        for step in &mut outcome.steps {
            hide(&mut step.summary);
            for checked in &mut step.checked {
                [&mut checked.place, &mut checked.value].into_iter().for_each(hide);
                checked.lineage.iter_mut().for_each(|hop| hide(&mut hop.text));
            }
        }
        for entry in &mut outcome.journal.entries {
            match &mut entry.what {
                What::Call { line, request, answer, .. } => {
                    [line, request, answer].into_iter().for_each(hide)
                }
                What::File { path, text, .. } => [path, text].into_iter().for_each(hide),
                What::Change { subject, before, after, .. } => {
                    [subject, before, after].into_iter().for_each(hide);
                }
                What::Note { text, .. } => hide(text),
            }
        }
    }
}

/// Percent-encoded text as those write it who write hexadecimal digits in lower case.
fn lower_hex(percent: &str) -> String {
    let mut parts = percent.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (code, rest) = part.split_at(part.len().min(2));
        format!("{text}%{}{rest}", code.to_ascii_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_form_of_a_secret_is_shown() {
        let mut secrets = Secrets::default();
        for secret in ["c2Fn+/\"x<==", "abc", "Pa55 Word"] {
            secrets.add(secret);
        }
        for (text, expected) in [
            ("bad secret c2Fn+/\"x<==!", "bad secret ********!"),
            ("a=1&secret=c2Fn%2B%2F%22x%3C%3D%3D&b=2", "a=1&secret=********&b=2"),
            ("secret=c2Fn%2b%2f%22x%3c%3d%3d", "secret=********"),
            (r#"{"s":"c2Fn+/\"x<=="}"#, r#"{"s":"********"}"#),
            ("<p>c2Fn+/&quot;x&lt;==</p>", "<p>********</p>"),
            ("password=Pa55+Word or Pa55%20Word", "password=******** or ********"),
            ("abc stays", "abc stays"),
        ] {
            assert_eq!(secrets.hidden(text), expected);
        }
    }
}
