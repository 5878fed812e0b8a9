//! Scenario files in, outcomes out.

use crate::clock::StageClock;
use crate::failure::{Failures, add_left, concluded, failed};
use crate::find::{beside, read_beside};
use crate::partner::{Exchange, Part, Partner, Playing, Weighed};
use crate::run::Run;
use crate::step::{Args, Miss, Takes, named};
use crate::steps::{ADVANCE, EXPECT_STUB, FAULT, QUALIFIO_CALL, SET_KNOB, STEPS, STUB_STEP, fault, step_of};
use crate::story::{Depth, Held, tell};
use crate::surface::locked;
use crate::world::{Listen, SECTIONS, Transport, World, WorldError, WorldSpec, knobs};
use serde_json::{Map, Value};
use standin_dataflow::{Document, Severity};
use standin_fake_kit::knobs::KnobError;
use standin_fake_kit::seed::names;
use standin_model::Instant;
use standin_ports::http::Left;
use standin_scenario::outcome::{Failure, Journal, Outcome, StepOutcome, Verdict};
use standin_scenario::scenario::parse_world;
use standin_scenario::{Diagnostic, Kind, Node, Scenario, Source, Span, nearest};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How much virtual time passes before each step, so that what follows is later than what came before.
pub const PACE: Duration = Duration::from_secs(1);

/// A file could not be used; the text is rendered for a person.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadInput(pub String);

/// A scenario that has been checked: its world and its steps are known to be well written.
#[derive(Clone)]
pub struct Ready {
    /// The scenario.
    pub scenario: Scenario,
    /// Its world.
    pub spec: WorldSpec,
    /// Its file.
    pub path: PathBuf,
    /// What becomes of it where there is no browser for its steps.
    pub without_browser: WithoutBrowser,
    /// Somebody else's system that takes part, if one does; its world is always on the wire.
    pub partner: Option<Arc<Partner>>,
}

/// What becomes of a scenario that needs a browser where there is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum WithoutBrowser {
    /// It is skipped, with the reason.
    #[default]
    Skip,
    /// It fails.
    Fail,
}

/// What the command line adds to every world.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// Where identifiers start.
    pub seed: u64,
    /// Knobs by name.
    pub knobs: Vec<(String, String)>,
    /// Whether scenarios may be skipped for want of a browser.
    pub without_browser: WithoutBrowser,
    /// What every world builds on; the seed does not come from here.
    pub under: Option<WorldSpec>,
    /// What stands over every world.
    pub over: Option<WorldSpec>,
}

impl Extras {
    /// A world between what it builds on and what stands over it.
    fn layered(&self, spec: WorldSpec) -> WorldSpec {
        let seed = spec.seed;
        let layers = [self.under.clone(), Some(spec), self.over.clone()];
        let mut whole = WorldSpec { seed, ..WorldSpec::default() };
        for layer in layers.into_iter().flatten() {
            for (name, value) in layer.sections {
                let base = whole.sections.remove(&name).unwrap_or_default();
                whole.sections.insert(name, if base.is_null() { value } else { merge(base, value) });
            }
            whole.dataflows.extend(layer.dataflows);
            whole.knobs.extend(layer.knobs);
        }
        whole
    }
}

/// Reads and checks one scenario file.
pub fn load(path: &Path, extras: &Extras, colour: bool) -> Result<Vec<Ready>, BadInput> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| BadInput(format!("error: {} cannot be read: {error}", path.display())))?;
    load_text(path, &text, extras, colour)
}

/// Checks the text of a scenario file.
pub fn load_text(path: &Path, text: &str, extras: &Extras, colour: bool) -> Result<Vec<Ready>, BadInput> {
    let source = Source::new(path.display().to_string(), text);
    let shown = |diagnostic: Diagnostic| BadInput(diagnostic.render(&source, colour));
    let scenarios = Scenario::parse(&source).map_err(shown)?;
    let mut ready = Vec::new();
    for scenario in scenarios {
        for step in &scenario.steps {
            check_step(step).map_err(shown)?;
        }
        let spec = world_spec(path, scenario.world.as_ref(), extras).map_err(|bad| match bad {
            BadWorld::Here(diagnostic) => shown(diagnostic),
            BadWorld::There(text) => BadInput(text),
        })?;
        let spec = extras.layered(spec);
        let world = made(path, scenario.world.as_ref(), &spec, extras, &source, colour)?;
        check_names(&world, &spec.dataflows, &scenario.steps).map_err(shown)?;
        ready.push(Ready {
            scenario,
            spec,
            path: path.to_owned(),
            without_browser: extras.without_browser,
            partner: None,
        });
    }
    Ok(ready)
}

