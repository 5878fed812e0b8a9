// Building blocks of the operators' consoles. Text always enters the page as text, never as markup.

// An element: h('button', { id: 'save', onclick: save }, 'Save'). Attributes that are null or false are left out.
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(key.replace(/^on/, ''), value);
    else if (key === 'value') element.value = value;
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

// Calls the platform's API. A refusal is thrown as { status, body }.
export async function call(method, path, body) {
  const headers = { Accept: 'application/json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const answer = await fetch(path, {
    method, headers, credentials: 'same-origin',
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  let value = text;
  try { value = text === '' ? null : JSON.parse(text); } catch { /* not every answer is JSON */ }
  if (!answer.ok) throw { status: answer.status, body: value };
  return value;
}

// A table: columns are [heading, (row) => cell]; an empty one says so.
export function table(caption, columns, rows, empty = 'Nothing here yet.') {
  if (rows.length === 0) return h('p', { class: 'empty' }, empty);
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    h('table', {},
      h('caption', {}, caption),
      h('thead', {}, h('tr', {}, columns.map(([heading]) => h('th', { scope: 'col' }, heading)))),
      h('tbody', {}, rows.map((row) => h('tr', {}, columns.map(([, cell]) => h('td', {}, cell(row) ?? '')))))));
}

// A labelled control with room for its mistake: field('Name', { name: 'name', value: 'x' }).
// `options` as [[value, label], ...] makes a select, `rows` a text area; `type: 'checkbox'` puts the box before its
// label.
export function field(label, { name, options, hint, value, ...rest }) {
  const id = `field-${name}`;
  const about = hint ? { 'aria-describedby': `${id}-hint ${id}-error` } : { 'aria-describedby': `${id}-error` };
  const control = options
    ? h('select', { id, name, ...about, ...rest },
      options.map(([key, text]) => h('option', { value: key, selected: key === value }, text)))
    : rest.rows ? h('textarea', { id, name, ...about, ...rest, value: value ?? '' })
    : h('input', { id, name, type: 'text', ...about, ...rest, ...(rest.type === 'checkbox' ? {} : { value: value ?? '' }) });
  const caption = h('label', { for: id }, label);
  const box = rest.type === 'checkbox';
  return h('div', { class: box ? 'field box' : 'field' },
    box ? [control, caption] : [caption, control],
    hint ? h('p', { class: 'hint', id: `${id}-hint` }, hint) : null,
    h('p', { class: 'mistake', id: `${id}-error` }));
}

// Forms in which something was typed that is not saved.
const unsaved = new Set();
const typedInto = () => [...unsaved].filter((element) => element.isConnected);
// What is under way to be saved is not lost.
const isUnsaved = () => !held?.waiting && typedInto().some((element) => !element.dataset.busy);
window.addEventListener('beforeunload', (event) => { if (isUnsaved()) event.preventDefault(); });

// Whether the page may go: nothing was typed, or whoever typed it gives it up.
let asking = false;
export async function mayLeave() {
  if (!isUnsaved()) return true;
  if (asking) return false;
  asking = true;
  const leaves = await confirmed('There are unsaved changes on this page. Leave them?', 'Leave without saving');
  asking = false;
  if (leaves) unsaved.clear();
  return leaves;
}

// The page of somebody whose session is over, if something was typed there: it comes back when the same person has
// signed in again.
let held = null;
export function hold(who) {
  if (held?.waiting || typedInto().length === 0) return;
  const main = document.getElementById('main');
  held = { who, hash: location.hash, title: document.title, nodes: [...main.childNodes], waiting: true };
}

export function release(who) {
  if (!held) return;
  if (held.who === who) held.waiting = false; else { held = null; unsaved.clear(); }
}

// Marks a form as busy for as long as what it sent is under way.
function busy(element, is) {
  if (is) element.dataset.busy = 'yes'; else delete element.dataset.busy;
  element.setAttribute('aria-busy', String(is));
  for (const button of element.querySelectorAll('button:not([type=button])')) button.setAttribute('aria-disabled', String(is));
}

// A form that sends its values to `act` and shows what is refused: at the field that `place` names, else above.
// What is typed into one that is `light`, such as a search, is nothing to save.
export function form(id, children, act, place = () => null, { light = false } = {}) {
  const told = h('div', { role: 'alert', class: 'told' });
  const typed = (event) => { if (!light && event.target.type !== 'search') unsaved.add(event.currentTarget); };
  return h('form', {
    id, novalidate: true, oninput: typed, onchange: typed,
    onsubmit: async (event) => {
      event.preventDefault();
      const element = event.currentTarget;
      // Who clicks twice means it once.
      if (element.dataset.busy) return;
      busy(element, true);
      told.replaceChildren();
      for (const mistake of element.querySelectorAll('.mistake')) mistake.textContent = '';
      for (const control of element.querySelectorAll('[aria-invalid]')) control.removeAttribute('aria-invalid');
      const values = Object.fromEntries(new FormData(element));
      for (const box of element.querySelectorAll('input[type=checkbox]')) values[box.name] = box.checked;
      try {
        await act(values, event.submitter);
        unsaved.delete(element);
      } catch (refused) {
        const [name, text] = place(refused) ?? [null, message(refused)];
        const control = name && element.elements.namedItem(name);
        if (control) {
          control.setAttribute('aria-invalid', 'true');
          element.querySelector(`#field-${name}-error`).textContent = text;
          control.focus();
        } else told.replaceChildren(notice('error', text));
      } finally {
        busy(element, false);
      }
    },
  }, told, children);
}

