//! What the demo's staff did in the thirty days before: adjustments, refunds, cancellations, notes and suspensions, requests and
//! decisions, mistakes that were refused, failed runs that were looked into. The same every time, but for codes and keys.

mod orders;
mod rotas;
mod runs;
mod words;

use super::{
    chance::Chance,
    data::Account,
    shop::zone,
    worker::{Time, Worker},
};
use crate::{
    approvals::{approve::Approve, reject::Reject},
    clock::Instant,
    gate::{Gate, Outcome},
    id::{CustomerId, RequestId},
    sql,
    store::Reader,
    users::{adjust::AdjustPoints, note::NoteUser, status::SetUserStatus},
};
use chrono::{Datelike as _, Days, NaiveDate, TimeDelta, Weekday};

/// How many days the month has.
pub(super) const DAYS: u64 = 30;

/// Those who appear in it.
pub(super) struct Staff<'g> {
    operator: Worker<'g>,
    oncall: Worker<'g>,
    approver: Worker<'g>,
}

/// A month that is being made up.
pub(super) struct Month<'g> {
    gate: &'g Gate,
    reader: &'g Reader,
    time: &'g Time,
    chance: Chance,
    staff: Staff<'g>,
    customers: Vec<CustomerId>,
    /// Requests that wait.
    waiting: Vec<RequestId>,
    /// How many were decided.
    decided: u32,
    /// The number of days that are over.
    days: u32,
    /// The number of the last ticket that a reason names.
    ticket: i64,
}

/// Makes the month that ends at `now`. The time begins where the demo was founded.
pub(super) async fn work(
    gate: &Gate,
    reader: &Reader,
    time: &Time,
    accounts: &[Account],
    now: Instant,
) -> anyhow::Result<()> {
    let of = |role: &str| {
        let found = accounts.iter().find(|account| account.roles.iter().any(|one| one == role));
        found.ok_or_else(|| anyhow::anyhow!("the demo has no {role}"))
    };
    let staff = Staff {
        operator: Worker::of(gate, reader, time, of("operator")?).await?,
        oncall: Worker::of(gate, reader, time, of("oncall")?).await?,
        approver: Worker::of(gate, reader, time, of("approver")?).await?,
    };
    let chance = Chance::of("a month at the shop");
    let customers = quiet_customers(reader, time.now()).await?;
    let mut month = Month {
        gate,
        reader,
        time,
        chance,
        staff,
        customers,
        waiting: Vec::new(),
        decided: 0,
        days: 0,
        ticket: 20_400,
    };
    let today = now.utc().with_timezone(&zone()).date_naive();
    for back in (0..=DAYS).rev() {
        if let Some(date) = today.checked_sub_days(Days::new(back)) {
            month.day(date, now).await?;
        }
    }
    time.go_to(now.minus(TimeDelta::minutes(110)));
    month.decline().await?;
    time.go_to(now.minus(TimeDelta::minutes(30)));
    month.look_into_runs(now, true).await
}

/// Customers whose ledgers say nothing about the month: what is entered in it goes on where they end.
async fn quiet_customers(reader: &Reader, start: Instant) -> sqlx::Result<Vec<CustomerId>> {
    let some: Vec<(CustomerId,)> = reader
        .query(sql!(
            "select u.id from users u
              where u.status = 'active' and u.joined_at < $1
                and not exists (select 1 from point_entries p where p.user_id = u.id and p.at > $1)
              order by u.id desc limit 60"
        ))
        .bind(start)
        .all()
        .await?;
    Ok(some.into_iter().map(|(id,)| id).collect())
}

