// What the address of the page says about where its visitor comes from. The address is never changed.

const urlParams = queryOf(location.href);

function urlActions() {
  return csv(urlParams.gig_actions);
}

function awaitsCompletion() {
  return Boolean(urlParams.errorCode && urlParams.regToken);
}

/** Whatever stands in the address, pages get a number. */
function urlErrorCode() {
  return Number(urlParams.errorCode) || 500001;
}

/** Exchanges a code that is good once for a session. */
async function exchangeCode(authCode, options) {
  const response = await perform('socialize.notifyLogin', { authCode }, options);
  return response.errorCode === 0;
}

/** A code in the address, or one that the site's server left in a cookie. */
async function sessionFromCodes() {
  if (urlActions().includes('sso.login') && urlParams.authCode) {
    await exchangeCode(urlParams.authCode, { keep: true });
    return;
  }
  await sessionFromServerCookie();
}

/** Nobody hears of a login that the site's own server has made. */
async function sessionFromServerCookie() {
  const name = `gac_${KEY}`;
  const code = cookies.get(name);
  if (!code) return;
  cookies.remove(name);
  note('gac_ removed');
  await exchangeCode(code.replace(/^"|"$/g, ''), { silent: true });
}

/** A redirect that came back with a session: the events that a page without reload would have had. */
async function eventsFromUrl() {
  const names = csv(urlParams.gig_events);
  const token = loginToken.get();
  if (!names.some((name) => name.endsWith('.login')) || !token) return;
  if (urlParams.errorCode === '0') {
    if (groupKey()) await groups.setToken(token, urlParams.expires_in);
    const response = await perform('accounts.getAccountInfo', { include: 'profile,data,userinfo' }, { silent: true });
    if (response.errorCode !== 0) return;
    const event = loginEvent('accounts.getAccountInfo', {}, response);
    if (urlParams.expires_in !== undefined) event.expires_in = urlParams.expires_in;
    if (names.includes('accounts.login')) raise('accounts', event, { keep: true });
    if (names.includes('socialize.login')) raise('socialize', { ...event, user: socialUser(response) }, { keep: true });
  }
}

async function linkedFromUrl() {
  if (urlParams.errorCode !== '200009' || !urlParams.regToken) return false;
  await perform('accounts.finalizeRegistration', { regToken: urlParams.regToken, allowAccountsLinking: true }, { keep: true });
  return true;
}

/** An interrupted login that goes on here. Calls wait until its screen-set is closed. */
async function completionFromUrl() {
  if (urlParams.mode === 'error') {
    raise('accounts', { eventName: 'error', ...urlParams, errorCode: urlErrorCode() }, { keep: true });
  }
  if (!awaitsCompletion() || urlParams.errorCode === '0' || urlParams.errorCode === '200009') return;
  const { regToken, errorMessage = '' } = urlParams;
  await completedInScreenSet({ errorCode: urlErrorCode(), errorMessage, regToken });
}

