// What happened on this page, in order, for tests to compare: `window.__gigyaFake.events`.

const MOST_ENTRIES = 1000;

const journal = window.__gigyaFake ??= { events: [], dropped: 0, details: [] };

/** Notes what happened; `detail` is kept beside it. */
function note(entry, detail) {
  if (journal.events.length >= MOST_ENTRIES) {
    journal.dropped += 1;
    return;
  }
  journal.events.push(entry);
  journal.details.push(detail ?? null);
}

