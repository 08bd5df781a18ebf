//! Public keys as text, `NAME+ID+BASE64` (<https://c2sp.org/signed-note#verifier-keys>), and what they verify.

use super::{Fault, cosignature, note::Signature};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::signature::{ED25519, UnparsedPublicKey};
use sha2::{Digest, Sha256};
use std::fmt;

/// The first bytes of a hash of name, type and key. Together with the name it says which key signed.
pub(crate) type KeyId = [u8; 4];

/// What a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyType {
    /// The text of a note, as the log does.
    Ed25519,
    /// A checkpoint and a time, as a witness does.
    CosignatureV1,
}

impl KeyType {
    const fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::CosignatureV1 => 0x04,
        }
    }

    fn of(byte: u8) -> Option<Self> {
        [Self::Ed25519, Self::CosignatureV1].into_iter().find(|kind| kind.byte() == byte)
    }
}

/// The public key of a log or a witness, with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verifier {
    name: String,
    kind: KeyType,
    key: [u8; 32],
}

impl Verifier {
    pub(crate) fn new(name: &str, kind: KeyType, key: [u8; 32]) -> Result<Self, Fault> {
        check_name(name)?;
        check_point(key)?;
        Ok(Self { name: name.to_owned(), kind, key })
    }

    /// Reads a key. It is split at the first two pluses only: base64 may hold more of them.
    pub(crate) fn read(vkey: &str) -> Result<Self, Fault> {
        let (name, rest) = vkey.split_once('+').ok_or(Fault::KeyForm)?;
        let (id, base64) = rest.split_once('+').ok_or(Fault::KeyForm)?;
        let bytes = STANDARD.decode(base64).map_err(|_| Fault::KeyForm)?;
        let (kind, key) = bytes.split_first().ok_or(Fault::KeyForm)?;
        let kind = KeyType::of(*kind).ok_or(Fault::KeyType)?;
        let verifier = Self::new(name, kind, key.try_into().map_err(|_| Fault::KeyForm)?)?;
        if hex::encode(verifier.id()) == id { Ok(verifier) } else { Err(Fault::KeyId) }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it signs checkpoints of others, with the time.
    pub(crate) fn is_of_witness(&self) -> bool {
        self.kind == KeyType::CosignatureV1
    }

    #[cfg(test)]
    pub(crate) fn kind(&self) -> KeyType {
        self.kind
    }

    /// The first four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ key).
    pub(crate) fn id(&self) -> KeyId {
        let hash = Sha256::new().chain_update(&self.name).chain_update(b"\n").chain_update(self.bytes()).finalize();
        let [a, b, c, d, ..]: [u8; 32] = hash.into();
        [a, b, c, d]
    }

    /// The type and the key, 33 bytes.
    fn bytes(&self) -> Vec<u8> {
        [[self.kind.byte()].as_slice(), &self.key].concat()
    }

    /// Verifies a signature of this key on a text.
    pub(crate) fn verify(&self, text: &str, signature: &Signature) -> Result<(), Fault> {
        self.check_signature(KeyType::Ed25519, signature)?;
        self.verify_bytes(text.as_bytes(), signature.bytes())
    }

    /// Verifies the signature of a witness on a checkpoint without its signatures: when it was made, in seconds since
    /// 1970. Whether that is near the present time is for the caller to say.
    pub(crate) fn verify_cosignature(&self, checkpoint: &str, signature: &Signature) -> Result<i64, Fault> {
        self.check_signature(KeyType::CosignatureV1, signature)?;
        let (time, bytes) = cosignature::split(signature.bytes()).ok_or_else(|| Fault::Signature(self.name.clone()))?;
        let time = i64::try_from(time).map_err(|_| Fault::Time(self.name.clone()))?;
        self.verify_bytes(cosignature::message(time, checkpoint).as_bytes(), bytes)?;
        Ok(time)
    }

    fn check_signature(&self, kind: KeyType, signature: &Signature) -> Result<(), Fault> {
        if self.kind != kind {
            return Err(Fault::WrongKeyType(self.name.clone()));
        }
        if signature.is_of(self) { Ok(()) } else { Err(Fault::NotSigned(self.name.clone())) }
    }

    fn verify_bytes(&self, message: &[u8], signature: &[u8]) -> Result<(), Fault> {
        let key = UnparsedPublicKey::new(&ED25519, self.key);
        key.verify(message, signature).map_err(|_| Fault::Signature(self.name.clone()))
    }
}

/// The key as text.
impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id()), STANDARD.encode(self.bytes()))
    }
}

/// Checks the name of a key, which is also the origin of a log: 1 to 255 bytes without spaces, pluses and control
/// characters.
pub(super) fn check_name(name: &str) -> Result<(), Fault> {
    let is_refused = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '+' | '\u{feff}');
    if (1..=255).contains(&name.len()) && !name.contains(is_refused) { Ok(()) } else { Err(Fault::Name) }
}

/// The second coordinates of the points of small order. As public keys they accept a signature that fits every text and that
/// anyone can make. The list is that of libsodium, `ge25519_has_small_order`.
const SMALL_ORDER: [&str; 5] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
];

/// Checks that a public key is written canonically (below 2^255 - 19) and is not of small order.
///
/// A key that is no point of the curve passes; it verifies nothing.
fn check_point(key: [u8; 32]) -> Result<(), Fault> {
    let [first, middle @ .., last] = key;
    // The highest bit is the sign of the first coordinate.
    let last = last & 0x7f;
    let is_canonical = first < 0xed || middle.iter().any(|byte| *byte != 0xff) || last != 0x7f;
    let coordinate = hex::encode([[first].as_slice(), &middle, &[last]].concat());
    let is_weak = SMALL_ORDER.contains(&coordinate.as_str());
    if is_canonical && !is_weak { Ok(()) } else { Err(Fault::KeyWeak) }
}

#[cfg(test)]
mod tests;
