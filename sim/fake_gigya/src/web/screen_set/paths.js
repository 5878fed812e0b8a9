// Names of form fields, and where in an account they point.

const ROOTS = ['profile', 'data', 'preferences', 'subscriptions', 'communications', 'customIdentifiers'];

/** Fields that forms send by their own name, by class of form. */
const OWN_FIELDS = {
  'gigya-login-form': ['loginID', 'password', 'captchaText', 'captchaToken', 'identifier', 'remember'],
  'gigya-register-form': ['username', 'email', 'password', 'passwordRetype', 'secretQuestion', 'secretAnswer', 'captchaText', 'regSource', 'siteUID', 'remember'],
  'gigya-profile-form': ['username', 'oldPassword', 'password', 'newPassword', 'passwordRetype', 'secretQuestion', 'secretAnswer', 'addLoginEmails', 'removeLoginEmails', 'phoneNumber'],
  'gigya-reset-password-form': ['loginID', 'newPassword', 'passwordRetype', 'email', 'secretAnswer'],
  'gigya-resend-verification-code-form': ['email'],
  'gigya-link-accounts-form': ['loginID', 'password'],
  'gigya-reauthentication-form': ['loginID', 'password'],
  'gigya-otp-verify-form': ['code', 'vToken'],
  'gigya-tfa-form': ['provider', 'contact', 'phone', 'code', 'rememberDevice'],
  'gigya-passwordless-login-form': ['email', 'phoneNumber', 'identifier', 'loginID'],
  'gigya-subscribe-with-email-form': ['email'],
  'gigya-custom-form': [],
};

/** Where a field of a form belongs: its own name, a path with a known root, or one that the schema completes. */
function boundPath(formClass, name, schema = {}) {
  if (OWN_FIELDS[formClass]?.includes(name)) return name;
  if (ROOTS.includes(name.split('.')[0])) return name;
  const isProfile = name in (schema.profileSchema?.fields ?? {}) && !(name in (schema.dataSchema?.fields ?? {}));
  return `${isProfile ? 'profile' : 'data'}.${name}`;
}

function isPlainName(part) {
  return !['__proto__', 'constructor', 'prototype'].includes(part);
}

function getPath(object, path) {
  return path.split('.').reduce((value, part) => (isPlainName(part) ? value?.[part] : undefined), object);
}

/** Sets a value deep in an object; a path through what no object may be is left alone. */
function setPath(object, path, value) {
  const parts = path.split('.');
  if (!parts.every(isPlainName)) return object;
  const last = parts.pop();
  let owner = object;
  for (const part of parts) {
    if (owner[part] === null || typeof owner[part] !== 'object') owner[part] = {};
    owner = owner[part];
  }
  owner[last] = value;
  return object;
}

/** Puts an entry into an array of objects that are told apart by one of their members. */
function setInArray(object, { root, keyField, keyValue, member }, value) {
  const list = Array.isArray(getPath(object, root)) ? getPath(object, root) : [];
  const known = list.find((item) => item[keyField] === keyValue);
  if (known) known[member] = value;
  else list.push({ [keyField]: keyValue, [member]: value });
  return setPath(object, root, list);
}

/** Where a reference leads: a screen of this or of another screen-set, or an end. */
function screenReference(text) {
  const items = String(text).split(',').map((item) => item.trim()).filter(Boolean);
  const weighed = items.map((item) => {
    const [name, weight = '1'] = item.split(':');
    return { name, weight: Number(weight) || 0 };
  });
  // Visitors are not split between screens here: the heaviest is the one.
  const { name } = weighed.reduce((best, item) => (item.weight > best.weight ? item : best), weighed[0] ?? { name: '' });
  if (['_finish', '_skip', '_cancel'].includes(name)) return { end: name.slice(1) };
  const at = name.indexOf('/');
  return at < 0 ? { screen: name } : { set: name.slice(0, at), screen: name.slice(at + 1) };
}

/** A condition on an account without code: `path`, `!path`, `path == 'text'`, `path != 'text'`, joined by `&&`. */
function holds(condition, account) {
  return condition.split('&&').every((part) => {
    const [, negated, path, , operator, text] = part.trim().match(/^(!?)([\w.]+)(\s*([!=]==?)\s*['"]?([^'"]*)['"]?)?$/) ?? [];
    if (!path) return false;
    const value = getPath(account, path);
    if (!operator) return Boolean(value) !== Boolean(negated);
    return (String(value ?? '') === text) === operator.startsWith('=');
  });
}

