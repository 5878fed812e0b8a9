//! Addresses from which too many logins failed.

use crate::call::Call;
use crate::envelope::Refusal;
use crate::expiring::Expiring;
use crate::gigya::Gigya;
use standin_model::Instant;
use std::time::Duration;

/// How many addresses are watched, and how many are locked; the first to end go first.
const MOST: usize = 100_000;
/// The highest threshold, so many failures of one address being counted.
const MOST_FAILURES: u64 = 1_000;
/// In what time failures are counted. An address without a time of its own is locked for as long.
const HOUR: Duration = Duration::from_secs(3600);

/// What is known about addresses, by home site and address.
#[derive(Clone, Debug)]
pub(crate) struct Attempts {
    failures: Expiring<Vec<Instant>>,
    locked: Expiring<()>,
}

impl Default for Attempts {
    fn default() -> Self {
        Self { failures: Expiring::at_most(MOST), locked: Expiring::at_most(MOST) }
    }
}

fn key(call: &Call, address: &str) -> String {
    format!("{}\n{address}", call.site.home())
}

impl Attempts {
    pub(crate) fn expire(&mut self, now: Instant) {
        self.failures.expire(now);
        self.locked.expire(now);
    }
}

impl Gigya {
    /// Refuses a login from a locked address.
    pub(crate) fn check_address(&self, call: &Call) -> Result<(), Refusal> {
        let locked = self.attempts.locked.get(call.now, &key(call, &call.address)).is_some();
        if locked { Err(Refusal::new(403_120)) } else { Ok(()) }
    }

    /// Counts a failed login against its address.
    pub(crate) fn login_failed(&mut self, call: &Call) {
        let path = ["ipLockout", "hourlyFailedLoginThreshold"];
        let threshold = call.site.policy_number("security", &path, 0).min(MOST_FAILURES);
        if threshold == 0 {
            return;
        }
        let key = key(call, &call.address);
        let mut failures = self.attempts.failures.remove(&key).unwrap_or_default();
        failures.retain(|at| at.plus(HOUR) > call.now);
        failures.push(call.now);
        if u64::try_from(failures.len()).unwrap_or(u64::MAX) >= threshold {
            self.lock_address(call, &call.address);
        } else {
            self.attempts.failures.insert(call.now.plus(HOUR), key, failures);
        }
    }

    /// Locks an address for as long as the site's policy says.
    pub(crate) fn lock_address(&mut self, call: &Call, address: &str) {
        let seconds = call.site.policy_number("security", &["ipLockout", "lockoutTimeSec"], 0);
        let lasts = if seconds == 0 { HOUR } else { Duration::from_secs(seconds) };
        self.attempts.locked.insert(call.now.plus(lasts), key(call, address), ());
    }

    /// Opens a locked address and forgets its failed logins.
    pub(crate) fn unlock_address(&mut self, call: &Call, address: &str) {
        let key = key(call, address);
        self.attempts.locked.remove(&key);
        self.attempts.failures.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use crate::DEFAULT_API_KEY;
    use crate::testing::*;
    use serde_json::json;

    fn bench(policy: &serde_json::Value) -> Bench {
        Bench::seeded(&json!({
            "sites": [{"policies": {"security": {"ipLockout": policy}}}],
            "accounts": [{"UID": "ann", "password": "secret1", "profile": {"email": "ann@example.org"}}],
        }))
    }

    fn login(bench: &mut Bench, address: &str, id: &str, password: &str) -> u64 {
        let params = [("apiKey", DEFAULT_API_KEY), ("loginID", id), ("password", password)];
        let mut request = post("accounts.login", &params);
        request.headers_mut().insert("x-forwarded-for", address.parse().unwrap());
        body(&bench.send(request))["errorCode"].as_u64().unwrap()
    }

    #[test]
    fn an_address_is_locked_after_failures_in_an_hour() {
        let mut bench = bench(&json!({"hourlyFailedLoginThreshold": 2, "lockoutTimeSec": 60}));
        let (one, other) = ("10.0.0.1", "10.0.0.2");
        assert_eq!(login(&mut bench, one, "nobody@example.org", "x"), 403_042);
        assert_eq!(login(&mut bench, one, "ann@example.org", "secret1"), 0, "a success forgets nothing");
        assert_eq!(login(&mut bench, one, "ann@example.org", "x"), 403_042);
        assert_eq!(login(&mut bench, one, "ann@example.org", "secret1"), 403_120);
        assert_eq!(login(&mut bench, other, "ann@example.org", "secret1"), 0);
        bench.wait(59_999);
        assert_eq!(login(&mut bench, one, "ann@example.org", "secret1"), 403_120);
        bench.wait(1);
        assert_eq!(login(&mut bench, one, "ann@example.org", "secret1"), 0);
        assert_eq!(login(&mut bench, one, "ann@example.org", "x"), 403_042, "counting starts anew");
        bench.wait(3_600_000);
        assert_eq!(login(&mut bench, one, "ann@example.org", "x"), 403_042, "an hour later");
        assert_eq!(login(&mut bench, one, "ann@example.org", "secret1"), 0);
    }

    #[test]
    fn a_server_locks_and_unlocks_addresses() {
        let mut bench = bench(&json!({"lockoutTimeSec": 60}));
        let address = [("ip", "10.0.0.1")];
        assert_eq!(bench.code("accounts.rba.lock", &address), 0);
        assert_eq!(login(&mut bench, "10.0.0.1", "ann@example.org", "secret1"), 403_120);
        assert_eq!(bench.code("accounts.rba.unlock", &address), 0);
        assert_eq!(login(&mut bench, "10.0.0.1", "ann@example.org", "secret1"), 0);
        assert_eq!(bench.code("accounts.rba.lock", &[("ip", "ten")]), 400_006);
        assert_eq!(bench.code("accounts.rba.lock", &[("ip", "2001:DB8::1")]), 0);
        for (address, expected) in
            [("2001:db8:0::1", 403_120), ("[2001:db8::1]:443", 403_120), ("2001:db8::2", 0)]
        {
            assert_eq!(login(&mut bench, address, "ann@example.org", "secret1"), expected, "{address}");
        }
        assert_eq!(bench.code("accounts.rba.lock", &address), 0);
        assert_eq!(login(&mut bench, "::ffff:10.0.0.1", "ann@example.org", "secret1"), 403_120);
        assert_eq!(login(&mut bench, "10.0.0.1:5123", "ann@example.org", "secret1"), 403_120);
    }
}
