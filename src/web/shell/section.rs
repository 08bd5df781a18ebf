use super::Tone;
use crate::{
    clock::Instant,
    id::{AlertId, IncidentId},
    store::Reader,
    web::session::Visitor,
};
use futures_util::future::LocalBoxFuture;

/// A part of the console that has its own entry in the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Home,
    Users,
    Orders,
    Batches,
    Alerts,
    Oncall,
    Incidents,
    Approvals,
    Audit,
    Access,
    Networks,
    Staff,
}

impl Section {
    pub const ALL: [Self; 12] = [
        Self::Home,
        Self::Users,
        Self::Orders,
        Self::Batches,
        Self::Alerts,
        Self::Oncall,
        Self::Incidents,
        Self::Approvals,
        Self::Audit,
        Self::Access,
        Self::Staff,
        Self::Networks,
    ];

    /// The key of its name under `nav.`
    pub fn key(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Users => "users",
            Self::Orders => "orders",
            Self::Batches => "batches",
            Self::Alerts => "alerts",
            Self::Oncall => "oncall",
            Self::Incidents => "incidents",
            Self::Approvals => "approvals",
            Self::Audit => "audit",
            Self::Access => "access",
            Self::Staff => "staff",
            Self::Networks => "networks",
        }
    }

    pub fn href(self) -> &'static str {
        match self {
            Self::Home => "/",
            Self::Users => "/users",
            Self::Orders => "/orders",
            Self::Batches => "/batches",
            Self::Alerts => "/alerts",
            Self::Oncall => "/oncall",
            Self::Incidents => "/incidents",
            Self::Approvals => "/approvals",
            Self::Audit => "/audit",
            Self::Access => "/access-records",
            Self::Staff => "/staff",
            Self::Networks => "/networks",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Self::Access => "eye",
            Self::Orders => "order",
            Self::Batches => "batch",
            Self::Alerts => "alert",
            Self::Oncall => "phone",
            Self::Incidents => "flag",
            Self::Approvals => "approve",
            Self::Networks => "shield",
            _ => self.key(),
        }
    }

    /// The letter after `g` that goes there.
    pub fn letter(self) -> &'static str {
        match self {
            Self::Home => "h",
            Self::Users => "u",
            Self::Orders => "o",
            Self::Batches => "b",
            Self::Alerts => "l",
            Self::Oncall => "d",
            Self::Incidents => "i",
            Self::Approvals => "p",
            Self::Audit => "a",
            Self::Access => "r",
            Self::Staff => "t",
            Self::Networks => "n",
        }
    }
}

/// A section in which things wait, and the way to count them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waits {
    pub section: Section,
    pub count: Count,
    /// The way to count what is new there for a person since a time.
    pub news: Option<Count>,
}

/// Counts what waits for a person at a time. More than a page can show are only many.
pub(crate) type Count = for<'c> fn(&'c Reader, &'c Visitor, Instant) -> LocalBoxFuture<'c, sqlx::Result<i64>>;

/// Channels that take no messages.
#[derive(Clone, Debug)]
pub struct Failing {
    /// Their names, set apart by commas.
    pub names: String,
    /// Since when the first of them fails.
    pub since: Instant,
}

/// The way to find out about channels that take no messages; nothing where all do.
pub(crate) type FindFailing = for<'c> fn(&'c Reader) -> LocalBoxFuture<'c, sqlx::Result<Option<Failing>>>;
/// Silences in force, of which every page tells: how many, and when the first of them ends.
#[derive(Clone, Copy, Debug)]
pub struct Silenced {
    pub n: i64,
    pub until: Instant,
}

/// The way to find out about silences; nothing where none is in force.
pub(crate) type FindSilenced = for<'c> fn(&'c Reader, Instant) -> LocalBoxFuture<'c, sqlx::Result<Option<Silenced>>>;

/// Who is on duty, as every page tells.
#[derive(Clone, Debug)]
pub struct OnDuty {
    /// Nothing in a gap.
    pub name: Option<String>,
    /// The rota.
    pub title: String,
    pub href: String,
    /// How many rotas there are beside it.
    pub others: i64,
}

/// The way to find out who is on duty; nothing where there is no rota.
pub(crate) type FindOnDuty = for<'c> fn(&'c Reader, Instant) -> LocalBoxFuture<'c, sqlx::Result<Option<OnDuty>>>;
/// Alerts about which no person was reached, of which every page of an owner tells.
#[derive(Clone, Debug)]
pub struct Unreached {
    /// How many there are, as far as they were counted.
    pub n: i64,
    /// The one of which that has been so for the longest time: its title, since when, and its page.
    pub title: String,
    pub since: Instant,
    pub href: String,
}

/// The way to find out about alerts that reach no person; nothing where there is none.
pub(crate) type FindUnreached = for<'c> fn(&'c Reader) -> LocalBoxFuture<'c, sqlx::Result<Option<Unreached>>>;

