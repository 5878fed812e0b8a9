//! What a client and an administrator of Eloqua do, and what is expected of the contacts.

use crate::compare::plain;
use crate::partner::{Part, heard};
use crate::run::Run;
use crate::step::{Arg, Args, CONTROL, Miss, Step, Takes, Unmet, hold_text, needed, optional, unmet};
use crate::surface::locked;
use serde_json::{Value, json};

/// Any call.
pub const ELOQUA_CALL: Step = Step {
    name: "eloqua_call",
    summary: "calls an API of Eloqua with the site's user and holds its answer against what is expected",
    args: &[
        needed("call", "method and path, such as GET /api/bulk/2.0/contacts/fields"),
        optional("body", "what is sent, as JSON"),
        optional("expect_status", "the HTTP status expected; 200, 201 or 204 if it is not given")
            .takes(Takes::Number),
        optional("expect", "members of the answer"),
        optional(
            "save",
            "members of the answer to keep for later steps: { uid: UID } is written ${uid} there",
        ),
    ],
    alone: None,
    open: false,
    example: "eloqua_call: { call: GET /api/REST/1.0/data/contact/1, expect_status: 404 }",
    run: |run, args| {
        let call = args.need_text("call")?;
        let (status, answer) = called(run, call, args.json("body")?)?;
        match args.number("expect_status")? {
            Some(wanted) => {
                run.hold(
                    args.need("expect_status")?,
                    &json!(wanted),
                    &json!(status),
                    &format!("the status of {call} ({answer})"),
                )?;
            }
            None if (200..300).contains(&status) => {}
            None => return Err(unmet(format!("{call} answers {status}: {answer}"))),
        }
        if let Some(expected) = args.json("expect")? {
            run.hold(args.need("expect")?, &expected, &answer, &format!("the answer of {call}"))?;
        }
        run.save(args.get("save"), &answer)?;
        Ok(format!("{call} answers {status}"))
    },
};

/// A contact field.
pub const ELOQUA_ADD_FIELD: Step = Step {
    name: "eloqua_add_field",
    summary: "adds a contact field as an administrator does and holds the database name it gets on Save",
    args: &[needed("name", "the display name"), optional("database_name", "the database name expected")],
    alone: Some("name"),
    open: false,
    example: "eloqua_add_field: { name: Gigya UID, database_name: C_Gigya_UID1 }",
    run: |run, args| {
        let name = args.need_text("name")?;
        let body = json!({"name": name, "dataType": "text", "displayType": "text", "updateType": "always"});
        let (status, answer) = called(run, "POST /api/REST/1.0/assets/contact/field", Some(body))?;
        if status != 201 {
            return Err(unmet(format!("the field `{name}` was not made: {status} {answer}")));
        }
        if let Some(expected) = args.json("database_name")? {
            run.hold(args.need("database_name")?, &expected, &answer["internalName"], "the database name")?;
        }
        Ok(format!("{name} is {}", answer["internalName"].as_str().unwrap_or_default()))
    },
};

/// How a job shall end.
const ENDS: Arg =
    optional("expect", "`done` (if it is not given), `failed`, or `any` where it does not matter")
        .takes(Takes::Word(&["done", "failed", "any"]));

/// Eloqua's own import.
pub const ELOQUA_IMPORT: Step = Step {
    name: "eloqua_import",
    summary: "runs one of Eloqua's own import jobs now: it fetches its files from the drop and loads them",
    args: &[needed("job", "the job's name in the world file").takes(Takes::EloquaJob), ENDS],
    alone: Some("job"),
    open: false,
    example: "eloqua_import: contacts",
    run: |run, args| job(run, args, Part::Loader),
};

/// Eloqua's own export.
pub const ELOQUA_EXPORT: Step = Step {
    name: "eloqua_export",
    summary: "runs one of Eloqua's own export jobs now: it writes its file to the drop",
    args: &[needed("job", "the job's name in the world file").takes(Takes::EloquaJob), ENDS],
    alone: Some("job"),
    open: false,
    example: "eloqua_export: changes",
    run: |run, args| job(run, args, Part::Exporter),
};

