//! The role `csv`: files alone, held against what Eloqua's import takes and what the values have to be.

mod rules;
mod sheet;

use crate::verify::judgement::not_exercised;
use crate::verify::partner::PartnerFile;
use crate::verify::role::{Member, Role, Takes, Verification, Work, needed, optional};
use rules::{Fault, RULES, Rule, nothing_to_see};
use sheet::{Sheet, no_text};
use standin_scenario::outcome::{Failure, Outcome, StepOutcome, Verdict};
use standin_scenario::{Diagnostic, Source};
use standin_stage::runner::BadInput;
use std::path::{Path, PathBuf};

/// The role.
pub const ROLE: Role = Role {
    name: "csv",
    summary: "CSV files alone, held against the rules of columns and values",
    clauses: &[
        "GE-OUT-1", "GE-CSV-3", "GE-CSV-4", "GE-FLD-2", "GE-UID-1", "GE-SUB-1", "EL-ADR-1", "EL-MRG-1",
    ],
    members: MEMBERS,
    template: include_str!("csv/new.yaml"),
    cases: &[],
    bearing: &[],
    apart: &[],
    work,
};

const MEMBERS: &[Member] = &[
    needed("files", "the files; the last part of a name may have a `*`").takes(Takes::Texts),
    optional("separator", "`,`, `;` or `|`; found by the headings if it is not given"),
    optional("key", "the column with the UID, C_Gigya_UID1 if it is not given"),
    optional("address", "the column with the e-mail address, C_EmailAddress if it is not given"),
    optional("subscriptions", "columns with Yes, No or nothing; C_Newsletter_Opt_In1 if it is not given")
        .takes(Takes::Texts),
    optional("dates", "columns with dates; C_DateCreated and C_DateModified if it is not given")
        .takes(Takes::Texts),
    optional("long", "columns of large text fields; every other cell has 100 characters at most")
        .takes(Takes::Texts),
];

/// The columns that rules look at.
struct Columns {
    separator: Option<char>,
    key: String,
    address: String,
    subscriptions: Vec<String>,
    dates: Vec<String>,
    long: Vec<String>,
}

/// Up to which size a file is read, in bytes.
const LARGEST: u64 = 256 << 20;
/// How many faults of one rule are named beside the first.
const MORE: usize = 3;

fn work(verification: &Verification<'_>) -> Result<Vec<Work>, BadInput> {
    let partner = verification.partner;
    let columns = columns(partner)?;
    let mut work = Vec::new();
    for file in files(partner)? {
        let outcomes = judged(partner, &columns, &file)?;
        work.extend(outcomes.into_iter().map(|outcome| Work::Judged(Box::new(outcome))));
    }
    Ok(work)
}

fn columns(partner: &PartnerFile) -> Result<Columns, BadInput> {
    let text = |name: &str, default: &str| -> Result<String, BadInput> {
        Ok(partner.text(name)?.unwrap_or(default).to_owned())
    };
    let list = |name: &str, default: &[&str]| -> Result<Vec<String>, BadInput> {
        let Some(node) = partner.root.get(name) else {
            return Ok(default.iter().map(|word| (*word).to_owned()).collect());
        };
        let words = partner.shown(node.list())?.iter();
        partner.shown(words.map(|word| word.text().map(str::to_owned)).collect())
    };
    let separator = match partner.text("separator")? {
        None => None,
        Some("\\t") => Some('\t'),
        Some(text) => match text.chars().collect::<Vec<_>>()[..] {
            [one] => Some(one),
            _ => return Err(partner.mistake("separator", "a separator is one character")),
        },
    };
    Ok(Columns {
        separator,
        key: text("key", "C_Gigya_UID1")?,
        address: text("address", "C_EmailAddress")?,
        subscriptions: list("subscriptions", &["C_Newsletter_Opt_In1"])?,
        dates: list("dates", &["C_DateCreated", "C_DateModified"])?,
        long: list("long", &[])?,
    })
}

