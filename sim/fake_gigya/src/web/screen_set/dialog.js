// A modal dialog: the focus stays inside, Escape closes it, and the focus goes back to where it came from.

const FOCUSABLE = 'a[href], button, input:not([type=hidden]), select, textarea, [tabindex]:not([tabindex="-1"])';
const CONTENT_ID = 'gigya-modal-plugin-container-showScreenSet';

function element(tag, className, attributes = {}) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

class Dialog {
  constructor({ width, mobile, closeLabel, onCancel }) {
    this.returnTo = document.activeElement;
    this.onCancel = onCancel;
    const captionId = `${CONTENT_ID}_content_caption`;
    this.root = element('div', mobile ? 'gigya-screen-dialog gigya-screen-dialog-mobile' : 'gigya-screen-dialog', {
      id: `gig_${Date.now()}_showScreenSet`, role: 'dialog', 'aria-modal': 'true', 'aria-labelledby': captionId,
    });
    this.overlay = element('div', '', { id: 'gigya-screen-dialog-page-overlay' });
    const main = element('div', 'gigya-screen-dialog-main');
    this.main = main;
    this.fit(width);
    const top = element('div', 'gigya-screen-dialog-top');
    const captionBox = element('div', 'gigya-screen-dialog-caption');
    this.caption = element('h1', '', { id: captionId, tabindex: '-1' });
    captionBox.append(this.caption);
    const close = element('button', 'gigya-screen-dialog-close', { type: 'button', 'aria-label': closeLabel });
    close.textContent = '\u00d7';
    close.addEventListener('click', () => this.onCancel());
    top.append(captionBox, close);
    const inner = element('div', 'gigya-screen-dialog-inner');
    this.content = element('div', '', { id: CONTENT_ID });
    inner.append(this.content);
    main.append(top, inner);
    this.root.append(main);
    // A press beside the content would leave the focus nowhere.
    for (const beside of [this.overlay, this.root]) {
      beside.addEventListener('mousedown', (event) => event.target === beside && event.preventDefault());
    }
    // On the document: the focus may be nowhere all the same, after a press on plain text.
    this.listeners = { keydown: (event) => this.pressed(event), focusin: (event) => this.keepFocus(event) };
    for (const [name, run] of Object.entries(this.listeners)) document.addEventListener(name, run, true);
    document.body.append(this.overlay, this.root);
    this.caption.focus();
  }

  /** Makes room for content of this width. */
  fit(width) {
    if (Number(width) > 0) this.main.style.maxWidth = `calc(${Number(width)}px + 2.5rem)`;
  }

  dress(style) {
    if (['modern', 'legacy'].includes(style)) this.root.classList.add(`gigya-style-${style}`);
  }

  focusables() {
    return [...this.root.querySelectorAll(FOCUSABLE)].filter((it) => !it.disabled && it.getClientRects().length > 0);
  }

  pressed(event) {
    if (event.isComposing) return;
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      this.onCancel();
    } else if (event.key === 'Tab') {
      this.keepInside(event);
    }
  }

  keepInside(event) {
    const all = this.focusables();
    const at = all.indexOf(document.activeElement);
    const next = event.shiftKey ? at - 1 : at + 1;
    if (at >= 0 && all[next]) return;
    event.preventDefault();
    (event.shiftKey ? all.at(-1) : all[0])?.focus();
  }

  /** What lies under a modal takes no focus, whoever gives it. Somebody else who keeps it, too, has the last word. */
  keepFocus(event) {
    if (this.isKeeping || this.root.contains(event.target)) return;
    this.isKeeping = true;
    (this.focusables()[0] ?? this.caption).focus();
    this.isKeeping = false;
  }

  close() {
    for (const [name, run] of Object.entries(this.listeners)) document.removeEventListener(name, run, true);
    this.root.remove();
    this.overlay.remove();
    if (this.returnTo?.isConnected) this.returnTo.focus();
  }
}

