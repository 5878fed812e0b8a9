//! The dataflow document: text in, steps out, and every problem with its place.

use crate::component::{Carries, ComponentDoc};
use crate::components::{self, COMPONENTS, ELSEWHERE, elsewhere};
use crate::graph::{self, Graph};
use crate::json::{self, Kind, Node, Place};
use crate::record::Fields;
use crate::stub::{NoPlace, Placed, Stub};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A dataflow that can be run.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its id, if it has one.
    pub id: String,
    /// Its title.
    pub name: String,
    /// `published` or `draft`.
    pub status: String,
    /// Its steps, in the order in which they stand.
    pub steps: Vec<Step>,
    pub(crate) graph: Graph,
}

/// One use of a component. Its parameters may be secrets, so they are not shown in debug output.
#[derive(Clone)]
pub struct Step {
    /// Its id, exact to the blank.
    pub id: String,
    /// Its component.
    pub component: &'static ComponentDoc,
    /// Its parameters.
    pub params: Fields,
    /// Numbers and booleans among them, as texts.
    pub(crate) plain: BTreeMap<String, String>,
    pub(crate) next: Vec<usize>,
    pub(crate) error: Vec<usize>,
    pub(crate) stub: Option<Arc<Placed>>,
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step")
            .field("id", &self.id)
            .field("kind", &self.component.kind)
            .finish_non_exhaustive()
    }
}

impl Step {
    /// Type and id as a reader names a step: ``field.rename `rename` ``.
    pub fn place(&self) -> String {
        format!("{} `{}`", self.component.kind, self.id)
    }
}

/// How bad a problem is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// The flow runs.
    Warning,
    /// The flow is refused.
    Error,
}

/// Something wrong with a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// The one obvious remedy, or nothing.
    pub hint: String,
    /// How bad.
    pub severity: Severity,
}

impl Problem {
    pub(crate) fn at(
        at: Place,
        severity: Severity,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { line: at.line, column: at.column, message: message.into(), hint: hint.into(), severity }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, "\nhint: {}", self.hint) }
    }
}

/// A document with more steps is refused.
const MAX_STEPS: usize = 200;

impl Document {
    /// Reads a document. Warnings come with it; one error and there is none.
    pub fn parse(text: &str) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (root, doubts) = json::parse_and_doubt(text).map_err(|problem| vec![problem])?;
        let mut reader = Reader { problems: doubts };
        let document = reader.document(inner(&root));
        reader.problems.sort_by_key(|problem| (problem.line, problem.column));
        match document {
            Some(document) if reader.problems.iter().all(|p| p.severity == Severity::Warning) => {
                Ok((document, reader.problems))
            }
            _ => Err(reader.problems),
        }
    }

    /// The step with this id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// Puts a stub in the place of a step, for every run of this value; what it gets is told there.
    pub fn stub(&mut self, id: &str, stub: Stub) -> Result<Arc<Placed>, NoPlace> {
        let step = self.steps.iter_mut().find(|step| step.id == id);
        let step = step.ok_or_else(|| NoPlace(format!("the dataflow has no step `{id}`")))?;
        let placed = Arc::new(Placed::at(step.component, stub)?);
        step.stub = Some(Arc::clone(&placed));
        Ok(placed)
    }
}

/// The dataflow in an answer of the API that somebody saved: of `idx.getDataflow`, or of an `idx.search` that found
/// one; any other text is one itself.
pub(crate) fn inner(root: &Node) -> &Node {
    if root.member("steps").is_some() {
        return root;
    }
    let found = match root.member("result").map(|result| &result.kind) {
        Some(Kind::List(results)) if results.len() == 1 => results.first(),
        _ => root.member("dataflow"),
    };
    found.filter(|node| node.member("steps").is_some()).unwrap_or(root)
}

/// A step as it stands in the text.
struct Draft {
    at: Place,
    id: String,
    component: &'static ComponentDoc,
    params: Fields,
    next: Vec<(String, Place)>,
    error: Vec<(String, Place)>,
}

