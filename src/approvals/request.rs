use crate::{
    clock::Instant,
    gate::{Actor, Catalog, DynChange, Fault, Origin, Reason, Requester, Role, Roles, Tx, Who},
    id::{RequestId, Seq, StaffId},
    sql,
    store::Queries,
};
use serde_json::Value;

crate::gate::refusal_words! {
    /// There is no such request.
    APPROVAL_MISSING = "approval-missing";
}

/// A change that waits for a decision, or that has been decided.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Request {
    pub id: RequestId,
    pub at: Instant,
    #[sqlx(try_from = "String")]
    pub state: State,
    /// `points.adjust`
    pub kind: String,
    pub payload: String,
    pub target_kind: String,
    pub target_id: String,
    pub seen: Option<i64>,
    /// The row of the log that it takes back.
    pub reversal_of: Option<Seq>,
    #[sqlx(json)]
    pub before: Value,
    #[sqlx(json)]
    pub after: Value,
    pub staff_id: StaffId,
    pub staff_name: String,
    pub staff_email: String,
    pub ip: String,
    pub peer: String,
    pub user_agent: String,
    pub session: String,
    pub reason: String,
    /// The row of the log in which it was asked for.
    pub change_id: String,
    /// Which rule held it up: `over`, `daily`, `own`, `marked` or `always`.
    pub rule: String,
    pub beyond: Option<String>,
    /// Who decides.
    pub role: String,
    pub needs: i64,
    pub expires_at: Instant,
    pub decided_at: Option<Instant>,
    pub is_overdue: bool,
    pub version: i64,
    /// The number of approvers who still may approve.
    pub approvals: i64,
    /// The e-mail of the customer that it is about.
    pub contact: Option<String>,
}

/// How far a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Waiting,
    /// It was urgent and is done already.
    Owed,
    Approved,
    Rejected,
    Withdrawn,
    Expired,
    /// Its target has changed.
    Obsolete,
}

impl State {
    pub(crate) const ALL: [Self; 7] =
        [Self::Waiting, Self::Owed, Self::Approved, Self::Rejected, Self::Withdrawn, Self::Expired, Self::Obsolete];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Owed => "owed",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::Obsolete => "obsolete",
        }
    }

    pub(crate) const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Owed)
    }
}

pub(crate) use crate::audit::SEES_ALL_REQUESTS as SEES_ALL;

/// Not a state of a request.
#[derive(Debug, thiserror::Error)]
#[error("not a state of a request")]
pub(crate) struct UnknownState;

impl TryFrom<String> for State {
    type Error = UnknownState;

    fn try_from(text: String) -> Result<Self, UnknownState> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(UnknownState)
    }
}

/// The columns of [`Request`], of `approval_requests r` beside `staff s`.
#[macro_export]
macro_rules! request_columns {
    () => {
        "r.id, r.at, r.state, r.kind, r.payload, r.target_kind, r.target_id, r.seen, r.reversal_of, r.before, r.after, r.staff_id, r.staff_name, \
         s.email as staff_email, r.ip, r.peer, r.user_agent, r.session, r.reason, r.change_id, r.rule, r.beyond, r.role, r.needs, r.expires_at, \
         r.decided_at, r.is_overdue, r.version, \
         (select count(*) from approval_votes v join staff p on p.id = v.staff_id
           where v.request_id = r.id and v.verdict = 'approved'
             and p.active and (' ' || p.roles || ' ') like ('% ' || r.role || ' %')) as approvals, \
         case r.target_kind when 'user' then (select u.email from users u where u.id = cast(r.target_id as bigint)) \
           when 'order' then (select u.email from orders o join users u on u.id = o.user_id where o.id = cast(r.target_id as bigint)) \
           end as contact"
    };
}

/// The decision of one person.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Vote {
    pub staff_name: String,
    pub at: Instant,
    /// `approved` or `rejected`
    pub verdict: String,
    pub reason: String,
}

impl Vote {
    pub(crate) fn is_against(&self) -> bool {
        self.verdict == "rejected"
    }
}

pub(crate) async fn find(db: &mut impl Queries, id: RequestId) -> sqlx::Result<Option<Request>> {
    db.query(sql!(
        "select ",
        request_columns!(),
        " from approval_requests r join staff s on s.id = r.staff_id where r.id = $1"
    ))
    .bind(id)
    .optional()
    .await
}

