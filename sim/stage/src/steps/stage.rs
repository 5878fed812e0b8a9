//! Controls of the stage itself: time, knobs, faults, and what the journal says.

use crate::clock::LONGEST;
use crate::compare::compare;
use crate::step::{Arg, Args, Miss, Step, Takes, needed, optional, unmet};
use crate::surface::{CALLERS, Platform};
use serde_json::{Map, Value};
use standin_fake_kit::faults::{Fault, KINDS, rule};
use standin_fake_kit::knobs;
use standin_model::Instant;
use standin_ports::{Entry, What};
use standin_scenario::{Diagnostic, Node, nearest};

/// Time.
pub const ADVANCE: Step = Step {
    name: "advance",
    summary: "lets virtual time pass; everything that falls due is done, in order",
    args: &[needed("by", "how long: 30s, 5min, 2h, 7d").takes(Takes::Span)],
    alone: Some("by"),
    open: false,
    example: "advance: 2h",
    run: |run, args| {
        let by = args.span("by")?.unwrap_or_default();
        if by > LONGEST {
            return Err(run.mistake(args.need("by")?, "more than ten years are not let pass at once"));
        }
        run.world.advance(by);
        Ok(format!("it is {}", run.world.now()))
    },
};

/// A knob.
pub const SET_KNOB: Step = Step {
    name: "set_knob",
    summary: "sets a knob of a fake from here on",
    args: &[needed("name", "the knob, see `standin list knobs`"), needed("value", "its value, as text")],
    alone: None,
    open: false,
    example: "set_knob: { name: gigya.index_delay, value: 5s }",
    run: |run, args| {
        let (name, value) = (args.need_text("name")?, args.need_text("value")?);
        run.world.set_knob(name, value).map_err(|error| {
            Miss::Written(Diagnostic {
                message: error.to_string(),
                span: args.node().span,
                label: String::new(),
                hint: None,
            })
        })?;
        Ok(format!("{name} = {value}"))
    },
};

/// What a rule may have, in the step's own terms.
const FAULT_ARGS: [Arg; rule::MEMBERS.len() + KINDS.len()] = {
    let mut args = [const { optional("", "") }; rule::MEMBERS.len() + KINDS.len()];
    let mut at = 0;
    while at < args.len() {
        let (name, takes, summary) = if at < rule::MEMBERS.len() {
            rule::MEMBERS[at]
        } else {
            let kind = &KINDS[at - rule::MEMBERS.len()];
            (kind.name, kind.takes, kind.summary)
        };
        let takes = match takes {
            knobs::Takes::Bool => Takes::Flag,
            knobs::Takes::Number => Takes::Number,
            knobs::Takes::Between(least, most) => Takes::Between(least, most),
            knobs::Takes::Span => Takes::Span,
            knobs::Takes::Word(words) => Takes::Word(words),
            knobs::Takes::Text => Takes::Text,
        };
        args[at] = Arg { takes, ..if at == 0 { needed(name, summary) } else { optional(name, summary) } };
        at += 1;
    }
    args
};

/// A fault.
pub const FAULT: Step = Step {
    name: "fault",
    summary: "makes coming calls to a platform, or what is done at the drop, go wrong",
    args: &FAULT_ARGS,
    alone: None,
    open: false,
    example: "fault: { platform: gigya, call: accounts.setAccountInfo, times: 2, code: 500001 }",
    run: |run, args| {
        let fault = fault(run.world.now(), args)?;
        let told = fault.to_string();
        run.world.parts().add_fault(fault).map_err(|error| Miss::Broken(error.to_string()))?;
        Ok(told)
    },
};

/// The rule that a step says. Before anything runs, `now` is where worlds start.
pub(crate) fn fault(now: Instant, args: &Args<'_>) -> Result<Fault, Diagnostic> {
    let mut rule = Map::new();
    for Arg { name, takes, .. } in &FAULT_ARGS {
        let value = match takes {
            Takes::Number | Takes::Between(..) => args.number(name)?.map(Value::from),
            _ => args.text(name)?.map(Value::from),
        };
        rule.extend(value.map(|value| ((*name).to_owned(), value)));
    }
    let fault = Fault::read(now, &Value::Object(rule)).map_err(|bad| Diagnostic {
        hint: bad.hint,
        ..Diagnostic::new(bad.message, args.get(&bad.member).unwrap_or(args.node()).span)
    })?;
    match args.get("call").filter(|_| fault.platform == "gigya" && fault.call != "*") {
        Some(node) => known_to_gigya(node, &fault.call).map(|()| fault),
        None => Ok(fault),
    }
}

