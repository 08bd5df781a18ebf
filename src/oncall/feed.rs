//! The shifts of a person as an iCalendar feed (RFC 5545).
//!
//! One event for each shift, from an instant to an instant in UTC, without rules and without zones: programs read a zone by its name, by
//! its rules, as floating, or not at all, and only instants alike. A shift that falls away is left out; programs list a cancelled event
//! still. Its UID is the rota and the moment at which it begins, so it is the same event after every change, with a higher SEQUENCE.

use super::{
    calendar::owner,
    duty::Shift,
    record::{self, Loaded, Rota},
    show::href,
};
use crate::{
    clock::Instant,
    id::StaffId,
    sql,
    web::{
        Console,
        words::{Lang, Words},
    },
};
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Duration, TimeDelta, Utc};
use icalendar::{Calendar, Component as _, Event, EventLike as _, Property};

/// What is over stays in the feed so long, and what comes is in it so long before.
const PAST: TimeDelta = TimeDelta::days(31);
const AHEAD: TimeDelta = TimeDelta::days(183);
/// The longest turn and more, so that the shifts at both ends are whole.
const LONGEST: TimeDelta = TimeDelta::days(380);
/// How often programs are to read it again.
const AGAIN: Duration = Duration::hours(1);

/// `GET /calendars/{token}.ics`
pub(crate) async fn show(console: web::Data<Console>, token: web::Path<String>) -> HttpResponse {
    match feed(&console, &token).await {
        Ok(Some(feed)) => HttpResponse::Ok().content_type("text/calendar; charset=utf-8").body(feed),
        Ok(None) => HttpResponse::NotFound().content_type("text/plain; charset=utf-8").body("no such calendar\n"),
        Err(error) => {
            tracing::error!(%error, "a calendar could not be read");
            HttpResponse::ServiceUnavailable().content_type("text/plain; charset=utf-8").body("try again later\n")
        }
    }
}

async fn feed(console: &Console, token: &str) -> sqlx::Result<Option<String>> {
    let mut reader = &console.reader;
    let Some(staff) = owner(&mut reader, token).await? else { return Ok(None) };
    let (lang,): (Option<String>,) =
        reader.query(sql!("select lang from staff where id = $1")).bind(staff).one().await?;
    let words = Words::of(lang.and_then(|lang| lang.parse::<Lang>().ok()).unwrap_or_default());
    let now = console.clock.now();
    let rotas = record::all(&mut reader, now.minus(PAST).minus(LONGEST)).await?;
    Ok(Some(written(&rotas, staff, now, words, &|path| console.link_to(path))))
}

/// The feed of a person at `now`.
pub(super) fn written(
    rotas: &[Loaded],
    staff: StaffId,
    now: Instant,
    words: Words,
    link: &dyn Fn(&str) -> String,
) -> String {
    let mut calendar = Calendar::empty();
    calendar.append_property(Property::new("VERSION", "2.0"));
    calendar.append_property(Property::new("PRODID", "-//Ingam//On-call//EN"));
    calendar.append_property(Property::new("CALSCALE", "GREGORIAN"));
    calendar.append_property(Property::new("METHOD", "PUBLISH"));
    calendar.name(words.get("oncall.calendar-name"));
    calendar.ttl(&AGAIN);
    for Loaded { rota, duty, .. } in rotas {
        let shifts = duty.shifts(now.minus(PAST).minus(LONGEST), now.plus(AHEAD).plus(LONGEST));
        let is_shown = |shift: &&Shift| {
            shift.staff == Some(staff) && shift.until > now.minus(PAST) && shift.from < now.plus(AHEAD)
        };
        for shift in shifts.iter().filter(is_shown) {
            calendar.push(event(rota, shift, words, link));
        }
    }
    calendar.to_string()
}

fn event(rota: &Rota, shift: &Shift, words: Words, link: &dyn Fn(&str) -> String) -> Event {
    let utc = |at: Instant| -> DateTime<Utc> { at.utc() };
    let mut event = Event::new();
    let begins = shift.from.utc().format("%Y%m%dT%H%M%SZ");
    event.uid(&format!("rota-{}-{begins}@{}", rota.id, host(&link("/"))));
    event.timestamp(utc(rota.changed_at));
    event.sequence(u32::try_from(rota.changed).unwrap_or(u32::MAX));
    event.summary(&words.with("oncall.calendar-shift", &[("rota", &rota.title)]));
    event.starts(utc(shift.from));
    event.ends(utc(shift.until));
    event.url(&link(&href(&rota.name)));
    event
}

/// The host of an address: with the id of the rota it makes an event the only one of its name.
fn host(link: &str) -> String {
    let after = link.split_once("://").map_or(link, |(_, after)| after);
    after.split(['/', ':']).next().filter(|host| !host.is_empty()).unwrap_or("ingam").to_owned()
}
