//! The files of `static/`, in the binary, under addresses that change when they do.
//!
//! `/static/<hash>/<name>` may be kept by a browser for ever, because other content has another address. The same file
//! under an outdated hash is answered too, but not to be kept: a page that was open during an upgrade still works.

use rust_embed::{Embed, EmbeddedFile};
use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

#[derive(Embed)]
#[folder = "static/"]
struct Files;

static URLS: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    Files::iter()
        .filter_map(|name| {
            let file = Files::get(&name)?;
            Some((name.to_string(), format!("/static/{}/{name}", short(&file))))
        })
        .collect()
});

/// The address of a file: `url("ingam.css")` is `/static/1f0c5e9ab2d4/ingam.css`. Empty for a file that does not exist,
/// which a test finds.
pub(crate) fn url(name: &str) -> &'static str {
    URLS.get(name).map_or("", String::as_str)
}

/// A file as it is answered.
#[derive(Debug)]
pub(crate) struct Asset {
    /// Empty where the browser has it already.
    pub bytes: Cow<'static, [u8]>,
    pub mime: String,
    /// Quoted, as in the header.
    pub etag: String,
    /// Whether a browser may keep it for ever.
    pub immutable: bool,
    /// Whether the answer is 304.
    pub not_modified: bool,
}

impl Asset {
    pub(crate) fn cache_control(&self) -> &'static str {
        if self.immutable { "public, max-age=31536000, immutable" } else { "no-cache" }
    }
}

/// The file at `/static/{hash}/{name}`.
pub(crate) fn serve(hash: &str, name: &str, if_none_match: Option<&str>) -> Option<Asset> {
    let file = Files::get(name)?;
    let current = short(&file);
    let etag = format!("\"{current}\"");
    let not_modified =
        if_none_match.is_some_and(|tags| tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag));
    let mime = match file.metadata.mimetype() {
        // What a browser would otherwise have to guess the encoding of.
        mime @ ("text/css" | "text/javascript" | "text/plain") => format!("{mime}; charset=utf-8"),
        mime => mime.to_owned(),
    };
    Some(Asset {
        bytes: if not_modified { Cow::Borrowed(&[]) } else { file.data },
        mime,
        etag,
        immutable: hash == current,
        not_modified,
    })
}

/// The bytes of a file and their names, for the test of the vendored ones.
#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = Cow<'static, str>> {
    Files::iter()
}

/// Twelve hex digits of the content's SHA-256.
fn short(file: &EmbeddedFile) -> String {
    let hash = file.metadata.sha256_hash();
    hex::encode(hash.get(..6).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_the_hash_of_what_is_there() {
        let address = url("ingam.css");
        let (hash, name) = address.strip_prefix("/static/").unwrap().split_once('/').unwrap();
        assert_eq!((hash.len(), name), (12, "ingam.css"));
        let asset = serve(hash, name, None).unwrap();
        assert!(asset.immutable && !asset.not_modified && !asset.bytes.is_empty());
        assert_eq!(asset.mime, "text/css; charset=utf-8");
    }

    #[test]
    fn an_outdated_address_is_answered_but_not_to_be_kept() {
        assert!(!serve("000000000000", "ingam.css", None).unwrap().immutable);
    }

    #[test]
    fn what_the_browser_has_is_not_sent_again() {
        let etag = serve("", "icons.svg", None).unwrap().etag;
        let again = serve("", "icons.svg", Some(&format!("\"other\", W/{etag}"))).unwrap();
        assert!(again.not_modified && again.bytes.is_empty());
    }

    #[test]
    fn what_is_not_there_is_not_there() {
        for name in ["", "..", "../Cargo.toml", "vendor", "nothing.css", "/etc/passwd", "vendor/../../Cargo.toml"] {
            assert!(serve("", name, None).is_none(), "{name}");
        }
        assert_eq!(url("nothing.css"), "");
    }

    #[test]
    fn scripts_and_pictures_have_their_types() {
        assert_eq!(serve("", "ingam.js", None).unwrap().mime, "text/javascript; charset=utf-8");
        assert_eq!(serve("", "icons.svg", None).unwrap().mime, "image/svg+xml");
    }
}
