//! When a change needs a second person, and when it is told of because of its size.

use super::{Actor, AtRest, By, Event, Fault, Noted, Role, Roles, Tx, Who};
use crate::{
    clock::Instant,
    money::{Currency, Money},
    sql,
};
use chrono::{NaiveTime, TimeDelta, TimeZone as _};
use chrono_tz::Tz;
use serde_json::{Map, Value};
use std::{borrow::Cow, collections::BTreeMap, fmt, sync::Arc};

/// One rule of the configuration: which change needs whom, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// `points.adjust`, or everything that begins alike: `staff.*`.
    pub change: String,
    pub when: When,
    /// How many people besides the one who asks.
    pub approvers: i64,
    /// What they must be.
    pub role: Role,
    /// How long a request waits before it is worth nothing.
    pub expires: TimeDelta,
    /// Where it may be done at once if it is urgent: within how long the approval is owed.
    pub urgent: Option<TimeDelta>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    Always {
        /// Only where somebody of the role is there who neither asks nor is what it is about: a single owner can go on.
        if_possible: bool,
    },
    /// By a quantity that the change notes: more than this at once, or more than this by one person in a day.
    Beyond { quantity: String, over: Vec<Amount>, daily: Vec<Amount> },
    /// Where the target itself asks for it, as a batch job may.
    Marked,
    /// Where the customer it is about has the e-mail address of whoever asks.
    Own,
}

/// Changes over a threshold are told, whatever else is said about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub change: String,
    pub quantity: String,
    pub over: Vec<Amount>,
}

/// So much of something: money of a currency, or a plain number such as points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    pub n: i64,
    pub currency: Option<Currency>,
}

/// All rules, and in which zone a day is a day.
#[derive(Clone, Debug)]
pub struct Policies {
    policies: Arc<[Policy]>,
    notices: Arc<[Notice]>,
    zone: Tz,
}

/// Why a change waits, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// `always`, `over`, `daily`, `marked` or `own`.
    pub rule: &'static str,
    /// The amount that was exceeded.
    pub beyond: Option<Amount>,
    pub role: Role,
    pub approvers: i64,
    pub expires: TimeDelta,
    pub urgent: Option<TimeDelta>,
}

impl Default for Policies {
    /// Nobody is ever needed, except where somebody acts on their own account or a target asks for it.
    fn default() -> Self {
        Self::new(Vec::new(), Vec::new(), Tz::Asia__Seoul)
    }
}

const HOURS: TimeDelta = TimeDelta::hours(24);

impl Policies {
    /// Adds what holds even where the configuration is silent.
    pub fn new(mut policies: Vec<Policy>, notices: Vec<Notice>, zone: Tz) -> Self {
        let built_in = |change: &str, when, role, urgent| Policy {
            change: change.to_owned(),
            when,
            approvers: 1,
            role,
            expires: HOURS,
            urgent,
        };
        for policy in [
            built_in("*", When::Own, Role::Approver, None),
            built_in("*", When::Marked, Role::Approver, Some(TimeDelta::hours(8))),
            built_in("staff.reset-second-factor", When::Always { if_possible: true }, Role::Owner, None),
        ] {
            if !policies.iter().any(|other| other.when == policy.when && other.covers(&policy.change)) {
                policies.push(policy);
            }
        }
        Self { policies: policies.into(), notices: notices.into(), zone }
    }

    /// The rules for a change that everybody can know beforehand, the strictest first.
    pub fn of(&self, kind: &str) -> impl Iterator<Item = &Policy> {
        self.policies.iter().filter(move |policy| policy.covers(kind))
    }

    /// Whether so much of a quantity at once is more than one person may do alone.
    pub fn exceeds(&self, kind: &str, quantity: &str, amount: Amount) -> bool {
        self.thresholds(kind, quantity).any(|over| exceeded(over, amount).is_some())
    }

