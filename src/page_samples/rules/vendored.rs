//! The files of others are what their makers published.

use super::files;
use sha2::{Digest, Sha384};
use std::{collections::HashSet, fs, path::Path};

#[test]
fn vendored_files_are_what_their_makers_published() {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "kebab-case")]
    struct Vendored {
        path: String,
        version: String,
        licence: String,
        licence_text: String,
        source: String,
        sha384: String,
    }
    #[derive(serde::Deserialize)]
    struct Vendor {
        file: Vec<Vendored>,
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("static");
    let vendor: Vendor = toml::from_str(&fs::read_to_string(folder.join("vendor/VENDOR.toml")).unwrap()).unwrap();
    for file in &vendor.file {
        use base64::Engine;
        let sum = Sha384::digest(fs::read(folder.join(&file.path)).unwrap());
        assert_eq!(base64::engine::general_purpose::STANDARD.encode(sum), file.sha384, "{}", file.path);
        assert!(
            folder.join(&file.licence_text).exists() && !file.licence.is_empty() && file.source.contains(&file.version),
            "{}",
            file.path
        );
    }
    let listed: HashSet<String> = vendor
        .file
        .iter()
        .flat_map(|file| [file.path.clone(), file.licence_text.clone()])
        .chain(["vendor/VENDOR.toml".into()])
        .collect();
    for path in files(&folder.join("vendor")) {
        let name = path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
        assert!(listed.contains(&name), "{name} is not listed in VENDOR.toml");
    }
}
