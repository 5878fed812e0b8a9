//! Where the dataflows find and leave their files: one drop plays every server.

use super::DIRECTIONS;
use crate::verify::partner::PartnerFile;
use serde_json::{Value, json};
use standin_stage::WorldSpec;
use standin_stage::runner::BadInput;
use std::collections::BTreeSet;

/// Who may log in at the drop without being named.
const OWN_USER: &str = "cdc-batch";
/// What the console shows in the place of a secret.
const MASKED: &str = "********";
/// The drop's host where the dataflows leave it to a parameter of the console.
const OWN_HOST: &str = "sftp.exchange.example";

/// Where the dataflows find and leave their files.
pub(super) struct Places {
    /// The server of the first step, as its file names it.
    first: Option<String>,
    /// What it is called at the drop.
    pub(super) host: String,
    users: Vec<(String, String)>,
    folders: BTreeSet<String>,
    /// The folder of each direction, in the order of [`DIRECTIONS`].
    pub(super) ways: [String; 2],
    /// The step that leaves files for Eloqua, and whether they have another name until they are whole, if it says so.
    pub(super) upload: Option<(String, Option<bool>)>,
}

impl Places {
    /// Finds the places of all steps, and gives the steps what the console does not show: credentials for the drop
    /// in the place of masked ones, and the site's own key in the place of another that no one can know.
    pub(super) fn of(partner: &PartnerFile, flows: &mut WorldSpec) -> Result<Self, BadInput> {
        let ways = ["/eloqua/in".to_owned(), "/eloqua/out".to_owned()];
        let host = OWN_HOST.to_owned();
        let (users, folders) = (Vec::new(), BTreeSet::new());
        let mut places = Self { first: None, host, users, folders, ways, upload: None };
        for (at, (name, _, kind)) in DIRECTIONS.iter().enumerate() {
            let Some(document) = flows.dataflows.get_mut(*name) else { continue };
            let mut found: Option<(String, String, Option<bool>)> = None;
            for step in document["steps"].as_array_mut().into_iter().flatten() {
                let of_type = step["type"].as_str().unwrap_or_default().trim().to_ascii_lowercase();
                let id = step["id"].as_str().unwrap_or_default().to_owned();
                let params = &mut step["params"];
                if of_type.contains(".gigya.") {
                    forget_masked_key(params);
                }
                if !of_type.ends_with(".sftp") && !of_type.ends_with(".ftp") {
                    continue;
                }
                let folder = places.take(params);
                // Of several copies Eloqua fetches the one that is never there by half.
                let careful = params["temporaryUploadExtension"].as_bool();
                let better =
                    found.as_ref().is_none_or(|(.., before)| careful == Some(true) && *before != careful);
                if of_type.starts_with(kind) && better {
                    found = Some((folder, id, careful));
                }
            }
            let Some((folder, id, careful)) = found else {
                return Err(partner
                    .mistake(name, format!("no step of the `{name}` dataflow speaks to an SFTP server")));
            };
            places.ways[at] = folder;
            if at == 0 {
                places.upload = Some((id, careful));
            }
        }
        places.folders.extend(places.ways.clone());
        Ok(places)
    }

    /// Takes the place of one step in, lets the step log in there, and gives its folder.
    fn take(&mut self, params: &mut Value) -> String {
        let text = |name: &str| params[name].as_str().unwrap_or_default().trim().to_owned();
        let (host, mut user) = (text("host"), text("username"));
        let given = Some(text("password")).filter(|text| !text.is_empty() && text != MASKED);
        let first = self.first.get_or_insert_with(|| host.clone());
        let mut folder = format!("/{}", text("remotePath").trim_matches('/'));
        // One drop plays every server: what lies at another one lies in a folder of its own.
        if !first.eq_ignore_ascii_case(&host) {
            folder = format!("/{}{}", host.replace(['/', '<', '>', '$'], ""), folder.trim_end_matches('/'));
            params["remotePath"] = json!(folder);
        } else if is_host_name(&host) {
            self.host = host;
        }
        if user.is_empty() {
            user = OWN_USER.to_owned();
            params["username"] = json!(user);
        }
        let password = match self.users.iter().find(|(known, _)| *known == user) {
            _ if user == OWN_USER => MASKED.to_owned(),
            Some((_, password)) => password.clone(),
            None => {
                let password = given.unwrap_or_else(|| "partner-password".to_owned());
                self.users.push((user, password.clone()));
                password
            }
        };
        params["host"] = json!(self.host);
        params["password"] = json!(password);
        // A key opens the partner's own server only.
        for name in ["privateKey", "passphrase"] {
            params.as_object_mut().map(|params| params.remove(name));
        }
        self.folders.insert(folder.clone());
        folder
    }

    /// The drop as a section of a world.
    pub(super) fn section(&self) -> Value {
        let users: Vec<Value> =
            self.users.iter().map(|(name, password)| json!({"name": name, "password": password})).collect();
        let folders: Vec<&String> = self.folders.iter().filter(|folder| *folder != "/").collect();
        json!({"users": users, "folders": folders, "host": self.host})
    }
}

fn is_host_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')
}

/// A step whose secret the console masks speaks to the site of the world.
fn forget_masked_key(params: &mut Value) {
    let masked = ["secret", "privateKey"].iter().any(|name| params[*name] == MASKED);
    let Some(params) = params.as_object_mut().filter(|_| masked) else { return };
    for name in ["apiKey", "userKey", "secret", "privateKey"] {
        params.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_console_masks_is_given_to_the_steps() {
        let mut places = Places {
            first: None,
            host: OWN_HOST.to_owned(),
            users: Vec::new(),
            folders: BTreeSet::new(),
            ways: [String::new(), String::new()],
            upload: None,
        };
        for (mut params, expected) in [
            (
                json!({"host": "<$host$>", "username": "acme", "privateKey": MASKED, "remotePath": "in/"}),
                json!({"host": OWN_HOST, "username": "acme", "password": "partner-password", "remotePath": "in/"}),
            ),
            (
                json!({"host": "b.example", "username": "acme", "password": "other", "remotePath": "/in"}),
                json!({
                    "host": OWN_HOST, "username": "acme", "password": "partner-password",
                    "remotePath": "/b.example/in",
                }),
            ),
        ] {
            places.take(&mut params);
            assert_eq!(params, expected);
        }
        assert_eq!(places.folders.into_iter().collect::<Vec<_>>(), ["/b.example/in", "/in"]);
        for (mut params, left) in [
            (json!({"apiKey": "3_a", "userKey": "u", "secret": MASKED, "select": "UID"}), vec!["select"]),
            (json!({"apiKey": "3_a", "secret": "known"}), vec!["apiKey", "secret"]),
        ] {
            forget_masked_key(&mut params);
            let kept: Vec<&String> = params.as_object().unwrap().keys().collect();
            assert_eq!(kept, left);
        }
    }
}
