//! Reports that were signed, against the log.

use super::{Unfit, first_unfit, noted::at_fits};
use crate::{clock::Instant, id::ReviewId, secret::sha256, sql, store::Reader};

/// The kind of change that signs a report.
const SIGNED: &str = "reviews.sign";

/// A report is long, so few are in memory.
const FEW: i64 = 8;

/// What verifying compares of a report.
#[derive(sqlx::FromRow)]
struct Signed {
    id: ReviewId,
    /// Whether the columns beside these are what its row says.
    fits: bool,
    from_at: Instant,
    to_at: Instant,
    noted_from: Option<String>,
    noted_to: Option<String>,
    report: Vec<u8>,
    sha256: String,
}

impl Signed {
    fn fits(&self) -> bool {
        let is = |noted: &Option<String>, at: Instant| noted.as_deref() == Some(at.to_string().as_str());
        self.fits && is(&self.noted_from, self.from_at) && is(&self.noted_to, self.to_at)
    }
}

/// Each report is what its row in the log says, and its bytes have the hash that the row has; each such row has its report.
pub(super) async fn reviews_fit(reader: &Reader) -> Result<(), Unfit> {
    let mut after = ReviewId::MIN;
    loop {
        let slice: Vec<Signed> = reader
            .query(sql!(
                "select r.id, coalesce(a.outcome = 'applied' and a.action = $3 and a.target_kind = 'review' and a.target_id = r.period
                        and a.after ->> 'review_number' = cast(r.id as text) and a.staff_id = r.staff_id and a.staff_name = r.staff_name
                        and a.after ->> 'review_sha256' = r.sha256
                        and coalesce(a.after ->> 'review_checkpoint', '') = coalesce(cast(r.checkpoint_size as text), '')
                        and a.after ->> 'review_result' = r.result and coalesce(a.after ->> 'review_findings', '') = r.findings
                        and coalesce(a.after ->> 'review_measures', '') = r.measures and a.after ->> 'review_responsible' = r.responsible
                        and coalesce(a.after ->> 'review_earlier', '') = coalesce(cast(r.earlier as text), '') and ",
                at_fits!("r.signed_at"),
                ", false) as fits, r.from_at, r.to_at, a.after ->> 'review_from' as noted_from, a.after ->> 'review_to' as noted_to,
                   r.report, r.sha256 from reviews r left join audit a on a.change_id = r.change_id
                   where r.id > $1 order by r.id limit $2"
            ))
            .bind(after)
            .bind(FEW)
            .bind(SIGNED)
            .all()
            .await?;
        for signed in &slice {
            let id = signed.id;
            if !signed.fits() {
                return Err(Unfit::Reviews(format!("report {id} differs from the row that signed it")));
            }
            if hex::encode(sha256(&signed.report)) != signed.sha256 {
                return Err(Unfit::Reviews(format!("report {id} does not have the hash that was signed")));
            }
        }
        super::pause::between_slices().await;
        let Some(last) = slice.last() else { break };
        after = last.id;
    }
    let untold = first_unfit(
        reader,
        sql!(
            "select a.seq, exists (select 1 from reviews r where r.change_id = a.change_id) as fits
               from audit a where a.seq > $1 and a.action = $3 and a.outcome = 'applied' order by a.seq limit $2"
        ),
        Some(SIGNED),
    )
    .await?;
    match untold {
        Some(seq) => Err(Unfit::Reviews(format!("row {seq} of the log has no report"))),
        None => Ok(()),
    }
}
