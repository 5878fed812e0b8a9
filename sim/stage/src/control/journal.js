// Everything that happened, newest first, and who called whom.
import { h, field, form, notice } from '/console/console.js';
import { get, line, whenChanged } from '/stage/api.js';
import { picture } from '/stage/sequence.js';

const KEPT = 500;
const DRAWN = 60;

async function show(body) {
  const list = h('ul', { class: 'journal' });
  const about = h('p', { class: 'hint', role: 'status' });
  let search = '';
  let next = 0;
  const tell = (told) => {
    const gone = told.forgotten ? ` The ${told.forgotten} oldest are gone.` : '';
    about.textContent = list.children.length === 0
      ? (search ? 'No entry has this.' : 'Nothing happened yet.')
      : `${list.children.length} entries, newest first.${told.left_out ? ` ${told.left_out} more have it.` : ''}${gone}`;
  };
  const load = async () => {
    const told = await get('/entries', { search, limit: 200 });
    list.replaceChildren(...told.entries.reverse().map(line));
    next = told.next;
    tell(told);
  };
  // New lines come in front of what is there, which stays as it is.
  const more = async () => {
    const told = await get('/entries', { search, after: next - 1, limit: 200 });
    list.prepend(...told.entries.reverse().map(line));
    while (list.children.length > KEPT) list.lastElementChild.remove();
    next = told.next;
    tell(told);
  };
  body.append(
    form('search', [
      field('Search', { name: 'search', type: 'search', hint: 'A UID, an address, a call\'s name, a file: any text of the entry.' }),
      h('button', {}, 'Search'),
    ], async (values) => { search = values.search.trim(); await load(); }),
    h('p', {}, h('a', { href: '/journal' }, 'The whole journal as JSON Lines')), about, list);
  await load();
  whenChanged(() => more().catch(() => { about.textContent = 'The stage does not answer.'; }));
}

async function sequence(body) {
  const frame = h('div', { class: 'picture', tabindex: '0', role: 'region', 'aria-label': 'Sequence' });
  const about = h('p', { class: 'hint' });
  let search = '';
  let seen = '';
  const draw = async () => {
    const { entries } = await get('/entries', { search, limit: DRAWN });
    const now = entries.map((entry) => entry.seq).join();
    if (now === seen && frame.firstChild) return;
    seen = now;
    about.textContent = entries.length === 0 ? 'Nothing to draw.' : `The last ${entries.length} entries. All of them, with what passed, are in the journal.`;
    frame.replaceChildren(...(entries.length ? [picture(entries)] : []));
  };
  body.append(
    form('search', [field('Only entries with', { name: 'search', type: 'search' }), h('button', {}, 'Draw')],
      async (values) => { search = values.search.trim(); await draw(); }),
    about, frame);
  await draw();
  whenChanged(() => draw().catch(() => body.prepend(notice('error', 'The stage does not answer.'))));
}

export const journalView = { path: 'journal', title: 'Journal', show };
export const sequenceView = { path: 'sequence', title: 'Sequence', show: sequence };
