//! Rows that wait for a sync.

use crate::bulk::definitions::{find, key_of};
use crate::bulk::{Key, Sort};
use crate::eloqua::{Due, Eloqua};
use crate::reply::{self, Failure, Refused};
use crate::router::Call;
use crate::sheet::{MOST_KEYS, Sheet, Unread};
use imbl::Vector;
use standin_model::Instant;
use standin_ports::Response;
use std::sync::Arc;

/// The largest body of one posting.
const LARGEST: usize = 32 << 20;
/// How many postings may wait for a sync.
const MOST_FILES: usize = 500;
/// What a site may stage for each contact that it has bought.
const BYTES_A_CONTACT: u64 = 50 << 10;

/// One posting of rows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Posting {
    pub(super) sheet: Sheet,
    bytes: usize,
    at: Instant,
}

/// Stages rows; starts a sync if the definition asks for it.
pub(super) fn post(eloqua: &mut Eloqua, call: &Call<'_>, sort: Sort) -> Result<Response, Refused> {
    let key = key_of(eloqua, call, sort)?;
    let definition = find(eloqua, key)?;
    let body = call.request.body();
    if body.len() > LARGEST {
        return Err(reply::absent());
    }
    let waiting = eloqua.bulk.staging.get(&key).map_or(0, Vector::len);
    if waiting >= MOST_FILES {
        let constraint = format!("Must have at most {MOST_FILES} files that wait for a sync.");
        return Err(reply::failures(&[Failure::new("data", None, &constraint)]));
    }
    let quota = eloqua.knobs.number("eloqua.licensed_contacts").saturating_mul(BYTES_A_CONTACT);
    if (eloqua.bulk.staged + body.len()) as u64 > quota {
        return Err(Box::new(reply::bare(413)));
    }
    let sheet = sheet_of(call)?;
    let triggers = definition.triggers().unwrap_or_else(|| eloqua.knobs.on("eloqua.sync_trigger_default"));
    // Rows whose sync the hour has no room for are not staged either, so that posting them again is safe.
    if triggers && !eloqua.fits_the_hour(call.now, sort) {
        return Err(Box::new(reply::bare(429)));
    }
    let posting = Posting { sheet, bytes: body.len(), at: call.now };
    eloqua.bulk.staged += posting.bytes;
    eloqua.bulk.staging.entry(key).or_default().push_back(Arc::new(posting));
    eloqua.agenda.add(call.now.plus(definition.retention()), Due::DropStaging(key));
    if triggers {
        let by = eloqua.login_of(call);
        let view = eloqua.new_sync(call.now, key, None, by);
        return Ok(reply::bulk(201, &view));
    }
    Ok(reply::bare(204))
}

fn sheet_of(call: &Call<'_>) -> Result<Sheet, Refused> {
    let body = call.request.body();
    let kind = call.request.headers().get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let csv = kind.is_some_and(|kind| kind.trim().to_ascii_lowercase().starts_with("text/csv"));
    let read = if csv { Sheet::from_csv(body) } else { Sheet::from_json(body) };
    read.map_err(|why| match why {
        Unread::Malformed => reply::unreadable(),
        Unread::TooManyKeys => {
            let constraint = format!("Must contain at most {MOST_KEYS} different keys.");
            reply::failures(&[Failure::new("data", None, &constraint)])
        }
    })
}

/// Drops what is staged.
pub(super) fn drop_data(eloqua: &mut Eloqua, call: &Call<'_>, sort: Sort) -> Result<Response, Refused> {
    let key = key_of(eloqua, call, sort)?;
    find(eloqua, key)?;
    eloqua.unstage(key);
    Ok(reply::bare(204))
}

impl Eloqua {
    /// Takes everything that is staged for a definition.
    pub(super) fn unstage(&mut self, key: Key) -> Vector<Arc<Posting>> {
        let taken = self.bulk.staging.remove(&key).unwrap_or_default();
        self.bulk.staged -= taken.iter().map(|posting| posting.bytes).sum::<usize>();
        taken
    }

    /// Drops postings that are older than their definition allows.
    pub(crate) fn drop_expired(&mut self, now: Instant, key: Key) {
        let Some(definition) = self.bulk.definitions.get(&key).cloned() else { return };
        let kept: Vector<Arc<Posting>> = self
            .unstage(key)
            .into_iter()
            .filter(|posting| now.since(posting.at) < definition.retention())
            .collect();
        if !kept.is_empty() {
            self.bulk.staged += kept.iter().map(|posting| posting.bytes).sum::<usize>();
            self.bulk.staging.insert(key, kept);
        }
    }
}
