//! What Gigya tells others by itself.

use crate::step::{Step, Takes, needed, optional};
use crate::surface::locked;
use serde_json::Value;

/// What webhooks brought.
pub const EXPECT_WEBHOOKS: Step = Step {
    name: "expect_webhooks",
    summary: "holds the events that the customer's receiver got since the last expectation, in their order",
    args: &[
        needed("events", "the events; members that are not named do not matter"),
        optional("any_order", "true: the order in which they came does not matter").takes(Takes::Flag),
    ],
    alone: Some("events"),
    open: false,
    example: "expect_webhooks: { events: [{ type: accountUpdated, data: { uid: ann } }] }",
    run: |run, args| {
        let expected = args.json("events")?.unwrap_or_default();
        let mut events = locked(&run.world.parts().receiver).take_events();
        if args.flag("any_order")?.unwrap_or(false) {
            events = sorted(&expected, events);
        }
        let count = events.len();
        run.hold(args.need("events")?, &expected, &Value::Array(events), "the events")?;
        Ok(format!("{count} events"))
    },
};

/// The events in the order of the expected ones that they match; those that match none come last.
fn sorted(expected: &Value, mut events: Vec<Value>) -> Vec<Value> {
    let mut out = Vec::new();
    for wanted in expected.as_array().into_iter().flatten() {
        if let Some(at) = events.iter().position(|event| crate::compare::compare(wanted, event).is_ok()) {
            out.push(events.remove(at));
        }
    }
    out.extend(events);
    out
}
