//! Why an answer says nothing of how a platform works: it was not reached, did not let us in, or had enough.

use serde_json::Value;
use standin_ports::Response;
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

/// What becomes of a case by such an answer.
pub(super) fn hindrance(
    platform: Platform,
    place: &str,
    call: &str,
    ours: &Exchange,
    theirs: &Exchange,
) -> Option<Verdict> {
    let answer = match &theirs.answer {
        Ok(answer) => answer,
        Err(error) => return Some(verdict(About::Entry, format!("{call} at {place}: {error}"))),
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
        About::Leave => Verdict::Skipped(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use standin_ports::HttpError;

    fn exchange(answer: Result<(u16, &str), &str>) -> Exchange {
        let answer = match answer {
            Ok((status, body)) => {
                let answer = http::Response::builder().status(status).body(Bytes::from(body.to_owned()));
                Ok(answer.unwrap())
            }
            Err(why) => Err(HttpError::Unreachable { host: "h".to_owned(), why: why.to_owned() }),
        };
        Exchange { request: http::Request::new(Bytes::new()), answer }
    }

    #[test]
    fn who_is_not_let_in_has_learnt_nothing() {
        let fine = Ok((200, r#"{"errorCode":0}"#));
        let quota = Ok((200, r#"{"errorCode":403048}"#));
        let told = |why: &str| format!("call at http://h {why}");
        for (ours, theirs, expected) in [
            (fine, fine, None),
            (fine, Ok((500, "<html>")), None),
            (fine, Ok((301, "")), None),
            (fine, Ok((200, r#"{"errorCode":403005}"#)), None),
            (quota, quota, None),
            (fine, Ok((403, r#"{"errorCode":403005}"#)), None),
            (fine, quota, Some(Verdict::Skipped(told("answers 403048: there were too many calls")))),
            (
                fine,
                Ok((429, "")),
                Some(Verdict::Skipped(told("answers HTTP 429: there were too many calls"))),
            ),
            (
                fine,
                Ok((200, r#"{"errorCode":403010}"#)),
                Some(Verdict::Miswritten(told("answers 403010: the secret is not taken"))),
            ),
            (
                fine,
                Ok((401, "")),
                Some(Verdict::Miswritten(told("answers HTTP 401: the credentials are not taken"))),
            ),
            (
                fine,
                Err("connection refused"),
                Some(Verdict::Miswritten("call at http://h: cannot reach h: connection refused".to_owned())),
            ),
        ] {
            let found = hindrance(Platform::Gigya, "http://h", "call", &exchange(ours), &exchange(theirs));
            assert_eq!(found, expected, "{theirs:?}");
        }
    }
}
