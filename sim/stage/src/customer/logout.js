// The logout page. It is also loaded in a hidden frame when another site of the group logs somebody out.
'use strict';

(() => {
  const say = (text) => { document.getElementById('state').textContent = text; };
  window.addEventListener('DOMContentLoaded', () => say('Logging you out...'));
  window.onGigyaServiceReady = () => gigya.accounts.logout({
    callback: (answer) => say(answer.errorCode === 0 ? 'You are logged out.' : 'Logging out did not work. Please try again.'),
  });
  window.addEventListener('load', () => {
    if (!window.gigya) {
      say('Logging out did not work. Please try again.');
    }
  });
})();
