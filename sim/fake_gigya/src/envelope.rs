//! What surrounds every answer, and the table of error codes.

use serde::Serialize;
use serde_json::{Map, Value, json};
use standin_model::Instant;

/// Members of a JSON object, in the order in which they were put in.
pub(crate) type Object = Map<String, Value>;

/// What a method answers: members beside the envelope, or a refusal.
pub(crate) type Reply = Result<Object, Refusal>;

/// One entry of `validationErrors`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Problem {
    pub(crate) code: u32,
    pub(crate) message: String,
    pub(crate) field: String,
}

impl Problem {
    pub(crate) fn new(code: u32, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), field: field.into() }
    }
}

/// An answer with an error code. Some of them carry useful members (206001: `regToken`).
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Refusal {
    pub(crate) code: u32,
    pub(crate) details: String,
    pub(crate) problems: Vec<Problem>,
    /// Boxed, since refusals travel in every result.
    pub(crate) body: Box<Object>,
}

impl Refusal {
    /// A code whose details repeat its message.
    pub(crate) fn new(code: u32) -> Self {
        Self::because(code, message(code))
    }

    pub(crate) fn because(code: u32, details: impl Into<String>) -> Self {
        Self { code, details: details.into(), problems: Vec::new(), body: Box::default() }
    }

    /// The administrative namespaces put a blank before the colon.
    pub(crate) fn missing(method: &str, parameter: &str) -> Self {
        let spaced = method.starts_with("admin.") || method.starts_with("idx.");
        let blank = if spaced { " " } else { "" };
        Self::because(400_002, format!("Missing required parameter{blank}: {parameter}"))
    }

    /// Fields that do not validate. A problem of the schema makes the call's code 400020, else it is 400009.
    pub(crate) fn invalid(problems: Vec<Problem>) -> Self {
        let schema = problems.iter().any(|problem| (400_022..=400_029).contains(&problem.code));
        let (code, details) = match schema {
            true => (400_020, "Schema validation failed"),
            false => (400_009, "Validation failed"),
        };
        Self { problems, ..Self::because(code, details) }
    }

    pub(crate) fn with(mut self, members: Object) -> Self {
        self.body.extend(members);
        self
    }
}

type Write = Box<dyn FnOnce(&mut Writer) + Send>;

/// Members of an answer that somebody writes once the platform is no longer held.
#[derive(Default)]
pub(crate) struct Later(Vec<Write>);

impl Later {
    pub(crate) fn write(&mut self, members: impl FnOnce(&mut Writer) + Send + 'static) {
        self.0.push(Box::new(members));
    }
}

/// They belong to one call, which has one answer.
impl Clone for Later {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl std::fmt::Debug for Later {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Later").field(&self.0.len()).finish()
    }
}

/// The whole answer as JSON text: the envelope, then what is written later, then the members of `reply`. A few
/// old methods do not tell the code of success.
pub(crate) fn wrap(
    now: Instant,
    call_id: &str,
    context: Option<&str>,
    later: Later,
    reply: &Reply,
    code_is_told: bool,
) -> Vec<u8> {
    let mut out = Writer(Vec::with_capacity(TYPICAL));
    out.0.push(b'{');
    out.member("callId", &call_id);
    let (code, body) = match reply {
        Ok(body) => {
            if code_is_told {
                out.member("errorCode", &0);
            }
            (0, body)
        }
        Err(refusal) => {
            out.member("errorCode", &refusal.code);
            out.member("errorDetails", &refusal.details);
            out.member("errorMessage", &message(refusal.code));
            if !refusal.problems.is_empty() {
                let problems: Value = refusal.problems.iter().map(problem_json).collect();
                out.member("validationErrors", &problems);
            }
            (refusal.code, &*refusal.body)
        }
    };
    out.member("apiVersion", &2);
    out.member("statusCode", &status(code));
    out.member("statusReason", &reason(status(code)));
    out.member("time", &format_args!("{now}"));
    if let Some(context) = context {
        out.member("context", &context);
    }
    for write in later.0 {
        write(&mut out);
    }
    for (name, value) in body {
        out.member(name, value);
    }
    out.0.push(b'}');
    out.0
}

