// Campaigns: the list, a new one, and the tabs of one.
import { facts, field, form, h, table } from '/console/console.js';
import { api, begin, go, named, place, refresh, say, session, state, typed } from './api.js';
import { channelFields, channelValues, showChannels } from './channels.js';
import { showPushes, showStatistics } from './data.js';
import { showForm, showSteps } from './form_step.js';
import { showSingleSignOn } from './single_sign_on.js';

const TABS = [
  { key: '', label: 'General', show: showGeneral, may: () => true },
  { key: 'channels', label: 'Channels', show: showChannels, may: () => true },
  { key: 'steps', label: 'Steps', show: showSteps, may: () => true },
  { key: 'form', label: 'Form', show: showForm, may: () => true },
  { key: 'sso', label: 'Single sign-on', show: showSingleSignOn, may: (may) => may.campaigns },
  { key: 'statistics', label: 'Statistics', show: showStatistics, may: (may) => may.data },
  { key: 'pushes', label: 'Push log', show: (body, campaign) => showPushes(body, `campaign=${campaign.id}&`), may: (may) => may.data },
];

export const campaigns = {
  path: 'campaigns',
  title: 'Campaigns',
  async show(body, rest) {
    if (rest === '') return showList(body);
    if (rest === 'new' && !session.may.campaigns) throw new Error(`Your role, ${session.role}, makes no campaigns.`);
    if (rest === 'new') return showNew(body);
    const [id, key = ''] = rest.split('/');
    const campaign = await api('GET', `campaigns/${encodeURIComponent(id)}`);
    const tab = TABS.find((tab) => tab.key === key && tab.may(session.may)) ?? TABS[0];
    begin(body, campaign.title, [['Campaigns', '#campaigns'], [campaign.title, `#campaigns/${id}`], [tab.label]]);
    document.title = `${tab.label} - ${document.title}`;
    body.append(tabs(id, tab.key));
    return tab.show(body, campaign);
  },
};

function tabs(id, here) {
  return h('div', { class: 'tabs', role: 'navigation', 'aria-label': 'Campaign' }, h('ul', {},
    TABS.filter(({ may }) => may(session.may)).map(({ key, label }) => h('li', {}, h('a', {
      href: `#campaigns/${id}${key && `/${key}`}`, 'aria-current': key === here ? 'page' : null,
    }, label)))));
}

async function showList(body) {
  const { campaigns } = await api('GET', 'campaigns');
  begin(body, 'Campaigns');
  body.append(table('Campaigns', [
    ['Title', (one) => h('a', { href: `#campaigns/${one.id}` }, one.title)],
    ['Number', (one) => String(one.id)],
    ['Participants', (one) => one.mode],
    ['Channels', (one) => one.channels.map(({ channel, website_name }) => `${channel} on ${website_name}`).join(', ')],
    ['Single sign-on', (one) => (one.sso.enabled ? state('', one.integration) : state('off', 'OFF'))],
    ['Preview', (one) => (one.preview ? 'yes' : '')],
  ], campaigns, 'There is no campaign yet.'));
  if (session.may.campaigns) body.append(h('p', {}, h('a', { class: 'button', href: '#campaigns/new' }, 'New campaign')));
}

async function showNew(body) {
  const { websites } = await api('GET', 'websites');
  begin(body, 'New campaign', [['Campaigns', '#campaigns'], ['New campaign']]);
  body.append(form('campaign', [
    field('Title', { name: 'title', hint: 'For operators.' }),
    field('Public name', { name: 'public_name', hint: 'For participants. Empty is the title.' }),
    modeField('identified'),
    h('h2', {}, 'First channel'),
    channelFields(websites, {}),
    h('div', { class: 'row' }, h('button', {}, 'Create'), h('a', { href: '#campaigns' }, 'Cancel')),
  ], async (values) => {
    const made = await api('POST', 'campaigns', {
      ...typed(values, ['title', 'public_name']), mode: values.mode, channels: [channelValues(values)],
    });
    say('good', [named(made.title), ' is created.']);
    go(`#campaigns/${made.id}`);
  }, (refused) => {
    const [name, text] = place(refused);
    return [name?.replace(/^channels-0-/, '') ?? null, text];
  }));
}

