//! A place away from here.

use super::{Parcel, Placed, Unplaced, directory};
use std::path::PathBuf;

/// Where checkpoints are put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Such as one on another machine.
    Directory(PathBuf),
}

impl Target {
    /// Reads a target.
    ///
    /// # Errors
    ///
    /// It is none; then what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let path = PathBuf::from(text);
        if !path.is_absolute() {
            return Err(format!("{text:?} must be a directory, from / on"));
        }
        Ok(Self::Directory(path.components().collect()))
    }

    /// As it is configured, without what is secret.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Directory(path) => path.display().to_string(),
        }
    }

    /// Puts something there, or says that it is there already. What else is there stays.
    pub(crate) fn put(&self, parcel: &Parcel) -> Result<Placed, Unplaced> {
        match self {
            Self::Directory(path) => directory::put(path, parcel),
        }
    }

    /// Whether something can be put there, and how it is kept.
    pub(crate) fn check(&self) -> Result<String, Unplaced> {
        match self {
            Self::Directory(path) => directory::check(path),
        }
    }
}
