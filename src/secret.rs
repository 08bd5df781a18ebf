//! Keys, tokens and what is done with them: one place for randomness, hashing and encryption.
//!
//! Everything is ring, which TLS brings in anyway: AES-256-GCM at rest, HMAC-SHA-256 for tokens.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
};
use sha2::{Digest, Sha256};
use std::fmt;

/// `N` bytes from the operating system.
///
/// # Panics
/// When the operating system has no randomness to give: nothing safe can be done after that.
#[expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "the one source of randomness; without it nothing is safe"
)]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A token that cannot be guessed: 256 bits as 43 characters that are safe in URLs and cookies.
pub fn token() -> String {
    URL_SAFE_NO_PAD.encode(random::<32>())
}

/// A random UUID, version 4 (RFC 9562, section 5.4).
pub fn uuid() -> String {
    let mut bytes = random::<16>();
    let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
    *version = (*version & 0x0f) | 0x40;
    *variant = (*variant & 0x3f) | 0x80;
    let text = hex::encode(bytes);
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// What the log holds in place of something that does not belong into it: 128 bits of its SHA-256, in hexadecimal. Only of
/// what cannot be guessed: hashes with a salt, ciphertexts, texts with a random salt.
pub fn fingerprint(bytes: &[u8]) -> String {
    hex::encode(sha256(bytes).get(..16).unwrap_or_default())
}

/// The fingerprint of many texts in a row, which are not held in memory together.
#[derive(Clone, Debug, Default)]
pub struct Running(Sha256);

impl Running {
    pub fn push(&mut self, text: &str) {
        self.0.update(text.as_bytes());
        self.0.update(b"\n");
    }

    pub fn fingerprint(self) -> String {
        hex::encode(self.0.finalize().get(..16).unwrap_or_default())
    }
}

/// The field under which a change notes the fingerprint of a text that is kept elsewhere, with a salt.
pub const SALTED: &str = "text_sha256";

/// 128 random bits in hexadecimal, to keep beside a text whose fingerprint goes into the log.
pub fn salt() -> String {
    hex::encode(random::<16>())
}

/// The fingerprint of a text with its salt.
pub fn salted(salt: &str, text: &str) -> String {
    fingerprint(format!("{salt} {text}").as_bytes())
}

/// Whether these bytes are evidently not random: they are all the same, or count up.
pub fn is_pattern(bytes: &[u8]) -> bool {
    let first = bytes.first().copied().unwrap_or_default();
    bytes.iter().all(|byte| *byte == first)
        || bytes.windows(2).all(|pair| matches!(pair, [a, b] if b.wrapping_sub(*a) == 1))
}

/// The installation's secret key, and the keys derived from it, one for each use.
///
/// While the key is rotated it brings the former one along: what is made is made with the key itself, and what was made with the former one
/// is still read.
#[derive(Clone)]
pub struct SecretKey {
    own: [u8; 32],
    former: Option<[u8; 32]>,
}

/// What a derived key is for. The label is part of the derivation, so one use can never replace another.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// Encrypting authenticator secrets.
    Authenticators,
    /// Hashing recovery codes and throttle keys.
    Lookup,
    /// Secrets of authenticators that are being set up, before anything is stored.
    Enrolment,
    /// Tokens in forms: which session they are of.
    Forgery,
    /// Tokens in forms: that this console made them, and for which person.
    Issue,
    /// The name of a draft in a cookie.
    Page,
    /// Encrypting what was typed into forms of ended sessions.
    Drafts,
    /// Signing the session cookie.
    Cookie,
    /// Tokens of jobs that report.
    Reports,
    /// Recognising the key itself.
    Check,
    /// Encrypting what is kept of former keys.
    Former,
    /// Encrypting the addresses at which people are reached.
    Ways,
    /// Codes that prove such an address.
    WayCodes,
    /// Fingerprints of configuration files.
    Configuration,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Authenticators => b"ingam/1/authenticators",
            Self::Lookup => b"ingam/1/lookup",
            Self::Enrolment => b"ingam/1/enrolment",
            Self::Forgery => b"ingam/1/forgery",
            Self::Issue => b"ingam/1/issue",
            Self::Page => b"ingam/1/page",
            Self::Drafts => b"ingam/1/drafts",
            Self::Cookie => b"ingam/1/cookie",
            Self::Reports => b"ingam/1/reports",
            Self::Check => b"ingam/1/check",
            Self::Former => b"ingam/1/former",
            Self::Ways => b"ingam/1/ways",
            Self::WayCodes => b"ingam/1/way-codes",
            Self::Configuration => b"ingam/1/configuration",
        }
    }
}

