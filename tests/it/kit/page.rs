use super::{Browser, Form, form::selector};
use scraper::{ElementRef, Html};
use std::fmt;

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) browser: Browser,
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from {} {:?}: {}", self.status, self.path, self.location(), self.says("main"))
    }
}

impl Page {
    /// The only or first line of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.header_lines(name).next()
    }

    pub(crate) fn header_lines(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers
            .iter()
            .filter(move |(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Where a redirect leads to.
    pub(crate) fn location(&self) -> Option<&str> {
        self.header("location")
    }

    /// Goes where the answer leads, as a browser does by itself.
    pub(crate) fn follow(&self) -> Self {
        let to = self.location().unwrap_or_else(|| panic!("leads nowhere: {self}"));
        let origin = self.browser.origin();
        self.browser.get(to.strip_prefix(origin.as_str()).unwrap_or(to))
    }

    /// The body as it came.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn html(&self) -> Html {
        Html::parse_document(&self.text())
    }

    /// What a person reads in the first element that `css` selects, or in the whole page where none is: words, each with
    /// one space between.
    pub(crate) fn says(&self, css: &str) -> String {
        let html = self.html();
        words(html.select(&selector(css)).next().unwrap_or(html.root_element()))
    }

    /// What each element that `css` selects says.
    pub(crate) fn all(&self, css: &str) -> Vec<String> {
        self.html().select(&selector(css)).map(words).collect()
    }

    /// An attribute of each element that `css` selects.
    pub(crate) fn attributes(&self, css: &str, attribute: &str) -> Vec<String> {
        let html = self.html();
        html.select(&selector(css)).filter_map(|element| element.attr(attribute)).map(str::to_owned).collect()
    }

    pub(crate) fn has(&self, css: &str) -> bool {
        self.html().select(&selector(css)).next().is_some()
    }

    /// The first form that `css` selects.
    pub(crate) fn form(&self, css: &str) -> Form {
        self.find_form(css).unwrap_or_else(|| panic!("no form {css} in {self}"))
    }

    /// The first form with a field of this name.
    pub(crate) fn form_with(&self, field: &str) -> Form {
        self.form(&format!("form:has([name=\"{field}\"])"))
    }

    /// The first form whose action ends so: `/point-adjustments`.
    pub(crate) fn form_to(&self, action: &str) -> Form {
        self.form(&format!("form[action$=\"{action}\"]"))
    }

    pub(crate) fn find_form(&self, css: &str) -> Option<Form> {
        let html = self.html();
        let form = html.select(&selector(css)).next()?;
        Some(Form::read(self, &html, form))
    }

    /// What a browser sends as `Origin` with a form of this page: a page that allows no referrer makes it `null`.
    pub(super) fn origin_of_posts(&self) -> String {
        let policy = self.header_lines("referrer-policy").last().unwrap_or_default();
        if policy.split(',').next_back().map(str::trim) == Some("no-referrer") {
            "null".to_owned()
        } else {
            self.browser.origin()
        }
    }
}

fn words(element: ElementRef<'_>) -> String {
    let text = element.text().collect::<Vec<_>>().join(" ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
