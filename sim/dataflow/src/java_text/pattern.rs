//! Java's regular expressions, in the words of the engines here.
//!
//! What a linear engine can match is left to it. Lookaround, back references, atomic groups and possessive repeats
//! go to one that backtracks, with a limit on how often.

use super::translation::{Translation, translated};
use fancy_regex::RegexBuilder as FullBuilder;
use regex::RegexBuilder;

/// A compiled pattern may take this many bytes.
const SIZE: usize = 1 << 20;

/// Instructions of a pattern that backtracks.
const INSTRUCTIONS: usize = 50_000;

/// How often one search may go back.
const BACKTRACKS: usize = 1_000_000;

/// The end, or the line end before it: what `$` and `\Z` mean in Java.
const LINE_END: &str = r"(?=(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)";

/// Where a match and its groups stand, in bytes; nothing for a group that took no part.
pub(super) type Groups = Vec<Option<(usize, usize)>>;

/// A pattern, compiled.
#[derive(Clone, Debug)]
pub struct Pattern {
    java: String,
    plain: Option<regex::Regex>,
    /// For what the plain one cannot say: everything if there is none, else only texts that end with a line's end.
    full: Option<fancy_regex::Regex>,
}

/// A pattern that is looked for anywhere in a text.
pub fn pattern(java: &str) -> Result<Pattern, String> {
    compiled(java, |text| text.to_owned(), true)
}

/// A pattern that has to match a whole text.
pub fn whole(java: &str) -> Result<Pattern, String> {
    pattern(java)?;
    compiled(java, |text| format!(r"\A(?:{text})\z"), false)
}

fn compiled(java: &str, around: fn(&str) -> String, open: bool) -> Result<Pattern, String> {
    let refused = || format!("`{}` is not a regular expression that is supported here", shown(java));
    let Translation { text, hard, ends } = translated(java, r"\z").ok_or_else(refused)?;
    let plain = match hard {
        true => None,
        false => RegexBuilder::new(&around(&text)).size_limit(SIZE).build().ok(),
    };
    let full = match plain.is_none() || (ends && open) {
        true => translated(java, LINE_END).and_then(|translation| {
            FullBuilder::new(&around(&translation.text))
                .backtrack_limit(BACKTRACKS)
                .delegate_size_limit(SIZE)
                .max_prog_size(INSTRUCTIONS)
                .build()
                .ok()
        }),
        false => None,
    };
    if plain.is_none() && full.is_none() {
        Err(refused())
    } else {
        Ok(Pattern { java: java.to_owned(), plain, full })
    }
}

fn shown(java: &str) -> String {
    java.chars().take(80).collect()
}

impl Pattern {
    /// Whether it matches, anywhere or the whole text as it was made for; the error is that it never comes to an end.
    pub fn is_match(&self, subject: &str) -> Result<bool, String> {
        match self.engine(subject) {
            Engine::Plain(regex) => Ok(regex.is_match(subject)),
            Engine::Full(regex) => regex.is_match(subject).map_err(|_| self.endless()),
        }
    }

    /// Whether looking for it may take too long.
    pub(crate) fn backtracks(&self) -> bool {
        self.full.is_some()
    }

    /// Every match in order, as `Matcher.find` comes to them: an empty one may follow right behind another.
    pub(super) fn each(
        &self,
        subject: &str,
        mut see: impl FnMut(&Groups) -> Result<(), String>,
    ) -> Result<(), String> {
        let engine = self.engine(subject);
        let (mut from, mut groups) = (0, Groups::new());
        while from <= subject.len() && self.find(engine, subject, from, &mut groups)? {
            see(&groups)?;
            let Some((start, end)) = groups[0] else { return Ok(()) };
            let next = subject[end..].chars().next().map_or(1, char::len_utf8);
            from = if start == end { end + next } else { end };
        }
        Ok(())
    }

    fn find(
        &self,
        engine: Engine<'_>,
        subject: &str,
        from: usize,
        groups: &mut Groups,
    ) -> Result<bool, String> {
        groups.clear();
        match engine {
            Engine::Plain(regex) => {
                let mut places = regex.capture_locations();
                if regex.captures_read_at(&mut places, subject, from).is_none() {
                    return Ok(false);
                }
                groups.extend((0..places.len()).map(|group| places.get(group)));
            }
            Engine::Full(regex) => {
                let found = regex.captures_from_pos(subject, from).map_err(|_| self.endless())?;
                let Some(found) = found else { return Ok(false) };
                groups.extend(found.iter().map(|part| part.map(|part| (part.start(), part.end()))));
            }
        }
        Ok(true)
    }

    fn engine(&self, subject: &str) -> Engine<'_> {
        match (&self.plain, &self.full) {
            (Some(plain), Some(full)) => {
                match subject.ends_with(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
                    true => Engine::Full(full),
                    false => Engine::Plain(plain),
                }
            }
            (Some(plain), None) => Engine::Plain(plain),
            (None, Some(full)) => Engine::Full(full),
            (None, None) => unreachable!("a pattern without an engine is not made"),
        }
    }

    fn endless(&self) -> String {
        format!("the regular expression `{}` takes too long on this text", shown(&self.java))
    }
}

#[derive(Clone, Copy)]
enum Engine<'a> {
    Plain(&'a regex::Regex),
    Full(&'a fancy_regex::Regex),
}
