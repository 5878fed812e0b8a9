//! The `search` parameter of the REST API.
//!
//! Clauses stand back to back. Equalities on one term are alternatives; everything else must hold together.

use crate::field;
use crate::filter::{OPS, Op};
use crate::statement::Statement;
use crate::store::{Contact, Store};
use crate::time::{self, Zone};
use crate::value;
use standin_model::Instant;
use std::collections::BTreeSet;
use winnow::ascii::multispace0;
use winnow::combinator::{alt, delimited, opt, preceded, repeat, terminated};
use winnow::prelude::*;
use winnow::token::{rest, take_while};

/// One clause as written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Clause {
    pub(crate) term: String,
    pub(crate) op: Op,
    pub(crate) value: String,
}

fn term<'t>(input: &mut &'t str) -> ModalResult<&'t str> {
    (
        take_while(1, |c: char| c.is_ascii_alphabetic()),
        take_while(0.., |c: char| c.is_ascii_alphanumeric() || c == '_'),
    )
        .take()
        .parse_next(input)
}

fn op(input: &mut &str) -> ModalResult<Op> {
    for (sign, op) in OPS {
        if op != Op::Like
            && let Some(rest) = input.strip_prefix(sign)
        {
            *input = rest;
            return Ok(op);
        }
    }
    winnow::combinator::fail.parse_next(input)
}

fn quoted(input: &mut &str) -> ModalResult<String> {
    let part = alt((take_while(1.., |c| c != '\''), "''".value("'")));
    let body = repeat(0.., part).fold(String::new, |mut text, part: &str| {
        text.push_str(part);
        text
    });
    delimited('\'', body, '\'').parse_next(input)
}

fn clause(input: &mut &str) -> ModalResult<Clause> {
    let term = preceded(multispace0, term).parse_next(input)?;
    let op = delimited(multispace0, op, multispace0).parse_next(input)?;
    let bare = rest.map(|text: &str| text.trim().to_owned());
    let value = terminated(alt((quoted, bare)), multispace0).parse_next(input)?;
    Ok(Clause { term: term.to_owned(), op, value })
}

/// Reads a search. What is no clause is compared with the name.
pub(crate) fn parse(text: &str) -> Vec<Clause> {
    let text = text.trim();
    let text = text.strip_prefix('?').unwrap_or(text);
    let mut clauses = Vec::new();
    let mut input = text;
    while let Ok(Some(found)) = opt(clause).parse_next(&mut input) {
        clauses.push(found);
        if input.is_empty() {
            return clauses;
        }
    }
    let value = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(text);
    vec![Clause { term: "name".to_owned(), op: Op::Equal, value: value.to_owned() }]
}

/// Clauses as they count: each group is alternatives, and all groups must hold.
pub(crate) fn alternatives(clauses: Vec<Clause>) -> Vec<Vec<Clause>> {
    let mut groups: Vec<Vec<Clause>> = Vec::new();
    for clause in clauses {
        let same = groups.iter_mut().find(|group| {
            let first = &group[0];
            clause.op == Op::Equal && first.op == Op::Equal && first.term.eq_ignore_ascii_case(&clause.term)
        });
        match same {
            Some(group) => group.push(clause),
            None => groups.push(vec![clause]),
        }
    }
    groups
}

/// A search whose terms are known, clauses on one term side by side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Search(Vec<Wanted>);

/// Alternatives of one term.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Wanted {
    statement: Statement,
    op: Op,
    /// As written, and without case.
    values: Vec<(String, String)>,
}

impl Search {
    /// Looks the terms up; the error is the term that nobody knows.
    pub(crate) fn read(text: &str, store: &Store) -> Result<Self, String> {
        let mut all: Vec<Wanted> = Vec::new();
        if text.trim().is_empty() {
            return Ok(Self(all));
        }
        for clause in parse(text) {
            let statement = term_of(&clause.term, store).ok_or_else(|| clause.term.clone())?;
            let folded = clause.value.to_lowercase();
            let value = (clause.value, folded);
            let same = all.iter_mut().find(|known| {
                clause.op == Op::Equal && known.op == Op::Equal && known.statement == statement
            });
            match same {
                Some(known) => known.values.push(value),
                None => all.push(Wanted { statement, op: clause.op, values: vec![value] }),
            }
        }
        Ok(Self(all))
    }

    /// Whether a contact is found.
    pub(crate) fn finds(&self, store: &Store, contact: &Contact) -> bool {
        self.0.iter().all(|wanted| holds(store, contact, wanted))
    }

    /// The only contacts that can be found, where a term that tells contacts apart is given without a
    /// wildcard. Whether they are found is still to be seen.
    pub(crate) fn candidates(&self, store: &Store) -> Option<BTreeSet<u64>> {
        self.0.iter().find_map(|wanted| wanted.named(store))
    }
}

