// The API, who is signed in, and the parts that several pages are made of.
import { call, h, hold, message, notice, pager, table } from '/console/console.js';
import { WORDS, warning } from './words.js';

// Who is signed in; `wanted` is where somebody wanted to go before signing in, `wantedBy` who that was, if known.
export const session = { operator: null, role: '', may: {}, wanted: '', wantedBy: null };

export async function api(method, path, body) {
  try {
    return await call(method, `/manager/api/${path}`, body);
  } catch (refused) {
    if (refused.status === 401 && location.hash !== '#sign-in') {
      if (session.operator !== null) {
        hold(session.operator);
        say('warning', 'The session has ended. Please sign in again.');
      }
      session.wantedBy = session.operator;
      session.operator = null;
      session.wanted = location.hash;
      location.hash = '#sign-in';
    }
    throw refused;
  }
}

// Draws the present page again.
export function refresh() {
  window.dispatchEvent(new HashChangeEvent('hashchange'));
}

export function go(hash) {
  if (location.hash === hash) refresh(); else location.hash = hash;
}

// What the next page says first.
let sayings = [];
export function say(kind, text, warnings = []) {
  sayings.push({ kind, text, warnings });
}

// A name that somebody typed, among words of ours: what it brings turns nothing around it.
export function named(text) {
  return h('bdi', {}, text);
}

// Begins a page: its title, the way to it, and what is to be said.
export function begin(body, title, trail = []) {
  const heading = body.previousElementSibling;
  if (heading) heading.textContent = title;
  document.title = `${title} - ${document.body.dataset.product}`;
  if (trail.length > 0) {
    body.append(h('p', { class: 'trail' }, trail.flatMap(([text, href], at) => [
      at > 0 ? ' > ' : null, href ? h('a', { href }, named(text)) : named(text),
    ])));
  }
  for (const { kind, text, warnings } of sayings) body.append(notice(kind, text), advice(warnings) ?? '');
  sayings = [];
}

// Warnings with what they mean.
export function advice(warnings) {
  if (warnings.length === 0) return null;
  return h('ul', { class: 'advice', 'aria-label': 'Warnings' }, warnings.map((given) => {
    const { name, about } = warning(given);
    return h('li', {}, h('strong', {}, about === null ? name : `${name}: ${about}`), WORDS[name] ?? '');
  }));
}

// The name, the place and the words of a refusal.
export function refusal(refused) {
  const error = refused?.body?.error ?? {};
  // A domain may be forbidden for other reasons than Gigya's prefix; then the message says it all.
  const words = error.name === 'DomainForbidden' && !error.message.includes('Prefix') ? null : WORDS[error.name];
  return { name: error.name ?? null, field: error.field ?? null, text: words ? `${message(refused)}. ${words}` : message(refused) };
}

// For forms: a refusal at the control that the API names; `fields[3].label` is the control `fields-3-label`.
export function place(refused) {
  const { name, field, text } = refusal(refused);
  if (name === 'DomainForbidden') return ['domain', text];
  return [field?.replace(/[[\].]+/g, '-').replace(/-$/, '') ?? null, text];
}

// ON or OFF, as a switch that calls `act` with what it shall become.
let switches = 0;
export function toggle(label, on, act) {
  const id = `switch-${switches++}`;
  const told = h('div', { role: 'alert' });
  const button = h('button', {
    type: 'button', role: 'switch', 'aria-checked': String(on), 'aria-labelledby': id,
    onclick: async () => {
      told.replaceChildren();
      try {
        await act(!on);
      } catch (refused) {
        told.replaceChildren(notice('error', refusal(refused).text));
      }
    },
  }, on ? 'ON' : 'OFF');
  return h('div', {}, h('div', { class: 'switch' }, h('span', { id }, label), button), told);
}

export function state(kind, text) {
  return h('span', { class: `state ${kind}` }, text);
}

// Form values without those that were left empty.
export function typed(values, names) {
  return Object.fromEntries(names.filter((name) => (values[name] ?? '') !== '').map((name) => [name, values[name]]));
}

const PAGE = 50;

// A long list, fifty entries at a time: `load(query)` calls the API, `member` holds the entries.
export async function paged(body, load, member, caption, columns, { empty, wide } = {}) {
  const place = h('div', {});
  body.append(place);
  const show = async (offset) => {
    const answer = await load(`limit=${PAGE}&offset=${offset}`);
    const entries = answer[member];
    const shown = table(caption, typeof columns === 'function' ? columns(answer) : columns, entries, empty);
    if (wide) shown.querySelector('table')?.classList.add('wide');
    place.replaceChildren(shown);
    if (shown.scrollWidth > shown.clientWidth) place.prepend(h('p', { class: 'hint' }, 'The table is wider than the page: scroll it sideways to see all columns.'));
    if (answer.total > PAGE || offset > 0) {
      place.append(pager(offset, PAGE, answer.total,
        (to) => show(to).catch((refused) => place.replaceChildren(notice('error', refusal(refused).text)))));
    } else if (entries.length > 0) {
      place.append(h('p', { class: 'hint' }, `${answer.total} in all`));
    }
  };
  await show(0);
}
