// Contacts: found, and shown whole.
import { h, facts, field, form, message, notice, pager, table } from '/console/console.js';
import { badge, rest, time } from '/setup/api.js';

const SIZE = 25;
// Fields that the API keeps outside fieldValues, by the ids that every instance has.
const MEMBERS = {
  100001: 'emailAddress', 100002: 'firstName', 100003: 'lastName', 100004: 'accountName', 100006: 'address1', 100007: 'address2',
  100008: 'address3', 100009: 'city', 100010: 'province', 100011: 'postalCode', 100012: 'country', 100013: 'businessPhone',
  100014: 'mobilePhone', 100015: 'fax', 100016: 'title', 100022: 'salesPerson',
};
const subscribed = (it) => badge(it.isSubscribed === 'true' ? 'good' : 'bad', it.isSubscribed === 'true' ? 'subscribed' : 'unsubscribed');

async function list(body) {
  const found = h('div', {});
  let wanted = '';
  const look = async (start) => {
    const query = new URLSearchParams({ depth: 'partial', count: SIZE, page: start / SIZE + 1 });
    if (wanted) query.set('search', `*${wanted.replaceAll("'", '')}*`);
    const page = await rest('GET', `/data/contacts?${query}`);
    const total = Number(page.total);
    found.replaceChildren(
      table('Contacts', [
        ['E-mail address', (it) => h('a', { href: `#contacts/${it.id}` }, it.emailAddress || `contact ${it.id}`)],
        ['First name', (it) => it.firstName], ['Last name', (it) => it.lastName],
        ['E-mail', subscribed], ['Changed', (it) => time(it.updatedAt)],
      ], page.elements, wanted ? 'No contact has such an address.' : 'There is no contact yet.'),
      total > 0 ? pager(start, SIZE, total, (to) => look(to).catch(tell)) : '');
  };
  const tell = (refused) => found.replaceChildren(notice('error', message(refused)));
  body.append(
    form('search', [
      field('E-mail address', { name: 'wanted', type: 'search', hint: 'All of it or a part.' }), h('button', {}, 'Search'),
    ], async (values) => { wanted = values.wanted.trim(); await look(0); }),
    found);
  await look(0);
}

// Every field with its names and value; those with a value first.
function values(contact, fields) {
  const given = new Map((contact.fieldValues ?? []).map((it) => [it.id, it.value ?? '']));
  const rows = fields.map((it) => {
    const raw = MEMBERS[it.id] ? contact[MEMBERS[it.id]] ?? '' : given.get(it.id) ?? '';
    return { ...it, value: it.dataType === 'date' && raw !== '' ? time(raw) : raw };
  });
  return [...rows.filter((it) => it.value !== ''), ...rows.filter((it) => it.value === '')];
}

async function whole(body, id) {
  const place = `/data/contact/${encodeURIComponent(id)}`;
  const contact = await rest('GET', `${place}?depth=complete`);
  const { elements: fields } = await rest('GET', '/assets/contact/fields?depth=complete&count=1000&orderBy=id');
  const lists = await rest('GET', `${place}/membership`);
  const { elements: groups } = await rest('GET', `${place}/email/groups/subscription?depth=complete`);
  const rows = values(contact, fields);
  const full = rows.filter((it) => it.value !== '');
  const shown = h('div', {});
  const draw = (all) => shown.replaceChildren(table('Field values', [
    ['Display name', (it) => it.name], ['Database name', (it) => h('code', {}, it.internalName)],
    ['Value', (it) => (it.value === '' ? h('span', { class: 'blank' }, 'blank') : it.value)],
  ], all ? rows : full));
  draw(false);
  const choice = field(`Blank fields, too (${rows.length - full.length})`, { name: 'blank', type: 'checkbox' });
  choice.querySelector('input').addEventListener('change', (event) => draw(event.target.checked));
  const state = contact.isSubscribed === 'true' ? time(contact.subscriptionDate) : time(contact.unsubscriptionDate);
  body.append(
    h('p', {}, h('a', { href: '#contacts' }, 'All contacts')),
    h('h2', {}, contact.emailAddress || `Contact ${contact.id}`),
    facts([
      ['Contact ID', contact.id], ['Name', [contact.firstName, contact.lastName].filter(Boolean).join(' ')],
      ['E-mail', h('span', {}, subscribed(contact), ' ', contact.isBounceback === 'true' ? badge('bad', 'bounced') : '', state ? ` since ${state}` : '')],
      ['Status', contact.currentStatus], ['Created', time(contact.createdAt)], ['Changed', time(contact.updatedAt)],
    ]),
    h('h2', {}, 'Fields'), choice, shown,
    h('h2', {}, 'E-mail groups'),
    table('Subscriptions to e-mail groups', [
      ['Group', (it) => it.emailGroup.name], ['State', subscribed], ['Since', (it) => time(it.updatedAt)],
    ], groups, 'There is no e-mail group.'),
    h('h2', {}, 'Lists'),
    table('Lists that it is on', [['List', (it) => it.name]], Array.isArray(lists) ? lists : [], 'It is on no list.'));
}

export const contactsView = { path: 'contacts', title: 'Contacts', show: (body, id) => (id ? whole(body, id) : list(body)) };