    /// The thresholds for so much of a quantity at once.
    pub fn thresholds<'a>(&'a self, kind: &'a str, quantity: &'a str) -> impl Iterator<Item = &'a [Amount]> {
        self.of(kind).filter_map(move |policy| match &policy.when {
            When::Beyond { quantity: measured, over, .. } if measured == quantity => Some(over.as_slice()),
            _ => None,
        })
    }

    pub fn iter(&self) -> impl Iterator<Item = &Policy> {
        self.policies.iter()
    }
}

impl Need {
    /// Both: whoever wants more people is heard, the first one said where they want as many, and nothing is urgent that not
    /// everybody lets be.
    fn and(self, other: Self) -> Self {
        let urgent = self.urgent.zip(other.urgent).map(|(one, other)| one.min(other));
        let stricter =
            if other.approvers > self.approvers || other.rule == "own" { other.clone() } else { self.clone() };
        Self { approvers: self.approvers.max(other.approvers), urgent, ..stricter }
    }
}

impl Policy {
    pub fn covers(&self, kind: &str) -> bool {
        covers(&self.change, kind)
    }
}

fn covers(pattern: &str, kind: &str) -> bool {
    pattern.strip_suffix('*').map_or_else(|| pattern == kind, |start| kind.starts_with(start))
}

impl Amount {
    fn of(noted: &Noted) -> Option<Self> {
        match noted {
            Noted::Number(n) => Some(Self { n: *n, currency: None }),
            Noted::Text(text) => {
                text.parse().ok().map(|Money { minor, currency }| Self { n: minor, currency: Some(currency) })
            }
            Noted::Nothing | Noted::Yes(_) => None,
        }
    }

    fn read(value: &Value) -> Option<Self> {
        let text = value.as_str()?;
        match text.parse() {
            Ok(n) => Some(Self { n, currency: None }),
            Err(_) => Self::of(&Noted::Text(text.to_owned())),
        }
    }

    /// How far it is from one to the other; of something new or gone, all of it.
    fn between(before: Option<Self>, after: Option<Self>) -> Option<Self> {
        let (n, currency) = match (before, after) {
            (Some(before), Some(after)) if before.currency == after.currency => {
                (after.n.saturating_sub(before.n), after.currency)
            }
            (_, Some(one)) | (Some(one), None) => (one.n, one.currency),
            (None, None) => return None,
        };
        Some(Self { n: n.saturating_abs(), currency })
    }
}

/// As it stands at rest: `10000`, `KRW 1000000`.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.currency {
            Some(currency) => currency.amount(self.n).fmt(f),
            None => self.n.fmt(f),
        }
    }
}

/// The threshold that `amount` goes beyond. Of a currency without one, all of it is too much.
fn exceeded(thresholds: &[Amount], amount: Amount) -> Option<Amount> {
    if thresholds.is_empty() {
        return None;
    }
    let threshold = thresholds.iter().find(|threshold| threshold.currency == amount.currency);
    let threshold = threshold.copied().unwrap_or(Amount { n: 0, ..amount });
    (amount.n > threshold.n).then_some(threshold)
}

type Fields = BTreeMap<Cow<'static, str>, Noted>;

/// How much of `quantity` a change altered, by what it noted.
pub(super) fn altered(quantity: &str, before: &Fields, after: &Fields) -> Option<Amount> {
    Amount::between(before.get(quantity).and_then(Amount::of), after.get(quantity).and_then(Amount::of))
}

