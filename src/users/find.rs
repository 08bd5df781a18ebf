//! Finding customers.
//!
//! Every list is read forward along one index and starts again after the last customer shown, so that the hundredth
//! page costs what the first does. Where a term means two things, the answers to the second follow those to the first.

mod cursor;
mod statements;

pub use cursor::{BadCursor, Cursor};
pub use statements::CustomerRow;

use super::term::Term;
use crate::{clock::Instant, id::CustomerId, store::Reader, web::list};
use cursor::Stage;
use statements::{Along, AlongName, LastFour};

/// A suffix that sorts after every text with the same beginning.
const LAST: char = '\u{10ffff}';

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
        Term::EmailPrefix(prefix) => search.emails(prefix, Stage::First, &mut answers).await?,
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
        Term::Name(part) => search.names(part, Stage::First, None, &mut answers).await?,
        Term::Word(word) => {
            if after.is_none_or(|cursor| cursor.stage == Stage::First) {
                search.emails(word, Stage::First, &mut answers).await?;
            }
            if answers.have_room() {
                search.names(word, Stage::Second, Some(word), &mut answers).await?;
            }
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

    async fn names(
        &self,
        part: &str,
        stage: Stage,
        without_emails: Option<&str>,
        answers: &mut Answers,
    ) -> sqlx::Result<()> {
        let along = self.along(part, stage, answers, |last| {
            let name = last.name.to_ascii_lowercase();
            name.find(part).and_then(|at| name.get(at..)).map(str::to_owned)
        });
        let names = AlongName { along, part, without_emails };
        answers.add(stage, names.run(self.reader).await?);
        Ok(())
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
