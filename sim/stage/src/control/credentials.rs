//! How the worlds of one server are told apart: what a client shows anyway.

use crate::surface::Platform;
use crate::world::WorldSpec;
use base64::Engine;
use http::{Uri, header};
use serde_json::{Map, Value, json};
use standin_fake_eloqua::Eloqua;
use standin_fake_gigya::Gigya;
use standin_fake_kit::form::Form;
use standin_ports::Request;
use std::collections::BTreeMap;
use std::time::Duration;

/// Something that a client shows and that one world has.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Credential {
    /// The API key of a site of Gigya's.
    GigyaApiKey(String),
    /// The key of an application or a user of Gigya's.
    GigyaUserKey(String),
    /// The name of an Eloqua site, which it also calls the company; in lower case.
    EloquaSite(String),
    /// The id of an OAuth client of Eloqua's.
    EloquaClient(String),
    /// A token or a session that a platform gave out.
    Given(&'static str, String),
    /// A token of Qualifio's API.
    QualifioToken(String),
    /// The id of a campaign's channel, which is in its address.
    QualifioChannel(String),
    /// A login name at the drop.
    DropUser(String),
}

impl Credential {
    /// What kind of thing it is, in the words of the API.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::GigyaApiKey(_) => "gigya_api_key",
            Self::GigyaUserKey(_) => "gigya_user_key",
            Self::EloquaSite(_) => "eloqua_site",
            Self::EloquaClient(_) => "eloqua_client_id",
            Self::Given(..) => "token",
            Self::QualifioToken(_) => "qualifio_token",
            Self::QualifioChannel(_) => "qualifio_channel",
            Self::DropUser(_) => "sftp_user",
        }
    }

    /// Which platform gave it out, or that it is a browser's session; none of what stands in a world's file.
    pub(crate) fn place(&self) -> Option<&'static str> {
        match self {
            Self::Given(place, _) => Some(place),
            _ => None,
        }
    }

    /// What a client shows, where it may be told.
    pub fn shown(&self) -> Option<&str> {
        match self {
            Self::GigyaApiKey(text)
            | Self::GigyaUserKey(text)
            | Self::EloquaSite(text)
            | Self::EloquaClient(text)
            | Self::QualifioChannel(text)
            | Self::DropUser(text) => Some(text),
            Self::Given(..) | Self::QualifioToken(_) => None,
        }
    }
}

/// What a request to a platform shows, what tells more about it first.
pub fn of_request(platform: Platform, request: &Request) -> Vec<Credential> {
    let mut found = Vec::new();
    let authorization = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let authorization = authorization.and_then(|value| value.split_once(' '));
    match platform {
        Platform::Gigya => {
            let [api_key, user_key, client] = Gigya::said(request, ["apiKey", "userKey", "client_id"]);
            found.extend(api_key.map(Credential::GigyaApiKey));
            found.extend([user_key, client].into_iter().flatten().map(Credential::GigyaUserKey));
            if let Some((_, token)) = authorization {
                found.push(Credential::Given("gigya", token.to_owned()));
            }
        }
        Platform::Eloqua => {
            if let Some((scheme, rest)) = authorization {
                if scheme.eq_ignore_ascii_case("basic") {
                    let pair = unpacked(rest).unwrap_or_default();
                    let user = pair.split(':').next().unwrap_or_default();
                    found.push(match user.split_once('\\') {
                        Some((site, _)) => Credential::EloquaSite(site.to_lowercase()),
                        None => Credential::EloquaClient(user.to_owned()),
                    });
                } else {
                    found.push(Credential::Given("eloqua", rest.to_owned()));
                }
            }
            found.extend(
                Eloqua::company_said(request).map(|company| Credential::EloquaSite(company.to_lowercase())),
            );
            found.extend(
                Form::query(request).get("client_id").map(|id| Credential::EloquaClient(id.to_owned())),
            );
        }
        Platform::Qualifio => {
            let token = request.headers().get("x-api-token").and_then(|token| token.to_str().ok());
            found.extend(token.map(|token| Credential::QualifioToken(token.to_owned())));
            found.extend(channels_in(request.uri()));
            // What a campaign's page asks for comes from the page of a channel.
            let from =
                request.headers().get(header::REFERER).and_then(|from| from.to_str().ok()?.parse().ok());
            found.extend(from.iter().flat_map(channels_in));
        }
        Platform::LoginPage | Platform::Receiver => {}
    }
    let cookies = standin_fake_kit::form::cookies(request);
    found.extend(cookies.into_iter().map(|(_, value)| Credential::Given("cookie", value)));
    found
}

