// Logins that stop half-way: what the SDK goes on with by itself, and what it opens a screen-set for.

const INTERRUPTIONS = [206001, 206002, 206003, 206006, 403100, 403101, 403102, 403110];
/** Interruptions only where they leave a way on. */
const CONFLICTS = [403043, 200010, 409003];

function isInterruption({ errorCode, regToken }) {
  return INTERRUPTIONS.includes(errorCode) || (CONFLICTS.includes(errorCode) && Boolean(regToken));
}

function isMobile() {
  return matchMedia('(max-width: 480px)').matches && matchMedia('(pointer: coarse)').matches;
}

function defaultScreenSet() {
  const { defaultRegScreenSet, defaultMobileRegScreenSet } = thisScript.globalConf;
  return (isMobile() && defaultMobileRegScreenSet) || defaultRegScreenSet || 'Default-RegistrationLogin';
}

const interruptions = {
  async follow(method, given, response, options) {
    const { errorCode, regToken } = response;
    if (errorCode === 206001) raise('accounts', pendingRegistration(method, given, response));
    if (errorCode === 206005 && regToken) return finalised(given, { regToken }, options);
    if (options.screenSet || given.ignoreInterruptions) return response;
    if (errorCode === 200009 && regToken) return finalised(given, { regToken, allowAccountsLinking: true }, options);
    if (!isInterruption(response)) return response;
    const end = await completedInScreenSet(response, errorCode === 403110 ? 'Default-ReAuthentication' : null);
    if (end.reason !== 'finished' || !end.user) return { ...response };
    if (errorCode === 403110) return perform(method, given, options);
    return { errorCode: 0, status: 'OK', userInfo: end.user, source: 'showScreenSet', operation: response.operation };
  },
};

function pendingRegistration(method, given, response) {
  const { regToken, loginProvider, errorCode, errorMessage } = response;
  const sourceRequest = { method, params: requestParamsOf(given) };
  return { eventName: 'pendingRegistration', regToken, loginProvider: loginProvider ?? 'site', sourceRequest, errorCode, errorMessage };
}

function finalised(given, params, options) {
  const { include, extraProfileFields, sessionExpiration } = given;
  return perform('accounts.finalizeRegistration', { include, extraProfileFields, sessionExpiration, ...params }, options);
}

/** Opens a screen-set over the page and waits for its end. */
function completedInScreenSet(response, screenSet = null) {
  return new Promise((resolve) => {
    showScreenSet({
      screenSet: screenSet ?? defaultScreenSet(),
      regToken: response.regToken,
      initialResponse: response,
      onHide: resolve,
      // Whoever shows another screen-set in its place takes it away without a word.
      whenGone: () => resolve({ reason: 'canceled' }),
      onError: (event) => {
        // Where not even the files arrive there is nothing that could be closed.
        if (!event.response) resolve({ reason: 'error' });
      },
    });
  });
}

