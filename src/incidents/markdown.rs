//! Markdown of a postmortem as HTML.
//!
//! What is shown is made of the events of the parser, and each kind of element that may come out is named here: no HTML of the text is
//! taken over, so there is none to clean. Images are links, links lead to a few schemes only, and headings begin below those of the page.

use askama::filters::HtmlSafe;
use pulldown_cmark::{CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html};
use std::fmt;

/// A text as HTML that holds nothing harmful.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rendered(String);

// Only `render` makes one.
impl HtmlSafe for Rendered {}

impl fmt::Display for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text as HTML.
pub(crate) fn render(text: &str) -> Rendered {
    let parser = Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let mut out = String::with_capacity(text.len().saturating_mul(2));
    html::push_html(&mut out, parser.filter_map(plain));
    Rendered(out)
}

/// An event that holds nothing harmful; none where nothing is to be shown.
fn plain(event: Event<'_>) -> Option<Event<'_>> {
    Some(match event {
        // HTML in the text is text.
        Event::Html(text) | Event::InlineHtml(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
            Event::Text(text)
        }
        Event::Start(tag) => Event::Start(start(tag)?),
        Event::End(tag) => Event::End(end(tag)?),
        Event::FootnoteReference(_) | Event::TaskListMarker(_) => return None,
        event @ (Event::Text(_) | Event::Code(_) | Event::SoftBreak | Event::HardBreak | Event::Rule) => event,
    })
}

fn start(tag: Tag<'_>) -> Option<Tag<'_>> {
    Some(match tag {
        Tag::Heading { level, .. } => {
            Tag::Heading { level: lower(level), id: None, classes: Vec::new(), attrs: Vec::new() }
        }
        // An image of another host would tell it who reads: it is a link to be followed.
        Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => Tag::Link {
            link_type: LinkType::Inline,
            dest_url: followed(dest_url),
            title: CowStr::Borrowed(""),
            id: CowStr::Borrowed(""),
        },
        // What a fence calls its language would be a class.
        Tag::CodeBlock(_) => Tag::CodeBlock(pulldown_cmark::CodeBlockKind::Indented),
        Tag::HtmlBlock => Tag::Paragraph,
        Tag::BlockQuote(_) => Tag::BlockQuote(None),
        tag @ (Tag::Paragraph
        | Tag::List(_)
        | Tag::Item
        | Tag::Table(_)
        | Tag::TableHead
        | Tag::TableRow
        | Tag::TableCell
        | Tag::Emphasis
        | Tag::Strong
        | Tag::Strikethrough) => tag,
        _ => return None,
    })
}

fn end(tag: TagEnd) -> Option<TagEnd> {
    Some(match tag {
        TagEnd::Heading(level) => TagEnd::Heading(lower(level)),
        TagEnd::Link | TagEnd::Image => TagEnd::Link,
        TagEnd::HtmlBlock => TagEnd::Paragraph,
        TagEnd::BlockQuote(_) => TagEnd::BlockQuote(None),
        tag @ (TagEnd::Paragraph
        | TagEnd::CodeBlock
        | TagEnd::List(_)
        | TagEnd::Item
        | TagEnd::Table
        | TagEnd::TableHead
        | TagEnd::TableRow
        | TagEnd::TableCell
        | TagEnd::Emphasis
        | TagEnd::Strong
        | TagEnd::Strikethrough) => tag,
        _ => return None,
    })
}

/// The headings of the page end at the second level.
fn lower(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        HeadingLevel::H4 | HeadingLevel::H5 | HeadingLevel::H6 => HeadingLevel::H6,
    }
}

/// An address that may be followed; what may not leads nowhere.
fn followed(address: CowStr<'_>) -> CowStr<'_> {
    let lower = address.trim().to_ascii_lowercase();
    let is_page = lower.starts_with('/') && !lower.starts_with("//") && !lower.starts_with("/\\");
    let is_known = ["https://", "http://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme));
    if is_page || is_known || lower.starts_with('#') { address } else { CowStr::Borrowed("#") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use scraper::Html;

    const ELEMENTS: &[&str] = &[
        "html",
        "p",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "em",
        "strong",
        "del",
        "a",
        "pre",
        "code",
        "blockquote",
        "br",
        "hr",
    ];

    /// What a browser's parser makes of it, where that is not in the list.
    fn harmful(text: &str) -> Vec<String> {
        let html = Html::parse_fragment(&render(text).to_string());
        let mut odd = Vec::new();
        for element in html.root_element().descendants().filter_map(scraper::ElementRef::wrap) {
            let name = element.value().name();
            if !ELEMENTS.contains(&name) {
                odd.push(format!("<{name}>"));
            }
            for (attribute, value) in element.value().attrs() {
                let is_right = match (name, attribute) {
                    ("a", "href") => {
                        let value = value.to_ascii_lowercase();
                        let starts = |known: &str| value.starts_with(known);
                        starts("https://")
                            || starts("http://")
                            || starts("mailto:")
                            || starts("#")
                            || starts("/") && !starts("//")
                    }
                    ("ol", "start") => value.parse::<u64>().is_ok(),
                    ("th" | "td", "style") => {
                        matches!(value, "text-align: left" | "text-align: center" | "text-align: right")
                    }
                    _ => false,
                };
                if !is_right {
                    odd.push(format!("{name} {attribute}={value}"));
                }
            }
        }
        odd
    }

    #[test]
    fn what_is_written_is_shown() {
        let html =
            render("# Title\n\nA **bold** [run](/runs/1842) and `code`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- one\n")
                .to_string();
        for part in
            ["<h3>Title</h3>", "<strong>bold</strong>", "<a href=\"/runs/1842\">run</a>", "<td>1</td>", "<li>one</li>"]
        {
            assert!(html.contains(part), "{part}: {html}");
        }
    }

    #[test]
    fn nothing_harmful_comes_of_hostile_texts() {
        for text in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "![](https://evil.example/pixel.gif)",
            "![x\" onerror=\"alert(1)](x)",
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](&#106;avascript:alert(1))",
            "[x](\tjavascript:alert(1))",
            "[x](data:text/html,<script>1</script>)",
            "[x](//evil.example)",
            "[x](/\\evil.example)",
            "<javascript:alert(1)>",
            "[x][1]\n\n[1]: javascript:alert(1) \"t\"",
            "```\"><script>\nx\n```",
            "# x {#id .class onclick=alert(1)}",
            "<style>*{display:none}</style>",
            "<iframe src=//evil.example>",
            "<!-- --><svg onload=alert(1)>",
            "</section></main><form action=//evil.example>",
            "a\n<div>\n<script>x</script>\n</div>\nb",
        ] {
            assert_eq!(harmful(text), [] as [String; 0], "{text}: {}", render(text));
        }
        let html = render("![the chart](https://evil.example/pixel.gif)").to_string();
        assert_eq!(html, "<p><a href=\"https://evil.example/pixel.gif\">the chart</a></p>\n");
        assert!(render("a <script>b</script>").to_string().contains("&lt;script&gt;"));
    }

    proptest! {
        #[test]
        fn nothing_harmful_comes_of_any_text(text in "([<>\\[\\]()!\"'`#|:/\\\\&;= \n-]|script|javascript:|onerror=|img|svg|a|href|data:|//|\\PC){0,40}") {
            prop_assert_eq!(harmful(&text), Vec::<String>::new());
        }
    }
}
