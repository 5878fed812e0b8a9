// One screen-set on a page: its screens, one after the other, and its end.

let instanceCount = 0;

/** Fields that a redirect after a login tells the next page. */
const REDIRECT_FIELDS = ['UID', 'UIDSignature', 'signatureTimestamp', 'loginProvider'];
const REDIRECT_PROFILE = ['nickname', 'photoURL', 'thumbnailURL', 'firstName', 'lastName', 'gender', 'birthDay', 'birthMonth', 'birthYear', 'email', 'country', 'state', 'city', 'zip', 'profileURL'];

class Instance {
  constructor(params, setId) {
    instanceCount += 1;
    const query = sdk.queryOf(location.href);
    this.id = `screenSet_${instanceCount}`;
    this.params = params;
    this.templateId = setId;
    this.rootId = setId;
    this.lang = sdk.languageOf(params.lang ?? query.gig_lang ?? sdk.thisScript.lang.originalLang);
    this.flow = { regToken: params.regToken ?? query.gig_regToken, response: params.initialResponse };
    this.known = {};
    this.hosted = {};
    this.user = null;
    this.screenId = null;
    this.isOver = false;
    this.texts = new Texts({}, this.lang, params.customLang);
  }

  fire(name, fields = {}) {
    return fireEvent(this, name, fields);
  }

  /** Tells an error; gives the screen to which a handler diverts, if one does. */
  error({ errorCode, errorMessage, errorDetails = '', status = 'FAIL', statusMessage = errorMessage }, response) {
    const results = this.fire('onError', { errorCode, errorMessage, errorDetails, status, statusMessage, response });
    return results.find((it) => it?.nextScreen)?.nextScreen;
  }

  async start(container) {
    this.fire('onLoad');
    this.open(container);
    if (!(await this.use(this.templateId))) return;
    const first = this.firstScreen();
    await this.goTo(first, this.flow.response);
  }

  /** Takes a template; without one there is nothing but a message. */
  async use(setId) {
    const found = await template(setId, this.lang);
    // It may have been closed in the meantime.
    if (this.isOver) return false;
    if (!found) {
      this.unavailable(sdk.refusal(500001, 'General Server Error'));
      return false;
    }
    this.template = found;
    this.root ??= found;
    this.templateId = setId;
    this.hosted = found.handlers;
    this.dialog?.dress(this.params.dialogStyle ?? found.element.dataset.dialogStyle ?? 'legacy');
    this.texts = new Texts(found.translations, this.lang, this.params.customLang);
    return true;
  }

  unavailable(error) {
    const text = document.createElement('p');
    text.className = 'gigya-error-msg gigya-error-msg-active';
    text.setAttribute('role', 'alert');
    text.textContent = this.texts.get('general_error');
    this.content.replaceChildren(text);
    this.error(error, { info: { screen: this.screenId, response: error } });
  }

  firstScreen() {
    const { response } = this.flow;
    const attribute = response && nextScreenAttribute(response);
    const own = attribute && this.attribute(attribute);
    if (own) return own;
    return this.params.startScreen || this.template.element.dataset.startScreen || this.screens()[0]?.id || '';
  }

  screens() {
    return [...this.template.element.querySelectorAll('.gigya-screen')];
  }

  /** An attribute of the present screen, or else of its screen-set, or of the one that was asked for. */
  attribute(name) {
    const screen = this.screens().find((it) => it.id === this.screenId);
    const own = screen?.dataset[name] ?? this.template.element.dataset[name];
    if (own !== undefined || this.templateId === this.rootId) return own;
    const outer = this.root.element.dataset[name];
    if (outer === undefined) return undefined;
    const { end, set } = screenReference(outer);
    return end || set ? outer : `${this.rootId}/${outer}`;
  }

  /** Whether the screen after this form has a form of its own, so that the registration goes on there. */
  asksMoreAfter(form) {
    const { screen, set } = screenReference(form.dataset.onSuccessScreen ?? '_finish');
    const next = !set && this.screens().find((it) => it.id === screen);
    return Boolean(next?.querySelector('form'));
  }

