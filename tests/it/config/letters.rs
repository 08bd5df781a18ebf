//! What PostgreSQL takes for letters is decided when a database is made.

use crate::{
    config::isolation::{local, run, succeeds},
    kit::{Database, Engine, on_both},
};

on_both! {
    fn a_database_that_knows_no_hangul_is_said_and_one_that_does_is_not(world) {
        if world.engine == Engine::Sqlite {
            let check = String::from_utf8(world.command(&["check"]).output().unwrap().stdout).unwrap();
            assert!(!check.contains("letters of the database"), "{check}");
            return;
        }
        for (lc_ctype, is_warned) in [("C", true), ("C.UTF-8", false)] {
            let database = Database::with_letters(lc_ctype);
            let env = local(&database.url);
            succeeds(&env, &["migrate"]);
            let output = run(&env, &["check"]);
            let check = String::from_utf8(output.stdout).unwrap();
            assert_eq!(output.status.code(), Some(0), "{check}");
            let line = check.lines().find(|line| line.contains("letters of the database")).unwrap_or_else(|| panic!("{check}"));
            assert_eq!(line.contains("warning: lc_ctype is C, which knows no Hangul"), is_warned, "{line}");
            assert_eq!(line.contains("lc_ctype 'C.UTF-8'"), is_warned, "{line}");
            let parts = database.number("select cardinality(show_trgm('한글'))");
            assert_eq!(parts == 0, is_warned, "what is claimed of {lc_ctype}");
        }
    }
}
