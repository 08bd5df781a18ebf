//! Lists: what their address can hold, and reading them a page at a time.
//!
//! A list goes along one index and continues after the last row shown, so its address carries filters and a place and never
//! a page number. [`list_query!`](crate::list_query) declares the filters once; [`Page`] and [`walk`] find the rows.

mod page;
pub(crate) mod read;

pub(crate) use page::{Page, WINDOWS, walk};

use super::{
    link::link,
    panel,
    problem_page::Problem,
    shell::{field::FieldErrors, table::Pager},
    words::Message,
};
use crate::zone::Zone;
use serde::Deserialize;
use std::{fmt::Display, str::FromStr};

/// The filters of a list as they were typed, and the place it continues from. Made by [`list_query!`](crate::list_query).
pub(crate) trait ListQuery: Clone {
    /// What the filters mean.
    type Meant;
    /// The address of the list.
    const PATH: &'static str;
    /// What the address calls the place: `before`, `after`.
    const PLACE: &'static str;

    /// The query of a list that has panels beside it, whose address names more than filters.
    fn beside_panels(query: &panel::Query) -> Self;

    /// The filters in the order of the address.
    fn fields(&self) -> Vec<(&'static str, &str)>;

    /// What the filters mean, or what is wrong with them, field by field. `is_unset` says which texts do not filter.
    fn meant(&self, zone: Zone, is_unset: fn(&str) -> bool) -> Result<Self::Meant, FieldErrors>;

    /// What filters mean that people type, or what to say at which field. A blank filter does not filter.
    fn read(&self, zone: Zone) -> Result<Self::Meant, FieldErrors> {
        self.meant(zone, |text| text.trim().is_empty())
    }

    /// What filters mean that people only choose, so that a page has no field to say at what is wrong.
    ///
    /// # Errors
    /// 400 where the address holds something that cannot be chosen.
    fn chosen(&self, zone: Zone) -> Result<Self::Meant, Problem> {
        self.meant(zone, str::is_empty).map_err(|_| Problem::BadRequest)
    }

    /// The place as it was typed; empty for the first page.
    fn place_text(&self) -> &str;

    /// A filter as it was typed, by its name in the address.
    fn value(&self, name: &str) -> &str {
        self.fields().into_iter().find(|(field, _)| *field == name).map_or("", |(_, value)| value)
    }

    /// Whether a filter is set to this value.
    fn has(&self, name: &str, value: &str) -> bool {
        self.value(name) == value
    }

    /// The number of filters set.
    fn set(&self) -> i64 {
        let set = self.fields().into_iter().filter(|(_, value)| !value.trim().is_empty()).count();
        i64::try_from(set).unwrap_or(i64::MAX)
    }

    fn is_empty(&self) -> bool {
        self.set() == 0
    }

    /// The place that the list continues from; `None` for the first page.
    ///
    /// # Errors
    /// 400 where the address holds something that is no place.
    fn place<K: FromStr>(&self) -> Result<Option<K>, Problem> {
        match self.place_text() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| Problem::BadRequest),
        }
    }

    /// The address of this list with these filters, from `place` on.
    fn href(&self, place: &str) -> String {
        let mut fields = self.fields();
        fields.push((Self::PLACE, place));
        link(Self::PATH, &fields)
    }

    /// The tabs that choose one of `values` for one filter and keep the others, each from the first page.
    fn tabs(
        &self,
        values: impl IntoIterator<Item = &'static str>,
        filter: impl Fn(&mut Self) -> &mut String,
    ) -> Vec<Tab> {
        let tab = |value: &'static str| {
            let mut query = self.clone();
            let text = filter(&mut query);
            let is_current = text == value;
            value.clone_into(text);
            Tab { value, href: query.href(""), is_current }
        };
        values.into_iter().map(tab).collect()
    }

    /// The link to the page before the one that begins with `first`, which the first page has not.
    fn previous_href(&self, first: Option<impl Display>) -> Option<String> {
        let first = first.filter(|_| !self.place_text().is_empty())?.to_string();
        let mut fields = self.fields();
        fields.push(("after", &first));
        Some(link(Self::PATH, &fields))
    }

    /// The links to the first page and the next one.
    fn pager<K: Display>(&self, next: Option<K>) -> Pager {
        Pager {
            first: (!self.place_text().is_empty()).then(|| self.href("")),
            previous: None,
            next: next.map(|next| self.href(&next.to_string())),
        }
    }
}

/// Where a page ends whose next one begins: asked for by the link to the previous page.
#[derive(Debug, Deserialize)]
pub(crate) struct Back<K> {
    /// The first row of the page that the link is on.
    pub after: Option<K>,
}

/// A value of a filter that is chosen by following a link.
#[derive(Clone, Debug)]
pub(crate) struct Tab {
    /// As in the address; empty for all.
    pub value: &'static str,
    pub href: String,
    pub is_current: bool,
}

/// The links of a list within the page at `path`, which calls its place and its heading `name`. `is_first`: it begins with
/// what the page shows anyway.
pub(crate) fn pager_within<K: Display>(path: &str, name: &str, is_first: bool, next: Option<K>) -> Pager {
    Pager {
        first: (!is_first).then(|| format!("{path}#{name}")),
        previous: None,
        next: next.map(|next| format!("{path}?{name}={next}#{name}")),
    }
}

