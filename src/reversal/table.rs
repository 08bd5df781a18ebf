//! Which changes can be taken back, and by what.

use super::{REVERSAL_KIND, panel::ReversePanel, show::Row};
use crate::{
    clock::Instant,
    gate::{Amount, Change, DynChange, Fault, Reason, Rejection, Reversals, audit::Entry, reversal::REVERSAL_MOVED},
    networks::{add::AddNetwork, change::ChangeNetwork, remove::RemoveNetwork},
    orders::note::NoteOrder,
    staff::{restrict::RestrictStaff, roles::SetStaffRoles, status::SetStaffStatus},
    store::Queries,
    users::{adjust::AdjustPoints, note::NoteUser, status::SetUserStatus},
    web::{
        Desk, PageResult,
        panel::{Entry as PanelEntry, post},
        shell::Frame,
    },
};
use actix_web::{HttpRequest, web};
use serde_json::{Map, Value};
use std::future::Future;

/// A change that can be taken back.
pub(crate) trait Reversible: Change {
    /// What takes it back.
    type Opposite: Change;
    /// As in `Target::kind`.
    const TARGET: &'static str;
    /// The fields that it notes and that a person may have changed since.
    const FIELDS: &'static [&'static str];
    /// Whether it can be taken back only while these are what it left.
    const HOLDS: bool = true;

    /// What its target is now.
    fn now(db: &mut impl Queries, row: &Entry) -> impl Future<Output = sqlx::Result<Now>> + Send;

    /// The opposite, as things are now.
    fn opposite(row: &Entry, now: &Now, given: &Given<'_>) -> Result<Self::Opposite, Fault>;

    /// The fields that it alters, as they will be; of what is there now, those that are not named stay.
    fn altered(row: &Entry, _now: &Now) -> Value {
        row.before.clone()
    }

    /// The page with the ordinary form for such a change.
    fn form(row: &Entry) -> String;

    /// What the button says, where that is more than that it takes back.
    fn button(_row: &Entry, _frame: &Frame) -> Option<String> {
        None
    }

    /// How much it is, where a rule may ask a second person for much.
    fn amount(_row: &Entry) -> Option<(&'static str, Amount)> {
        None
    }
}

/// What the target of a row is now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Now {
    /// Whether it is there; its fields are empty where it is not.
    pub(crate) is_there: bool,
    /// Its number, where its target in the log is called otherwise.
    pub(crate) id: i64,
    pub(crate) version: Option<i64>,
    /// As the log notes them.
    pub(crate) fields: Map<String, Value>,
}

/// What a person gives for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given<'a> {
    pub(crate) reason: &'a Reason,
    pub(crate) at: Instant,
}

impl Now {
    pub(super) fn field(&self, name: &str) -> &str {
        text(self.fields.get(name))
    }
}

/// A field of a row, empty where it is not there: a field that is noted as empty is one that is nothing.
pub(super) fn noted<'v>(fields: &'v Value, name: &str) -> &'v str {
    text(fields.get(name))
}

fn text(value: Option<&Value>) -> &str {
    match value {
        Some(Value::String(text)) => text,
        Some(Value::Bool(true)) => "true",
        Some(Value::Bool(false)) => "false",
        _ => "",
    }
}

/// The opposite of the change in a row, or why there is none.
pub(super) fn opposite_of<R: Reversible>(row: &Entry, now: &Now, given: &Given<'_>) -> Result<R::Opposite, Fault> {
    let mut noted_fields = R::FIELDS.iter().filter(|field| row.after.get(**field).is_some());
    if R::HOLDS && noted_fields.any(|field| now.field(field) != noted(&row.after, field)) {
        return Err(Fault::conflict(REVERSAL_MOVED));
    }
    R::opposite(row, now, given)
}

/// What the page shows of a row that can be taken back.
pub(super) struct Looked {
    pub(super) now: Now,
    /// Why it cannot be taken back now.
    pub(super) obstacle: Option<Rejection>,
    /// The names of the fields that are shown.
    pub(super) fields: &'static [&'static str],
    pub(super) form: String,
    /// What it alters.
    pub(super) altered: Value,
}

