// The methods of the platform that pages call, with the parameters that pass.
//
// `session`: refused here and now without a token or a regToken. `login`: a success is a session.
// `verifies`: a success says that the token is good. `post`: always sent by POST. `noAuth`: never sent with a token.

const LOGIN_PARAMS = ['include', 'extraProfileFields', 'includeUserInfo', 'sessionExpiration', 'lang', 'signKeys', 'riskContext', 'captchaToken', 'captchaType', 'captchaText'];
const ACCOUNT_PARAMS = ['profile', 'data', 'preferences', 'subscriptions', 'communications', 'username', 'secretQuestion', 'secretAnswer', 'regToken', 'lang', 'captchaToken', 'captchaType', 'customIdentifiers', 'phoneNumber'];

/** A login that is no link and no second proof ends the session of whoever was there. */
const replacesSession = (params) => !['link', 'reAuth'].includes(params.loginMode);

const METHODS = {
  'accounts.login': {
    params: ['loginID', 'password', 'loginMode', 'regToken', 'identifier', 'aToken', ...LOGIN_PARAMS],
    post: true, login: true, endsSession: replacesSession,
    drops: (params) => ((params.loginMode ?? 'standard') === 'standard' ? ['regToken'] : []),
  },
  'accounts.initRegistration': { params: ['isLite'], endsSession: () => true },
  'accounts.register': {
    params: ['email', 'password', 'finalizeRegistration', 'regSource', 'siteUID', ...ACCOUNT_PARAMS, ...LOGIN_PARAMS],
    post: true, login: true,
  },
  'accounts.finalizeRegistration': {
    params: ['regToken', 'allowAccountsLinking', ...LOGIN_PARAMS], login: true,
  },
  'accounts.getAccountInfo': {
    params: ['include', 'extraProfileFields', 'regToken', 'lang', 'includeCommunications', 'includeUserInfo'],
    session: true,
  },
  'accounts.setAccountInfo': {
    params: ['password', 'newPassword', 'addLoginEmails', 'removeLoginEmails', 'conflictHandling', 'securityOverride', ...ACCOUNT_PARAMS],
    session: true, post: true,
  },
  'accounts.logout': { params: ['forceProvidersLogout', 'signIDs'], logout: true },
  'accounts.verifyLogin': { params: ['include', 'extraProfileFields', 'includeUserInfo'], session: true, verifies: true },
  'accounts.session.verify': { params: [], session: true, verifies: true },
  'accounts.getJWT': { params: ['fields', 'expiration', 'audience'], session: true },
  'accounts.getScreenSets': { params: ['screenSetIDs', 'include', 'lang'], noAuth: true, httpStatusCodes: true, ownInclude: true },
  'accounts.getPolicies': { params: ['sections'] },
  'accounts.getSchema': { params: ['include'], ownInclude: true },
  'accounts.isAvailableLoginID': { params: ['loginID'] },
  'accounts.resetPassword': {
    params: ['loginID', 'passwordResetToken', 'newPassword', 'secretAnswer', 'email', 'sendEmail', 'securityFields', 'lang'],
    post: true,
  },
  'accounts.resendVerificationCode': { params: ['regToken', 'email', 'lang'] },
  'accounts.getConflictingAccount': { params: ['regToken'] },
  'accounts.linkAccounts': { params: ['regToken', 'loginID', 'password', ...LOGIN_PARAMS], post: true, login: true },
  'accounts.notifyLogin': {
    params: ['siteUID', 'UIDSig', 'UIDTimestamp', 'providerSessions', 'authCode', 'skipValidation', 'regSource', ...LOGIN_PARAMS],
    post: true, login: true,
  },
  'accounts.notifySocialLogin': {
    params: ['providerSessions', 'regToken', 'regSource', 'loginMode', ...LOGIN_PARAMS], post: true, login: true,
  },
  'accounts.otp.sendCode': { params: ['phoneNumber', 'email', 'regToken', 'lang'] },
  'accounts.auth.otp.email.sendCode': { params: ['email', 'regToken', 'lang'] },
  'accounts.otp.login': { params: ['vToken', 'code', 'regToken', ...LOGIN_PARAMS], post: true, login: true },
  'accounts.otp.update': { params: ['vToken', 'code', 'regToken'], session: true, post: true },
  'accounts.tfa.getProviders': { params: ['regToken'], session: true },
  'accounts.tfa.initTFA': { params: ['provider', 'mode', 'regToken'], session: true },
  'accounts.tfa.phone.getRegisteredPhoneNumbers': { params: ['gigyaAssertion'] },
  'accounts.tfa.phone.sendVerificationCode': { params: ['gigyaAssertion', 'phone', 'phoneID', 'method', 'lang'], post: true },
  'accounts.tfa.phone.completeVerification': { params: ['gigyaAssertion', 'phvToken', 'code'], post: true },
  'accounts.tfa.email.getEmails': { params: ['gigyaAssertion'] },
  'accounts.tfa.email.sendVerificationCode': { params: ['gigyaAssertion', 'emailID', 'lang'], post: true },
  'accounts.tfa.email.completeVerification': { params: ['gigyaAssertion', 'phvToken', 'code'], post: true },
  'accounts.tfa.totp.register': { params: ['gigyaAssertion'] },
  'accounts.tfa.totp.verify': { params: ['gigyaAssertion', 'code', 'sctToken'], post: true },
  'accounts.tfa.finalizeTFA': { params: ['gigyaAssertion', 'providerAssertion', 'regToken', 'tempDevice'], post: true },
  'accounts.sso.getContext': { params: ['ssoToken'] },
  'socialize.getUserInfo': { params: ['signIDs', 'includeAllIdentities', 'extraFields'], session: true },
  'socialize.logout': { params: ['forceProvidersLogout', 'signIDs'], logout: true },
  'socialize.notifyLogin': {
    params: ['siteUID', 'UIDSig', 'UIDTimestamp', 'authCode', 'newUser', 'userInfo', 'sessionExpiration'],
    post: true, login: true,
  },
  'socialize.getIDs': { params: ['includeTicket'], noAuth: true },
  'socialize.getGmidTicket': { params: ['expires', 'gmid'], noAuth: true },
};

