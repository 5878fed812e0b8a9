//! How many calls come through: a bucket that leaks evenly and overflows with 429.

use standin_model::Instant;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// How full a bucket is, as the time at which it will be empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Bucket(Option<Instant>);

impl Bucket {
    /// Whether one more call fits where `most` a minute do; 0 is no limit.
    pub(crate) fn admits(&mut self, now: Instant, most: u64) -> bool {
        if most == 0 {
            return true;
        }
        let drop = Duration::from_millis(60_000 / most.min(60_000));
        let empty = self.0.filter(|empty| *empty > now).unwrap_or(now).plus(drop);
        let fits = empty.since(now) <= MINUTE;
        if fits {
            self.0 = Some(empty);
        }
        fits
    }
}

/// The buckets of an instance.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Limits {
    pub(crate) id: Bucket,
    pub(crate) rest: Bucket,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_overflows_and_leaks() {
        let (start, mut bucket) = (Instant::START, Bucket::default());
        let at = |seconds: u64| start.plus(Duration::from_secs(seconds));
        for (seconds, expected) in
            [(0, true), (0, true), (0, true), (0, false), (19, false), (20, true), (20, false), (200, true)]
        {
            assert_eq!(bucket.admits(at(seconds), 3), expected, "{seconds}");
        }
        assert!((0..100).all(|_| Bucket::default().admits(start, 0)));
    }
}
