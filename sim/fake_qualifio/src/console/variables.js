// Mapping variables: names under which forms keep answers and consents, for the whole account.
import { field, form, h, table } from '/console/console.js';
import { api, begin, go, named, place, say, session } from './api.js';

export const variables = {
  path: 'variables',
  title: 'Mapping variables',
  async show(body, rest) {
    const listed = (await api('GET', 'mapping-variables')).variables;
    if (rest === '') return showList(body, listed);
    const variable = listed.find(({ name }) => name === rest);
    if (!variable) throw new Error(`There is no mapping variable ${rest}.`);
    if (!session.may.data) throw new Error(`Your role, ${session.role}, changes no mapping variables.`);
    return showVariable(body, variable);
  },
};

function showList(body, listed) {
  begin(body, 'Mapping variables', [['Settings'], ['Mapping variables']]);
  body.append(table('Mapping variables', [
    ['Display label', ({ label, name }) => (session.may.data ? h('a', { href: `#variables/${encodeURIComponent(name)}` }, label) : label)],
    ['Technical name', ({ name }) => name],
    ['Type', ({ type }) => type],
  ], listed, 'There is no mapping variable yet.'));
  if (!session.may.data) return;
  body.append(h('h2', {}, 'New mapping variable'), form('variable', [
    field('Display label', { name: 'label' }),
    field('Technical name', { name: 'name', hint: 'Without spaces. It stays.' }),
    field('Type', { name: 'type', options: [['Answer', 'Answer'], ['Opt-in', 'Opt-in']], hint: 'It stays too.' }),
    h('div', { class: 'row' }, h('button', {}, 'Create')),
  ], async ({ label, name, type }) => {
    await api('POST', 'mapping-variables', { ...(label ? { label } : {}), name, type });
    say('good', [named(name), ' is created.']);
    go('#variables');
  }, place));
}

function showVariable(body, { label, name, type }) {
  begin(body, label, [['Settings'], ['Mapping variables', '#variables'], [name]]);
  body.append(form('variable', [
    field('Display label', { name: 'label', value: label, hint: `${name} keeps an ${type.toLowerCase()}.` }),
    h('div', { class: 'row' }, h('button', {}, 'Save'), h('a', { href: '#variables' }, 'Cancel')),
  ], async (values) => {
    await api('PUT', `mapping-variables/${encodeURIComponent(name)}`, { label: values.label });
    say('good', 'Saved.');
    go('#variables');
  }, place));
}
