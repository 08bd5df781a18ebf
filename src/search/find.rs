//! Looking everywhere that a person may look, a few rows of each kind.

use super::asked::Asked;
use crate::{
    batches,
    gate::mention,
    id::{CustomerId, IncidentId, RunId, StaffId},
    incidents::step::Step,
    orders::{self, list_pages::Row},
    sql, staff,
    text::name::{form, words},
    users::{self, customer::Customer},
    web::{Desk, PageError},
};

/// The number of rows of a kind that the page of a search shows.
pub(super) const SHOWN: usize = 5;

/// The number of jobs, members of staff, and incidents (the newest) that are looked through: all are few.
const LOOKED_THROUGH: i64 = 1_000;

/// The kinds that a person may see. Jobs, runs and incidents are for all.
#[derive(Clone, Copy, Debug)]
pub(super) struct May {
    pub customers: bool,
    pub orders: bool,
    pub staff: bool,
}

impl May {
    pub(super) fn of(desk: &Desk) -> Self {
        let may = |path| desk.may("GET", path);
        Self { customers: may("/users"), orders: may("/orders"), staff: may("/staff") }
    }

    /// Whether a search of this person is a look at customers.
    pub(super) fn sees_people(self) -> bool {
        self.customers || self.orders
    }
}

/// What was found, of each kind at most as many rows as are shown, and whether there are more.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub customers: Kind<Customer>,
    pub orders: Kind<Row>,
    pub runs: Kind<RunRow>,
    pub jobs: Kind<JobRow>,
    pub incidents: Kind<IncidentRow>,
    pub staff: Kind<StaffRow>,
}

/// The rows of one kind.
#[derive(Debug)]
pub(crate) struct Kind<R> {
    pub rows: Vec<R>,
    pub has_more: bool,
}

impl<R> Default for Kind<R> {
    fn default() -> Self {
        Self { rows: Vec::new(), has_more: false }
    }
}

impl<R> Kind<R> {
    pub(crate) fn of(mut rows: Vec<R>) -> Self {
        let has_more = rows.len() > SHOWN;
        rows.truncate(SHOWN);
        Self { rows, has_more }
    }

    /// `3`, or `5+`.
    pub(crate) fn count(&self) -> String {
        format!("{}{}", self.rows.len(), if self.has_more { "+" } else { "" })
    }
}

/// A run, by its number.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct RunRow {
    pub id: RunId,
    pub job: String,
    #[sqlx(try_from = "String")]
    pub state: batches::state::State,
}

/// A job, by its name or title.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct JobRow {
    pub name: String,
    pub title: String,
}

/// An incident, by its number or its title.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct IncidentRow {
    pub id: IncidentId,
    pub title: String,
    #[sqlx(try_from = "String")]
    pub step: Step,
}

impl IncidentRow {
    /// As people name it: `INC-12`.
    pub(crate) fn token(&self) -> String {
        mention::token(self.id)
    }
}

/// A member of staff, by name or e-mail.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct StaffRow {
    pub id: StaffId,
    pub name: String,
    pub email: String,
    pub roles: String,
}

impl StaffRow {
    pub(crate) fn roles(&self) -> Vec<staff::Role> {
        staff::Roles::parse(&self.roles).iter().collect()
    }
}

impl Found {
    /// `status` narrows to customers who have it, which nothing else has.
    pub(super) async fn find(desk: &Desk, may: May, asked: &Asked, status: &str) -> Result<Self, PageError> {
        let mut found = Self::default();
        let reader = desk.reader();
        if may.customers
            && let Ok(term) = &asked.customer
        {
            let status = Some(status).filter(|status| !status.is_empty());
            let page = users::find::find(reader, term, status, None, SHOWN).await?;
            found.customers.has_more = page.next.is_some();
            found.customers.rows = page.rows.into_iter().map(Customer::masked).collect();
        }
        if !status.is_empty() {
            return Ok(found);
        }
        if may.orders
            && let Some(term) = &asked.order
        {
            let hits = orders::find::hits(reader, term).await?;
            found.orders = Kind::of(hits.into_iter().map(orders::list::row).collect());
        }
        if let Some(name) = &asked.name {
            found.jobs = Kind::of(jobs(desk, name).await?);
            if may.staff {
                found.staff = Kind::of(people(desk, name).await?);
            }
        }
        found.incidents = Kind::of(incidents(desk, asked).await?);
        // A number alone is a customer's first, for those who may see customers.
        if let Some(run) = asked.run
            && (run.is_plain || found.is_empty())
        {
            let rows =
                reader.query(sql!("select id, job, state from batch_runs where id = $1")).bind(run.id).all().await?;
            found.runs = Kind::of(rows);
        }
        Ok(found)
    }

