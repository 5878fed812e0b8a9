// Settings > GDPR Toolbox: finding people, and having what is kept about them exported or forgotten.
import { confirmed, facts, field, form, h, notice, table } from '/console/console.js';
import { api, begin, place, refresh, refusal, say, session, state } from './api.js';

const KINDS = { GDPR_ForgottenRight: 'Right to be forgotten', GDPR_ExportData: 'Export of personal data' };
const TRAIL = [['Settings'], ['GDPR Toolbox', '#gdpr']];

export const gdpr = {
  path: 'gdpr',
  title: 'GDPR Toolbox',
  async show(body, rest) {
    const [settings, { rules }] = await Promise.all([api('GET', 'gdpr'), api('GET', 'gdpr/rules')]);
    if (rest.startsWith('rules/')) return showRule(body, rules.find((rule) => `rules/${rule._id}` === rest));
    begin(body, 'GDPR Toolbox', [['Settings'], ['GDPR Toolbox']]);
    body.append(
      h('h2', {}, 'Find people'), ...search(),
      h('h2', {}, 'Forget whoever took part between two moments'), byDate(),
      h('h2', {}, 'Rules'), ...ruleTable(rules, settings),
      h('h2', {}, 'Retention'), retention(settings),
      h('h2', {}, 'Tokens of the GDPR API'), ...tokens(settings));
  },
};

function search() {
  const found = h('div', { role: 'status' });
  return [form('gdpr-search', [
    h('div', { class: 'entry' },
      field('E-mail address', { name: 'email', type: 'search', autocapitalize: 'off' }),
      field('First name', { name: 'firstName', type: 'search' }),
      field('Last name', { name: 'lastName', type: 'search' })),
    h('p', { class: 'hint' }, 'Whole words; what stays empty fits everybody.'),
    h('div', { class: 'row' }, h('button', {}, 'Search')),
  ], async (values) => {
    found.replaceChildren();
    const { profiles, total } = await api('GET', `gdpr/profiles?${new URLSearchParams(values)}`);
    found.replaceChildren(...(total === 0 ? [h('p', { class: 'empty' }, 'Nobody is called so.')] : asking(profiles, total)));
  }, place), found];
}

// What may be asked for the people who were found.
function asking(profiles, total) {
  const about = ({ id, email }) => `Profile ${id}, ${email}`;
  return [
    total > profiles.length ? notice('info', `The first ${profiles.length} of ${total}.`) : '',
    form('gdpr-ask', [
      table('People', [
        ['Choose', ({ id, email }) => h('input', { type: 'checkbox', name: `profile-${id}`, 'aria-label': about({ id, email }) })],
        ['Number', ({ id }) => String(id)],
        ['First name', ({ firstName }) => firstName],
        ['Last name', ({ lastName }) => lastName],
        ['E-mail address', ({ email }) => email],
        ['Since', ({ createdAt }) => createdAt],
      ], profiles),
      ...reasons('people'),
      h('div', { class: 'row' },
        h('button', { value: 'exports' }, 'Ask for an export'),
        h('button', { value: 'erasures', class: 'danger' }, 'Ask to forget them')),
    ], async (values, button) => {
      const chosen = profiles.filter(({ id }) => values[`profile-${id}`]).map(({ id }) => id);
      if (chosen.length === 0) throw new Error('Choose somebody first.');
      const erases = button?.value === 'erasures';
      await api('POST', `gdpr/${erases ? 'erasures' : 'exports'}`, {
        profiles: chosen, justification: values['people-justification'], ...(erases ? { test: values['people-test'] } : {}),
      });
      asked();
    }, reasonPlace('people')),
  ];
}

const reasons = (of) => [
  field('Justification', { name: `${of}-justification`, maxlength: 2000, hint: 'Kept with the rule.' }),
  field('Only pretend to forget: count what would go', { name: `${of}-test`, type: 'checkbox' }),
];

const reasonPlace = (of) => (refused) => {
  const [name, text] = place(refused);
  return [name === 'justification' ? `${of}-justification` : name, text];
};

function asked() {
  say('good', 'The rule is laid down. It waits for the Data Protection Officer.');
  refresh();
}

function byDate() {
  return form('gdpr-dates', [
    h('div', { class: 'entry' },
      field('From', { name: 'from', placeholder: '2026-01-01T00:00:00Z' }),
      field('To', { name: 'to', placeholder: '2026-02-01T00:00:00Z' })),
    ...reasons('dates'),
    h('div', { class: 'row' }, h('button', { class: 'danger' }, 'Ask to forget them')),
  ], async (values) => {
    await api('POST', 'gdpr/erasures', {
      from: values.from || null, to: values.to || null, justification: values['dates-justification'], test: values['dates-test'],
    });
    asked();
  }, (refused) => {
    const [name, text] = reasonPlace('dates')(refused);
    return [name ?? (text.includes('`from`') ? 'from' : text.includes('`to`') ? 'to' : null), text];
  });
}