/// A contact changed in Eloqua.
pub const ELOQUA_SET_CONTACT: Step = Step {
    name: "eloqua_set_contact",
    summary: "changes fields of one contact over the Bulk API, as an integration does; fields by database name",
    args: &[
        needed("where", "the field that identifies the contact, and its value"),
        needed("set", "fields by database name; isSubscribed: true or false opts the address in or out"),
    ],
    alone: None,
    open: false,
    example: "eloqua_set_contact: { where: { C_Gigya_UID1: ann }, set: { C_City: Diest } }",
    run: |run, args| {
        let found = find(run, args.need("where")?.to_json()?.as_object())?;
        let contact = only(run, args, &found)?;
        let id = contact["id"].clone();
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        let set = args.json("set")?.unwrap_or_default();
        let (mut fields, mut row) = (json!({"id": "{{Contact.Id}}"}), json!({"id": id}));
        for (name, value) in set.as_object().into_iter().flatten() {
            let statement = match name.as_str() {
                "isSubscribed" => "{{Contact.Email.IsSubscribed}}".to_owned(),
                name => format!("{{{{Contact.Field({name})}}}}"),
            };
            fields[name] = Value::from(statement);
            row[name] = value.clone();
        }
        let definition = json!({
            "name": "set contact", "fields": fields, "identifierFieldName": "id",
            "isSyncTriggeredOnImport": false, "updateRule": "always",
        });
        let status = bulk(run, &definition, json!([row]))?;
        if status != "success" {
            return Err(unmet(format!("the change of contact {id} ended in `{status}`")));
        }
        Ok(format!("contact {id} changed"))
    },
};

/// All contacts.
pub const EXPECT_CONTACTS: Step = Step {
    name: "expect_contacts",
    summary: "holds all contacts, oldest first, against what is expected: their number, and the fields named",
    args: &[needed("contacts", "the contacts; null means an empty field").of_absence()],
    alone: Some("contacts"),
    open: false,
    example: "expect_contacts: [{ C_Gigya_UID1: ann, C_EmailAddress: ann@new.example }]",
    run: |run, args| {
        let contacts = locked(&run.world.parts().eloqua).contacts();
        let expected = args.json("contacts")?.unwrap_or_default();
        let found = contacts.len();
        let shown: Vec<Value> = contacts.iter().map(filled).collect();
        run.hold(args.need("contacts")?, &expected, &Value::Array(shown), "the contacts")?;
        Ok(format!("{found} contacts"))
    },
};

/// One contact.
pub const EXPECT_CONTACT: Step = Step {
    name: "expect_contact",
    summary: "holds one contact against what is expected; with `whole`, no other field may have a value",
    args: &[
        needed("where", "the field that identifies the contact, and its value"),
        optional("has", "fields by database name; null means empty"),
        optional("whole", "true: fields that are not named must be empty, system fields apart")
            .takes(Takes::Flag)
            .of_absence(),
        optional("absent", "true: there must be no such contact").takes(Takes::Flag).of_absence(),
        optional("contains", "text that must stand in some field of it").takes(Takes::Text),
        CONTROL,
    ],
    alone: None,
    open: false,
    example: "expect_contact: { where: { C_Gigya_UID1: ann }, has: { C_City: Diest } }",
    run: |run, args| {
        let found = find(run, args.need("where")?.to_json()?.as_object())?;
        if args.flag("absent")?.unwrap_or(false) {
            return if found.is_empty() {
                Ok("no such contact".to_owned())
            } else {
                Err(unmet("there is such a contact"))
            };
        }
        let contact = only(run, args, &found)?;
        hold_text(args, contact, "the contact")?;
        let expected = args.json("has")?.unwrap_or(json!({}));
        run.hold(args.get("has").unwrap_or(args.node()), &expected, &filled(contact), "the contact")?;
        if args.flag("whole")?.unwrap_or(false) {
            let named = |name: &String| expected.get(name).is_some() || SYSTEM.contains(&name.as_str());
            let shown = filled(contact);
            let extra = shown.as_object().into_iter().flatten().find(|(name, _)| !named(name));
            if let Some((name, value)) = extra {
                return Err(unmet(format!("the contact also has {name} = {value}")));
            }
        }
        Ok("the contact".to_owned())
    },
};

/// A job's last run.
pub const EXPECT_RUN: Step = Step {
    name: "expect_run",
    summary: "holds the last run of one of Eloqua's own jobs, as its history tells it, against what is expected",
    args: &[
        needed("job", "the job's name").takes(Takes::EloquaJob),
        needed("has", "members of the history entry"),
    ],
    alone: None,
    open: false,
    example: "expect_run: { job: contacts, has: { in: 2, created: 1, rejected: 1 } }",
    run: |run, args| {
        let job = args.need_text("job")?;
        let runs = locked(&run.world.parts().eloqua).runs();
        let last = runs.into_iter().rev().find(|entry| entry["job"] == job).unwrap_or(Value::Null);
        let expected = args.json("has")?.unwrap_or_default();
        run.hold(args.need("has")?, &expected, &last, &format!("the last run of `{job}`"))?;
        Ok(format!("{job}: {}", last["status"].as_str().unwrap_or("never ran")))
    },
};