/// Refuses a name that is no part of any that Gigya answers to: nothing would ever be called so.
fn known_to_gigya(node: &Node, name: &str) -> Result<(), Diagnostic> {
    let known = standin_fake_gigya::endpoints();
    let part = name.to_ascii_lowercase();
    if known.iter().any(|endpoint| endpoint.name.to_ascii_lowercase().contains(&part)) {
        return Ok(());
    }
    let names: Vec<&str> = known.iter().map(|endpoint| endpoint.name).collect();
    let near = nearest(name, names.into_iter()).map(|near| format!("did you mean `{near}`?"));
    let hint = near.unwrap_or_else(|| "`standin list endpoints` shows them all".to_owned());
    Err(Diagnostic::new(format!("gigya answers to no `{name}`"), node.span).hint(hint))
}

/// No faults.
pub const CLEAR_FAULTS: Step = Step {
    name: "clear_faults",
    summary: "takes all faults away; a request that is on its way arrives nevertheless",
    args: &[],
    alone: None,
    open: false,
    example: "clear_faults",
    run: |run, _| {
        run.world.clear_faults();
        Ok("no faults".to_owned())
    },
};

/// Calls in the journal.
pub const EXPECT_CALLS: Step = Step {
    name: "expect_calls",
    summary: "counts calls in the journal, from the start of the scenario or since the last count",
    args: &[
        optional("from", "who called; a program from outside is a client").takes(Takes::Word(&CALLERS)),
        optional("to", "which platform").takes(Takes::Word(&Platform::NAMES)),
        optional("name", "the call's name or a part of it"),
        optional("sent", "only calls whose request has this text in it, once it is decoded")
            .takes(Takes::Text),
        optional(
            "sends",
            "only calls with such parameters: the name of one, or of a member of one that is JSON \
             (profile.email), or what they hold: { profile: { birthDay: 6 } }",
        )
        .takes(Takes::TextOrMap),
        optional(
            "sends_beyond",
            "only calls with parameters other than these, [UID, profile], or in which one of these has members other \
             than these: { profile: [city], data: [] }",
        )
        .takes(Takes::Lists),
        optional("status", "only calls that were answered with this HTTP status").takes(Takes::Number),
        needed("count", "exactly so many").or(&["at_most", "at_least"]).takes(Takes::Number).of_absence(),
        optional("at_most", "not more than so many").takes(Takes::Number).of_absence(),
        optional("at_least", "not fewer than so many").takes(Takes::Number),
        optional("since", "`last count`: only calls after the last expect_calls or reset")
            .takes(Takes::Word(&["last count"])),
    ],
    alone: None,
    open: false,
    example: "expect_calls: { from: push, to: gigya, name: accounts.setAccountInfo, count: 1 }",
    run: |run, args| {
        let (from, to, name) = (args.text("from")?, args.text("to")?, args.text("name")?);
        let since = if args.get("since").is_some() { run.counted } else { 0 };
        let journal = &run.world.parts().journal;
        let wanted = |caller: &str, platform: &str, call: &str| {
            from.is_none_or(|wanted| wanted == caller)
                && to.is_none_or(|wanted| wanted == platform)
                && name.is_none_or(|wanted| call.contains(wanted))
        };
        let (sent, answered) = (args.text("sent")?, args.number("status")?);
        let (sends, beyond) = (args.json("sends")?, args.json("sends_beyond")?);
        let mut fitting = Vec::new();
        let counted = match (sent, answered, &sends, &beyond) {
            (None, None, None, None) => journal.count_calls(since, wanted),
            _ => (journal.forgotten() == 0).then(|| {
                fitting = journal.since(since);
                fitting.retain(|entry| match &entry.what {
                    What::Call { from, to, name, line, request, status, .. } => {
                        wanted(from, to, name)
                            && answered.is_none_or(|code| code == u64::from(*status))
                            && sent.is_none_or(|text| has(request, text))
                            && sends.as_ref().is_none_or(|sends| holds(&params(line, request), sends))
                            && beyond.as_ref().is_none_or(|known| goes_beyond(&params(line, request), known))
                    }
                    _ => false,
                });
                fitting.len()
            }),
        };
        run.counted = journal.mark();
        if let (Some(name), Some("gigya"), Some(0)) = (name, to, counted) {
            known_to_gigya(args.need("name")?, name)?;
        }
        let Some(found) = counted.map(|found| found as u64) else {
            return Err(Miss::Broken("the journal is full and has forgotten calls that count".to_owned()));
        };
        let bounds = [
            (args.number("count")?, "exactly", u64::eq as fn(&u64, &u64) -> bool),
            (args.number("at_most")?, "at most", u64::le),
            (args.number("at_least")?, "at least", u64::ge),
        ];
        for (bound, words, holds) in bounds {
            if let Some(bound) = bound.filter(|bound| !holds(&found, bound)) {
                return Err(Miss::Unmet(crate::step::Unmet {
                    message: "the number of calls is different".to_owned(),
                    expected: Some(format!("{words} {bound}")),
                    actual: Some(match (sent, fitting.first()) {
                        (Some(text), Some(first)) => format!("{found}: {}", told(first, text)),
                        (None, Some(first)) => format!("{found}: {}", told_whole(first)),
                        _ => found.to_string(),
                    }),
                    span: Some(args.node().span),
                    ..crate::step::Unmet::default()
                }));
            }
        }
        Ok(format!("{found} calls"))
    },
};

