// One request to the platform.

const TIMEOUT = 15000;
const LONGEST_URL = 4096;

let repeatsLeft = 1;

/** A request that got no answer of the platform. */
class NetworkFailure extends Error {
  constructor(timedOut) {
    super('network');
    this.timedOut = timedOut;
  }
}

/** A parameter that no request can carry: an object that contains itself, say. */
class UnusableParam extends Error {}

function textOf(name, value) {
  if (typeof value !== 'object') return String(value);
  try {
    return JSON.stringify(value);
  } catch {
    throw new UnusableParam(`${name} is no JSON`);
  }
}

/** Objects become JSON, what is null is left out, functions never leave the page. */
function serialised(params) {
  const out = {};
  for (const [name, value] of Object.entries(params)) {
    if (value === null || value === undefined || typeof value === 'function') continue;
    out[name] = textOf(name, value);
  }
  return out;
}

/** A request goes by POST if its method wants it, if it has a token, or if its address would be too long. */
function verbOf(url, params, forced) {
  const long = `${url}?${new URLSearchParams(params)}`.length > LONGEST_URL;
  return forced || 'login_token' in params || long ? 'POST' : 'GET';
}

/** Sends once; gives the parsed body, or throws a `NetworkFailure`. */
function sendOnce(url, params, verb) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const query = new URLSearchParams(params).toString();
    request.open(verb, verb === 'GET' ? `${url}?${query}` : url);
    request.withCredentials = true;
    request.timeout = TIMEOUT;
    const fail = (timedOut) => reject(new NetworkFailure(timedOut));
    request.onerror = () => fail(false);
    request.onabort = () => fail(false);
    request.ontimeout = () => fail(true);
    request.onload = () => {
      const body = JSON_OF(request.responseText);
      if (!isObject(body) || !('statusCode' in body)) return fail(false);
      resolve(body);
    };
    if (verb === 'POST') request.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
    request.send(verb === 'POST' ? query : null);
  });
}

/** Sends; the first request on a page that does not get through is repeated once. */
async function send(url, params, forcedPost) {
  const ready = serialised(params);
  const verb = verbOf(url, ready, forcedPost);
  note(`${verb} ${url.split('/').pop()}`, { url });
  try {
    return await sendOnce(url, ready, verb);
  } catch (failure) {
    if (repeatsLeft === 0) throw failure;
    repeatsLeft -= 1;
    note(`${verb} ${url.split('/').pop()} again`, { url });
    return sendOnce(url, ready, verb);
  }
}

/** What every call says about the page and the SDK. */
function commonParams() {
  const { gcid, ucid, gmidTicket } = state.ids ?? {};
  const ids = gcid ? { gmid: gcid, ucid, gmidTicket } : {};
  return {
    sdk: 'js_latest',
    sdkBuild: BUILD,
    targetEnv: 'jssdk',
    authMode: 'cookie',
    pageURL: location.href,
    format: 'json',
    ...ids,
  };
}

function keepClock(body) {
  const server = Date.parse(body.time);
  if (!Number.isNaN(server)) state.clockAhead = server - Date.now();
}

