//! One search call, whatever its source: a query, or the cursor of an earlier one.

use crate::call::Call;
use crate::envelope::{Refusal, TYPICAL, Writer};
use crate::gigya::Gigya;
use crate::query::cursor::{Cursor, Snapshot};
use crate::query::document::Document;
use crate::query::fields::Fields;
use crate::query::plan::Plan;
use crate::query::source::Source;
use std::borrow::Borrow;

/// What differs between the methods that search.
pub(crate) struct Search {
    pub(crate) limits: Limits,
    /// What may be done with which field.
    pub(crate) fields: for<'c> fn(&'c Call) -> Fields<'c>,
    /// The source that a plan names.
    pub(crate) source: for<'g> fn(&'g Gigya, &'g Call, &Plan) -> Sourced<'g>,
    /// Whether rows have profiles, whose phones have the shape that is set.
    pub(crate) profiles: bool,
}

/// A source, or the refusal of a name that is none.
pub(crate) type Sourced<'g> = Result<Box<dyn Source + 'g>, Refusal>;

/// How large pages are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) default_limit: u64,
    pub(crate) most_limit: u64,
    pub(crate) most_start: u64,
    /// Whether pages of a cursor may be shorter than asked.
    pub(crate) jitter: bool,
}

/// The documented limits.
pub(crate) const LIMITS: Limits =
    Limits { default_limit: 300, most_limit: 10_000, most_start: 5_000, jitter: false };

/// Rows as they go into the answer: the items of a list as JSON text.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) count: usize,
    text: Writer,
}

impl Rows {
    /// Adds them as one more member.
    pub(crate) fn put(self, gigya: &mut Gigya, name: &'static str) {
        gigya.later.write(move |out| {
            out.name(name);
            out.0.push(b'[');
            out.0.extend_from_slice(&self.text.0);
            out.0.push(b']');
        });
    }

    fn add(&mut self, write: impl FnOnce(&mut Writer)) {
        if self.count > 0 {
            self.text.0.push(b',');
        }
        self.count += 1;
        write(&mut self.text);
    }
}

/// One page of an answer.
pub(crate) struct Page {
    pub(crate) rows: Rows,
    /// How many documents match.
    pub(crate) total: usize,
    /// Whether rows are computed over documents.
    pub(crate) aggregated: bool,
    /// The query's source, in its spelling.
    pub(crate) from: String,
    /// The cursor of the next page.
    pub(crate) next: Option<String>,
}

impl Search {
    /// Answers a call that has a `query` or a `cursorId`.
    pub(crate) fn run(&self, gigya: &mut Gigya, call: &Call) -> Result<Page, Refusal> {
        let text = call.params.get("query").or(call.params.get("restrictedQuery"));
        match (text, call.params.get("cursorId")) {
            (Some(_), Some(_)) => Err(Refusal::because(400_006, "query and cursorId exclude each other")),
            (None, None) => Err(Refusal::missing(call.method, "query")),
            (Some(text), None) => self.first_page(gigya, call, text),
            (None, Some(id)) => {
                let found = gigya.cursors.take(call.now, &call.site.api_key, call.method, id);
                let unknown = || Refusal::because(400_006, "cursorId is not known or has expired");
                self.cursor_page(gigya, call, &found.ok_or_else(unknown)?, Some(id))
            }
        }
    }

