// The session that sites of a group share. It is kept by a page of the storage host in a hidden frame.

const FRAME_TIMEOUT = 3000;
const FRAME_TRIES = 3;
const LOGOUT_PAGE_TIMEOUT = 5000;

const frames = { element: null, asked: 0, isDead: false };

function frameUrl() {
  const query = new URLSearchParams({ APIKey: groupKey(), ssoSegment: settings.ssoSegment ?? '', version: 'latest', build: BUILD });
  return `https://${storageDomain()}/gs/sso.htm?${query}`;
}

function hiddenFrame(url) {
  const frame = document.createElement('iframe');
  frame.src = url;
  frame.title = '';
  frame.setAttribute('aria-hidden', 'true');
  frame.tabIndex = -1;
  Object.assign(frame.style, { position: 'absolute', width: '0', height: '0', border: '0', visibility: 'hidden' });
  document.documentElement.append(frame);
  return frame;
}

/** One question by fragment, answered by a message `<callbackID>=<pairs>`. */
function askOnce(mode, args) {
  return new Promise((resolve) => {
    frames.asked += 1;
    const callbackID = `gig_sso_cb${Date.now()}_${frames.asked}`;
    const origin = `https://${storageDomain()}`;
    const fragment = new URLSearchParams({ m: mode, d: location.origin, callbackID, sAPIKey: KEY, lid: callbackID, ...serialised(args) });
    const done = (answer) => {
      clearTimeout(timer);
      removeEventListener('message', hear);
      resolve(answer);
    };
    const hear = (message) => {
      if (message.origin !== origin || typeof message.data !== 'string') return;
      if (!message.data.startsWith(`${callbackID}=`)) return;
      const text = message.data.slice(callbackID.length + 1);
      done(keyValue.deserialize(text.includes('=') ? text : decodeURIComponent(text)));
    };
    const timer = setTimeout(() => done(null), FRAME_TIMEOUT);
    addEventListener('message', hear);
    const url = `${frameUrl()}#${fragment}`;
    if (frames.element) frames.element.src = url;
    else frames.element = hiddenFrame(url);
  });
}

async function ask(mode, args = {}) {
  for (let tries = 0; tries < FRAME_TRIES; tries += 1) {
    note(`sso ${mode}`);
    const answer = await askOnce(mode, args);
    if (answer) return { ...answer, errorCode: Number(answer.errorCode ?? 0) };
    frames.element?.remove();
    frames.element = null;
  }
  frames.isDead = true;
  return null;
}

/** Whether the group may go on with a domain: it is known and the prefix is the same, or somebody is signed in. */
async function mayStayAt(domain) {
  const { customAPIDomainPrefix: prefix } = settings;
  const trusted = [settings.baseDomains, ...state.config.sso.validDomains].join(',');
  const isKnown = baseDomainOf(domain, trusted, injected.defaultApiDomain).trusted;
  const samePrefix = isGigyaHost(domain) ? !prefix : Boolean(prefix) && domain.startsWith(`${prefix}.`);
  return (isKnown && samePrefix) || (await ask('getToken'))?.errorCode === 0;
}

const groups = {
  /** Calls the host that the sites of the group call already, or tells them this one's. */
  async agreeOnHost() {
    const own = ownApiDomain();
    const answer = await ask('getGroupApiDomain');
    if (!answer || answer.apiDomain === own) return;
    if (answer.apiDomain && (await mayStayAt(answer.apiDomain))) state.groupApiDomain = answer.apiDomain;
    else await ask('setGroupApiDomain', { apiDomain: own });
  },

  async setToken(token, expiration) {
    await ask('setToken', { lt: token, expiration, gltexp: sessionSignature() });
  },

  /**
   * A token of the group that is not the one that was refused; or the same, if another site's server has signed it
   * for longer than this one's.
   */
  async otherToken(token) {
    const answer = await ask('getToken');
    const { login_token: other, expires_in: expires, gltexp } = answer?.errorCode === 0 ? answer : {};
    if (!other) return null;
    const isNew = other !== token || (gltexp && gltexp !== sessionSignature() && isFresh(gltexp, nowInSeconds()));
    return isNew ? { token: other, expires: cookieLife(expires), gltexp } : null;
  },

  /** Ends the group's session and calls the logout page of every site that was visited. */
  async logout(body, params) {
    const answer = await ask('logout');
    if (location.href.split(/[?#]/)[0] === settings.ssoLogoutUrl) return;
    const { UID, UIDSignature, signatureTimestamp } = body;
    const urls = csv(answer?.logoutURLs);
    await Promise.all(urls.map((url) => visited(withParams(url, serialised({ UID, UIDSignature, signatureTimestamp })), params)));
  },

  /** At load: takes over the group's session, or learns that it is gone. */
  async sync() {
    const token = loginToken.get();
    const question = token ? ['checkTokenRenew', { loginToken: token, sourceKey: KEY }] : ['getToken'];
    const answer = frames.isDead ? null : await ask(...question);
    if (!answer) {
      raiseError(refusal(500026, 'Failed to load SSO', { status: 'FAILED_TO_LOAD_SSO' }));
      return;
    }
    const given = answer.login_token;
    if (answer.errorCode === 403025) return endSession();
    if (answer.errorCode === 403005) return dropToken();
    const isNew = given && given !== token;
    if (answer.errorCode === 0 && !isNew && sessionSignature()) await ask('setLoginTokenExp', { gltexp: sessionSignature() });
    if (![0, 403032].includes(answer.errorCode) || !isNew) return;
    saveToken(given, cookieLife(answer.expires_in), answer.gltexp);
    const response = await perform('accounts.verifyLogin', { include: 'profile,data' }, { silent: true });
    if (response.errorCode !== 0) return;
    const { groupContext, expires_in: expires } = answer;
    const event = { ...loginEvent('accounts.verifyLogin', {}, response), newUser: false, provider: 'site' };
    if (groupContext) event.groupContext = JSON_OF(groupContext) ?? groupContext;
    if (expires !== undefined) event.expires_in = expires;
    raiseLogin(event, socialUser(response), true);
  },
};

/** Loads a page in a hidden frame and waits for it, but not for ever. */
function visited(url, { sustainLogoutURLs } = {}) {
  return new Promise((resolve) => {
    const frame = hiddenFrame(url);
    const done = () => {
      clearTimeout(timer);
      if (!sustainLogoutURLs) frame.remove();
      resolve();
    };
    const timer = setTimeout(done, LOGOUT_PAGE_TIMEOUT);
    // The page still has to run once it is there.
    frame.onload = () => setTimeout(done, 500);
  });
}

