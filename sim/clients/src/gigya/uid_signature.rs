//! The proof that a UID came from Gigya: its signature together with the time.

use super::signature::{self, BadSecret};
use standin_model::Instant;
use standin_ports::Secret;
use std::time::Duration;

/// How far the signature's time may be from ours, in either direction.
pub const WINDOW: Duration = Duration::from_secs(180);

/// Why a UID is not believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Distrust {
    /// The signature is not this secret's for this UID and time.
    #[error("the signature does not fit UID and timestamp")]
    Forged,
    /// The signature is right, but too old or from the future.
    #[error("the signature's timestamp is more than 180 s from now")]
    Stale,
    /// There is nothing to check with.
    #[error(transparent)]
    BadSecret(#[from] BadSecret),
}

/// The signature of `uid` at `timestamp`, Unix seconds as text.
pub fn sign(secret: &Secret, uid: &str, timestamp: &str) -> Result<String, BadSecret> {
    signature::sign_text(secret, &format!("{timestamp}_{uid}"))
}

/// Whether `signature` proves `uid` at `now`.
///
/// The signature is looked at first: what time a forger wrote on a forgery is of no interest.
pub fn verify(
    secret: &Secret,
    now: Instant,
    uid: &str,
    signature: &str,
    timestamp: &str,
) -> Result<(), Distrust> {
    if !signature::is_signed(secret, &format!("{timestamp}_{uid}"), signature)? {
        return Err(Distrust::Forged);
    }
    if is_fresh(now, timestamp) { Ok(()) } else { Err(Distrust::Stale) }
}

/// Whether a signature's time, Unix seconds as text, is within [`WINDOW`] of `now`.
pub fn is_fresh(now: Instant, timestamp: &str) -> bool {
    let distance = timestamp.parse::<i64>().ok().and_then(|seconds| now.seconds().checked_sub(seconds));
    distance.is_some_and(|seconds| seconds.unsigned_abs() <= WINDOW.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
    const UID: &str = "d0a1b2c3d4e5f60718293a4b5c6d7e8f";
    const SIGNATURE: &str = "2um9ugd9ElkGR9EjtMrR9z+qAOs=";

    fn check(age: i64, uid: &str, signature: &str, timestamp: &str, expected: Result<(), Distrust>) {
        let now = Instant::from_seconds(1_700_000_000 + age);
        assert_eq!(verify(&Secret::new(SECRET), now, uid, signature, timestamp), expected, "{age} {uid}");
    }

    #[test]
    fn a_signature_counts_for_three_minutes_either_way() {
        for (age, expected) in [
            (0, Ok(())),
            (180, Ok(())),
            (181, Err(Distrust::Stale)),
            (-180, Ok(())),
            (-181, Err(Distrust::Stale)),
        ] {
            check(age, UID, SIGNATURE, "1700000000", expected);
        }
    }

    #[test]
    fn forgeries() {
        for (uid, signature, timestamp) in [
            ("somebody-else", SIGNATURE, "1700000000"),
            (UID, SIGNATURE, "1700000001"),
            (UID, "2um9ugd9ElkGR9EjtMrR9z qAOs=", "1700000000"),
            (UID, "", "1700000000"),
            (UID, "!", "1700000000"),
            (UID, SIGNATURE, ""),
        ] {
            check(0, uid, signature, timestamp, Err(Distrust::Forged));
        }
    }

    #[test]
    fn a_time_that_is_no_number_is_never_fresh() {
        for timestamp in ["soon", "1700000000.0", "-9223372036854775808", "99999999999999999999", ""] {
            assert!(!is_fresh(Instant::from_seconds(1_700_000_000), timestamp), "{timestamp}");
        }
    }
}
