//! The statements of the searches, one index each. A beginning is a range up to the end of Unicode, because the engines
//! do not agree on when `like` may use an index, and columns are ordered by code point on both.

use super::LAST;
use crate::{clock::Instant, id::CustomerId, sql, store::Reader, users::term::MaskedEmail};

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

macro_rules! columns {
    () => {
        "u.id, u.name, u.email, u.phone, u.status, u.points, u.version, u.joined_at, u.last_seen_at"
    };
}

macro_rules! select {
    () => {
        concat!("select ", columns!(), " from users u ")
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

/// Where a customer is found by name.
#[derive(Clone, Copy, Debug)]
pub(super) enum Names {
    Parts,
    Forms,
}

/// A customer, and the row of the index of names that led there.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct NamedRow {
    pub(super) place: String,
    #[sqlx(flatten)]
    pub(super) customer: CustomerRow,
}

pub(super) struct AlongName<'a> {
    pub(super) along: Along<'a>,
    pub(super) names: Names,
    /// Leaves out whose e-mail address begins with this: they have been shown.
    pub(super) without_emails: Option<&'a str>,
}

macro_rules! along_names {
    ($table:literal, $place:literal) => {
        sql!(
            "select ",
            columns!(),
            ", p.",
            $place,
            " as place from users u join ",
            $table,
            " p on p.user_id = u.id where (p.",
            $place,
            ", p.user_id) > ($1, $2) and p.",
            $place,
            " >= $1 and p.",
            $place,
            " < $3 and (cast($4 as text) is null or u.status = $4) and not (u.email >= $6 and u.email < $7)
             order by p.",
            $place,
            ", p.user_id limit $5"
        )
    };
}

impl AlongName<'_> {
    pub(super) async fn run(&self, reader: &Reader) -> sqlx::Result<Vec<NamedRow>> {
        let sql = match self.names {
            Names::Parts => along_names!("user_name_parts", "part"),
            Names::Forms => along_names!("user_name_forms", "form"),
        };
        let (shown_from, shown_to) = match self.without_emails {
            Some(prefix) => (prefix.to_owned(), format!("{prefix}{LAST}")),
            // Nothing is smaller than the empty text.
            None => (String::new(), String::new()),
        };
        self.along.bind(reader.query(sql)).bind(shown_from).bind(shown_to).all().await
    }
}

/// The e-mail addresses that a mask fits.
pub(super) struct Masked<'a> {
    pub(super) along: Along<'a>,
    pub(super) mask: &'a MaskedEmail,
}

impl Masked<'_> {
    pub(super) async fn run(&self, reader: &Reader) -> sqlx::Result<Vec<CustomerRow>> {
        // Two letters begin many addresses: those beyond the first 20,000 are not looked at.
        let sql = sql!(
            "select ",
            columns!(),
            " from (select * from users
                     where (email, id) > ($1, $2) and email >= $1 and email < $3 order by email limit 20000) u
              where (cast($4 as text) is null or u.status = $4)
                and u.email_domain >= $6 and u.email_domain < $7
                and (cast($8 as bigint) is null or length(u.email) - length(u.email_domain) - 1 = $8)
              order by u.email limit $5"
        );
        let domain = self.mask.domain.as_str();
        // Nothing is between a text and the same text with the smallest character behind it.
        let end = if self.mask.is_cut_off { LAST } else { '\u{1}' };
        let length = self.mask.hidden.map(|hidden| hidden + self.mask.begins.chars().count());
        self.along
            .bind(reader.query(sql))
            .bind(domain)
            .bind(format!("{domain}{end}"))
            .bind(length.map(|length| i64::try_from(length).unwrap_or(i64::MAX)))
            .all()
            .await
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
