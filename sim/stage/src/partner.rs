//! A system of somebody else's that plays one role, while everything else on the stage stays ours.
//!
//! The stage does not start programs and does not wait for them: whoever runs scenarios brings a [`System`] that
//! does.

use crate::browser::Browser;
use crate::run::Run;
use crate::step::Unmet;
use crate::surface::{Platform, locked};
use crate::world::World;
use serde_json::Value;
use standin_ports::{Clock, HttpError, Request, Response, What};
use standin_scenario::outcome::{Hop, Verdict};
use std::sync::Arc;

/// Which role is somebody else's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Takes files from the drop into Eloqua: what `eloqua_import` starts.
    Loader,
    /// Puts files with Eloqua's contacts into the drop: what `eloqua_export` starts.
    Exporter,
    /// Logs participants in where Redirect sends them.
    LoginPage,
    /// Answers as one of the platforms.
    Platform,
    /// Takes Qualifio's participations and writes them to Gigya, as soon as it can.
    Push,
}

/// Somebody's system, and what it plays.
pub struct Partner {
    /// Its role.
    pub part: Part,
    /// The system.
    pub system: Box<dyn System>,
    /// The clock that it lives by; the world follows it.
    pub clock: Arc<dyn Clock>,
}

/// What can take part in a world.
pub trait System: Send + Sync {
    /// Enters a world, with nothing remembered from an earlier one.
    fn enter(&self, world: &World) -> Result<Box<dyn Session>, String>;
}

/// A system in one world; it leaves when this is dropped.
pub trait Session {
    /// Does its work once, to the end, while the world goes on. `order` says what is to be done, as names and values
    /// of environment variables.
    fn work(&mut self, world: &World, order: &[(&str, String)]) -> Result<Ended, String>;

    /// There is something new for it to do by itself: it has its whole time again.
    fn begin_anew(&mut self) {}

    /// Lets the world go on for a moment in which a system may do what it does by itself; `false` once it has had its
    /// time.
    fn rest(&mut self, world: &World) -> bool;

    /// What it printed last, and whether it is still there, where that is known.
    fn last_words(&mut self) -> Option<String> {
        None
    }

    /// Holds the calls of a step, by its position, against what ought to have come of them. Only platforms are asked.
    fn weigh(&mut self, _step: usize, _passed: &[Exchange]) -> Weighed {
        Weighed::default()
    }

    /// What becomes of a scenario that cannot go on, asked before each step.
    fn hindered(&mut self) -> Option<Verdict> {
        None
    }

    /// Removes what a scenario made, however it ended, and tells what it could not remove.
    fn leave(&mut self, _run: &Run<'_>) -> Vec<String> {
        Vec::new()
    }
}

/// One call and what came of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The call.
    pub request: Request,
    /// The answer, or why there is none.
    pub answer: Result<Response, HttpError>,
}

/// What is to be said of the calls of a step.
#[derive(Debug, Default)]
pub struct Weighed {
    /// Where the answers are not what they ought to be.
    pub differences: Vec<Unmet>,
    /// Why nothing can be said of this step, nor of those that follow.
    pub hindered: Option<Verdict>,
    /// Whether later steps build on this one.
    pub built_on: bool,
}

/// How a piece of work ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ended {
    /// The exit code.
    pub code: u8,
    /// The end of what it said.
    pub told: String,
}

/// A partner on its way through one scenario.
pub struct Playing {
    /// Its role.
    pub part: Part,
    /// The system in this scenario's world.
    pub session: Box<dyn Session>,
    /// Whether its program has spoken to anybody here.
    pub spoke: bool,
}

/// How often programs from outside have called a platform or logged in at the drop.
pub(crate) fn heard(world: &World) -> (Option<usize>, u64) {
    let parts = world.parts();
    let calls = parts.journal.count_calls(0, |from, _, _| from == "client");
    (calls, locked(&parts.files).logins())
}

/// How much of a partner's last traffic is told with a failure.
const EXCHANGE: usize = 4;

/// Adds what a partner printed last to what is told.
pub(crate) fn add_last_words(world: &World, playing: &mut Playing, told: &mut Vec<Hop>) {
    let Some(text) = playing.session.last_words() else { return };
    let (seq, at) = (world.parts().journal.mark(), world.now().to_string());
    told.push(Hop { seq, at, place: "the system printed".to_owned(), text });
}

