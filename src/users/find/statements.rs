//! The statements of the searches, one index each. A beginning is a range up to the end of Unicode, because the engines
//! do not agree on when `like` may use an index, and columns are ordered by code point on both.

use super::LAST;
use crate::{clock::Instant, id::CustomerId, sql, store::Reader};

/// A customer as a list shows one.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct CustomerRow {
    pub id: CustomerId,
    pub name: String,
    pub email: String,
    pub phone: Option<String>,
    pub status: String,
    pub points: i64,
    pub version: i64,
    pub joined_at: Instant,
    pub last_seen_at: Option<Instant>,
}

impl CustomerRow {
    pub fn is_suspended(&self) -> bool {
        self.status == "suspended"
    }
}

macro_rules! select {
    () => {
        "select u.id, u.name, u.email, u.phone, u.status, u.points, u.version, u.joined_at, u.last_seen_at from users u "
    };
}

pub(super) async fn by_id(reader: &Reader, id: CustomerId, status: Option<&str>) -> sqlx::Result<Option<CustomerRow>> {
    reader
        .query(sql!(select!(), "where u.id = $1 and (cast($2 as text) is null or u.status = $2)"))
        .bind(id)
        .bind(status)
        .optional()
        .await
}

pub(super) async fn by_email(reader: &Reader, email: &str, status: Option<&str>) -> sqlx::Result<Option<CustomerRow>> {
    reader
        .query(sql!(select!(), "where u.email = $1 and (cast($2 as text) is null or u.status = $2)"))
        .bind(email)
        .bind(status)
        .optional()
        .await
}

pub(super) async fn newest(
    reader: &Reader,
    (joined_at, id): (Instant, CustomerId),
    status: Option<&str>,
    wanted: i64,
) -> sqlx::Result<Vec<CustomerRow>> {
    // Not one statement with `$1 is null or`: a status hardly anybody has would be looked for among everybody.
    let query = match status {
        None => reader
            .query(sql!(
                select!(),
                "where (u.joined_at, u.id) < ($1, $2) order by u.joined_at desc, u.id desc limit $3"
            ))
            .bind(joined_at)
            .bind(id),
        Some(status) => reader
            .query(sql!(
                select!(),
                "where u.status = $1 and (u.joined_at, u.id) < ($2, $3)
                 order by u.joined_at desc, u.id desc limit $4"
            ))
            .bind(status)
            .bind(joined_at)
            .bind(id),
    };
    query.bind(wanted).all().await
}

/// A stretch of an index: from a key and the customer it was shown for, up to a key.
///
/// The lower bound is in each statement twice, the pair first: SQLite seeks with the first it meets, and only from
/// the pair does a far page begin where it should; PostgreSQL seeks with both, but guesses how few rows there are from
/// the single column only, and without it takes a parallel plan that costs ten times as much to start as to run.
pub(super) struct Along<'a> {
    pub(super) from: String,
    pub(super) after: CustomerId,
    pub(super) to: String,
    pub(super) status: Option<&'a str>,
    pub(super) wanted: i64,
}

impl Along<'_> {
    pub(super) async fn emails(&self, reader: &Reader) -> sqlx::Result<Vec<CustomerRow>> {
        let sql = sql!(
            select!(),
            "where (u.email, u.id) > ($1, $2) and u.email >= $1 and u.email < $3 and (cast($4 as text) is null or u.status = $4)
             order by u.email limit $5"
        );
        self.bind(reader.query(sql)).all().await
    }

    pub(super) async fn domains(&self, reader: &Reader) -> sqlx::Result<Vec<CustomerRow>> {
        let sql = sql!(
            select!(),
            "where (u.email_domain, u.id) > ($1, $2) and u.email_domain >= $1 and u.email_domain < $3 and (cast($4 as text) is null or u.status = $4)
             order by u.email_domain, u.id limit $5"
        );
        self.bind(reader.query(sql)).all().await
    }

    pub(super) async fn phones(&self, reader: &Reader) -> sqlx::Result<Vec<CustomerRow>> {
        let sql = sql!(
            select!(),
            "where (u.phone, u.id) > ($1, $2) and u.phone >= $1 and u.phone < $3 and (cast($4 as text) is null or u.status = $4)
             order by u.phone, u.id limit $5"
        );
        self.bind(reader.query(sql)).all().await
    }

    fn bind<'q>(&self, query: crate::store::Query<'q>) -> crate::store::Query<'q> {
        query.bind(&self.from).bind(self.after).bind(&self.to).bind(self.status).bind(self.wanted)
    }
}

pub(super) struct AlongName<'a> {
    pub(super) along: Along<'a>,
    pub(super) part: &'a str,
    /// Leaves out whose e-mail address begins with this: they have been shown.
    pub(super) without_emails: Option<&'a str>,
}

impl AlongName<'_> {
    pub(super) async fn run(&self, reader: &Reader) -> sqlx::Result<Vec<CustomerRow>> {
        // A name with the part in it twice (an, Joanna Hahn) has two rows in the range. It is shown for the first: the one
        // before which the part does not occur, so that cutting the part out there leaves the text as it is. Said as
        // `<> 'again'` because PostgreSQL takes any `=` of two expressions to hold for one row in 200, and would then
        // fetch and sort all matches instead of walking the index until the page is full.
        let sql = sql!(
            select!(),
            "join user_name_parts p on p.user_id = u.id
             where (p.part, p.user_id) > ($1, $2) and p.part >= $1 and p.part < $3 and (cast($4 as text) is null or u.status = $4)
               and case
                 when replace(substr(lower(u.name), 1, length(u.name) - length(p.part) + length($6) - 1), $6, '')
                   = substr(lower(u.name), 1, length(u.name) - length(p.part) + length($6) - 1)
                 then 'first' else 'again' end <> 'again'
               and not (u.email >= $7 and u.email < $8)
             order by p.part, p.user_id limit $5"
        );
        let (shown_from, shown_to) = match self.without_emails {
            Some(prefix) => (prefix.to_owned(), format!("{prefix}{LAST}")),
            // Nothing is smaller than the empty text.
            None => (String::new(), String::new()),
        };
        self.along.bind(reader.query(sql)).bind(self.part).bind(shown_from).bind(shown_to).all().await
    }
}

pub(super) struct LastFour<'a> {
    pub(super) digits: &'a str,
    pub(super) after: CustomerId,
    pub(super) except: CustomerId,
    pub(super) status: Option<&'a str>,
}

impl LastFour<'_> {
    pub(super) async fn run(&self, reader: &Reader, wanted: i64) -> sqlx::Result<Vec<CustomerRow>> {
        reader
            .query(sql!(
                select!(),
                "where u.phone_last4 = $1 and u.id > $2 and u.id <> $3 and (cast($4 as text) is null or u.status = $4)
                 order by u.id limit $5"
            ))
            .bind(self.digits)
            .bind(self.after)
            .bind(self.except)
            .bind(self.status)
            .bind(wanted)
            .all()
            .await
    }
}
