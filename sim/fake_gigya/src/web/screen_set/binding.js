// The fields of a live form, and the values of an account.

let elementCount = 0;

const INPUTS = 'input[name], select[name], textarea[name]';

function formClassOf(form) {
  return Object.keys(OWN_FIELDS).find((name) => form.classList.contains(name)) ?? 'gigya-custom-form';
}

/** A form is called by its id, else by its class. */
function formNameOf(form) {
  return form.dataset.gigyaId || formClassOf(form);
}

function inputsOf(form) {
  return [...form.querySelectorAll(INPUTS)].filter((it) => !['submit', 'button', 'image'].includes(it.type));
}

function nameOf(input) {
  return input.dataset.gigyaName;
}

/** The array item that a field stands for, if it does. */
function arrayItemOf(input) {
  const owner = input.closest('[data-array-root]');
  if (!owner) return null;
  const { arrayRoot: root, arrayKeyField: keyField, arrayKeyValue: keyValue } = owner.dataset;
  const member = nameOf(input).startsWith(`${root}.`) ? nameOf(input).slice(root.length + 1) : nameOf(input).split('.').pop();
  return { root, keyField, keyValue, member };
}

/**
 * Gives the fields of a copy their own ids, so that labels point at the copy and not at the template, and a
 * label where the markup has none.
 */
function makeLive(root, texts) {
  const renamed = new Map();
  for (const input of root.querySelectorAll(INPUTS)) {
    elementCount += 1;
    const id = `${input.id || `gigya-${input.name}`}-${elementCount}`;
    if (input.id) renamed.set(input.id, id);
    input.id = id;
    Object.assign(input.dataset, { gigyaName: input.name, screensetElementId: `__gig_template_element_${elementCount}`, screensetRoles: 'instance', originalValue: input.value });
  }
  for (const label of root.querySelectorAll('label[for]')) {
    if (renamed.has(label.htmlFor)) label.htmlFor = renamed.get(label.htmlFor);
  }
  for (const node of root.querySelectorAll('[data-translation-key]')) translate(node, texts);
  for (const node of root.querySelectorAll('[data-placeholder-key]')) {
    const text = texts.get(node.dataset.placeholderKey);
    if (text !== null) node.placeholder = text;
  }
  for (const input of root.querySelectorAll(INPUTS)) {
    const named = input.labels?.length > 0 || input.hasAttribute('aria-label') || input.hasAttribute('aria-labelledby');
    if (!named && input.type !== 'hidden') input.setAttribute('aria-label', input.placeholder || input.title || input.name);
    if (input.dataset.required === 'true' || input.required) input.setAttribute('aria-required', 'true');
    // The messages are ours; the browser's own would come before the events.
    input.required = false;
  }
}

/** Texts are text, whatever stands in them. */
function translate(node, texts) {
  const text = texts.get(node.dataset.translationKey);
  if (text === null) return;
  if (node.matches('input[type=submit], input[type=button]')) node.value = text;
  else if (node.matches('input, textarea')) node.placeholder = text;
  else if (node.matches('img')) node.alt = text;
  else node.textContent = text;
}

function valueOf(input) {
  if (input.type === 'checkbox') return input.checked;
  if (input.type === 'radio') return input.checked ? input.value : undefined;
  return input.value;
}

/** Values by name, as typed. */
function valuesOf(form) {
  const values = {};
  for (const input of inputsOf(form)) {
    const value = valueOf(input);
    if (value !== undefined) values[nameOf(input)] = value;
  }
  return values;
}

function withoutPasswords(values) {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !/password/i.test(name)));
}

function typed(value, path, schema) {
  const [root, ...rest] = path.split('.');
  const kind = schema?.[`${root}Schema`]?.fields?.[rest.join('.')]?.type;
  const isNumber = ['integer', 'long', 'float'].includes(kind) && value !== '' && !Number.isNaN(Number(value));
  return isNumber ? Number(value) : value;
}

/** What a form says about an account, as an object. */
function modelOf(form, schema, { withEmpty = false } = {}) {
  const model = {};
  for (const input of inputsOf(form)) {
    const value = valueOf(input);
    if (value === undefined || nameOf(input) === 'passwordRetype') continue;
    const unchanged = value === '' && input.dataset.originalValue === '';
    if (value === '' && (!withEmpty || unchanged)) continue;
    const item = arrayItemOf(input);
    const path = boundPath(formClassOf(form), nameOf(input), schema);
    if (item) setInArray(model, item, value);
    else setPath(model, path, typed(value, path, schema));
  }
  return model;
}

function fillInput(input, value) {
  if (value === undefined || value === null) return;
  if (input.type === 'checkbox') input.checked = value === true || value === 'true';
  else if (input.type === 'radio') input.checked = input.value === String(value);
  else input.value = String(value);
  input.dataset.originalValue = String(value);
}

/** Shows what is known of an account in a form. */
function fill(form, account, schema) {
  for (const input of inputsOf(form)) {
    if (input.type === 'password') continue;
    const item = arrayItemOf(input);
    const list = item && getPath(account, item.root);
    const value = item
      ? [list].flat().find((it) => it?.[item.keyField] === item.keyValue)?.[item.member]
      : getPath(account, boundPath(formClassOf(form), nameOf(input), schema));
    fillInput(input, value);
    input.classList.toggle('gigya-empty', input.value === '');
  }
}

/** Elements that show a value of the account instead of asking for it. */
function showBound(root, account) {
  for (const node of root.querySelectorAll('[data-binding]')) {
    if (node.matches(INPUTS)) continue;
    node.textContent = String(getPath(account, node.dataset.binding) ?? '');
  }
}

