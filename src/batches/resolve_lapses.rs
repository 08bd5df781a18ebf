//! Resolving what did not happen to a job: a person has looked at it and says so, with a reason.

use super::{
    detail::JobDetail,
    event,
    lapse::{self, Lapse},
    record,
    start::ACTS,
    target,
};
use crate::{
    clock::Instant,
    gate::{Admits, Change, Fault, Target, Tx},
    sql,
    web::{
        Desk, PageError,
        form::Form,
        panel::{Button, Opened, Opening, Panel, Unread, View},
        shell::{
            Shell,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

crate::gate::refusal_words! {
    /// Nothing about the job is left to resolve.
    LAPSES_RESOLVED = "lapses-resolved";
}

/// Resolves what did not happen to a job, as far as the person has seen it: what came later stays open.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ResolveLapses {
    pub job: String,
    /// The newest time that the form has shown.
    pub shown: String,
}

impl Change for ResolveLapses {
    const KIND: &'static str = "batches.resolve";
    const ADMITS: Admits = Admits::sealed(ACTS);
    type Output = ();

    fn target(&self) -> Target {
        target(&self.job)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        record::lock_job(tx, &self.job).await.map(|job| Some(job.changed))
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let job = record::lock_job(tx, &self.job).await?;
        record::permitted(tx, &job).await?;
        if self.open(tx).await?.is_empty() { Err(Fault::conflict(LAPSES_RESOLVED)) } else { Ok(()) }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let (now, by) = (tx.now(), tx.by().to_owned());
        for lapse in self.open(tx).await? {
            tx.query(sql!("update batch_lapses set resolved_at = $3, resolved_by = $4 where job = $1 and kind = $2"))
                .bind(self.job.as_str())
                .bind(lapse.kind.as_str())
                .bind(now)
                .bind(by.as_str())
                .run()
                .await?;
            tx.note(lapse.kind.field(), lapse.n, None::<i64>);
        }
        tx.query(sql!("update batch_jobs set changed = changed + 1 where name = $1"))
            .bind(self.job.as_str())
            .run()
            .await?;
        event::append(tx, &self.job, None, "accepted", None).await
    }
}

impl ResolveLapses {
    /// What is open and was there when the form was shown.
    async fn open(&self, tx: &mut Tx<'_>) -> Result<Vec<Lapse>, Fault> {
        let Ok(shown) = Instant::parse(&self.shown) else { return Err(Fault::conflict(LAPSES_RESOLVED)) };
        let open = lapse::open_of(tx, &self.job).await?;
        Ok(open.into_iter().filter(|lapse| lapse.newest_at <= shown).collect())
    }
}

/// The form.
pub(crate) struct LapsesPanel;

impl Panel for LapsesPanel {
    type On = JobDetail;
    type Part = ();
    type Asks = ResolveLapses;
    const NAME: &'static str = "resolve";
    const ROUTE: &'static str = "/batches/{job}/lapses";
    const FIELDS: &'static [&'static str] = &["shown"];

    fn may(desk: &Desk, on: &JobDetail) -> bool {
        on.may(desk, Self::ROUTE)
    }

    fn button(desk: &Desk, on: &JobDetail) -> Option<Button> {
        let label = || desk.words().get("resolve-lapses.title").to_owned();
        (!on.lapses.is_empty()).then(|| Button { name: Self::NAME, icon: "check", label: label() })
    }

    async fn open(desk: &Desk, on: &JobDetail, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        if on.lapses.is_empty() && opening.form().is_none() {
            return Ok(Opened::Closed(desk.words().get("refused-state.lapses-resolved").to_owned()));
        }
        Ok(Opened::Form(Self))
    }

    async fn read(_: &Desk, on: &JobDetail, (): &(), form: &Form) -> Result<ResolveLapses, Unread> {
        let shown = form.trimmed("shown").to_owned();
        match Instant::parse(&shown) {
            Ok(_) => Ok(ResolveLapses { job: on.job.name.clone(), shown }),
            Err(_) => Err(FieldErrors::one("shown", wrong::old_page()).into()),
        }
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        LapsesForm { shell, on, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "batches/resolve_lapses.html")]
struct LapsesForm<'a> {
    shell: &'a Shell,
    on: &'a JobDetail,
    seal: &'a SealForm,
}

impl LapsesForm<'_> {
    /// The newest time that is shown.
    fn shown(&self) -> String {
        let newest = self.on.lapses.iter().map(|lapse| lapse.newest_at).max();
        newest.map(|at| at.to_string()).unwrap_or_default()
    }
}
