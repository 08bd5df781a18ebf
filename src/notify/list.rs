//! The page of channels and messages: how each channel does, what waits, what failed and why.

use super::{
    PANELS, What,
    health::{self, Health},
    way::{self, Faulty},
};
use crate::{
    clock::Instant,
    gate::{RefusalWord, Target, audit::Entry as Row},
    id::{AlertId, DeliveryId},
    list_query, sql,
    store::{Queries, Reader},
    web::{
        Desk, PageError, PageResult,
        list::{ListQuery as _, Page, Tab, read},
        panel::{self, Panel as _, Query, RowPart, Side, Subject},
        shell::{Section, Shell, Tone, field::wrong, table::Pager},
    },
};
use askama::Template;

const PAGE: usize = 50;

list_query! {
    /// The filters of the list of messages as they were chosen.
    typed Filter at "/deliveries" from "before";
    /// What the filters of the list of messages mean.
    meant Wanted;
    show: String = |text, _| {
        State::ALL.contains(&text).then(|| text.to_owned()).ok_or_else(wrong::not_a_choice)
    };
    channel: String = read::name;
}

/// How far a message can be, as in `?show=`.
pub(crate) struct State;

impl State {
    pub(crate) const WAITING: &'static str = "waiting";
    pub(crate) const FAILED: &'static str = "failed";
    const ALL: [&'static str; 4] = [Self::WAITING, Self::FAILED, "told", "dropped"];
}

/// A message on its way, or what became of it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Delivery {
    pub id: DeliveryId,
    pub channel: String,
    /// The person who gets it, where it is for one.
    pub person: Option<String>,
    pub what: String,
    pub alert: Option<AlertId>,
    pub message: String,
    pub state: String,
    pub attempts: i64,
    pub created_at: Instant,
    pub next_at: Instant,
    pub told_at: Option<Instant>,
    pub error: Option<String>,
}

macro_rules! delivery_columns {
    () => {
        "id, channel, (select s.name from ways w join staff s on s.id = w.staff
                        where w.id = case when recipient like 'way/%' then cast(substr(recipient, 5) as bigint) end) as person,
         what, alert, message, state, attempts, created_at, next_at, told_at, error"
    };
}

pub(super) async fn find_one(db: &mut impl Queries, id: DeliveryId) -> sqlx::Result<Option<Delivery>> {
    db.query(sql!("select ", delivery_columns!(), " from deliveries where id = $1")).bind(id).optional().await
}

/// The newest about an alert.
pub(crate) async fn of_alert(reader: &Reader, alert: AlertId) -> sqlx::Result<Vec<Delivery>> {
    reader
        .query(sql!("select ", delivery_columns!(), " from deliveries where alert = $1 order by id desc limit 100"))
        .bind(alert)
        .all()
        .await
}

impl Delivery {
    /// What it is about, as people know it.
    pub(crate) fn title(&self) -> String {
        serde_json::from_str::<super::Message>(&self.message).map(|message| message.title).unwrap_or_default()
    }

    pub(crate) fn tone(&self) -> Tone {
        match self.state.as_str() {
            "told" => Tone::Ok,
            State::FAILED => Tone::Bad,
            State::WAITING => Tone::Info,
            _ => Tone::Mute,
        }
    }

    pub(crate) fn icon(&self) -> &'static str {
        match self.state.as_str() {
            "told" => "check",
            State::FAILED => "x",
            State::WAITING => "clock",
            _ => "minus",
        }
    }

    pub(crate) fn can_be_sent_again(&self) -> bool {
        matches!(self.state.as_str(), State::FAILED | "dropped") || (self.state == State::WAITING && self.attempts > 0)
    }

    pub(crate) fn can_be_given_up(&self) -> bool {
        // Behind an event that will not be taken, all that happens to the same thing waits.
        self.state == State::WAITING || (self.state == State::FAILED && self.what == What::Event.as_str())
    }

    /// The page of what it is about.
    pub(crate) fn href(&self) -> Option<String> {
        self.alert.map(|alert| format!("/alerts/{alert}"))
    }
}

/// `GET /deliveries`
pub(crate) async fn list(desk: Desk) -> PageResult {
    panel::show::<Deliveries>(&desk, ()).await
}

/// Channels and messages, as the address asks for them.
pub(crate) struct Deliveries {
    filter: Filter,
    wanted: Wanted,
    before: Option<DeliveryId>,
    pub(super) channels: Vec<Health>,
    /// People whose messages are not taken any more.
    faulty: Vec<Faulty>,
}

