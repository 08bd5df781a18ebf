//! The pages as files, to be looked at.

use super::SHOWN;
use crate::{profile::Profile, web::assets};
use std::{fs, path::PathBuf};

/// Not a check: writes the pages for looking at them, where `INGAM_GALLERY` says.
#[test]
fn the_gallery_is_written_where_it_is_asked_for() {
    let Some(folder) = std::env::var_os("INGAM_GALLERY").map(PathBuf::from) else { return };
    let names: Vec<_> = assets::names().collect();
    for maker in SHOWN {
        let look = match maker.environment {
            Profile::Prod => maker.lang.code().to_owned(),
            other => format!("{}-{}", maker.lang.code(), other.as_str()),
        };
        fs::create_dir_all(folder.join(&look)).unwrap();
        for sample in maker.all() {
            let html = names
                .iter()
                .fold(sample.html, |html, name| html.replace(assets::url(name), &format!("../static/{name}")));
            fs::write(folder.join(&look).join(format!("{}.html", sample.name)), html).unwrap();
        }
    }
    for name in names {
        let path = folder.join("static").join(&*name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, assets::serve("", &name, None).unwrap().bytes).unwrap();
    }
}
