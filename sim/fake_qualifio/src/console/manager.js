// The frame: menu, who is signed in, and which page an address means.
import { call, h, keepsCookies, mayLeave, message, notice, release, route } from '/console/console.js';
import { api, session } from './api.js';
import { campaigns } from './campaigns.js';
import { participations, profiles, pushes } from './data.js';
import { feeds } from './feeds.js';
import { gdpr } from './gdpr.js';
import { integrations } from './integrations.js';
import { signIn } from './sign_in.js';
import { variables } from './variables.js';
import { websites } from './websites.js';

const main = document.getElementById('main');

const MENU = [
  { label: null, entries: [['Campaigns', '#campaigns', () => true]] },
  { label: 'Participants', entries: [
    ['Participations under way', '#participations', (may) => may.data],
    ['CRM profiles', '#profiles', (may) => may.data],
    ['Push log', '#pushes', (may) => may.data],
  ] },
  { label: 'Settings', entries: [
    ['Websites', '#websites', () => true],
    ['Mapping variables', '#variables', () => true],
    ['Integrations & partners', '#integrations', (may) => may.integrations || may.expert],
    ['Campaign feeds', '#feeds', (may) => may.integrations],
    ['GDPR Toolbox', '#gdpr', (may) => may.gdpr],
  ] },
];

// Whoever comes by an address to a page that is not for them reads why, and finds a way on.
const guarded = (view) => ({
  ...view,
  async show(body, rest) {
    try {
      await view.show(body, rest);
    } catch (refused) {
      if (refused.status !== 403) throw refused;
      body.replaceChildren(notice('error', message(refused)), h('p', {}, h('a', { href: '#campaigns' }, 'To the campaigns')));
    }
  },
});

function drawFrame() {
  const groups = MENU.map(({ label, entries }) => [label, entries.filter(([, , may]) => may(session.may))]);
  document.getElementById('menu').replaceChildren(...(session.operator === null ? [] : groups)
    .filter(([, entries]) => entries.length > 0)
    .map(([label, entries]) => h('div', {},
      label ? h('p', { class: 'group', id: `menu-${label}` }, label) : null,
      h('ul', label ? { 'aria-labelledby': `menu-${label}` } : {},
        entries.map(([text, href]) => h('li', {}, h('a', { href }, text)))))));
  document.getElementById('who').replaceChildren(...(session.operator === null ? [] : [
    h('p', { class: 'who' }, `${session.operator} (${session.role})`),
    h('button', { type: 'button', class: 'plain', onclick: signOut }, 'Sign out'),
  ]));
}

export function known(me) {
  Object.assign(session, me ?? { operator: null, role: '', may: {} });
  drawFrame();
}

async function signOut() {
  if (!await mayLeave()) return;
  await api('DELETE', 'session');
  release(null);
  known(null);
  Object.assign(session, { wanted: '', wantedBy: null });
  location.hash = '#sign-in';
}

document.getElementById('skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});

if (keepsCookies(main)) try {
  known(await call('GET', '/manager/api/me').catch((refused) => {
    if (refused.status === 401) return null;
    throw refused;
  }));
  if (session.operator === null && location.hash !== '#sign-in') {
    session.wanted = location.hash;
    history.replaceState(null, '', '#sign-in');
  }
  const views = [campaigns, websites, variables, integrations, feeds, gdpr, pushes, participations, profiles];
  await route(main, [...views.map(guarded), signIn(known)]);
} catch {
  main.replaceChildren(h('h1', {}, 'Qualifio Manager'), notice('error', 'The API does not answer. Reload the page to try again.'));
}
