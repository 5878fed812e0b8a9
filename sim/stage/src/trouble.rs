//! What becomes of a call that a rule takes, and of requests that arrive late.

use crate::parts::Parts;
use crate::surface::{ACTOR, Begun, Platform, locked};
use standin_fake_kit::answer;
use standin_fake_kit::faults::late::PATIENCE;
use standin_fake_kit::faults::{Effect, Fault, Heard, Held, TooMany};
use standin_ports::http::{Halved, Waits, host_of};
use standin_ports::{Clock, Http, HttpError, Request, Response};
use standin_wire::HttpClient;
use std::sync::Weak;
use std::time::Duration;

/// What a cut connection looks like from the caller's end, in the words of the client of `standin-wire`: it
/// cannot tell whether the platform saw the call, and the journal is the same on both transports.
const CUT: &str = "connection closed before message completed";

/// The same of a connection that ends within the body of an answer.
const HALF: &str = "end of file before message length reached";

/// A call that a rule takes.
pub(crate) struct Taken<'a> {
    pub(crate) platform: Platform,
    pub(crate) name: &'a str,
    pub(crate) effect: Effect,
}

impl Parts {
    /// Adds a rule after the others; one about the drop goes there.
    pub fn add_fault(&self, rule: Fault) -> Result<(), TooMany> {
        let now = self.clock.now();
        match rule.platform.as_str() {
            "sftp" => {
                let mut files = locked(&self.files);
                files.outlive_faults(now);
                files.add_fault(rule)
            }
            _ => {
                let mut faults = locked(&self.faults);
                faults.outlive(now);
                faults.add(rule)
            }
        }
    }

    /// The rules that are not used up, nor over: about calls, then about the drop.
    pub fn fault_rules(&self) -> Vec<Fault> {
        let now = self.clock.now();
        let mut rules: Vec<Fault> = locked(&self.faults).rules().cloned().collect();
        rules.extend(locked(&self.files).faults().cloned());
        rules.retain(|rule| rule.until.is_none_or(|until| now < until));
        rules
    }

    /// Takes all rules away. What is on its way arrives nevertheless.
    pub fn clear_faults(&self) {
        locked(&self.faults).clear();
        locked(&self.files).clear_faults();
    }

    /// What the caller hears. The crossing is that of the call; a copy has one of its own.
    pub(crate) async fn taken(
        &self,
        taken: Taken<'_>,
        crossing: Begun,
        request: Request,
    ) -> Result<Response, HttpError> {
        let Taken { platform, name, effect } = taken;
        let (now, host, ours) = (self.clock.now(), host_of(&request), self.lives_by_our_clock(&request));
        let cut = || HttpError::Broken { host: host.clone(), why: CUT.to_owned() };
        let result = match effect {
            Effect::CutBefore => Err(cut()),
            Effect::Http(status) => {
                Ok(answer::html(status, format!("<html><body><h1>{status}</h1></body></html>")))
            }
            Effect::Code(code) => Ok(self.refuse(platform, now, &request, code)),
            Effect::CutAfter => {
                drop(self.handle(platform, now, request).await);
                Err(cut())
            }
            Effect::Truncated => {
                // At the front somebody else is behind a socket and yet near.
                let near = is_ours(&request) && request.extensions().get::<Near>().is_some();
                let half = halved(self.handle(platform, now, request).await);
                if near && half.extensions().get::<Halved>().is_some() {
                    crossing.end(self, Some(&half));
                    return Err(HttpError::Broken { host, why: HALF.to_owned() });
                }
                Ok(half)
            }
            Effect::Late(span) => {
                let response = self.handle(platform, now, request).await;
                self.waited(&host, ours, response, Waits { before: span, bytes_per_second: None })
            }
            Effect::Slow(rate) => {
                let response = self.handle(platform, now, request).await;
                let waits = Waits { before: Duration::ZERO, bytes_per_second: Some(rate) };
                self.waited(&host, ours, response, waits)
            }
            Effect::Twice(heard) => {
                let first = self.handle(platform, now, request.clone()).await;
                let again = Begun::of(platform, &request, name.to_owned().into());
                crossing.end(self, Some(&first));
                let last = self.handle(platform, self.clock.now(), request).await;
                again.end(self, Some(&last));
                return Ok(if heard == Heard::First { first } else { last });
            }
            Effect::Jump(span) => {
                self.clock.reach(now.plus(span));
                Ok(self.handle(platform, self.clock.now(), request).await)
            }
            Effect::Overtaken(span) => {
                let (due, call) = (now.plus(span), name.to_owned());
                locked(&self.faults).late.hold(Held { platform: platform.name(), call, due, request });
                if ours { Err(self.gave_up(&host)) } else { Err(cut()) }
            }
            // Rules of these kinds go to the drop.
            Effect::BreakAfter(_) | Effect::FullAfter(_) => Ok(self.handle(platform, now, request).await),
        };
        crossing.end(self, result.as_ref().ok());
        result
    }