impl Month<'_> {
    /// One day, as far as it is over.
    async fn day(&mut self, date: NaiveDate, now: Instant) -> anyhow::Result<()> {
        let Some(opens) = at(date, 9) else { return Ok(()) };
        let opens = opens.max(self.time.now().plus(TimeDelta::minutes(3)));
        let closes = at(date, 18).unwrap_or(now).min(now.minus(TimeDelta::minutes(40)));
        if opens >= closes {
            return Ok(());
        }
        self.time.go_to(opens.plus(TimeDelta::seconds(self.chance.within(60, 900))));
        if self.days == 0 {
            self.make_rotas(date).await?;
        }
        if matches!(date.weekday(), Weekday::Mon | Weekday::Wed | Weekday::Fri) {
            self.look_into_runs(now, false).await?;
        }
        // Some days there is nothing to do.
        self.days += 1;
        if matches!(date.weekday(), Weekday::Sat | Weekday::Sun) || self.days % 4 == 3 {
            return Ok(());
        }
        self.staff.operator.sign_in().await?;
        for turn in 0..self.chance.within(3, 5) {
            self.time.pass(self.chance.within(300, 4_200));
            if self.time.now() >= closes {
                break;
            }
            match (turn, self.days % 5, self.chance.within(0, 9)) {
                // Each of these comes up in every month.
                (0, 0, _) => self.give(40_000).await?,
                (0, 1, _) | (1, _, 0..=2) => self.refund().await?,
                (0, 2, _) | (2, _, 0..=1) => self.cancel().await?,
                (0, 3, _) => self.note().await?,
                (0, 4, _) | (_, _, 9) => self.slip().await?,
                (2, _, 2) => self.suspend().await?,
                _ => self.adjust().await?,
            }
        }
        self.time.pass(self.chance.within(300, 2_400));
        self.staff.operator.sign_out().await?;
        self.decide().await
    }

    /// Gives a few points or takes some back.
    async fn adjust(&mut self) -> anyhow::Result<()> {
        let Some((user, points)) = self.customer().await? else { return Ok(()) };
        let (kind, reason) = *self.chance.of_these(words::ADJUSTMENTS).unwrap_or(&("other", "고객 요청"));
        let delta = match kind {
            "correction" => -(points / 200 * 100).min(2_000),
            _ => 500 * self.chance.within(1, 10),
        };
        if delta == 0 {
            return Ok(());
        }
        let reason = self.reason(reason);
        self.seal(&AdjustPoints { user, delta, reason_kind: kind.to_owned() }, &reason).await
    }

    /// Gives more points than one person may, which waits for a second.
    async fn give(&mut self, delta: i64) -> anyhow::Result<()> {
        let Some((user, _)) = self.customer().await? else { return Ok(()) };
        let reason = self.reason("단체 주문 지연 보상");
        self.seal(&AdjustPoints { user, delta, reason_kind: "late_delivery".to_owned() }, &reason).await
    }

    async fn seal(&mut self, change: &AdjustPoints, reason: &str) -> anyhow::Result<()> {
        if let Some(Outcome::Pending(request)) = self.staff.operator.seal(change, reason).await? {
            self.waiting.push(request);
        }
        Ok(())
    }

    /// What the gate refuses on an ordinary day: a mistyped code, more points than there are, a change that is none of theirs.
    async fn slip(&mut self) -> anyhow::Result<()> {
        let Some((user, points)) = self.customer().await? else { return Ok(()) };
        let reason = self.reason("중복 지급분 회수");
        let change = |delta| AdjustPoints { user, delta, reason_kind: "correction".to_owned() };
        match self.chance.within(0, 3) {
            0 => {
                self.staff.operator.seal(&change(-points - 5_000), &reason).await?;
            }
            1 => {
                self.staff.oncall.sign_in().await?;
                self.staff.oncall.seal(&change(3_000), &reason).await?;
                self.staff.oncall.sign_out().await?;
            }
            _ => {
                let change = AdjustPoints { user, delta: 1_500, reason_kind: "late_delivery".to_owned() };
                let reason = self.reason("배송이 하루 늦어 보상합니다");
                self.staff.operator.mistype(&change, &reason).await?;
                self.time.pass(20);
                self.staff.operator.seal(&change, &reason).await?;
            }
        }
        Ok(())
    }

    async fn note(&mut self) -> anyhow::Result<()> {
        let Some((user, _)) = self.customer().await? else { return Ok(()) };
        let text = (*self.chance.of_these(words::NOTES).unwrap_or(&"통화 완료")).to_owned();
        let reason = self.reason("상담 내용 기록");
        self.staff.operator.seal(&NoteUser { user, text }, &reason).await?;
        Ok(())
    }

    /// Suspends an account, and mostly lets it go on later.
    async fn suspend(&mut self) -> anyhow::Result<()> {
        let Some((user, _)) = self.customer().await? else { return Ok(()) };
        let status = |status: &str| SetUserStatus { user, status: status.to_owned() };
        let reason = self.reason("도용 의심 신고, 본인 확인 전까지 정지");
        self.staff.operator.seal(&status("suspended"), &reason).await?;
        if !self.chance.once_in(3) {
            self.time.pass(self.chance.within(1_800, 5_400));
            let reason = self.reason("본인 확인 완료, 정지 해제");
            self.staff.operator.seal(&status("active"), &reason).await?;
        }
        Ok(())
    }

    /// Decides on the requests that wait, at the end of a day.
    async fn decide(&mut self) -> anyhow::Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        self.staff.approver.sign_in().await?;
        for request in waiting {
            self.time.pass(self.chance.within(30, 200));
            self.decided += 1;
            if self.decided % 3 == 2 {
                let reason = *self.chance.of_these(words::REJECTIONS).unwrap_or(&"근거 자료가 부족합니다");
                self.staff.approver.seal(&Reject { request }, reason).await?;
            } else {
                let reason = *self.chance.of_these(words::APPROVALS).unwrap_or(&"확인했습니다");
                self.staff.approver.seal(&Approve { request }, reason).await?;
            }
        }
        Ok(self.staff.approver.sign_out().await?)
    }

    /// A customer who may be given points, and how many they have.
    async fn customer(&mut self) -> anyhow::Result<Option<(CustomerId, i64)>> {
        let Some(customer) = self.chance.of_these(&self.customers) else { return Ok(None) };
        let active = sql!("select id, points from users where id = $1 and status = 'active'");
        Ok(self.reader.query(active).bind(*customer).optional().await?)
    }

    /// A reason with the ticket that it is about.
    fn reason(&mut self, what: &str) -> String {
        self.ticket += self.chance.within(1, 9);
        format!("{what} (문의 CS-{})", self.ticket)
    }
}

fn at(date: NaiveDate, hour: u32) -> Option<Instant> {
    zone().moment_of(date.and_hms_opt(hour, 0, 0)?)
}
