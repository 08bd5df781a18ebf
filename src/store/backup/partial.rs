//! A file that has its name only once it is whole.

use crate::store::wal::beside;
use anyhow::{Context as _, bail};
use rustix::{
    fs::{CWD, RenameFlags, renameat_with},
    io::Errno,
};
use std::{
    fs::{self, File, OpenOptions, Permissions, TryLockError},
    io,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

/// What SQLite keeps beside a database.
pub(super) const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A file in the making beside the place where it belongs, for its owner only. It goes when this is dropped unfinished; what a
/// process leaves that was killed is overwritten by the next one.
#[derive(Debug)]
pub(crate) struct Partial {
    path: PathBuf,
    file: File,
}

impl Partial {
    /// Begins a file that will be at `place`.
    ///
    /// # Errors
    ///
    /// It cannot be made there, or another process is writing it.
    pub(crate) fn begin(place: &Path) -> anyhow::Result<Self> {
        let path = beside(place, ".part");
        let cannot = || format!("{} cannot be written", path.display());
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
        let file = options.open(&path).with_context(cannot)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                bail!("{} is being written by another process; wait until it is done", path.display())
            }
            locked => locked.with_context(cannot)?,
        }
        // It may have been finished, and so renamed, before it was locked.
        if !is_at(&file, &path).with_context(cannot)? {
            bail!("{} was written by another process at the same time; try again", place.display());
        }
        // Those of a file that was never finished would be taken for the newest commits of this one.
        remove_beside(&path);
        file.set_permissions(Permissions::from_mode(0o600)).with_context(cannot)?;
        file.set_len(0).with_context(cannot)?;
        Ok(Self { path, file })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The same file for another process, which keeps the lock as long as it writes.
    pub(crate) fn file(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Gives the file the owner of another one, as far as this process may.
    pub(crate) fn give_to_owner_of(&self, other: &Path) {
        if let Ok(owner) = fs::metadata(other) {
            // What cannot be given away belongs to the person who restores, as any file of theirs.
            drop(std::os::unix::fs::fchown(&self.file, Some(owner.uid()), Some(owner.gid())));
        }
    }

    /// Puts the file in its place, in one step, where it outlives a power cut.
    pub(crate) fn finish(self, place: &Path) -> anyhow::Result<()> {
        let cannot = || format!("{} cannot be written", place.display());
        self.file.sync_all().with_context(cannot)?;
        fs::rename(&self.path, place).with_context(cannot)?;
        sync_folder(place).with_context(cannot)
    }

    /// The same where nothing is there yet. What is there is never replaced.
    ///
    /// # Errors
    ///
    /// It cannot be put there; `AlreadyExists` where something is there.
    pub(crate) fn finish_new(self, place: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        match renameat_with(CWD, &self.path, CWD, place, RenameFlags::NOREPLACE) {
            // A file system, or a kernel, that cannot do that: another name for the same file, which the first one leaves.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => fs::hard_link(&self.path, place)?,
            renamed => renamed?,
        }
        sync_folder(place)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // After it was finished, another process may have begun the next one.
        if is_at(&self.file, &self.path).unwrap_or(false) {
            drop(fs::remove_file(&self.path));
            remove_beside(&self.path);
        }
    }
}

/// Lets a name outlive a power cut.
pub(crate) fn sync_folder(place: &Path) -> io::Result<()> {
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Whether this is the file that has the name now.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let (here, there) = (file.metadata()?, fs::metadata(path)?);
    Ok((here.dev(), here.ino()) == (there.dev(), there.ino()))
}

fn remove_beside(path: &Path) {
    for end in BESIDE {
        drop(fs::remove_file(beside(path, end)));
    }
}
