//! The cursor on a page that comes back with something to correct: in the first faulty field, in the order of the page.

/// What templates write at a faulty field (`aria` in templates/parts.html). Text that came from outside holds no such quotes.
const FAULT: &str = " aria-invalid=\"true\"";
/// What templates write at a note that says what was refused (`seal_alert` and `note` there).
const NOTE: &str = "<div class=\"note\" data-tone=\"bad\" role=\"alert\"";

/// Puts the cursor into the first field that is marked as faulty. Where there is one, templates put it nowhere else. A field that takes no
/// input, as that of a code while the authenticator is locked, takes no cursor either: the note that says why has it then.
pub(super) fn on_first_fault(mut html: String) -> String {
    let mut is_faulty = false;
    let usable = html.match_indices(FAULT).map(|(at, _)| at).find(|at| {
        is_faulty = true;
        !is_disabled(&html, *at)
    });
    if let Some(at) = usable {
        html.insert_str(at, " autofocus");
    } else if is_faulty && let Some(at) = html.find(NOTE) {
        html.insert_str(at + NOTE.len(), " tabindex=\"-1\" autofocus");
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

    #[test]
    fn a_disabled_field_leaves_the_cursor_to_the_next_fault_or_to_the_note_that_says_why() {
        let html = |note: &str, next: &str| {
            format!(
                "<div class=\"note\" data-tone=\"bad\" role=\"alert\"{note}>locked</div><input disabled aria-invalid=\"true\">{next}"
            )
        };
        let next = |cursor: &str| format!("<textarea{cursor} aria-invalid=\"true\"></textarea>");
        assert_eq!(on_first_fault(html("", &next(""))), html("", &next(" autofocus")));
        assert_eq!(on_first_fault(html("", "")), html(" tabindex=\"-1\" autofocus", ""));
    }
}
