//! What the list of orders can be filtered by, read from an address.

use super::{State, term::Term};
use crate::{
    clock::Instant,
    id::CustomerId,
    list_query,
    money::Currency,
    web::{
        list::{
            Reading,
            read::{first_day, last_day},
        },
        number,
        shell::field::wrong,
        words::Message,
    },
};
use chrono::TimeDelta;

list_query! {
    /// The filters of the list of orders as they were typed.
    typed Filter at "/orders" from "after";
    /// What the filters of the list of orders mean.
    meant Meant;
    /// An order number, a customer's id, a payment reference or a tracking number.
    q: Term = |text, _| Term::parse(text).map_err(|_| wrong::not_an_order_term());
    needs: Needs = |text, _| Needs::parse(text).ok_or_else(wrong::not_a_choice);
    /// The number of days an order that needs shipping has waited at least.
    days: i64 = |text, _| days(text);
    state: State = |text, _| text.parse().map_err(|_| wrong::not_a_choice());
    /// From the beginning of this day, in the reader's zone.
    from: Instant = first_day;
    /// To the end of this day.
    to: Instant = last_day;
    currency: Currency = |text, _| text.parse().map_err(|_| wrong::not_a_choice());
    /// An amount in the currency that is filtered by, or in the usual one.
    min: i64 = amount;
    max: i64 = most;
}

/// Which orders are looked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct OrderQuery {
    pub term: Option<Term>,
    pub user: Option<CustomerId>,
    pub state: Option<State>,
    pub needs: Option<Needs>,
    /// For [`Needs::Shipping`]: since when it has been paid at least.
    pub paid_before: Option<Instant>,
    /// From the beginning of the first day to the end of the last, in the reader's zone.
    pub from: Option<Instant>,
    pub until: Option<Instant>,
    /// Set whenever an amount is, since amounts of two currencies cannot be compared.
    pub currency: Option<Currency>,
    pub least: Option<i64>,
    pub most: Option<i64>,
}

/// What an order needs from a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Paid and not shipped for some days.
    Shipping,
    /// A refund that the payment provider has not answered.
    Settling,
    /// A refund that failed.
    Retrying,
}

impl Needs {
    pub(crate) const ALL: [Self; 3] = [Self::Shipping, Self::Settling, Self::Retrying];

    /// As in `?needs=`; its name is under `needs.`
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Shipping => "shipping",
            Self::Settling => "settling",
            Self::Retrying => "retrying",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|needs| needs.as_str() == text)
    }
}

/// The number of days an order waits before it is looked for, by default.
pub(crate) const DAYS: i64 = 3;
const MOST_DAYS: i64 = 3650;

impl Filter {
    /// The number of folded fields that filter: all but the search, the tab, and the days that belong to it.
    pub(crate) fn folded(&self) -> i64 {
        let fields = [&self.state, &self.from, &self.to, &self.currency, &self.min, &self.max];
        i64::try_from(fields.iter().filter(|field| !field.is_empty()).count()).unwrap_or_default()
    }
}

impl OrderQuery {
    /// The orders that these filters mean at `now`.
    pub(super) fn of(meant: Meant, now: Instant) -> Self {
        let waiting = TimeDelta::days(meant.days.unwrap_or(DAYS));
        let has_amount = meant.min.is_some() || meant.max.is_some();
        Self {
            term: meant.q,
            user: None,
            state: meant.state,
            needs: meant.needs,
            paid_before: (meant.needs == Some(Needs::Shipping)).then(|| now.minus(waiting)),
            from: meant.from,
            until: meant.to,
            currency: meant.currency.or_else(|| has_amount.then(Currency::default)),
            least: meant.min,
            most: meant.max,
        }
    }
}

/// The number of days an order has waited: at most ten years.
fn days(text: &str) -> Result<i64, Message> {
    number::count(text).ok().filter(|days| *days <= MOST_DAYS).ok_or_else(wrong::not_a_count)
}

/// The largest amount, which is not below the smallest.
fn most(text: &str, reading: Reading<'_, Filter>) -> Result<i64, Message> {
    let most = amount(text, reading)?;
    let is_reversed = amount(&reading.typed.min, reading).is_ok_and(|least| least > most);
    if is_reversed { Err(wrong::reversed_amounts()) } else { Ok(most) }
}

fn amount(text: &str, reading: Reading<'_, Filter>) -> Result<i64, Message> {
    number::money(text, reading.typed.currency.parse().unwrap_or_default())
}
