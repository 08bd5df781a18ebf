//! Time-stamp tokens (RFC 3161): the request to an authority, and what its answer proves.

use crate::clock::Instant;
use chrono::NaiveDateTime;
use cms::{
    cert::{
        CertificateChoices,
        x509::{
            Certificate,
            ext::pkix::{ExtendedKeyUsage, SubjectKeyIdentifier},
        },
    },
    content_info::ContentInfo,
    signed_data::{SignedData, SignerIdentifier, SignerInfo},
};
use der::{
    Any, Decode as _, Encode as _, Sequence, Tag, Tagged as _,
    asn1::{Int, ObjectIdentifier, OctetString},
    oid::db::{
        rfc5911::{ID_CONTENT_TYPE, ID_MESSAGE_DIGEST, ID_SIGNED_DATA},
        rfc5912::{
            ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, ID_KP_TIME_STAMPING, ID_SHA_256, ID_SHA_384, ID_SHA_512,
            RSA_ENCRYPTION, SHA_256_WITH_RSA_ENCRYPTION, SHA_384_WITH_RSA_ENCRYPTION, SHA_512_WITH_RSA_ENCRYPTION,
        },
        rfc8410::ID_ED_25519,
    },
};
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime, pem::PemObject as _};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use std::time::Duration;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert, ring};
use x509_tsp::{Accuracy, MessageImprint, TimeStampReq, TimeStampResp, TspVersion};

/// `id-ct-TSTInfo`.
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// `id-kp-timeStamping` (1.3.6.1.5.5.7.3.8), as certificates hold it.
const TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];

/// The certificates that an authority's chain must end in.
#[derive(Clone, Debug)]
pub struct Roots(Vec<TrustAnchor<'static>>);

impl Roots {
    /// Reads certificates in PEM.
    ///
    /// # Errors
    ///
    /// Where there is none, or one cannot be read.
    pub fn read(pem: &[u8]) -> Result<Self, String> {
        let mut roots = Vec::new();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| format!("no certificates in PEM: {error}"))?;
            let anchor = anchor_from_trusted_cert(&certificate).map_err(|error| format!("a certificate: {error}"))?;
            roots.push(anchor.to_owned());
        }
        if roots.is_empty() { Err("it holds no certificate in PEM".to_owned()) } else { Ok(Self(roots)) }
    }
}

/// What is sent, and what the answer is held against.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub bytes: Vec<u8>,
    nonce: Int,
}

impl Request {
    /// A request for a time stamp on these bytes. `nonce` is random.
    pub(super) fn new(stamped: &[u8], nonce: [u8; 16]) -> der::Result<Self> {
        // A positive integer in the shortest form.
        let [_, rest @ ..] = nonce;
        let nonce = Int::new(&[&[0x40], rest.as_slice()].concat())?;
        let request = TimeStampReq {
            version: TspVersion::V1,
            message_imprint: imprint(stamped)?,
            req_policy: None,
            nonce: Some(nonce.clone()),
            cert_req: true,
            extensions: None,
        };
        Ok(Self { bytes: request.to_der()?, nonce })
    }
}

fn imprint(stamped: &[u8]) -> der::Result<MessageImprint> {
    let hash_algorithm = cms::cert::x509::spki::AlgorithmIdentifier { oid: ID_SHA_256, parameters: Some(Any::null()) };
    Ok(MessageImprint { hash_algorithm, hashed_message: OctetString::new(Sha256::digest(stamped).to_vec())? })
}

/// What an authority signs. As in x509-tsp 0.1.0, whose time has no fractions of a second; RFC 3161 has them.
#[derive(Clone, Debug, Sequence)]
struct TstInfo {
    version: TspVersion,
    policy: ObjectIdentifier,
    message_imprint: MessageImprint,
    serial_number: Int,
    gen_time: Any,
    #[asn1(optional = "true")]
    accuracy: Option<Accuracy>,
    #[asn1(default = "Default::default")]
    ordering: bool,
    #[asn1(optional = "true")]
    nonce: Option<Int>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    tsa: Option<cms::cert::x509::ext::pkix::name::GeneralName>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    extensions: Option<cms::cert::x509::ext::Extensions>,
}

