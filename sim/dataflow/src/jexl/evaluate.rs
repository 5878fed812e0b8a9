//! Tree and record to value.

use super::syntax::{Ast, At, Function, Method, Operator, Searches};
use super::{JexlProblem, Patterns};
use crate::java_text::{self, Pattern, Which};
use crate::record::{FieldPath, Fields, leaves, plain_text};
use serde_json::{Map, Number, Value};
use std::borrow::Cow;
use std::cmp::Ordering;

/// A text that grows beyond this many bytes is refused.
const MAX_TEXT: usize = 1 << 20;

/// A text becomes a list of so many characters at most.
const MAX_CHARACTERS: usize = 10_000;

/// A range of more numbers is refused.
const MAX_RANGE: u64 = 10_000;

type Evaluated = Result<Value, JexlProblem>;

/// What an expression is evaluated with.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) fields: &'a Fields,
    pub(super) patterns: &'a Patterns,
}

impl Scope<'_> {
    fn pattern(&self, text: &str, searches: Searches, at: At) -> Result<Cow<'_, Pattern>, JexlProblem> {
        let known = self.patterns.get(&(searches, text.to_owned()));
        let found = match known {
            Some(known) => known.as_ref().map(Cow::Borrowed).map_err(Clone::clone),
            None => compiled(text, searches).map(Cow::Owned),
        };
        found.map_err(|message| problem(at, message))
    }
}

pub(super) fn compiled(text: &str, searches: Searches) -> Result<Pattern, String> {
    match searches {
        Searches::Whole => java_text::whole(text),
        Searches::Parts => java_text::pattern(text),
    }
}

pub(super) fn value(tree: &Ast, scope: &Scope<'_>) -> Evaluated {
    let of = |tree: &Ast| value(tree, scope);
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
        Ast::Name(path) => named(path, scope.fields),
        Ast::Member(target, name) => of(target)?.get(name).cloned().unwrap_or_default(),
        Ast::Index(target, index) => indexed(&of(target)?, &of(index)?),
        Ast::Not(operand) => Value::Bool(!truth(&of(operand)?)),
        Ast::Minus(operand, at) => arithmetic(Operator::Minus, &Value::from(0), &of(operand)?, *at)?,
        Ast::Binary(Operator::And, left, right, _) => Value::Bool(truth(&of(left)?) && truth(&of(right)?)),
        Ast::Binary(Operator::Or, left, right, _) => Value::Bool(truth(&of(left)?) || truth(&of(right)?)),
        Ast::Binary(operator, left, right, at) => binary(*operator, &of(left)?, &of(right)?, *at, scope)?,
        Ast::Choice(condition, yes, no) => of(if truth(&of(condition)?) { yes } else { no })?,
        Ast::Else(first, other) => match of(first)? {
            Value::Null | Value::Bool(false) => of(other)?,
            Value::String(text) if text.is_empty() => of(other)?,
            found => found,
        },
        Ast::IfNull(first, other) => match of(first)? {
            Value::Null => of(other)?,
            found => found,
        },
        Ast::Range(from, to, at) => range(&of(from)?, &of(to)?, *at)?,
        Ast::Function(Function::Empty, argument) => Value::Bool(is_empty(&of(argument)?)),
        Ast::Function(Function::Size, argument) => size(&of(argument)?),
        Ast::Call(target, method, arguments, at) => {
            let arguments = arguments.iter().map(of).collect::<Result<Vec<_>, _>>()?;
            call(&of(target)?, *method, &arguments, *at, scope)?
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
        (Value::Object(members), Value::Number(name)) => members.get(&name.to_string()),
        (Value::Array(items), index) => {
            whole(index).and_then(|at| usize::try_from(at).ok()).and_then(|at| items.get(at))
        }
        _ => None,
    };
    found.cloned().unwrap_or_default()
}

/// The whole numbers from one to another, downwards if the first is the greater.
fn range(from: &Value, to: &Value, at: At) -> Evaluated {
    let side = |value: &Value| {
        whole(value).ok_or_else(|| problem(at, format!("`{}` is no whole number", shown(value))))
    };
    let (from, to) = (side(from)?, side(to)?);
    if from.abs_diff(to) >= MAX_RANGE {
        return Err(problem(at, format!("a range of more than {MAX_RANGE} numbers")));
    }
    Ok(match from <= to {
        true => (from..=to).collect::<Vec<_>>().into(),
        false => (to..=from).rev().collect::<Vec<_>>().into(),
    })
}

