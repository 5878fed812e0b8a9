// Settings > Setup > Fields and Views: contact fields.
import { h, confirmed, facts, field, form, message, notice, pager, table } from '/console/console.js';
import { badge, rest, time } from '/setup/api.js';

const SIZE = 50;
const DATA = { text: 'Text', largeText: 'Large text', numeric: 'Numeric', date: 'Date', emailAddress: 'E-mail address' };
const DISPLAY = { text: 'Text box', textArea: 'Large text box', singleSelect: 'Picklist', multiSelect: 'Multi-select picklist', checkbox: 'Check box' };
const UPDATE = {
  always: 'Always update', newNotBlank: 'Update if new value is not blank', existingBlank: 'Update if existing value is blank',
  newEmailAddress: 'Update if new e-mail address', never: 'Never update',
};
const trail = () => h('p', { class: 'trail' }, 'Settings > Setup > Fields and Views > Contact fields');
const pairs = (words) => Object.entries(words);

async function list(body) {
  const found = h('div', {});
  let wanted = '';
  const look = async (start) => {
    const query = new URLSearchParams({ depth: 'complete', count: SIZE, page: start / SIZE + 1, orderBy: 'name' });
    if (wanted) query.set('search', `name='*${wanted.replaceAll("'", '')}*'`);
    const page = await rest('GET', `/assets/contact/fields?${query}`);
    const total = Number(page.total);
    found.replaceChildren(
      table('Contact fields', [
        ['Display name', (it) => h('a', { href: `#fields/${it.id}` }, it.name)],
        ['Database name', (it) => h('code', {}, it.internalName)],
        ['Data type', (it) => DATA[it.dataType] ?? it.dataType], ['Field type', (it) => DISPLAY[it.displayType] ?? it.displayType],
        ['Update type', (it) => UPDATE[it.updateType] ?? it.updateType],
        ['Kind', (it) => badge(it.isStandard === 'true' ? 'soft' : 'good', it.isStandard === 'true' ? 'standard' : 'custom')],
      ], page.elements, 'No field is called so.'),
      total > 0 ? pager(start, SIZE, total, (to) => look(to).catch(tell)) : '');
  };
  const tell = (refused) => found.replaceChildren(notice('error', message(refused)));
  body.append(
    trail(),
    h('div', { class: 'row' }, h('a', { class: 'button', href: '#fields/new', id: 'add-field' }, 'Add Contact Field')),
    form('search', [
      field('Display name', { name: 'wanted', type: 'search' }), h('button', {}, 'Search'),
    ], async (values) => { wanted = values.wanted.trim(); await look(0); }),
    found);
  await look(0);
}

async function add(body) {
  const lists = (await rest('GET', '/assets/optionLists?count=1000')).elements;
  body.append(
    trail(), h('h2', {}, 'Add Contact Field'),
    form('field', [
      field('Display name', { name: 'name', maxlength: 100, required: true, hint: 'What people see. Mappings use the database name, which is made on Save.' }),
      field('Data type', { name: 'dataType', value: 'text', options: pairs(DATA).filter(([key]) => key !== 'emailAddress') }),
      field('Field type', { name: 'displayType', value: 'text', options: pairs(DISPLAY), hint: 'Picklists need the data type Text.' }),
      lists.length ? field('Values of the picklist', { name: 'optionListId', value: '', options: [['', 'none'], ...lists.map((it) => [it.id, it.name])] }) : null,
      field('Default value', { name: 'defaultValue' }),
      field('Update type', { name: 'updateType', value: 'always', options: pairs(UPDATE), hint: 'What imports do that follow each field\'s own rule.' }),
      h('div', { class: 'row' }, h('button', {}, 'Save'), h('a', { href: '#fields' }, 'Cancel')),
    ], async (values) => {
      const wishes = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
      const made = await rest('POST', '/assets/contact/field', wishes);
      saved = made.id;
      location.hash = `#fields/${made.id}`;
    }, (refused) => [refused.property ?? null, message(refused)]));
}

// The field that was made just now: its page says so once.
let saved = null;

async function one(body, id) {
  const it = await rest('GET', `/assets/contact/field/${encodeURIComponent(id)}`);
  const users = (await rest('GET', `/assets/contact/field/${encodeURIComponent(id)}/dependencies`)).elements;
  const custom = it.isStandard !== 'true';
  const fresh = saved === id;
  saved = null;
  body.append(
    fresh ? notice('good', 'The contact field is saved.') : '', trail(), h('h2', {}, it.name),
    h('p', {}, 'Database name: ', h('span', { class: 'database', id: 'database-name' }, it.internalName)),
    facts([
      ['Display name', it.name], ['Data type', DATA[it.dataType] ?? it.dataType], ['Field type', DISPLAY[it.displayType] ?? it.displayType],
      ['Update type', UPDATE[it.updateType] ?? it.updateType], ['Default value', it.defaultValue],
      ['In imports and exports', h('code', {}, `{{Contact.Field(${it.internalName})}}`)],
      ['Kind', custom ? 'custom' : 'standard'], ['Read-only', it.isReadOnly === 'true' ? 'yes' : 'no'],
      ['Created', time(it.createdAt)], ['ID', it.id],
    ]),
    h('h2', {}, 'Used by'),
    table('What uses it', [['Kind', (user) => user.type], ['Name', (user) => user.name || user.id]], users, 'Nothing uses it.'),
    h('div', { class: 'row' },
      h('a', { href: '#fields/new' }, 'Add another'), h('a', { href: '#fields' }, 'All contact fields'),
      custom ? h('button', {
        type: 'button', class: 'danger',
        onclick: async () => {
          if (!await confirmed(`Delete the contact field ${it.name} and its values?`, 'Delete')) return;
          try {
            await rest('DELETE', `/assets/contact/field/${it.id}`);
            location.hash = '#fields';
          } catch (refused) { body.prepend(notice('error', message(refused))); }
        },
      }, 'Delete') : null));
}

export const fieldsView = {
  path: 'fields', title: 'Fields and Views',
  show: (body, rest) => (rest === 'new' ? add(body) : rest ? one(body, rest) : list(body)),
};
