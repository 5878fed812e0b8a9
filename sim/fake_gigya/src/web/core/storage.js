// The page's storage. A browser that blocks it gets one that lasts as long as the page.

function memory() {
  const kept = new Map();
  return {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => kept.set(name, String(value)),
    removeItem: (name) => kept.delete(name),
  };
}

function storageOf(name) {
  try {
    window[name].getItem('gigyaSettings');
    return window[name];
  } catch {
    return memory();
  }
}

const pageStorage = storageOf('localStorage');
const tabStorage = storageOf('sessionStorage');

