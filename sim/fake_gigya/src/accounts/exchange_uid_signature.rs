//! `accounts.exchangeUIDSignature`.

use crate::call::{Call, Caller};
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::signature::{uid_signature, uid_signature_is_right};
use standin_model::Evidence;
use std::time::Duration;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.exchangeUIDSignature",
    summary: "Changes a UID's signature of the partner secret into one of the caller's own key.",
    evidence: Evidence::documented(
        "accounts.exchangeUIDSignature REST",
        "signature_is_exchanged_within_a_minute",
    ),
    access: Access::Private,
    params: &["UID", "UIDSignature", "signatureTimestamp"],
    server_params: &[],
    run,
};

pub(crate) fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let (uid, signature) = (call.need("UID")?, call.need("UIDSignature")?);
    let timestamp = call.need("signatureTimestamp")?;
    let Caller::Server { user_key } = &call.caller else { return Err(Refusal::new(403_007)) };
    let own =
        call.site.keys.get(user_key).map(|key| key.secret.clone()).ok_or_else(|| Refusal::new(403_005))?;
    if own.reveal().is_empty() {
        return Err(Refusal::because(400_096, "the key has no secret to sign with"));
    }
    let right = |secret| uid_signature_is_right(secret, uid, timestamp, signature);
    if !right(&call.site.partner_secret) && !right(&own) {
        return Err(Refusal::because(403_003, "Invalid UIDSignature"));
    }
    check_age(call, timestamp, gigya.knobs.span("gigya.exchange_lasts"))?;
    let mut out = Object::new();
    out.insert("UID".into(), uid.into());
    out.insert("UIDSignature".into(), uid_signature(&own, uid, call.now).into());
    out.insert("signatureTimestamp".into(), call.now.seconds().to_string().into());
    Ok(out)
}

/// Refuses a signature on a UID that is older, or further ahead, than it may be.
pub(crate) fn check_age(call: &Call, timestamp: &str, lasts: Duration) -> Result<(), Refusal> {
    let made = timestamp
        .parse::<i64>()
        .map_err(|_| Refusal::because(400_006, "the timestamp of a signature is not a number"))?;
    let age = made.saturating_sub(call.now.seconds()).unsigned_abs();
    if age > lasts.as_secs() { Err(Refusal::new(400_128)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use crate::signature::uid_signature;
    use crate::testing::*;
    use crate::{DEFAULT_PARTNER_SECRET, DEFAULT_SECRET};
    use standin_ports::Secret;

    #[test]
    fn signature_is_exchanged_within_a_minute() {
        for (age, expected) in [(0, 0), (60, 0), (61, 400_128)] {
            let mut bench = Bench::new();
            let made = bench.now;
            let signature = uid_signature(&Secret::new(DEFAULT_PARTNER_SECRET), "ann", made);
            bench.wait(age * 1000);
            let stamp = made.seconds().to_string();
            let params = [
                ("UID", "ann"),
                ("UIDSignature", signature.as_str()),
                ("signatureTimestamp", stamp.as_str()),
            ];
            let answer = bench.call("accounts.exchangeUIDSignature", &params);
            assert_eq!(answer["errorCode"], expected, "{age}");
            if expected == 0 {
                let now = bench.now;
                assert_eq!(answer["UIDSignature"], uid_signature(&Secret::new(DEFAULT_SECRET), "ann", now));
                assert_eq!(answer["signatureTimestamp"], now.seconds().to_string());
            }
            let forged = [
                ("UID", "bob"),
                ("UIDSignature", signature.as_str()),
                ("signatureTimestamp", stamp.as_str()),
            ];
            assert_eq!(bench.code("accounts.exchangeUIDSignature", &forged), 403_003);
        }
    }
}
