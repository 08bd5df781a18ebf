use super::*;
use crate::tlog::tests::log::signer;

#[test]
fn a_private_key_is_read_as_it_is_written() {
    for seed in 0..50 {
        let signer = Signer::new("audit.example.com/ingam", [seed; 32]).unwrap();
        let back = Signer::read(&signer.private_text()).unwrap();
        assert_eq!(back.seed, [seed; 32]);
        assert_eq!(back.verifier(), signer.verifier());
        assert_eq!(back.sign("a\n"), signer.sign("a\n"));
    }
}

#[test]
fn a_private_key_of_another_form_is_refused() {
    let good = signer().private_text();
    let (head, base64) = good.rsplit_once('+').unwrap();
    for (text, fault) in [
        (signer().verifier().to_string(), Fault::PrivateKeyForm),
        (format!("{good}\n"), Fault::PrivateKeyForm),
        (good.replace("PRIVATE", "private"), Fault::PrivateKeyForm),
        (format!("{head}+{}", STANDARD.encode([[1].as_slice(), &[9; 31]].concat())), Fault::PrivateKeyForm),
        (format!("{head}+{}", STANDARD.encode([[2].as_slice(), &[9; 32]].concat())), Fault::KeyType),
        (format!("{head}+{}", STANDARD.encode([[1].as_slice(), &[8; 32]].concat())), Fault::KeyId),
        (good.replace("ingam", "other"), Fault::KeyId),
        (good.replace("ingam", "in gam"), Fault::Name),
    ] {
        assert_eq!(Signer::read(&text).unwrap_err(), fault, "{text:?}");
    }
    for end in 0..good.len() {
        assert!(Signer::read(&good[..end]).is_err());
    }
    assert!(Signer::read(&format!("{head}+{base64}")).is_ok());
}

#[test]
fn printing_a_key_for_a_log_shows_nothing_of_its_seed() {
    let seed: [u8; 32] = std::array::from_fn(|at| u8::try_from(at + 200).unwrap());
    let signer = Signer::new("name", seed).unwrap();
    let printed = format!("{signer:?} {signer:#?}");
    assert!(printed.contains("Signer") && printed.contains("\"name\""));
    let private = signer.private_text();
    for secret in [private.rsplit_once('+').unwrap().1, "200, 201", "200,\n", &hex::encode(seed), "seed"] {
        assert!(!printed.contains(secret), "{secret}");
    }
}
