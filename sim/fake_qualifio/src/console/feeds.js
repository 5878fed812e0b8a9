// Settings > Campaign feeds: lists of what is published, for pages and apps of the customer.
import { confirmed, field, form, h, notice, table } from '/console/console.js';
import { api, begin, named, place, refresh, refusal, say } from './api.js';

const address = (client, { uuid }, kind) => `https://api.qualifio.com/v1/campaignfeed/channels/${uuid}/${kind}?clientId=${client}`;

export const feeds = {
  path: 'feeds',
  title: 'Campaign feeds',
  async show(body) {
    const [{ client_id: client, feeds }, { websites }] = await Promise.all([api('GET', 'feeds'), api('GET', 'websites')]);
    const siteName = (id) => websites.find((site) => site.id === id)?.name ?? `website ${id}`;
    begin(body, 'Campaign feeds', [['Settings'], ['Campaign feeds']]);
    const listed = table('Campaign feeds', [
        ['Name', (feed) => feed.name],
        ['Websites', (feed) => (feed.websites.length === 0 ? 'all' : feed.websites.map(siteName).join(', '))],
        ['Addresses', (feed) => ['json', 'xml'].map((kind) => h('div', {}, h('code', { class: 'address' }, address(client, feed, kind))))],
        ['Change', (feed) => remove(feed)],
      ], feeds, 'There is no campaign feed yet.');
    listed.querySelector('table')?.classList.add('wide');
    body.append(
      h('p', {}, 'Whoever knows the address of a feed may read it. Campaigns that are changed appear there a while later.'),
      listed,
      h('h2', {}, 'New campaign feed'),
      form('feed', [
        field('Name', { name: 'name', maxlength: 255 }),
        h('fieldset', {}, h('legend', {}, 'Websites'), h('p', { class: 'hint' }, 'None of them stands for all.'),
          websites.map(({ id, name, domain }) => field(`${name} (${domain})`, { name: `website-${id}`, type: 'checkbox' }))),
        h('div', { class: 'row' }, h('button', {}, 'Create')),
      ], async (values) => {
        const chosen = websites.filter(({ id }) => values[`website-${id}`]).map(({ id }) => id);
        const made = await api('POST', 'feeds', { name: values.name, websites: chosen });
        say('good', [named(made.name), ' is created.']);
        refresh();
      }, place));
  },
};

function remove(feed) {
  const button = h('button', { type: 'button', class: 'plain', 'aria-label': `Remove ${feed.name}`, onclick: async () => {
    if (!await confirmed(`Remove ${feed.name}? Whoever reads it finds nothing any more.`, 'Remove the feed')) return;
    try {
      await api('DELETE', `feeds/${feed.uuid}`);
      say('good', [named(feed.name), ' is removed.']);
      refresh();
    } catch (refused) {
      button.after(notice('error', refusal(refused).text));
    }
  } }, 'Remove');
  return button;
}
