//! The rows of an export: who is in it is settled when its sync ends, its rows are written when they are asked
//! for. What is kept of a row is a pointer, so a page costs the same wherever it stands.

use crate::export::{ExportPlan, Flags};
use crate::listing::{self, Oversize, Window};
use crate::records::{Owner, Record};
use crate::reply::{self, Refused};
use crate::router::Call;
use crate::statement::{Statement, Subject};
use crate::store::{Contact, Store};
use bytes::Bytes;
use standin_ports::Response;
use std::sync::Arc;

/// What a row may keep alive.
const BYTES_A_ROW: usize = 512;

/// The rows of an export.
#[derive(Clone, Debug)]
pub(super) struct Data {
    plan: ExportPlan,
    flags: Flags,
    /// What the columns need of the site as it was when the sync ended; it shares what has not changed since.
    store: Option<Box<Store>>,
    rows: Rows,
}

#[derive(Clone, Debug)]
enum Rows {
    Contacts(Vec<Arc<Contact>>),
    Records(Vec<Arc<Record>>),
}

impl Data {
    /// Who is in an export now, by ascending id.
    pub(super) fn gather(store: &Store, plan: ExportPlan, owner: Option<Owner>, flags: Flags) -> Self {
        let most = plan.most();
        let rows = match owner {
            None => {
                let holds = |contact: &&Arc<Contact>| plan.holds(store, Subject::Contact(contact));
                Rows::Contacts(store.contacts.values().filter(holds).take(most).cloned().collect())
            }
            Some(owner) => {
                let holds = |record: &&Arc<Record>| plan.holds(store, Subject::Record(record));
                let table = store.records.of(owner);
                let all = table.iter().flat_map(|table| table.records.values());
                Rows::Records(all.filter(holds).take(most).cloned().collect())
            }
        };
        let mut data = Self { plan, flags, store: None, rows };
        if data.len() > 0 {
            let statements: Vec<&Statement> =
                data.plan.columns.iter().map(|(_, statement)| statement).collect();
            data.store = Some(Box::new(store.part(&statements)));
        }
        data
    }

    /// About how many bytes it keeps alive when everything that it holds changes.
    pub(super) fn bytes(&self) -> usize {
        self.len().saturating_mul(BYTES_A_ROW)
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        match &self.rows {
            Rows::Contacts(rows) => rows.len(),
            Rows::Records(rows) => rows.len(),
        }
    }

    /// The ids of the contacts or records, in order.
    pub(super) fn ids(&self) -> Vec<u64> {
        match &self.rows {
            Rows::Contacts(rows) => rows.iter().map(|contact| contact.id).collect(),
            Rows::Records(rows) => rows.iter().map(|record| record.id).collect(),
        }
    }

    fn page(&self, window: Window) -> impl Iterator<Item = (&Store, Subject<'_>)> {
        let start = window.offset.min(self.len());
        let end = start.saturating_add(window.limit).min(self.len());
        let store = self.store.as_deref();
        (start..end).filter_map(move |at| {
            let subject = match &self.rows {
                Rows::Contacts(rows) => Subject::Contact(&rows[at]),
                Rows::Records(rows) => Subject::Record(&rows[at]),
            };
            Some((store?, subject))
        })
    }

    /// A page as the call asks for it, in JSON or CSV.
    pub(super) fn answer(&self, call: &Call<'_>) -> Result<Response, Refused> {
        let window = Window::read(&call.query, listing::DATA, Oversize::Refuse)?;
        let accept = call.request.headers().get(http::header::ACCEPT).and_then(|kind| kind.to_str().ok());
        if accept.is_some_and(|kind| kind.to_ascii_lowercase().contains("text/csv")) {
            return Ok(reply::csv(self.csv(window)));
        }
        let (begun, count) = self.json(window);
        Ok(window.around(begun, count, self.len()))
    }

    /// The beginning of the answer up to the rows, which are left out where there are none.
    fn json(&self, window: Window) -> (String, usize) {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let keys: Vec<String> =
            self.plan.columns.iter().map(|(key, _)| format!("{}:", quoted(key))).collect();
        let mut out = vec![b'{'];
        let mut count = 0;
        for (store, subject) in self.page(window) {
            out.extend_from_slice(if count == 0 { b"\"items\":[" } else { b"," });
            out.push(b'{');
            for (at, text) in self.plan.cells(store, subject, self.flags).enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(keys[at].as_bytes());
                // Writing into memory cannot fail.
                let _ = serde_json::to_writer(&mut out, &*text);
            }
            out.push(b'}');
            count += 1;
        }
        if count > 0 {
            out.extend_from_slice(b"],");
        }
        (String::from_utf8(out).unwrap_or_default(), count)
    }

    fn csv(&self, window: Window) -> Bytes {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        // Writing into memory cannot fail.
        let _ = writer.write_record(self.plan.columns.iter().map(|(key, _)| key));
        for (store, subject) in self.page(window) {
            let cells = self.plan.cells(store, subject, self.flags);
            for cell in cells {
                let _ = writer.write_field(&*cell);
            }
            let _ = writer.write_record(None::<&[u8]>);
        }
        writer.into_inner().unwrap_or_default().into()
    }
}
