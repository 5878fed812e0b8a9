//! `accounts.resetSitePreferences`.

use crate::account::Account;
use crate::accounts::write::store;
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::packed::Packed;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.resetSitePreferences",
    summary: "Forgets what a person consented to at a site.",
    evidence: Evidence::documented("accounts.resetSitePreferences REST", "consents_are_forgotten"),
    access: Access::Private,
    params: &["UID", "resetPreferencesApiKey"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let uid = call.need("UID")?;
    let api_key = call.need("resetPreferencesApiKey")?;
    let site = gigya.sites.get(api_key).ok_or_else(|| Refusal::new(400_093))?;
    if site.home() != call.site.home() {
        return Err(Refusal::new(403_036));
    }
    let before = gigya.account_of(&call.site.api_key, uid)?;
    let mut account = Account::clone(&before);
    account.preferences = Packed::default();
    store(gigya, call, account, Some(&before));
    Ok(Object::new())
}

#[cfg(test)]
mod tests {
    use crate::DEFAULT_API_KEY;
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn consents_are_forgotten() {
        let mut bench = Bench::seeded(&json!({
            "sites": [{}, {"api_key": "3_other"}],
            "accounts": [{"UID": "ann", "preferences": {"terms": {"tos": {"isConsentGranted": true}}}}],
        }));
        let granted = |bench: &Bench| {
            bench.gigya.account("ann").unwrap()["preferences"]["terms"]["tos"]["isConsentGranted"] == true
        };
        assert!(granted(&bench));
        for (uid, site, expected) in [
            ("ann", "3_nobody", 400_093),
            ("ann", "3_other", 403_036),
            ("bob", DEFAULT_API_KEY, 403_005),
            ("ann", "", 400_002),
            ("ann", DEFAULT_API_KEY, 0),
        ] {
            let params = [("UID", uid), ("resetPreferencesApiKey", site)];
            assert_eq!(bench.code("accounts.resetSitePreferences", &params), expected, "{uid} {site}");
            assert_eq!(granted(&bench), expected != 0);
        }
    }
}
