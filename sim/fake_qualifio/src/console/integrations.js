// Settings > Integrations & partners > Gigya SSO.
import { facts, field, form, h, notice, table } from '/console/console.js';
import { api, begin, go, place, refresh, say, session, state, toggle } from './api.js';
import { blockFields, blockValues, watchChanges } from './block.js';
import { showWebhooks } from './webhooks.js';
import { WORDS } from './words.js';

const ROOT = 'integrations/gigya-sso';
const TRAIL = [['Settings'], ['Integrations & partners', '#integrations']];
const GIGYA = ['Gigya SSO', `#${ROOT}`];

export const integrations = {
  path: 'integrations',
  title: 'Integrations & partners',
  async show(body, rest) {
    const site = rest.match(/^gigya-sso\/sites\/(\d+)$/);
    if (site) return showSite(body, Number(site[1]));
    if (rest === 'gigya-sso/expert') return showExpert(body);
    if (rest === 'gigya-sso') return showGigya(body);
    if (rest === 'webhooks' || rest.startsWith('webhooks/')) return showWebhooks(body, rest.slice('webhooks/'.length));
    return session.may.expert ? showList(body, null) : showList(body, await api('GET', ROOT));
  },
};

function health(of) {
  return of === 'red' ? state('red', 'Gigya refuses the keys') : state('', 'No trouble known');
}

function unlicensed(gigya) {
  return gigya.subscription.sso ? null : notice('error',
    `SsoNotInSubscription: the Gigya subscription does not include single sign-on. ${WORDS.SsoNotInSubscription}`);
}

function showList(body, gigya) {
  begin(body, 'Integrations & partners', [['Settings'], ['Integrations & partners']]);
  if (gigya === null) {
    body.append(table('Integrations', [
      ['Integration', () => 'Gigya SSO'],
      ['Change', () => h('a', { href: `#${ROOT}/expert` }, 'Expert settings of Gigya SSO')],
    ], [{}]));
    return;
  }
  body.append(unlicensed(gigya) ?? '', table('Integrations', [
    ['Integration', () => h('a', { href: `#${ROOT}` }, 'Gigya SSO')],
    ['Name', () => gigya.name],
    ['State', () => onOff(gigya)],
    ['Health', () => health(gigya.health)],
    ['Change', () => h('a', { class: 'button plain', href: `#${ROOT}`, 'aria-label': 'Configure Gigya SSO' }, 'Configure')],
  ], [gigya]), h('p', {}, h('a', { href: '#integrations/webhooks' }, 'Webhooks'), ' tell other systems of participations.'), h('p', { class: 'hint' },
    'OFF keeps what is stored: campaigns show their ordinary form with its e-mail field, and nothing is pushed to Gigya.'));
}

function onOff(gigya) {
  return toggle('Gigya SSO', gigya.enabled, async (enabled) => {
    await api('PUT', `${ROOT}/switch`, { enabled });
    say('good', `Gigya SSO is ${enabled ? 'ON' : 'OFF'}.`);
    refresh();
  });
}

async function showGigya(body) {
  const gigya = await api('GET', ROOT);
  begin(body, 'Gigya SSO', [...TRAIL, ['Gigya SSO']]);
  const { draft } = gigya;
  const told = h('p', { class: 'notice warning', role: 'status', hidden: !gigya.unsaved },
    gigya.unsaved ? 'There are unsaved changes, kept as a draft. Nothing of it counts before Save.' : '');
  const global = form('global', [
    told,
    field('Name', { name: 'name', value: draft?.name ?? gigya.name, hint: 'Shown in the Single sign-on tab of campaigns.' }),
    h('h2', {}, 'Global'),
    blockFields(gigya.global, draft),
    h('div', { class: 'row' },
      h('button', { value: 'save' }, 'Save'),
      h('button', { class: 'plain', value: 'draft' }, 'Keep as draft'),
      gigya.unsaved ? h('button', { class: 'plain', value: 'discard' }, 'Discard draft') : null),
  ], async (values, button) => {
    const written = { name: values.name, ...blockValues(values, { draft: button?.value === 'draft' }) };
    if (button?.value === 'draft') {
      await api('PUT', `${ROOT}/draft`, written);
      say('info', 'Kept as a draft.');
    } else if (button?.value === 'discard') {
      await api('DELETE', `${ROOT}/draft`);
      say('info', 'The draft is discarded. What counts has not changed.');
    } else {
      await save(written, draft);
    }
    refresh();
  }, place);
  watchChanges(global, told);
  body.append(
    unlicensed(gigya) ?? '',
    onOff(gigya),
    facts([['Health', health(gigya.health)]]),
    global,
    h('h2', {}, 'Websites'),
    siteTable(gigya),
    h('h2', {}, 'Set by Qualifio’s experts'),
    facts(expertFacts(gigya)),
  );
}

