//! The Merkle tree of RFC 6962, section 2.1, kept as its right edge.
//!
//! A tree of `n` leaves is a row of perfect subtrees, one for each bit set in `n`, largest first. Their roots are the
//! frontier: at most 64 hashes, from which the next leaf and the root of the whole follow without reading any row.

use sha2::{Digest, Sha256};

pub type Hash = [u8; 32];

/// SHA-256(0x00 ‖ body)
pub fn leaf(body: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(body).finalize().into()
}

/// SHA-256(0x01 ‖ left ‖ right)
pub(crate) fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The right edge of a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// Reads a frontier at rest. `None` where the bytes cannot be the frontier of a tree of that size.
    pub fn read(size: i64, bytes: &[u8]) -> Option<Self> {
        let size = u64::try_from(size).ok()?;
        let (peaks, rest) = bytes.as_chunks::<32>();
        let fits = rest.is_empty() && peaks.len() == size.count_ones() as usize;
        fits.then(|| Self { size, peaks: peaks.to_vec() })
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.peaks.concat()
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf. Each perfect subtree of the same size as what is being appended is joined with it.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        let mut size = self.size;
        while size & 1 == 1
            && let Some(left) = self.peaks.pop()
        {
            hash = node(&left, &hash);
            size >>= 1;
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The root: the peaks folded from the right. The root of no leaves is the hash of nothing.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return Sha256::digest([]).into() };
        peaks.fold(*last, |right, left| node(left, &right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// MTH as the RFC defines it, by recursion.
    fn naive(leaves: &[Hash]) -> Hash {
        match leaves.len() {
            0 => Sha256::digest([]).into(),
            1 => leaves[0],
            n => {
                let split = n.next_power_of_two() / 2;
                node(&naive(&leaves[..split]), &naive(&leaves[split..]))
            }
        }
    }

    proptest! {
        #[test]
        fn the_frontier_gives_the_root_that_the_rfc_defines(bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..200)) {
            let leaves: Vec<Hash> = bodies.iter().map(|body| leaf(body)).collect();
            let mut frontier = Frontier::default();
            for (n, one) in leaves.iter().enumerate() {
                prop_assert_eq!(frontier.root(), naive(&leaves[..n]));
                frontier = Frontier::read(i64::try_from(frontier.size()).unwrap(), &frontier.bytes()).unwrap();
                frontier.push(*one);
            }
            prop_assert_eq!(frontier.root(), naive(&leaves));
        }
    }

    /// The eight leaves and roots that certificate-transparency implementations share as test vectors.
    #[test]
    fn roots_are_those_of_certificate_transparency() {
        let leaves =
            ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        let mut frontier = Frontier::default();
        assert_eq!(hex::encode(frontier.root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        let roots = leaves.map(|body| {
            frontier.push(leaf(&hex::decode(body).unwrap()));
            hex::encode(frontier.root())
        });
        assert_eq!(roots[0], "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        assert_eq!(roots[1], "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
        assert_eq!(roots[7], "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    }

    #[test]
    fn a_frontier_of_the_wrong_length_is_none() {
        assert_eq!(Frontier::read(3, &[0; 32]), None);
        assert_eq!(Frontier::read(1, &[0; 31]), None);
        assert_eq!(Frontier::read(-1, &[]), None);
    }
}
