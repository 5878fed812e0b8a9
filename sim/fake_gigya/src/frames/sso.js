// The session that the sites of a group share. This page sits in a hidden frame of theirs, on a host that they
// have in common, and is asked through its fragment; it answers with a message to the origin that asked.
'use strict';

(() => {
  const { ssoKey, ssoSegment, validDomains, logoutUrls } = document.documentElement.dataset;
  const DOMAINS = validDomains.split(',').filter(Boolean);
  const VENDOR = ['gigya-api.com', 'gigya-api.cn', 'gigya.com', 'my.gigya-ext.com', 'localhost'];
  const LOGOUT_URLS = JSON.parse(logoutUrls || '{}');
  const NAME = `gig_loginToken_${ssoKey}${ssoSegment ? `_${ssoSegment}` : ''}`;
  const YEAR = 365 * 24 * 3600;
  const MOST_REVOKED = 10;
  const POLL = 200;

  const jar = {
    get(name) {
      const found = document.cookie.split('; ').find((pair) => pair.startsWith(`${name}=`));
      return found ? decodeURIComponent(found.slice(name.length + 1)) : '';
    },
    // Without a number of seconds the cookie ends with the browser.
    set(name, value, seconds) {
      const end = seconds === undefined ? '' : `; Max-Age=${seconds}`;
      const guard = location.protocol === 'https:' ? '; Secure; SameSite=None' : '';
      document.cookie = `${name}=${encodeURIComponent(value)}; Path=/${end}${guard}`;
    },
    remove(name) {
      this.set(name, '', 0);
    },
  };

  const list = (part) => jar.get(`${NAME}${part}`).split(',').filter(Boolean);

  const keep = (part, items) => jar.set(`${NAME}${part}`, items.map((item) => `,${item}`).join(''), YEAR);

  const isRevoked = (token) => list('_revoked_tokens').includes(token);

  const revoke = (token) => {
    if (token && !isRevoked(token)) {
      keep('_revoked_tokens', [...list('_revoked_tokens'), token].slice(-MOST_REVOKED));
    }
  };

  const forget = () => {
    ['', '_exp', '_session', '_gltexp', '_context'].forEach((part) => jar.remove(`${NAME}${part}`));
  };

  /** The group's token, unless it has ended. */
  const read = () => {
    const token = jar.get(NAME);
    if (!token) {
      return null;
    }
    const ends = Number(jar.get(`${NAME}_exp`) || NaN);
    const now = Date.now();
    const over = ends === 0 ? !jar.get(`${NAME}_session`) : !(ends > now && ends <= now + 2 * YEAR * 1000);
    if (over) {
      forget();
      return null;
    }
    return { token, seconds: ends === 0 ? 0 : Math.ceil((ends - now) / 1000) };
  };

  const write = (token, expiration, gltexp) => {
    const before = jar.get(NAME);
    if (before && before !== token) {
      revoke(before);
    }
    const asked = expiration === undefined || expiration === '' ? -2 : Number(expiration);
    const seconds = Number.isFinite(asked) && asked >= 0 ? asked : YEAR;
    jar.set(NAME, token, YEAR);
    jar.set(`${NAME}_exp`, seconds === 0 ? '0' : String(Date.now() + seconds * 1000), YEAR);
    if (seconds === 0) {
      jar.set(`${NAME}_session`, '1');
    } else {
      jar.remove(`${NAME}_session`);
    }
    if (gltexp) {
      jar.set(`${NAME}_gltexp`, gltexp, YEAR);
    } else {
      jar.remove(`${NAME}_gltexp`);
    }
  };

  const visit = (key) => {
    if (/^[\w-]{1,200}$/.test(key || '') && !list('_visited').includes(key)) {
      keep('_visited', [...list('_visited'), key]);
    }
  };

  const told = (errorCode, { token, seconds }) => {
    const answer = { errorCode, login_token: token, expires_in: seconds };
    const gltexp = jar.get(`${NAME}_gltexp`);
    const groupContext = jar.get(`${NAME}_context`);
    return { ...answer, ...(gltexp && { gltexp }), ...(groupContext && { groupContext }) };
  };

  const modes = {
    getToken({ sAPIKey }) {
      const found = read();
      if (!found) {
        return { errorCode: 403005 };
      }
      visit(sAPIKey);
      return told(0, found);
    },
    checkTokenRenew({ loginToken, sAPIKey }) {
      const found = read();
      if (found && found.token !== loginToken) {
        visit(sAPIKey);
        return told(403032, found);
      }
      if (!loginToken || isRevoked(loginToken)) {
        return { errorCode: 403025 };
      }
      if (!found) {
        write(loginToken);
      }
      visit(sAPIKey);
      return { errorCode: 0 };
    },
    setToken({ lt, expiration, gltexp, sAPIKey }) {
      if (!lt) {
        return { errorCode: 400002 };
      }
      write(lt, expiration, gltexp);
      visit(sAPIKey);
      return { errorCode: 0 };
    },
    removeToken() {
      revoke(jar.get(NAME));
      forget();
      return { errorCode: 0 };
    },
    logout({ sAPIKey }) {
      const urls = list('_visited').filter((key) => key !== sAPIKey).map((key) => LOGOUT_URLS[key]);
      modes.removeToken();
      jar.remove(`${NAME}_visited`);
      return { errorCode: 0, logoutURLs: urls.filter(Boolean).join(',') };
    },
    setLoginTokenExp({ gltexp }) {
      jar.set(`${NAME}_gltexp`, gltexp || '', YEAR);
      return { errorCode: 0 };
    },
    getLoginTokenExp() {
      return { errorCode: 0, gltexp: jar.get(`${NAME}_gltexp`) };
    },
    setGroupContext({ groupContext }) {
      jar.set(`${NAME}_context`, groupContext || '', YEAR);
      return { errorCode: 0 };
    },
    syncCanaryIndication({ canary }) {
      const known = jar.get(`gig_canary_${ssoKey}`) || canary || 'false';
      jar.set(`gig_canary_${ssoKey}`, known, YEAR);
      return { errorCode: 0, canary: known };
    },
    setGroupApiDomain({ apiDomain }) {
      jar.set(`apiDomain_${ssoKey}`, apiDomain || '', YEAR);
      return { errorCode: 0 };
    },
    getGroupApiDomain() {
      return { errorCode: 0, apiDomain: jar.get(`apiDomain_${ssoKey}`) };
    },
  };

  /** The origin that asks, if its host is one of the group's domains or below one. */
  const asker = (origin) => {
    let url;
    try {
      url = new URL(origin);
    } catch {
      return null;
    }
    const host = url.hostname;
    if ([...DOMAINS, ...VENDOR].some((domain) => host === domain || host.endsWith(`.${domain}`))) {
      return url.origin;
    }
    console.log(`gigya sso: ${host} is not in valid domain: ${DOMAINS.join(',')}`);
    return null;
  };

  const answer = (question) => {
    const { m: mode, d, callbackID, ...args } = Object.fromEntries(new URLSearchParams(question));
    const origin = asker(d);
    if (!origin || !/^[\w.-]{1,100}$/.test(callbackID || '')) {
      return;
    }
    const known = Object.hasOwn(modes, mode);
    const reply = known ? modes[mode](args) : { errorCode: 405001 };
    const pairs = Object.entries(reply).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    window.parent.postMessage(`${callbackID}=${encodeURIComponent(pairs.join('&'))}`, origin);
  };

  // A frame's fragment changes without an event that all browsers of the time had.
  let asked = '';
  const look = () => {
    if (location.hash.length > 1 && location.hash !== asked) {
      asked = location.hash;
      answer(asked.slice(1));
    }
  };
  look();
  setInterval(look, POLL);
})();
