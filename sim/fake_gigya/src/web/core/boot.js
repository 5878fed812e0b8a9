// From the script's arrival to the first call of the page, in the one order that pages rely on.

const BOOTSTRAP_COOKIE = `gig_bootstrap_${KEY}`;
const INIT_REPEATS = 3;

class BootFailure extends Error {}

async function readConfig() {
  note('boot config');
  const params = { apiKey: KEY, httpStatusCodes: true };
  const body = await sendOnce(`https://${storageDomain()}/sdk.config.get`, serialised(params), 'GET');
  keepClock(body);
  // A key that is refused is told by the bootstrap call, which knows the words for it.
  if (body.errorCode !== 0) return;
  const { flags = {}, toggles = {}, api = {}, plugins: policies, sso: group, hostedPagesDomain } = body;
  if (Array.isArray(api.baseDomains)) settings.baseDomains = api.baseDomains.join(',');
  for (const name of ['ssoKey', 'customAPIDomainPrefix', 'gmidTicketExpiration']) {
    if (api[name]) settings[name] = api[name];
  }
  state.config = { ...state.config, flags, toggles, hostedPagesDomain };
  if (group) state.config.sso = merged(state.config.sso, group);
  thisScript.globalConf = merged(policies, thisScript.globalConf);
}

async function initialise() {
  for (let repeats = 0; ; repeats += 1) {
    try {
      return await readConfig();
    } catch {
      if (repeats === INIT_REPEATS) throw new BootFailure('sdk.config.get failed');
    }
  }
}

function bootstrapMark() {
  return `${settings.customAPIDomainPrefix || '_gigya'}_${injected.gmidVersion}`;
}

function failed(status, statusMessage, reason) {
  cookies.remove(BOOTSTRAP_COOKIE);
  raiseError({ ...refusal(500026, `${statusMessage.split(' - ')[0]}: ${reason}`), status, statusMessage });
}

/** Whether this browser would keep a cookie at all. */
function keepsCookies() {
  cookies.set('gig3pctest', '1', 0);
  const kept = cookies.get('gig3pctest') !== null;
  cookies.remove('gig3pctest');
  return kept;
}

/** The browser's ids without cookies: kept by the page, sent with every call. */
async function idsFromStorage() {
  const kept = { gcid: pageStorage.getItem('gig_gmid'), ucid: pageStorage.getItem('gig_ucid'), gmidTicket: pageStorage.getItem('gmidTicket') };
  const until = Number(pageStorage.getItem('gmidTicketExpiration'));
  if (kept.gcid && kept.gmidTicket && until > Date.now()) {
    state.ids = kept;
    return;
  }
  const body = await send(methodUrl('socialize.getIDs'), { APIKey: KEY, includeTicket: true, ...commonParams() });
  if (body.errorCode !== 0) throw new BootFailure(body.errorMessage);
  keepIds(body);
}

function keepIds({ gcid, ucid, gmidTicket }) {
  state.ids = { ...state.ids, ...Object.fromEntries(Object.entries({ gcid, ucid, gmidTicket }).filter(([, it]) => it)) };
  pageStorage.setItem('gig_gmid', state.ids.gcid ?? '');
  pageStorage.setItem('gig_ucid', state.ids.ucid ?? '');
  pageStorage.setItem('gmidTicket', state.ids.gmidTicket ?? '');
  pageStorage.setItem('gmidTicketExpiration', String(Date.now() + 1000 * (settings.gmidTicketExpiration ?? 3600)));
}

async function renewTicket() {
  const expires = settings.gmidTicketExpiration ?? 3600;
  const body = await send(methodUrl('socialize.getGmidTicket'), { apiKey: KEY, expires, gmid: state.ids.gcid, ...commonParams() });
  if (body.errorCode === 0) keepIds(body);
}

/** The first call: gives the browser its machine id on the host that the calls go to. */
async function bootstrap({ again = false } = {}) {
  if (!again && cookies.get(BOOTSTRAP_COOKIE) === bootstrapMark()) return;
  note('boot bootstrap');
  try {
    if (!settings.customAPIDomainPrefix && !keepsCookies()) return await idsFromStorage();
    const { pageURL, sdk: name, sdkBuild, format } = commonParams();
    const params = { apiKey: KEY, pageURL, sdk: name, sdkBuild, format };
    const body = await send(methodUrl('accounts.webSdkBootstrap'), params);
    keepClock(body);
    if (body.errorCode !== 0) throw new BootFailure(body.errorMessage);
    cookies.set(BOOTSTRAP_COOKIE, bootstrapMark(), YEAR, baseDomain().domain);
  } catch (error) {
    const reason = error instanceof BootFailure ? error.message : 'network error';
    failed('FAIL', 'Web SDK bootstrap failure - APIService bootstrap', `accounts.webSdkBootstrap failed: ${reason}`);
  }
}

function bootstrapAgain() {
  return bootstrap({ again: true });
}

/** Asks the server about the session every so many hours, if the site wants that. */
async function verifyNowAndThen() {
  const { verifyLoginInterval } = thisScript.globalConf;
  const name = `gig_last_ver_${KEY}`;
  if (verifyLoginInterval === undefined || !loginToken.get()) return;
  const last = Number(cookies.get(name) ?? 0);
  if (Date.now() - last < Number(verifyLoginInterval) * 3600 * 1000) return;
  cookies.set(name, String(Date.now()), YEAR, baseDomain().domain);
  const response = await perform('accounts.verifyLogin', {}, { silent: true });
  if (response.errorCode === 0) return;
  endSession();
}

function callReady() {
  gigya.isReady = true;
  note('ready');
  for (const run of [window.onGigyaServiceReady, thisScript.globalConf.onGigyaServiceReady]) {
    if (typeof run !== 'function') continue;
    note('onGigyaServiceReady');
    try {
      run('socialize');
    } catch (error) {
      console.warn('gigya: onGigyaServiceReady failed', error);
    }
  }
}

async function establish() {
  if (groupKey()) await groups.agreeOnHost();
  if (thisScript.bootstrap) await bootstrap();
  note('boot session');
  await sessionFromCodes();
  await verifyNowAndThen();
  note('boot url');
  if (!(await linkedFromUrl())) await eventsFromUrl();
  if (groupKey()) {
    note('boot sso');
    await groups.sync();
  }
}

async function boot() {
  note('boot script');
  const { trusted } = baseDomain();
  gigya._.isTrustedDomain = trusted || undefined;
  if (!settings.baseDomains) console.warn('gigya: missing base domains for site');
  try {
    await initialise();
    gigya._.isTrustedDomain = baseDomain().trusted || undefined;
    await establish();
  } catch (error) {
    const reason = error instanceof BootFailure ? error.message : String(error);
    failed('FAIL_TO_BOOTSTRAP', 'Web SDK failed to bootstrap', reason);
  }
  callReady();
  await completionFromUrl();
  releaseQueue();
  if (thisScript.globalConf.autoLogin && !loginToken.get()) note('autoLogin');
}

