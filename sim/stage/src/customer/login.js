// The login page: whoever is known goes on at once, everybody else finds the screen-set of the site.
'use strict';

(() => {
  const place = () => document.getElementById('login-form');
  const UNAVAILABLE = 'The login form cannot be shown at the moment. Please use this plain one.';
  let left = false;

  // Where somebody goes who is logged in was decided by the server, which knows whom this site trusts.
  const goOn = () => {
    if (!left) {
      left = true;
      if (new URLSearchParams(location.search).has('gig_ssoToken')) {
        // Another site of the group sent its visitor here to log in.
        gigya.sso.continue();
      } else {
        location.replace(place().dataset.then);
      }
    }
  };

  const fail = (text) => {
    document.getElementById('trouble').textContent = text;
    place().replaceChildren(document.getElementById('plain-forms').content.cloneNode(true));
  };

  const goToCentralPage = () => gigya.sso.login({
    authFlow: 'redirect',
    redirectURL: new URL(place().dataset.then, location.href).href,
  });

  const showScreens = () => gigya.accounts.showScreenSet({
    screenSet: 'Default-RegistrationLogin',
    containerID: 'login-form',
    // A mistake in a form is told by the screen-set itself.
    onError: () => {
      if (!place().querySelector('form')) {
        fail(UNAVAILABLE);
      }
    },
  });

  window.onGigyaServiceReady = () => {
    gigya.accounts.addEventHandlers({ onLogin: goOn });
    gigya.accounts.getAccountInfo({
      callback: (answer) => {
        if (answer.errorCode === 0) {
          goOn();
        } else if (place().dataset.central === 'yes') {
          goToCentralPage();
        } else {
          showScreens();
        }
      },
    });
  };

  window.addEventListener('load', () => {
    if (!window.gigya) {
      fail(UNAVAILABLE);
    }
  });
})();
