// Where a campaign is published: links, embed codes, dates.
import { facts, field, form, h } from '/console/console.js';
import { api, place, refresh, say, session, typed } from './api.js';

const KINDS = { minisite: 'Minisite', widget: 'Website integration (widget, iframe)', mobile: 'Mobile (webview link)' };

// The fields of a channel that is to be made.
export function channelFields(websites, channel) {
  const parent = field('Page that embeds it', {
    name: 'parent_page', value: channel.parent_page, inputmode: 'url', hint: 'Where participants come back to after a login elsewhere.',
  });
  parent.hidden = true;
  return [
    field('Channel', {
      name: 'channel', value: 'minisite', options: Object.entries(KINDS),
      onchange: (event) => { parent.hidden = event.target.value !== 'widget'; },
    }),
    field('Website', { name: 'website', options: websites.map(({ id, name, domain }) => [String(id), `${name} (${domain})`]) }),
    field('Language', { name: 'language', hint: 'Two letters. Empty is the website’s.' }),
    parent,
    ...dates(channel),
  ];
}

function dates(channel) {
  return [
    field('Starts', { name: 'starts', value: channel.starts, hint: 'Such as 2026-03-01T00:00:00Z. Empty is at once.' }),
    field('Ends', { name: 'ends', value: channel.ends, hint: 'Such as 2026-03-31T23:59:00Z. Empty is never.' }),
  ];
}

export function channelValues(values) {
  return { channel: values.channel, website: Number(values.website), ...typed(values, ['language', 'parent_page', 'starts', 'ends']) };
}

export async function showChannels(body, campaign) {
  for (const channel of campaign.channels) body.append(showChannel(campaign, channel));
  if (!session.may.campaigns) return;
  const { websites } = await api('GET', 'websites');
  body.append(h('h2', {}, 'Add a channel'), form('add-channel', [
    channelFields(websites, {}),
    h('div', { class: 'row' }, h('button', {}, 'Add channel')),
  ], async (values) => {
    await api('POST', `campaigns/${campaign.id}/channels`, channelValues(values));
    say('good', 'The channel is added.');
    refresh();
  }, place));
}

function showChannel(campaign, channel) {
  const id = String(channel.id);
  const code = (name, label, text) => h('div', { class: 'code' },
    field(label, { name: `${name}-${id}`, value: text, rows: text.includes('\n') ? '6' : '3', readonly: true, spellcheck: 'false' }));
  return h('section', { 'aria-labelledby': `channel-${id}` },
    h('h2', { id: `channel-${id}` }, `${KINDS[channel.channel] ?? channel.channel} on ${channel.website_name}`),
    facts([
      ['Link', h('a', { href: channel.url, target: '_blank', rel: 'noopener' }, channel.url)],
      ['Domain', channel.domain],
      ['GUID', channel.guid],
      ['Number', id],
    ]),
    h('details', {}, h('summary', {}, 'Embed codes'),
      code('javascript', 'JavaScript tag', channel.embed.javascript),
      code('html', 'Plain iframe', channel.embed.html),
      code('webview', 'Webview link', channel.embed.webview)),
    session.may.campaigns ? h('details', {}, h('summary', {}, 'Language and dates'), channelForm(campaign, channel)) : null);
}

// Names carry the channel's number, since several of these forms stand on one page.
function channelForm(campaign, channel) {
  const of = (name) => `${name}-${channel.id}`;
  const control = (label, name, hint) => field(label, { name: of(name), value: channel[name], hint });
  return form(`channel-form-${channel.id}`, [
    control('Language', 'language', 'Two letters.'),
    channel.channel === 'widget' ? control('Page that embeds it', 'parent_page', 'Where participants come back to after a login elsewhere.') : null,
    control('Starts', 'starts', 'Such as 2026-03-01T00:00:00Z. Empty is at once.'),
    control('Ends', 'ends', 'Such as 2026-03-31T23:59:00Z. Empty is never.'),
    h('div', { class: 'row' }, h('button', {}, 'Save channel')),
  ], async (values) => {
    const given = (name) => (values[of(name)] ?? '') === '' ? null : values[of(name)];
    await api('PUT', `channels/${channel.id}`, {
      language: given('language'), starts: given('starts'), ends: given('ends'),
      ...(channel.channel === 'widget' ? { parent_page: given('parent_page') } : {}),
    });
    say('good', 'Saved.');
    refresh();
  }, (refused) => {
    const [name, text] = place(refused);
    return [name === null ? null : of(name), text];
  });
}
