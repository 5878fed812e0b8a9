//! `datasource.lookup.gigya.account`

use crate::component::{Carries, Component, ComponentDoc, Fate, Setup, optional, required};
use crate::gigya::{Gigya, constant};
use crate::record::{FieldPath, Fields, Record, error_details, leaves, plain_text};
use crate::run::{Outlet, Stop};
use serde_json::Value;
use standin_model::Evidence;
use standin_model::mutant::mutated;
use std::collections::{BTreeMap, BTreeSet};

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "datasource.lookup.gigya.account",
    summary: "Searches each record's account, to enrich the record or to route it",
    params: &[
        required("select", "fields brought into the record; `*` and `field as alias` too"),
        required("lookupFields", "list of `sourceField` and `gigyaField`, compared for equality"),
        optional("from", "accounts", "`accounts` or `emailAccounts`"),
        optional("lookupFieldsOperator", "OR", "how several pairs combine, `OR` or `AND`"),
        optional(
            "handleFieldConflicts",
            "take_lookup",
            "whose value wins, leaf by leaf: `take_lookup` or `take_source`",
        ),
        optional("matchBehavior", "process", "`process` or `remove`"),
        optional("mismatchBehavior", "error", "`error`, `process` or `remove`"),
        optional("multiMatchBehavior", "error", "`error`, or `process` the first match"),
        optional("separateMultiMatches", "false", "whether each of several matches makes a record"),
        optional("isCaseSensitive", "false", "whether texts are compared with their case"),
        optional("batchSize", "200", "records per search"),
        optional("maxConcurrency", "1", "accepted; calls are made one after another"),
        optional("apiKey", "", "another site"),
        optional("userKey", "", "another site's user key"),
        optional("secret", "", "another site's secret"),
        optional(
            "privateKey",
            "",
            "another site's private key in PEM or base64 of it, in place of the secret",
        ),
    ],
    input: Carries::Records,
    output: Carries::Records,
    evidence: Evidence::recorded("lookup steps in recorded idx.search answers", "match_mismatch_and_many"),
    build,
};

/// The most accounts that one search may bring.
const MOST: usize = 5000;

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let mut pairs = Vec::new();
    for [source, gigya] in setup.rows("lookupFields", ["sourceField", "gigyaField"])? {
        if source.is_empty() || gigya.is_empty() {
            return Err("parameter `lookupFields` has a pair with an empty side".to_owned());
        }
        pairs.push(Pair { source: FieldPath::new(&source), gigya: FieldPath::new(&gigya) });
    }
    if pairs.is_empty() {
        return Err("parameter `lookupFields` is missing or empty".to_owned());
    }
    let select = setup.required_text("select")?.trim().to_owned();
    let from = setup.text("from")?.trim();
    Ok(Box::new(Lookup {
        selection: Selection::of(&select, &pairs),
        pairs,
        from: if from.is_empty() { "accounts" } else { from }.to_owned(),
        all: setup.word("lookupFieldsOperator", &["OR", "AND"])? == 1,
        source_wins: setup.word("handleFieldConflicts", &["take_lookup", "take_source"])? == 1,
        on_match: [Then::Process, Then::Remove][setup.word("matchBehavior", &["process", "remove"])?],
        on_mismatch: [Then::Error, Then::Process, Then::Remove]
            [setup.word("mismatchBehavior", &["error", "process", "remove"])?],
        on_many: [Then::Error, Then::Process][setup.word("multiMatchBehavior", &["error", "process"])?],
        separate: setup.truth("separateMultiMatches", false)?,
        case: setup.truth("isCaseSensitive", false)?,
        batch: usize::try_from(setup.number("batchSize", 200, 1000)?).unwrap_or(200),
        gigya: setup.gigya()?,
        waiting: Vec::new(),
    }))
}

struct Pair {
    source: FieldPath,
    gigya: FieldPath,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Process,
    Remove,
    Error,
}

/// What the query selects: what the flow wants, and what is needed to tell whose result it is.
#[derive(Debug, PartialEq, Eq)]
struct Selection {
    text: String,
    added: Vec<FieldPath>,
}

