//! `accounts.initRegistration`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Reply};
use crate::gigya::{Gigya, RegToken};
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.initRegistration",
    summary: "Opens a registration for one hour.",
    evidence: Evidence::documented("accounts.initRegistration REST", "registration_token_lasts_an_hour"),
    access: Access::Public,
    params: &["isLite", "dataCenter"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let lite = call.params.flag("isLite")?.unwrap_or(false);
    let home = call.site.home().to_owned();
    let token = gigya.new_reg_token(call.now, RegToken { home, lite, ..RegToken::default() });
    Ok(Object::from_iter([("regToken".into(), token.into())]))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn registration_token_lasts_an_hour() {
        for (waited, expected) in [(3_599_999, 206_001), (3_600_000, 403_025)] {
            let mut bench = Bench::new();
            let token =
                bench.client("accounts.initRegistration", &[])["regToken"].as_str().unwrap().to_owned();
            assert!(token.starts_with("RT1_"));
            bench.wait(waited);
            let params = [("regToken", token.as_str()), ("email", "a@example.org"), ("password", "secret1")];
            assert_eq!(bench.client("accounts.register", &params)["errorCode"], expected);
        }
    }
}
