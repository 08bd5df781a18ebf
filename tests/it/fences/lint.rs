//! The lint fence: `clippy.toml` names what may be called only in one place, and only that place is excused.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Every source file of the product, with its path as it is written here.
fn sources() -> Vec<(String, String)> {
    let files = files_under("src");
    assert!(files.len() > 50, "only {} files were found", files.len());
    files
}

/// Every Rust file in a folder of the repository.
pub(super) fn files_under(under: &str) -> Vec<(String, String)> {
    files_with(under, "rs")
}

/// Every file with this extension in a folder of the repository.
pub(super) fn files_with(under: &str, extension: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, extension: &str, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, extension, files);
            } else if path.extension().is_some_and(|found| found == extension) {
                files.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    walk(&root.join(under), extension, &mut files);
    assert!(!files.is_empty(), "no file was found in {under}");
    let named =
        |path: PathBuf| (path.strip_prefix(root).unwrap().display().to_string(), fs::read_to_string(&path).unwrap());
    files.into_iter().map(named).collect()
}

#[test]
fn clippy_is_told_of_every_way_around_the_door() {
    let told = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("clippy.toml")).unwrap();
    for way in [
        "sqlx::query",
        "sqlx::query_as",
        "sqlx::query_scalar",
        "sqlx::query_with",
        "sqlx::query_as_with",
        "sqlx::query_scalar_with",
        "sqlx::raw_sql",
        "sqlx::Pool::begin",
        "sqlx::Pool::begin_with",
        "sqlx::Pool::try_begin",
        "sqlx::Connection::begin",
        "sqlx::Connection::begin_with",
        "chrono::Utc::now",
        "std::time::SystemTime::now",
    ] {
        assert!(told.contains(&format!("path = \"{way}\", reason = ")), "clippy.toml does not disallow {way}");
    }
}

#[test]
fn only_the_one_place_is_excused_from_it() {
    let excused: Vec<String> = sources()
        .into_iter()
        .flat_map(|(path, text)| {
            let times = text.matches("clippy::disallowed_methods").count();
            std::iter::repeat_n(path, times)
        })
        .collect();
    let mut excused = excused;
    excused.sort();
    // A new line here says in `reason` why the gate does not serve.
    assert_eq!(
        excused,
        [
            "src/clock.rs",
            "src/gate/writer.rs",
            "src/secret.rs",
            "src/store/backup/postgres.rs",
            "src/store/backup/sqlite.rs",
            "src/store/migration.rs",
            "src/store/open.rs",
            "src/store/query.rs",
            "src/store/query.rs",
            "src/store/repair.rs",
            "src/store/session.rs",
            "src/store/wal.rs",
        ]
    );
}

#[test]
fn a_lint_is_expected_with_a_reason_and_never_allowed() {
    // Put together, so that this file does not contain them.
    let allowed = [concat!("#[", "allow("), concat!("#![", "allow("), concat!("allow(", "clippy::")];
    for (path, text) in ["src", "tests", "benches"].into_iter().flat_map(files_under) {
        let found = allowed.iter().find(|allowed| text.contains(**allowed));
        assert!(found.is_none(), "{path} allows where it should expect, with a reason");
    }
}

/// The second line of defence, for code that clippy does not see through: macros, renamed imports, other executors.
#[test]
fn outside_the_store_and_the_gate_nothing_speaks_to_the_engines() {
    const WORDS: [&str; 14] = [
        "sqlx::query",
        "query!(",
        "query_as!(",
        "raw_sql",
        "use sqlx::*",
        "sqlx as ",
        "PgPool",
        "SqlitePool",
        "PgConnection",
        "SqliteConnection",
        "AnyPool",
        "QueryBuilder",
        "Executor",
        ".begin_with(",
    ];
    const WAYS: [&str; 4] = [".writer.", "Writer::open", "Writing::", ".writing()"];
    let may = |path: &str| path.starts_with("src/store/") || path == "src/gate/writer.rs";
    for (path, text) in sources().iter().filter(|(path, _)| !may(path)) {
        for word in WORDS {
            assert!(!text.contains(word), "{path} says {word}");
        }
    }
    // A transaction is begun in one place, and the pool that may write is named where it is made and where it is used.
    let begins: Vec<_> =
        sources().into_iter().filter(|(_, text)| text.contains("pool.begin")).map(|(path, _)| path).collect();
    assert_eq!(begins, ["src/gate/writer.rs"]);
    let mut writers: Vec<_> = sources()
        .into_iter()
        .filter(|(_, text)| WAYS.iter().any(|way| text.contains(way)))
        .map(|(path, _)| path)
        .collect();
    writers.sort();
    // The documentation of `Tx` shows that nothing else compiles.
    let may = ["src/gate/mod.rs", "src/gate/submit.rs", "src/gate/tx.rs", "src/gate/writer.rs", "src/store/open.rs"];
    assert_eq!(writers, may, "who else has the pool that may write?");
}

/// Text put together at run time is how statements get injected.
#[test]
fn no_statement_is_put_together_at_run_time() {
    for (path, text) in sources() {
        // The type of what a function returns, and no value of it.
        let text = text.replace("-> Sql {", "");
        for word in ["AssertSqlSafe", "SqlSafeStr", "Sql {"] {
            let is_at_home = path.starts_with("src/store/");
            assert!(is_at_home || !text.contains(word), "{path} says {word}");
        }
    }
}

/// What is not on the list is in no table of permissions.
#[test]
fn every_change_is_on_the_list_of_what_anyone_can_do() {
    let (lists, others): (Vec<_>, Vec<_>) = sources().into_iter().partition(|(path, _)| path == "src/changes.rs");
    let list = &lists[0].1;
    let mut found = 0;
    for (path, text) in &others {
        for name in text.split("\nimpl Change for ").skip(1) {
            let name = name.split_whitespace().next().unwrap();
            assert!(list.contains(&format!("    {name},\n")), "{name} of {path} is not in src/changes.rs");
            found += 1;
        }
    }
    assert!(found > 20, "only {found} changes were found");
}

/// The list of background work is closed: what is on it is written without a row in the log.
#[test]
fn housekeeping_is_listed_in_one_place() {
    let mut implementing = Vec::new();
    for (path, text) in sources() {
        let path = path.as_str();
        if text.contains("Listed for ") || text.contains("list::Listed") {
            implementing.push(path.to_owned());
        }
        let uses = text.matches("housekeeping! {").count();
        assert_eq!(uses, usize::from(path == "src/changes.rs"), "{path} makes a list of housekeeping");
    }
    assert_eq!(implementing, ["src/gate/housekeeping.rs"], "who else adds to the list of housekeeping?");
    let listed = &sources().into_iter().find(|(path, _)| path == "src/changes.rs").unwrap().1;
    for (path, text) in sources() {
        for name in text.split("\nimpl Housekeeping for ").skip(1) {
            let name = name.split_whitespace().next().unwrap();
            assert!(listed.contains(&format!("    {name},\n")), "{name} of {path} is not in src/changes.rs");
        }
    }
}
