//! Where a value was seen, hop by hop: the story behind a failed expectation.
//!
//! A story follows the values that differ; where they are too short to be told apart from others (`m`, `6`,
//! `true`) it follows them beside the name of their field. It ends where the expected value was last seen, and
//! says what came then without it: the fault is between the two.

use crate::sought::{Side, Sought, data};
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

/// How many entries are told after the one where the expected value was last seen.
const THEN: usize = 3;

/// How much of one text a hop shows.
const WIDTH: usize = 160;

/// The hops at which one of the values was seen, in order. Changes of values come with both sides, and the
/// change that took the expected value away says so.
pub fn lineage(entries: &[Entry], sought: &Sought) -> Vec<Hop> {
    if sought.is_nothing() {
        return Vec::new();
    }
    let mut hops: Vec<Hop> = entries.iter().filter_map(|entry| hop(entry, sought)).collect();
    let changed = hops.iter().any(|hop| hop.text.starts_with(CHANGED));
    let last = entries.iter().rev().find(|entry| sought.is_expected_in(entry)).map(|entry| entry.seq);
    match last {
        Some(last) if !changed => {
            if let Some(hop) = hops.iter_mut().find(|hop| hop.seq == last) {
                hop.text.insert_str(0, "expected value last seen here, ");
            }
            let rest = entries.iter().filter(|entry| entry.seq > last);
            let silent = |entry: &&Entry| hops.iter().all(|hop| hop.seq != entry.seq);
            let then: Vec<Hop> = rest.filter(silent).filter_map(told).take(THEN).collect();
            hops.extend(
                then.into_iter().map(|hop| Hop { text: format!("then, without it, {}", hop.text), ..hop }),
            );
            hops.sort_by_key(|hop| hop.seq);
        }
        None if hops.is_empty() => {
            hops = entries.iter().rev().filter_map(told).take(THEN).collect();
            hops.reverse();
            for hop in &mut hops {
                hop.text.insert_str(0, "values never seen, at the end ");
            }
        }
        _ => {}
    }
    bounded(hops)
}

/// The hops of a value that is as it should be: where it was seen, and which change brought it.
pub fn followed(entries: &[Entry], sought: &Sought) -> Vec<Hop> {
    if sought.is_nothing() {
        return Vec::new();
    }
    bounded(entries.iter().filter_map(|entry| hop(entry, sought)).collect())
}

fn bounded(mut hops: Vec<Hop>) -> Vec<Hop> {
    if hops.len() > HOPS {
        hops.drain(1..=hops.len() - HOPS);
    }
    hops
}

const CHANGED: &str = "changed here: ";

fn hop(entry: &Entry, sought: &Sought) -> Option<Hop> {
    let (place, text) = match &entry.what {
        What::Call { from, to, name, request, answer, line, .. } => {
            let seen = [("sent", request.as_ref()), ("answered", data(answer)), ("asked", line.as_ref())]
                .into_iter()
                .find_map(|(verb, body)| excerpt(body, sought).map(|text| format!("{verb}: {text}")))?;
            (format!("{from} -> {to} {name}"), seen)
        }
        What::File { who, op, path, text, .. } => {
            let mut lines = text.lines().enumerate();
            let (number, line) = lines.find(|(_, line)| sought.place_in(line).is_some())?;
            (format!("{op} {path}, line {} ({who})", number + 1), format!("held: {}", clip(line, sought)))
        }
        What::Change { who, place, subject, before, after } => {
            if !sought.is_field_in(place) && sought.place_in(before).or(sought.place_in(after)).is_none() {
                return None;
            }
            let lost = sought.holds(Side::Expected, before) && !sought.holds(Side::Expected, after);
            let came = !sought.holds(Side::Actual, before) && sought.holds(Side::Actual, after);
            let verdict = if lost || came { CHANGED } else { "" };
            let text = format!("{verdict}{} -> {}", side(before, sought), side(after, sought));
            (format!("{who}: {place} for {subject}"), text)
        }
        What::Note { who, text } => {
            sought.place_in(text)?;
            ((*who).to_owned(), format!("noted: {}", clip(text, sought)))
        }
    };
    Some(Hop { seq: entry.seq, at: entry.at.to_string(), place, text })
}

/// An entry as a reader sees it who looks for nothing in particular; notes say too little for that.
fn told(entry: &Entry) -> Option<Hop> {
    let (place, text) = match &entry.what {
        What::Call { from, to, name, request, answer, .. } => {
            let (verb, body) =
                if request.is_empty() { ("answered", data(answer)) } else { ("sent", request.as_ref()) };
            (format!("{from} -> {to} {name}"), format!("{verb}: {}", tail(&plain(body))))
        }
        What::File { who, op, path, bytes, .. } => (format!("{op} {path} ({who})"), format!("{bytes} bytes")),
        What::Change { who, place, subject, before, after } => {
            let nothing = Sought::default();
            (
                format!("{who}: {place} for {subject}"),
                format!("{} -> {}", side(before, &nothing), side(after, &nothing)),
            )
        }
        What::Note { .. } => return None,
    };
    Some(Hop { seq: entry.seq, at: entry.at.to_string(), place, text })
}

/// One side of a change; that there is nothing is said.
fn side(text: &str, sought: &Sought) -> String {
    if text.is_empty() { "(nothing)".to_owned() } else { clip(text, sought) }
}

fn excerpt(body: &str, sought: &Sought) -> Option<String> {
    let plain = plain(body);
    sought.place_in(&plain).map(|_| clip(plain.trim_end(), sought))
}

