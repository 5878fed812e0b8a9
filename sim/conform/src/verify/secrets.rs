//! What nobody is shown, in whatever form an answer, a program or an error repeats it.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use regex::Regex;
use standin_scenario::outcome::{Failure, Outcome, Verdict, What};
use std::borrow::Cow;

const MASK: &str = "********";
/// What is shorter is no secret, and hiding it would hide half of everything.
const SHORTEST: usize = 4;

/// Secrets, in the forms in which they travel.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    /// The longest first: one may be part of another.
    forms: Vec<(usize, Regex)>,
}

impl Secrets {
    /// Hides `secret` from now on.
    pub fn add(&mut self, secret: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        let pattern: String = secret.chars().map(forms).collect();
        // What is too long to be looked for in every form is looked for as it is.
        let form = Regex::new(&pattern).or_else(|_| Regex::new(&regex::escape(secret)));
        self.forms.extend(form.ok().map(|form| (secret.len(), form)));
        self.forms.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    }

    /// A text without them.
    pub fn hidden<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.forms.iter().fold(Cow::Borrowed(text), |text, (_, form)| match form.replace_all(&text, MASK) {
            Cow::Owned(hidden) => Cow::Owned(hidden),
            Cow::Borrowed(_) => text,
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

/// A character in every form that encoders give it: of addresses, once or twice, of JSON, and of HTML. Letters and
/// digits stay what they are.
fn forms(c: char) -> String {
    let plain = regex::escape(c.encode_utf8(&mut [0; 4]));
    if c.is_ascii_alphanumeric() {
        return plain;
    }
    let percent = utf8_percent_encode(c.encode_utf8(&mut [0; 4]), NON_ALPHANUMERIC).to_string();
    let units: String = c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!(r"\\+u{unit:04x}")).collect();
    let code = u32::from(c);
    let named = match c {
        '&' => "|&amp;",
        '<' => "|&lt;",
        '>' => "|&gt;",
        '"' => "|&quot;",
        '\'' => "|&apos;",
        ' ' => r"|\+",
        _ => "",
    };
    let twice = percent.replace('%', "%25");
    format!(r"(?i:{percent}|{twice}|{units}|&\#0*{code};|&\#x0*{code:x};{named}|\\*{plain})")
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
            (r#"c2Fn+\/\"x<=="#, "********"),
            (r"c2Fn\u002b\/\u0022x\u003C==", "********"),
            (r#"{"inner":"{\"s\":\"c2Fn+\\\/\\\"x<==\"}"}"#, r#"{"inner":"{\"s\":\"********\"}"}"#),
            ("c2Fn&#43;&#x2F;&#34;x&#060;&#61;=", "********"),
            ("c2Fn%252B%252f%2522x%253C%253D%253D", "********"),
            ("abc stays", "abc stays"),
        ] {
            assert_eq!(secrets.hidden(text), expected);
        }
    }
}