impl SecretKey {
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self { own: bytes, former: None }
    }

    /// The same key, which also reads what was made with `former`.
    #[must_use]
    pub fn with_former(&self, former: &Self) -> Self {
        Self { own: self.own, former: Some(former.own).filter(|former| *former != self.own) }
    }

    /// The former key, where there is one.
    pub fn former(&self) -> Option<Self> {
        self.former.map(Self::new)
    }

    /// The key itself, which reads nothing of a former one.
    #[must_use]
    pub fn alone(&self) -> Self {
        Self::new(self.own)
    }

    /// The key itself, and then the former one.
    pub(crate) fn each(&self) -> impl Iterator<Item = Self> {
        std::iter::once(self.alone()).chain(self.former())
    }

    /// Parses 64 hexadecimal digits, or 43–44 characters of base64.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let bytes = match text.len() {
            64 => hex::decode(text).ok()?,
            43 => URL_SAFE_NO_PAD.decode(text.replace('+', "-").replace('/', "_")).ok()?,
            44 => URL_SAFE_NO_PAD.decode(text.trim_end_matches('=').replace('+', "-").replace('/', "_")).ok()?,
            _ => return None,
        };
        Some(Self::new(bytes.try_into().ok()?))
    }

    /// Every text that [`parse`](Self::parse) reads as this key or the former one, but for digits of mixed case.
    pub fn spellings(&self) -> Vec<String> {
        let of = |key: Self| {
            let (padded, safe) = (STANDARD.encode(key.own), URL_SAFE_NO_PAD.encode(key.own));
            let open = padded.trim_end_matches('=').to_owned();
            [hex::encode(key.own), hex::encode_upper(key.own), padded, open, format!("{safe}="), safe]
        };
        self.each().flat_map(of).collect()
    }

    /// Keys from documentation, or that are no keys at all.
    pub fn is_sample(&self) -> bool {
        is_pattern(&self.own)
    }

    /// HMAC-SHA-256 under the key for `purpose`.
    pub fn mac(&self, purpose: Purpose, data: &[u8]) -> [u8; 32] {
        hmac_sha256(&self.derive(purpose), data)
    }

    /// A 512-bit key for the cookie jar, which asks for that much.
    pub fn cookie_key(&self) -> [u8; 64] {
        let mut key = [0; 64];
        let (left, right) = key.split_at_mut(32);
        left.copy_from_slice(&self.mac(Purpose::Cookie, b"left"));
        right.copy_from_slice(&self.mac(Purpose::Cookie, b"right"));
        key
    }

    /// Encrypts `plain` so that it opens only with the same `context` (whose secret it is).
    ///
    /// # Panics
    /// Never: AES-256-GCM takes any key of 32 bytes and any text shorter than 64 GiB.
    pub fn seal(&self, context: &str, plain: &[u8]) -> Vec<u8> {
        self.seal_as(Purpose::Authenticators, context, plain)
    }

    /// The same under the key for `purpose`.
    #[expect(clippy::expect_used, reason = "a failure here must never hand out the plain text")]
    pub(crate) fn seal_as(&self, purpose: Purpose, context: &str, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = random();
        let mut sealed = plain.to_vec();
        self.aead(purpose)
            .and_then(|key| {
                let nonce = Nonce::assume_unique_for_key(nonce);
                key.seal_in_place_append_tag(nonce, Aad::from(context.as_bytes()), &mut sealed).ok()
            })
            .expect("AES-256-GCM takes any text shorter than 64 GiB");
        [&nonce[..], &sealed].concat()
    }

    /// What [`seal`](Self::seal) encrypted, or nothing where key, context or bytes do not fit.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        self.open_as(Purpose::Authenticators, context, sealed)
    }

    /// The same of what [`seal_as`](Self::seal_as) encrypted.
    pub(crate) fn open_as(&self, purpose: Purpose, context: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        self.each().find_map(|key| key.open_alone(purpose, context, sealed))
    }

    fn open_alone(&self, purpose: Purpose, context: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let mut buffer = sealed.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = self.aead(purpose)?.open_in_place(nonce, Aad::from(context.as_bytes()), &mut buffer).ok()?;
        Some(plain.to_vec())
    }

    fn aead(&self, purpose: Purpose) -> Option<LessSafeKey> {
        UnboundKey::new(&AES_256_GCM, &self.derive(purpose)).ok().map(LessSafeKey::new)
    }

    /// HMAC as a key derivation function with the purpose as label (NIST SP 800-108, one block).
    pub(crate) fn derive(&self, purpose: Purpose) -> [u8; 32] {
        hmac_sha256(&self.own, purpose.label())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

pub(crate) fn hmac_sha256(key: &[u8], data: &[u8]) -> [u8; 32] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data);
    let mut bytes = [0; 32];
    bytes.copy_from_slice(tag.as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_with_its_key_and_its_context() {
        let key = SecretKey::new(random());
        let sealed = key.seal("staff/1", b"seed");
        assert_eq!(key.open("staff/1", &sealed).as_deref(), Some(&b"seed"[..]));
        assert_eq!(key.open("staff/2", &sealed), None);
        assert_eq!(SecretKey::new(random()).open("staff/1", &sealed), None);
        assert_eq!(key.open("staff/1", &sealed[..5]), None);
        assert_ne!(sealed, key.seal("staff/1", b"seed"), "every sealing has its own nonce");
    }

    #[test]
    fn a_key_with_a_former_one_reads_both_and_writes_with_itself() {
        let (former, new) = (SecretKey::new(random()), SecretKey::new(random()));
        let both = new.with_former(&former);
        assert_eq!(both.open("a", &former.seal("a", b"x")).as_deref(), Some(&b"x"[..]));
        assert_eq!(both.open("a", &new.seal("a", b"x")).as_deref(), Some(&b"x"[..]));
        let sealed = both.seal("a", b"x");
        assert!(new.open("a", &sealed).is_some() && former.open("a", &sealed).is_none());
        assert!(both.alone().open("a", &former.seal("a", b"x")).is_none());
        assert_eq!(both.mac(Purpose::Lookup, b"x"), new.mac(Purpose::Lookup, b"x"));
        assert_eq!(both.spellings(), [new.spellings(), former.spellings()].concat());
        assert!(new.with_former(&new).former().is_none());
    }

    #[test]
    fn a_key_is_read_from_hex_and_base64_and_nothing_else() {
        let bytes: [u8; 32] = random();
        let hex = hex::encode(bytes);
        let base64 = base64::engine::general_purpose::STANDARD.encode(bytes);
        assert_eq!(SecretKey::parse(&hex).map(|k| k.own), Some(bytes));
        assert_eq!(SecretKey::parse(&base64).map(|k| k.own), Some(bytes));
        assert_eq!(SecretKey::parse(&URL_SAFE_NO_PAD.encode(bytes)).map(|k| k.own), Some(bytes));
        for bad in ["", "changeme", &hex[1..], "zz"] {
            assert!(SecretKey::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn sample_keys_are_known() {
        assert!(SecretKey::new([0; 32]).is_sample());
        assert!(
            SecretKey::parse("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
                .is_some_and(|k| k.is_sample())
        );
        assert!(!SecretKey::new(random()).is_sample());
    }
}