/// The files that the partner names, in byte order.
fn files(partner: &PartnerFile) -> Result<Vec<PathBuf>, BadInput> {
    let Some(node) = partner.root.get("files") else {
        return Err(partner.mistake("verify", "`files` is missing"));
    };
    let mut found = Vec::new();
    for item in partner.shown(node.list())? {
        let name = partner.shown(item.text())?;
        let path = partner.path.parent().unwrap_or(Path::new("")).join(name);
        let fitting = match path.file_name().map(|last| last.to_string_lossy().into_owned()) {
            Some(last) if last.contains('*') => matching(path.parent().unwrap_or(Path::new(".")), &last),
            _ if path.is_file() => vec![path.clone()],
            _ => Vec::new(),
        };
        if fitting.is_empty() {
            let missing = format!("no file {}", path.display());
            // Files that were named on the command line have no description to be shown in.
            return match partner.path.as_os_str().is_empty() {
                true => Err(BadInput(format!("error: {missing}"))),
                false => partner.shown(Err(Diagnostic::new(missing, item.span))),
            };
        }
        found.extend(fitting);
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn matching(folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let (start, end) = pattern.split_once('*').unwrap_or((pattern, ""));
    let fits =
        |name: &str| name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end);
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.filter(|entry| fits(&entry.file_name().to_string_lossy()) && entry.path().is_file());
    files.map(|entry| entry.path()).collect()
}

/// One outcome for each rule.
fn judged(partner: &PartnerFile, columns: &Columns, file: &Path) -> Result<Vec<Outcome>, BadInput> {
    let unreadable =
        |why: String| partner.mistake("files", format!("{} cannot be read: {why}", file.display()));
    let size = std::fs::metadata(file).map_err(|error| unreadable(error.to_string()))?.len();
    if size > LARGEST {
        return Err(unreadable(format!("it is larger than {} MB", LARGEST >> 20)));
    }
    let bytes = std::fs::read(file).map_err(|error| unreadable(error.to_string()))?;
    let (text, broken_at) = match std::str::from_utf8(&bytes) {
        Ok(text) => (text.to_owned(), None),
        Err(error) => {
            let (good, _) = bytes.split_at(error.valid_up_to());
            (String::from_utf8_lossy(&bytes).into_owned(), Some(String::from_utf8_lossy(good).len()))
        }
    };
    let source = Source::new(file.display().to_string(), text);
    let sheet = Sheet { no_text: no_text(&bytes), ..Sheet::read(&source.text, columns.separator, broken_at) };
    let rules = RULES.iter().filter(|rule| partner.left_out(rule.clause).is_none());
    let judged = rules.map(|rule| {
        let told = outcome(rule, &source, (rule.check)(&sheet, columns));
        match nothing_to_see(rule, &sheet, columns) {
            // A fault of the headings is one whatever stands below them, where there are any.
            Some(why) if told.verdict == Verdict::Held || sheet.no_text.is_some() => {
                Outcome { verdict: Verdict::Skipped(why), ..told }
            }
            _ => told,
        }
    });
    Ok(judged.collect())
}

fn outcome(rule: &Rule, source: &Source, faults: Vec<Fault>) -> Outcome {
    let mut steps: Vec<StepOutcome> = Vec::new();
    for fault in faults.iter().skip(1).take(MORE) {
        let line = source.line_column(fault.span.start).0;
        steps.push(StepOutcome {
            name: rule.name.to_owned(),
            line,
            held: false,
            summary: fault.message.clone(),
            at: String::new(),
            entries: (0, 0),
            checked: Vec::new(),
        });
    }
    let rest = faults.len().saturating_sub(1);
    let verdict = match faults.into_iter().next() {
        None => Verdict::Held,
        Some(fault) => Verdict::Failed(failure(rule, source, fault, rest)),
    };
    Outcome {
        name: format!("{}: {}", rule.name, rule.says),
        file: source.name.clone(),
        clauses: vec![rule.clause.to_owned()],
        tags: Vec::new(),
        verdict,
        steps,
        ..not_exercised("csv", rule.clause, "")
    }
}

fn failure(rule: &Rule, source: &Source, fault: Fault, rest: usize) -> Failure {
    let (line, column) = source.line_column(fault.span.start);
    let message = match rest {
        0 => fault.message.clone(),
        1 => format!("{} (and one more place)", fault.message),
        rest => format!("{} (and {rest} more places)", fault.message),
    };
    let shown =
        Diagnostic { message: message.clone(), span: fault.span, label: String::new(), hint: fault.hint };
    Failure {
        step: rule.name.to_owned(),
        line,
        column,
        message,
        expected: fault.expected,
        actual: fault.actual,
        snippet: shown.render(source, false),
        lineage: Vec::new(),
        screenshot: None,
    }
}

/// A partner's file for files that are named on the command line.
pub fn partner_text(files: &[String]) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let name = match files {
        [one] => one.clone(),
        several => format!("{} files", several.len()),
    };
    let list: Vec<String> = files.iter().map(|file| quoted(file)).collect();
    format!("verify: csv\nname: {}\nfiles: [{}]\n", quoted(&name), list.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Columns {
        Columns {
            separator: None,
            key: "C_Gigya_UID1".to_owned(),
            address: "C_EmailAddress".to_owned(),
            subscriptions: vec!["C_Newsletter_Opt_In1".to_owned()],
            dates: vec!["C_DateModified".to_owned()],
            long: vec!["C_Notes1".to_owned()],
        }
    }

    /// The rules that a text breaks, with the place of the first fault of each.
    fn broken(text: &str) -> Vec<(&'static str, (usize, usize))> {
        let source = Source::new("a.csv", text);
        let sheet = Sheet::read(&source.text, None, None);
        let rules = RULES.iter().filter_map(|rule| {
            let fault = (rule.check)(&sheet, &columns()).into_iter().next()?;
            Some((rule.name, source.line_column(fault.span.start)))
        });
        rules.collect()
    }

    #[test]
    fn each_fault_is_found_at_its_place_and_by_one_rule() {
        let head = "C_Gigya_UID1,C_EmailAddress,C_LastName,C_Newsletter_Opt_In1,C_DateModified\n";
        let with = |rows: &str| format!("{head}{rows}");
        for (text, expected) in [
            (
                with(
                    "a,a@x.example,\"Peeters, Ann \"\"A\"\"\nx\",Yes,2026-01-05\nb,b@x.example,,No,2026-01-05 08:00:00\nc,c@x.example,007,,\n",
                ),
                vec![],
            ),
            (with("a,a@x.example,x,Yes,"), vec![]),
            (with("a,a@x.example,x,Yes"), vec![("whole", (2, 19))]),
            (with("a,a@x.example,x,Yes,,z"), vec![("cells", (2, 1))]),
            (with("undefined,a@x.example,x,Yes,\n"), vec![("key", (2, 1))]),
            (with("a@x.example,a@x.example,x,Yes,\n"), vec![("key", (2, 1))]),
            (with("A,a@x.example,x,Yes,\na,b@x.example,x,Yes,\n"), vec![("one row", (3, 1))]),
            (with("a,a@x.example,undefined,Yes,\n"), vec![("values", (2, 15))]),
            (with("a,a@x.example,[object Object],Yes,\n"), vec![("values", (2, 15))]),
            (with("a,a@x.example,x\0,Yes,\n"), vec![("values", (2, 15))]),
            (with(&format!("a,a@x.example,{},Yes,\n", "é".repeat(101))), vec![("values", (2, 15))]),
            (with(&format!("a,a@x.example,{},Yes,\n", "é".repeat(100))), vec![]),
            (format!("C_Gigya_UID1,C_EmailAddress,C_Notes1\na,a@x.example,{}\n", "é".repeat(101)), vec![]),
            (with("a,a@x.example,#NAME?,Yes,\n"), vec![("spreadsheet", (2, 15))]),
            (with("a,a@x.example,\"=\"\"01234\"\"\",Yes,\n"), vec![("spreadsheet", (2, 15))]),
            (with("a,a@x.example,=,Yes,\n"), vec![]),
            (with("1.23E15,a@x.example,x,Yes,\n"), vec![("spreadsheet", (2, 1))]),
            (with("1E5,a@x.example,x,Yes,\n"), vec![]),
            (with("a,a@x.example,Ren\u{fffd}e,Yes,\n"), vec![("letters", (2, 15))]),
            (with("a,a@x.example,FranÃ§ois,Yes,\n"), vec![("letters", (2, 15))]),
            (with("a,a@x.example,ÂNGELA Ãngela Îles âge Ñandú,Yes,\n"), vec![]),
            ("C_Gigya_UID1,C_LastName\na,x\n".to_owned(), vec![("addresses", (1, 1))]),
            (with("a,a@x.example,x,Yes,\nb,b@x"), vec![("whole", (3, 5))]),
            (with("a,a@x.example,x,Yes,\nb,b@x.example,\"x\n"), vec![("whole", (3, 15))]),
            (String::new(), vec![("whole", (1, 1))]),
            (with("a,a@x.example,x,Yes\nb,b@x.example,x,Yes,\n"), vec![("cells", (2, 1))]),
            (with("a,a@x.example,x \"y\",Yes,\nb,b@x.example,x,Yes,\n"), vec![("quotes", (2, 17))]),
            (with("a,a@x.example,\"x\"y,Yes,\nb,b@x.example,x,Yes,\n"), vec![("quotes", (2, 18))]),
            (with(",a@x.example,x,Yes,\n"), vec![("key", (2, 1))]),
            (with("1.23E+15,a@x.example,x,Yes,\n"), vec![("spreadsheet", (2, 1))]),
            (with("a,a@x,x,Yes,\n"), vec![("addresses", (2, 3))]),
            (with("a,a@x.example,x,Yes,\nb,A@x.example,x,Yes,\n"), vec![("one address", (3, 3))]),
            (with("a,a@x.example,x,Yes,\na,b@x.example,x,Yes,\n"), vec![("one row", (3, 1))]),
            (with("a,a@x.example,x,true,\n"), vec![("subscriptions", (2, 17))]),
            (with("a,a@x.example,x,Yes,2026-01-05T08:00:00.123Z\n"), vec![("dates", (2, 21))]),
            (with("a,a@x.example,x,Yes,2026-02-30\n"), vec![("dates", (2, 21))]),
            (with("a,a@x.example,\"é\"é,Yes,\nb,b@x.example,x,Yes,\n"), vec![("quotes", (2, 18))]),
            (with("a,a@x.example,RenÃ©e,Yes,\n"), vec![("letters", (2, 15))]),
            ("C_EmailAddress,C_LastName\na@x.example,x\n".to_owned(), vec![("key", (1, 1))]),
            ("C_Gigya_UID1\tC_EmailAddress\na\ta@x.example\n".to_owned(), vec![("separator", (1, 1))]),
            ("C_Gigya_UID1,C_EmailAddress,Last Name\na,a@x.example,x\n".to_owned(), vec![("names", (1, 29))]),
            (
                "C_Gigya_UID1,C_EmailAddress,C_City,C_City\na,a@x.example,x,y\n".to_owned(),
                vec![("names", (1, 36))],
            ),
        ] {
            assert_eq!(broken(&text), expected, "{text}");
        }
    }

    /// What no cell could break is not kept.
    #[test]
    fn rules_without_anything_to_look_at_say_so() {
        let silent = |text: &str, change: fn(&mut Columns)| {
            let mut columns = columns();
            change(&mut columns);
            let sheet = Sheet::read(text, None, None);
            let told =
                RULES.iter().filter_map(|rule| Some((rule.name, nothing_to_see(rule, &sheet, &columns)?)));
            told.collect::<Vec<_>>()
        };
        let head = "C_Gigya_UID1,C_EmailAddress,C_Newsletter_Opt_In1,C_DateModified\n";
        let no_rows = silent(head, |_| {});
        let judged = RULES.iter().filter(|rule| !no_rows.iter().any(|(name, _)| *name == rule.name));
        assert_eq!(judged.map(|rule| rule.name).collect::<Vec<_>>(), ["whole", "names"]);
        assert!(no_rows.iter().all(|(_, why)| why == "the file has no rows"), "{no_rows:?}");
        assert!(silent("", |_| {}).contains(&("names", "the file has no headings".to_owned())));
        let row = format!("{head}a,a@x.example,Yes,2026-01-05\n");
        assert_eq!(silent(&row, |_| {}), []);
        let no_column = |rules: &[&'static str], name: &str| {
            let told = rules.iter().map(|rule| (*rule, format!("the file has no column {name}")));
            told.collect::<Vec<_>>()
        };
        let other_key = silent(&row, |columns| columns.key = "C_UID".to_owned());
        assert_eq!(other_key, no_column(&["key", "one row", "one address"], "C_UID"));
        let other_address = silent(&row, |columns| columns.address = "C_Mail".to_owned());
        assert_eq!(other_address, no_column(&["addresses", "one address"], "C_Mail"));
    }

    #[test]
    fn bytes_of_another_charset_are_told_by_their_line() {
        let bytes = b"C_Gigya_UID1,C_LastName\na,Ren\xe9e\n";
        let source = Source::new("a.csv", String::from_utf8_lossy(bytes).into_owned());
        let sheet = Sheet::read(&source.text, None, Some(29));
        let broken = RULES.iter().filter_map(|rule| {
            let outcome = outcome(rule, &source, (rule.check)(&sheet, &columns()));
            let Verdict::Failed(failure) = outcome.verdict else { return None };
            Some((rule.name, failure.line, failure.column))
        });
        assert_eq!(broken.collect::<Vec<_>>(), [("charset", 2, 6), ("addresses", 1, 1)]);
    }

    #[test]
    fn files_on_the_command_line_are_a_partners_file() {
        let text = partner_text(&["a \"b\".csv".to_owned()]);
        assert_eq!(text, "verify: csv\nname: \"a \\\"b\\\".csv\"\nfiles: [\"a \\\"b\\\".csv\"]\n");
    }

    #[test]
    fn every_rule_is_of_a_clause_of_the_role() {
        for rule in RULES {
            assert!(ROLE.clauses.contains(&rule.clause), "{}", rule.name);
        }
        for clause in ROLE.clauses {
            assert!(RULES.iter().any(|rule| rule.clause == *clause), "{clause}");
        }
    }
}
