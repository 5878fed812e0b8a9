// What each kind of form needs before it is shown, and which calls it makes.
//
// `needs` fills `known` (schema, policy, account, regToken). `submit` makes the calls and gives the answer that
// decides how it goes on: `goesOn` for a step that is no end, `stays` where the form itself shows what is next.

const LOGIN_INCLUDE = ['profile', 'data', 'emails', 'subscriptions', 'preferences'];

function call(instance, method, params) {
  return sdk.perform(method, params, { screenSet: true, source: 'showScreenSet' });
}

/** What every call of a screen-set that may end in a session says. */
function loginParams(instance, values) {
  const { params, lang } = instance;
  const conf = sdk.thisScript.globalConf;
  // What was ticked beside the password also counts where the login goes on in another form.
  if (values.remember !== undefined) instance.flow.remember = values.remember === true;
  const remember = instance.flow.remember === true;
  const forgetful = params.sessionExpiration ?? conf.sessionExpiration;
  return {
    include: [...new Set([...LOGIN_INCLUDE, ...sdk.csv(params.include)])].join(','),
    includeUserInfo: true,
    lang: lang.originalLang,
    sessionExpiration: remember && conf.rememberSessionExpiration ? conf.rememberSessionExpiration : forgetful,
    remember,
    source: 'showScreenSet',
  };
}

async function needed(instance, method, params) {
  const response = await call(instance, method, params);
  if (response.errorCode !== 0) throw Object.assign(new Error(method), { response });
  return response;
}

async function needSchema(instance, known) {
  const { profileSchema, dataSchema } = await needed(instance, 'accounts.getSchema', { include: 'profileSchema,dataSchema' });
  known.schema = { profileSchema, dataSchema };
}

async function needPolicy(instance, known) {
  const { passwordComplexity } = await needed(instance, 'accounts.getPolicies', { sections: 'passwordComplexity' });
  known.policy = passwordComplexity ?? {};
}

async function needAccount(instance, known, include = 'profile,data,emails,subscriptions,preferences,loginIDs') {
  const extraProfileFields = 'languages,address,phones,education,honors,publications,patents,certifications,professionalHeadline,bio,industry,specialties,work,skills,religion,politicalView,interestedIn,relationshipStatus,hometown,favorites,username,name,locale,timezone';
  known.account = await needed(instance, 'accounts.getAccountInfo', { include, extraProfileFields, regToken: instance.flow.regToken });
}

/** Finishes what was registered; its answer is a login. */
async function finalise(instance, values, more = {}) {
  return call(instance, 'accounts.finalizeRegistration', { regToken: instance.flow.regToken, ...loginParams(instance, values), ...more });
}

