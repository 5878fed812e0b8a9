//! Controls of the stage itself: time, knobs, faults, and what the journal says.

use crate::step::{Miss, Step, Takes, needed, optional, unmet};
use crate::surface::locked;
use standin_fake_kit::faults::{Effect, Fault};
use standin_fake_sftp::FileOp;
use standin_fake_sftp::fault::NoSuchOp;
use standin_ports::{Entry, What};
use standin_scenario::Diagnostic;

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

/// Where a fault may be.
const PLATFORMS: &[&str] = &["gigya", "qualifio", "eloqua", "login-page", "webhook-receiver", "sftp", "*"];

/// A fault.
pub const FAULT: Step = Step {
    name: "fault",
    summary: "makes coming calls to a platform go wrong",
    args: &[
        needed(
            "platform",
            "gigya, qualifio, eloqua, login-page, webhook-receiver or *; sftp breaks transfers instead",
        )
        .takes(Takes::Word(PLATFORMS)),
        optional("call", "the call's name or a part of it; all calls if it is not given"),
        optional("skip", "how many calls pass first, 0 if it is not given").takes(Takes::Number),
        optional("times", "how many calls go wrong then, 1 if it is not given").takes(Takes::Number),
        optional("code", "the platform answers with its own error of this code").takes(Takes::Number),
        optional("http", "a proxy answers with this HTTP status and a page of HTML").takes(Takes::Number),
        optional(
            "cut",
            "`before` the platform sees the call, `after` it has done the work, or `half` of the answer",
        )
        .takes(Takes::Word(&["before", "after", "half"])),
        optional("after_bytes", "for sftp: the transfer breaks after so many bytes").takes(Takes::Number),
    ],
    alone: None,
    open: false,
    example: "fault: { platform: gigya, call: accounts.setAccountInfo, times: 2, code: 500001 }",
    run: |run, args| {
        let platform = args.need_text("platform")?;
        let call = args.text("call")?.unwrap_or("*");
        if platform == "sftp" {
            let bytes = args.number("after_bytes")?.unwrap_or(0);
            let word = if call == "*" { "write" } else { call };
            let op: FileOp =
                word.parse().map_err(|error: NoSuchOp| run.mistake(args.node(), &error.to_string()))?;
            let times = args.number("times")?.unwrap_or(1);
            for _ in 0..times {
                let ordered = locked(&run.world.parts().files).fail_next(op, bytes);
                ordered.map_err(|error| Miss::Broken(error.to_string()))?;
            }
            let op = op.word();
            return Ok(match times {
                1 => format!("the next {op} at the drop breaks after {bytes} bytes"),
                _ => format!("the next {times} of {op} at the drop break after {bytes} bytes"),
            });
        }
        let code = args.number("code")?.map(|code| Effect::Code(u32::try_from(code).unwrap_or(u32::MAX)));
        let http = args.number("http")?.map(|status| Effect::Http(u16::try_from(status).unwrap_or(500)));
        let cut = args.text("cut")?.map(|how| match how {
            "before" => Effect::CutBefore,
            "after" => Effect::CutAfter,
            _ => Effect::Truncated,
        });
        let Some(effect) = code.or(http).or(cut) else {
            return Err(Miss::Written(Diagnostic {
                message: "a fault needs `code`, `http` or `cut`".to_owned(),
                span: args.node().span,
                label: String::new(),
                hint: Some(format!("for example: {}", FAULT.example)),
            }));
        };
        let count = |name: &str, default: u64| -> Result<u32, Diagnostic> {
            Ok(u32::try_from(args.number(name)?.unwrap_or(default)).unwrap_or(u32::MAX))
        };
        let fault = Fault {
            platform: platform.to_owned(),
            call: call.to_owned(),
            skip: count("skip", 0)?,
            times: count("times", 1)?,
            effect,
        };
        let told = format!("{platform} {call}: {:?}", fault.effect);
        locked(&run.world.parts().faults).add(fault);
        Ok(told)
    },
};

/// No faults.
pub const CLEAR_FAULTS: Step = Step {
    name: "clear_faults",
    summary: "takes all faults away",
    args: &[],
    alone: None,
    open: false,
    example: "clear_faults",
    run: |run, _| {
        locked(&run.world.parts().faults).clear();
        Ok("no faults".to_owned())
    },
};

/// Calls in the journal.
pub const EXPECT_CALLS: Step = Step {
    name: "expect_calls",
    summary: "counts calls in the journal, from the start of the scenario or since the last count",
    args: &[
        optional("from", "who called: push, dataflow, participant, operator, qualifio"),
        optional("to", "which platform"),
        optional("name", "the call's name or a part of it"),
        optional("sent", "only calls whose request has this text in it, once it is decoded")
            .takes(Takes::Text),
        optional("count", "exactly so many").takes(Takes::Number),
        optional("at_most", "not more than so many").takes(Takes::Number),
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
        let sent = args.text("sent")?;
        let mut fitting = Vec::new();
        let counted = match sent {
            None => journal.count_calls(since, wanted),
            Some(text) => (journal.forgotten() == 0).then(|| {
                fitting = journal.since(since);
                fitting.retain(|entry| match &entry.what {
                    What::Call { from, to, name, request, .. } => {
                        wanted(from, to, name) && has(request, text)
                    }
                    _ => false,
                });
                fitting.len()
            }),
        };
        run.counted = journal.mark();
        let Some(found) = counted.map(|found| found as u64) else {
            return Err(Miss::Broken("the journal is full and has forgotten calls that count".to_owned()));
        };
        if ["count", "at_most", "at_least"].iter().all(|name| args.get(name).is_none()) {
            return Err(run.mistake(args.node(), "`count`, `at_most` or `at_least` is missing"));
        }
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

/// Whether a text has another in it, as it is or percent-encoded.
fn has(told: &str, text: &str) -> bool {
    let plain = percent_encoding::percent_decode_str(told).decode_utf8_lossy();
    told.contains(text) || plain.contains(text) || plain.replace('+', " ").contains(text)
}
