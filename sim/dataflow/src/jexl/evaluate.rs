//! Tree and record to value.

use super::JexlProblem;
use super::syntax::{Ast, At, Function, Method, Operator};
use crate::java_text;
use crate::record::{FieldPath, Fields, leaves, plain_text};
use serde_json::{Map, Number, Value};
use std::cmp::Ordering;

/// A text that grows beyond this many bytes is refused.
const MAX_TEXT: usize = 1 << 20;

type Evaluated = Result<Value, JexlProblem>;

pub(super) fn value(tree: &Ast, fields: &Fields) -> Evaluated {
    let of = |tree: &Ast| value(tree, fields);
    Ok(match tree {
        Ast::Null => Value::Null,
        Ast::Bool(truth) => Value::Bool(*truth),
        Ast::Number(number) => Value::Number(number.clone()),
        Ast::Text(text) => Value::String(text.clone()),
        Ast::List(items) => Value::Array(items.iter().map(of).collect::<Result<_, _>>()?),
        Ast::Map(members) => {
            let members = members.iter().map(|(name, tree)| Ok((name.clone(), of(tree)?)));
            Value::Object(members.collect::<Result<Map<_, _>, JexlProblem>>()?)
        }
        Ast::Name(path) => named(path, fields),
        Ast::Member(target, name) => of(target)?.get(name).cloned().unwrap_or_default(),
        Ast::Index(target, index) => indexed(&of(target)?, &of(index)?),
        Ast::Not(operand) => Value::Bool(!truth(&of(operand)?)),
        Ast::Minus(operand, at) => arithmetic(Operator::Minus, &Value::from(0), &of(operand)?, *at)?,
        Ast::Binary(Operator::And, left, right, _) => Value::Bool(truth(&of(left)?) && truth(&of(right)?)),
        Ast::Binary(Operator::Or, left, right, _) => Value::Bool(truth(&of(left)?) || truth(&of(right)?)),
        Ast::Binary(operator, left, right, at) => binary(*operator, &of(left)?, &of(right)?, *at)?,
        Ast::Choice(condition, yes, no) => of(if truth(&of(condition)?) { yes } else { no })?,
        Ast::Else(first, other) => match of(first)? {
            Value::Null | Value::Bool(false) => of(other)?,
            Value::String(text) if text.is_empty() => of(other)?,
            found => found,
        },
        Ast::Function(Function::Empty, argument) => Value::Bool(is_empty(&of(argument)?)),
        Ast::Function(Function::Size, argument) => size(&of(argument)?),
        Ast::Call(target, method, arguments, at) => {
            let arguments = arguments.iter().map(of).collect::<Result<Vec<_>, _>>()?;
            call(&of(target)?, *method, &arguments, *at)?
        }
    })
}

/// A field by its name; else the field whose dotted path has underscores there; else null.
fn named(path: &str, fields: &Fields) -> Value {
    if let Some(found) = FieldPath::new(path).get(fields) {
        return found.clone();
    }
    let mut found = Value::Null;
    if path.contains('_') && !path.contains('.') {
        leaves(fields, &mut |leaf, value| {
            if leaf.contains('.') && leaf.replace('.', "_") == path {
                found = value.clone();
            }
        });
    }
    found
}

fn indexed(target: &Value, index: &Value) -> Value {
    let found = match (target, index) {
        (Value::Object(members), Value::String(name)) => members.get(name),
        (Value::Array(items), index) => {
            whole(index).and_then(|at| usize::try_from(at).ok()).and_then(|at| items.get(at))
        }
        _ => None,
    };
    found.cloned().unwrap_or_default()
}

fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => text.eq_ignore_ascii_case("true"),
        Value::Array(_) | Value::Object(_) => true,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn size(value: &Value) -> Value {
    match value {
        Value::Null => 0.into(),
        Value::Array(items) => items.len().into(),
        Value::Object(members) => members.len().into(),
        other => java_text::length(&plain_text(other)).into(),
    }
}

fn binary(operator: Operator, left: &Value, right: &Value, at: At) -> Evaluated {
    Ok(Value::Bool(match operator {
        Operator::Equal => equal(left, right),
        Operator::Unequal => !equal(left, right),
        Operator::Match => matches(left, right, at)?,
        Operator::NoMatch => !matches(left, right, at)?,
        Operator::Less => ordered(left, right).is_some_and(Ordering::is_lt),
        Operator::Greater => ordered(left, right).is_some_and(Ordering::is_gt),
        Operator::LessEqual => equal(left, right) || ordered(left, right).is_some_and(Ordering::is_le),
        Operator::GreaterEqual => equal(left, right) || ordered(left, right).is_some_and(Ordering::is_ge),
        _ => return arithmetic(operator, left, right, at),
    }))
}