/// Connectors that nobody here knows, as they are connected: what they carry shows at their neighbours only.
fn elsewhere_carries(mut drafts: Vec<Draft>) -> Vec<Draft> {
    for at in 0..drafts.len() {
        let draft = &drafts[at];
        let next = |id: &String| drafts.iter().find(|other| other.id == *id);
        let files = match draft.component.kind {
            elsewhere::READER_KIND => draft
                .next
                .iter()
                .filter_map(|(id, _)| next(id))
                .any(|to| to.component.input == Carries::Files),
            elsewhere::WRITER_KIND => drafts.iter().any(|from| {
                from.component.output == Carries::Files && from.next.iter().any(|(id, _)| *id == draft.id)
            }),
            _ => false,
        };
        if files {
            drafts[at].component = elsewhere::of_files(drafts[at].component);
        }
    }
    drafts
}

#[derive(Default)]
struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    fn error(&mut self, at: Place, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(Problem::at(at, Severity::Error, message, hint));
    }

    fn warning(&mut self, at: Place, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(Problem::at(at, Severity::Warning, message, hint));
    }

    fn document(&mut self, root: &Node) -> Option<Document> {
        let Kind::Object(members) = &root.kind else {
            self.error(root.at, format!("a dataflow is an object, not {}", root.kind_name()), "");
            return None;
        };
        let name = self.text_of(root, "name");
        if name.trim().is_empty() {
            self.error(root.at, "the dataflow has no `name`", "");
        }
        let Some((_, _, list)) = members.iter().find(|(name, _, _)| name == "steps") else {
            let several =
                matches!(root.member("result").map(|it| &it.kind), Some(Kind::List(all)) if all.len() > 1);
            let hint =
                if several { "this is an answer with several dataflows: save one of them" } else { "" };
            self.error(root.at, "the dataflow has no `steps`", hint);
            return None;
        };
        let Kind::List(items) = &list.kind else {
            self.error(list.at, format!("`steps` is an array, not {}", list.kind_name()), "");
            return None;
        };
        if items.is_empty() {
            self.error(list.at, "the dataflow has no steps", "");
        }
        if items.len() > MAX_STEPS {
            self.error(list.at, format!("more than {MAX_STEPS} steps"), "");
            return None;
        }
        let drafts: Vec<Option<Draft>> = items.iter().map(|item| self.step(item)).collect();
        let (id, status) = (self.text_of(root, "id"), self.text_of(root, "status"));
        // A step that could not be read would make every edge to it a second, misleading problem.
        let drafts: Vec<Draft> = drafts.into_iter().collect::<Option<_>>()?;
        let drafts = elsewhere_carries(drafts);
        let (steps, places) = self.connect(drafts)?;
        let graph = self.graph(&steps, &places, list.at)?;
        Some(Document { id, name, status, steps, graph })
    }

    fn text_of(&mut self, object: &Node, name: &str) -> String {
        let Kind::Object(members) = &object.kind else { return String::new() };
        match members.iter().find(|(known, _, _)| known == name) {
            None => String::new(),
            Some((_, _, node)) if node.is_null() => String::new(),
            Some((_, _, node)) => match node.text() {
                Some(text) => text.to_owned(),
                None => {
                    self.error(node.at, format!("`{name}` is a string, not {}", node.kind_name()), "");
                    String::new()
                }
            },
        }
    }

    fn step(&mut self, node: &Node) -> Option<Draft> {
        let Kind::Object(members) = &node.kind else {
            self.error(node.at, format!("a step is an object, not {}", node.kind_name()), "");
            return None;
        };
        let mut draft = (None, None, None, Vec::new(), Vec::new());
        for (name, at, value) in members {
            match name.as_str() {
                "id" => draft.0 = self.id(value),
                "type" => draft.1 = Some(self.component(value)),
                "params" => draft.2 = Some(value),
                "next" => draft.3 = self.edges(value, "next"),
                "error" => draft.4 = self.edges(value, "error"),
                other => self.warning(*at, format!("unknown member `{other}` of a step"), ""),
            }
        }
        let (id, component, params, next, error) = draft;
        if id.is_none() && !members.iter().any(|(name, _, _)| name == "id") {
            self.error(node.at, "the step has no `id`", "");
        }
        let Some(component) = component else {
            self.error(node.at, "the step has no `type`", "");
            return None;
        };
        let (id, component) = (id?, component?);
        let params = self.params(component, params, node.at);
        Some(Draft { at: node.at, id, component, params, next, error })
    }

    fn id(&mut self, node: &Node) -> Option<String> {
        match node.text() {
            Some("") => self.error(node.at, "the step's `id` is empty", ""),
            Some(id) => return Some(id.to_owned()),
            None if node.number().is_some() => return node.number(),
            None => self.error(node.at, format!("a step's `id` is a string, not {}", node.kind_name()), ""),
        }
        None
    }

    fn component(&mut self, node: &Node) -> Option<&'static ComponentDoc> {
        let Some(text) = node.text() else {
            self.error(node.at, format!("a step's `type` is a string, not {}", node.kind_name()), "");
            return None;
        };
        if let Some(found) = components::component(text) {
            if ELSEWHERE.iter().any(|known| known.kind == found.kind) {
                let message = format!(
                    "`{}` is known by name and parameters only: a job with it is refused",
                    found.kind
                );
                self.warning(node.at, message, "");
            }
            return Some(found);
        }
        let kind = text.trim().to_ascii_lowercase();
        if let Some(other) = elsewhere::connector(&kind) {
            let message =
                format!("`{}` is a connector that nobody here knows: a job with it is refused", text.trim());
            self.warning(node.at, message, "a scenario can put a stub in its place");
            return Some(other);
        }
        let names = COMPONENTS.iter().chain(ELSEWHERE).map(|component| component.kind);
        let hint = nearest(&kind, names).map(|name| format!("did you mean `{name}`?")).unwrap_or_default();
        self.error(node.at, format!("unknown component type `{}`", text.trim()), hint);
        None
    }

    fn edges(&mut self, node: &Node, name: &str) -> Vec<(String, Place)> {
        let items = match &node.kind {
            Kind::List(items) => items.as_slice(),
            // One id alone, as written by hand.
            Kind::Leaf(Value::String(_) | Value::Number(_)) => std::slice::from_ref(node),
            Kind::Leaf(Value::Null) => &[],
            Kind::Object(members) if members.is_empty() => &[],
            _ => {
                let told = format!("`{name}` is an array of step ids, not {}", node.kind_name());
                self.error(node.at, told, "");
                &[]
            }
        };
        let mut edges: Vec<(String, Place)> = Vec::new();
        for item in items.iter().filter(|item| !item.is_null()) {
            match item.text().map(str::to_owned).or_else(|| item.number()) {
                Some(id) if edges.iter().any(|(known, _)| *known == id) => {
                    self.warning(item.at, format!("`{id}` stands twice in `{name}` and is served once"), "");
                }
                Some(id) => edges.push((id, item.at)),
                None => self.error(item.at, format!("a step id is a string, not {}", item.kind_name()), ""),
            }
        }
        edges
    }

    fn params(&mut self, component: &'static ComponentDoc, node: Option<&Node>, step: Place) -> Fields {
        let mut params = Fields::new();
        match node.map(|node| (&node.kind, node)) {
            None => {}
            Some((Kind::Object(members), _)) => {
                for (name, at, value) in members {
                    self.known_param(component, name, *at);
                    params.insert(name.clone(), value.value());
                }
            }
            Some((Kind::Leaf(value), _)) if value.is_null() => {}
            // What some languages make of an empty object.
            Some((Kind::List(items), _)) if items.is_empty() => {}
            Some((_, node)) => {
                self.error(node.at, format!("`params` is an object, not {}", node.kind_name()), "");
            }
        }
        for param in component.params.iter().filter(|param| param.required) {
            if params.get(param.name).is_none_or(|value| value.is_null() || value == "") {
                let message =
                    format!("`{}` needs parameter `{}`: its job will fail", component.kind, param.name);
                self.warning(node.map_or(step, |node| node.at), message, "");
            }
        }
        params
    }

    fn known_param(&mut self, component: &'static ComponentDoc, name: &str, at: Place) {
        if let Some(known) = component.params.iter().find(|param| param.name == name) {
            if known.meaning.starts_with("not applied") {
                self.warning(at, format!("`{name}` is {}", known.meaning), "");
            }
            return;
        }
        let hint = nearest(name, component.params.iter().map(|param| param.name))
            .map(|near| format!("did you mean `{near}`?"))
            .unwrap_or_default();
        self.warning(at, format!("`{}` has no parameter `{name}`: it is ignored", component.kind), hint);
    }

    fn connect(&mut self, drafts: Vec<Draft>) -> Option<(Vec<Step>, Vec<Place>)> {
        let ids: Vec<String> = drafts.iter().map(|draft| draft.id.clone()).collect();
        let places: Vec<Place> = drafts.iter().map(|draft| draft.at).collect();
        let mut whole = true;
        for (index, draft) in drafts.iter().enumerate() {
            if ids[..index].contains(&draft.id) {
                self.error(draft.at, format!("two steps have the id `{}`", draft.id), "");
                whole = false;
            }
        }
        let mut resolve = |edges: &[(String, Place)]| -> Vec<usize> {
            let mut found = Vec::new();
            for (id, at) in edges {
                match ids.iter().position(|known| known == id) {
                    Some(index) => found.push(index),
                    None => {
                        let hint = nearest(id, ids.iter().map(String::as_str))
                            .map(|near| format!("did you mean `{near}`? ids are compared to the blank"))
                            .unwrap_or_default();
                        self.error(*at, format!("no step has the id `{id}`"), hint);
                        whole = false;
                    }
                }
            }
            found
        };
        let mut steps = Vec::new();
        for draft in drafts {
            let (next, error) = (resolve(&draft.next), resolve(&draft.error));
            let Draft { id, component, params, .. } = draft;
            let plain = params.iter().filter(|(_, value)| value.is_number() || value.is_boolean());
            let plain = plain.map(|(name, value)| (name.clone(), value.to_string())).collect();
            steps.push(Step { id, component, params, plain, next, error, stub: None });
        }
        whole.then_some((steps, places))
    }

    fn graph(&mut self, steps: &[Step], places: &[Place], list: Place) -> Option<Graph> {
        let found = graph::build(steps);
        for fault in found.faults {
            let at = fault.step.map_or(list, |step| places[step]);
            self.problems.push(Problem::at(at, fault.severity, fault.message, fault.hint));
        }
        found.graph
    }
}