    fn first_page(&self, gigya: &mut Gigya, call: &Call, text: &str) -> Result<Page, Refusal> {
        let plan = Plan::new(text, (self.fields)(call))?;
        let open = call.params.get("openCursor").is_some_and(|it| it.eq_ignore_ascii_case("true"));
        let size = self.page_size(&plan, open)?;
        let source = (self.source)(gigya, call, &plan)?;
        let candidates = source.candidates(&plan);
        if open {
            let found = plan.find(candidates, 0..usize::MAX);
            let ids = found.wanted.iter().map(|(hold, _)| hold.id()).collect();
            drop(source);
            let api_key = call.site.api_key.clone();
            let cursor = Cursor::first(Snapshot { api_key, method: call.method, plan, ids });
            return self.cursor_page(gigya, call, &cursor, None);
        }
        let start = plan.start.and_then(|start| usize::try_from(start).ok()).unwrap_or(0);
        let window = start..start.saturating_add(size);
        let (rows, total) = match plan.aggregates() {
            true => {
                let (rows, total) = plan.rows(candidates.documents.map(|(_, document)| document));
                let mut shown = Rows::default();
                for row in rows.iter().skip(start).take(size) {
                    shown.add(|out| out.value(row));
                }
                (shown, total)
            }
            false => {
                let found = plan.find(candidates, window);
                let documents = found.wanted.iter().map(|(_, document)| document);
                (self.rows(gigya, &plan, documents), found.total)
            }
        };
        Ok(Page { rows, total, aggregated: plan.aggregates(), from: plan.from.clone(), next: None })
    }

    fn rows<'d>(
        &self,
        gigya: &Gigya,
        plan: &Plan,
        documents: impl Iterator<Item = impl Borrow<Document<'d>>>,
    ) -> Rows {
        let phones = if self.profiles { gigya.phones_shape() } else { "stored" };
        let mut rows = Rows { count: 0, text: Writer(Vec::with_capacity(TYPICAL)) };
        for document in documents {
            rows.add(|out| plan.write(document.borrow(), phones, out));
        }
        rows
    }

    /// Refuses what pages cannot be; gives the page's size.
    fn page_size(&self, plan: &Plan, cursor: bool) -> Result<usize, Refusal> {
        let Limits { default_limit, most_limit, most_start, .. } = self.limits;
        let limit = plan.limit.unwrap_or(default_limit);
        let wrong = |details: String| Err(Refusal::because(400_006, details));
        if limit > most_limit {
            return wrong(format!("LIMIT may not exceed {most_limit}"));
        }
        if plan.start.is_some_and(|start| start > most_start) {
            return wrong(format!("START may not exceed {most_start}"));
        }
        if cursor && plan.start.is_some() {
            return wrong("START cannot be used with a cursor".into());
        }
        if cursor && plan.aggregates() {
            return wrong("GROUP BY and aggregates cannot be used with a cursor".into());
        }
        Ok(usize::try_from(limit).unwrap_or(usize::MAX))
    }

    /// One page of a cursor. Asked twice with the same id it is the same page and names the same next cursor.
    fn cursor_page(
        &self,
        gigya: &mut Gigya,
        call: &Call,
        cursor: &Cursor,
        id: Option<&str>,
    ) -> Result<Page, Refusal> {
        let Snapshot { plan, ids, .. } = &*cursor.snapshot;
        let size = self.batch(gigya, self.page_size(plan, true)?, cursor.page);
        let end = cursor.offset.saturating_add(size).min(ids.len());
        let wanted = ids.get(cursor.offset..end).unwrap_or_default();
        let source = (self.source)(gigya, call, plan)?;
        let present = wanted.iter().filter_map(|id| source.document(id));
        let rows = self.rows(gigya, plan, present);
        drop(source);
        let mut page =
            Page { rows, total: ids.len(), aggregated: false, from: plan.from.clone(), next: None };
        if end < ids.len() {
            page.next = Some(match &cursor.next {
                Some(next) => next.clone(),
                None => {
                    let next = gigya.ids.token(48);
                    gigya.cursors.open(call.now, next.clone(), cursor.behind(end));
                    if let Some(id) = id {
                        gigya.cursors.follow(id, &next);
                    }
                    next
                }
            });
        }
        Ok(page)
    }

    /// How many records this page has: sizes are not guaranteed.
    fn batch(&self, gigya: &Gigya, size: usize, page: u64) -> usize {
        let jitter = if self.limits.jitter { gigya.knobs.number("gigya.search_batch_jitter") } else { 0 };
        let shorter = page.checked_rem(jitter.saturating_add(1)).unwrap_or(0);
        size.saturating_sub(usize::try_from(shorter).unwrap_or(0)).max(1)
    }
}
