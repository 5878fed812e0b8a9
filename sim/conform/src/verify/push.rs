//! The role `push`: a service that takes Qualifio's participations and writes them to Gigya.

use crate::verify::cases::{Words, base, cases, cases_of};
use crate::verify::judgement::not_exercised;
use crate::verify::programs::command;
use crate::verify::role::{Programme, Role, Takes, Verification, Work, bearing, needed, optional};
use serde_json::{Value, json};
use standin_scenario::Node;
use standin_stage::WorldSpec;
use standin_stage::partner::Part;
use standin_stage::runner::{BadInput, Extras};

/// The role.
pub const ROLE: Role = Role {
    name: "push",
    summary: "a service that takes Qualifio's participations by webhook and writes them to Gigya",
    clauses: &[
        "QG-DAT-2",
        "QG-MAP-1",
        "QG-MAP-2",
        "QG-MAP-3",
        "QG-MAP-4",
        "QG-MAP-5",
        "QG-MAP-6",
        "QG-MAP-7",
        "QG-MAP-8",
        "QG-MAP-9a",
        "QG-MAP-9b",
        "QG-MAP-9c",
        "QG-MAP-10",
        "QG-MAP-11",
        "QG-MAP-12",
        "QG-MAP-13",
        "QG-MAP-14",
        "QW-SIG-1",
    ],
    members: &[
        needed("command", "what starts the service, as a list: [python3, receiver.py]").takes(Takes::Texts),
        optional("path", "where it takes participations, / if it is not given"),
        optional("phone", "overwrite (if it is not given) or append: what becomes of other phone numbers")
            .takes(Takes::Word(&["overwrite", "append"])),
        optional(
            "within",
            "how many seconds may pass until a participation is in Gigya, 5 if it is not given",
        )
        .takes(Takes::Number),
    ],
    template: include_str!("cases/push/new.yaml"),
    cases: cases!("push":
        "signed", "at-once", "again", "user-name", "first-name", "last-name", "e-mail", "unknown", "address", "zip", "city", "country",
        "phone-overwrite", "phone-overwrite-list", "phone-append", "phone-append-object", "birthday", "gender",
        "languages", "uid", "nothing-else", "forged", "cut-signature",
    ),
    bearing: &[
        bearing("signed", ""),
        bearing("at-once", ""),
        bearing("again", ""),
        bearing("phone-overwrite", "phone-overwrite-"),
        bearing("phone-append", "phone-append-"),
    ],
    apart: &["unknown", "nothing-else", "cut-signature"],
    work,
};

/// What signs deliveries to a partner.
const SECRET: &str = "whsec-partner-0001";
/// How long a service may take, in seconds.
const WITHIN: u64 = 5;
/// The settings of the phone row, and the clause that only the other one exercises.
const PHONE: [(&str, &str); 2] = [("overwrite", "QG-MAP-9b"), ("append", "QG-MAP-9a")];

fn work(verification: &Verification<'_>) -> Result<Vec<Work>, BadInput> {
    let file = verification.partner;
    let path = file.text("path")?.unwrap_or_default();
    if path.contains("://") || path.contains(char::is_whitespace) {
        let message = format!("`{path}` is no path: it begins with / and follows the host and PORT");
        return Err(file.mistake("path", message));
    }
    let path = format!("/{}", path.trim_start_matches('/'));
    let phone = file.text("phone")?.unwrap_or("overwrite");
    let Some((_, other)) = PHONE.iter().find(|(word, _)| *word == phone) else {
        return Err(file.mistake("phone", format!("`{phone}` is neither overwrite nor append")));
    };
    let within = file.shown(file.root.get("within").map(Node::number).transpose())?;
    let command = command(file)?;
    let words: Words = vec![("path", path.clone()), ("secret", SECRET.to_owned())];
    let name = "verify/push/world.yaml";
    let under = base(name, include_str!("cases/push/world.yaml"), &words, &Extras::default())?;
    let extras = Extras { under: Some(under.clone()), ..verification.extras.clone() };
    let over = file.world(&extras, verification.colour)?;
    let wanted =
        |name: &str| PHONE.iter().all(|(word, _)| *word == phone || !name.contains(&format!("phone-{word}")));
    let mut work = cases_of(verification, under, over, &words, None, &wanted)?;
    let patience = within.unwrap_or(WITHIN).min(3_600);
    for one in &mut work {
        let Work::Case(ready) = one else { continue };
        // Cases are tried side by side, each with a service of its own.
        let port = (verification.port)().map_err(BadInput)?;
        let mut programme = Programme::of(command.clone(), file.folder()).listening(port);
        programme.patience = patience;
        programme.variables.push(("WEBHOOK_SECRET", SECRET.to_owned()));
        programme.variables.push(("QUALIFIO_CAMPAIGNS", campaigns(&ready.spec).to_string()));
        let section = ready.spec.sections.get_mut("qualifio");
        let webhooks = section.and_then(|section| section["webhooks"].as_array_mut());
        for webhook in webhooks.into_iter().flatten() {
            webhook["url"] = json!(format!("http://127.0.0.1:{port}{path}"));
        }
        ready.partner = Some((verification.bring)(Part::Push, programme));
    }
    let why = format!("the file says `phone: {phone}`");
    work.push(Work::Judged(Box::new(not_exercised(ROLE.name, other, &why))));
    Ok(work)
}

/// Which language each campaign is in: a webhook does not tell it, so a service has it from whoever set it up.
fn campaigns(spec: &WorldSpec) -> Value {
    let section = spec.sections.get("qualifio").and_then(|section| section["campaigns"].as_array());
    let told = section.into_iter().flatten().map(|campaign| {
        (campaign["title"].as_str().unwrap_or_default().to_owned(), campaign["language"].clone())
    });
    Value::Object(told.collect())
}
