//! What a case made at somebody else's platform, as far as it is still there, and how it is removed.
//!
//! It is read from the calls that pass, so that no case can forget to tell, and a case that ends early leaves nothing
//! either. Only what bears a name of this run is ever removed.

use serde_json::Value;
use standin_clients::gigya::GigyaError;
use standin_live::reads;
use standin_ports::{HttpError, Request, Response};
use standin_stage::run::{Run, chain};
use standin_stage::step::Miss;
use standin_stage::surface::Platform;
use std::sync::{Mutex, PoisonError};

const BULK: &str = "/api/bulk/2.0";
const CONTACT: &str = "/api/REST/1.0/data/contact";
/// The code of an account that there is not.
const NO_ACCOUNT: i64 = 403_005;
/// The code of an account whose identifier somebody else has.
const CONFLICT: i64 = 403_043;
/// The first three digits of the codes of an account that waits for something.
const PENDING: i64 = 206;
/// Where the codes begin of a platform that did not get through with its work, or not in time.
const TROUBLE: i64 = 500_000;
/// The parameters that say whose account it is about.
const UIDS: [&str; 3] = ["UID", "siteUID", "targetUID"];

/// One record.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Record {
    /// An account of Gigya, by its UID.
    Account(String),
    /// What Eloqua has at a path.
    At(String),
    /// A contact of Eloqua of which only the address is known.
    Contact(String),
    /// What Eloqua lists at a path under a name, if it is there at all.
    Named(String, String),
}

/// Records, in the order in which they were made.
#[derive(Debug)]
pub(super) struct Made {
    platform: Platform,
    /// What the names of this run begin with.
    own: String,
    there: Vec<Record>,
    removed: Vec<Record>,
}

impl Made {
    pub(super) fn new(platform: Platform, own: &str) -> Self {
        Self { platform, own: own.to_owned(), there: Vec::new(), removed: Vec::new() }
    }

    /// Learns from a call that passed.
    pub(super) fn learn(&mut self, request: &Request, answer: &Result<Response, HttpError>) {
        match self.platform {
            Platform::Eloqua => self.learn_eloqua(request, answer),
            _ => self.learn_gigya(request, answer),
        }
    }

    fn add(&mut self, record: Record) {
        if !self.there.contains(&record) {
            self.there.push(record);
        }
    }

    fn remove(&mut self, record: Record) {
        self.there.retain(|other| *other != record);
        self.removed.push(record);
    }

    /// A call without an answer, or with one that is none of Gigya's or tells of trouble, may have done its work all the
    /// same. So has one whose account waits for something: it is there, and the answer is a refusal.
    fn learn_gigya(&mut self, request: &Request, answer: &Result<Response, HttpError>) {
        let body = answer.as_ref().ok().map(|answer| json(answer.body())).unwrap_or_default();
        let code = body["errorCode"].as_i64();
        let params: Vec<_> = form_urlencoded::parse(request.body()).collect();
        let named =
            params.iter().find(|(name, _)| UIDS.contains(&name.as_ref())).map(|(_, uid)| uid.as_ref());
        let named = named.filter(|uid| self.is_own(uid)).map(|uid| Record::Account(uid.to_owned()));
        if request.uri().path() == "/accounts.deleteAccount" {
            named.filter(|_| code == Some(0)).into_iter().for_each(|record| self.remove(record));
            return;
        }
        let there = match code {
            Some(0) => true,
            Some(code) => !reads(request) && (code == CONFLICT || code / 1_000 == PENDING || code >= TROUBLE),
            None => !reads(request),
        };
        if !there {
            return;
        }
        // A platform may give another UID than the one that it was asked for.
        let given = body["UID"].as_str().filter(|uid| {
            let ours = params.iter().any(|(_, value)| self.is_own(value));
            self.is_own(uid) || ours && !reads(request)
        });
        let given = given.map(|uid| Record::Account(uid.to_owned()));
        named.into_iter().chain(given).for_each(|record| self.add(record));
    }

