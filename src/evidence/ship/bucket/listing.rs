//! Listings of versions as S3 answers them. Of the XML only what S3 writes is read: elements without attributes, and keys percent-encoded
//! where the server says that it did so, as it was asked to.

use std::collections::BTreeMap;

/// A version of an object, or a note that it was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub key: String,
    pub id: String,
    pub modified: String,
    pub is_delete_marker: bool,
}

/// A page of a listing.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub versions: Vec<Version>,
    /// The key and the version that the next page begins after.
    pub next: Option<(String, String)>,
}

pub(super) fn read(body: &[u8]) -> Option<Listing> {
    let text = str::from_utf8(body).ok()?;
    let all = between(text, "<ListVersionsResult", "</ListVersionsResult>")?;
    let is_encoded = between(all, "<EncodingType>", "</EncodingType>") == Some("url");
    let named = |text| if is_encoded { decoded(text) } else { unescaped(text) };
    let mut versions = Vec::new();
    let mut rest = all;
    loop {
        let (version, marker) = (rest.find("<Version>"), rest.find("<DeleteMarker>"));
        let (at, end) = match (version, marker) {
            (Some(version), Some(marker)) if marker < version => (marker, "</DeleteMarker>"),
            (None, Some(marker)) => (marker, "</DeleteMarker>"),
            (Some(version), _) => (version, "</Version>"),
            (None, None) => break,
        };
        let (one, after) = rest.get(at..)?.split_once(end)?;
        rest = after;
        versions.push(Version {
            key: named(between(one, "<Key>", "</Key>")?)?,
            id: between(one, "<VersionId>", "</VersionId>")?.to_owned(),
            modified: between(one, "<LastModified>", "</LastModified>").unwrap_or_default().to_owned(),
            is_delete_marker: end == "</DeleteMarker>",
        });
    }
    let goes_on = between(all, "<IsTruncated>", "</IsTruncated>") == Some("true");
    let next = || {
        let said = between(all, "<NextKeyMarker>", "</NextKeyMarker>")?;
        // Ceph encodes every key but this one.
        let last = versions.iter().map(|version| version.key.as_str()).max();
        let key = unescaped(said).filter(|key| last == Some(key.as_str())).or_else(|| named(said))?;
        let version = between(all, "<NextVersionIdMarker>", "</NextVersionIdMarker>").unwrap_or_default();
        Some((key, version.to_owned()))
    };
    let next = if goes_on { Some(next()?) } else { None };
    Some(Listing { versions, next })
}

/// The versions of each key, in the order in which they came: the newest first.
pub(super) fn by_key(versions: Vec<Version>) -> BTreeMap<String, Vec<Version>> {
    let mut found: BTreeMap<String, Vec<Version>> = BTreeMap::new();
    for version in versions {
        found.entry(version.key.clone()).or_default().push(version);
    }
    for versions in found.values_mut() {
        // Some servers give markers apart from versions.
        versions.sort_by(|a, b| b.modified.cmp(&a.modified));
    }
    found
}

/// What is between the first of one text and the next of another.
pub(super) fn between<'t>(text: &'t str, begin: &str, end: &str) -> Option<&'t str> {
    text.split_once(begin)?.1.split_once(end).map(|(found, _)| found)
}

fn decoded(text: &str) -> Option<String> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&format!("x={}", text.replace('&', "%26"))).ok()?;
    pairs.into_iter().next().map(|(_, value)| value)
}

/// Without the escapes of XML.
fn unescaped(text: &str) -> Option<String> {
    let mut parts = text.split('&');
    let mut plain = parts.next()?.to_owned();
    for part in parts {
        let (name, after) = part.split_once(';')?;
        plain.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            number => {
                let number = number.strip_prefix('#')?;
                let code = number.strip_prefix('x').map_or_else(|| number.parse(), |hex| u32::from_str_radix(hex, 16));
                char::from_u32(code.ok()?)?
            }
        });
        plain.push_str(after);
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<?xml version=\"1.0\"?><ListVersionsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>e</Name><EncodingType>url</EncodingType>\
        <NextKeyMarker>a%2Fcheckpoint-2</NextKeyMarker><NextVersionIdMarker>v9</NextVersionIdMarker><IsTruncated>true</IsTruncated>\
        <Version><Key>a%2Fcheckpoint-1</Key><VersionId>v2</VersionId><LastModified>2026-11-30T02:00:00.000Z</LastModified></Version>\
        <DeleteMarker><Key>a%2Fcheckpoint-1</Key><VersionId>v3</VersionId><LastModified>2026-11-30T03:00:00.000Z</LastModified></DeleteMarker>\
        <Version><Key>a%2Fcheckpoint-1</Key><VersionId>v1</VersionId><LastModified>2026-11-30T01:00:00.000Z</LastModified></Version>\
        <Version><Key>a%2Fcheckpoint-2</Key><VersionId>v9</VersionId><LastModified>2026-11-30T01:00:00.000Z</LastModified></Version></ListVersionsResult>";

    #[test]
    fn the_oldest_version_comes_last_and_markers_are_told_apart() {
        let page = read(PAGE.as_bytes()).unwrap();
        assert_eq!(page.next, Some(("a/checkpoint-2".to_owned(), "v9".to_owned())));
        let found = by_key(page.versions);
        let ids = |key: &str| found[key].iter().map(|version| version.id.as_str()).collect::<Vec<_>>();
        assert_eq!(ids("a/checkpoint-1"), ["v3", "v2", "v1"]);
        assert!(found["a/checkpoint-1"][0].is_delete_marker && !found["a/checkpoint-1"][2].is_delete_marker);
        assert_eq!(ids("a/checkpoint-2"), ["v9"]);
    }

    #[test]
    fn keys_are_read_as_the_server_wrote_them() {
        let page = |encoding: &str, key: &str, next: &str| {
            let text = format!(
                "<ListVersionsResult>{encoding}<IsTruncated>true</IsTruncated><NextKeyMarker>{next}</NextKeyMarker>\
                 <Version><Key>{key}</Key><VersionId>v1</VersionId></Version></ListVersionsResult>"
            );
            read(text.as_bytes()).map(|page| (page.versions[0].key.clone(), page.next.unwrap().0))
        };
        let is = |key: &str| Some((key.to_owned(), key.to_owned()));
        let url = "<EncodingType>url</EncodingType>";
        assert_eq!(page(url, "a%2Fb%2B1%252B%26%ED%95%9C", "a%2Fb%2B1%252B%26%ED%95%9C"), is("a/b+1%2B&한"));
        assert_eq!(page(url, "a%2Fb%2B1%252B%26", "a/b+1%2B&amp;"), is("a/b+1%2B&"), "Ceph");
        let key = "a/b+1%2B&amp;&#34;&#x27;&lt;한";
        assert_eq!(page("", key, "a/b+1%2B&amp;&quot;&apos;&lt;한"), is("a/b+1%2B&\"'<한"), "SeaweedFS");
        assert_eq!(page("", "a&b", "a"), None);
        assert_eq!(page("", "a&#xD800;", "a"), None);
    }

    #[test]
    fn what_is_no_listing_is_none() {
        assert!(read(b"<html></html>").is_none());
        assert!(read(b"\xff").is_none());
        assert!(read(PAGE.replace("</Version>", "").as_bytes()).is_none());
        assert!(read(PAGE.replace("<NextKeyMarker>", "<X>").as_bytes()).is_none(), "a list that goes on nowhere");
    }
}
