use super::*;
use crate::tlog::tests::log::{ORIGIN, sign_anything, signer};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;

const ROOT: Hash = [0xfb; 32];

fn plain() -> String {
    Checkpoint::new(ORIGIN, 84, ROOT).unwrap().to_string()
}

fn verify(note: &[u8]) -> Result<Checkpoint, Fault> {
    Checkpoint::verify(&Note::read(note)?, signer().verifier())
}

/// A checkpoint with other lines, correctly signed.
fn signed(origin: &str, size: &str, root: &str) -> Vec<u8> {
    sign_anything(format!("{origin}\n{size}\n{root}\n").as_bytes())
}

#[test]
fn a_checkpoint_is_three_lines() {
    assert_eq!(plain(), "audit.example.com/ingam\n84\n+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s=\n");
    let checkpoint = Checkpoint::read(&plain()).unwrap();
    assert_eq!((checkpoint.origin(), checkpoint.size(), checkpoint.root()), (ORIGIN, 84, ROOT));
}

/// The cases on which other implementations were found to differ: what one of them refuses is refused.
#[test]
fn what_one_implementation_refuses_is_refused() {
    let root = write_hash(&ROOT);
    let case = |size: &str| signed(ORIGIN, size, &root);
    let text = |text: &str| sign_anything(text.as_bytes());
    let other = || Fault::OtherLog { origin: "other.example.com".to_owned(), name: ORIGIN.to_owned() };
    let note = String::from_utf8(case("84")).unwrap();
    let line = note.lines().last().unwrap();
    for (name, note, fault) in [
        ("size with a leading zero", case("084"), Fault::Size),
        ("size with a sign", case("+5"), Fault::Size),
        ("size 2^63", case("9223372036854775808"), Fault::Size),
        ("size 2^64", case("18446744073709551616"), Fault::Size),
        ("root in base64url", signed(ORIGIN, "84", &root.replace('+', "-").replace('/', "_")), Fault::Root),
        ("root without padding", signed(ORIGIN, "84", root.trim_end_matches('=')), Fault::Root),
        ("root of 31 bytes", signed(ORIGIN, "84", &STANDARD.encode([0xfb; 31])), Fault::Root),
        ("root with its last bits set", signed(ORIGIN, "84", &root.replace("s=", "t=")), Fault::Root),
        ("extension line", text(&(plain() + "extension\n")), Fault::CheckpointExtension),
        ("empty extension line", text(&(plain() + "\nextension\n")), Fault::CheckpointExtension),
        ("CRLF", text(&plain().replace('\n', "\r\n")), Fault::Character),
        ("tab in the origin", signed("audit\t.example.com", "84", &root), Fault::Character),
        ("origin with a space", signed("audit .example.com", "84", &root), Fault::Origin),
        ("origin that is not the name of the key", signed("other.example.com", "84", &root), other()),
        ("empty origin", signed("", "84", &root), Fault::Origin),
        ("no final newline", note.trim_end().as_bytes().to_vec(), Fault::NoteEnd),
        ("trailing blank line", format!("{note}\n").into_bytes(), Fault::NoteEnd),
        ("hyphen for the em dash", note.replace('\u{2014}', "-").into_bytes(), Fault::SignatureLine),
        ("byte order mark", text(&format!("\u{feff}{}", plain())), Fault::Character),
        ("the same signature line twice", format!("{note}{line}\n").into_bytes(), Fault::SignatureRepeated),
    ] {
        assert_eq!(verify(&note), Err(fault), "{name}");
    }
}

#[test]
fn what_all_implementations_accept_is_accepted() {
    let empty = Frontier::default().root();
    let unknown = format!("\u{2014} other.example.com {}\n", STANDARD.encode([7; 68]));
    let ml_dsa = format!("\u{2014} witness.example.com {}\n", STANDARD.encode([7; 4 + 8 + 2420]));
    let note = String::from_utf8(sign_anything(plain().as_bytes())).unwrap();
    for (name, note) in [
        ("plain", note.clone()),
        ("unknown further signature", note.clone() + &unknown),
        ("ML-DSA in a second line", note + &ml_dsa),
    ] {
        assert_eq!(verify(note.as_bytes()), Checkpoint::new(ORIGIN, 84, ROOT), "{name}");
    }
    assert_eq!(verify(&signed(ORIGIN, "0", &write_hash(&empty))), Checkpoint::new(ORIGIN, 0, empty), "empty tree");
    assert!(verify(&signed(ORIGIN, "9223372036854775807", &write_hash(&ROOT))).is_ok());
}