  /** Makes the place where screens stand: in the caller's container, or in a dialog. */
  open(container) {
    base.sheet.base();
    if (container) {
      this.container = container;
      container.replaceChildren();
    } else {
      const { width, deviceType } = this.params;
      const mobile = deviceType === 'mobile' || (deviceType !== 'desktop' && sdk.isMobile());
      this.dialog = new base.Dialog({ width, mobile, closeLabel: this.texts.get('close'), onCancel: () => this.hide('canceled') });
      this.container = this.dialog.content;
    }
    const { id } = this.container;
    this.content = document.createElement('div');
    this.content.id = `${id}_content`;
    this.content.className = `gigya-screen-content gigya-locale-${this.lang.full}`;
    this.content.lang = this.lang.full;
    this.child = document.createElement('div');
    this.child.id = `${id}_child`;
    this.child.className = this.content.className;
    this.child.hidden = true;
    this.container.append(this.content, this.child);
    this.watch = new MutationObserver(() => this.container.isConnected || this.dispose());
    this.watch.observe(document.documentElement, { childList: true, subtree: true });
  }

  /** Follows a reference: to a screen of this or another screen-set, or to an end. */
  async goTo(reference, response) {
    const { end, set, screen } = screenReference(reference);
    if (end) {
      this.hide(end === 'finish' ? 'finished' : end);
      return;
    }
    if (set && set !== this.templateId && !(await this.use(set))) return;
    const element = this.screens().find((it) => it.id === screen);
    if (!element) {
      console.warn(`gigya: ${this.templateId} has no screen ${screen}`);
      this.hide('missing');
      return;
    }
    await this.load(element, response, this.templateId !== this.rootId);
  }

  async load(element, response, isChild) {
    const known = { account: this.known.account };
    const template = document.importNode(element, true);
    try {
      for (const form of template.querySelectorAll('form')) {
        await FORMS[formClassOf(form)].needs?.(this, known, form);
      }
    } catch (error) {
      if (!error.response) throw error;
      this.unavailable(typeof error.response === 'string' ? sdk.refusal(500026, error.response) : error.response);
      return;
    }
    if (this.isOver) return;
    const { profile = {}, data = {}, subscriptions = {}, preferences = {} } = known.account ?? {};
    const fields = { currentScreen: this.screenId, nextScreen: element.id, form: formNames(template), response };
    const results = this.fire('onBeforeScreenLoad', { ...fields, profile, data, subscriptions, preferences, schema: known.schema });
    if (results.includes(false)) {
      // The screen that is there stays; where there is none yet nothing comes.
      if (this.screenId === null) this.hide('canceled');
      return;
    }
    const given = sdk.merged(...results.filter(sdk.isObject));
    if (given.nextScreen && given.nextScreen !== element.id) {
      await this.goTo(given.nextScreen, response);
      return;
    }
    this.known = { ...known, account: prefilled(known.account, given) };
    this.show(template, isChild);
    this.fire('onAfterScreenLoad', { currentScreen: this.screenId, form: fields.form, response, profile, data, preferences });
  }

  show(screen, isChild) {
    const isFirst = this.screenId === null;
    this.screenId = screen.id;
    const place = isChild ? this.child : this.content;
    this.child.hidden = !isChild;
    this.content.hidden = isChild;
    this.caption(screen, place);
    place.append(screen);
    makeScreenLive(this, screen);
    const { account = {}, schema } = this.known;
    for (const form of screen.querySelectorAll('form')) fill(form, account, schema);
    showBound(screen, account);
    startWidgets(screen, { ...this.known, account, texts: this.texts });
    for (const form of screen.querySelectorAll('.gigya-tfa-form')) drawSecondFactor(this, form);
    if (this.dialog || !isFirst) focusFirst(screen);
  }

  /** The heading of a screen; a dialog has it in its frame. */
  caption(screen, place) {
    const { caption = '', width } = screen.dataset;
    const text = this.texts.get(`${screen.id.replaceAll('-', '_')}_caption`) ?? caption;
    const wide = Number(width) || Number(this.template.element.dataset.width);
    if (wide > 0) place.style.maxWidth = `${wide}px`;
    if (this.dialog) {
      this.dialog.fit(wide);
      this.dialog.caption.textContent = text;
      place.replaceChildren();
      return;
    }
    const heading = document.createElement('h1');
    heading.id = `${place.id}_caption`;
    heading.textContent = text;
    heading.hidden = !text;
    place.replaceChildren(heading);
  }

