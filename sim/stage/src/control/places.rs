//! Where everything is: on this machine, and under the names that a browser knows.

use crate::parts::{Parts, Sockets};
use crate::surface::locked;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// All places, in the order in which somebody's data comes by.
pub(super) fn all(parts: &Parts, sockets: Option<&Sockets>) -> Value {
    let Some(sockets) = sockets else { return json!([]) };
    let local = |address: SocketAddr, path: &str| format!("http://{address}{path}");
    let api_key = locked(&parts.gigya).first_site();
    let mut out = vec![
        json!({"platform": "Qualifio", "what": "Back office", "here": local(sockets.qualifio, "/manager/"),
            "name": "https://manager.qualifioapp.com/manager/"}),
    ];
    let qualifio = locked(&parts.qualifio);
    for campaign in qualifio.campaigns() {
        let url = campaign["id"].as_u64().and_then(|id| qualifio.player_url(id));
        out.push(json!({"platform": "Qualifio", "what": format!("Campaign {}", text(&campaign["title"])), "name": url}));
    }
    drop(qualifio);
    // They know themselves by their host, so there is no way to them by an address.
    for name in locked(&parts.login_pages).addresses() {
        out.push(json!({"platform": "Customer", "what": "Login page", "name": name}));
    }
    out.extend([
        json!({"platform": "Gigya", "what": "Console", "here": local(sockets.gigya, "/console/"),
            "name": "https://console.gigya.com/", "sign_in": ["GIGYA_USER_KEY", "GIGYA_SECRET"]}),
        json!({"platform": "Gigya", "what": format!("REST API, site {api_key}"), "address": local(sockets.gigya, "/")}),
        json!({"platform": "Drop", "what": "SFTP", "address": format!("sftp://{}", sockets.sftp),
            "sign_in": ["SFTP_USER", "SFTP_PASSWORD"]}),
        json!({"platform": "Drop", "what": "FTP", "address": format!("ftp://{}", sockets.ftp),
            "sign_in": ["SFTP_USER", "SFTP_PASSWORD"]}),
        json!({"platform": "Eloqua", "what": "Contacts and setup", "here": local(sockets.eloqua, "/"),
            "name": "https://login.eloqua.com/", "sign_in": ["ELOQUA_SITE", "ELOQUA_USER", "ELOQUA_PASSWORD"]}),
        json!({"platform": "Eloqua", "what": "REST and Bulk APIs", "address": local(sockets.eloqua, "/id")}),
    ]);
    out.into()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
