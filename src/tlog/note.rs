//! Signed notes (<https://c2sp.org/signed-note>): a text, a blank line, and one line for each signature.

use super::{
    Fault,
    verifier::{KeyId, Verifier, check_name},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::fmt;

/// The longest note, in bytes, with its signatures.
pub(crate) const MAX_BYTES: usize = 1_000_000;
/// The most signatures of a note. The specification asks for at least 16.
pub(crate) const MAX_SIGNATURES: usize = 100;

/// What begins a signature line: an em dash, U+2014, and a space.
const DASH: &str = "\u{2014} ";

/// A text with its signatures, of which none is verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    text: String,
    signatures: Vec<Signature>,
}

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    name: String,
    id: KeyId,
    bytes: Vec<u8>,
}

impl Note {
    /// A note that nothing has signed yet. Its text ends in a newline.
    pub(super) fn new(text: &str) -> Result<Self, Fault> {
        check_characters(text)?;
        if !text.ends_with('\n') {
            return Err(Fault::TextEnd);
        }
        Ok(Self { text: text.to_owned(), signatures: Vec::new() })
    }

    /// Reads a note. The text ends at the last blank line; what follows is signature lines only, none of them twice.
    ///
    /// A line of a key that is not known may be of any algorithm and length.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Fault> {
        if bytes.len() > MAX_BYTES {
            return Err(Fault::NoteLength);
        }
        let note = str::from_utf8(bytes).map_err(|_| Fault::Encoding)?;
        let (text, lines) = note.rsplit_once("\n\n").ok_or(Fault::Separator)?;
        let mut note = Self::new(&format!("{text}\n"))?;
        for line in lines.strip_suffix('\n').ok_or(Fault::NoteEnd)?.split('\n') {
            note.push(Signature::read(line)?)?;
        }
        Ok(note)
    }

    /// Adds a signature, such as that of a witness. It is verified before with
    /// [`Verifier::verify_cosignature`](super::verifier::Verifier::verify_cosignature).
    pub(crate) fn add(&mut self, signature: Signature) -> Result<(), Fault> {
        // The line, and the newline that ends it.
        if self.to_string().len() + signature.to_string().len() + 1 > MAX_BYTES {
            return Err(Fault::NoteLength);
        }
        self.push(signature)
    }

    fn push(&mut self, signature: Signature) -> Result<(), Fault> {
        if self.signatures.len() == MAX_SIGNATURES {
            return Err(Fault::SignatureCount);
        }
        if self.signatures.contains(&signature) {
            return Err(Fault::SignatureRepeated);
        }
        self.signatures.push(signature);
        Ok(())
    }

    /// The text that is signed, with the newline that ends it. It proves nothing before it is verified.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The id of the first key of this name that says it has signed.
    pub(crate) fn key_of(&self, name: &str) -> Option<KeyId> {
        self.signatures.iter().find(|signature| signature.name == name).map(|signature| signature.id)
    }

    #[cfg(test)]
    pub(crate) fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Verifies that the key has signed the text, once. Signatures of other keys are ignored.
    pub(crate) fn verify(&self, verifier: &Verifier) -> Result<(), Fault> {
        verifier.verify(&self.text, self.signature_of(verifier)?)
    }

    /// Verifies that a witness has signed the text, once: when, in seconds since 1970.
    pub(crate) fn verify_cosignature(&self, verifier: &Verifier) -> Result<i64, Fault> {
        verifier.verify_cosignature(&self.text, self.signature_of(verifier)?)
    }

    fn signature_of(&self, verifier: &Verifier) -> Result<&Signature, Fault> {
        let mut found = self.signatures.iter().filter(|signature| signature.is_of(verifier));
        let signature = found.next().ok_or_else(|| Fault::NotSigned(verifier.name().to_owned()))?;
        match found.next() {
            Some(_) => Err(Fault::SignedTwice(verifier.name().to_owned())),
            None => Ok(signature),
        }
    }
}

/// The note as it is published.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl Signature {
    pub(super) fn new(verifier: &Verifier, bytes: &[u8]) -> Self {
        Self { name: verifier.name().to_owned(), id: verifier.id(), bytes: bytes.to_owned() }
    }

    /// Reads a signature line without the newline that ends it.
    pub(crate) fn read(line: &str) -> Result<Self, Fault> {
        let rest = line.strip_prefix(DASH).ok_or(Fault::SignatureLine)?;
        let (name, base64) = rest.split_once(' ').ok_or(Fault::SignatureLine)?;
        check_name(name)?;
        let bytes = STANDARD.decode(base64).map_err(|_| Fault::SignatureLine)?;
        match bytes.split_first_chunk() {
            Some((id, bytes)) if !bytes.is_empty() => {
                Ok(Self { name: name.to_owned(), id: *id, bytes: bytes.to_owned() })
            }
            _ => Err(Fault::SignatureLine),
        }
    }

    /// Whether it says that it is of this key. The name and the id together name a key.
    pub(crate) fn is_of(&self, verifier: &Verifier) -> bool {
        self.name == verifier.name() && self.id == verifier.id()
    }

    /// The signature itself, without the id of the key before it.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The line without the newline that ends it.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.id.as_slice(), &self.bytes].concat();
        write!(f, "{DASH}{} {}", self.name, STANDARD.encode(bytes))
    }
}

/// Reads signature lines alone, as a witness answers.
pub(crate) fn signatures(lines: &str) -> Result<Vec<Signature>, Fault> {
    let lines: Vec<&str> = lines.strip_suffix('\n').ok_or(Fault::NoteEnd)?.split('\n').collect();
    if lines.len() > MAX_SIGNATURES {
        return Err(Fault::SignatureCount);
    }
    lines.into_iter().map(Signature::read).collect()
}

fn check_characters(text: &str) -> Result<(), Fault> {
    let is_refused = |c: char| (c.is_control() && c != '\n') || c == '\u{feff}';
    if text.contains(is_refused) { Err(Fault::Character) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
