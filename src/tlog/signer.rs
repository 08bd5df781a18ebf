//! Private keys as text, and signing with them.

use super::{
    Fault,
    note::{Note, Signature},
    verifier::{KeyType, Verifier},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use std::fmt;

/// What the text of a private key begins with, so that it is not taken for a public one.
const PRIVATE: &str = "PRIVATE+KEY+";
/// The type of the key: Ed25519.
const ED25519: u8 = 0x01;

/// The private key of a log, with its name.
pub(crate) struct Signer {
    seed: [u8; 32],
    pair: Ed25519KeyPair,
    verifier: Verifier,
}

impl Signer {
    /// A key from 32 random bytes (RFC 8032, section 5.1.5).
    pub(crate) fn new(name: &str, seed: [u8; 32]) -> Result<Self, Fault> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| Fault::PrivateKeyForm)?;
        let key = pair.public_key().as_ref().try_into().map_err(|_| Fault::PrivateKeyForm)?;
        let verifier = Verifier::new(name, KeyType::Ed25519, key)?;
        Ok(Self { seed, pair, verifier })
    }

    /// Reads the text that [`Signer::private_text`] writes.
    pub(crate) fn read(text: &str) -> Result<Self, Fault> {
        let rest = text.strip_prefix(PRIVATE).ok_or(Fault::PrivateKeyForm)?;
        let (name, rest) = rest.split_once('+').ok_or(Fault::PrivateKeyForm)?;
        let (id, base64) = rest.split_once('+').ok_or(Fault::PrivateKeyForm)?;
        let bytes = STANDARD.decode(base64).map_err(|_| Fault::PrivateKeyForm)?;
        let (kind, seed) = bytes.split_first().ok_or(Fault::PrivateKeyForm)?;
        if *kind != ED25519 {
            return Err(Fault::KeyType);
        }
        let signer = Self::new(name, seed.try_into().map_err(|_| Fault::PrivateKeyForm)?)?;
        if hex::encode(signer.verifier.id()) == id { Ok(signer) } else { Err(Fault::KeyId) }
    }

    /// The private key as Go's `golang.org/x/mod/sumdb/note` writes it: `PRIVATE+KEY+NAME+ID+BASE64`, where the id is that
    /// of the public key. It is a secret.
    pub(crate) fn private_text(&self) -> String {
        let bytes = [[ED25519].as_slice(), &self.seed].concat();
        let (name, id) = (self.verifier.name(), hex::encode(self.verifier.id()));
        format!("{PRIVATE}{name}+{id}+{}", STANDARD.encode(bytes))
    }

    /// The public key.
    pub(crate) fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Signs a text, which ends in a newline and holds no control characters.
    pub(crate) fn sign(&self, text: &str) -> Result<Note, Fault> {
        let mut note = Note::new(text)?;
        note.add(Signature::new(&self.verifier, self.pair.sign(text.as_bytes()).as_ref()))?;
        Ok(note)
    }
}

/// Only what is public.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