/// What a job told people.
pub const EXPECT_NOTICE: Step = Step {
    name: "expect_eloqua_notice",
    summary: "holds the last mail that one of Eloqua's own jobs sent when it ended against what is expected",
    args: &[
        needed("job", "the job's name").takes(Takes::EloquaJob),
        needed("has", "members of the mail: to, subject, at, run"),
    ],
    alone: None,
    open: false,
    example: "expect_eloqua_notice: { job: contacts, has: { to: crm@brand.example } }",
    run: |run, args| {
        let job = args.need_text("job")?;
        let sent = locked(&run.world.parts().eloqua).outbox();
        let last = sent.into_iter().rfind(|mail| mail["run"]["job"] == job).unwrap_or(Value::Null);
        let expected = args.json("has")?.unwrap_or_default();
        run.hold(args.need("has")?, &expected, &last, &format!("the last mail of `{job}`"))?;
        Ok(format!("{job} told {}", last["to"].as_str().unwrap_or("nobody")))
    },
};

/// What Eloqua keeps of every contact by itself.
const SYSTEM: &[&str] = &[
    "id",
    "isSubscribed",
    "isBounced",
    "ContactIDExt",
    "C_DateCreated",
    "C_DateModified",
    "C_EmailAddressDomain",
    "C_FirstAndLastName",
    "C_ElqPURLName",
    "C_elqPURLName1",
];

/// A contact without its empty fields and hashes.
fn filled(contact: &Value) -> Value {
    let members = contact.as_object().cloned().unwrap_or_default();
    let kept = members
        .into_iter()
        .filter(|(name, value)| *value != json!("") && !name.contains("SHA256") && !name.contains("MD5"));
    Value::Object(kept.collect())
}

fn find(run: &Run<'_>, wanted: Option<&serde_json::Map<String, Value>>) -> Result<Vec<Value>, Miss> {
    let Some(wanted) = wanted else { return Err(unmet("`where` wants a mapping: { C_Gigya_UID1: ann }")) };
    let contacts = locked(&run.world.parts().eloqua).contacts();
    let fits = |contact: &Value| crate::compare::compare(&Value::Object(wanted.clone()), contact).is_ok();
    Ok(contacts.into_iter().filter(fits).collect())
}

/// How many contacts are told where another was looked for.
const TOLD: usize = 10;

/// The one contact that was found; of several or none it is told which there are.
fn only<'f>(run: &Run<'_>, args: &Args<'_>, found: &'f [Value]) -> Result<&'f Value, Miss> {
    if let [contact] = found {
        return Ok(contact);
    }
    let wanted = args.need("where")?;
    let all = locked(&run.world.parts().eloqua).contacts();
    let names: Vec<String> = wanted.map()?.iter().map(|(key, _)| key.name.clone()).collect();
    let shown = |contact: &Value| {
        let named = names.iter().map(|name| format!("{name}: {}", plain(&contact[name.as_str()])));
        format!("{{ {} }}", named.collect::<Vec<_>>().join(", "))
    };
    let mut told: Vec<String> = all.iter().take(TOLD).map(shown).collect();
    if all.len() > TOLD {
        told.push(format!("and {} more", all.len() - TOLD));
    }
    let pairs = wanted.to_json()?;
    let values: Vec<String> =
        pairs.as_object().into_iter().flatten().map(|(_, value)| plain(value)).collect();
    let there = if all.is_empty() { "Eloqua has no contacts".to_owned() } else { told.join(", ") };
    Err(Miss::Unmet(Unmet {
        message: match found.len() {
            0 => format!("there is no contact with {pairs}"),
            many => format!("{many} contacts fit, not one: {pairs}"),
        },
        expected: Some(values.join(", ")),
        actual: Some(there),
        span: Some(wanted.span),
        ..Unmet::default()
    }))
}

/// One of Eloqua's own jobs, or the work of a partner who does it in Eloqua's place.
fn job(run: &mut Run<'_>, args: &Args<'_>, part: Part) -> Result<String, Miss> {
    match run.partner.as_ref().is_some_and(|partner| partner.part == part) {
        true => partners_job(run, args),
        false => own_job(run, args),
    }
}

