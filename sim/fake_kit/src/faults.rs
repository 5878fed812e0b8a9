//! Answers that go wrong on purpose: rules, and which of them takes a call.
//!
//! - [`kinds`]: what can go wrong, one block each.
//! - [`rule`]: a rule as it is written.
//! - [`late`]: requests that are still on their way.

pub mod kinds;
pub mod late;
pub mod rule;

use crate::ids::mixed;
pub use kinds::{KINDS, Kind, Place};
pub use late::{Held, Late};
pub use rule::BadRule;
use standin_model::Instant;
use std::fmt;
use std::time::Duration;

/// What goes wrong with a call that a rule takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// The platform answers with its own error of this code, and does nothing.
    Code(u32),
    /// A proxy answers with this HTTP status and a page of HTML; the platform never sees the call.
    Http(u16),
    /// The connection ends before the platform sees the call.
    CutBefore,
    /// The platform does the work, and the connection ends before the answer arrives.
    CutAfter,
    /// The answer arrives without its second half.
    Truncated,
    /// The platform does the work at once, and the answer takes this long.
    Late(Duration),
    /// The answer arrives with so many bytes in a second.
    Slow(u64),
    /// The platform is sent the request twice, and the caller hears one of the answers.
    Twice(Heard),
    /// All clocks go forward by this while the request is on its way.
    Jump(Duration),
    /// The caller hears nothing, and the request arrives after the next of its name, or after this time.
    Overtaken(Duration),
    /// The connection of a transfer ends after so many bytes.
    BreakAfter(u64),
    /// There is no room for more than so many bytes of a file.
    FullAfter(u64),
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |span: &Duration| format!("{} s", span.as_secs_f64());
        match self {
            Self::Code(code) => write!(f, "error {code}"),
            Self::Http(status) => write!(f, "HTTP {status}"),
            Self::CutBefore => f.write_str("the connection ends before the call arrives"),
            Self::CutAfter => f.write_str("the connection ends before the answer arrives"),
            Self::Truncated => f.write_str("half an answer"),
            Self::Late(span) => write!(f, "an answer after {}", seconds(span)),
            Self::Slow(rate) => write!(f, "{rate} bytes a second"),
            Self::Twice(Heard::First) => f.write_str("the request arrives twice, the first answer is heard"),
            Self::Twice(Heard::Last) => f.write_str("the request arrives twice, the last answer is heard"),
            Self::Jump(span) => write!(f, "the clock jumps by {}", seconds(span)),
            Self::Overtaken(span) => {
                write!(f, "the request is overtaken, or arrives after {}", seconds(span))
            }
            Self::BreakAfter(bytes) => write!(f, "breaks after {bytes} bytes"),
            Self::FullAfter(bytes) => write!(f, "the disk is full after {bytes} bytes"),
        }
    }
}

/// Which of two answers arrives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard {
    /// That to the request which came first.
    First,
    /// That to its copy.
    Last,
}

/// All of it: what [`Fault::chance`] is out of.
pub const CERTAIN: u32 = 1_000_000;

/// One rule. Rules are consulted in order and the first that takes a call decides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The platform, `gigya`, or `*`.
    pub platform: String,
    /// The call's name, or a part of it, or `*`.
    pub call: String,
    /// A part of the path that is asked for; every path has the empty one.
    pub path: String,
    /// How many matching calls pass first.
    pub skip: u32,
    /// How many matching calls go wrong after that; nobody counts without it.
    pub times: Option<u32>,
    /// Only each so-many-th call that is not skipped goes wrong.
    pub every: u32,
    /// Since when the rule counts.
    pub from: Option<Instant>,
    /// Before when the rule counts.
    pub until: Option<Instant>,
    /// How likely a call goes wrong, in millionths.
    pub chance: u32,
    /// What goes wrong.
    pub effect: Effect,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.platform, self.call, self.effect)
    }
}

impl Fault {
    /// A rule that takes the next call of this kind.
    pub fn next(platform: &str, call: &str, effect: Effect) -> Self {
        let (platform, call) = (platform.to_owned(), call.to_owned());
        let (path, from, until) = (String::new(), None, None);
        Self { platform, call, path, skip: 0, times: Some(1), every: 1, from, until, chance: CERTAIN, effect }
    }

    /// Whether it takes calls of this kind at this time.
    fn means(&self, now: Instant, asked: &Asked<'_>) -> bool {
        (self.platform == "*" || self.platform == asked.platform)
            && (self.call == "*" || asked.call.contains(self.call.as_str()))
            && asked.path.contains(self.path.as_str())
            && self.from.is_none_or(|from| from <= now)
            && self.until.is_none_or(|until| now < until)
    }
}

/// A call that a rule may take.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Where it goes.
    pub platform: &'a str,
    /// Its name.
    pub call: &'a str,
    /// The path that is asked for.
    pub path: &'a str,
}

/// A rule, and where it stands.
#[derive(Clone, Debug)]
struct Armed {
    rule: Fault,
    /// Calls that were not skipped.
    seen: u32,
    /// From here the next draw goes on.
    chance: u64,
}

/// How many rules there may be at a time.
pub const MOST: usize = 1_000;

/// There are [`MOST`] rules already.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there are {MOST} faults already")]
pub struct TooMany;

/// Rules in order, used up as calls match them. The same seed draws the same.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    seed: u64,
    added: u64,
    rules: Vec<Armed>,
    /// What rules have left on its way; it arrives even when the rules are gone.
    pub late: Late,
}

