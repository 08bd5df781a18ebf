//! What people who cannot see a page, or see it badly, need of it.

use super::{every_page, select};
use ingam::web::assets;
use scraper::ElementRef;
use std::collections::HashSet;

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

#[test]
fn every_icon_is_in_the_sprite() {
    let sprite = String::from_utf8(assets::serve("", "icons.svg", None).unwrap().bytes.into_owned()).unwrap();
    every_page(|_, page, wrong| {
        for icon in select(page, "use") {
            let name =
                icon.attr("href").and_then(|href| href.split_once('#')).map(|(_, name)| name).unwrap_or_default();
            if !sprite.contains(&format!("<symbol id=\"{name}\"")) {
                wrong.push(format!("no icon is called {name:?}"));
            }
        }
    });
}
