//! The files of a bundle: of a directory, or of a tar file, of which only the places of its files are kept in memory.

use super::MANIFEST;
use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};
use tar::{Archive, EntryType};

/// The files of a bundle by their names, such as `log/tile/0/000`.
#[derive(Debug)]
pub(crate) enum Files {
    Directory(PathBuf),
    Tar { path: PathBuf, places: HashMap<String, Place> },
}

/// Where the bytes of a file are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    begin: u64,
    length: u64,
}

/// Whether a path can be that of a bundle.
pub(crate) fn is_bundle(path: &Path) -> bool {
    if path.is_dir() { path.join(MANIFEST).is_file() } else { path.extension().is_some_and(|end| end == "tar") }
}

impl Files {
    /// # Errors
    ///
    /// The file is no tar file, or has two files of one name.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        if path.is_dir() {
            return Ok(Self::Directory(path.to_owned()));
        }
        Ok(Self::Tar { path: path.to_owned(), places: places(path)? })
    }

    /// A file, to be read from its beginning.
    pub(crate) fn read(&self, name: &str) -> io::Result<Box<dyn Read>> {
        match self {
            Self::Directory(directory) => Ok(Box::new(File::open(directory.join(name))?)),
            Self::Tar { path, places } => {
                let place = places.get(name).ok_or(io::ErrorKind::NotFound)?;
                let mut file = File::open(path)?;
                file.seek(SeekFrom::Start(place.begin))?;
                Ok(Box::new(file.take(place.length)))
            }
        }
    }

    /// All bytes of a file that has at most `limit` of them.
    pub(crate) fn bytes(&self, name: &str, limit: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read(name)?.take(limit + 1).read_to_end(&mut bytes)?;
        match u64::try_from(bytes.len()) {
            Ok(length) if length <= limit => Ok(bytes),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, format!("the file has more than {limit} bytes"))),
        }
    }
}

fn places(path: &Path) -> io::Result<HashMap<String, Place>> {
    let invalid = |text: String| io::Error::new(io::ErrorKind::InvalidData, text);
    let mut places = HashMap::new();
    for entry in Archive::new(File::open(path)?).entries_with_seek()? {
        let entry = entry?;
        if entry.header().entry_type() != EntryType::Regular {
            continue;
        }
        let name =
            String::from_utf8(entry.path_bytes().into_owned()).map_err(|_| invalid("a name is not UTF-8".into()))?;
        // All are in one directory.
        let (_, name) = name.split_once('/').ok_or_else(|| invalid(format!("{name:?} is in no directory")))?;
        let place = Place { begin: entry.raw_file_position(), length: entry.size() };
        if places.insert(name.to_owned(), place).is_some() {
            return Err(invalid(format!("{name:?} is there twice")));
        }
    }
    Ok(places)
}
