// Handlers of pages, and events that wait for one.

const NAMESPACES = ['accounts', 'socialize'];
const MOST_STORED = 50;

const handlers = { accounts: [], socialize: [] };
const stored = { accounts: [], socialize: [] };
/** Parts of the SDK that hear an event before the page does. */
const components = [];

function handlerName(eventName) {
  return `on${eventName[0].toUpperCase()}${eventName.slice(1)}`;
}

function deliver(entry, namespace, event) {
  const run = entry.map[handlerName(event.eventName)];
  if (typeof run !== 'function') return;
  const own = entry.context === undefined ? { ...event } : { ...event, context: entry.context };
  try {
    run(own);
  } catch {
    // What a handler throws is nobody's business here.
  }
}

function listens(namespace, eventName) {
  return handlers[namespace].some((entry) => typeof entry.map[handlerName(eventName)] === 'function');
}

/** Raises an event. With `keep` it waits for a handler if there is none yet. */
function raise(namespace, event, { keep = false } = {}) {
  const whole = { fullEventName: `${namespace}.${event.eventName}`, isGlobal: true, ...event };
  for (const component of components) guarded(component, namespace, whole);
  if (keep && !listens(namespace, event.eventName)) {
    if (stored[namespace].length < MOST_STORED) stored[namespace].push(whole);
    note(`${whole.fullEventName} stored`, whole);
    return;
  }
  note(whole.fullEventName, whole);
  for (const entry of [...handlers[namespace]]) deliver(entry, namespace, whole);
}

/** Adds handlers; there is no way to take them back. What waited for one of them is delivered to all. */
function addEventHandlers(namespace, params) {
  const map = Object.fromEntries(Object.entries(params).filter(([name]) => name.startsWith('on')));
  handlers[namespace].push({ map, context: params.context });
  const waiting = stored[namespace].filter((event) => listens(namespace, event.eventName));
  stored[namespace] = stored[namespace].filter((event) => !waiting.includes(event));
  for (const event of waiting) {
    note(`${event.fullEventName} delivered`, event);
    for (const entry of [...handlers[namespace]]) deliver(entry, namespace, event);
  }
}

/** Errors of the SDK itself are kept until somebody listens. */
function raiseError(error) {
  for (const namespace of NAMESPACES) raise(namespace, { eventName: 'error', ...error }, { keep: true });
}

