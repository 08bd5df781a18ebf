//! What the text in a bundle says: how it is verified, and what it proves.

use super::Unbundled;
use crate::{
    evidence::bundle::{Kind, Manifest},
    exports::record::Export,
};
use askama::Template;

#[derive(Template)]
#[template(path = "exports/readme.txt")]
struct Readme<'m> {
    manifest: &'m Manifest,
    /// The name of the tar file.
    file: String,
    has_timestamp: bool,
}

pub(super) fn text(manifest: &Manifest, export: &Export, has_timestamp: bool) -> Result<String, Unbundled> {
    let readme = Readme { manifest, file: export.file_name(), has_timestamp };
    readme.render().map_err(|error| Unbundled::Text(error.to_string()))
}
