use super::*;
use crate::tlog::{signer::Signer, tests::log::signer};
use proptest::prelude::*;

const TEXT: &str = "a text\n\nof three lines\n";

fn read(note: &str) -> Result<Note, Fault> {
    Note::read(note.as_bytes())
}

/// A signature line of an algorithm that is not known, with a signature of this many bytes.
fn unknown_line(name: &str, length: usize) -> String {
    Signature { name: name.to_owned(), id: [1, 2, 3, 4], bytes: vec![7; length] }.to_string()
}

#[test]
fn a_note_is_read_as_it_was_signed() {
    let note = signer().sign(TEXT).unwrap();
    let back = read(&note.to_string()).unwrap();
    assert_eq!(back, note);
    assert_eq!(back.text(), TEXT);
    assert_eq!(back.verify(signer().verifier()), Ok(()));
}

#[test]
fn what_cannot_be_read_back_is_not_signed() {
    assert_eq!(signer().sign("").unwrap_err(), Fault::TextEnd);
    assert_eq!(signer().sign("no newline").unwrap_err(), Fault::TextEnd);
    assert_eq!(signer().sign("a\r\n").unwrap_err(), Fault::Character);
    assert_eq!(signer().sign("\u{feff}a\n").unwrap_err(), Fault::Character);
    assert_eq!(signer().sign(&("a".repeat(MAX_BYTES) + "\n")).unwrap_err(), Fault::NoteLength);
}

#[test]
fn each_fault_of_form_has_its_sentence() {
    let line = signer().sign("a\n").unwrap().signatures()[0].to_string();
    for (note, fault) in [
        (String::new(), Fault::Separator),
        ("a\n".to_owned(), Fault::Separator),
        (format!("a\n{line}\n"), Fault::Separator),
        ("a\n\n".to_owned(), Fault::NoteEnd),
        (format!("a\n\n{line}"), Fault::NoteEnd),
        (format!("a\n\n{line}\n\n"), Fault::NoteEnd),
        (format!("a\n\n{line}\nb\n"), Fault::SignatureLine),
        (format!("a\n\n{}\n", line.replace('\u{2014}', "-")), Fault::SignatureLine),
        (format!("a\n\n{}\n", line.replace('\u{2014}', "\u{2013}")), Fault::SignatureLine),
        (format!("a\n\n {line}\n"), Fault::SignatureLine),
        (format!("a\n\n{line} \n"), Fault::SignatureLine),
        (format!("a\n\n{line}\n{line}\n"), Fault::SignatureRepeated),
        ("a\n\n\u{2014} name\n".to_owned(), Fault::SignatureLine),
        ("a\n\n\u{2014} name \n".to_owned(), Fault::SignatureLine),
        ("a\n\n\u{2014} name AQIDBA==\n".to_owned(), Fault::SignatureLine), // The id alone.
        ("a\n\n\u{2014} name AQIDBAU\n".to_owned(), Fault::SignatureLine),  // Without padding.
        ("a\n\n\u{2014} name AQIDBAV=\n".to_owned(), Fault::SignatureLine), // Bits after the end.
        ("a\n\n\u{2014} name AQIDB_U=\n".to_owned(), Fault::SignatureLine), // The alphabet for URLs.
        ("a\n\n\u{2014}  AQIDBAU=\n".to_owned(), Fault::Name),
        ("a\n\n\u{2014} na+me AQIDBAU=\n".to_owned(), Fault::Name),
        ("a\n\n\u{2014} na\u{a0}me AQIDBAU=\n".to_owned(), Fault::Name),
        ("a\n\n\u{2014} na\tme AQIDBAU=\n".to_owned(), Fault::Name),
        (format!("\u{feff}a\n\n{line}\n"), Fault::Character),
        (format!("a\r\n\n{line}\n"), Fault::Character),
        (format!("a\0\n\n{line}\n"), Fault::Character),
        (format!("a\u{7f}\n\n{line}\n"), Fault::Character),
    ] {
        assert_eq!(read(&note), Err(fault), "{note:?}");
    }
    assert_eq!(Note::read(b"a\xff\n\n"), Err(Fault::Encoding));
    assert!(read("a\n\n\u{2014} name AQIDBAU=\n").is_ok());
}

