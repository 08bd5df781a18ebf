//! The report about a period: what is read for it, and its bytes.

use super::{
    findings, integrity,
    lines::{Behalf, Dormant, Finding, Head, Integrity, Line, Person, Retention, Reveal, Right, Taken, VERSION, Whole},
    lists, people,
    period::Period,
    retention,
};
use crate::{clock::Instant, plan::ReviewPlan, secret, store::Queries, zone::Zone};

/// The most lines of one kind that a report lists.
pub(super) const LISTED: usize = 5_000;

/// What a report is asked for: it follows from this and the database alone, whenever it is made.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub period: Period,
    pub zone: Zone,
    pub plan: ReviewPlan,
}

/// Everything that a report says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub head: Head,
    pub retention: Retention,
    pub people: Vec<Person>,
    pub taken: Vec<Taken>,
    pub reveals: Vec<Reveal>,
    pub behalf: Vec<Behalf>,
    pub rights: Vec<Right>,
    pub dormant: Vec<Dormant>,
    pub findings: Vec<Finding>,
    pub integrity: Integrity,
}

/// Bytes that are no report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("a line of the report cannot be read: {0}")]
    Line(#[from] serde_json::Error),
    #[error("the report lacks its line {0:?}")]
    Missing(&'static str),
    #[error("the report is of version {0:?}, which this program does not know")]
    Version(String),
}

/// Reads all of it. A period of no length, which the calendar does not have, has no report.
pub(crate) async fn collect(db: &mut impl Queries, asked: &Asked) -> sqlx::Result<Report> {
    let Asked { period, zone, plan } = asked;
    let (from, to) = period.bounds(*zone).ok_or_else(|| sqlx::Error::Protocol(format!("{period} has no bounds")))?;
    let rows = integrity::rows(db, from, to).await?;
    let mut cut = Vec::new();
    let taken = listed(lists::taken(db, from, to).await?, "export", &mut cut);
    let reveals = listed(lists::reveals(db, from, to).await?, "reveal", &mut cut);
    let approvers = lists::approvers(db, &rows).await?;
    let behalf = listed(lists::behalf(db, &rows, &approvers).await?, "behalf", &mut cut);
    let rights = listed(lists::rights(db, &rows, &approvers).await?, "right", &mut cut);
    let findings = listed(findings::of(db, from, to).await?, "finding", &mut cut);
    Ok(Report {
        head: Head {
            access_years: Whole(plan.access_years),
            cut,
            every: plan.every,
            from,
            method: plan.method.clone(),
            period: *period,
            processor: plan.processor.clone(),
            system: plan.system.clone(),
            to,
            v: VERSION.to_owned(),
            work_from: Whole(plan.work_from),
            work_until: Whole(plan.work_until),
            zone: zone.name().to_owned(),
        },
        retention: retention::of(db, from, to).await?,
        people: people::of(db, asked).await?,
        taken,
        reveals,
        behalf,
        rights,
        dormant: lists::dormant(db, to, &rows).await?,
        findings,
        integrity: integrity::of(db, from, to, &rows).await?,
    })
}

/// The first ones, and whether there are more.
fn listed<T>(mut lines: Vec<T>, kind: &str, cut: &mut Vec<String>) -> Vec<T> {
    if lines.len() > LISTED {
        lines.truncate(LISTED);
        cut.push(kind.to_owned());
    }
    lines
}

/// The hash of the bytes of a report, in hexadecimal digits.
pub(crate) fn hash(bytes: &[u8]) -> String {
    hex::encode(secret::sha256(bytes))
}

impl Report {
    pub(crate) fn bytes(&self) -> serde_json::Result<Vec<u8>> {
        let Self { head, retention, people, taken, reveals, behalf, rights, dormant, findings, integrity } =
            self.clone();
        let lines = [Line::Report(head), Line::Retention(retention)]
            .into_iter()
            .chain(people.into_iter().map(Line::Person))
            .chain(taken.into_iter().map(Line::Export))
            .chain(reveals.into_iter().map(Line::Reveal))
            .chain(behalf.into_iter().map(Line::Behalf))
            .chain(rights.into_iter().map(Line::Right))
            .chain(dormant.into_iter().map(Line::Dormant))
            .chain(findings.into_iter().map(Line::Finding))
            .chain([Line::Integrity(integrity)]);
        let mut out = Vec::new();
        for line in lines {
            line.write(&mut out)?;
        }
        Ok(out)
    }

    /// Reads what [`bytes`](Self::bytes) made.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let (mut head, mut retention, mut integrity) = (None, None, None);
        let (mut people, mut taken, mut reveals, mut behalf) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut rights, mut dormant, mut findings) = (Vec::new(), Vec::new(), Vec::new());
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match serde_json::from_slice(line)? {
                Line::Report(line) => head = Some(line),
                Line::Retention(line) => retention = Some(line),
                Line::Person(line) => people.push(line),
                Line::Export(line) => taken.push(line),
                Line::Reveal(line) => reveals.push(line),
                Line::Behalf(line) => behalf.push(line),
                Line::Right(line) => rights.push(line),
                Line::Dormant(line) => dormant.push(line),
                Line::Finding(line) => findings.push(line),
                Line::Integrity(line) => integrity = Some(line),
            }
        }
        let head: Head = head.ok_or(Unreadable::Missing("report"))?;
        if head.v != VERSION {
            return Err(Unreadable::Version(head.v));
        }
        Ok(Self {
            findings,
            head,
            retention: retention.ok_or(Unreadable::Missing("retention"))?,
            people,
            taken,
            reveals,
            behalf,
            rights,
            dormant,
            integrity: integrity.ok_or(Unreadable::Missing("integrity"))?,
        })
    }

    pub(crate) fn is_cut(&self, kind: &str) -> bool {
        self.head.cut.iter().any(|cut| cut == kind)
    }

    /// Whether the period has ended: before, more may come.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        self.head.to <= now
    }
}

#[cfg(test)]
pub(crate) mod tests;
