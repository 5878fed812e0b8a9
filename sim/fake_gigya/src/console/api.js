// The platform's methods, called with the key of whoever is signed in, and what the pages share.
import { h, call } from '/console/console.js';

export { badge } from '/console/console.js';

const SITE = 'gigya-console-site';

// The site that was chosen in this tab.
export const site = {
  get key() { return sessionStorage.getItem(SITE) ?? ''; },
  set key(value) { sessionStorage.setItem(SITE, value); },
};

// Somebody whose session is over has to sign in again, wherever that shows.
export const signedOut = new EventTarget();

function refuse(status, body) {
  if (status === 401) signedOut.dispatchEvent(new Event('over'));
  throw { status, body: body && { ...body, message: told(body) } };
}

// What went wrong, in the platform's words.
function told(body) {
  const details = body.errorDetails && body.errorDetails !== body.errorMessage ? `: ${body.errorDetails}` : '';
  const fields = (body.validationErrors ?? []).map((it) => `${it.fieldName}: ${it.message}`).join('; ');
  return `${body.errorMessage ?? 'The call was refused'}${details}${fields ? ` (${fields})` : ''} (${body.errorCode})`;
}

// Calls a method on the chosen site: objects become JSON, as everywhere in this API.
export async function method(name, params = {}) {
  const all = { ...(site.key ? { apiKey: site.key } : {}), ...params };
  const form = new URLSearchParams();
  for (const [key, value] of Object.entries(all)) {
    if (value === undefined || value === null || value === '' && key === 'apiKey') continue;
    form.set(key, typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
  const answer = await fetch(`/console/api/${name}`, { method: 'POST', body: form, credentials: 'same-origin' });
  let body = null;
  try { body = await answer.json(); } catch { /* a proxy's page, a broken answer */ }
  if (!answer.ok || body === null || body.errorCode) refuse(answer.status, body);
  return body;
}

// Calls what only the console has.
export async function own(verb, path, body) {
  try {
    return await call(verb, path, body);
  } catch (refused) {
    if (refused.status) refuse(refused.status, refused.body);
    throw refused;
  }
}

// A text in a query.
export const quoted = (text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

// An instant as people read it, in the clock of the stage.
export const time = (iso) => (iso ? String(iso).replace('T', ' ').replace(/\.\d+Z$|Z$/, ' UTC') : '');

// Anything, to be read.
export const json = (value, label) => h('pre', { tabindex: '0', role: 'region', 'aria-label': label }, JSON.stringify(value, null, 2));
