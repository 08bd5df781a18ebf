//! The cursor on a page that comes back with something to correct: in the first faulty field, in the order of the page.

/// What templates write at a faulty field (`aria` in templates/parts.html). Text that came from outside holds no such quotes.
const FAULT: &str = " aria-invalid=\"true\"";

/// Puts the cursor into the first field that is marked as faulty. Where there is one, templates put it nowhere else, except where the field
/// takes no input: that of a code while the authenticator is locked.
pub(super) fn on_first_fault(mut html: String) -> String {
    let usable = html.match_indices(FAULT).map(|(at, _)| at).find(|at| !is_disabled(&html, *at));
    if let Some(at) = usable {
        html.insert_str(at, " autofocus");
    }
    html
}

/// Whether the tag that goes on at `at` is that of a disabled field.
fn is_disabled(html: &str, at: usize) -> bool {
    let before = html.get(..at).unwrap_or_default();
    before.rfind('<').and_then(|from| before.get(from..)).is_some_and(|tag| tag.contains(" disabled"))
}

#[cfg(test)]
mod tests {
    use super::on_first_fault;

    #[test]
    fn the_first_faulty_field_that_takes_input_has_the_cursor_and_text_is_left_alone() {
        let html = |cursor: &str| {
            format!(
                "<textarea>a=&quot; aria-invalid=&quot;true&quot; autofocus</textarea><input disabled aria-invalid=\"true\">\
                 <input id=\"a\"{cursor} aria-invalid=\"true\"><input id=\"b\" aria-invalid=\"true\">"
            )
        };
        assert_eq!(on_first_fault(html("")), html(" autofocus"));
        for nothing in ["<p>nothing wrong</p>", "<input disabled aria-invalid=\"true\">"] {
            assert_eq!(on_first_fault(nothing.to_owned()), nothing);
        }
    }
}