/// About as many bytes as an account takes in an answer.
pub(crate) const TYPICAL: usize = 2048;

/// Writes members of an object, one after the other; what begins in the middle of one begins with a comma.
#[derive(Default)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    pub(crate) fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        self.name(name);
        self.value(value);
    }

    /// The name of a member whose value somebody else writes behind it.
    pub(crate) fn name(&mut self, name: &str) {
        if self.0.last() != Some(&b'{') {
            self.0.push(b',');
        }
        self.value(name);
        self.0.push(b':');
    }

    /// Texts, numbers and JSON always have a JSON text, and a list of bytes takes it.
    pub(crate) fn value<T: Serialize + ?Sized>(&mut self, value: &T) {
        let written = serde_json::to_writer(&mut self.0, value);
        debug_assert!(written.is_ok());
    }
}

fn problem_json(problem: &Problem) -> Value {
    json!({"errorCode": problem.code, "message": problem.message, "fieldName": problem.field})
}

/// The `statusCode` of an error code.
pub(crate) fn status(code: u32) -> u16 {
    match code {
        0 => 200,
        _ => u16::try_from(code / 1000).unwrap_or(500),
    }
}

/// The phrase of a status.
pub(crate) fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        200 => "OK",
        206 => "Partial Content",
        301 => "Moved Permanently",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        410 => "Gone",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Long",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Internal Server Error",
    }
}

/// The `errorMessage` of a code.
pub(crate) fn message(code: u32) -> &'static str {
    ERRORS.iter().find(|(known, _)| *known == code).map_or("General Server Error", |(_, text)| text)
}

