// The script's own element, and the configuration that comes from the page.

const SCRIPT_NAMES = ['gigya.js', 'socialize.js', 'socialize2.js', 'gsjssdk.js'];

function isOwnScript(element) {
  const source = element.getAttribute('src');
  if (!source) return false;
  const url = new URL(source, location.href);
  const file = url.pathname.split('/').pop().toLowerCase();
  const named = SCRIPT_NAMES.includes(file);
  const onGigya = isGigyaHost(url.hostname) && /^cdns?\./.test(url.hostname);
  return named && (onGigya || /^\?apikey=/i.test(url.search));
}

/** The last element on the page that may have loaded this file. */
function ownElement() {
  const current = document.currentScript;
  if (current && isOwnScript(current)) return current;
  return [...document.querySelectorAll('script[src]')].filter(isOwnScript).pop() ?? null;
}

/** JSON between the tags of the script element. It is read, never run. */
function tagConfiguration(element) {
  const text = element?.textContent.trim();
  if (!text) return {};
  const found = JSON_OF(text);
  if (isObject(found)) return found;
  console.warn('gigya: the text of the script tag is not JSON and was left out');
  return {};
}

function readScript(injected) {
  const element = ownElement();
  const source = element ? new URL(element.getAttribute('src'), location.href).href : '';
  const params = queryOf(source);
  const settings = injected.partnerSettings;
  const sources = {
    plugins: settings.plugins,
    group: settings.siteGroupGlobalConf,
    site: settings.globalConf,
    tag: tagConfiguration(element),
    page: window.__gigyaConf,
  };
  const globalConf = mergedConfiguration(sources);
  const lang = languageOf(anyCase(params, 'lang') || globalConf.lang);
  return {
    APIKey: anyCase(params, 'apikey') || globalConf.APIKey || injected.apiKey,
    lang,
    globalConf,
    source,
    bootstrap: anyCase(params, 'bootstrap') !== 'false',
  };
}

