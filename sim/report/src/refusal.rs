//! How a platform says no in an answer whose status says nothing.

/// The code in a body by which Gigya refuses; none where it did what was asked.
pub fn error_code(body: &str) -> Option<u64> {
    let (_, rest) = body.split_once("\"errorCode\":")?;
    let digits = rest.trim_start();
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok().filter(|code| *code != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found() {
        for (body, expected) in [
            (r#"{"errorCode":0}"#, None),
            (r#"{"callId":"a","errorCode": 403042,"statusCode":403}"#, Some(403_042)),
            (r#"{"errorCode":"#, None),
            ("[]", None),
            ("", None),
        ] {
            assert_eq!(error_code(body), expected, "{body}");
        }
    }
}