/// Codes and their messages, in the order of the codes.
pub(crate) const ERRORS: &[(u32, &str)] = &[
    (100_001, "Data pending"),
    (200_001, "Operation canceled"),
    (200_008, "OK with errors"),
    (200_009, "Accounts linked"),
    (200_010, "OK with error: login identifier exists"),
    (206_001, "Account Pending Registration"),
    (206_002, "Account Pending Verification"),
    (206_003, "Account Missing LoginID"),
    (206_004, "Identity already assigned"),
    (206_005, "Success after email verification"),
    (206_006, "Account Pending Code Verification"),
    (301_001, "Invalid data center"),
    (400_001, "Invalid request format"),
    (400_002, "Missing required parameter"),
    (400_003, "Unique identifier exists"),
    (400_004, "Invalid parameter format"),
    (400_006, "Invalid parameter value"),
    (400_007, "Duplicate value"),
    (400_008, "Invalid authentication header"),
    (400_009, "Validation error"),
    (400_011, "Invalid redirect URI"),
    (400_012, "Invalid response type"),
    (400_013, "Unsupported grant type"),
    (400_014, "Invalid grant"),
    (400_015, "Code expired"),
    (400_020, "Schema validation failed"),
    (400_021, "CAPTCHA verification failed"),
    (400_022, "Unique index validation failed"),
    (400_023, "Invalid type"),
    (400_024, "Dynamic fields are not allowed"),
    (400_025, "Write access validation failed"),
    (400_026, "Invalid format"),
    (400_027, "Required value is missing"),
    (400_028, "Email not verified"),
    (400_029, "Schema conflict"),
    (400_030, "Operation not allowed"),
    (400_050, "Security verification failed"),
    (400_093, "Invalid ApiKey parameter"),
    (400_096, "Not supported"),
    (400_097, "Browser insecure"),
    (400_100, "No providers"),
    (400_103, "Invalid container id"),
    (400_106, "Not connected"),
    (400_120, "Invalid site domain"),
    (400_122, "Provider configuration error"),
    (400_124, "Limit reached"),
    (400_125, "Frequency limit reached"),
    (400_126, "Invalid action"),
    (400_127, "Insufficient points"),
    (400_128, "Signature timestamp expired"),
    (400_130, "FIDO error"),
    (400_131, "FIDO error"),
    (400_301, "FIDO operation failed"),
    (400_302, "Extension error"),
    (400_303, "Custom extension error"),
    (401_000, "Invalid policy configuration"),
    (401_001, "Media items not supported"),
    (401_010, "Suspected spam"),
    (401_020, "CAPTCHA required"),
    (401_021, "Wrong CAPTCHA"),
    (401_023, "Request failed CAPTCHA requirement"),
    (401_030, "Old password used"),
    (403_000, "Forbidden"),
    (403_001, "Invalid session token"),
    (403_002, "Request has expired"),
    (403_003, "Invalid request signature"),
    (403_004, "Duplicate nonce"),
    (403_005, "Unauthorized user"),
    (403_006, "Secret sent over http"),
    (403_007, "Permission denied"),
    (403_008, "Invalid OpenID URL"),
    (403_009, "Provider session expired"),
    (403_010, "Invalid Secret"),
    (403_011, "Session has expired"),
    (403_012, "No valid session"),
    (403_013, "Unverified user"),
    (403_015, "Missing referrer"),
    (403_017, "Unexpected provider user"),
    (403_022, "Permission not requested"),
    (403_023, "No user permission"),
    (403_024, "Provider limit reached"),
    (403_025, "Invalid token"),
    (403_026, "Unauthorized access"),
    (403_027, "Different user on re-authentication"),
    (403_030, "Session expired, retry"),
    (403_031, "Approved by moderator"),
    (403_032, "Token renewed"),
    (403_035, "No user cookie"),
    (403_036, "Unauthorized partner"),
    (403_037, "Post denied"),
    (403_040, "No login ticket"),
    (403_041, "Account Disabled"),
    (403_042, "Invalid LoginID"),
    (403_043, "Login identifier exists"),
    (403_044, "Underage user"),
    (403_045, "Invalid site configuration"),
    (403_047, "LoginID does not exist"),
    (403_048, "Api rate limit exceeded"),
    (403_100, "Pending password change"),
    (403_101, "Account Pending TFA Verification"),
    (403_102, "Account Pending TFA Registration"),
    (403_110, "Account Pending Recent Login"),
    (403_120, "Account temporarily locked out"),
    (403_200, "Redundant Operation"),
    (403_201, "Invalid application id"),
    (403_300, "Authentication method disabled"),
    (404_000, "Not found"),
    (404_001, "Friend not found"),
    (404_002, "Category not found"),
    (404_003, "UID not found"),
    (404_004, "Resource not found"),
    (405_001, "Invalid API method"),
    (409_001, "Identity exists"),
    (409_003, "Login identifier exists, link required"),
    (409_010, "Missing user photo"),
    (409_011, "Counter not registered"),
    (409_012, "Invalid gmid ticket"),
    (409_013, "SAML attribute problem"),
    (409_014, "SAML attribute problem"),
    (409_015, "SAML certificate problem"),
    (409_030, "Too many requests for same user"),
    (410_000, "Gone"),
    (413_001, "Entity too large"),
    (413_002, "Comment too large"),
    (413_003, "Object too large"),
    (413_004, "Profile photo too large"),
    (414_000, "Request URI too long"),
    (500_000, "General security warning"),
    (500_001, "General Server Error"),
    (500_002, "Server login error"),
    (500_003, "Default application configuration error"),
    (500_014, "Session migration error"),
    (500_023, "Provider error"),
    (500_026, "Network error"),
    (500_028, "Database error"),
    (500_031, "No provider application"),
    (500_032, "Load failed"),
    (500_033, "Bad environment configuration"),
    (500_034, "Back-end operation failed"),
    (500_131, "Passkey server error"),
    (503_001, "Service unavailable for this operation"),
    (504_001, "Timeout"),
    (504_002, "Request timeout"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_ascend() {
        assert!(ERRORS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn status_is_the_code_divided() {
        for (code, expected) in
            [(0, 200), (206_001, 206), (301_001, 301), (403_042, 403), (504_001, 504), (200_010, 200)]
        {
            assert_eq!(status(code), expected);
        }
        assert_eq!(reason(status(206_001)), "Partial Content");
    }
}
