//! Where the sentences on a page come from.

use super::{every_page, samples::NASTY};

const CATALOGUE: &str = include_str!("../../../src/web/words/en.toml");

#[test]
fn every_sentence_on_a_page_comes_from_the_catalogue() {
    let catalogue: toml::Table = toml::from_str(CATALOGUE).unwrap();
    every_page(|_, page, wrong| {
        let text: String = page.root_element().text().collect();
        for word in text.split_whitespace() {
            let is_key = word.split_once('.').is_some_and(|(family, rest)| {
                catalogue.contains_key(family)
                    && rest.bytes().all(|b| b.is_ascii_lowercase() || b == b'-' || b == b'.')
                    && !rest.is_empty()
            });
            // Kinds of change are shown as they are, on purpose.
            if is_key && !["points.adjust", "users.status", "orders.refund", "orders.cancel"].contains(&word) {
                wrong.push(format!("a key shows: {word}"));
            }
        }
        // The command of a job is shown as its definition has it.
        if text.replace(NASTY, "").replace("{date}", "").contains(['{', '}']) && !text.contains("\"seq\"") {
            wrong.push("a placeholder was not filled".into());
        }
    });
}
