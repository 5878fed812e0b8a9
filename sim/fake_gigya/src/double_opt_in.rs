//! Double opt-in: the mail that asks for a confirmation, and the link in it.

use crate::addresses::AddressChange;
use crate::call::Call;
use crate::gigya::Gigya;
use crate::outbox::Message;
use crate::subscriptions::{entries, entry, opt_in_status};
use imbl::OrdMap;
use standin_fake_kit::Agenda;
use standin_model::Instant;
use std::time::Duration;

/// Links that wait to be followed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Confirmations {
    open: OrdMap<String, Confirmation>,
    ends: Agenda<String>,
}

/// What following a link confirms.
#[derive(Clone, Debug)]
pub(crate) struct Confirmation {
    pub(crate) api_key: String,
    pub(crate) email: String,
    pub(crate) subscription: String,
    pub(crate) ends: Instant,
}

/// How many links wait at most; the first to end go first.
const MOST: usize = 100_000;

impl Confirmations {
    fn add(&mut self, token: String, confirmation: Confirmation) {
        if self.open.len() >= MOST
            && let Some((_, old)) = self.ends.next_due().and_then(|at| self.ends.take_due(at))
        {
            self.open.remove(&old);
        }
        self.ends.add(confirmation.ends, token.clone());
        self.open.insert(token, confirmation);
    }

    /// What a link confirms, while it lasts.
    pub(crate) fn get(&self, now: Instant, api_key: &str, token: &str) -> Option<&Confirmation> {
        self.open.get(token).filter(|it| it.api_key == api_key && it.ends > now)
    }

    /// Forgets links that have ended.
    pub(crate) fn expire(&mut self, now: Instant) {
        while let Some((_, token)) = self.ends.take_due(now) {
            self.open.remove(&token);
        }
    }
}

impl Gigya {
    /// Asks addresses for the confirmations that a call has made pending.
    pub(crate) fn ask_for_confirmations(&mut self, call: &Call, addresses: &[AddressChange]) {
        for address in addresses {
            for (id, state) in entries(&address.after) {
                let pending = opt_in_status(&state) == Some("Pending");
                if pending && entry(&address.before, &id) != Some(&state) {
                    let (uid, lang) = (address.uid.as_deref(), address.lang.as_deref());
                    self.ask_for_confirmation(call, &address.email, uid, &id, lang);
                }
            }
        }
    }

    /// Sends the mail that asks an address to confirm a subscription.
    pub(crate) fn ask_for_confirmation(
        &mut self,
        call: &Call,
        email: &str,
        uid: Option<&str>,
        subscription: &str,
        lang: Option<&str>,
    ) {
        let token = self.ids.token(48);
        let lasts = call.site.policy_number("doubleOptIn", &["confirmationLinkExpiration"], 1_209_600);
        let ends = call.now.plus(Duration::from_secs(lasts));
        let domain = crate::call::api_domain(&call.site.data_center);
        let api_key = &call.site.api_key;
        let link =
            format!("https://accounts.{domain}/accounts.confirmSubscription?apiKey={api_key}&token={token}");
        let default = call.site.policy("accountOptions", &["defaultLanguage"]).and_then(|it| it.as_str());
        let lang = call.params.get("lang").or(lang).or(default).unwrap_or("en");
        let mut mail = Message::email("doubleOptIn", email, lang).with_link(link).with_code(&token);
        if let Some(uid) = uid {
            mail = mail.about(uid);
        }
        self.outbox.send(call.now, api_key, mail);
        let (api_key, email) = (api_key.clone(), email.to_owned());
        let subscription = subscription.to_owned();
        self.confirmations.add(token, Confirmation { api_key, email, subscription, ends });
    }
}