/// The known name that a typing error most likely meant.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (strsim::damerau_levenshtein(&shortened(name), candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count() / 3 + 1)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn shortened(name: &str) -> String {
    name.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let problems = match Document::parse(text) {
            Ok((_, warnings)) => warnings,
            Err(problems) => problems,
        };
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(told, expected, "{text}");
    }

    #[test]
    fn problems_have_places_and_hints() {
        check("[]", &["1:1: a dataflow is an object, not an array"]);
        check("{\"name\": \"x\"}", &["1:1: the dataflow has no `steps`"]);
        check(
            "{\"name\": \"x\", // why\n\"steps\": []}",
            &[
                "1:15: comments are not legal in JSON\nhint: remove the comment; documentation samples carry them for the reader only",
            ],
        );
        check(
            "{\"name\":\"x\",\"steps\":[\n{\"id\":\"a\",\"type\":\"field.renam\"}]}",
            &["2:18: unknown component type `field.renam`\nhint: did you mean `field.rename`?"],
        );
        check(
            "{\"name\":\"x\",\"steps\":[\n{\"id\":\"a\",\"type\":\"datasource.read.mailchimp\"}]}",
            &[
                "2:1: `datasource.read.mailchimp` needs parameter `apiUrl`: its job will fail",
                "2:1: `datasource.read.mailchimp` needs parameter `apiKey`: its job will fail",
                "2:1: `datasource.read.mailchimp` needs parameter `listId`: its job will fail",
                "2:18: `datasource.read.mailchimp` is known by name and parameters only: a job with it is refused",
            ],
        );
        check(
            "{\"name\":\"x\",\"steps\":[\n{\"id\":\"a\",\"type\":\"file.empty\",\"params\":{\"fileName\":\"f\",\"filename\":\"g\"}}]}",
            &[
                "2:1: the files of `a` go nowhere\nhint: give it a storage writer in `next`",
                "2:56: `file.empty` has no parameter `filename`: it is ignored\nhint: did you mean `fileName`?",
            ],
        );
    }

    #[test]
    fn connectors_that_nobody_knows_are_read_as_they_are_connected() {
        let flow = |from: &str, to: &str| {
            format!(
                r#"{{"name": "f", "steps": [{{"id": "a", "type": "{from}", "params": {{"bucket": "b"}}, "next": ["b"]}},
                {{"id": "b", "type": "{to}", "params": {{"fileName": "f"}}}}]}}"#
            )
        };
        for (from, to) in [
            ("datasource.read.braze", "datasource.write.segment"),
            ("datasource.read.google.drive", "file.parse.json"),
            ("datasource.read.gigya.account", "datasource.write.braze"),
            ("file.empty", "datasource.write.google.drive"),
        ] {
            let read =
                Document::parse(&flow(from, to)).unwrap_or_else(|told| panic!("{from} {to}: {told:?}"));
            assert!(
                read.1.iter().any(|problem| problem.message.contains("nobody here knows")),
                "{from} {to}"
            );
        }
        // A slip in a name that is known stays an error.
        assert!(Document::parse(&flow("datasource.read.sfpt", "file.parse.json")).is_err());
        assert!(Document::parse(&flow("datasource.read.gigya.acount", "field.remove")).is_err());
    }

    #[test]
    fn shapes_that_live_sites_have_are_read() {
        let steps = r#"[
            {"id": 1, "type": "datasource.read.gigya.account", "params": {"select": "UID", "where": null}, "next": "2", "error": {}},
            {"id": "2", "type": "file.format.json", "params": {"fileName": "f"}, "next": [3, null], "error": null},
            {"id": "3", "type": "datasource.write.sftp", "params": {"host": "h", "username": "u", "password": "p"}, "next": null}
        ]"#;
        let flow = format!(
            r#"{{"name": "f", "status": null, "id": null, "description": null, "version": 3, "lastRuntime": null, "schedulings": [], "steps": {steps}}}"#
        );
        for text in [
            flow.clone(),
            format!(r#"{{"callId": "x", "errorCode": 0, "dataflow": {flow}}}"#),
            format!(r#"{{"errorCode": 0, "resultCount": 1, "result": [{flow}]}}"#),
        ] {
            let (document, warnings) =
                Document::parse(&text).unwrap_or_else(|problems| panic!("{problems:?}"));
            let edges: Vec<_> =
                document.steps.iter().map(|step| (step.id.as_str(), step.next.clone())).collect();
            assert_eq!(edges, [("1", vec![1]), ("2", vec![2]), ("3", vec![])]);
            assert_eq!(warnings, []);
        }
        check(
            &format!(r#"{{"result": [{flow}, {flow}]}}"#),
            &[
                "1:1: the dataflow has no `name`",
                "1:1: the dataflow has no `steps`\nhint: this is an answer with several dataflows: save one of them",
            ],
        );
        check(
            r#"{"name": "f", "steps": [{"id": "a", "type": "file.empty", "params": [], "next": [true]}]}"#,
            &[
                "1:25: the files of `a` go nowhere\nhint: give it a storage writer in `next`",
                "1:69: `file.empty` needs parameter `fileName`: its job will fail",
                "1:82: a step id is a string, not a boolean",
            ],
        );
    }

    #[test]
    fn ids_are_exact_and_types_forgiving() {
        let flow = |next: &str| {
            format!(
                "{{\"name\":\"x\",\"steps\":[{{\"id\":\" 1. Read\",\"type\":\" Datasource.Read.Gigya.Account \",\"params\":{{\"select\":\"UID\"}},\"next\":[\"{next}\"]}},\n{{\"id\":\" w#?&\",\"type\":\"field.remove\",\"params\":{{\"fields\":[]}}}}]}}"
            )
        };
        check(&flow(" w#?&"), &[]);
        check(
            &flow("w#?&"),
            &["1:114: no step has the id `w#?&`\nhint: did you mean ` w#?&`? ids are compared to the blank"],
        );
    }

    #[test]
    fn what_is_not_applied_is_said() {
        check(
            "{\"name\":\"x\",\"steps\":[{\"id\":\"a\",\"type\":\"datasource.read.gigya.account\",\"params\":{\"select\":\"UID\",\"consent\":\"terms\"}}]}",
            &["1:96: `consent` is not applied: accounts are read whatever they consented to"],
        );
    }

    #[test]
    fn empty_required_parameters_are_kept_until_the_job() {
        check(
            "{\"name\":\"x\",\"steps\":[{\"id\":\"a\",\"type\":\"datasource.read.gigya.account\",\"params\":{\"select\":\"\"}}]}",
            &["1:80: `datasource.read.gigya.account` needs parameter `select`: its job will fail"],
        );
    }
}
