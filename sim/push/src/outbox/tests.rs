use super::*;
use crate::participation::PhonePolicy;
use crate::payload::Reason;
use crate::scripted::{Answer, Diary, SECRET, Site, UID, access, code, form, naming};
use serde_json::{Value, json};
use standin_clients::Proof;
use standin_ports::{HttpError, Secret};

const START: Instant = Instant::START;

fn run(outbox: &mut Outbox, now: Instant, site: &Arc<Site>) {
    pollster::block_on(outbox.run_due(now, site.clone(), &standin_ports::journal::Silent));
}

/// Lets the clock run until nothing is due: the last state, its attempt and its seconds after the form.
pub(crate) fn until_over(site: &Arc<Site>, participation: Participation) -> (PushState, u32, i64) {
    let mut outbox = Outbox::default();
    outbox.enqueue(START, participation);
    for _ in 0..10 {
        let Some(due) = outbox.next_due() else { break };
        run(&mut outbox, due, site);
    }
    assert_eq!(outbox.next_due(), None);
    let record = outbox.records().pop().unwrap();
    (record.state, record.attempt, record.at.seconds() - START.seconds())
}

fn john() -> Participation {
    form(&[("username", "jdoe123"), ("firstname", "John"), ("gender", "m")])
}

fn dropped(names: &[&'static str]) -> PushState {
    PushState::Partial { dropped: names.to_vec() }
}

#[test]
fn every_class_of_answer() {
    let dead = PushState::Dead;
    let timeout = || Err(HttpError::Timeout { host: "x".to_owned() });
    let status = |status: u16| Ok((status, "<html>".to_owned()));
    let key: Answer =
        Ok((200, r#"{"errorCode":403005,"errorDetails":"The supplied userkey was not found"}"#.to_owned()));
    for (writes, expected) in [
        (vec![], (PushState::Succeeded, 1, 0)),
        (vec![timeout()], (PushState::Succeeded, 2, 30)),
        (vec![status(500), status(503)], (PushState::Succeeded, 3, 150)),
        (vec![status(429), code(403_048), code(500_001)], (PushState::Succeeded, 4, 750)),
        (vec![code(504_001); 4], (PushState::Succeeded, 5, 4350)),
        (vec![timeout(), timeout(), timeout(), timeout(), timeout()], (dead(Death::Exhausted), 5, 4350)),
        (vec![code(400_093)], (dead(Death::Config), 1, 0)),
        (vec![code(403_003)], (dead(Death::Config), 1, 0)),
        (vec![code(403_007)], (dead(Death::Config), 1, 0)),
        (vec![code(400_002)], (dead(Death::Config), 1, 0)),
        (vec![key], (dead(Death::Config), 1, 0)),
        (vec![status(404)], (dead(Death::Config), 1, 0)),
        (vec![timeout(), code(403_007)], (dead(Death::Config), 2, 30)),
        (vec![code(403_005)], (dead(Death::AccountGone), 1, 0)),
        (vec![code(403_047)], (dead(Death::AccountGone), 1, 0)),
        (vec![naming(400_009, &["username"])], (dropped(&["username"]), 1, 0)),
        (vec![naming(400_003, &["profile.username"])], (dropped(&["username"]), 1, 0)),
        (
            vec![naming(400_020, &["profile.gender", "profile.firstName"])],
            (dropped(&["gender", "firstname"]), 1, 0),
        ),
        (vec![naming(400_020, &["profile.gender"]), timeout()], (dropped(&["gender"]), 2, 30)),
        (
            vec![naming(400_020, &["profile.gender"]), naming(400_006, &["profile.firstName"])],
            (dead(Death::Data), 1, 0),
        ),
        (vec![naming(400_020, &["gender", "firstName", "username"])], (dead(Death::Data), 1, 0)),
        (vec![naming(400_020, &["profile.zip"])], (dead(Death::Data), 1, 0)),
        (vec![code(400_006)], (dead(Death::Data), 1, 0)),
    ] {
        let told = format!("{writes:?}");
        let site = Site::failing(json!({}), vec![], writes.clone());
        assert_eq!(until_over(&site, john()), expected, "{told}");
        let reads = Site::failing(json!({}), writes.clone(), vec![]);
        let (state, ..) = until_over(&reads, john());
        let same_when_reading = !told.contains("validationErrors");
        assert!(!same_when_reading || state == expected.0, "{told} when reading: {state}");
    }
}

#[test]
fn a_run_may_move_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    let mut outbox = Outbox::default();
    is_send(&outbox.run_due(START, Site::new(json!({})), &standin_ports::journal::Silent));
}

#[test]
fn an_attempt_reads_right_before_it_writes() {
    let site = Site::new(json!({ "languages": "English", "phones": { "number": "1" } }));
    let form = Participation {
        language: "fr".to_owned(),
        phone_policy: PhonePolicy::Append,
        ..form(&[("phone", "02 1")])
    };
    assert_eq!(until_over(&site, form), (PushState::Succeeded, 1, 0));
    assert_eq!(site.methods(), ["accounts.getAccountInfo", "accounts.setAccountInfo"]);
    assert_eq!(site.param(0, "UID").as_deref(), Some(UID));
    assert_eq!(site.param(0, "extraProfileFields").as_deref(), Some("phones,languages,address,username"));
    assert_eq!(site.param(1, "UID").as_deref(), Some(UID));
    let written = r#"{"phones":[{"number":"1"},{"number":"02 1"}],"languages":"English, French"}"#;
    assert_eq!(site.param(1, "profile").as_deref(), Some(written));
}

#[test]
fn what_was_refused_is_left_out_of_the_second_write() {
    let site = Site::failing(json!({}), vec![], vec![naming(400_009, &["username"])]);
    assert_eq!(until_over(&site, john()), (dropped(&["username"]), 1, 0));
    assert_eq!(site.profile(), json!({ "firstName": "John", "gender": "m" }));
    assert_eq!(site.methods().len(), 3);
}

#[test]
fn nothing_is_called_where_nothing_is_to_be_written() {
    let empty = form(&[("lastname", " "), ("shoe_size", "42")]);
    for (participation, expected) in [
        (empty, Idle::NothingToSend),
        (Participation { preview: true, ..john() }, Idle::Preview),
        (Participation { push_back: PushBack::Off, ..john() }, Idle::PushBackOff),
    ] {
        let site = Site::new(json!({}));
        let (state, ..) = until_over(&site, participation);
        assert_eq!(state, PushState::Skipped(expected));
        assert_eq!(site.methods(), [""; 0]);
    }
}

#[test]
fn nothing_is_written_where_everything_is_there() {
    let site = Site::new(json!({ "languages": "French" }));
    let form = Participation { language: "fr".to_owned(), ..form(&[]) };
    assert_eq!(until_over(&site, form), (PushState::Skipped(Idle::NothingToSend), 1, 0));
    assert_eq!(site.methods(), ["accounts.getAccountInfo"]);
}

#[test]
fn another_account_is_never_written() {
    let other = Ok((200, r#"{"errorCode":0,"UID":"somebody-else","profile":{}}"#.to_owned()));
    let site = Site::failing(json!({}), vec![other], vec![]);
    assert_eq!(until_over(&site, john()), (PushState::Dead(Death::AccountGone), 1, 0));
    assert_eq!(site.methods(), ["accounts.getAccountInfo"]);
}

fn numbered(id: &str, uid: &str, name: &str) -> Participation {
    Participation { id: id.to_owned(), uid: uid.to_owned(), ..form(&[("firstname", name)]) }
}

fn states(outbox: &Outbox) -> Vec<String> {
    let line = |record: &PushRecord| format!("{} {}", record.participation_id, record.state);
    outbox.records().iter().map(line).collect()
}

#[test]
fn a_later_form_waits_for_the_earlier_one_of_the_same_person() {
    let site = Site::failing(json!({}), vec![], vec![code(500_001)]);
    let mut outbox = Outbox::default();
    outbox.enqueue(START, numbered("p1", UID, "Old"));
    outbox.enqueue(START, numbered("p2", UID, "New"));
    outbox.enqueue(START, numbered("p3", "other", "Bob"));
    run(&mut outbox, START, &site);
    assert_eq!(states(&outbox), ["p1 Retrying", "p2 Queued", "p3 Succeeded"]);
    let later = START.plus(DELAYS[0]);
    assert_eq!(outbox.next_due(), Some(later));
    run(&mut outbox, later.minus(Duration::from_millis(1)), &site);
    assert_eq!(states(&outbox), ["p1 Retrying", "p2 Queued", "p3 Succeeded"]);
    run(&mut outbox, later, &site);
    assert_eq!(states(&outbox), ["p1 Succeeded", "p2 Succeeded", "p3 Succeeded"]);
    assert_eq!(site.profile(), json!({ "firstName": "New" }));
    assert_eq!(outbox.next_due(), None);
}

#[test]
fn one_participation_is_one_push() {
    let site = Site::new(json!({}));
    let mut outbox = Outbox::default();
    assert_eq!(outbox.enqueue(START, john()), Enqueued::Queued(1));
    assert_eq!(outbox.enqueue(START, john()), Enqueued::Known(1));
    run(&mut outbox, START, &site);
    assert_eq!(outbox.enqueue(START, john()), Enqueued::Known(1));
    run(&mut outbox, START, &site);
    assert_eq!(site.methods().len(), 2);
    assert_eq!(outbox.records().len(), 1);
}

fn erased(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

#[test]
fn what_waits_of_somebody_who_was_forgotten_is_given_up() {
    let site = Site::failing(json!({}), vec![], vec![code(500_001)]);
    let mut outbox = Outbox::default();
    for (id, uid) in [("p1", UID), ("p2", UID), ("p3", UID), ("p4", "other")] {
        outbox.enqueue(START, numbered(id, uid, "A"));
    }
    run(&mut outbox, START, &site);
    assert_eq!(states(&outbox), ["p1 Retrying", "p2 Queued", "p3 Queued", "p4 Succeeded"]);
    outbox.erase(START, &erased(&["p1", "p3", "p4", "p9"]));
    assert_eq!(states(&outbox), ["p1 Dead(Erased)", "p2 Queued", "p3 Dead(Erased)", "p4 Succeeded"]);
    let owners: Vec<String> = outbox.records().into_iter().map(|record| record.uid).collect();
    assert_eq!(owners, ["", UID, "", ""], "the records forget whose pushes they were");
    let told = outbox.take_news().into_iter().filter(|record| record.participation_id != "p2");
    assert!(told.into_iter().all(|record| record.uid.is_empty()));
    assert_eq!(outbox.next_due(), Some(START), "what came behind goes at once");
    run(&mut outbox, START, &site);
    assert_eq!(states(&outbox)[1], "p2 Succeeded");
    assert_eq!(outbox.next_due(), None);
}

#[test]
fn a_fork_goes_its_own_way() {
    let site = Site::new(json!({}));
    let mut outbox = Outbox::default();
    outbox.enqueue(START, john());
    let mut fork = outbox.clone();
    fork.erase(START, &erased(&["p1"]));
    run(&mut outbox, START, &site);
    assert_eq!(states(&outbox), ["p1 Succeeded"]);
    assert_eq!(states(&fork), ["p1 Dead(Erased)"]);
    assert_eq!(fork.next_due(), None);
}

#[test]
fn what_is_due_goes_with_the_present_credentials() {
    let site = Site::failing(json!({}), vec![], vec![code(500_001)]);
    let mut outbox = Outbox::default();
    outbox.enqueue(START, numbered("p1", UID, "A"));
    outbox.enqueue(START, numbered("p2", UID, "B"));
    outbox.enqueue(START, Participation { site_id: 4, ..numbered("p3", "other", "C") });
    run(&mut outbox, START, &site);
    assert_eq!(states(&outbox), ["p1 Retrying", "p2 Queued", "p3 Succeeded"]);
    let proof = Proof::Secret { user_key: "NEW".to_owned(), secret: Secret::new(SECRET) };
    let present = |site_id| (site_id == 3).then(|| GigyaAccess { proof: proof.clone(), ..access() });
    let later = START.plus(DELAYS[0]);
    outbox.renew_access(later, present);
    run(&mut outbox, later, &site);
    let keys: Vec<_> = (0..site.methods().len()).map(|at| site.param(at, "userKey").unwrap()).collect();
    assert_eq!(keys, ["AU", "AU", "AU", "AU", "NEW", "NEW", "NEW", "NEW"]);
    assert_eq!(states(&outbox), ["p1 Succeeded", "p2 Succeeded", "p3 Succeeded"]);
}

#[test]
fn one_push_too_many_is_given_up_and_says_so() {
    let mut outbox = Outbox::default();
    for number in 0..WAITING_LIMIT {
        outbox.enqueue(START, numbered(&number.to_string(), UID, "A"));
    }
    let settled = Enqueued::Settled(WAITING_LIMIT as u64 + 1);
    assert_eq!(outbox.enqueue(START, numbered("late", "other", "A")), settled);
    assert_eq!(states(&outbox).last().map(String::as_str), Some("late Dead(QueueFull)"));
}

#[test]
fn records_are_kept_up_to_a_bound() {
    let mut outbox = Outbox::default();
    for number in 0..RECORDS_LIMIT + 5 {
        outbox.enqueue(START, Participation { preview: true, ..numbered(&number.to_string(), UID, "A") });
    }
    assert_eq!(outbox.records().len(), RECORDS_LIMIT);
    assert_eq!(outbox.records()[0].participation_id, "5");
    assert_eq!(outbox.take_news().len(), RECORDS_LIMIT);
}

#[test]
fn news_are_the_log_of_all_changes() {
    let site = Site::failing(json!({}), vec![], vec![code(500_001)]);
    let mut outbox = Outbox::default();
    outbox.enqueue(START, john());
    run(&mut outbox, START, &site);
    run(&mut outbox, START.plus(DELAYS[0]), &site);
    let news: Vec<(String, u32, Option<i64>)> = outbox
        .take_news()
        .into_iter()
        .map(|record| (record.state.to_string(), record.attempt, record.gigya_error_code))
        .collect();
    let line = |state: &str, attempt, code| (state.to_owned(), attempt, code);
    assert_eq!(
        news,
        [line("Queued", 0, None), line("Retrying", 1, Some(500_001)), line("Succeeded", 2, Some(0))]
    );
    assert_eq!(outbox.take_news(), []);
}

#[test]
fn the_journal_tells_each_row_once() {
    let site = Site::failing(json!({ "firstName": "Jon", "email": "a@b.be" }), vec![], vec![code(500_001)]);
    let mut outbox = Outbox::default();
    let diary = Diary::default();
    outbox.enqueue(START, form(&[("firstname", "John"), ("phone", "n/a"), ("email", "x@y.be")]));
    for now in [START, START.plus(DELAYS[0])] {
        pollster::block_on(outbox.run_due(now, site.clone(), &diary));
    }
    assert_eq!(
        diary.lines(),
        [
            format!("push: rule 2 firstname to profile.firstName (overwrite): {UID}: [Jon] -> [John]"),
            format!("push: rule 4 email to profile.email (key): {UID}: [] -> [not sent: EmailTamperIgnored]"),
            format!(
                "push: rule 9 phone to profile.phones.number (overwrite): {UID}: [] -> [not sent: InvalidPhone]"
            ),
            format!(
                "push: rule 12 languages to profile.languages (append): {UID}: [] -> [not sent: UnknownLanguage]"
            ),
            "push: push 1 of participation p1: Retrying after attempt 1".to_owned(),
            "push: push 1 of participation p1: Succeeded after attempt 2".to_owned(),
        ]
    );
}

#[test]
fn records_name_and_never_quote() {
    let site = Site::new(json!({ "email": "new@b.be" }));
    let mut outbox = Outbox::default();
    let diary = Diary::default();
    outbox.enqueue(START, form(&[("lastname", "Doe"), ("phone", "n/a"), ("shoe_size", "42")]));
    pollster::block_on(outbox.run_due(START, site.clone(), &diary));
    let record = outbox.records().pop().unwrap();
    assert_eq!(record.sent, ["lastname"]);
    let skipped = [
        ("phone".to_owned(), Reason::InvalidPhone),
        ("languages".to_owned(), Reason::UnknownLanguage),
        ("shoe_size".to_owned(), Reason::NotMapped),
    ];
    assert_eq!(record.skipped, skipped);
    // First sixteen digits of SHA-256 of `a@b.be` and of `new@b.be`.
    assert_eq!(record.warnings, ["EmailChanged{0a86687a141d4e73,f56998882d8bedf5}"]);
    let told = format!("{record:?}{:?}{}", outbox.clone(), record.to_json());
    assert!(!told.contains(SECRET));
    let record_told = format!("{record:?}");
    for value in ["Doe", "n/a", "@b.be", "42,"] {
        assert!(!record_told.contains(value), "{value}");
    }
}

#[test]
fn a_form_is_pushed_once_whatever_the_network_does() {
    let flaky: Vec<Answer> = vec![code(500_001), code(500_001)];
    let clean = Site::new(json!({ "phones": [{ "number": "1" }] }));
    let shaken = Site::failing(json!({ "phones": [{ "number": "1" }] }), flaky.clone(), flaky);
    let form = Participation {
        phone_policy: PhonePolicy::Append,
        language: "nl".to_owned(),
        ..form(&[("phone", "02 1"), ("birthday", "06/05/1959")])
    };
    assert_eq!(until_over(&clean, form.clone()).0, PushState::Succeeded);
    assert_eq!(until_over(&shaken, form).0, PushState::Succeeded);
    assert_eq!(shaken.profile(), clean.profile());
    let expected: Value = json!({
        "phones": [{ "number": "1" }, { "number": "02 1" }], "birthDay": 6, "birthMonth": 5,
        "birthYear": 1959, "languages": "Dutch",
    });
    assert_eq!(clean.profile(), expected);
}
