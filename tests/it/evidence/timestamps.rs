//! An authority for time stamps, played in this process after RFC 3161.

use super::support::{Key, change, posted, said, wait_for_signature, write};
use crate::{
    exports::bundles::{take, unpack},
    kit::{Engine, TestClock, World, on_both, serve_each, wait_until},
};
use chrono::TimeDelta;
use cms::{
    cert::{CertificateChoices, IssuerAndSerialNumber, x509::Certificate},
    content_info::{CmsVersion, ContentInfo},
    signed_data::{
        CertificateSet, EncapsulatedContentInfo, SignedAttributes, SignedData, SignerIdentifier, SignerInfo,
        SignerInfos,
    },
};
use der::{
    Any, Decode as _, Encode as _, Tag,
    asn1::{Int, ObjectIdentifier, OctetString, SetOfVec},
    oid::db::{
        rfc5911::{ID_CONTENT_TYPE, ID_MESSAGE_DIGEST, ID_SIGNED_DATA},
        rfc5912::{ECDSA_WITH_SHA_256, ID_SHA_256},
    },
};
use ingam::evidence::timestamp::{Authority, Roots, Stamping};
use rcgen::{BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair},
};
use sha2::{Digest as _, Sha256};
use std::{
    io::Write as _,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};
use x509_tsp::TimeStampReq;

const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Good,
    Away,
    Refusing,
    /// Its clock is an hour ahead.
    Fast,
    /// It stamps other bytes.
    Other,
    /// It answers another request.
    Replayed,
    /// Its signature is that of another key than its certificate's.
    Forged,
    /// Its certificate is for servers.
    Server,
    /// Its certificate does not insist on time stamps.
    Loose,
    /// Its certificate is of an authority that is not trusted.
    Stranger,
    NoBytes,
}

/// A certificate and its key.
struct Signer {
    certificate: Vec<u8>,
    key: KeyPair,
}

/// The certificate of a root in PEM, and what it vouches for.
struct Root {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Root {
    fn make(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// `purpose` is the last number of the usage: 8 is time stamping, 1 is that of servers.
    fn vouch(&self, purpose: u8, is_critical: bool) -> Signer {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, "Time stamps of a test");
        let usage = vec![0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, purpose];
        let mut usage = CustomExtension::from_oid_content(&[2, 5, 29, 37], usage);
        usage.set_criticality(is_critical);
        params.custom_extensions = vec![usage];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().to_vec();
        Signer { certificate, key }
    }
}

struct State {
    mode: Mode,
    asked: u32,
    clock: Option<TestClock>,
    /// For time stamps, for servers, of a root that is not trusted, and not critical.
    signers: [Signer; 4],
}

#[derive(Clone)]
struct Played {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    pem: String,
}

impl Played {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (root, stranger) = (Root::make("A root"), Root::make("Another root"));
        let signers = [root.vouch(8, true), root.vouch(1, true), stranger.vouch(8, true), root.vouch(8, false)];
        let state = Arc::new(Mutex::new(State { mode: Mode::Good, asked: 0, clock: None, signers }));
        let played = Self { address, state, pem: root.pem };
        let serving = played.clone();
        serve_each(listener, move |stream| serving.serve(stream));
        played
    }

    fn set(&self, mode: Mode) {
        self.state.lock().unwrap().mode = mode;
    }

    fn asked(&self) -> u32 {
        self.state.lock().unwrap().asked
    }

    fn stamping(&self) -> Stamping {
        let roots = Roots::read(self.pem.as_bytes()).unwrap();
        let authority = Authority::new(&format!("http://{}/tsa", self.address), roots).unwrap();
        Stamping { authority: Some(Arc::new(authority)), look: Duration::from_millis(50), ..Stamping::default() }
    }

    fn serve(&self, mut stream: TcpStream) {
        let body = posted(&stream, "/tsa");
        let mut state = self.state.lock().unwrap();
        state.asked += u32::from(state.clock.is_some());
        let bytes = match state.mode {
            // It has no clock before the world has one.
            _ if state.clock.is_none() => return,
            Mode::Away => return,
            Mode::NoBytes => b"<html>".to_vec(),
            // PKIStatusInfo with status 2 (rejection).
            Mode::Refusing => vec![0x30, 5, 0x30, 3, 2, 1, 2],
            _ => response(&state, &TimeStampReq::from_der(&body).unwrap()),
        };
        let head = format!("HTTP/1.1 200 x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", bytes.len());
        let _ = stream.write_all(&[head.as_bytes(), &bytes].concat());
    }
}

