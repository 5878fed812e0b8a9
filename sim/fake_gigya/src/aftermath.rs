//! What a call leaves behind once its method has done its work: addresses in line, mails, an entry in the audit
//! log, events for webhooks.

use crate::call::Call;
use crate::changes::Change;
use crate::envelope::{Object, Reply};
use crate::events::Event;
use crate::gigya::Gigya;
use crate::params::Params;
use crate::people::People;
use crate::webhooks::event::{add_told, events, mute};
use standin_model::Instant;

impl Gigya {
    /// Looks back on a call. The envelope that is made afterwards carries the same call id.
    pub(crate) fn aftermath(&mut self, call: &Call, reply: &Reply) {
        let call_id = self.ids.hex(32);
        self.audit_call(call, reply, &call_id);
        let told = self.take_told();
        if !told.is_empty() || self.people_at(&call.site.api_key).is_some_and(People::is_touched) {
            self.follow_changes(call, &call_id, &told);
        }
        self.call_id = Some(call_id);
    }

    /// What the log of events says since this was last asked.
    fn take_told(&mut self) -> Vec<(Event, String)> {
        let new: Vec<(u64, Event, String)> =
            self.events.from(self.events_told).map(|(at, it)| (at, it.event, it.uid.clone())).collect();
        if let Some((last, ..)) = new.last() {
            self.events_told = last + 1;
        }
        new.into_iter().map(|(_, event, uid)| (event, uid)).collect()
    }

    fn follow_changes(&mut self, call: &Call, call_id: &str, told: &[(Event, String)]) {
        let api_key = call.site.api_key.as_str();
        let home = call.site.home();
        let changes = Change::join(self.people_of(home).take_touched());
        let (changes, addresses) = self.settle_addresses(call.now, home, changes);
        if call.method != "accounts.resendDOIConfirmationEmail" {
            self.ask_for_confirmations(call, &addresses);
        }
        if call.site.webhooks.is_empty() {
            return;
        }
        let Some(people) = self.people_at(home) else { return };
        let full = |email: &str| people.owner(email).map(str::to_owned);
        let mut news = events(call, &changes, &addresses, full);
        add_told(call, &changes, told, &mut news);
        mute(call, &mut news);
        self.announce(call.now, api_key, call_id, news, &parameters(&call.params));
    }

    /// Brings the addresses of seeded records in line. Nobody is told.
    pub(crate) fn settle_seeded(&mut self, now: Instant) {
        let touched = self.people.iter().filter(|(_, people)| people.is_touched());
        let touched: Vec<String> = touched.map(|(api_key, _)| api_key.clone()).collect();
        for api_key in touched {
            let changes = Change::join(self.people_of(&api_key).take_touched());
            self.settle_addresses(now, &api_key, changes);
        }
    }
}

/// The parameters of a call as a webhook may carry them: no credentials, no secrets.
fn parameters(params: &Params) -> Object {
    let open =
        params.iter().filter(|(name, _)| !crate::audit::is_secret(name) && !crate::params::is_control(name));
    open.map(|(name, value)| (name.to_owned(), crate::webhooks::parameter(value))).collect()
}
