//! Cosignatures (<https://c2sp.org/tlog-cosignature>), version 1 over Ed25519: a witness says that by a time it had seen
//! the log grow to a checkpoint without a change to what came before.

/// The time in seconds since 1970 and the signature: 8 bytes, the highest first, and 64. Other lengths are `None`.
pub(super) fn split(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (time, signature) = bytes.split_first_chunk()?;
    (signature.len() == 64).then_some((u64::from_be_bytes(*time), signature))
}

/// What the witness signs: two lines before the text of the checkpoint.
pub(super) fn message(time: i64, checkpoint: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{checkpoint}")
}

#[cfg(test)]
mod tests;