impl Wanted {
    fn named(&self, store: &Store) -> Option<BTreeSet<u64>> {
        let plain = |(_, folded): &(String, String)| !folded.trim().is_empty() && !folded.contains('*');
        if self.op != Op::Equal || !self.values.iter().all(plain) {
            return None;
        }
        let id_of = |text: &str| match &self.statement {
            Statement::Field(field) if field.id == field::EMAIL => store.with_email(text),
            Statement::Id => text.parse().ok(),
            // The number at its end; a code before it that is not this site's is seen later.
            _ => text.get(text.len().checked_sub(12)?..)?.parse().ok(),
        };
        let tells_apart = match &self.statement {
            Statement::Id => true,
            Statement::Field(field) => field.id == field::EMAIL || field.internal == "ContactIDExt",
            _ => false,
        };
        tells_apart.then(|| self.values.iter().filter_map(|(_, folded)| id_of(folded)).collect())
    }
}

fn term_of(term: &str, store: &Store) -> Option<Statement> {
    let property = match term.to_ascii_lowercase().as_str() {
        "id" => Some(Statement::Id),
        "createdat" => Some(Statement::CreatedAt),
        "updatedat" | "lastupdatedat" => Some(Statement::UpdatedAt),
        "name" | "emailaddress" => store.fields.get(field::EMAIL).cloned().map(Statement::Field),
        _ => None,
    };
    property.or_else(|| store.fields.internal(term).cloned().map(Statement::Field))
}

fn date_of(text: &str) -> Option<Instant> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds: i64 = text.parse().ok()?;
        return (seconds < 1 << 40).then(|| Instant::from_seconds(seconds));
    }
    time::civil(text).and_then(|civil| Zone::Eastern.instant(civil))
}

fn holds(store: &Store, contact: &Contact, wanted: &Wanted) -> bool {
    let Wanted { statement, op, values } = wanted;
    let system = match statement {
        Statement::CreatedAt => Some(contact.created),
        Statement::UpdatedAt => Some(contact.updated),
        Statement::Field(field) if field.internal == "C_DateCreated" => Some(contact.created),
        Statement::Field(field) if field.internal == "C_DateModified" => Some(contact.modified),
        _ => None,
    };
    let own = match statement {
        Statement::Field(field) if system.is_none() => store.text(contact, field),
        _ => statement.value(store, contact, Zone::Eastern),
    };
    let dated = match statement {
        Statement::Field(field) if field.kind == field::Kind::Date => date_of(&own),
        _ => None,
    };
    let (at, own) = (system.or(dated), own.to_lowercase());
    values.iter().any(|(wanted, folded)| match at.filter(|_| !wanted.is_empty()) {
        Some(at) => time_holds(at, *op, wanted),
        None => folded_holds(&own, *op, folded),
    })
}

/// Timestamps are told in whole seconds, so they are compared so.
pub(crate) fn time_holds(at: Instant, op: Op, wanted: &str) -> bool {
    match date_of(wanted) {
        Some(wanted) => op.holds(at.seconds().cmp(&wanted.seconds())),
        None => op == Op::NotEqual,
    }
}

/// Text is compared without case, and in order of number where both sides are numbers.
pub(crate) fn text_holds(text: &str, op: Op, wanted: &str) -> bool {
    folded_holds(&text.to_lowercase(), op, &wanted.to_lowercase())
}

