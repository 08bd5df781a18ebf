//! A change at rest is read back as what it was, also by later versions: `golden/*.json` holds one of each kind. A file
//! here is never edited to make a test pass, for databases hold changes written like it.

use ingam::changes::{AnyChange, KINDS};
use std::{collections::BTreeSet, fs, path::Path};

fn golden() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sealing/golden");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name.trim_end_matches(".json").to_owned(), fs::read_to_string(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn every_kind_of_change_has_one_at_rest() {
    let kept: BTreeSet<_> = golden().into_iter().map(|(kind, _)| kind).collect();
    let kinds: BTreeSet<_> = KINDS.iter().map(|kind| kind.name.to_owned()).collect();
    assert_eq!(kept, kinds);
    assert_eq!(kinds.len(), KINDS.len(), "two changes have one name");
}

#[test]
fn a_change_at_rest_is_read_and_written_as_it_was() {
    for (kind, text) in golden() {
        let change: AnyChange = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{kind}: {error}"));
        assert_eq!(change.kind(), kind);
        let kept: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_value(&change).unwrap(), kept, "{kind}");
        // A request holds the change alone, beside the name of its kind.
        let alone = kept.as_object().unwrap().values().next().unwrap().to_string();
        let change = AnyChange::read(&kind, &alone).unwrap_or_else(|| panic!("{kind}: {alone}"));
        assert_eq!(serde_json::to_value(&change).unwrap(), kept, "{kind}");
    }
}

/// What must not lie about in a database, were the change to wait for approval.
#[test]
fn a_change_at_rest_holds_no_secret() {
    for (kind, text) in golden() {
        for word in ["token", "hash", "secret", "\"password\"", "\"code\"", "codes\""] {
            assert!(!text.contains(word), "{kind} keeps {word}");
        }
    }
}
