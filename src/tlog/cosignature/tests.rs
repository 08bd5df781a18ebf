use super::*;
use crate::{
    merkle::leaf,
    tlog::{
        Fault,
        checkpoint::Checkpoint,
        note::{Note, Signature},
        tests::log::signer,
        verifier::{KeyType, Verifier},
    },
};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use sha2::{Digest, Sha256};

/// Made with `aics-tlog` 0.2.1 (Python, over OpenSSL) from the seed 07 07 …: a key, and its cosignatures of one checkpoint.
const WITNESS: &str = "witness.example.com/w1+8122a5ab+BOpKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";
const LINES: [(i64, &str); 2] = [
    (
        1_679_315_147,
        "\u{2014} witness.example.com/w1 \
         gSKlqwAAAABkGFDL72ehqEA9d5sS3Hu0ThZEEu/pD7YXv+QJlW8KFrdH3fhrLeGP7JmzZY/RJP/yp7qIYyC/VZL/Nlg/bKC5LKcrCQ==",
    ),
    (
        0,
        "\u{2014} witness.example.com/w1 \
         gSKlqwAAAAAAAAAAUgwrXkQbE8R2hjX//oG5eKQNIiNcC5lBJFdvlEL7TzpP9Rg6RhXMDyDPFs9rNcLGI+WktpGWumxoIsswA+TYBQ==",
    ),
];

/// The checkpoint that it signed.
fn text() -> String {
    Checkpoint::new("example.com/log", 20_852_163, Sha256::digest("root").into()).unwrap().to_string()
}

/// A cosignature with a key of our own, at any time.
fn cosign(time: u64, text: &str) -> (Verifier, Signature) {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let key = pair.public_key().as_ref().try_into().unwrap();
    let verifier = Verifier::new("witness.example.com/w1", KeyType::CosignatureV1, key).unwrap();
    let signature = pair.sign(format!("cosignature/v1\ntime {time}\n{text}").as_bytes());
    let bytes = [time.to_be_bytes().as_slice(), signature.as_ref()].concat();
    let signature = Signature::new(&verifier, &bytes);
    (verifier, signature)
}

#[test]
fn a_cosignature_of_another_implementation_is_verified() {
    let witness = Verifier::read(WITNESS).unwrap();
    assert_eq!(witness.kind(), KeyType::CosignatureV1);
    for (time, line) in LINES {
        let signature = Signature::read(line).unwrap();
        assert_eq!(witness.verify_cosignature(&text(), &signature), Ok(time));
        assert_eq!(cosign(u64::try_from(time).unwrap(), &text()), (witness.clone(), signature));
    }
}

#[test]
fn a_cosignature_is_found_in_the_note_beside_the_signature_of_the_log() {
    let checkpoint = Checkpoint::new(signer().verifier().name(), 1, leaf(b"a")).unwrap();
    let mut note = checkpoint.sign(&signer()).unwrap();
    let (witness, signature) = cosign(5, note.text());
    assert_eq!(note.verify_cosignature(&witness), Err(Fault::NotSigned(witness.name().to_owned())));
    note.add(signature).unwrap();
    let mut note = Note::read(note.to_string().as_bytes()).unwrap();
    assert_eq!(note.verify_cosignature(&witness), Ok(5));
    assert_eq!(Checkpoint::verify(&note, signer().verifier()), Ok(checkpoint));
    assert_eq!(note.verify(&witness), Err(Fault::WrongKeyType(witness.name().to_owned())));
    let (_, later) = cosign(6, note.text());
    note.add(later).unwrap();
    assert_eq!(note.verify_cosignature(&witness), Err(Fault::SignedTwice(witness.name().to_owned())));
}

#[test]
fn a_cosignature_is_for_its_text_and_its_time_alone() {
    let name = "witness.example.com/w1".to_owned();
    let text = text();
    let (witness, signature) = cosign(5, &text);
    assert_eq!(witness.verify_cosignature(&text, &signature), Ok(5));
    assert_eq!(witness.verify_cosignature(&text.replace('2', "3"), &signature), Err(Fault::Signature(name.clone())));
    for at in 0..signature.bytes().len() {
        let mut bytes = signature.bytes().to_vec();
        bytes[at] ^= 1;
        assert!(witness.verify_cosignature(&text, &Signature::new(&witness, &bytes)).is_err(), "byte {at}");
        let cut = Signature::new(&witness, &signature.bytes()[..at]);
        assert_eq!(witness.verify_cosignature(&text, &cut), Err(Fault::Signature(name.clone())));
    }
    let long = Signature::new(&witness, &[signature.bytes(), &[0]].concat());
    assert_eq!(witness.verify_cosignature(&text, &long), Err(Fault::Signature(name)));
}

#[test]
fn a_time_is_at_most_two_to_the_63_minus_1() {
    let (witness, signature) = cosign(u64::MAX >> 1, &text());
    assert_eq!(witness.verify_cosignature(&text(), &signature), Ok(i64::MAX));
    let (witness, signature) = cosign(1 << 63, &text());
    assert_eq!(witness.verify_cosignature(&text(), &signature), Err(Fault::Time(witness.name().to_owned())));
}

#[test]
fn what_a_witness_signs_is_two_lines_and_the_checkpoint() {
    assert_eq!(message(0, "a\n"), "cosignature/v1\ntime 0\na\n");
    assert_eq!(split(&[0; 71]), None);
    assert_eq!(split(&[1; 72]), Some((0x0101_0101_0101_0101, [1; 64].as_slice())));
}
