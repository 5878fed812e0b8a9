//! Named refusals and warnings.

use serde_json::{Value, json};
use standin_fake_kit::SeedError;
use std::fmt;

/// Why something was not accepted from an operator.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Problem {
    /// Nobody known stands behind the request.
    #[error("no operator is logged in with this token")]
    Unauthorized,
    /// Somebody else's page made an operator's browser call.
    #[error("this call comes from a page of {0}")]
    ForeignOrigin(String),
    /// The operator's role does not allow it.
    #[error("the role {role} may not do this; it takes {needed}")]
    Forbidden {
        /// The operator's role.
        role: &'static str,
        /// The roles that may.
        needed: &'static str,
    },
    /// Nothing is there.
    #[error("there is no {0}")]
    NotFound(String),
    /// The body is not what this call takes.
    #[error("{message}")]
    Malformed {
        /// Where in the body.
        field: String,
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// A mandatory value is missing.
    #[error("`{0}` is missing")]
    MissingField(String),
    /// A value does not fit.
    #[error("`{field}` {why}")]
    InvalidField {
        /// Which.
        field: &'static str,
        /// Why.
        why: &'static str,
    },
    /// The secret key is not Base64.
    #[error("the secret key is not valid Base64")]
    InvalidSecret,
    /// The redirection URL does not end in a parameter.
    #[error("the redirection URL does not end in a parameter such as `?redirect=`")]
    MissingRedirectParameter,
    /// Something follows the redirection URL's last parameter.
    #[error("the redirection URL has something behind `=`; the destination is added there")]
    TrailingValueNotAllowed,
    /// The redirection URL is no usable address.
    #[error("the redirection URL {0}")]
    InvalidRedirectUrl(&'static str),
    /// A website has no usable configuration.
    #[error("the Gigya configuration of site `{0}` is incomplete")]
    InvalidConfig(String),
    /// The domain cannot be used together with Gigya's Custom API Domain Prefix.
    #[error("domain {domain} cannot be used while a Custom API Domain Prefix is enabled in Gigya")]
    DomainForbidden {
        /// The domain.
        domain: String,
    },
    /// The domain is a platform's own: nobody can point it at a campaign.
    #[error("domain {0} is kept for the platforms, and no campaign can be published there")]
    DomainReserved(String),
    /// The variable cannot be in the mapping to Gigya.
    #[error("variable `{0}` cannot be mapped to Gigya")]
    UnsupportedVariable(String),
    /// The variable is in the mapping already.
    #[error("variable `{0}` is mapped already")]
    AlreadyMapped(String),
    /// Two fields of a form have the same variable.
    #[error("variable `{0}` is in the form twice")]
    DuplicateVariable(String),
    /// An anonymous campaign has no form step.
    #[error("an anonymous campaign has no form step and so no single sign-on")]
    AnonymousCampaign,
    /// The Gigya subscription lacks single sign-on.
    #[error("the Gigya subscription does not include single sign-on")]
    SsoNotInSubscription,
    /// The rows do not fit into a workbook.
    #[error("the workbook cannot be written: {0}")]
    NotExported(String),
    /// A bound of the fake is reached.
    #[error("no more than {0}")]
    Full(&'static str),
}

impl Problem {
    /// The name that an error carries.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unauthorized => "Unauthorized",
            Self::Forbidden { .. } | Self::ForeignOrigin(_) => "Forbidden",
            Self::NotFound(_) => "NotFound",
            Self::Malformed { .. } => "Malformed",
            Self::MissingField(_) => "MissingField",
            Self::InvalidField { .. } => "InvalidField",
            Self::InvalidSecret => "InvalidSecret",
            Self::MissingRedirectParameter => "MissingRedirectParameter",
            Self::TrailingValueNotAllowed => "TrailingValueNotAllowed",
            Self::InvalidRedirectUrl(_) => "InvalidRedirectUrl",
            Self::InvalidConfig(_) => "InvalidConfig",
            Self::DomainForbidden { .. } | Self::DomainReserved(_) => "DomainForbidden",
            Self::UnsupportedVariable(_) => "UnsupportedVariable",
            Self::AlreadyMapped(_) => "AlreadyMapped",
            Self::DuplicateVariable(_) => "DuplicateVariable",
            Self::AnonymousCampaign => "AnonymousCampaign",
            Self::SsoNotInSubscription => "SsoNotInSubscription",
            Self::NotExported(_) => "NotExported",
            Self::Full(_) => "Full",
        }
    }

    /// The HTTP status that an error carries.
    pub fn status(&self) -> u16 {
        match self {
            Self::Unauthorized => 401,
            Self::Forbidden { .. } | Self::ForeignOrigin(_) => 403,
            Self::NotFound(_) => 404,
            Self::Malformed { .. } => 400,
            Self::Full(_) => 503,
            _ => 422,
        }
    }

    /// The member, site, domain or variable that it is about.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Malformed { field, .. } if !field.is_empty() => Some(field),
            Self::MissingField(field)
            | Self::InvalidConfig(field)
            | Self::UnsupportedVariable(field)
            | Self::AlreadyMapped(field)
            | Self::DuplicateVariable(field) => Some(field),
            Self::InvalidField { field, .. } => Some(field),
            Self::DomainForbidden { domain } | Self::DomainReserved(domain) => Some(domain),
            Self::InvalidSecret => Some("secret_key"),
            Self::MissingRedirectParameter | Self::TrailingValueNotAllowed | Self::InvalidRedirectUrl(_) => {
                Some("redirection_url")
            }
            _ => None,
        }
    }

    /// The error as the API writes it.
    pub fn to_json(&self) -> Value {
        let mut error = json!({"name": self.name()});
        if let Some(field) = self.field() {
            error["field"] = field.into();
        }
        error["message"] = match self {
            Self::Malformed { message, hint: Some(hint), .. } => format!("{message}; {hint}").into(),
            problem => problem.to_string().into(),
        };
        json!({"error": error})
    }
}

impl From<SeedError> for Problem {
    fn from(error: SeedError) -> Self {
        Self::Malformed { field: error.path, message: error.message, hint: error.hint }
    }
}

/// Something that is accepted with advice.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Warning {
    /// Its name, `ScreenSetOnMobile`.
    pub name: String,
    /// What it is about.
    pub subject: Option<String>,
}

impl Warning {
    /// A warning about nothing in particular.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), subject: None }
    }

    /// A warning about a field or host.
    pub fn about(name: &str, subject: impl Into<String>) -> Self {
        Self { name: name.to_owned(), subject: Some(subject.into()) }
    }

    /// The warning as the API writes it.
    pub fn to_json(&self) -> Value {
        match &self.subject {
            Some(subject) => json!({"name": self.name, "field": subject}),
            None => json!({"name": self.name}),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.subject {
            Some(subject) => write!(f, "{}({subject})", self.name),
            None => f.write_str(&self.name),
        }
    }
}
