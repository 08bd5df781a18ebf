use super::*;
use crate::tlog::{
    signer::Signer,
    tests::log::{Log, ORIGIN, entry, signer},
};
use proptest::prelude::*;

fn read(text: &str) -> Result<Receipt, Fault> {
    Receipt::read(text.as_bytes())
}

#[test]
fn a_receipt_is_read_as_it_is_written_and_proves_its_entry() {
    let log = Log::new(32);
    for size in [1, 2, 3, 5, 8, 13, 32] {
        for index in 0..size {
            let receipt = log.receipt(index, size);
            let back = read(&receipt.to_string()).unwrap();
            assert_eq!(back, receipt);
            assert_eq!((back.index(), back.proof()), (index, log.inclusion(index, size).as_slice()));
            let checkpoint = back.verify(&entry(index), signer().verifier()).unwrap();
            assert_eq!((checkpoint.size(), checkpoint.root()), (size, log.root(size)));
            assert_eq!(back.verify(&entry(index + 1), signer().verifier()), Err(Fault::Inclusion));
        }
    }
}

#[test]
fn the_receipt_of_a_log_of_one_entry_has_an_empty_proof() {
    let log = Log::new(1);
    let expected = format!("c2sp.org/tlog-proof@v1\nindex 0\n\n{}", log.checkpoint(1));
    assert_eq!(log.receipt(0, 1).to_string(), expected);
}

#[test]
fn a_receipt_of_another_entry_log_or_key_proves_nothing() {
    let log = Log::new(13);
    let receipt = log.receipt(4, 13);
    let moved = Receipt { index: 5, ..receipt.clone() };
    assert_eq!(moved.verify(&entry(4), signer().verifier()), Err(Fault::Inclusion));
    assert_eq!(moved.verify(&entry(5), signer().verifier()), Err(Fault::Inclusion));
    let cut = Receipt { proof: receipt.proof[1..].to_vec(), ..receipt.clone() };
    assert_eq!(cut.verify(&entry(4), signer().verifier()), Err(Fault::Inclusion));
    let older = Receipt { checkpoint: log.checkpoint(12), ..receipt.clone() };
    assert_eq!(older.verify(&entry(4), signer().verifier()), Err(Fault::Inclusion));
    let other = Signer::new(ORIGIN, [1; 32]).unwrap();
    assert_eq!(receipt.verify(&entry(4), other.verifier()), Err(Fault::NotSigned(ORIGIN.to_owned())));
}

#[test]
fn each_fault_of_form_has_its_sentence() {
    let log = Log::new(13);
    let text = log.receipt(4, 13).to_string();
    let hash = write_hash(&log.inclusion(4, 13)[0]);
    let with = |from: &str, to: &str| text.replacen(from, to, 1);
    let many = |count: usize| with(&format!("{hash}\n"), &format!("{hash}\n").repeat(count));
    let length = log.inclusion(4, 13).len();
    for (text, fault) in [
        (String::new(), Fault::ReceiptSeparator),
        (with("\n\n", "\n"), Fault::ReceiptProof), // Up to the signatures all is taken for the proof.
        (with("@v1", "@v2"), Fault::ReceiptHeader),
        (format!("\n{text}"), Fault::ReceiptHeader),
        (format!("\u{feff}{text}"), Fault::ReceiptHeader),
        (text.replace('\n', "\r\n"), Fault::ReceiptSeparator),
        (with("index", "extra YQ==\nindex"), Fault::ReceiptExtra),
        (with("index 4\n", ""), Fault::ReceiptIndex),
        (with("index 4", "index 04"), Fault::ReceiptIndex),
        (with("index 4", "index +4"), Fault::ReceiptIndex),
        (with("index 4", "index  4"), Fault::ReceiptIndex),
        (with("index 4", "index -4"), Fault::ReceiptIndex),
        (with("index 4", "index 13"), Fault::Index { index: 13, size: 13 }),
        (with("index 4", "index 9223372036854775808"), Fault::ReceiptIndex),
        (with(&hash, &hash.replace('=', "")), Fault::ReceiptProof),
        (with(&hash, "AAAA"), Fault::ReceiptProof),
        (with(&hash, &format!("{hash} ")), Fault::ReceiptProof),
        (many(65 - length), Fault::ReceiptProof),
        (with("\n\naudit", "\n\n\naudit"), Fault::CheckpointExtension),
        (format!("{text}\n"), Fault::NoteEnd),
    ] {
        assert_eq!(read(&text), Err(fault), "{text}");
    }
    // As many lines as the largest tree has are read, and prove nothing here.
    let receipt = read(&many(64 - length)).unwrap();
    assert_eq!(receipt.proof().len(), MAX_PROOF);
    assert_eq!(receipt.verify(&entry(4), signer().verifier()), Err(Fault::Inclusion));
    assert_eq!(Receipt::new(0, vec![[0; 32]; 64], log.checkpoint(13)), Err(Fault::ReceiptProof));
    let note = signer().sign("no checkpoint\n").unwrap();
    assert_eq!(Receipt::new(0, Vec::new(), note), Err(Fault::CheckpointShort));
    assert_eq!(Receipt::read(b"\xff"), Err(Fault::Encoding));
}

#[test]
fn a_receipt_with_any_bit_flipped_or_cut_anywhere_is_refused() {
    let receipt = Log::new(13).receipt(4, 13).to_string().into_bytes();
    let verify = |bytes: &[u8]| Receipt::read(bytes)?.verify(&entry(4), signer().verifier());
    assert!(verify(&receipt).is_ok());
    for at in 0..receipt.len() {
        assert!(verify(&receipt[..at]).is_err(), "cut after {at}");
        for bit in 0..8 {
            let mut flipped = receipt.clone();
            flipped[at] ^= 1 << bit;
            assert!(verify(&flipped).is_err(), "bit {bit} of byte {at}");
        }
    }
}

proptest! {
    #[test]
    fn an_altered_receipt_is_refused(at in any::<prop::sample::Index>(), length in 0..50_usize, put in "[ -~\n\u{2014}]{0,50}") {
        let receipt = Log::new(13).receipt(4, 13).to_string().into_bytes();
        let begin = at.index(receipt.len());
        let mut altered = receipt.clone();
        altered.splice(begin..(begin + length).min(receipt.len()), put.into_bytes());
        let verified = Receipt::read(&altered).and_then(|receipt| receipt.verify(&entry(4), signer().verifier()));
        // What is added may be a further signature.
        prop_assert!(altered == receipt || verified.is_err() || altered.starts_with(&receipt));
    }
}
