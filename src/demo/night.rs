//! What the demo's jobs do. They do real work on the demo's data and tell of it as good jobs do: lines for a person who
//! reads them at three in the morning, how far they are, and at the end what to do where they failed.

use super::shop::{
    coupons,
    expire::{self, ExpirePoints, KEPT},
    settle::{SettleDay, settled},
    zone,
};
use crate::{
    clock::Instant,
    digits,
    gate::{Actor, Change, Gate, Refusal, Sealed},
    id::{CustomerId, RunId},
    secret, sql,
    store::Store,
    users::reindex::ReindexNames,
    web::format,
};
use chrono::NaiveDate;
use std::{
    env,
    io::{self, Write as _},
    time::Duration,
};
use tokio::time::sleep;

/// An open database with a gate before it.
pub(crate) struct Opened {
    pub(crate) store: Store,
    pub(crate) gate: Gate,
}

/// Why a job failed, and what to do then.
pub(crate) struct Failed {
    why: String,
    remedy: String,
}

/// The number of customers at most whose points expire in one run.
const EXPIRED_AT_ONCE: usize = 500;
/// The number of customers that are reindexed at once.
const REINDEXED_AT_ONCE: i64 = 500;
/// The number of customers that get a coupon, the number at once, and how long that takes.
const COUPONS: i64 = 300;
const COUPONS_AT_ONCE: usize = 10;
const COUPON_PAUSE: Duration = Duration::from_millis(200);

/// Works out what was captured on a day and what of it has been refunded.
pub(crate) async fn settle(
    date: NaiveDate,
    now: Instant,
    open: impl Future<Output = anyhow::Result<Opened>>,
) -> Result<(), Failed> {
    let day = date.to_string();
    let again = format!("rerun this for {day}; a day can be settled any number of times");
    say(&format!("Settling {day}: all payments that were captured on that day in Seoul."));
    if now.utc().with_timezone(&zone()).date_naive() <= date {
        say(&format!("warning: {day} is not over. What is paid later that day is missing until it is settled again."));
    }
    let target = opened(open).await?;
    let orders = submit(&target, &SettleDay { day: day.clone() }).await.map_err(|why| failed(&why, &again))?.output;
    for sum in settled(&mut &target.store.reader, &day).await.map_err(|error| unreadable(&error, &again))? {
        say(&format!(
            "{}: {} orders, {} captured, {} of it refunded since.",
            sum.currency.code(),
            digits::group(sum.orders),
            sum.taken().shown(),
            sum.given_back().shown(),
        ));
    }
    if orders == 0 {
        say(
            "warning: no payment was captured on that day. If the shop was open, check whether its payments have arrived.",
        );
    }
    progress(1, 1);
    say(&format!("::count processed={orders}"));
    say(&format!("Settled {day}: {} orders.", digits::group(orders)));
    Ok(())
}

/// Lets points expire that are a year old.
pub(crate) async fn expire(now: Instant, open: impl Future<Output = anyhow::Result<Opened>>) -> Result<(), Failed> {
    const AGAIN: &str = "rerun this; it continues with the remaining customers, and no points expire twice";
    let cutoff = now.minus(KEPT);
    say(&format!("Points earned before {} expire, unless they have been used.", format::second(cutoff, zone())));
    let target = opened(open).await?;
    let due = expire::next(&target.store.reader, CustomerId::MIN, cutoff, EXPIRED_AT_ONCE)
        .await
        .map_err(|error| unreadable(&error, AGAIN))?;
    say(&format!("{} customers have such points.", digits::group(count(due.len()))));
    let (mut points, mut skipped) = (0, 0);
    for (n, one) in due.iter().enumerate() {
        let change = ExpirePoints { user: one.user, amount: one.amount, cutoff: cutoff.to_string() };
        match submit(&target, &change).await {
            Ok(_) => points += one.amount,
            Err(Refusal::Rejected(_)) => {
                skipped += 1;
                say(&format!("warning: customer {} is skipped: their points were changed at the same time.", one.user));
            }
            Err(why) => {
                say(&format!("::count processed={} skipped={skipped}", count(n) - skipped));
                return Err(failed(&why, AGAIN));
            }
        }
        if (n + 1).is_multiple_of(25) || n + 1 == due.len() {
            progress(count(n + 1), count(due.len()));
            say(&format!("::count processed={} skipped={skipped}", count(n + 1) - skipped));
        }
    }
    if due.is_empty() {
        say("::count processed=0 skipped=0");
    }
    if due.len() == EXPIRED_AT_ONCE {
        say("This is the largest number of customers in one run. The next run continues with the others.");
    }
    let customers = count(due.len()) - skipped;
    say(&format!("{} points of {} customers have expired.", digits::group(points), digits::group(customers)));
    Ok(())
}

