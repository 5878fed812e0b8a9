//! A page with gigya.js on it for tests: a script engine in the place of a browser, and this platform behind its
//! requests.

use crate::DEFAULT_API_KEY;
use crate::testing::*;
use bytes::Bytes;
use rquickjs::{Context, Function, Runtime};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

/// A page with the script on it.
pub(super) struct Page {
    // The engine goes before what its functions hold.
    context: Context,
    runtime: Runtime,
    pub(super) bench: Arc<Mutex<Bench>>,
    /// What the next requests are answered in place of the platform; nothing is a dead line.
    pub(super) instead: Arc<Mutex<VecDeque<String>>>,
}

impl Page {
    /// A page at `host` that runs `setup` before the script arrives.
    pub(super) fn open(bench: Bench, host: &str, setup: &str) -> Self {
        Self::with_query(bench, host, "", setup)
    }

    pub(super) fn with_query(bench: Bench, host: &str, query: &str, setup: &str) -> Self {
        Self::with_answers(bench, host, query, setup, VecDeque::new())
    }

    /// The same where the first requests of the script are answered so.
    pub(super) fn with_answers(
        bench: Bench,
        host: &str,
        query: &str,
        setup: &str,
        instead: VecDeque<String>,
    ) -> Self {
        let bench = Arc::new(Mutex::new(bench));
        let script = format!("https://cdns.eu1.gigya.com/js/gigya.js?apikey={DEFAULT_API_KEY}");
        let request = http::Request::get(&script).body(Bytes::new()).unwrap();
        let sdk = String::from_utf8(bench.lock().unwrap().send(request).body().to_vec()).unwrap();
        let runtime = Runtime::new().unwrap();
        let context = Context::full(&runtime).unwrap();
        let page = json!({"host": host, "query": query, "script": script});
        let asked = Arc::clone(&bench);
        let instead = Arc::new(Mutex::new(instead));
        let first = Arc::clone(&instead);
        let jar = Mutex::new(BTreeMap::new());
        context.with(|context| {
            let answer = move |verb: String, url: String, body: String, origin: String| {
                let instead = first.lock().unwrap().pop_front();
                instead.unwrap_or_else(|| {
                    asked_for(
                        &mut asked.lock().unwrap(),
                        &mut jar.lock().unwrap(),
                        &verb,
                        &url,
                        body,
                        &origin,
                    )
                })
            };
            context.globals().set("answer", Function::new(context.clone(), answer).unwrap()).unwrap();
            let source =
                format!("globalThis.page = {page};\n{}\n{setup}\n{sdk}", include_str!("test_page.js"));
            context.eval::<(), _>(source).unwrap();
        });
        let page = Self { context, runtime, bench, instead };
        page.settle();
        page
    }

    /// Runs what is under way to its end.
    fn settle(&self) {
        while self.runtime.execute_pending_job().unwrap() {}
    }

    /// The value of an expression once all that it started is done.
    pub(super) fn eval(&self, expression: &str) -> Value {
        self.context
            .with(|context| context.eval::<(), _>(format!("globalThis.told = {expression};")).unwrap());
        self.settle();
        let text: String =
            self.context.with(|context| context.eval("JSON.stringify(globalThis.told ?? null)").unwrap());
        serde_json::from_str(&text).unwrap()
    }

    /// Calls a method and gives what its callback got.
    pub(super) fn call(&self, method: &str, params: &Value) -> Value {
        self.eval(&format!(
            "(gigya.{method}({params}, {{ callback: (it) => {{ globalThis.got = it; }} }}), null)"
        ));
        self.eval("globalThis.got")
    }

    /// What happened since this was asked for the last time.
    pub(super) fn events(&self) -> Value {
        self.eval("__gigyaFake.events.splice(0)")
    }
}

/// A request with the cookies that the platform's own host has set before.
fn asked_for(
    bench: &mut Bench,
    jar: &mut BTreeMap<String, String>,
    verb: &str,
    url: &str,
    body: String,
    origin: &str,
) -> String {
    if !url.contains(".gigya.com/") {
        return String::new();
    }
    let cookies: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = http::Request::builder()
        .method(verb)
        .uri(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", origin)
        .header("cookie", cookies.join("; "))
        .body(Bytes::from(body))
        .unwrap();
    let response = bench.send(request);
    for line in response.headers().get_all("set-cookie") {
        let pair = line.to_str().unwrap().split(';').next().unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        jar.insert(name.to_owned(), value.to_owned());
    }
    String::from_utf8(response.body().to_vec()).unwrap()
}

pub(super) fn ann() -> Bench {
    Bench::seeded(&json!({"accounts": [
        {"UID": "ann", "password": "secret1", "profile": {"email": "ann@example.org", "firstName": "Ann"}},
    ]}))
}

/// In the place of an answer that comes too late.
pub(super) const TIMED_OUT: &str = "(timed out)";

pub(super) const PAGE: &str = "www.brand.example";

pub(super) const LISTENING: &str = "globalThis.onGigyaServiceReady = () => {
    gigya.accounts.getAccountInfo({ callback: (it) => { globalThis.first = it; } });
    gigya.accounts.addEventHandlers({
        onLogin: (it) => { globalThis.login = it; },
        onError: (it) => { globalThis.error = it; },
    });
};";

/// The mark of a browser that has been here before, although the platform's own host does not know it.
pub(super) fn seen_before() -> String {
    format!("document.cookie = 'gig_bootstrap_{DEFAULT_API_KEY}=_gigya_ver4; path=/';{LISTENING}")
}