/// Adds to what is told what a partner said and heard last, from a position of the journal on; what was refused is
/// told where it was asked. A platform is spoken to by the steps themselves.
pub(crate) fn add_exchange(world: &World, part: Part, since: u64, told: &mut Vec<Hop>) {
    let entries = world.parts().journal.since(since);
    let caller = if part == Part::Platform { "operator" } else { "client" };
    let calls = entries.iter().rev().filter_map(|entry| match &entry.what {
        What::Call { from, to, name, request, status, answer, .. }
            if from == caller || *to == Platform::Receiver.name() =>
        {
            Some((entry, format!("{from} -> {to} {name}"), said(request), answered(*status, answer)))
        }
        _ => None,
    });
    for (entry, place, sent, (got, refused)) in calls.take(EXCHANGE) {
        match told.iter_mut().find(|hop| hop.seq == entry.seq) {
            Some(hop) if refused => hop.text.push_str(&format!("\nrefused: {got}")),
            Some(_) => {}
            None => {
                let (at, text) = (entry.at.to_string(), format!("sent {sent} and got {got}"));
                told.push(Hop { seq: entry.seq, at, place, text });
            }
        }
    }
    told.sort_by_key(|hop| hop.seq);
}

/// How many of the pages that a browser was at last are told with a failure.
const PAGES: usize = 8;

/// Adds where a participant's browser was, and what it was answered there.
pub(crate) fn add_pages(world: &World, name: &str, browser: &Browser, told: &mut Vec<Hop>) {
    let (seq, at) = (world.parts().journal.mark(), world.now().to_string());
    told.push(Hop {
        seq,
        at,
        place: format!("the browser of `{name}`"),
        text: browser.last_answers(PAGES).join("\n"),
    });
}

/// An answer as a person reads it, and whether it is a refusal.
fn answered(status: u16, body: &str) -> (String, bool) {
    let json: Value = serde_json::from_str(body).unwrap_or_default();
    let code = json["errorCode"].as_i64().unwrap_or_default();
    if code == 0 {
        let told = match json {
            Value::Object(mut members) if members.contains_key("callId") => {
                members.retain(|name, _| !EVERYWHERE.contains(&name.as_str()));
                said(&Value::Object(members).to_string())
            }
            _ => said(body),
        };
        return (format!("{status} {told}"), status >= 400 || status == 0);
    }
    let words = ["errorMessage", "errorDetails"].map(|name| json[name].as_str().unwrap_or_default());
    (format!("{status} errorCode {code} {}", words.join(": ").trim_end_matches(": ")), true)
}

/// How much of one body is told, in bytes.
const BODY: usize = 1_500;

/// What is in every answer of Gigya's and tells nothing where it is no refusal.
const EVERYWHERE: [&str; 6] = ["callId", "errorCode", "apiVersion", "statusCode", "statusReason", "time"];

/// What travels with every call and tells nothing.
const OFTEN: [&str; 5] = ["apiKey", "userKey", "secret", "format", "httpStatusCodes"];

/// A body as a person reads it: parameters by name, without what is in every call.
pub(crate) fn said(body: &str) -> String {
    if body.is_empty() {
        return "nothing".to_owned();
    }
    let pairs = body.split('&').map(|pair| pair.split_once('='));
    let form = pairs.collect::<Option<Vec<_>>>().filter(|_| !body.starts_with(['{', '[', '<']));
    let Some(form) = form else { return bounded(body) };
    let plain = |text: &str| {
        percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
    };
    let told = form.into_iter().filter(|(name, _)| !OFTEN.contains(name));
    let told: Vec<String> = told.map(|(name, value)| format!("{name}={}", plain(value))).collect();
    bounded(&told.join(" "))
}

fn bounded(text: &str) -> String {
    let end = text.floor_char_boundary(BODY);
    if end == text.len() { text.to_owned() } else { format!("{}...", &text[..end]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_told_by_its_parameters() {
        for (body, expected) in [
            ("", "nothing"),
            (
                "apiKey=3_a&secret=***&UID=ann&profile=%7B%22city%22%3A%22Sint+Truiden%22%7D",
                "UID=ann profile={\"city\":\"Sint Truiden\"}",
            ),
            (r#"{"a":"b=c&d=e"}"#, r#"{"a":"b=c&d=e"}"#),
            ("C_EmailAddress\nann@brand.example", "C_EmailAddress\nann@brand.example"),
        ] {
            assert_eq!(said(body), expected);
        }
        for (status, body, expected, refused) in [
            (200, r#"{"errorCode":0,"UID":"a"}"#, r#"200 {"errorCode":0,"UID":"a"}"#, false),
            (
                200,
                r#"{"callId":"c","errorCode":0,"statusCode":200,"profile":{"city":"Diest"}}"#,
                r#"200 {"profile":{"city":"Diest"}}"#,
                false,
            ),
            (
                200,
                r#"{"errorCode":403005,"errorMessage":"Unauthorized user","errorDetails":"unknown UID"}"#,
                "200 errorCode 403005 Unauthorized user: unknown UID",
                true,
            ),
            (404, "", "404 nothing", true),
            (0, "", "0 nothing", true),
        ] {
            assert_eq!(answered(status, body), (expected.to_owned(), refused));
        }
        assert_eq!(said(&"é".repeat(BODY)), format!("{}...", "é".repeat(BODY / 2)));
    }
}
