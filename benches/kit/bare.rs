//! Statements of the product without the product, and numbers to run them with.
use ingam::store::STATEMENTS;

/// Runs a statement bare: `bare!(bench, "where u.id = $1", fetch_all, id, status)`. The text is the product's own, named by
/// a part of it.
#[macro_export]
macro_rules! bare {
    ($row:ty, $bare:expr, $part:expr, $fetch:ident $(, $bind:expr)* $(,)?) => {{
        let (sqlite, postgres) = $crate::bare::statement($part);
        match $bare {
            $crate::kit::Bare::Sqlite(on) => sqlx::query_as::<_, $row>(sqlite)$(.bind($bind))*.$fetch(on).await,
            $crate::kit::Bare::Postgres(on) => sqlx::query_as::<_, $row>(postgres)$(.bind($bind))*.$fetch(on).await,
        }
    }};
}

/// The one statement of the product that contains `part`.
pub(crate) fn statement(part: &str) -> (&'static str, &'static str) {
    let mut found = STATEMENTS.iter().filter(|statement| statement.sqlite.contains(part));
    let statement = found.next().unwrap_or_else(|| panic!("no statement contains {part:?}"));
    assert!(found.all(|other| other.sqlite == statement.sqlite), "different statements contain {part:?}");
    (statement.sqlite, statement.postgres)
}

/// Numbers that look thrown and are the same in every run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, end: i64) -> i64 {
        // Knuth, MMIX.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap_or_default() % end.max(1)
    }
}
