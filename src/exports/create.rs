//! Asking for a file of rows of the log, or of access records.

use super::{
    EXPORT_EMPTY, EXPORT_RANGE, EXPORT_RECEIPTS, EXPORT_UNSIGNED, EXPORTS, EXPORTS_CREATED, Holds, MANY_PERSONS,
    MANY_RECEIPTS, PURPOSES,
    count::select,
    format::Format,
    list::Exports,
    selection::{Count, Selection},
    typed::Typed,
};
use crate::{
    access::{seal, tie},
    audit::{list::sealed_through, pages::SealedThrough},
    evidence::{access::provable, keep},
    gate::{Admits, Change, Fault, Target, Tx, audit::Entry as Row},
    id::{ExportId, Seq},
    sql,
    web::{
        Desk, PageError, PageResult,
        form::Form,
        panel::{Button, Made, Opened, Opening, Panel, Query, Unread, View},
        shell::{
            Shell,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
};
use askama::Template;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// For how long the file can be taken.
const EXPIRES: TimeDelta = TimeDelta::hours(24);

/// Lets the person take a file of rows of the log, or of access records.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CreateExport {
    pub format: Format,
    /// One of [`PURPOSES`].
    pub purpose: String,
    pub selection: Selection,
    /// As it was counted for the form. Rows never change, so it stays true while the change waits.
    pub rows: i64,
    pub persons: i64,
}

impl Change for CreateExport {
    const KIND: &'static str = "exports.create";
    const ADMITS: Admits = Admits { host: true, ..Admits::sealed(EXPORTS) };
    const QUANTITIES: &'static [&'static str] = &["persons", "rows"];
    const CREATED_IDS: &'static [&'static str] = &["export_number"];
    type Output = ExportId;

    /// It has no number yet.
    fn target(&self) -> Target {
        Target::new("export", "new")
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let Selection { holds, first, end, .. } = self.selection;
        let size = match holds {
            Holds::Log => sql!("select size from audit_head where id = 1"),
            Holds::Access => sql!("select size from access_head where id = 1"),
        };
        let (size,): (Seq,) = tx.query(size).one().await?;
        if first < Seq::new(0) || end > size || first > end || self.selection.wanted().is_none() {
            return Err(Fault::invalid("filter", EXPORT_RANGE));
        }
        if self.rows < 1 {
            return Err(Fault::invalid("filter", EXPORT_EMPTY));
        }
        if !holds.formats().contains(&self.format) {
            return Err(Fault::invalid("format", EXPORT_RANGE));
        }
        if self.format != Format::Bundle {
            return Ok(());
        }
        if !holds.is_log() {
            let tied = provable(tx).await?.map_or(0, |tied| tied.size);
            return if end.get() <= tied { Ok(()) } else { Err(Fault::invalid("format", EXPORT_UNSIGNED)) };
        }
        if self.selection.is_filtered() && self.rows > MANY_RECEIPTS {
            return Err(Fault::invalid("filter", EXPORT_RECEIPTS));
        }
        match keep::last(tx).await? {
            Some(_) => Ok(()),
            None => Err(Fault::invalid("format", EXPORT_UNSIGNED)),
        }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<ExportId, Fault> {
        self.check(tx).await?;
        let (now, change, staff) = (tx.now(), tx.change_id().to_owned(), tx.staff());
        let (id,): (ExportId,) = tx
            .query(sql!(
                "insert into exports (change_id, staff_id, at, expires_at, format, purpose, filter, first_seq, end_seq, row_count, person_count, holds)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning id"
            ))
            .bind(change)
            .bind(staff)
            .bind(now)
            .bind(now.plus(EXPIRES))
            .bind(self.format.as_str())
            .bind(self.purpose.as_str())
            .bind(self.selection.filter.as_str())
            .bind(self.selection.first)
            .bind(self.selection.end)
            .bind(self.rows)
            .bind(self.persons)
            .bind(self.selection.holds.as_str())
            .one()
            .await?;
        tx.note("export_number", None::<i64>, id);
        if !self.selection.holds.is_log() {
            tx.note("export_holds", None::<&str>, self.selection.holds.as_str());
        }
        tx.note("export_format", None::<&str>, self.format.as_str());
        tx.note("export_purpose", None::<&str>, self.purpose.as_str());
        if !self.selection.filter.is_empty() {
            tx.note("export_filter", None::<&str>, self.selection.filter.as_str());
        }
        tx.note("export_first", None::<i64>, self.selection.first);
        tx.note("export_last", None::<i64>, Seq::new(self.selection.end.get() - 1));
        tx.note("rows", None::<i64>, self.rows);
        tx.note("persons", None::<i64>, self.persons);
        tx.emit(
            EXPORTS_CREATED,
            serde_json::json!({ "export": id, "format": self.format, "purpose": self.purpose, "rows": self.rows, "persons": self.persons }),
        );
        Ok(id)
    }

    async fn is_marked(&self, _: &mut Tx<'_>) -> Result<bool, Fault> {
        Ok(self.persons > MANY_PERSONS)
    }

    fn may_be_urgent(&self) -> bool {
        false
    }
}

