// What screens say where the screen-set itself has no words for it.

const BUILT_IN_TEXTS = {
  invalid_login_or_password: 'Invalid login or password',
  login_identifier_exists: 'There is an account with this login already',
  unique_identifier_exists: 'This value is in use already',
  email_already_exists: 'This e-mail address is in use already',
  username_already_exists: 'This user name is in use already',
  account_is_disabled: 'This account is disabled',
  account_temporarily_locked_out: 'This account is locked for some time',
  there_is_no_user_with_that_username_or_email: 'There is no user with that name or e-mail address',
  network_error: 'The network did not answer. Please try again later',
  there_are_errors_in_your_form_please_try_again: 'There are errors in your form, please try again',
  general_error: 'An error has occurred. Please try again later.',
  old_password_used: 'This is a password that you had before',
  this_field_is_required: 'This field is required',
  email_address_is_invalid: 'This is not a valid e-mail address',
  passwords_do_not_match: 'The passwords do not match',
  password_does_not_meet_complexity_requirements: 'This password is too simple',
  value_is_invalid: 'This value is not valid',
  the_code_is_wrong: 'This code is wrong or too old',
  login_identifier_is_available: 'Available',
  login_identifier_is_taken: 'Not available',
  close: 'Close',
};

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
    this.all = { ...lowerKeys(plain), ...lowerKeys(own), ...lowerKeys(custom) };
  }

  get(key) {
    const name = key.toLowerCase();
    return this.all[name] ?? BUILT_IN_TEXTS[name] ?? null;
  }

  ofError({ errorCode, errorMessage }) {
    return this.get(ERROR_KEYS[errorCode] ?? 'general_error') ?? errorMessage;
  }
}

