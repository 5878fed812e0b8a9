// People: found by address or UID, shown whole, changed.
import { h, confirmed, facts, field, form, message, notice, pager, table } from '/console/console.js';
import { badge, json, method, quoted, time } from '/console/gigya-api.js';

const SIZE = 20;
const FIELDS = [
  ['email', 'E-mail', 'email'], ['firstName', 'First name'], ['lastName', 'Last name'], ['nickname', 'Nickname'],
  ['gender', 'Gender (f, m, u)'], ['birthDay', 'Birth day', 'number'], ['birthMonth', 'Birth month', 'number'],
  ['birthYear', 'Birth year', 'number'], ['address', 'Address'], ['zip', 'Zip'], ['city', 'City'], ['country', 'Country'],
  ['languages', 'Languages'], ['locale', 'Locale'],
];
const EXTRA = 'languages,address,phones,education,educationLevel,honors,publications,patents,certifications,'
  + 'professionalHeadline,bio,industry,specialties,work,skills,religion,politicalView,interestedIn,relationshipStatus,'
  + 'hometown,favorites,followersCount,followingCount,username,name,locale,verified,timezone,likes,samlData';
const INCLUDE = 'profile,data,emails,loginIDs,subscriptions,preferences,communications,identities-all,regSource,isLockedOut,'
  + 'lastLoginLocation,customIdentifiers,groups,internal,rba';

const link = (uid) => h('a', { href: `#accounts/${encodeURIComponent(uid)}` }, uid);

async function list(body) {
  const found = h('div', {});
  let wanted = '';
  const look = async (start) => {
    const where = wanted ? `WHERE UID = ${quoted(wanted)} OR profile.email = ${quoted(wanted)} ` : '';
    const query = `SELECT * FROM accounts ${where}ORDER BY created DESC START ${start} LIMIT ${SIZE}`;
    const page = await method('accounts.search', { query });
    found.replaceChildren(
      table('Accounts, newest first', [
        ['UID', (it) => link(it.UID)], ['E-mail', (it) => it.profile?.email],
        ['Name', (it) => [it.profile?.firstName, it.profile?.lastName].filter(Boolean).join(' ')],
        ['Registered', (it) => (it.isRegistered ? 'yes' : 'no')], ['Last updated', (it) => time(it.lastUpdated)],
      ], page.results ?? [], wanted ? 'Nobody has this address or UID.' : 'Nobody has an account yet.'),
      page.totalCount > 0 ? pager(start, SIZE, page.totalCount, (to) => look(to).catch(tell)) : '');
  };
  const tell = (refused) => found.replaceChildren(notice('error', message(refused)));
  body.append(
    form('search', [
      field('E-mail address or UID', { name: 'wanted', type: 'search', hint: 'The whole address: it is kept encrypted. Search sees a change about a second after it was made.' }),
      h('button', {}, 'Search'),
    ], async (values) => { wanted = values.wanted.trim(); await look(0); }),
    found);
  await look(0);
}

function profileForm(account, done) {
  const profile = account.profile ?? {};
  return form('profile', [
    h('div', { class: 'columns' }, FIELDS.map(([name, label, type]) => field(label, {
      name, value: profile[name] === undefined ? '' : String(profile[name]), ...(type === 'number' ? { inputmode: 'numeric' } : {}),
    }))),
    h('button', {}, 'Save profile'),
  ], async (values) => {
    const changed = FIELDS.filter(([name]) => values[name] !== String(profile[name] ?? ''));
    if (changed.length === 0) throw { body: { message: 'Nothing was changed.' } };
    const into = Object.fromEntries(changed.map(([name]) => [name, values[name] === '' ? null : values[name]]));
    await method('accounts.setAccountInfo', { UID: account.UID, profile: into });
    await done('The profile is saved.');
  }, (refused) => {
    const first = refused.body?.validationErrors?.[0];
    return first ? [first.fieldName.replace(/^profile\./, ''), first.message] : [null, message(refused)];
  });
}

async function whole(body, uid) {
  const account = await method('accounts.getAccountInfo', { UID: uid, include: INCLUDE, extraProfileFields: EXTRA });
  const again = async (text) => {
    body.replaceChildren();
    await whole(body, uid);
    body.prepend(notice('good', text));
  };
  const act = (work) => async () => {
    try { await work(); } catch (refused) { body.prepend(notice('error', message(refused))); }
  };
  const locked = account.isLockedOut;
  const { callId, errorCode, apiVersion, statusCode, statusReason, time: asked, ...shown } = account;
  body.append(
    h('p', {}, h('a', { href: '#accounts' }, 'All accounts')),
    facts([
      ['UID', h('code', {}, account.UID)], ['E-mail', account.profile?.email],
      ['State', h('span', {}, badge(account.isActive ? 'good' : 'bad', account.isActive ? 'active' : 'disabled'), ' ',
        badge(locked ? 'bad' : 'good', locked ? `locked until ${time(account.lockedUntil)}` : 'not locked'), ' ',
        badge(account.isRegistered ? 'good' : 'soft', account.isRegistered ? 'registered' : 'pending'), ' ',
        badge(account.isVerified ? 'good' : 'soft', account.isVerified ? 'verified' : 'not verified'))],
      ['Created', time(account.created)], ['Last login', time(account.lastLogin)], ['Last updated', time(account.lastUpdated)],
    ]),
    h('div', { class: 'row' },
      h('button', {
        type: 'button', class: 'plain', id: 'lock',
        onclick: act(async () => {
          await method(locked ? 'accounts.rba.unlock' : 'accounts.rba.lock', { UID: uid });
          await again(locked ? 'The account is unlocked.' : 'The account is locked.');
        }),
      }, locked ? 'Unlock' : 'Lock'),
      h('button', {
        type: 'button', class: 'plain', id: 'active',
        onclick: act(async () => {
          await method('accounts.setAccountInfo', { UID: uid, isActive: !account.isActive });
          await again(account.isActive ? 'The account is disabled.' : 'The account is active.');
        }),
      }, account.isActive ? 'Disable' : 'Enable'),
      h('button', {
        type: 'button', class: 'danger', id: 'delete',
        onclick: act(async () => {
          if (!await confirmed(`Delete the account ${uid} for good?`, 'Delete')) return;
          await method('accounts.deleteAccount', { UID: uid });
          location.hash = '#accounts';
        }),
      }, 'Delete')),
    h('h2', {}, 'Profile'), profileForm(account, again),
    h('h2', {}, 'Everything'), json(shown, `Account ${uid}`));
}

export const accountsView = { path: 'accounts', title: 'Accounts', show: (body, uid) => (uid ? whole(body, uid) : list(body)) };
