//! What a Bulk import and an export cost on the memory transport, beside what parsing and writing the same bytes
//! costs alone in the same run; the memory that a contact takes; the first page of a large export and the last.
//!
//! `cargo bench -p standin-fake-eloqua`, with the number of contacts behind `--` for another than 1000000.

#![expect(clippy::disallowed_methods, reason = "a bench measures by the machine's clock")]
#![expect(clippy::print_stdout, reason = "a bench tells its figures there")]

use base64::Engine;
use bytes::Bytes;
use divan::counter::ItemsCount;
use serde_json::{Value, json};
use standin_fake_eloqua::{DEFAULT_PASSWORD, DEFAULT_SITE, DEFAULT_USER, Eloqua};
use standin_fake_kit::Fake;
use standin_model::Instant as Moment;
use standin_ports::Response;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Rows of one posting: 20 MB or so, of the 32 that fit.
const POSTING: usize = 50_000;
/// Rows of one page.
const PAGE: usize = 50_000;
/// How often each figure is taken; the median is told.
const ROUNDS: usize = 3;

/// Columns and what they are in Eloqua.
const COLUMNS: [(&str, &str); 10] = [
    ("uid", "C_Gigya_UID1"),
    ("email", "C_EmailAddress"),
    ("first", "C_FirstName"),
    ("last", "C_LastName"),
    ("company", "C_Company"),
    ("address", "C_Address1"),
    ("city", "C_City"),
    ("zip", "C_Zip_Postal"),
    ("country", "C_Country"),
    ("phone", "C_MobilePhone"),
];

/// How rows are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Json,
    Csv,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Csv => "CSV",
        }
    }

    fn mime(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv",
        }
    }
}

fn main() {
    let asked: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if asked.is_empty() { vec![1_000_000] } else { asked };
    for size in sizes {
        memory(size);
        for kind in [Kind::Json, Kind::Csv] {
            import(size, kind);
        }
        export(size);
    }
    divan::main();
}

fn row(n: usize) -> [String; 10] {
    [
        format!("{:032x}", (n as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)),
        format!("person.{n}@mail.example.org"),
        "Annelies".to_owned(),
        format!("Vandenbroucke-{}", n % 997),
        "Brand & Co".to_owned(),
        format!("Grote Markt {}", n % 200),
        ["Diest", "Hasselt", "Gent", "Leuven"][n % 4].to_owned(),
        format!("{:04}", 1000 + n % 8999),
        "BE".to_owned(),
        format!("+32470{:06}", n % 1_000_000),
    ]
}

fn bodies(size: usize, kind: Kind) -> Vec<Bytes> {
    let starts = (0..size).step_by(POSTING);
    starts.map(|start| body(start..(start + POSTING).min(size), kind)).collect()
}

fn body(rows: std::ops::Range<usize>, kind: Kind) -> Bytes {
    let mut out = String::new();
    if kind == Kind::Csv {
        out.push_str(&COLUMNS.map(|(key, _)| key).join(","));
        out.push_str("\r\n");
    } else {
        out.push('[');
    }
    for n in rows.clone() {
        let cells = row(n);
        match kind {
            Kind::Csv => {
                out.push_str(&cells.join(","));
                out.push_str("\r\n");
            }
            Kind::Json => {
                out.push_str(if n == rows.start { "{" } else { ",{" });
                for (at, (key, cell)) in COLUMNS.iter().zip(&cells).enumerate() {
                    // The values need no escapes.
                    let _ = write!(out, "{}\"{}\":\"{cell}\"", if at == 0 { "" } else { "," }, key.0);
                }
                out.push('}');
            }
        }
    }
    if kind == Kind::Json {
        out.push(']');
    }
    out.into()
}

/// An instance and whoever calls it.
#[derive(Clone)]
struct Site {
    eloqua: Eloqua,
    now: Moment,
}

