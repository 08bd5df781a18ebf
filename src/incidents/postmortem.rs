//! The postmortem: proposed from the timeline, written on the page, and sealed with its hash. A newer one may follow.

use super::{
    INCIDENT_OPEN, INCIDENTS_POSTMORTEM_SEALED, WORKS, at_field,
    markdown::{self, Rendered},
    record,
    show::IncidentView,
    step::Step,
    target, text,
    timeline::{self, Event},
};
use crate::{
    clock::Instant,
    gate::{Admits, Change, Fault, Target, Tx},
    id::{IncidentId, PostmortemId},
    sql,
    web::{
        Desk, PageError,
        form::Form,
        format,
        panel::{Button, Opened, Opening, Panel, Unread, View},
        shell::{Frame, Shell, field::FieldErrors, seal::SealForm},
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// The most entries of the timeline that a proposal holds.
const PROPOSED: i64 = 60;

/// Seals a postmortem.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SealPostmortem {
    pub incident: IncidentId,
    pub text: String,
}

impl Change for SealPostmortem {
    const KIND: &'static str = "incidents.seal-postmortem";
    const ADMITS: Admits = Admits::sealed(WORKS);
    const CREATED_IDS: &'static [&'static str] = &["postmortem_number"];
    type Output = PostmortemId;

    fn target(&self) -> Target {
        target(self.incident)
    }

    /// The postmortem that holds: of two people who write at once, the second one is told.
    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        record::lock(tx, self.incident).await?;
        let newest = record::postmortem(tx, self.incident).await?;
        Ok(Some(newest.map(|newest| newest.id).unwrap_or_default().get()))
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        text::postmortem(&self.text)?;
        let incident = record::lock(tx, self.incident).await?;
        if incident.step < Step::Recovered { Err(Fault::conflict(INCIDENT_OPEN)) } else { Ok(()) }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<PostmortemId, Fault> {
        self.check(tx).await?;
        let (now, by, change, hash) = (tx.now(), tx.by().to_owned(), tx.change_id().to_owned(), hash(&self.text));
        let before = record::postmortem(tx, self.incident).await?;
        let (id,): (PostmortemId,) = tx
            .query(sql!(
                "insert into postmortems (incident, text, hash, sealed_at, staff_name, change_id)
                 values ($1, $2, $3, $4, $5, $6) returning id"
            ))
            .bind(self.incident)
            .bind(self.text.as_str())
            .bind(hash.as_str())
            .bind(now)
            .bind(by)
            .bind(change)
            .one()
            .await?;
        timeline::append(tx, self.incident, "postmortem-sealed", &format!("SHA-256 {hash}")).await?;
        tx.note("postmortem_number", None::<i64>, id);
        tx.note("postmortem_sha256", before.map(|before| before.hash), hash.as_str());
        tx.emit(INCIDENTS_POSTMORTEM_SEALED, serde_json::json!({ "incident": self.incident, "sha256": hash }));
        Ok(id)
    }
}

/// SHA-256 of the text in UTF-8, in hexadecimal digits.
pub(super) fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// What a postmortem begins with: the headings, what is known, and the timeline.
pub(super) fn proposal(on: &IncidentView, events: &[Event], frame: &Frame) -> String {
    let incident = &on.incident;
    let mut out = format!("# {} {}\n\n", incident.token(), escaped(&incident.title));
    let mut section = |key: &str, said: &str| {
        let said = if said.is_empty() { frame.t("postmortem.to-write") } else { said };
        // Writing into memory cannot fail.
        let _ = write!(out, "## {}\n\n{}\n\n", frame.t(key), escaped(said));
    };
    section("postmortem.summary", "");
    section("incident.impact", &incident.impact);
    section("postmortem.cause", incident.cause.as_deref().unwrap_or_default());
    section("postmortem.remedy", incident.remedy.as_deref().unwrap_or_default());
    let _ = write!(out, "## {}\n\n", frame.t("incident.timeline"));
    for event in events {
        out.push_str(&line(event, frame));
    }
    let _ = write!(out, "\n## {}\n\n{}\n\n", frame.t("postmortem.lessons"), frame.t("postmortem.to-write"));
    if !on.actions.is_empty() {
        let _ = write!(out, "## {}\n\n", frame.t("incident.actions"));
        for action in &on.actions {
            let _ = writeln!(out, "- {} ({}, {})", escaped(&action.text), escaped(&action.owner_name), action.due);
        }
    }
    let end = out.char_indices().nth(text::POSTMORTEM).map_or(out.len(), |(at, _)| at);
    out.truncate(end);
    text::typed(&out)
}

