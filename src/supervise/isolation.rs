//! What a process that holds secrets does so that others cannot take them from it.

/// No process of the same user may look into this one from here on: not at its environment, its memory or its open files
/// (`PR_SET_DUMPABLE` in `prctl(2)`), and it leaves no core dump. Root may, and so may one that looked before.
///
/// It lasts until another program is executed, so what this process starts is not affected.
pub fn hide() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable) {
        eprintln!("ingam: other processes of this user can read its memory: {error}");
    }
}

/// No program that this process starts gets its open files, except the three that are given to each: also not those that it
/// was started with itself, from which it may have read a secret. To be called before there are other threads.
pub fn keep_files() {
    close_fds::set_fds_cloexec(3, &[]);
}
