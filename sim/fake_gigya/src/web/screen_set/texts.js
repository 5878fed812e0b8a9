// The words of a screen-set.

/** The key of the text for an error of the platform. */
const ERROR_KEYS = {
  403042: 'invalid_login_or_password',
  403043: 'login_identifier_exists',
  403041: 'account_is_disabled',
  403120: 'account_temporarily_locked_out',
  403047: 'there_is_no_user_with_that_username_or_email',
  401030: 'old_password_used',
  400003: 'unique_identifier_exists',
  500026: 'network_error',
  400006: 'there_are_errors_in_your_form_please_try_again',
  400009: 'there_are_errors_in_your_form_please_try_again',
  400020: 'there_are_errors_in_your_form_please_try_again',
};

function lowerKeys(object) {
  return Object.fromEntries(Object.entries(object ?? {}).map(([key, text]) => [key.toLowerCase(), String(text)]));
}

class Texts {
  /** Later sources win: the language's own texts, then those of the caller. */
  constructor(translations, lang, custom) {
    const { default: plain, ...languages } = translations ?? {};
    const named = (name) => Object.entries(languages).find(([key]) => key.toLowerCase() === name)?.[1];
    const own = named(lang.full) ?? named(lang.langCode);
    this.all = { ...BUILT_IN_TEXTS.en, ...BUILT_IN_TEXTS[lang.langCode], ...lowerKeys(plain), ...lowerKeys(own), ...lowerKeys(custom) };
  }

  get(key) {
    const name = key.toLowerCase();
    return this.all[name] ?? null;
  }

  ofError({ errorCode, errorMessage }) {
    return this.get(ERROR_KEYS[errorCode] ?? 'general_error') ?? errorMessage;
  }
}

