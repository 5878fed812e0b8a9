// What pages see: `window.gigya`.

const sdk = {
  perform, state, settings, thisScript, cookies, loginToken, note, guarded, asList, merged, csv, queryOf, serialised,
  refusal, isMobile, languageOf, nowInSeconds, withParams, isObject, JSON_OF, postPage,
};

async function hasSession() {
  if (awaitsCompletion()) return new Promise((resolve) => components.push((_, { eventName }) => eventName === 'login' && resolve(true)));
  await whenReleased();
  let token = loginToken.get();
  if (!token && groupKey()) {
    const other = await groups.otherToken(null);
    if (other) saveToken(other.token, other.expires, other.gltexp);
    token = loginToken.get();
  }
  if (!token) return false;
  if (readCache()[verifiedKey(token)]) return true;
  const response = await perform('accounts.verifyLogin', {}, { silent: true });
  return response.errorCode === 0;
}

/** `a.b.c` on the public object, with the objects in between. */
function place(name, value) {
  const path = name.split('.');
  const last = path.pop();
  const owner = path.reduce((object, part) => (object[part] ??= {}), gigya);
  owner[last] = value;
}

function eventRegistrar(namespace) {
  return (...args) => {
    const given = merged(...args);
    addEventHandlers(namespace, given);
    callBack('addEventHandlers', given.callback, { errorCode: 0, status: 'OK', errorMessage: '', statusMessage: '', operation: 'addEventHandlers', context: given.context });
  };
}

/** Sites of this platform have no providers to log in with. Trying to ends a session all the same. */
function withProvider(method) {
  return (...args) => {
    const given = merged(...args);
    const told = refusal(400122, 'Provider is not configured', { errorDetails: String(given.provider ?? '') });
    whenReleased().then(() => {
      const params = merged(thisScript.globalConf, given);
      if (isOwnSite(params) && replacesSession(params)) dropToken();
      callBack(method, given.callback, shaped(method, given, told));
    });
  };
}

/** Takes over the session that the site's server has made since the page was loaded. */
async function refreshUI(...args) {
  await whenReleased();
  await sessionFromServerCookie();
  const given = merged(...args);
  callBack('socialize.refreshUI', given.callback, { errorCode: 0, status: 'OK', operation: 'refreshUI' });
}

function publish() {
  Object.assign(gigya, {
    apiKey: KEY,
    defaultApiDomain: injected.defaultApiDomain,
    dataCenter: injected.dataCenter,
    build: injected.build,
    gmidVersion: injected.gmidVersion,
    partnerSettings: settings,
    providersConfig: injected.providersConfig,
    samlConfig: injected.samlConfig,
    canary: injected.canary,
    errorReport: injected.errorReport,
    defaultEventMaps: injected.defaultEventMaps,
    isReady: false,
    thisScript,
    hasSession,
    sso,
    auth: { loginToken },
    _: { isTrustedDomain: undefined, addPlugin },
    utils: {
      cookie: { get: cookies.get, set: cookies.set, remove: cookies.remove },
      URL: { getParams: queryOf, addParams: withParams, getParamsFromURL: queryOf },
      keyValue,
      object: { merge: (list) => merged(...list), clone: (value) => structuredClone(value) },
      localStorage: {
        getItem: (name) => pageStorage.getItem(name),
        setItem: (name, value) => pageStorage.setItem(name, value),
        removeItem: (name) => pageStorage.removeItem(name),
      },
    },
    updateConfiguration(conf) {
      thisScript.globalConf = merged(thisScript.globalConf, conf);
      if (conf?.lang) thisScript.lang = languageOf(conf.lang);
    },
    setGroupContext(context) {
      if (groupKey()) ask('setGroupContext', { groupContext: JSON.stringify(context) });
    },
    setSSOToken({ redirectURL }) {
      if (/^https?:/i.test(redirectURL)) top.location.href = redirectURL;
    },
  });
  for (const method of Object.keys(METHODS)) place(method, publicMethod(method));
  for (const namespace of NAMESPACES) place(`${namespace}.addEventHandlers`, eventRegistrar(namespace));
  place('socialize.refreshUI', refreshUI);
  for (const name of ['accounts.socialLogin', 'socialize.login']) place(name, withProvider(name));
  place('accounts.showScreenSet', (...args) => whenReleased().then(() => showScreenSet(...args)));
  place('accounts.hideScreenSet', whenShown('hideScreenSet'));
  place('accounts.switchScreen', whenShown('switchScreen'));
}

if (window.gigya?.thisScript) {
  console.warn('gigya: the script was loaded twice; the second load was left out');
} else {
  publish();
  window.gigya = gigya;
  boot();
}
