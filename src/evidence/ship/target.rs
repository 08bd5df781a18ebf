//! A place away from here.

use super::{
    Checked, Parcel, Placed, Unplaced,
    bucket::{Bucket, signature::Credentials},
    directory,
};
use crate::clock::Clock;
use std::path::PathBuf;

/// Where checkpoints are put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Such as one on another machine.
    Directory(PathBuf),
    /// One with Object Lock.
    Bucket(Bucket),
}

impl Target {
    /// Reads a target. A bucket needs credentials.
    ///
    /// # Errors
    ///
    /// It is none; then what is wrong with it.
    pub fn parse(text: &str, credentials: Option<&Credentials>) -> Result<Self, String> {
        if text.starts_with("s3://") {
            return Bucket::parse(text, credentials).map(Self::Bucket);
        }
        let path = PathBuf::from(text);
        if !path.is_absolute() {
            return Err(format!("{text:?} must be a directory, from / on, or begin with s3://"));
        }
        Ok(Self::Directory(path.components().collect()))
    }

    /// As it is configured, without what is secret.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Directory(path) => path.display().to_string(),
            Self::Bucket(bucket) => bucket.name(),
        }
    }

    /// Puts something there, or says that it is there already. What else is there stays.
    pub(crate) fn put(&self, parcel: &Parcel) -> Result<Placed, Unplaced> {
        match self {
            Self::Directory(path) => directory::put(path, parcel),
            Self::Bucket(bucket) => bucket.put(parcel),
        }
    }

    /// Whether something can be put there, how it is kept, and what else is there.
    pub(crate) fn check(&self, clock: &Clock) -> Result<Checked, Unplaced> {
        match self {
            Self::Directory(path) => directory::check(path).map(|said| Checked { said, fault: None }),
            Self::Bucket(bucket) => bucket.check(clock),
        }
    }
}
