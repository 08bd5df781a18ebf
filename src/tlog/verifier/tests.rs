use super::*;
use crate::tlog::{signer::Signer, tests::log::signer};
use proptest::prelude::*;

/// A key as text, with the id that fits.
fn vkey(name: &str, bytes: &[u8]) -> String {
    let hash = Sha256::new().chain_update(name).chain_update(b"\n").chain_update(bytes).finalize();
    format!("{name}+{}+{}", hex::encode(&hash[..4]), STANDARD.encode(bytes))
}

fn bytes_of(kind: u8, key: &[u8]) -> Vec<u8> {
    [&[kind], key].concat()
}

#[test]
fn a_key_is_read_as_it_is_written_also_with_pluses_in_its_base64() {
    let mut with_plus = 0;
    for seed in 0..50 {
        let signer = Signer::new("audit.example.com/ingam", [seed; 32]).unwrap();
        for kind in [KeyType::Ed25519, KeyType::CosignatureV1] {
            let key = Verifier { kind, ..signer.verifier().clone() };
            let text = key.to_string();
            with_plus += usize::from(text.matches('+').count() > 2);
            assert_eq!(text, vkey(key.name(), &key.bytes()));
            assert_eq!(Verifier::read(&text), Ok(key));
        }
    }
    assert!(with_plus > 10, "{with_plus}");
}

#[test]
fn the_same_key_under_another_name_or_type_has_another_id() {
    let key = signer().verifier().clone();
    let renamed = Verifier { name: "other".to_owned(), ..key.clone() };
    let witness = Verifier { kind: KeyType::CosignatureV1, ..key.clone() };
    assert_ne!(key.id(), renamed.id());
    assert_ne!(key.id(), witness.id());
}

#[test]
fn a_key_of_another_form_is_refused() {
    let key = signer().verifier().key;
    let good = vkey("name", &bytes_of(1, &key));
    let (id, base64) = good.strip_prefix("name+").unwrap().split_once('+').unwrap();
    for (text, fault) in [
        (String::new(), Fault::KeyForm),
        ("name".to_owned(), Fault::KeyForm),
        (format!("name+{id}"), Fault::KeyForm),
        (format!("name+{id}+"), Fault::KeyForm),
        (format!("{good}\n"), Fault::KeyForm),
        (format!("name+{id}+{}", base64.replace('/', "_")), Fault::KeyForm),
        (vkey("name", &bytes_of(1, &key[..31])), Fault::KeyForm),
        (vkey("name", &bytes_of(1, &[key.as_slice(), &[0]].concat())), Fault::KeyForm),
        (vkey("name", &bytes_of(2, &key)), Fault::KeyType),
        (vkey("name", &bytes_of(6, &[1; 1312])), Fault::KeyType),
        (format!("name+00000000+{base64}"), Fault::KeyId),
        (format!("other+{id}+{base64}"), Fault::KeyId),
        (format!("name+{}+{base64}", id.to_uppercase()), Fault::KeyId),
        (format!("name+0{id}+{base64}"), Fault::KeyId),
        (vkey("", &bytes_of(1, &key)), Fault::Name),
        (vkey("a name", &bytes_of(1, &key)), Fault::Name),
        (vkey("a\u{3000}name", &bytes_of(1, &key)), Fault::Name),
        (vkey("a\nname", &bytes_of(1, &key)), Fault::Name),
        (vkey("\u{feff}name", &bytes_of(1, &key)), Fault::Name),
        (vkey(&"n".repeat(256), &bytes_of(1, &key)), Fault::Name),
    ] {
        assert_eq!(Verifier::read(&text), Err(fault), "{text:?}");
    }
    assert!(Verifier::read(&good).is_ok());
    assert!(Verifier::read(&vkey(&"n".repeat(255), &bytes_of(1, &key))).is_ok());
}

/// Under the identity, the signature of the identity and 0 fits every text.
#[test]
fn a_key_under_which_anyone_can_sign_is_refused() {
    let mut identity = [0; 32];
    identity[0] = 1;
    let forged = [identity, [0; 32]].concat();
    assert_eq!(
        UnparsedPublicKey::new(&ED25519, identity).verify(b"any text", &forged),
        Ok(()),
        "so it must be refused"
    );
    for coordinate in SMALL_ORDER {
        let mut key: [u8; 32] = hex::decode(coordinate).unwrap().try_into().unwrap();
        for sign in [0, 0x80] {
            key[31] = (key[31] & 0x7f) | sign;
            assert_eq!(Verifier::new("name", KeyType::Ed25519, key), Err(Fault::KeyWeak));
            assert_eq!(Verifier::read(&vkey("name", &bytes_of(4, &key))), Err(Fault::KeyWeak));
        }
    }
    // 2^255 - 19 and above are written for 0 and above.
    let mut key = [0xff; 32];
    for first in 0xed..=0xff {
        key[0] = first;
        assert_eq!(Verifier::new("name", KeyType::Ed25519, key), Err(Fault::KeyWeak));
    }
}

proptest! {
    #[test]
    fn an_altered_key_is_refused(at in any::<prop::sample::Index>(), bit in 0..7_u8, cut in any::<prop::sample::Index>()) {
        let text = signer().verifier().to_string();
        let mut bytes = text.clone().into_bytes();
        bytes[at.index(text.len())] ^= 1 << bit;
        prop_assert!(Verifier::read(str::from_utf8(&bytes).unwrap()).is_err());
        prop_assert!(Verifier::read(&text[..cut.index(text.len())]).is_err());
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "\\PC{0,20}\\+[0-9a-f]{8}\\+[A-Za-z0-9+/]{44}") {
        if let Ok(key) = Verifier::read(&text) {
            prop_assert_eq!(key.to_string(), text);
        }
    }
}