    /// What was not refused may be there, whatever came back: an answer that is lost or late says nothing of the work.
    fn learn_eloqua(&mut self, request: &Request, answer: &Result<Response, HttpError>) {
        let path = request.uri().path();
        let status = answer.as_ref().map_or(0, |answer| answer.status().as_u16());
        let body = answer.as_ref().ok().map(|answer| json(answer.body())).unwrap_or_default();
        let refused = (400..500).contains(&status) && !is_passing(status.into());
        match request.method().as_str() {
            "POST" if path.ends_with("/data") => {
                let rows = json(request.body());
                let cells = rows.as_array().into_iter().flatten().filter_map(Value::as_object);
                let texts = cells.flat_map(|cells| cells.values()).filter_map(Value::as_str);
                let own: Vec<String> =
                    texts.filter(|text| self.is_own(text) && text.contains('@')).map(str::to_owned).collect();
                own.into_iter().for_each(|address| self.add(Record::Contact(address)));
            }
            "POST" if path == CONTACT && !refused => {
                let address = json(request.body())["emailAddress"].as_str().map(str::to_owned);
                let address = address.filter(|address| self.is_own(address));
                match (body["id"].as_str(), address) {
                    (Some(id), _) => self.add(Record::At(format!("{CONTACT}/{id}"))),
                    (None, Some(address)) => self.add(Record::Contact(address)),
                    (None, None) => {}
                }
            }
            "POST" if !refused && path.starts_with(BULK) && !path.ends_with("/syncs") => {
                let uri = body["uri"].as_str().unwrap_or_default();
                let name = json(request.body())["name"].as_str().map(str::to_owned);
                match (uri.find("/contacts/"), name.filter(|name| self.is_own(name))) {
                    (Some(at), _) => self.add(Record::At(format!("{BULK}{}", &uri[at..]))),
                    (None, Some(name)) => self.add(Record::Named(path.to_owned(), name)),
                    (None, None) => {}
                }
            }
            "DELETE" if (200..300).contains(&status) => self.remove(Record::At(path.to_owned())),
            "GET" if status == 200 && self.removed.contains(&Record::At(path.to_owned())) => {
                self.add(Record::At(path.to_owned()));
            }
            _ => {}
        }
    }

    fn is_own(&self, text: &str) -> bool {
        text.starts_with(&self.own)
    }
}

/// Removes what is still there, the newest first, and tells what stays.
pub(super) fn remove_all(made: &Mutex<Made>, run: &Run<'_>) -> Vec<String> {
    // The calls that remove are learnt from, too.
    let (records, own) = {
        let made = made.lock().unwrap_or_else(PoisonError::into_inner);
        (made.there.clone(), made.own.clone())
    };
    records.iter().rev().filter_map(|record| removed(run, record, &own).err()).collect()
}

fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_default()
}

/// Removes a record and looks whether it is gone; if not, what to tell.
fn removed(run: &Run<'_>, record: &Record, own: &str) -> Result<(), String> {
    match record {
        Record::Account(uid) => account_removed(run, uid, own),
        Record::At(path) => thing_removed(run, path, own),
        Record::Contact(address) => contact_removed(run, address, own),
        Record::Named(path, name) => named_removed(run, path, name, own),
    }
}

fn account_removed(run: &Run<'_>, uid: &str, own: &str) -> Result<(), String> {
    let params = [("UID", uid.to_owned())];
    let told = |why: String| format!("account {uid}: {why}");
    if !uid.starts_with(own) {
        let found = match run.gigya("accounts.getAccountInfo", &params, false) {
            Ok(found) => found,
            Err(GigyaError::Api { code: NO_ACCOUNT, .. }) => return Ok(()),
            Err(error) => return Err(told(format!("whose it is cannot be seen: {}", chain(&error)))),
        };
        let address = found["profile"]["email"].as_str().unwrap_or_default();
        if !address.starts_with(own) {
            return Err(told("its address is none of this run's".to_owned()));
        }
    }
    let deleted = run.gigya("accounts.deleteAccount", &params, false);
    match run.gigya("accounts.getAccountInfo", &params, false) {
        Err(GigyaError::Api { code: NO_ACCOUNT, .. }) => Ok(()),
        Err(error) => Err(told(format!("whether it is gone cannot be seen: {}", chain(&error)))),
        Ok(_) => Err(told(deleted.err().map_or_else(|| "it stays".to_owned(), |error| chain(&error)))),
    }
}