/// What the readers of filters may ask.
#[derive(Debug)]
pub(crate) struct Reading<'a, F> {
    /// The reader's time zone, in which days are meant.
    pub zone: Zone,
    /// All filters as they were typed.
    pub typed: &'a F,
}

impl<F> Clone for Reading<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Reading<'_, F> {}

/// Reads one filter: what it means, or what is wrong with it.
pub(crate) type ReadFilter<F, T> = fn(&str, Reading<'_, F>) -> Result<T, Message>;

/// Declares the query of a list: its address, what the address calls the place it continues from, and for each filter its
/// name, what it means, and the function that reads it. Gives a struct of texts as typed, which implements
/// `web::list::ListQuery`, and a struct of what they mean, in which a filter that is not set is `None`.
#[macro_export]
macro_rules! list_query {
    (
        $(#[$typed_meta:meta])* typed $typed:ident at $path:literal from $place:literal;
        $(#[$meant_meta:meta])* meant $meant:ident;
        $($(#[$field_meta:meta])* $field:ident: $type:ty = $read:expr;)*
    ) => {
        $(#[$typed_meta])*
        #[derive(Clone, Debug, Default, serde::Deserialize)]
        #[serde(default)]
        pub(crate) struct $typed {
            $($(#[$field_meta])* pub $field: String,)*
            #[serde(rename = $place)]
            pub place: String,
        }

        $(#[$meant_meta])*
        #[derive(Clone, Debug, Default)]
        pub(crate) struct $meant {
            $($(#[$field_meta])* pub $field: Option<$type>,)*
        }

        impl $crate::web::list::ListQuery for $typed {
            type Meant = $meant;
            const PATH: &'static str = $path;
            const PLACE: &'static str = $place;

            fn beside_panels(query: &$crate::web::panel::Query) -> Self {
                Self {
                    $($field: query.get(stringify!($field)).to_owned(),)*
                    place: query.get($place).to_owned(),
                }
            }

            fn fields(&self) -> Vec<(&'static str, &str)> {
                vec![$((stringify!($field), self.$field.as_str())),*]
            }

            fn place_text(&self) -> &str {
                &self.place
            }

            fn meant(
                &self,
                zone: $crate::zone::Zone,
                is_unset: fn(&str) -> bool,
            ) -> Result<$meant, $crate::web::shell::field::FieldErrors> {
                let reading = $crate::web::list::Reading { zone, typed: self };
                let mut errors = $crate::web::shell::field::FieldErrors::new();
                let meant = $meant {
                    $($field: match self.$field.as_str() {
                        text if is_unset(text) => None,
                        text => {
                            let read: $crate::web::list::ReadFilter<Self, $type> = $read;
                            read(text, reading).map_err(|message| errors.add(stringify!($field), message)).ok()
                        }
                    },)*
                };
                if errors.is_empty() { Ok(meant) } else { Err(errors) }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::shell::field::wrong;

    list_query! {
        typed Filter at "/things" from "after";
        meant Wanted;
        name: String = |text, _| Ok(text.to_owned());
        size: i64 = |text, _| text.parse().map_err(|_| wrong::not_a_count());
    }

    fn filter(name: &str, size: &str) -> Filter {
        Filter { name: name.into(), size: size.into(), place: "7".into() }
    }

    #[test]
    fn what_is_wrong_with_a_filter_is_said_at_its_field_or_is_a_bad_request() {
        let zone = Zone::UTC;
        assert!(filter("", "x").read(zone).is_err_and(|errors| errors.has("size") && !errors.has("name")));
        assert!(matches!(filter("", "x").chosen(zone), Err(Problem::BadRequest)));
        let wanted = filter("a", "3").read(zone).unwrap();
        assert_eq!((wanted.name.as_deref(), wanted.size), (Some("a"), Some(3)));
    }

    #[test]
    fn a_blank_is_nothing_where_it_is_typed_and_no_choice_where_it_is_chosen() {
        assert_eq!(filter("", " ").read(Zone::UTC).unwrap().size, None);
        assert!(filter("", " ").chosen(Zone::UTC).is_err());
        assert_eq!(filter("", "").chosen(Zone::UTC).unwrap().size, None);
    }

    #[test]
    fn an_address_keeps_the_filters_and_a_tab_changes_one_of_them() {
        let filter = filter("a b", "3");
        assert_eq!(filter.href("9"), "/things?name=a+b&size=3&after=9");
        let tabs = filter.tabs(["", "3"], |filter| &mut filter.size);
        let tabs: Vec<_> = tabs.iter().map(|tab| (tab.href.as_str(), tab.is_current)).collect();
        assert_eq!(tabs, [("/things?name=a+b", false), ("/things?name=a+b&size=3", true)]);
    }

    #[test]
    fn a_pager_leads_back_from_any_page_but_the_first() {
        let pager = filter("", "3").pager(Some(9));
        assert_eq!(pager.first.as_deref(), Some("/things?size=3"));
        assert_eq!(pager.next.as_deref(), Some("/things?size=3&after=9"));
        assert!(!Filter::default().pager(None::<i64>).is_needed());
        let pager = pager_within("/users/1", "ledger", true, Some(9));
        assert_eq!((pager.first, pager.next.as_deref()), (None, Some("/users/1?ledger=9#ledger")));
    }
}