impl Site {
    /// With a definition of an import and of an export.
    fn new() -> Self {
        let mut eloqua = Eloqua::new(7);
        eloqua
            .seed(Moment::START, &json!({ "contact_fields": ["Gigya UID"] }))
            .expect("the world is well formed");
        let knobs = eloqua.knobs_mut();
        knobs.set("eloqua.licensed_contacts", "100000").expect("the knob takes a number");
        let mut site = Self { eloqua, now: Moment::START };
        let fields: serde_json::Map<String, Value> = COLUMNS
            .iter()
            .map(|(key, internal)| ((*key).to_owned(), json!(format!("{{{{Contact.Field({internal})}}}}"))))
            .collect();
        let import = json!({ "name": "i", "fields": fields, "identifierFieldName": "uid", "isSyncTriggeredOnImport": false });
        assert_eq!(
            site.call("POST", "/contacts/imports", "application/json", import.to_string()).status(),
            201
        );
        let export = json!({ "name": "e", "fields": fields });
        assert_eq!(
            site.call("POST", "/contacts/exports", "application/json", export.to_string()).status(),
            201
        );
        site
    }

    fn call(&mut self, method: &str, path: &str, kind: &str, body: impl Into<Bytes>) -> Response {
        let credentials = format!("{DEFAULT_SITE}\\{DEFAULT_USER}:{DEFAULT_PASSWORD}");
        let encoded = base64::engine::general_purpose::STANDARD.encode(credentials);
        let request = http::Request::builder()
            .method(method)
            .uri(format!("https://secure.p04.eloqua.com/api/bulk/2.0{path}"))
            .header("authorization", format!("Basic {encoded}"))
            .header("content-type", kind)
            .header("accept", kind)
            .body(body.into())
            .expect("a request");
        self.eloqua.handle(self.now, request)
    }

    fn sync(&mut self, uri: &str) -> String {
        let body = json!({ "syncedInstanceUri": uri }).to_string();
        let made = self.call("POST", "/syncs", "application/json", body);
        let made: Value = serde_json::from_slice(made.body()).expect("JSON");
        self.now = self.now.plus(Duration::from_secs(10));
        let sync = made["uri"].as_str().expect("a sync").to_owned();
        let seen = self.call("GET", &sync, "application/json", "");
        let seen: Value = serde_json::from_slice(seen.body()).expect("JSON");
        assert_eq!(seen["status"], "success");
        sync
    }

    fn post(&mut self, bodies: &[Bytes], kind: Kind) {
        for body in bodies {
            assert_eq!(
                self.call("POST", "/contacts/imports/1/data", kind.mime(), body.clone()).status(),
                204
            );
        }
        self.sync("/contacts/imports/1");
    }

    fn page(&mut self, sync: &str, offset: usize, limit: usize, kind: Kind) -> Response {
        self.call("GET", &format!("{sync}/data?limit={limit}&offset={offset}"), kind.mime(), "")
    }
}

fn median(mut rounds: Vec<Duration>) -> f64 {
    rounds.sort_unstable();
    rounds[rounds.len() / 2].as_secs_f64()
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let made = work();
    (start.elapsed(), made)
}

/// The serde_json and csv that the fake uses, and nothing else.
fn parse(bodies: &[Bytes], kind: Kind) -> usize {
    let one = |body: &Bytes| match kind {
        Kind::Json => {
            serde_json::from_slice::<Value>(body).map_or(0, |rows| rows.as_array().map_or(0, Vec::len))
        }
        Kind::Csv => csv::Reader::from_reader(&body[..]).records().filter(Result::is_ok).count(),
    };
    bodies.iter().map(one).sum()
}

fn import(size: usize, kind: Kind) {
    let bodies = bodies(size, kind);
    let (mut parsing, mut creating, mut updating) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (took, rows) = timed(|| parse(&bodies, kind));
        assert_eq!(rows, size);
        parsing.push(took);
        let mut site = Site::new();
        creating.push(timed(|| site.post(&bodies, kind)).0);
        updating.push(timed(|| site.post(&bodies, kind)).0);
        assert_eq!(site.eloqua.contact_count(), size);
    }
    let (parse, create, update) = (median(parsing), median(creating), median(updating));
    let a_second = |took: f64| size as f64 / took / 1000.0;
    println!(
        "import of {size} rows, {}: parse alone {:.0}k rows/s, create {:.0}k rows/s ({:.0} %), unchanged {:.0}k rows/s ({:.0} %)",
        kind.word(),
        a_second(parse),
        a_second(create),
        100.0 * parse / create,
        a_second(update),
        100.0 * parse / update,
    );
}

