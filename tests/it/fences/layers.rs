//! The modules of the crate lie in layers: each imports only modules of the layers below it, and none of its own layer. So
//! there is no circle, and what the gate and `web` promise to know nothing of they cannot name.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The layers, the lowest first. A new module gets a place here; a module imports only what is above it in this table.
const LAYERS: &[&[&str]] = &[
    // Values and programs: no SQL, no HTTP.
    &["clock", "secret", "digits", "merkle", "allowlist", "mask", "outgoing"],
    &["money", "profile", "supervise", "password"],
    // One SQL text, two engines; and the one door.
    &["store"],
    &["gate"],
    &["customer", "payments"],
    // What HTTP looks like here.
    &["web"],
    // The slices.
    &["audit"],
    &["access", "approvals", "networks", "staff"],
    &["orders"],
    &["users"],
    &["batches"],
    &["dashboard"],
    // What composes them.
    &["config"],
    &["worker", "demo"],
    &["changes"],
    &["routes", "sections"],
    &["app"],
    &["cli"],
];

/// Whether a path is for tests alone, which may know everything.
fn is_test(path: &Path) -> bool {
    path.components().any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs" | "page_samples")))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The code of a file without comments and without its unit tests.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join(" ")
}

/// The modules that a piece of code names: `crate::gate`, `use crate::{clock, gate::{Tx, Change}}`.
fn named(code: &str) -> BTreeSet<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        let Some(group) = after.strip_prefix('{') else {
            found.insert(word(after));
            continue;
        };
        let (mut depth, mut begins) = (0, true);
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => begins = true,
                c if begins && c.is_alphanumeric() => {
                    found.insert(word(&group[at..]));
                    begins = false;
                }
                _ => {}
            }
        }
    }
    found
}

/// The top-level module that a file belongs to.
fn module_of(src: &Path, path: &Path) -> String {
    let first = path.strip_prefix(src).unwrap().components().next().unwrap();
    first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

#[test]
fn every_module_imports_only_the_layers_below_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut wrong = Vec::new();
    let mut modules = BTreeSet::new();
    for path in files.iter().filter(|path| !is_test(path)) {
        let module = module_of(&src, path);
        if matches!(module.as_str(), "lib" | "main") {
            continue;
        }
        modules.insert(module.clone());
        let Some(layer) = layer_of(&module) else {
            wrong.push(format!("{module} has no layer"));
            continue;
        };
        for other in named(&code(&fs::read_to_string(path).unwrap())) {
            // A macro of the crate is named like a module, and belongs to none.
            if let Some(below) = layer_of(&other)
                && other != module
                && below >= layer
            {
                wrong.push(format!("{} imports {other}", path.strip_prefix(&src).unwrap().display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} imports go up:\n{}", wrong.len(), wrong.join("\n"));
    let listed: BTreeSet<String> = LAYERS.concat().into_iter().map(str::to_owned).collect();
    assert_eq!(listed, modules, "the table names what is there");
}

#[test]
fn an_import_is_found_however_it_is_written() {
    let names = |code: &str| named(code).into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(names("use crate::gate::{Tx, Change};"), "gate");
    assert_eq!(names("use crate::{ clock::Instant, gate::{self, Tx}, sql, store, };"), "clock gate sql store");
    assert_eq!(names("let x = crate::money::Money::new(); crate::changes! { A }"), "changes money");
    assert_eq!(code("a // crate::gate\nb"), "a  b");
}
