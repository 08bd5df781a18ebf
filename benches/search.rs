//! A search for a customer, beside its statement run bare on the same database.
//!
//! Both take turns, term by term, so that other load on the machine affects both.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a benchmark is run by hand, and goes past the store on purpose"
)]

#[path = "kit/bare.rs"]
mod bare;
mod kit;

use bare::Dice;
use ingam::{
    id::CustomerId,
    users::{
        find::{self, CustomerRow},
        term::Term,
    },
};
use kit::{Bench, Times};

const PAGE: usize = 50;
const WANTED: i64 = 51;
const ALL: Option<&str> = None;

/// One kind of search: how it is called, and the part of the statement by which it is known.
const KINDS: [(&str, &str); 8] = [
    ("id", "where u.id = $1 and (cast($2"),
    ("e-mail", "where u.email = $1 and (cast($2"),
    ("e-mail begins", "(u.email, u.id) >"),
    ("domain", "(u.email_domain, u.id) >"),
    ("phone", "(u.phone, u.id) >"),
    ("phone begins", "(u.phone, u.id) >"),
    ("last four digits", "u.phone_last4 = $1"),
    ("part of a name", "join user_name_parts"),
];

fn main() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(run());
}

async fn run() {
    let bench = Bench::open().await;
    let rounds: usize = std::env::var("INGAM_BENCH_ROUNDS").map_or(1000, |rounds| rounds.parse().expect("a number"));
    println!("\nsearch among {} customers, {}, {rounds} times each, in µs", bench.users, bench.engine());
    println!("| search           | rows | bare p50 | bare p99 | ingam p50 | ingam p99 | of bare's rate |");
    println!("|------------------|-----:|---------:|---------:|----------:|----------:|---------------:|");
    for (kind, part) in KINDS {
        let (mut bare, mut ours, mut rows) = (Times::default(), Times::default(), 0);
        let mut dice = Dice(2026);
        for round in 0..rounds + rounds / 10 {
            // The first tenth warms up: prepared statements, pages in memory.
            if round == rounds / 10 {
                (bare, ours, rows) = (Times::default(), Times::default(), 0);
            }
            let customer = customer(&bench, &mut dice).await;
            let Some(term) = term(kind, &customer) else { continue };
            // The first one pays for the pages that are not in memory yet, so they take turns.
            let search = || find::find(&bench.store.reader, &term, ALL, None, PAGE);
            let (found, page) = if round % 2 == 0 {
                let found = bare.take(run_bare(&bench, part, &term)).await;
                (found, ours.take(search()).await)
            } else {
                let page = ours.take(search()).await;
                (bare.take(run_bare(&bench, part, &term)).await, page)
            };
            let page = page.expect("a page");
            // A name that has the part twice is there twice, and shown once.
            assert!(found.len().min(PAGE) >= page.rows.len(), "{term:?}");
            rows += page.rows.len();
        }
        println!(
            "| {kind:16} | {:4} | {:8.0} | {:8.0} | {:9.0} | {:9.0} | {:14.2} |",
            (rows + rounds / 2) / rounds,
            bare.percentile(50),
            bare.percentile(99),
            ours.percentile(50),
            ours.percentile(99),
            ours.per_second() / bare.per_second(),
        );
    }
}

async fn customer(bench: &Bench, dice: &mut Dice) -> CustomerRow {
    let id = 1 + dice.below(bench.users);
    find::by_id(&bench.store.reader, CustomerId::new(id)).await.expect("the database").expect("a sample customer")
}

fn term(kind: &str, customer: &CustomerRow) -> Option<Term> {
    let typed = match kind {
        "id" => format!("u_{}", customer.id),
        "e-mail" => customer.email.clone(),
        "e-mail begins" => {
            format!("{}@", customer.email.split('@').next()?.trim_end_matches(|c: char| c.is_ascii_digit()))
        }
        "domain" => format!("@{}", customer.email.split_once('@')?.1),
        "phone" => format!("+{}", customer.phone.as_ref()?),
        "phone begins" => format!("+{}", customer.phone.as_ref()?.get(..8)?),
        "last four digits" => format!("-{}", customer.phone.as_ref()?.get(8..12)?),
        _ => customer.name.chars().skip(1).collect(),
    };
    match (kind, Term::parse(&typed).ok()?) {
        ("e-mail begins", Term::EmailPrefix(prefix)) => {
            Some(Term::EmailPrefix(prefix.trim_end_matches('@').to_owned()))
        }
        // A Latin word is searched as an address too, which is two statements.
        (_, Term::Word(word)) => Some(Term::Name(word)),
        (_, term) => Some(term),
    }
}

async fn run_bare(bench: &Bench, part: &str, term: &Term) -> Vec<CustomerRow> {
    let to = |prefix: &str| format!("{prefix}\u{10ffff}");
    match term {
        Term::Id(id) => bare!(CustomerRow, &bench.bare, part, fetch_all, *id, ALL),
        Term::Email(text) => bare!(CustomerRow, &bench.bare, part, fetch_all, text, ALL),
        Term::LastFour { digits, .. } => {
            bare!(CustomerRow, &bench.bare, part, fetch_all, digits, i64::MIN, i64::MIN, ALL, WANTED)
        }
        Term::Name(text) => {
            // The customers of the demo have names that are their own normal form, but for spaces.
            let text = text.replace(' ', "");
            bare!(CustomerRow, &bench.bare, part, fetch_all, text.clone(), i64::MIN, to(&text), ALL, WANTED, "", "")
        }
        Term::MaskedEmail(_) => unreachable!("no search of this benchmark is masked"),
        Term::EmailPrefix(text)
        | Term::Domain(text)
        | Term::Phone(text)
        | Term::EightDigits { phone: text, .. }
        | Term::Word(text) => {
            bare!(CustomerRow, &bench.bare, part, fetch_all, text, i64::MIN, to(text), ALL, WANTED)
        }
    }
    .expect("rows")
}
