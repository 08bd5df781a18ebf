//! The rules that every sample is held to.

mod forms;
mod gallery;
mod policy;
mod vendored;
mod wording;

use super::maker::{Maker, Sample};
use crate::{
    profile::Profile,
    web::{shell::Theme, words::Lang},
};
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

/// What the gallery shows.
const SHOWN: [Maker; 4] = [
    CHECKED[0],
    Maker { lang: Lang::En, ..CHECKED[0] },
    Maker { nasty: false, ..CHECKED[1] },
    Maker { environment: Profile::Dev, theme: Theme::Light, ..CHECKED[0] },
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

fn names(form: ElementRef<'_>) -> Vec<String> {
    within(form, "input, select, textarea, button[name]")
        .iter()
        .filter_map(|field| field.attr("name").map(str::to_owned))
        .collect()
}

#[test]
fn every_sample_has_its_own_name() {
    let samples = CHECKED[0].all();
    let names: HashSet<_> = samples.iter().map(|sample| sample.name).collect();
    assert_eq!(names.len(), samples.len());
    assert!(samples.len() > 130);
}

#[test]
fn every_reference_on_a_page_points_at_something_there() {
    every_page(|_, page, wrong| {
        let ids: Vec<&str> = select(page, "[id]").iter().filter_map(|element| element.attr("id")).collect();
        let unique: HashSet<_> = ids.iter().collect();
        if unique.len() != ids.len() {
            let twice: Vec<_> = ids.iter().filter(|id| ids.iter().filter(|other| other == id).count() > 1).collect();
            wrong.push(format!("ids stand there twice: {twice:?}"));
        }
        let mut points_at = |attribute: &str, targets: &str| {
            for id in targets.split_whitespace().filter(|id| !unique.contains(id)) {
                wrong.push(format!("{attribute} points at {id:?}, which is not there"));
            }
        };
        for attribute in ["for", "aria-describedby", "aria-labelledby", "popovertarget", "list", "data-expand"] {
            for element in select(page, &format!("[{attribute}]")) {
                points_at(attribute, element.attr(attribute).unwrap());
            }
        }
        for attribute in ["href", "hx-target"] {
            for element in select(page, &format!("[{attribute}^='#']")) {
                points_at(attribute, &element.attr(attribute).unwrap()[1..]);
            }
        }
    });
}

#[test]
fn every_field_has_a_label_and_every_control_a_name() {
    every_page(|_, page, wrong| {
        let labelled: HashSet<&str> = select(page, "label[for]").iter().filter_map(|label| label.attr("for")).collect();
        for field in select(page, "input:not([type=hidden]):not([type=radio]), select, textarea") {
            if !field.attr("id").is_some_and(|id| labelled.contains(id)) {
                wrong.push(format!("no label: {}", field.html()));
            }
        }
        for control in
            select(page, "a, button, h1, h2, th, legend, option:not([value='']), title").iter().filter(|one| {
                one.value().name() != "option"
                    || one.parent().and_then(ElementRef::wrap).is_some_and(|list| list.value().name() == "select")
            })
        {
            if control.text().collect::<String>().trim().is_empty() {
                wrong.push(format!("says nothing: {}", control.html()));
            }
        }
        for (selector, count) in [("h1", 1), ("main#main", 1), ("html[lang]", 1), ("title", 1)] {
            if select(page, selector).len() != count {
                wrong.push(format!("{selector} is not there exactly once"));
            }
        }
        for picture in select(page, "svg") {
            if picture.attr("aria-hidden") != Some("true") && picture.attr("aria-label").is_none() {
                wrong.push(format!("an unnamed picture: {}", picture.html()));
            }
        }
    });
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
