//! The parts of a scenario file.

use crate::diagnostic::Diagnostic;
use crate::node::{Kind, Node};
use crate::source::{Source, Span};
use crate::yaml;
use std::collections::BTreeMap;

/// One scenario, or one row of a scenario with examples.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it shows, in a sentence.
    pub name: String,
    /// The clauses that it shows.
    pub clauses: Vec<Named>,
    /// Words to choose scenarios by.
    pub tags: Vec<String>,
    /// The world that it starts in: sections, or a path of a world file.
    pub world: Option<Node>,
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// Text of the failure that it must end in, if it shows a breach being caught.
    pub expected_failure: Option<String>,
    /// The file.
    pub source: Source,
}

/// A word with its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// The word.
    pub name: String,
    /// Its place.
    pub span: Span,
}

/// One step: a name and its arguments.
#[derive(Clone, Debug)]
pub struct Step {
    /// The step's name.
    pub name: Named,
    /// Its arguments; null if it stands alone.
    pub args: Node,
}

const MEMBERS: &[&str] = &["scenario", "clauses", "tags", "world", "examples", "steps", "expected_failure"];

impl Scenario {
    /// Reads a file: one scenario, or one for each row of its examples.
    pub fn parse(source: &Source) -> Result<Vec<Self>, Diagnostic> {
        let root = yaml::read(source)?;
        if matches!(root.kind, Kind::Null) {
            return Err(Diagnostic::new("the file is empty", Span::default())
                .hint("begin with `scenario: what it shows`"));
        }
        root.only(MEMBERS)?;
        let Some(examples) = root.get("examples") else { return Ok(vec![Self::read(&root, None, source)?]) };
        let mut rows = Vec::new();
        for (at, row) in examples.list()?.iter().enumerate() {
            let example: BTreeMap<&str, &Node> =
                row.map()?.iter().map(|(key, node)| (key.name.as_str(), node)).collect();
            let title = row_title(at + 1, row);
            let filled = without_examples(&root).with_example(&example)?;
            rows.push(Self::read(&filled, Some(&title), source)?);
        }
        if rows.is_empty() {
            return Err(Diagnostic::new("the table of examples is empty", examples.span));
        }
        Ok(rows)
    }

    fn read(root: &Node, row: Option<&str>, source: &Source) -> Result<Self, Diagnostic> {
        let missing = |name: &str| Diagnostic::new(format!("`{name}` is missing"), Span { start: 0, end: 1 });
        let name = root.get("scenario").ok_or_else(|| missing("scenario"))?.text()?;
        let steps = root.get("steps").ok_or_else(|| missing("steps"))?;
        if steps.list()?.is_empty() {
            return Err(Diagnostic::new("a scenario without steps shows nothing", steps.span));
        }
        Ok(Self {
            name: row.map_or_else(|| name.to_owned(), |row| format!("{name} ({row})")),
            clauses: words(root.get("clauses"))?,
            tags: words(root.get("tags"))?.into_iter().map(|word| word.name).collect(),
            world: root.get("world").cloned(),
            steps: steps.list()?.iter().map(step).collect::<Result<_, _>>()?,
            expected_failure: root
                .get("expected_failure")
                .map(|node| node.text().map(str::to_owned))
                .transpose()?,
            source: source.clone(),
        })
    }
}

/// Reads a world file: the sections of a world.
pub fn parse_world(source: &Source) -> Result<Node, Diagnostic> {
    yaml::read(source)
}

fn without_examples(root: &Node) -> Node {
    let Kind::Map(members) = &root.kind else { return root.clone() };
    let kept = members.iter().filter(|(key, _)| key.name != "examples").cloned().collect();
    Node { kind: Kind::Map(kept), span: root.span }
}

fn row_title(number: usize, row: &Node) -> String {
    let Kind::Map(members) = &row.kind else { return format!("row {number}") };
    let cells = members.iter().filter_map(|(key, node)| {
        let text = node.plain_text()?;
        let short: String = text.chars().take(24).map(|c| if c.is_control() { ' ' } else { c }).collect();
        Some(format!("{}={short}", key.name))
    });
    let cells: Vec<String> = cells.take(3).collect();
    format!("row {number}: {}", cells.join(", "))
}