impl Selection {
    fn of(select: &str, pairs: &[Pair]) -> Self {
        let plain: Vec<&str> =
            select.split(',').map(str::trim).filter(|item| !item.contains(char::is_whitespace)).collect();
        let covers = |path: &str| {
            plain.iter().any(|item| {
                *item == "*"
                    || *item == path
                    || path.strip_prefix(item).is_some_and(|rest| rest.starts_with('.'))
            })
        };
        let mut added: Vec<FieldPath> = Vec::new();
        for pair in pairs {
            if !covers(pair.gigya.text()) && !added.contains(&pair.gigya) {
                added.push(pair.gigya.clone());
            }
        }
        let text =
            std::iter::once(select).chain(added.iter().map(FieldPath::text)).collect::<Vec<_>>().join(", ");
        Self { text, added }
    }
}

struct Lookup {
    selection: Selection,
    pairs: Vec<Pair>,
    from: String,
    all: bool,
    source_wins: bool,
    on_match: Then,
    on_mismatch: Then,
    on_many: Then,
    separate: bool,
    case: bool,
    batch: usize,
    gigya: Gigya,
    waiting: Vec<Record>,
}

#[async_trait::async_trait]
impl Component for Lookup {
    async fn records(&mut self, batch: Vec<Record>, out: &mut Outlet<'_>) -> Result<(), Stop> {
        self.waiting.extend(batch);
        while self.waiting.len() >= self.batch {
            let rest = self.waiting.split_off(self.batch);
            let batch = std::mem::replace(&mut self.waiting, rest);
            self.look(batch, out).await?;
        }
        Ok(())
    }

    async fn finish(&mut self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        let batch = std::mem::take(&mut self.waiting);
        self.look(batch, out).await
    }
}

impl Lookup {
    async fn look(&mut self, batch: Vec<Record>, out: &mut Outlet<'_>) -> Result<(), Stop> {
        let accounts = match self.query(&batch) {
            Some(query) => self.search(query).await?,
            None => Vec::new(),
        };
        let index = self.index(&accounts);
        for record in batch {
            let watch = out.watch(&record);
            let likely = self.likely(&record.fields, &index).into_iter().map(|number| &accounts[number]);
            let found: Vec<&Value> = likely.filter(|account| self.matches(&record.fields, account)).collect();
            let fate = self.fate(record, &found);
            out.settle(watch, fate).await?;
        }
        Ok(())
    }

    /// The accounts by the texts that each pair may find them under, so that not every record is held against all.
    fn index(&self, accounts: &[Value]) -> BTreeMap<(usize, String), Vec<usize>> {
        let mut index: BTreeMap<(usize, String), Vec<usize>> = BTreeMap::new();
        for (number, account) in accounts.iter().enumerate() {
            let Value::Object(account) = account else { continue };
            for (pair, at) in self.pairs.iter().zip(0..) {
                let Some(stored) = pair.gigya.get(account) else { continue };
                self.texts(stored, &mut |text| index.entry((at, text)).or_default().push(number));
            }
        }
        index
    }

    fn texts(&self, stored: &Value, found: &mut impl FnMut(String)) {
        match stored {
            Value::Array(items) => items.iter().for_each(|item| self.texts(item, found)),
            Value::Null | Value::Object(_) => {}
            other => found(self.key(other)),
        }
    }

    fn key(&self, value: &Value) -> String {
        let text = plain_text(value);
        if self.case || mutated("dataflow.lookup.letters-count") { text } else { text.to_lowercase() }
    }

    /// The numbers of the accounts that some pair finds for a record.
    fn likely(&self, fields: &Fields, index: &BTreeMap<(usize, String), Vec<usize>>) -> BTreeSet<usize> {
        let found = self
            .pairs
            .iter()
            .zip(0..)
            .filter_map(|(pair, at)| index.get(&(at, self.key(sought(pair, fields)?))));
        found.flatten().copied().collect()
    }

    /// One search for the whole batch, or none if no record has anything to look for.
    fn query(&self, batch: &[Record]) -> Option<String> {
        let mut parts = Vec::new();
        for pair in &self.pairs {
            let mut values: Vec<String> = Vec::new();
            let mut add = |text: String| {
                if !values.contains(&text) {
                    values.push(text);
                }
            };
            for value in batch.iter().filter_map(|record| sought(pair, &record.fields)) {
                add(constant(value));
                // Encrypted fields are texts, and compared without their case as it is.
                if let (Value::String(text), false) = (value, is_encrypted(pair.gigya.text())) {
                    if !self.case {
                        add(constant(&text.to_lowercase().into()));
                        add(constant(&text.to_uppercase().into()));
                    }
                    // A file has texts only, and a field of numbers is compared with numbers.
                    if let (Some(number), true) = (bare_number(text), pair.gigya.text() != "UID") {
                        add(number);
                    }
                }
            }
            if values.is_empty() && self.all {
                return None;
            }
            if !values.is_empty() {
                parts.push(condition(pair.gigya.text(), &values));
            }
        }
        if parts.is_empty() {
            return None;
        }
        let all = self.all && !mutated("dataflow.lookup.and-is-or");
        let condition = parts.join(if all { " AND " } else { " OR " });
        Some(format!("SELECT {} FROM {} WHERE {condition} LIMIT {MOST}", self.selection.text, self.from))
    }