// Keys of a draft never come back in clear, so what joins a draft is saved where that lies.
async function save(written, draft) {
  if (draft) await api('PUT', `${ROOT}/draft`, written);
  const { warnings } = draft ? await api('POST', `${ROOT}/draft/save`) : await api('PUT', ROOT, written);
  say('good', 'Saved. It counts from now on.', warnings);
}

function siteTable(gigya) {
  return table('Configurations by website', [
    ['Website', (site) => h('a', { href: `#${ROOT}/sites/${site.id}` }, site.name)],
    ['Domain', (site) => site.domain],
    ['Configuration', (site) => site.site_mode],
    ['Login screen', (site) => site.effective_login_screen ?? state('red', 'Incomplete')],
    ['Health', (site) => health(site.health)],
    ['Change', (site) => h('a', { href: `#${ROOT}/sites/${site.id}`, 'aria-label': `Configure ${site.name}` }, 'Configure')],
  ], gigya.sites, 'There is no website yet.');
}

function expertFacts(gigya) {
  return [
    ['Push back to Gigya', gigya.push_back ? 'ON' : 'OFF'],
    ['Phone numbers', gigya.phone_policy],
    ['Data center', gigya.data_center],
    ['Values sent', gigya.send_mode],
  ];
}

async function showSite(body, id) {
  const gigya = await api('GET', ROOT);
  const site = gigya.sites.find((site) => site.id === id);
  if (!site) throw new Error(`There is no website ${id}.`);
  begin(body, `Gigya SSO on ${site.name}`, [...TRAIL, GIGYA, [site.name]]);
  const told = h('p', { class: 'notice warning', role: 'status', hidden: true });
  const block = h('div', {}, blockFields(site.block, null));
  const mode = field('Configuration', {
    name: 'site_mode', value: site.site_mode,
    options: [['Inherit', 'Inherit: the Global one'], ['Independent', 'Independent: one of its own']],
    hint: 'An independent website takes nothing from Global. While it inherits, its own configuration stays stored.',
    onchange: () => { block.hidden = mode.querySelector('select').value === 'Inherit'; },
  });
  block.hidden = site.site_mode === 'Inherit';
  const own = form('site', [told, mode, block, h('div', { class: 'row' }, h('button', {}, 'Save'))], async (values) => {
    const independent = values.site_mode === 'Independent';
    const { warnings } = await api('PUT', `${ROOT}/sites/${id}`,
      { site_mode: values.site_mode, ...(independent ? blockValues(values) : {}) });
    say('good', 'Saved. It counts from now on.', warnings);
    go(`#${ROOT}`);
  }, place);
  watchChanges(own, told);
  body.append(unlicensed(gigya) ?? '', facts([['Domain', site.domain], ['Health', health(site.health)]]), own);
}

async function showExpert(body) {
  const now = await api('GET', `${ROOT}/expert`);
  begin(body, 'Expert settings of Gigya SSO', [...TRAIL, ['Gigya SSO'], ['Expert settings']]);
  const word = (label, name, words, hint) =>
    field(label, { name, value: now[name], options: words.map((word) => [word, word]), hint });
  const box = (label, name, hint) => field(label, { name, type: 'checkbox', checked: now[name], hint });
  body.append(form('expert', [
    box('Push back to Gigya', 'push_back', 'Without it statistics fill as usual, the UID included, and nothing is written to Gigya.'),
    word('Phone numbers', 'phone_policy', ['Overwrite', 'Append'], 'Overwrite leaves one number in Gigya; Append adds the new one to those that are there.'),
    word('Values sent', 'send_mode', ['AllSubmitted', 'ChangedOnly']),
    box('Empty fields clear the profile’s value', 'clear_on_empty'),
    word('Data center', 'data_center', ['us1', 'eu1', 'eu2', 'au1', 'ru1', 'cn1']),
    h('div', { class: 'row' }, h('button', {}, 'Save')),
  ], async (values) => {
    await api('PUT', `${ROOT}/expert`, values);
    say('good', 'Saved.');
    refresh();
  }, place));
}
