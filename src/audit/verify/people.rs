//! Members of staff and what they sign in with, against the log. There are few of them, so each is looked at by itself.

use super::{
    Unfit,
    noted::{at_fits, noted},
};
use crate::{clock::Instant, id::StaffId, secret::fingerprint, sql, store::Reader};

/// A set-up link: whose it is, hash, end, and what was noted of both.
type Link = (StaffId, Vec<u8>, Instant, Option<String>, Option<String>);

/// A recovery code: hash, whether it is unused, what was noted of all, how many were left, and whether none was used since.
type Code = (Option<Vec<u8>>, Option<bool>, Option<String>, Option<String>, bool);

/// A session: whose it is, when it began, whether a row of the log began it, and the beginning that the row of a later code
/// noted.
type Session = (StaffId, Instant, bool, Option<String>);

/// Few enough for a statement that asks the log a dozen times for each.
const AT_ONCE: i64 = 100;

/// Every account was made by an invitation, and is as the log noted it last; so are its authenticator, its recovery codes, its
/// set-up link and its sessions.
pub(super) async fn people_fit(reader: &Reader) -> Result<(), Unfit> {
    let mut after = StaffId::MIN;
    loop {
        let slice = accounts(reader, after).await?;
        for account in &slice {
            if let Some(what) = account.odd() {
                return Err(Unfit::People(format!(
                    "{what} of member of staff {} is not the one that was noted last",
                    account.id
                )));
            }
            recovery_codes_fit(reader, account.id).await?;
        }
        super::pause::between_slices().await;
        let Some(last) = slice.last() else { break };
        after = last.id;
    }
    none_without_account(reader).await?;
    links_fit(reader).await?;
    sessions_fit(reader).await
}

/// An account with what the log noted of it; the noted values as [`noted!`] gives them.
#[derive(sqlx::FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "the columns of one statement")]
struct Account {
    id: StaffId,
    is_invited: bool,
    is_named: bool,
    roles: String,
    active: bool,
    networks: String,
    lang: Option<String>,
    time_zone: String,
    theme: String,
    password_hash: Option<String>,
    password_at: Option<Instant>,
    secret: Option<Vec<u8>>,
    enrolled_at: Option<Instant>,
    locked: Option<bool>,
    noted_roles: Option<String>,
    noted_active: Option<String>,
    noted_networks: Option<String>,
    noted_lang: Option<String>,
    noted_time_zone: Option<String>,
    noted_theme: Option<String>,
    noted_password: Option<String>,
    noted_password_at: Option<String>,
    noted_authenticator: Option<String>,
    noted_authenticator_at: Option<String>,
    /// Whether the newest row about it is that it was locked, and not that it was set up.
    noted_locked: bool,
}

async fn accounts(reader: &Reader, after: StaffId) -> sqlx::Result<Vec<Account>> {
    reader
        .query(sql!(
            "select s.id, s.roles, s.active, s.networks, s.lang, s.time_zone, s.theme, s.password_hash, s.password_at,
                    k.secret, k.enrolled_at, k.locked,
                    exists (select 1 from audit a where a.target_kind = 'staff' and a.target_id = s.email and a.action = 'staff.invite'
                               and a.outcome = 'applied' and a.after ->> 'staff' = cast(s.id as text)) as is_invited,
                    coalesce((select a.staff_name = s.name and a.staff_email = s.email from audit a
                               where a.staff_id = s.id and a.actor = 'staff' order by a.seq desc limit 1), true) as is_named, ",
            noted!("staff", "in (cast(s.id as text), s.email)", "roles"),
            " as noted_roles, ",
            noted!("staff", "= cast(s.id as text)", "active"),
            " as noted_active, ",
            noted!("staff", "= cast(s.id as text)", "networks"),
            " as noted_networks, ",
            noted!("staff", "= cast(s.id as text)", "lang"),
            " as noted_lang, ",
            noted!("staff", "= cast(s.id as text)", "time_zone"),
            " as noted_time_zone, ",
            noted!("staff", "= cast(s.id as text)", "theme"),
            " as noted_theme, ",
            noted!("staff", "= cast(s.id as text)", "password_sha256"),
            " as noted_password, ",
            noted!("staff", "= cast(s.id as text)", "password_at"),
            " as noted_password_at, ",
            noted!("staff", "= cast(s.id as text)", "authenticator_sha256"),
            " as noted_authenticator, ",
            noted!("staff", "= cast(s.id as text)", "authenticator_at"),
            " as noted_authenticator_at,
                    coalesce((select max(a.seq) from audit a where a.staff_id = s.id and a.after ->> 'factor_locked' is not null), -1)
                      > coalesce((select max(a.seq) from audit a where a.target_kind = 'staff' and a.target_id = cast(s.id as text)
                                     and a.outcome = 'applied'
                                     and (a.before ->> 'authenticator_at' is not null or a.after ->> 'authenticator_at' is not null)), -1)
                      as noted_locked
               from staff s left join authenticators k on k.staff_id = s.id where s.id > $1 order by s.id limit $2"
        ))
        .bind(after)
        .bind(AT_ONCE)
        .all()
        .await
}

