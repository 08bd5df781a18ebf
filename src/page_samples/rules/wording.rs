//! Text on pages: what comes from outside stays text, what is ours comes from the catalogue, and icons are there.

use super::{CHECKED, every_page, select};
use crate::{page_samples::maker::NASTY, web::assets};
use scraper::Html;

#[test]
fn text_from_outside_stays_text() {
    every_page(|sample, page, wrong| {
        if sample.html.contains("<script>")
            || sample.html.contains("<img")
            || !select(page, "img, td script").is_empty()
        {
            wrong.push("hostile text became markup".into());
        }
    });
    let shown = CHECKED[1]
        .all()
        .iter()
        .filter(|sample| Html::parse_document(&sample.html).root_element().text().collect::<String>().contains(NASTY))
        .count();
    assert!(shown > 50, "the hostile text is shown on {shown} pages only, so the check above looks at too little");
}

#[test]
fn every_sentence_on_a_page_comes_from_the_catalogue() {
    every_page(|_, page, wrong| {
        let text: String = page.root_element().text().collect();
        for word in text.split_whitespace() {
            let is_key = word.split_once('.').is_some_and(|(family, rest)| {
                [
                    "shell", "nav", "users", "user", "seal", "refused", "audit", "access", "table", "filter", "login",
                    "account", "points", "status", "problem", "orders", "order", "refund", "refunds", "cancel",
                    "shipping", "retry", "closed", "done", "note", "needs", "event", "carrier", "field", "action",
                    "refusal", "batches", "run", "runs", "job", "rerun", "resolve", "normal", "pause", "start",
                    "param", "staff", "person", "invite", "reset", "restrict", "networks",
                ]
                .contains(&family)
                    && rest.bytes().all(|b| b.is_ascii_lowercase() || b == b'-' || b == b'.')
                    && !rest.is_empty()
            });
            // Kinds of change are shown as they are, on purpose.
            if is_key && !["points.adjust", "users.status", "orders.refund", "orders.cancel"].contains(&word) {
                wrong.push(format!("a key shows: {word}"));
            }
        }
        // The command of a job is shown as its definition has it, and of what is in an address only what can be seen.
        let seen = crate::text::shown(NASTY);
        if text.replace(NASTY, "").replace(&seen, "").replace("{date}", "").contains(['{', '}'])
            && !text.contains("\"seq\"")
            && !text.contains("\"n\"")
        {
            wrong.push("a placeholder was not filled".into());
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
