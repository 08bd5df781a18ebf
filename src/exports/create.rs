//! Asking for a file of rows of the log.

use super::{
    EXPORT_EMPTY, EXPORT_RANGE, EXPORT_RECEIPTS, EXPORT_UNSIGNED, EXPORTS, EXPORTS_CREATED, MANY_PERSONS,
    MANY_RECEIPTS, PURPOSES,
    format::Format,
    list::Exports,
    selection::{Count, Selection, query_of},
};
use crate::{
    audit::{
        filter::{Filter, actions},
        find::bounds,
        list::{Called, called, sealed_through},
        pages::SealedThrough,
    },
    evidence::keep,
    gate::{Admits, Change, Fault, Target, Tx, audit::Entry as Row},
    id::{ExportId, Seq},
    sql,
    store::Reader,
    web::{
        Desk, PageError, PageResult,
        form::Form,
        link::link,
        list::ListQuery as _,
        panel::{Button, Made, Opened, Opening, Panel, Query, Unread, View},
        shell::{
            Shell,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
        words::Message,
    },
};
use askama::Template;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// For how long the file can be taken.
const EXPIRES: TimeDelta = TimeDelta::hours(24);

/// Lets the person take a file of rows of the log.
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
        let (size,): (Seq,) = tx.query(sql!("select size from audit_head where id = 1")).one().await?;
        let Selection { first, end, .. } = self.selection;
        if first < Seq::new(0) || end > size || first > end || self.selection.query().is_none() {
            return Err(Fault::invalid("filter", EXPORT_RANGE));
        }
        if self.rows < 1 {
            return Err(Fault::invalid("filter", EXPORT_EMPTY));
        }
        if self.format != Format::Bundle {
            return Ok(());
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
                "insert into exports (change_id, staff_id, at, expires_at, format, purpose, filter, first_seq, end_seq, row_count, person_count)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning id"
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
            .one()
            .await?;
        tx.note("export_number", None::<i64>, id);
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
    /// The row after the last one that the person could see when the form was opened.
    pub(crate) end: String,
    pub(crate) filter: Filter,
}

impl CreatePanel {
    fn is_format(&self, format: Format) -> bool {
        self.format == format.as_str()
    }

    /// The filters as the form carries them.
    fn query(&self) -> String {
        query_of(&self.filter.fields())
    }

    /// What counts the rows, once the form is there.
    fn size_href(&self) -> String {
        link("/audit/exports/size", &[("end", &self.end), ("filter", &self.query())])
    }

    fn log_href(&self) -> String {
        self.filter.href("")
    }
}

/// The filters that a form holds; `None` where its text is not one that [`query_of`] makes.
fn filter(form: &Form) -> Option<Filter> {
    serde_urlencoded::from_str(form.get("filter")).ok()
}

impl Panel for CreatePanel {
    type On = Exports;
    type Part = ();
    type Asks = CreateExport;
    const NAME: &'static str = "export";
    const ROUTE: &'static str = "/audit/exports";
    const FIELDS: &'static [&'static str] = &["format", "purpose", "end", "filter"];

    fn button(desk: &Desk, _: &Exports) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "plus", label: desk.words().get("exports.new").to_owned() })
    }

    async fn open(desk: &Desk, _: &Exports, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let size = sealed_through(desk.reader()).await?.as_ref().map_or(0, SealedThrough::rows);
        let filter = match opening.form() {
            Some(form) => filter(form).unwrap_or_default(),
            None => Filter::beside_panels(&Query::of(desk)),
        };
        Ok(Opened::Form(Self {
            format: opening.typed("format", Format::Jsonl.as_str()),
            purpose: opening.typed("purpose", ""),
            end: Some(opening.typed("end", ""))
                .filter(|end| end.parse::<Seq>().is_ok())
                .unwrap_or_else(|| size.to_string()),
            filter,
        }))
    }

    async fn read(desk: &Desk, _: &Exports, (): &(), form: &Form) -> Result<CreateExport, Unread> {
        let mut errors = FieldErrors::new();
        let format = Format::parse(form.get("format"));
        if format.is_none() {
            errors.add("format", wrong::not_a_choice());
        }
        let purpose = form.get("purpose");
        if !PURPOSES.contains(&purpose) {
            errors.add("purpose", wrong::not_a_choice());
        }
        let selection = match select(desk, form, format).await? {
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

/// The rows that a form asks for and how many they are, or what is wrong with its filters.
async fn select(
    desk: &Desk,
    form: &Form,
    format: Option<Format>,
) -> Result<Result<(Selection, Count), Message>, PageError> {
    match (filter(form), form.get("end").parse::<Seq>()) {
        (None, _) => Ok(Err(wrong::not_a_choice())),
        (_, Err(_)) => Ok(Err(wrong::refused(EXPORT_RANGE))),
        (Some(filter), Ok(end)) => count(desk, filter, end, format).await,
    }
}

/// The same of filters, up to a row.
pub(super) async fn count(
    desk: &Desk,
    mut filter: Filter,
    mut end: Seq,
    format: Option<Format>,
) -> Result<Result<(Selection, Count), Message>, PageError> {
    let Ok(mut query) = filter.read(desk.zone()) else { return Ok(Err(wrong::not_a_choice())) };
    if query.action.as_deref().is_some_and(|action| !actions(desk.catalog().kinds).any(|kind| kind == action)) {
        return Ok(Err(wrong::not_a_choice()));
    }
    match called(desk.reader(), query.target.as_ref()).await? {
        Called::Same => {}
        Called::Wrong(message) => return Ok(Err(message)),
        Called::Elsewhere(target) => {
            filter.target = target;
            match filter.read(desk.zone()) {
                Ok(named) => query = named,
                Err(_) => return Ok(Err(wrong::not_a_choice())),
            }
        }
    }
    if let Some(format) = format.filter(|_| filter.is_empty()) {
        end = end_of(desk.reader(), format, end).await?;
    }
    let (first, end) = bounds(desk.reader(), &query, Some(end)).await?;
    let selection = Selection::of(first..end.max(first), &filter);
    (query.from, query.to, query.rows) = (None, None, None);
    let (reader, counted) = (desk.console().beside.clone(), selection.clone());
    let count = desk.console().aside(async move { counted.count(&reader, &query).await }).await;
    let count = count.map_err(PageError::internal)??;
    if count.rows == 0 { Ok(Err(wrong::refused(EXPORT_EMPTY))) } else { Ok(Ok((selection, count))) }
}

/// Where an export of the whole log ends: a bundle with what is signed of it.
pub(super) async fn end_of(reader: &Reader, format: Format, end: Seq) -> sqlx::Result<Seq> {
    if format != Format::Bundle {
        return Ok(end);
    }
    Ok(keep::last(&mut &*reader).await?.map_or(end, |kept| end.min(Seq::new(kept.size))))
}

#[derive(Template)]
#[template(path = "exports/create.html")]
struct CreateForm<'a> {
    shell: &'a Shell,
    panel: &'a CreatePanel,
    seal: &'a SealForm,
}