#[test]
fn a_note_has_at_most_a_million_bytes_and_a_hundred_signatures() {
    let note =
        |lines: usize| (0..lines).fold("a\n\n".to_owned(), |note, n| note + &unknown_line(&n.to_string(), 64) + "\n");
    assert_eq!(read(&note(100)).unwrap().signatures().len(), 100);
    assert_eq!(read(&note(101)), Err(Fault::SignatureCount));
    let line = format!("\n\n{}\n", unknown_line("name", 64));
    let text = "a".repeat(MAX_BYTES - line.len());
    assert!(read(&format!("{text}{line}")).is_ok());
    assert_eq!(read(&format!("a{text}{line}")), Err(Fault::NoteLength));
    let mut full = read(&format!("{text}{line}")).unwrap();
    assert_eq!(full.add(Signature::read(&unknown_line("other", 1)).unwrap()), Err(Fault::NoteLength));
}

#[test]
fn signatures_of_other_keys_are_ignored_at_any_length() {
    let mut note = signer().sign(TEXT).unwrap();
    // Another algorithm under the same name, another name with the same id, and an ML-DSA-44 cosignature.
    note.add(Signature::read(&unknown_line(signer().verifier().name(), 64)).unwrap()).unwrap();
    note.add(Signature { name: "other".to_owned(), id: signer().verifier().id(), bytes: vec![7; 64] }).unwrap();
    note.add(Signature::read(&unknown_line("witness.example.com", 8 + 2420)).unwrap()).unwrap();
    let note = read(&note.to_string()).unwrap();
    assert_eq!(note.signatures().len(), 4);
    assert_eq!(note.verify(signer().verifier()), Ok(()));
}

#[test]
fn a_signature_of_the_known_key_must_fit_and_be_the_only_one() {
    let (signer, note) = (signer(), signer().sign(TEXT).unwrap());
    let name = signer.verifier().name().to_owned();
    let other = Signer::new(&name, [1; 32]).unwrap();
    assert_eq!(note.verify(other.verifier()), Err(Fault::NotSigned(name.clone())));
    let id = signer.verifier().id();
    for bytes in [vec![7; 64], vec![7; 63], vec![7; 65], vec![7]] {
        let bad = Signature { name: name.clone(), id, bytes };
        let forged = Note { text: TEXT.to_owned(), signatures: vec![bad.clone()] };
        assert_eq!(forged.verify(signer.verifier()), Err(Fault::Signature(name.clone())));
        let twice = Note { text: TEXT.to_owned(), signatures: vec![note.signatures()[0].clone(), bad] };
        assert_eq!(twice.verify(signer.verifier()), Err(Fault::SignedTwice(name.clone())));
    }
    assert_eq!(note.verify_cosignature(signer.verifier()), Err(Fault::WrongKeyType(name)));
}

proptest! {
    #[test]
    fn any_text_is_read_back_or_refused(text in "(\\PC|\n){0,40}", lines in prop::collection::vec("[a-c]{1,3}", 1..4)) {
        let note = Note { text: text.clone() + "\n", signatures: Vec::new() };
        let lines: Vec<String> = lines.iter().map(|name| unknown_line(name, 5)).collect();
        let written = format!("{note}{}\n", lines.join("\n"));
        if let Ok(back) = read(&written) {
            prop_assert_eq!(back.text(), text + "\n");
            prop_assert_eq!(back.to_string(), written);
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "(\\PC|\n|\u{2014} |\\+){0,60}") {
        let _ = Note::read(&bytes);
        if let Ok(note) = read(&text) {
            prop_assert_eq!(note.to_string(), text);
        }
    }
}