/// What one change of this transaction altered, for those of the same person that follow it.
pub(super) type Earlier = Vec<(&'static str, Fields, Fields)>;

/// Whether the change that was just tried needs somebody else, by what it noted. The strictest rule that fits wins.
pub(super) async fn judge(
    tx: &mut Tx<'_>,
    actor: &Actor,
    change: &dyn AtRest,
    earlier: &Earlier,
) -> Result<Option<Need>, Fault> {
    let Who::Staff { id, email, .. } = &actor.who else { return Ok(None) };
    let admits = change.admits();
    // What needs no code, or is everybody's own affair, needs nobody else either; nor does deciding about such needs.
    let is_decision = change.kind().starts_with("approvals.");
    if !change.may_wait() || !admits.code || is_decision || !matches!(admits.by, By::Roles(_)) {
        return Ok(None);
    }
    let policies = tx.policies.clone();
    let mut need: Option<Need> = None;
    for policy in policies.of(change.kind()) {
        let Some((rule, beyond)) = fits(tx, policy, change, (*id, email), (policies.zone, earlier)).await? else {
            continue;
        };
        let Policy { role, mut approvers, expires, urgent, .. } = *policy;
        if policy.when == (When::Always { if_possible: true }) {
            approvers = approvers.min(others(tx, role, (*id, email), change).await?);
        }
        let urgent = urgent.filter(|_| change.may_be_urgent());
        let one = Need { rule, beyond, role, approvers, expires, urgent };
        need = Some(need.map_or(one.clone(), |other| other.and(one)));
    }
    Ok(need)
}

async fn fits(
    tx: &mut Tx<'_>,
    policy: &Policy,
    change: &dyn AtRest,
    (staff, email): (i64, &str),
    (zone, earlier): (Tz, &Earlier),
) -> Result<Option<(&'static str, Option<Amount>)>, Fault> {
    Ok(match &policy.when {
        When::Always { if_possible: false } => Some(("always", None)),
        When::Always { if_possible: true } => {
            let others = others(tx, policy.role, (staff, email), change).await?;
            (others > 0).then_some(("always", None))
        }
        When::Marked => change.is_marked(tx).await?.then_some(("marked", None)),
        When::Own => {
            let contact = change.contact(tx).await?;
            contact.is_some_and(|contact| is_same_mailbox(&contact, email)).then_some(("own", None))
        }
        When::Beyond { quantity, over, daily } => match altered(quantity, &tx.before, &tx.after) {
            None => None,
            Some(amount) => match exceeded(over, amount) {
                Some(threshold) => Some(("over", Some(threshold))),
                None if daily.is_empty() => None,
                None => {
                    let already = today(tx, change.kind(), quantity, staff, zone, earlier).await?;
                    let same = already.iter().filter(|other| other.currency == amount.currency);
                    let n = same.fold(amount.n, |sum, other| sum.saturating_add(other.n));
                    exceeded(daily, Amount { n, ..amount }).map(|threshold| ("daily", Some(threshold)))
                }
            },
        },
    })
}

/// How many people of a role could decide who neither ask nor are what it is about. Whoever was urgently kept out counts until
/// somebody has agreed to that: otherwise one owner could disable the others one by one, and then need nobody.
async fn others(tx: &mut Tx<'_>, role: Role, (staff, email): (i64, &str), change: &dyn AtRest) -> sqlx::Result<i64> {
    let about = change.target();
    let about: i64 = if about.kind == "staff" { about.id.parse().unwrap_or_default() } else { 0 };
    let people: Vec<(String, String)> = tx
        .query(sql!(
            "select s.roles, s.email from staff s
              where s.id <> $1 and s.id <> $2
                and (s.active and s.password_hash is not null
                       and exists (select 1 from authenticators a where a.staff_id = s.id and not a.locked)
                     or exists (select 1 from approval_requests r
                                 where r.state = 'owed' and r.target_kind = 'staff' and r.target_id = cast(s.id as text)))"
        ))
        .bind(staff)
        .bind(about)
        .all()
        .await?;
    let fits =
        |(roles, other): &&(String, String)| Roles::parse(roles).any_of(&[role]) && !is_same_mailbox(other, email);
    Ok(i64::try_from(people.iter().filter(fits).count()).unwrap_or(i64::MAX))
}

/// What a person has altered by themselves since midnight, as the log has it, also what was urgent while nobody has approved it.
/// Nobody else can add to it meanwhile: the row
/// of the person is locked.
async fn today(
    tx: &mut Tx<'_>,
    kind: &'static str,
    quantity: &str,
    staff: i64,
    zone: Tz,
    earlier: &Earlier,
) -> sqlx::Result<Vec<Amount>> {
    let since = midnight(tx.now(), zone);
    // `seq + 0`: either engine would look for the lowest seq from the beginning of the log, and not by the index of the time.
    let rows: Vec<Row> = tx
        .query(sql!(
            "select before, after from audit
              where staff_id = $1 and action = $2 and outcome = 'applied'
                and (approval_id is null or exists (select 1 from approval_requests r
                       where r.change_id = audit.change_id and r.state <> 'approved'))
                and seq >= (select coalesce(min(seq + 0), 0) from audit where at >= $3) and at >= $3"
        ))
        .bind(staff)
        .bind(kind)
        .bind(since)
        .all()
        .await?;
    let get = |value: &Value| value.get(quantity).and_then(Amount::read);
    let logged = rows.iter().filter_map(|row| Amount::between(get(&row.before), get(&row.after)));
    let now = earlier.iter().filter(|(other, ..)| *other == kind);
    Ok(logged.chain(now.filter_map(|(_, before, after)| altered(quantity, before, after))).collect())
}

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(json)]
    before: Value,
    #[sqlx(json)]
    after: Value,
}