function scope({ ruleTypePayload: { profiles, dateFrom, dateTo } }) {
  if (profiles) return profiles.length === 1 ? `profile ${profiles[0].crmId}` : `${profiles.length} profiles`;
  return dateFrom ? `${dateFrom} to ${dateTo}` : `until ${dateTo}`;
}

const standing = ({ ruleStatus: { status } }) => state(status === 'DONE' ? '' : 'off', status);

function ruleTable(rules, { officers }) {
  const shown = table('Rules, newest first', [
    ['Created', (rule) => h('a', { href: `#gdpr/rules/${rule._id}` }, rule.createdAt)],
    ['Rule', (rule) => `${KINDS[rule.ruleType] ?? rule.ruleType}${rule.test ? ' (pretended)' : ''}`],
    ['About', scope],
    ['State', standing],
    ['Asked by', (rule) => String(rule.userId ?? '')],
    ['Justification', (rule) => rule.justification],
    ...(session.may.approve ? [['Approve', (rule) => approve(rule)]] : []),
  ], [...rules].reverse(), 'Nobody has asked for anything yet.');
  const who = officers.length === 0 ? 'This account has none, so rules wait.' : `Here: ${officers.join(', ')}.`;
  return [shown, session.may.approve ? '' : h('p', { class: 'hint' }, `Only the Data Protection Officer approves rules. ${who}`)];
}

function approve(rule) {
  if (rule.ruleStatus.status !== 'NEW') return '';
  const button = h('button', { type: 'button', class: 'plain', 'aria-label': `Approve the rule about ${scope(rule)}`, onclick: async () => {
    const forgets = rule.ruleType === 'GDPR_ForgottenRight' && !rule.test;
    if (forgets && !await confirmed(`Approve it? What is kept about ${scope(rule)} is forgotten for good.`, 'Forget for good')) return;
    try {
      await api('PUT', `gdpr/rules/${rule._id}/approve`);
      say('good', 'The rule is approved and will be carried out.');
      refresh();
    } catch (refused) {
      button.after(notice('error', refusal(refused).text));
    }
  } }, 'Approve');
  return button;
}

function showRule(body, rule) {
  if (!rule) throw new Error('There is no such rule, or no longer.');
  const kind = KINDS[rule.ruleType] ?? rule.ruleType;
  begin(body, kind, [...TRAIL, [kind]]);
  body.append(facts([
    ['Rule', h('code', {}, rule._id)], ['About', scope(rule)], ['State', standing(rule)], ['Created', rule.createdAt],
    ['Updated', rule.ruleStatus.updatedAt], ['Asked by', String(rule.userId ?? '')], ['Justification', rule.justification],
    ['Pretended', rule.test ? 'yes' : null], ['Approval', rule.ruleStatus.isAuto ? 'not needed' : null],
  ]), session.may.approve ? approve(rule) : '', h('h2', {}, 'Result'));
  if (rule.ruleResult === undefined) {
    body.append(h('p', { class: 'empty' }, 'It has not been carried out yet.'));
    return;
  }
  const text = JSON.stringify(rule.ruleResult, null, 2);
  const file = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  window.addEventListener('hashchange', () => URL.revokeObjectURL(file), { once: true });
  body.append(h('p', {}, h('a', { class: 'button', href: file, download: `rule-${rule._id}.json` }, 'Download')),
    h('pre', { tabindex: '0', role: 'region', 'aria-label': 'Result' }, text));
}

function retention(settings) {
  return form('retention', [
    field('People are forgotten after', { name: 'retention', value: settings.retention, hint: 'none, or whole days from 7d to 730d.' }),
    field('Delete anonymous data too', { name: 'delete_anonymous_data', type: 'checkbox', checked: settings.delete_anonymous_data }),
    h('div', { class: 'row' }, h('button', {}, 'Save')),
  ], async (values) => {
    await api('PUT', 'gdpr', values);
    say('good', 'Saved.');
    refresh();
  }, place);
}

function tokens(settings) {
  const made = h('div', { role: 'status' });
  return [
    table('Tokens', [['Token', ({ token }) => h('code', {}, token)]], settings.tokens.map((token) => ({ token })), 'There is no token yet.'),
    session.may.integrations ? form('token', [h('div', { class: 'row' }, h('button', { class: 'plain' }, 'New token'))], async () => {
      const { token } = await api('POST', 'gdpr/tokens');
      made.replaceChildren(notice('warning', 'Copy the token now. It is not shown again.'), h('p', {}, 'Token: ', h('code', { id: 'new-token' }, token)));
    }, place, { light: true }) : h('p', { class: 'hint' }, 'Only administrators make tokens.'),
    made,
  ];
}
