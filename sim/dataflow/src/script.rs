//! JavaScript for `record.evaluate`: one interpreter per step, fed one record at a time.
//!
//! Limits are counted, not timed, so that a script that hangs fails the same way on every machine: the interpreter
//! asks now and then whether to go on, and long native calls are paid for in the same coin. Operators on huge values
//! cannot be paid for: a script that lives on them for far longer than the count is meant to take is stopped by the
//! wall clock, which ends what would hang and decides nothing else. The only clock that a script sees is the job's
//! start, and chance is seeded with the job's id.

use crate::shared_variables::SharedVariables;
use rquickjs::{CatchResultExt, CaughtError, Context, Ctx, Function, Runtime, Value as JsValue};
use serde_json::Value;
use standin_model::Instant;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant as WallClock};

/// How often the interpreter may ask whether to go on: about a second of a busy loop.
const ASKS: u32 = 2_000;

/// What one ask costs where work is paid for: about as many turns of a loop.
const ASK: f64 = 10_000.0;

/// When what the count has not ended is taken for a hang.
const PATIENCE: Duration = Duration::from_secs(10);

/// What one call of a script may take.
struct Budget {
    asks: AtomicU32,
    began: Mutex<WallClock>,
    patience: Duration,
}

#[expect(clippy::disallowed_methods, reason = "it ends what would hang, and nothing else depends on it")]
fn wall_clock() -> WallClock {
    WallClock::now()
}

impl Budget {
    fn new(patience: Duration) -> Arc<Self> {
        Arc::new(Self { asks: AtomicU32::new(0), began: Mutex::new(wall_clock()), patience })
    }

    fn restart(&self) {
        self.asks.store(0, Ordering::Relaxed);
        *self.began.lock().unwrap_or_else(PoisonError::into_inner) = wall_clock();
    }

    /// Spends so many asks; whether nothing is left.
    fn spend(&self, more: u32) -> bool {
        let began = *self.began.lock().unwrap_or_else(PoisonError::into_inner);
        let spent = self.asks.load(Ordering::Relaxed).saturating_add(more);
        self.asks.store(if began.elapsed() > self.patience { ASKS } else { spent }, Ordering::Relaxed);
        self.exhausted()
    }

    fn exhausted(&self) -> bool {
        self.asks.load(Ordering::Relaxed) >= ASKS
    }

    fn exhaust(&self) {
        self.asks.store(ASKS, Ordering::Relaxed);
    }
}

/// Jobs of promises that one record may leave.
const JOBS: u32 = 100_000;

/// Bytes of memory of one step's interpreter.
const MEMORY: usize = 64 << 20;

/// Bytes of the interpreter's stack.
const STACK: usize = 192 << 10;

const PRELUDE: &str = include_str!("script_prelude.js");

/// A script, ready for records.
pub(crate) struct Script {
    context: Context,
    budget: Arc<Budget>,
}

/// What a script did with one record.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    /// In order.
    pub(crate) effects: Vec<Effect>,
    /// The exception that ended it.
    pub(crate) thrown: Option<String>,
}

/// One thing that a script did.
#[derive(Debug, PartialEq)]
pub(crate) enum Effect {
    /// A record for `next`, returned or accepted.
    Next(Value),
    /// A record for `error`.
    Error(Value),
    /// A line for the trace.
    Log(String),
}

impl Script {
    /// Loads a script; the error is its own, or says that it has no `process`.
    pub(crate) fn load(
        source: &str,
        now: Instant,
        seed: &str,
        shared: &SharedVariables,
    ) -> Result<Self, String> {
        Self::load_with(PATIENCE, source, now, seed, shared)
    }

    fn load_with(
        patience: Duration,
        source: &str,
        now: Instant,
        seed: &str,
        shared: &SharedVariables,
    ) -> Result<Self, String> {
        let failed = |error: rquickjs::Error| format!("the interpreter does not start: {error}");
        let runtime = Runtime::new().map_err(failed)?;
        runtime.set_memory_limit(MEMORY);
        runtime.set_max_stack_size(STACK);
        let budget = Budget::new(patience);
        let asked = budget.clone();
        runtime.set_interrupt_handler(Some(Box::new(move || asked.spend(1))));
        let context = Context::full(&runtime).map_err(failed)?;
        let script = Self { context, budget };
        script.context.with(|ctx| script.prepare(&ctx, source, now, seed, shared))?;
        Ok(script)
    }

