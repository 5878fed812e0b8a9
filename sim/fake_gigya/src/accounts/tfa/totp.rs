//! `accounts.tfa.totp.*`: codes of an authenticator application.

use crate::accounts::tfa::{ASSERTION_LASTS, Mode, Provider, asserted_by, factors, proven};
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::tickets::{Purpose, Ticket};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use standin_model::{Evidence, Instant};

pub(crate) const REGISTER: Endpoint = Endpoint {
    name: "accounts.tfa.totp.register",
    summary: "Gives the picture that an authenticator application reads.",
    evidence: Evidence::documented("accounts.tfa.totp.register REST", "an_application_is_the_second_factor"),
    access: Access::Public,
    params: &["gigyaAssertion"],
    server_params: &[],
    run: register,
};

pub(crate) const VERIFY: Endpoint = Endpoint {
    name: "accounts.tfa.totp.verify",
    summary: "Takes the code that an authenticator application shows, and gives the second assertion.",
    evidence: Evidence::documented("accounts.tfa.totp.verify REST", "an_application_is_the_second_factor"),
    access: Access::Public,
    params: &["gigyaAssertion", "code", "sctToken"],
    server_params: &[],
    run: verify,
};

fn register(gigya: &mut Gigya, call: &Call) -> Reply {
    let (ticket, mode) = asserted_by(gigya, call, Provider::Totp)?;
    if mode != Mode::Register {
        return Err(Refusal::because(400_006, "gigyaAssertion is not for a registration"));
    }
    let account = gigya.account_of(&call.site.api_key, &ticket.uid)?;
    let secret = gigya.ids.base32(32);
    let who = account.email().unwrap_or(&account.uid);
    let issuer = &call.site.base_domain;
    let label = percent_encoding::utf8_percent_encode(who, percent_encoding::NON_ALPHANUMERIC);
    let uri = format!("otpauth://totp/{issuer}:{label}?secret={secret}&issuer={issuer}");
    let token = format!("SC1_{}", gigya.ids.token(48));
    let shared = Ticket { purpose: Purpose::TotpSecret, code: Some(secret), ..ticket };
    gigya.tickets.issue(call.now.plus(ASSERTION_LASTS), token.clone(), shared);
    Ok(Object::from_iter([("qrCode".into(), picture(&uri)?.into()), ("sctToken".into(), token.into())]))
}

/// A picture as a data address. The platform sends PNG; SVG shows the same squares without an image library.
fn picture(uri: &str) -> Result<String, Refusal> {
    let code = qrcode::QrCode::new(uri).map_err(|_| Refusal::new(500_001))?;
    let svg = code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(200, 200).build();
    Ok(format!("data:image/svg+xml;base64,{}", STANDARD.encode(svg)))
}

fn verify(gigya: &mut Gigya, call: &Call) -> Reply {
    let (ticket, mode) = asserted_by(gigya, call, Provider::Totp)?;
    let code = call.need("code")?;
    let secret = match mode {
        Mode::Verify => {
            let account = gigya.account_of(&call.site.api_key, &ticket.uid)?;
            factors(&account).totp
        }
        Mode::Register => {
            let shared =
                gigya.tickets.find(call.now, call.site.home(), &Purpose::TotpSecret, call.need("sctToken")?);
            shared.filter(|it| it.uid == ticket.uid).and_then(|it| it.code.clone())
        }
    };
    let secret = secret.ok_or_else(|| Refusal::because(403_025, "Invalid sctToken"))?;
    if !is_right(&secret, code, call.now) {
        return Err(Refusal::because(400_006, "Wrong verification code"));
    }
    let assertion = proven(gigya, call, &ticket.uid, Provider::Totp, secret);
    Ok(Object::from_iter([("providerAssertion".into(), assertion.into())]))
}

/// Whether an application with this secret shows `code` now, or did or will within half a minute.
fn is_right(secret: &str, code: &str, now: Instant) -> bool {
    let step = now.seconds() / 30;
    (step - 1..=step + 1).any(|step| at_step(secret, step).as_deref() == Some(code))
}

/// The six digits of one half minute.
pub(crate) fn at_step(secret: &str, step: i64) -> Option<String> {
    let key = base32(secret)?;
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).ok()?;
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[19] & 0x0f);
    let word = u32::from_be_bytes(digest[at..at + 4].try_into().ok()?) & 0x7fff_ffff;
    Some(format!("{:06}", word % 1_000_000))
}

fn base32(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut bits, mut have) = (Vec::new(), 0_u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let value = match byte.to_ascii_uppercase() {
            letter @ b'A'..=b'Z' => letter - b'A',
            digit @ b'2'..=b'7' => digit - b'2' + 26,
            _ => return None,
        };
        bits = (bits << 5) | u32::from(value);
        have += 5;
        if have >= 8 {
            have -= 8;
            out.push((bits >> have) as u8);
            bits &= (1 << have) - 1;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The samples of RFC 6238, of which the last six digits are shown here.
    #[test]
    fn codes_of_the_rfc() {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        assert_eq!(base32(secret).unwrap(), b"12345678901234567890");
        for (seconds, expected) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(at_step(secret, seconds / 30).unwrap(), expected);
        }
        let now = Instant::from_seconds(59);
        assert!(is_right(secret, "287082", now.plus(std::time::Duration::from_secs(30))));
        assert!(!is_right(secret, "287082", now.plus(std::time::Duration::from_secs(61))));
    }
}
