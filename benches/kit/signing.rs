//! A console that signs its log.
use crate::program::program;
use std::path::Path;

/// Makes a key that signs the log; the setting that names it.
pub(crate) fn signing(dir: &Path) -> String {
    let key = dir.join("log.key").display().to_string();
    let made = program("", &["audit", "keygen", "--name", "localhost/bench", "--key", &key]).status();
    assert!(made.expect("the program").success());
    format!("audit_key_file = {key:?}\n")
}
