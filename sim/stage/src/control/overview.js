// What there is on the stage, and where.
import { h, call, field, form, notice, table } from '/console/console.js';
import { changed, get, line, redraw, whenChanged } from '/stage/api.js';

const outside = (href, text) => h('a', { href, target: '_blank', rel: 'noopener' }, text);

// Under its name of the front the page is in a browser that finds every host there, this machine's own address
// among them; elsewhere it is the other way round.
const byName = location.hostname === 'standin.localhost';

function places(all) {
  return table('Consoles, pages and addresses', [
    ['Platform', (it) => it.platform], ['What', (it) => it.what],
    ['On this machine', (it) => (it.here && !byName ? outside(it.here, it.here) : h('code', {}, it.here ?? it.address ?? ''))],
    ['In a browser of this stage', (it) => (!it.name ? '' : byName ? outside(it.name, it.name) : h('code', {}, it.name))],
    ['Sign in with', (it) => (it.sign_in ?? []).map((name, at) => [at ? ', ' : '', h('code', {}, name)])],
  ], all);
}

async function show(body) {
  const numbers = h('ul', { class: 'numbers' });
  const last = h('ul', { class: 'journal' });
  const draw = async () => {
    const [{ total }, told] = await Promise.all([get('/people', { search: '' }), get('/entries', { limit: 10 })]);
    const one = (count, text, place) => h('li', {}, h('strong', {}, String(count)), h('a', { href: place }, text));
    redraw(numbers, [one(total.accounts, 'accounts in Gigya', '#people'), one(total.pushes, 'pushes to Gigya', '#journal'),
      one(total.files, 'files at the drop', '#journal'), one(total.contacts, 'contacts in Eloqua', '#people'), one(told.next - 1, 'entries in the journal', '#journal')]);
    const fresh = told.entries.reverse().map(line);
    if (fresh[0]?.id !== last.firstElementChild?.id) last.replaceChildren(...fresh);
  };
  const clock = form('advance', [
    field('Let time pass', { name: 'by', value: '1h', hint: 'A number and ms, s, min, h or d. What falls due on the way is done.' }),
    h('button', {}, 'Advance'),
  ], async ({ by }) => { await call('POST', '/advance', { by: by.trim() }); changed(); },
  (refused) => ['by', refused.body?.error ?? refused.body?.detail ?? 'The stage did not move.'], { light: true });
  body.append(...[
    h('p', {}, 'People play at Qualifio, their profiles travel to Gigya, and dataflows carry them over the drop to Eloqua. Pick a ', h('a', { href: '#people' }, 'person'), ' and follow them.'),
    numbers, clock,
    h('h2', {}, 'Where everything is'), places(await get('/places')),
    byName ? null : h('p', { class: 'hint' }, 'standin serve --browse opens a browser in which every name is found.'),
    h('p', { class: 'hint' }, 'The names to sign in with are environment variables; their values stand where standin serve printed them.'),
    h('h2', {}, 'What happened last'), last,
  ].filter(Boolean));
  await draw();
  whenChanged(() => draw().catch(() => body.prepend(notice('error', 'The stage does not answer.'))));
}

export const overviewView = { path: 'overview', title: 'Overview', show };
