//! Hashes: what proves that nothing was changed, and what stands for things that must not be told.

use ring::{digest, hmac};

/// SHA-256 of the parts, one after the other.
pub(crate) fn sha256<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    // One after the other they would be copied by the byte to fill up blocks.
    let text: Vec<&[u8]> = parts.into_iter().collect();
    whole(digest::digest(&digest::SHA256, &text.concat()).as_ref())
}

/// The length of a part as it stands before the part, so that no two lists of parts read alike.
pub(crate) fn length(part: &[u8]) -> [u8; 8] {
    u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes()
}

/// The key of a keyed hash, ready for use.
#[derive(Clone)]
pub(crate) struct MarkKey(hmac::Key);

impl MarkKey {
    pub(crate) fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// HMAC-SHA-256 of the parts, each with its length.
    pub(crate) fn of(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = hmac::Context::with_key(&self.0);
        for part in parts {
            mac.update(&length(part));
            mac.update(part);
        }
        whole(mac.sign().as_ref())
    }
}

/// Both are 32 bytes long.
fn whole(hash: &[u8]) -> [u8; 32] {
    hash.try_into().unwrap_or_default()
}

/// The first half of a hash, where 128 bits are enough.
pub(crate) fn half(hash: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    half
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
        }
        text
    })
}

pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text.chars().map(|digit| digit.to_digit(16)).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| u8::try_from(high * 16 + low).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is stored was hashed by other programs of this kind, too: the published examples of FIPS 180-4 and RFC 4231, and the spelling
    /// of a length.
    #[test]
    fn hashes_are_those_of_the_standards() {
        assert_eq!(
            hex(&sha256([b"a".as_slice(), b"bc"])),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        let key = MarkKey(hmac::Key::new(hmac::HMAC_SHA256, b"Jefe"));
        let mut mac = hmac::Context::with_key(&key.0);
        mac.update(b"what do ya want for nothing?");
        assert_eq!(
            hex(mac.sign().as_ref()),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        let mut parts = hmac::Context::with_key(&key.0);
        [&length(b"ab")[..], b"ab", &[0; 8]].iter().for_each(|part| parts.update(part));
        assert_eq!(key.of(&[b"ab", b""]), whole(parts.sign().as_ref()));
        assert_eq!(unhex(&hex(&[0, 1, 254, 255])).as_deref(), Some(&[0, 1, 254, 255][..]));
        assert_eq!(unhex("0g"), None);
    }
}