/// A sequence of what is encoded already.
fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    Any::new(Tag::Sequence, parts.concat()).unwrap().to_der().unwrap()
}

fn response(state: &State, request: &TimeStampReq) -> Vec<u8> {
    let ahead = if state.mode == Mode::Fast { TimeDelta::hours(1) } else { TimeDelta::zero() };
    let now = state.clock.as_ref().unwrap().now().plus(ahead).utc();
    let mut imprint = request.message_imprint.clone();
    if state.mode == Mode::Other {
        imprint.hashed_message = OctetString::new(vec![7; 32]).unwrap();
    }
    let nonce = request.nonce.clone().filter(|_| state.mode != Mode::Replayed).unwrap_or(Int::new(&[5]).unwrap());
    // RFC 3161, 2.4.2: a fraction of a second may be there, without zeros at its end.
    let time = now.format("%Y%m%d%H%M%S.5Z").to_string();
    let info = sequence(&[
        1u8.to_der().unwrap(),
        ObjectIdentifier::new_unwrap("1.2.3.4").to_der().unwrap(),
        imprint.to_der().unwrap(),
        u64::from(state.asked).to_der().unwrap(),
        Any::new(Tag::GeneralizedTime, time.as_bytes()).unwrap().to_der().unwrap(),
        nonce.to_der().unwrap(),
    ]);
    let token = token(state, info).to_der().unwrap();
    sequence(&[sequence(&[0u8.to_der().unwrap()]), token])
}

fn token(state: &State, info: Vec<u8>) -> ContentInfo {
    let [good, server, stranger, loose] = &state.signers;
    let signer = match state.mode {
        Mode::Server => server,
        Mode::Stranger => stranger,
        Mode::Loose => loose,
        _ => good,
    };
    let certificate = Certificate::from_der(&signer.certificate).unwrap();
    let attribute =
        |oid, value: Any| cms::cert::x509::attr::Attribute { oid, values: SetOfVec::try_from(vec![value]).unwrap() };
    let attributes: SignedAttributes = SetOfVec::try_from(vec![
        attribute(ID_CONTENT_TYPE, Any::from(TST_INFO)),
        attribute(ID_MESSAGE_DIGEST, Any::new(Tag::OctetString, Sha256::digest(&info).to_vec()).unwrap()),
    ])
    .unwrap();
    let key = if state.mode == Mode::Forged { &server.key } else { &signer.key };
    let random = SystemRandom::new();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &key.serialize_der(), &random).unwrap();
    let signature = key.sign(&random, &attributes.to_der().unwrap()).unwrap();
    let algorithm = |oid| cms::cert::x509::spki::AlgorithmIdentifier { oid, parameters: None };
    let data = SignedData {
        version: CmsVersion::V3,
        digest_algorithms: SetOfVec::try_from(vec![algorithm(ID_SHA_256)]).unwrap(),
        encap_content_info: EncapsulatedContentInfo {
            econtent_type: TST_INFO,
            econtent: Some(Any::new(Tag::OctetString, info).unwrap()),
        },
        certificates: Some(CertificateSet(
            SetOfVec::try_from(vec![CertificateChoices::Certificate(certificate.clone())]).unwrap(),
        )),
        crls: None,
        signer_infos: SignerInfos(
            SetOfVec::try_from(vec![SignerInfo {
                version: CmsVersion::V1,
                sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
                    issuer: certificate.tbs_certificate.issuer,
                    serial_number: certificate.tbs_certificate.serial_number,
                }),
                digest_alg: algorithm(ID_SHA_256),
                signed_attrs: Some(attributes),
                signature_algorithm: algorithm(ECDSA_WITH_SHA_256),
                signature: OctetString::new(signature.as_ref()).unwrap(),
                unsigned_attrs: None,
            }])
            .unwrap(),
        ),
    };
    ContentInfo { content_type: ID_SIGNED_DATA, content: Any::from_der(&data.to_der().unwrap()).unwrap() }
}

