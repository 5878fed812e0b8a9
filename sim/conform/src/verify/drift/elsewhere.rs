//! The other platform in the world of one case.

use super::hindrance::{Reached, hindrance};
use super::made::{Made, remove_all};
use super::shape::{Difference, differences};
use super::*;
use bytes::Bytes;
use standin_ports::http::host_of;
use standin_ports::{Http, HttpError, Request, Response};
use standin_scenario::outcome::Verdict;
use standin_stage::World;
use standin_stage::partner::{Ended, Exchange, Session, System, Weighed};
use standin_stage::run::Run;
use standin_stage::runner::{Ready, run_passing};
use standin_stage::step::Unmet;
use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A platform that is somebody else's.
pub(super) struct Elsewhere {
    pub(super) platform: Platform,
    /// Where it is, if not at the vendor's own hosts.
    pub(super) base: Option<String>,
    /// What starts it here.
    pub(super) program: Option<Arc<Partner>>,
    /// The same case with our fake.
    pub(super) ours: Ready,
    /// What the names of this run begin with.
    pub(super) own: String,
    pub(super) may_write: bool,
    pub(super) secrets: Secrets,
    pub(super) stopped: Arc<AtomicBool>,
    pub(super) left: Arc<Mutex<Vec<String>>>,
    pub(super) wait: Arc<dyn Fn(Duration) + Send + Sync>,
}

impl System for Elsewhere {
    fn enter(&self, world: &World) -> Result<Box<dyn Session>, String> {
        let (ours, expected) = run_passing(&self.ours);
        let hindered = own_break(&ours.verdict);
        // Where there is nothing to compare with, nobody is asked.
        let program = self.program.as_ref().filter(|_| hindered.is_none());
        let program = program.map(|program| program.system.enter(world)).transpose()?;
        let made = Arc::new(Mutex::new(Made::new(self.platform, &self.own)));
        world.replace(
            self.platform,
            Arc::new(Way {
                http: World::outside(self.base.as_deref())?,
                may_write: self.may_write,
                secrets: self.secrets.clone(),
                made: Arc::clone(&made),
            }),
        );
        let place = match (&self.base, self.platform) {
            (Some(url), _) => url.clone(),
            (None, platform) => format!("the hosts of {}", platform.name()),
        };
        Ok(Box::new(Replaced {
            platform: self.platform,
            place,
            program,
            expected,
            made,
            hindered,
            reached: Reached::NotYet,
            stopped: Arc::clone(&self.stopped),
            left: Arc::clone(&self.left),
            wait: Arc::clone(&self.wait),
            patience: PATIENCE,
        }))
    }
}

/// What becomes of a case that our own fake does not hold: that is no mistake of the partner's.
fn own_break(ours: &Verdict) -> Option<Verdict> {
    let why = match ours {
        Verdict::Held => return None,
        Verdict::Failed(failure) => failure.message.as_str(),
        other => other.reason().unwrap_or_default(),
    };
    Some(Verdict::Broken(format!("the fake that is built in does not hold this itself: {why}")))
}

/// The way to it: nothing is written that may not be, and no answer tells a secret.
struct Way {
    http: Arc<dyn Http>,
    may_write: bool,
    secrets: Secrets,
    made: Arc<Mutex<Made>>,
}

#[async_trait::async_trait]
impl Http for Way {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        if !self.may_write && !reads(&request) {
            let why = "it would be written to".to_owned();
            return Err(HttpError::Unreachable { host: host_of(&request), why });
        }
        let answer = self.http.send(request.clone()).await.map(|answer| self.hidden(answer));
        self.made.lock().unwrap_or_else(PoisonError::into_inner).learn(&request, &answer);
        answer
    }
}

impl Way {
    fn hidden(&self, mut answer: Response) -> Response {
        let text = String::from_utf8_lossy(answer.body());
        if let Cow::Owned(hidden) = self.secrets.hidden(&text) {
            *answer.body_mut() = Bytes::from(hidden);
        }
        answer
    }
}

/// How long what was begun there may take to end.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long one wait for it is.
const MOMENT: Duration = Duration::from_millis(500);