/// Loose: `'5' == 5` and `'true' == true`; null equals null alone.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(_), Value::Number(_) | Value::String(_)) | (Value::String(_), Value::Number(_)) => {
            matches!((float(left), float(right)), (Some(left), Some(right)) if left == right)
        }
        (Value::Bool(truth), Value::String(text)) | (Value::String(text), Value::Bool(truth)) => {
            text.eq_ignore_ascii_case(if *truth { "true" } else { "false" })
        }
        _ => left == right,
    }
}

fn ordered(left: &Value, right: &Value) -> Option<Ordering> {
    if left.is_null() || right.is_null() {
        return None;
    }
    let numeric = left.is_number() || right.is_number();
    match (float(left), float(right)) {
        (Some(left), Some(right)) if numeric => left.partial_cmp(&right),
        _ => Some(plain_text(left).cmp(&plain_text(right))),
    }
}

fn matches(left: &Value, right: &Value, at: At) -> Result<bool, JexlProblem> {
    match right {
        Value::Array(items) => Ok(items.iter().any(|item| equal(left, item))),
        Value::Object(members) => Ok(members.contains_key(&plain_text(left))),
        Value::Null => Ok(left.is_null()),
        _ if left.is_null() => Ok(false),
        pattern => java_text::full_match(&plain_text(pattern), &plain_text(left))
            .map_err(|message| problem(at, message)),
    }
}

fn problem(at: At, message: impl Into<String>) -> JexlProblem {
    JexlProblem { column: at.0, message: message.into() }
}

/// A number, or a text that is one.
fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Null => Some(0),
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Whole numbers stay whole, as in Java; null counts as 0, or as '' beside a text.
fn arithmetic(operator: Operator, left: &Value, right: &Value, at: At) -> Evaluated {
    if operator == Operator::Plus && !adds(left, right) {
        let joined = plain_text(left) + &plain_text(right);
        return if joined.len() > MAX_TEXT {
            Err(problem(at, "the text grows too long"))
        } else {
            Ok(joined.into())
        };
    }
    if let (Some(left), Some(right)) = (whole(left), whole(right)) {
        let result = match operator {
            Operator::Plus => left.checked_add(right),
            Operator::Minus => left.checked_sub(right),
            Operator::Times => left.checked_mul(right),
            _ if right == 0 => return Err(problem(at, "division by zero")),
            Operator::Divide => left.checked_div(right),
            _ => left.checked_rem(right),
        };
        if let Some(result) = result {
            return Ok(result.into());
        }
    }
    let side = |value: &Value| {
        let number = if value.is_null() { Some(0.0) } else { float(value) };
        number.ok_or_else(|| {
            problem(at, format!("`{}` is no number", plain_text(value).chars().take(40).collect::<String>()))
        })
    };
    let (left, right) = (side(left)?, side(right)?);
    let result = match operator {
        Operator::Plus => left + right,
        Operator::Minus => left - right,
        Operator::Times => left * right,
        _ if right == 0.0 => return Err(problem(at, "division by zero")),
        Operator::Divide => left / right,
        _ => left % right,
    };
    Number::from_f64(result).map(Value::Number).ok_or_else(|| problem(at, "the result is no number"))
}

/// Two texts are joined even if both look like numbers: a leading zero must not get lost.
fn adds(left: &Value, right: &Value) -> bool {
    let numeric = |value: &Value| value.is_null() || float(value).is_some();
    let texts = |one: &Value, other: &Value| one.is_string() && (other.is_string() || other.is_null());
    numeric(left) && numeric(right) && !texts(left, right) && !texts(right, left)
}

