//! `accounts` and `emailAccounts` as sources of a search, with what their indexes can serve.

use crate::account::Account;
use crate::email::folded;
use crate::index::{Index, Indexed};
use crate::people::{Lite, People};
use crate::query::access::{Access, Range};
use crate::query::document::Document;
use crate::query::plan::Plan;
use crate::query::source::{Candidates, Hold, Id, Source};
use crate::query::tree::Constant;
use crate::site::Site;
use standin_model::Instant;
use std::ops::Bound;
use std::sync::Arc;

/// Full accounts, lite records, or both.
pub(crate) struct Accounts<'p> {
    pub(crate) people: Option<&'p People>,
    pub(crate) full: bool,
    pub(crate) lite: bool,
}

/// One record for each address.
pub(crate) struct Addresses<'p> {
    pub(crate) people: Option<&'p People>,
    /// The site whose tokens the addresses have.
    pub(crate) site: &'p Site,
}

/// Fields that hold addresses or user names; all of them are compared without case.
const NAMES: &[&str] = &[
    "profile.email",
    "profile.username",
    "emails.verified",
    "emails.unverified",
    "loginIDs.emails",
    "loginIDs.username",
];

/// The field by which accounts are kept.
const UID: (&str, fn(&str) -> String) = ("UID", str::to_owned);

type Keyed<'p, T> = (&'p Arc<str>, &'p T);
/// What an index found: the records, and whether they are out of the order of their keys.
type Found<'p, T> = (Box<dyn Iterator<Item = Keyed<'p, T>> + 'p>, bool);

impl Source for Accounts<'_> {
    fn candidates<'s>(&'s self, plan: &Plan) -> Candidates<'s> {
        let people = self.people.into_iter();
        let found = people.clone().filter(|_| self.full).map(|people| {
            let (records, shuffled) = narrowed(&people.seen, &plan.access, UID, NAMES);
            (records.map(|(uid, account)| (Hold::Account(uid), Document::Account(account))), shuffled)
        });
        let lites = people.filter(|_| self.lite).flat_map(|people| lites(alone(people), None));
        let (full, shuffled): (Vec<_>, Vec<bool>) = found.unzip();
        Candidates {
            documents: Box::new(full.into_iter().flatten().chain(lites)),
            shuffled: shuffled.contains(&true),
        }
    }

    fn document(&self, id: &Id) -> Option<Document<'_>> {
        match id {
            Id::Account(uid) => Some(Document::Account(self.people?.seen.get(uid)?.1)),
            Id::Lite(email) => Some(Document::Lite(self.people?.seen_lites.get(email)?.1, None)),
            Id::Other(_) => None,
        }
    }
}

impl Source for Addresses<'_> {
    fn candidates<'s>(&'s self, plan: &Plan) -> Candidates<'s> {
        let Some(people) = self.people else {
            return Candidates { documents: Box::new(std::iter::empty()), shuffled: false };
        };
        let (full, one) = narrowed(&people.seen, &plan.access, UID, &["email", "profile.email"]);
        let addresses = full
            .filter_map(|(uid, account)| Some((Hold::Account(uid), address(people, account, self.site)?)));
        let (records, two) = narrowed(&people.seen_lites, &plan.access, ("email", folded), &[]);
        let alone = records.filter(|(email, _)| !has_account(people, email));
        Candidates {
            documents: Box::new(addresses.chain(lites(alone, Some(self.site)))),
            shuffled: one || two,
        }
    }

    fn document(&self, id: &Id) -> Option<Document<'_>> {
        let people = self.people?;
        match id {
            Id::Account(uid) => address(people, people.seen.get(uid)?.1, self.site),
            Id::Lite(email) => Some(Document::Lite(people.seen_lites.get(email)?.1, Some(self.site))),
            Id::Other(_) => None,
        }
    }
}

/// The part of the index in which all matches are, by the narrowest thing that the condition says.
fn narrowed<'p, T: Indexed>(
    index: &'p Index<T>,
    access: &Access,
    key: (&str, fn(&str) -> String),
    names: &[&str],
) -> Found<'p, T> {
    let (path, spelt) = key;
    if let Some(keys) = access.equal(&[path]) {
        let mut keys: Vec<String> = texts(&keys).iter().map(|key| spelt(key)).collect();
        keys.sort_unstable();
        keys.dedup();
        return (Box::new(keys.into_iter().filter_map(|key| index.get(&key))), false);
    }
    if let Some(wanted) = access.whole(names) {
        let mut wanted: Vec<String> = texts(&wanted).iter().map(|name| folded(name)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut found: Vec<Keyed<'p, T>> = wanted.iter().flat_map(|name| index.named(name)).collect();
        found.sort_unstable_by_key(|(key, _)| *key);
        found.dedup_by_key(|(key, _)| *key);
        return (Box::new(found.into_iter()), false);
    }
    let stamps = access.range("lastUpdatedTimestamp").map(|range| bounds(&range, stamp));
    let texts = || access.range("lastUpdated").map(|range| bounds(&range, time));
    match stamps.or_else(texts) {
        Some((from, to)) if (from, to) != (Bound::Unbounded, Bound::Unbounded) => {
            (Box::new(index.updated(from, to)), true)
        }
        _ => (Box::new(index.all()), false),
    }
}

