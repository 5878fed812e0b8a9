//! The pages of people who set an instance up: signing in, contact fields, contacts, imports and exports.
//!
//! The pages speak to the REST and Bulk APIs like anybody else, with a session in the place of a password.
//!
//! - `session`: who is signed in, and pages that may not write.
//! - `runs`: what the instance's own jobs did, which no API tells.

mod runs;
pub(crate) mod session;
#[cfg(test)]
mod tests;

pub(crate) use runs::runs;
pub(crate) use session::{Sessions, nobody_yet, sign_in, sign_out, told};

use crate::eloqua::Eloqua;
use crate::login;
use crate::reply::Refused;
use crate::router::Call;
use standin_fake_kit::answer::redirect;
use standin_fake_kit::asset::{self, Asset, CSS, HTML, JAVASCRIPT};
use standin_fake_kit::console;
use standin_ports::Response;
use standin_ports::http::host_of;

/// The host on which people sign in.
const LOGIN_HOST: &str = "login.eloqua.com";

const SIGN_IN: Asset = Asset { path: "/", kind: HTML, text: include_str!("sign_in.html") };
const PAGE: Asset = Asset { path: "/", kind: HTML, text: include_str!("page.html") };

const ASSETS: &[Asset] = &[
    Asset { path: "/setup/setup.css", kind: CSS, text: include_str!("setup.css") },
    Asset { path: "/setup/setup.js", kind: JAVASCRIPT, text: include_str!("setup.js") },
    Asset { path: "/setup/sign-in.js", kind: JAVASCRIPT, text: include_str!("sign_in.js") },
    Asset { path: "/setup/api.js", kind: JAVASCRIPT, text: include_str!("api.js") },
    Asset { path: "/setup/fields.js", kind: JAVASCRIPT, text: include_str!("fields.js") },
    Asset { path: "/setup/contacts.js", kind: JAVASCRIPT, text: include_str!("contacts.js") },
    Asset { path: "/setup/transfers.js", kind: JAVASCRIPT, text: include_str!("transfers.js") },
];

/// `GET /`: the page on which people sign in, or the instance to those who are.
pub(crate) fn front(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    session::check_host(call.request)?;
    let host = host_of(call.request);
    if session::user_of(eloqua, call.now, call.request).is_some() && host != LOGIN_HOST {
        return Ok(PAGE.answer());
    }
    let pod = host != LOGIN_HOST && host.ends_with(".eloqua.com");
    Ok(if pod { redirect(302, &format!("https://{LOGIN_HOST}/")) } else { SIGN_IN.answer() })
}

/// `GET /setup/{id}` and `GET /console/{id}`: files.
pub(crate) fn file(_: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    session::check_host(call.request)?;
    let path = call.request.uri().path();
    let found = asset::find(ASSETS, path).or_else(|| asset::find(console::ASSETS, path));
    found.map(Asset::answer).ok_or_else(session::absent)
}

/// Where somebody who signed in goes on.
fn home(eloqua: &Eloqua, call: &Call<'_>) -> String {
    format!("{}/", login::base(eloqua, call.request))
}
