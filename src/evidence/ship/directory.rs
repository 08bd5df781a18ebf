//! A directory of checkpoints. It has to be there: one that is made by itself would be on this machine while the other one is away.

use super::{Parcel, Placed, Unplaced};
use crate::store::backup::{Partial, sync_folder};
use std::{
    fs::{self, Permissions},
    io::{ErrorKind, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

const THERE: Placed = Placed { version_id: None, locked_until: None };

pub(super) fn put(directory: &Path, parcel: &Parcel) -> Result<Placed, Unplaced> {
    let place = directory.join(&parcel.name);
    if is_there(&place, parcel)? {
        // A process that ended just after it was written did not get to this.
        sync_folder(&place).map_err(|error| failed(&place, &error))?;
        return Ok(THERE);
    }
    let partial = write(&place, &parcel.bytes)?;
    match partial.finish_new(&place) {
        Ok(()) => Ok(THERE),
        // Another process was faster.
        Err(error) if error.kind() == ErrorKind::AlreadyExists && is_there(&place, parcel)? => Ok(THERE),
        Err(error) => Err(failed(&place, &error)),
    }
}

/// Whether it is there; refused where something else is.
fn is_there(place: &Path, parcel: &Parcel) -> Result<bool, Unplaced> {
    match fs::read(place) {
        Ok(bytes) if bytes == parcel.bytes => Ok(true),
        Ok(_) => Err(Unplaced::Refused(format!(
            "{} is there and holds something else than the checkpoint of this log; it was not replaced",
            place.display()
        ))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed(place, &error)),
    }
}

/// A file in the making, readable by all who may read the directory: it holds no secret.
fn write(place: &Path, bytes: &[u8]) -> Result<Partial, Unplaced> {
    let written = Partial::begin(place).and_then(|partial| {
        let mut file = partial.file()?;
        file.write_all(bytes)?;
        file.set_permissions(Permissions::from_mode(0o444))?;
        Ok(partial)
    });
    written.map_err(|error| Unplaced::Failed(format!("{error:#}")))
}

fn failed(place: &Path, error: &std::io::Error) -> Unplaced {
    Unplaced::Failed(format!("{} cannot be written: {error}", place.display()))
}

pub(super) fn check(directory: &Path) -> Result<String, Unplaced> {
    // Never finished, so it goes again.
    write(&directory.join(".ingam-check"), b"ingam audit ship --check\n")?;
    Ok("can be written; what keeps files there from being replaced is for its owner to say".to_owned())
}
