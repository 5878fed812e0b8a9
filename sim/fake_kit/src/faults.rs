//! Answers that go wrong on purpose.

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
}

/// One rule. Rules are consulted in order and the first that takes a call decides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The platform, `gigya`, or `*`.
    pub platform: String,
    /// The call's name, or a part of it, or `*`.
    pub call: String,
    /// How many matching calls pass first.
    pub skip: u32,
    /// How many matching calls go wrong after that.
    pub times: u32,
    /// What goes wrong.
    pub effect: Effect,
}

/// Rules in order, used up as calls match them.
#[derive(Clone, Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Adds a rule after the others.
    pub fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// Takes all rules away.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// What goes wrong with this call, if anything does.
    pub fn consult(&mut self, platform: &str, call: &str) -> Option<Effect> {
        for rule in &mut self.0 {
            let meant = (rule.platform == "*" || rule.platform == platform)
                && (rule.call == "*" || call.contains(rule.call.as_str()));
            if !meant || rule.times == 0 {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                return None;
            }
            rule.times -= 1;
            return Some(rule.effect.clone());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipped_then_used_up() {
        let mut faults = Faults::default();
        faults.add(Fault {
            platform: "gigya".into(),
            call: "accounts.search".into(),
            skip: 1,
            times: 1,
            effect: Effect::Code(500_001),
        });
        let seen: Vec<_> = (0..3).map(|_| faults.consult("gigya", "accounts.search")).collect();
        assert_eq!(seen, [None, Some(Effect::Code(500_001)), None]);
        assert_eq!(faults.consult("eloqua", "accounts.search"), None);
    }
}