/// Text as it was before it was encoded for a form.
fn plain(body: &str) -> String {
    let form = !body.trim_start().starts_with(['{', '[', '<']);
    if form && (body.contains('%') || body.contains('+')) {
        form_urlencoded::parse(body.as_bytes()).map(|(name, value)| format!("{name}={value} ")).collect()
    } else {
        body.to_owned()
    }
}

/// The part of `text` around the first value seen in it.
fn clip(text: &str, sought: &Sought) -> String {
    if text.len() <= WIDTH {
        return text.to_owned();
    }
    let at = sought.place_in(text).unwrap_or(0);
    part(text, at.saturating_sub(WIDTH / 3))
}

/// The end of a text: what a call is about stands behind who makes it.
fn tail(text: &str) -> String {
    part(text.trim_end(), text.trim_end().len().saturating_sub(WIDTH))
}

fn part(text: &str, from: usize) -> String {
    let from = floor(text, from);
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

    fn change(seq: u64, place: &str, before: &str, after: &str) -> Entry {
        let (place, subject) = (place.to_owned(), "ann".to_owned());
        let what =
            What::Change { who: "push", place, subject, before: before.to_owned(), after: after.to_owned() };
        Entry { seq, at: Instant::START, what }
    }

    fn call(seq: u64, name: &str, request: &str) -> Entry {
        let what = What::Call {
            from: "push".to_owned(),
            to: "gigya",
            name: name.to_owned(),
            line: String::new(),
            request: request.to_owned(),
            status: 200,
            answer: String::new(),
        };
        Entry { seq, at: Instant::START, what }
    }

    fn check(entries: &[Entry], path: &str, (expected, actual): (&str, &str), told: &[(u64, &str)]) {
        let hops = lineage(entries, &Sought::new(path, Some(expected), Some(actual)));
        let got: Vec<_> = hops.iter().map(|hop| (hop.seq, hop.text.as_str())).collect();
        assert_eq!(got, told);
    }

    #[test]
    fn the_change_that_lost_the_value_is_named() {
        // The last one is about another number that contains one of these.
        let entries =
            [change(1, "a", "x", "01234"), change(2, "b", "01234", "1234x"), change(3, "c", "q", "012345")];
        let told = [(1, "x -> 01234"), (2, "changed here: 01234 -> 1234x")];
        check(&entries, "zip", ("01234", "1234x"), &told);
    }

    #[test]
    fn a_plus_in_json_is_no_blank() {
        let entries = [call(1, "import", r#"{"zip":"+32 2"}"#), call(2, "set", "zip=%2B32+2")];
        let told = [(1, r#"sent: {"zip":"+32 2"}"#), (2, "sent: zip=+32 2")];
        check(&entries, "zip", ("x", "+32 2"), &told);
    }

    #[test]
    fn where_a_value_is_lost_without_a_word_the_next_hops_are_told() {
        let entries = [
            call(1, "form", "zipcode=03290"),
            change(2, "rule 2 firstname to profile.firstName", "Jo", "Ann"),
            call(3, "accounts.setAccountInfo", r#"profile={"firstName":"Ann"}"#),
        ];
        let told = [
            (1, "expected value last seen here, sent: zipcode=03290"),
            (2, "then, without it, Jo -> Ann"),
            (3, r#"then, without it, sent: profile={"firstName":"Ann"}"#),
        ];
        check(&entries, "profile.zip", ("03290", "(absent)"), &told);
        let told = [
            (2, "values never seen, at the end Jo -> Ann"),
            (3, r#"values never seen, at the end sent: profile={"firstName":"Ann"}"#),
        ];
        check(&entries[1..], "profile.zip", ("03290", "(absent)"), &told);
    }

    #[test]
    fn a_value_that_is_as_it_should_be_is_followed_from_its_origin() {
        let entries = [
            call(1, "form", "country=be"),
            change(2, "rule 8 country to profile.country", "be", "Belgium"),
            call(3, "accounts.setAccountInfo", r#"profile={"country":"Belgium"}"#),
            call(4, "accounts.getAccountInfo", "UID=ann"),
        ];
        let hops = followed(&entries, &Sought::new("", None, Some("Belgium")));
        let got: Vec<_> = hops.iter().map(|hop| (hop.seq, hop.text.as_str())).collect();
        let sent = r#"sent: profile={"country":"Belgium"}"#;
        assert_eq!(got, [(2, "changed here: be -> Belgium"), (3, sent)]);
    }

    #[test]
    fn a_short_value_is_followed_beside_its_field() {
        let entries = [
            call(1, "form", "a=m&b=f"),
            change(2, "rule 11 gender to profile.gender", "f", "f"),
            call(3, "accounts.setAccountInfo", r#"profile={"gender":"f","city":"m"}"#),
        ];
        let told = [(2, "f -> f"), (3, r#"sent: profile={"gender":"f","city":"m"}"#)];
        check(&entries, "profile.gender", ("m", "f"), &told);
    }

    #[test]
    fn of_lists_the_values_are_followed_that_only_one_side_has() {
        let entries =
            [call(1, "x", "ben@b.example"), call(2, "y", "ann@old.example"), call(3, "z", "ann@new.example")];
        let both = (
            r#"1 items: [{"mail":"ann@new.example"}]"#,
            r#"2 items: [{"mail":"ann@old.example","id":"ben@b.example"},{"mail":"ann@new.example"}]"#,
        );
        check(&entries, "", both, &[(2, "sent: ann@old.example")]);
    }
}
