//! Tree to text that reads back as the same tree: brackets around everything that could be grouped otherwise.

use super::syntax::Ast;

pub(super) fn text(tree: &Ast) -> String {
    match tree {
        Ast::Null => "null".to_owned(),
        Ast::Bool(truth) => truth.to_string(),
        Ast::Number(number) => number.to_string(),
        Ast::Text(text) => quoted(text),
        Ast::List(items) => format!("[{}]", joined(items)),
        Ast::Map(members) => {
            let members: Vec<String> =
                members.iter().map(|(name, value)| format!("{}: {}", quoted(name), text(value))).collect();
            format!("{{{}}}", members.join(", "))
        }
        Ast::Name(path) => path.clone(),
        Ast::Member(target, name) => format!("{}.{name}", inner(target)),
        Ast::Index(target, index) => format!("{}[{}]", inner(target), text(index)),
        Ast::Not(operand) => format!("!{}", inner(operand)),
        Ast::Minus(operand, _) => format!("-{}", inner(operand)),
        Ast::Binary(operator, left, right, _) => {
            format!("{} {} {}", inner(left), operator.word(), inner(right))
        }
        Ast::Choice(condition, yes, no) => format!("{} ? {} : {}", inner(condition), inner(yes), inner(no)),
        Ast::Else(value, other) => format!("{} ?: {}", inner(value), inner(other)),
        Ast::IfNull(value, other) => format!("{} ?? {}", inner(value), inner(other)),
        Ast::Range(from, to, _) => format!("({} .. {})", inner(from), inner(to)),
        Ast::Function(function, argument) => format!("{}({})", function.word(), text(argument)),
        Ast::Call(target, method, arguments, _) => {
            format!("{}.{}({})", inner(target), method.word(), joined(arguments))
        }
    }
}

