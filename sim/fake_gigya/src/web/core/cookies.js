// Cookies that the page itself writes and reads.

const YEAR = 31536000;

/** How long a cookie lives, in seconds; `0` is until the browser closes, below that it goes. */
function cookieLife(expires) {
  if (expires === null || expires === undefined || expires === '' || Number.isNaN(Number(expires))) return YEAR;
  return Number(expires);
}

/** What a login's cookie gets for `expires_in`, given what the login asked for. */
function sessionLife(expiresIn, requested) {
  const missing = !expiresIn || Number(expiresIn) === 0;
  return missing && Number(requested) < 0 ? YEAR : cookieLife(expiresIn);
}

/** The text of one cookie. */
function cookieText(name, value, { life, domain, secure, sameSite }) {
  const parts = [`${name}=${value}`, 'path=/'];
  if (domain) parts.push(`domain=${domain}`);
  if (life !== 0) parts.push(`max-age=${life < 0 ? 0 : life}`);
  if (secure) parts.push('Secure');
  if (secure && sameSite) parts.push(`SameSite=${sameSite}`);
  return parts.join('; ');
}

/** The token and the parameters behind the bar. */
function splitToken(value) {
  const [token, ...rest] = value.split('|');
  return { token, params: Object.fromEntries(new URLSearchParams(rest.join('&'))) };
}

/** Whether a session signature is still good: it begins with the second at which it ends. */
function isFresh(gltexp, nowInSeconds) {
  return Number.parseInt(gltexp, 10) > nowInSeconds;
}

/** A host and the domains above it, the host first. */
function parentsOf(host) {
  const labels = host.split('.');
  return labels.map((_, at) => labels.slice(at).join('.')).slice(0, Math.max(1, labels.length - 1));
}

/** All cookies of the page; a page in a sandbox has none. */
function cookieLine() {
  try {
    return document.cookie;
  } catch {
    return '';
  }
}

function writeCookie(text) {
  try {
    document.cookie = text;
  } catch {
    // Whoever reads it back finds nothing.
  }
}

const cookies = {
  get(name) {
    const found = cookieLine().split('; ').find((pair) => pair.startsWith(`${name}=`));
    return found === undefined ? null : found.slice(name.length + 1);
  },

  /**
   * Writes a cookie for the base domain where the page is below it. Browsers refuse some domains, the public
   * suffixes; then the page's own host has to do, and at last a cookie without SameSite.
   */
  set(name, value, expires, domain = '', sameSite = 'None') {
    const host = location.hostname;
    const life = cookieLife(expires);
    const secure = location.protocol === 'https:';
    const wide = domain && domain !== 'localhost' && isUnder(host, domain) ? domain : '';
    for (const way of [{ domain: wide, sameSite }, { domain: '', sameSite }, { domain: '', sameSite: '' }]) {
      writeCookie(cookieText(name, value, { life, secure, ...way }));
      if (life < 0 || cookies.get(name) === String(value)) return true;
    }
    return false;
  },

  /** Removes a cookie at whatever level it was set. */
  remove(name) {
    const secure = location.protocol === 'https:';
    for (const domain of ['', ...parentsOf(location.hostname)]) {
      writeCookie(cookieText(name, '', { life: -1, domain, secure, sameSite: 'None' }));
    }
  },
};

