//! A small world for tests: scripted answers of Gigya, a file server in memory, and flows around one step.

use crate::job::{Extract, Job, JobReport, Log, Pace, Ports};
use crate::{Document, StepCount, Watcher, run_watched};
use bytes::Bytes;
use serde_json::{Map, Value, json};
use standin_clients::gigya::{GigyaAccess, Proof};
use standin_model::Instant;
use standin_ports::chance::Seeded;
use standin_ports::clock::VirtualClock;
use standin_ports::{
    FileEntry, FileError, FileProtocol, FileReader, FileWriter, Files, FilesTarget, Http, HttpError, Journal,
    Login, Request, Response, Secret, What,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

pub(crate) mod programs;
pub(crate) mod stores;

type Answerer = Box<dyn Fn(&Value) -> Option<Value> + Send>;

#[derive(Default)]
struct State {
    answers: VecDeque<Value>,
    answerer: Option<Answerer>,
    calls: Vec<Value>,
    keys: Vec<String>,
    files: BTreeMap<String, (Vec<u8>, Instant)>,
    folders: BTreeSet<String>,
    operations: Vec<String>,
    trouble: Option<Trouble>,
    file_calls: u64,
    breaks_at: BTreeSet<u64>,
    answer_is_lost: bool,
    crashes_at: Option<u64>,
    change: Option<(String, Vec<u8>)>,
    polls: u32,
    under_way: u64,
    most_under_way: u64,
    targets: Vec<String>,
    journal: Vec<What>,
}

/// What goes wrong at the file server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    LoginRefused,
    NoOutFolder,
    DiskFull,
    /// Files are read to their half only.
    EndsEarly,
    StoreBreaks,
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<State>>);

impl Shared {
    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap())
    }
}

/// The world of one test.
pub(crate) struct World {
    shared: Shared,
    extract: Extract,
    limit: Option<u64>,
    log: Log,
    pace: Pace,
    patience: u64,
}

/// Goes on so many times.
struct Patience(AtomicU64);

impl Watcher for Patience {
    fn goes_on(&self, _steps: &[StepCount]) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }
}

