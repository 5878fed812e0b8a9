//! What an accessibility audit says of a page.

use crate::session::{BrowserError, Session};
use serde_json::Value;

/// The audit's rules; the file and its licence stand beside it as they were published.
const AXE: &str = include_str!("../axe/axe.min.js");

const RUN: &str = "
const done = arguments[0];
axe.run().then((found) => done(found.violations.map((it) => ({
  rule: it.id, impact: it.impact, help: it.help, places: it.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)),
}))), (error) => done(String(error)));";

/// One rule that the page breaks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The rule's name.
    pub rule: String,
    /// `minor`, `moderate`, `serious` or `critical`.
    pub impact: String,
    /// What the rule asks for.
    pub help: String,
    /// The first elements that break it.
    pub places: Vec<String>,
}

impl Finding {
    /// Whether somebody may be kept from using the page.
    pub fn is_serious(&self) -> bool {
        matches!(self.impact.as_str(), "serious" | "critical")
    }
}

impl Session {
    /// Audits the page, or the frame that was entered.
    pub async fn audit(&self) -> Result<Vec<Finding>, BrowserError> {
        self.script(AXE, Vec::new()).await?;
        let found = self.script_with_callback(RUN).await?;
        let Value::Array(found) = &found else {
            return Err(BrowserError::Refused { what: "audit the page", why: found.to_string() });
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let finding = |one: &Value| Finding {
            rule: text(&one["rule"]),
            impact: text(&one["impact"]),
            help: text(&one["help"]),
            places: one["places"].as_array().into_iter().flatten().map(text).collect(),
        };
        Ok(found.iter().map(finding).collect())
    }
}