/// The ids of channels that an address may have.
fn channels_in(address: &Uri) -> Vec<Credential> {
    let query = Form::parse(address.query().unwrap_or_default().as_bytes());
    let parts = address.path().split('/').chain(query.get("id"));
    let long = parts.filter(|part| part.len() >= 16);
    long.map(|part| Credential::QualifioChannel(part.to_uppercase())).collect()
}

/// What a platform gives out in an answer, and what its client will show from then on, with how long it is good for
/// where that is said. Tokens come from paths that say so; a page of records is not searched.
pub fn of_answer(
    platform: Platform,
    path: &str,
    answer: &standin_ports::Response,
) -> Vec<(Credential, Option<Duration>)> {
    let mut found = Vec::new();
    for line in answer.headers().get_all(header::SET_COOKIE) {
        let mut parts = line.to_str().unwrap_or_default().split(';').map(|part| part.trim().split_once('='));
        let value = parts.next().flatten().map_or("", |(_, value)| value.trim());
        let age = parts.flatten().find(|(name, _)| name.eq_ignore_ascii_case("max-age"));
        if value.len() >= 16 {
            let age = age.and_then(|(_, age)| age.parse().ok()).map(Duration::from_secs);
            found.push((Credential::Given("cookie", value.to_owned()), age));
        }
    }
    let place = match platform {
        Platform::Gigya => "gigya",
        Platform::Eloqua => "eloqua",
        _ => return found,
    };
    if path.to_ascii_lowercase().contains("token")
        && let Ok(Value::Object(members)) = serde_json::from_slice(answer.body())
    {
        let life =
            members.get("expires_in").and_then(|life| life.as_u64().or_else(|| life.as_str()?.parse().ok()));
        for (name, life) in [("access_token", life.map(Duration::from_secs)), ("refresh_token", None)] {
            let token = members.get(name).and_then(Value::as_str);
            found.extend(token.map(|token| (Credential::Given(place, token.to_owned()), life)));
        }
    }
    found
}

/// Text out of Base64.
pub fn unpacked(text: &str) -> Option<String> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(text.trim()).ok()?;
    String::from_utf8(bytes).ok()
}

/// What the clients of a world show, as far as its file says so.
pub fn of_spec(spec: &WorldSpec) -> Vec<Credential> {
    let mut found = Vec::new();
    let list = |section: &str, name: &str| -> Vec<Value> {
        let items = spec.sections.get(section).and_then(|section| section[name].as_array());
        items.cloned().unwrap_or_default()
    };
    let sites = list("gigya", "sites");
    let first = json!({});
    for site in if sites.is_empty() { std::slice::from_ref(&first) } else { &sites[..] } {
        let key = site["api_key"].as_str().unwrap_or(standin_fake_gigya::DEFAULT_API_KEY);
        found.push(Credential::GigyaApiKey(key.to_owned()));
        let keys = site["keys"].as_array().into_iter().flatten().filter_map(|key| key["user_key"].as_str());
        let keys: Vec<&str> = keys.collect();
        let default = [standin_fake_gigya::DEFAULT_USER_KEY];
        let keys = if keys.is_empty() { &default[..] } else { &keys[..] };
        found.extend(keys.iter().map(|key| Credential::GigyaUserKey((*key).to_owned())));
    }
    let site = spec.sections.get("eloqua").map(|section| &section["site"]).unwrap_or(&Value::Null);
    let name = site["name"].as_str().unwrap_or(standin_fake_eloqua::DEFAULT_SITE);
    found.push(Credential::EloquaSite(name.to_lowercase()));
    let client = site["client_id"].as_str().unwrap_or(standin_fake_eloqua::oauth::DEFAULT_CLIENT_ID);
    found.push(Credential::EloquaClient(client.to_owned()));
    let gdpr = spec.sections.get("qualifio").map(|section| &section["gdpr"]["tokens"]);
    for token in gdpr.and_then(Value::as_array).into_iter().flatten() {
        let token = token.as_str().or_else(|| token["token"].as_str());
        found.extend(token.map(|token| Credential::QualifioToken(token.to_owned())));
    }
    found.push(Credential::DropUser(standin_fake_sftp::DEFAULT_USER.to_owned()));
    let users = list("sftp", "users");
    let names = users.iter().filter_map(|user| user["name"].as_str());
    found.extend(names.map(|name| Credential::DropUser(name.to_owned())));
    found
}

