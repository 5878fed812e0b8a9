// The instance's APIs, called with the session of whoever is signed in, and what the pages share.
import { confirmed } from '/console/console.js';

export { badge } from '/console/console.js';

let token = '';

// Who is signed in; whoever is not goes to sign in.
export async function whoAmI() {
  const answer = await fetch('/setup/session', { credentials: 'same-origin' });
  if (answer.status === 401) { location.assign('/'); return new Promise(() => {}); }
  if (!answer.ok) throw new Error(`The instance does not answer (${answer.status}).`);
  const told = await answer.json();
  token = told.token;
  return told;
}

// A property that the API found wrong, in words.
const REQUIREMENTS = {
  NotNullRequirement: 'This is needed.', UniquenessRequirement: 'There is one of this name already.',
  ValidTextLengthRequirement: 'This is too long.', EnumRequirement: 'This is none of the values that it takes.',
  RelationshipRequirement: 'This does not go with the rest, or is in use.', SyntaxRequirement: 'The field cannot hold this.',
  ContentRequirement: 'There may not be more of them.', ImmutabilityRequirement: 'This cannot be changed.',
};

function words(status, phrase, body) {
  const first = Array.isArray(body) ? body[0] : body?.failures?.[0];
  if (first?.requirement) return REQUIREMENTS[first.requirement.type] ?? first.requirement.type;
  if (first?.constraint) return `${first.field}: ${first.constraint}`;
  return body?.message ?? `${phrase || 'The call was refused'} (${status})`;
}

const AGAIN = 'Your session has ended. Sign in again in another tab, then save once more: what you typed stays here.';

// Whether somebody has signed in again in the meantime, here or in another tab: then there is another token.
async function renewed() {
  const answer = await fetch('/setup/session', { credentials: 'same-origin' });
  if (!answer.ok) return false;
  const told = await answer.json();
  const fresh = told.token !== token;
  token = told.token;
  return fresh;
}

// Calls an API. A refusal is thrown as { status, property, body: { message } }. A page on which something was typed
// stays where it is when the session has ended.
export async function api(verb, path, body) {
  const writes = verb !== 'GET';
  try {
    return await once(verb, path, body);
  } catch (refused) {
    if (writes && [401, 403].includes(refused.status) && await renewed()) return once(verb, path, body);
    if (refused.status !== 401) throw refused;
    if (!writes) { location.assign('/'); throw refused; }
    if (await confirmed('Your session has ended.', 'Sign in in another tab')) window.open('/', '_blank', 'noopener');
    throw { status: 401, body: { message: AGAIN } };
  }
}

async function once(verb, path, body) {
  const headers = { Accept: 'application/json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (verb !== 'GET') headers['X-XSRF-TOKEN'] = token;
  const answer = await fetch(path, { method: verb, headers, credentials: 'same-origin', body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await answer.text();
  let value = null;
  try { value = text === '' ? null : JSON.parse(text); } catch { /* not every answer is JSON */ }
  if (!answer.ok) {
    const property = Array.isArray(value) ? value[0]?.property : undefined;
    throw { status: answer.status, property, body: { message: words(answer.status, answer.statusText, value) } };
  }
  return value;
}

export const rest = (verb, path, body) => api(verb, `/api/REST/2.0${path}`, body);
export const bulk = (path) => api('GET', `/api/bulk/2.0${path}`);

// Unix seconds or an ISO text, to be read.
export function time(text) {
  if (text === undefined || text === null || text === '') return '';
  const iso = /^-?\d+$/.test(String(text)) ? new Date(Number(text) * 1000).toISOString() : String(text);
  return iso.replace('T', ' ').replace(/\.\d+Z$|Z$/, ' UTC');
}