function regSourceOf({ params }) {
  return params.regSource ?? location.href.split(/[?#]/)[0];
}

async function submitRegistration(instance, form, values, extra) {
  const { passwordRetype, remember, ...model } = modelOf(form, instance.known.schema);
  const params = {
    ...model,
    regSource: regSourceOf(instance),
    ...loginParams(instance, values),
    ...extra,
    regToken: instance.flow.regToken,
    finalizeRegistration: !instance.asksMoreAfter(form),
  };
  const response = await call(instance, 'accounts.register', params);
  const goesOn = response.errorCode === 206001 && !params.finalizeRegistration;
  if (goesOn) instance.flow.regToken = response.regToken;
  return { response, goesOn };
}

/** Completes a registration: what is missing is written, then it is finalised. */
async function completeRegistration(instance, form, values, model, extra) {
  const { regToken } = instance.flow;
  const written = await call(instance, 'accounts.setAccountInfo', { ...model, ...extra, regToken, lang: instance.lang.originalLang, conflictHandling: instance.params.conflictHandling ?? 'saveProfileAndFail' });
  if (written.errorCode !== 0 || instance.asksMoreAfter(form)) return { response: written };
  return { response: await finalise(instance, values) };
}

async function submitProfile(instance, form, values, extra) {
  const { passwordRetype, oldPassword, ...rest } = modelOf(form, instance.known.schema, { withEmpty: true });
  const model = oldPassword ? { ...rest, password: oldPassword } : rest;
  if (instance.flow.regToken) return completeRegistration(instance, form, values, model, extra);
  const response = await call(instance, 'accounts.setAccountInfo', { ...model, ...extra, lang: instance.lang.originalLang, conflictHandling: instance.params.conflictHandling ?? 'fail' });
  if (response.errorCode !== 0) return { response };
  try {
    await needAccount(instance, instance.known);
  } catch (error) {
    // What was saved is saved, whether or not it can be read again.
    if (!error.response) throw error;
  }
  return { response, updated: true };
}

async function submitResetPassword(instance, form, values, extra) {
  const { pwrt } = sdk.queryOf(location.href);
  const { loginID, newPassword, email, secretAnswer } = values;
  const params = pwrt ? { passwordResetToken: pwrt, newPassword } : { loginID: loginID ?? email, secretAnswer };
  return { response: await call(instance, 'accounts.resetPassword', { ...params, lang: instance.lang.originalLang, ...extra }) };
}

async function submitLink(instance, form, values, extra) {
  const { loginID = instance.known.conflict?.loginID, password } = values;
  const params = { loginID, password, loginMode: 'link', regToken: instance.flow.regToken, ...loginParams(instance, values), ...extra };
  const response = await call(instance, 'accounts.login', params);
  if (response.errorCode !== 200009) return { response };
  instance.flow.regToken = response.regToken;
  return { response: await finalise(instance, values, { allowAccountsLinking: true }) };
}

async function submitCode(instance, form, values, extra) {
  const { vToken, regToken } = instance.flow;
  const params = { vToken, code: values.code, ...extra };
  if (!regToken) return { response: await call(instance, 'accounts.otp.login', { ...params, ...loginParams(instance, values) }) };
  const response = await call(instance, 'accounts.otp.update', { ...params, regToken });
  return { response: response.errorCode === 0 ? await finalise(instance, values) : response };
}

async function submitPasswordless(instance, form, values, extra) {
  const to = values.identifier ?? values.loginID ?? values.email ?? values.phoneNumber ?? '';
  const method = to.includes('@') ? 'accounts.auth.otp.email.sendCode' : 'accounts.otp.sendCode';
  const params = to.includes('@') ? { email: to } : { phoneNumber: to };
  const response = await call(instance, method, { ...params, lang: instance.lang.originalLang, ...extra });
  if (response.errorCode === 0) instance.flow.vToken = response.vToken;
  return { response };
}

async function submitLite(instance, form, values, extra) {
  const started = await call(instance, 'accounts.initRegistration', { isLite: true });
  if (started.errorCode !== 0) return { response: started };
  const { email, ...model } = modelOf(form, instance.known.schema);
  if (email) model.profile = { ...model.profile, email };
  const params = { ...model, ...extra, regToken: started.regToken, lang: instance.lang.originalLang };
  return { response: await call(instance, 'accounts.setAccountInfo', params) };
}

const FORMS = {
  'gigya-login-form': {
    async submit(instance, form, values, extra) {
      const { loginID, password } = values;
      const params = { loginID, password, loginMode: 'standard', ...loginParams(instance, values), ...extra };
      return { response: await call(instance, 'accounts.login', params) };
    },
  },
  'gigya-register-form': {
    async needs(instance, known) {
      const { regToken } = await needed(instance, 'accounts.initRegistration', {});
      instance.flow.regToken = regToken;
      await needSchema(instance, known);
      await needPolicy(instance, known);
      known.account ??= {};
      const { gig_email: email } = sdk.queryOf(location.href);
      if (email) known.account = { ...known.account, email, profile: { email, ...known.account.profile } };
    },
    submit: submitRegistration,
  },
  'gigya-profile-form': {
    async needs(instance, known, form) {
      await needSchema(instance, known);
      await needAccount(instance, known);
      if (form.querySelector('input[type=password]')) await needPolicy(instance, known);
    },
    submit: submitProfile,
  },
  'gigya-reset-password-form': {
    async needs(instance, known, form) {
      if (form.querySelector('input[type=password]')) await needPolicy(instance, known);
    },
    submit: submitResetPassword,
  },
  'gigya-resend-verification-code-form': {
    async needs(instance, known) {
      await needAccount(instance, known, 'emails');
      const { emails = {} } = known.account;
      known.account.email = emails.unverified?.[0] ?? instance.flow.response?.unverifiedEmails?.[0];
    },
    async submit(instance, form, { email = instance.known.account?.email }, extra) {
      const params = { regToken: instance.flow.regToken, email, lang: instance.lang.originalLang, ...extra };
      return { response: await call(instance, 'accounts.resendVerificationCode', params) };
    },
  },
  'gigya-link-accounts-form': {
    async needs(instance, known) {
      const { conflictingAccount } = await needed(instance, 'accounts.getConflictingAccount', { regToken: instance.flow.regToken });
      known.conflict = conflictingAccount ?? null;
      known.account = { loginID: conflictingAccount?.loginID, conflictingAccount };
    },
    submit: submitLink,
  },
  'gigya-reauthentication-form': {
    async needs(instance, known) {
      await needAccount(instance, known);
      const { loginIDs = {}, profile = {} } = known.account;
      known.account.loginID = loginIDs.username ?? loginIDs.emails?.[0] ?? profile.email;
    },
    async submit(instance, form, { loginID = instance.known.account.loginID, password }, extra) {
      const params = { loginID, password, loginMode: 'reAuth', ...loginParams(instance, {}), ...extra };
      return { response: await call(instance, 'accounts.login', params) };
    },
  },
  'gigya-otp-verify-form': { submit: submitCode },
  'gigya-tfa-form': { needs: needSecondFactor, submit: submitSecondFactor },
  'gigya-passwordless-login-form': { submit: submitPasswordless },
  'gigya-subscribe-with-email-form': {
    needs: (instance, known) => needSchema(instance, known),
    submit: submitLite,
  },
  'gigya-custom-form': {
    async submit() {
      return { response: { errorCode: 0, status: 'OK', errorMessage: '', statusMessage: '', errorDetails: '' } };
    },
  },
};

