//! Where Gigya keeps a subscription, by the word or the path in a partner's file.

/// Where Gigya keeps a subscription, as accounts are written in cases.
pub(super) struct Keeping {
    /// The path, as the file says it or as its word means it.
    pub(super) path: String,
    /// The clause that it exercises.
    pub(super) clause: &'static str,
    /// The clause that only the other way of keeping it exercises.
    pub(super) other: &'static str,
    /// How an account is written that has said yes.
    pub(super) yes: String,
    /// One that has said no.
    pub(super) no: String,
    /// How one is looked at that must have said yes.
    pub(super) is_yes: String,
    /// One that must have said no.
    pub(super) is_no: String,
    /// One that was never asked.
    pub(super) is_nothing: String,
}

/// What stands for a path in a partner's file.
const WORDS: [(&str, &str); 2] =
    [("data", "data.newsletter.isSubscribed"), ("preferences", "communications.email_newsletter")];

impl Keeping {
    /// What a path, or the word for one, means.
    pub(super) fn of(word: &str) -> Option<Self> {
        let path = WORDS.iter().find(|(known, _)| *known == word).map_or(word, |(_, path)| *path);
        let parts: Vec<&str> = path.split('.').collect();
        let plain = |part: &&str| {
            !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
        };
        if !parts.iter().all(plain) {
            return None;
        }
        let nested = |leaf: &str| {
            let inner =
                parts[1..].iter().rev().fold(leaf.to_owned(), |inner, part| format!("{{ {part}: {inner} }}"));
            format!("{}: {inner}", parts[0])
        };
        let (clause, other) = match parts[0] {
            "data" => ("GE-SUB-1", "GE-SUB-2"),
            _ => ("GE-SUB-2", "GE-SUB-1"),
        };
        let (yes, no, is_yes, is_no, is_nothing) = match parts[..] {
            ["communications", topic] => {
                let (channel, name) = topic.split_once('_')?;
                let set = |status: &str| {
                    nested(&format!("{{ topic: {name}, channel: {channel}, status: {status} }}"))
                };
                let is = |status: &str| nested(&format!("{{ status: {status} }}"));
                (set("OptIn"), set("OptOut"), is("OptIn"), is("OptOut"), is("null"))
            }
            ["data", _, ..] | ["subscriptions", _, _, "isSubscribed"] => {
                (nested("true"), nested("false"), nested("true"), nested("false"), nested("null"))
            }
            _ => return None,
        };
        Some(Self { path: path.to_owned(), clause, other, yes, no, is_yes, is_no, is_nothing })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_is_kept_where_its_path_says() {
        for (word, clause, yes, is_nothing) in [
            (
                "data",
                "GE-SUB-1",
                "data: { newsletter: { isSubscribed: true } }",
                "data: { newsletter: { isSubscribed: null } }",
            ),
            ("data.optIn", "GE-SUB-1", "data: { optIn: true }", "data: { optIn: null }"),
            (
                "preferences",
                "GE-SUB-2",
                "communications: { email_newsletter: { topic: newsletter, channel: email, status: OptIn } }",
                "communications: { email_newsletter: { status: null } }",
            ),
            (
                "subscriptions.news.email.isSubscribed",
                "GE-SUB-2",
                "subscriptions: { news: { email: { isSubscribed: true } } }",
                "subscriptions: { news: { email: { isSubscribed: null } } }",
            ),
        ] {
            let keeping = Keeping::of(word).unwrap();
            let found = (keeping.clause, keeping.yes.as_str(), keeping.is_nothing.as_str());
            assert_eq!(found, (clause, yes, is_nothing), "{word}");
        }
        for word in ["newsletter", "data", "data.a b", "profile.x", "communications.news", "data..x"] {
            assert_eq!(Keeping::of(word).is_some(), word == "data", "{word}");
        }
    }
}
