// Finds what a person means by a few words: arguments are the words, and 'field' or 'button'.
// What is not seen is not found. Words that begin with `#`, `.` or `[`, or contain ` > `, are a CSS selector.
const [words, kind] = arguments;
const text = (element) => (element.innerText ?? element.textContent ?? '').replace(/\s+/g, ' ').trim();
const wanted = words.replace(/\s+/g, ' ').trim();
const bare = (label) => label.replace(/\s*[*:]+$/, '').trim();
const seen = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);
if (/^[#.[]/.test(wanted) || wanted.includes(' > ')) return all(wanted)[0] ?? null;
if (kind === 'field') {
  const fields = all('input:not([type=hidden]), select, textarea, [contenteditable=true]');
  const labels = (field) => [...(field.labels ?? [])].map(text)
    .concat(field.getAttribute('aria-label') ?? [], field.getAttribute('placeholder') ?? []).map(bare);
  const names = (field) => [field.name, field.id, field.dataset.gigyaName, field.dataset.variable];
  return fields.find((field) => names(field).includes(wanted))
    ?? fields.find((field) => labels(field).includes(bare(wanted))) ?? null;
}
const pressed = all('button, a[href], a[data-switch-screen], input[type=submit], input[type=button], summary, label, [role=button], [role=switch], [role=tab], [role=link], [role=menuitem]');
const said = (element) => [element.getAttribute('aria-label'), element.value, text(element), element.title]
  .filter((words) => typeof words === 'string').map((words) => words.trim());
const fitting = pressed.filter((element) => said(element).includes(wanted));
// Of several with the same words a person takes the one beside what was typed last.
let beside = document.activeElement;
if (beside?.matches('input, select, textarea')) while (beside && !fitting.some((element) => beside.contains(element))) beside = beside.parentElement;
return pressed.find((element) => element.id === wanted)
  ?? fitting.find((element) => beside?.contains(element)) ?? fitting[0] ?? null;
