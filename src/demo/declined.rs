//! A refund of the demo that an operator asked for and the payment provider declined, so that it can be tried again. Those that
//! the shop asked for are among the sample orders, and only the shop could try them again.
//!
//! It goes through the gate like any other: the operator signs in, seals it with a code, and signs out. That happens some time
//! before the demo begins, so that no code of its first minute is spent.

use crate::{
    clock::{Clock, Instant},
    gate::{Actor, Gate, Origin, Reason, Role, Roles, Seal, Who, code},
    id::{LineId, OrderId, PaymentId, StaffId},
    orders::{
        plan::{RefundSpec, Units},
        refund::RefundOrder,
        settle::{Outcome, SettleRefund},
    },
    secret::token,
    sql,
    staff::{
        sign_in::{Browser, EnterPassword, SignIn, SignOut},
        throttle::Keys,
    },
    store::Store,
    web::session::id_of,
};
use anyhow::Context as _;
use chrono::TimeDelta;
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

/// How long before the demo begins.
const BEFORE: TimeDelta = TimeDelta::hours(2);

/// A clock that is behind by [`BEFORE`], and that a person who waits for the next code moves on.
#[derive(Clone)]
pub(super) struct Earlier {
    pub(super) clock: Clock,
    waited: Arc<AtomicI64>,
}

impl Earlier {
    pub(super) fn than(clock: Clock) -> Self {
        let waited = Arc::new(AtomicI64::new(0));
        let seconds = Arc::clone(&waited);
        let tell = move || clock.now().minus(BEFORE).plus(TimeDelta::seconds(seconds.load(Ordering::Relaxed)));
        Self { clock: Clock::from_fn(tell), waited }
    }

    fn wait_for_next_code(&self) -> Instant {
        self.waited.fetch_add(30, Ordering::Relaxed);
        self.clock.now()
    }
}

/// Who asks for it.
pub(super) struct Operator<'a> {
    pub(super) id: StaffId,
    pub(super) name: &'a str,
    pub(super) email: &'a str,
    pub(super) secret: [u8; 20],
}

/// Has the operator refund one thing of a delivered order, and the provider decline it.
pub(super) async fn decline(store: &Store, gate: &Gate, earlier: &Earlier, by: &Operator<'_>) -> anyhow::Result<()> {
    let order: Option<(OrderId, PaymentId)> = store
        .reader
        .query(sql!(
            "select o.id, p.id from orders o join payments p on p.order_id = o.id
              where o.state = 'delivered' and o.points_used = 0 and o.points_earned = 0 and o.failed_refunds = 0 and o.open_refunds = 0
                and p.method = 'card' and p.refunded = 0 and (select count(*) from payments q where q.order_id = o.id) = 1
              order by o.placed_at desc, o.id desc limit 1"
        ))
        .optional()
        .await?;
    // A shop of very few customers may have none.
    let Some((order, payment)) = order else { return Ok(()) };
    let actor = signed_in(store, gate, earlier, by).await?;
    let spec = RefundSpec { lines: vec![Units { n: LineId::new(1), quantity: 1 }], ..RefundSpec::default() };
    let change = RefundOrder { order, spec, reason_kind: "damaged".to_owned(), override_reason: None };
    let reason = Reason::parse("상품이 파손되어 도착함, 사진 확인 (CS-20931)").unwrap_or_default();
    let seal = Seal { reason, ..seal(by, earlier)? };
    let booked =
        gate.submit(&actor, &change, &seal).await?.output.applied().context("the refund waits for approval")?;
    let outcome = Outcome::Failed("card_expired".to_owned());
    let settled = SettleRefund { order, refund: booked.refund, payment, outcome };
    gate.submit_unattended(&Actor::system("demo".to_owned()), &settled).await?;
    let session = actor.origin.session.clone().unwrap_or_default();
    gate.submit(&actor, &SignOut { staff: by.id, session }, &Seal::none()).await?;
    Ok(())
}

/// The operator with a session, signed in with password and code.
async fn signed_in(store: &Store, gate: &Gate, earlier: &Earlier, by: &Operator<'_>) -> anyhow::Result<Actor> {
    let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let browser = || Browser { ip: ip.to_string(), user_agent: String::new() };
    let origin = |session| Origin {
        ip: Some(ip),
        peer: Some(ip),
        user_agent: String::new(),
        session,
        request_id: "demo".to_owned(),
    };
    let hash: (String,) =
        store.reader.query(sql!("select password_hash from staff where id = $1")).bind(by.id).one().await?;
    let (password, session) = (token(), token());
    let keys = Keys::new(gate.key(), by.email, Some(ip));
    let entered = EnterPassword::new(Some(by.id), Some(hash.0), keys, &password, browser());
    gate.submit(&Actor { who: Who::Visitor, origin: origin(None) }, &entered, &Seal::none()).await?;
    let who = Who::Staff {
        id: by.id,
        name: by.name.to_owned(),
        email: by.email.to_owned(),
        roles: Roles::new([Role::Operator]),
    };
    let half = Actor { who: who.clone(), origin: origin(Some(id_of(&password))) };
    let started = SignIn::new(by.id, id_of(&password), &session, browser());
    gate.submit(&half, &started, &seal(by, earlier)?).await?;
    Ok(Actor { who, origin: origin(Some(id_of(&session))) })
}

/// A seal with a code of its own.
fn seal(by: &Operator<'_>, earlier: &Earlier) -> anyhow::Result<Seal> {
    let code = code::current(&by.secret, earlier.wait_for_next_code()).context("no code could be worked out")?;
    Ok(Seal { code: Some(code), ..Seal::none() })
}
