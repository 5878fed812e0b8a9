// Settings > Integrations & partners > Webhooks: who is told of participations, and what became of it.
import { confirmed, field, form, h, notice, table } from '/console/console.js';
import { api, begin, go, named, place, refusal, say, state } from './api.js';

const PATH = 'integrations/webhooks';
const TRAIL = [['Settings'], ['Integrations & partners', '#integrations']];

export async function showWebhooks(body, rest) {
  const { webhooks } = await api('GET', PATH);
  if (rest === '') return showList(body, webhooks);
  const hook = webhooks.find(({ id }) => String(id) === rest);
  if (!hook && rest !== 'new') throw new Error(`There is no webhook ${rest}.`);
  return showWebhook(body, hook);
}

async function showList(body, webhooks) {
  begin(body, 'Webhooks', [...TRAIL, ['Webhooks']]);
  body.append(table('Webhooks', [
    ['Name', (hook) => h('a', { href: `#${PATH}/${hook.id}` }, hook.name)],
    ['Address', (hook) => hook.url],
    ['State', (hook) => (hook.active ? state('', 'ON') : state('off', 'OFF'))],
    ['Incomplete participations', (hook) => (hook.incomplete ? 'told too' : 'not told')],
  ], webhooks, 'There is no webhook yet.'),
  h('p', {}, h('a', { class: 'button', href: `#${PATH}/new` }, 'New webhook')),
  h('h2', {}, 'Deliveries'));
  const { deliveries } = await api('GET', 'webhook-deliveries');
  const shown = deliveries.slice(-100).reverse();
  if (shown.length < deliveries.length) body.append(h('p', { class: 'hint' }, `The latest 100 of ${deliveries.length}.`));
  const columns = [...new Set(shown.flatMap(Object.keys))];
  const deliveryTable = table('Deliveries, newest first', columns.map((name) => [name, (one) => plain(one[name])]), shown, 'Nothing has been delivered yet.');
  deliveryTable.querySelector('table')?.classList.add('wide');
  body.append(deliveryTable);
}

function plain(value) {
  return value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function showWebhook(body, hook) {
  const title = hook?.name ?? 'New webhook';
  begin(body, title, [...TRAIL, ['Webhooks', `#${PATH}`], [title]]);
  const secret = (stored) => (stored ? `Stored: ${stored}. Leave this empty to keep it.` : 'Never shown again after Save.');
  body.append(form('webhook', [
    field('Name', { name: 'name', value: hook?.name }),
    field('Address', { name: 'url', value: hook?.url, inputmode: 'url', spellcheck: 'false', hint: 'https only.' }),
    h('fieldset', {}, h('legend', {}, 'Authorization header'),
      field('Header', { name: 'header', value: hook?.authorization?.name ?? '', hint: 'Such as Authorization or X-Api-Token.' }),
      field('Value', { name: 'authorization', type: 'password', autocomplete: 'off', hint: secret(hook?.authorization?.token) })),
    field('Secret', { name: 'secret', type: 'password', autocomplete: 'off', hint: `Signs what is delivered. ${secret(hook?.secret)}` }),
    field('Tell incomplete participations too', { name: 'incomplete', type: 'checkbox', checked: hook?.incomplete }),
    field('ON', { name: 'active', type: 'checkbox', checked: hook?.active ?? true }),
    h('div', { class: 'row' }, h('button', {}, 'Save'), hook ? remove(hook) : null, h('a', { href: `#${PATH}` }, 'Cancel')),
  ], async (values) => {
    const { name, url, incomplete, active } = values;
    const token = values.authorization || hook?.authorization?.token;
    await api(hook ? 'PUT' : 'POST', hook ? `${PATH}/${hook.id}` : PATH, {
      name, url, incomplete, active,
      ...(values.secret ? { secret: values.secret } : {}),
      ...(values.header && token ? { authorization: { name: values.header, token } } : {}),
      ...(values.header === '' && hook?.authorization ? { authorization: {} } : {}),
    });
    say('good', 'Saved.');
    go(`#${PATH}`);
  }, place));
}

function remove(hook) {
  const button = h('button', { type: 'button', class: 'danger', onclick: async () => {
    if (!await confirmed(`Remove ${hook.name}? What waits for it is given up.`, 'Remove')) return;
    try {
      await api('DELETE', `${PATH}/${hook.id}`);
      say('good', [named(hook.name), ' is removed.']);
      go(`#${PATH}`);
    } catch (refused) {
      button.after(notice('error', refusal(refused).text));
    }
  } }, 'Remove');
  return button;
}
