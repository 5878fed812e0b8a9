// Which domain the cookies belong to, and which host the calls go to.

const BUILT_IN_DOMAINS = ['gigya.com', 'cn1.sapcdm.cn', 'localhost'];
const GIGYA_DOMAINS = ['gigya.com', 'cn1.sapcdm.cn', 'gigya-api.cn'];
const MERGED_NAMESPACES = { sdk: 'accounts', oauth: 'accounts' };

function isUnder(host, domain) {
  return host === domain || host.endsWith(`.${domain}`);
}

/**
 * The domain of a page's cookies. An entry that was `*.d` gives the page's own host; a page that no entry
 * covers has its own host, too, and is not trusted.
 */
function baseDomainOf(host, baseDomains, defaultApiDomain) {
  const page = host.toLowerCase();
  if (!page) return { domain: '', trusted: false };
  for (const entry of [...baseDomains.split(','), ...BUILT_IN_DOMAINS, defaultApiDomain]) {
    const bare = entry.replaceAll('*', '').trim().toLowerCase();
    if (!bare) continue;
    if (bare.startsWith('.')) {
      if (page.endsWith(bare)) return { domain: page, trusted: true };
    } else if (isUnder(page, bare)) {
      return { domain: bare, trusted: true };
    }
  }
  return { domain: page, trusted: false };
}

function isGigyaHost(host) {
  return GIGYA_DOMAINS.some((domain) => isUnder(host, domain));
}

function dataCenterDomain(dataCenter) {
  return dataCenter === 'cn1' ? 'cn1.sapcdm.cn' : `${dataCenter}.gigya.com`;
}

/** The domain of calls: the first of what was set by hand, the customer's own host, the data centre's. */
function apiDomainOf({ override, hostedPages, prefix, baseDomain, dataCenter }) {
  if (override) return override;
  if (hostedPages) return hostedPages;
  if (prefix && baseDomain !== 'gigya.com') return `${prefix}.${baseDomain}`;
  return dataCenterDomain(dataCenter);
}

/** The host of a namespace's calls. Only the vendor's own hosts have one for each namespace. */
function apiHostOf(namespace, apiDomain) {
  if (!isGigyaHost(apiDomain)) return apiDomain;
  return `${MERGED_NAMESPACES[namespace] ?? namespace}.${apiDomain}`;
}

