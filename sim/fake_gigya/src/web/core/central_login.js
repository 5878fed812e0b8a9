// Logging in at a central page, with full redirects: `gigya.sso`.

function toPage(url, params) {
  location.href = withParams(url, serialised(params));
}

/** Leaves by POST: the token does not stand in an address. */
function postPage(url, params) {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = url;
  form.hidden = true;
  for (const [name, value] of Object.entries(serialised(params))) {
    const input = document.createElement('input');
    Object.assign(input, { type: 'hidden', name, value });
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}

const sso = {
  login(...args) {
    const given = merged(...args);
    if (!thisScript.globalConf.storageDomainOverride) {
      console.warn('gigya: gigya.sso.login needs storageDomainOverride');
      return;
    }
    if (!state.flag('keepSessionOnSSOLogin')) dropToken();
    const { redirectURL = location.href, state: rpState, context } = given;
    toPage(methodUrl('accounts.sso.login'), { APIKey: KEY, redirectURL, state: rpState, context, sdk: 'js_latest', sdkBuild: BUILD });
  },

  /** Goes back to the site that sent its visitor here. */
  continue() {
    const { gig_ssoToken: ssoToken } = urlParams;
    if (!ssoToken) return;
    postPage(methodUrl('accounts.sso.continue'), {
      ssoToken, login_token: loginToken.get(), APIKey: KEY, sdk: 'js_latest', sdkBuild: BUILD,
    });
  },

  getContext: (...args) => publicMethod('accounts.sso.getContext')({ ssoToken: urlParams.gig_ssoToken }, ...args),
};

