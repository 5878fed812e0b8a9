// Helpers on objects and addresses. Many pages use them as `gigya.utils`.

const FORBIDDEN_KEYS = ['__proto__', 'constructor', 'prototype'];

function isObject(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** Later objects win, member by member; what is nested is taken as it is. */
function merged(...sources) {
  const out = {};
  for (const source of sources) {
    if (!isObject(source)) continue;
    for (const key of Object.keys(source)) {
      if (!FORBIDDEN_KEYS.includes(key) && source[key] !== undefined) out[key] = source[key];
    }
  }
  return out;
}

/** The order of the configuration's sources, the weakest first. */
function mergedConfiguration({ plugins, group, site, tag, page }) {
  return merged(plugins, group, site, tag, page);
}

/** Items of a list that is separated by commas, or of an array. */
function csv(value) {
  const items = Array.isArray(value) ? value : String(value ?? '').split(',');
  return items.map((item) => String(item).trim()).filter(Boolean);
}

/** What the SDK makes of `include` on its way out: the caller's own with a comma behind it, or the default. */
function includeOnTheWire(include) {
  return include ? `${include},` : 'profile,data';
}

function languageOf(text) {
  const originalLang = String(text || 'en');
  const [langCode, countryCode = ''] = originalLang.toLowerCase().split(/[-_]/);
  const full = countryCode ? `${langCode}-${countryCode}` : langCode;
  return { full, langCode, countryCode, originalLang };
}

/** The parameters of an address: query only, names as written. */
function queryOf(url) {
  const query = url.split('#')[0].split('?').slice(1).join('?');
  return Object.fromEntries(new URLSearchParams(query));
}

/** A parameter whose name may be spelt in any case. */
function anyCase(params, name) {
  const found = Object.keys(params).find((key) => key.toLowerCase() === name.toLowerCase());
  return found === undefined ? undefined : params[found];
}

function withParams(url, params) {
  const [address, fragment] = url.split('#');
  const query = new URLSearchParams(params).toString();
  if (!query) return url;
  const joined = `${address}${address.includes('?') ? '&' : '?'}${query}`;
  return fragment === undefined ? joined : `${joined}#${fragment}`;
}

const JSON_OF = (value) => {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
};

const keyValue = {
  serialize: (params) => new URLSearchParams(params).toString(),
  deserialize: (text) => Object.fromEntries(new URLSearchParams(text)),
};

/** Runs what a page gave us; what it throws stays there. */
function guarded(run, ...args) {
  try {
    return run(...args);
  } catch (error) {
    console.error(error);
    return undefined;
  }
}

function asList(value) {
  return (Array.isArray(value) ? value : [value]).filter((it) => typeof it === 'function');
}

