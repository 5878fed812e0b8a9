import { field, form, h, release } from '/console/console.js';
import { api, begin, go, place, session } from './api.js';

// `known` is told who is signed in now.
export const signIn = (known) => ({
  path: 'sign-in',
  title: 'Sign in',
  async show(body) {
    if (session.operator === null) known(null);
    begin(body, 'Sign in');
    const { operators } = await api('GET', 'operators');
    const options = operators.map(({ name, role }) => [name, `${name} (${role})`]);
    body.append(form('sign-in', [
      field('Operator', { name: 'operator', options, hint: 'Operators of this account have no passwords. What you may do follows from the role.' }),
      h('button', {}, 'Sign in'),
    ], async ({ operator }) => {
      known(await api('POST', 'session', { operator }));
      release(operator);
      // Somebody else begins anew.
      const same = session.wantedBy === null || session.wantedBy === operator;
      const wanted = same && session.wanted || '#campaigns';
      Object.assign(session, { wanted: '', wantedBy: null });
      go(wanted);
    }, place, { light: true }));
  },
});
