//! What answers for definitions: they are listed, stored, read, replaced and deleted.

use crate::bulk::definition::{self, Definition};
use crate::bulk::{Key, Sort};
use crate::eloqua::{Due, Eloqua};
use crate::listing::{self, Oversize};
use crate::reply::{self, Refused};
use crate::router::Call;
use standin_model::Instant;
use standin_ports::Response;
use std::sync::Arc;

/// How many definitions are kept.
const MOST: usize = 10_000;

/// The definition that a call speaks of, which its family must have at all.
pub(super) fn key_of(eloqua: &Eloqua, call: &Call<'_>, sort: Sort) -> Result<Key, Refused> {
    offered(eloqua, call, sort)?;
    let id = call.id().ok_or_else(reply::absent)?;
    Ok(Key { family: call.family, sort, id })
}

fn offered(eloqua: &Eloqua, call: &Call<'_>, sort: Sort) -> Result<(), Refused> {
    let exists = call.family.owner().is_none_or(|owner| eloqua.store.records.of(owner).is_some());
    if exists && call.family.doc().sorts.contains(&sort) { Ok(()) } else { Err(reply::absent()) }
}

/// A stored definition.
pub(super) fn find(eloqua: &Eloqua, key: Key) -> Result<Arc<Definition>, Refused> {
    eloqua.bulk.definitions.get(&key).cloned().ok_or_else(reply::absent)
}

pub(super) fn list(eloqua: &mut Eloqua, call: &Call<'_>, sort: Sort) -> Result<Response, Refused> {
    offered(eloqua, call, sort)?;
    let wanted =
        |definition: &&Arc<Definition>| definition.key.family == call.family && definition.key.sort == sort;
    let all = eloqua.bulk.definitions.values().filter(wanted);
    listing::page(all.map(|one| one.view()).collect(), &call.query, Oversize::Refuse)
}

/// `GET /imports` and `GET /exports`: those of all families.
pub(super) fn list_all(eloqua: &mut Eloqua, call: &Call<'_>, sort: Sort) -> Result<Response, Refused> {
    let all = eloqua.bulk.definitions.values().filter(|definition| definition.key.sort == sort);
    listing::page(all.map(|one| one.view()).collect(), &call.query, Oversize::Refuse)
}

pub(super) fn create(eloqua: &mut Eloqua, call: &Call<'_>, sort: Sort) -> Result<Response, Refused> {
    offered(eloqua, call, sort)?;
    let members = call.object()?;
    let mut key = Key { family: call.family, sort, id: 0 };
    let (echo, _) =
        definition::read(key, &members, &eloqua.store).map_err(|failures| reply::failures(&failures))?;
    if eloqua.bulk.definitions.len() >= MOST {
        return Err(Box::new(reply::bare(413)));
    }
    key.id = eloqua.bulk.next(call.family, sort);
    let by = eloqua.login_of(call);
    let made = Definition {
        key,
        members: echo,
        created: call.now,
        created_by: by.clone(),
        updated: call.now,
        updated_by: by,
    };
    let view = made.view();
    eloqua.plan_deletion(call.now, &made);
    eloqua.bulk.definitions.insert(key, Arc::new(made));
    Ok(reply::bulk(201, &view))
}

pub(super) fn read(eloqua: &mut Eloqua, call: &Call<'_>, sort: Sort) -> Result<Response, Refused> {
    let definition = find(eloqua, key_of(eloqua, call, sort)?)?;
    Ok(reply::bulk(200, &definition.view()))
}

pub(super) fn replace(eloqua: &mut Eloqua, call: &Call<'_>, sort: Sort) -> Result<Response, Refused> {
    let key = key_of(eloqua, call, sort)?;
    let before = find(eloqua, key)?;
    let (echo, _) = definition::read(key, &call.object()?, &eloqua.store)
        .map_err(|failures| reply::failures(&failures))?;
    let by = eloqua.login_of(call);
    let made =
        Definition { members: echo, updated: call.now, updated_by: by, ..Arc::unwrap_or_clone(before) };
    let view = made.view();
    eloqua.plan_deletion(call.now, &made);
    eloqua.bulk.definitions.insert(key, Arc::new(made));
    Ok(reply::bulk(200, &view))
}

pub(super) fn delete(eloqua: &mut Eloqua, call: &Call<'_>, sort: Sort) -> Result<Response, Refused> {
    let key = key_of(eloqua, call, sort)?;
    find(eloqua, key)?;
    eloqua.drop_definition(key);
    Ok(reply::bare(204))
}

impl Eloqua {
    /// What the definition says now counts, whatever an earlier one of this key said.
    fn plan_deletion(&mut self, now: Instant, definition: &Definition) {
        self.agenda.retain(|due| !matches!(due, Due::DropDefinition(key) if *key == definition.key));
        if let Some(span) = definition.auto_delete() {
            self.agenda.add(now.plus(span), Due::DropDefinition(definition.key));
        }
    }

    /// Takes a definition away with everything staged for it and what it exported.
    pub(crate) fn drop_definition(&mut self, key: Key) {
        self.bulk.definitions.remove(&key);
        self.unstage(key);
        self.bulk.busy.remove(&key);
        self.bulk.latest.remove(&key);
        self.forget_data_of(key);
        self.agenda.retain(
            |due| !matches!(due, Due::DropDefinition(other) | Due::DropStaging(other) if *other == key),
        );
    }
}