impl Faults {
    /// No rules yet; chance starts from `seed`.
    pub fn seeded(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// Adds a rule after the others.
    pub fn add(&mut self, rule: Fault) -> Result<(), TooMany> {
        self.rules.retain(|armed| armed.rule.times != Some(0));
        if self.rules.len() >= MOST {
            return Err(TooMany);
        }
        self.added += 1;
        let chance = mixed(self.seed, &format!("fault {}", self.added));
        self.rules.push(Armed { rule, seen: 0, chance });
        Ok(())
    }

    /// Forgets the rules whose time is over.
    pub fn outlive(&mut self, now: Instant) {
        self.rules.retain(|armed| armed.rule.until.is_none_or(|until| now < until));
    }

    /// Takes all rules away.
    pub fn clear(&mut self) {
        self.rules.clear();
    }

    /// The rules that are not used up, in order.
    pub fn rules(&self) -> impl Iterator<Item = &Fault> {
        self.rules.iter().map(|armed| &armed.rule).filter(|rule| rule.times != Some(0))
    }

    /// What goes wrong with this call, if anything does.
    pub fn consult(&mut self, now: Instant, asked: &Asked<'_>) -> Option<Effect> {
        for Armed { rule, seen, chance } in &mut self.rules {
            if rule.times == Some(0) || !rule.means(now, asked) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                return None;
            }
            *seen = seen.wrapping_add(1);
            // What such a rule lets pass is free for the next one: several may be likely at the same time.
            if !seen.is_multiple_of(rule.every.max(1)) || !drawn(chance, rule.chance) {
                continue;
            }
            rule.times = rule.times.map(|times| times - 1);
            return Some(rule.effect.clone());
        }
        None
    }
}

fn drawn(state: &mut u64, chance: u32) -> bool {
    if chance >= CERTAIN {
        return true;
    }
    let mut rng = fastrand::Rng::with_seed(*state);
    let hit = rng.u32(..CERTAIN) < chance;
    *state = rng.get_seed();
    hit
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: Asked<'_> = Asked { platform: "gigya", call: "accounts.search", path: "/accounts.search" };

    fn hits(rule: Fault, seed: u64, calls: i64) -> Vec<i64> {
        let mut faults = Faults::seeded(seed);
        faults.add(rule).unwrap();
        let at = |call| Instant::START.plus(Duration::from_secs(60 * u64::try_from(call).unwrap()));
        (0..calls).filter(|call| faults.consult(at(*call), &CALL).is_some()).collect()
    }

    fn rule() -> Fault {
        Fault::next("gigya", "search", Effect::Code(500_001))
    }

    #[test]
    fn rules_count() {
        let minute = |minute: u64| Some(Instant::START.plus(Duration::from_secs(60 * minute)));
        for (rule, expected) in [
            (Fault { skip: 1, ..rule() }, vec![1]),
            (Fault { times: Some(3), ..rule() }, vec![0, 1, 2]),
            (Fault { every: 3, times: None, ..rule() }, vec![2, 5, 8]),
            (Fault { every: 2, times: Some(2), skip: 3, ..rule() }, vec![4, 6]),
            (Fault { from: minute(4), until: minute(6), times: None, ..rule() }, vec![4, 5]),
            (Fault { from: minute(4), ..rule() }, vec![4]),
            (Fault { chance: 0, times: None, ..rule() }, vec![]),
            (Fault { platform: "eloqua".to_owned(), ..rule() }, vec![]),
            (Fault { call: "*".to_owned(), path: "accounts".to_owned(), ..rule() }, vec![0]),
            (Fault { path: "/ds.".to_owned(), ..rule() }, vec![]),
        ] {
            assert_eq!(hits(rule.clone(), 1, 9), expected, "{rule:?}");
        }
    }

    /// Half of a thousand, give or take four standard deviations of 16.
    #[test]
    fn chance_comes_from_the_seed() {
        let likely = || Fault { chance: CERTAIN / 2, times: None, ..rule() };
        let once = hits(likely(), 1, 1_000);
        assert_eq!(once, hits(likely(), 1, 1_000));
        assert_ne!(once, hits(likely(), 2, 1_000));
        assert!((436..=564).contains(&once.len()), "{}", once.len());
    }

    #[test]
    fn the_first_that_takes_a_call_decides() {
        let mut faults = Faults::default();
        faults.add(Fault { chance: 0, times: None, ..rule() }).unwrap();
        faults.add(Fault { effect: Effect::CutAfter, ..rule() }).unwrap();
        faults.add(Fault { effect: Effect::Http(502), ..rule() }).unwrap();
        let mut seen = || faults.consult(Instant::START, &CALL);
        assert_eq!([seen(), seen(), seen()], [Some(Effect::CutAfter), Some(Effect::Http(502)), None]);
        assert_eq!(faults.rules().count(), 1);
        faults.clear();
        let end = Instant::START.plus(Duration::from_secs(60));
        (0..MOST).for_each(|_| faults.add(Fault { until: Some(end), ..rule() }).unwrap());
        assert_eq!(faults.add(rule()), Err(TooMany));
        faults.outlive(Instant::START);
        assert_eq!(faults.add(rule()), Err(TooMany));
        faults.outlive(end);
        assert_eq!((faults.add(rule()), faults.rules().count()), (Ok(()), 1));
    }
}
