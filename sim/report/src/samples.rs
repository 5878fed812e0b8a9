//! Outcomes of every kind, with values that would break out of a careless report.

use crate::{Promise, Results};
use standin_model::Level;
use standin_scenario::outcome::{
    Checked, Entry, Failure, Hop, Journal, Outcome, Screenshot, StepOutcome, Verdict, What,
};

/// What somebody could type into a form.
pub const HOSTILE: &str = "</pre><script>alert(1)</script> & \"x\" 'y' ]]> `z` | @team {{ 7 }} # \u{1b}[31m";

/// The promises that the samples are about.
pub const PROMISES: &[Promise<'static>] = &[
    Promise { id: "GE-UID-1", says: "keyed by UID, a changed e-mail address keeps one contact" },
    Promise { id: "QG-MAP-9b", says: "phone on append: the number joins those that are there" },
    Promise { id: "QG-INT-2", says: "nobody but an Admin sees or changes the integration" },
];

/// The samples as a report takes them.
pub fn results(outcomes: &[Outcome]) -> Results<'_> {
    Results { outcomes, clauses: PROMISES, partner: None }
}

fn at(second: u64) -> String {
    format!("2026-01-05T08:00:{second:02}.000Z")
}

fn call(seq: u64, from: &str, name: &str, request: &str, answer: &str) -> Entry {
    let what = What::Call {
        from: from.into(),
        to: "gigya".into(),
        name: name.into(),
        line: format!("POST accounts.eu1.gigya.com/{name}"),
        request: request.into(),
        status: 200,
        answer: answer.into(),
    };
    Entry { seq, at: at(1), what }
}

fn journal() -> Journal {
    let file = What::File {
        who: "sync".into(),
        op: "write".into(),
        path: "/out/contacts.csv".into(),
        bytes: 22,
        text: "UID,zip\nann,01234\n".into(),
    };
    let change = What::Change {
        who: "push".into(),
        place: "rule 6 zipcode".into(),
        subject: "ann".into(),
        before: String::new(),
        after: HOSTILE.into(),
    };
    let note = What::Note { who: "stage".into(), text: "the clock moves".into() };
    let refused = r#"{"errorCode":403042,"errorMessage":"Invalid LoginID"}"#;
    let mut entries = vec![
        call(1, "participant", "accounts.login", "loginID=ann", refused),
        call(2, "push", "accounts.setAccountInfo", "UID=ann", r#"{"errorCode":0}"#),
        call(3, "push", "accounts.setAccountInfo", "UID=ben", r#"{"errorCode":0}"#),
    ];
    entries.extend([change, file, note].into_iter().zip(10..).map(|(what, seq)| Entry {
        seq,
        at: at(2),
        what,
    }));
    Journal { entries, left_out: 6 }
}

fn hop() -> Hop {
    Hop {
        seq: 10,
        at: at(1),
        place: "push: rule 6 zipcode for ann".into(),
        text: "changed here: 01234 -> 1234".into(),
    }
}

/// One that held, one that failed, one that broke, one that is written wrongly, one that was not run.
pub fn outcomes() -> Vec<Outcome> {
    let step = |name: &str, line: usize, entries: (u64, u64)| StepOutcome {
        name: name.into(),
        line,
        held: true,
        summary: "took part".into(),
        at: at(1),
        entries,
        checked: vec![],
    };
    let checked =
        Checked { place: "account ann: profile.zip".into(), value: "01234".into(), lineage: vec![hop()] };
    let held = Outcome {
        name: "A changed address keeps one contact".into(),
        file: "scenarios/identity/a.yaml".into(),
        clauses: vec!["GE-UID-1".into()],
        tags: vec!["nightly".into()],
        transport: "wire",
        verdict: Verdict::Held,
        steps: vec![
            step("participate", 4, (1, 4)),
            StepOutcome {
                summary: "account ann".into(),
                checked: vec![checked],
                ..step("expect_account", 9, (4, 13))
            },
        ],
        evidence: Some((Level::Inferred, "eloqua: POST /contacts/imports".into())),
        journal: journal(),
        micros: 1_500,
    };
    let failed = Outcome {
        name: format!("Phone <on> append {HOSTILE}"),
        file: "scenarios/mapping/b.yaml".into(),
        clauses: vec!["QG-MAP-9b".into()],
        tags: vec![],
        verdict: Verdict::Failed(Failure {
            step: "expect_account".into(),
            line: 9,
            column: 5,
            message: "account ann: not as expected at profile.zip".into(),
            expected: Some("01234".into()),
            actual: Some(HOSTILE.into()),
            snippet: "error: account ann: not as expected\n --> scenarios/mapping/b.yaml:9:5\n  |\n9 |   - expect_account: ...\n  |     ^^^".into(),
            lineage: vec![hop()],
            screenshot: Some(Screenshot {
                png: b"\x89PNG\r\n\x1a\n".to_vec(),
                file: Some("screenshots/b-line-9.png".into()),
            }),
        }),
        steps: vec![StepOutcome { held: false, ..step("expect_account", 9, (1, 1)) }],
        evidence: None,
        journal: Journal::default(),
        ..held.clone()
    };
    let bare = Outcome { steps: vec![], ..failed.clone() };
    let broken = Outcome {
        name: "Broken".into(),
        clauses: vec![],
        verdict: Verdict::Broken("no socket".into()),
        ..bare.clone()
    };
    let mistake = "error: no dataflow is called `x`\n --> b.yaml:4:5";
    let wrong =
        Outcome { name: "Wrong".into(), verdict: Verdict::Miswritten(mistake.into()), ..broken.clone() };
    let skipped = Outcome {
        name: "Skipped".into(),
        clauses: vec!["QG-INT-2".into()],
        verdict: Verdict::Skipped("no browser: the package `chromium` is missing".into()),
        ..bare
    };
    let silent = Outcome {
        name: "Inconclusive".into(),
        verdict: Verdict::Inconclusive("accounts.search answers HTTP 429: there were too many calls".into()),
        ..skipped.clone()
    };
    vec![held, failed, broken, wrong, skipped, silent]
}
