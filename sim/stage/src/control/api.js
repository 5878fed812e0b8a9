// The stage's own surface, and what its pages share.
import { h, badge, call } from '/console/console.js';

export { badge };

export const get = (path, query = {}) => {
  const given = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== '' && value !== undefined));
  return call('GET', `${path}${given.size ? `?${given}` : ''}`);
};

export const time = (iso) => (iso ? String(iso).replace('T', ' ').replace(/Z$/, '') : '');

// What the page that is shown wants to be told when something happened.
let listener = null;
export const whenChanged = (work) => { listener = work; };
export const changed = () => listener?.();

// Puts `fresh` in the place of what is in `element`, unless it is the same: nothing flickers, and what somebody
// marked or opened stays.
export function redraw(element, fresh) {
  const made = h('div', {}, fresh);
  if (element.innerHTML !== made.innerHTML) element.replaceChildren(...made.childNodes);
}

// Who an entry goes from and to, and what it says in a few words.
export function hop(entry) {
  switch (entry.kind) {
    case 'call': return { from: entry.from, to: entry.to, text: entry.name, bad: entry.status === 0 || entry.status >= 400, tail: entry.status ? String(entry.status) : 'no answer' };
    case 'file': return { from: entry.who, to: 'drop', text: `${entry.op} ${entry.path}`, bad: false, tail: `${entry.bytes} bytes` };
    case 'change': return { from: entry.who, to: entry.who, text: entry.place, bad: false, tail: entry.subject };
    default: return { from: entry.who, to: entry.who, text: entry.text, bad: false, tail: '' };
  }
}

function pretty(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

// The whole of an entry, to be read.
function whole(entry) {
  const parts = [['Line', entry.line], ['Sent', entry.request], ['Answered', entry.answer], ['Text', entry.kind === 'note' ? '' : entry.text],
    ['Subject', entry.subject], ['Before', entry.before], ['After', entry.after]];
  return parts.filter(([, text]) => text).map(([name, text]) => [
    h('p', { class: 'part' }, name), h('pre', { tabindex: '0', role: 'region', 'aria-label': `${name}, entry ${entry.seq}` }, pretty(text)),
  ]);
}

// One line of the journal, which opens.
export function line(entry) {
  const { from, to, text, bad, tail } = hop(entry);
  const details = h('details', {},
    h('summary', {},
      h('span', { class: 'seq' }, String(entry.seq)), h('span', { class: 'at' }, time(entry.at)),
      h('span', { class: 'what' }, from === to ? `${from}: ${text}` : `${from} to ${to}: ${text}`),
      badge(bad ? 'bad' : 'soft', tail || entry.kind)));
  details.addEventListener('toggle', async () => {
    if (!details.open || details.dataset.full) return;
    details.dataset.full = 'yes';
    try { details.append(...whole(await get('/entry', { seq: entry.seq })).flat()); } catch { details.append(...whole(entry).flat()); }
  });
  return h('li', { id: `entry-${entry.seq}` }, details);
}
