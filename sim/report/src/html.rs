//! For people: a page in one file, which fetches nothing.
//!
//! The page is a template over [`Document`]: what is put in is escaped by the template engine, in every place, so
//! that nobody can forget it. The policy allows the one script and the one style sheet of the page by their hashes,
//! and pictures that stand in the page itself.

mod diagram;

use crate::document::{Document, Scenario, document};
use crate::{Format, Needs, ReportError, Results};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use diagram::Diagram;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;
use sha2::{Digest, Sha256};
use standin_scenario::outcome::{Outcome, Verdict};
use std::collections::BTreeMap;

/// The format.
pub const FORMAT: Format = Format {
    name: "html",
    summary: "a page in one file: clauses, steps, who called whom, the journal, where values came from",
    needs: Needs::Story,
    write,
};

const TEMPLATE: &str = include_str!("html/report.html");
const STYLE: &str = include_str!("html/report.css");
const SCRIPT: &str = include_str!("html/report.js");

/// How many entries of journals a page shows; those of scenarios that did not hold come first.
const ENTRIES: usize = 12_000;

/// How many pictures a page holds.
const PICTURES: usize = 40;

/// What the template is given.
#[derive(Serialize)]
struct Page<'a> {
    style: &'static str,
    script: &'static str,
    policy: String,
    run: Head<'a>,
    scenarios: Vec<Shown<'a>>,
}

/// The run without its scenarios.
#[derive(Serialize)]
struct Head<'a> {
    subject: String,
    title: String,
    /// The word for clauses that are neither kept nor broken.
    unseen: &'static str,
    bad: usize,
    document: Document<'a>,
}

/// A scenario with what only a page can show.
#[derive(Serialize)]
struct Shown<'a> {
    /// What links call it. It depends on its file and row alone, so that a link holds for the next run.
    id: String,
    told: Scenario<'a>,
    /// The entries of the journal that the page shows.
    seqs: Vec<u64>,
    diagram: Option<Diagram>,
    picture: Option<String>,
    /// Entries that stand in the outcome and not in this page.
    cut: usize,
}

fn write(results: &Results<'_>) -> Result<String, ReportError> {
    let mut run = document(results);
    let scenarios = std::mem::take(&mut run.scenarios);
    let cut = cut(results.outcomes, ENTRIES);
    let mut pictures = 0;
    let mut rows: BTreeMap<String, usize> = BTreeMap::new();
    let shown = scenarios.into_iter().zip(results.outcomes).zip(cut).map(|((mut told, outcome), cut)| {
        let id = id(&mut rows, &outcome.file);
        let diagram = if cut { None } else { diagram::of(outcome) };
        let entries = if cut { std::mem::take(&mut told.journal).len() } else { 0 };
        let picture = picture(outcome).filter(|_| {
            pictures += 1;
            pictures <= PICTURES
        });
        let seqs = told.journal.iter().map(|entry| entry.seq).collect();
        Shown { id, told, seqs, diagram, picture, cut: entries }
    });
    let shown = shown.collect();
    let bad = run.summary.bad();
    let page = Page {
        style: STYLE,
        script: SCRIPT,
        policy: policy(),
        run: Head { subject: run.subject(), title: run.title(), unseen: run.unseen(), bad, document: run },
        scenarios: shown,
    };
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    engine.add_template("report.html", TEMPLATE)?;
    Ok(engine.get_template("report.html")?.render(Value::from(Serde(&page)))?)
}

/// A name of letters and digits for the next scenario of a file.
fn id(rows: &mut BTreeMap<String, usize>, file: &str) -> String {
    let path = file.strip_suffix(".yaml").unwrap_or(file);
    let id: String = path.chars().map(|one| if one.is_alphanumeric() { one } else { '-' }).collect();
    let row = rows.entry(id.clone()).or_default();
    *row += 1;
    if *row == 1 { id } else { format!("{id}_{row}") }
}

/// What the page may load and run: nothing but what stands in it.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; img-src data:; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// For which scenarios there is no room for a journal: those that held give way to those that did not.
fn cut(outcomes: &[Outcome], room: usize) -> Vec<bool> {
    let mut order: Vec<usize> = (0..outcomes.len()).collect();
    order.sort_by_key(|at| outcomes[*at].held());
    let (mut cut, mut used) = (vec![false; outcomes.len()], 0);
    for at in order {
        used += outcomes[at].journal.entries.len();
        cut[at] = used > room;
    }
    cut
}