fn joined(items: &[Ast]) -> String {
    items.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn inner(tree: &Ast) -> String {
    match tree {
        // Before a bracket this word is the operator.
        Ast::Name(name) if name == "not" => "(not)".to_owned(),
        Ast::Name(_)
        | Ast::Text(_)
        | Ast::Bool(_)
        | Ast::Null
        | Ast::Call(..)
        | Ast::Index(..)
        | Ast::Number(_) => text(tree),
        _ => format!("({})", text(tree)),
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("'");
    for c in text.chars() {
        if matches!(c, '\'' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::super::Expression;
    use super::super::syntax::{Ast, At, Function, Method, Operator};
    use crate::record::tests::fields;
    use proptest::prelude::*;
    use serde_json::{Number, json};

    fn record() -> crate::record::Fields {
        fields(
            json!({"a": "x😀", "b": 5, "c": [1, "2", null], "p": {"firstName": "Ann", "x": {"y": 1.5}}, "n": null, "t": true}),
        )
    }

    fn any_tree() -> impl Strategy<Value = Ast> {
        let name = proptest::sample::select(vec![
            "a",
            "p.firstName",
            "data_x",
            "_y",
            "size",
            "empty",
            "not",
            "é",
            "$a",
            "@timestamp",
            "a.eq",
            "a.size.x",
            "mod_x",
        ]);
        let number = prop_oneof![
            any::<u64>().prop_map(Number::from),
            (0.0..1e300).prop_map(|number| Number::from_f64(number).unwrap()),
            (0u32..1000, 0u32..1000).prop_map(|(a, b)| format!("{a}.{b}").parse::<Number>().unwrap()),
        ];
        let leaf = prop_oneof![
            Just(Ast::Null),
            any::<bool>().prop_map(Ast::Bool),
            number.prop_map(Ast::Number),
            proptest::collection::vec(any::<char>(), 0..6)
                .prop_map(|text| Ast::Text(text.into_iter().collect())),
            name.prop_map(|name| Ast::Name(name.to_owned())),
        ];
        leaf.prop_recursive(4, 40, 3, |inner| {
            let one = inner.clone().prop_map(Box::new);
            let many = proptest::collection::vec(inner.clone(), 0..3);
            prop_oneof![
                many.clone().prop_map(Ast::List),
                proptest::collection::vec((".{0,3}", inner.clone()), 0..3).prop_map(Ast::Map),
                one.clone().prop_map(Ast::Not),
                one.clone().prop_map(|operand| Ast::Minus(operand, At(0))),
                (proptest::sample::select(Operator::ALL), one.clone(), one.clone())
                    .prop_map(|(operator, left, right)| Ast::Binary(operator, left, right, At(0))),
                (one.clone(), one.clone(), one.clone()).prop_map(|(a, b, c)| Ast::Choice(a, b, c)),
                (one.clone(), one.clone()).prop_map(|(a, b)| Ast::Else(a, b)),
                (one.clone(), one.clone()).prop_map(|(a, b)| Ast::Index(a, b)),
                (one.clone(), one.clone()).prop_map(|(a, b)| Ast::IfNull(a, b)),
                (one.clone(), one.clone()).prop_map(|(a, b)| Ast::Range(a, b, At(0))),
                (inner.clone(), "[a-z]{1,3}").prop_filter_map(
                    "a member of a name is a name",
                    |(target, name)| {
                        let plain = matches!(target, Ast::Name(_)) || name == "eq";
                        (!plain).then(|| Ast::Member(Box::new(target), name))
                    }
                ),
                (proptest::sample::select(Function::ALL), one.clone()).prop_map(|(f, a)| Ast::Function(f, a)),
                (one, proptest::sample::select(Method::ALL), many).prop_map(
                    |(target, method, mut arguments)| {
                        arguments.resize(*method.arguments().end(), Ast::Null);
                        Ast::Call(target, method, arguments, At(0))
                    }
                ),
            ]
        })
    }

    proptest! {
        #![proptest_config(crate::testing::cases(256))]

        #[test]
        fn what_is_printed_reads_back(tree in any_tree()) {
            let expression = Expression::of(tree);
            let text = expression.to_string();
            prop_assert_eq!(Expression::parse(&text), Ok(expression), "{}", text);
        }

        #[test]
        fn every_tree_has_a_value_or_a_problem(tree in any_tree()) {
            let _ = Expression::of(tree).evaluate(&record());
        }

        #[test]
        fn any_text_is_an_expression_or_a_problem(text in any::<String>()) {
            if let Ok(expression) = Expression::parse(&text) {
                prop_assert_eq!(Expression::parse(&expression.to_string()), Ok(expression));
            }
        }

        /// Words and signs in any order come further than any letters.
        #[test]
        fn words_in_any_order_never_panic(
            words in proptest::collection::vec(proptest::sample::select(vec![
                "a", "b", "c", "p", ".", "firstName", "n", "t", "null", "true", "false", "1", "2.5", "'x'", "\"\"", "(", ")",
                "[", "]", "{", "}", ",", ":", "?", "?:", "??", "?.", "..", "=^", "!$", "$a", "##", "2L", "!", "not", "-", "+", "*", "/", "%", "div", "mod", "eq", "ne", "==",
                "<", "ge", "=~", "!~", "&&", "or", "empty", "size", ".trim()", ".substring(", ".length()", ".split(", ";",
            ]), 0..14),
        ) {
            let text = words.join(" ");
            if let Ok(expression) = Expression::parse(&text) {
                let printed = expression.to_string();
                prop_assert_eq!(Expression::parse(&printed), Ok(expression.clone()), "{} {}", text, printed);
                let _ = expression.evaluate(&record());
            }
        }

        #[test]
        fn parsing_never_panics(text in "[a-z0-9 .'\"()\\[\\]{}?:!&|=~<>+*/%,;é$^#\\\\-]{0,40}") {
            if let Ok(expression) = Expression::parse(&text) {
                let _ = expression.evaluate(&serde_json::Map::new());
            }
        }
    }

    #[test]
    fn hostile_sizes_are_refused() {
        for text in [
            "(".repeat(5000),
            "!".repeat(5000),
            "-".repeat(5000),
            "a+".repeat(5000),
            "empty ".repeat(900),
            "a?b:".repeat(240),
        ] {
            assert!(Expression::parse(&text).is_err());
        }
        assert!(Expression::parse(&format!("a{}", "+a".repeat(400))).is_ok());
    }
}
