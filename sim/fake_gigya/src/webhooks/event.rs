//! What happened in a call, in the words of the platform's notifications.

use crate::account::Account;
use crate::addresses::AddressChange;
use crate::call::Call;
use crate::changes::Change;
use crate::events::Event;
use crate::people::Lite;
use standin_model::Instant;

/// One event as it is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct News {
    pub(crate) kind: Event,
    pub(crate) at: Instant,
    /// `full` or `lite`.
    pub(crate) account_type: &'static str,
    pub(crate) uid: Option<String>,
    pub(crate) new_uid: Option<String>,
    pub(crate) email_token: Option<String>,
}

/// The events that changed records tell, in their order.
pub(crate) fn events(
    call: &Call,
    changes: &[Change],
    addresses: &[AddressChange],
    full: impl Fn(&str) -> Option<String>,
) -> Vec<News> {
    if let Some(event) = renamed(call, changes) {
        return vec![event];
    }
    let mut events = Vec::new();
    for change in changes {
        match change {
            Change::Account { uid, before, after } => {
                account(call, uid, before.as_deref(), after.as_deref(), &mut events);
            }
            Change::Lite { email, before, after } => {
                lite(call, email, before.as_deref(), after.as_deref(), &mut events);
            }
        }
    }
    for address in addresses {
        let uid = address.uid.clone().or_else(|| full(&address.email));
        events.push(News {
            account_type: if uid.is_some() { "full" } else { "lite" },
            email_token: Some(crate::addresses::token(&call.site, &address.email)),
            ..event(call, Event::SubscriptionUpdated, uid.as_deref())
        });
    }
    events
}

/// Takes away what the call keeps to itself.
pub(crate) fn mute(call: &Call, events: &mut Vec<News>) {
    let muted = call.params.flag("muteWebhooks").ok().flatten().unwrap_or(false);
    let import = is_import(call);
    events.retain(|event| !muted && (!import || event.kind.is_told_by_imports()));
}

fn is_import(call: &Call) -> bool {
    ["accounts.importFullAccount", "accounts.importAccount"].contains(&call.method)
}

/// The one event of an account that goes on under another UID.
fn renamed(call: &Call, changes: &[Change]) -> Option<News> {
    let mut old = None;
    let mut new = None;
    for change in changes.iter().filter(|_| call.method == "socialize.setUID") {
        match change {
            Change::Account { uid, after: None, .. } => old = Some(uid),
            Change::Account { uid, before: None, .. } => new = Some(uid),
            _ => {}
        }
    }
    Some(News { new_uid: Some(new?.clone()), ..event(call, Event::UidChanged, Some(old?)) })
}

fn event(call: &Call, kind: Event, uid: Option<&str>) -> News {
    let uid = uid.map(str::to_owned);
    News { kind, at: call.now, account_type: "full", uid, new_uid: None, email_token: None }
}

fn account(
    call: &Call,
    uid: &str,
    before: Option<&Account>,
    after: Option<&Account>,
    events: &mut Vec<News>,
) {
    let mut add = |kind| events.push(event(call, kind, Some(uid)));
    let Some(after) = after else {
        if before.is_some() {
            add(Event::Deleted);
        }
        return;
    };
    let created = before.is_none();
    let registered = after.is_registered && !before.is_some_and(|it| it.is_registered);
    let logged_in = after.last_login == Some(call.now) && !is_import(call);
    let changed = before.is_some_and(|it| !it.same_content(after));
    if created {
        add(Event::Created);
    }
    if registered {
        add(Event::Registered);
    }
    if changed && !registered {
        add(Event::Updated);
    }
    if logged_in {
        add(Event::LoggedIn);
    }
    let blank = Account::default();
    let before = before.unwrap_or(&blank);
    if before.subscriptions != after.subscriptions && after.email().is_none() {
        events.push(event(call, Event::SubscriptionUpdated, Some(uid)));
    }
    if before.preferences != after.preferences {
        let kind = match call.method {
            "accounts.resetSitePreferences" => Event::PreferencesReset,
            _ => Event::ConsentUpdated,
        };
        events.push(event(call, kind, Some(uid)));
    }
    if before.communications != after.communications {
        events.push(event(call, Event::CommunicationUpdated, Some(uid)));
    }
}

fn lite(call: &Call, email: &str, before: Option<&Lite>, after: Option<&Lite>, events: &mut Vec<News>) {
    let token = crate::addresses::token(&call.site, email);
    let lite =
        |kind| News { account_type: "lite", email_token: Some(token.clone()), ..event(call, kind, None) };
    let Some(after) = after else {
        // A record that an account took over is not deleted.
        if call.method == "accounts.deleteLiteAccount" {
            events.push(lite(Event::Deleted));
        }
        return;
    };
    if before.is_none() {
        events.push(lite(Event::Created));
    } else if before.is_some_and(|it| (&it.profile, &it.data) != (&after.profile, &after.data)) {
        events.push(lite(Event::Updated));
    }
    let parts = [
        (Event::ConsentUpdated, before.map(|it| &it.preferences), &after.preferences),
        (Event::CommunicationUpdated, before.map(|it| &it.communications), &after.communications),
    ];
    for (kind, before, after) in parts {
        if before.map_or(!after.is_empty(), |before| before != after) {
            events.push(lite(kind));
        }
    }
}

/// Adds what records alone do not tell: that somebody was locked out, became a full account or was merged.
pub(crate) fn add_told(call: &Call, changes: &[Change], told: &[(Event, String)], events: &mut Vec<News>) {
    for (what, uid) in told {
        let at = |kind: Event| {
            events.iter().position(|event| event.kind == kind && event.uid.as_ref() == Some(uid))
        };
        match what {
            Event::LockedOut => events.push(event(call, Event::LockedOut, Some(uid))),
            Event::Progressed => {
                let behind = at(Event::Registered).map_or(events.len(), |at| at + 1);
                events.insert(behind, event(call, Event::Progressed, Some(uid)));
            }
            Event::Merged => {
                let new_uid = changes.iter().find_map(|change| match change {
                    Change::Account { uid, after: Some(_), .. } => Some(uid.clone()),
                    _ => None,
                });
                let merged = News { new_uid, ..event(call, Event::Merged, Some(uid)) };
                match at(Event::Deleted) {
                    Some(at) => events[at] = merged,
                    None => events.push(merged),
                }
            }
            _ => {}
        }
    }
}
