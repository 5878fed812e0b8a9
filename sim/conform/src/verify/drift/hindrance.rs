//! Why a call says nothing of how a platform works: it was not reached, did not let us in, or had enough.

use serde_json::Value;
use standin_ports::{HttpError, Response};
use standin_scenario::outcome::Verdict;
use standin_stage::partner::Exchange;
use standin_stage::surface::Platform;

/// What a refusal is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum About {
    /// Address or credentials, which the partner's file says.
    Entry,
    /// What whoever calls may do, or how often.
    Leave,
}

/// Whether a platform has taken a call of a case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reached {
    NotYet,
    Yes,
}

/// HTTP statuses that no promise is about, unless our fake answers with the same.
const STATUSES: &[(u16, About, &str)] = &[
    (401, About::Entry, "the credentials are not taken"),
    (403, About::Leave, "who calls may not do this"),
    (429, About::Leave, "there were too many calls"),
    (502, About::Leave, "it is out of order"),
    (503, About::Leave, "it is out of order"),
    (504, About::Leave, "it is out of order"),
];

/// Gigya's codes of that kind.
const CODES: &[(i64, About, &str)] = &[
    (301_001, About::Entry, "the site lives in another data centre"),
    (400_093, About::Entry, "the API key is not known"),
    (403_003, About::Entry, "the signature is not taken"),
    (403_010, About::Entry, "the secret is not taken"),
    (403_036, About::Entry, "the key is somebody else's"),
    (403_007, About::Leave, "the key may not do this"),
    (403_022, About::Leave, "the key may not do this"),
    (403_023, About::Leave, "the key may not do this"),
    (403_026, About::Leave, "the site does not tell this"),
    (403_048, About::Leave, "there were too many calls"),
    (400_124, About::Leave, "there were too many calls"),
    (400_125, About::Leave, "there were too many calls"),
];

/// What becomes of a case by such a call. Of a platform that was reached `before`, the address is right.
pub(super) fn hindrance(
    (platform, place): (Platform, &str),
    call: &str,
    ours: &Exchange,
    theirs: &Exchange,
    before: Reached,
) -> Option<Verdict> {
    let answer = match &theirs.answer {
        Ok(answer) => answer,
        Err(error @ HttpError::Unreachable { .. }) => {
            let about = if before == Reached::Yes { About::Leave } else { About::Entry };
            return Some(verdict(about, format!("{call} at {place}: {error}")));
        }
        // Who takes a call and does not answer it differs from who does.
        Err(HttpError::Broken { .. } | HttpError::Timeout { .. }) => return None,
    };
    let ours = ours.answer.as_ref().ok();
    // Who answers with a code of Gigya's is Gigya, whatever the status is.
    if platform == Platform::Gigya
        && let Some(code) = code_of(answer)
    {
        let (_, about, why) = CODES.iter().find(|(known, ..)| *known == code)?;
        let same = ours.and_then(code_of) == Some(code);
        return (!same).then(|| verdict(*about, format!("{call} at {place} answers {code}: {why}")));
    }
    let status = answer.status().as_u16();
    let (_, about, why) = STATUSES.iter().find(|(known, ..)| *known == status)?;
    let same = ours.is_some_and(|ours| ours.status() == answer.status());
    (!same).then(|| verdict(*about, format!("{call} at {place} answers HTTP {status}: {why}")))
}

fn code_of(answer: &Response) -> Option<i64> {
    serde_json::from_slice::<Value>(answer.body()).ok()?["errorCode"].as_i64()
}

fn verdict(about: About, why: String) -> Verdict {
    match about {
        About::Entry => Verdict::Miswritten(why),
        About::Leave => Verdict::Inconclusive(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn exchange(answer: Result<(u16, &str), HttpError>) -> Exchange {
        let answer = answer.map(|(status, body)| {
            let answer = http::Response::builder().status(status).body(Bytes::from(body.to_owned()));
            answer.unwrap()
        });
        Exchange { request: http::Request::new(Bytes::new()), answer }
    }

    fn check(
        before: Reached,
        ours: (u16, &str),
        theirs: Result<(u16, &str), HttpError>,
        expected: Option<Verdict>,
    ) {
        let told = format!("{theirs:?}");
        let at = (Platform::Gigya, "http://h");
        let found = hindrance(at, "call", &exchange(Ok(ours)), &exchange(theirs), before);
        assert_eq!(found, expected, "{told}");
    }

    #[test]
    fn who_is_not_let_in_has_learnt_nothing() {
        let fine = (200, r#"{"errorCode":0}"#);
        let quota = (200, r#"{"errorCode":403048}"#);
        let told = |why: &str| format!("call at http://h {why}");
        for (ours, theirs, expected) in [
            (fine, fine, None),
            (fine, (500, "<html>"), None),
            (fine, (301, ""), None),
            (fine, (200, r#"{"errorCode":403005}"#), None),
            (quota, quota, None),
            (fine, (403, r#"{"errorCode":403005}"#), None),
            (fine, quota, Some(Verdict::Inconclusive(told("answers 403048: there were too many calls")))),
            (
                fine,
                (429, ""),
                Some(Verdict::Inconclusive(told("answers HTTP 429: there were too many calls"))),
            ),
            (
                fine,
                (200, r#"{"errorCode":403010}"#),
                Some(Verdict::Miswritten(told("answers 403010: the secret is not taken"))),
            ),
            (
                fine,
                (401, ""),
                Some(Verdict::Miswritten(told("answers HTTP 401: the credentials are not taken"))),
            ),
        ] {
            check(Reached::NotYet, ours, Ok(theirs), expected);
        }
    }

    /// An address is wrong where nobody was ever found. Later on it is something else, and who hangs up is there.
    #[test]
    fn who_is_not_reached_at_first_has_another_address() {
        let host = || "h".to_owned();
        let closed = || Err(HttpError::Unreachable { host: host(), why: "connection refused".to_owned() });
        let told = "call at http://h: cannot reach h: connection refused".to_owned();
        let fine = (200, r#"{"errorCode":0}"#);
        check(Reached::NotYet, fine, closed(), Some(Verdict::Miswritten(told.clone())));
        check(Reached::Yes, fine, closed(), Some(Verdict::Inconclusive(told)));
        for before in [Reached::NotYet, Reached::Yes] {
            check(before, fine, Err(HttpError::Broken { host: host(), why: "reset".to_owned() }), None);
            check(before, fine, Err(HttpError::Timeout { host: host() }), None);
        }
    }
}