/// Gives a world names of its own in the place of those that its file says or leaves at their defaults: each with
/// `-NAME` behind it, so that two worlds from one file are told apart. Keys and sites are renamed wherever they stand;
/// at the drop every user gets a second name, since whoever is inside the world goes on by the first. The ids of channels,
/// which no file says, come from the name as well.
pub fn own(spec: &mut WorldSpec, name: &str) {
    name.clone_into(&mut spec.owner);
    let mut renamed = BTreeMap::new();
    let mut rename = |text: &str| {
        let new = format!("{text}-{name}");
        renamed.insert(text.to_owned(), new.clone());
        Value::from(new)
    };
    let section = |spec: &mut WorldSpec, name: &str| -> Map<String, Value> {
        spec.sections.get(name).and_then(Value::as_object).cloned().unwrap_or_default()
    };

    let mut gigya = section(spec, "gigya");
    let sites = gigya.entry("sites").or_insert_with(|| json!([{}]));
    if sites.as_array().is_some_and(Vec::is_empty) {
        *sites = json!([{}]);
    }
    for site in sites.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        let key = site.get("api_key").and_then(Value::as_str).unwrap_or(standin_fake_gigya::DEFAULT_API_KEY);
        let key = rename(key);
        site.insert("api_key".to_owned(), key);
        if !site.contains_key("keys") {
            let (user_key, secret) =
                (standin_fake_gigya::DEFAULT_USER_KEY, standin_fake_gigya::DEFAULT_SECRET);
            site.insert("keys".to_owned(), json!([{"user_key": user_key, "secret": secret}]));
        }
        for key in site["keys"].as_array_mut().into_iter().flatten() {
            if let Some(text) = key["user_key"].as_str() {
                key["user_key"] = rename(text);
            }
        }
    }
    spec.sections.insert("gigya".to_owned(), Value::Object(gigya));

    let mut qualifio = section(spec, "qualifio");
    for token in
        qualifio.get_mut("gdpr").and_then(|gdpr| gdpr.get_mut("tokens")?.as_array_mut()).into_iter().flatten()
    {
        let place = if token.is_object() { &mut token["token"] } else { token };
        if let Some(text) = place.as_str() {
            *place = Value::from(format!("{text}-{name}"));
        }
    }
    if !qualifio.is_empty() {
        spec.sections.insert("qualifio".to_owned(), Value::Object(qualifio));
    }

    for value in spec.sections.values_mut().chain(spec.dataflows.values_mut()) {
        replace(value, &renamed);
    }

    let mut eloqua = section(spec, "eloqua");
    let site = eloqua.entry("site").or_insert_with(|| json!({}));
    if let Some(site) = site.as_object_mut() {
        for (member, default) in [
            ("name", standin_fake_eloqua::DEFAULT_SITE),
            ("client_id", standin_fake_eloqua::oauth::DEFAULT_CLIENT_ID),
        ] {
            let old = site.get(member).and_then(Value::as_str).unwrap_or(default).to_owned();
            let new = format!("{old}-{name}");
            // A company's name may be anybody's word, so it is renamed where only a login can be meant.
            let one = BTreeMap::from([(old, new.clone())]);
            spec.dataflows.values_mut().for_each(|document| replace(document, &one));
            site.insert(member.to_owned(), Value::from(new));
        }
    }
    spec.sections.insert("eloqua".to_owned(), Value::Object(eloqua));

    let mut sftp = section(spec, "sftp");
    let users = sftp.entry("users").or_insert_with(|| json!([]));
    if let Some(users) = users.as_array_mut() {
        let default =
            json!({"name": standin_fake_sftp::DEFAULT_USER, "password": standin_fake_sftp::DEFAULT_PASSWORD});
        let has_default = users.iter().any(|user| user["name"] == default["name"]);
        let first = (!has_default).then_some(default);
        let aliases: Vec<Value> = first
            .iter()
            .chain(users.iter())
            .map(|user| {
                let mut alias = user.clone();
                alias["name"] = Value::from(format!("{}-{name}", user["name"].as_str().unwrap_or_default()));
                alias
            })
            .collect();
        users.extend(aliases);
    }
    spec.sections.insert("sftp".to_owned(), Value::Object(sftp));
}

/// Replaces texts that are nothing but a name.
fn replace(value: &mut Value, renamed: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(new) = renamed.get(text) {
                new.clone_into(text);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, renamed)),
        Value::Object(members) => members.values_mut().for_each(|item| replace(item, renamed)),
        _ => {}
    }
}