    async fn search(&self, query: String) -> Result<Vec<Value>, Stop> {
        let answer = self.gigya.call("accounts.search", &[("query", query.clone())]).await;
        let answer = answer.map_err(|failure| failure.stop(&format!("accounts.search refused `{query}`")))?;
        let results = answer.get("results").and_then(Value::as_array).cloned().unwrap_or_default();
        if results.len() >= MOST {
            return Err(Stop::Here(format!(
                "a lookup matches {MOST} accounts or more: make `batchSize` smaller"
            )));
        }
        Ok(results)
    }

    fn matches(&self, fields: &Fields, account: &Value) -> bool {
        let Value::Object(account) = account else { return false };
        let mut pairs = self.pairs.iter().map(|pair| {
            sought(pair, fields)
                .is_some_and(|value| pair.gigya.get(account).is_some_and(|stored| self.same(value, stored)))
        });
        match self.all && !mutated("dataflow.lookup.and-is-or") {
            true => pairs.all(|same| same),
            false => pairs.any(|same| same),
        }
    }

    /// An array holds a value if one of its elements equals it.
    fn same(&self, value: &Value, stored: &Value) -> bool {
        match stored {
            Value::Array(items) => items.iter().any(|item| self.same(value, item)),
            Value::Null | Value::Object(_) => false,
            _ => self.key(value) == self.key(stored),
        }
    }

    fn fate(&self, record: Record, found: &[&Value]) -> Fate {
        match (found, self.on_match) {
            ([], _) => match self.on_mismatch {
                Then::Process => Fate::next(record),
                _ if mutated("dataflow.lookup.unknown-passes") => Fate::next(record),
                Then::Remove => Fate::filtered("no account matches"),
                Then::Error => Fate::error(record, error_details(404_000, "Not found")),
            },
            (_, Then::Remove) if !mutated("dataflow.lookup.known-passes") => {
                Fate::filtered("an account matches")
            }
            ([_, _, ..], _) if self.separate => {
                let next = found.iter().map(|account| self.joined(&record, account)).collect();
                Fate { next, ..Fate::default() }
            }
            ([_, _, ..], _) if self.on_many == Then::Error && !mutated("dataflow.lookup.first-of-many") => {
                Fate::error(record, error_details(400_006, format!("{} accounts match", found.len())))
            }
            ([account, ..], _) => Fate::next(self.joined(&record, account)),
        }
    }

    /// Leaf by leaf: a selected `profile.email` leaves the rest of the record's `profile` alone.
    fn joined(&self, record: &Record, account: &Value) -> Record {
        let Value::Object(account) = account else { return record.clone() };
        let mut account = account.clone();
        for path in &self.selection.added {
            path.take(&mut account);
        }
        let mut fields = record.fields.clone();
        leaves(&account, &mut |path, value| {
            let path = FieldPath::new(path);
            let husk = value.as_object().is_some_and(serde_json::Map::is_empty);
            let wins = self.source_wins != mutated("dataflow.lookup.other-side-wins");
            let kept = wins && path.get(&fields).is_some();
            if !husk && !kept {
                // What came out of an answer is not nested deeply enough to be refused.
                let _ = path.put(&mut fields, value.clone());
            }
        });
        record.with(fields)
    }
}

/// One of several values. Fields that are encrypted take equality alone, as often as there are values.
fn condition(field: &str, values: &[String]) -> String {
    if !is_encrypted(field) {
        return format!("{field} IN ({})", values.join(", "));
    }
    let equal: Vec<String> = values.iter().map(|value| format!("{field} = {value}")).collect();
    match equal.as_slice() {
        [one] => one.clone(),
        many => format!("({})", many.join(" OR ")),
    }
}

