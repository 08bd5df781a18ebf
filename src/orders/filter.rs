//! What the list of orders can be filtered by, read from an address.

use super::{State, list_pages::Filter, term::Term};
use crate::{
    clock::Instant,
    money::Currency,
    web::{
        list::read::day,
        number,
        shell::field::{FieldErrors, wrong},
    },
};
use chrono::TimeDelta;
use chrono_tz::Tz;

/// A filter that makes sense.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub term: Option<Term>,
    pub user: Option<i64>,
    pub state: Option<State>,
    pub needs: Option<Needs>,
    /// For [`Needs::Shipping`]: since when it has been paid at least.
    pub paid_before: Option<Instant>,
    /// From the beginning of the first day to the end of the last, in the reader's zone.
    pub from: Option<Instant>,
    pub until: Option<Instant>,
    /// Given whenever an amount is, since amounts of two currencies cannot be compared.
    pub currency: Option<Currency>,
    pub least: Option<i64>,
    pub most: Option<i64>,
}

/// What an order needs of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Paid and not shipped for some days.
    Shipping,
    /// A refund that the payment provider has not answered.
    Settling,
    /// A refund that failed.
    Retrying,
}

impl Needs {
    pub const ALL: [Self; 3] = [Self::Shipping, Self::Settling, Self::Retrying];

    /// As in `?needs=`; its name stands under `needs.`
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shipping => "shipping",
            Self::Settling => "settling",
            Self::Retrying => "retrying",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|needs| needs.as_str() == text)
    }
}

/// How many days an order waits before it is looked for, where nobody says.
pub const DAYS: i64 = 3;
const MOST_DAYS: i64 = 3650;

pub fn read(filter: &Filter, zone: Tz, now: Instant) -> Result<Wanted, FieldErrors> {
    let mut errors = FieldErrors::new();
    let mut wanted = Wanted::default();
    if !filter.q.trim().is_empty() {
        match Term::parse(&filter.q) {
            Ok(term) => wanted.term = Some(term),
            Err(_) => errors.add("q", wrong::not_an_order_term()),
        }
    }
    if !filter.state.is_empty() {
        wanted.state = filter.state.parse().map_err(|_| errors.add("state", wrong::not_a_choice())).ok();
    }
    if !filter.needs.is_empty() {
        wanted.needs = Needs::parse(&filter.needs);
        if wanted.needs.is_none() {
            errors.add("needs", wrong::not_a_choice());
        }
    }
    let waiting = match filter.days.trim() {
        "" => Ok(DAYS),
        text => number::count(text),
    };
    match waiting {
        Ok(waiting @ 0..=MOST_DAYS) if wanted.needs == Some(Needs::Shipping) => {
            wanted.paid_before = Some(now.minus(TimeDelta::days(waiting)));
        }
        Ok(0..=MOST_DAYS) => {}
        _ => errors.add("days", wrong::not_a_count()),
    }
    let mut limit = |field, text: &str, after| match text {
        "" => None,
        text => day(text, zone, after).map_err(|message| errors.add(field, message)).ok(),
    };
    (wanted.from, wanted.until) = (limit("from", &filter.from, 0), limit("to", &filter.to, 1));
    amounts(filter, &mut wanted, &mut errors);
    if errors.is_empty() { Ok(wanted) } else { Err(errors) }
}

fn amounts(filter: &Filter, wanted: &mut Wanted, errors: &mut FieldErrors) {
    let has_amount = !filter.min.trim().is_empty() || !filter.max.trim().is_empty();
    let currency = match filter.currency.as_str() {
        "" => Currency::default(),
        code => code.parse().unwrap_or_else(|_| {
            errors.add("currency", wrong::not_a_choice());
            Currency::default()
        }),
    };
    wanted.currency = (has_amount || !filter.currency.is_empty()).then_some(currency);
    let mut amount = |field: &'static str, text: &str| match text.trim() {
        "" => None,
        text => number::money(text, currency).map_err(|message| errors.add(field, message)).ok(),
    };
    wanted.least = amount("min", &filter.min);
    wanted.most = amount("max", &filter.max);
}