fn export(size: usize) {
    let mut site = Site::new();
    site.post(&bodies(size, Kind::Json), Kind::Json);
    let (gathering, sync) = timed(|| site.sync("/contacts/exports/1"));
    println!("export of {size} rows: its sync takes {:.0} ms", gathering.as_secs_f64() * 1000.0);
    for kind in [Kind::Json, Kind::Csv] {
        let mut pages = Vec::new();
        let (took, ()) = timed(|| {
            for offset in (0..size).step_by(PAGE) {
                pages.push(site.page(&sync, offset, PAGE, kind).into_body());
            }
        });
        let (parsing, rows) = timed(|| match kind {
            Kind::Csv => parse(&pages, kind),
            Kind::Json => {
                let rows = |page: &Bytes| {
                    let page: Value = serde_json::from_slice(page).unwrap_or_default();
                    page["items"].as_array().map_or(0, Vec::len)
                };
                pages.iter().map(rows).sum()
            }
        });
        assert_eq!(rows, size);
        let (took, parsing) = (took.as_secs_f64(), parsing.as_secs_f64());
        println!(
            "export of {size} rows, {}: {:.0}k rows/s in pages of {PAGE}, parse alone {:.0}k rows/s ({:.0} %)",
            kind.word(),
            size as f64 / took / 1000.0,
            size as f64 / parsing / 1000.0,
            100.0 * parsing / took,
        );
        let limit = PAGE.min(size / 2);
        let page = |site: &mut Site, offset: usize| {
            let rounds = (0..9).map(|_| timed(|| site.page(&sync, offset, limit, kind)).0).collect();
            median(rounds) * 1000.0
        };
        let (first, last) = (page(&mut site, 0), page(&mut site, size - limit));
        println!("page of {limit} rows, {}: first {first:.1} ms, last {last:.1} ms", kind.word());
    }
}

/// How much of this process lies in memory, in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or(0) * 4096
}

/// Resident memory at its highest, in MiB; not a number where the system does not tell.
fn peak(work: impl FnOnce()) -> f64 {
    // Five resets the peak.
    let reset = std::fs::write("/proc/self/clear_refs", "5").is_ok();
    work();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: Option<f64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    if reset { kib.unwrap_or(f64::NAN) / 1024.0 } else { f64::NAN }
}

/// What contacts take, and the peak of an import with its posted bytes made one by one.
fn memory(size: usize) {
    let before = resident();
    let mut site = Site::new();
    let high = peak(|| {
        for start in (0..size).step_by(POSTING) {
            let body = body(start..(start + POSTING).min(size), Kind::Json);
            assert_eq!(site.call("POST", "/contacts/imports/1/data", Kind::Json.mime(), body).status(), 204);
        }
        site.sync("/contacts/imports/1");
    });
    let each = resident().saturating_sub(before) / size.max(1);
    println!(
        "memory: {each} bytes a contact with ten filled fields at {size} contacts; peak of its import {high:.0} MiB"
    );
    let high = peak(|| {
        let sync = site.sync("/contacts/exports/1");
        for offset in (0..size).step_by(PAGE) {
            drop(site.page(&sync, offset, PAGE, Kind::Json));
        }
    });
    println!(
        "memory: peak of an export of {size} contacts, page by page: {high:.0} MiB with the contacts themselves"
    );
}

/// A posting of 1000 rows and its sync into a site of ten thousand.
#[divan::bench(args = ["application/json", "text/csv"])]
fn small_import(bencher: divan::Bencher<'_, '_>, kind: &str) {
    let kind = if kind == "text/csv" { Kind::Csv } else { Kind::Json };
    let mut site = Site::new();
    site.post(&bodies(10_000, Kind::Json), Kind::Json);
    let body = [body(0..1000, kind)];
    bencher
        .counter(ItemsCount::new(1000_usize))
        .with_inputs(|| site.clone())
        .bench_local_values(|mut site| site.post(&body, kind));
}