    /// Whether a caller's time is the world's. A browser and a client of somebody else's wait for real, and so does
    /// everybody on a socket where time passes by itself.
    fn lives_by_our_clock(&self, request: &Request) -> bool {
        is_ours(request) && (!self.clock.follows() || request.extensions().get::<Near>().is_some())
    }

    fn waited(
        &self,
        host: &str,
        ours: bool,
        mut response: Response,
        waits: Waits,
    ) -> Result<Response, HttpError> {
        if !ours {
            response.extensions_mut().insert(waits);
            return Ok(response);
        }
        let span = waits.before + waits.for_body(response.body().len());
        if span >= PATIENCE {
            return Err(self.gave_up(host));
        }
        self.clock.reach(self.clock.now().plus(span));
        Ok(response)
    }

    fn gave_up(&self, host: &str) -> HttpError {
        self.clock.reach(self.clock.now().plus(PATIENCE));
        locked(&self.faults).late.give_up(host.to_owned());
        HttpError::Timeout { host: host.to_owned() }
    }

    /// Lets those arrive that a call has overtaken.
    pub(crate) async fn overtaken(&self, platform: Platform, name: &str) {
        loop {
            let held = locked(&self.faults).late.take_overtaken(platform.name(), name);
            let Some(held) = held else { return };
            self.arrive(held).await;
        }
    }

    /// Lets a request arrive that nobody waits for any more.
    pub(crate) async fn arrive(&self, held: Held) {
        let Held { platform, call, request, .. } = held;
        let Some(platform) = Platform::ALL.into_iter().find(|one| one.name() == platform) else { return };
        self.note(&format!("a request that {} was sent before arrives: {call}", platform.name()));
        let crossing = Begun::of(platform, &request, call.into());
        let answer = self.handle(platform, self.clock.now(), request).await;
        crossing.end(self, Some(&answer));
    }
}

/// Whether one of our own clients calls, and no browser.
fn is_ours(request: &Request) -> bool {
    request.headers().get(ACTOR).is_some_and(|actor| actor != "browser")
}

/// The answer without its second half; one without a body has no half.
fn halved(mut response: Response) -> Response {
    let whole = response.body().len();
    if whole > 0 {
        response.extensions_mut().insert(Halved(whole));
    }
    response.map(|body| body.slice(..whole / 2))
}

/// In the extensions of a request: no socket lies between caller and platform.
#[derive(Clone, Copy)]
pub(crate) struct Near;

/// Our own side's client on the wire. Where time stands still nobody waits for real: who has given up hears it here.
pub(crate) struct Patient {
    pub(crate) client: HttpClient,
    pub(crate) parts: Weak<Parts>,
}