function modeField(value) {
  return field('Participants', {
    name: 'mode', value, options: [['identified', 'Identified: with a form'], ['anonymous', 'Anonymous: without']],
  });
}

// How often one may take part. Several limits hold together.
const COUNTED = [
  ['NPerEmail', 'So often for each e-mail address'],
  ['NPerPhone', 'So often for each telephone number'],
  ['NPerIp', 'So often for each network address'],
  ['MaxParticipants', 'So many people in all'],
  ['MaxParticipations', 'So many participations in all'],
];

// A limit is a word, or a mapping of names to what they allow.
function limits(limit) {
  if (typeof limit === 'string') return limit === 'Unlimited' ? {} : { [limit]: true };
  return limit ?? {};
}

function limitFields(limit) {
  const now = limits(limit);
  return h('fieldset', {}, h('legend', {}, 'Limits'),
    field('Once for each first name, last name and e-mail address', { name: 'limit-OnePerTrigram', type: 'checkbox', checked: now.OnePerTrigram === true, hint: 'And once for each browser, by its cookie.' }),
    COUNTED.map(([name, label]) => field(label, { name: `limit-${name}`, type: 'number', min: '1', value: String(now[name] ?? '') })),
    field('Not again within', { name: 'limit-NoneWithin', value: now.NoneWithin, hint: 'Such as 10min, 2h or 1d.' }),
    field('Not again until', { name: 'limit-NoneUntil', value: now.NoneUntil ?? '', options: [['', 'No such limit'], ['hour', 'The next hour'], ['day', 'The next day'], ['Monday', 'Monday']] }));
}

function limitValue(values) {
  const limit = {};
  if (values['limit-OnePerTrigram']) limit.OnePerTrigram = true;
  for (const [name] of COUNTED) if (values[`limit-${name}`] !== '') limit[name] = Number(values[`limit-${name}`]);
  for (const name of ['NoneWithin', 'NoneUntil']) if (values[`limit-${name}`] !== '') limit[name] = values[`limit-${name}`];
  const names = Object.keys(limit);
  if (names.length === 0) return 'Unlimited';
  return names.length === 1 && limit.OnePerTrigram ? 'OnePerTrigram' : limit;
}

function limitText(limit) {
  const parts = Object.entries(limits(limit)).map(([name, value]) => (value === true ? name : `${name} ${value}`));
  return parts.length === 0 ? 'Unlimited' : parts.join(', ');
}

async function showGeneral(body, campaign) {
  const first = campaign.channels[0];
  const link = h('a', { href: first.url, target: '_blank', rel: 'noopener' }, campaign.preview ? 'Preview the campaign' : 'Open the campaign');
  body.append(h('p', {}, link), facts([['Number', String(campaign.id)], ['GUID', campaign.guid]]));
  if (!session.may.campaigns) {
    body.append(facts([['Public name', campaign.public_name], ['Participants', campaign.mode],
      ['Limits', limitText(campaign.limit)], ['Preview', campaign.preview ? 'yes' : 'no']]));
    return;
  }
  body.append(form('general', [
    field('Title', { name: 'title', value: campaign.title }),
    field('Public name', { name: 'public_name', value: campaign.public_name }),
    modeField(campaign.mode),
    field('Preview', { name: 'preview', type: 'checkbox', checked: campaign.preview, hint: 'Everything runs as usual, and nothing is pushed to Gigya.' }),
    field('Lite Registration runs on this campaign too', { name: 'lite_registration', type: 'checkbox', checked: campaign.lite_registration }),
    field('Themes', { name: 'themes', rows: '3', value: campaign.themes.map(({ code, description }) => (description ? `${code} | ${description}` : code)).join('\n'),
      hint: 'One a line: code, or code | description.' }),
    limitFields(campaign.limit),
    h('div', { class: 'row' }, h('button', {}, 'Save')),
  ], async (values) => {
    await api('PUT', `campaigns/${campaign.id}`, {
      title: values.title, public_name: values.public_name, mode: values.mode, limit: limitValue(values),
      themes: values.themes.split('\n').map((line) => line.split('|').map((part) => part.trim())).filter(([code]) => code)
        .map(([code, ...description]) => ({ code, description: description.join(' | ') })),
      preview: values.preview, lite_registration: values.lite_registration,
    });
    say('good', 'Saved.');
    refresh();
  }, place));
}
