//! The program and the tests are built from one set of crates. Cargo unites the features that the tests' libraries ask for
//! with those of the program, and builds every crate for which they differ a second time, with all that depends on it:
//! actix-web, sqlx and this crate.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

/// Each crate of the tree over the edges named, with the features it is built with.
fn features(edges: &str) -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["tree", "--locked", "--offline", "--prefix", "none", "--format", "{p} [{f}]", "--edges", edges])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut found = BTreeMap::<_, BTreeSet<_>>::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Some((package, features)) = line.split_once(" [") else { continue };
        let features = features.split(']').next().unwrap_or_default().split(',').map(str::to_owned);
        // `(proc-macro)` is said only at the first mention.
        let package = package.split(' ').take(2).collect::<Vec<_>>().join(" ");
        found.entry(package).or_default().extend(features.filter(|feature| !feature.is_empty()));
    }
    found
}

#[test]
fn no_crate_of_the_program_is_built_again_for_the_tests() {
    let (program, tests) = (features("normal,build"), features("normal,build,dev"));
    assert!(program.len() > 100, "{} crates: cargo's answer was not understood", program.len());
    let again: Vec<_> = program
        .iter()
        .filter_map(|(package, features)| {
            let more: Vec<_> = tests.get(package)?.difference(features).collect();
            (!more.is_empty()).then(|| format!("{package}: {more:?}"))
        })
        .collect();
    assert!(again.is_empty(), "ask for these in [dependencies] too, under the comment there:\n{}", again.join("\n"));
}
