// One Gigya configuration as a form: the global one, or a website's own.
import { field, h } from '/console/console.js';

const KEYS = [['User key', 'user_key'], ['Secret key', 'secret_key'], ['API key', 'api_key']];

// The fields of a block. `stored` is what counts now, keys masked; `draft` is what was typed and not saved.
export function blockFields(stored, draft) {
  const value = (name) => draft?.[name] ?? stored?.[name] ?? '';
  const redirection = field('Redirection URL', {
    name: 'redirection_url', value: value('redirection_url'), inputmode: 'url', autocomplete: 'off', spellcheck: 'false',
    hint: 'The address of your login page, ending in the parameter that it takes: https://www.brand.example/login?redirect=. '
      + 'The way back is added behind it.',
  });
  const screenSet = field('Screen-set name', {
    name: 'screen_set', value: value('screen_set'), autocomplete: 'off', spellcheck: 'false',
    hint: 'As it stands in the Gigya console, such as Default-RegistrationLogin.',
  });
  const screen = field('Login screen', {
    name: 'login_screen', value: value('login_screen') || 'Redirect', options: [['Redirect', 'Redirect'], ['Screen-Set', 'Screen-Set']],
    onchange: () => choose(),
  });
  const choose = () => {
    const redirects = screen.querySelector('select').value === 'Redirect';
    redirection.hidden = !redirects;
    screenSet.hidden = redirects;
  };
  choose();
  return [screen, redirection, screenSet, h('fieldset', {}, h('legend', {}, 'Keys from the Gigya console'),
    KEYS.map(([label, name]) => field(label, {
      name, type: 'password', autocomplete: 'off', spellcheck: 'false', hint: keyHint(stored?.[name], draft?.[name]),
    })))];
}

function keyHint(stored, typed) {
  if (typed) return `Typed and not saved: ${typed}.`;
  return stored ? `Stored: ${stored}. Leave this empty to keep it.` : 'Not stored yet. It is never shown again after Save.';
}

// What goes to the API: the field that belongs to the login screen, and the keys that were typed; a draft keeps what
// was typed for the other screen, too.
export function blockValues(values, { draft = false } = {}) {
  const own = values.login_screen === 'Redirect' ? 'redirection_url' : 'screen_set';
  const block = { login_screen: values.login_screen, [own]: values[own] };
  if (draft) for (const name of ['redirection_url', 'screen_set']) if (values[name]) block[name] = values[name];
  for (const [, name] of KEYS) if (values[name] !== '') block[name] = values[name];
  return block;
}

// Says that something was typed and is not saved.
export function watchChanges(element, told) {
  const changed = () => {
    told.textContent = 'There are unsaved changes. Nothing counts before Save.';
    told.hidden = false;
  };
  for (const event of ['input', 'change']) element.addEventListener(event, changed);
}