impl Account {
    /// What of it differs from the log.
    fn odd(&self) -> Option<&'static str> {
        let is = |noted: &Option<String>, value: &str| {
            noted.as_ref().is_none_or(|noted| noted.strip_prefix('=') == Some(value))
        };
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let at = |value: &Option<Instant>| value.map(|at| at.to_string()).unwrap_or_default();
        let sealed = |value: Option<&[u8]>| value.map(fingerprint).unwrap_or_default();
        // Each engine says a truth from the log in its own way.
        let is_active = if self.active { ["=1", "=true"] } else { ["=0", "=false"] };
        let has_secret =
            self.secret.is_some() == self.noted_authenticator_at.as_deref().is_some_and(|noted| noted != "=");
        let fits = [
            ("the invitation", self.is_invited),
            ("the name or e-mail address", self.is_named),
            ("the set of roles", is(&self.noted_roles, &self.roles)),
            ("the status", self.noted_active.as_deref().map_or(self.active, |noted| is_active.contains(&noted))),
            (
                "the set of networks",
                self.noted_networks.as_deref().unwrap_or("=").strip_prefix('=') == Some(&self.networks),
            ),
            ("the language", is(&self.noted_lang, &text(&self.lang))),
            ("the time zone", is(&self.noted_time_zone, &self.time_zone)),
            ("the appearance", is(&self.noted_theme, &self.theme)),
            ("the password", is(&self.noted_password, &sealed(self.password_hash.as_deref().map(str::as_bytes)))),
            (
                "the password",
                self.noted_password_at.as_deref().unwrap_or("=").strip_prefix('=') == Some(&at(&self.password_at)),
            ),
            ("the password", self.password_hash.is_some() == self.password_at.is_some()),
            ("the authenticator", has_secret),
            (
                "the authenticator",
                self.enrolled_at.is_none() || is(&self.noted_authenticator_at, &at(&self.enrolled_at)),
            ),
            (
                "the authenticator",
                self.secret.is_none() || is(&self.noted_authenticator, &sealed(self.secret.as_deref())),
            ),
            ("the lock of the authenticator", self.locked.is_none_or(|locked| locked == self.noted_locked)),
        ];
        fits.iter().find(|(_, fits)| !fits).map(|(what, _)| *what)
    }
}

/// The codes are those that were made last, and as many of them are unused as were left.
async fn recovery_codes_fit(reader: &Reader, staff: StaffId) -> Result<(), Unfit> {
    let codes: Vec<Code> = reader
        .query(sql!(
            "select c.hash, c.used_at is null, ",
            noted!("staff", "= cast(s.id as text)", "recovery_sha256"),
            ", ",
            noted!("staff", "= cast(s.id as text)", "recovery_codes"),
            ",
                coalesce((select max(a.seq) from audit a where a.target_kind = 'staff' and a.target_id = cast(s.id as text)
                             and a.outcome = 'applied' and a.after ->> 'recovery_sha256' is not null), -1)
                > coalesce((select max(a.seq) from audit a where a.target_kind = 'staff' and a.target_id = cast(s.id as text)
                               and a.outcome = 'applied' and a.action = 'session.start-with-recovery-code'), -1)
               from staff s left join recovery_codes c on c.staff_id = s.id where s.id = $1 order by c.hash"
        ))
        .bind(staff)
        .all()
        .await?;
    let hashes: Vec<&[u8]> = codes.iter().filter_map(|(hash, ..)| hash.as_deref()).collect();
    let unused = codes.iter().filter(|(hash, unused, ..)| hash.is_some() && *unused == Some(true)).count();
    let Some((_, _, made, left, is_unused)) = codes.first() else { return Ok(()) };
    // The reset of a second factor takes the codes away, and an authenticator that is set up brings new ones.
    let is_same = match made.as_deref().and_then(|made| made.strip_prefix('=')) {
        Some(made) => hashes.is_empty() || fingerprint(&hashes.concat()) == made,
        None => true,
    };
    let is_left = match (is_unused, left.as_deref().and_then(|left| left.strip_prefix('='))) {
        (true, _) => unused == hashes.len(),
        (false, Some(left)) => hashes.is_empty() || unused.to_string() == left,
        (false, None) => true,
    };
    if is_same && is_left {
        return Ok(());
    }
    Err(Unfit::People(format!("the recovery codes of member of staff {staff} are not those that were noted last")))
}

