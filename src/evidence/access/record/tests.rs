use super::*;
use crate::{
    merkle::{Frontier, leaf, node},
    tlog::{checkpoint::Checkpoint, signer::Signer, verifier::Verifier},
};

const ORIGIN: &str = "audit.example.com/ingam";

fn record(n: u64) -> Vec<u8> {
    format!(r#"{{"customers":["5"],"n":"{n}","staff_name":"민아"}}"#).into_bytes()
}

/// Three records, the log with two rows of which the second one has their root, and the receipt of the second record.
fn receipt(action: &str, root: &dyn Fn(Hash) -> String) -> (AccessReceipt, Signer) {
    let leaves: Vec<Hash> = (0..3).map(|n| leaf(&record(n))).collect();
    let tree = node(&node(&leaves[0], &leaves[1]), &leaves[2]);
    let body = format!(
        r#"{{"action":"{action}","after":{{"access_root":"{}","access_size":"3"}},"outcome":"applied","seq":"1"}}"#,
        root(tree)
    );
    let mut log = Frontier::default();
    log.push(leaf(b"the first row"));
    let first = log.root();
    log.push(leaf(body.as_bytes()));
    let signer = Signer::new(ORIGIN, [9; 32]).unwrap();
    let note = Checkpoint::new(ORIGIN, 2, log.root()).unwrap().sign(&signer).unwrap();
    let row = Receipt::new(1, vec![first], note).unwrap();
    let proof = vec![leaves[0], leaves[2]];
    (AccessReceipt::new(record(1), body.into_bytes(), 1, proof, row).unwrap(), signer)
}

fn genuine() -> (AccessReceipt, Signer) {
    receipt(SEAL, &|root| hex::encode(root))
}

fn keys(verifier: &Verifier) -> Keys<'_> {
    Keys { log: verifier, witnesses: &[] }
}

#[test]
fn a_receipt_is_read_as_it_is_written_and_proves_its_record() {
    let (receipt, signer) = genuine();
    let text = receipt.to_string();
    let back = AccessReceipt::read(text.as_bytes()).unwrap();
    assert_eq!(back.to_string(), text);
    let held = back.verify(keys(signer.verifier())).unwrap();
    assert_eq!(held, Held { index: 1, leaves: 3, row: 1, size: 2 });
    let stranger = Signer::new(ORIGIN, [1; 32]).unwrap();
    assert!(matches!(back.verify(keys(stranger.verifier())), Err(Unfit::Fault(_))));
}

#[test]
fn no_bit_can_be_another_one_and_nothing_can_be_missing_or_more() {
    let (receipt, signer) = genuine();
    let bytes = receipt.to_string().into_bytes();
    let fits =
        |bytes: &[u8]| AccessReceipt::read(bytes).and_then(|receipt| receipt.verify(keys(signer.verifier()))).is_ok();
    assert!(fits(&bytes));
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut altered = bytes.clone();
            altered[place] ^= 1 << bit;
            assert!(!fits(&altered), "bit {bit} of byte {place}");
        }
        assert!(!fits(&bytes[..place]), "cut at {place}");
        assert!(!fits(&bytes[place + 1..]), "begun at {place}");
    }
    for more in [b"\n".as_slice(), b" ", b"\0"] {
        assert!(!fits(&[&bytes, more].concat()) && !fits(&[more, &bytes].concat()), "{more:?}");
    }
}

#[test]
fn a_row_that_seals_no_tree_proves_nothing() {
    let (other, signer) = receipt("access.purge", &|root| hex::encode(root));
    assert!(matches!(other.verify(keys(signer.verifier())), Err(Unfit::Seal)));
    let (other, signer) = receipt(SEAL, &|_| "00".repeat(32));
    assert!(matches!(other.verify(keys(signer.verifier())), Err(Unfit::Tree)));
    let (other, signer) = receipt(SEAL, &|_| "zz".to_owned());
    assert!(matches!(other.verify(keys(signer.verifier())), Err(Unfit::Seal)));
}