/// Secrets stay out of the journal.
pub const EXPECT_NO_SECRET: Step = Step {
    name: "expect_no_secret",
    summary: "holds that a text occurs nowhere in the journal",
    args: &[needed("text", "the secret")],
    alone: Some("text"),
    open: false,
    example: "expect_no_secret: c2VjcmV0",
    run: |run, args| {
        let text = args.need_text("text")?;
        let journal = &run.world.parts().journal;
        if journal.forgotten() > 0 {
            return Err(Miss::Broken("the journal is full and has forgotten its beginning".to_owned()));
        }
        let entries = journal.entries();
        match entries.iter().find(|entry| shows(entry, text)) {
            None => Ok(format!("{} entries without it", entries.len())),
            Some(entry) => Err(unmet(format!("the journal shows the secret in entry {}", entry.seq))),
        }
    },
};

/// Whether a text stands in an entry, as it is or percent-encoded.
fn shows(entry: &Entry, text: &str) -> bool {
    let told = match &entry.what {
        What::Call { line, request, answer, .. } => [line, request, answer],
        What::File { path, text, who, .. } => [path, text, who],
        What::Change { subject, before, after, .. } => [subject, before, after],
        What::Note { text, .. } => [text; 3],
    };
    told.into_iter().any(|told| has(told, text))
}

/// How much of a call is told on each side of the text that was looked for, in bytes.
const AROUND: usize = 150;

/// A call, and what stood around a text that it sent.
fn told(entry: &Entry, text: &str) -> String {
    let What::Call { from, to, name, request, .. } = &entry.what else { return String::new() };
    let plain = percent_encoding::percent_decode_str(request).decode_utf8_lossy().replace('+', " ");
    let plain = if plain.contains(text) { plain } else { request.to_string() };
    let at = plain.find(text).unwrap_or_default();
    let start = plain.floor_char_boundary(at.saturating_sub(AROUND));
    let end = plain.ceil_char_boundary((at + text.len()).saturating_add(AROUND));
    format!("{from} -> {to} {name} sent ...{}...", &plain[start..end])
}

fn told_whole(entry: &Entry) -> String {
    let What::Call { from, to, name, request, .. } = &entry.what else { return String::new() };
    format!("{from} -> {to} {name} sent {}", crate::partner::said(request))
}

/// The parameters of a call, of its query and its form; those that are JSON are read.
fn params(line: &str, request: &str) -> Value {
    let query = line.split_once('?').map_or("", |(_, query)| query);
    let pairs = form_urlencoded::parse(query.as_bytes()).chain(form_urlencoded::parse(request.as_bytes()));
    let read = pairs.map(|(name, text)| {
        let value =
            serde_json::from_str(&text).ok().filter(|value: &Value| value.is_object() || value.is_array());
        (name.into_owned(), value.unwrap_or_else(|| Value::from(text.into_owned())))
    });
    Value::Object(read.collect())
}

/// Whether parameters have what is named or hold what is told.
fn holds(params: &Value, sends: &Value) -> bool {
    match sends {
        Value::String(path) => params.pointer(&format!("/{}", path.replace('.', "/"))).is_some(),
        told => compare(told, params).is_ok(),
    }
}

/// Whether there are parameters that are not named, or one that is has members that are not.
fn goes_beyond(params: &Value, known: &Value) -> bool {
    match known.as_object() {
        Some(each) => each.iter().any(|(name, members)| goes_beyond(&params[name], members)),
        None => {
            let known = known.as_array().map(Vec::as_slice).unwrap_or_default();
            params.as_object().into_iter().flatten().any(|(name, _)| !known.iter().any(|one| one == name))
        }
    }
}

