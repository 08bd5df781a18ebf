//! The modules of the crate lie in layers: each imports only modules of the layers below it, and none of its own layer. So
//! there is no circle, and what the gate and `web` promise to know nothing of they cannot name.

use super::lint::files_under;
use std::collections::BTreeSet;

/// The layers, the lowest first. A new module gets a place here; a module imports only what is above it in this table.
const LAYERS: &[&[&str]] = &[
    // Values and programs: no SQL, no HTTP.
    &["clock", "secret", "id", "digits", "merkle", "allowlist", "memory", "outgoing", "text"],
    &["mask", "money", "plan", "profile", "supervise", "password", "tlog", "zone"],
    // A client, and the names it may use.
    &["kafka"],
    // One SQL text, two engines; and the one door.
    &["store"],
    &["gate"],
    &["customer", "payments", "persona"],
    // What HTTP looks like here.
    &["web"],
    // The slices.
    &["evidence"],
    &["audit"],
    &["retention"],
    &["access", "approvals", "host", "networks", "notify", "staff"],
    &["ways", "levers"],
    &["orders"],
    &["users"],
    &["batches"],
    &["queues", "deployments"],
    &["alerts"],
    &["oncall"],
    &["escalation"],
    &["incidents"],
    &["detection"],
    &["search", "exports", "reversal"],
    &["reviews"],
    &["dashboard"],
    // Reads of all of them.
    &["metrics"],
    // What composes them.
    &["config"],
    &["worker", "demo", "readiness"],
    &["changes"],
    &["routes", "sections"],
    &["app"],
    &["cli"],
];

/// Whether a path is for tests alone, which may know everything.
fn is_test(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "tests" | "tests.rs" | "page_samples"))
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

/// The top-level module that a file belongs to: `gate` of `src/gate/tx.rs`.
fn module_of(path: &str) -> &str {
    path.split('/').nth(1).unwrap().trim_end_matches(".rs")
}

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

#[test]
fn every_module_imports_only_the_layers_below_it() {
    let mut wrong = Vec::new();
    let mut modules = BTreeSet::new();
    for (path, text) in files_under("src").iter().filter(|(path, _)| !is_test(path)) {
        let module = module_of(path);
        if matches!(module, "lib" | "main") {
            continue;
        }
        modules.insert(module.to_owned());
        let Some(layer) = layer_of(module) else {
            wrong.push(format!("{module} has no layer"));
            continue;
        };
        for other in named(&code(text)) {
            // A macro of the crate is named like a module, and belongs to none.
            if let Some(below) = layer_of(&other)
                && other != module
                && below >= layer
            {
                wrong.push(format!("{path} imports {other}"));
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
