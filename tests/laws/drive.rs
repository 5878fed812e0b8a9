//! How the laws drive a world: steps of the scenario language with arguments made on the spot, one second of
//! virtual time before each, as in a scenario.

use serde_json::{Map, Value, json};
use standin::{Transport, World, WorldSpec};
use standin_scenario::{Key, Kind, Node, Span};
use standin_stage::run::Run;
use standin_stage::runner::{Extras, PACE, load_world};
use standin_stage::step::{Args, Miss};
use standin_stage::steps::step_of;
use std::sync::OnceLock;

/// The password of every person.
const PASSWORD: &str = "correct horse";

/// The campaign that the laws take part in unless they make others.
pub(crate) const CAMPAIGN: &str = "Spring quiz";

/// What the CRM's world file and the quiz's say, as one: accounts, forms, contacts and jobs.
pub(crate) fn spec(people: &[&str]) -> WorldSpec {
    static BASE: OnceLock<WorldSpec> = OnceLock::new();
    let base = BASE.get_or_init(|| {
        let load = |name: &str| {
            let path = crate::top().join("fixtures/worlds").join(name);
            load_world(&path, &Extras::default(), false).unwrap_or_else(|bad| panic!("{bad}"))
        };
        let mut spec = load("crm.yaml");
        spec.sections.extend(load("quiz.yaml").sections);
        spec
    });
    let mut spec = base.clone();
    let account = |uid: &&str| {
        json!({
            "UID": uid, "password": PASSWORD, "isRegistered": true, "isVerified": true,
            "profile": { "email": address(uid, 0), "firstName": uid },
        })
    };
    let accounts: Vec<Value> = people.iter().map(account).collect();
    spec.sections.insert("gigya".to_owned(), json!({ "accounts": accounts }));
    spec
}

/// One of a person's own addresses; the first is the one that the person begins with.
pub(crate) fn address(uid: &str, number: usize) -> String {
    match number {
        0 => format!("{uid}@brand.example"),
        number => format!("{uid}.{number}@Brand.example"),
    }
}

/// A world on the memory transport.
pub(crate) fn open(spec: &WorldSpec) -> World {
    World::open(spec, Transport::Memory).unwrap()
}

/// A step that must hold.
pub(crate) fn act(world: &World, step: &str, args: &Value) {
    attempt(world, step, args).unwrap_or_else(|why| panic!("{step} {args}: {why}"));
}

/// A step that may go wrong; a harness that cannot do its work may not.
pub(crate) fn attempt(world: &World, step: &str, args: &Value) -> Result<(), String> {
    go(&mut start(world), step, args)
}

/// The beginning of several steps that share browsers.
pub(crate) fn start(world: &World) -> Run<'_> {
    Run::new(world, crate::top().join("scenarios/none.yaml"))
}

/// One step of several.
pub(crate) fn go(run: &mut Run<'_>, step: &str, args: &Value) -> Result<(), String> {
    run.world.advance(PACE);
    let known = step_of(step).unwrap();
    let node = node(args);
    let result = Args::new(known, &node).map_err(Miss::from).and_then(|args| (known.run)(run, &args));
    match result {
        Ok(_) => Ok(()),
        Err(Miss::Unmet(unmet)) => Err(format!("{} {:?}", unmet.message, unmet.actual)),
        Err(Miss::Written(diagnostic)) => panic!("{step} {args}: {}", diagnostic.message),
        Err(Miss::Strange(why) | Miss::NotStarted(why) | Miss::Broken(why)) => panic!("{step} {args}: {why}"),
    }
}

/// Runs a dataflow once and gives its job, whatever became of it.
pub(crate) fn job(world: &World, name: &str, full: bool) -> Result<Value, String> {
    let mut run = start(world);
    let result = go(&mut run, "run_dataflow", &json!({ "name": name, "full": full }));
    if run.job.is_null() { Err(result.err().unwrap_or_default()) } else { Ok(run.job) }
}

/// Runs a dataflow that must succeed.
pub(crate) fn sync(world: &World, name: &str, full: bool) -> Value {
    let job = job(world, name, full).unwrap();
    assert_eq!(job["status"], "succeeded", "{name}: {job}");
    job
}

/// Lets Eloqua import what is new at the drop and gives the run's record.
pub(crate) fn import(world: &World) -> Value {
    act(world, "eloqua_import", &json!("contacts"));
    last_run(world)
}

/// All accounts to Eloqua, and into its contacts.
pub(crate) fn outbound(world: &World) -> Value {
    sync(world, "full", true);
    import(world)
}

