//! Every kind of fault. One more is a block and a line here, and what the stage or the drop does about it.

use super::{Effect, Heard};
use crate::knobs::{Takes, span};
use serde_json::Value;
use standin_model::Evidence;

/// Where a kind of fault can strike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Calls over HTTP.
    Calls,
    /// What is done at the drop.
    Files,
}

impl Place {
    /// The place in a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Calls => "calls to gigya, qualifio, eloqua, login-page and webhook-receiver",
            Self::Files => "what is done at sftp",
        }
    }
}

/// One kind of fault: the member of a rule that says what goes wrong.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The member.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// What it is set to.
    pub takes: Takes,
    /// Where it can strike.
    pub place: Place,
    /// A whole rule that has it.
    pub example: &'static str,
    /// Why it is as it is, and the test that pins it.
    pub evidence: Evidence,
    /// What a value that fits `takes` means.
    pub(super) read: fn(&Value) -> Option<Effect>,
}

/// All kinds, those of calls first.
pub const KINDS: &[Kind] =
    &[CODE, HTTP, CUT, DELAY, BYTES_PER_SECOND, TWICE, CLOCK_JUMP, OVERTAKEN, AFTER_BYTES, FULL_AFTER];

const CODE: Kind = Kind {
    name: "code",
    summary: "the platform answers with its own error of this code",
    takes: Takes::Between(400, 599_999),
    place: Place::Calls,
    example: r#"{"platform": "gigya", "call": "accounts.setAccountInfo", "code": 500001}"#,
    evidence: Evidence::documented(
        "SAP CDC, response codes and errors: 500001 general server error",
        "every_kind_of_fault_does_what_it_says",
    ),
    read: |value| Some(Effect::Code(u32::try_from(value.as_u64()?).ok()?)),
};

const HTTP: Kind = Kind {
    name: "http",
    summary: "a proxy answers with this HTTP status and a page of HTML",
    takes: Takes::Between(300, 599),
    place: Place::Calls,
    example: r#"{"platform": "eloqua", "http": 502, "chance": "10%"}"#,
    evidence: Evidence::documented("RFC 9110, 15.6.3", "every_kind_of_fault_does_what_it_says"),
    read: |value| Some(Effect::Http(u16::try_from(value.as_u64()?).ok()?)),
};

const CUT: Kind = Kind {
    name: "cut",
    summary: "`before` the platform sees the call, `after` it has done the work, or within the answer, `half` of which arrives",
    takes: Takes::Word(&["before", "after", "half"]),
    place: Place::Calls,
    example: r#"{"platform": "gigya", "cut": "after", "nth": 3}"#,
    evidence: Evidence::decided(
        "a caller cannot tell whether the request arrived",
        "every_kind_of_fault_does_what_it_says",
    ),
    read: |value| match value.as_str()? {
        "before" => Some(Effect::CutBefore),
        "after" => Some(Effect::CutAfter),
        _ => Some(Effect::Truncated),
    },
};

const DELAY: Kind = Kind {
    name: "delay",
    summary: "the work is done, the answer takes this long; our own callers give up after 10 s",
    takes: Takes::Span,
    place: Place::Calls,
    example: r#"{"platform": "gigya", "call": "accounts.", "delay": "12s", "every": 5}"#,
    evidence: Evidence::decided(
        "on a clock that stands still our own callers wait in virtual time, everybody else for real",
        "every_kind_of_fault_does_what_it_says",
    ),
    read: |value| Some(Effect::Late(span(value.as_str()?)?)),
};

const BYTES_PER_SECOND: Kind = Kind {
    name: "bytes_per_second",
    summary: "the answer's body arrives at this rate, waited for as with `delay`",
    takes: Takes::Between(1, u64::MAX),
    place: Place::Calls,
    example: r#"{"platform": "gigya", "call": "accounts.search", "bytes_per_second": 100}"#,
    evidence: Evidence::decided(
        "a time-out of a whole request counts its body, too",
        "every_kind_of_fault_does_what_it_says",
    ),
    read: |value| value.as_u64().map(Effect::Slow),
};

const TWICE: Kind = Kind {
    name: "twice",
    summary: "the platform gets the request twice; the `first` answer arrives, or the `last`",
    takes: Takes::Word(&["first", "last"]),
    place: Place::Calls,
    example: r#"{"platform": "gigya", "call": "accounts.setAccountInfo", "twice": "last"}"#,
    evidence: Evidence::documented(
        "RFC 9110, 9.2.2: what is between may send a request again",
        "every_kind_of_fault_does_what_it_says",
    ),
    read: |value| match value.as_str()? {
        "first" => Some(Effect::Twice(Heard::First)),
        _ => Some(Effect::Twice(Heard::Last)),
    },
};

const CLOCK_JUMP: Kind = Kind {
    name: "clock_jump",
    summary: "all clocks go forward by this while the request is on its way",
    takes: Takes::Span,
    place: Place::Calls,
    example: r#"{"platform": "gigya", "call": "accounts.search", "nth": 2, "clock_jump": "10min"}"#,
    evidence: Evidence::decided(
        "time in a world never goes back, so a clock jumps forward only",
        "every_kind_of_fault_does_what_it_says",
    ),
    read: |value| Some(Effect::Jump(span(value.as_str()?)?)),
};

const OVERTAKEN: Kind = Kind {
    name: "overtaken",
    summary: "the caller gives up; the request arrives after the next of its name, or after this time",
    takes: Takes::Span,
    place: Place::Calls,
    example: r#"{"platform": "webhook-receiver", "overtaken": "1min"}"#,
    evidence: Evidence::decided(
        "two requests change places only if one of them is not waited for",
        "every_kind_of_fault_does_what_it_says",
    ),
    read: |value| Some(Effect::Overtaken(span(value.as_str()?)?)),
};

const AFTER_BYTES: Kind = Kind {
    name: "after_bytes",
    summary: "the connection ends after so many bytes; 0 if no kind is named",
    takes: Takes::Number,
    place: Place::Files,
    example: r#"{"platform": "sftp", "call": "write", "after_bytes": 20}"#,
    evidence: Evidence::decided(
        "what has arrived by then is kept, as a server on disk keeps it",
        "transfers_break_where_they_are_told_to",
    ),
    read: |value| value.as_u64().map(Effect::BreakAfter),
};

const FULL_AFTER: Kind = Kind {
    name: "full_after",
    summary: "a file that is written takes so many bytes, then the disk is full; the connection stays",
    takes: Takes::Number,
    place: Place::Files,
    example: r#"{"platform": "sftp", "call": "write", "full_after": 20, "times": 3}"#,
    evidence: Evidence::documented(
        "draft-ietf-secsh-filexfer-02, 7: SSH_FX_FAILURE where no code says more",
        "transfers_break_where_they_are_told_to",
    ),
    read: |value| value.as_u64().map(Effect::FullAfter),
};
