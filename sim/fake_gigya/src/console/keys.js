// Keys with which servers call the site.
import { h, field, form, notice, table } from '/console/console.js';
import { own, site } from '/console/gigya-api.js';

async function show(body) {
  const list = h('div', {});
  const made = h('div', { role: 'status' });
  const refresh = async () => {
    const { keys } = await own('GET', `/console/keys?apiKey=${encodeURIComponent(site.key)}`);
    list.replaceChildren(table('User and application keys', [
      ['Key', (key) => h('code', {}, key.userKey)],
      ['Signs with', (key) => key.signs],
      ['May call', (key) => (key.permissions ? key.permissions.join(', ') : 'everything')],
      ['Note', (key) => (key.first ? 'the platform uses it for its own calls' : '')],
    ], keys));
  };
  await refresh();
  body.append(
    h('p', {}, 'Secrets are not shown here: each is told once, when its key is made.'),
    list, made,
    h('h2', {}, 'New application key'),
    form('new-key', [
      field('May call', {
        name: 'permissions', placeholder: 'accounts.search, idx',
        hint: 'Methods or whole namespaces, with commas between them. Nothing stands for all that your own key may.',
      }),
      h('button', {}, 'Make a key'),
    ], async ({ permissions }) => {
      const words = permissions.split(/[\s,]+/).filter(Boolean);
      const key = await own('POST', '/console/keys', { apiKey: site.key, ...(words.length ? { permissions: words } : {}) });
      made.replaceChildren(
        notice('warning', 'Copy the secret now. It is not shown again.'),
        h('p', {}, 'Key: ', h('span', { class: 'once', id: 'new-user-key' }, key.userKey)),
        h('p', {}, 'Secret: ', h('span', { class: 'once', id: 'new-secret' }, key.secret)),
        h('button', { type: 'button', class: 'plain', onclick: () => made.replaceChildren() }, 'I have copied it'));
      await refresh();
    }, (refused) => [refused.status === 400 ? 'permissions' : null, refused.body?.message ?? 'The call was refused.']),
  );
}

export const keysView = { path: 'keys', title: 'Keys', show };
