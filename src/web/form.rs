//! A posted form, read strictly: every key is one of those the form has, and occurs once.

use super::malformed::Malformed;

/// The fields of a form as they were typed.
#[derive(Clone, Debug, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    pub fn read(body: &[u8], allowed: &[&str]) -> Result<Self, Malformed> {
        let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(body).map_err(|_| Malformed::NotAForm)?;
        let unknown = fields.iter().filter(|(name, _)| !allowed.contains(&name.as_str())).count();
        if unknown > 0 {
            return Err(Malformed::Unknown { fields: unknown });
        }
        for (n, (name, value)) in fields.iter().enumerate() {
            if fields.iter().take(n).any(|(earlier, _)| earlier == name) {
                return Err(Malformed::Repeated { field: name.clone() });
            }
            // Bytes that are no UTF-8, lone surrogates among them, arrive as the replacement character.
            if value.contains('\u{fffd}') {
                return Err(Malformed::NotText { field: name.clone() });
            }
        }
        Ok(Self(fields))
    }

    /// A form that was read before, and kept.
    pub(crate) fn kept(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// All of it.
    pub(crate) fn fields(&self) -> &[(String, String)] {
        &self.0
    }

    /// A field as it was typed; empty where it is not there.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// A field as it was typed, or `default` where it was not posted at all.
    pub fn or<'a>(&'a self, name: &str, default: &'a str) -> &'a str {
        if self.has(name) { self.get(name) } else { default }
    }

    /// Whether the field was posted at all.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// The names of the fields that were posted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// A field without the spaces around it.
    pub fn trimmed(&self, name: &str) -> &str {
        self.get(name).trim()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_form_with_other_keys_or_one_twice_is_no_form() {
        let read = |body: &str| Form::read(body.as_bytes(), &["amount", "code"]);
        assert_eq!(read("amount=1+000&code=%31").unwrap().get("amount"), "1 000");
        assert_eq!(read("").unwrap().get("amount"), "");
        for bad in [
            "amount=1&amount=999",
            "amount=1&role=owner",
            "amount=%FF",
            "amount=%ED%A0%80",
            "=x",
            "Amount=1",
            "amount%00=1",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_log_is_told_what_is_wrong_and_not_what_was_typed() {
        let told = |body: &str| Form::read(body.as_bytes(), &["amount", "code"]).unwrap_err().refusal().word();
        assert_eq!(told("amount=1&amount=999"), "form-malformed fault=repeated-field field=amount");
        assert_eq!(told("amount=1&role=owner&secret=x"), "form-malformed fault=unknown-field fields=2");
        assert_eq!(told("code=%FF123"), "form-malformed fault=not-text field=code");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Form::read(&body, &["a"]);
        }
    }
}
