// The second step of a login: which way, where the code goes, and the code.

/** The ways that there are. Those with contacts send a code, an application makes its own. */
const WAYS = {
  gigyaPhone: {
    text: 'tfa_phone', list: 'phones', id: 'phoneID', contacts: 'accounts.tfa.phone.getRegisteredPhoneNumbers',
    send: 'accounts.tfa.phone.sendVerificationCode', check: 'accounts.tfa.phone.completeVerification',
  },
  gigyaEmail: {
    text: 'tfa_email', list: 'emails', id: 'emailID', contacts: 'accounts.tfa.email.getEmails',
    send: 'accounts.tfa.email.sendVerificationCode', check: 'accounts.tfa.email.completeVerification',
  },
  gigyaTotp: { text: 'tfa_app', check: 'accounts.tfa.totp.verify' },
};

/** A factor that is set up has to be shown; without any, one is set up. */
async function needSecondFactor(instance) {
  const { regToken } = instance.flow;
  const { activeProviders = [], inactiveProviders = [] } = await needed(instance, 'accounts.tfa.getProviders', { regToken });
  const mode = activeProviders.length > 0 ? 'verify' : 'register';
  const names = (mode === 'verify' ? activeProviders : inactiveProviders).map(({ name }) => name).filter((name) => name in WAYS);
  instance.flow.second = { mode, names, step: 'way' };
  if (names.length === 1) await beginWay(instance, names[0]);
}

async function beginWay(instance, provider) {
  const { regToken, second } = instance.flow;
  const { gigyaAssertion } = await needed(instance, 'accounts.tfa.initTFA', { provider, mode: second.mode, regToken });
  Object.assign(second, { provider, gigyaAssertion });
  if (provider === 'gigyaTotp') {
    const { qrCode, sctToken } = second.mode === 'register' ? await needed(instance, 'accounts.tfa.totp.register', { gigyaAssertion }) : {};
    Object.assign(second, { qrCode, sctToken, step: 'code' });
  } else if (provider === 'gigyaPhone' && second.mode === 'register') {
    second.step = 'phone';
  } else {
    second.step = 'contact';
    second.contacts = (await needed(instance, WAYS[provider].contacts, { gigyaAssertion }))[WAYS[provider].list];
    if (second.contacts.length === 1) await sendTo(instance, second.contacts[0]);
  }
}

function sendTo(instance, { id, obfuscated }) {
  return sendSecondCode(instance, { [WAYS[instance.flow.second.provider].id]: id }, obfuscated);
}

async function sendSecondCode(instance, to, sentTo) {
  const { second } = instance.flow;
  const params = { ...to, gigyaAssertion: second.gigyaAssertion, lang: instance.lang.originalLang };
  const { phvToken } = await needed(instance, WAYS[second.provider].send, params);
  Object.assign(second, { phvToken, sentTo, step: 'code' });
}

/** What a press of the button does, by step; `true` when the factor is shown. */
const SECOND_STEPS = {
  way: (instance, { provider }) => beginWay(instance, provider),
  phone: (instance, { phone }) => sendSecondCode(instance, { phone, method: 'sms' }, phone),
  contact: (instance, { contact }) => sendTo(instance, instance.flow.second.contacts.find(({ id }) => id === contact)),
  async code(instance, { code, rememberDevice }) {
    const { regToken, second: { provider, gigyaAssertion, phvToken, sctToken } } = instance.flow;
    const { providerAssertion } = await needed(instance, WAYS[provider].check, { gigyaAssertion, phvToken, sctToken, code: code.trim() });
    await needed(instance, 'accounts.tfa.finalizeTFA', { gigyaAssertion, providerAssertion, regToken, tempDevice: rememberDevice !== true });
    return true;
  },
};

async function submitSecondFactor(instance, form, values) {
  const { second } = instance.flow;
  const { step } = second;
  try {
    const isShown = await SECOND_STEPS[step](instance, values);
    if (isShown === true) return { response: await finalise(instance, {}) };
  } catch (error) {
    if (!error.response) throw error;
    const isWrong = error.response.errorCode === 400006 && step in { code: 1, phone: 1 };
    const text = instance.texts.get(step === 'code' ? 'tfa_wrong_code' : 'value_is_invalid');
    return { response: error.response, errors: isWrong ? { [step]: { errorMessage: text, errorCode: 400006 } } : undefined };
  }
  drawSecondFactor(instance, form);
  focusFirst(form);
  return { stays: true };
}

function part(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** One of several, by radio buttons; the first is chosen. */
function choice(name, legend, options) {
  const labels = options.map(({ value, text }, at) => part(
    'label', { className: 'gigya-label gigya-check' }, part('input', { type: 'radio', name, value, defaultChecked: at === 0 }), text,
  ));
  return part('fieldset', { className: 'gigya-tfa-ways' }, part('legend', {}, legend), ...labels);
}

function secondField(name, text, properties) {
  const message = part('span', { className: 'gigya-error-msg' });
  message.dataset.boundTo = name;
  const input = part('input', { name, className: 'gigya-input-text', required: true, ...properties });
  return [part('label', { className: 'gigya-label' }, part('span', { className: 'gigya-label-text' }, text), input), message];
}

const SECOND_PARTS = {
  way: ({ names }, say) => [choice('provider', say('tfa_way'), names.map((value) => ({ value, text: say(WAYS[value].text) })))],
  phone: (second, say) => secondField('phone', say('tfa_number'), { type: 'tel', autocomplete: 'tel' }),
  contact: ({ contacts }, say) => (contacts.length === 0
    ? [part('p', { className: 'gigya-text' }, say('tfa_nowhere'))]
    : [choice('contact', say('tfa_contact'), contacts.map(({ id, obfuscated }) => ({ value: id, text: obfuscated })))]),
  code({ sentTo, qrCode }, say) {
    const words = sentTo ? `${say('tfa_sent')} ${sentTo}` : say(qrCode ? 'tfa_scan' : 'tfa_show');
    const picture = qrCode?.startsWith('data:image/') ? [part('img', { src: qrCode, alt: say('tfa_picture'), width: 200, height: 200 })] : [];
    const box = part('input', { type: 'checkbox', name: 'rememberDevice', className: 'gigya-input-checkbox' });
    return [
      part('p', { className: 'gigya-text' }, words), ...picture,
      ...secondField('code', say('tfa_code'), { type: 'text', autocomplete: 'one-time-code', inputMode: 'numeric', maxLength: 10 }),
      part('label', { className: 'gigya-label gigya-check' }, box, say('tfa_remember')),
    ];
  },
};

/** Draws the step that is next into the form's widget. */
function drawSecondFactor(instance, form) {
  const { second } = instance.flow;
  const place = form.querySelector('.gigya-tfa');
  if (!place || !second) return;
  clearErrors(form);
  place.replaceChildren(...SECOND_PARTS[second.step](second, (key) => instance.texts.get(key)));
  makeLive(place, instance.texts);
  const isDeadEnd = second.names.length === 0 || (second.step === 'contact' && second.contacts.length === 0);
  for (const button of form.querySelectorAll('input[type=submit], button[type=submit]')) button.hidden = isDeadEnd;
}