// What a refusal says, in words.
export function message(refused) {
  if (refused instanceof Error) return refused.message;
  const body = refused?.body;
  if (body?.error?.message) return `${body.error.name}: ${body.error.message}`;
  if (body && typeof body === 'object') return body.message ?? body.errorMessage ?? JSON.stringify(body);
  return body ? String(body) : `The call was refused (${refused?.status ?? 'no answer'}).`;
}

// A line that tells something: kind is info, good, warning or error.
export function notice(kind, text) {
  return h('p', { class: `notice ${kind}`, role: kind === 'error' ? null : 'status' }, text);
}

// Asks before something that cannot be undone: resolves to whether `yes` was pressed.
export function confirmed(question, yes) {
  return new Promise((resolve) => {
    const dialog = h('dialog', { 'aria-label': question },
      h('p', {}, question),
      h('form', { method: 'dialog', class: 'row' },
        h('button', { value: 'yes' }, yes), h('button', { value: '', class: 'plain', autofocus: true }, 'Cancel')));
    dialog.addEventListener('close', () => { dialog.remove(); resolve(dialog.returnValue === 'yes'); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

// Names beside values: facts([['Name', 'x'], ...]). Blank values are left out.
export function facts(pairs) {
  const told = pairs.filter(([, value]) => value !== undefined && value !== null && value !== '');
  return h('dl', { class: 'facts' }, told.map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));
}

// Whether the browser keeps cookies, without which nobody stays signed in; where it keeps none, the page says so.
// `navigator.cookieEnabled` is true also where people have blocked them for an address: only trying tells.
export function keepsCookies(main) {
  document.cookie = 'console-probe=1; Path=/; SameSite=Strict';
  const kept = document.cookie.includes('console-probe=1');
  document.cookie = 'console-probe=; Path=/; SameSite=Strict; Max-Age=0';
  if (kept) return true;
  const product = document.body.dataset.product;
  main.replaceChildren(h('h1', {}, product), notice('error', 'This browser keeps no cookies for this address, and without them nobody '
    + 'can stay signed in. Please allow cookies, then load the page again.'));
  document.title = `No cookies - ${product}`;
  document.body.dataset.ready = 'no-cookies';
  return false;
}

// Steps through a list: `start` is the place of the first row shown, `go` is told another one.
export function pager(start, size, total, go) {
  const step = (to, text, may) => h('button', { type: 'button', class: 'plain', disabled: !may, onclick: () => go(to) }, text);
  return h('div', { class: 'row' },
    step(Math.max(0, start - size), 'Previous', start > 0),
    h('span', { role: 'status' }, total === 0 ? 'None' : `${start + 1} to ${Math.min(start + size, total)} of ${total}`),
    step(start + size, 'Next', start + size < total));
}

// Shows the view that the address names after `#`. Views are { path, title, show(main, rest) }; the first is the
// default. The page's heading gets the focus, so that a screen reader starts there.
export function route(main, views) {
  let here = null;
  const show = async () => {
    // The link that skips the menu.
    if (location.hash === '#main') {
      history.replaceState(null, '', here || location.pathname);
      if (here !== null) return main.focus();
    }
    if (isUnsaved()) {
      const goal = location.hash;
      // The address stays that of the page which is still shown, until it is known whether it may go.
      history.replaceState(null, '', here || location.pathname);
      if (!await mayLeave()) return;
      if (goal !== location.hash) {
        location.hash = goal;
        return;
      }
    }
    here = location.hash;
    if (held && !held.waiting && held.hash === here) return resume(main);
    let wanted = location.hash.replace(/^#/, '');
    try { wanted = decodeURIComponent(wanted); } catch { /* not every address is well encoded */ }
    const view = views.find((view) => wanted === view.path || wanted.startsWith(`${view.path}/`)) ?? views[0];
    const heading = h('h1', { tabindex: '-1' }, view.title);
    const body = h('div', {});
    main.replaceChildren(heading, body);
    document.title = `${view.title} - ${document.body.dataset.product}`;
    for (const link of document.querySelectorAll('nav a')) {
      const here = link.getAttribute('href') === `#${view.path}`;
      if (here) link.setAttribute('aria-current', 'page'); else link.removeAttribute('aria-current');
    }
    heading.focus();
    try {
      await view.show(body, wanted.slice(view.path.length + 1));
    } catch (refused) {
      body.replaceChildren(notice('error', message(refused)));
    }
    document.body.dataset.ready = wanted;
  };
  window.addEventListener('hashchange', show);
  // A link to the page that is shown already draws it again.
  document.addEventListener('click', ({ target }) => {
    if (target.closest('nav a')?.getAttribute('href') === location.hash) show();
  });
  return show();
}

function resume(main) {
  const { nodes, title } = held;
  held = null;
  main.replaceChildren(...nodes);
  document.title = title;
  for (const alert of main.querySelectorAll('.told')) alert.replaceChildren();
  const told = notice('warning', 'You are signed in again. What you typed is still here, and not saved.');
  const heading = main.querySelector('h1');
  // In the page's own part, so that it goes when that is drawn again.
  heading.nextElementSibling.prepend(told);
  heading.focus();
  document.body.dataset.ready = location.hash.replace(/^#/, '');
}

// A word that says how something stands: kind is good, bad or soft.
export const badge = (kind, text) => h('span', { class: `badge ${kind}` }, text);
