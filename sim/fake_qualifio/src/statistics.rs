//! Accepted forms as rows, the CSV export, what is counted.

use crate::campaign::{Campaign, MAPPED};
use crate::crm::Crm;
use crate::limits::{Limit, Tallies};
use crate::manager::paging::Page;
use crate::problem::Warning;
use imbl::OrdMap;
use serde_json::{Map, Value};
use standin_model::Instant;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The most rows of one account.
pub const MOST_ROWS: usize = 1_000_000;

/// Columns and members of a row that no form fills; its variables have other names.
pub const COLUMNS: &[&str] = &[
    "participation_id",
    "campaign_id",
    "campaign_title",
    "channel_guid",
    "website",
    "channel",
    "device",
    "started_at",
    "completed_at",
    "state",
    "score",
    "external_id",
    "anonymised_at",
    "warnings",
];

/// One accepted form, or one finished anonymous interaction. A snapshot: nothing later alters who took part
/// and what they said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// The participation's id.
    pub participation_id: String,
    /// The campaign's number.
    pub campaign_id: u64,
    /// What operators call it.
    pub campaign_title: String,
    /// The channel's GUID.
    pub channel_guid: String,
    /// The website's name.
    pub website: String,
    /// The website's country.
    pub country: String,
    /// The channel's kind.
    pub channel: &'static str,
    /// The channel's language.
    pub language: String,
    /// The participant's device.
    pub device: &'static str,
    /// The address of the page.
    pub url: String,
    /// The participant's address in the network.
    pub ip: String,
    /// The cookie of the participant's browser.
    pub visitor: String,
    /// When it started.
    pub started: Instant,
    /// When it was completed.
    pub completed: Instant,
    /// Values by variable.
    pub values: OrdMap<String, String>,
    /// Responses by variable.
    pub optins: OrdMap<String, String>,
    /// Answers of the interaction by question.
    pub answers: OrdMap<u64, String>,
    /// What the interaction earned.
    pub score: u64,
    /// The Gigya UID, or nothing.
    pub external_id: String,
    /// What was noticed.
    pub warnings: Vec<Warning>,
    /// When the person behind it was forgotten.
    pub anonymised: Option<Instant>,
}

impl Row {
    /// The value of a variable, or nothing.
    pub fn value(&self, variable: &str) -> &str {
        self.values.get(variable).map_or("", String::as_str)
    }

    /// First name, last name and e-mail address.
    pub fn trigram(&self) -> String {
        format!("{}|{}|{}", self.value("firstname"), self.value("lastname"), self.value("email"))
    }

    /// Whether anything is known of first name, last name and e-mail address.
    pub fn is_identified(&self) -> bool {
        ["firstname", "lastname", "email"].iter().any(|variable| !self.value(variable).is_empty())
    }

    /// Forgets who it was and what they said.
    fn anonymise(&mut self, now: Instant) {
        for texts in [&mut self.values, &mut self.optins] {
            *texts = texts.keys().map(|name| (name.clone(), String::new())).collect();
        }
        self.answers.clear();
        self.external_id.clear();
        self.ip.clear();
        self.visitor.clear();
        self.anonymised = Some(now);
    }

    fn cells(&self, columns: &Columns) -> Vec<(String, String)> {
        let mut cells: Vec<(String, String)> = vec![
            ("participation_id".into(), self.participation_id.clone()),
            ("campaign_id".into(), self.campaign_id.to_string()),
            ("campaign_title".into(), self.campaign_title.clone()),
            ("channel_guid".into(), self.channel_guid.clone()),
            ("website".into(), self.website.clone()),
            ("channel".into(), self.channel.into()),
            ("language".into(), self.language.clone()),
            ("device".into(), self.device.into()),
            ("started_at".into(), self.started.to_string()),
            ("completed_at".into(), self.completed.to_string()),
            ("state".into(), "COMPLETED".into()),
        ];
        for (variable, _) in MAPPED {
            cells.push(((*variable).to_owned(), self.value(variable).to_owned()));
        }
        for variable in &columns.custom {
            cells.push((caption(variable), self.value(variable).to_owned()));
        }
        for variable in &columns.optins {
            let response = self.optins.get(variable).cloned().unwrap_or_default();
            cells.push((format!("optin:{variable}"), response));
        }
        cells.push(("score".into(), self.score.to_string()));
        cells.push(("external_id".into(), self.external_id.clone()));
        cells
    }

    fn to_json(&self, columns: &Columns) -> Value {
        let mut members: Map<String, Value> =
            self.cells(columns).into_iter().map(|(name, cell)| (name, cell.into())).collect();
        members.insert("campaign_id".into(), self.campaign_id.into());
        members.insert("score".into(), self.score.into());
        if let Some(at) = self.anonymised {
            members.insert("anonymised_at".into(), at.to_string().into());
        }
        let warnings = self.warnings.iter().map(|warning| Value::from(warning.to_string()));
        members.insert("warnings".into(), warnings.collect());
        Value::Object(members)
    }
}

/// The columns of one campaign that others do not have.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Columns {
    custom: BTreeSet<String>,
    optins: Vec<String>,
}

