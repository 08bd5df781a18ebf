//! What every page must be, in every state and in both languages, without a server.

mod forms;
mod gallery;
mod markup;
mod policy;
mod samples;
mod vendored;
mod wording;

use ingam::{
    profile::Profile,
    web::{shell::Theme, words::Lang},
};
use samples::{Maker, Sample};
use scraper::{ElementRef, Html, Selector};
use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

/// The two that differ most; what else there is differs in words and colours only.
const CHECKED: [Maker; 2] = [
    Maker { lang: Lang::Ko, environment: Profile::Prod, theme: Theme::System, nasty: false },
    Maker { lang: Lang::En, environment: Profile::Staging, theme: Theme::Dark, nasty: true },
];

/// Looks at every sample; `look` says what is wrong with it.
fn every_page(look: impl Fn(&Sample, &Html, &mut Vec<String>)) {
    let mut wrong = Vec::new();
    for maker in CHECKED {
        for sample in maker.all() {
            let mut found = Vec::new();
            look(&sample, &Html::parse_document(&sample.html), &mut found);
            wrong.extend(found.into_iter().map(|found| {
                format!("{} ({}{}): {found}", sample.name, maker.lang.code(), if maker.nasty { ", nasty" } else { "" })
            }));
        }
    }
    assert!(wrong.is_empty(), "{} things are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn select<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

fn within<'a>(element: ElementRef<'a>, selector: &str) -> Vec<ElementRef<'a>> {
    element.select(&Selector::parse(selector).unwrap()).collect()
}

#[test]
fn every_sample_has_its_own_name() {
    let samples = CHECKED[0].all();
    let names: HashSet<_> = samples.iter().map(|sample| sample.name).collect();
    assert_eq!(names.len(), samples.len());
    assert!(samples.len() > 130);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}
