//! The keys of a site.

use crate::console::{Visit, refused, reply, sent};
use crate::gigya::Gigya;
use crate::site::{Key, Site};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use standin_ports::{Response, Secret};
use std::sync::Arc;

/// How many keys a site may have.
const MOST: usize = 100;
/// How many permissions a key may have, and how long one may be.
const MOST_PERMISSIONS: usize = 50;
const LONGEST: usize = 100;

/// A site that the operator's key administers, and that key.
fn administered<'g>(
    gigya: &'g Gigya,
    visit: &Visit<'_>,
    api_key: &str,
) -> Result<(&'g Arc<Site>, &'g Key), Box<Response>> {
    let user_key = visit.user_key.as_deref().unwrap_or_default();
    let site = gigya
        .sites
        .get(api_key)
        .ok_or_else(|| Box::new(refused(404, 400_093, "no site has this API key")))?;
    match site.keys.get(user_key) {
        None => Err(Box::new(refused(403, 403_036, "the key is none of this site's"))),
        Some(key) if key.may("admin") => Ok((site, key)),
        Some(_) => Err(Box::new(refused(403, 403_007, "the key may not call admin"))),
    }
}

/// `GET /console/keys?apiKey=`.
pub(crate) fn list(gigya: &mut Gigya, visit: &Visit<'_>) -> Response {
    let api_key = visit.query.get("apiKey").unwrap_or_default();
    let site = match administered(gigya, visit, api_key) {
        Ok((site, _)) => site,
        Err(refused) => return *refused,
    };
    let told = |(name, key): (&String, &Key)| {
        json!({
            "userKey": name,
            "signs": if key.public.is_some() { "private key" } else { "secret" },
            "permissions": key.permissions,
            "first": *name == site.first_key,
        })
    };
    reply(200, &json!({"keys": site.keys.iter().map(told).collect::<Vec<_>>()}))
}

/// The permissions that a page asked for; `None` stands for everything.
fn permissions(body: &Value) -> Option<Option<Vec<String>>> {
    let list = match &body["permissions"] {
        Value::Null => return Some(None),
        Value::Array(list) if list.len() <= MOST_PERMISSIONS => list,
        _ => return None,
    };
    let fits = |word: &str| {
        !word.is_empty()
            && word.len() <= LONGEST
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || b".*".contains(&b))
    };
    let words: Option<Vec<String>> =
        list.iter().map(|it| it.as_str().filter(|word| fits(word)).map(str::to_owned)).collect();
    words.map(|words| (!words.is_empty()).then_some(words))
}

/// `POST /console/keys`. Nobody gives away more than they may themselves.
pub(crate) fn create(gigya: &mut Gigya, visit: &Visit<'_>) -> Response {
    let body = sent(visit.request);
    let Some(wanted) = permissions(&body) else {
        return refused(400, 400_006, "permissions are names of methods or namespaces");
    };
    let (site, own) = match administered(gigya, visit, body["apiKey"].as_str().unwrap_or_default()) {
        Ok(found) => found,
        Err(refused) => return *refused,
    };
    if site.keys.len() >= MOST {
        return refused(400, 400_124, "a site has at most 100 keys");
    }
    let may = |word: &String| own.may(word.strip_suffix(".*").unwrap_or(word));
    let permissions = match wanted {
        None => own.permissions.clone(),
        Some(words) if words.iter().all(may) => Some(words),
        Some(_) => return refused(403, 403_007, "a key cannot give away what it may not do itself"),
    };
    let mut site = Site::clone(site);
    let user_key = format!("A{}", gigya.ids.token(15));
    let secret = STANDARD.encode(gigya.ids.token(24));
    let key = Key { secret: Secret::new(secret.as_str()), public: None, permissions };
    site.keys.insert(user_key.clone(), key);
    gigya.sites.insert(site.api_key.clone(), Arc::new(site));
    reply(200, &json!({"userKey": user_key, "secret": secret}))
}
