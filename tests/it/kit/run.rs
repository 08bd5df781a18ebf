//! What all tests of one run share: a folder, begun by the first that needs it and removed when the run is over.

use std::{
    fs,
    os::unix::{fs::DirBuilderExt, process::parent_id},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

/// The folder of this run. cargo-nextest runs every test in a process of its own, so the run is known by the parent they
/// have in common.
pub(super) fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("ingam-test-{}", parent_id()));
        // PostgreSQL's user goes through it to a folder of its own; no account may list it.
        if fs::DirBuilder::new().mode(0o711).create(&folder).is_ok() {
            remove_after_the_run(&folder);
        }
        assert!(folder.is_dir(), "cannot make {}", folder.display());
        folder
    })
}

/// Does `make` once in a run, whichever test comes first; the others wait for it. What it makes is gone again when
/// `is_good` says no, as after a run with the same number that was cut off.
pub(super) fn once(name: &str, is_good: impl Fn() -> bool, make: impl FnOnce()) {
    let lock = fs::File::create(folder().join(format!("{name}.lock"))).unwrap();
    lock.lock().unwrap();
    let done = folder().join(format!("{name}.done"));
    if !(done.exists() && is_good()) {
        make();
        fs::write(done, "").unwrap();
    }
}

/// A shell that outlives the tests waits for the runner to end, stops PostgreSQL and removes the folder.
fn remove_after_the_run(folder: &Path) {
    const SCRIPT: &str = r#"
        while kill -0 "$1" 2>/dev/null; do sleep 0.3; done
        for postmaster in "$2"/*/data/postmaster.pid; do
            [ -f "$postmaster" ] && kill -QUIT "$(head -n 1 "$postmaster")"
        done
        sleep 0.5
        rm -rf "$2"
    "#;
    // A session of its own keeps a Ctrl-C meant for the runner away from it; forked, it is no child of this test.
    let started = Command::new("setsid")
        .args(["--fork", "sh", "-c", SCRIPT, "sh", &parent_id().to_string()])
        .arg(folder)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("setsid is installed");
    assert!(started.success(), "the watchdog that cleans up does not start");
}