/// Why a rule refuses, if it does; the database failing is another matter.
pub(super) fn rejection<T>(outcome: Result<T, Fault>) -> sqlx::Result<Option<Rejection>> {
    match outcome {
        Ok(_) => Ok(None),
        Err(Fault::Rejected(why)) => Ok(Some(why)),
        Err(Fault::Store(error)) => Err(error),
    }
}

macro_rules! reversible {
    ($($change:ident),* $(,)?) => {
        const KINDS: &[&str] = &[$(<$change as Change>::KIND),*];

        /// What the gate knows of it.
        pub(crate) const REVERSALS: Reversals = Reversals {
            kinds: KINDS,
            opposite: |tx, row, reason| Box::pin(async move {
                let given = Given { reason, at: tx.now() };
                match row.action.as_str() {
                    $(<$change as Change>::KIND => {
                        let now = $change::now(tx, row).await?;
                        let opposite: Box<dyn DynChange> = Box::new(opposite_of::<$change>(row, &now, &given)?);
                        Ok(opposite)
                    })*
                    _ => Err(Fault::conflict(REVERSAL_KIND)),
                }
            }),
        };

        /// What a person looks at; `None` for a kind that cannot be taken back.
        pub(super) async fn look(db: &mut impl Queries, row: &Entry, given: Given<'_>) -> sqlx::Result<Option<Looked>> {
            Ok(match row.action.as_str() {
                $(<$change as Change>::KIND => {
                    let now = $change::now(db, row).await?;
                    Some(Looked {
                        obstacle: rejection(opposite_of::<$change>(row, &now, &given))?,
                        fields: $change::FIELDS,
                        form: $change::form(row),
                        altered: $change::altered(row, &now),
                        now,
                    })
                })*
                _ => None,
            })
        }

        /// The panels beside the page, of which each row has one.
        pub(super) const PANELS: &[PanelEntry<Row>] = &[$(PanelEntry::of::<ReversePanel<$change>>()),*];

        /// Answers the form for a row of this kind; `None` for a kind that cannot be taken back.
        pub(super) async fn answer(kind: &str, desk: Desk, request: HttpRequest, body: web::Bytes) -> Option<PageResult> {
            match kind {
                $(<$change as Change>::KIND => Some(post::<ReversePanel<$change>>(desk, request, body).await),)*
                _ => None,
            }
        }
    };
}

reversible! {
    AdjustPoints,
    SetUserStatus,
    NoteUser,
    NoteOrder,
    SetStaffRoles,
    SetStaffStatus,
    RestrictStaff,
    AddNetwork,
    ChangeNetwork,
    RemoveNetwork,
}

#[cfg(test)]
mod tests {
    use super::{super::never::why_not, *};
    use crate::{
        changes,
        web::words::{Lang, Words},
    };

    #[test]
    fn every_kind_of_change_can_be_taken_back_or_says_why_not() {
        for kind in changes::KINDS {
            let sentence = why_not(kind.name);
            let words = Words::of(Lang::En);
            assert_eq!(KINDS.contains(&kind.name), sentence.is_none(), "{}", kind.name);
            if let Some(why) = sentence {
                assert_ne!(words.name("reversal-no", why), why, "{}", kind.name);
            }
        }
        assert!(KINDS.iter().all(|name| changes::KINDS.iter().any(|kind| kind.name == *name)));
    }

    #[test]
    fn what_takes_back_is_made_by_those_who_made_it() {
        fn opposite<R: Reversible>() -> (&'static str, &'static str) {
            (R::KIND, R::Opposite::KIND)
        }
        let admits = |name: &str| changes::KINDS.iter().find(|kind| kind.name == name).map(|kind| kind.admits.by);
        for (kind, opposite) in [opposite::<AddNetwork>(), opposite::<RemoveNetwork>(), opposite::<ChangeNetwork>()] {
            assert_eq!(admits(kind), admits(opposite), "{kind}");
        }
    }
}