/// Holds the answer to a request against it: when the bytes were there, as the authority says.
pub(super) fn answered(response: &[u8], stamped: &[u8], request: &Request, roots: &Roots) -> Result<Instant, String> {
    let info = verified(response, stamped, roots)?;
    if info.nonce.as_ref() != Some(&request.nonce) {
        return Err("its answer is to another request".to_owned());
    }
    time(&info)
}

/// When these bytes were there, as the response of an authority says that was kept.
///
/// # Errors
///
/// What is wrong with the response, or that it is about other bytes.
pub(crate) fn stamped_at(response: &[u8], stamped: &[u8], roots: &Roots) -> Result<Instant, String> {
    time(&verified(response, stamped, roots)?)
}

fn verified(response: &[u8], stamped: &[u8], roots: &Roots) -> Result<TstInfo, String> {
    let token = token(response)?;
    let unreadable = |error: der::Error| format!("its token cannot be read: {error}");
    if token.content_type != ID_SIGNED_DATA {
        return Err("its token is not signed".to_owned());
    }
    let data: SignedData = token.content.decode_as().map_err(unreadable)?;
    let content = &data.encap_content_info;
    if content.econtent_type != TST_INFO {
        return Err("its token is about something else than a time".to_owned());
    }
    let content = content.econtent.as_ref().ok_or("its token holds no time")?.value();
    let info = TstInfo::from_der(content).map_err(unreadable)?;
    verify_signature(&data, content, moment(&info)?, roots)?;
    let imprint = &info.message_imprint;
    if imprint.hash_algorithm.oid != ID_SHA_256
        || imprint.hashed_message.as_bytes() != Sha256::digest(stamped).as_slice()
    {
        return Err("its time stamp is on other bytes".to_owned());
    }
    Ok(info)
}

/// The token of a response that grants one.
fn token(response: &[u8]) -> Result<ContentInfo, String> {
    let response =
        TimeStampResp::from_der(response).map_err(|error| format!("its answer is no time-stamp response: {error}"))?;
    match (response.status.status as u8, response.time_stamp_token) {
        (0 | 1, Some(token)) => Ok(token),
        (status, _) => Err(format!("it refuses with status {status}")),
    }
}

/// The time as it was written: with or without a fraction of a second.
fn moment(info: &TstInfo) -> Result<NaiveDateTime, String> {
    let wrong = || "its token holds no time".to_owned();
    let text = std::str::from_utf8(info.gen_time.value()).map_err(|_| wrong())?;
    if info.gen_time.tag() != Tag::GeneralizedTime || !text.bytes().take(14).all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M%S%.fZ").map_err(|_| wrong())
}

fn time(info: &TstInfo) -> Result<Instant, String> {
    Ok(Instant::from(moment(info)?.and_utc()))
}

/// Verifies that one of the roots vouches, at that time, for the certificate whose key signed the content (RFC 5652, 5.4).
fn verify_signature(data: &SignedData, content: &[u8], at: NaiveDateTime, roots: &Roots) -> Result<(), String> {
    let unreadable = |error: der::Error| format!("its token cannot be read: {error}");
    let [signer] = data.signer_infos.0.as_slice() else {
        return Err(format!("its token has {} signatures", data.signer_infos.0.len()));
    };
    let mut intermediates = Vec::new();
    let mut certificate = None;
    for choice in data.certificates.iter().flat_map(|set| set.0.iter()) {
        let CertificateChoices::Certificate(found) = choice else { continue };
        let bytes = CertificateDer::from(found.to_der().map_err(unreadable)?);
        let is_of_signer = match &signer.sid {
            SignerIdentifier::IssuerAndSerialNumber(name) => {
                name.issuer == found.tbs_certificate.issuer && name.serial_number == found.tbs_certificate.serial_number
            }
            SignerIdentifier::SubjectKeyIdentifier(wanted) => {
                let key = found.tbs_certificate.get::<SubjectKeyIdentifier>().map_err(unreadable)?;
                key.is_some_and(|(_, key)| key == *wanted)
            }
        };
        if is_of_signer {
            certificate = Some((found, bytes));
        } else {
            intermediates.push(bytes);
        }
    }
    let (certificate, bytes) = certificate.ok_or("its token comes without its certificate")?;
    is_for_time_stamping(certificate)?;
    let certificate = EndEntityCert::try_from(&bytes).map_err(|error| format!("its certificate: {error}"))?;
    let seconds = u64::try_from(at.and_utc().timestamp()).map_err(|_| "its time is before 1970")?;
    let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    certificate
        .verify_for_usage(
            ALL_VERIFICATION_ALGS,
            &roots.0,
            &intermediates,
            time,
            KeyUsage::required_if_present(TIME_STAMPING),
            None,
            None,
        )
        .map_err(|error| format!("none of the certificates that are trusted vouches for its certificate: {error}"))?;
    let message = signed_bytes(signer, content)?;
    let signature = signer.signature.as_bytes();
    let fits = algorithms(signer)?.iter().any(|one| certificate.verify_signature(*one, &message, signature).is_ok());
    if fits { Ok(()) } else { Err("its signature does not fit".to_owned()) }
}