/// What one step made of records.
pub(crate) struct Through {
    pub(crate) next: Vec<Value>,
    pub(crate) errors: Vec<Value>,
    pub(crate) report: JobReport,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            shared: Shared::default(),
            extract: Extract::Full,
            limit: None,
            log: Log::Info,
            pace: Pace::InOrder,
            patience: u64::MAX,
        }
    }

    pub(crate) fn extract(&mut self, extract: Extract) {
        self.extract = extract;
    }

    pub(crate) fn limit(&mut self, limit: Option<u64>) {
        self.limit = limit;
    }

    pub(crate) fn debug(&mut self) {
        self.log(Log::Debug);
    }

    pub(crate) fn log(&mut self, log: Log) {
        self.log = log;
    }

    pub(crate) fn trouble(&mut self, trouble: Trouble) {
        self.shared.with(|state| state.trouble = Some(trouble));
    }

    /// From now on the connection breaks at these calls to the file server, counted from 1; either before
    /// the call is done, or so that only its answer is lost.
    pub(crate) fn breaks(&mut self, calls: impl IntoIterator<Item = u64>, answer_is_lost: bool) {
        self.shared.with(|state| {
            (state.file_calls, state.answer_is_lost) = (0, answer_is_lost);
            state.breaks_at = calls.into_iter().collect();
        });
    }

    /// At this call to the file server, counted from 1, the whole process dies; with `answer_is_lost` after it is done.
    pub(crate) fn crashes(&mut self, at: u64, answer_is_lost: bool) {
        self.breaks([at], answer_is_lost);
        self.shared.with(|state| state.crashes_at = Some(at));
    }

    /// Runs a document until the process dies; whether it did.
    pub(crate) fn run_to_death(&mut self, text: &str) -> bool {
        let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.run(text))).is_err();
        self.shared.with(|state| state.crashes_at = None);
        died
    }

    /// When the connection breaks, this file becomes another.
    pub(crate) fn changes_when_broken(&mut self, path: &str, content: &[u8]) {
        self.shared.with(|state| state.change = Some((path.to_owned(), content.to_vec())));
    }

    /// Every answer of Gigya is asked for so many times before it is there.
    pub(crate) fn answers_take(&mut self, polls: u32) {
        self.shared.with(|state| state.polls = polls);
    }

    /// The most calls to Gigya that were under way at once.
    pub(crate) fn most_under_way(&self) -> u64 {
        self.shared.with(|state| state.most_under_way)
    }

    /// Calls made to the file server since breaks were set.
    pub(crate) fn file_calls(&self) -> u64 {
        self.shared.with(|state| state.file_calls)
    }

    /// Whoever watches stops the job after it was asked so many times whether to go on.
    pub(crate) fn patience(&mut self, times: u64) {
        self.patience = times;
    }

    pub(crate) fn pace(&mut self, pace: Pace) {
        self.pace = pace;
    }

    /// The next answer of Gigya; `errorCode` 0 unless it says another.
    pub(crate) fn answer(&mut self, mut answer: Value) {
        answer.as_object_mut().unwrap().entry("errorCode").or_insert(0.into());
        self.shared.with(|state| state.answers.push_back(answer));
    }

    /// Answers every call from now on.
    pub(crate) fn answer_with(&mut self, answerer: impl Fn(&Value) -> Option<Value> + Send + 'static) {
        self.shared.with(|state| state.answerer = Some(Box::new(answerer)));
    }

    pub(crate) fn refuse(&mut self, code: i64, message: &str, details: &str) {
        self.answer(json!({"errorCode": code, "errorMessage": message, "errorDetails": details}));
    }

    /// Calls made, as method and own parameters.
    pub(crate) fn calls(&self) -> Vec<Value> {
        self.shared.with(|state| state.calls.clone())
    }

    /// API key and user key of each call.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.shared.with(|state| state.keys.clone())
    }

    pub(crate) fn file(&mut self, path: &str, content: &[u8]) {
        self.file_at(path, content, Instant::START);
    }

    pub(crate) fn file_at(&mut self, path: &str, content: &[u8], modified: Instant) {
        let folder = path.rsplit_once('/').unwrap().0.to_owned();
        self.shared.with(|state| {
            state.folders.insert(folder);
            state.files.insert(path.to_owned(), (content.to_vec(), modified));
        });
    }

    pub(crate) fn folder(&mut self, path: &str) {
        self.shared.with(|state| state.folders.insert(path.to_owned()));
    }

    /// Files below a folder.
    pub(crate) fn files(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let below = format!("{}/", folder.trim_end_matches('/'));
        self.shared.with(|state| {
            let found = state.files.iter().filter(|(path, _)| path.starts_with(&below));
            found.map(|(path, (content, _))| (path.clone(), content.clone())).collect()
        })
    }

    pub(crate) fn text(&self, path: &str) -> String {
        String::from_utf8(self.files("/").remove(path).unwrap_or_else(|| panic!("no file {path}"))).unwrap()
    }

    /// What was created, renamed and removed.
    pub(crate) fn operations(&self) -> Vec<String> {
        self.shared.with(|state| state.operations.clone())
    }

    /// The servers that were logged in to, in order.
    pub(crate) fn targets(&self) -> Vec<String> {
        self.shared.with(|state| state.targets.clone())
    }

    pub(crate) fn journal(&self) -> Vec<What> {
        self.shared.with(|state| state.journal.clone())
    }

    /// Parses and runs a document.
    pub(crate) fn run(&mut self, text: &str) -> JobReport {
        let (document, _) = Document::parse(text).unwrap_or_else(|problems| panic!("{problems:?}"));
        self.run_document(&document)
    }

    /// Runs a document.
    pub(crate) fn run_document(&mut self, document: &Document) -> JobReport {
        let proof = Proof::Secret { user_key: "uk".to_owned(), secret: Secret::new("c2VjcmV0") };
        let job = Job {
            id: "job-1".to_owned(),
            access: GigyaAccess { api_key: "3_site".to_owned(), data_center: "eu1".to_owned(), proof },
            extract: self.extract,
            limit: self.limit,
            started: Instant::START,
            log: self.log,
            pace: self.pace,
        };
        let shared = Arc::new(self.shared.clone());
        let clock = Arc::new(VirtualClock::new(Instant::START));
        let chance = Arc::new(Seeded::new("job-1"));
        let ports = Ports {
            http: shared.clone(),
            login: shared.clone(),
            stores: shared.clone(),
            journal: shared,
            clock,
            chance,
        };
        let report =
            pollster::block_on(run_watched(document, &job, &ports, Arc::new(Patience(self.patience.into()))));
        for step in &report.steps {
            assert!(step.balanced() && (step.unfinished == 0 || !report.succeeded), "{step:?}");
        }
        report
    }

    /// Records through one step, read from and written to files as JSON.
    pub(crate) fn through(&mut self, kind: &str, params: Value, records: &[Value]) -> Through {
        let server = json!({"host": "sftp.exchange.example", "username": "u", "password": "p"});
        let place = |folder: &str| with(&server, json!({"remotePath": folder}));
        self.folder("/through");
        self.file("/through-in/records.json", Value::from(records.to_vec()).to_string().as_bytes());
        let flow = json!({"name": "through", "steps": [
            {"id": "read", "type": "datasource.read.sftp", "params": place("through-in"), "next": ["parse"]},
            {"id": "parse", "type": "file.parse.json", "next": ["step"]},
            {"id": "step", "type": kind, "params": params, "next": ["next"], "error": ["error"]},
            {"id": "next", "type": "file.format.json", "params": {"fileName": "next"}, "next": ["write"]},
            {"id": "error", "type": "file.format.json", "params": {"fileName": "error"}, "next": ["write"]},
            {"id": "write", "type": "datasource.write.sftp", "params": place("through")},
        ]});
        let report = self.run(&flow.to_string());
        let written = |name: &str| {
            let files = self.files("/through");
            let text = files.get(&format!("/through/{name}"));
            text.map_or_else(Vec::new, |text| serde_json::from_slice::<Vec<Value>>(text).unwrap())
        };
        Through { next: written("next"), errors: written("error"), report }
    }
}

