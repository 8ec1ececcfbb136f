//! How a webhook's message is signed, as Standard Webhooks has it: HMAC-SHA-256 over id, timestamp and body.

use crate::error::DeskError;
use crate::secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// What every secret begins with.
const PREFIX: &str = "whsec_";

/// A new secret of 256 bits from the operating system.
pub(crate) fn fresh_secret() -> Result<String, DeskError> {
    Ok(format!("{PREFIX}{}", STANDARD.encode(secret::bytes::<32>()?)))
}

/// The value of `webhook-signature`: one signature for each secret, apart by spaces. `seconds` is the time of the attempt since 1970, as
/// `webhook-timestamp` has it.
pub(crate) fn signatures<'s>(
    secrets: impl IntoIterator<Item = &'s str>,
    id: &str,
    seconds: i64,
    body: &str,
) -> String {
    let sign = |secret: &str| {
        let key = STANDARD.decode(secret.trim_start_matches(PREFIX)).ok()?;
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&key).ok()?;
        mac.update(format!("{id}.{seconds}.{body}").as_bytes());
        Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    };
    secrets.into_iter().filter_map(sign).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those of the reference libraries: secret, id, seconds, body, signature.
    const VECTORS: [(&str, &str, i64, &str, &str); 2] = [
        (
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
        (
            "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            1_649_367_553,
            r#"{"email":"test@example.com","username":"test_user"}"#,
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
        ),
    ];

    #[test]
    fn signatures_are_those_of_the_reference_libraries() {
        for (secret, id, seconds, body, signature) in VECTORS {
            assert_eq!(signatures([secret], id, seconds, body), signature);
            let other = fresh_secret().unwrap();
            let both = signatures([other.as_str(), secret], id, seconds, body);
            assert!(both.ends_with(&format!(" {signature}")) && both.matches("v1,").count() == 2);
        }
    }

    #[test]
    fn every_secret_is_another_one() {
        let [one, other] = [(); 2].map(|()| fresh_secret().unwrap());
        assert!(one != other && one.starts_with(PREFIX));
        assert_eq!(STANDARD.decode(one.trim_start_matches(PREFIX)).unwrap().len(), 32);
    }
}
