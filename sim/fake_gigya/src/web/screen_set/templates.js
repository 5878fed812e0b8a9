// Screen-sets as they were written: markup of the page, or what the platform keeps.

const templates = new Map();

const UNSAFE_TAGS = 'script, iframe, object, embed, base, meta, link, style';

/** Whether an attribute is an address that is a script. Browsers overlook blanks in it. */
function leadsToCode(name, value) {
  const isAddress = /(^|:)(href|src|action|formaction)$/.test(name);
  return isAddress && /^(javascript|data|vbscript):/i.test(value.replace(/[\u0000-\u0020]/g, ''));
}

/** Markup without anything that runs. */
function safeNodes(html) {
  const parsed = new DOMParser().parseFromString(html, 'text/html');
  for (const unsafe of parsed.querySelectorAll(UNSAFE_TAGS)) unsafe.remove();
  for (const node of parsed.body.querySelectorAll('*')) {
    for (const { name, value } of [...node.attributes]) {
      if (name.startsWith('on') || name === 'style' || name === 'srcdoc' || leadsToCode(name, value)) node.removeAttribute(name);
    }
  }
  return [...parsed.body.childNodes].map((node) => document.importNode(node, true));
}

/** Handlers that a hosted screen-set describes in JSON. Text that is code is not run. */
function describedHandlers(text, id) {
  if (!text?.trim()) return {};
  const list = sdk.JSON_OF(text);
  if (!Array.isArray(list)) {
    console.warn(`gigya: the javascript of ${id} is no list of handlers and was left out`);
    return {};
  }
  const handlers = {};
  for (const { on, when = {}, return: result } of list) {
    const fits = (event) => Object.entries(when).every(([path, value]) => getPath(event, path) === value);
    (handlers[on] ??= []).push((event) => (fits(event) ? structuredClone(result) : undefined));
  }
  return handlers;
}

function onPage(id) {
  const found = document.getElementById(id);
  return found?.closest('[id^="__gigyaScreenSet_"]') ? null : found;
}

/** Keeps the markup at the top of the page, where it is not seen. */
function hide(id, html) {
  const box = document.createElement('div');
  box.id = `__gigyaScreenSet_${id}`;
  box.hidden = true;
  box.append(...safeNodes(html));
  document.body.prepend(box);
  return box.querySelector('.gigya-screen-set') ?? box;
}

async function fetched(id, lang, include) {
  const params = { screenSetIDs: id, include, lang: lang.originalLang };
  const response = await sdk.perform('accounts.getScreenSets', params, { screenSet: true });
  return response.errorCode === 0 ? response.screenSets?.[0] : undefined;
}

/** The screen-set with this id, in this language; `null` if there is none. */
async function template(id, lang) {
  const written = onPage(id);
  if (written) return { id, element: written, translations: {}, handlers: {} };
  const known = templates.get(id);
  if (known) {
    if (!known.languages.has(lang.full)) {
      const more = await fetched(id, lang, 'translations');
      Object.assign(known.translations, more?.translations);
      known.languages.add(lang.full);
    }
    return known;
  }
  const found = await fetched(id, lang, 'html,css,javascript,translations');
  if (!found?.html) return null;
  const made = {
    id,
    element: hide(id, found.html),
    translations: { ...found.translations },
    handlers: describedHandlers(found.javascript, id),
    languages: new Set([lang.full]),
  };
  if (found.css) base.withSheet(`screen-set ${id}`, found.css);
  templates.set(id, made);
  return made;
}