    fn sizes(&self) -> [usize; 6] {
        let Self { customers, orders, runs, jobs, incidents, staff } = self;
        [
            customers.rows.len(),
            orders.rows.len(),
            runs.rows.len(),
            jobs.rows.len(),
            incidents.rows.len(),
            staff.rows.len(),
        ]
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sizes() == [0; 6]
    }

    /// Whether there are customers and nothing else.
    pub(super) fn is_customers(&self) -> bool {
        matches!(self.sizes(), [customers, 0, 0, 0, 0, 0] if customers > 0)
    }

    /// The customers who are shown, also with their orders.
    pub(super) fn people(&self) -> Vec<CustomerId> {
        let customers = self.customers.rows.iter().map(|row| row.id);
        customers.chain(self.orders.rows.iter().map(|row| row.user_id)).collect()
    }

    /// The page of the only hit, and the customer whom it names.
    pub(super) fn only(&self) -> Option<(String, Vec<CustomerId>)> {
        if self.sizes().iter().sum::<usize>() != 1 {
            return None;
        }
        let Self { customers, orders, runs, jobs, incidents, staff } = self;
        let to = customers.rows.first().map(|row| format!("/users/{}", row.id));
        let to = to
            .or_else(|| orders.rows.first().map(|row| format!("/orders/{}", row.id)))
            .or_else(|| runs.rows.first().map(|row| format!("/runs/{}", row.id)))
            .or_else(|| jobs.rows.first().map(|row| format!("/batches/{}", row.name)))
            .or_else(|| incidents.rows.first().map(|row| format!("/incidents/{}", row.id)))
            .or_else(|| staff.rows.first().map(|row| format!("/staff/{}", row.id)))?;
        Some((to, self.people()))
    }
}

async fn jobs(desk: &Desk, name: &str) -> sqlx::Result<Vec<JobRow>> {
    let jobs: Vec<JobRow> = desk
        .reader()
        .query(sql!("select name, title from batch_jobs where not is_retired order by title, name limit $1"))
        .bind(LOOKED_THROUGH)
        .all()
        .await?;
    Ok(jobs.into_iter().filter(|job| begins_word(name, &job.name) || begins_word(name, &job.title)).collect())
}

async fn incidents(desk: &Desk, asked: &Asked) -> sqlx::Result<Vec<IncidentRow>> {
    if let Some(incident) = asked.incident {
        let numbered = sql!("select id, title, step from incidents where id = $1");
        return desk.reader().query(numbered).bind(incident).all().await;
    }
    let Some(name) = &asked.name else { return Ok(Vec::new()) };
    let incidents: Vec<IncidentRow> = desk
        .reader()
        .query(sql!("select id, title, step from incidents order by id desc limit $1"))
        .bind(LOOKED_THROUGH)
        .all()
        .await?;
    Ok(incidents.into_iter().filter(|incident| begins_word(name, &incident.title)).collect())
}

async fn people(desk: &Desk, name: &str) -> sqlx::Result<Vec<StaffRow>> {
    let people: Vec<StaffRow> = desk
        .reader()
        .query(sql!("select id, name, email, roles from staff order by id limit $1"))
        .bind(LOOKED_THROUGH)
        .all()
        .await?;
    let email = name.trim().to_lowercase();
    let fits = |row: &StaffRow| users::names::fits(name, &row.name) || row.email.starts_with(&email);
    Ok(people.into_iter().filter(fits).collect())
}

/// Whether `text` from one of its words on begins with what was typed.
fn begins_word(typed: &str, text: &str) -> bool {
    let (typed, words) = (form(typed), words(text));
    (0..words.len()).any(|n| words.get(n..).unwrap_or_default().concat().starts_with(&typed))
}

#[cfg(test)]
mod tests {
    use super::begins_word;

    #[test]
    fn a_job_is_found_by_the_beginning_of_any_of_its_words() {
        for typed in ["daily-settlement", "Daily Settle", "settlement", "SETTLE", "daily–settlement"] {
            assert!(begins_word(typed, "daily-settlement"), "{typed}");
        }
        assert!(begins_word("정산", "일일 정산") && begins_word("일일정", "일일 정산"));
        assert!(!begins_word("lement", "daily-settlement") && !begins_word("settlement daily", "daily-settlement"));
    }
}