#[test]
fn further_forms_are_refused() {
    let root = write_hash(&ROOT);
    for (text, fault) in [
        (String::new(), Fault::TextEnd),
        (plain().trim_end().to_owned(), Fault::TextEnd),
        (format!("{ORIGIN}\n84\n"), Fault::CheckpointShort),
        (plain() + "\n", Fault::CheckpointExtension),
        (format!("{ORIGIN}\n\n{root}\n"), Fault::Size),
        (format!("{ORIGIN}\n-1\n{root}\n"), Fault::Size),
        (format!("{ORIGIN}\n 84\n{root}\n"), Fault::Size),
        (format!("{ORIGIN}\n\u{0668}\n{root}\n"), Fault::Size),
        (format!("{ORIGIN}\n84\n{root} \n"), Fault::Root),
        (format!("{ORIGIN}\n84\n\n"), Fault::Root),
        (format!("{ORIGIN}\n84\n{}\n", STANDARD.encode([0; 33])), Fault::Root),
        (format!("{ORIGIN}\n0\n{root}\n"), Fault::EmptyRoot),
        (format!("https://{ORIGIN}\n84\n{root}\n"), Fault::Origin),
        (format!("a+b\n84\n{root}\n"), Fault::Origin),
    ] {
        assert_eq!(Checkpoint::read(&text), Err(fault), "{text:?}");
    }
}

#[test]
fn only_the_key_of_the_log_signs_its_checkpoints() {
    let checkpoint = Checkpoint::new("other.example.com", 84, ROOT).unwrap();
    let fault = Fault::OtherLog { origin: "other.example.com".to_owned(), name: ORIGIN.to_owned() };
    assert_eq!(checkpoint.sign(&signer()), Err(fault));
    assert_eq!(Checkpoint::new(ORIGIN, MAX_SIZE + 1, ROOT), Err(Fault::Size));
    assert!(Checkpoint::new(ORIGIN, MAX_SIZE, ROOT).unwrap().sign(&signer()).is_ok());
}

#[test]
fn a_signed_checkpoint_with_any_bit_flipped_or_cut_anywhere_is_refused() {
    let note = sign_anything(plain().as_bytes());
    assert!(verify(&note).is_ok());
    for at in 0..note.len() {
        assert!(verify(&note[..at]).is_err(), "cut after {at}");
        for bit in 0..8 {
            let mut flipped = note.clone();
            flipped[at] ^= 1 << bit;
            assert!(verify(&flipped).is_err(), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn a_fault_of_form_is_told_from_a_proof_that_fails() {
    assert!(verify(b"").unwrap_err().is_malformed());
    let (note, other) = (sign_anything(plain().as_bytes()), Signer::new(ORIGIN, [1; 32]).unwrap());
    let unsigned = Checkpoint::verify(&Note::read(&note).unwrap(), other.verifier()).unwrap_err();
    assert!(!unsigned.is_malformed());
    assert_eq!(unsigned.to_string(), "audit.example.com/ingam has not signed the note");
}

proptest! {
    #[test]
    fn a_checkpoint_is_read_as_it_is_written(size in 1..=MAX_SIZE, root in any::<Hash>()) {
        let checkpoint = Checkpoint::new(ORIGIN, size, root).unwrap();
        let note = checkpoint.sign(&signer()).unwrap();
        prop_assert_eq!(verify(note.to_string().as_bytes()), Ok(checkpoint));
    }

    #[test]
    fn an_altered_checkpoint_is_refused(at in any::<prop::sample::Index>(), length in 0..4_usize, put in prop::collection::vec(any::<u8>(), 0..4)) {
        let note = sign_anything(plain().as_bytes());
        let begin = at.index(note.len());
        let mut altered = note.clone();
        altered.splice(begin..(begin + length).min(note.len()), put);
        prop_assert!(altered == note || verify(&altered).is_err());
    }
}
