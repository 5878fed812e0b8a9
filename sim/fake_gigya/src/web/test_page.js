// As much of a browser as gigya.js needs in a test: a page, its cookies, and requests that the test answers.

globalThis.window = globalThis;

class URLSearchParams {
  constructor(from = '') {
    const decode = (text) => decodeURIComponent(text.replaceAll('+', ' '));
    const pairs = (text) => text.replace(/^\?/, '').split('&').filter(Boolean).map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? [decode(pair), ''] : [decode(pair.slice(0, at)), decode(pair.slice(at + 1))];
    });
    this.pairs = typeof from === 'string' ? pairs(from) : Object.entries(from);
  }

  [Symbol.iterator]() {
    return this.pairs[Symbol.iterator]();
  }

  toString() {
    return this.pairs.map((pair) => pair.map((text) => encodeURIComponent(text)).join('=')).join('&');
  }
}

class URL {
  constructor(text) {
    const [, protocol, hostname, pathname, search] = text.match(/^(https?:)\/\/([^/]*)([^?]*)(.*)$/);
    Object.assign(this, { href: text, protocol, hostname, pathname, search });
  }
}

const jar = new Map();
/** Every cookie as it was written, kept or not. */
globalThis.writes = [];
/** Domains that may have no cookies, as public suffixes have none. */
globalThis.refusedDomains = [];
const element = (source) => ({ textContent: '', getAttribute: () => source });

globalThis.URLSearchParams = URLSearchParams;
globalThis.URL = URL;
globalThis.location = { protocol: 'https:', hostname: page.host, origin: `https://${page.host}`, href: `https://${page.host}/${page.query}` };
globalThis.document = {
  currentScript: element(page.script),
  get cookie() {
    return [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  },
  set cookie(text) {
    const [pair, ...attributes] = text.split('; ');
    const at = pair.indexOf('=');
    writes.push(text);
    if (refusedDomains.some((domain) => attributes.includes(`domain=${domain}`))) return;
    if (attributes.includes('max-age=0')) jar.delete(pair.slice(0, at));
    else jar.set(pair.slice(0, at), pair.slice(at + 1));
  },
  querySelectorAll: () => [],
};
const storage = () => {
  const kept = new Map();
  return { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value), removeItem: (name) => kept.delete(name) };
};
globalThis.localStorage = storage();
globalThis.sessionStorage = storage();
globalThis.matchMedia = () => ({ matches: false });
globalThis.btoa = (text) => text;
globalThis.setTimeout = (run) => Promise.resolve().then(run);
globalThis.clearTimeout = () => {};
globalThis.console = { error: () => {}, warn: () => {} };

globalThis.XMLHttpRequest = class {
  open(verb, url) {
    Object.assign(this, { verb, url });
  }

  setRequestHeader() {}

  send(body) {
    this.responseText = answer(this.verb, this.url, body ?? '', location.origin);
    Promise.resolve().then(() => {
      if (this.responseText === '(timed out)') this.ontimeout();
      else if (this.responseText === '') this.onerror();
      else this.onload();
    });
  }
};