fn texts(constants: &[&Constant]) -> Vec<String> {
    let text = |constant: &&Constant| match constant {
        Constant::Text(text) => Some(text.clone()),
        _ => None,
    };
    constants.iter().filter_map(text).collect()
}

/// A range of constants as one of instants. What cannot be read as one is no bound.
fn bounds(range: &Range, read: fn(&Constant) -> Option<Instant>) -> (Bound<Instant>, Bound<Instant>) {
    let one = |bound: &Bound<Constant>| match bound {
        Bound::Included(value) | Bound::Excluded(value) => {
            read(value).map_or(Bound::Unbounded, Bound::Included)
        }
        Bound::Unbounded => Bound::Unbounded,
    };
    (one(&range.from), one(&range.to))
}

/// The instant of a number of milliseconds. A fraction is cut off, which is why bounds include it.
fn stamp(constant: &Constant) -> Option<Instant> {
    match constant {
        Constant::Whole(millis) => Some(Instant::from_millis(*millis)),
        Constant::Float(millis) => Some(Instant::from_millis(millis.floor() as i64)),
        _ => None,
    }
}

/// The first instant whose text begins with a text such as `2024-01` or `2024-01-01T10:00`.
fn time(constant: &Constant) -> Option<Instant> {
    const FIRST: &str = "0000-01-01T00:00:00.000Z";
    let Constant::Text(text) = constant else { return None };
    let rest = FIRST.get(text.len()..)?;
    (text.is_ascii() && text.len() >= 4).then(|| format!("{text}{rest}").parse().ok())?
}

/// The record of an account's address.
fn address<'p>(people: &'p People, account: &'p Account, site: &'p Site) -> Option<Document<'p>> {
    let email = account.email()?;
    let lite = !people.seen_lites.is_empty() && people.seen_lites.get(&folded(email)).is_some();
    Some(Document::Address { account, lite, site })
}

/// Lite records without an account.
fn alone(people: &People) -> impl Iterator<Item = Keyed<'_, Lite>> {
    people.seen_lites.all().filter(|(email, _)| !has_account(people, email))
}

/// Whether an account has this as its address.
fn has_account(people: &People, email: &str) -> bool {
    let mut named = people.seen.named(email);
    named.any(|(_, account)| account.email().is_some_and(|it| folded(it) == email))
}

