//! Hosts: which belong together, and where a page's browser reaches Gigya.

use standin_model::Host;

/// Suffixes of two labels below which people register names; the private one is Qualifio's own.
const TWO_LABEL_SUFFIXES: &[&str] =
    &["qualifioapp.com", "co.uk", "org.uk", "com.au", "com.br", "com.tr", "co.nz", "co.jp", "co.za"];

/// The part of a host within which cookies can be shared.
pub fn registrable(host: &Host) -> String {
    let labels: Vec<&str> = host.as_str().split('.').collect();
    let suffix_labels = if TWO_LABEL_SUFFIXES.iter().any(|suffix| host.is_within(suffix)) { 2 } else { 1 };
    let kept = (suffix_labels + 1).min(labels.len());
    labels[labels.len() - kept..].join(".")
}

/// Gigya's own host of a data centre.
pub fn data_center_host(data_center: &str) -> String {
    let zone = if data_center == "cn1" { "sapcdm.cn" } else { "gigya.com" };
    format!("accounts.{data_center}.{zone}")
}

/// Where Gigya's script on a page of `host` sends its calls: below the page's own domain if there is a
/// Custom API Domain Prefix. Below `qualifioapp.com` nobody but Qualifio can make that name.
pub fn api_host(data_center: &str, prefix: Option<&str>, host: &Host) -> String {
    match prefix.map(str::trim).filter(|prefix| !prefix.is_empty()) {
        Some(prefix) => format!("{prefix}.{}", registrable(host)),
        None => data_center_host(data_center),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Host {
        text.parse().unwrap()
    }

    #[test]
    fn registrable_domains() {
        for (name, expected) in [
            ("jeux.brand.be", "brand.be"),
            ("a.b.brand.co.uk", "brand.co.uk"),
            ("brand.qualifioapp.com", "brand.qualifioapp.com"),
            ("x.brand.qualifioapp.com", "brand.qualifioapp.com"),
            ("qualifioapp.com", "qualifioapp.com"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(registrable(&host(name)), expected);
        }
    }

    #[test]
    fn where_gigya_is() {
        for (data_center, prefix, page, expected) in [
            ("eu1", None, "jeux.brand.be", "accounts.eu1.gigya.com"),
            ("cn1", None, "jeux.brand.be", "accounts.cn1.sapcdm.cn"),
            ("eu1", Some("login"), "jeux.brand.be", "login.brand.be"),
            ("eu1", Some("login"), "brand.qualifioapp.com", "login.brand.qualifioapp.com"),
            ("eu1", Some(" "), "jeux.brand.be", "accounts.eu1.gigya.com"),
        ] {
            assert_eq!(api_host(data_center, prefix, &host(page)), expected);
        }
    }
}
