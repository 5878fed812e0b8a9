//! What a sync does.

use crate::bulk::data::Data;
use crate::bulk::definition::{self, Definition, Meaning};
use crate::bulk::staging::Posting;
use crate::bulk::sync::Sync;
use crate::eloqua::Eloqua;
use crate::export::{ExportPlan, Flags};
use crate::import::{self, Action, Choices, Contacts, Ground, Log, Plan, RecordsOf, Reject, Work};
use crate::sheet::Stack;
use crate::value;
use imbl::Vector;
use standin_model::Instant;
use std::borrow::Cow;
use std::sync::Arc;

impl Eloqua {
    pub(super) fn work(&mut self, now: Instant, sync: &mut Sync, definition: Option<&Definition>) {
        let id = sync.id.to_string();
        if self.knobs.text("eloqua.sync_ends") == "error" {
            sync.logs = vec![Log::new(146, 0)];
            return;
        }
        let Some(definition) = definition else {
            let log = Log::new(143, 0).with("syncProductType", sync.key.family.doc().product);
            sync.logs = vec![log.with("syncReferenceId", &sync.key.id.to_string())];
            return;
        };
        let Ok((_, meaning)) = definition::read(definition.key, &definition.members, &self.store) else {
            let user = sync.by.clone();
            sync.logs = vec![Log::new(122, 0).with("syncId", &id).with("userId", &user)];
            return;
        };
        let taken = std::mem::take(&mut sync.taken);
        let stack = match self.knobs.text("eloqua.staging") {
            "lose" => Stack::default(),
            _ => stack_of(&taken),
        };
        let owner = sync.key.family.owner();
        match meaning {
            Meaning::Export(plan, actions) => self.export(now, plan, actions, sync),
            _ if stack.total == 0 => sync.logs = nothing(&taken),
            Meaning::Import(plan) => {
                let choices = Choices::of(&self.knobs).counting();
                let work = Work { now, plan: &plan, choices };
                let mut outcome = match owner {
                    None => import::run_on(&mut Contacts::new(&mut self.store), &work, &stack),
                    Some(owner) => {
                        import::run_on(&mut RecordsOf { store: &mut self.store, owner }, &work, &stack)
                    }
                };
                sync.logs = outcome.logs();
                sync.rejects = Arc::new(outcome.listed());
            }
            Meaning::Addresses(plan) => self.addresses(now, &plan, &stack, sync),
            Meaning::Actions(plan) => {
                let work = Work { now, plan: &plan, choices: Choices::of(&self.knobs) };
                let mut logs = vec![Log::new(140, stack.total), Log::new(1, stack.total)];
                logs.extend(match owner {
                    None => import::run_actions(&mut Contacts::new(&mut self.store), &work, &stack),
                    Some(owner) => {
                        import::run_actions(&mut RecordsOf { store: &mut self.store, owner }, &work, &stack)
                    }
                });
                sync.logs = logs;
            }
        }
        if self.knobs.text("eloqua.sync_ends") == "warning" {
            sync.logs.push(Log::new(145, 0));
        }
    }

    fn export(&mut self, now: Instant, plan: ExportPlan, actions: Vec<Action>, sync: &mut Sync) {
        let owner = sync.key.family.owner();
        let data = Data::gather(&self.store, plan, owner, Flags::of(&self.knobs));
        sync.logs = vec![Log::new(102, data.len() as u64)];
        if !actions.is_empty() {
            let plan = Plan::only_actions(actions);
            let work = Work { now, plan: &plan, choices: Choices::of(&self.knobs) };
            let ids = data.ids();
            sync.logs.extend(match owner {
                None => Contacts::new(&mut self.store).act(&work, &ids),
                Some(owner) => RecordsOf { store: &mut self.store, owner }.act(&work, &ids),
            });
        }
        sync.data = Some(Arc::new(data));
    }

    /// Unsubscribes addresses, whether or not a contact has them.
    fn addresses(&mut self, now: Instant, plan: &Plan, stack: &Stack<'_>, sync: &mut Sync) {
        let (mut created, mut updated) = (0, 0);
        let mut rejects = Vec::new();
        for (before, sheet) in stack.sheets() {
            let key = sheet.key(&plan.identifier);
            for at in 0..sheet.len() {
                let row = sheet.row(at);
                let given = key.and_then(|key| row.get(key)).unwrap_or_default();
                let address = value::trimmed(given);
                if !value::is_address(address) {
                    rejects.push(Reject {
                        index: before + u64::from(row.number),
                        code: 2,
                        fields: vec![plan.identifier.clone()],
                        values: vec![(plan.identifier.clone(), given.to_owned())],
                    });
                    continue;
                }
                if self.store.address(address).is_some() {
                    updated += 1;
                } else {
                    created += 1;
                }
                for action in &plan.actions {
                    self.store.set_subscribed(now, address, action.on);
                }
            }
        }
        let mut logs = vec![Log::new(130, stack.total), Log::new(1, stack.total)];
        if !rejects.is_empty() {
            logs.push(Log::new(2, rejects.len() as u64));
        }
        logs.extend([Log::new(33, created), Log::new(35, updated)]);
        logs.extend(plan.actions.iter().map(|action| action.log(created + updated)));
        sync.logs = logs;
        sync.rejects = Arc::new(rejects);
    }
}

fn stack_of(taken: &Vector<Arc<Posting>>) -> Stack<'_> {
    let mut stack = Stack::default();
    for posting in taken {
        stack.push(Cow::Borrowed(&posting.sheet));
    }
    stack
}

/// What is told where no row is there: nothing came at all, or files without rows.
fn nothing(taken: &Vector<Arc<Posting>>) -> Vec<Log> {
    let mut logs = vec![Log::new(124, 0)];
    for (at, posting) in taken.iter().enumerate() {
        if posting.sheet.keys.is_empty() {
            let mut log = Log::new(126, 0).with("file", &(at + 1).to_string());
            // A file without fields is no failure of the sync: its rows were none.
            log.severity = crate::elq::Severity::Warning;
            logs.push(log);
        }
    }
    logs
}
