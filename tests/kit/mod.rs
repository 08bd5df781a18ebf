//! What the scenario tests stand on: a world with a database, five people and a server, and browsers to walk through it.
//!
//! A test is a plain function and a sentence, and runs on both engines:
//!
//! ```ignore
//! on_both! {
//!     fn points_that_were_added_stand_in_the_ledger(world) {
//!         let mina = world.browser();
//!         mina.sign_in("mina");
//!         let done = mina.get("/users/1?panel=points").form_to("/point-adjustments")
//!             .set("amount", "1000").set("code", &world.code("mina")).submit();
//!         assert_eq!(done.status, 303);
//!     }
//! }
//! ```
#![allow(dead_code, unused_imports, unreachable_pub, reason = "every test file takes the whole kit and uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails here"
)]

mod browser;
mod clock;
mod customers;
mod database;
mod form;
mod forms;
mod jobs;
mod operators;
mod orders;
mod page;
mod people;
mod postgres;
mod process;
mod provider;
mod requests;
mod run;
mod server;
mod together;
mod world;

pub use browser::{Browser, Request};
pub use clock::TestClock;
pub use database::Database;
pub use form::Form;
pub use forms::{forms, invite};
pub use ingam::store::Engine;
pub use jobs::sample_runs;
pub use operators::{Operator, approvers, bytes, operators, operators_here, owners};
pub use page::Page;
pub use people::{PEOPLE, People, Person, totp};
pub use process::{Process, program};
pub use provider::{Mode, Provider};
pub use requests::sample_requests;
pub use server::Server;
pub use together::{at_once, submit_at_once, with_status};
pub use world::World;

/// Runs `body` in a fresh world on `engine`. Where PostgreSQL is not installed its cases pass with a line that says so,
/// unless `INGAM_TEST_POSTGRES=required`.
pub fn within(engine: Engine, body: fn(&World)) {
    if engine == Engine::Postgres && !postgres::is_installed() {
        assert!(
            std::env::var("INGAM_TEST_POSTGRES").as_deref() != Ok("required"),
            "PostgreSQL is required (INGAM_TEST_POSTGRES) and its server programs are not installed"
        );
        println!("SKIPPED on PostgreSQL: its server programs are not installed");
        return;
    }
    body(&World::start(engine));
}

/// Makes two tests of each function, `name::sqlite` and `name::postgres`. The function is given its world.
macro_rules! on_both {
    ($($(#[$meta:meta])* fn $name:ident($world:ident) $body:block)+) => { $(
        // `cfg(test)` tells clippy that this is a test, where unwrapping is how it fails.
        #[cfg(test)]
        $(#[$meta])*
        fn $name($world: &$crate::kit::World) $body

        mod $name {
            #[test]
            fn sqlite() {
                $crate::kit::within($crate::kit::Engine::Sqlite, super::$name);
            }

            #[test]
            fn postgres() {
                $crate::kit::within($crate::kit::Engine::Postgres, super::$name);
            }
        }
    )+ };
}
pub(crate) use on_both;