/// Its stay in a world; a program that was started for it is ended with this.
struct Replaced {
    platform: Platform,
    /// Where it is, for a person.
    place: String,
    program: Option<Box<dyn Session>>,
    /// The calls of each step with our fake.
    expected: Vec<Vec<Exchange>>,
    made: Arc<Mutex<Made>>,
    /// Why there is nothing to compare with.
    hindered: Option<Verdict>,
    reached: Reached,
    stopped: Arc<AtomicBool>,
    left: Arc<Mutex<Vec<String>>>,
    wait: Arc<dyn Fn(Duration) + Send + Sync>,
    patience: Duration,
}

impl Session for Replaced {
    fn work(&mut self, _: &World, _: &[(&str, String)]) -> Result<Ended, String> {
        Err("a platform has nothing to do on demand".to_owned())
    }

    fn rest(&mut self, _: &World) -> bool {
        if self.patience.is_zero() || self.stopped.load(Ordering::SeqCst) {
            return false;
        }
        self.patience = self.patience.saturating_sub(MOMENT);
        (self.wait)(MOMENT);
        true
    }

    fn last_words(&mut self) -> Option<String> {
        self.program.as_mut().and_then(|program| program.last_words())
    }

    fn weigh(&mut self, step: usize, passed: &[Exchange]) -> Weighed {
        let mut weighed = Weighed::default();
        let expected = self.expected.get(step).map_or(&[][..], Vec::as_slice);
        for (ours, theirs) in expected.iter().zip(passed) {
            let call = call_of(self.platform, &theirs.request);
            weighed.built_on |= !reads(&theirs.request);
            let there = (self.platform, self.place.as_str());
            weighed.hindered =
                weighed.hindered.take().or_else(|| hindrance(there, &call, ours, theirs, self.reached));
            if !matches!(theirs.answer, Err(HttpError::Unreachable { .. })) {
                self.reached = Reached::Yes;
            }
            weighed.differences.extend(apart(ours, theirs).into_iter().map(|found| Unmet {
                message: format!("{call}: {} differs", found.place),
                expected: Some(found.ours),
                actual: Some(found.theirs),
                ..Unmet::default()
            }));
        }
        weighed
    }

    fn hindered(&mut self) -> Option<Verdict> {
        let stopped = || Verdict::Inconclusive("it was stopped".to_owned());
        self.hindered.clone().or_else(|| self.stopped.load(Ordering::SeqCst).then(stopped))
    }

    fn leave(&mut self, run: &Run<'_>) -> Vec<String> {
        let left = remove_all(&self.made, run);
        self.left.lock().unwrap_or_else(PoisonError::into_inner).extend(left.iter().cloned());
        left
    }
}

/// Where two calls went apart.
fn apart(ours: &Exchange, theirs: &Exchange) -> Vec<Difference> {
    match (&ours.answer, &theirs.answer) {
        (Ok(ours), Ok(theirs)) => differences(ours, theirs),
        (Ok(ours), Err(error @ (HttpError::Broken { .. } | HttpError::Timeout { .. }))) => {
            let place = "the answer".to_owned();
            let ours = format!("HTTP {}", ours.status().as_u16());
            vec![Difference { place, ours, theirs: error.to_string() }]
        }
        _ => Vec::new(),
    }
}

/// The platform's own name for a call, with what it is about.
fn call_of(platform: Platform, request: &Request) -> String {
    let path = request.uri().path();
    match platform {
        Platform::Gigya => path.trim_start_matches('/').to_owned(),
        _ => format!("{} {path}", request.method()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever reads exit codes must not look for the mistake in a file of the partner's.
    #[test]
    fn a_case_that_our_own_fake_does_not_hold_is_a_break_of_ours() {
        let told = |why: &str| {
            let why = format!("the fake that is built in does not hold this itself: {why}");
            Some(Verdict::Broken(why))
        };
        assert_eq!(own_break(&Verdict::Held), None);
        for ours in [Verdict::Miswritten, Verdict::Skipped, Verdict::Inconclusive, Verdict::Broken] {
            assert_eq!(own_break(&ours("no socket".to_owned())), told("no socket"));
        }
    }
}
