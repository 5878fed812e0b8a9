// The session of this browser: one cookie with a token, and what pages hear when it comes and goes.

const TOKEN_COOKIE = `glt_${KEY}`;
const SIGNATURE_COOKIE = `gltexp_${KEY}`;
const CACHE = 'gigyaCache';

const loginToken = {
  /** The token of a site, of this page's if no other is named. */
  get(key = KEY) {
    const value = cookies.get(`glt_${key}`);
    return value ? splitToken(value).token : null;
  },
};

/** Whether a call is for the site of this script. Sessions of other sites are theirs to begin and to end. */
function isOwnSite({ APIKey = KEY }) {
  return APIKey === KEY;
}

/** The signature with which the site keeps a dynamic session alive, while it is good. */
function sessionSignature() {
  const value = cookies.get(SIGNATURE_COOKIE);
  return value && isFresh(value, nowInSeconds()) ? value : null;
}

function readCache() {
  return JSON_OF(tabStorage.getItem(CACHE)) ?? {};
}

function keepInCache(key, value) {
  const all = { ...readCache(), [key]: value };
  const newest = Object.entries(all).slice(-100);
  guarded(() => tabStorage.setItem(CACHE, JSON.stringify(Object.fromEntries(newest))));
}

/** Where it is kept that this tab's token was found good: the token itself does not stand there. */
function verifiedKey(token) {
  let hash = 2166136261;
  for (const c of `${token}_${KEY}`) hash = Math.imul(hash ^ c.codePointAt(0), 16777619);
  return btoa(String(hash >>> 0));
}

/** Keeps the site's signature for as long as it is good; one that is over is none. */
function keepSignature(value) {
  const left = Number.parseInt(value, 10) - nowInSeconds();
  if (value && left > 0) cookies.set(SIGNATURE_COOKIE, value, left, baseDomain().domain);
}

/** Keeps a token. A signature belongs to one token: what is there goes, and the group's comes with the group's token. */
function saveToken(token, life, gltexp) {
  const written = cookies.set(TOKEN_COOKIE, token, life, baseDomain().domain, state.flag('sessionCookieLax') ? 'Lax' : 'None');
  note(written ? 'glt_ written' : 'glt_ refused', { life });
  cookies.remove(SIGNATURE_COOKIE);
  keepSignature(gltexp);
  pageStorage.removeItem('gigyaSettings');
  tabStorage.removeItem(CACHE);
  keepInCache(verifiedKey(token), true);
}

function dropToken() {
  if (cookies.get(TOKEN_COOKIE) === null) return;
  cookies.remove(TOKEN_COOKIE);
  tabStorage.removeItem(CACHE);
  note('glt_ removed');
}

function loginEvent(method, params, body, source) {
  const fromResponse = state.flag('setProviderFromResponse') ?? true;
  const event = {
    eventName: 'login',
    UID: body.UID,
    UIDSignature: body.UIDSignature,
    signatureTimestamp: body.signatureTimestamp,
    remember: params.remember === true,
    newUser: body.newUser === true,
    provider: fromResponse ? body.loginProvider || 'site' : '',
    loginMode: params.loginMode ?? 'standard',
  };
  if (source) event.source = source;
  for (const name of ['profile', 'data', 'dataCenter', 'id_token', 'groupContext']) {
    if (body[name] !== undefined) event[name] = body[name];
  }
  const expires = body.sessionInfo?.expires_in;
  if (expires !== undefined) event.expires_in = expires;
  return event;
}

/** The object that events of the older namespace tell about a person. */
function socialUser(body) {
  const { profile = {}, UID, UIDSignature, signatureTimestamp } = body;
  return body.userInfo ?? { UID, UIDSignature, signatureTimestamp, isSiteUID: true, isLoggedIn: true, ...profile };
}

function raiseLogin(event, user, keep) {
  raise('accounts', event, { keep });
  raise('socialize', { ...event, user }, { keep });
}

function raiseLogout() {
  for (const namespace of NAMESPACES) raise(namespace, { eventName: 'logout' });
}

/** Takes the session out of an answer: cookie first, then the group, then the events. */
async function startSession(method, params, body, { source, silent, keep } = {}) {
  const { login_token: token, expires_in: expires } = body.sessionInfo ?? {};
  if (!token) return;
  saveToken(token, sessionLife(expires, params.sessionExpiration));
  if (groupKey()) await groups.setToken(token, expires);
  if (silent) return;
  const store = keep || Boolean(state.flag('dispatchLoginEventWhenHandlerAdded'));
  raiseLogin(loginEvent(method, params, body, source), socialUser(body), store);
}

/** Ends the session here, with the events that belong to it. */
function endSession() {
  dropToken();
  cookies.remove(SIGNATURE_COOKIE);
  raiseLogout();
}

