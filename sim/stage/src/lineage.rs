//! Where a value was seen, hop by hop: the story behind a failed expectation.

use standin_ports::{Entry, What};

/// One place where a value was seen or changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hop {
    /// Position in the journal.
    pub seq: u64,
    /// When, as text.
    pub at: String,
    /// Where: a call, a file and its line, a rule or component.
    pub place: String,
    /// What was seen there.
    pub text: String,
}

/// How many hops a story has at most; the last ones matter most.
const HOPS: usize = 12;

/// How much of one text a hop shows.
const WIDTH: usize = 160;

/// The hops at which one of `values` was seen, in order. Changes of values come with both sides, and the
/// change that took the expected value away says so.
pub fn lineage(entries: &[Entry], expected: Option<&str>, actual: Option<&str>) -> Vec<Hop> {
    let values: Vec<&str> =
        [expected, actual].into_iter().flatten().filter(|value| value.chars().count() > 1).collect();
    if values.is_empty() {
        return Vec::new();
    }
    let mut hops: Vec<Hop> =
        entries.iter().filter_map(|entry| hop(entry, &values, expected, actual)).collect();
    if hops.len() > HOPS {
        hops.drain(1..=hops.len() - HOPS);
    }
    hops
}

fn hop(entry: &Entry, values: &[&str], expected: Option<&str>, actual: Option<&str>) -> Option<Hop> {
    let (place, text) = match &entry.what {
        What::Call { from, to, name, request, answer, line, .. } => {
            let seen = [("sent", request), ("answered", answer), ("asked", line)]
                .into_iter()
                .find_map(|(verb, body)| excerpt(body, values).map(|text| format!("{verb}: {text}")))?;
            (format!("{from} -> {to} {name}"), seen)
        }
        What::File { who, op, path, text, .. } => {
            let (number, line) = text
                .lines()
                .enumerate()
                .find(|(_, line)| values.iter().any(|value| find(line, value).is_some()))?;
            (format!("{op} {path}, line {} ({who})", number + 1), clip(line, values))
        }
        What::Change { who, place, subject, before, after } => {
            let touched = values.iter().any(|value| holds(before, value) || holds(after, value));
            if !touched {
                return None;
            }
            let lost =
                expected.is_some_and(|value| value.len() > 1 && holds(before, value) && !holds(after, value));
            let came =
                actual.is_some_and(|value| value.len() > 1 && !holds(before, value) && holds(after, value));
            let verdict = if lost || came { "changed here: " } else { "" };
            let text = format!("{verdict}{} -> {}", side(before, values), side(after, values));
            (format!("{who}: {place} for {subject}"), text)
        }
        What::Note { .. } => return None,
    };
    Some(Hop { seq: entry.seq, at: entry.at.to_string(), place, text })
}

/// One side of a change; that there is nothing is said.
fn side(text: &str, values: &[&str]) -> String {
    if text.is_empty() { "(nothing)".to_owned() } else { clip(text, values) }
}

/// Where `value` stands in `text` for itself and not as a part of another word.
fn find(text: &str, value: &str) -> Option<usize> {
    let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let whole = |at: &usize| {
        let end = at + value.len();
        let goes_on_before = inside(text[..*at].chars().next_back()) && inside(value.chars().next());
        let goes_on_behind = inside(text[end..].chars().next()) && inside(value.chars().next_back());
        !goes_on_before && !goes_on_behind
    };
    text.match_indices(value).map(|(at, _)| at).find(whole)
}

fn holds(text: &str, value: &str) -> bool {
    find(text, value).is_some()
}

fn excerpt(body: &str, values: &[&str]) -> Option<String> {
    let plain: String = if body.contains('%') || body.contains('+') {
        form_urlencoded::parse(body.as_bytes()).map(|(name, value)| format!("{name}={value} ")).collect()
    } else {
        body.to_owned()
    };
    values.iter().any(|value| holds(&plain, value)).then(|| clip(plain.trim_end(), values))
}

/// The part of `text` around the first value seen in it.
fn clip(text: &str, values: &[&str]) -> String {
    if text.len() <= WIDTH {
        return text.to_owned();
    }
    let at = values.iter().filter_map(|value| find(text, value)).min().unwrap_or(0);
    let from = floor(text, at.saturating_sub(WIDTH / 3));
    let to = floor(text, (from + WIDTH).min(text.len()));
    let (head, tail) = (if from > 0 { "..." } else { "" }, if to < text.len() { "..." } else { "" });
    format!("{head}{}{tail}", &text[from..to])
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use standin_model::Instant;

    #[test]
    fn the_change_that_lost_the_value_is_named() {
        let change = |seq, place: &str, before: &str, after: &str| Entry {
            seq,
            at: Instant::START,
            what: What::Change {
                who: "dataflow",
                place: place.to_owned(),
                subject: "ann".to_owned(),
                before: before.to_owned(),
                after: after.to_owned(),
            },
        };
        // The last one is about another number that contains one of these.
        let entries =
            [change(1, "a", "x", "01234"), change(2, "b", "01234", "1234x"), change(3, "c", "q", "012345")];
        let hops = lineage(&entries, Some("01234"), Some("1234x"));
        let told: Vec<_> = hops.iter().map(|hop| (hop.seq, hop.text.as_str())).collect();
        assert_eq!(told, [(1, "x -> 01234"), (2, "changed here: 01234 -> 1234x")]);
    }
}
