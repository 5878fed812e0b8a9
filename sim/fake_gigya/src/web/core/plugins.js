// Files that are loaded when they are needed.

const PLUGIN_FILES = {
  base: 'gigya.services.plugins.base.js',
  screenSet: 'gigya.services.accounts.plugins.screenSet.js',
};

const plugins = { made: {}, loading: {} };

function loadScript(url) {
  return new Promise((resolve, reject) => {
    const element = document.createElement('script');
    element.src = url;
    element.onload = resolve;
    element.onerror = () => reject(new Error(`gigya: ${url} did not load`));
    document.head.append(element);
  });
}

/** What a later file hands over: a function that gets the SDK and gives what it can do. */
function addPlugin(name, make) {
  plugins.made[name] = make(gigya, sdk, plugins.made.base);
}

function plugin(name) {
  const query = new URLSearchParams({ lang: thisScript.lang.full, version: injected.build.version, build: BUILD });
  plugins.loading[name] ??= loadScript(`https://${storageDomain()}/js/${PLUGIN_FILES[name]}?${query}`);
  return plugins.loading[name].then(
    () => plugins.made[name],
    (error) => {
      plugins.loading[name] = null;
      throw error;
    },
  );
}

async function screenSets() {
  await plugin('base');
  return plugin('screenSet');
}

/** Shows screens; the files for it come with the first call. */
function showScreenSet(...args) {
  const given = merged(...args);
  screenSets().then(
    (it) => it.showScreenSet(given),
    () => {
      const event = { eventName: 'error', source: 'showScreenSet', screenSetID: given.screenSet, ...refusal(500026, 'Network error') };
      for (const run of asList(given.onError)) guarded(run, event);
    },
  );
}

function whenShown(name) {
  return (...args) => {
    screenSets().then((it) => it[name](merged(...args)), console.error);
  };
}

