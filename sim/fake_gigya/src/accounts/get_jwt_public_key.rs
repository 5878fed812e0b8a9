//! `accounts.getJWTPublicKey`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Reply};
use crate::gigya::Gigya;
use crate::jwt;
use serde_json::json;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.getJWTPublicKey",
    summary: "Gives the key that verifies the platform's tokens.",
    evidence: Evidence::documented("accounts.getJWTPublicKey REST", "one_key_or_a_list_of_keys"),
    access: Access::Public,
    params: &["V2"],
    server_params: &[],
    run,
};

fn run(_: &mut Gigya, call: &Call) -> Reply {
    match call.params.flag("V2")?.unwrap_or(false) {
        false => Ok(jwt::site_jwk()),
        true => Ok(Object::from_iter([("keys".into(), json!([jwt::site_jwk()]))])),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn one_key_or_a_list_of_keys() {
        let mut bench = Bench::new();
        let one = bench.client("accounts.getJWTPublicKey", &[]);
        for (name, value) in [("kty", "RSA"), ("alg", "RS256"), ("use", "sig"), ("e", "AQAB")] {
            assert_eq!(one[name], value);
        }
        // 256 bytes of modulus without padding.
        assert_eq!(one["n"].as_str().unwrap().len(), 342);
        let list = bench.client("accounts.getJWTPublicKey", &[("v2", "true")]);
        assert_eq!((&list["keys"][0]["n"], list.get("n")), (&one["n"], None));
        assert_eq!(list["keys"].as_array().unwrap().len(), 1);
        assert_eq!(list["keys"][0]["kid"], json!(one["kid"]));
    }
}