/// The beginning of the day that `now` is in. Where clocks skip midnight, the first moment there is.
fn midnight(now: Instant, zone: Tz) -> Instant {
    let day = now.utc().with_timezone(&zone).date_naive();
    let at = (0..24).find_map(|hour| {
        let time = NaiveTime::from_hms_opt(hour, 0, 0)?;
        zone.from_local_datetime(&day.and_time(time)).earliest()
    });
    at.and_then(|at| Instant::from_unix(at.timestamp())).unwrap_or(now)
}

/// Whether two addresses lead to the same person: `mina+shop@…` is read by `mina@…`.
pub fn is_same_mailbox(one: &str, other: &str) -> bool {
    let plain = |email: &str| {
        let (local, domain) = email.split_once('@')?;
        let local = local.split('+').next().unwrap_or_default();
        Some((local.to_lowercase(), domain.to_lowercase()))
    };
    plain(one).is_some_and(|one| Some(one) == plain(other))
}

/// Whether whoever decides is what it is about: their own account on the staff, or a customer with their address.
pub(super) async fn concerns(tx: &mut Tx<'_>, change: &dyn AtRest, staff: i64) -> Result<bool, Fault> {
    let target = change.target();
    if target.kind == "staff" && target.id == staff.to_string() {
        return Ok(true);
    }
    let Some(contact) = change.contact(tx).await? else { return Ok(false) };
    Ok(is_same_mailbox(&contact, &email_of(tx, staff).await?))
}

pub(super) async fn email_of(tx: &mut Tx<'_>, staff: i64) -> sqlx::Result<String> {
    let email: Option<(String,)> =
        tx.query(sql!("select email from staff where id = $1")).bind(staff).optional().await?;
    Ok(email.map(|(email,)| email).unwrap_or_default())
}

