//! What is wrong inside of a document's expressions and scripts, at its place in the document.

use crate::components::component;
use crate::components::record_evaluate::source_of;
use crate::document::{Document, Problem, Severity, inner};
use crate::jexl::Expression;
use crate::json::{self, Kind, Node, Place};
use crate::script::Script;
use crate::trial_build::faults;

/// Looks into the expressions, scripts and other parameters of a document. What is no document has none: reading it
/// tells why.
pub fn inspect(text: &str) -> Vec<Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Ok(root) = json::parse(text) else { return Vec::new() };
    let Some(Kind::List(steps)) = inner(&root).member("steps").map(|steps| &steps.kind) else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    let mut looked_into = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let kind =
            step.member("type").and_then(Node::text).and_then(component).map_or("", |found| found.kind);
        let Some(params) = step.member("params") else { continue };
        match kind {
            "field.evaluate" => problems.extend(expressions(text, params)),
            "record.evaluate" => problems.extend(params.member("script").and_then(script)),
            _ => continue,
        }
        looked_into.push(at);
    }
    if let Ok((document, _)) = Document::parse(text) {
        let others = faults(&document).into_iter().filter(|(at, _)| !looked_into.contains(at));
        problems.extend(others.filter_map(|(at, told)| Some(fault(steps.get(at)?, told))));
    }
    problems.sort_by_key(|problem| (problem.line, problem.column));
    problems
}

/// A job's sentence about a step, at the parameter that it names.
fn fault(step: &Node, told: String) -> Problem {
    let params = step.member("params").map_or(step, |params| params);
    let named = told.split('`').nth(1).and_then(|name| params.member(name));
    Problem::at(named.unwrap_or(params).at, Severity::Error, told, "")
}

fn expressions(text: &str, params: &Node) -> Vec<Problem> {
    let Some(Kind::List(fields)) = params.member("fields").map(|fields| &fields.kind) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for field in fields {
        let Some((node, expression)) = field.member("expression").and_then(|node| Some((node, node.text()?)))
        else {
            continue;
        };
        let (problems, severity) = match Expression::parse(expression) {
            Err(problem) => (vec![problem], Severity::Error),
            // Only a record that comes to such a pattern fails, so that the flow is no worse for it.
            Ok(expression) => (expression.doubts(), Severity::Warning),
        };
        let name = field.member("field").and_then(Node::text).unwrap_or_default();
        found.extend(problems.into_iter().map(|problem| {
            let at = within(text, node.at, problem.column);
            let message = format!("expression of `{name}`: {}", problem.message);
            Problem::at(at, severity, message, "")
        }));
    }
    found
}

fn script(node: &Node) -> Option<Problem> {
    let stored = node.text().filter(|stored| !stored.trim().is_empty())?;
    let (told, hint) = match source_of(stored) {
        Ok(source) => (Script::check(&source)?, ""),
        Err(told) => (told, "the console stores scripts as base64 of their text"),
    };
    Some(Problem::at(node.at, Severity::Error, told, hint))
}

/// The place of a character within a string that stands at `at`, the first of them being 1.
fn within(text: &str, at: Place, character: usize) -> Place {
    let line = text.split('\n').nth(at.line - 1).unwrap_or_default();
    let raw: Vec<char> = line.chars().skip(at.column).collect();
    let (mut index, mut passed) = (0, 1);
    while passed < character && index < raw.len() {
        index += match (raw[index], raw.get(index + 1)) {
            ('\\', Some('u')) => 6,
            ('\\', _) => 2,
            _ => 1,
        };
        passed += 1;
    }
    Place { line: at.line, column: at.column + 1 + index }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;

    fn check(step: &str, expected: &[(usize, usize, &str)]) {
        let text = format!("{{\"name\": \"f\", \"steps\": [\n{step}\n]}}");
        let found: Vec<(usize, usize, String)> = inspect(&text)
            .into_iter()
            .map(|problem| (problem.line, problem.column, problem.message))
            .collect();
        let expected: Vec<(usize, usize, String)> =
            expected.iter().map(|(line, column, text)| (*line, *column, (*text).to_owned())).collect();
        assert_eq!(found, expected, "{step}");
    }

    fn evaluate(expression: &str) -> String {
        format!(
            r#"{{"id": "e", "type": "FIELD.evaluate ", "params": {{"fields": [{{"field": "a", "expression": "{expression}"}}]}}}}"#
        )
    }

    #[test]
    fn an_expression_is_shown_at_its_letter() {
        let start = evaluate("").find("\"\"}").unwrap() + 2;
        check(&evaluate("a eq 'x' ? 1 : 2"), &[]);
        check(
            &evaluate("a eq"),
            &[(2, start + 4, "expression of `a`: a value should stand here, not the end")],
        );
        // Two letters of the document are one of the expression.
        check(
            &evaluate("a == \\\"x\\\" +"),
            &[(2, start + 12, "expression of `a`: a value should stand here, not the end")],
        );
    }

    #[test]
    fn a_pattern_that_is_none_is_shown() {
        let start = evaluate("").find("\"\"}").unwrap() + 2;
        check(
            &evaluate("a =~ '('"),
            &[(2, start + 2, "expression of `a`: `(` is not a regular expression that is supported here")],
        );
        let text = format!("{{\"name\": \"f\", \"steps\": [{}]}}", evaluate("a =~ '('"));
        assert_eq!(inspect(&text)[0].severity, Severity::Warning);
    }

    #[test]
    fn parameters_that_a_job_would_refuse_are_shown_where_they_stand() {
        let read = r#"{"id": "r", "type": "datasource.read.sftp", "params": {"host": "h", "username": "u", "password": "p", "fileNameRegex": "("}, "next": ["p"]}"#;
        let parse = r#"{"id": "p", "type": "file.parse.json", "params": {}}"#;
        let steps = format!("{read}, {parse}");
        let column = read.find(r#""("}"#).unwrap() + 1;
        let told = "parameter `fileNameRegex`: `(` is not a regular expression that is supported here";
        check(&steps, &[(2, column, told)]);
        // A job gets its secrets elsewhere.
        check(&steps.replace(r#""password": "p""#, r#""password": "********""#), &[]);
        check(&steps.replace(r#""("}"#, r#""a.*"}"#), &[]);
        // An answer of the API that somebody saved is looked into as well.
        let wrapped = format!(r#"{{"errorCode": 0, "result": [{{"name": "f", "steps": [{steps}]}}]}}"#);
        assert_eq!(inspect(&wrapped).len(), 1);
    }

    #[test]
    fn a_script_is_shown_with_its_own_line() {
        let evaluate = |script: &str| {
            format!(r#"{{"id": "e", "type": "record.evaluate", "params": {{"script": "{script}"}}}}"#)
        };
        let packed = |source: &str| evaluate(&base64::engine::general_purpose::STANDARD.encode(source));
        let column = evaluate("").find("\"\"}").unwrap() + 1;
        check(&packed("function process(record) {\r\n  return record;\r\n}"), &[]);
        check(&evaluate(""), &[]);
        check(&evaluate("not base64!"), &[(2, column, "parameter `script` is not base64")]);
        check(&packed("function proces(r) {}"), &[(2, column, "the script defines no function `process`")]);
        let text = inspect(&format!(
            "{{\"steps\": [{}]}}",
            packed("function process(record) {\n  return record +;\n}")
        ));
        assert!(text[0].message.starts_with("the script does not load: line 2"), "{}", text[0].message);
    }
}