/// What is encrypted on every site: login identifiers, and what the profile tells of somebody.
const ENCRYPTED: &[&str] = &[
    "username",
    "emails",
    "loginIDs",
    "profile.email",
    "profile.username",
    "profile.firstName",
    "profile.lastName",
    "profile.nickname",
    "profile.name",
    "profile.bio",
    "profile.address",
    "profile.city",
    "profile.state",
    "profile.zip",
    "profile.country",
    "profile.hometown",
    "profile.photoURL",
    "profile.thumbnailURL",
    "profile.profileURL",
    "profile.proxyemail",
    "profile.gender",
    "profile.phones.type",
    "profile.phones.number",
    "profile.work.company",
    "profile.work.companyID",
    "profile.work.title",
    "profile.work.industry",
    "profile.work.location",
    "profile.work.description",
    "profile.publications.title",
    "profile.publications.summary",
    "profile.publications.publisher",
    "profile.publications.url",
    "profile.patents.title",
    "profile.patents.summary",
    "profile.patents.number",
    "profile.patents.office",
    "profile.patents.status",
    "profile.patents.url",
    "profile.oidcData.name",
    "profile.oidcData.middle_name",
    "profile.oidcData.email_verified",
    "profile.oidcData.phone_number",
    "profile.oidcData.phone_number_verified",
];

fn is_encrypted(field: &str) -> bool {
    let groups = ["emails.", "loginIDs.", "profile.oidcData.address."];
    groups.iter().any(|group| field.starts_with(group)) || ENCRYPTED.contains(&field)
}

/// The digits of a text that is a number in the only way it can be written.
fn bare_number(text: &str) -> Option<String> {
    let number = text.parse::<i64>().ok()?.to_string();
    (number == text).then_some(number)
}