/// What is to be told of a change because of its size.
pub(super) fn notices(tx: &Tx<'_>, change: &dyn AtRest, by: Option<i64>) -> Vec<Event> {
    let fitting = tx.policies.notices.iter().filter(|notice| covers(&notice.change, change.kind()));
    let told = fitting.filter_map(|notice| {
        let amount = altered(&notice.quantity, &tx.before, &tx.after)?;
        let over = exceeded(&notice.over, amount)?;
        let mut body = Map::new();
        for (name, value) in [
            ("change", change.kind().to_owned()),
            ("target", change.target().to_string()),
            ("quantity", notice.quantity.clone()),
            ("amount", amount.to_string()),
            ("over", over.to_string()),
        ] {
            body.insert(name.to_owned(), Value::String(value));
        }
        body.insert("staff".to_owned(), by.into());
        Some(Event { topic: "changes.high-value", body: Value::Object(body) })
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn points(n: i64) -> Amount {
        Amount { n, currency: None }
    }

    fn won(n: i64) -> Amount {
        Amount { n, currency: Some(Currency::Krw) }
    }

    #[test]
    fn exactly_the_threshold_is_not_beyond_it() {
        assert_eq!(exceeded(&[points(10_000)], points(10_000)), None);
        assert_eq!(exceeded(&[points(10_000)], points(10_001)), Some(points(10_000)));
        assert_eq!(exceeded(&[], points(i64::MAX)), None);
    }

    #[test]
    fn a_currency_without_a_threshold_is_always_beyond() {
        let dollar = Amount { n: 1, currency: Some(Currency::Usd) };
        assert_eq!(exceeded(&[won(1_000_000)], dollar), Some(Amount { n: 0, ..dollar }));
        assert_eq!(exceeded(&[won(1_000_000)], points(1)), Some(points(0)));
    }

    #[test]
    fn a_star_covers_what_begins_alike() {
        assert!(covers("staff.*", "staff.invite") && covers("*", "points.adjust") && covers("a.b", "a.b"));
        assert!(!covers("staff.*", "staffing") && !covers("a.b", "a.bc"));
    }

    #[test]
    fn a_mailbox_is_known_by_its_owner() {
        assert!(is_same_mailbox("Mina@ingam.test", "mina@ingam.test"));
        assert!(is_same_mailbox("mina+vip@ingam.test", "mina@ingam.test"));
        assert!(!is_same_mailbox("minas@ingam.test", "mina@ingam.test"));
        assert!(!is_same_mailbox("mina@shop.test", "mina@ingam.test"));
        assert!(!is_same_mailbox("", ""));
    }

    #[test]
    fn a_day_begins_at_midnight_where_it_is_counted() {
        let at = |text: &str| Instant::parse(text).unwrap();
        let seoul = midnight(at("2026-11-25T15:30:00.000000Z"), Tz::Asia__Seoul);
        assert_eq!(seoul, at("2026-11-25T15:00:00.000000Z"));
        assert_eq!(midnight(at("2026-11-25T14:59:59.000000Z"), Tz::Asia__Seoul), at("2026-11-24T15:00:00.000000Z"));
        // Beirut's clocks go from 0:00 to 1:00 when summer begins.
        let summer = midnight(at("2026-03-29T12:00:00.000000Z"), Tz::Asia__Beirut);
        assert_eq!(summer, at("2026-03-28T22:00:00.000000Z"));
    }

    proptest! {
        #[test]
        fn more_is_never_less_beyond(threshold in 0..i64::MAX, one in 0..i64::MAX, more in 0..i64::MAX) {
            let (less, more) = (one.min(more), one.max(more));
            let is = |n| exceeded(&[points(threshold)], points(n)).is_some();
            prop_assert!(is(more) || !is(less));
        }

        #[test]
        fn what_is_altered_does_not_depend_on_the_direction(before in any::<i64>(), after in any::<i64>()) {
            let up = Amount::between(Some(points(before)), Some(points(after)));
            prop_assert!(up.unwrap().n >= 0);
            if before.checked_sub(after).is_some_and(|d| d != i64::MIN) && after.checked_sub(before).is_some() {
                prop_assert_eq!(up, Amount::between(Some(points(after)), Some(points(before))));
            }
        }

        #[test]
        fn an_amount_is_read_from_the_log_as_it_was(n in any::<i64>(), is_money in any::<bool>()) {
            let amount = if is_money { won(n) } else { points(n) };
            prop_assert_eq!(Amount::read(&Value::String(amount.to_string())), Some(amount));
        }
    }
}
