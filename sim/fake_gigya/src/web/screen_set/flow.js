// From a press of the button to the next screen.

/** The attribute that names the screen for an answer, and whether the way on needs a regToken. */
const NEXT_SCREENS = {
  206001: 'onPendingRegistrationScreen',
  206002: 'onPendingVerificationScreen',
  206003: 'onMissingLoginidScreen',
  206006: 'onPendingEmailVerificationCode',
  403100: 'onPendingPasswordChangeScreen',
  403101: 'onPendingTfaVerificationScreen',
  403102: 'onPendingTfaRegistrationScreen',
  403110: 'onPendingRecentLoginScreen',
  403043: 'onExistingLoginIdentifierScreen',
  200010: 'onExistingLoginIdentifierScreen',
  409003: 'onExistingLoginIdentifierScreen',
  200009: 'onAccountsLinkedScreen',
};
const NEEDS_TOKEN = [403043, 200010, 409003];

/** `data-` attributes as markup spells them, for messages. */
function spelt(name) {
  return `data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function nextScreenAttribute({ errorCode, regToken }) {
  if (NEEDS_TOKEN.includes(errorCode) && !regToken) return null;
  return NEXT_SCREENS[errorCode] ?? null;
}

/** What events about a form have in common. */
function formFields(instance, form, values) {
  const { profile = {}, data = {}, subscriptions = {}, preferences = {} } = instance.known.account ?? {};
  const formData = withoutPasswords(values);
  return { screen: instance.screenId, form: formNameOf(form), formData, profile, data, subscriptions, preferences };
}

/** The messages with which handlers block a form, by field. */
function blockedBy(results) {
  const texts = sdk.merged(...results.filter(sdk.isObject));
  return Object.fromEntries(Object.entries(texts).map(([field, errorMessage]) => [field, { errorMessage: String(errorMessage), errorCode: 400006 }]));
}

async function submitForm(instance, form) {
  if (form.dataset.gigyaBusy) return;
  const values = valuesOf(form);
  const fields = formFields(instance, form, values);
  const blocked = blockedBy(instance.fire('onBeforeValidation', fields));
  const errors = { ...validate(form, instance.texts, instance.known), ...blocked };
  instance.fire('onAfterValidation', { ...fields, validationErrors: errors, formErrors: errors });
  const first = showErrors(form, errors);
  if (Object.keys(errors).length > 0) {
    first?.focus();
    return;
  }
  if (instance.fire('onBeforeSubmit', fields).includes(false)) return;
  setBusy(form, true);
  try {
    const accountInfo = withoutPasswords(modelOf(form, instance.known.schema));
    const results = instance.fire('onSubmit', { screen: fields.screen, form: fields.form, accountInfo, formModel: fields.formData });
    const extra = sdk.merged(...(await Promise.all(results)).filter(sdk.isObject));
    const kind = FORMS[formClassOf(form)];
    const outcome = await kind.submit(instance, form, values, extra);
    if (!outcome.stays) await conclude(instance, form, outcome);
  } finally {
    setBusy(form, false);
  }
}

function setBusy(form, busy) {
  form.classList.toggle('gigya-pending', busy);
  if (busy) form.dataset.gigyaBusy = 'true';
  else delete form.dataset.gigyaBusy;
  form.setAttribute('aria-busy', String(busy));
  for (const button of form.querySelectorAll('input[type=submit], button[type=submit]')) button.setAttribute('aria-disabled', String(busy));
}

function afterSubmit(instance, form, response) {
  const { profile = {}, data = {}, preferences = {}, subscriptions = {} } = response.profile ? response : (instance.known.account ?? {});
  instance.fire('onAfterSubmit', { screen: instance.screenId, form: formNameOf(form), profile, data, preferences, subscriptions, response });
}

async function conclude(instance, form, { response: told, goesOn, updated, errors }) {
  const response = typeof told === 'string' ? sdk.refusal(500026, told, { errorDetails: told }) : told;
  const success = form.dataset.onSuccessScreen;
  if (response.errorCode === 0 || goesOn) {
    if (response.UID && response.errorCode === 0) instance.user = response;
    if (updated && screenReference(success || '_finish').end && sdk.state.flag('updateAccountInfoAsync')) {
      instance.hide('finished');
      afterSubmit(instance, form, response);
      return;
    }
    afterSubmit(instance, form, response);
    await instance.goTo(success || '_finish', response);
    return;
  }
  const attribute = nextScreenAttribute(response);
  const target = attribute && instance.attribute(attribute);
  if (attribute && !target) console.warn(`gigya: ${instance.templateId} has no ${spelt(attribute)} for ${response.errorCode}`);
  if (target) {
    if (response.regToken) instance.flow.regToken = response.regToken;
    instance.flow.response = response;
    afterSubmit(instance, form, response);
    if (response.errorCode === 206006) await sendCode(instance, response);
    await instance.goTo(target, response);
    return;
  }
  await failed(instance, form, response, errors);
}

/** A code for the address that waits for its verification. */
async function sendCode(instance, response) {
  const { regToken, unverifiedEmails = [] } = response;
  const sent = await call(instance, 'accounts.otp.sendCode', { regToken, email: unverifiedEmails[0], lang: instance.lang.originalLang });
  instance.flow.vToken = sent.vToken;
}

async function failed(instance, form, response, own) {
  // The profile of whoever is signed in goes into the event; mostly nobody is.
  if (formClassOf(form) === 'gigya-login-form') await call(instance, 'accounts.getAccountInfo', {});
  afterSubmit(instance, form, response);
  const info = { screen: instance.screenId, form: formNameOf(form), response };
  const diverted = instance.error(response, { info });
  const errors = own ?? problemsOf(response, instance.texts);
  const first = showErrors(form, errors, Object.keys(errors).length > 0 ? '' : instance.texts.ofError(response));
  if (diverted) await instance.goTo(diverted, response);
  else (first ?? inputsOf(form).find((it) => it.type !== 'hidden'))?.focus();
}