/// Whether a certificate is for time stamping and for nothing else (RFC 3161, 2.3). Those that vouch for it need not say so.
fn is_for_time_stamping(certificate: &Certificate) -> Result<(), String> {
    let usage = certificate.tbs_certificate.get::<ExtendedKeyUsage>();
    let usage = usage.map_err(|error| format!("its certificate: {error}"))?;
    match usage {
        Some((true, usage)) if matches!(usage.0.as_slice(), [ID_KP_TIME_STAMPING]) => Ok(()),
        _ => Err("its certificate is not one for time stamping alone".to_owned()),
    }
}

/// What the signature is over: the attributes, which hold the hash of the content.
fn signed_bytes(signer: &SignerInfo, content: &[u8]) -> Result<Vec<u8>, String> {
    let attributes = signer.signed_attrs.as_ref().ok_or("its token has no signed attributes")?;
    let value = |oid: ObjectIdentifier| {
        let mut found = attributes.iter().filter(|attribute| attribute.oid == oid);
        match (found.next().map(|attribute| attribute.values.as_slice()), found.next()) {
            (Some([value]), None) => Ok(value),
            _ => Err(format!("its token has no signed attribute {oid}")),
        }
    };
    let kind = value(ID_CONTENT_TYPE)?.decode_as::<ObjectIdentifier>();
    let digest = match signer.digest_alg.oid {
        ID_SHA_256 => Sha256::digest(content).to_vec(),
        ID_SHA_384 => Sha384::digest(content).to_vec(),
        ID_SHA_512 => Sha512::digest(content).to_vec(),
        other => return Err(format!("its token hashes by {other}, which is not known here")),
    };
    if kind != Ok(TST_INFO) || value(ID_MESSAGE_DIGEST)?.value() != digest {
        return Err("its signature is on another time".to_owned());
    }
    attributes.to_der().map_err(|error| format!("its token cannot be read: {error}"))
}

/// The algorithms that the signature may be by, from its name and that of its hash.
fn algorithms(signer: &SignerInfo) -> Result<Vec<&'static dyn SignatureVerificationAlgorithm>, String> {
    Ok(match (signer.signature_algorithm.oid, signer.digest_alg.oid) {
        (SHA_256_WITH_RSA_ENCRYPTION, _) | (RSA_ENCRYPTION, ID_SHA_256) => vec![ring::RSA_PKCS1_2048_8192_SHA256],
        (SHA_384_WITH_RSA_ENCRYPTION, _) | (RSA_ENCRYPTION, ID_SHA_384) => vec![ring::RSA_PKCS1_2048_8192_SHA384],
        (SHA_512_WITH_RSA_ENCRYPTION, _) | (RSA_ENCRYPTION, ID_SHA_512) => vec![ring::RSA_PKCS1_2048_8192_SHA512],
        (ECDSA_WITH_SHA_256, _) => vec![ring::ECDSA_P256_SHA256, ring::ECDSA_P384_SHA256],
        (ECDSA_WITH_SHA_384, _) => vec![ring::ECDSA_P256_SHA384, ring::ECDSA_P384_SHA384],
        (ID_ED_25519, _) => vec![ring::ED25519],
        (other, _) => return Err(format!("its token is signed by {other}, which is not known here")),
    })
}
