//! Texts to queries and back.

use crate::query::parse::{parse, unescaped};
use crate::query::pattern::Pattern;
use crate::query::tree::{Constant, Direction, Expr, Function, Item, Op, Path, Query, Select};
use proptest::prelude::*;

#[test]
fn mistakes_have_positions() {
    for (text, expected) in [
        ("", "line 1, column 1: expected SELECT, found the end"),
        ("SELECT UID accounts", "line 1, column 12: expected FROM, found `accounts`"),
        (
            "SELECT UID FROM accounts LIMIT 5 WHERE a = 1",
            "line 1, column 34: expected the end of the query, found `WHERE`",
        ),
        ("SELECT UID FROM accounts\nWHERE a =", "line 2, column 10: expected a condition, found the end"),
        ("SELECT UID FROM accounts WHERE a = b", "line 1, column 36: expected a constant, found `b`"),
        ("SELECT UID FROM accounts WHERE 'a' = 1", "line 1, column 32: expected a field, found `'a'`"),
        ("SELECT UID FROM accounts WHERE a", "line 1, column 32: expected a condition, found `a`"),
        ("SELECT UID FROM accounts WHERE (a = 1", "line 1, column 38: expected ), found the end"),
        ("SELECT UID FROM accounts WHERE a not 1", "line 1, column 38: expected CONTAINS or IN, found `1`"),
        ("SELECT UID FROM accounts WHERE a = 1 = 2", "line 1, column 32: expected a field, found `a`"),
        (
            "SELECT UID FROM accounts WHERE lower(a) = 'x'",
            "line 1, column 32: expected a condition, found `lower`",
        ),
        (
            "SELECT UID FROM accounts HAVING x",
            "line 1, column 26: expected the end of the query, found `HAVING`",
        ),
        ("SELECT UID FROM accounts JOIN b", "line 1, column 26: expected the end of the query, found `JOIN`"),
        (
            "SELECT UID FROM accounts WHERE a LIKE 'x'",
            "line 1, column 34: expected the end of the query, found `LIKE`",
        ),
        (
            "SELECT UID FROM accounts WHERE a IN (SELECT UID FROM accounts)",
            "line 1, column 45: expected ), found `UID`",
        ),
        ("SELECT DISTINCT UID FROM accounts", "line 1, column 17: expected FROM, found `UID`"),
        (
            "SELECT UID FROM accounts FILTER x WITH counters",
            "line 1, column 26: counters are not modelled here: no FILTER, found `FILTER`",
        ),
        ("SELECT UID FROM accounts WHERE a = \"x", "line 1, column 36: Unterminated string literal"),
        ("SELECT UID FROM accounts WHERE a + 1 = 2", "line 1, column 34: unexpected `+`"),
        ("SELECT UID FROM accounts LIMIT -5", "line 1, column 32: expected a whole number, found `-`"),
        (
            "SELECT median(a) FROM accounts",
            "line 1, column 8: expected a field or an aggregate, found `median`",
        ),
        ("SELECT a..b FROM accounts", "line 1, column 8: expected a field, found `a..b`"),
    ] {
        let details = parse(text).unwrap_err().details;
        assert_eq!(details, format!("Error parsing query: {expected}"), "{text}");
    }
}

#[test]
fn depth_and_length_have_bounds() {
    for nested in ["!", "(", "NOT "] {
        let deep = format!("SELECT UID FROM accounts WHERE {}a = 1", nested.repeat(5000));
        assert!(parse(&deep).unwrap_err().details.contains("nested deeper"), "{nested}");
    }
    for (text, expected) in [
        (format!("SELECT UID FROM accounts WHERE a{}", " = 1".repeat(5000)), "more than 4000 conditions"),
        (
            format!("SELECT UID FROM accounts WHERE a = 1{}", " AND a = 1".repeat(2500)),
            "more than 4000 conditions",
        ),
        (
            format!("SELECT UID FROM accounts WHERE a IN (1{})", ", 1".repeat(10_000)),
            "longer than 20000 words",
        ),
    ] {
        assert!(parse(&text).unwrap_err().details.contains(expected), "{expected}");
    }
}

/// Chains lean to the left in the tree that `sqlparser` builds, and every thread's stack must hold them.
#[test]
fn the_longest_chains_need_little_stack() {
    let chains = [
        format!("SELECT UID FROM accounts WHERE a = 1{}", " OR a = 1".repeat(1999)),
        format!("SELECT UID FROM accounts WHERE a = 1{} AND", " AND a = 1".repeat(1998)),
        format!("SELECT UID FROM accounts WHERE a{}", " = 1".repeat(4000)),
    ];
    let run = move || chains.map(|text| parse(&text).is_ok());
    let small = std::thread::Builder::new().stack_size(1 << 20).spawn(run).unwrap();
    assert_eq!(small.join().unwrap(), [true, false, false]);
}