/// `- 2026-11-20 03:04:12 KST · Alert opened · Jun Park: a reason`
fn line(event: &Event, frame: &Frame) -> String {
    let time = |at: Instant| format!("{} {}", format::second(at, frame.zone), format::zone_name(at, frame.zone));
    let mut line = format!("- {} · {}", time(event.at), event.name(frame));
    if let Some(name) = &event.staff_name {
        let _ = write!(line, " · {}", escaped(name));
    }
    if !event.text.is_empty() {
        let _ = write!(line, ": {}", escaped(&event.text.replace('\n', " ")));
    }
    line.push('\n');
    line
}

/// As text in Markdown: what has a meaning there is written so that it has none.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The form, as it was typed, or the proposal.
pub(crate) struct PostmortemPanel {
    pub(crate) text: String,
}

impl Panel for PostmortemPanel {
    type On = IncidentView;
    type Part = ();
    type Asks = SealPostmortem;
    const NAME: &'static str = "postmortem";
    const ROUTE: &'static str = "/incidents/{id}/postmortem";
    const FIELDS: &'static [&'static str] = &["text"];
    const CLOSED: &'static str = "incident";
    const HAS_PREVIEW: bool = true;

    fn button(desk: &Desk, on: &IncidentView) -> Option<Button> {
        let key = if on.postmortem.is_some() { "postmortem.again" } else { "postmortem.write" };
        let button = || Button { name: Self::NAME, icon: "audit", label: desk.words().get(key).to_owned() };
        (on.incident.step >= Step::Recovered).then(button)
    }

    fn version(on: &IncidentView, (): &()) -> Option<i64> {
        Some(on.postmortem.as_ref().map(|newest| newest.id).unwrap_or_default().get())
    }

    async fn open(desk: &Desk, on: &IncidentView, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        if opening.form().is_none() && on.incident.step < Step::Recovered {
            return Ok(Opened::Closed(desk.words().get("refused-state.incident-open").to_owned()));
        }
        let text = match (opening.form(), &on.postmortem) {
            (Some(form), _) => form.get("text").to_owned(),
            (None, Some(newest)) => newest.text.clone(),
            (None, None) => {
                let events = timeline::first(&mut desk.reader(), on.incident.id, PROPOSED).await?;
                proposal(on, &events, &desk.frame())
            }
        };
        Ok(Opened::Form(Self { text }))
    }

    async fn read(_: &Desk, on: &IncidentView, (): &(), form: &Form) -> Result<SealPostmortem, Unread> {
        let mut errors = FieldErrors::new();
        match at_field(text::postmortem(&text::typed(form.get("text"))), &mut errors) {
            Some(text) => Ok(SealPostmortem { incident: on.incident.id, text }),
            None => Err(errors.into()),
        }
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        PostmortemForm { shell, panel: self, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "incidents/postmortem.html")]
struct PostmortemForm<'a> {
    shell: &'a Shell,
    panel: &'a PostmortemPanel,
    seal: &'a SealForm,
}

impl PostmortemForm<'_> {
    /// As it will be shown, once it is sealed; nothing where it cannot be.
    fn shown(&self) -> Option<Rendered> {
        text::postmortem(&text::typed(&self.panel.text)).ok().map(|text| markdown::render(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incidents::markdown::render;

    #[test]
    fn what_is_quoted_has_no_meaning_in_markdown() {
        let html = render(&escaped("*a* [b](javascript:x) <script> `c` # d")).to_string();
        assert_eq!(html, "<p>*a* [b](javascript:x) &lt;script&gt; `c` # d</p>\n");
    }

    #[test]
    fn a_hash_is_that_of_the_text() {
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
