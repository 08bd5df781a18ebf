//! What a request would alter: as it was asked for, and beside it as things are now.

use super::{Request, rule, viewer::ViewerPart};
use crate::{
    gate::Refusal,
    web::{Desk, changed::Changed, shell::Frame},
};

/// What a request would alter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rehearsal {
    pub(crate) effects: Vec<Effect>,
    /// Why it could not be made now, if so.
    pub(crate) obstacle: Option<String>,
}

/// One field: as it was and would become when it was asked for, and as things are now.
#[derive(Clone, Debug)]
pub(crate) struct Effect {
    pub(crate) then: Changed,
    /// None where it was not tried, or cannot be made.
    pub(crate) now: Option<Changed>,
}

impl Rehearsal {
    /// Tries a request that waits, for those who decide about it and the person who made it; nothing is kept of it.
    pub(super) async fn of(desk: &Desk, request: &Request, part: ViewerPart) -> Self {
        let then = Changed::between(&request.before, &request.after);
        if !request.is_waiting() || !matches!(part, ViewerPart::YourTurn | ViewerPart::Yours) {
            return Self::untried(then, None);
        }
        let Some(change) = request.change(desk.catalog()) else {
            return Self::untried(then, Some(desk.words().get("approval.unreadable").to_owned()));
        };
        match desk.rehearse(&request.requester(&desk.visit().request_id), change.as_ref()).await {
            Ok(rehearsed) => Self::tried(then, &Changed::between(&rehearsed.before, &rehearsed.after)),
            Err(Refusal::Rejected(why)) => Self::untried(then, Some(rule::obstacle(&why, &desk.frame()))),
            // It is tried again when a person decides.
            Err(error) => {
                tracing::warn!(%error, "a request could not be tried");
                Self::untried(then, None)
            }
        }
    }

    fn untried(then: Vec<Changed>, obstacle: Option<String>) -> Self {
        Self { effects: then.into_iter().map(|then| Effect { then, now: None }).collect(), obstacle }
    }

    fn tried(then: Vec<Changed>, now: &[Changed]) -> Self {
        // What it would alter now and would not have altered then is the last thing to be left out.
        let gained = now.iter().filter(|now| then.iter().all(|then| then.field != now.field));
        let gained: Vec<Effect> = gained.map(|now| Effect::gained(now.clone())).collect();
        let mut effects = Vec::new();
        for then in then {
            let now = now.iter().find(|now| now.field == then.field).cloned();
            effects.push(Effect { then, now });
        }
        effects.extend(gained);
        Self { effects, obstacle: None }
    }

    /// What the change comes to in one figure: `+50,000 P`, `₩1,284,000`.
    pub(super) fn size(&self, frame: &Frame) -> Option<String> {
        let shown = |effect: &Effect| {
            let one = effect.now.as_ref().unwrap_or(&effect.then);
            match one.field.as_str() {
                "points" => Some(one.by()).filter(|by| !by.is_empty()),
                "amount" if !one.is_no_money() => Some(one.after_text(frame)),
                _ => None,
            }
        };
        // Of a refund the money tells more than the points that go with it.
        let money = self.effects.iter().find(|effect| effect.then.field == "amount").and_then(shown);
        money.or_else(|| self.effects.iter().find_map(shown))
    }

    /// Whether the change was tried as things are now.
    fn is_tried(&self) -> bool {
        self.effects.iter().any(|effect| effect.now.is_some())
    }

    /// Whether a field comes to something else now than when it was asked for.
    pub(super) fn has_moved(&self, effect: &Effect) -> bool {
        self.is_tried() && effect.now.as_ref() != Some(&effect.then)
    }

    /// How what it would do now compares with what was asked for.
    pub(super) fn comparison(&self, frame: &Frame) -> Option<&'static str> {
        let has_moved = self.effects.iter().any(|effect| self.has_moved(effect));
        self.is_tried().then(|| frame.t(if has_moved { "approval.moved" } else { "approval.unmoved" }))
    }
}

impl Effect {
    /// A field that it would alter now, and would not have altered when it was asked for.
    fn gained(now: Changed) -> Self {
        let then = Changed { field: now.field.clone(), before: None, after: None };
        Self { then, now: Some(now) }
    }

    /// What a short summary shows: what has a before, as things are now.
    pub(super) fn telling(&self) -> Option<&Changed> {
        let shown = self.now.as_ref().unwrap_or(&self.then);
        (shown.before.is_some() || shown.field == "amount").then_some(shown)
    }
}