/// How a CSV export treats cells that a spreadsheet would take for formulas.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Export {
    /// As they are.
    Plain,
    /// Behind an apostrophe.
    SpreadsheetSafe,
}

/// The caption of a variable outside the standard columns. The channel's language has a column of that name
/// already, so what a form calls so stands beside it.
fn caption(variable: &str) -> String {
    if variable == "language" { "form:language".to_owned() } else { variable.to_owned() }
}

/// All rows of one account, counted for limits, and the CRM.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    rows: OrdMap<(u64, u64), Arc<Row>>,
    added: u64,
    tallies: Tallies,
    /// Rows whose person is known, oldest first.
    held: OrdMap<(Instant, u64), u64>,
    /// The profiles behind the rows.
    pub(crate) crm: Crm,
}

impl Statistics {
    /// The limit that keeps this participation out; the account's own bound is called `Unlimited`.
    pub fn refusing_limit(&self, limits: &[Limit], row: &Row, zone: &str) -> Option<&'static str> {
        let full = (self.rows.len() >= MOST_ROWS).then_some("Unlimited");
        full.or_else(|| self.tallies.refuse(limits, row, zone).map(Limit::name))
    }

    /// Keeps a row; tells its number.
    pub fn add(&mut self, row: Row) -> u64 {
        self.added += 1;
        self.tallies.add(&row);
        if !row.values.is_empty() {
            self.crm.keep(&row, self.added);
        }
        self.held.insert((row.completed, self.added), row.campaign_id);
        self.rows.insert((row.campaign_id, self.added), Arc::new(row));
        self.added
    }

    /// When the oldest row whose person is known was completed.
    pub(crate) fn oldest_held(&self) -> Option<Instant> {
        self.held.get_min().map(|((completed, _), _)| *completed)
    }

    /// The rows of known people that were completed between two moments, the second one included.
    pub(crate) fn held_between(&self, from: Instant, to: Instant) -> Vec<(u64, u64)> {
        let held = self.held.range((from, 0)..=(to, u64::MAX));
        held.map(|((_, number), campaign)| (*campaign, *number)).collect()
    }

    /// Forgets the people behind rows, and the rows themselves where `delete` says so. Gives back what they
    /// were.
    pub(crate) fn forget(&mut self, now: Instant, rows: &[(u64, u64)], delete: bool) -> Vec<Arc<Row>> {
        let mut forgotten = Vec::new();
        for (campaign, number) in rows {
            let Some(row) = self.rows.get(&(*campaign, *number)).cloned() else { continue };
            if row.anonymised.is_some() {
                continue;
            }
            self.tallies.forget_person(&row);
            self.held.remove(&(row.completed, *number));
            if delete {
                self.tallies.forget_row(&row);
                self.rows.remove(&(*campaign, *number));
            } else if let Some(kept) = self.rows.get_mut(&(*campaign, *number)) {
                Arc::make_mut(kept).anonymise(now);
            }
            forgotten.push(row);
        }
        forgotten
    }

    /// A row, if it is still there.
    pub(crate) fn row(&self, campaign: u64, number: u64) -> Option<&Arc<Row>> {
        self.rows.get(&(campaign, number))
    }

    /// Sets score and answers of a row whose interaction came after its form.
    pub fn set_answers(&mut self, campaign: u64, number: u64, score: u64, answers: OrdMap<u64, String>) {
        if let Some(row) = self.rows.get_mut(&(campaign, number)).filter(|row| row.anonymised.is_none()) {
            let row = Arc::make_mut(row);
            row.score = score;
            row.answers = answers;
        }
    }

    /// The rows of a campaign, oldest first.
    pub fn rows(&self, campaign: u64) -> impl DoubleEndedIterator<Item = &Arc<Row>> {
        self.rows.range((campaign, 0)..=(campaign, u64::MAX)).map(|(_, row)| row)
    }

    fn columns(&self, campaign: &Campaign) -> Columns {
        let mut columns = Columns::default();
        columns.custom.extend(campaign.custom_variables().into_iter().map(str::to_owned));
        for optin in &campaign.optins {
            columns.optins.push(optin.variable.clone());
        }
        // A form that was edited since keeps its older answers in sight.
        for row in self.rows(campaign.id) {
            let custom = row.values.keys().filter(|name| !crate::campaign::is_mapped(name));
            columns.custom.extend(custom.cloned());
            for variable in row.optins.keys() {
                if !columns.optins.contains(variable) {
                    columns.optins.push(variable.clone());
                }
            }
        }
        columns
    }

    /// The rows of a campaign as the API writes them.
    pub fn to_json(&self, campaign: &Campaign) -> Vec<Value> {
        let columns = self.columns(campaign);
        self.rows(campaign.id).map(|row| row.to_json(&columns)).collect()
    }

    /// A part of a campaign's rows as the API writes them, the names of their columns, and how many rows there
    /// are in all.
    pub(crate) fn page(&self, campaign: &Campaign, page: Page) -> (Vec<String>, Vec<Value>, usize) {
        let columns = self.columns(campaign);
        let names = empty_row(campaign).cells(&columns).into_iter().map(|(name, _)| name).collect();
        let rows = page.cut(self.rows(campaign.id), |row| row.to_json(&columns));
        (names, rows, self.rows(campaign.id).count())
    }

    /// The rows of a campaign as cells below their captions.
    pub fn table(&self, campaign: &Campaign) -> Vec<Vec<(String, String)>> {
        let columns = self.columns(campaign);
        let captions = empty_row(campaign).cells(&columns).into_iter().map(|(name, _)| (name.clone(), name));
        let rows = self.rows(campaign.id).map(|row| row.cells(&columns));
        std::iter::once(captions.collect()).chain(rows).collect()
    }

    /// The rows of a campaign as the export writes them: UTF-8 with byte order mark, `;` between cells, CRLF.
    pub fn to_csv(&self, campaign: &Campaign, export: Export) -> String {
        let columns = self.columns(campaign);
        let mut out = String::from('\u{FEFF}');
        let empty = empty_row(campaign);
        let names = empty.cells(&columns).into_iter().map(|(name, _)| quoted(&name, false));
        push_line(&mut out, names);
        for row in self.rows(campaign.id) {
            let cells = row.cells(&columns).into_iter().map(|(name, cell)| match export {
                Export::Plain => quoted(&cell, false),
                Export::SpreadsheetSafe => safe(&name, &cell),
            });
            push_line(&mut out, cells);
        }
        out
    }

    /// The rows of a campaign as the API writes them, each with its number.
    pub(crate) fn row_json(&self, campaign: &Campaign, number: u64) -> Option<Value> {
        Some(self.row(campaign.id, number)?.to_json(&self.columns(campaign)))
    }

    /// The CRM's profiles, by key.
    pub fn profiles(&self) -> Vec<Value> {
        self.crm.all().map(|profile| profile.value.clone()).collect()
    }
}

