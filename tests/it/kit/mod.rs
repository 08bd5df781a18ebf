//! The basis of the scenario tests: a world with a database, five people and a server, and browsers to walk through it.
//!
//! A test is a plain function and a sentence, and runs on both engines:
//!
//! ```ignore
//! on_both! {
//!     fn points_that_were_added_are_in_the_ledger(world) {
//!         let mina = world.browser();
//!         mina.sign_in("mina");
//!         let done = mina.get("/users/1?panel=points").form_to("/point-adjustments")
//!             .set("amount", "1000").set("code", &world.code("mina")).submit();
//!         assert_eq!(done.status, 303);
//!     }
//! }
//! ```

#[cfg(feature = "kafka")]
mod broker;
mod browser;
mod clock;
mod customers;
mod database;
mod detection;
mod exports;
mod form;
mod forms;
mod incidents;
mod jobs;
mod listening;
mod losing;
mod mail_server;
mod operators;
mod orders;
mod page;
mod people;
mod plan;
mod points;
mod postgres;
mod process;
mod provider;
mod requests;
mod run;
mod server;
mod signing_in;
mod sink;
mod sound;
#[cfg(feature = "kafka")]
mod tls;
mod together;
mod waiting;
mod ways;
mod world;

#[cfg(feature = "kafka")]
pub(crate) use broker::Broker;
pub(crate) use browser::{Browser, Request};
pub(crate) use clock::TestClock;
pub(crate) use database::{Database, block_on};
pub(crate) use detection::sample_suspicion;
pub(crate) use exports::sample_export;
pub(crate) use form::Form;
pub(crate) use forms::{forms, invite, sample_rota};
pub(crate) use incidents::sample_incidents;
pub(crate) use ingam::store::Engine;
pub(crate) use jobs::sample_runs;
pub(crate) use listening::serve_each;
pub(crate) use losing::Losing;
pub(crate) use mail_server::MailServer;
pub(crate) use operators::{Operator, approvers, bytes, operators, operators_here, owners};
pub(crate) use page::Page;
pub(crate) use people::{PEOPLE, People, Person, totp};
pub(crate) use plan::plan;
pub(crate) use points::{REASON, addition, points};
pub(crate) use postgres::{Cluster, other_user};
pub(crate) use process::{Process, free_address, launcher, program};
pub(crate) use provider::{Mode, Provider, is_signed};
pub(crate) use requests::sample_requests;
pub(crate) use server::{Server, prepare};
pub(crate) use signing_in::{csrf, is_in, moved, recovering, try_password};
pub(crate) use sink::{SECRET as SINK_SECRET, Says, Sink};
pub(crate) use sound::assert_sound;
#[cfg(feature = "kafka")]
pub(crate) use tls::TlsFront;
pub(crate) use together::{at_once, submit_at_once, with_status};
pub(crate) use waiting::{poll, wait_for, wait_until};
pub(crate) use ways::{add_way, newest_way, prove_way, reached_at};
pub(crate) use world::World;

/// Runs `body` in a fresh world on `engine`. Where PostgreSQL is not installed its cases pass with a line that says so,
/// unless `INGAM_TEST_POSTGRES=required`.
pub(crate) fn within(engine: Engine, body: fn(&World)) {
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
