// Parts of screens that do something by themselves.

const AVAILABILITY_PAUSE = 500;

/** `gigya-container`: shown while its condition holds. */
function applyConditions(root, account) {
  for (const node of root.querySelectorAll('[data-condition]')) {
    node.classList.toggle('gigya-hidden', !holds(node.dataset.condition, account));
    node.hidden = node.classList.contains('gigya-hidden');
  }
}

/** `gigya-required-display`: a star beside what has to be filled in. */
function markRequired(form, schema) {
  for (const node of form.querySelectorAll('.gigya-required-display')) {
    const input = inputOf(form, node.dataset.boundTo ?? '');
    const rule = input && fieldSchema(boundPath(formClassOf(form), nameOf(input), schema), schema);
    const needed = input && (input.dataset.required === 'true' || input.getAttribute('aria-required') === 'true' || rule?.required);
    if (needed && !node.textContent) node.textContent = '*';
    node.hidden = !needed;
    if (needed) input.setAttribute('aria-required', 'true');
  }
}

/** `gigya-password-strength`: how good a new password is, from 0 to 4. */
function passwordStrength(password, policy) {
  if (!password) return 0;
  const groups = [/\p{Lu}/u, /\p{Ll}/u, /\p{N}/u, /[^\p{L}\p{N}]/u].filter((group) => group.test(password)).length;
  const long = [...password].length >= 12 ? 1 : 0;
  return isComplex(password, policy) ? Math.min(4, Math.max(1, groups - 1 + long)) : 1;
}

function watchStrength(form, policy) {
  for (const node of form.querySelectorAll('.gigya-password-strength')) {
    const input = inputOf(form, node.dataset.boundTo || 'password') ?? inputOf(form, 'newPassword');
    if (!input) continue;
    node.setAttribute('role', 'status');
    input.addEventListener('input', () => {
      const strength = passwordStrength(input.value, policy);
      node.dataset.strength = String(strength);
      node.textContent = '\u25cf'.repeat(strength);
      node.setAttribute('aria-label', `${strength}/4`);
    });
  }
}

/** `gigya-loginID-availability`: asks, a moment after the last key, whether a login is free. */
function watchAvailability(form, texts) {
  for (const node of form.querySelectorAll('.gigya-loginID-availability')) {
    const input = inputOf(form, node.dataset.boundTo || 'email');
    if (!input) continue;
    let timer = null;
    node.setAttribute('role', 'status');
    input.addEventListener('input', () => {
      clearTimeout(timer);
      node.textContent = '';
      timer = setTimeout(async () => {
        const loginID = input.value.trim();
        if (!loginID) return;
        const response = await sdk.perform('accounts.isAvailableLoginID', { loginID }, { screenSet: true });
        if (response.errorCode !== 0 || input.value.trim() !== loginID) return;
        node.textContent = texts.get(response.isAvailable ? 'login_identifier_is_available' : 'login_identifier_is_taken');
        input.classList.toggle('gigya-valid', response.isAvailable);
      }, AVAILABILITY_PAUSE);
    });
  }
}

/** Widgets that need what no page of this platform has: providers and captchas. */
function hideUnsupported(root) {
  for (const node of root.querySelectorAll('.gigya-social-login, .gigya-captcha')) node.hidden = true;
}

function startWidgets(root, { account, schema, policy, texts }) {
  applyConditions(root, account);
  hideUnsupported(root);
  for (const form of root.querySelectorAll('form')) {
    markRequired(form, schema);
    watchStrength(form, policy);
    watchAvailability(form, texts);
  }
}