fn with(base: &Value, more: Value) -> Value {
    let mut base = base.clone();
    base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    base
}

/// One record through one step, to the byte.
pub(crate) fn check_step(kind: &str, params: Value, before: &str, next: &[&str], errors: &[&str]) {
    let record: Value = serde_json::from_str(before).unwrap();
    let out = World::new().through(kind, params.clone(), &[record]);
    assert_eq!(out.report.failure, None, "{params}");
    let text = |records: &[Value]| records.iter().map(Value::to_string).collect::<Vec<_>>();
    assert_eq!((text(&out.next), text(&out.errors)), (owned(next), owned(errors)), "{params} {before}");
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// So many cases, and what failed is kept beside the test's file.
pub(crate) fn cases(cases: u32) -> proptest::test_runner::Config {
    use proptest::test_runner::{Config, FileFailurePersistence};
    let failure_persistence = Some(Box::new(FileFailurePersistence::WithSource("regressions")) as _);
    Config { cases, failure_persistence, ..Config::default() }
}

/// Files as a formatter's flow leaves them.
pub(crate) fn files_of(files: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    files.iter().map(|(name, text)| (format!("/out/{name}"), text.as_bytes().to_vec())).collect()
}

/// Records through one formatter into files.
pub(crate) fn format_files(kind: &str, params: Value, records: &[Value]) -> BTreeMap<String, Vec<u8>> {
    let server = json!({"host": "h", "username": "u", "password": "p"});
    let mut world = World::new();
    world.folder("/out");
    world.file("/in/records.json", Value::from(records.to_vec()).to_string().as_bytes());
    let flow = json!({"name": "f", "steps": [
        {"id": "read", "type": "datasource.read.sftp", "params": with(&server, json!({"remotePath": "in"})), "next": ["parse"]},
        {"id": "parse", "type": "file.parse.json", "next": ["step"]},
        {"id": "step", "type": kind, "params": params, "next": ["write"]},
        {"id": "write", "type": "datasource.write.sftp", "params": with(&server, json!({"remotePath": "out"}))},
    ]});
    let report = world.run(&flow.to_string());
    assert_eq!(report.failure, None);
    world.files("/out")
}

/// Files through file steps into files; the error is the job's failure.
pub(crate) fn through_files(
    steps: &[(&str, Value)],
    files: &[(&str, &[u8])],
) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let server = json!({"host": "h", "username": "u", "password": "p"});
    let mut world = World::new();
    world.folder("/out");
    for (name, content) in files {
        world.file(&format!("/in/{name}"), content);
    }
    let mut list = vec![
        json!({"id": "read", "type": "datasource.read.sftp", "params": with(&server, json!({"remotePath": "in"})), "next": ["s0"]}),
    ];
    for (index, (kind, params)) in steps.iter().enumerate() {
        let next = if index + 1 == steps.len() { "write".to_owned() } else { format!("s{}", index + 1) };
        list.push(json!({"id": format!("s{index}"), "type": kind, "params": params, "next": [next]}));
    }
    list.push(json!({"id": "write", "type": "datasource.write.sftp", "params": with(&server, json!({"remotePath": "out"}))}));
    let report = world.run(&json!({"name": "f", "steps": list}).to_string());
    match report.failure {
        None => Ok(world.files("/out")),
        Some(failure) => {
            assert_eq!(world.files("/out"), BTreeMap::new());
            Err(failure)
        }
    }
}