fn call(target: &Value, method: Method, arguments: &[Value], at: At) -> Evaluated {
    if target.is_null() {
        return Ok(Value::Null);
    }
    if let (Value::Array(items), Method::Contains) = (target, method) {
        return Ok(items.iter().any(|item| equal(item, &arguments[0])).into());
    }
    if method == Method::Get {
        return Ok(indexed(target, &arguments[0]));
    }
    if arguments.iter().any(Value::is_null) {
        // Java would fail on such a call, and this language answers a failure with null.
        let compares = matches!(method, Method::Equals | Method::EqualsIgnoreCase);
        return Ok(if compares { Value::Bool(false) } else { Value::Null });
    }
    let text = plain_text(target);
    let argument = |index: usize| arguments.get(index).map(plain_text).unwrap_or_default();
    let found = match method {
        Method::ToLowerCase => text.to_lowercase().into(),
        Method::ToUpperCase => text.to_uppercase().into(),
        Method::Trim => java_text::trim(&text).into(),
        Method::Length | Method::Size => size(target),
        Method::IsEmpty => is_empty(target).into(),
        Method::Substring => substring(&text, arguments, at)?,
        Method::IndexOf => java_text::index_of(&text, &argument(0)).map_or_else(|| (-1).into(), Value::from),
        Method::Contains => text.contains(&argument(0)).into(),
        Method::StartsWith => text.starts_with(&argument(0)).into(),
        Method::EndsWith => text.ends_with(&argument(0)).into(),
        Method::Replace => text.replace(&argument(0), &argument(1)).into(),
        Method::ReplaceAll => java_text::replace_all(&argument(0), &argument(1), &text)
            .map_err(|message| problem(at, message))?
            .into(),
        Method::Split => {
            java_text::split(&argument(0), &text).map_err(|message| problem(at, message))?.into()
        }
        Method::Concat => (text + &argument(0)).into(),
        Method::ToString => text.into(),
        Method::Equals => (text == argument(0)).into(),
        Method::EqualsIgnoreCase => (text.to_lowercase() == argument(0).to_lowercase()).into(),
        Method::Matches => {
            java_text::full_match(&argument(0), &text).map_err(|message| problem(at, message))?.into()
        }
        Method::Get => Value::Null,
    };
    match &found {
        Value::String(text) if text.len() > MAX_TEXT => Err(problem(at, "the text grows too long")),
        _ => Ok(found),
    }
}

fn substring(text: &str, arguments: &[Value], at: At) -> Evaluated {
    let shown = || arguments.iter().map(plain_text).collect::<Vec<_>>().join(", ");
    let bound = |index: usize, default: usize| match arguments.get(index) {
        None => Some(default),
        Some(value) => whole(value).and_then(|bound| usize::try_from(bound).ok()),
    };
    let (start, end) = (bound(0, 0), bound(1, java_text::length(text)));
    start
        .zip(end)
        .and_then(|(start, end)| java_text::substring(text, start, end))
        .map(Value::String)
        .ok_or_else(|| problem(at, format!("substring({}) is out of range", shown())))
}

#[cfg(test)]
mod tests {
    use super::super::Expression;
    use crate::record::tests::fields;
    use serde_json::{Value, json};

    fn record() -> Value {
        json!({
            "status": "subscribed", "n": 7, "zero": "0", "f": 1.5, "empty": "", "nil": null, "zip": "01234", "yes": true,
            "data": {"subscribed": "Yes", "score": 4, "flag": false}, "tags": ["a", "b"], "name": "  Zoë ",
            "flat.name": 1, "sayno": "no"
        })
    }

    fn check(text: &str, expected: Value) {
        let expression = Expression::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
        assert_eq!(expression.evaluate(&fields(record())), Ok(expected), "{text}");
    }

    #[test]
    fn expressions_of_stored_flows() {
        check("status eq 'subscribed' ? true : false", json!(true));
        check("data_subscribed eq 'unsubscribed' ? 'false' : 'true'", json!("true"));
        check("data.subscribed eq 'Yes' ? 'true' : 'false'", json!("true"));
        check("nil eq '' || nil eq null ? '#N/A' : nil", json!("#N/A"));
        check("empty eq '' || empty eq null ? '#N/A' : empty", json!("#N/A"));
        check("subscriptions eq null || subscriptions eq ''? '{}' : subscriptions", json!("{}"));
        check("'eloqua'", json!("eloqua"));
    }

    #[test]
    fn precedence() {
        check("1 + 2 * 3", json!(7));
        check("(1 + 2) * 3", json!(9));
        check("10 - 3 - 2", json!(5));
        check("true || false && false", json!(true));
        check("1 < 2 == true", json!(true));
        check("not yes or yes", json!(true));
        check("!(yes or yes)", json!(false));
        check("-n + 1", json!(-6));
        check("not yes eq false", json!(true));
        check("true == status =~ 'sub.*'", json!(true));
        check("n + 1 =~ [8] and true", json!(true));
        check("1 + 2 + 'a' + 1 + 2", json!("3a12"));
        check("2 * 3 mod 4 - 10 div 4", json!(0));
        check("-2 * -3", json!(6));
        check("1 lt 2 and 2 le 2 and 3 gt 2 and 3 ge 3 and 1 ne 2", json!(true));
        check("nothing == null ? 'a' : 'b' + 'c'", json!("a"));
        check("yes ? nil ?: 'x' : 'y'", json!("x"));
        check("false ? 1 : true ? 2 : 3", json!(2));
        check("nil ?: empty ?: 'x'", json!("x"));
    }

