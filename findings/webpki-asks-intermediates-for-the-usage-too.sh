#!/usr/bin/env bash
# webpki refuses a chain in which only the last certificate has the extended key usage that is required.
#
# Expected: "This type represents the expected key usage of an end entity certificate", so `KeyUsage::required(timeStamping)` asks for it
# in the certificate of a time-stamping authority, where RFC 3161 demands it, and not in those of the issuers between it and the root,
# where no standard does. OpenSSL accepts the chain for that purpose.
# Seen: the intermediate certificate is asked too. Without the extension there, `verify_for_usage` answers RequiredEkuNotFoundContext with
# an empty list of what is present, and does not say of which certificate. `required_if_present` accepts the chain, but then also a last
# certificate without any usage: a program that needs the usage asks for it by itself.
#
# Versions: rustls-webpki 0.103.16, rcgen 0.14.10 (crates.io); OpenSSL 3.0. Seen on 2026-11-30.
# Source: https://docs.rs/rustls-webpki/0.103.16/webpki/struct.KeyUsage.html
set -euo pipefail

work=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$work"' EXIT
mkdir "$work/src"
cat >"$work/Cargo.toml" <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"

[dependencies]
rcgen = { version = "=0.14.10", default-features = false, features = ["pem", "ring"] }
rustls-webpki = { version = "=0.103.16", default-features = false, features = ["ring", "std"] }
rustls-pki-types = "1"

[workspace]
TOML
cat >"$work/src/main.rs" <<'RUST'
use rcgen::{BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair};
use rustls_pki_types::{CertificateDer, UnixTime};
use std::fs;
use webpki::{anchor_from_trusted_cert, EndEntityCert, KeyUsage, ALL_VERIFICATION_ALGS};

const TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];

fn params(name: &str, is_ca: bool) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    if is_ca {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    } else {
        let mut usage = CustomExtension::from_oid_content(&[2, 5, 29, 37], [&[0x30, 10, 6, 8], TIME_STAMPING].concat());
        usage.set_criticality(true);
        params.custom_extensions = vec![usage];
    }
    params
}

fn main() {
    let [root_key, between_key, last_key] = [(); 3].map(|()| KeyPair::generate().unwrap());
    let root_params = params("root", true);
    let root = root_params.self_signed(&root_key).unwrap();
    let root_issuer = Issuer::new(root_params, root_key);
    let between_params = params("between", true);
    let between = between_params.signed_by(&between_key, &root_issuer).unwrap();
    let last = params("last", false).signed_by(&last_key, &Issuer::new(between_params, between_key)).unwrap();
    for (name, certificate) in [("root", &root), ("between", &between), ("last", &last)] {
        fs::write(format!("{name}.pem"), certificate.pem()).unwrap();
    }
    let der = CertificateDer::from(last.der().to_vec());
    let last = EndEntityCert::try_from(&der).unwrap();
    let anchors = [anchor_from_trusted_cert(root.der()).unwrap()];
    let intermediates = [between.der().clone()];
    for (name, usage) in [
        ("required", KeyUsage::required(TIME_STAMPING)),
        ("required_if_present", KeyUsage::required_if_present(TIME_STAMPING)),
    ] {
        let verified =
            last.verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &intermediates, UnixTime::now(), usage, None, None);
        println!("{name}: {:?}", verified.map(|_| "accepted"));
    }
}
RUST
seen=$(cd "$work" && cargo run --quiet)
echo "$seen"
(cd "$work" && openssl verify -purpose timestampsign -CAfile root.pem -untrusted between.pem last.pem)
grep -q '^required: Err(RequiredEkuNotFoundContext' <<<"$seen"
grep -q '^required_if_present: Ok("accepted")' <<<"$seen"
