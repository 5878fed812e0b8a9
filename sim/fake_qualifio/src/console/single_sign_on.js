// The Single sign-on tab of a campaign's form step.
import { facts, field, form, h, notice } from '/console/console.js';
import { advice, api, place, refresh, say, toggle } from './api.js';
import { WORDS } from './words.js';

export async function showSingleSignOn(body, campaign) {
  const path = `campaigns/${campaign.id}/sso`;
  const { sso, integration, warnings, refusal } = await api('GET', path);
  const known = refusal
    ? notice(sso.enabled ? 'error' : 'warning', `${refusal.name}: ${refusal.message}. ${WORDS[refusal.name] ?? ''}`)
    : null;
  body.append(
    integration.enabled ? '' : notice('warning', 'The Gigya SSO integration is OFF: participants see the ordinary form, and nothing is pushed.'),
    facts([['Integration', integration.name], ['Single sign-on', sso.enabled ? 'ON' : 'OFF']]),
    toggle('Gigya SSO in this campaign', sso.enabled, async (enabled) => {
      // What the answer says is not said twice.
      await api('PUT', path, { enabled }).catch((refused) => { known?.remove(); throw refused; });
      say('good', `Single sign-on is ${enabled ? 'ON' : 'OFF'} in this campaign.`);
      refresh();
    }),
  );
  body.append(known ?? '', advice(warnings) ?? '', form('auto-submit', [
    field('Submit the form unseen when Gigya knows everything it asks for', {
      name: 'auto_submit', type: 'checkbox', checked: sso.auto_submit,
      hint: 'Impossible with fields on other variables or a mandatory opt-in: then the form is shown.',
    }),
    h('div', { class: 'row' }, h('button', {}, 'Save')),
  ], async ({ auto_submit }) => {
    await api('PUT', path, { enabled: sso.enabled, auto_submit });
    say('good', 'Saved.');
    refresh();
  }, place));
}