/// Puts back what customers are found by, where it is missing.
pub(crate) async fn reindex(open: impl Future<Output = anyhow::Result<Opened>>) -> Result<(), Failed> {
    const AGAIN: &str =
        "rerun this; it only restores what is missing. Until then some customers cannot be found by name";
    let target = opened(open).await?;
    let (all,): (i64,) = target
        .store
        .reader
        .query(sql!("select count(*) from users"))
        .one()
        .await
        .map_err(|error| unreadable(&error, AGAIN))?;
    say(&format!("Looking through the names of {} customers.", digits::group(all)));
    let (mut after, mut customers, mut added) = (CustomerId::MIN, 0, 0);
    loop {
        let work = ReindexNames { after, limit: REINDEXED_AT_ONCE };
        let slice = target.gate.run_housekeeping(&work).await.map_err(|error| unreadable(&error, AGAIN))?;
        if slice.customers == 0 {
            break;
        }
        (after, customers, added) = (slice.last, customers + slice.customers, added + slice.added);
        progress(customers, all);
        say(&format!("::count processed={customers}"));
        if slice.added > 0 {
            say(&format!("{} parts of names were missing up to customer {after}.", digits::group(slice.added)));
        }
    }
    let (customers, added) = (digits::group(customers), digits::group(added));
    say(&format!("{customers} customers are found by name; {added} missing parts were restored."));
    Ok(())
}

/// Issues the coupons of a campaign.
pub(crate) async fn issue(campaign: &str, open: impl Future<Output = anyhow::Result<Opened>>) -> Result<(), Failed> {
    say(&format!("Issuing the coupons of campaign {campaign}."));
    if let Some([why, remedy]) = coupons::refusal(campaign) {
        return Err(Failed { why, remedy });
    }
    let target = opened(open).await?;
    let customers: Vec<(CustomerId,)> = target
        .store
        .reader
        .query(sql!("select id from users where status = 'active' order by id limit $1"))
        .bind(COUPONS)
        .all()
        .await
        .map_err(|error| unreadable(&error, "rerun this. No coupon was issued"))?;
    say(&format!("{} customers take part.", digits::group(count(customers.len()))));
    let mut issued = 0;
    for some in customers.chunks(COUPONS_AT_ONCE) {
        // The demo has no coupon service: this takes the time that one would.
        sleep(COUPON_PAUSE).await;
        issued += count(some.len());
        progress(issued, count(customers.len()));
        say(&format!("::count processed={issued}"));
        if issued % 100 == 0 {
            say(&format!("{issued} coupons are issued."));
        }
    }
    say(&format!("{issued} coupons of campaign {campaign} are issued."));
    Ok(())
}

/// Says why a job failed, where it did; whether it was done.
pub(crate) fn told(done: Result<(), Failed>) -> bool {
    let Err(Failed { why, remedy }) = done else { return true };
    // Both on the one stream, so that what to do is the last line of the log even if another process reads the other
    // one.
    say(&format!("error: {why}"));
    say(&format!("what to do: {remedy}"));
    false
}

async fn opened(open: impl Future<Output = anyhow::Result<Opened>>) -> Result<Opened, Failed> {
    open.await.map_err(|error| Failed {
        why: format!("the database cannot be opened: {error:#}. Nothing was changed."),
        remedy: "see that the database is there and answers, then rerun this.".to_owned(),
    })
}

/// As the system, under the number of the run where there is one, so that the log says which run it was.
async fn submit<C: Change>(target: &Opened, change: &C) -> Result<Sealed<C::Output>, Refusal> {
    let run = env::var("INGAM_RUN").ok().and_then(|run| run.parse::<RunId>().ok());
    let request =
        run.map_or_else(|| format!("job_{}", hex::encode(secret::random::<10>())), |run| format!("run_{run}"));
    target.gate.submit_unattended(&Actor::system(request), change).await
}

fn failed(why: &Refusal, remedy: &str) -> Failed {
    let why = match why {
        Refusal::Unrecorded(error) => format!("the database did not take it: {error:#}."),
        refused => format!("it was refused: {refused}."),
    };
    Failed { why, remedy: format!("{remedy}.") }
}

fn unreadable(error: &sqlx::Error, remedy: &str) -> Failed {
    Failed { why: format!("the database did not answer: {error}."), remedy: format!("{remedy}.") }
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn progress(done: i64, all: i64) {
    let thousandths = (done.saturating_mul(1000) / all.max(1)).clamp(0, 1000);
    say(&format!("::progress {}.{:03}", thousandths / 1000, thousandths % 1000));
}

/// Writes a line at once. Without a reader the work goes on all the same.
fn say(line: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
