//! A tar file that is written while it is sent: the same bytes whenever it is written.

use std::io;
use tar::{EntryType, Header};

/// The size of a block, in bytes. Each file takes whole ones.
const BLOCK: u64 = 512;

/// Files in one directory, all of the same time.
#[derive(Debug)]
pub(super) struct Archive {
    directory: String,
    /// In seconds since 1970.
    time: u64,
}

impl Archive {
    pub(super) fn new(directory: String, time: u64) -> Self {
        Self { directory, time }
    }

    /// Writes a file.
    pub(super) fn file(&self, out: &mut Vec<u8>, name: &str, bytes: &[u8]) -> io::Result<()> {
        let length = u64::try_from(bytes.len()).map_err(io::Error::other)?;
        self.begin(out, name, length)?;
        out.extend_from_slice(bytes);
        Self::end(out, length);
        Ok(())
    }

    /// Begins a file of this many bytes, which follow.
    pub(super) fn begin(&self, out: &mut Vec<u8>, name: &str, length: u64) -> io::Result<()> {
        let mut header = Header::new_ustar();
        header.set_path(format!("{}/{name}", self.directory))?;
        header.set_entry_type(EntryType::Regular);
        header.set_size(length);
        header.set_mode(0o644);
        header.set_mtime(self.time);
        header.set_uid(0);
        header.set_gid(0);
        header.set_cksum();
        out.extend_from_slice(header.as_bytes());
        Ok(())
    }

    /// Fills the last block of a file of this many bytes.
    pub(super) fn end(out: &mut Vec<u8>, length: u64) {
        let fill = usize::try_from(length.next_multiple_of(BLOCK) - length).unwrap_or_default();
        out.resize(out.len() + fill, 0);
    }

    /// Ends the last file: two empty blocks.
    pub(super) fn finish(out: &mut Vec<u8>) {
        out.resize(out.len() + 1024, 0);
    }
}
