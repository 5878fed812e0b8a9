// What names of errors and warnings mean, and what to do about them.
export const WORDS = {
  CredentialsRejected: 'Gigya does not accept these keys. Saving worked; participants cannot sign in until the keys are right.',
  DomainForbidden: 'A Custom API Domain Prefix is switched on in the Gigya console, so browsers look for Gigya below the page’s own '
    + 'domain. Below qualifioapp.com nobody but Qualifio can make such a name, and the certificate cannot cover it. A participant '
    + 'would see an empty screen-set, or would be sent to the login page again and again. Give the website a subdomain of your '
    + 'own, such as jeux.brand.example, that is among Gigya’s trusted URLs.',
  EmailChanged: 'The account’s e-mail address changed between signing in and the push. The UID carries the push; the statistics keep the earlier address.',
  EmailTamperIgnored: 'The browser sent an e-mail address. Gigya’s counts.',
  GigyaUnreachable: 'Gigya did not answer, so nothing could be checked. The page itself will show whether it works.',
  HttpRedirectUrl: 'The redirection URL starts with http. Browsers keep no secure cookies there; https is safer.',
  LiteAndSsoTogether: 'Lite Registration runs on this campaign too. It finds accounts by e-mail address and may overwrite what full accounts hold.',
  ScreenSetOnMobile: 'On phones the screen-set sits in frames within frames, looks different and may not fit. Redirect is recommended there. '
    + 'This is advice: the campaign works either way.',
  SharedQualifioHost: 'This is a host that Qualifio’s customers share. Its pages share no cookies with your own domain.',
  SsoNotInSubscription: 'Ask your Gigya contact to add single sign-on to the subscription. Until then the integration cannot be used.',
  UidLength: 'The UID does not have 32 characters. Imported accounts may carry ids of their own.',
  UnsupportedFieldNotPushed: 'This field stays in Qualifio’s statistics and is never sent to Gigya.',
  UnusualEmail: 'Gigya’s e-mail address would not be accepted in an ordinary form. It is kept as it is.',
};

// A warning comes as { name, field } or as text such as `SharedQualifioHost(player.qualifio.com)`.
export function warning(given) {
  if (typeof given !== 'string') return { name: given.name, about: given.field ?? null };
  const [, name, about] = given.match(/^(\w+)(?:\((.*)\))?$/s) ?? [null, given, null];
  return { name, about: about ?? null };
}

// The same in one line.
export function warningText(given) {
  const { name, about } = warning(given);
  return about === null ? name : `${name} (${about})`;
}
