//! The evidence of every behaviour on the stage, read from the lists that define them.

use standin_fake_eloqua::Eloqua;
use standin_fake_qualifio::Qualifio;
use standin_model::Evidence;

/// One line of the ledger.
#[derive(Clone, Debug)]
pub struct Line {
    /// What kind of thing: `gigya`, `qualifio`, `eloqua`, `component`, `rule`, `fault`, `knob`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// What it is.
    pub summary: String,
    /// How we know.
    pub evidence: Evidence,
}

/// Every endpoint, component, rule, kind of fault and knob with its evidence.
pub fn ledger() -> Vec<Line> {
    let mut lines = Vec::new();
    for (kind, endpoints) in [
        ("gigya", standin_fake_gigya::endpoints()),
        ("qualifio", Qualifio::endpoints()),
        ("eloqua", Eloqua::endpoints()),
    ] {
        lines.extend(endpoints.into_iter().map(|endpoint| Line {
            kind,
            name: endpoint.name.to_owned(),
            summary: endpoint.summary.to_owned(),
            evidence: endpoint.evidence,
        }));
    }
    lines.extend(standin_dataflow::COMPONENTS.iter().chain(standin_dataflow::ELSEWHERE).map(|component| {
        Line {
            kind: "component",
            name: component.kind.to_owned(),
            summary: component.summary.to_owned(),
            evidence: component.evidence,
        }
    }));
    lines.extend(standin_push::RULES.iter().map(|rule| Line {
        kind: "rule",
        name: format!("{} {}", rule.number, rule.name),
        summary: rule.path.to_owned(),
        evidence: rule.evidence,
    }));
    lines.extend(standin_fake_kit::faults::KINDS.iter().map(|kind| Line {
        kind: "fault",
        name: kind.name.to_owned(),
        summary: kind.summary.to_owned(),
        evidence: kind.evidence,
    }));
    lines.extend(standin_stage::world::knobs().into_iter().map(|knob| Line {
        kind: "knob",
        name: knob.name.to_owned(),
        summary: knob.summary.to_owned(),
        evidence: knob.evidence,
    }));
    lines
}
