// A site's settings: its domain, the pages that it trusts, the prefix of its own API domain, its group.
import { h, facts, field, form, mayLeave, notice, table } from '/console/console.js';
import { badge, method, site } from '/console/gigya-api.js';

const hostOf = (entry) => entry.replace(/^\w+:\/\//, '').split('/')[0];

// Where a page finds the API: the base domain is the first trusted domain that the page is under, else the page's own
// host; an entry that begins with `*.` leaves the page's host as it is.
export function apiHostOf(page, { trusted, prefix, dataCenter }) {
  const host = page.trim().toLowerCase().replace(/^\w+:\/\//, '').split(/[/:?#]/)[0];
  const hosts = trusted.map(hostOf);
  // `*.d` counts for nothing beside `d`, which stands for all that is below it, too.
  const domains = hosts.filter((it) => !hosts.includes(it.replace(/^\*\./, '')) || !it.startsWith('*.'));
  const found = domains.map((entry) => entry.replaceAll('*', '')).find((domain) => {
    const plain = domain.replace(/^\./, '');
    return plain && (host === plain || host.endsWith(`.${plain}`));
  });
  const base = !found || found.startsWith('.') ? host : found;
  const dc = dataCenter === 'cn1' ? 'cn1.sapcdm.cn' : `${dataCenter}.gigya.com`;
  return { host, api: prefix ? `${prefix}.${base}` : `accounts.${dc}` };
}

// Whether the platform takes calls from a page of this host: `*.d` is what is below d, `d` is d alone.
const takes = (host, trusted) => trusted.map(hostOf).some((entry) => entry === host
  || entry.startsWith('*.') && host.endsWith(entry.slice(1)) && host.length >= entry.length);

function fate(page, settings, config) {
  const { host, api } = apiHostOf(page, settings);
  if (!takes(host, settings.trusted)) return [badge('bad', 'not trusted'), ' calls are refused with 400120'];
  if (!settings.prefix) return [badge('good', 'works'), ' the vendor\'s own host'];
  return /(^|\.)qualifioapp\.com$/.test(api)
    ? [badge('bad', 'fails'), ` nobody can point ${api} at Gigya: the call does not get through, and visitors look signed out`]
    : [badge('good', 'works'), ` where ${api} is an alias of ${config.siteID}.gigya-api.com`];
}

function pages(settings, config) {
  const shown = [`www.${config.baseDomain}`, `jeux.${config.baseDomain}`, 'brand.qualifioapp.com'];
  const rows = (list) => table('What pages call', [
    ['Page', (page) => page],
    ['API host', (page) => h('code', {}, apiHostOf(page, settings).api)],
    ['What becomes of it', (page) => h('span', {}, fate(page, settings, config))],
  ], list);
  const place = h('div', {}, rows(shown));
  return [place, form('try-page', [
    field('Another page', { name: 'page', placeholder: 'https://campaign.brand.example/', hint: 'Its address or its host; nothing is called.' }),
    h('button', { class: 'plain' }, 'Show'),
  ], ({ page }) => {
    if (page.trim()) place.replaceChildren(rows([...shown, apiHostOf(page, settings).host]));
  }, () => null, { light: true })];
}

async function show(body) {
  const config = await method('admin.getSiteConfig', { includeSiteGroupConfig: true });
  const prefix = config.customAPIDomainPrefix ?? '';
  const settings = { trusted: config.trustedSiteURLs, prefix, dataCenter: config.dataCenter };
  const again = async (text) => {
    // What was typed into another form of this page stays, unless it is given up.
    if (await mayLeave()) await show(body);
    body.prepend(notice('good', text));
  };
  const set = async (params, text) => { await method('admin.setSiteConfig', params); await again(text); };
  const group = config.siteGroupConfig ?? { members: [] };
  const parent = group.members.length > 0 && !config.siteGroupOwner;
  body.replaceChildren(
    facts([
      ['Base domain', config.baseDomain], ['Description', config.description], ['Data center', config.dataCenter],
      ['Site ID', String(config.siteID)], ['API key', h('code', {}, site.key)],
    ]),
    h('h2', {}, 'Trusted site URLs'),
    h('p', {}, 'Browsers may call the site from these pages alone: a host, *. in front of it for everything below it, and a path that ends with /*.'),
    form('trusted', [
      field('One in each line', { name: 'trusted', rows: 5, spellcheck: 'false', value: config.trustedSiteURLs.join('\n') }),
      h('button', {}, 'Save trusted URLs'),
    ], ({ trusted }) => set({ trustedSiteURLs: trusted.split('\n').map((line) => line.trim()).filter(Boolean) }, 'The trusted URLs are saved.'),
    (refused) => (refused.body?.errorDetails?.includes('trustedSiteURLs') ? ['trusted', refused.body.message] : null)),
    h('h2', {}, 'Custom API Domain Prefix'),
    prefix
      ? notice('warning', `Pages call ${prefix}. followed by their own domain, all of them. A campaign on qualifioapp.com cannot: it needs a domain of yours.`)
      : h('p', {}, 'None: pages call the vendor\'s host, wherever they are. With a prefix they call a host below their own domain, so that cookies are first-party.'),
    form('prefix', [
      field('Prefix', {
        name: 'prefix', value: prefix, maxlength: 63, spellcheck: 'false', autocapitalize: 'off',
        hint: `One label, such as login. Each trusted domain then needs an alias, for example login.${config.baseDomain} to ${config.siteID}.gigya-api.com, and a certificate.`,
      }),
      h('div', { class: 'row' }, h('button', { name: 'save' }, 'Save prefix'),
        prefix ? h('button', { name: 'clear', class: 'plain' }, 'Clear prefix') : null),
    ], (values, button) => (button?.name === 'clear'
      ? set({ customAPIDomainPrefix: '' }, 'The prefix is cleared.')
      : set({ customAPIDomainPrefix: values.prefix.trim() }, values.prefix.trim() ? 'The prefix is saved.' : 'The prefix is cleared.')),
    (refused) => (refused.body?.errorDetails?.includes('customAPIDomainPrefix') ? ['prefix', refused.body.message] : null)),
    ...pages(settings, config),
    h('h2', {}, 'Site group and single sign-on'),
    config.siteGroupOwner || parent
      ? facts([
        ['Parent', config.siteGroupOwner || 'this site'], ['Children', h('span', {}, group.members.join(', '))],
        ['Single sign-on', group.enableSSO ? 'on' : 'off'], ['Segment', group.SSOSegment || 'none'],
      ])
      : h('p', { class: 'empty' }, 'The site is in no group, and its session is its own.'),
    config.siteGroupOwner || parent ? form('group', [
      parent ? field('Sites of the group share their sessions', { name: 'sso', type: 'checkbox', checked: Boolean(group.enableSSO) }) : null,
      field('SSO segment', { name: 'segment', value: group.SSOSegment ?? '', maxlength: 100, hint: 'Only sites in the same segment share a session.' }),
      h('button', {}, 'Save group settings'),
    ], ({ sso, segment }) => set({ siteGroupConfig: { ...(parent ? { enableSSO: sso } : {}), SSOSegment: segment.trim() } }, 'The group settings are saved.')) : '',
  );
}

export const siteView = { path: 'site', title: 'Site', show };
