//! The address at which a calendar program reads the shifts of a person. It is shown once; only its hash is kept.

use super::{CALENDAR_GONE, list::Rotas};
use crate::{
    clock::Instant,
    gate::{Admits, Change, Fault, Target, Tx},
    id::{Seq, StaffId},
    secret::{self, fingerprint},
    sql,
    store::Queries,
    web::{
        Desk, PageError, PageResult,
        form::Form,
        panel::{Made, Opened, Opening, Panel, Unread, View},
        shell::{Section, Shell, seal::SealForm},
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

/// What the log calls it; the id is that of the person.
pub(super) const TARGET: &str = "calendar";

/// A calendar address that works.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Calendar {
    pub made_at: Instant,
}

/// The address of this person that works.
pub(crate) async fn of(db: &mut impl Queries, staff: StaffId) -> sqlx::Result<Option<Calendar>> {
    db.query(sql!("select made_at from calendars where staff = $1 and revoked_at is null")).bind(staff).optional().await
}

/// The active person whose address has this token.
pub(super) async fn owner(db: &mut impl Queries, token: &str) -> sqlx::Result<Option<StaffId>> {
    let owner: Option<(StaffId,)> = db
        .query(sql!(
            "select c.staff from calendars c join staff s on s.id = c.staff
              where c.hash = $1 and c.revoked_at is null and s.active"
        ))
        .bind(hash(token))
        .optional()
        .await?;
    Ok(owner.map(|(staff,)| staff))
}

fn hash(token: &str) -> String {
    hex::encode(secret::sha256(token.as_bytes()))
}

/// Makes an address for the person who asks; the one they had stops working.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CreateCalendar {
    pub staff: StaffId,
    #[serde(skip)]
    pub token: String,
}

impl Change for CreateCalendar {
    const KIND: &'static str = "calendars.create";
    const ADMITS: Admits = Admits::own();
    // Made later, it could not be shown.
    const MAY_WAIT: bool = false;
    type Output = ();

    fn target(&self) -> Target {
        Target::new(TARGET, self.staff)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        own(tx, self.staff)?;
        let now = tx.now();
        let hash = hash(&self.token);
        revoke(tx, self.staff).await?;
        tx.query(sql!("insert into calendars (staff, hash, made_at) values ($1, $2, $3)"))
            .bind(self.staff)
            .bind(hash.as_str())
            .bind(now)
            .run()
            .await?;
        tx.note("link_sha256", None::<&str>, fingerprint(hash.as_bytes()));
        Ok(())
    }
}

/// Ends the address of the person who asks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RevokeCalendar {
    pub staff: StaffId,
}

impl Change for RevokeCalendar {
    const KIND: &'static str = "calendars.revoke";
    // Less is shown afterwards, and a lost telephone does not wait.
    const ADMITS: Admits = Admits::own_without_code();
    type Output = ();

    fn target(&self) -> Target {
        Target::new(TARGET, self.staff)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        own(tx, self.staff)?;
        if of(tx, self.staff).await?.is_some() { Ok(()) } else { Err(Fault::conflict(CALENDAR_GONE)) }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.check(tx).await?;
        revoke(tx, self.staff).await?;
        tx.note("link", true, false);
        Ok(())
    }
}

/// A person has an address for themselves alone.
fn own(tx: &Tx<'_>, staff: StaffId) -> Result<(), Fault> {
    if tx.staff() == Some(staff) { Ok(()) } else { Err(Fault::forbidden(CALENDAR_GONE)) }
}

async fn revoke(tx: &mut Tx<'_>, staff: StaffId) -> Result<(), Fault> {
    let now = tx.now();
    tx.query(sql!("update calendars set revoked_at = $2 where staff = $1 and revoked_at is null"))
        .bind(staff)
        .bind(now)
        .run()
        .await?;
    Ok(())
}

/// The form of a new address.
pub(crate) struct CalendarPanel;

impl Panel for CalendarPanel {
    type On = Rotas;
    type Part = ();
    type Asks = CreateCalendar;
    const NAME: &'static str = "calendar";
    const ROUTE: &'static str = "/oncall/calendars";
    /// No rule holds it up: it is to one's own account.
    const KIND: &'static str = "";

    async fn open(_: &Desk, _: &Rotas, (): &(), _: Opening<'_>) -> Result<Opened<Self>, PageError> {
        Ok(Opened::Form(Self))
    }

    async fn read(desk: &Desk, _: &Rotas, (): &(), _: &Form) -> Result<CreateCalendar, Unread> {
        Ok(CreateCalendar { staff: desk.person().id, token: secret::token() })
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        CalendarForm { shell, replaces: on.calendar.is_some(), seal }.render()
    }

    async fn answer(desk: &Desk, _: &Rotas, made: Made<CreateCalendar>) -> PageResult {
        let link = desk.console().link_to(&format!("/calendars/{}.ics", made.asks.token));
        let page = CalendarPage {
            shell: desk.shell(Some(Section::Oncall), None).await?,
            // An earlier sending of the form had another token, which is not known any more.
            link: (!made.is_repeated).then_some(link),
            seq: made.seq,
        };
        desk.page(200, &page)
    }
}

#[derive(Template)]
#[template(path = "oncall/calendar.html")]
struct CalendarForm<'a> {
    shell: &'a Shell,
    /// Whether an address stops working.
    replaces: bool,
    seal: &'a SealForm,
}

/// The address, shown once.
#[derive(Debug, Template)]
#[template(path = "oncall/calendar_link.html")]
pub(crate) struct CalendarPage {
    pub(crate) shell: Shell,
    /// Nothing where it was shown before.
    pub(crate) link: Option<String>,
    pub(crate) seq: Seq,
}

/// The form that ends the address.
pub(crate) struct RevokePanel;

impl Panel for RevokePanel {
    type On = Rotas;
    type Part = ();
    type Asks = RevokeCalendar;
    const NAME: &'static str = "revoke";
    const ROUTE: &'static str = "/oncall/calendars/revocation";
    /// No rule holds it up: it has no code.
    const KIND: &'static str = "";
    const CLOSED: &'static str = "calendar-revoke";

    async fn open(desk: &Desk, on: &Rotas, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        if opening.form().is_none() && on.calendar.is_none() {
            return Ok(Opened::Closed(desk.words().get("refused-state.calendar-gone").to_owned()));
        }
        Ok(Opened::Form(Self))
    }

    async fn read(desk: &Desk, _: &Rotas, (): &(), _: &Form) -> Result<RevokeCalendar, Unread> {
        Ok(RevokeCalendar { staff: desk.person().id })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        RevokeForm { shell, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "oncall/revoke.html")]
struct RevokeForm<'a> {
    shell: &'a Shell,
    seal: &'a SealForm,
}
