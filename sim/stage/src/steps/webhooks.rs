//! What Gigya and Qualifio tell others by themselves.

use crate::receiver::Received;
use crate::step::{Miss, Step, Takes, needed, optional, unmet};
use crate::surface::locked;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

/// What webhooks brought.
pub const EXPECT_WEBHOOKS: Step = Step {
    name: "expect_webhooks",
    summary: "holds the events and participations that the customer's receiver got since the last expectation, in their order",
    args: &[
        needed("events", "the events; members that are not named do not matter").of_absence(),
        optional("any_order", "true: the order in which they came does not matter").takes(Takes::Flag),
        optional(
            "signed_with",
            "the secret whose HMAC-SHA256 every delivery carries in X-Qualifio-Signature",
        ),
        optional("header", "a header that every delivery carries, such as `Authorization: Bearer abc`"),
    ],
    alone: Some("events"),
    open: false,
    example: "expect_webhooks: { events: [{ type: accountUpdated, data: { uid: ann } }] }",
    run: |run, args| {
        let expected = args.json("events")?.unwrap_or_default();
        let deliveries = locked(&run.world.parts().receiver).take_new();
        if let Some(secret) = args.text("signed_with")? {
            check_signatures(&deliveries, secret)?;
        }
        if let Some(header) = args.text("header")? {
            check_header(&deliveries, header)?;
        }
        let mut events: Vec<Value> = deliveries.into_iter().flat_map(|delivery| delivery.events).collect();
        if args.flag("any_order")?.unwrap_or(false) {
            events = sorted(&expected, events);
        }
        let count = events.len();
        run.hold(args.need("events")?, &expected, &Value::Array(events), "the events")?;
        Ok(format!("{count} events"))
    },
};

/// As a receiver would that knows the secret.
fn check_signatures(deliveries: &[Received], secret: &str) -> Result<(), Miss> {
    for delivery in deliveries {
        let carried = delivery.headers.get("x-qualifio-signature").and_then(|value| value.to_str().ok());
        let given = carried.and_then(|value| value.strip_prefix("sha256=")).unwrap_or_default();
        let digits = given.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
        let bytes = digits.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect::<Option<Vec<u8>>>();
        let key = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
        let verified = key.is_ok_and(|mac| {
            mac.chain_update(&delivery.body).verify_slice(&bytes.unwrap_or_default()).is_ok()
        });
        if !verified {
            return Err(unmet(format!("the delivery to {} is not signed with this secret", delivery.url)));
        }
    }
    Ok(())
}

fn check_header(deliveries: &[Received], header: &str) -> Result<(), Miss> {
    let (name, value) = header.split_once(':').unwrap_or((header, ""));
    for delivery in deliveries {
        if delivery.headers.get(name.trim()).is_none_or(|carried| carried != value.trim()) {
            return Err(unmet(format!("the delivery to {} does not carry this {name}", delivery.url)));
        }
    }
    Ok(())
}

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