/// Reads a world file.
pub fn load_world(path: &Path, extras: &Extras, colour: bool) -> Result<WorldSpec, BadInput> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| BadInput(format!("error: {} cannot be read: {error}", path.display())))?;
    let source = Source::new(path.display().to_string(), text);
    let root = parse_world(&source).map_err(|diagnostic| BadInput(diagnostic.render(&source, colour)))?;
    world_of(path, &source, Some(&root), extras, colour)
}

/// The world that a part of a file describes, checked with what it builds on and what stands over it, and given
/// without these.
pub fn world_of(
    path: &Path,
    source: &Source,
    node: Option<&Node>,
    extras: &Extras,
    colour: bool,
) -> Result<WorldSpec, BadInput> {
    let spec = world_spec(path, node, extras).map_err(|bad| match bad {
        BadWorld::Here(diagnostic) => BadInput(diagnostic.render(source, colour)),
        BadWorld::There(text) => BadInput(text),
    })?;
    made(path, node, &extras.layered(spec.clone()), extras, source, colour)?;
    Ok(spec)
}

/// A world is cheap: making it is the check of what it is made from.
fn made(
    path: &Path,
    node: Option<&Node>,
    spec: &WorldSpec,
    extras: &Extras,
    source: &Source,
    colour: bool,
) -> Result<World, BadInput> {
    World::open(spec, Transport::Memory).map_err(|error| match below(path, node, extras, colour) {
        Ok(()) => BadInput(place(&error, node).render(source, colour)),
        Err(bad) => bad,
    })
}

/// The mistake that stands in the file that a world builds on, if it is there.
fn below(path: &Path, world: Option<&Node>, extras: &Extras, colour: bool) -> Result<(), BadInput> {
    let from = world.and_then(|world| world.get("from")).and_then(|from| from.text().ok());
    // Knobs of the command line are no mistake of that file.
    let extras = Extras { seed: extras.seed, ..Extras::default() };
    match from.and_then(|from| beside(path, from)) {
        Some(file) => load_world(&file, &extras, colour).map(drop),
        None => Ok(()),
    }
}