  hide(reason) {
    if (this.isOver) return;
    const user = this.user && { ...this.user.profile, UID: this.user.UID, UIDSignature: this.user.UIDSignature, signatureTimestamp: this.user.signatureTimestamp };
    const isFlowFinalized = Boolean(this.user);
    this.isOver = true;
    this.fire('onHide', user ? { reason, user, isFlowFinalized } : { reason, isFlowFinalized });
    if (this.dialog || reason !== 'finished') this.dispose();
    if (reason === 'finished' && this.user && this.params.redirectURL) leave(this.params, this.user);
  }

  dispose() {
    this.isOver = true;
    this.watch?.disconnect();
    this.dialog?.close();
    if (!this.dialog) this.container?.replaceChildren();
    forget(this);
    this.params.whenGone?.();
  }
}

function formNames(screen) {
  const first = screen.querySelector('form');
  return first ? formNameOf(first) : undefined;
}

/** An account with what a handler fills in over it. */
function prefilled(account = {}, given) {
  const out = { ...account };
  for (const [name, value] of Object.entries(given)) {
    if (name === 'nextScreen') continue;
    if (sdk.isObject(value)) out[name] = { ...out[name], ...value };
    else setPath(out, name, value);
  }
  return out;
}

/** The focus goes to what is missing, else to the first field, else to the screen itself. */
function focusFirst(screen) {
  const inputs = [...screen.querySelectorAll(INPUTS)].filter((it) => it.type !== 'hidden' && it.getClientRects().length > 0);
  const missing = inputs.find((it) => it.getAttribute('aria-required') === 'true' && it.value === '');
  const target = missing ?? inputs[0] ?? screen;
  if (target === screen) screen.tabIndex = -1;
  target.focus();
}

/** Wires a copy of a screen. */
function makeScreenLive(instance, screen) {
  Object.assign(screen.dataset, { screensetElementId: `${instance.id}_${screen.id}`, screensetRoles: 'instance' });
  for (const form of screen.querySelectorAll('form')) {
    if (form.id) form.dataset.gigyaId = form.id;
    form.noValidate = true;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      submitForm(instance, form);
    });
    // A message goes while somebody types: if it went with the press on a button, the button would move away.
    form.addEventListener('input', ({ target }) => target.dataset?.gigyaName && clearError(form, target));
    form.addEventListener('change', (event) => fieldChanged(instance, form, event.target));
  }
  for (const link of screen.querySelectorAll('[data-switch-screen]')) makeSwitch(instance, link);
  makeLive(screen, instance.texts);
}

function fieldChanged(instance, form, input) {
  if (!input.dataset?.gigyaName) return;
  const error = validate(form, instance.texts, instance.known)[nameOf(input)];
  const fields = { screen: instance.screenId, form: formNameOf(form), field: nameOf(input), value: input.type === 'password' ? '' : valueOf(input) };
  instance.fire('onFieldChanged', { ...fields, isValid: !error, errMsg: error?.errorMessage ?? '' });
  input.classList.toggle('gigya-empty', input.value === '');
  input.classList.toggle('gigya-valid', !error && input.value !== '');
}

function makeSwitch(instance, link) {
  if (!link.matches('button, input, a[href]')) Object.assign(link, { tabIndex: 0, role: 'button' });
  const go = (event) => {
    event.preventDefault();
    instance.goTo(link.dataset.switchScreen, undefined);
  };
  link.addEventListener('click', go);
  link.addEventListener('keydown', (event) => {
    if (!link.matches('button, input') && ['Enter', ' '].includes(event.key)) go(event);
  });
}

/** Leaves the page with what the next one may verify. */
function leave({ redirectURL, redirectMethod = 'get' }, user) {
  if (!/^https?:\/\//i.test(redirectURL)) {
    console.warn('gigya: redirectURL is not absolute');
    return;
  }
  const pick = (source, names) => Object.fromEntries(names.filter((name) => source?.[name] !== undefined).map((name) => [name, String(source[name])]));
  const fields = { ...pick(user, REDIRECT_FIELDS), ...pick(user.profile, REDIRECT_PROFILE), provider: user.loginProvider ?? 'site' };
  if (String(redirectMethod).toLowerCase() !== 'post') {
    location.href = sdk.withParams(redirectURL, fields);
    return;
  }
  sdk.postPage(redirectURL, fields);
}

