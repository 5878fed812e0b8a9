// A call from the page's request to its callback.

const STALE_MACHINE = ['Missing cookie', 'Session is invalid (Missing DeviceId)', 'Missing required parameter: gcid or ucid cookie'];
/** How long a call waits between its questions while the data are pending, in milliseconds. */
const PENDING_PAUSES = [...Array(4).fill(500), ...Array(4).fill(1000), ...Array(13).fill(2000), ...Array(18).fill(5000)];
const MOST_BOOTSTRAPS = 2;

const queue = { open: false, waiting: [] };

function pause(millis) {
  return new Promise((resolve) => setTimeout(resolve, millis));
}

function releaseQueue() {
  queue.open = true;
  note('queue released');
  for (const run of queue.waiting.splice(0)) run();
}

function whenReleased() {
  return queue.open ? Promise.resolve() : new Promise((resolve) => queue.waiting.push(resolve));
}

/** What is answered without a request. */
function answeredHere(method, spec, params) {
  const hasToken = loginToken.get(params.APIKey) !== null;
  if (spec.session && !hasToken && !params.regToken) return UNAUTHORISED();
  if (spec.logout && !hasToken) return { errorCode: 0 };
  return null;
}

function isStale(body) {
  const placeholder = body.sessionInfo?.login_token?.split('.')[1] === 'ffs';
  const missingKey = body.errorCode === 400006 && String(body.errorFlags ?? '').includes('missingKey');
  return placeholder || missingKey || STALE_MACHINE.includes(body.errorDetails);
}

/**
 * Asks until there is an answer: repeats while data are pending, begins anew where the machine id is gone,
 * looks for another token in the group, and goes on without one where the method needs none.
 */
async function exchange(method, spec, params, options = {}) {
  const tried = { pauses: 0, bootstraps: 0, group: false, verified: false, withoutToken: false };
  for (;;) {
    const wire = wireParams(method, spec, params);
    const token = wire.login_token;
    const body = await send(methodUrl(method), wire, spec.post);
    keepClock(body);
    if (body.errorCode === 100001 && tried.pauses < PENDING_PAUSES.length) {
      await pause(PENDING_PAUSES[tried.pauses]);
      tried.pauses += 1;
    } else if (isStale(body) && tried.bootstraps < MOST_BOOTSTRAPS) {
      tried.bootstraps += 1;
      await bootstrapAgain();
    } else if (body.errorCode === 409012 && state.ids && tried.bootstraps < MOST_BOOTSTRAPS) {
      tried.bootstraps += 1;
      await renewTicket();
    } else if (body.errorCode === 403005 && token && isOwnSite(params)) {
      const other = groupKey() && !tried.group ? await groups.otherToken(token) : null;
      tried.group = true;
      if (other) {
        saveToken(other.token, other.expires, other.gltexp);
        continue;
      }
      dropToken();
      // Who is logged out already has got what was asked for, as without a token.
      if (spec.logout) return { errorCode: 0 };
      if (spec.session || tried.withoutToken) return body;
      tried.withoutToken = true;
    } else if (body.errorCode === 403013 && token && !tried.verified && method !== 'accounts.verifyLogin') {
      tried.verified = true;
      // What is missing of the account is completed here, unless the call wants to hear of it itself.
      await perform('accounts.verifyLogin', { ignoreInterruptions: params.ignoreInterruptions }, options);
    } else {
      return body;
    }
  }
}

/** What follows from a success. */
async function settle(method, spec, params, body, options) {
  if (!isOwnSite(params)) return;
  if (spec.login) await startSession(method, params, body, options);
  if (spec.verifies && loginToken.get()) keepInCache(verifiedKey(loginToken.get()), true);
  if (!spec.logout) return;
  if (body.logoutActiveSession !== false) dropToken();
  cookies.remove(SIGNATURE_COOKIE);
  if (groupKey()) await groups.logout(body, params);
  raiseLogout();
}

function cacheKey(method, { context, ...params }) {
  return `${method} ${JSON.stringify(serialised(params))}`;
}

/** The platform's answer, or the one that this tab still has if the caller lets it be that old. */
async function answered(method, spec, given, params, options) {
  if (!(given.cacheTimeout > 0)) return exchange(method, spec, params, options);
  const key = cacheKey(method, given);
  const kept = readCache()[key];
  if (kept && kept.until > Date.now()) return kept.body;
  const body = await exchange(method, spec, params, options);
  if (body.errorCode === 0) keepInCache(key, { until: Date.now() + given.cacheTimeout * 1000, body });
  return body;
}

/** A call with its answer as pages see it. `options.screenSet` tells calls of a screen-set from the page's own. */
async function perform(method, given, options = {}) {
  const spec = METHODS[method];
  const params = merged(thisScript.globalConf, given);
  const local = answeredHere(method, spec, params);
  if (local) {
    note(`local ${method} ${local.errorCode}`);
    if (spec.logout && isOwnSite(params)) raiseLogout();
    return shaped(method, given, local);
  }
  if (isOwnSite(params) && spec.endsSession?.(params)) dropToken();
  if (groupKey() && spec.logout) params.signIDs = true;
  let body;
  try {
    body = await answered(method, spec, given, params, options);
  } catch (failure) {
    const told = withoutAnswer(method, failure);
    return typeof told === 'string' ? told : shaped(method, given, told);
  }
  if (body.errorCode === 0) await settle(method, spec, params, body, options);
  const response = shaped(method, given, body);
  return options.silent ? response : interruptions.follow(method, given, response, options);
}

/** The function that pages call. */
function publicMethod(method) {
  return (...args) => {
    const given = merged(...args);
    const { callback } = given;
    const start = given.ignoreApiQueue ? Promise.resolve() : whenReleased();
    start.then(() => perform(method, given)).then((response) => callBack(method, callback, response));
  };
}