#[test]
fn escapes() {
    for (raw, quote, expected) in [
        (r#"a\"b"#, '"', "a\"b"),
        (r"a\.b", '\'', r"a\.b"),
        (r"a\\b", '\'', r"a\b"),
        ("it''s", '\'', "it's"),
        ("it''s", '"', "it''s"),
        ("a\"\"b", '"', "a\"b"),
    ] {
        assert_eq!(unescaped(raw, quote), expected);
    }
}

#[test]
fn quoted_fields() {
    let query =
        parse("SELECT UID FROM auditLog WHERE \"@timestamp\" > 5 ORDER BY \"@timestamp\", `limit`").unwrap();
    assert_eq!(
        query.to_string(),
        "SELECT UID FROM auditLog WHERE \"@timestamp\" > 5 ORDER BY \"@timestamp\", \"limit\""
    );
}

fn any_path() -> impl Strategy<Value = Path> {
    let plain = prop::sample::select(vec![
        "UID",
        "profile.email",
        "data.club.tier",
        "limit",
        "true",
        "in",
        "@timestamp",
    ]);
    let text = prop_oneof![
        plain.prop_map(str::to_owned),
        "[a-zA-Zé_@][a-z0-9$]{0,4}(\\.[a-z0-9]{1,3}){0,2}",
        "[^.]{1,4}",
    ];
    text.prop_filter_map("a path has no empty name", |text| Path::new(&text))
}

fn any_constant() -> impl Strategy<Value = Constant> {
    prop_oneof![
        ".{0,6}".prop_map(Constant::Text),
        "[\"'\\\\ab]{0,6}".prop_map(Constant::Text),
        any::<i64>().prop_map(Constant::Whole),
        any::<f64>().prop_filter("a number", |it| it.is_finite()).prop_map(Constant::Float),
        any::<bool>().prop_map(Constant::Flag),
    ]
}

fn any_expr() -> impl Strategy<Value = Expr> {
    let op = prop::sample::select(vec![
        Op::Equal,
        Op::NotEqual,
        Op::Less,
        Op::LessOrEqual,
        Op::Greater,
        Op::GreaterOrEqual,
    ]);
    let leaf = prop_oneof![
        (any_path(), op, any_constant()).prop_map(|(path, op, value)| Expr::Compare { path, op, value }),
        (any_path(), any_constant()).prop_map(|(path, value)| Expr::Contains { path, value }),
        (any_path(), prop::collection::vec(any_constant(), 1..4))
            .prop_map(|(path, values)| Expr::In { path, values }),
        any_path().prop_map(|path| Expr::IsNull { path }),
        (any_path(), "[a-z.*\\\\'\"]{0,6}").prop_filter_map("a pattern", |(path, text)| {
            Some(Expr::Matches { path, pattern: Pattern::lucene(&text).ok()? })
        }),
    ];
    leaf.prop_recursive(5, 30, 4, |inner| {
        let terms = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            terms.clone().prop_map(Expr::And),
            terms.prop_map(Expr::Or),
            inner.prop_map(|inner| Expr::Not(Box::new(inner))),
        ]
    })
}

fn any_query() -> impl Strategy<Value = Query> {
    let alias = || prop::option::of(any_path());
    let item = prop_oneof![
        (any_path(), alias()).prop_map(|(path, alias)| Item::Path { path, alias }),
        (prop::sample::select(Function::ALL.to_vec()), any_path(), alias())
            .prop_map(|(function, path, alias)| Item::Aggregate { function, path: Some(path), alias }),
        alias().prop_map(|alias| Item::Aggregate { function: Function::Count, path: None, alias }),
    ];
    let select =
        prop_oneof![Just(Select::Everything), prop::collection::vec(item, 1..4).prop_map(Select::Items),];
    let direction = prop::sample::select(vec![Direction::Ascending, Direction::Descending]);
    let order = prop::collection::vec((any_path(), direction), 0..3);
    (
        select,
        any_path(),
        prop::option::of(any_expr()),
        prop::collection::vec(any_path(), 0..3),
        order,
        prop::option::of(any::<u64>()),
        prop::option::of(any::<u64>()),
    )
        .prop_map(|(select, from, filter, group_by, order_by, start, limit)| Query {
            select,
            from,
            filter,
            group_by,
            order_by,
            start,
            limit,
        })
}

proptest! {
    #[test]
    fn reading_what_is_printed_gives_the_same_tree(query in any_query()) {
        let text = query.to_string();
        match parse(&text) {
            Ok(read) => prop_assert_eq!(read, query),
            Err(refusal) => prop_assert!(false, "{}: {}", text, refusal.details),
        }
    }

    #[test]
    fn no_text_is_too_odd(text in "\\PC{0,80}") {
        check_refusal(&text)?;
    }

    #[test]
    fn no_order_of_words_is_too_odd(words in prop::collection::vec(prop::sample::select(WORDS), 0..30)) {
        check_refusal(&words.join(" "))?;
        check_refusal(&format!("SELECT UID FROM accounts WHERE {}", words.join(" ")))?;
    }
}

/// A text is read or refused as a bad value with a place.
fn check_refusal(text: &str) -> Result<(), TestCaseError> {
    if let Err(refusal) = parse(text) {
        prop_assert_eq!(refusal.code, 400_006);
        prop_assert!(refusal.details.starts_with("Error parsing query: line "), "{}", refusal.details);
    }
    Ok(())
}

const WORDS: &[&str] = &[
    "SELECT",
    "FROM",
    "WHERE",
    "FILTER",
    "GROUP BY",
    "ORDER BY",
    "START",
    "LIMIT",
    "AND",
    "OR",
    "NOT",
    "IN",
    "IS",
    "NULL",
    "CONTAINS",
    "regex",
    "(",
    ")",
    ",",
    "*",
    "=",
    "!=",
    "<",
    ">=",
    "!",
    "!!",
    "-",
    ".",
    ";",
    "'a'",
    "\"b\"",
    "`c`",
    "1",
    "1.5e400",
    "9223372036854775808",
    "true",
    "profile.email",
    "a..b",
    "count",
    "AS",
    "CASE",
    "WHEN",
    "INTERVAL",
    "CAST",
    "EXISTS",
    "BETWEEN",
    "LIKE",
    "--",
    "/*",
    "$$",
    "[",
    "]",
    "{",
    "}",
    "::",
    "@",
    "\\",
    "'",
    "\"",
    "N'x'",
    "0x1F",
    "COLLATE",
    "é",
    "\u{0}",
];