pub(crate) async fn votes(db: &mut impl Queries, id: RequestId) -> sqlx::Result<Vec<Vote>> {
    db.query(sql!(
        "select staff_name, at, verdict, reason from approval_votes where request_id = $1 order by at, staff_id"
    ))
    .bind(id)
    .all()
    .await
}

/// The addresses of those who have decided, for or against.
pub(super) async fn voter_emails(db: &mut impl Queries, id: RequestId) -> sqlx::Result<Vec<String>> {
    let emails: Vec<(String,)> = db
        .query(sql!("select s.email from approval_votes v join staff s on s.id = v.staff_id where v.request_id = $1"))
        .bind(id)
        .all()
        .await?;
    Ok(emails.into_iter().map(|(email,)| email).collect())
}

/// The e-mails of those who have decided about the open requests from one to another, by request.
pub(super) async fn open_voters(
    db: &mut impl Queries,
    (first, last): (RequestId, RequestId),
) -> sqlx::Result<Vec<(RequestId, String)>> {
    db.query(sql!(
        "select v.request_id, s.email from approval_votes v join staff s on s.id = v.staff_id
           join approval_requests r on r.id = v.request_id
          where r.state in ('waiting', 'owed') and r.id between $1 and $2"
    ))
    .bind(first)
    .bind(last)
    .all()
    .await
}

/// Locks the request for the rest of the transaction: of two who decide, the second one sees what the first one did.
pub(super) async fn lock(tx: &mut Tx<'_>, id: RequestId) -> Result<Request, Fault> {
    lock_version(tx, id).await?;
    find(tx, id).await?.ok_or_else(|| Fault::missing(APPROVAL_MISSING))
}

/// Locks the request and says only which version it is.
pub(super) async fn lock_version(tx: &mut Tx<'_>, id: RequestId) -> Result<i64, Fault> {
    let version: Option<(i64,)> = tx
        .query(sql!(
            sqlite: "select version from approval_requests where id = $1",
            postgres: "select version from approval_requests where id = $1 for update",
        ))
        .bind(id)
        .optional()
        .await?;
    version.map(|(version,)| version).ok_or_else(|| Fault::missing(APPROVAL_MISSING))
}

/// Gives the request another state; a decision when it is no longer open.
pub(super) async fn settle(tx: &mut Tx<'_>, request: &Request, state: State) -> Result<(), Fault> {
    let now = tx.now();
    tx.query(sql!("update approval_requests set state = $2, decided_at = $3, version = version + 1 where id = $1"))
        .bind(request.id)
        .bind(state.as_str())
        .bind((!state.is_open()).then_some(now))
        .run()
        .await?;
    tx.belongs_to(request.id);
    if state != request.state {
        tx.note("request_state", request.state.as_str(), state.as_str());
    }
    Ok(())
}

impl Request {
    /// The change that waits; none where a newer console no longer knows it.
    pub(crate) fn change(&self, catalog: Catalog) -> Option<Box<dyn DynChange>> {
        (catalog.read)(&self.kind, &self.payload)
    }

    /// The requester, as the gate takes them. `request_id` names the request of a browser that makes the change go on.
    pub(crate) fn requester(&self, request_id: &str) -> Requester {
        Requester {
            request: self.id,
            actor: Actor {
                who: Who::Staff {
                    id: self.staff_id,
                    name: self.staff_name.clone(),
                    email: self.staff_email.clone(),
                    // Read again where it counts.
                    roles: Roles::default(),
                },
                origin: Origin {
                    ip: self.ip.parse().ok(),
                    peer: self.peer.parse().ok(),
                    user_agent: self.user_agent.clone(),
                    session: Some(self.session.clone()).filter(|session| !session.is_empty()),
                    request_id: request_id.to_owned(),
                },
            },
            reason: Reason::parse(&self.reason).unwrap_or_default(),
            seen: self.seen,
            reverses: self.reversal_of,
        }
    }

    /// The role that decides; `None` for a word that is no longer a role.
    pub(crate) fn role(&self) -> Option<Role> {
        self.role.parse().ok()
    }

    /// Whether a person with these roles may view it.
    pub(crate) fn is_for(&self, staff: StaffId, roles: &Roles) -> bool {
        staff == self.staff_id || roles.any_of(SEES_ALL) || self.role().is_some_and(|role| roles.any_of(&[role]))
    }

    pub(crate) fn has_run_out(&self, now: Instant) -> bool {
        self.state == State::Waiting && self.expires_at <= now
    }
}