    /// Loads a script to see whether it would; what is wrong, with its line where the interpreter knows it.
    pub(crate) fn check(source: &str) -> Option<String> {
        let told = Self::load(source, Instant::START, "", &SharedVariables::default()).err()?;
        if told.ends_with(TOO_LONG) {
            return Some(told);
        }
        let place = Self::place_of(source).unwrap_or_default();
        Some(match told.strip_prefix(DOES_NOT_LOAD) {
            Some(rest) if !place.is_empty() => format!("{DOES_NOT_LOAD}{place}: {rest}"),
            _ => told,
        })
    }

    /// Where the interpreter stumbles over a script: `line 3, column 5`; nothing if it does not say.
    fn place_of(source: &str) -> Option<String> {
        let runtime = Runtime::new().ok()?;
        runtime.set_memory_limit(MEMORY);
        runtime.set_max_stack_size(STACK);
        let asked = Budget::new(PATIENCE);
        runtime.set_interrupt_handler(Some(Box::new(move || asked.spend(1))));
        let context = Context::full(&runtime).ok()?;
        context.with(|ctx| {
            let loaded: Result<JsValue<'_>, CaughtError<'_>> = eval(&ctx, source).catch(&ctx);
            let Err(CaughtError::Exception(exception)) = loaded else { return Some(String::new()) };
            let stack = exception.stack().unwrap_or_default();
            let numbers = stack.lines().next().unwrap_or_default().trim_end_matches(')').rsplit(':');
            let numbers: Vec<u32> = numbers.take(2).map_while(|number| number.trim().parse().ok()).collect();
            Some(match numbers.as_slice() {
                [column, line] => format!("line {line}, column {column}"),
                [line] => format!("line {line}"),
                _ => String::new(),
            })
        })
    }

    fn prepare(
        &self,
        ctx: &Ctx<'_>,
        source: &str,
        now: Instant,
        seed: &str,
        shared: &SharedVariables,
    ) -> Result<(), String> {
        let seed = seed
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        let told = |error: CaughtError<'_>| self.told(&error);
        let prelude: Function<'_> = eval(ctx, PRELUDE).catch(ctx).map_err(told)?;
        let budget = self.budget.clone();
        let spend = Function::new(ctx.clone(), move |cost: f64| {
            // A float beyond the range becomes its end.
            budget.spend((cost / ASK) as u32)
        });
        let spend = spend.catch(ctx).map_err(told)?;
        let (getting, setting) = (shared.clone(), shared.clone());
        let get = Function::new(ctx.clone(), move |name: String| getting.get(&name));
        let set = Function::new(ctx.clone(), move |name: String, text: String| setting.set(name, text));
        let (get, set) = (get.catch(ctx).map_err(told)?, set.catch(ctx).map_err(told)?);
        // Those of 2017 go through a record's fields with methods; nobody else pays for them.
        let legacy = LEGACY.iter().any(|word| source.contains(word));
        let binder: Function<'_> =
            prelude.call((now.millis() as f64, seed, spend, get, set, legacy)).catch(ctx).map_err(told)?;
        let _: JsValue<'_> =
            eval(ctx, source).catch(ctx).map_err(|error| format!("{DOES_NOT_LOAD}{}", self.told(&error)))?;
        let process: JsValue<'_> =
            eval(ctx, "typeof process === 'undefined' ? null : process").catch(ctx).map_err(told)?;
        let bound: Option<(Function<'_>, Function<'_>)> = binder
            .call::<_, JsValue<'_>>((process,))
            .and_then(|pair| {
                let Some(pair) = pair.into_array() else { return Ok(None) };
                Ok(Some((pair.get(0)?, pair.get(1)?)))
            })
            .catch(ctx)
            .map_err(told)?;
        let Some((start, end)) = bound else {
            return Err("the script defines no function `process`".to_owned());
        };
        ctx.globals().set(START, start).and_then(|()| ctx.globals().set(END, end)).catch(ctx).map_err(told)
    }

