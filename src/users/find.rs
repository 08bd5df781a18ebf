//! Finding customers.
//!
//! Every list is read forward along one index and starts again after the last customer shown, so that the hundredth
//! page costs what the first does. Where a term means two things, the answers to the second follow those to the first.

mod cursor;
mod statements;

pub use cursor::{BadCursor, Cursor};
pub use statements::CustomerRow;

use super::{
    names::{Wanted, without_title},
    term::Term,
};
use crate::{clock::Instant, id::CustomerId, store::Reader, web::list};
use cursor::Stage;
use statements::{Along, AlongName, LastFour, Masked, Names};

/// A suffix that sorts after every text with the same beginning.
const LAST: char = '\u{10ffff}';

/// The number of rows that are read at once where some of those before were none to show.
const AT_ONCE: i64 = 50;

/// The last second of the year 9999, the last that both engines order rightly.
const END_OF_TIME: i64 = 253_402_300_799;

/// A page of customers.
pub type Page = list::Page<CustomerRow, Cursor>;

/// The customer with this id.
pub async fn by_id(reader: &Reader, id: CustomerId) -> sqlx::Result<Option<CustomerRow>> {
    statements::by_id(reader, id, None).await
}

/// All customers, the one who joined last first.
pub async fn newest(reader: &Reader, status: Option<&str>, after: Option<Cursor>, limit: usize) -> sqlx::Result<Page> {
    let mut answers = Answers::new(limit);
    let from = match after {
        Some(cursor) => statements::by_id(reader, cursor.id, None).await?.map(|last| (last.joined_at, last.id)),
        None => None,
    };
    let Some(from) = from.or_else(|| Some((Instant::from_unix(END_OF_TIME)?, CustomerId::MAX))) else {
        return Ok(answers.page());
    };
    answers.add(Stage::First, statements::newest(reader, from, status, answers.wanted()).await?);
    Ok(answers.page())
}

/// The customers `term` may mean.
pub async fn find(
    reader: &Reader,
    term: &Term,
    status: Option<&str>,
    after: Option<Cursor>,
    limit: usize,
) -> sqlx::Result<Page> {
    let search = Search { reader, status, after, last: None }.with_last().await?;
    let mut answers = Answers::new(limit);
    match term {
        Term::Id(id) => {
            if after.is_none() {
                answers.add(Stage::First, statements::by_id(reader, *id, status).await?);
            }
        }
        Term::Email(address) => {
            if after.is_none() {
                answers.add(Stage::First, statements::by_email(reader, address, status).await?);
            }
            // No customer has it, so it may be unfinished: `minsu@naver.co`.
            if answers.is_empty() {
                search.emails(address, Stage::Second, &mut answers).await?;
            }
        }
        Term::EmailPrefix(prefix) => {
            if search.reaches(Stage::First) {
                search.emails(prefix, Stage::First, &mut answers).await?;
            }
            // No address begins so: `J.R. Smith`.
            if answers.is_empty() {
                search.names(prefix, (Stage::Second, Stage::Third), None, &mut answers).await?;
            }
        }
        Term::MaskedEmail(mask) => {
            let along = search.along(&mask.begins, Stage::First, &answers, |last| Some(last.email.clone()));
            answers.add(Stage::First, Masked { along, mask }.run(reader).await?);
        }
        Term::Domain(prefix) => search.domains(prefix, &mut answers).await?,
        Term::Phone(prefix) => search.phones(prefix, Stage::First, &mut answers).await?,
        Term::EightDigits { id, phone } => {
            if after.is_none() {
                answers.add(Stage::First, statements::by_id(reader, *id, status).await?);
            }
            search.phones(phone, Stage::Second, &mut answers).await?;
        }
        Term::LastFour { digits, id } => {
            if let Some(id) = id
                && after.is_none()
            {
                answers.add(Stage::First, statements::by_id(reader, *id, status).await?);
            }
            search.last_four(digits, *id, &mut answers).await?;
        }
        Term::Name(name) => {
            search.names(name, (Stage::First, Stage::Second), None, &mut answers).await?;
            // It is no name, so it may be one and what they are spoken to with: `김서연님`.
            if answers.is_empty()
                && let Some(name) = without_title(name)
            {
                search.names(name, (Stage::Third, Stage::Fourth), None, &mut answers).await?;
            }
        }
        Term::Word(word) => {
            if search.reaches(Stage::First) {
                search.emails(word, Stage::First, &mut answers).await?;
            }
            search.names(word, (Stage::Second, Stage::Third), Some(word), &mut answers).await?;
        }
    }
    Ok(answers.page())
}

/// What all statements of one search share.
struct Search<'a> {
    reader: &'a Reader,
    status: Option<&'a str>,
    after: Option<Cursor>,
    /// The customer the cursor names, with the key the list goes by. A cursor holds no more than an id, because it is
    /// in an address.
    last: Option<CustomerRow>,
}

impl<'a> Search<'a> {
    async fn with_last(mut self) -> sqlx::Result<Self> {
        if let Some(cursor) = self.after {
            self.last = statements::by_id(self.reader, cursor.id, None).await?;
        }
        Ok(self)
    }

    async fn emails(&self, prefix: &str, stage: Stage, answers: &mut Answers) -> sqlx::Result<()> {
        let along = self.along(prefix, stage, answers, |last| Some(last.email.clone()));
        answers.add(stage, along.emails(self.reader).await?);
        Ok(())
    }