/// Who is called next about an alert.
#[derive(Clone, Debug)]
pub(crate) struct NextCall {
    pub at: Instant,
    /// The rota or the channel.
    pub name: String,
    pub is_rota: bool,
    /// The person on duty then.
    pub person: Option<String>,
}

/// The way to find out who is called next about an alert; nothing where no person is.
pub(crate) type FindNextCall = for<'c> fn(&'c Reader, AlertId) -> LocalBoxFuture<'c, sqlx::Result<Option<NextCall>>>;
/// An incident that is open, of which every page knows.
#[derive(Clone, Debug)]
pub struct OpenIncident {
    pub id: IncidentId,
    /// As a reason names it: `INC-12`.
    pub token: String,
    pub title: String,
    /// `sev1`
    pub severity: String,
    pub tone: Tone,
    pub step: String,
    /// The alert that it was opened from.
    pub alert: Option<AlertId>,
}

/// The way to find out about incidents that are open, the newest first.
pub(crate) type FindIncidents = for<'c> fn(&'c Reader) -> LocalBoxFuture<'c, sqlx::Result<Vec<OpenIncident>>>;

#[derive(Clone, Copy, Debug)]
pub struct NavItem {
    pub section: Section,
    /// The number of entries that wait there for this person.
    pub waiting: Option<i64>,
    /// The number of entries that are new there for this person.
    pub news: Option<i64>,
}

impl NavItem {
    /// Whether its count changes while a page is looked at.
    pub fn is_live(&self) -> bool {
        self.section == Section::Alerts
    }
}

impl From<Section> for NavItem {
    fn from(section: Section) -> Self {
        Self { section, waiting: None, news: None }
    }
}

/// A phone has room for five tabs, and where there are more sections than that the last of them opens the rest.
const TABS: usize = 5;

/// What a phone keeps behind its last tab; nothing where there are tabs enough for all.
#[derive(Clone, Debug)]
pub struct Beyond {
    pub items: Vec<NavItem>,
}

impl Beyond {
    /// The overview stays in sight and so does what waits; the others go by their order.
    pub fn tabs(nav: &[NavItem]) -> Self {
        if nav.len() <= TABS {
            return Self { items: Vec::new() };
        }
        let mut ranked: Vec<&NavItem> = nav.iter().collect();
        ranked.sort_by_key(|item| item.section != Section::Home && item.waiting.is_none() && item.news.is_none());
        let tabs: Vec<Section> = ranked.iter().take(TABS - 1).map(|item| item.section).collect();
        Self { items: nav.iter().filter(|item| !tabs.contains(&item.section)).copied().collect() }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
    pub fn holds(&self, section: &Section) -> bool {
        self.items.iter().any(|item| item.section == *section)
    }

    pub fn waiting(&self) -> Option<i64> {
        self.items.iter().filter_map(|item| item.waiting).reduce(i64::saturating_add)
    }

    pub fn news(&self) -> Option<i64> {
        self.items.iter().filter_map(|item| item.news).reduce(i64::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::{Beyond, NavItem, Section, Section::*};

    fn beyond(sections: &[Section], waiting: &[Section]) -> Vec<Section> {
        let nav: Vec<NavItem> = sections
            .iter()
            .map(|&section| NavItem { section, waiting: waiting.contains(&section).then_some(2), news: None })
            .collect();
        Beyond::tabs(&nav).items.into_iter().map(|item| item.section).collect()
    }

    #[test]
    fn five_sections_are_five_tabs() {
        assert_eq!(beyond(&[Home, Users, Orders, Approvals, Audit], &[]), []);
    }

    #[test]
    fn what_waits_takes_the_place_of_what_does_not() {
        assert_eq!(beyond(&Section::ALL, &[]), [Alerts, Oncall, Incidents, Approvals, Audit, Access, Staff, Networks]);
        assert_eq!(
            beyond(&Section::ALL, &[Approvals]),
            [Batches, Alerts, Oncall, Incidents, Audit, Access, Staff, Networks]
        );
        assert_eq!(
            beyond(&Section::ALL, &[Batches, Approvals]),
            [Orders, Alerts, Oncall, Incidents, Audit, Access, Staff, Networks]
        );
    }

    #[test]
    fn the_last_tab_says_how_much_waits_behind_it() {
        let nav: Vec<NavItem> =
            Section::ALL.iter().map(|&section| NavItem { section, waiting: Some(2), news: None }).collect();
        assert_eq!(Beyond::tabs(&nav).waiting(), Some(16));
    }

    #[test]
    fn the_overview_stays_however_much_waits() {
        assert_eq!(
            beyond(&Section::ALL, &Section::ALL),
            [Alerts, Oncall, Incidents, Approvals, Audit, Access, Staff, Networks]
        );
        assert_eq!(
            beyond(&Section::ALL, &[Batches, Approvals, Audit, Staff]),
            [Users, Orders, Alerts, Oncall, Incidents, Access, Staff, Networks]
        );
    }
}