    /// Runs `process` once; no record is the call after the last one.
    pub(crate) fn process(&self, record: Option<&str>) -> Outcome {
        self.budget.restart();
        let answer =
            self.context.with(|ctx| self.call(&ctx, record).catch(&ctx).map_err(|error| self.told(&error)));
        let outcome = answer.and_then(|text| outcome(&text));
        let mut outcome = outcome.unwrap_or_else(|text| Outcome { effects: Vec::new(), thrown: Some(text) });
        if self.exhausted() {
            // Whatever the script made of being stopped.
            outcome.thrown = Some(TOO_LONG.to_owned());
        }
        outcome
    }

    fn call(&self, ctx: &Ctx<'_>, record: Option<&str>) -> rquickjs::Result<String> {
        let (start, end): (Function<'_>, Function<'_>) = (ctx.globals().get(START)?, ctx.globals().get(END)?);
        start.call::<_, ()>((record.unwrap_or_default(),))?;
        // What waits for promises is done before the next record comes; a chain that renews itself has an end.
        let mut jobs = 0;
        while jobs < JOBS && !self.exhausted() && ctx.execute_pending_job() {
            jobs += 1;
        }
        if jobs == JOBS {
            self.budget.exhaust();
        }
        end.call(())
    }

    fn exhausted(&self) -> bool {
        self.budget.exhausted()
    }

    fn told(&self, error: &CaughtError<'_>) -> String {
        if self.exhausted() {
            return TOO_LONG.to_owned();
        }
        match error {
            CaughtError::Exception(exception) => {
                let message = exception.message().unwrap_or_default();
                if message.is_empty() {
                    "the script ran out of memory or failed without a message".to_owned()
                } else {
                    message
                }
            }
            CaughtError::Value(value) => format!("thrown: {value:?}"),
            CaughtError::Error(error) => error.to_string(),
        }
    }
}

/// What only scripts of 2017 call.
const LEGACY: [&str; 4] = ["containsField", "getField", "addField", "new Record"];

const DOES_NOT_LOAD: &str = "the script does not load: ";

/// Where the two halves of the bound `process` wait in the script's globals.
const START: &str = "\u{1}start";
const END: &str = "\u{1}end";

/// What a script is told that does not come to an end.
const TOO_LONG: &str = "the script takes too long";

fn eval<'js, V: rquickjs::FromJs<'js>>(ctx: &Ctx<'js>, source: &str) -> rquickjs::Result<V> {
    let mut options = rquickjs::context::EvalOptions::default();
    options.strict = false;
    ctx.eval_with_options(source, options)
}

