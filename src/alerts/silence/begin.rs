//! Beginning a silence.

use super::{
    LASTS, SILENCE_ALREADY, SILENCE_OF, USUAL,
    list::Silences,
    record::{self, Scope},
    target,
};
use crate::{
    alerts::kind::AlertKind,
    batches,
    clock::Instant,
    gate::{Admits, Change, Fault, Target, Tx},
    notify::{again::MENDS, health},
    sql,
    web::{
        Desk, PageError,
        form::Form,
        local_time,
        panel::{Button, Opened, Opening, Panel, Query, Unread, View},
        shell::{
            Shell,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

/// Has nothing told of a kind of alert, of a job, or over a channel, until a time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BeginSilence {
    pub scope: Scope,
    pub name: String,
    /// In UTC.
    pub until: String,
}

impl Change for BeginSilence {
    const KIND: &'static str = "silences.begin";
    const ADMITS: Admits = Admits::sealed(MENDS);
    type Output = ();

    fn target(&self) -> Target {
        target(self.scope, &self.name)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let now = tx.now();
        let until = LASTS.end(Instant::parse(&self.until).ok(), now)?;
        if !self.is_there(tx).await? {
            return Err(Fault::invalid("what", SILENCE_OF));
        }
        let silences = record::lock(tx).await?;
        let mut same = silences.iter().filter(|silence| silence.scope == self.scope && silence.name == self.name);
        if same.any(|silence| silence.is_active(now) && silence.until_at >= until) {
            return Err(Fault::conflict(SILENCE_ALREADY));
        }
        Ok(())
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.check(tx).await?;
        let (now, by, reason) = (tx.now(), tx.by().to_owned(), tx.reason().to_owned());
        let until = LASTS.end(Instant::parse(&self.until).ok(), now)?;
        tx.query(sql!(
            "insert into silences (scope, name, begun_at, until_at, reason, staff_name) values ($1, $2, $3, $4, $5, $6)"
        ))
        .bind(self.scope.as_str())
        .bind(self.name.as_str())
        .bind(now)
        .bind(until)
        .bind(reason)
        .bind(by)
        .run()
        .await?;
        tx.note("silence_scope", None::<&str>, self.scope.as_str());
        tx.note("silence_name", None::<&str>, self.name.as_str());
        tx.note("silent_until_at", None::<&str>, until.to_string());
        Ok(())
    }
}

impl BeginSilence {
    async fn is_there(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        Ok(match self.scope {
            Scope::Kind => AlertKind::parse(&self.name).is_some(),
            Scope::Job => batches::record::job(tx, &self.name).await?.is_some(),
            Scope::Channel => health::all(tx).await?.iter().any(|channel| channel.name == self.name),
        })
    }
}

/// The form.
pub(crate) struct BeginPanel {
    /// As chosen: `job:daily-settlement`.
    pub(crate) what: String,
    /// As typed, in the zone of the person.
    pub(crate) until: String,
}

impl Panel for BeginPanel {
    type On = Silences;
    type Part = ();
    type Asks = BeginSilence;
    const NAME: &'static str = "begin";
    const ROUTE: &'static str = "/silences";
    const FIELDS: &'static [&'static str] = &["what", "until"];
    const CLOSED: &'static str = "silence";

    fn button(desk: &Desk, _: &Silences) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "plus", label: desk.words().get("silences.begin").to_owned() })
    }

    async fn open(desk: &Desk, _: &Silences, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let usual = local_time::typed(desk.now().plus(USUAL), desk.zone());
        let query = Query::of(desk);
        Ok(Opened::Form(Self { what: opening.typed("what", query.get("what")), until: opening.typed("until", &usual) }))
    }

    async fn read(desk: &Desk, _: &Silences, (): &(), form: &Form) -> Result<BeginSilence, Unread> {
        let mut errors = FieldErrors::new();
        let what = form.trimmed("what").split_once(':');
        let what = what.and_then(|(scope, name)| Some((Scope::parse(scope)?, name.to_owned())));
        if what.is_none() {
            errors.add("what", if form.trimmed("what").is_empty() { wrong::required() } else { wrong::not_a_choice() });
        }
        let until = LASTS.end(local_time::read(form.trimmed("until"), desk.zone()), desk.now());
        if let Err(Fault::Rejected(rejection)) = &until {
            errors.add("until", wrong::refused(rejection.word));
        }
        match (what, until) {
            (Some((scope, name)), Ok(until)) => Ok(BeginSilence { scope, name, until: until.to_string() }),
            _ => Err(errors.into()),
        }
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        BeginForm { shell, on, panel: self, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "alerts/silence_begin.html")]
struct BeginForm<'a> {
    shell: &'a Shell,
    on: &'a Silences,
    panel: &'a BeginPanel,
    seal: &'a SealForm,
}