fn folded_holds(text: &str, op: Op, wanted: &str) -> bool {
    if matches!(op, Op::Equal | Op::NotEqual) {
        return value::fits(wanted, text, '*', None) == (op == Op::Equal);
    }
    match (value::number_key(text), value::number_key(wanted)) {
        (Some(text), Some(wanted)) => op.holds(text.cmp(&wanted)),
        _ => op.holds(text.cmp(wanted)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn clause(term: &str, op: Op, value: &str) -> Clause {
        Clause { term: term.to_owned(), op, value: value.to_owned() }
    }

    #[test]
    fn terms_that_tell_contacts_apart_are_looked_up() {
        let mut store = Store::new("SNDC");
        for name in ["ann", "Bob", "cid"] {
            let values = [(field::EMAIL, format!("{name}@brand.example"))].into();
            store.create(Instant::START, values).unwrap();
        }
        let all = || store.contacts.values();
        for (text, looked_up) in [
            ("emailAddress='ANN@brand.example'emailAddress='x@brand.example'", Some(vec![1_986_000])),
            ("bob@brand.example", Some(vec![1_986_001])),
            ("emailAddress=' bob@brand.example'", Some(vec![1_986_001])),
            ("id=1986002", Some(vec![1_986_002])),
            ("id=01986002", Some(vec![1_986_002])),
            ("id=x", Some(vec![])),
            ("ContactIDExt='csndc000001986001'", Some(vec![1_986_001])),
            ("ContactIDExt='CSNDX000001986001'", Some(vec![1_986_001])),
            ("ContactIDExt='7'", Some(vec![])),
            ("C_FirstName=''emailAddress='cid@brand.example'", Some(vec![1_986_002])),
            ("emailAddress='*@brand.example'", None),
            ("emailAddress!='ann@brand.example'", None),
            ("emailAddress=''", None),
            ("C_FirstName='Ann'", None),
            ("", None),
        ] {
            let search = Search::read(text, &store).unwrap();
            let found = search.candidates(&store).map(|ids| ids.into_iter().collect::<Vec<u64>>());
            assert_eq!(found, looked_up, "{text}");
            // Nobody else would have been found.
            if let Some(ids) = found {
                let missed =
                    all().find(|contact| search.finds(&store, contact) && !ids.contains(&contact.id));
                assert_eq!(missed, None, "{text}");
            }
        }
        let code = Search::read("ContactIDExt='CSNDX000001986001'", &store).unwrap();
        assert!(!all().any(|contact| code.finds(&store, contact)), "another site's code");
    }

    #[test]
    fn no_clause_is_cut_off() {
        let clauses = parse(&"name='a'".repeat(1500));
        assert_eq!(clauses.len(), 1500);
    }

    #[test]
    fn forms_of_search() {
        for (text, expected) in [
            ("*@example.com", vec![clause("name", Op::Equal, "*@example.com")]),
            ("ann@example.com", vec![clause("name", Op::Equal, "ann@example.com")]),
            ("C_EmailAddress=ann@example.com", vec![clause("C_EmailAddress", Op::Equal, "ann@example.com")]),
            ("C_City=''", vec![clause("C_City", Op::Equal, "")]),
            ("?emailAddress='it''s'", vec![clause("emailAddress", Op::Equal, "it's")]),
            (
                "emailAddress='a@x.io'emailAddress='b@x.io'",
                vec![
                    clause("emailAddress", Op::Equal, "a@x.io"),
                    clause("emailAddress", Op::Equal, "b@x.io"),
                ],
            ),
            (
                "C_DateModified>'2021-03-05 10:00:00'C_DateModified<'2021-03-05 11:00:59'C_AS_Status1='MQL'",
                vec![
                    clause("C_DateModified", Op::Greater, "2021-03-05 10:00:00"),
                    clause("C_DateModified", Op::Less, "2021-03-05 11:00:59"),
                    clause("C_AS_Status1", Op::Equal, "MQL"),
                ],
            ),
            (
                "updatedAt>='2018-01-01 00:00:00'",
                vec![clause("updatedAt", Op::NotLess, "2018-01-01 00:00:00")],
            ),
            ("%%% nonsense", vec![clause("name", Op::Equal, "%%% nonsense")]),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    fn printed(clauses: &[Clause]) -> String {
        let sign = |op: Op| OPS.iter().find(|(_, known)| *known == op).map(|(sign, _)| *sign).unwrap();
        let one = |clause: &Clause| {
            format!("{}{}'{}'", clause.term, sign(clause.op), clause.value.replace('\'', "''"))
        };
        clauses.iter().map(one).collect()
    }

    fn clauses() -> impl Strategy<Value = Vec<Clause>> {
        let ops: Vec<Op> = OPS.iter().map(|(_, op)| *op).filter(|op| *op != Op::Like).collect();
        let one = ("[a-zA-Z][a-zA-Z0-9_]{0,8}", proptest::sample::select(ops), "[\\PC'=<>*]{0,8}");
        let one = one.prop_map(|(term, op, value)| Clause { term, op, value });
        proptest::collection::vec(one, 1..6)
    }

    #[test]
    fn equalities_on_one_term_are_alternatives() {
        let groups = alternatives(parse("name='a'name='b'NAME!='c'id>'1'name='d'"));
        let sizes: Vec<usize> = groups.iter().map(Vec::len).collect();
        assert_eq!(sizes, [3, 1, 1]);
    }

    proptest! {
        #[test]
        fn parse_of_print_is_the_same(clauses in clauses()) {
            prop_assert_eq!(parse(&printed(&clauses)), clauses);
        }

        /// Looking only at those that are named outright finds what looking at all would.
        #[test]
        fn candidates_leave_nobody_out(search in "((emailAddress|id|name)=('[aB][01]@x\\.io'|' ?198600[0-3]'|'a\\*'|'')){1,3}") {
            let mut store = Store::new("SNDC");
            for name in ["a0@x.io", "B1@x.io", "a1@x.io"] {
                let _ = store.create(Instant::START, [(field::EMAIL, name.to_owned())].into());
            }
            let search = Search::read(&search, &store).unwrap();
            let all: Vec<u64> = store.contacts.values().filter(|one| search.finds(&store, one)).map(|one| one.id).collect();
            let named = search.candidates(&store).unwrap_or_else(|| store.contacts.keys().copied().collect());
            let found: Vec<u64> = named.into_iter().filter(|id| store.contacts.get(id).is_some_and(|one| search.finds(&store, one))).collect();
            prop_assert_eq!(found, all);
        }

        #[test]
        fn any_search_is_read(text in "[\\PC'=<>]{0,60}") {
            let store = Store::new("SNDC");
            let _ = Search::read(&text, &store);
        }
    }
}