fn outcome(text: &str) -> Result<Outcome, String> {
    let read = |text: &str| {
        serde_json::from_str::<Value>(text).map_err(|_| "the result is nested too deeply".to_owned())
    };
    if let Some(record) = text.strip_prefix('=') {
        return Ok(Outcome { effects: vec![Effect::Next(read(record)?)], thrown: None });
    }
    let answer = read(text)?;
    let mut effects = Vec::new();
    for effect in answer.get("effects").and_then(Value::as_array).into_iter().flatten() {
        let (kind, value) =
            (effect.get(0).and_then(Value::as_str), effect.get(1).cloned().unwrap_or_default());
        effects.push(match (kind, value) {
            (Some("next"), value) => Effect::Next(value),
            (Some("error"), value) => Effect::Error(value),
            (_, Value::String(line)) => Effect::Log(line),
            _ => continue,
        });
    }
    let thrown = answer.get("thrown").and_then(Value::as_str).map(str::to_owned);
    Ok(Outcome { effects, thrown })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn load(source: &str, seed: &str) -> Result<Script, String> {
        Script::load(source, Instant::START, seed, &SharedVariables::default())
    }

    fn run(source: &str, record: &Value) -> Outcome {
        let script = load(source, "job-1").unwrap_or_else(|told| panic!("{told}"));
        script.process(Some(&record.to_string()))
    }

    fn check(source: &str, record: Value, expected: &[Effect]) {
        let outcome = run(source, &record);
        assert_eq!((outcome.effects.as_slice(), outcome.thrown), (expected, None), "{source}");
    }

    fn next(value: Value) -> Effect {
        Effect::Next(value)
    }

    #[test]
    fn arguments_go_by_name_where_all_are_known() {
        let record = || json!({"a": 1});
        for source in [
            "function process(record, ctx, logger, next, error) { next.accept(record); }",
            "function process(record, next, ctx, logger) { next.accept(record); }",
            "const process = (record, logger, next) => { next.accept(record); };",
            "var process = record => record;",
            "function process(rec, c, log, out) { out.accept(rec); return null; }",
            "function process(record /* the (one) */, ctx) { return record; }",
            "async_ = 1; function helper(r) { return r; } function process(record) { return helper(record); }",
        ] {
            check(source, record(), &[next(record())]);
        }
    }

    #[test]
    fn results() {
        check("function process(record) { if (!record.gone) return; return record; }", json!({}), &[]);
        check("function process(record) { return null; }", json!({}), &[]);
        check(
            "function process(record, ctx, logger, next, error) { record.n = 1; next.accept(record); record.n = 2; error.accept(record, record); logger.info('x', {a: 1}); return record; }",
            json!({}),
            &[
                next(json!({"n": 1})),
                Effect::Error(json!({"n": 2})),
                Effect::Log("info x {\"a\":1}".to_owned()),
                next(json!({"n": 2})),
            ],
        );
        check(
            "function process(record) { return {z: record.b?.c ?? 'none', ...record, u: undefined}; }",
            json!({"a": 1}),
            &[next(json!({"z": "none", "a": 1}))],
        );
        check(
            "function process(record) { return {t: `${[...new Set([1, 1, 2])]}`}; }",
            json!({}),
            &[next(json!({"t": "1,2"}))],
        );
    }

    #[test]
    fn the_only_clock_is_the_jobs() {
        check(
            "function process(record) { return {a: Date.now(), b: new Date(), c: new Date(2020, 1, 3).toISOString(), d: new Date().getHours(), e: new Date('2020-01-01T10:00:00').getTime(), f: new Date().getTimezoneOffset(), g: new Date() instanceof Date, h: typeof performance}; }",
            json!({}),
            &[next(json!({
                "a": 1_767_600_000_000_i64, "b": "2026-01-05T08:00:00.000Z", "c": "2020-02-03T00:00:00.000Z", "d": 8, "e": 1_577_872_800_000_i64,
                "f": 0, "g": true, "h": "undefined",
            }))],
        );
    }

    #[test]
    fn chance_is_seeded() {
        let source = "function process(record) { return {r: [Math.random(), Math.random()]}; }";
        assert_eq!(run(source, &json!({})), run(source, &json!({})));
        let Effect::Next(value) = &run(source, &json!({})).effects[0] else { panic!() };
        assert!(value["r"][0].as_f64().unwrap() < 1.0 && value["r"][0] != value["r"][1]);
    }

    #[test]
    fn globals_live_as_long_as_the_step() {
        let script = load("var n = 0; function process(record, ctx) { n += 1; ctx.setSharedVariable('k', (ctx.getSharedVariable('k') || 0) + 1); return record === null ? {last: n, k: ctx.getSharedVariable('k')} : null; }", "j").unwrap();
        assert_eq!(script.process(Some("{}")).effects, []);
        assert_eq!(script.process(None).effects, [next(json!({"last": 2, "k": 2}))]);
    }

    #[test]
    fn variables_are_shared_by_the_steps_of_a_job() {
        let shared = SharedVariables::default();
        let load = |source: &str| Script::load(source, Instant::START, "j", &shared).unwrap();
        let writes =
            load("function process(record, ctx) { ctx.setSharedVariable('last', {uid: record.UID}); }");
        let counts = load(
            "function process(record, ctx) { if (!ctx.getSharedVariable('set')) ctx.setSharedVariable('set', new Set()); const set = ctx.getSharedVariable('set'); set.add(record.UID); return {n: set.size}; }",
        );
        let reads = load(
            "function process(record, ctx) { return {last: ctx.getSharedVariable('last'), none: ctx.getSharedVariable('none') === undefined}; }",
        );
        assert_eq!(reads.process(Some("{}")).effects, [next(json!({"none": true}))]);
        for uid in ["ann", "bo"] {
            let record = json!({"UID": uid}).to_string();
            assert_eq!(writes.process(Some(&record)).effects, []);
            counts.process(Some(&record));
        }
        assert_eq!(reads.process(Some("{}")).effects, [next(json!({"last": {"uid": "bo"}, "none": true}))]);
        assert_eq!(counts.process(Some("{\"UID\":\"cy\"}")).effects, [next(json!({"n": 3}))]);
    }

    #[test]
    fn scripts_of_2017_go_through_fields() {
        let source = "function process(record, next, ctx, logger) {
            if (!record.containsField('profile')) { logger.log('no profile'); return; }
            var profile = record.getField('profile').getValueAsRecord();
            var out = new Record();
            out.addField('email', profile.getField('email').getValue());
            out.addField('tags', 'a', true);
            out.getField('tags').addValue('b');
            if (record.getField('none') === null) next.accept(out);
        }";
        check(
            source,
            json!({"profile": {"email": "a@x.example"}}),
            &[next(json!({"email": "a@x.example", "tags": ["a", "b"]}))],
        );
        check(source, json!({"UID": "ann"}), &[Effect::Log("log no profile".to_owned())]);
        check(
            "function process(record) { record.addField('n', 1); return record; }",
            json!({"a": 2}),
            &[next(json!({"a": 2, "n": 1}))],
        );
    }

    #[test]
    fn exceptions_and_hostile_scripts_end_the_record_only() {
        for (source, expected) in [
            ("function process(record) { throw new Error('bad row'); }", "Error: bad row"),
            (
                "function process(record) { return record.a.b; }",
                "TypeError: cannot read property 'b' of undefined",
            ),
            ("function process(record) { throw 'text'; }", "thrown: text"),
            ("function process(record) { return 5; }", "TypeError: process returned number, not a record"),
            ("function process(record) { for (;;) {} }", "the script takes too long"),
            ("function process(record) { try { for (;;) {} } catch (e) {} }", "the script takes too long"),
            (
                "function process(record) { return process(record); }",
                "RangeError: Maximum call stack size exceeded",
            ),
            (
                "function process(record) { record.self = record; return record; }",
                "TypeError: circular reference",
            ),
        ] {
            assert_eq!(run(source, &json!({})).thrown.as_deref(), Some(expected), "{source}");
        }
        for source in [
            "/^(a+)+$/.test('a'.repeat(40) + 'b')",
            "Array(1e9).fill(0)",
            "Array(4294967295).indexOf(1)",
            "Array(4294967295).forEach(() => {})",
            "Array.prototype.includes.call({length: 9007199254740991}, 1)",
            "[].slice.call({length: 4294967295})",
            "Array.from({length: 1e9})",
            "'x'.repeat(1e9)",
            "'a'.repeat(3e6).indexOf('a'.repeat(1e6) + 'b')",
            "Array.from({length: 2e6}, (_, i) => -i).sort()",
            "[...Array(1e8)].length",
            "Array(1e8).join('x')",
            "new Uint8Array(6e7).sort()",
            "'a'.padEnd(1e9)",
            "JSON.stringify(Array(1e9))",
            "for (;;) { try { Array(1e6).indexOf(1); } catch (e) {} }",
            "for (;;) { try { Array(1e9).join(); } catch (e) {} }",
            "(function f() { Promise.resolve().then(f); })()",
            "let a = Array.from({length: 2e5}, (_, i) => i); for (;;) JSON.stringify(a)",
            "let a = Array.from({length: 2e5}, (_, i) => i); for (;;) Object.keys(a)",
            "let a = Array.from({length: 1e4}, (_, i) => i); for (;;) Object.assign({}, a)",
            "let s = 'ab'.repeat(1e6); for (;;) s.slice(1) + s === s.slice(0, -1) + s",
            "let s = 'ab'.repeat(1e6); for (;;) s.substring(1).concat(s)",
        ] {
            let told = run(&format!("function process(record) {{ {source}; return record; }}"), &json!({}));
            assert!(told.thrown.is_some(), "{source}: {told:?}");
        }
        let hungry = "function process(record) { let a = []; for (;;) a.push(new Array(100000).fill('x' + a.length)); }";
        assert!(run(hungry, &json!({})).thrown.is_some());
        let deep =
            "function process(record) { let r = {}; for (let i = 0; i < 500; i++) r = {r}; return r; }";
        assert_eq!(run(deep, &json!({})).thrown.as_deref(), Some("the result is nested too deeply"));
    }

    /// The count is far from its end: with all the time in the world the same script loads and runs.
    #[test]
    fn the_wall_clock_ends_what_the_count_does_not() {
        let source = "for (let i = 0; i < 50000; i++); function process(record) { return record; }";
        let load = |patience| {
            let shared = SharedVariables::default();
            Script::load_with(patience, source, Instant::START, "j", &shared)
        };
        assert!(load(Duration::ZERO).err().is_some_and(|told| told.ends_with(TOO_LONG)));
        assert_eq!(load(Duration::MAX).unwrap().process(Some("{}")).thrown, None);
    }

    #[test]
    fn promises_are_waited_for() {
        check(
            "async function process(record) { record.b = await 5; return record; }",
            json!({"a": 1}),
            &[next(json!({"a": 1, "b": 5}))],
        );
        check(
            "const process = async (record, ctx, logger, next) => { await null; next.accept({n: 1}); };",
            json!({}),
            &[next(json!({"n": 1}))],
        );
        check(
            "function process(record, ctx, logger, next) { Promise.resolve().then(() => next.accept({n: 1})); }",
            json!({}),
            &[next(json!({"n": 1}))],
        );
        for (source, expected) in [
            ("async function process(record) { throw new Error('late'); }", "Error: late"),
            (
                "async function process(record) { return 5; }",
                "TypeError: process returned number, not a record",
            ),
            (
                "async function process(record) { await new Promise(() => {}); }",
                "Error: process waits for something that never comes",
            ),
        ] {
            assert_eq!(run(source, &json!({})).thrown.as_deref(), Some(expected), "{source}");
        }
    }

    #[test]
    fn natives_work_as_ever() {
        check(
            "function process(record) { const a = [3, 1, 2]; return {s: a.slice().sort().join('-'), i: a.indexOf(2), f: a.filter(x => x > 1).map(x => x * 2), r: 'a-b'.replace('-', '+').split('+'), p: 'x'.padStart(3, '0'), t: ' é '.trim(), g: 'a1b2'.replace(/\\d/g, '#'), n: Array.prototype.map.length + a.sort.name, u: [...new Set(a)].concat([4], 5), j: JSON.parse('[1]')}; }",
            json!({}),
            &[next(json!({
                "s": "1-2-3", "i": 2, "f": [6, 4], "r": ["a", "b"], "p": "00x", "t": "é", "g": "a#b#", "n": "1sort",
                "u": [3, 1, 2, 4, 5], "j": [1],
            }))],
        );
    }

    #[test]
    fn a_script_may_take_its_record_from_arguments() {
        check("function process() { return arguments[0]; }", json!({"a": 1}), &[next(json!({"a": 1}))]);
    }

    #[test]
    fn scripts_that_do_not_load() {
        for (source, expected) in [
            ("function proces(record) {}", "the script defines no function `process`"),
            ("const process = 5;", "the script defines no function `process`"),
            ("throw new Error('at once');", "the script does not load: at once"),
            ("for (;;) {}", "the script does not load: the script takes too long"),
        ] {
            assert_eq!(load(source, "j").err().as_deref(), Some(expected), "{source}");
        }
        assert!(load("function process( {", "j").is_err());
    }
}
