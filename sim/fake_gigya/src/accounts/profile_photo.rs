//! `accounts.setProfilePhoto`, `accounts.importProfilePhoto` and `accounts.publishProfilePhoto`.
//!
//! Nothing of a picture is kept but a name made for it: the profile shows addresses with that name, at which
//! nobody answers.

use crate::account::Account;
use crate::accounts::tfa::person;
use crate::accounts::write::store;
use crate::call::{Call, api_domain};
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use standin_model::Evidence;

/// How large a photo may be, in bytes.
const LARGEST: usize = 6 * 1024 * 1024;

pub(crate) const SET: Endpoint = Endpoint {
    name: "accounts.setProfilePhoto",
    summary: "Takes a person's photo, and shows it in the profile if `publish` says so.",
    evidence: Evidence::inferred(
        "accounts.setProfilePhoto REST, the table of codes; where a photo is shown is ours",
        "a_photo_is_taken_and_published",
    ),
    access: Access::Public,
    params: &["photoBytes", "publish", "regToken"],
    server_params: &["UID"],
    run: set,
};

pub(crate) const IMPORT: Endpoint = Endpoint {
    name: "accounts.importProfilePhoto",
    summary: "Takes the address of a person's photo; nothing is fetched from there.",
    evidence: Evidence::inferred(
        "accounts.importProfilePhoto REST; where a photo is shown is ours",
        "a_photo_is_imported_by_its_address",
    ),
    access: Access::Private,
    params: &["url", "publish", "regToken", "UID"],
    server_params: &[],
    run: import,
};

pub(crate) const PUBLISH: Endpoint = Endpoint {
    name: "accounts.publishProfilePhoto",
    summary: "Shows the photo that was handed in last in the profile.",
    evidence: Evidence::inferred(
        "accounts.publishProfilePhoto REST, the table of codes; where a photo is shown is ours",
        "a_photo_is_taken_and_published",
    ),
    access: Access::Public,
    params: &["regToken"],
    server_params: &["UID"],
    run: publish,
};

fn set(gigya: &mut Gigya, call: &Call) -> Reply {
    let account = Account::clone(&*person(gigya, call)?);
    // A decoder that does not know about URLs turns `+` into a blank on the way.
    let text = call.need("photoBytes")?.replace(' ', "+");
    let bytes = STANDARD.decode(text).map_err(|_| Refusal::because(400_006, "photoBytes is not Base64"))?;
    if bytes.len() > LARGEST {
        return Err(Refusal::new(413_004));
    }
    take(gigya, call, account)
}

fn import(gigya: &mut Gigya, call: &Call) -> Reply {
    let account = Account::clone(&*person(gigya, call)?);
    let url = call.need("url")?;
    let web = url.parse::<http::Uri>().is_ok_and(|url| matches!(url.scheme_str(), Some("http" | "https")));
    if !web {
        return Err(Refusal::because(400_006, "url is not the address of a picture"));
    }
    take(gigya, call, account)
}

fn take(gigya: &mut Gigya, call: &Call, mut account: Account) -> Reply {
    let before = account.clone();
    account.rare_mut().photo = Some(gigya.ids.hex(32));
    if call.params.flag("publish")?.unwrap_or(false) {
        show(call, &mut account)?;
    }
    store(gigya, call, account, Some(&before));
    Ok(Object::new())
}

fn publish(gigya: &mut Gigya, call: &Call) -> Reply {
    let before = person(gigya, call)?;
    let mut account = Account::clone(&before);
    show(call, &mut account)?;
    store(gigya, call, account, Some(&before));
    Ok(Object::new())
}

/// Lets the profile name the photo.
fn show(call: &Call, account: &mut Account) -> Result<(), Refusal> {
    let photo = account.rare.as_deref().and_then(|rare| rare.photo.as_deref());
    let photo = photo.ok_or_else(|| Refusal::new(409_010))?;
    let place = format!("https://photos.{}/{photo}", api_domain(&call.site.data_center));
    account.profile.insert("photoURL", format!("{place}/photo").as_str());
    account.profile.insert("thumbnailURL", format!("{place}/thumbnail").as_str());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    fn bench() -> Bench {
        let mut bench = Bench::new();
        bench.account("ann", r#"{"email":"ann@example.org"}"#);
        bench
    }

    fn photo(bench: &Bench) -> Option<String> {
        let profile = &bench.gigya.account("ann").unwrap()["profile"];
        let (photo, thumbnail) = (profile["photoURL"].as_str()?, profile["thumbnailURL"].as_str()?);
        assert_eq!(photo.strip_suffix("/photo"), thumbnail.strip_suffix("/thumbnail"));
        Some(photo.to_owned())
    }

    #[test]
    fn a_photo_is_taken_and_published() {
        let mut bench = bench();
        assert_eq!(bench.code("accounts.publishProfilePhoto", &[("UID", "ann")]), 409_010);
        let bytes = ("photoBytes", "iVBORw0KGgo=");
        assert_eq!(bench.code("accounts.setProfilePhoto", &[("UID", "ann"), bytes]), 0);
        assert_eq!(photo(&bench), None, "it waits to be published");
        assert_eq!(bench.code("accounts.publishProfilePhoto", &[("UID", "ann")]), 0);
        let first = photo(&bench).unwrap();
        assert!(first.starts_with("https://photos.eu1.gigya.com/"), "{first}");
        let token = bench.session("ann");
        let own = [("login_token", token.as_str()), bytes, ("publish", "true")];
        assert_eq!(bench.client("accounts.setProfilePhoto", &own)["errorCode"], 0);
        assert_ne!(photo(&bench).unwrap(), first);
        let large = STANDARD.encode(vec![0; super::LARGEST + 1]);
        for (bytes, expected) in [("no base64!", 400_006), ("", 400_002), (large.as_str(), 413_004)] {
            let code = bench.code("accounts.setProfilePhoto", &[("UID", "ann"), ("photoBytes", bytes)]);
            assert_eq!(code, expected);
        }
    }

    #[test]
    fn a_photo_is_imported_by_its_address() {
        let mut bench = bench();
        for (url, expected) in
            [("ftp://brand.example/a.png", 400_006), ("a.png", 400_006), ("https://brand.example/a.png", 0)]
        {
            let params = [("UID", "ann"), ("url", url), ("publish", "true")];
            assert_eq!(bench.code("accounts.importProfilePhoto", &params), expected, "{url}");
            assert_eq!(photo(&bench).is_some(), expected == 0);
        }
        let nobody = [("UID", "bob"), ("url", "https://brand.example/a.png")];
        assert_eq!(bench.code("accounts.importProfilePhoto", &nobody), 403_005);
    }
}