fn picture(outcome: &Outcome) -> Option<String> {
    let Verdict::Failed(failure) = &outcome.verdict else { return None };
    let screenshot = failure.screenshot.as_ref()?;
    Some(format!("data:image/png;base64,{}", STANDARD.encode(&screenshot.png)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{HOSTILE, outcomes, results};

    #[test]
    fn whole() {
        insta::assert_snapshot!(write(&results(&outcomes())).unwrap());
    }

    /// A page of nothing but hostile values has the elements of the same page with tame ones, and fetches nothing.
    #[test]
    fn values_are_never_markup() {
        let page = |name: &str, value: &str| {
            let mut outcomes = outcomes();
            for outcome in &mut outcomes {
                outcome.name = name.to_owned();
                outcome.file = value.to_owned();
                outcome.tags = vec![value.to_owned()];
                for step in &mut outcome.steps {
                    step.summary = value.to_owned();
                    step.name = value.to_owned();
                }
                if let Verdict::Failed(failure) = &mut outcome.verdict {
                    failure.snippet = value.to_owned();
                    failure.actual = Some(value.to_owned());
                    failure.lineage[0].text = value.to_owned();
                }
            }
            write(&results(&outcomes)).unwrap()
        };
        let tags = |page: &str| -> Vec<String> {
            let starts = page.split('<').skip(1);
            starts.map(|rest| rest.split([' ', '>', '\n']).next().unwrap_or_default().to_owned()).collect()
        };
        let (tame, hostile) = (page("tame", "tame"), page(HOSTILE, HOSTILE));
        assert_eq!(tags(&tame), tags(&hostile));
        assert_eq!(hostile.matches("<script").count(), 1);
        assert!(!hostile.contains("alert(1)</script>"));
        for outside in ["http://", "https://", "src=\"/", "url(", "@import", " style="] {
            let mut places = hostile.match_indices(outside).map(|(at, _)| &hostile[at..]);
            assert!(places.all(|rest| rest.starts_with("http://www.w3.org/2000/svg")), "{outside}");
        }
    }

    /// Also where a file has several rows, and where two files differ in marks alone.
    #[test]
    fn every_link_leads_to_one_place() {
        let mut outcomes = outcomes();
        outcomes[1].file = outcomes[0].file.clone();
        outcomes[2].file = outcomes[0].file.replace('/', "-");
        let page = write(&results(&outcomes)).unwrap();
        let values = |name: &str| -> Vec<&str> {
            page.split(&format!(" {name}=\"")).skip(1).filter_map(|rest| rest.split('"').next()).collect()
        };
        let ids = values("id");
        for id in &ids {
            assert_eq!(ids.iter().filter(|other| other == &id).count(), 1, "{id}");
        }
        let links: Vec<&str> = values("href").into_iter().filter_map(|link| link.strip_prefix('#')).collect();
        assert!(links.contains(&"GE-UID-1") && links.iter().any(|link| link.ends_with(".10")), "{links:?}");
        for link in links {
            assert!(ids.contains(&link), "{link}");
        }
    }

    #[test]
    fn the_policy_holds_the_hashes_of_what_stands_in_the_page() {
        let page = write(&results(&outcomes())).unwrap();
        for (open, close) in [("<style>", "</style>"), ("<script>", "</script>")] {
            let text = page.split(open).nth(1).unwrap().split(close).next().unwrap();
            let hash = STANDARD.encode(Sha256::digest(text.as_bytes()));
            assert!(page.contains(&format!("&#x27;sha256-{}&#x27;", hash.replace('/', "&#x2f;"))), "{open}");
        }
    }

    #[test]
    fn where_there_is_no_room_those_that_failed_keep_their_journals() {
        let mut outcomes = outcomes();
        outcomes[1].journal = outcomes[0].journal.clone();
        assert_eq!(cut(&outcomes[..2], 12), [false, false]);
        assert_eq!(cut(&outcomes[..2], 11), [true, false]);
    }
}
