// The page on which people sign in.
import { h, call, field, form, keepsCookies, message } from '/console/console.js';

if (keepsCookies(document.getElementById('main'))) document.getElementById('form').append(form('sign-in', [
  field('Company', { name: 'company', autocomplete: 'organization', required: true, autofocus: true }),
  field('User name', { name: 'user', autocomplete: 'username', autocapitalize: 'off', required: true }),
  field('Password', { name: 'password', type: 'password', autocomplete: 'current-password', required: true }),
  h('button', {}, 'Sign in'),
], async (values) => {
  const empty = ['company', 'user', 'password'].find((name) => values[name].trim() === '');
  if (empty) throw { place: empty, body: { message: 'This is needed.' } };
  const { next } = await call('POST', '/login', values);
  location.assign(next);
}, (refused) => [refused.place ?? null, message(refused)], { light: true }));
document.body.dataset.ready ??= 'sign-in';
