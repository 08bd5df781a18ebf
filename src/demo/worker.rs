//! A person of the demo at work in a time that is over: signs in, seals changes with codes of that time, signs out. Everything goes
//! through the gate as it does for a person with a browser, so the log of a demo is a log like any other.

use super::data::Account;
use crate::{
    clock::{Clock, Instant},
    gate::{Actor, Change, Gate, Origin, Outcome, Reason, Refusal, Roles, Seal, Who, code},
    id::StaffId,
    secret, sql,
    staff::{
        sign_in::{Browser, EnterPassword, SignIn, SignOut},
        throttle::Keys,
    },
    store::Reader,
    web::session::id_of,
};
use anyhow::Context as _;
use chrono::TimeDelta;
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex, PoisonError},
};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/155.0.0.0 Safari/537.36";
/// Seconds for which a code is valid.
const STEP: i64 = 30;

/// The time of the demo's past. It goes forward only.
#[derive(Clone, Debug)]
pub(super) struct Time(Arc<Mutex<Instant>>);

impl Time {
    pub(super) fn at(start: Instant) -> Self {
        Self(Arc::new(Mutex::new(start)))
    }

    pub(super) fn now(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn go_to(&self, at: Instant) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = at.max(*now);
    }

    pub(super) fn pass(&self, seconds: i64) {
        self.go_to(self.now().plus(TimeDelta::seconds(seconds)));
    }

    pub(super) fn clock(&self) -> Clock {
        let time = self.clone();
        Clock::from_fn(move || time.now())
    }
}

/// One of the demo's staff.
pub(super) struct Worker<'g> {
    gate: &'g Gate,
    time: &'g Time,
    id: StaffId,
    account: &'g Account,
    secret: Vec<u8>,
    /// The hash of the password.
    hash: String,
    /// The step of the last code.
    spent: i64,
    session: Option<String>,
}

impl<'g> Worker<'g> {
    pub(super) async fn of(
        gate: &'g Gate,
        reader: &Reader,
        time: &'g Time,
        account: &'g Account,
    ) -> anyhow::Result<Self> {
        let (id, hash): (StaffId, String) = reader
            .query(sql!("select id, password_hash from staff where email = $1"))
            .bind(account.email.as_str())
            .one()
            .await?;
        let secret = account.secret().context("the demo wrote a secret that is not base32")?;
        Ok(Self { gate, time, id, account, secret, hash, spent: 0, session: None })
    }

    pub(super) fn id(&self) -> StaffId {
        self.id
    }

    pub(super) async fn sign_in(&mut self) -> Result<(), Refusal> {
        let (first, second) = (secret::token(), secret::token());
        let browser = || Browser { ip: HERE.to_string(), user_agent: BROWSER.to_owned() };
        let keys = Keys::new(self.gate.key(), &self.account.email, Some(HERE));
        let password = EnterPassword::new(Some(self.id), Some(self.hash.clone()), keys, &first, browser());
        self.gate.submit(&Actor { who: Who::Visitor, origin: self.origin() }, &password, &Seal::none()).await?;
        self.time.pass(8);
        self.session = Some(id_of(&first));
        let sign_in = SignIn::new(self.id, id_of(&first), &second, browser());
        let seal = Seal { code: self.next_code(), ..Seal::none() };
        self.gate.submit(&self.actor(), &sign_in, &seal).await?;
        self.session = Some(id_of(&second));
        Ok(())
    }

    pub(super) async fn sign_out(&mut self) -> Result<(), Refusal> {
        let Some(session) = self.session.clone() else { return Ok(()) };
        self.gate.submit(&self.actor(), &SignOut { staff: self.id, session }, &Seal::none()).await?;
        self.session = None;
        Ok(())
    }

    /// Seals a change with the next code. Nothing where it is refused, which the log tells of.
    pub(super) async fn seal<C: Change>(
        &mut self,
        change: &C,
        reason: &str,
    ) -> anyhow::Result<Option<Outcome<C::Output>>> {
        let code = self.next_code();
        self.seal_with(change, reason, code).await
    }

    /// Seals a change with a code that is mistyped.
    pub(super) async fn mistype<C: Change>(
        &mut self,
        change: &C,
        reason: &str,
    ) -> anyhow::Result<Option<Outcome<C::Output>>> {
        let right = code::current(&self.secret, self.time.now()).unwrap_or_default();
        let wrong = right.chars().rev().collect::<String>();
        self.seal_with(change, reason, Some(if wrong == right { "000000".to_owned() } else { wrong })).await
    }

    async fn seal_with<C: Change>(
        &mut self,
        change: &C,
        reason: &str,
        code: Option<String>,
    ) -> anyhow::Result<Option<Outcome<C::Output>>> {
        let key = Some(format!("demo{}", secret::token()));
        let seal = Seal { reason: Reason::parse(reason)?, code, key, ..Seal::none() };
        match self.gate.submit(&self.actor(), change, &seal).await {
            Ok(sealed) => Ok(Some(sealed.output)),
            // The demo cannot be made without its database; everything else is a day at work.
            Err(Refusal::Unrecorded(error)) => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// The code that is shown now, or after a wait the next one: each works once.
    fn next_code(&mut self) -> Option<String> {
        let step = self.time.now().unix() / STEP;
        if step <= self.spent {
            self.time.go_to(Instant::from_unix((self.spent + 1) * STEP + 3).unwrap_or(self.time.now()));
        }
        self.spent = self.time.now().unix() / STEP;
        code::current(&self.secret, self.time.now())
    }

    fn actor(&self) -> Actor {
        let roles = self.account.roles.iter().filter_map(|role| role.parse().ok());
        let (name, email) = (self.account.name.clone(), self.account.email.clone());
        Actor { who: Who::Staff { id: self.id, name, email, roles: Roles::new(roles) }, origin: self.origin() }
    }

    fn origin(&self) -> Origin {
        Origin {
            ip: Some(HERE),
            peer: Some(HERE),
            user_agent: BROWSER.to_owned(),
            session: self.session.clone(),
            request_id: format!("req_{}", hex::encode(secret::random::<10>())),
        }
    }
}