/// The records of one file; the error is the job's failure.
pub(crate) fn parse_file(kind: &str, params: Value, name: &str, content: &[u8]) -> Result<Value, String> {
    let server = json!({"host": "h", "username": "u", "password": "p"});
    let mut world = World::new();
    world.folder("/out");
    world.file(&format!("/in/{name}"), content);
    let flow = json!({"name": "f", "steps": [
        {"id": "read", "type": "datasource.read.sftp", "params": with(&server, json!({"remotePath": "in"})), "next": ["parse"]},
        {"id": "parse", "type": kind, "params": params, "next": ["json"]},
        {"id": "json", "type": "file.format.json", "params": {"fileName": "out", "createEmptyFile": true}, "next": ["write"]},
        {"id": "write", "type": "datasource.write.sftp", "params": with(&server, json!({"remotePath": "out"}))},
    ]});
    let report = world.run(&flow.to_string());
    match report.failure {
        None => Ok(serde_json::from_str(&world.text("/out/out")).unwrap()),
        Some(failure) => Err(failure),
    }
}

pub(crate) fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn gunzipped(bytes: &[u8]) -> String {
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    text
}

#[async_trait::async_trait]
impl Http for Shared {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let host = standin_ports::http::host_of(&request);
        let method = request.uri().path().trim_start_matches('/').to_owned();
        let (mut own, mut all) = (Map::new(), BTreeMap::new());
        own.insert("method".to_owned(), method.into());
        for (name, value) in form(request.body()) {
            if !["apiKey", "userKey", "secret", "format", "httpStatusCodes"].contains(&name.as_str()) {
                own.insert(name.clone(), value.clone().into());
            }
            all.insert(name, value);
        }
        // A token stands for its user key.
        let bearer = request.headers().get("authorization").map(|_| "token".to_owned());
        let user_key = all.get("userKey").cloned().or(bearer).unwrap_or_default();
        let answer = self.with(|state| {
            let call = Value::Object(own);
            let scripted = state
                .answers
                .pop_front()
                .or_else(|| state.answerer.as_ref().and_then(|answer| answer(&call)));
            state.keys.push(format!("{} {user_key}", all["apiKey"]));
            state.calls.push(call);
            state.under_way += 1;
            state.most_under_way = state.most_under_way.max(state.under_way);
            scripted
        });
        for _ in 0..self.with(|state| state.polls) {
            once_more().await;
        }
        self.with(|state| state.under_way -= 1);
        match answer {
            Some(answer) => Ok(Response::new(Bytes::from(answer.to_string()))),
            None => Err(HttpError::Unreachable { host, why: "nothing scripted".to_owned() }),
        }
    }
}

