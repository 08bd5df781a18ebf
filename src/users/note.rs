//! Notes on a customer, and the form that adds one.

use super::find::CustomerRow;
use crate::{
    clock::Instant,
    gate::{Admits, Change, Fault, Role, Target, Tx},
    id::{CustomerId, NoteId, Seq},
    secret::{SALTED, salt, salted},
    sql,
    store::Reader,
    text::{composed, is_lines, visible},
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
    /// The note is empty, too long, or holds control characters.
    NOTE_TEXT = "note-text";
}

crate::gate::topics! {
    /// A note was added to a customer.
    USERS_NOTED = "users.noted";
}

/// The longest note, in characters.
pub(crate) const LONGEST: usize = 2_000;

/// Adds a note to a customer. It depends on nothing that was seen and alters nothing that others look at, so it has no version.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NoteUser {
    pub user: CustomerId,
    /// 1 to `LONGEST` characters; no control characters but new lines.
    pub text: String,
}

impl Change for NoteUser {
    const KIND: &'static str = "users.note";
    const ADMITS: Admits = Admits::sealed(&[Role::Operator]);
    const CREATED_IDS: &'static [&'static str] = &["note_number", SALTED];
    type Output = NoteId;

    fn target(&self) -> Target {
        super::target(self.user)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        if problem(&self.text).is_some() {
            return Err(Fault::invalid("text", NOTE_TEXT));
        }
        super::lock_version(tx, self.user).await.map(drop)
    }

    async fn contact(&self, tx: &mut Tx<'_>) -> Result<Option<String>, Fault> {
        super::contact_of(tx, self.user).await
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<NoteId, Fault> {
        let (now, change, by) = (tx.now(), tx.change_id().to_owned(), tx.by().to_owned());
        let salt = salt();
        let (note,): (NoteId,) = tx
            .query(sql!(
                "insert into user_notes (user_id, at, text, staff_name, change_id, salt) values ($1, $2, $3, $4, $5, $6) returning id"
            ))
            .bind(self.user)
            .bind(now)
            .bind(self.text.as_str())
            .bind(by)
            .bind(change)
            .bind(salt.as_str())
            .one()
            .await?;
        // The log names the note and does not hold its text, which may be personal data.
        tx.note("note_number", None::<i64>, note);
        tx.note(SALTED, None::<&str>, salted(&salt, &self.text));
        tx.emit(USERS_NOTED, serde_json::json!({ "user": self.user, "note": note }));
        Ok(note)
    }
}

/// What is wrong with the text of a note, if anything.
fn problem(text: &str) -> Option<crate::web::words::Message> {
    match text.chars().count() {
        0 => Some(wrong::required()),
        1..=LONGEST if is_lines(text) && visible(text) > 0 => None,
        1..=LONGEST => Some(wrong::control_characters()),
        _ => Some(wrong::too_long(LONGEST)),
    }
}

/// The form, as it was typed.
pub(crate) struct NotePanel {
    pub(crate) text: String,
}

impl Panel for NotePanel {
    type On = CustomerRow;
    type Part = ();
    type Asks = NoteUser;
    const NAME: &'static str = "note";
    const ROUTE: &'static str = "/users/{id}/notes";
    const FIELDS: &'static [&'static str] = &["text"];

    fn button(desk: &Desk, _: &CustomerRow) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "plus", label: desk.words().get("user-note.title").to_owned() })
    }

    fn version(_: &CustomerRow, (): &()) -> Option<i64> {
        None
    }

    async fn open(_: &Desk, _: &CustomerRow, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        Ok(Opened::Form(Self { text: opening.typed("text", "") }))
    }

    async fn read(_: &Desk, on: &CustomerRow, (): &(), form: &Form) -> Result<NoteUser, Unread> {
        // A browser posts each new line as two characters.
        let text = composed(form.get("text").replace("\r\n", "\n").trim());
        match problem(&text) {
            Some(message) => Err(FieldErrors::one("text", message).into()),
            None => Ok(NoteUser { user: on.id, text }),
        }
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        NoteForm { shell, text: &self.text, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "users/note.html")]
struct NoteForm<'a> {
    shell: &'a Shell,
    text: &'a str,
    seal: &'a SealForm,
}

/// A note as the page shows it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Note {
    pub id: NoteId,
    pub at: Instant,
    pub text: String,
    pub staff_name: String,
    /// The row of the log that sealed it.
    pub seq: Option<Seq>,
}

/// Reads at most `limit` notes on a customer that are older than `before`, the newest first.
pub(crate) async fn read(reader: &Reader, user: CustomerId, before: NoteId, limit: usize) -> sqlx::Result<Vec<Note>> {
    reader
        .query(sql!(
            "select n.id, n.at, n.text, n.staff_name, a.seq
               from user_notes n left join audit a on a.change_id = n.change_id
              where n.user_id = $1 and n.id < $2 order by n.id desc limit $3"
        ))
        .bind(user)
        .bind(before)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .all()
        .await
}