/// Nothing to sign in with belongs to an account that is not there.
async fn none_without_account(reader: &Reader) -> Result<(), Unfit> {
    let odd: Option<(i64,)> = reader
        .query(sql!(
            "select k.staff_id from (select staff_id from authenticators union all select staff_id from recovery_codes
                                     union all select staff_id from invitations union all select staff_id from sessions) k
              where not exists (select 1 from staff s where s.id = k.staff_id) limit 1"
        ))
        .optional()
        .await?;
    match odd {
        Some((staff,)) => Err(Unfit::People(format!("there is no member of staff {staff} to sign in"))),
        None => Ok(()),
    }
}

/// A set-up link is the one that was issued last.
async fn links_fit(reader: &Reader) -> Result<(), Unfit> {
    let links: Vec<Link> = reader
        .query(sql!(
            "select s.id, i.hash, i.expires_at, ",
            noted!("staff", "in (cast(s.id as text), s.email)", "link_sha256"),
            ", ",
            noted!("staff", "in (cast(s.id as text), s.email)", "link_expires_at"),
            " from invitations i join staff s on s.id = i.staff_id order by s.id"
        ))
        .all()
        .await?;
    for (staff, hash, expires, noted, noted_expires) in links {
        let is_same = noted.is_none_or(|noted| noted == format!("={}", fingerprint(&hash)));
        if !is_same || noted_expires.as_deref() != Some(&format!("={expires}")) {
            return Err(Unfit::People(format!(
                "the set-up link of member of staff {staff} is not the one that was noted last"
            )));
        }
    }
    Ok(())
}

/// Every session of a person who has given a code was begun by a row of the log, in the same browser, at that time, and for
/// what it is good for; or it went on in another browser by a row that notes when it had begun.
async fn sessions_fit(reader: &Reader) -> Result<(), Unfit> {
    let sessions: Vec<Session> = reader
        .query(sql!(
            "select s.staff_id, s.created_at,
                exists (select 1 from audit a
                         where a.target_kind = 'staff' and a.target_id = cast(s.staff_id as text) and a.outcome = 'applied'
                           and (s.stage = 'signed' and a.action in ('session.start', 'account.recover-authenticator')
                                or s.stage = 'recovery' and a.action = 'session.start-with-recovery-code')
                           and a.after ->> 'session' = substr(s.id, 1, 16) and a.ip = s.ip and a.user_agent = s.user_agent and ",
            at_fits!("s.created_at"),
            "),
                (select a.after ->> 'session_began_at' from audit a
                  where a.target_kind = 'staff' and a.target_id = cast(s.staff_id as text) and a.outcome = 'applied'
                    and s.stage = 'signed' and a.action = 'session.confirm'
                    and a.after ->> 'session' = substr(s.id, 1, 16) and a.ip = s.ip and a.user_agent = s.user_agent
                  order by a.seq desc limit 1)
               from sessions s where s.stage <> 'password' order by s.staff_id"
        ))
        .all()
        .await?;
    let odd =
        sessions.iter().find(|(_, began, is_begun, noted)| !is_begun && noted.as_ref() != Some(&began.to_string()));
    match odd {
        Some((staff, ..)) => {
            Err(Unfit::People(format!("the log does not name the beginning of a session of member of staff {staff}")))
        }
        None => Ok(()),
    }
}
