// Styles as objects: a policy that forbids inline styles has nothing against them.

// Rules for what stands in screens weigh nothing, so that those of a screen-set win. Colours follow the page's
// own scheme, light or dark.
const BASE_CSS = `
.gigya-screen-dialog { position: fixed; inset: 0; z-index: 2147483001; display: flex; align-items: flex-start; justify-content: center; padding: 5vh 1rem; overflow: auto; font: 1rem/1.5 system-ui, sans-serif; }
.gigya-screen-dialog-main { background: light-dark(#fff, #1b232c); color: light-dark(#1d2733, #e8edf2); border-radius: 8px; width: 100%; max-width: 26rem; box-shadow: 0 12px 40px rgb(0 0 0 / 35%); }
.gigya-screen-dialog-top { display: flex; align-items: center; justify-content: space-between; gap: 1rem; padding: 1rem 1.25rem 0; }
.gigya-screen-dialog-caption h1 { font-size: 1.25rem; margin: 0; }
.gigya-screen-dialog-close { font: inherit; font-size: 1.5rem; line-height: 1; min-width: 2.75rem; min-height: 2.75rem; border: 0; border-radius: 4px; background: none; color: inherit; cursor: pointer; }
.gigya-screen-dialog-inner { padding: 0.5rem 1.25rem 1.25rem; }
#gigya-screen-dialog-page-overlay { position: fixed; inset: 0; z-index: 2147483000; background: rgb(15 23 32 / 55%); }
.gigya-screen-content .gigya-hidden, .gigya-screen-content [hidden], .gigya-screen-content[hidden] { display: none; }
.gigya-screen-content :is(.gigya-error-msg, .gigya-error-display):not(.gigya-error-msg-active) { display: none; }
.gigya-screen-content > h1 { margin: 0.5rem 0; font-size: 1.35rem; color: light-dark(#1d2733, #e8edf2); }
:where(.gigya-screen-content) { max-width: 100%; line-height: 1.5; }
:where(.gigya-screen-content) :where(.gigya-error-msg-active) { display: block; margin: 0.25rem 0; color: light-dark(#a4161a, #ffb4ab); }
:where(.gigya-screen-content, .gigya-screen-dialog) :where(:focus-visible) { outline: 3px solid light-dark(#1b6ac9, #8ec1ff); outline-offset: 2px; }
:where(.gigya-screen-content) :where(label) { display: block; margin-top: 0.75rem; }
:where(.gigya-screen-content) :where(input:not([type=checkbox], [type=radio], [type=submit], [type=button]), select, textarea) { box-sizing: border-box; width: 100%; min-height: 2.75rem; margin-top: 0.25rem; padding: 0.4rem 0.6rem; font: inherit; border: 1px solid light-dark(#6b7785, #93a0ad); border-radius: 4px; background: light-dark(#fff, #10161c); color: light-dark(#1d2733, #e8edf2); }
:where(.gigya-screen-content) :where(input[type=checkbox], input[type=radio]) { width: 1.25rem; height: 1.25rem; vertical-align: middle; }
:where(.gigya-screen-content) :where(.gigya-error) { border-color: light-dark(#a4161a, #ffb4ab); border-width: 2px; }
:where(.gigya-screen-content) :where(input[type=submit], button[type=submit]) { width: 100%; min-height: 2.75rem; margin-top: 1rem; font: inherit; font-weight: 600; border: 0; border-radius: 4px; background: #14539c; color: #fff; cursor: pointer; }
:where(.gigya-screen-content) :where([aria-disabled=true]) { opacity: 0.6; }
:where(.gigya-screen-content) :where(a, [data-switch-screen]) { display: inline-block; padding-block: 0.25rem; color: light-dark(#14539c, #a9d0ff); cursor: pointer; text-decoration: underline; }
`;

const sheets = new Map();

/** Gives the document a style sheet, once. */
function withSheet(key, css) {
  if (sheets.has(key)) return;
  const made = new CSSStyleSheet();
  made.replaceSync(css);
  sheets.set(key, made);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, made];
}

const sheet = { base: () => withSheet('base', BASE_CSS) };