fn thing_removed(run: &Run<'_>, path: &str, own: &str) -> Result<(), String> {
    let told = |why: String| format!("{path}: {why}");
    let found = match asked(run, &format!("GET {path}")).map_err(told)? {
        (404, _) => return Ok(()),
        (200, found) => found,
        (status, _) => return Err(told(format!("whose it is cannot be seen: HTTP {status}"))),
    };
    let name = [&found["name"], &found["emailAddress"]].into_iter().find_map(Value::as_str);
    if !name.is_some_and(|name| name.starts_with(own)) {
        return Err(told("its name is none of this run's".to_owned()));
    }
    let (deleted, _) = asked(run, &format!("DELETE {path}")).map_err(told)?;
    match asked(run, &format!("GET {path}")).map_err(told)? {
        (404, _) => Ok(()),
        (200, _) => Err(told(format!("DELETE answers HTTP {deleted} and it stays"))),
        (status, _) => Err(told(format!("whether it is gone cannot be seen: HTTP {status}"))),
    }
}

fn contact_removed(run: &Run<'_>, address: &str, own: &str) -> Result<(), String> {
    let search = format!("/api/REST/1.0/data/contacts?search=emailAddress={address}&depth=minimal");
    let found = listed(run, &search, "elements").map_err(|why| format!("contact {address}: {why}"))?;
    let mut ids = found.iter().filter_map(|element| element["id"].as_str());
    ids.try_for_each(|id| thing_removed(run, &format!("{CONTACT}/{id}"), own))
}

fn named_removed(run: &Run<'_>, path: &str, name: &str, own: &str) -> Result<(), String> {
    let search = format!("{path}?q=%22name%3D{name}%22");
    let found = listed(run, &search, "items").map_err(|why| format!("{path}, {name}: {why}"))?;
    let mut uris = found.iter().filter(|item| item["name"] == name).filter_map(|item| item["uri"].as_str());
    uris.try_for_each(|uri| {
        let at = uri.find("/contacts/").unwrap_or(0);
        thing_removed(run, &format!("{BULK}{}", &uri[at..]), own)
    })
}

fn listed(run: &Run<'_>, search: &str, member: &str) -> Result<Vec<Value>, String> {
    let (status, mut found) = asked(run, &format!("GET {search}"))?;
    match found[member].take() {
        Value::Array(elements) if status == 200 => Ok(elements),
        _ => Err(format!("whether it is gone cannot be seen: the search answers HTTP {status}")),
    }
}

/// Whether a status says that the same call may do better a little later.
fn is_passing(status: u64) -> bool {
    status == 429 || status >= 500
}

/// How often a call is made that comes to nothing because of trouble which passes.
const TRIES: usize = 3;

/// The first answer without trouble that passes, or the last with it.
fn asked(run: &Run<'_>, call: &str) -> Result<(u64, Value), String> {
    let mut tries = (1..TRIES).map(|_| asked_once(run, call));
    let calm = tries.find(|told| told.as_ref().is_ok_and(|(status, _)| !is_passing(*status)));
    calm.unwrap_or_else(|| asked_once(run, call))
}