fn empty_row(campaign: &Campaign) -> Row {
    Row {
        participation_id: String::new(),
        campaign_id: campaign.id,
        campaign_title: String::new(),
        channel_guid: String::new(),
        website: String::new(),
        country: String::new(),
        url: String::new(),
        ip: String::new(),
        visitor: String::new(),
        answers: OrdMap::new(),
        anonymised: None,
        channel: "",
        language: String::new(),
        device: "",
        started: Instant::START,
        completed: Instant::START,
        values: OrdMap::new(),
        optins: OrdMap::new(),
        score: 0,
        external_id: String::new(),
        warnings: Vec::new(),
    }
}

fn push_line(out: &mut String, cells: impl Iterator<Item = String>) {
    let line: Vec<String> = cells.collect();
    out.push_str(&line.join(";"));
    out.push_str("\r\n");
}

fn quoted(cell: &str, always: bool) -> String {
    if always || cell.contains([';', '"', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// Whether a spreadsheet would take a cell for a formula.
pub fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@'])
}

/// A UID of digits alone would lose its leading zeros and its last digits as a number.
fn safe(column: &str, cell: &str) -> String {
    let formula = is_formula(cell);
    let number = column == "external_id" && cell.starts_with(|c: char| c.is_ascii_digit());
    if formula || number && cell.parse::<f64>().is_ok() {
        return quoted(&format!("'{cell}"), true);
    }
    quoted(cell, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn forms_fill_no_column_of_ours() {
        let campaign = read_nothing();
        let names = empty_row(&campaign).cells(&Columns::default()).into_iter().map(|(name, _)| name);
        // A form may ask for a language, which stands beside the channel's.
        let ours = names.filter(|name| !crate::campaign::is_mapped(name) && name != "language");
        let members = ["anonymised_at", "warnings"].map(str::to_owned);
        assert_eq!(ours.chain(members).collect::<Vec<_>>(), COLUMNS);
    }

    fn read_nothing() -> Campaign {
        let mut qualifio = crate::Qualifio::new(1);
        qualifio.seed(Instant::START, &json!({"campaigns": [{}]})).unwrap();
        qualifio.campaigns.values().next().map(|campaign| (**campaign).clone()).unwrap()
    }

    #[test]
    fn cells() {
        for (column, cell, plain, spreadsheet) in [
            ("phone", "+32 487", "+32 487", "\"'+32 487\""),
            ("lastname", "=1+1", "=1+1", "\"'=1+1\""),
            ("lastname", "@x", "@x", "\"'@x\""),
            ("lastname", "-", "-", "\"'-\""),
            ("lastname", "a;b", "\"a;b\"", "\"a;b\""),
            ("lastname", "a\"b", "\"a\"\"b\"", "\"a\"\"b\""),
            ("external_id", "00123", "00123", "\"'00123\""),
            ("external_id", "1e5", "1e5", "\"'1e5\""),
            ("external_id", "ann", "ann", "ann"),
            ("zipcode", "01234", "01234", "01234"),
        ] {
            assert_eq!(quoted(cell, false), plain);
            assert_eq!(safe(column, cell), spreadsheet);
        }
    }
}