/// All contacts to the drop, and from there to the accounts.
pub(crate) fn inbound(world: &World) -> Value {
    act(world, "eloqua_export", &json!("changes"));
    sync(world, "inbound", true)
}

/// The last run of any of Eloqua's own jobs.
pub(crate) fn last_run(world: &World) -> Value {
    world.parts().eloqua.lock().unwrap().runs().pop().unwrap_or_default()
}

/// Writes members of an account by API.
pub(crate) fn edit(world: &World, uid: &str, members: &Value) -> Result<(), String> {
    let mut args = json!({ "UID": uid });
    args.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    attempt(world, "gigya_set_account", &args)
}

/// The way to a form: a browser of its own, logged in with the person's present address.
pub(crate) fn to_the_form<'w>(world: &'w World, campaign: &str, uid: &str) -> Run<'w> {
    let mut run = start(world);
    go(&mut run, "visit", &json!(campaign)).unwrap();
    let login = json!({ "loginID": email(world, uid), "password": PASSWORD });
    go(&mut run, "log_in", &login).unwrap();
    run
}

/// Fills in the form and says whether it was accepted.
pub(crate) fn submit(run: &mut Run<'_>, form: &Value) -> bool {
    go(run, "submit_form", form).unwrap();
    let page = |step: &str| json!({ "step": step });
    let accepted = go(run, "expect_page", &page("exit")).is_ok();
    // Between those two there is nothing: a form that is not accepted is shown again.
    assert!(accepted || go(run, "expect_page", &page("identityset")).is_ok());
    accepted
}

/// A person's address as the account has it.
pub(crate) fn email(world: &World, uid: &str) -> String {
    let account = world.account(uid).unwrap_or_else(|| panic!("no account {uid}"));
    account["profile"]["email"].as_str().unwrap_or_default().to_owned()
}

/// What of every account a sync may change, without the times at which it did.
pub(crate) fn accounts(world: &World) -> Vec<Value> {
    let accounts = world.parts().gigya.lock().unwrap().accounts();
    let kept = ["UID", "profile", "data", "loginIDs", "emails", "isRegistered", "isActive", "subscriptions"];
    accounts.iter().map(|account| members(account, |name| kept.contains(&name))).collect()
}

/// Every contact, without times: a retry takes place later than what it repeats.
pub(crate) fn contacts(world: &World) -> Vec<Value> {
    let times = ["C_DateCreated", "C_DateModified", "C_Gigya_Last_Updated1"];
    world.contacts().iter().map(|contact| members(contact, |name| !times.contains(&name))).collect()
}

fn members(value: &Value, kept: impl Fn(&str) -> bool) -> Value {
    let all = value.as_object().cloned().unwrap_or_default();
    Value::Object(all.into_iter().filter(|(name, _)| kept(name)).collect::<Map<_, _>>())
}

/// Holds that no row of an import disappears.
pub(crate) fn rows_add_up(run: &Value) {
    let count = |name: &str| run[name].as_u64().unwrap_or_else(|| panic!("no {name} in {run}"));
    let told = count("created") + count("updated") + count("unchanged") + count("rejected");
    assert_eq!(count("in"), told, "{run}");
}

/// Holds that no record disappears at any step, and that nothing is under way once a job went through.
pub(crate) fn counters_add_up(job: &Value) {
    assert!(matches!(job["status"].as_str(), Some("succeeded" | "failed")), "the job has not ended: {job}");
    let steps = job["metrics"].as_array().map(Vec::as_slice).unwrap_or_default();
    assert!(!steps.is_empty() || job["status"] == "failed", "no counters: {job}");
    for step in steps {
        let count = |name: &str| step[name].as_u64().unwrap_or_else(|| panic!("no {name} in {step}"));
        let came = count("input") + count("made");
        let settled = count("output") + count("errors") + count("filtered");
        assert_eq!(came, settled + count("unfinished"), "{step}");
        assert!(count("unfinished") == 0 || job["status"] == "failed", "{step}");
    }
}

/// Data as the arguments of a step: text stays text, whatever it looks like.
fn node(value: &Value) -> Node {
    let span = Span::default();
    let kind = match value {
        Value::Null => Kind::Null,
        Value::Bool(flag) => Kind::Bool(*flag),
        Value::Number(number) => Kind::Number(number.as_i64().unwrap()),
        Value::String(text) => Kind::Text(text.clone()),
        Value::Array(items) => Kind::List(items.iter().map(node).collect()),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| (Key { name: name.clone(), span }, node(value));
            Kind::Map(members.iter().map(member).collect())
        }
    };
    Node { kind, span }
}
