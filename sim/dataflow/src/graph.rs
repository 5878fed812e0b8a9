//! The graph of a dataflow: where it starts, that it ends, and that every edge carries what its ends expect.

use crate::component::Carries;
use crate::document::{Severity, Step};

/// The order in which a flow runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Graph {
    /// Entry points, in the document's order.
    pub(crate) entries: Vec<usize>,
    /// Every step after all that feed it; of two branches the one listed first comes first.
    pub(crate) order: Vec<usize>,
}

/// Something wrong with the graph.
pub(crate) struct Fault {
    pub(crate) step: Option<usize>,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    pub(crate) hint: String,
}

/// A graph, unless an error is among the faults.
pub(crate) struct Found {
    pub(crate) graph: Option<Graph>,
    pub(crate) faults: Vec<Fault>,
}

/// Finds entry points by counting references over `next` and `error`, and checks everything else.
pub(crate) fn build(steps: &[Step]) -> Found {
    let mut faults = Vec::new();
    let referenced: Vec<bool> = (0..steps.len())
        .map(|index| steps.iter().any(|step| step.next.contains(&index) || step.error.contains(&index)))
        .collect();
    let entries: Vec<usize> = (0..steps.len()).filter(|index| !referenced[*index]).collect();
    let order = match order(steps, &entries) {
        Ok(order) => order,
        Err(cycle) => {
            let names: Vec<String> = cycle.iter().map(|step| format!("`{}`", steps[*step].id)).collect();
            faults.push(error(
                cycle.first().copied(),
                format!("the steps run in a circle: {}", names.join(" > ")),
            ));
            return Found { graph: None, faults };
        }
    };
    let begins = |entry: &usize| {
        let component = steps[*entry].component;
        component.input == Carries::Nothing || component.kind == "file.empty"
    };
    let (entries, unfed): (Vec<usize>, Vec<usize>) = entries.into_iter().partition(begins);
    for step in unfed {
        let mut fault = error(Some(step), format!("nothing feeds `{}`", steps[step].id));
        // Beside a flow that runs, it is what somebody left lying about in the console.
        if !entries.is_empty() {
            fault.message.push_str(": it never runs");
            fault.severity = Severity::Warning;
        }
        fault.hint = "name it in the `next` or `error` of another step".to_owned();
        faults.push(fault);
    }
    let fed = reached(steps, &entries);
    let order = order.into_iter().filter(|step| fed[*step]).collect();
    for (index, step) in steps.iter().enumerate() {
        check_edges(steps, index, step, &mut faults);
    }
    let sound = faults.iter().all(|fault| fault.severity == Severity::Warning);
    Found { graph: sound.then_some(Graph { entries, order }), faults }
}

/// Which steps records or files can come to.
fn reached(steps: &[Step], entries: &[usize]) -> Vec<bool> {
    let (mut fed, mut waiting) = (vec![false; steps.len()], entries.to_vec());
    while let Some(step) = waiting.pop() {
        if !std::mem::replace(&mut fed[step], true) {
            waiting.extend(steps[step].next.iter().chain(&steps[step].error));
        }
    }
    fed
}

fn error(step: Option<usize>, message: String) -> Fault {
    Fault { step, severity: Severity::Error, message, hint: String::new() }
}

fn check_edges(steps: &[Step], index: usize, step: &Step, faults: &mut Vec<Fault>) {
    for target in &step.next {
        let (given, wanted) = (step.component.output, steps[*target].component.input);
        if given != wanted {
            faults.push(mismatch(steps, index, *target, "next", given, wanted));
        }
    }
    let rejects = (step.component.input, step.component.output) == (Carries::Records, Carries::Records);
    for target in step.error.iter().filter(|_| rejects) {
        let wanted = steps[*target].component.input;
        if wanted != Carries::Records {
            faults.push(mismatch(steps, index, *target, "error", Carries::Records, wanted));
        }
    }
    if !step.error.is_empty() && !rejects {
        faults.push(Fault {
            step: Some(index),
            severity: Severity::Warning,
            message: format!("the error path of `{}` is never used: its failures fail the job", step.id),
            hint: String::new(),
        });
    }
    if step.next.is_empty() && step.component.output == Carries::Files {
        faults.push(Fault {
            step: Some(index),
            severity: Severity::Warning,
            message: format!("the files of `{}` go nowhere", step.id),
            hint: "give it a storage writer in `next`".to_owned(),
        });
    }
}

fn mismatch(steps: &[Step], from: usize, to: usize, edge: &str, given: Carries, wanted: Carries) -> Fault {
    let hint = match (given, wanted) {
        (Carries::Records, Carries::Files) => "a formatter belongs between them",
        (Carries::Files, Carries::Records) => "a parser belongs between them",
        _ => "",
    };
    let (from_id, to_id) = (&steps[from].id, &steps[to].id);
    let message =
        format!("`{edge}` of `{from_id}` carries {}, but `{to_id}` takes {}", given.word(), wanted.word());
    Fault { step: Some(from), severity: Severity::Error, message, hint: hint.to_owned() }
}

