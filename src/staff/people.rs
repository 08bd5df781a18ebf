//! Reading the members of staff and the states of their accounts.

use super::{
    Role, Roles,
    session_list::{self, SessionHandle, SessionRow},
};
use crate::{
    clock::Instant,
    id::StaffId,
    list_query, sql,
    web::{
        Desk, PageError,
        list::Page,
        shell::{Tone, field::wrong},
    },
};

/// The state of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Active,
    /// Has no password yet.
    Invited,
    /// Has a password, and no authenticator any more.
    Reset,
    /// Has given ten wrong codes.
    Locked,
    Disabled,
}

impl State {
    pub(crate) const ALL: [Self; 5] = [Self::Active, Self::Invited, Self::Reset, Self::Locked, Self::Disabled];

    /// As in `?state=`, and under `staff-state.`
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Invited => "invited",
            Self::Reset => "reset",
            Self::Locked => "locked",
            Self::Disabled => "disabled",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    pub(crate) fn tone(self) -> Tone {
        match self {
            Self::Active => Tone::Ok,
            Self::Invited => Tone::Info,
            Self::Reset => Tone::Warn,
            Self::Locked => Tone::Bad,
            Self::Disabled => Tone::Mute,
        }
    }

    pub(crate) fn icon(self) -> &'static str {
        match self {
            Self::Active => "check",
            Self::Invited => "wait",
            Self::Reset => "phone",
            Self::Locked => "lock",
            Self::Disabled => "ban",
        }
    }
}

impl TryFrom<String> for State {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text} is no state of staff"))
    }
}

/// A member of staff as pages show them.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Person {
    pub id: StaffId,
    pub name: String,
    pub email: String,
    pub roles: String,
    #[sqlx(try_from = "String")]
    pub state: State,
    pub version: i64,
    /// Networks with a space between them; none is no limit.
    pub networks: String,
    pub time_zone: String,
    pub created_at: Instant,
    pub password_at: Option<Instant>,
    pub enrolled_at: Option<Instant>,
    /// Until when their set-up link works, where they have one that does.
    pub link_until: Option<Instant>,
    pub signed_in_at: Option<Instant>,
    /// In how many browsers they are signed in now.
    pub sessions: i64,
}

impl Person {
    pub(crate) fn roles(&self) -> Vec<Role> {
        Roles::parse(&self.roles).iter().collect()
    }

    /// Whether they hold roles that check each other.
    pub(crate) fn mixes_duties(&self) -> bool {
        Roles::parse(&self.roles).mix_duties()
    }

    pub(crate) fn is_disabled(&self) -> bool {
        self.state == State::Disabled
    }

    /// Whether it takes a set-up link to let them in.
    pub(crate) fn needs_link(&self) -> bool {
        matches!(self.state, State::Invited | State::Reset)
    }

    pub(crate) fn has_factor(&self) -> bool {
        self.enrolled_at.is_some()
    }

    pub(crate) fn networks(&self) -> Vec<&str> {
        self.networks.split(' ').filter(|net| !net.is_empty()).collect()
    }
}

/// The state of an account in a row of `staff s left join authenticators a`. What is worst comes first.
macro_rules! state {
    () => {
        "case when not s.active then 'disabled' when s.password_hash is null then 'invited'
              when a.staff_id is null then 'reset' when a.locked then 'locked' else 'active' end"
    };
}

/// The columns of [`Person`]: $1 is now, $2 and $3 are since when sessions that are open may have begun and been used.
macro_rules! person {
    () => {
        concat!(
            "select s.id, s.name, s.email, s.roles, ",
            crate::staff::people::state!(),
            " as state, s.version, s.networks, s.time_zone, s.created_at, s.password_at, a.enrolled_at,
              (select max(i.expires_at) from invitations i where i.staff_id = s.id and i.expires_at > $1) as link_until,
              (select l.at from audit l where l.staff_id = s.id and l.outcome = 'applied'
                 and l.action in ('session.start', 'account.recover-authenticator') order by l.seq desc limit 1) as signed_in_at,
              (select count(*) from sessions e where e.staff_id = s.id and e.stage = 'signed' and e.created_at > $2 and e.seen_at > $3) as sessions
             from staff s left join authenticators a on a.staff_id = s.id "
        )
    };
}

pub(crate) use state;

/// Finds one person.
async fn by_id(desk: &Desk, id: StaffId) -> sqlx::Result<Option<Person>> {
    let (now, limits) = (desk.now(), desk.console().limits);
    desk.reader()
        .query(sql!(person!(), "where s.id = $4"))
        .bind(now)
        .bind(now.minus(limits.absolute))
        .bind(now.minus(limits.idle))
        .bind(id)
        .optional()
        .await
}

/// One person with their sessions, as their page and its panels show them.
pub(crate) struct Member {
    pub(crate) person: Person,
    pub(crate) sessions: Vec<SessionRow>,
    /// Whether it is the person who looks. Their own account is changed by another owner.
    pub(crate) is_me: bool,
}

impl Member {
    pub(super) async fn by_id(desk: &Desk, id: StaffId) -> Result<Option<Self>, PageError> {
        let Some(person) = by_id(desk, id).await? else { return Ok(None) };
        let sessions = session_list::sessions(desk, id).await?;
        Ok(Some(Self { person, sessions, is_me: id == desk.person().id }))
    }

    /// The session with this handle, while it lasts.
    pub(super) fn session(&self, handle: &SessionHandle) -> Option<&SessionRow> {
        self.sessions.iter().find(|session| session.id == handle.0)
    }
}

list_query! {
    /// The filters of the list of staff as they were chosen.
    typed Filter at "/staff" from "after";
    /// What the filters of the list of staff mean.
    meant Wanted;
    state: State = |text, _| State::parse(text).ok_or_else(wrong::not_a_choice);
    role: Role = |text, _| text.parse().map_err(|_| wrong::not_a_choice());
}

/// The list of staff, as its address asks for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct StaffList {
    pub(crate) filter: Filter,
    pub(crate) wanted: Wanted,
    /// The person after whom the page begins.
    pub(crate) after: Option<StaffId>,
}

const PAGE: usize = 100;

/// The people who are wanted by name, after the one whose id is `after`. The address holds the id and not the name, which is
/// personal.
pub(crate) async fn find(desk: &Desk, wanted: &Wanted, after: Option<StaffId>) -> sqlx::Result<Page<Person, StaffId>> {
    let (now, limits) = (desk.now(), desk.console().limits);
    let rows = async |limit| {
        desk.reader()
            .query(sql!(
                person!(),
                "where (cast($4 as bigint) is null or (s.name, s.id) > (select p.name, p.id from staff p where p.id = $4))
                   and (cast($5 as text) is null or ",
                state!(),
                " = $5)
                   and (cast($6 as text) is null or ' ' || s.roles || ' ' like '% ' || $6 || ' %')
                 order by s.name, s.id limit $7"
            ))
            .bind(now)
            .bind(now.minus(limits.absolute))
            .bind(now.minus(limits.idle))
            .bind(after)
            .bind(wanted.state.map(State::as_str))
            .bind(wanted.role.map(Role::as_str))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .all()
            .await
    };
    Page::read(PAGE, rows, |person: &Person| person.id).await
}
