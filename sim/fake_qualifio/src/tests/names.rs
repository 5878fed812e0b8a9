//! Names that operators, participants and tests share.

use crate::form::FormError;
use crate::problem::Problem;

#[test]
fn refusals_have_their_names() {
    let text = || "x".to_owned();
    for (problem, name, field) in [
        (Problem::Forbidden { role: "Observer", needed: "Admin" }, "Forbidden", None),
        (Problem::InvalidSecret, "InvalidSecret", Some("secret_key")),
        (Problem::MissingField(text()), "MissingField", Some("x")),
        (Problem::MissingRedirectParameter, "MissingRedirectParameter", Some("redirection_url")),
        (Problem::TrailingValueNotAllowed, "TrailingValueNotAllowed", Some("redirection_url")),
        (Problem::InvalidRedirectUrl("is odd"), "InvalidRedirectUrl", Some("redirection_url")),
        (Problem::InvalidConfig(text()), "InvalidConfig", Some("x")),
        (Problem::DomainForbidden { domain: text() }, "DomainForbidden", Some("x")),
        (Problem::UnsupportedVariable(text()), "UnsupportedVariable", Some("x")),
        (Problem::DuplicateVariable(text()), "DuplicateVariable", Some("x")),
        (Problem::AnonymousCampaign, "AnonymousCampaign", None),
    ] {
        assert_eq!((problem.name(), problem.field()), (name, field));
    }
}

#[test]
fn form_errors_have_their_names() {
    let names = [
        (FormError::Required, "Required"),
        (FormError::TooLong, "TooLong"),
        (FormError::InvalidDate, "InvalidDate"),
        (FormError::PartialDate, "PartialDate"),
        (FormError::InvalidPhone, "InvalidPhone"),
        (FormError::InvalidEmail, "InvalidEmail"),
        (FormError::MaskMismatch, "MaskMismatch"),
        (FormError::LimitReached, "LimitReached"),
    ];
    assert!(names.iter().all(|(error, name)| error.name() == *name));
}
