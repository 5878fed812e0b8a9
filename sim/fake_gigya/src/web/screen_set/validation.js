// Whether a form may be sent, and the messages beside its fields.

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const ALWAYS_NEEDED = {
  'gigya-login-form': ['loginID', 'password'],
  'gigya-link-accounts-form': ['loginID', 'password'],
  'gigya-reauthentication-form': ['password'],
  'gigya-register-form': ['email', 'username', 'password'],
  'gigya-reset-password-form': ['loginID', 'newPassword'],
  'gigya-otp-verify-form': ['code'],
  'gigya-tfa-form': ['phone', 'code'],
  'gigya-resend-verification-code-form': ['email'],
};

function fieldSchema(path, schema) {
  const [root, ...rest] = path.split('.');
  return schema?.[`${root}Schema`]?.fields?.[rest.join('.')];
}

function matches(pattern, value) {
  try {
    return new RegExp(pattern, 'u').test(value);
  } catch {
    return true;
  }
}

function isComplex(password, policy = {}) {
  const { minLength = 0, minCharGroups = 0, regExp } = policy;
  const groups = [/\p{Lu}/u, /\p{Ll}/u, /\p{N}/u, /[^\p{L}\p{N}]/u].filter((group) => group.test(password)).length;
  return [...password].length >= minLength && groups >= minCharGroups && (!regExp || matches(regExp, password));
}

/** The key of the message for one field, or nothing. */
function problemOf(input, values, { formClass, schema, policy }) {
  const name = nameOf(input);
  const value = valueOf(input);
  const path = boundPath(formClass, name, schema);
  const rule = fieldSchema(path, schema);
  const needed = input.dataset.required === 'true' || input.getAttribute('aria-required') === 'true' || rule?.required || ALWAYS_NEEDED[formClass]?.includes(name);
  const empty = value === '' || value === false || value === undefined;
  if (empty) return needed ? 'this_field_is_required' : null;
  const isEmail = ['email', 'profile.email'].includes(name) || input.type === 'email' || input.dataset.format === 'email';
  if (isEmail && !EMAIL.test(value)) return 'email_address_is_invalid';
  if (name === 'passwordRetype' && value !== (values.newPassword ?? values.password)) return 'passwords_do_not_match';
  const isNewPassword = name === 'newPassword' || (name === 'password' && formClass === 'gigya-register-form');
  if (isNewPassword && !isComplex(value, policy)) return 'password_does_not_meet_complexity_requirements';
  const isNumber = ['integer', 'long', 'float'].includes(rule?.type);
  if (isNumber && Number.isNaN(Number(value))) return 'value_is_invalid';
  const format = /^regex\(['"]?(.*?)['"]?\)$/.exec(rule?.format ?? '');
  if (format && typeof value === 'string' && !matches(format[1], value)) return 'value_is_invalid';
  return null;
}

/** Messages by field, as events tell them. */
function validate(form, texts, known) {
  const values = valuesOf(form);
  const context = { ...known, formClass: formClassOf(form) };
  const errors = {};
  for (const input of inputsOf(form)) {
    const isHidden = input.type === 'hidden' || input.closest('[hidden], .gigya-hidden');
    const key = isHidden ? null : problemOf(input, values, context);
    if (key) errors[nameOf(input)] = { errorMessage: texts.get(key), errorCode: key === 'this_field_is_required' ? 400027 : 400006 };
  }
  return errors;
}

/** What the platform found wrong, by field. */
function problemsOf(response, texts) {
  const errors = {};
  for (const { fieldName, errorCode, message } of response.validationErrors ?? []) {
    const taken = errorCode === 400003 && { email: 'email_already_exists', username: 'username_already_exists' }[fieldName.replace('profile.', '')];
    const key = taken || (errorCode === 400003 ? 'unique_identifier_exists' : null);
    errors[fieldName] = { errorMessage: key ? texts.get(key) : message, errorCode };
  }
  return errors;
}

function messageElement(form, field) {
  const all = [...form.querySelectorAll('.gigya-error-msg, .gigya-error-display')];
  return all.find((it) => it.dataset.boundTo === field);
}

/** The place for what is wrong with the form as a whole; a form without one gets one. */
function formMessageElement(form) {
  const own = form.querySelector('.gigya-form-error-msg') ?? messageElement(form, formNameOf(form)) ?? messageElement(form, formClassOf(form));
  if (own) return own;
  const made = document.createElement('div');
  made.className = 'gigya-error-msg gigya-form-error-msg';
  made.dataset.boundTo = formClassOf(form);
  form.prepend(made);
  return made;
}

function say(node, text) {
  node.classList.toggle('gigya-error-msg-active', Boolean(text));
  if (text) node.setAttribute('role', 'alert');
  else node.removeAttribute('role');
  node.textContent = text || '';
}

function inputOf(form, field) {
  const bare = (name) => name.replace(/^(profile|data)\./, '');
  return inputsOf(form).find((it) => nameOf(it) === field) ?? inputsOf(form).find((it) => bare(nameOf(it)) === bare(field));
}

function clearErrors(form) {
  for (const node of form.querySelectorAll('.gigya-error-msg, .gigya-error-display')) say(node, '');
  for (const input of inputsOf(form)) clearError(form, input);
  form.classList.remove('gigya-form-error');
}

function clearError(form, input) {
  input.classList.remove('gigya-error');
  input.removeAttribute('aria-invalid');
  input.removeAttribute('aria-describedby');
  const node = messageElement(form, nameOf(input));
  if (node) say(node, '');
}

/** Shows messages beside their fields; what has no place there stands at the form. Gives the first wrong field. */
function showErrors(form, errors, wholeText = '') {
  clearErrors(form);
  const homeless = wholeText ? [wholeText] : [];
  let first = null;
  for (const [field, { errorMessage }] of Object.entries(errors)) {
    const input = inputOf(form, field);
    const node = messageElement(form, input ? nameOf(input) : field);
    if (node) {
      node.id ||= `gigya-error-${++elementCount}`;
      say(node, errorMessage);
    } else {
      homeless.push(input ? `${input.labels?.[0]?.textContent.trim() || input.getAttribute('aria-label') || field}: ${errorMessage}` : errorMessage);
    }
    if (!input) continue;
    first ??= input;
    input.classList.add('gigya-error');
    input.setAttribute('aria-invalid', 'true');
    if (node) input.setAttribute('aria-describedby', node.id);
  }
  if (homeless.length > 0) say(formMessageElement(form), homeless.join(' '));
  form.classList.toggle('gigya-form-error', homeless.length > 0 || first !== null);
  return first;
}

