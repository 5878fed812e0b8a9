// What participants left: statistics and their exports, the push log, participations under way, CRM profiles.
import { facts, h } from '/console/console.js';
import { api, begin, paged, state } from './api.js';
import { warningText } from './words.js';

function lines(texts) {
  return texts.length === 0 ? '' : h('ul', { class: 'list' }, texts.map((text) => h('li', {}, text)));
}

const counted = (counts) => Object.entries(counts).map(([name, count]) => `${name} ${count}`).join(', ');

export async function showStatistics(body, campaign) {
  const links = ['csv', 'xlsx'].map((kind) => h('a', { class: 'button plain', download: true }, `Export ${kind.toUpperCase()}`));
  const aim = (safe) => links.forEach((link, at) => {
    const kind = ['csv', 'xlsx'][at];
    link.href = `/manager/api/campaigns/${campaign.id}/statistics.${kind}${safe ? '?spreadsheet_safe=1' : ''}`;
  });
  aim(false);
  const told = await api('GET', `campaigns/${campaign.id}/summary`);
  body.append(
    facts([
      ['Participations', String(told.participations)], ['Under way', String(told.in_progress)],
      ['Different people', String(told.unique_participants)], ['Anonymised', String(told.anonymised)],
      ...['devices', 'channels', 'websites', 'languages'].map((name) => [`By ${name.slice(0, -1)}`, counted(told[name])]),
      ...Object.entries(told.optins).map(([name, given]) => [`Opt-in ${name}`, counted(given)]),
    ]),
    h('div', { class: 'row' }, links),
    h('div', { class: 'field box' },
      h('input', { id: 'safe', type: 'checkbox', 'aria-describedby': 'safe-hint', onchange: (event) => aim(event.target.checked) }),
      h('label', { for: 'safe' }, 'Spreadsheet-safe'),
      h('p', { class: 'hint', id: 'safe-hint' }, 'Puts an apostrophe before cells that start with = + - @, so that no program takes them for formulas. '
        + 'Phone numbers such as +32 get one too.')),
  );
  await paged(body, (query) => api('GET', `campaigns/${campaign.id}/statistics?${query}`), 'participations', 'Participations', ({ columns }) => [
    ...columns.map((column) => [column, (row) => String(row[column] ?? '')]),
    ['warnings', (row) => row.warnings.map(warningText).join(', ')],
  ], { empty: 'Nobody has taken part yet.', wide: true });
}

export async function showPushes(body, query = '') {
  await paged(body, (page) => api('GET', `pushes?newest_first=1&${query}${page}`), 'pushes', 'Pushes to Gigya, newest first', [
    ['Time', (push) => push.at],
    ['Push', (push) => String(push.push_id)],
    ['State', (push) => state(tone(push.state), push.state)],
    ['Attempt', (push) => String(push.attempt)],
    ['Campaign', (push) => h('a', { href: `#campaigns/${push.campaign_id}` }, String(push.campaign_id))],
    ['UID', (push) => push.uid],
    ['Sent', (push) => (push.sent_fields ?? []).join(', ')],
    ['Skipped', (push) => lines((push.skipped ?? []).map(({ variable, reason }) => `${variable}: ${reason}`))],
    ['Gigya', (push) => [
      push.gigya_error_code === undefined ? null : `errorCode ${push.gigya_error_code}`,
      push.http_status === undefined ? null : `HTTP ${push.http_status}`,
    ].filter(Boolean).join(', ')],
    ['Warnings', (push) => (push.warnings ?? []).map(warningText).join(', ')],
    ['Participation', (push) => push.participation_id],
  ], { empty: 'Nothing has been pushed yet.', wide: true });
}

function tone(name) {
  if (name.startsWith('Dead')) return 'red';
  return name === 'Succeeded' || name.startsWith('Partial') ? '' : 'off';
}

export const pushes = {
  path: 'pushes',
  title: 'Push log',
  async show(body) {
    begin(body, 'Push log', [['Participants'], ['Push log']]);
    await showPushes(body);
  },
};

export const participations = {
  path: 'participations',
  title: 'Participations under way',
  async show(body) {
    begin(body, 'Participations under way', [['Participants'], ['Participations under way']]);
    await paged(body, (page) => api('GET', `participations?${page}`), 'participations', 'Participations that have not expired', [
      ['Started', (one) => one.started_at],
      ['State', (one) => state(one.state === 'COMPLETED' ? '' : 'off', one.state)],
      ['Step', (one) => one.step],
      ['Single sign-on', (one) => (one.step === 'identityset' || one.step === 'sso' ? one.sso : '')],
      ['Error', (one) => one.sso_error ?? ''],
      ['Identified', (one) => (one.identified ? 'yes' : 'no')],
      ['Device', (one) => one.device],
      ['Campaign', (one) => h('a', { href: `#campaigns/${one.campaign_id}` }, String(one.campaign_id))],
      ['Warnings', (one) => lines(one.warnings.map(warningText))],
      ['Participation', (one) => one.id],
    ], { empty: 'Nobody is taking part right now.', wide: true });
  },
};

export const profiles = {
  path: 'profiles',
  title: 'CRM profiles',
  async show(body) {
    begin(body, 'CRM profiles', [['Participants'], ['CRM profiles']]);
    const columns = ['id', 'firstName', 'lastName', 'email', 'login', 'gender', 'birthDay', 'address', 'zipcode', 'locality',
      'country', 'phone', 'language', 'trigramme', 'createdAt', 'updatedAt'];
    await paged(body, (page) => api('GET', `crm/profiles?${page}`), 'profiles', 'One profile for each first name, last name and e-mail address',
      columns.map((column) => [column, (profile) => String(profile[column] ?? '')]),
      { empty: 'There is no profile yet. The first accepted form makes one.', wide: true });
  },
};
