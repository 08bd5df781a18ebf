//! Signing the report about a period: the one that was read, and no other.

use super::{
    RESULTS, REVIEW_CHANGED, REVIEW_LONG, REVIEW_OPEN, REVIEW_TEXT, REVIEWS, REVIEWS_SIGNED,
    period::Period,
    record,
    report::{Asked, collect, hash},
    show::PeriodView,
    target,
};
use crate::{
    clock::Instant,
    gate::{Admits, Change, Fault, Target, Tx},
    id::ReviewId,
    plan::ReviewPlan,
    sql,
    text::{composed, is_lines, shown, visible},
    web::{
        Desk, PageError,
        form::Form,
        panel::{Button, Opened, Opening, Panel, Unread, View},
        shell::{
            Shell,
            field::{FieldErrors, wrong},
            seal::{FormRefusal, SealForm},
        },
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

/// The longest text of findings and measures, and the longest name, in characters.
pub(super) const LONGEST: usize = 2_000;
pub(super) const NAME: usize = 100;

/// Signs a report.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SignReview {
    pub period: Period,
    /// The zone and the plan by which the report was made.
    pub zone: String,
    pub plan: ReviewPlan,
    /// SHA-256 of the report that was read.
    pub sha256: String,
    /// One of [`RESULTS`].
    pub result: String,
    pub findings: String,
    pub measures: String,
    /// Who is responsible and has confirmed it.
    pub responsible: String,
}

impl SignReview {
    fn asked(&self) -> Result<Asked, Fault> {
        let zone = self.zone.parse().map_err(|_| Fault::conflict(REVIEW_CHANGED))?;
        Ok(Asked { period: self.period, zone, plan: self.plan.clone() })
    }

    /// The report as it is now, if it is the one that was read: its bytes, and the rows of its checkpoint.
    async fn read(&self, tx: &mut Tx<'_>) -> Result<(Vec<u8>, Option<i64>), Fault> {
        let asked = self.asked()?;
        let report = collect(tx, &asked).await?;
        if !report.is_over(tx.now()) {
            return Err(Fault::conflict(REVIEW_OPEN));
        }
        let bytes = report.bytes().map_err(|error| sqlx::Error::Encode(error.into()))?;
        if hash(&bytes) != self.sha256 {
            return Err(Fault::conflict(REVIEW_CHANGED));
        }
        Ok((bytes, report.integrity.checkpoint.map(|checkpoint| checkpoint.rows.0)))
    }

    fn check_texts(&self) -> Result<(), Fault> {
        if !RESULTS.contains(&self.result.as_str()) {
            return Err(Fault::invalid("result", REVIEW_TEXT));
        }
        let is_found = self.result == "found";
        checked("findings", &self.findings, LONGEST, is_found)?;
        checked("measures", &self.measures, LONGEST, is_found)?;
        checked("responsible", &self.responsible, NAME, true)
    }
}

/// Whether a text can be taken.
fn checked(field: &'static str, text: &str, longest: usize, is_wanted: bool) -> Result<(), Fault> {
    match text.chars().count() {
        0 if !is_wanted => Ok(()),
        count if count > longest => Err(Fault::invalid(field, REVIEW_LONG).with("max", longest)),
        _ if visible(text) == 0 || !is_lines(text) => Err(Fault::invalid(field, REVIEW_TEXT)),
        _ if field == "responsible" && text.contains('\n') => Err(Fault::invalid(field, REVIEW_TEXT)),
        _ => Ok(()),
    }
}

impl Change for SignReview {
    const KIND: &'static str = "reviews.sign";
    const ADMITS: Admits = Admits::sealed(REVIEWS);
    const CREATED_IDS: &'static [&'static str] = &["review_number"];
    type Output = ReviewId;

    fn target(&self) -> Target {
        target(self.period)
    }

    /// The report that was signed last: of two people who sign at once, the second one is told.
    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        // Nothing of a report is a row that could be locked before the first one is signed.
        tx.query(sql!(sqlite: "select 1", postgres: "select pg_advisory_xact_lock(7203)")).run().await?;
        let newest = record::newest(tx, self.period).await?;
        Ok(Some(newest.unwrap_or_default().get()))
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.check_texts()?;
        self.read(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<ReviewId, Fault> {
        self.check_texts()?;
        let (bytes, checkpoint) = self.read(tx).await?;
        let earlier = record::newest(tx, self.period).await?;
        let bounds = self.period.bounds(self.asked()?.zone).ok_or_else(|| Fault::conflict(REVIEW_OPEN))?;
        let id = self.insert(tx, bytes, bounds, checkpoint, earlier).await?;
        tx.note("review_number", None::<i64>, id);
        tx.note("review_from", None::<&str>, bounds.0.to_string());
        tx.note("review_to", None::<&str>, bounds.1.to_string());
        tx.note("review_sha256", None::<&str>, self.sha256.as_str());
        tx.note("review_checkpoint", None::<i64>, checkpoint);
        tx.note("review_result", None::<&str>, self.result.as_str());
        tx.note("review_findings", None::<&str>, some(&self.findings));
        tx.note("review_measures", None::<&str>, some(&self.measures));
        tx.note("review_responsible", None::<&str>, self.responsible.as_str());
        tx.note("review_earlier", None::<i64>, earlier.map(ReviewId::get));
        tx.emit(
            REVIEWS_SIGNED,
            serde_json::json!({ "period": self.period, "review": id, "result": self.result, "sha256": self.sha256 }),
        );
        Ok(id)
    }

    fn may_be_urgent(&self) -> bool {
        false
    }
}

impl SignReview {
    async fn insert(
        &self,
        tx: &mut Tx<'_>,
        bytes: Vec<u8>,
        (from, to): (Instant, Instant),
        checkpoint: Option<i64>,
        earlier: Option<ReviewId>,
    ) -> Result<ReviewId, Fault> {
        let (now, by, change) = (tx.now(), tx.by().to_owned(), tx.change_id().to_owned());
        let staff = tx.staff();
        let (id,): (ReviewId,) = tx
            .query(sql!(
                "insert into reviews (change_id, period, from_at, to_at, staff_id, staff_name, signed_at, report, sha256, checkpoint_size,
                                      result, findings, measures, responsible, earlier)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) returning id"
            ))
            .bind(change)
            .bind(self.period.to_string())
            .bind(from)
            .bind(to)
            .bind(staff)
            .bind(by)
            .bind(now)
            .bind(bytes)
            .bind(self.sha256.as_str())
            .bind(checkpoint)
            .bind(self.result.as_str())
            .bind(self.findings.as_str())
            .bind(self.measures.as_str())
            .bind(self.responsible.as_str())
            .bind(earlier)
            .one()
            .await?;
        Ok(id)
    }
}

fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// The form, as it was typed.
pub(crate) struct SignPanel {
    pub(crate) result: String,
    pub(crate) findings: String,
    pub(crate) measures: String,
    pub(crate) responsible: String,
    /// Whether the report beside it is another one than when it was opened.
    pub(crate) is_changed: bool,
}

/// As it was typed, in the form in which it is stored.
fn typed(text: &str) -> String {
    composed(text.replace("\r\n", "\n").replace('\t', "    ").trim())
}

/// The same as a page can show it, each line by itself.
fn again(text: &str) -> String {
    typed(text).split('\n').map(shown).collect::<Vec<_>>().join("\n")
}

impl Panel for SignPanel {
    type On = PeriodView;
    type Part = ();
    type Asks = SignReview;
    const NAME: &'static str = "sign";
    const ROUTE: &'static str = "/audit/reviews/{period}";
    const FIELDS: &'static [&'static str] = &["result", "findings", "measures", "responsible", "sha256"];
    const CLOSED: &'static str = "review";

    fn button(desk: &Desk, on: &PeriodView) -> Option<Button> {
        let key = if on.signed.is_empty() { "reviews.sign" } else { "reviews.sign-again" };
        on.is_over.then(|| Button { name: Self::NAME, icon: "audit", label: desk.words().get(key).to_owned() })
    }

    fn version(on: &PeriodView, (): &()) -> Option<i64> {
        Some(on.signed.first().map(|newest| newest.id).unwrap_or_default().get())
    }

    async fn open(desk: &Desk, on: &PeriodView, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        if opening.form().is_none() && !on.is_over {
            return Ok(Opened::Closed(desk.words().get("refused-state.review-open").to_owned()));
        }
        let newest = on.signed.first();
        Ok(Opened::Form(Self {
            result: opening.typed("result", "clear"),
            findings: again(&opening.typed("findings", newest.map_or("", |newest| newest.findings.as_str()))),
            measures: again(&opening.typed("measures", newest.map_or("", |newest| newest.measures.as_str()))),
            responsible: again(&opening.typed("responsible", newest.map_or("", |newest| newest.responsible.as_str()))),
            is_changed: opening.form().is_some_and(|form| form.get("sha256") != on.sha256),
        }))
    }

    async fn read(desk: &Desk, on: &PeriodView, (): &(), form: &Form) -> Result<SignReview, Unread> {
        let console = desk.console();
        let sign = SignReview {
            period: on.period,
            zone: console.zone.name().to_owned(),
            plan: console.review_plan.clone(),
            sha256: form.get("sha256").to_owned(),
            result: form.get("result").to_owned(),
            findings: typed(form.get("findings")),
            measures: typed(form.get("measures")),
            responsible: typed(form.get("responsible")),
        };
        if !RESULTS.contains(&sign.result.as_str()) {
            return Err(FieldErrors::one("result", wrong::not_a_choice()).into());
        }
        Ok(sign)
    }

    /// The report that was read is another one now: what is shown can be signed, once it is read.
    fn seal(&self, on: &PeriodView, seal: SealForm) -> SealForm {
        let is_refused = matches!(seal.refusal, Some(FormRefusal::WrongState { .. }));
        if self.is_changed && on.is_over && is_refused { SealForm { refusal: None, ..seal } } else { seal }
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        SignForm { shell, panel: self, on, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "reviews/sign.html")]
struct SignForm<'a> {
    shell: &'a Shell,
    panel: &'a SignPanel,
    on: &'a PeriodView,
    seal: &'a SealForm,
}