fn shown(value: &Value) -> String {
    plain_text(value).chars().take(40).collect()
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

fn binary(operator: Operator, left: &Value, right: &Value, at: At, scope: &Scope<'_>) -> Evaluated {
    Ok(Value::Bool(match operator {
        Operator::Equal => equal(left, right),
        Operator::Unequal => !equal(left, right),
        Operator::Match => matches(left, right, at, scope)?,
        Operator::NoMatch => !matches(left, right, at, scope)?,
        Operator::Starts => affixed(left, right, |text, part| text.starts_with(part)),
        Operator::NoStart => !affixed(left, right, |text, part| text.starts_with(part)),
        Operator::Ends => affixed(left, right, |text, part| text.ends_with(part)),
        Operator::NoEnd => !affixed(left, right, |text, part| text.ends_with(part)),
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

/// Null starts and ends with null, and with nothing else.
fn affixed(left: &Value, right: &Value, holds: fn(&str, &str) -> bool) -> bool {
    match (left.is_null(), right.is_null()) {
        (false, false) => holds(&plain_text(left), &plain_text(right)),
        (left, right) => left && right,
    }
}

fn matches(left: &Value, right: &Value, at: At, scope: &Scope<'_>) -> Result<bool, JexlProblem> {
    match right {
        Value::Array(items) => Ok(items.iter().any(|item| equal(left, item))),
        Value::Object(members) => Ok(members.contains_key(&plain_text(left))),
        Value::Null => Ok(left.is_null()),
        _ if left.is_null() => Ok(false),
        pattern => scope
            .pattern(&plain_text(pattern), Searches::Whole, at)?
            .is_match(&plain_text(left))
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
            Err(problem(at, java_text::TOO_LONG))
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

fn call(target: &Value, method: Method, arguments: &[Value], at: At, scope: &Scope<'_>) -> Evaluated {
    if target.is_null() {
        return Ok(Value::Null);
    }
    if let Some(found) = member_method(target, method, arguments) {
        return Ok(found);
    }
    if arguments.iter().any(Value::is_null) {
        // Java would fail on such a call, and this language answers a failure with null.
        let compares = matches!(method, Method::Equals | Method::EqualsIgnoreCase | Method::ContentEquals);
        return Ok(if compares { Value::Bool(false) } else { Value::Null });
    }
    let text = plain_text(target);
    let argument = |index: usize| arguments.get(index).map(plain_text).unwrap_or_default();
    let told = |message: String| problem(at, message);
    // Nothing for a negative one.
    let number = |index: usize, default: usize| match arguments.get(index) {
        None => Ok(Some(default)),
        Some(value) => whole(value)
            .map(|number| usize::try_from(number).ok())
            .ok_or_else(|| told(format!("`{}` is no whole number", shown(value)))),
    };
    let beyond = || told(format!("{}({}) is out of range", method.word(), argument(0)));
    let place = |found: Option<usize>| found.map_or_else(|| (-1).into(), Value::from);
    let replaced = |which: Which| {
        let pattern = scope.pattern(&argument(0), Searches::Parts, at)?;
        java_text::replace(&pattern, which, &argument(1), &text, MAX_TEXT).map_err(told)
    };
    let numeric = || float(target).ok_or_else(|| told(format!("`{}` is no number", shown(target))));
    let found = match method {
        Method::ToLowerCase => text.to_lowercase().into(),
        Method::ToUpperCase => text.to_uppercase().into(),
        Method::Trim => java_text::trim(&text).into(),
        Method::Strip => text.trim_matches(java_text::is_blank).into(),
        Method::StripLeading => text.trim_start_matches(java_text::is_blank).into(),
        Method::StripTrailing => text.trim_end_matches(java_text::is_blank).into(),
        Method::Length | Method::Size => size(target),
        Method::IsEmpty => is_empty(target).into(),
        Method::IsBlank => text.chars().all(java_text::is_blank).into(),
        Method::Substring => substring(&text, arguments, at)?,
        Method::CharAt => {
            let character =
                number(0, 0)?.and_then(|at| java_text::substring(&text, at, at.saturating_add(1)));
            character.ok_or_else(beyond)?.into()
        }
        Method::CodePointAt => {
            let end = |at: usize| java_text::length(&text).min(at.saturating_add(2));
            let pair = number(0, 0)?.and_then(|at| java_text::substring(&text, at, end(at)));
            pair.and_then(|pair| pair.chars().next()).map(u32::from).ok_or_else(beyond)?.into()
        }
        Method::IndexOf => {
            place(java_text::index_from(&text, &argument(0), number(1, 0)?.unwrap_or_default()))
        }
        Method::LastIndexOf => {
            place(number(1, usize::MAX)?.and_then(|from| java_text::last_index_of(&text, &argument(0), from)))
        }
        Method::Contains => text.contains(&argument(0)).into(),
        Method::StartsWith => number(1, 0)?
            .and_then(|from| java_text::substring(&text, from, java_text::length(&text)))
            .is_some_and(|rest| rest.starts_with(&argument(0)))
            .into(),
        Method::EndsWith => text.ends_with(&argument(0)).into(),
        Method::Replace => {
            java_text::replace_text(&argument(0), &argument(1), &text, MAX_TEXT).map_err(told)?.into()
        }
        Method::ReplaceAll => replaced(Which::All)?.into(),
        Method::ReplaceFirst => replaced(Which::First)?.into(),
        Method::Split => {
            let pattern = scope.pattern(&argument(0), Searches::Parts, at)?;
            java_text::split(&pattern, &text).map_err(told)?.into()
        }
        Method::Repeat => {
            let times = number(0, 0)?.ok_or_else(beyond)?;
            match text.len().checked_mul(times) {
                Some(length) if length <= MAX_TEXT => text.repeat(times).into(),
                _ => return Err(told(java_text::TOO_LONG.to_owned())),
            }
        }
        Method::Concat => (text + &argument(0)).into(),
        Method::ToString | Method::Intern => text.into(),
        Method::ToCharArray => {
            let characters = 0..java_text::length(&text).min(MAX_CHARACTERS);
            characters.map(|at| java_text::substring(&text, at, at + 1)).collect::<Vec<_>>().into()
        }
        Method::HashCode => java_text::hash_code(&text).into(),
        Method::Equals | Method::ContentEquals => (text == argument(0)).into(),
        Method::EqualsIgnoreCase => (text.to_lowercase() == argument(0).to_lowercase()).into(),
        Method::CompareTo if target.is_number() => {
            ordered(target, &arguments[0]).map_or(Value::Null, |order| (order as i8).into())
        }
        Method::CompareTo => java_text::compare(&text, &argument(0)).into(),
        Method::CompareToIgnoreCase => {
            java_text::compare(&text.to_lowercase(), &argument(0).to_lowercase()).into()
        }
        Method::Matches => {
            let pattern = scope.pattern(&argument(0), Searches::Whole, at)?;
            pattern.is_match(&text).map_err(told)?.into()
        }
        Method::IntValue | Method::LongValue => match whole(target) {
            Some(number) => number.into(),
            // A float beyond the range becomes its end, as in Java.
            None => (numeric()?.trunc() as i64).into(),
        },
        Method::DoubleValue | Method::FloatValue => numeric()?.into(),
        Method::BooleanValue => truth(target).into(),
        Method::Get
        | Method::GetOrDefault
        | Method::ContainsKey
        | Method::ContainsValue
        | Method::KeySet
        | Method::Values => Value::Null,
    };
    match &found {
        Value::String(text) if text.len() > MAX_TEXT => Err(problem(at, java_text::TOO_LONG)),
        _ => Ok(found),
    }
}

/// The methods of lists and maps; a null is as good an argument as any there.
fn member_method(target: &Value, method: Method, arguments: &[Value]) -> Option<Value> {
    let argument = arguments.first().unwrap_or(&Value::Null);
    Some(match (target, method) {
        (_, Method::Get) => indexed(target, argument),
        (Value::Array(items), Method::Contains) => items.iter().any(|item| equal(item, argument)).into(),
        (Value::Array(items), Method::IndexOf) => {
            items.iter().position(|item| equal(item, argument)).map_or_else(|| (-1).into(), Value::from)
        }
        (Value::Array(items), Method::LastIndexOf) => {
            items.iter().rposition(|item| equal(item, argument)).map_or_else(|| (-1).into(), Value::from)
        }
        (Value::Object(members), Method::ContainsKey) => members.contains_key(&plain_text(argument)).into(),
        (Value::Object(members), Method::ContainsValue) => {
            members.values().any(|member| equal(member, argument)).into()
        }
        (Value::Object(members), Method::GetOrDefault) => {
            members.get(&plain_text(argument)).or(arguments.get(1)).cloned().unwrap_or_default()
        }
        (Value::Object(members), Method::KeySet) => members.keys().cloned().collect::<Vec<_>>().into(),
        (Value::Object(members), Method::Values) => members.values().cloned().collect::<Vec<_>>().into(),
        _ => return None,
    })
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

    /// By Java's documentation of the methods.
    #[test]
    fn methods_of_java() {
        check("'abc'.charAt(1)", json!("b"));
        check("'a😀'.codePointAt(1)", json!(128_512));
        check(
            "'abcabc'.lastIndexOf('b') * 100 + 'abcabc'.lastIndexOf('b', 3) * 10 + 'abcabc'.indexOf('b', 2)",
            json!(414),
        );
        check("'aXbX'.replaceFirst('X', '-')", json!("a-bX"));
        check("'apple'.compareTo('banana') + 'a'.compareTo('abc') * 10", json!(-21));
        check("'ABC'.compareToIgnoreCase('abc')", json!(0));
        check("'ab'.repeat(2).concat('!')", json!("abab!"));
        check("' '.isBlank() and !'a'.isBlank()", json!(true));
        check(
            "'|' + ' a '.strip() + '|' + ' a '.stripLeading() + '|' + ' a '.stripTrailing() + '|'",
            json!("|a|a | a|"),
        );
        check("'abc'.hashCode()", json!(96354));
        check("'abc'.startsWith('b', 1) and !'abc'.startsWith('b', 9)", json!(true));
        check("'ab'.toCharArray()", json!(["a", "b"]));
        check("tags.size() + tags.indexOf('b')", json!(3));
        check("tags.isEmpty()", json!(false));
        check(
            "data.containsKey('score') and data.containsValue(4) and !data.containsKey(nothing)",
            json!(true),
        );
        check("data.get('score') + data.getOrDefault('x', 1) + data.size()", json!(8));
        check("data.keySet()", json!(["subscribed", "score", "flag"]));
        check("f.intValue() + n.longValue() + '2'.intValue()", json!(10));
        check("n.doubleValue() / 2", json!(3.5));
        check("n.compareTo(8)", json!(-1));
        check("nothing.charAt(0)", json!(null));
        check("'abc'.charAt(nothing)", json!(null));
        check("'x'.matches('(?!y).')", json!(true));
    }

    #[test]
    fn operators_of_java() {
        check("status =^ 'sub' and status =$ 'bed' and status !^ 'x' and status !$ 'x'", json!(true));
        check("nothing =^ 'x' or status =$ nothing", json!(false));
        check("nothing =^ nothing", json!(true));
        check("nothing ?? 'x'", json!("x"));
        check("empty ?? 'x'", json!(""));
        check("nothing?.at?.all ?? data?.score", json!(4));
        check("tags.1 + tags.0", json!("ba"));
        check("nothing.0.x", json!(null));
        check("100L + 2l", json!(102));
        check("1D / 2", json!(0.5));
        check("n =~ (1..7) and n !~ (8 .. 9)", json!(true));
        check("(3..1)", json!([3, 2, 1]));
        check("## why\n1 + ## more\n 2", json!(3));
        check("1 // why", json!(1));
        check("!$gone", json!(true));
        check("nothing.eq !$ 'bed'", json!(true));
    }

    #[test]
    fn a_fixed_pattern_that_is_none_is_doubted_and_fails_only_who_comes_to_it() {
        let expression = Expression::parse("n eq 7 ? 'y' : status.replaceAll('(', '')").unwrap();
        let doubts: Vec<String> = expression.doubts().iter().map(ToString::to_string).collect();
        assert_eq!(doubts, ["column 23: `(` is not a regular expression that is supported here"]);
        assert_eq!(expression.evaluate(&fields(record())), Ok(json!("y")));
        assert!(expression.evaluate(&fields(json!({"n": 8, "status": "s"}))).is_err());
    }

    #[test]
    fn texts_that_would_fill_the_memory_are_refused() {
        let record = fields(json!({"a": "x".repeat(1_000_000), "b": "y".repeat(1_000_000)}));
        for text in
            ["a.replace('x', b)", "a.replaceAll('x', b)", "a.replaceAll('(.+)', '$1$1')", "a.repeat(9)"]
        {
            let told = Expression::parse(text).unwrap().evaluate(&record).unwrap_err();
            assert_eq!(told.message, "the text grows too long", "{text}");
        }
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
            (
                "if (a) 1 else 2",
                "column 1: `if` is a statement, which is not supported: write one expression such as `condition ? a : b`, or use record.evaluate",
            ),
            (
                "new Date()",
                "column 1: `new` is a statement, which is not supported: write one expression such as `condition ? a : b`, or use record.evaluate",
            ),
            ("`a`", "column 1: texts between backticks are not supported: join parts with `+`"),
            (
                "x = 1",
                "column 3: variables cannot be set: `==` or `eq` compares, and each field takes one expression",
            ),
            ("1; 2", "column 4: a second statement is not supported: each field takes one expression"),
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
            ("'ab'.charAt(2)", "column 6: charAt(2) is out of range"),
            ("'ab'.charAt(-1)", "column 6: charAt(-1) is out of range"),
            ("(1..20000)", "column 3: a range of more than 10000 numbers"),
            ("'ab'.repeat(1000000)", "column 6: the text grows too long"),
            ("'x'.matches('(')", "column 5: `(` is not a regular expression that is supported here"),
        ] {
            let result = Expression::parse(text).unwrap().evaluate(&fields(json!({})));
            assert_eq!(result.map_err(|problem| problem.to_string()), Err(expected.to_owned()), "{text}");
        }
    }
}
