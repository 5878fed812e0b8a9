//! What the platform would send by e-mail or text message, kept for who wants to read it.

use imbl::Vector;
use serde_json::{Value, json};
use standin_model::Instant;

/// How many messages are kept; the oldest go first.
const MOST: usize = 10_000;

/// How a message travels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Channel {
    Email,
    Sms,
}

/// One message.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) channel: Channel,
    /// What it is for: `emailVerification`, `passwordReset`.
    pub(crate) kind: &'static str,
    pub(crate) to: String,
    pub(crate) uid: Option<String>,
    pub(crate) lang: String,
    /// Where its link leads.
    pub(crate) link: Option<String>,
    /// The code or token in it.
    pub(crate) code: Option<String>,
    /// What it says, where that is more than its kind.
    pub(crate) text: Option<String>,
}

/// The messages of all sites in the order of sending.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outbox {
    messages: Vector<(Instant, String, Message)>,
    forgotten: u64,
}

impl Outbox {
    pub(crate) fn send(&mut self, now: Instant, api_key: &str, message: Message) {
        if self.messages.len() >= MOST {
            self.messages.pop_front();
            self.forgotten += 1;
        }
        self.messages.push_back((now, api_key.to_owned(), message));
    }

    /// How many messages were forgotten since there were too many.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    pub(crate) fn shown(&self) -> Vec<Value> {
        self.messages.iter().map(|(at, api_key, message)| message.show(*at, api_key)).collect()
    }
}

impl Message {
    /// An e-mail.
    pub(crate) fn email(kind: &'static str, to: &str, lang: &str) -> Self {
        Self {
            channel: Channel::Email,
            kind,
            to: to.to_owned(),
            uid: None,
            lang: lang.to_owned(),
            link: None,
            code: None,
            text: None,
        }
    }

    /// A text message.
    pub(crate) fn sms(kind: &'static str, to: &str, lang: &str) -> Self {
        Self { channel: Channel::Sms, ..Self::email(kind, to, lang) }
    }

    pub(crate) fn about(self, uid: &str) -> Self {
        Self { uid: Some(uid.to_owned()), ..self }
    }

    pub(crate) fn with_link(self, link: String) -> Self {
        Self { link: Some(link), ..self }
    }

    pub(crate) fn with_code(self, code: &str) -> Self {
        Self { code: Some(code.to_owned()), ..self }
    }

    pub(crate) fn saying(self, text: &str) -> Self {
        Self { text: Some(text.to_owned()), ..self }
    }

    fn show(&self, at: Instant, api_key: &str) -> Value {
        let channel = match self.channel {
            Channel::Email => "email",
            Channel::Sms => "sms",
        };
        let mut out = json!({
            "time": at.to_string(), "apiKey": api_key, "channel": channel, "kind": self.kind,
            "to": self.to, "lang": self.lang,
        });
        for (name, value) in
            [("UID", &self.uid), ("link", &self.link), ("code", &self.code), ("text", &self.text)]
        {
            if let Some(value) = value {
                out[name] = value.as_str().into();
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_messages_go_first() {
        let mut outbox = Outbox::default();
        for at in 0..=MOST {
            outbox.send(Instant::START, "k", Message::email("welcome", &format!("{at}@a.org"), "en"));
        }
        assert_eq!((outbox.messages.len(), outbox.forgotten()), (MOST, 1));
        assert_eq!(outbox.shown()[0]["to"], "1@a.org");
    }
}