fn asked_once(run: &Run<'_>, call: &str) -> Result<(u64, Value), String> {
    match run.eloqua(call, None) {
        Ok(answer) => Ok((answer.status, answer.json)),
        Err(Miss::Unmet(unmet)) => Err(unmet.message),
        Err(Miss::Written(diagnostic)) => Err(diagnostic.message),
        Err(Miss::Strange(why) | Miss::NotStarted(why) | Miss::Broken(why)) => Err(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    /// One call: what is sent, what comes back, and what is there then.
    type Passed<'t> = (&'t str, &'t str, Option<(u16, &'t str)>, &'t [&'t str]);

    fn check(platform: Platform, calls: &[Passed<'_>]) {
        let mut made = Made::new(platform, "own-1");
        for (call, body, answer, expected) in calls {
            let (method, path) = call.split_once(' ').unwrap();
            let request = http::Request::builder().method(method).uri(format!("https://x.example{path}"));
            let request = request.body(Bytes::from((*body).to_owned())).unwrap();
            let timeout = HttpError::Timeout { host: "x.example".to_owned() };
            let answer = answer.ok_or(timeout).map(|(status, body)| {
                let response = http::Response::builder().status(status);
                response.body(Bytes::from(body.to_owned())).unwrap()
            });
            made.learn(&request, &answer);
            let there: Vec<&str> = made
                .there
                .iter()
                .map(|record| match record {
                    Record::Account(text)
                    | Record::At(text)
                    | Record::Contact(text)
                    | Record::Named(_, text) => text.as_str(),
                })
                .collect();
            assert_eq!(there, *expected, "{call} {body}");
        }
    }

    #[test]
    fn accounts_are_known_by_the_calls_that_touched_them() {
        let [import, delete, get] =
            ["importFullAccount", "deleteAccount", "getAccountInfo"].map(|it| format!("POST /accounts.{it}"));
        let done = Some((200, r#"{"errorCode":0}"#));
        let refused = Some((200, r#"{"errorCode":400003}"#));
        check(
            Platform::Gigya,
            &[
                (&import, "UID=somebody", done, &[]),
                (&import, "UID=own-1-a", refused, &[]),
                (&import, "UID=own-1-a", done, &["own-1-a"]),
                (&import, "UID=own-1-b", None, &["own-1-a", "own-1-b"]),
                (&import, "UID=own-1-c", Some((500, "<html>")), &["own-1-a", "own-1-b", "own-1-c"]),
                (&delete, "UID=own-1-c", done, &["own-1-a", "own-1-b"]),
                (
                    &import,
                    "UID=own-1-c",
                    Some((200, r#"{"errorCode":504001}"#)),
                    &["own-1-a", "own-1-b", "own-1-c"],
                ),
                (&delete, "UID=own-1-a", done, &["own-1-b", "own-1-c"]),
                (&delete, "UID=own-1-b", Some((500, "")), &["own-1-b", "own-1-c"]),
                (&get, "UID=own-1-a", refused, &["own-1-b", "own-1-c"]),
                (&get, "UID=own-1-a", done, &["own-1-b", "own-1-c", "own-1-a"]),
            ],
        );
    }

    /// An account that waits for something is there, and a platform may call it as it likes.
    #[test]
    fn accounts_are_there_though_they_wait_or_have_another_name() {
        let [register, login, get, delete] =
            ["register", "login", "getAccountInfo", "deleteAccount"].map(|it| format!("POST /accounts.{it}"));
        let answer = |text: &'static str| Some((200, text));
        let (a, b, c) = ("own-1-a", "own-1-b", "own-1-c");
        check(
            Platform::Gigya,
            &[
                (&register, "siteUID=own-1-a", answer(r#"{"errorCode":400009}"#), &[]),
                (&register, "siteUID=own-1-a", answer(r#"{"errorCode":206001,"regToken":"t"}"#), &[a]),
                (&register, "siteUID=own-1-b", answer(r#"{"errorCode":206002}"#), &[a, b]),
                (&register, "siteUID=own-1-c", answer(r#"{"errorCode":403043}"#), &[a, b, c]),
                (&get, "UID=own-1-d", answer(r#"{"errorCode":206001}"#), &[a, b, c]),
                (
                    &register,
                    "siteUID=own-1-e&email=own-1-e%40example.com",
                    answer(r#"{"errorCode":0,"UID":"_guid_1"}"#),
                    &[a, b, c, "own-1-e", "_guid_1"],
                ),
                (
                    &login,
                    "loginID=own-1-f%40example.com",
                    answer(r#"{"errorCode":206002,"UID":"_guid_2"}"#),
                    &[a, b, c, "own-1-e", "_guid_1", "_guid_2"],
                ),
                (
                    &login,
                    "loginID=somebody%40example.com",
                    answer(r#"{"errorCode":0,"UID":"_guid_3"}"#),
                    &[a, b, c, "own-1-e", "_guid_1", "_guid_2"],
                ),
                (&delete, "UID=own-1-e", answer(r#"{"errorCode":0}"#), &[a, b, c, "_guid_1", "_guid_2"]),
            ],
        );
    }

    #[test]
    fn what_eloqua_made_is_known_by_its_answers() {
        let import = "/api/bulk/2.0/contacts/imports/7";
        let contact = "/api/REST/1.0/data/contact/9";
        let [get, delete] = ["GET", "DELETE"].map(|method| format!("{method} {import}"));
        let row = "own-1-3@example.com";
        let rows = format!(r#"[{{"e":"{row}"}},{{"e":"own-1"}},{{"e":"a@b.example"}}]"#);
        check(
            Platform::Eloqua,
            &[
                ("POST /api/bulk/2.0/contacts/imports", "{}", Some((400, "{}")), &[]),
                (
                    "POST /api/bulk/2.0/contacts/imports",
                    "{}",
                    Some((201, r#"{"uri":"https://x.example/contacts/imports/7"}"#)),
                    &[import],
                ),
                ("POST /api/bulk/2.0/syncs", "{}", Some((201, r#"{"uri":"/syncs/3"}"#)), &[import]),
                ("POST /api/bulk/2.0/contacts/imports/7/data", &rows, Some((204, "")), &[import, row]),
                (
                    "POST /api/REST/1.0/data/contact",
                    "{}",
                    Some((201, r#"{"id":"9"}"#)),
                    &[import, row, contact],
                ),
                (
                    "POST /api/REST/1.0/data/contact",
                    r#"{"emailAddress":"own-1-4@example.com"}"#,
                    Some((409, "[]")),
                    &[import, row, contact],
                ),
                (&delete, "", Some((500, "")), &[import, row, contact]),
                (&delete, "", Some((204, "")), &[row, contact]),
                (&get, "", Some((404, "")), &[row, contact]),
                (&get, "", Some((200, "{}")), &[row, contact, import]),
            ],
        );
    }

    /// The work may be done, and the answer be another or none.
    #[test]
    fn what_eloqua_may_have_made_is_looked_for() {
        let imports = "POST /api/bulk/2.0/contacts/imports";
        let contacts = "POST /api/REST/1.0/data/contact";
        let import = |name: &str| format!(r#"{{"name":"{name}"}}"#);
        let contact = |address: &str| format!(r#"{{"emailAddress":"{address}"}}"#);
        check(
            Platform::Eloqua,
            &[
                (
                    imports,
                    &import("own-1-a"),
                    Some((200, r#"{"uri":"/contacts/imports/7"}"#)),
                    &["/api/bulk/2.0/contacts/imports/7"],
                ),
                (imports, &import("somebody's"), None, &["/api/bulk/2.0/contacts/imports/7"]),
                (
                    imports,
                    &import("own-1-b"),
                    Some((503, "")),
                    &["/api/bulk/2.0/contacts/imports/7", "own-1-b"],
                ),
                (
                    contacts,
                    &contact("somebody@example.com"),
                    Some((503, "")),
                    &["/api/bulk/2.0/contacts/imports/7", "own-1-b"],
                ),
                (
                    contacts,
                    &contact("own-1-c@example.com"),
                    Some((429, "")),
                    &["/api/bulk/2.0/contacts/imports/7", "own-1-b", "own-1-c@example.com"],
                ),
            ],
        );
    }
}
