// Screen-sets: what they look like, how they are written, and which versions there were.
import { h, confirmed, facts, field, form, notice, table } from '/console/console.js';
import { method, site, time } from '/console/gigya-api.js';

async function list(body) {
  const { screenSets } = await method('accounts.getScreenSets', { include: 'screenSetID,metadata' });
  body.append(
    table('Screen-sets of this site', [
      ['Screen-set', (it) => h('a', { href: `#screen-sets/${encodeURIComponent(it.screenSetID)}` }, it.screenSetID)],
      ['Version', (it) => String(it.metadata.version)],
      ['Last modified', (it) => (it.metadata.version > 1 ? time(it.metadata.lastModified) : 'as delivered')],
      ['Comment', (it) => it.metadata.comment],
    ], screenSets),
    h('h2', {}, 'New screen-set'),
    form('new-screen-set', [
      field('Name', { name: 'id', maxlength: 100, placeholder: 'Summer-RegistrationLogin', hint: 'Letters, digits, - and _.' }),
      h('button', {}, 'Make it'),
    ], async ({ id }) => {
      const name = id.trim();
      if (screenSets.some((it) => it.screenSetID === name)) throw { body: { message: 'There is one of this name already.' } };
      const html = `<div class="gigya-screen-set" id="${name}" data-start-screen="gigya-login-screen">\n`
        + '  <div class="gigya-screen" id="gigya-login-screen" data-caption="Log in">\n  </div>\n</div>\n';
      await method('accounts.setScreenSet', { screenSetID: name, html, translations: { default: {} }, comment: 'new' });
      location.hash = `#screen-sets/${encodeURIComponent(name)}`;
    }, (refused) => ['id', refused.body?.message ?? 'The call was refused.']));
}

// The screens that markup has; it is parsed and never shown here.
function screensOf(html) {
  const inert = new DOMParser().parseFromString(html, 'text/html');
  return [...inert.querySelectorAll('.gigya-screen[id]')].map((screen) => screen.id);
}

function preview(id, html) {
  const screens = screensOf(html);
  const frame = h('iframe', { class: 'preview', title: `Preview of ${id}`, sandbox: '', loading: 'lazy' });
  const look = (screen) => {
    const query = new URLSearchParams({ apiKey: site.key, screenSetID: id, screen });
    frame.src = `/console/preview?${query}`;
  };
  look(screens[0] ?? '');
  const choice = field('Screen', { name: 'screen', value: screens[0] ?? '', options: [...screens.map((it) => [it, it]), ['', 'all of them']] });
  choice.querySelector('select').addEventListener('change', (event) => look(event.target.value));
  return [choice, frame, h('p', { class: 'hint' }, 'The saved version, without scripts: texts that the Web SDK puts in are missing.')];
}

async function edit(body, id) {
  const wanted = { screenSetIDs: [id], include: 'screenSetID,html,css,javascript,translations,metadata' };
  const { screenSets: [set] } = await method('accounts.getScreenSets', wanted);
  const { versions } = await method('accounts.getScreenSetVersions', { screenSetID: id });
  const again = async (text) => {
    body.replaceChildren();
    await edit(body, id);
    body.prepend(notice('good', text));
  };
  body.append(
    h('p', {}, h('a', { href: '#screen-sets' }, 'All screen-sets')),
    facts([['Screen-set', id], ['Version', String(set.metadata.version)], ['Comment', set.metadata.comment]]),
    h('h2', {}, 'Preview'), ...preview(id, set.html),
    h('h2', {}, 'Source'),
    h('div', { class: 'wide' }, form('source', [
      field('HTML', { name: 'html', rows: 16, class: 'code', spellcheck: 'false', value: set.html }),
      field('CSS', { name: 'css', rows: 8, class: 'code', spellcheck: 'false', value: set.css }),
      field('JavaScript', { name: 'javascript', rows: 5, class: 'code', spellcheck: 'false', value: set.javascript }),
      field('Translations', {
        name: 'translations', rows: 8, class: 'code', spellcheck: 'false', value: JSON.stringify(set.translations, null, 2),
        hint: 'JSON: for each language, and for default, texts by key.',
      }),
      field('Comment', { name: 'comment', maxlength: 200, hint: 'What this version changes.' }),
      h('button', {}, 'Save as the next version'),
    ], async ({ html, css, javascript, translations, comment }) => {
      let texts;
      try { texts = JSON.parse(translations); } catch (error) { throw { place: 'translations', body: { message: error.message } }; }
      await method('accounts.setScreenSet', { screenSetID: id, html, css, javascript, translations: texts, comment });
      await again(`Version ${set.metadata.version + 1} is saved.`);
    }, (refused) => {
      const text = refused.body?.message ?? 'The call was refused.';
      const named = ['translations', 'html'].find((name) => text.includes(name));
      return [refused.place ?? named ?? null, text];
    })),
    h('h2', {}, 'Versions'),
    table('Versions, newest first', [
      ['Version', (it) => String(it.version)], ['Saved', (it) => (it.version > 1 ? time(it.lastModified) : '')], ['Comment', (it) => it.comment],
    ], versions),
    h('button', {
      type: 'button', class: 'danger',
      onclick: async () => {
        if (!await confirmed(`Delete the screen-set ${id}? Pages that show it will fail.`, 'Delete')) return;
        await method('accounts.deleteScreenSet', { screenSetID: id });
        location.hash = '#screen-sets';
      },
    }, 'Delete this screen-set'),
  );
}

export const screenSetsView = { path: 'screen-sets', title: 'Screen-sets', show: (body, id) => (id ? edit(body, id) : list(body)) };