/// Comes back when it is asked again.
async fn once_more() {
    let mut asked = false;
    std::future::poll_fn(|context| {
        if asked {
            return std::task::Poll::Ready(());
        }
        asked = true;
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

fn form(body: &[u8]) -> Vec<(String, String)> {
    let text = std::str::from_utf8(body).unwrap();
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> String {
    let (mut bytes, mut out) = (text.bytes(), Vec::new());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let hex = [bytes.next().unwrap(), bytes.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    String::from_utf8(out).unwrap()
}

/// One login. Every call on it is numbered, and where one is to break, the connection is gone.
#[derive(Clone)]
struct Session(Shared, Arc<AtomicBool>);

impl Session {
    /// Whether this call breaks; an error if the connection broke before.
    fn breaks(&self) -> Result<bool, FileError> {
        if self.1.load(Ordering::Relaxed) {
            return Err(lost());
        }
        let breaks = self.0.with(State::breaks);
        self.1.fetch_or(breaks, Ordering::Relaxed);
        Ok(breaks)
    }

    /// Does one call, unless the connection breaks; where its answer only is lost, it is done.
    fn call<T>(&self, work: impl FnOnce(&mut State) -> Result<T, FileError>) -> Result<T, FileError> {
        let breaks = self.breaks()?;
        if breaks && !self.0.with(|state| state.answer_is_lost) {
            self.0.die();
            return Err(lost());
        }
        let done = self.0.with(work);
        if breaks {
            self.0.die();
        }
        if breaks { Err(lost()) } else { done }
    }
}

impl Shared {
    /// Ends the run here and now, if this is where the process dies: nothing that it would still do is done.
    fn die(&self) {
        if self.with(|state| state.crashes_at == Some(state.file_calls)) {
            std::panic::resume_unwind(Box::new("the process died"));
        }
    }
}

fn lost() -> FileError {
    FileError::Lost("connection lost".to_owned())
}

impl State {
    fn breaks(&mut self) -> bool {
        self.file_calls += 1;
        let breaks = self.breaks_at.contains(&self.file_calls);
        if breaks && let Some((path, content)) = self.change.take() {
            self.files.insert(path, (content, Instant::START));
        }
        breaks
    }

    fn write(&mut self, path: &str, at: u64, bytes: &[u8]) -> Result<(), FileError> {
        let not_found = || FileError::NotFound(path.to_owned());
        let content = &mut self.files.get_mut(path).ok_or_else(not_found)?.0;
        content.truncate(usize::try_from(at).unwrap());
        content.extend_from_slice(bytes);
        Ok(())
    }
}

#[async_trait::async_trait]
impl Login for Shared {
    async fn login(&self, target: &FilesTarget) -> Result<Box<dyn Files>, FileError> {
        let host = target.host.clone();
        let protocol = if target.protocol == FileProtocol::Ftp { "ftp" } else { "sftp" };
        self.with(|state| state.targets.push(format!("{protocol} {host}:{}", target.port)));
        if self.with(|state| state.trouble) == Some(Trouble::LoginRefused) {
            return Err(FileError::LoginRefused { host, username: target.username.clone() });
        }
        if self.with(State::breaks) {
            self.die();
            return Err(FileError::Unreachable { host, why: "connection refused".to_owned() });
        }
        Ok(Box::new(Session(self.clone(), Arc::default())))
    }
}

#[async_trait::async_trait]
impl Files for Session {
    async fn list(&self, folder: &str) -> Result<Vec<FileEntry>, FileError> {
        self.call(|state| {
            if !state.folders.contains(folder) {
                return Err(FileError::NotFound(folder.to_owned()));
            }
            let below = format!("{folder}/");
            let files = state.files.iter().filter_map(|(path, (content, modified))| {
                let name = path.strip_prefix(&below)?;
                (!name.contains('/')).then(|| FileEntry {
                    name: name.to_owned(),
                    folder: false,
                    size: content.len() as u64,
                    modified: *modified,
                })
            });
            Ok(files.collect())
        })
    }

    async fn open(&self, path: &str) -> Result<Box<dyn FileReader>, FileError> {
        let content = self.call(|state| {
            let found = state.files.get(path).map(|(content, _)| content.clone());
            let mut content = found.ok_or_else(|| FileError::NotFound(path.to_owned()))?;
            if state.trouble == Some(Trouble::EndsEarly) {
                content.truncate(content.len() / 2);
            }
            Ok(content)
        })?;
        Ok(Box::new(Reading(self.clone(), content)))
    }

    async fn create(&self, path: &str) -> Result<Box<dyn FileWriter>, FileError> {
        self.call(|state| {
            let folder = path.rsplit_once('/').unwrap().0;
            if !state.folders.contains(folder) || state.trouble == Some(Trouble::NoOutFolder) {
                return Err(FileError::NotFound(folder.to_owned()));
            }
            state.operations.push(format!("create {path}"));
            state.files.insert(path.to_owned(), (Vec::new(), Instant::START));
            Ok(())
        })?;
        Ok(Box::new(Writing(self.clone(), path.to_owned(), 0)))
    }

    fn resumes(&self) -> bool {
        self.0.with(|state| !state.targets.last().is_some_and(|target| target.starts_with("ftp ")))
    }

    async fn resume(&self, path: &str, from: u64) -> Result<Box<dyn FileWriter>, FileError> {
        if !self.resumes() {
            return Err(lost());
        }
        self.call(|state| {
            assert!(state.files[path].0.len() as u64 >= from, "what was said to be written is not there");
            state.operations.push(format!("resume {path} at {from}"));
            Ok(())
        })?;
        Ok(Box::new(Writing(self.clone(), path.to_owned(), from)))
    }

    async fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        self.call(|state| {
            let file = state.files.remove(from).ok_or_else(|| FileError::NotFound(from.to_owned()))?;
            state.files.insert(to.to_owned(), file);
            state.operations.push(format!("rename {from} {to}"));
            Ok(())
        })
    }

    async fn remove(&self, path: &str) -> Result<(), FileError> {
        self.call(|state| {
            state.files.remove(path);
            Ok(())
        })
    }
}

struct Reading(Session, Vec<u8>);

#[async_trait::async_trait]
impl FileReader for Reading {
    async fn read(&mut self, max: usize) -> Result<Bytes, FileError> {
        // Odd pieces, so that nothing relies on where they end.
        let piece = self.1.len().min(max).min(1021);
        let bytes = self.0.call(|_| Ok(Bytes::copy_from_slice(&self.1[..piece])))?;
        self.1.drain(..piece);
        Ok(bytes)
    }
}

struct Writing(Session, String, u64);

#[async_trait::async_trait]
impl FileWriter for Writing {
    async fn write(&mut self, bytes: Bytes) -> Result<(), FileError> {
        let (path, at) = (self.1.clone(), self.2);
        let breaks = self.0.breaks()?;
        let refused = self.0.0.with(|state| state.trouble == Some(Trouble::DiskFull));
        if refused {
            return Err(FileError::Failed(format!("{path}: the disk is full")));
        }
        // A connection that breaks has brought a part of what was under way.
        let arrived = if breaks { &bytes[..bytes.len() / 2] } else { &bytes[..] };
        self.0.0.with(|state| state.write(&path, at, arrived))?;
        if breaks {
            self.0.0.die();
            return Err(lost());
        }
        self.2 += bytes.len() as u64;
        Ok(())
    }

    async fn close(self: Box<Self>) -> Result<(), FileError> {
        self.0.call(|_| Ok(()))
    }
}

impl Journal for Shared {
    fn record(&self, what: What) {
        self.with(|state| state.journal.push(what));
    }
}