    #[test]
    fn comparison_is_loose_and_null_safe() {
        check("'5' == 5", json!(true));
        check("'5.0' == 5", json!(true));
        check("'x' == 5", json!(false));
        check("'true' eq yes", json!(true));
        check("sayno eq true", json!(false));
        check("nothing eq null", json!(true));
        check("nothing eq ''", json!(false));
        check("nothing < 5", json!(false));
        check("nothing <= null", json!(true));
        check("'10' > 9", json!(true));
        check("'10' > '9'", json!(false));
        check("data.flag eq false", json!(true));
        check("'' eq null || nil ne null", json!(false));
        check("nothing != 'x' && nothing ne 0", json!(true));
        check("nothing >= 0 or nothing > nothing", json!(false));
        check("nothing =~ 'x' or nothing !~ 'x'", json!(true));
        check("nothing =~ ['a', null]", json!(true));
        check("!nothing && !(nothing && yes)", json!(true));
    }

    #[test]
    fn names() {
        check("nothing", json!(null));
        check("nothing.at.all", json!(null));
        check("nothing.toUpperCase()", json!(null));
        check("data_score", json!(4));
        check("data.score", json!(4));
        check("data['score']", json!(4));
        check("flat.name", json!(1));
        check("tags[1]", json!("b"));
        check("tags[9]", json!(null));
        check("size", json!(null));
    }

    #[test]
    fn arithmetic_and_joining() {
        check("n / 2", json!(3));
        check("n mod 2", json!(1));
        check("n div 2.0", json!(3.5));
        check("'a' + 1", json!("a1"));
        check("zip + '-' + n", json!("01234-7"));
        check("zip + zip", json!("0123401234"));
        check("n + nothing", json!(7));
        check("zip + nothing", json!("01234"));
        check("'4' + 1", json!(5));
        check("f * 2", json!(3.0));
    }

    #[test]
    fn matching_methods_and_functions() {
        check("status =~ 'sub.*'", json!(true));
        check("status =~ 'sub'", json!(false));
        check("status !~ ['a', 'subscribed']", json!(false));
        check("n =~ [7]", json!(true));
        check("empty(empty) && empty(nil) && !empty(n) && empty nothing", json!(true));
        check("size(tags) + size(name)", json!(8));
        check("name.trim().toUpperCase()", json!("ZOË"));
        check("name.trim().length()", json!(3));
        check("'a-b-c'.replace('-', '+')", json!("a+b+c"));
        check("'a1b22'.replaceAll('\\d+', '#')", json!("a#b#"));
        check("'a,b,,'.split(',')", json!(["a", "b"]));
        check("'abc'.substring(1, 2) + 'abc'.substring(2)", json!("bc"));
        check("'abc'.indexOf('c')", json!(2));
        check("tags.contains('b')", json!(true));
        check("'a😀'.length() + size('a😀') + 'a😀b'.indexOf('b')", json!(9));
        check("'a😀b'.substring(1, 3)", json!("😀"));
        check("',,'.split(',')", json!([]));
        check("'ab'.split('')", json!(["a", "b"]));
        check("status.contains(nothing)", json!(null));
        check("status.startsWith(nothing) ? 'y' : 'n'", json!("n"));
        check("status.concat(nothing) eq null", json!(true));
        check("status.equals(nothing)", json!(false));
        check("'\u{a0}x '.trim()", json!("\u{a0}x"));
        check("zip.replaceAll('^0+', '').concat('!')", json!("1234!"));
        check("zip.substring(2).endsWith('34') and zip.startsWith('01')", json!(true));
        check("'Ab'.toLowerCase() eq 'ab' and 'Ab'.toUpperCase() eq 'AB'", json!(true));
        check("n.toString().length()", json!(1));
        check("{'k': [1, {a: null}]}", json!({"k": [1, {"a": null}]}));
    }

    #[test]
    fn problems_have_columns() {
        for (text, expected) in [
            ("a eq ", "column 6: a value should stand here, not the end"),
            ("a b", "column 3: an operator should stand here, not `b`"),
            ("é ? 1", "column 6: `:` should stand here, not the end"),
            ("'abc", "column 1: the text never ends"),
            ("a # b", "column 3: `#` means nothing here"),
            ("a.foo()", "column 3: there is no method `foo`"),
            ("foo(1)", "column 4: there is no function `foo`"),
            ("a.trim(1)", "column 3: `trim` takes 0 to 0 arguments"),
            ("", "column 1: a value should stand here, not the end"),
            ("a ? b", "column 6: `:` should stand here, not the end"),
        ] {
            assert_eq!(
                Expression::parse(text).map_err(|problem| problem.to_string()),
                Err(expected.to_owned()),
                "{text}"
            );
        }
        for (text, expected) in [
            ("1 / 0", "column 3: division by zero"),
            ("2 * 'x'", "column 3: `x` is no number"),
            ("'x'.matches('(')", "column 5: `(` is not a regular expression that is supported here"),
        ] {
            let result = Expression::parse(text).unwrap().evaluate(&fields(json!({})));
            assert_eq!(result.map_err(|problem| problem.to_string()), Err(expected.to_owned()), "{text}");
        }
    }
}
