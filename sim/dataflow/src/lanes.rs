//! Several calls for records at once, and still one after another for the records of one account.

use crate::component::{Fate, Setup};
use crate::gigya::CallFailure;
use crate::job::Pace;
use crate::record::{FieldPath, Record, plain_text};
use crate::run::{Outlet, Stop};
use futures_util::{StreamExt, stream};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

/// What `maxConnections` means.
pub(crate) const CONNECTIONS: &str = "calls at once; records of one account keep their order";

/// How many calls a step may have under way.
pub(crate) fn connections(setup: &Setup<'_>, default: u64) -> Result<usize, String> {
    let most = setup.number("maxConnections", default, 100)?;
    Ok(match setup.job.pace {
        Pace::InOrder => 1,
        Pace::Overlapping => usize::try_from(most).unwrap_or(1),
    })
}

/// The names under which Gigya may know a record's account.
pub(crate) fn identities(record: &Record) -> Vec<String> {
    let mut names = vec![record.subject.to_string()];
    for path in ["UID", "email", "profile.email"] {
        names.extend(FieldPath::new(path).get(&record.fields).map(plain_text));
    }
    names.retain(|name| !name.is_empty());
    names
}

/// What a writer does for one record.
#[async_trait::async_trait]
pub(crate) trait Call: Sync {
    /// Calls Gigya.
    async fn call(&self, record: &Record) -> Result<Value, CallFailure>;

    /// Whose call it is: calls that share a name follow each other.
    fn identities(&self, record: &Record) -> Vec<String> {
        identities(record)
    }
}

/// Calls for each record of a batch, so many at once, and settles the results in the order of the records. Once
/// a call fails the job no further one is begun, and the failure of the earliest record is told.
pub(crate) async fn calls(
    caller: &impl Call,
    batch: Vec<Record>,
    connections: usize,
    add_response: bool,
    out: &mut Outlet<'_>,
) -> Result<(), Stop> {
    let mut results: Vec<Option<Result<Value, CallFailure>>> = batch.iter().map(|_| None).collect();
    let failed = AtomicBool::new(false);
    let (records, failed) = (batch.as_slice(), &failed);
    let lanes = match connections {
        1 => vec![(0..batch.len()).collect()],
        _ => lanes(&records.iter().map(|record| caller.identities(record)).collect::<Vec<_>>()),
    };
    let drive = |lane: Vec<usize>| async move {
        let mut done = Vec::with_capacity(lane.len());
        for index in lane {
            if failed.load(Ordering::Relaxed) {
                break;
            }
            let result = caller.call(&records[index]).await;
            failed.fetch_or(matches!(result, Err(CallFailure::Broken(_))), Ordering::Relaxed);
            done.push((index, result));
        }
        done
    };
    let mut driven = stream::iter(lanes).map(drive).buffered(connections);
    while let Some(done) = driven.next().await {
        for (index, result) in done {
            results[index] = Some(result);
        }
    }
    drop(driven);
    for (record, result) in batch.into_iter().zip(results) {
        let Some(result) = result else { continue };
        let watch = out.watch(&record);
        let fate = settled(result, record, add_response)?;
        out.settle(watch, fate).await?;
    }
    Ok(())
}

/// Which records follow each other: those that share a name, directly or through others. Lanes stand in the order
/// of their first record.
fn lanes(names: &[Vec<String>]) -> Vec<Vec<usize>> {
    let mut lane_of: BTreeMap<&str, usize> = BTreeMap::new();
    let mut lanes: Vec<Vec<usize>> = Vec::new();
    for (index, names) in names.iter().enumerate() {
        let mut shared: Vec<usize> =
            names.iter().filter_map(|name| lane_of.get(name.as_str()).copied()).collect();
        shared.sort_unstable();
        shared.dedup();
        let lane = match shared.split_first() {
            None => {
                lanes.push(Vec::new());
                lanes.len() - 1
            }
            Some((first, others)) => {
                for other in others {
                    let moved = std::mem::take(&mut lanes[*other]);
                    lanes[*first].extend(moved);
                }
                lane_of.values_mut().filter(|lane| others.contains(lane)).for_each(|lane| *lane = *first);
                *first
            }
        };
        lanes[lane].push(index);
        lane_of.extend(names.iter().map(|name| (name.as_str(), lane)));
    }
    lanes.retain(|lane| !lane.is_empty());
    for lane in &mut lanes {
        lane.sort_unstable();
    }
    lanes
}

/// What becomes of a record after a call for it.
fn settled(result: Result<Value, CallFailure>, mut record: Record, add_response: bool) -> Result<Fate, Stop> {
    match result {
        Ok(answer) => {
            if add_response {
                record.fields.insert("_response".to_owned(), answer);
            }
            Ok(Fate::next(record))
        }
        Err(CallFailure::Refused { details, .. }) => Ok(Fate::error(record, details)),
        Err(CallFailure::Broken(text)) => Err(Stop::Outside(format!("record {}: {text}", record.subject))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_shares_a_name_shares_a_lane() {
        for (names, expected) in [
            ("a b c", "0|1|2"),
            ("a b a c b", "0,2|1,4|3"),
            ("a,x b,x c", "0,1|2"),
            ("a b c,a,b d", "0,1,2|3"),
            ("a b c,a,b b a", "0,1,2,3,4"),
        ] {
            let names: Vec<Vec<String>> =
                names.split(' ').map(|names| names.split(',').map(str::to_owned).collect()).collect();
            let shown: Vec<String> = lanes(&names)
                .iter()
                .map(|lane| lane.iter().map(usize::to_string).collect::<Vec<_>>().join(","))
                .collect();
            assert_eq!(shown.join("|"), expected);
        }
    }
}
