// What a person, or somebody who listens to a screen reader, gets from the page; as one value.
const clean = (text) => (text ?? '').replace(/\s+/g, ' ').trim();
const seen = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
const fields = {};
for (const field of document.querySelectorAll('input:not([type=hidden]), select, textarea')) {
  if (!seen(field)) continue;
  const name = field.name || field.dataset.gigyaName || field.id;
  if (field.type === 'radio' && !field.checked) continue;
  fields[name] = field.type === 'checkbox' ? field.checked : field.value;
}
const described = (field) => clean((field.getAttribute('aria-describedby') ?? '').split(/\s+/)
  .map((id) => document.getElementById(id)).filter((it) => it && seen(it)).map((it) => it.innerText).join(' '));
const mistakes = {};
for (const field of document.querySelectorAll('[aria-invalid=true]')) {
  if (seen(field)) mistakes[field.name || field.dataset.gigyaName || field.id] = described(field);
}
const focus = document.activeElement;
return {
  url: location.href, host: location.host, path: location.pathname, title: document.title,
  lang: document.documentElement.lang,
  text: clean(document.body?.innerText),
  fields, mistakes,
  alerts: [...document.querySelectorAll('[role=alert]')].filter(seen).map((it) => clean(it.innerText)).filter(Boolean),
  focus: focus ? focus.name || focus.dataset?.gigyaName || focus.id || focus.localName : '',
};
