//! `socialize.exchangeUIDSignature`: the older name of [`accounts`](crate::accounts::exchange_uid_signature).

use crate::accounts::exchange_uid_signature;
use crate::endpoints::Endpoint;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "socialize.exchangeUIDSignature",
    evidence: Evidence::documented("socialize.exchangeUIDSignature REST", "both_names_exchange_alike"),
    ..exchange_uid_signature::ENDPOINT
};

#[cfg(test)]
mod tests {
    use crate::DEFAULT_PARTNER_SECRET;
    use crate::signature::uid_signature;
    use crate::testing::*;
    use standin_ports::Secret;

    #[test]
    fn both_names_exchange_alike() {
        let mut bench = Bench::new();
        let signature = uid_signature(&Secret::new(DEFAULT_PARTNER_SECRET), "ann", bench.now);
        let stamp = bench.now.seconds().to_string();
        let params =
            [("UID", "ann"), ("UIDSignature", signature.as_str()), ("signatureTimestamp", stamp.as_str())];
        let one = bench.call("accounts.exchangeUIDSignature", &params);
        let other = bench.call("exchangeUIDSignature", &params);
        assert_eq!(other["errorCode"], 0);
        assert_eq!(one["UIDSignature"], other["UIDSignature"]);
    }
}