/// Depth-first, each step after its feeders; the error is one circle.
fn order(steps: &[Step], entries: &[usize]) -> Result<Vec<usize>, Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    fn visit(
        steps: &[Step],
        at: usize,
        marks: &mut [Mark],
        path: &mut Vec<usize>,
        out: &mut Vec<usize>,
    ) -> Result<(), Vec<usize>> {
        match marks[at] {
            Mark::Done => return Ok(()),
            Mark::Open => {
                let start = path.iter().position(|step| *step == at).unwrap_or(0);
                let mut cycle = path[start..].to_vec();
                cycle.push(at);
                return Err(cycle);
            }
            Mark::New => {}
        }
        marks[at] = Mark::Open;
        path.push(at);
        // Backwards, since the finished list is turned round at the end.
        for target in steps[at].error.iter().rev().chain(steps[at].next.iter().rev()) {
            visit(steps, *target, marks, path, out)?;
        }
        path.pop();
        marks[at] = Mark::Done;
        out.push(at);
        Ok(())
    }
    let (mut marks, mut out) = (vec![Mark::New; steps.len()], Vec::new());
    for entry in entries.iter().rev() {
        visit(steps, *entry, &mut marks, &mut Vec::new(), &mut out)?;
    }
    // Steps that no entry reaches stand on a circle of their own.
    for step in 0..steps.len() {
        visit(steps, step, &mut marks, &mut Vec::new(), &mut out)?;
    }
    out.reverse();
    Ok(out)
}

#[cfg(test)]
mod tests {
    use crate::Document;
    use serde_json::{Value, json};

    type Written<'a> = (&'a str, &'a str, Value, &'a [&'a str], &'a [&'a str]);

    fn flow(steps: &[Written<'_>]) -> String {
        let steps: Vec<Value> = steps
            .iter()
            .map(|(id, kind, params, next, error)| json!({"id": id, "type": kind, "params": params, "next": next, "error": error}))
            .collect();
        json!({"name": "f", "steps": steps}).to_string()
    }

    fn reader() -> Value {
        json!({"select": "UID"})
    }

    fn order(text: &str) -> Vec<String> {
        let (document, _) = Document::parse(text).unwrap_or_else(|problems| panic!("{problems:?}"));
        document.graph.order.iter().map(|step| document.steps[*step].id.clone()).collect()
    }

    fn refusal(text: &str) -> String {
        Document::parse(text)
            .expect_err(text)
            .iter()
            .map(|problem| problem.message.clone())
            .collect::<Vec<_>>()
            .join("; ")
    }

    #[test]
    fn branches_keep_the_order_of_the_list() {
        let name = json!({"fileName": "f"});
        let store = json!({"host": "h", "username": "u", "password": "p"});
        let text = flow(&[
            ("store", "datasource.write.sftp", store, &[], &[]),
            ("empty", "file.empty", name.clone(), &["store"], &[]),
            ("json", "file.format.json", name, &["store"], &[]),
            ("read", "datasource.read.gigya.account", reader(), &["json", "empty"], &[]),
        ]);
        assert_eq!(order(&text), ["read", "json", "empty", "store"]);
    }

    #[test]
    fn a_step_that_nothing_feeds_never_runs_and_an_error_path_that_is_never_used_may_lead_anywhere() {
        let (store, none) = (json!({"host": "h", "username": "u", "password": "p"}), json!({"fields": []}));
        let name = json!({"fileName": "f", "columnSeparator": ",", "createEmptyFile": true});
        let text = flow(&[
            ("lost", "field.remove", none, &["f"], &[]),
            ("f", "file.format.dsv", name, &["w"], &[]),
            ("w", "datasource.write.sftp", store.clone(), &[], &[]),
            ("r", "datasource.read.gigya.account", reader(), &["j"], &["w"]),
            ("j", "file.format.json", json!({"fileName": "j"}), &["s"], &["w"]),
            ("s", "datasource.write.sftp", store, &[], &[]),
        ]);
        assert_eq!(order(&text), ["r", "j", "s", "w"]);
        let (_, warnings) = Document::parse(&text).unwrap();
        let told: Vec<&str> = warnings.iter().map(|warning| warning.message.as_str()).collect();
        assert_eq!(
            told,
            [
                "nothing feeds `lost`: it never runs",
                "the error path of `r` is never used: its failures fail the job",
                "the error path of `j` is never used: its failures fail the job",
            ]
        );
    }

    #[test]
    fn broken_graphs_are_told() {
        let none = json!({"fields": []});
        for (text, expected) in [
            (
                flow(&[
                    ("r", "datasource.read.gigya.account", reader(), &["a"], &[]),
                    ("a", "field.remove", none.clone(), &["b"], &[]),
                    ("b", "field.remove", none.clone(), &[], &["a"]),
                ]),
                "the steps run in a circle: `a` > `b` > `a`",
            ),
            (
                flow(&[("a", "field.remove", none.clone(), &["a"], &[])]),
                "the steps run in a circle: `a` > `a`",
            ),
            (flow(&[("a", "field.remove", none, &[], &[])]), "nothing feeds `a`"),
            (
                flow(&[
                    ("r", "datasource.read.gigya.account", reader(), &["w"], &[]),
                    ("w", "datasource.write.sftp", json!({"host": "h", "username": "u"}), &[], &[]),
                ]),
                "`next` of `r` carries records, but `w` takes files",
            ),
        ] {
            assert_eq!(refusal(&text), expected, "{text}");
        }
    }
}