impl Deliveries {
    /// All messages, beside these channels.
    pub(crate) fn of(channels: Vec<Health>) -> Self {
        Self { filter: Filter::default(), wanted: Wanted::default(), before: None, channels, faulty: Vec::new() }
    }
}

impl Subject for Deliveries {
    type Id = ();
    const SECTION: Section = Section::Alerts;
    const PAGE: &'static str = "/deliveries";
    const MISSING: Option<RefusalWord> = None;

    /// Each of its changes names a message or a channel; the list itself is none.
    fn target((): &()) -> Target {
        Target::new("delivery", "")
    }

    async fn load(desk: &Desk, (): &()) -> Result<Option<Self>, PageError> {
        let channels = health::all(&mut desk.reader()).await?;
        // A form comes back beside the whole list: the one it was chosen from is not in its address.
        if !matches!(desk.visit().method.as_str(), "GET" | "HEAD") {
            return Ok(Some(Self::of(channels)));
        }
        let filter = Filter::beside_panels(&Query::of(desk));
        let faulty = way::faulty(&mut desk.reader()).await?;
        Ok(Some(Self { wanted: filter.chosen(desk.zone())?, before: filter.place()?, filter, channels, faulty }))
    }

    fn path(&self) -> String {
        Self::PAGE.to_owned()
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        PANELS
    }

    fn is_subject_of((): &(), row: &Row) -> bool {
        matches!(row.target_kind.as_str(), "delivery" | "channel")
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let found = find(desk.reader(), &self.wanted, self.before).await?;
        let Self { filter, channels, faulty, .. } = self;
        let may_mend = desk.may("POST", super::again::AgainPanel::ROUTE);
        let pager = filter.pager(found.next);
        let reads_queues = desk.may("GET", "/queues");
        let rows = found.rows;
        let page = DeliveriesPage { shell, filter, rows, pager, channels, faulty, may_mend, reads_queues, side };
        desk.page(status, &page)
    }
}

async fn find(
    reader: &Reader,
    wanted: &Wanted,
    before: Option<DeliveryId>,
) -> sqlx::Result<Page<Delivery, DeliveryId>> {
    macro_rules! deliveries_where {
        ($condition:literal) => {
            sql!(
                "select ",
                delivery_columns!(),
                " from deliveries where id < $1 and ",
                $condition,
                " order by id desc limit $2"
            )
        };
    }
    let statement = match (&wanted.show, &wanted.channel) {
        (None, None) => deliveries_where!("true"),
        (Some(_), None) => deliveries_where!("state = $3"),
        (None, Some(_)) => deliveries_where!("channel = $3"),
        (Some(_), Some(_)) => deliveries_where!("state = $3 and channel = $4"),
    };
    let rows = async |limit| {
        let query = reader.query(statement).bind(before.unwrap_or(DeliveryId::MAX));
        let query = query.bind(i64::try_from(limit).unwrap_or(i64::MAX));
        [&wanted.show, &wanted.channel]
            .into_iter()
            .flatten()
            .fold(query, |query, text| query.bind(text.clone()))
            .all()
            .await
    };
    Page::read(PAGE, rows, |delivery: &Delivery| delivery.id).await
}

impl RowPart for DeliveryId {}

#[derive(Debug, Template)]
#[template(path = "notify/deliveries.html")]
pub(crate) struct DeliveriesPage {
    pub(crate) shell: Shell,
    pub(crate) filter: Filter,
    pub(crate) rows: Vec<Delivery>,
    pub(crate) pager: Pager,
    pub(crate) channels: Vec<Health>,
    pub(crate) faulty: Vec<Faulty>,
    /// Whether the reader can send a message again, give one up and test a channel.
    pub(crate) may_mend: bool,
    /// Whether they can see the topics that are read.
    pub(crate) reads_queues: bool,
    pub(crate) side: Side,
}

impl DeliveriesPage {
    /// The people whose messages over this channel are not taken any more.
    fn faulty_in(&self, channel: &str) -> Vec<&Faulty> {
        self.faulty.iter().filter(|faulty| faulty.channel == channel).collect()
    }

    fn tabs(&self) -> Vec<Tab> {
        self.filter.tabs(["", State::WAITING, State::FAILED, "told", "dropped"], |filter| &mut filter.show)
    }
}
