// The account page: who is logged in, and their details to change.
'use strict';

(() => {
  const at = (id) => document.getElementById(id);
  const say = (text) => { at('state').textContent = text; };

  const show = (answer) => {
    const known = answer.errorCode === 0;
    at('known').hidden = at('details').hidden = !known;
    at('unknown').hidden = known;
    if (!known) {
      say('You are not logged in.');
      return;
    }
    const profile = answer.profile || {};
    at('name').textContent = [profile.firstName, profile.lastName].filter(Boolean).join(' ');
    at('email').textContent = profile.email || '';
    say('Welcome back. You are logged in.');
  };

  const ask = () => gigya.accounts.getAccountInfo({ callback: show });

  window.onGigyaServiceReady = () => {
    gigya.accounts.addEventHandlers({ onLogin: ask, onLogout: ask });
    ask();
  };

  window.addEventListener('DOMContentLoaded', () => {
    at('change').addEventListener('click', () => gigya.accounts.showScreenSet({
      screenSet: 'Default-ProfileUpdate',
      containerID: 'profile',
      onAfterSubmit: ask,
    }));
  });

  window.addEventListener('load', () => {
    if (!window.gigya) {
      say('We cannot tell at the moment whether you are logged in.');
    }
  });
})();