/// A world whose log is signed, and the authority that stamps its checkpoints by the same clock.
fn stamped_world(engine: Engine, every: TimeDelta) -> (World, Key, Played) {
    let (key, played) = (Key::make(), Played::start());
    let world = World::start_with(engine, |config| {
        key.serve_for(config);
        config.stamping = Stamping { every, ..played.stamping() };
    });
    played.state.lock().unwrap().clock = Some(world.clock.clone());
    (world, key, played)
}

fn stamps(world: &World) -> i64 {
    world.number("select count(*) from timestamps")
}

/// Waits until the newest checkpoint is stamped: one that is signed just after another was stamped waits for an hour.
fn wait_for_stamp(world: &World) {
    wait_for_signature(world);
    let newest = "select count(*) from timestamps where checkpoint_id = (select max(id) from checkpoints)";
    wait_while_asking(world, || world.number(newest) == 1);
}

/// Waits until `is_so`. Time passes only where the authority is to be asked later, and so never while it answers: by a clock that was
/// moved meanwhile its own would be wrong.
fn wait_while_asking(world: &World, is_so: impl Fn() -> bool) {
    wait_until(|| {
        if is_so() {
            return true;
        }
        let now = world.clock.now();
        let later = format!("select count(*) from timestamp_troubles where next_at > '{now}'");
        let recent = format!("select count(*) from timestamps where at > '{}'", now.minus(TimeDelta::hours(1)));
        if world.number(&later) > 0 || world.number(&recent) > 0 {
            world.clock.advance(Duration::from_mins(31));
        }
        false
    });
}

/// Why there is no time stamp.
fn trouble(world: &World) -> String {
    world.rows("select error from timestamp_troubles").into_iter().flatten().flatten().collect()
}

fn open_alerts(world: &World) -> i64 {
    world.number("select count(*) from alerts where kind = 'audit.timestamp-late' and resolved_at is null")
}

