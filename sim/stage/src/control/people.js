// One person on all platforms.
import { h, facts, field, form, notice, table } from '/console/console.js';
import { badge, get, line, redraw, time, whenChanged } from '/stage/api.js';
import { picture } from '/stage/sequence.js';

const DRAWN = 60;
const yes = (is, text) => badge(is ? 'good' : 'soft', is ? text : 'no');

async function list(body) {
  const found = h('div', {});
  let search = '';
  const draw = async () => {
    const { people } = await get('/people', { search });
    redraw(found, table('People', [
      ['Person', (it) => h('a', { href: `#people/${encodeURIComponent(it.who)}` }, it.name || it.email || it.uid)],
      ['E-mail', (it) => it.email], ['UID', (it) => h('code', {}, it.uid)],
      ['Gigya', (it) => yes(it.account, 'account')], ['Eloqua', (it) => yes(it.contact, 'contact')],
    ], people, search ? 'Nobody has this.' : 'Nobody is known yet.'));
  };
  body.append(
    form('search', [field('Name, address, UID or anything else known', { name: 'search', type: 'search' }), h('button', {}, 'Search')],
      async (values) => { search = values.search.trim(); await draw(); }),
    found);
  await draw();
  whenChanged(draw);
}

const flat = (value, path = '') => (value !== null && typeof value === 'object'
  ? Object.entries(value).flatMap(([name, inner]) => flat(inner, path ? `${path}.${name}` : name))
  : [[path, String(value)]]);

const station = (id, title, children) => h('section', { 'aria-labelledby': id }, h('h2', { id, tabindex: '-1' }, title), children);

function rows(caption, all, empty) {
  if (all.length === 0) return h('p', { class: 'empty' }, empty);
  return all.map((row, at) => h('details', { open: at === all.length - 1 },
    h('summary', {}, `${caption} ${at + 1}`), facts(flat(row))));
}

function stations(told) {
  const { account, statistics, pushes, files, contacts, entries } = told;
  const last = entries.slice(-DRAWN);
  return [
    station('qualifio', `Qualifio: statistics (${statistics.length})`, rows('Row', statistics, 'No campaign has a row of theirs.')),
    station('push', `Pushes to Gigya (${pushes.length})`, rows('Push', pushes, 'Nothing was pushed.')),
    station('gigya', 'Gigya: account', account ? facts(flat(account)) : h('p', { class: 'empty' }, 'They have no account.')),
    station('files', `Drop: lines in files (${files.length})`, table('Lines', [
      ['File', (it) => h('code', {}, it.path)], ['Line', (it) => String(it.line)], ['By', (it) => `${it.who}, ${it.op}`],
      ['Columns', (it) => h('code', {}, it.line === 1 ? '' : it.head)], ['Text', (it) => h('code', {}, it.text)], ['At', (it) => time(it.at)],
    ], files, 'No file has them.')),
    station('eloqua', `Eloqua: contacts (${contacts.length})`, rows('Contact', contacts, 'They are no contact.')),
    station('sequence', 'Who called whom', entries.length === 0 ? h('p', { class: 'empty' }, 'The journal does not have them.') : [
      h('p', { class: 'hint' }, entries.length > last.length ? `The last ${last.length} of ${entries.length} entries.` : 'Every line also stands below.'),
      h('div', { class: 'picture', tabindex: '0', role: 'region', 'aria-label': 'Sequence' }, picture(last)),
      h('ul', { class: 'journal' }, last.map(line)),
    ]),
  ];
}

async function follow(body, who) {
  const place = h('div', {});
  const head = h('div', {});
  let seen = '';
  const draw = async () => {
    const told = await get('/person', { who });
    const now = JSON.stringify(told);
    if (now === seen) return;
    seen = now;
    redraw(head, [facts([['Known as', told.known_as.filter((it, at, all) => all.findIndex((other) => other.toLowerCase() === it.toLowerCase()) === at).join(', ')]])]);
    const open = new Map([...place.querySelectorAll('details')].map((it, at) => [at, it.open]));
    const same = place.querySelectorAll('details').length;
    place.replaceChildren(...stations(told));
    const fresh = place.querySelectorAll('details');
    if (fresh.length === same) fresh.forEach((it, at) => { it.open = open.get(at); });
  };
  const names = [['qualifio', 'Statistics'], ['push', 'Pushes'], ['gigya', 'Gigya'], ['files', 'Files'], ['eloqua', 'Eloqua'], ['sequence', 'Sequence']];
  const jump = (id) => (event) => { event.preventDefault(); const to = document.getElementById(id); to?.scrollIntoView(); to?.focus(); };
  body.append(h('p', {}, h('a', { href: '#people' }, 'All people')), head,
    h('ol', { class: 'way' }, names.map(([id, text]) => h('li', {}, h('a', { href: `#${id}`, onclick: jump(id) }, text)))), place);
  await draw();
  if (!place.firstChild) body.append(notice('warning', 'Nobody is known by this.'));
  whenChanged(draw);
}

export const peopleView = { path: 'people', title: 'People', show: (body, who) => (who ? follow(body, who) : list(body)) };
