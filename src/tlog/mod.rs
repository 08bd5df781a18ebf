//! The formats in which transparency logs are published and checked, after the specifications of the Community
//! Cryptography Specification Project (C2SP):
//!
//! | module | format | specification |
//! |---|---|---|
//! | [`note`], [`verifier`], [`signer`] | a text with signatures, and the keys for it | <https://c2sp.org/signed-note> |
//! | [`checkpoint`] | the size and root of a log, as the text of a note | <https://c2sp.org/tlog-checkpoint> |
//! | [`cosignature`] | the signature of a witness on a checkpoint | <https://c2sp.org/tlog-cosignature> |
//! | [`tile`] | the hashes and entries of a log as files | <https://c2sp.org/tlog-tiles> |
//! | [`proof`] | that an entry is in a tree, that a tree continues another | RFC 9162, section 2.1 |
//! | [`receipt`] | an entry's proof together with its checkpoint | <https://c2sp.org/tlog-proof> |
//!
//! The tree itself is [`crate::merkle`]. Here is neither a database nor a file nor a clock: bytes in, bytes out.
//!
//! Implementations of these formats differ in what they accept. What is written here is accepted by all that were tried;
//! what one of them refuses is refused here too.

pub(crate) mod checkpoint;
pub(crate) mod cosignature;
mod fault;
pub(crate) mod note;
pub(crate) mod proof;
pub(crate) mod receipt;
pub(crate) mod signer;
pub(crate) mod tile;
pub(crate) mod verifier;

pub(crate) use fault::Fault;

use crate::merkle::Hash;
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The largest number of entries that all implementations read: 2^63 - 1.
pub(crate) const MAX_SIZE: u64 = u64::MAX >> 1;

/// Reads a number as it is written: digits without a sign and without leading zeros, at most [`MAX_SIZE`].
pub(crate) fn read_decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number <= MAX_SIZE && number.to_string() == text).then_some(number)
}

/// Reads a hash in canonical standard base64 with padding: 44 characters.
pub(crate) fn read_hash(text: &str) -> Option<Hash> {
    // A longer text is not decoded at all.
    let bytes = (text.len() == 44).then(|| STANDARD.decode(text).ok())??;
    bytes.try_into().ok()
}

pub(crate) fn write_hash(hash: &Hash) -> String {
    STANDARD.encode(hash)
}

#[cfg(test)]
mod tests;