on_both! {
    fn a_checkpoint_is_stamped_and_its_time_is_on_the_page_and_in_bundles(outer) {
        let (world, key, played) = stamped_world(outer.engine, TimeDelta::hours(1));
        wait_for_stamp(&world);
        let sora = world.signed_in("sora");
        let page = sora.get("/audit/checkpoints");
        let link = page.attributes("a[href$='/timestamp']", "href").remove(0);
        let response = sora.get(&link);
        assert_eq!((response.status, response.header("content-type")), (200, Some("application/timestamp-reply")));
        let stamped = sora.get(&link.replace("/timestamp", "/stamped"));
        assert_eq!(stamped.text(), world.database().value("select c.note from checkpoints c join timestamps t on t.checkpoint_id = c.id order by c.id desc limit 1"));
        assert_eq!(sora.get("/audit/checkpoints/999/timestamp").status, 404);
        let roots = write(key.directory.path(), "roots.pem", played.pem.as_bytes());
        let roots = roots.to_str().unwrap();
        for query in ["", "&from=2026-03-02", "&action=session.start"] {
            let file = take(&world, &key, &sora, query);
            let verify = |path: &std::path::Path, certificates: Option<&str>| {
                let mut arguments = vec!["audit", "verify", path.to_str().unwrap(), "--vkey", &key.vkey];
                arguments.extend(certificates.iter().flat_map(|file| ["--timestamp-certificates", file]));
                world.command(&arguments).output().unwrap()
            };
            let fits = verify(&file, Some(roots));
            assert!(fits.status.success() && said(&fits).contains(" rows was there at 2026-03-"), "{}", said(&fits));
            assert!(said(&verify(&file, None)).contains("was not verified: give --timestamp-certificates"));
            let directory = unpack(&file);
            assert!(std::fs::read_to_string(directory.join("README.txt")).unwrap().contains("openssl ts -verify"));
            let stranger = write(key.directory.path(), "stranger.pem", Root::make("A root").pem.as_bytes());
            let refused = verify(&directory, stranger.to_str());
            assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
            assert!(said(&refused).contains("none of the certificates that are trusted vouches"), "{}", said(&refused));
        }
    }

    fn between_two_time_stamps_there_is_the_time_of_the_settings(outer) {
        let (world, key, played) = stamped_world(outer.engine, TimeDelta::hours(48));
        wait_for_signature(&world);
        wait_while_asking(&world, || stamps(&world) == 1);
        for n in 0..2 {
            let size = world.number("select max(size) from checkpoints");
            change(&world, &format!("Late delivery, ticket {n}"));
            let signed = key.sign(&world);
            assert!(signed.status.success(), "{}", said(&signed));
            wait_until(|| world.number("select max(size) from checkpoints") > size);
        }
        world.clock.advance(Duration::from_hours(40));
        thread::sleep(Duration::from_millis(500));
        assert_eq!((stamps(&world), played.asked()), (1, 1));
        world.clock.advance(Duration::from_hours(9));
        // The newest one alone: it holds those before it.
        wait_until(|| stamps(&world) == 2);
        assert_eq!(played.asked(), 2);
    }

    fn what_does_not_verify_is_not_kept_and_is_an_alert_after_a_day(outer) {
        let (world, _key, played) = stamped_world(outer.engine, TimeDelta::hours(1));
        wait_for_stamp(&world);
        let before = stamps(&world);
        for (mode, words) in [
            (Mode::Away, "connection failed|readable HTTP answer"),
            (Mode::NoBytes, "no time-stamp response"),
            (Mode::Refusing, "it refuses with status 2"),
            (Mode::Fast, "its clock is 3600 seconds from ours"),
            (Mode::Other, "is on other bytes"),
            (Mode::Replayed, "is to another request"),
            (Mode::Forged, "its signature does not fit"),
            (Mode::Server, "not one for time stamping alone"),
            (Mode::Loose, "not one for time stamping alone"),
            (Mode::Stranger, "vouches for its certificate"),
        ] {
            played.set(mode);
            change(&world, &format!("Late delivery, {mode:?}"));
            wait_for_signature(&world);
            wait_while_asking(&world, || words.split('|').any(|words| trouble(&world).contains(words)));
            assert_eq!(stamps(&world), before, "{mode:?}");
        }
        let sora = world.signed_in("sora");
        assert!(sora.get("/audit/checkpoints").text().contains("No time stamp"), "{}", sora.get("/audit/checkpoints").text());
        world.clock.advance(Duration::from_hours(25));
        wait_until(|| open_alerts(&world) == 1);
        played.set(Mode::Good);
        wait_while_asking(&world, || stamps(&world) > before);
        wait_until(|| open_alerts(&world) == 0);
    }

    fn settings_of_time_stamps_are_refused_with_what_is_wrong(world) {
        let folder = tempfile::tempdir().unwrap();
        let good = write(folder.path(), "roots.pem", Root::make("A root").pem.as_bytes());
        let none = write(folder.path(), "none.pem", b"not a certificate");
        let check = |settings: &[(&str, &str)]| {
            let output = world.command(&["check"]).envs(settings.iter().copied()).output().unwrap();
            (output.status.success(), said(&output))
        };
        let (url, file) = ("INGAM_AUDIT_TIMESTAMPS", "INGAM_AUDIT_TIMESTAMP_CERTIFICATES");
        let (good, none) = (good.to_str().unwrap(), none.to_str().unwrap());
        for (settings, why) in [
            (vec![(url, "http://tsa.example.com")], "name the certificates of its authority"),
            (vec![(file, good)], "INGAM_AUDIT_TIMESTAMPS is not"),
            (vec![(url, "tsa.example.com"), (file, good)], "http:// or https://"),
            (vec![(url, "http://tsa.example.com"), (file, none)], "it holds no certificate"),
            (vec![(url, "http://tsa.example.com"), (file, "/nowhere/roots.pem")], "/nowhere/roots.pem"),
            (vec![("INGAM_AUDIT_TIMESTAMP_MINUTES", "0")], "between 1 and 10080"),
        ] {
            let (passed, said) = check(&settings);
            assert!(!passed && said.contains(why), "{settings:?}: {said}");
        }
        let (_, said) = check(&[(url, "http://tsa.example.com/tsr"), (file, good)]);
        assert!(said.contains("by http://tsa.example.com/tsr, every 60 minutes"), "{said}");
    }
}
