//! Argon2id with the crate's parameters, which are OWASP's minimum: 19 MiB, 2 passes, 1 lane.

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};

/// The PHC string of a password, with a salt of its own.
///
/// # Panics
/// Never for passwords up to [`MAX`](super::MAX) bytes.
#[expect(clippy::expect_used, reason = "Argon2 fails on inputs of 4 GiB and more, and the salt comes from the system")]
pub(crate) fn hash(plain: &str) -> String {
    try_hash(plain).expect("Argon2 takes any password of sane length")
}

fn try_hash(plain: &str) -> Option<String> {
    let (algorithm, version, params) = (Algorithm::default(), Version::default(), Params::default());
    let salt: [u8; 16] = crate::secret::random();
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    let described = ParamsString::try_from(&params).ok()?;
    derive(&Argon2::new(algorithm, version, params), plain, &salt, &mut output)?;
    let hash = PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: described,
        salt: Some(Salt::new(&salt).ok()?),
        hash: Some(Output::new(&output).ok()?),
    };
    Some(hash.to_string())
}

/// Whether `plain` is the password of this PHC string. Outputs are compared in constant time.
pub(super) fn fits(plain: &str, stored: &str) -> bool {
    let computed = || {
        let hash = PasswordHash::new(stored).ok()?;
        let (salt, expected) = (hash.salt?, hash.hash?);
        let version = hash.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
        let argon = Argon2::new(Algorithm::new(hash.algorithm.as_str()).ok()?, version, Params::try_from(&hash).ok()?);
        let mut output = [0; Output::MAX_LENGTH];
        let output = output.get_mut(..expected.len())?;
        derive(&argon, plain, &salt, output)?;
        Some(Output::new(output).ok()? == expected)
    };
    computed().unwrap_or(false)
}

fn derive(argon: &Argon2<'_>, plain: &str, salt: &[u8], output: &mut [u8]) -> Option<()> {
    crate::memory::note_burst();
    let mut memory = memory(argon.params().block_count());
    argon.hash_password_into_with_memory(plain.as_bytes(), salt, output, &mut memory).ok()
}

/// What glibc's allocator always maps by itself and returns to the system when it is freed: more than 32 MiB, the highest
/// value that its growing threshold takes (`M_MMAP_THRESHOLD` in mallopt(3)). 19 MiB are below it: after the first free they
/// come from heaps that other allocations keep from shrinking, and a morning's sign-ins held over 1 GiB.
const MAPPED: usize = 33 * 1024 * 1024;

/// Memory for `blocks` blocks. What is reserved beyond them is never touched, so it takes addresses and no memory.
fn memory(blocks: usize) -> Vec<Block> {
    let mut memory = Vec::with_capacity(blocks.max(MAPPED / Block::SIZE));
    memory.resize(blocks, Block::new());
    memory
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::password_hash::PasswordVerifier;

    #[test]
    fn a_password_is_taken_byte_for_byte() {
        let composed = hash("caf\u{e9} du monde");
        assert!(fits("caf\u{e9} du monde", &composed));
        assert!(!fits("cafe\u{301} du monde", &composed), "another spelling is another password");
        assert!(!fits("caf\u{e9} du monde\0", &composed));
    }

    #[test]
    fn hashes_are_those_of_the_crate_in_both_directions() {
        use argon2::password_hash::PasswordHasher;
        let crates = Argon2::default().hash_password(b"ride the 143 bus home").unwrap().to_string();
        assert!(fits("ride the 143 bus home", &crates));
        let own = hash("ride the 143 bus home");
        assert!(Argon2::default().verify_password(b"ride the 143 bus home", own.as_str()).is_ok());
        let parameters = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(parameters(&own), parameters(&crates));
        assert_eq!(own.len(), crates.len());
    }

    #[test]
    fn what_is_no_hash_fits_no_password() {
        for stored in ["", "x", "$argon2id$v=19$m=19456,t=2,p=1", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$"] {
            assert!(!fits("", stored), "{stored}");
            assert!(!fits("ride the 143 bus home", stored), "{stored}");
        }
    }
}
