//! Addresses of pages with filters.

/// `path` with the fields that are not empty.
pub(crate) fn link(path: &str, fields: &[(&str, &str)]) -> String {
    let set: Vec<_> = fields.iter().filter(|(_, value)| !value.is_empty()).collect();
    match serde_urlencoded::to_string(&set) {
        Ok(query) if !query.is_empty() => format!("{path}?{query}"),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::link;

    #[test]
    fn only_what_is_set_is_in_an_address() {
        assert_eq!(link("/audit", &[("staff", ""), ("text", "")]), "/audit");
        assert_eq!(
            link("/audit", &[("staff", "7"), ("text", "50% & 배송")]),
            "/audit?staff=7&text=50%25+%26+%EB%B0%B0%EC%86%A1"
        );
    }
}
