// What campaign pages do by themselves: log in before the form, send a form once, lead the eye to mistakes.
'use strict';
(() => {
  const state = JSON.parse(document.getElementById('qlf-state').textContent);
  const sso = state.sso ?? {};
  const byId = (id) => document.getElementById(id);
  const show = (id, shown = true) => { const element = byId(id); if (element) element.hidden = !shown; };

  // How long Gigya's script may take before the participant is told that it does not come, in milliseconds.
  const PATIENCE = 20000;

  // Pages answer posts. Loading one again, or going back to it, asks where the participation stands instead of
  // sending the post once more; a page out of the browser's memory does not know that.
  history.replaceState(null, '', location.href);
  window.addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });

  for (const form of document.forms) {
    form.addEventListener('submit', (event) => {
      if (form.dataset.sent) return event.preventDefault();
      form.dataset.sent = 'yes';
      form.querySelector('button')?.setAttribute('aria-disabled', 'true');
    });
  }

  const wanted = document.querySelector('[data-focus]');
  if (wanted) wanted.focus();

  // The page around a frame learns where the campaign stands, if it is the page that the address names. It may
  // hand data over in turn where it shares a domain with the campaign.
  const host = (() => { try { return new URL(state.parent).origin; } catch { return null; } })();
  if (window.parent !== window && host) {
    window.addEventListener('message', ({ data, origin, source }) => {
      if (!state.messages || source !== window.parent || origin !== host || data?.qualifio !== 'setMetaData') return;
      window.qlfMetaData = Object.freeze({ ...data.values });
      window.dispatchEvent(new CustomEvent('qualifio:metadata', { detail: window.qlfMetaData }));
    });
    window.parent.postMessage({
      qualifio: 'page', channel: state.channel_guid, title: document.title, step: state.step, pg: state.page,
    }, host);
  }

  // Tells the back end what Gigya said, once: a login may be heard of twice.
  let told = false;
  function tell(values) {
    if (told) return;
    told = true;
    show('qlf-screen-set', false);
    show('qlf-logged-out', false);
    show('qlf-moment');
    const form = byId('qlf-session');
    for (const [name, value] of Object.entries(values)) form.elements.namedItem(name).value = value;
    form.submit();
  }
  const signedIn = ({ UID, UIDSignature, signatureTimestamp }) => tell({ UID, UIDSignature, signatureTimestamp });
  const signedOut = () => tell({ signed_in: '0' });
  const unreachable = () => tell({ unreachable: '1' });

  // Gigya's script is ready even if it could not start; then it has told so before anybody asked.
  let broken = false;
  const account = () => new Promise((resolve) => gigya.accounts.getAccountInfo({ callback: resolve }));
  async function ask(otherwise) {
    const answer = await account();
    if (answer?.errorCode === 0) signedIn(answer);
    else if (answer?.errorCode === 403005 && !broken) otherwise();
    else unreachable();
  }

  function openScreenSet(event) {
    const container = byId('qlf-screen-set');
    show('qlf-moment', false);
    show('qlf-logged-out', false);
    show('qlf-screen-set');
    gigya.accounts.showScreenSet({
      screenSet: sso.screen_set,
      containerID: 'qlf-screen-set',
      lang: state.language,
      onHide: ({ reason }) => (reason === 'finished' ? ask(closed) : closed()),
      // The button that was pressed is gone: whoever uses the keyboard goes on in the form.
      onAfterScreenLoad: () => { if (event) focusWithin(container); },
      // Mistakes, and that there is no such form, are shown by the screen-set itself, once it has told of them.
      onError: () => setTimeout(() => { if (!container.innerText.trim()) show('qlf-no-screen'); }),
    });
  }
  function focusWithin(container) {
    if (container.contains(document.activeElement)) return;
    [...container.querySelectorAll('input')].find((input) => input.checkVisibility())?.focus();
  }
  function closed() {
    if (told) return;
    show('qlf-screen-set', false);
    show('qlf-moment', false);
    show('qlf-logged-out');
    byId('qlf-login').focus();
  }

  function loadGigya(ready) {
    show('qlf-moment');
    const patience = setTimeout(unreachable, PATIENCE);
    window.onGigyaServiceReady = () => {
      clearTimeout(patience);
      gigya.accounts.addEventHandlers({ onLogin: signedIn, onError: () => { broken = true; } });
      ready();
    };
    const script = document.createElement('script');
    script.src = sso.script;
    script.addEventListener('error', unreachable);
    document.head.append(script);
  }

  // Leaving is told first: only whoever left can come back.
  const toldLeave = () => fetch(state.action, {
    method: 'POST', body: new URLSearchParams({ action: 'leave' }), keepalive: true,
  }).then(({ ok }) => ok, () => false);
  async function leaveAtOnce() {
    // A frame may send the whole window away only after a click, and nobody is sent round who cannot be counted:
    // in both cases the link remains.
    if (window.top === window && await toldLeave()) location.replace(sso.url);
  }
  async function leaveByLink(event) {
    const beside = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button > 0;
    if (beside) return void toldLeave();
    event.preventDefault();
    await toldLeave();
    window.open(sso.url, '_top');
  }

  if (sso.state === 'check') loadGigya(() => ask(signedOut));
  if (sso.state === 'screen_set') {
    if (state.device === 'mobile') console.warn('ScreenSetOnMobile: on mobile, Redirect is recommended over Screen-Set');
    byId('qlf-login').addEventListener('click', openScreenSet);
    loadGigya(() => ask(() => openScreenSet()));
  }
  if (sso.url) {
    for (const kind of ['click', 'auxclick']) byId('qlf-login').addEventListener(kind, leaveByLink);
    if (sso.automatic) leaveAtOnce();
  }
})();
