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
    use proptest::prelude::*;

    fn any_tree() -> impl Strategy<Value = Ast> {
        let name = prop_oneof![Just("a"), Just("p.firstName"), Just("data_x"), Just("_y"), Just("size")];
        let leaf = prop_oneof![
            Just(Ast::Null),
            any::<bool>().prop_map(Ast::Bool),
            any::<u32>().prop_map(|number| Ast::Number(number.into())),
            ".{0,6}".prop_map(Ast::Text),
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
            let expression = Expression(tree);
            let text = expression.to_string();
            prop_assert_eq!(Expression::parse(&text), Ok(expression), "{}", text);
        }

        #[test]
        fn parsing_never_panics(text in "[a-z0-9 .'\"()\\[\\]{}?:!&|=~<>+*/%,;é\\\\-]{0,40}") {
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
