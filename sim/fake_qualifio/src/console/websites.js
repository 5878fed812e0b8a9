// Websites: where campaigns are published, and on what domain.
import { facts, field, form, h, table } from '/console/console.js';
import { api, begin, go, named, place, say, session } from './api.js';

export const websites = {
  path: 'websites',
  title: 'Websites',
  async show(body, rest) {
    const listed = (await api('GET', 'websites')).websites;
    if (rest === 'new' && !session.may.websites) throw new Error(`Your role, ${session.role}, makes no websites.`);
    if (rest === 'new') return showWebsite(body, null);
    if (rest === '') return showList(body, listed);
    const website = listed.find(({ id }) => String(id) === rest);
    if (!website) throw new Error(`There is no website ${rest}.`);
    return showWebsite(body, website);
  },
};

function showList(body, listed) {
  begin(body, 'Websites', [['Settings'], ['Websites']]);
  body.append(table('Websites', [
    ['Name', (site) => h('a', { href: `#websites/${site.id}` }, site.name)],
    ['Domain', (site) => site.domain],
    ['Country', (site) => site.country],
    ['Language', (site) => site.language],
    ['Time zone', (site) => site.zone],
    ['Number', (site) => String(site.id)],
  ], listed, 'There is no website yet. A campaign needs one to be published on.'));
  if (session.may.websites) body.append(h('p', {}, h('a', { class: 'button', href: '#websites/new' }, 'New website')));
}

function showWebsite(body, website) {
  const title = website ? website.name : 'New website';
  begin(body, title, [['Settings'], ['Websites', '#websites'], [title]]);
  if (website && !session.may.websites) {
    body.append(facts([['Domain', website.domain], ['Country', website.country], ['Language', website.language], ['Time zone', website.zone]]));
    return;
  }
  body.append(form('website', [
    field('Name', { name: 'name', value: website?.name }),
    field('Domain', {
      name: 'domain', value: website?.domain, autocomplete: 'off', spellcheck: 'false',
      hint: 'The host alone: brand.qualifioapp.com, or a subdomain of your own whose DNS points at Qualifio.',
    }),
    field('Country', { name: 'country', value: website?.country ?? 'BE', hint: 'Two letters. Phone numbers are compared by its rules.' }),
    field('Language', { name: 'language', value: website?.language ?? 'fr', hint: 'Two letters. New campaigns start in it.' }),
    field('Time zone', { name: 'zone', value: website?.zone ?? 'Europe/Brussels' }),
    h('div', { class: 'row' }, h('button', {}, 'Save'), h('a', { href: '#websites' }, 'Cancel')),
  ], async (values) => {
    const path = website ? `websites/${website.id}` : 'websites';
    const saved = await api(website ? 'PUT' : 'POST', path, values);
    say('good', [named(saved.name), ' is saved.'], saved.warnings);
    go('#websites');
  }, place));
}