/// Whether a text has another in it, as it is or percent-encoded.
fn has(told: &str, text: &str) -> bool {
    let plain = percent_encoding::percent_decode_str(told).decode_utf8_lossy();
    told.contains(text) || plain.contains(text) || plain.replace('+', " ").contains(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::{Extras, load_text};
    use crate::world::Transport;
    use serde_json::json;
    use standin_scenario::Verdict;
    use std::path::Path;

    #[test]
    fn calls_are_told_by_their_parameters() {
        let line = "POST accounts.eu1.gigya.com/accounts.setAccountInfo?UID=ann";
        let params = params(line, "profile=%7B%22city%22%3A%22Diest%22%2C%22birthDay%22%3A6%7D&lang=nl");
        for (sends, expected) in [
            (json!("UID"), true),
            (json!("profile.city"), true),
            (json!("profile.email"), false),
            (json!("data"), false),
            (json!({"UID": "ann", "profile": {"birthDay": 6, "email": null}}), true),
            (json!({"profile": {"birthDay": "06"}}), false),
        ] {
            assert_eq!(holds(&params, &sends), expected, "{sends}");
        }
        for (known, expected) in [
            (json!({"profile": ["birthDay", "city", "zip"], "data": []}), false),
            (json!({"profile": ["city"]}), true),
            (json!({"profile": []}), true),
            (json!(["UID", "lang", "profile"]), false),
            (json!(["UID", "profile"]), true),
        ] {
            assert_eq!(goes_beyond(&params, &known), expected, "{known}");
        }
    }

    /// Nothing runs where a rule has a mistake: it is shown on its own line.
    #[test]
    fn a_wrong_rule_is_told_before_anything_runs() {
        for (rule, place, message) in [
            ("{ platform: gigya, code: 500001, evry: 2 }", "4:45", "evry"),
            (
                "{ platform: gigya, code: 500001, every: 0 }",
                "4:52",
                "`every` takes a number from 1 on, not 0",
            ),
            (
                "{ platform: gigya, code: 500001, times: 0 }",
                "4:52",
                "`times` takes a number from 1 on, not 0",
            ),
            ("{ platform: gigya, code: 500001, chance: 0% }", "4:53", "not `0%`"),
            (
                "{ platform: gigya, call: accounts.setAcountInfo, code: 500001 }",
                "4:37",
                "did you mean `accounts.setAccountInfo`?",
            ),
            (
                "{ platform: gigya, code: 500001, http: 502 }",
                "4:51",
                "one rule, one fault: `code` and `http` are two",
            ),
            (
                "{ platform: gigya, chance: 120%, code: 500001 }",
                "4:39",
                "`chance` takes a share such as 10% or 0.5%",
            ),
            (
                "{ platform: sftp, call: read, full_after: 20 }",
                "4:54",
                "a full disk stops `write`, not `read`",
            ),
            ("{ platform: gigya }", "4:12", "a fault needs one of `code`, `http`"),
        ] {
            let text = format!("scenario: A\nsteps:\n  - advance: 1s\n  - fault: {rule}\n");
            let bad = load_text(Path::new("a.yaml"), &text, &Extras::default(), false).err().unwrap();
            assert!(
                bad.0.contains(message) && bad.0.contains(&format!("a.yaml:{place}")),
                "{rule}: {}",
                bad.0
            );
        }
        let late = "scenario: A\nsteps:\n  - fault: { platform: gigya, code: 500001, until: \"${then}\" }\n";
        assert!(load_text(Path::new("a.yaml"), late, &Extras::default(), false).is_ok());
    }

    #[test]
    fn a_call_that_nobody_answers_is_counted_by_mistake() {
        let text =
            "scenario: A\nsteps:\n  - expect_calls: { to: gigya, name: accounts.setAcountInfo, count: 0 }\n";
        let ready = load_text(Path::new("a.yaml"), text, &Extras::default(), false).unwrap().remove(0);
        let outcome = crate::runner::run(&ready, Transport::Memory);
        let Verdict::Miswritten(told) = &outcome.verdict else { panic!("{:?}", outcome.verdict) };
        assert!(
            told.contains("a.yaml:3:38") && told.contains("did you mean `accounts.setAccountInfo`?"),
            "{told}"
        );
    }

    /// What could never be counted is told before anything runs, and not held for ever.
    #[test]
    fn a_count_of_nobody_is_told_before_anything_runs() {
        for (count, place, message) in [
            ("{ to: gygia, count: 0 }", "3:25", "`to` takes no `gygia`"),
            ("{ from: pussh, at_most: 0 }", "3:27", "`from` takes no `pussh`"),
            ("{ sends: [profile], count: 0 }", "3:28", "text"),
            ("{ sends_beyond: profile, count: 0 }", "3:35", "a list"),
            ("{ sends_beyond: { profile: city }, count: 0 }", "3:46", "a list"),
            ("{ to: gigya }", "3:19", "`count`, `at_most` or `at_least` is missing"),
        ] {
            let text = format!("scenario: A\nsteps:\n  - expect_calls: {count}\n");
            let bad = load_text(Path::new("a.yaml"), &text, &Extras::default(), false).err().unwrap();
            assert!(
                bad.0.contains(message) && bad.0.contains(&format!("a.yaml:{place}")),
                "{count}: {}",
                bad.0
            );
        }
        let late = "scenario: A\nsteps:\n  - expect_calls: { to: gigya, at_least: \"${n}\" }\n";
        assert!(load_text(Path::new("a.yaml"), late, &Extras::default(), false).is_ok());
    }
}