#[async_trait::async_trait]
impl Http for Patient {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let sent = self.client.send(request).await;
        if let Err(HttpError::Broken { host, .. }) = &sent
            && self.parts.upgrade().is_some_and(|parts| locked(&parts.faults).late.gave_up(host))
        {
            return Err(HttpError::Timeout { host: host.clone() });
        }
        sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Transport, World, WorldSpec};
    use serde_json::{Value, json};
    use standin_clients::gigya::GigyaError;
    use standin_fake_kit::faults::{KINDS, Place};
    use std::collections::BTreeSet;

    const SET: &str = "accounts.setAccountInfo";

    fn world(transport: Transport) -> World {
        let mut spec = WorldSpec::default();
        spec.sections.insert("gigya".into(), json!({ "accounts": [{ "UID": "ann" }] }));
        World::open(&spec, transport).unwrap()
    }

    /// What a caller hears who writes a city.
    fn write(world: &World, city: &str) -> String {
        let profile = json!({ "city": city }).to_string();
        match world.gigya(SET, &[("UID", "ann"), ("profile", &profile)]) {
            Ok(_) => "ok".to_owned(),
            Err(GigyaError::Api { code, .. }) => format!("error {code}"),
            Err(GigyaError::NotJson { status, .. }) => format!("status {status}"),
            Err(GigyaError::Transport(HttpError::Timeout { .. })) => "timeout".to_owned(),
            Err(GigyaError::Transport(HttpError::Broken { .. })) => "cut".to_owned(),
            Err(other) => other.to_string(),
        }
    }

    fn city(world: &World) -> Value {
        world.account("ann").unwrap()["profile"]["city"].clone()
    }

    #[test]
    fn every_kind_of_fault_does_what_it_says() {
        let (written, not) = (json!("Diest"), Value::Null);
        // What is heard, what is in the account by then, how many seconds have passed, how many crossings there were.
        let table = [
            (json!({"code": 500_001}), "error 500001", &not, 0, 1),
            (json!({"http": 502}), "status 502", &not, 0, 1),
            (json!({"cut": "before"}), "cut", &not, 0, 1),
            (json!({"cut": "after"}), "cut", &written, 0, 1),
            (json!({"cut": "half"}), "cut", &written, 0, 1),
            (json!({"delay": "3s"}), "ok", &written, 3, 1),
            (json!({"delay": "12s"}), "timeout", &written, 10, 1),
            (json!({"bytes_per_second": 1}), "timeout", &written, 10, 1),
            (json!({"twice": "first"}), "ok", &written, 0, 2),
            (json!({"twice": "last"}), "ok", &written, 0, 2),
            (json!({"clock_jump": "1min"}), "ok", &written, 60, 1),
            (json!({"overtaken": "1min"}), "timeout", &not, 10, 1),
        ];
        let mut seen = BTreeSet::new();
        for (mut rule, heard, in_account, seconds, crossings) in table {
            seen.extend(rule.as_object().unwrap().keys().cloned());
            (rule["platform"], rule["call"]) = (json!("gigya"), json!(SET));
            let told = [Transport::Memory, Transport::Wire].map(|transport| {
                let world = world(transport);
                world.fault(&rule).unwrap();
                let start = world.now();
                assert_eq!(write(&world, "Diest"), heard, "{rule} {transport:?}");
                assert_eq!(&city(&world), in_account, "{rule}");
                assert_eq!(world.now(), start.plus(Duration::from_secs(seconds)), "{rule}");
                let counted = world.parts().journal.count_calls(0, |_, to, _| to == "gigya");
                assert_eq!(counted, Some(crossings), "{rule}");
                // It strikes once.
                assert_eq!(write(&world, "Gent"), "ok", "{rule}");
                world.journal()
            });
            assert_eq!(told[0], told[1], "{rule}");
        }
        let known = KINDS.iter().filter(|kind| kind.place == Place::Calls).map(|kind| kind.name.to_owned());
        assert_eq!(seen, known.collect::<BTreeSet<_>>());
    }

    /// The words, too: they stand in journals.
    #[test]
    fn half_an_answer_is_a_broken_connection_on_both_transports() {
        for transport in [Transport::Memory, Transport::Wire] {
            let world = world(transport);
            world.fault(&json!({"platform": "gigya", "call": SET, "cut": "half"})).unwrap();
            let heard = world.gigya(SET, &[("UID", "ann"), ("profile", "{}")]).unwrap_err();
            let GigyaError::Transport(HttpError::Broken { why, .. }) = heard else { panic!("{heard:?}") };
            assert_eq!(why, HALF, "{transport:?}");
        }
    }

    #[test]
    fn what_is_asked_elsewhere_uses_no_rule_up() {
        let world = world(Transport::Memory);
        world.fault(&json!({"platform": "gigya", "code": 500_001})).unwrap();
        // Nobody listens on this port.
        world.replace(Platform::Gigya, World::outside(Some("http://127.0.0.1:1")).unwrap());
        assert_ne!(write(&world, "Diest"), "error 500001");
        assert_eq!(world.parts().fault_rules().len(), 1);
    }

    #[test]
    fn rules_are_told_until_they_are_used_up_or_taken_away() {
        let world = world(Transport::Memory);
        let told = || world.parts().fault_rules().iter().map(ToString::to_string).collect::<Vec<_>>();
        world.fault(&json!({"platform": "sftp", "full_after": 20, "from": "1h"})).unwrap();
        world.fault(&json!({"platform": "gigya", "call": SET, "http": 502})).unwrap();
        let [http, full] =
            ["gigya accounts.setAccountInfo: HTTP 502", "sftp write: the disk is full after 20 bytes"];
        assert_eq!(told(), [http, full]);
        assert_eq!(write(&world, "Diest"), "status 502");
        assert_eq!(told(), [full]);
        world.clear_faults();
        assert!(told().is_empty());
    }

    /// The first comes after the second, and counts; without a second it comes when its time is over.
    #[test]
    fn two_requests_change_places() {
        for (second, last) in [(Some("Gent"), "Diest"), (None, "Diest")] {
            let world = world(Transport::Memory);
            world.fault(&json!({"platform": "gigya", "call": SET, "overtaken": "1min"})).unwrap();
            assert_eq!(write(&world, "Diest"), "timeout");
            world.clear_faults();
            if let Some(second) = second {
                assert_eq!(write(&world, second), "ok");
            } else {
                world.advance(Duration::from_secs(49));
                assert_eq!(city(&world), Value::Null);
                world.advance(Duration::from_secs(1));
            }
            assert_eq!(city(&world), last);
        }
    }
}