fn lites<'p>(
    records: impl Iterator<Item = Keyed<'p, Lite>>,
    site: Option<&'p Site>,
) -> impl Iterator<Item = (Hold<'p>, Document<'p>)> {
    records.map(move |(email, lite)| (Hold::Lite(email), Document::Lite(lite, site)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::fields::Fields;
    use crate::testing::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    /// When somebody was last changed: whole and broken seconds around a day's beginning.
    const TIMES: [&str; 5] = [
        "2024-12-31T23:59:59.999Z",
        "2025-01-01T00:00:00.000Z",
        "2025-01-01T00:00:00.001Z",
        "2025-01-02T10:00:00.000Z",
        "2025-02-01T00:00:00.000Z",
    ];

    fn people() -> impl Strategy<Value = Vec<Value>> {
        let person = (0..8_usize, 0..TIMES.len(), any::<bool>(), any::<bool>());
        prop::collection::vec(person, 0..8).prop_map(|people| {
            let each = people.into_iter().enumerate().map(|(n, (name, time, address, verified))| {
                let mut it =
                    json!({"UID": format!("u{n}"), "lastUpdated": TIMES[time], "isVerified": verified});
                match address {
                    true => it["profile"] = json!({"email": format!("P{name}.{n}@example.org")}),
                    false => {
                        it["emails"] = json!({"verified": [format!("p{name}@example.org")], "unverified": []})
                    }
                }
                it
            });
            each.collect()
        })
    }

    fn condition() -> impl Strategy<Value = String> {
        let stamp = prop::sample::select(vec![
            "1735689599999",
            "1735689600000",
            "1735689600000.5",
            "1735689600001",
            "1738368000000",
            "-1",
            "'x'",
        ]);
        let time = prop::sample::select(vec![
            "2025",
            "2025-01",
            "2025-01-01",
            "2025-01-01T00:00:00.000Z",
            "2025-01-01T00:00:00.0005Z",
            "2025-01-01T00:00:00Z",
            "2025-13",
            "20",
            "tomorrow",
            "",
        ]);
        let op = || prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">="]);
        let name = prop::sample::select(NAMES);
        let address = (0..8_usize, 0..8_usize, any::<bool>()).prop_map(|(name, n, whole)| match whole {
            true => format!("p{name}.{n}@EXAMPLE.org"),
            false => format!("P{name}@example.org"),
        });
        let leaf = prop_oneof![
            (op(), stamp).prop_map(|(op, stamp)| format!("lastUpdatedTimestamp {op} {stamp}")),
            (op(), time).prop_map(|(op, time)| format!("lastUpdated {op} '{time}'")),
            (0..9_usize).prop_map(|n| format!("UID = 'u{n}'")),
            (0..9_usize).prop_map(|n| format!("UID IN ('u{n}', 'u3', 5)")),
            Just("UID contains 'u1'".to_owned()),
            (name, address).prop_map(|(name, address)| format!("{name} = '{address}'")),
            Just("loginIDs.emails IN ('p1.1@example.org', 'p2.2@example.org')".to_owned()),
            Just("emails.verified contains 'P1@example.org'".to_owned()),
            Just("isVerified = true".to_owned()),
            (0..8_usize).prop_map(|n| format!("email = 'P{n}.{n}@EXAMPLE.org'")),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} AND {b})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} OR {b})")),
                inner.prop_map(|inner| format!("NOT {inner}")),
            ]
        })
    }

    fn found(source: &dyn Source, plan: &Plan) -> (usize, Vec<Id>) {
        let matches = plan.find(source.candidates(plan), 0..5);
        (matches.total, matches.wanted.iter().map(|(hold, _)| hold.id()).collect())
    }

    proptest! {
        #[test]
        fn indexes_change_no_answer(
            people in people(),
            lites in prop::collection::vec(0..8_usize, 0..4),
            condition in condition(),
            order in prop::sample::select(vec!["", " ORDER BY lastUpdatedTimestamp", " ORDER BY lastUpdatedTimestamp DESC"]),
        ) {
            let mut bench = Bench::seeded(&json!({"accounts": people}));
            for name in lites {
                let email = format!("p{name}.{name}@example.org");
                prop_assert_eq!(bench.code("accounts.importLiteAccount", &[("email", &email)]), 0);
            }
            bench.wait(1000);
            bench.total("SELECT UID FROM accounts");
            let site = bench.gigya.sites.get(crate::DEFAULT_API_KEY).unwrap();
            let fields = Fields { schemas: Some((&site.profile_schema, &site.data_schema)) };
            let people = bench.gigya.people.get(crate::DEFAULT_API_KEY);
            let accounts = Accounts { people, full: true, lite: true };
            let addresses = Addresses { people, site };
            let sources: [(&str, &dyn Source); 2] = [("accounts", &accounts), ("emailAccounts", &addresses)];
            for (name, source) in sources {
                let text = format!("SELECT UID FROM {name} WHERE {condition}{order}");
                let plan = Plan::new(&text, fields).map_err(|refusal| TestCaseError::fail(refusal.details))?;
                let mut whole = plan.clone();
                whole.access = Access::default();
                prop_assert_eq!(found(source, &plan), found(source, &whole), "{}", text);
            }
        }
    }

    #[test]
    fn a_delta_looks_at_the_delta_alone() {
        let accounts: Vec<Value> = (0..50_i64)
            .map(|n| json!({"UID": format!("u{n:02}"), "lastUpdated": Instant::from_seconds(1_700_000_000 + n).to_string()}))
            .collect();
        let bench = Bench::seeded(&json!({"accounts": accounts}));
        let people = bench.gigya.people.get(crate::DEFAULT_API_KEY);
        let source = Accounts { people, full: true, lite: false };
        for (condition, expected) in [
            ("lastUpdatedTimestamp >= 1700000047000", 3),
            ("lastUpdatedTimestamp > 1700000047000 AND data.x = 1", 3),
            ("lastUpdatedTimestamp >= 1700000010000 AND lastUpdatedTimestamp < 1700000012000", 3),
            ("lastUpdated > '2023-11-14T22:14:07.000Z'", 3),
            ("UID = 'u07' AND data.x = 1", 1),
            ("UID = 'u07' OR UID IN ('u01', 'u02')", 3),
            ("profile.email = 'nobody@example.org'", 0),
            ("data.x = 1", 50),
        ] {
            let plan =
                Plan::new(&format!("SELECT UID FROM accounts WHERE {condition}"), Fields::PLAIN).unwrap();
            assert_eq!(source.candidates(&plan).documents.count(), expected, "{condition}");
        }
    }
}