    async fn domains(&self, prefix: &str, answers: &mut Answers) -> sqlx::Result<()> {
        let along = self.along(prefix, Stage::First, answers, |last| {
            last.email.split_once('@').map(|(_, domain)| domain.to_owned())
        });
        answers.add(Stage::First, along.domains(self.reader).await?);
        Ok(())
    }

    async fn phones(&self, prefix: &str, stage: Stage, answers: &mut Answers) -> sqlx::Result<()> {
        let along = self.along(prefix, stage, answers, |last| last.phone.clone());
        answers.add(stage, along.phones(self.reader).await?);
        Ok(())
    }

    async fn last_four(&self, digits: &str, except: Option<CustomerId>, answers: &mut Answers) -> sqlx::Result<()> {
        // The customer shown for the id is not an answer to the digits, and is not where the list of those goes on.
        let after =
            self.after.filter(|cursor| cursor.stage == Stage::Second).map_or(CustomerId::MIN, |cursor| cursor.id);
        let search = LastFour { digits, after, except: except.unwrap_or(CustomerId::MIN), status: self.status };
        answers.add(Stage::Second, search.run(self.reader, answers.wanted()).await?);
        Ok(())
    }

    /// Those with a part of their name that begins so, and then those who have it in another way.
    async fn names(
        &self,
        typed: &str,
        (parts, forms): (Stage, Stage),
        without_emails: Option<&str>,
        answers: &mut Answers,
    ) -> sqlx::Result<()> {
        let wanted = Wanted::of(typed);
        if !wanted.part.is_empty() && self.reaches(parts) && answers.have_room() {
            let place = |name: &str| wanted.place_of_part(name);
            self.along_names(Names::Parts, &wanted.part, parts, place, without_emails, answers).await?;
        }
        if !wanted.form.is_empty() && self.reaches(forms) && answers.have_room() {
            let place = |name: &str| wanted.place_of_form(name);
            self.along_names(Names::Forms, &wanted.form, forms, place, without_emails, answers).await?;
        }
        Ok(())
    }

    /// A name with the part in it twice (an, Joanna Hahn) has two rows in the range, and the index may have a row of the name
    /// before. A customer is shown at the first place that the name they have now gives.
    async fn along_names(
        &self,
        names: Names,
        prefix: &str,
        stage: Stage,
        place: impl Fn(&str) -> Option<String>,
        without_emails: Option<&str>,
        answers: &mut Answers,
    ) -> sqlx::Result<()> {
        let along = self.along(prefix, stage, answers, |last| place(&last.name));
        let mut search = AlongName { along, names, without_emails };
        loop {
            let rows = search.run(self.reader).await?;
            let is_end = i64::try_from(rows.len()).is_ok_and(|rows| rows < search.along.wanted);
            let last = rows.last().map(|row| (row.place.clone(), row.customer.id));
            let shown = rows.into_iter().filter(|row| place(&row.customer.name).as_ref() == Some(&row.place));
            answers.add(stage, shown.map(|row| row.customer));
            match last {
                Some((from, after)) if !is_end && answers.have_room() => {
                    search.along = Along { from, after, wanted: AT_ONCE, ..search.along };
                }
                _ => return Ok(()),
            }
        }
    }

    /// Whether the place from which this page goes on is in this list or before it.
    fn reaches(&self, stage: Stage) -> bool {
        self.after.is_none_or(|cursor| cursor.stage <= stage)
    }

    /// From the beginning of everything that begins with `prefix`, or from the last customer shown.
    fn along(
        &self,
        prefix: &str,
        stage: Stage,
        answers: &Answers,
        key: impl Fn(&CustomerRow) -> Option<String>,
    ) -> Along<'a> {
        let last = self.last.as_ref().filter(|_| self.after.is_some_and(|cursor| cursor.stage == stage));
        // A key that has changed meanwhile is no place in this list any more: it begins again.
        let place = last.and_then(|last| Some((key(last)?, last.id))).filter(|(key, _)| key.starts_with(prefix));
        let (from, after) = place.unwrap_or_else(|| (prefix.to_owned(), CustomerId::MIN));
        Along { from, after, to: format!("{prefix}{LAST}"), status: self.status, wanted: answers.wanted() }
    }
}

/// The rows of a page as they come together, and one more to know whether there is a next page.
struct Answers {
    rows: Vec<(Stage, CustomerRow)>,
    limit: usize,
}

impl Answers {
    fn new(limit: usize) -> Self {
        Self { rows: Vec::with_capacity(limit + 1), limit }
    }

    fn add(&mut self, stage: Stage, found: impl IntoIterator<Item = CustomerRow>) {
        self.rows.extend(found.into_iter().map(|found| (stage, found)));
    }

    fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn have_room(&self) -> bool {
        self.rows.len() <= self.limit
    }

    fn wanted(&self) -> i64 {
        i64::try_from((self.limit + 1).saturating_sub(self.rows.len())).unwrap_or(i64::MAX)
    }

    fn page(self) -> Page {
        list::Page::of(self.rows, self.limit, |(stage, found)| Cursor { stage: *stage, id: found.id })
            .map(|(_, found)| found)
    }
}
