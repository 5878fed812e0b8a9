// State of this page's SDK, and the hosts that follow from it.

const gigya = window.gigya ?? {};
const thisScript = readScript(injected);
const settings = merged(injected.partnerSettings);
const KEY = thisScript.APIKey;
const BUILD = String(injected.build.number);

const state = {
  config: { flags: {}, toggles: {}, sso: { validDomains: [], logoutURLs: {} } },
  /** How far the server's clock is before the browser's, in milliseconds. */
  clockAhead: 0,
  ids: null,
  /** The domain that the sites of the group agreed to call. */
  groupApiDomain: null,
  flag(name) {
    return this.config.flags[name] ?? this.config.toggles[name] ?? thisScript.globalConf.toggles?.[name];
  },
};

function nowInSeconds() {
  return Math.floor((Date.now() + state.clockAhead) / 1000);
}

function baseDomain() {
  return baseDomainOf(location.hostname, settings.baseDomains ?? '', injected.defaultApiDomain);
}

function storageDomain() {
  const hosted = cookies.get(`pages_apiDomain_${KEY}`);
  return hosted || thisScript.globalConf.storageDomainOverride || `cdns.${dataCenterDomain(injected.dataCenter)}`;
}

function apiDomain() {
  return state.groupApiDomain ?? ownApiDomain();
}

/** The domain of calls if the site were alone. */
function ownApiDomain() {
  const hostedPages = state.config.hostedPagesDomain;
  const onHostedPages = hostedPages && isUnder(location.hostname, hostedPages);
  return apiDomainOf({
    override: cookies.get(`pages_apiDomain_${KEY}`),
    hostedPages: onHostedPages ? location.hostname : '',
    prefix: settings.customAPIDomainPrefix,
    baseDomain: baseDomain().domain,
    dataCenter: injected.dataCenter,
  });
}

function methodUrl(method) {
  return `https://${apiHostOf(method.split('.')[0], apiDomain())}/${method}`;
}

/** Where the group keeps its session, if the site is in a group. */
function groupKey() {
  return settings.ssoKey || null;
}