/// What a record looks for; nothing if it has nothing there.
fn sought<'a>(pair: &Pair, fields: &'a Fields) -> Option<&'a Value> {
    pair.source.get(fields).filter(|value| match value {
        Value::String(text) => !text.is_empty(),
        Value::Number(_) | Value::Bool(_) => true,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::World;
    use serde_json::{Value, json};

    fn params(more: Value) -> Value {
        let mut params =
            json!({"select": "UID", "lookupFields": [{"sourceField": "UID", "gigyaField": "UID"}]});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        params
    }

    fn check(more: Value, results: Value, record: Value, next: Value, errors: Value) {
        let mut world = World::new();
        world.answer(json!({"results": results}));
        let out = world.through("datasource.lookup.gigya.account", params(more), &[record]);
        assert_eq!(out.report.failure, None);
        assert_eq!((Value::from(out.next), Value::from(out.errors)), (next, errors));
    }

    #[test]
    fn match_mismatch_and_many() {
        let record = || json!({"UID": "ann"});
        let rejected = |code: i64, text: &str| json!([{"UID": "ann", "_errorDetails": {"errorCode": code, "errorMessage": text}}]);
        let two = || json!([{"UID": "ann", "x": 1}, {"UID": "Ann", "x": 2}]);
        check(json!({}), json!([{"UID": "ann"}]), record(), json!([record()]), json!([]));
        check(json!({"matchBehavior": "remove"}), json!([{"UID": "ann"}]), record(), json!([]), json!([]));
        check(json!({}), json!([]), record(), json!([]), rejected(404_000, "Not found"));
        check(json!({"mismatchBehavior": "process"}), json!([]), record(), json!([record()]), json!([]));
        check(json!({"mismatchBehavior": "remove"}), json!([]), record(), json!([]), json!([]));
        check(json!({}), two(), record(), json!([]), rejected(400_006, "2 accounts match"));
        check(
            json!({"multiMatchBehavior": "process"}),
            two(),
            record(),
            json!([{"UID": "ann", "x": 1}]),
            json!([]),
        );
        check(
            json!({"separateMultiMatches": true}),
            two(),
            record(),
            json!([{"UID": "ann", "x": 1}, {"UID": "Ann", "x": 2}]),
            json!([]),
        );
        check(json!({"isCaseSensitive": true}), two(), record(), json!([{"UID": "ann", "x": 1}]), json!([]));
    }

    #[test]
    fn conflicts_are_settled_leaf_by_leaf() {
        let account = || json!([{"UID": "ann", "profile": {"email": "new@x.example", "zip": "1"}}]);
        let record = || json!({"UID": "ann", "profile": {"email": "old@x.example", "city": "Diest"}});
        check(
            json!({"select": "profile.email, profile.zip"}),
            account(),
            record(),
            json!([{"UID": "ann", "profile": {"email": "new@x.example", "city": "Diest", "zip": "1"}}]),
            json!([]),
        );
        check(
            json!({"select": "profile.email, profile.zip", "handleFieldConflicts": "take_source"}),
            account(),
            record(),
            json!([{"UID": "ann", "profile": {"email": "old@x.example", "city": "Diest", "zip": "1"}}]),
            json!([]),
        );
    }

    fn check_query(more: Value, records: &[Value], expected: &[&str]) {
        let mut world = World::new();
        for _ in expected {
            world.answer(json!({"results": []}));
        }
        world.through("datasource.lookup.gigya.account", params(more), records);
        let queries: Vec<String> =
            world.calls().iter().map(|call| call["query"].as_str().unwrap().to_owned()).collect();
        assert_eq!(queries, expected);
    }

    #[test]
    fn one_search_per_batch() {
        let records: Vec<Value> = ["a", "b", "a", "C\"", ""].iter().map(|uid| json!({"UID": uid})).collect();
        check_query(
            json!({}),
            &records,
            &[
                "SELECT UID FROM accounts WHERE UID IN (\"a\", \"A\", \"b\", \"B\", \"C\\\"\", \"c\\\"\") LIMIT 5000",
            ],
        );
        check_query(
            json!({"batchSize": 2, "isCaseSensitive": true}),
            &records,
            &[
                "SELECT UID FROM accounts WHERE UID IN (\"a\", \"b\") LIMIT 5000",
                "SELECT UID FROM accounts WHERE UID IN (\"a\", \"C\\\"\") LIMIT 5000",
            ],
        );
        check_query(json!({}), &[json!({"UID": ""}), json!({"UID": null}), json!({})], &[]);
    }

    #[test]
    fn numbers_and_encrypted_fields_are_asked_for_as_they_allow() {
        let pairs = |field: &str| json!({"isCaseSensitive": true, "lookupFields": [{"sourceField": "UID", "gigyaField": field}]});
        for (field, value, condition) in [
            ("data.customer", "42", "data.customer IN (\"42\", 42)"),
            ("data.customer", "042", "data.customer IN (\"042\")"),
            ("profile.zip", "B-1", "profile.zip = \"B-1\""),
            ("profile.email", "7", "profile.email = \"7\""),
        ] {
            let query = format!("SELECT UID, {field} FROM accounts WHERE {condition} LIMIT 5000");
            check_query(pairs(field), &[json!({"UID": value})], &[&query]);
        }
    }

    #[test]
    fn pairs_combine() {
        let pairs = json!([{"sourceField": "id", "gigyaField": "UID"}, {"sourceField": "mail", "gigyaField": "loginIDs.emails"}]);
        let both = [json!({"id": "a", "mail": "m"}), json!({"mail": "n"})];
        check_query(
            json!({"select": "UID as _UID", "lookupFields": pairs}),
            &both,
            &[
                "SELECT UID as _UID, UID, loginIDs.emails FROM accounts WHERE UID IN (\"a\", \"A\") OR (loginIDs.emails = \"m\" OR loginIDs.emails = \"n\") LIMIT 5000",
            ],
        );
        check_query(
            json!({"select": "*", "lookupFields": pairs, "lookupFieldsOperator": "and", "from": "emailAccounts"}),
            &both,
            &[
                "SELECT * FROM emailAccounts WHERE UID IN (\"a\", \"A\") AND (loginIDs.emails = \"m\" OR loginIDs.emails = \"n\") LIMIT 5000",
            ],
        );
        let account = json!([{"_UID": "u", "UID": "u", "loginIDs": {"emails": ["x", "m"]}}]);
        check(
            json!({"select": "UID as _UID", "lookupFields": pairs}),
            account.clone(),
            json!({"mail": "M"}),
            json!([{"mail": "M", "_UID": "u"}]),
            json!([]),
        );
        check(
            json!({"select": "UID as _UID", "lookupFields": pairs, "lookupFieldsOperator": "AND", "mismatchBehavior": "remove"}),
            account,
            json!({"id": "other", "mail": "m"}),
            json!([]),
            json!([]),
        );
    }
}
