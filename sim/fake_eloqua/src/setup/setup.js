// The frame: who is signed in, and where to go.
import { h, mayLeave, notice, route } from '/console/console.js';
import { api, whoAmI } from '/setup/api.js';
import { contactsView } from '/setup/contacts.js';
import { fieldsView } from '/setup/fields.js';
import { bulkView, jobsView } from '/setup/transfers.js';

const VIEWS = [contactsView, fieldsView, bulkView, jobsView];
const main = document.getElementById('main');
const links = (views) => views.map((view) => h('li', {}, h('a', { href: `#${view.path}` }, view.title)));

document.getElementById('audience').append(...links([contactsView]));
document.getElementById('menu').append(...links([fieldsView, bulkView, jobsView]));
document.getElementById('sign-out').addEventListener('click', async () => {
  if (!await mayLeave()) return;
  await api('DELETE', '/setup/session');
  location.assign('/');
});

try {
  const me = await whoAmI();
  document.getElementById('who').textContent = `${me.displayName}, ${me.company}`;
  await route(main, VIEWS);
} catch (refused) {
  main.replaceChildren(h('h1', {}, 'Oracle Eloqua'), notice('error', refused.message ?? 'The instance does not answer. Load the page again.'));
}
