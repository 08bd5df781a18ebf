use super::{
    PEOPLE, TestClock,
    customers::CUSTOMERS,
    database::{ask, block_on},
    orders::ORDERS,
};
use ingam::{
    allowlist::Allowlist,
    clock::Clock,
    config::Config,
    gate::{Actor, Gate, Roles},
    profile::Profile,
    secret::SecretKey,
    staff::founding::{Founder, found},
    store::Store,
    users::take_over::TakeOverLedger,
};
use std::{
    net::{SocketAddr, TcpListener},
    sync::mpsc,
    thread::{self, JoinHandle},
};
use tokio::sync::oneshot;

/// The key of every world. Random once, so that it is not one of the samples a server refuses.
pub(super) const SECRET_KEY: [u8; 32] = [
    0x5b, 0x1f, 0xc8, 0x62, 0x0d, 0xea, 0x97, 0x34, 0xb1, 0x48, 0x7e, 0x25, 0xf3, 0x9c, 0x60, 0xd7, 0x81, 0x2a, 0xe4,
    0x5f, 0x16, 0xbb, 0x70, 0xc9, 0x03, 0xad, 0x58, 0x94, 0xee, 0x3d, 0x42, 0x6b,
];

/// A console that serves in this process, as one of several could behind a load balancer: it has pools, sessions and
/// secrets of its own and shares with the others only the database.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts to serve, or says why it refuses to.
    pub(crate) fn start(config: Config, clock: Clock) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                match ingam::app::start(config, clock, listener).await {
                    Ok(running) => {
                        tell.send(Ok(running.address())).unwrap();
                        let _ = stopped.await;
                        running.stop().await.unwrap();
                    }
                    Err(error) => tell.send(Err(error)).unwrap(),
                }
            });
        });
        let address = told.recv().expect("the server says how it started")?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Stops it in order: requests in flight are answered first.
    pub(crate) fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            // A second panic while a test is failing would hide why it failed.
            assert!(ended.is_ok() || thread::panicking(), "the server panicked");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Makes the schema, the five people and a few customers.
pub(crate) fn prepare(url: &str, clock: &TestClock) {
    block_on(async {
        ingam::store::migrate(url, Profile::Local, clock.now()).await.unwrap();
        let store = Store::open(url, 1).await.unwrap();
        let gate = Gate::open(
            &store,
            ingam::changes::CATALOG,
            clock.clock(),
            SecretKey::new(SECRET_KEY),
            Allowlist::loopback(),
        )
        .await
        .unwrap();
        let actor = Actor::console("tests".to_owned(), "founding".to_owned());
        for person in PEOPLE {
            let founder = Founder {
                email: person.email.to_owned(),
                name: person.name.to_owned(),
                roles: Roles::new([person.role.parse().unwrap()]),
                time_zone: "Asia/Seoul".to_owned(),
                password: person.password.to_owned(),
                secret: person.secret,
            };
            found(&gate, &actor, &founder).await.unwrap();
        }
        ask(url, CUSTOMERS).await.unwrap();
        ask(url, ORDERS).await.unwrap();
        gate.submit_unattended(&actor, &TakeOverLedger {}).await.unwrap();
        store.close().await;
        gate.close().await;
    });
}
