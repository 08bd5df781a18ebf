use super::{Browser, Page, browser::encode};
use scraper::{ElementRef, Html, Selector};

/// A form as it is on a page, with what a browser would send if it were sent now.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    browser: Browser,
    method: String,
    action: String,
    /// What the page that it is on lets a browser say of where a request comes from.
    origin: String,
    fields: Vec<(String, String)>,
    /// What radio buttons, selects and checkboxes can be set to.
    choices: Vec<(String, String)>,
    /// Texts that are empty and boxes that are not ticked are settable too.
    names: Vec<String>,
}

pub(super) fn selector(text: &str) -> Selector {
    Selector::parse(text).unwrap_or_else(|error| panic!("{text} is no selector: {error}"))
}

impl Form {
    pub(super) fn read(page: &Page, document: &Html, form: ElementRef<'_>) -> Self {
        let here = page.path.split('?').next().unwrap_or_default();
        let action = match form.attr("action").unwrap_or_default() {
            "" => page.path.clone(),
            query if query.starts_with('?') => format!("{here}{query}"),
            action => action.to_owned(),
        };
        let mut read = Self {
            browser: page.browser.clone(),
            method: form.attr("method").unwrap_or("get").to_ascii_uppercase(),
            action,
            origin: page.origin_of_posts(),
            fields: Vec::new(),
            choices: Vec::new(),
            names: Vec::new(),
        };
        let is_of_this_form = |control: &ElementRef<'_>| match control.attr("form") {
            Some(id) => form.attr("id") == Some(id),
            None => control.ancestors().any(|ancestor| ancestor.id() == form.id()),
        };
        for control in document.select(&selector("input[name], select[name], textarea[name]")).filter(is_of_this_form) {
            if control.attr("disabled").is_none() && !is_in_disabled_fieldset(control) {
                read.take(control);
            }
        }
        read
    }

    /// A form that is on no page, as one that was kept or put together by hand.
    pub(crate) fn bare(browser: &Browser, action: &str, fields: &[(String, String)]) -> Self {
        Self {
            browser: browser.clone(),
            method: "POST".to_owned(),
            action: action.to_owned(),
            origin: browser.origin(),
            fields: fields.to_vec(),
            choices: Vec::new(),
            names: Vec::new(),
        }
    }

    fn take(&mut self, control: ElementRef<'_>) {
        let name = control.attr("name").unwrap_or_default().to_owned();
        match (control.value().name(), control.attr("type").unwrap_or("text")) {
            ("input", "submit" | "button" | "reset" | "image" | "file") => return,
            ("input", "radio" | "checkbox") => {
                let value = control.attr("value").unwrap_or("on").to_owned();
                self.choices.push((name.clone(), value.clone()));
                if control.attr("checked").is_some() {
                    self.fields.push((name.clone(), value));
                }
            }
            ("select", _) => {
                let options: Vec<_> = control.select(&selector("option")).collect();
                let value = |option: &ElementRef<'_>| match option.attr("value") {
                    Some(value) => value.to_owned(),
                    None => option.text().collect::<String>().trim().to_owned(),
                };
                self.choices.extend(options.iter().map(|option| (name.clone(), value(option))));
                let chosen = options.iter().rfind(|option| option.attr("selected").is_some());
                if let Some(option) = chosen.or(options.first()) {
                    self.fields.push((name.clone(), value(option)));
                }
            }
            ("textarea", _) => self.fields.push((name.clone(), control.text().collect())),
            _ => self.fields.push((name.clone(), control.attr("value").unwrap_or_default().to_owned())),
        }
        self.names.push(name);
    }

    /// What would be sent under `name` now.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// All that would be sent now.
    pub(crate) fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    pub(crate) fn action(&self) -> &str {
        &self.action
    }

    /// Fills in or chooses, as a person could.
    ///
    /// # Panics
    /// When the form has no such field, or the field offers no such choice.
    #[must_use]
    pub(crate) fn set(self, name: &str, value: &str) -> Self {
        assert!(self.names.iter().any(|field| field == name), "no field {name} in {:?}", self.names);
        let offered: Vec<_> = self.choices.iter().filter(|(field, _)| field == name).map(|(_, value)| value).collect();
        assert!(offered.is_empty() || offered.iter().any(|choice| *choice == value), "{name} offers only {offered:?}");
        self.forge(name, value)
    }

    /// Puts `value` under `name`, even if the form does not offer it, as an attacker could.
    #[must_use]
    pub(crate) fn forge(mut self, name: &str, value: &str) -> Self {
        match self.fields.iter_mut().find(|(field, _)| field == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// Sends `name` once more.
    #[must_use]
    pub(crate) fn duplicate(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends the form to another address than its own, as a button with `formaction` does.
    #[must_use]
    pub(crate) fn to(mut self, action: &str) -> Self {
        action.clone_into(&mut self.action);
        self
    }

    /// Leaves `name` out.
    #[must_use]
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(field, _)| field != name);
        self
    }

    /// The request that a browser would make of it, for those who want to change a header first.
    pub(crate) fn request(&self) -> super::Request {
        // HTML sends every line break as two characters, on every system.
        let lines = |text: &str| text.replace("\r\n", "\n").replace('\n', "\r\n");
        let fields: Vec<_> = self.fields.iter().map(|(name, value)| (name.clone(), lines(value))).collect();
        if self.method == "GET" {
            let path = self.action.split('?').next().unwrap_or_default();
            return self.browser.request("GET", &format!("{path}?{}", encode(&fields)));
        }
        self.browser.request(&self.method, &self.action).header("origin", &self.origin).form(&fields)
    }

    /// Sends the form. The answer is what comes back at once, usually a 303: [`Page::follow`] goes on from there.
    pub(crate) fn submit(&self) -> Page {
        self.request().send()
    }
}

fn is_in_disabled_fieldset(control: ElementRef<'_>) -> bool {
    control
        .ancestors()
        .filter_map(ElementRef::wrap)
        .any(|element| element.value().name() == "fieldset" && element.attr("disabled").is_some())
}