/// What the row of the log of an export names.
pub(super) fn number_in(row: &Row) -> Option<ExportId> {
    if row.action != CreateExport::KIND {
        return None;
    }
    row.after.get("export_number")?.as_str()?.parse().ok()
}

/// The form, as it was typed.
pub(crate) struct CreatePanel {
    pub format: String,
    pub purpose: String,
    /// The row after the last one that there was when the form was opened.
    pub(crate) end: String,
    pub(crate) filter: Typed,
    /// The number of access records that are not sealed yet, and so in no file.
    pub(crate) waiting: i64,
}

impl CreatePanel {
    fn is_format(&self, format: Format) -> bool {
        self.format == format.as_str()
    }

    /// What counts the rows, once the form is there.
    fn size_href(&self) -> String {
        self.filter.size_href(&self.end)
    }
}

/// What a form asks for a file of.
fn holds(form: &Form) -> Holds {
    Holds::parse(form.get("holds")).unwrap_or_default()
}

/// The filters that a form holds; `None` where its text is none of them.
fn filter(form: &Form) -> Option<Typed> {
    Typed::read(holds(form), form.get("filter"))
}

impl Panel for CreatePanel {
    type On = Exports;
    type Part = ();
    type Asks = CreateExport;
    const NAME: &'static str = "export";
    const ROUTE: &'static str = "/audit/exports";
    const FIELDS: &'static [&'static str] = &["format", "purpose", "end", "filter", "holds"];

    fn button(desk: &Desk, _: &Exports) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "plus", label: desk.words().get("exports.new").to_owned() })
    }

    async fn open(desk: &Desk, _: &Exports, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let filter = match opening.form() {
            Some(form) => filter(form).unwrap_or_else(|| Typed::none(holds(form))),
            None => Typed::of(&Query::of(desk)),
        };
        let (size, waiting) = match filter.holds() {
            Holds::Log => (sealed_through(desk.reader()).await?.as_ref().map_or(0, SealedThrough::rows), 0),
            Holds::Access => (tie::head(desk.reader()).await?.size, seal::waiting(desk.reader()).await?),
        };
        Ok(Opened::Form(Self {
            format: opening.typed("format", Format::Jsonl.as_str()),
            purpose: opening.typed("purpose", ""),
            end: Some(opening.typed("end", ""))
                .filter(|end| end.parse::<Seq>().is_ok())
                .unwrap_or_else(|| size.to_string()),
            filter,
            waiting,
        }))
    }

    async fn read(desk: &Desk, _: &Exports, (): &(), form: &Form) -> Result<CreateExport, Unread> {
        let mut errors = FieldErrors::new();
        let format = Format::parse(form.get("format"));
        if !format.is_some_and(|format| holds(form).formats().contains(&format)) {
            errors.add("format", wrong::not_a_choice());
        }
        let purpose = form.get("purpose");
        if !PURPOSES.contains(&purpose) {
            errors.add("purpose", wrong::not_a_choice());
        }
        let selection = match select(desk, filter(form), form.get("end"), format).await? {
            Ok(selection) => Some(selection),
            Err(message) => {
                errors.add("filter", message);
                None
            }
        };
        match (format, selection) {
            (Some(format), Some((selection, Count { rows, persons }))) if errors.is_empty() => {
                Ok(CreateExport { format, purpose: purpose.to_owned(), selection, rows, persons })
            }
            _ => Err(errors.into()),
        }
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        CreateForm { shell, panel: self, seal }.render()
    }

    async fn answer(desk: &Desk, _: &Exports, made: Made<CreateExport>) -> PageResult {
        match made.outputs.first() {
            Some(id) => Ok(desk.see_other(&format!("/audit/exports/{id}?sealed={}", made.seq))),
            None => Ok(desk.see_other(Self::ROUTE)),
        }
    }
}

#[derive(Template)]
#[template(path = "exports/create.html")]
struct CreateForm<'a> {
    shell: &'a Shell,
    panel: &'a CreatePanel,
    seal: &'a SealForm,
}