/// Whether the knobs of the command line exist and take their values.
pub fn check_knobs(extras: &Extras) -> Result<(), BadInput> {
    let spec = WorldSpec { knobs: extras.knobs.clone(), ..WorldSpec::default() };
    match World::open(&spec, Transport::Memory) {
        Err(WorldError::Knob(knob)) => Err(BadInput(format!("error: {knob}\n  help: {}", knob_hint(&knob)))),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn knob_hint(error: &KnobError) -> String {
    let all = "`standin list knobs` shows all knobs";
    match error {
        KnobError::Unknown(name) => {
            let known = knobs();
            nearest(name, known.iter().map(|knob| knob.name))
                .map_or_else(|| all.to_owned(), |near| format!("did you mean `{near}`?"))
        }
        KnobError::BadValue { .. } => all.to_owned(),
    }
}

fn check_step(step: &standin_scenario::Step) -> Result<(), Diagnostic> {
    let Some(known) = step_of(&step.name.name) else {
        let names = STEPS.iter().map(|known| known.name);
        let hint = nearest(&step.name.name, names).map_or_else(
            || "`standin list steps` shows all steps".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(
            Diagnostic::new(format!("no step is called `{}`", step.name.name), step.name.span).hint(hint)
        );
    };
    let args = Args::new(known, &step.args)?;
    // A value that an earlier step saves is not known yet.
    let known_by_now = known.args.iter().filter_map(|arg| args.get(arg.name)).all(|node| !awaits(node));
    if known.name == FAULT.name && known_by_now {
        fault(Instant::START, &args)?;
    }
    Ok(())
}

fn awaits(node: &Node) -> bool {
    matches!(&node.kind, Kind::Text(text) if text.contains("${"))
}

/// Holds the names that steps use against the world and what earlier steps make. A name with a value that is
/// only known later waits until its step runs.
fn check_names(
    world: &World,
    documents: &BTreeMap<String, Value>,
    steps: &[standin_scenario::Step],
) -> Result<(), Diagnostic> {
    let mut dataflows: Vec<&str> = world.dataflow_names().collect();
    let jobs = locked(&world.parts().eloqua).job_names();
    let jobs: Vec<&str> = jobs.iter().map(String::as_str).collect();
    let campaigns = locked(&world.parts().qualifio).campaign_titles();
    let campaigns: Vec<&str> = campaigns.iter().map(String::as_str).collect();
    // An operator, at the console or through its calls, may make more of them.
    let mut all_campaigns = true;
    for step in steps {
        let Some(known) = step_of(&step.name.name) else { continue };
        let args = Args::new(known, &step.args)?;
        for node in args.given(Takes::Campaign).filter(|_| all_campaigns) {
            let title = node.text()?;
            if !title.contains("${") && !campaigns.contains(&title) {
                return Err(named(node, &format!("no campaign is called `{title}`"), title, &campaigns));
            }
        }
        all_campaigns &= known.name != QUALIFIO_CALL.name && !known.needs_browser();
        for (takes, names, what) in [
            (Takes::Dataflow, &dataflows, "no dataflow is called"),
            (Takes::EloquaJob, &jobs, "no import or export is called"),
        ] {
            for node in args.given(takes) {
                let name = node.text()?;
                if !name.contains("${") && !names.contains(&name) {
                    return Err(named(node, &format!("{what} `{name}`"), name, names));
                }
            }
        }
        if [STUB_STEP.name, EXPECT_STUB.name].contains(&known.name) {
            check_stubbed(&args, documents)?;
        }
        for node in args.given(Takes::NewDataflow) {
            dataflows.push(node.text()?);
        }
        if known.name == SET_KNOB.name
            && let (Some(name), Some(value)) = (args.text("name")?, args.text("value")?)
            && let Err(error) = world.set_knob(name, value)
        {
            return Err(Diagnostic::new(error.to_string(), step.args.span).hint(knob_hint(&error)));
        }
    }
    Ok(())
}

/// Holds the step that a stub stands for against a dataflow of the world. One that a step makes is seen then.
fn check_stubbed(args: &Args<'_>, documents: &BTreeMap<String, Value>) -> Result<(), Diagnostic> {
    let (node, step) = (args.need("step")?, args.need_text("step")?);
    let Some(document) = documents.get(args.need_text("name")?) else { return Ok(()) };
    let steps = document["steps"].as_array().into_iter().flatten();
    let ids: Vec<&str> = steps.filter_map(|one| one["id"].as_str()).collect();
    if step.contains("${") || ids.contains(&step) {
        return Ok(());
    }
    Err(named(node, &format!("the dataflow has no step `{step}`"), step, &ids))
}

enum BadWorld {
    Here(Diagnostic),
    There(String),
}

impl From<Diagnostic> for BadWorld {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Here(diagnostic)
    }
}

/// The members of a world beside the platforms' sections.
const OTHERS: &[&str] = &["from", "dataflows", "knobs", "seed"];

/// How many files a world may build on, one on the other.
const BASES: usize = 16;

fn world_spec(path: &Path, world: Option<&Node>, extras: &Extras) -> Result<WorldSpec, BadWorld> {
    built_on(path, world, extras, BASES)
}

fn built_on(path: &Path, world: Option<&Node>, extras: &Extras, bases: usize) -> Result<WorldSpec, BadWorld> {
    let mut spec = WorldSpec { seed: extras.seed, ..WorldSpec::default() };
    if let Some(world) = world {
        let known: Vec<&str> = names(SECTIONS).iter().chain(OTHERS).copied().collect();
        world.only(&known)?;
        if let Some(from) = world.get("from") {
            let name = from.text()?;
            if bases == 0 {
                let message = format!("more than {BASES} worlds build on each other, or one on itself");
                return Err(Diagnostic::new(message, from.span).into());
            }
            let file = beside(path, name).ok_or_else(|| {
                Diagnostic::new(
                    format!("no file `{name}` beside this one or in a folder above it"),
                    from.span,
                )
            })?;
            let text = read_beside(path, name).map_err(|why| Diagnostic::new(why, from.span))?;
            let source = Source::new(file.display().to_string(), text);
            let there = |diagnostic: Diagnostic| BadWorld::There(diagnostic.render(&source, false));
            let root = parse_world(&source).map_err(there)?;
            spec = built_on(&file, Some(&root), extras, bases - 1).map_err(|bad| match bad {
                BadWorld::Here(diagnostic) => there(diagnostic),
                elsewhere @ BadWorld::There(_) => elsewhere,
            })?;
        }
        for section in names(SECTIONS) {
            if let Some(node) = world.get(section) {
                let value = node.to_json()?;
                let merged = spec.sections.remove(section).map_or(value.clone(), |base| merge(base, value));
                spec.sections.insert(section.to_owned(), merged);
            }
        }
        if let Some(dataflows) = world.get("dataflows") {
            for (key, node) in dataflows.map()? {
                spec.dataflows.insert(key.name.clone(), dataflow(path, node)?);
            }
        }
        for (key, node) in world.get("knobs").map(Node::map).transpose()?.unwrap_or_default() {
            spec.knobs.push((key.name.clone(), node.plain_text().unwrap_or_default()));
        }
        if let Some(seed) = world.get("seed") {
            spec.seed = seed.number()?;
        }
    }
    for knob in &extras.knobs {
        if !spec.knobs.contains(knob) {
            spec.knobs.push(knob.clone());
        }
    }
    Ok(spec)
}

/// The document that a world names; its mistakes are shown in its own text.
fn dataflow(path: &Path, node: &Node) -> Result<Value, BadWorld> {
    let name = node.text()?;
    let text = read_beside(path, name).map_err(|why| Diagnostic::new(why, node.span))?;
    if let Err(problems) = Document::parse(&text) {
        let called = beside(path, name).map_or_else(|| name.to_owned(), |file| file.display().to_string());
        let source = Source::new(called, text);
        let told = problems.iter().filter(|problem| problem.severity == Severity::Error).map(|problem| {
            let diagnostic = Diagnostic::new(&problem.message, source.word_at(problem.line, problem.column));
            let hint = (!problem.hint.is_empty()).then(|| problem.hint.clone());
            Diagnostic { hint, ..diagnostic }.render(&source, false)
        });
        return Err(BadWorld::There(told.collect::<Vec<_>>().join("\n\n")));
    }
    serde_json::from_str(&text)
        .map_err(|error| Diagnostic::new(format!("the dataflow is not JSON: {error}"), node.span).into())
}

/// A scenario's own members stand over those of the file that it builds on; lists are replaced, not joined.
fn merge(base: Value, over: Value) -> Value {
    match (base, over) {
        (Value::Object(mut base), Value::Object(over)) => {
            for (name, value) in over {
                let merged = base.remove(&name).map_or(value.clone(), |below| merge(below, value));
                base.insert(name, merged);
            }
            Value::Object(base)
        }
        (_, over) => over,
    }
}

fn place(error: &WorldError, world: Option<&Node>) -> Diagnostic {
    let somewhere = world.map_or(Span { start: 0, end: 1 }, |world| world.span);
    match error {
        WorldError::Seed { section, error } => {
            let node = world.and_then(|world| world.get(section));
            let span = node.and_then(|node| node.at_path(&error.path)).unwrap_or(somewhere);
            Diagnostic {
                message: error.message.clone(),
                span,
                label: error.path.clone(),
                hint: error.hint.clone(),
            }
        }
        WorldError::Knob(knob) => {
            let (KnobError::Unknown(name) | KnobError::BadValue { name, .. }) = knob;
            let node = world.and_then(|world| world.get("knobs")).and_then(|knobs| knobs.get(name));
            Diagnostic::new(error.to_string(), node.map_or(somewhere, |node| node.span)).hint(knob_hint(knob))
        }
        WorldError::Dataflow { name, .. } => {
            let node = world.and_then(|world| world.get("dataflows")).and_then(|node| node.get(name));
            Diagnostic::new(error.to_string(), node.map_or(somewhere, |node| node.span))
        }
        WorldError::Listen(_) => Diagnostic::new(error.to_string(), somewhere),
    }
}

/// Runs one scenario in a world of its own.
pub fn run(ready: &Ready, transport: Transport) -> Outcome {
    run_keeping(ready, transport).0
}

/// Runs one scenario and hands out its world as it was at the end.
pub fn run_keeping(ready: &Ready, transport: Transport) -> (Outcome, Option<World>) {
    run_telling(ready, transport, Depth::Outcome)
}

/// Runs one scenario in memory and hands out the calls of each of its steps.
pub fn run_passing(ready: &Ready) -> (Outcome, Vec<Vec<Exchange>>) {
    let mut outcome = at_its_start(&ready.scenario, Transport::Memory);
    let mut walked = Walked { passed: Some(Vec::new()), ..Walked::default() };
    match opened(ready, Transport::Memory) {
        Ok(world) => outcome.verdict = walk(ready, &world, Which::All, &mut walked),
        Err(error) => outcome.verdict = Verdict::Broken(crate::run::chain(&error)),
    }
    (outcome, walked.passed.unwrap_or_default())
}

/// The outcome of a scenario that is not run, with the reason.
pub fn not_run(ready: &Ready, transport: Transport, why: String) -> Outcome {
    Outcome { verdict: Verdict::Skipped(why), ..at_its_start(&ready.scenario, transport) }
}

/// Whether a scenario expects anything by itself, and not of its own calls; and if so, needs nothing for it that
/// only its other steps bring.
pub fn check_expectations(ready: &Ready) -> Result<(), BadInput> {
    let steps = || ready.scenario.steps.iter();
    let shown = |diagnostic: Diagnostic| BadInput(diagnostic.render(&ready.scenario.source, false));
    if !steps().any(|step| step.name.name.starts_with("expect_")) {
        let span = Span { start: 0, end: 1 };
        return Err(shown(
            Diagnostic::new("this scenario expects nothing that could be held against a program", span)
                .hint("add steps that begin with `expect_`"),
        ));
    }
    for step in steps().filter(|step| Which::Expectations.includes(step)) {
        if let Some(span) = step.args.captured() {
            return Err(shown(
                Diagnostic::new("this value is saved by a step that is left to the program", span)
                    .hint("expect a value that is known beforehand"),
            ));
        }
    }
    Ok(())
}

/// Checks what a scenario expects against a world in which somebody else did what there was to do. That is not what
/// its clauses promise, so it shows none.
pub fn expectations(ready: &Ready, world: &World) -> Outcome {
    let mut walked = Walked::default();
    let mut verdict = walk(ready, world, Which::Expectations, &mut walked);
    if let Some(expected) = &ready.scenario.expected_failure {
        verdict = turned(verdict, expected, &ready.scenario);
    }
    Outcome {
        verdict,
        clauses: Vec::new(),
        steps: walked.steps,
        evidence: world.weakest_evidence(),
        ..at_its_start(&ready.scenario, world.transport())
    }
}

/// Which steps of a scenario are done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Which {
    All,
    /// Those that expect something, and the passing of time between them.
    Expectations,
}

impl Which {
    fn includes(self, step: &standin_scenario::Step) -> bool {
        let name = step.name.name.as_str();
        self == Self::All || name.starts_with("expect_") || name == ADVANCE.name
    }
}

/// What came of the steps, and the values that each of them held.
#[derive(Default)]
struct Walked {
    steps: Vec<StepOutcome>,
    held: Vec<Vec<Held>>,
    /// The calls of each step, if they are wanted.
    passed: Option<Vec<Vec<Exchange>>>,
}

fn at_its_start(scenario: &Scenario, transport: Transport) -> Outcome {
    Outcome {
        name: scenario.name.clone(),
        file: scenario.source.name.clone(),
        clauses: scenario.clauses.iter().map(|clause| clause.name.clone()).collect(),
        tags: scenario.tags.clone(),
        transport: transport.word(),
        verdict: Verdict::Held,
        steps: Vec::new(),
        evidence: None,
        journal: Journal::default(),
        micros: 0,
    }
}

/// Runs one scenario, tells so much of it, and hands out its world as it was at the end.
pub fn run_telling(ready: &Ready, transport: Transport, depth: Depth) -> (Outcome, Option<World>) {
    let scenario = &ready.scenario;
    let mut outcome = at_its_start(scenario, transport);
    if let Some(verdict) = without_browser(ready, transport) {
        outcome.verdict = verdict;
        return (outcome, None);
    }
    let world = match opened(ready, transport) {
        Ok(world) => world,
        Err(error) => {
            outcome.verdict = Verdict::Broken(crate::run::chain(&error));
            return (outcome, None);
        }
    };
    let mut walked = Walked::default();
    outcome.verdict = walk(ready, &world, Which::All, &mut walked);
    outcome.steps = walked.steps;
    if let Some(expected) = &scenario.expected_failure {
        outcome.verdict = turned(outcome.verdict, expected, scenario);
    }
    outcome.evidence = world.weakest_evidence();
    if depth == Depth::Story {
        tell(&mut outcome, &world, &walked.held);
    }
    (outcome, Some(world))
}

/// Runs one scenario in a world of its own, in memory and for somebody who may leave, and tells its whole story.
pub fn run_for(asker: &Left, ready: &Ready) -> Outcome {
    match World::open(&ready.spec, Transport::Memory) {
        Ok(world) => {
            let _asked = world.parts().for_asker(asker.clone());
            run_in(ready, &world)
        }
        Err(error) => Outcome {
            verdict: Verdict::Broken(crate::run::chain(&error)),
            ..at_its_start(&ready.scenario, Transport::Memory)
        },
    }
}

/// Runs one scenario in a world that is there already, and tells its whole story.
pub fn run_in(ready: &Ready, world: &World) -> Outcome {
    let mut outcome = at_its_start(&ready.scenario, world.transport());
    if let Some(verdict) = without_browser(ready, world.transport()) {
        outcome.verdict = verdict;
        return outcome;
    }
    let mut walked = Walked::default();
    outcome.verdict = walk(ready, world, Which::All, &mut walked);
    outcome.steps = walked.steps;
    if let Some(expected) = &ready.scenario.expected_failure {
        outcome.verdict = turned(outcome.verdict, expected, &ready.scenario);
    }
    outcome.evidence = world.weakest_evidence();
    tell(&mut outcome, world, &walked.held);
    outcome
}

/// A partner lives by a clock of its own and speaks over sockets.
fn opened(ready: &Ready, transport: Transport) -> Result<World, WorldError> {
    let Some(partner) = &ready.partner else { return World::open(&ready.spec, transport) };
    let clock = StageClock::going_on_with(Arc::clone(&partner.clock));
    World::open_at(&ready.spec, Transport::Wire, clock, Listen { port: 0, control: true })
}

impl Ready {
    /// Whether a real browser takes part.
    pub fn needs_browser(&self) -> bool {
        self.first_of_a_browser().is_some()
    }

    fn first_of_a_browser(&self) -> Option<&standin_scenario::Step> {
        let of_browser = |name: &str| step_of(name).is_some_and(crate::step::Step::needs_browser);
        self.scenario.steps.iter().find(|step| of_browser(&step.name.name))
    }
}

/// What becomes of a scenario whose browser cannot be had.
fn without_browser(ready: &Ready, transport: Transport) -> Option<Verdict> {
    let step = ready.first_of_a_browser()?;
    let why = match transport {
        Transport::Memory => "a real browser needs the wire".to_owned(),
        Transport::Wire => crate::chromium::lacking()?,
    };
    if ready.without_browser == WithoutBrowser::Skip {
        return Some(Verdict::Skipped(why));
    }
    let (line, column) = ready.scenario.source.line_column(step.name.span.start);
    let snippet = Diagnostic::new(&why, step.name.span).render(&ready.scenario.source, false);
    Some(Verdict::Failed(Failure {
        step: step.name.name.clone(),
        line,
        column,
        message: why,
        expected: None,
        actual: None,
        snippet,
        lineage: Vec::new(),
        screenshot: None,
    }))
}

fn walk(ready: &Ready, world: &World, which: Which, walked: &mut Walked) -> Verdict {
    let mut run = Run::new(world, ready.path.clone());
    if let Some(partner) = &ready.partner {
        match partner.system.enter(world) {
            Ok(session) => run.partner = Some(Playing { part: partner.part, session, spoke: false }),
            // Who cannot be started is described wrongly: that is no break of ours, and none of a promise.
            Err(why) => return Verdict::Miswritten(why),
        }
    }
    let platform = run.partner.as_ref().is_some_and(|playing| playing.part == Part::Platform);
    run.passed = (platform || walked.passed.is_some()).then(Arc::default);
    let mut failures = Failures::default();
    let ended = steps(ready, &mut run, which, walked, &mut failures);
    let mut verdict = concluded(world, failures.joined(), ended);
    if let Some(mut playing) = run.partner.take() {
        add_left(world, &mut verdict, &playing.session.leave(&run));
    }
    verdict
}

/// Does the steps, one after the other; the verdict is the one of that which ends them early, if any does.
fn steps(
    ready: &Ready,
    run: &mut Run<'_>,
    which: Which,
    walked: &mut Walked,
    failures: &mut Failures,
) -> Option<Verdict> {
    let (scenario, world) = (&ready.scenario, run.world);
    for (position, step) in scenario.steps.iter().enumerate().filter(|(_, step)| which.includes(step)) {
        if let Some(hindered) = run.partner.as_mut().and_then(|playing| playing.session.hindered()) {
            return Some(hindered);
        }
        if world.parts().asker_left() {
            return Some(Verdict::Inconclusive("whoever asked for it has left".to_owned()));
        }
        let from = world.parts().journal.mark();
        world.advance(PACE);
        let at = world.now().to_string();
        let line = scenario.source.line_column(step.name.span.start).0;
        let expects = step.name.name.starts_with("expect_");
        let platform = run.partner.as_ref().is_some_and(|playing| playing.part == Part::Platform);
        if !expects {
            run.begin_anew();
        }
        // What must not be there may still be on its way.
        while expects && !platform && expects_absence(step) && run.rest() {}
        let mut result = one(run, step);
        // A partner works in its own time.
        while matches!(result, Err(Miss::Unmet(_))) && waits(scenario, position, run) && run.rest() {
            run.held.take();
            drop(run.take_passed());
            result = one(run, step);
        }
        if let (Err(Miss::Unmet(_) | Miss::NotStarted(_)), Some(playing)) = (&result, &mut run.partner)
            && let Some(hindered) = playing.session.hindered()
        {
            return Some(hindered);
        }
        if let Err(Miss::Unmet(unmet)) = result {
            result = Err(if is_control(step) { Miss::Strange(unmet.message) } else { Miss::Unmet(unmet) });
        }
        let passed = run.take_passed();
        let weighed = match &mut run.partner {
            Some(playing) if playing.part == Part::Platform => playing.session.weigh(position, &passed),
            _ => Weighed { built_on: true, ..Weighed::default() },
        };
        if let Some(all) = &mut walked.passed {
            all.resize(position + 1, Vec::new());
            all[position] = passed;
        }
        let (so, summary) = match (&result, weighed.differences.first()) {
            (Ok(_), Some(unmet)) | (Err(Miss::Unmet(unmet)), _) => (false, unmet.message.clone()),
            (Ok(summary), None) => (true, summary.clone()),
            (Err(Miss::Written(diagnostic)), _) => (false, diagnostic.message.clone()),
            (Err(Miss::Strange(why) | Miss::NotStarted(why) | Miss::Broken(why)), _) => (false, why.clone()),
        };
        let values = run.held.take();
        walked.steps.push(StepOutcome {
            name: step.name.name.clone(),
            line,
            held: so,
            summary,
            at,
            entries: (from, world.parts().journal.mark()),
            checked: values.iter().map(Held::told).collect(),
        });
        walked.held.push(values);
        if weighed.hindered.is_some() {
            return weighed.hindered;
        }
        let goes_on = result.is_ok() || !weighed.built_on;
        let result = match result {
            // Our own pages are understood: where nobody else takes part, something is not as it should be.
            Err(Miss::Strange(why)) if run.partner.is_some() => return Some(Verdict::Inconclusive(why)),
            Err(Miss::Strange(why)) => Err(crate::step::unmet(why)),
            other => other,
        };
        match result {
            // Who cannot be started is described wrongly, as where a scenario begins.
            Err(Miss::NotStarted(why)) => return Some(Verdict::Miswritten(why)),
            Err(Miss::Strange(why) | Miss::Broken(why)) => {
                return Some(Verdict::Broken(format!("{} at line {line}: {why}", step.name.name)));
            }
            Err(Miss::Written(diagnostic)) => {
                return Some(Verdict::Miswritten(diagnostic.render(&scenario.source, false)));
            }
            // What differs says more than that a step did not hold.
            Err(Miss::Unmet(unmet)) if weighed.differences.is_empty() => {
                failures.add(|| failed(run, scenario, step, unmet, from));
            }
            Ok(_) | Err(Miss::Unmet(_)) => {}
        }
        for unmet in weighed.differences {
            failures.add(|| failed(run, scenario, step, unmet, from));
        }
        if !goes_on {
            break;
        }
    }
    None
}

/// Whether a step that does not hold yet may hold a moment later.
fn waits(scenario: &Scenario, position: usize, run: &Run<'_>) -> bool {
    let name = |at: usize| scenario.steps[at].name.name.as_str();
    let platform = run.partner.as_ref().is_some_and(|playing| playing.part == Part::Platform);
    // Somebody else's platform does not follow the world's clock; one that does not answer is not asked again.
    name(position).starts_with("expect_")
        || platform && position > 0 && name(position - 1) == ADVANCE.name && run.is_answered()
}

/// Whether what comes late could break what a step expects.
fn expects_absence(step: &standin_scenario::Step) -> bool {
    args(step).is_some_and(|args| args.expect_absence())
}

/// Whether a step has only to hold for the rest to say anything.
fn is_control(step: &standin_scenario::Step) -> bool {
    args(step).is_some_and(|args| args.is_control())
}

fn args(step: &standin_scenario::Step) -> Option<Args<'_>> {
    step_of(&step.name.name).and_then(|known| Args::new(known, &step.args).ok())
}

