//! The cursor on a page that comes back with something to correct: in the first faulty field, in the order of the page.

/// What templates write at a faulty field (`aria` in templates/parts.html). Text that came from outside holds no such quotes.
const FAULT: &str = " aria-invalid=\"true\"";

/// Puts the cursor into the first field that is marked as faulty. Where there is one, templates put it nowhere else.
pub(super) fn on_first_fault(mut html: String) -> String {
    if let Some(at) = html.find(FAULT) {
        html.insert_str(at, " autofocus");
    }
    html
}

#[cfg(test)]
mod tests {
    use super::on_first_fault;

    #[test]
    fn the_first_faulty_field_has_the_cursor_and_text_is_left_alone() {
        let html = |cursor: &str| {
            format!(
                "<textarea>a=&quot; aria-invalid=&quot;true&quot; autofocus</textarea>\
                 <input id=\"a\"{cursor} aria-invalid=\"true\"><input id=\"b\" aria-invalid=\"true\">"
            )
        };
        assert_eq!(on_first_fault(html("")), html(" autofocus"));
        assert_eq!(on_first_fault("<p>nothing wrong</p>".to_owned()), "<p>nothing wrong</p>");
    }
}