fn words(node: Option<&Node>) -> Result<Vec<Named>, Diagnostic> {
    let Some(node) = node else { return Ok(Vec::new()) };
    let word = |item: &Node| Ok(Named { name: item.text()?.to_owned(), span: item.span });
    node.list()?.iter().map(word).collect()
}

fn step(item: &Node) -> Result<Step, Diagnostic> {
    match &item.kind {
        Kind::Text(name) => {
            let null = Node { kind: Kind::Null, span: item.span };
            Ok(Step { name: Named { name: name.clone(), span: item.span }, args: null })
        }
        Kind::Map(members) => match members.as_slice() {
            [(key, args)] => {
                Ok(Step { name: Named { name: key.name.clone(), span: key.span }, args: args.clone() })
            }
            [_, (second, _), ..] => {
                Err(Diagnostic::new("a step is one name with its arguments", second.span)
                    .hint("indent the arguments below the step's name, or begin the next step with `- `"))
            }
            [] => Err(Diagnostic::new("a step is one name with its arguments", item.span)),
        },
        _ => Err(Diagnostic::new(format!("a step is wanted here, not {}", item.describe()), item.span)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<Vec<Scenario>, String> {
        let source = Source::new("scenarios/a.yaml", text);
        Scenario::parse(&source).map_err(|diagnostic| diagnostic.render(&source, false))
    }

    #[test]
    fn a_scenario_is_read() {
        let read =
            check("scenario: A\nclauses: [GE-UID-1]\nsteps:\n  - advance: 2h\n  - clear_faults\n").unwrap();
        assert_eq!((read.len(), read[0].name.as_str(), read[0].steps.len()), (1, "A", 2));
        assert_eq!(
            (read[0].steps[0].name.name.as_str(), read[0].steps[0].args.text().unwrap()),
            ("advance", "2h")
        );
    }

    #[test]
    fn examples_make_rows_and_keep_kinds() {
        let text = "scenario: A\nexamples:\n  - { v: \"01\", n: 7, l: [a] }\n  - { v: x, n: 8, l: [] }\n\
                    steps:\n  - s: { text: \"is <v>\", number: <n>, list: <l>, <v>: 1 }\n";
        let read = check(text).unwrap();
        let args = read[0].steps[0].args.to_json().unwrap();
        assert_eq!(args, serde_json::json!({"text": "is 01", "number": 7, "list": ["a"], "01": 1}));
        assert_eq!(read[1].name, "A (row 2: v=x, n=8)");
    }

    #[test]
    fn mistakes_look_like_a_compilers() {
        for (text, expected) in [
            (
                "scenario: A\nstep: []\n",
                "error: `step` is not known here\n --> scenarios/a.yaml:2:1\n  |\n2 | step: []\n  | ^^^^\n  |\n  = help: did you mean `steps`?",
            ),
            (
                "scenario: A\nsteps:\n  - expect: { zip: 01234 }\n",
                "error: `01234` would be taken for a number by other readers\n --> scenarios/a.yaml:3:20\n  |\n3 |   - expect: { zip: 01234 }\n  |                    ^^^^^\n  |\n  = help: quote it: \"01234\"",
            ),
            (
                "scenario: A\nsteps:\n  - one: 1\n    two: 2\n",
                "error: a step is one name with its arguments\n --> scenarios/a.yaml:4:5\n  |\n4 |     two: 2\n  |     ^^^\n  |\n  = help: indent the arguments below the step's name, or begin the next step with `- `",
            ),
            (
                "scenario: A\nexamples: [{ a: b }]\nsteps:\n  - one: <c>\n",
                "error: the example has no `c`; it has a\n --> scenarios/a.yaml:4:10\n  |\n4 |   - one: <c>\n  |          ^^^",
            ),
        ] {
            assert_eq!(check(text).unwrap_err(), expected);
        }
    }
}