fn one(run: &mut Run<'_>, step: &standin_scenario::Step) -> Result<String, Miss> {
    let Some(known) = step_of(&step.name.name) else {
        return Err(Miss::Broken(format!("the step `{}` was not checked", step.name.name)));
    };
    let node = step.args.with_captures(&run.captures)?;
    let args = Args::new(known, &node)?;
    (known.run)(run, &args)
}

/// A scenario that shows a breach being caught holds if it fails in the way that it says.
fn turned(verdict: Verdict, expected: &str, scenario: &Scenario) -> Verdict {
    let plain = |message: String| {
        Verdict::Failed(Failure {
            step: "expected_failure".to_owned(),
            line: 1,
            column: 1,
            message,
            expected: Some(expected.to_owned()),
            actual: None,
            snippet: format!("{}: expected_failure", scenario.source.name),
            lineage: Vec::new(),
            screenshot: None,
        })
    };
    match verdict {
        Verdict::Failed(failure) => {
            let told = [Some(&failure.message), failure.expected.as_ref(), failure.actual.as_ref()];
            if told.into_iter().flatten().any(|text| text.contains(expected)) {
                return Verdict::Held;
            }
            Verdict::Failed(Failure {
                message: format!("it failed, but not as expected: {}", failure.message),
                ..failure
            })
        }
        Verdict::Held => plain("it held, although it is expected to fail".to_owned()),
        other => other,
    }
}

/// The scenario files under `paths`, in byte order; a path that is a file stands for itself.
pub fn find_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, BadInput> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            collect(path, &mut found)
                .map_err(|error| BadInput(format!("error: {} cannot be read: {error}", path.display())))?;
        } else if path.is_file() {
            found.push(path.clone());
        } else {
            return Err(BadInput(format!("error: no file or folder {}", path.display())));
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, found)?;
        } else if path.extension().is_some_and(|kind| kind == "yaml" || kind == "yml") {
            found.push(path);
        }
    }
    Ok(())
}

/// The sections of a spec as one value, for those who print it.
pub fn sections(spec: &WorldSpec) -> Value {
    let members: BTreeMap<String, Value> = spec.sections.clone();
    Value::Object(members.into_iter().collect::<Map<_, _>>())
}