fn partners_job(run: &mut Run<'_>, args: &Args<'_>) -> Result<String, Miss> {
    let node = args.need("job")?;
    let (name, world) = (node.text()?, run.world);
    let files = locked(&world.parts().eloqua).job_files(world.now(), name);
    let (folder, file) =
        files.ok_or_else(|| run.mistake(node, &format!("no import or export is called `{name}`")))?;
    let order = [("STANDIN_JOB", name.to_owned()), ("STANDIN_FOLDER", folder), ("STANDIN_FILE", file)];
    let Some(partner) = &mut run.partner else { return Err(Miss::Broken("nobody takes part".to_owned())) };
    let before = heard(world);
    let ended = partner.session.work(world, &order).map_err(Miss::NotStarted)?;
    partner.spoke |= heard(world) != before;
    let spoke = partner.spoke;
    world.advance(std::time::Duration::ZERO);
    // One that ends before it speaks says no more about a clause than a service that ends before it listens.
    let started = ended.code == 0 || spoke;
    let before = if started { "" } else { ", before it spoke to anybody" };
    let told = match ended.told.trim() {
        "" => String::new(),
        told => format!(": {told}"),
    };
    let told = format!("the command for `{name}` ended with exit code {}{before}{told}", ended.code);
    if !started {
        return Err(Miss::NotStarted(told));
    }
    kept(args, ended.code != 0, told)
}

/// Whether a job ended as it shall.
fn kept(args: &Args<'_>, failed: bool, told: String) -> Result<String, Miss> {
    match (args.text("expect")?, failed) {
        (Some("any"), _) | (Some("failed"), true) | (None | Some("done"), false) => Ok(told),
        _ => Err(unmet(told)),
    }
}

fn own_job(run: &mut Run<'_>, args: &Args<'_>) -> Result<String, Miss> {
    let node = args.need("job")?;
    let name = node.text()?;
    let now = run.world.now();
    let begun = locked(&run.world.parts().eloqua).run_now(now, name);
    let job = begun.map_err(|why| run.mistake(node, &why))?;
    run.world.wait(run.world.parts().run_eloqua(job));
    run.world.advance(std::time::Duration::ZERO);
    let runs = locked(&run.world.parts().eloqua).runs();
    let last = runs.into_iter().rev().find(|entry| entry["job"] == name).unwrap_or(Value::Null);
    let failed = last["status"] == "failed";
    let told = match (failed, args.text("expect")?) {
        (true, Some("failed" | "any")) | (false, None | Some("done" | "any")) => {
            format!("{name}: {}", summary(&last))
        }
        (true, _) => format!("the job `{name}` failed: {}", last["failure"]),
        (false, _) => format!("the job `{name}` did not fail: {}", summary(&last)),
    };
    kept(args, failed, told)
}

fn summary(entry: &Value) -> String {
    let count = |name: &str| entry[name].as_u64().unwrap_or_default();
    format!(
        "{} read, {} created, {} updated, {} rejected",
        count("in"),
        count("created"),
        count("updated"),
        count("rejected")
    )
}

fn called(run: &Run<'_>, call: &str, body: Option<Value>) -> Result<(u64, Value), Miss> {
    let answer = run.eloqua(call, body)?;
    Ok((answer.status, if answer.json.is_null() { Value::from(answer.text) } else { answer.json }))
}

/// One Bulk import from definition to the end of its sync; returns the sync's final status.
fn bulk(run: &mut Run<'_>, definition: &Value, rows: Value) -> Result<String, Miss> {
    let (status, made) = called(run, "POST /api/bulk/2.0/contacts/imports", Some(definition.clone()))?;
    let Some(uri) = made["uri"].as_str().map(str::to_owned) else {
        return Err(unmet(format!("the import was refused: {status} {made}")));
    };
    let (status, answer) = called(run, &format!("POST /api/bulk/2.0{uri}/data"), Some(rows))?;
    if status != 204 {
        return Err(unmet(format!("the rows were refused: {status} {answer}")));
    }
    let (_, sync) = called(run, "POST /api/bulk/2.0/syncs", Some(json!({"syncedInstanceUri": uri})))?;
    let sync_uri = sync["uri"].as_str().unwrap_or_default().to_owned();
    for _ in 0..100 {
        let (_, sync) = called(run, &format!("GET /api/bulk/2.0{sync_uri}"), None)?;
        match sync["status"].as_str() {
            Some("pending" | "active") => run.world.advance(std::time::Duration::from_secs(1)),
            Some(status) => return Ok(status.to_owned()),
            None => return Err(unmet(format!("the sync has no status: {sync}"))),
        }
    }
    Err(unmet("the sync does not end"))
}
