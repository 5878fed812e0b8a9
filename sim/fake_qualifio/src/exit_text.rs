//! What the exit screen says in the operator's own words.

use crate::campaign::Campaign;
use crate::statistics::Row;
use serde_json::{Value, json};
use standin_fake_kit::{Section, SeedError};

/// The longest text, in characters.
const LONGEST: usize = 2_000;

/// Reads the text of a campaign; an empty one brings the usual thanks back.
pub(crate) fn read(section: &Section<'_>, campaign: &mut Campaign) -> Result<(), SeedError> {
    let Some(text) = section.get("exit_text").filter(|text| !text.value().is_null()) else { return Ok(()) };
    let typed = text.text()?.trim();
    if typed.chars().count() > LONGEST {
        return Err(text.wrong(format!("no more than {LONGEST} characters")));
    }
    campaign.exit_text = (!typed.is_empty()).then(|| typed.to_owned());
    Ok(())
}

/// A piece of a line.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Piece {
    /// As the operator typed it.
    Typed(String),
    /// What somebody typed into the form: whatever it brings turns nothing around it.
    Given(String),
}

impl Piece {
    fn text(&self) -> &str {
        match self {
            Self::Typed(text) | Self::Given(text) => text,
        }
    }

    /// As the page's state has it.
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Typed(text) => json!({"text": text}),
            Self::Given(value) => json!({"value": value}),
        }
    }
}

/// The lines of the text, with what a row says in the place of its placeholders. What stands between braces and is
/// no variable of the form stays as the operator typed it, and so does everything that a value brings.
pub(crate) fn lines(campaign: &Campaign, row: Option<&Row>) -> Vec<Vec<Piece>> {
    let text = campaign.exit_text.as_deref().unwrap_or_default();
    let lines = text.lines().map(|line| filled(campaign, row, line));
    lines.filter(|line| line.iter().any(|piece| !piece.text().trim().is_empty())).collect()
}

fn filled(campaign: &Campaign, row: Option<&Row>, line: &str) -> Vec<Piece> {
    let (mut pieces, mut out) = (Vec::new(), String::new());
    let mut rest = line;
    while let Some((before, behind)) = rest.split_once('{') {
        out.push_str(before);
        match behind.split_once('}').and_then(|(name, after)| Some((value(campaign, row, name)?, after))) {
            Some((value, after)) => {
                pieces.push(Piece::Typed(std::mem::take(&mut out)));
                pieces.push(Piece::Given(value));
                rest = after;
            }
            None => {
                out.push('{');
                rest = behind;
            }
        }
    }
    pieces.push(Piece::Typed(out + rest));
    pieces.retain(|piece| !piece.text().is_empty());
    pieces
}

fn value(campaign: &Campaign, row: Option<&Row>, name: &str) -> Option<String> {
    if name == "score" {
        return Some(row.map(|row| row.score.to_string()).unwrap_or_default());
    }
    campaign.fields.iter().find(|field| field.variable == name)?;
    Some(row.map(|row| row.value(name).to_owned()).unwrap_or_default())
}