/** A context comes back as it is, also one that only this page can hold. */
function isSendable(context) {
  try {
    return context !== undefined && JSON.stringify(context) !== undefined;
  } catch {
    return false;
  }
}

/** The parameters of a call as they leave the page. */
function wireParams(method, spec, params) {
  const out = { APIKey: params.APIKey ?? KEY, ...commonParams() };
  for (const name of spec.params) if (params[name] !== undefined) out[name] = params[name];
  if (method.startsWith('accounts.') && spec.params.includes('include') && !spec.ownInclude) {
    out.include = includeOnTheWire(params.include);
  }
  if (handlers.socialize.length > 0 && spec.params.includes('includeUserInfo')) out.includeUserInfo = true;
  if (spec.params.includes('lang')) out.lang ??= thisScript.lang.originalLang;
  for (const name of spec.drops?.(params) ?? []) delete out[name];
  // A host of one's own cannot keep what never ends.
  if (Number(out.sessionExpiration) === -2 && thisScript.globalConf.storageDomainOverride) out.sessionExpiration = YEAR;
  for (const name of ['source', 'cid']) if (params[name]) out[name] = params[name];
  if (isSendable(params.context)) out.context = params.context;
  if (spec.httpStatusCodes) out.httpStatusCodes = true;
  if (spec.noAuth) return { ...out, noAuth: true };
  const token = out.regToken ? null : loginToken.get(out.APIKey);
  if (token) out.login_token = token;
  if (token && isOwnSite(params) && sessionSignature()) out.loginTokenExp = sessionSignature();
  return out;
}

