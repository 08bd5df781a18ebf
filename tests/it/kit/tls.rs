//! TLS in front of a server of a test, with an authority that no one else trusts.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::TempDir;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};

/// Takes encrypted connections and hands them on, until its runtime ends.
#[derive(Debug)]
pub(crate) struct TlsFront {
    pub(crate) address: SocketAddr,
    folder: TempDir,
}

impl TlsFront {
    pub(crate) fn start(runtime: &Runtime, behind: SocketAddr) -> Self {
        let (authority, key) = (authority(), KeyPair::generate().unwrap());
        let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority.issuer).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(hand_on(listener, TlsAcceptor::from(Arc::new(config)), behind));
        let folder = TempDir::with_prefix("ingam-test-").unwrap();
        fs::write(pem(folder.path()), authority.pem).unwrap();
        Self { address, folder }
    }

    /// The file with the authority.
    pub(crate) fn authority(&self) -> PathBuf {
        pem(self.folder.path())
    }
}

fn pem(folder: &Path) -> PathBuf {
    folder.join("authority.pem")
}

async fn hand_on(listener: TcpListener, acceptor: TlsAcceptor, behind: SocketAddr) {
    while let Ok((stream, _)) = listener.accept().await {
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            // A client that hangs up, or takes this for another server, ends its own conversation.
            let (Ok(mut from), Ok(mut to)) = (acceptor.accept(stream).await, TcpStream::connect(behind).await) else {
                return;
            };
            drop(copy_bidirectional(&mut from, &mut to).await);
        });
    }
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

fn authority() -> Authority {
    let (key, mut params) = (KeyPair::generate().unwrap(), CertificateParams::new(Vec::new()).unwrap());
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = params.self_signed(&key).unwrap().pem();
    Authority { issuer: Issuer::new(params, key), pem }
}
