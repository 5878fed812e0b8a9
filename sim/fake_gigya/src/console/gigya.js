// The console's frame: signing in, choosing a site, going from page to page.
import { h, field, form, hold, keepsCookies, mayLeave, notice, release, route } from '/console/console.js';
import { method, own, signedOut, site } from '/console/gigya-api.js';
import { siteView } from '/console/gigya-site.js';
import { keysView } from '/console/gigya-keys.js';
import { screenSetsView } from '/console/gigya-screen-sets.js';
import { accountsView } from '/console/gigya-accounts.js';
import { dataflowsView } from '/console/gigya-dataflows.js';
import { auditView } from '/console/gigya-audit.js';

const VIEWS = [siteView, keysView, screenSetsView, accountsView, dataflowsView, auditView];
const main = document.getElementById('main');
const menu = document.getElementById('menu');
const who = document.getElementById('who');

function signIn(told) {
  menu.replaceChildren();
  who.replaceChildren();
  const heading = h('h1', { tabindex: '-1' }, 'Sign in');
  main.replaceChildren(heading, told ? notice('warning', told) : '',
    h('p', {}, 'With a user or application key of the partner and its secret.'),
    form('sign-in', [
      field('User key', { name: 'userKey', autocomplete: 'username', required: true }),
      field('Secret', { name: 'secret', type: 'password', autocomplete: 'current-password', required: true }),
      h('button', {}, 'Sign in'),
    ], async (values) => {
      await own('POST', '/console/session', values);
      operator = values.userKey;
      release(operator);
      await start();
    }, () => null, { light: true }));
  heading.focus();
  document.title = `Sign in - ${document.body.dataset.product}`;
  document.body.dataset.ready = 'sign-in';
}

async function choose() {
  const answer = await method('admin.getUserSites', { apiKey: '' });
  const sites = answer.sites.flatMap((partner) => partner.sites);
  if (!sites.some((it) => it.apiKey === site.key)) site.key = sites[0].apiKey;
  const choice = field('Site', {
    name: 'site', value: site.key,
    options: sites.map((it) => [it.apiKey, `${it.baseDomain} (${it.dataCenter}, ${it.siteID})`]),
  });
  choice.querySelector('select').addEventListener('change', async (event) => {
    if (!await mayLeave()) {
      event.target.value = site.key;
      return;
    }
    site.key = event.target.value;
    window.dispatchEvent(new HashChangeEvent('hashchange'));
  });
  const leave = h('button', {
    type: 'button', class: 'plain', id: 'sign-out',
    onclick: async () => {
      if (!await mayLeave()) return;
      await own('DELETE', '/console/session');
      sessionStorage.clear();
      location.replace(location.pathname);
    },
  }, 'Sign out');
  who.replaceChildren(choice, leave);
  menu.replaceChildren(...VIEWS.map((view) => h('li', {}, h('a', { href: `#${view.path}` }, view.title))));
}

// Whoever was signed in and no longer is has to sign in again; before, there is nothing to tell.
let operator = null;
let inside = false;
let routed = false;
async function start() {
  inside = true;
  await choose();
  if (routed) window.dispatchEvent(new HashChangeEvent('hashchange'));
  else { routed = true; await route(main, VIEWS); }
}

signedOut.addEventListener('over', () => { if (inside) { inside = false; hold(operator); queueMicrotask(() => signIn('Your session is over. Sign in again.')); } });

if (keepsCookies(main)) try {
  operator = (await own('GET', '/console/session')).userKey;
  await start();
} catch (refused) {
  if (refused.status === 401) signIn();
  else main.replaceChildren(h('h1', {}, 'Gigya Console'), notice('error', 'The console does not answer. Load the page again.'));
}
