//! What the log says of a person: what they changed, what they were refused, what others did to them, where they came from.

use super::{
    confirm::ConfirmSession,
    people::Person,
    recover::RecoverAuthenticator,
    sign_in::{self, SignInWithRecoveryCode},
};
use crate::{
    audit::{self, pages::Row},
    clock::Instant,
    entry_columns,
    gate::{Change, audit::Entry},
    id::StaffId,
    sql,
    web::{Desk, format, shell::Frame},
};

/// The changes that begin a session of a person, or go on with it elsewhere.
const SIGNS_IN: [&str; 4] =
    [sign_in::SignIn::KIND, SignInWithRecoveryCode::KIND, RecoverAuthenticator::KIND, ConfirmSession::KIND];

/// The number of rows that are shown of each kind, out of how many of the newest that the person made.
const SHOWN: usize = 10;
const WINDOW: i64 = 300;

/// What the page of a person shows of the log.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// What they changed, and what they were refused.
    pub(crate) made: Vec<Row>,
    pub(crate) refused: Vec<Row>,
    /// What others did to them.
    pub(crate) happened: Vec<Row>,
    pub(crate) sign_ins: Vec<SignIn>,
    pub(crate) addresses: Vec<Address>,
}

impl History {
    pub(super) async fn of(desk: &Desk, person: &Person) -> sqlx::Result<Self> {
        let by = made_by(desk, person.id).await?;
        let failed = failed_passwords(desk, person.id).await?;
        let is_sign_in = |entry: &&Entry| SIGNS_IN.contains(&entry.action.as_str());
        let is_made = |entry: &&Entry| {
            matches!(entry.outcome.as_str(), "applied" | "requested") && !entry.action.starts_with("session.")
        };
        let is_refused = |entry: &&Entry| matches!(entry.outcome.as_str(), "refused" | "failed") && !is_sign_in(entry);
        let mut sign_ins: Vec<&Entry> = by.iter().filter(is_sign_in).chain(&failed).collect();
        sign_ins.sort_by_key(|entry| std::cmp::Reverse(entry.seq));
        Ok(Self {
            made: audit::rows(desk, &by.iter().filter(is_made).take(SHOWN).cloned().collect::<Vec<_>>()).await?,
            refused: by.iter().filter(is_refused).take(SHOWN).map(audit::row).collect(),
            sign_ins: sign_ins.into_iter().take(SHOWN).map(SignIn::of).collect(),
            addresses: Address::of(&by, SHOWN),
            happened: audit::rows(desk, &done_to(desk, person).await?).await?,
        })
    }
}

/// The newest rows of the log that a person made.
async fn made_by(desk: &Desk, staff: StaffId) -> sqlx::Result<Vec<Entry>> {
    desk.reader()
        .query(sql!("select ", entry_columns!(), " from audit where staff_id = $1 order by seq desc limit $2"))
        .bind(staff)
        .bind(WINDOW)
        .all()
        .await
}

/// The newest wrong passwords for this person's account. The log does not say who gave them.
async fn failed_passwords(desk: &Desk, staff: StaffId) -> sqlx::Result<Vec<Entry>> {
    desk.reader()
        .query(sql!(
            "select ",
            entry_columns!(),
            " from audit where target_kind = 'staff' and target_id = $1 and action = 'session.password' and outcome <> 'applied'
              order by seq desc limit $2"
        ))
        .bind(staff.to_string())
        .bind(i64::try_from(SHOWN).unwrap_or(i64::MAX))
        .all()
        .await
}

/// What others did to a person, the newest first. The invitation names their address, because they had no id then.
async fn done_to(desk: &Desk, person: &Person) -> sqlx::Result<Vec<Entry>> {
    let mut happened: Vec<Entry> = Vec::new();
    for target in [person.id.to_string(), person.email.clone()] {
        let rows: Vec<Entry> = desk
            .reader()
            .query(sql!(
                "select ",
                entry_columns!(),
                " from audit where target_kind = 'staff' and target_id = $1 and coalesce(staff_id, 0) <> $2
                    and action not like 'session.%' order by seq desc limit $3"
            ))
            .bind(target)
            .bind(person.id)
            .bind(i64::try_from(SHOWN).unwrap_or(i64::MAX))
            .all()
            .await?;
        happened.extend(rows);
    }
    happened.sort_by_key(|entry| std::cmp::Reverse(entry.seq));
    happened.truncate(SHOWN);
    Ok(happened)
}

/// A sign-in, or an attempt at one.
#[derive(Clone, Debug)]
pub(crate) struct SignIn {
    pub(crate) row: Row,
    pub(crate) user_agent: String,
}

impl SignIn {
    pub(super) fn of(entry: &Entry) -> Self {
        Self { row: crate::audit::row(entry), user_agent: entry.user_agent.clone() }
    }

    pub(super) fn browser(&self, frame: &Frame) -> String {
        format::browser(&self.user_agent).unwrap_or_else(|| frame.t("account.unknown-browser").to_owned())
    }
}

/// An address that a person came from lately.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) ip: String,
    pub(crate) first: Instant,
    pub(crate) last: Instant,
}

impl Address {
    /// The addresses in `rows`, which begin with the newest; at most `most` of those seen last.
    pub(super) fn of(rows: &[Entry], most: usize) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for row in rows.iter().filter(|row| !row.ip.is_empty()) {
            match found.iter_mut().find(|address| address.ip == row.ip) {
                Some(address) => address.first = row.at,
                None => found.push(Self { ip: row.ip.clone(), first: row.at, last: row.at }),
            }
        }
        found.truncate(most);
        found
    }
}
