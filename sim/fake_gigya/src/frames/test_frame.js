// A frame without a browser: a jar of cookies, a clock, and somebody who asks.
const CLOSED = null;
const jar = new Map();
const asked = { count: 0, sent: [], logged: [] };
globalThis.now = 1700000000000;
Date.now = () => globalThis.now;
globalThis.console = { log: (text) => asked.logged.push(text) };
globalThis.setInterval = (look) => { asked.look = look; };
globalThis.window = { parent: { postMessage: (text, origin) => asked.sent.push({ text, origin }) } };
globalThis.location = { protocol: 'https:', hash: '' };
globalThis.URLSearchParams = class {
  constructor(text) { this.pairs = text.split('&').filter(Boolean).map((pair) => pair.split('=').map(decodeURIComponent)); }
  [Symbol.iterator]() { return this.pairs[Symbol.iterator](); }
};
globalThis.URL = class {
  constructor(text) {
    const [, origin, hostname] = /^(https?:\/\/([^/:@]+)(?::\d+)?)\/?$/.exec(text) ?? [];
    if (!origin) throw new TypeError('no address');
    Object.assign(this, { origin, hostname });
  }
};
globalThis.document = {
  documentElement: { dataset: {
    ssoKey: '3_group', ssoSegment: '', validDomains: 'brand.example,shop.example',
    logoutUrls: '{"3_brand":"https://www.brand.example/out","3_shop":"https://www.shop.example/out"}',
  } },
  get cookie() {
    const kept = [...jar].filter(([, { ends }]) => ends === CLOSED || ends > globalThis.now);
    return kept.map(([name, { value }]) => `${name}=${value}`).join('; ');
  },
  set cookie(text) {
    const [pair, ...attributes] = text.split('; ');
    const [name, ...value] = pair.split('=');
    const age = attributes.find((it) => it.startsWith('Max-Age='))?.slice(8);
    if (!attributes.includes('Secure') || !attributes.includes('SameSite=None') || globalThis.isBlocked) return;
    jar.set(name, { value: value.join('='), ends: age === undefined ? CLOSED : globalThis.now + Number(age) * 1000 });
  },
};
globalThis.closeBrowser = () => { for (const [name, { ends }] of jar) if (ends === CLOSED) jar.delete(name); };
globalThis.later = (seconds) => { globalThis.now += seconds * 1000; };
/** Asks as a site's page does; `null` if nobody answers. */
globalThis.ask = (site, mode, args = {}) => {
  asked.count += 1;
  const d = site.includes('://') ? site : `https://www.${site}.example`;
  const question = { m: mode, d, callbackID: `gig_sso_cb1_${asked.count}`, sAPIKey: `3_${site}`, ...args };
  location.hash = `#${Object.entries(question).map((pair) => pair.map(encodeURIComponent).join('=')).join('&')}`;
  asked.look();
  asked.look();
  const [reply, surplus] = asked.sent.splice(0);
  if (surplus) throw new Error('answered twice');
  if (!reply) return null;
  const [id, text] = reply.text.split('=');
  if (id !== question.callbackID || reply.origin !== d) throw new Error(`strange answer ${reply.text}`);
  return Object.fromEntries(new URLSearchParams(decodeURIComponent(text)));
};
globalThis.logged = () => asked.logged;
