//! What is wrong with a form, field by field.

use crate::web::words::{Message, Words};

/// The fields of a form that cannot be taken as they are, each with what to do about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<(&'static str, Message)>);

impl FieldErrors {
    pub fn new() -> Self {
        Self::default()
    }

    /// Only the first thing wrong with a field is kept: one is enough to mend at a time.
    pub fn add(&mut self, field: &'static str, message: Message) {
        if !self.has(field) {
            self.0.push((field, message));
        }
    }

    /// Takes over what is wrong according to another check.
    pub fn extend(&mut self, other: Self) {
        for (field, message) in other.0 {
            self.add(field, message);
        }
    }

    /// The same for a single error.
    pub fn one(field: &'static str, message: Message) -> Self {
        Self(vec![(field, message)])
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn has(&self, field: &str) -> bool {
        self.0.iter().any(|(name, _)| *name == field)
    }

    /// What is said of other fields than these, for a form that does not have them.
    pub(crate) fn beside(&self, fields: &[&str], words: &Words) -> Vec<String> {
        let others = self.0.iter().filter(|(name, _)| !fields.contains(name));
        others.map(|(_, message)| message.say(*words)).collect()
    }

    pub fn say(&self, field: &str, words: &Words) -> Option<String> {
        self.0.iter().find(|(name, _)| *name == field).map(|(_, message)| message.say(*words))
    }

    /// The status of a list whose filters these are wrong with: a question that has no answer by its own words, such as days in
    /// reverse, is answered with none of them and why, and no mistake of the request.
    pub(crate) fn status_of_list(&self) -> u16 {
        let empty = [wrong::reversed_days(), wrong::reversed_amounts(), wrong::no_such_order(), wrong::no_such_staff()];
        if self.0.iter().all(|(_, message)| empty.contains(message)) { 200 } else { 422 }
    }
}

/// The sentences a check may say about a field. The catalogue holds each under `field-error.`; a constructor per
/// sentence keeps its arguments from being forgotten.
pub(crate) mod wrong {
    use super::Message;
    use crate::{gate::RefusalWord, money::Currency};

    /// What the gate would refuse with this word, said before the form is submitted.
    pub(crate) fn refused(word: RefusalWord) -> Message {
        Message::new(format!("field-error.{word}"))
    }

    pub(crate) fn required() -> Message {
        Message::new("field-error.required")
    }
    pub(crate) fn old_page() -> Message {
        Message::new("field-error.old-page")
    }
    pub(crate) fn too_short(min: usize) -> Message {
        Message::new("field-error.too-short").arg("min", min)
    }
    pub(crate) fn too_long(max: usize) -> Message {
        Message::new("field-error.too-long").arg("max", max)
    }
    pub(crate) fn control_characters() -> Message {
        Message::new("field-error.control-characters")
    }
    pub(crate) fn not_a_choice() -> Message {
        Message::new("field-error.not-a-choice")
    }
    /// Not a positive whole number.
    pub(crate) fn not_an_amount() -> Message {
        Message::new("field-error.not-an-amount")
    }
    /// Not a whole number of things.
    pub(crate) fn not_a_count() -> Message {
        Message::new("field-error.not-a-count")
    }
    /// Not a positive amount in the currency at hand.
    /// The example is written as amounts of this currency are.
    pub(crate) fn not_money(currency: Currency) -> Message {
        let example = currency.amount(currency.scale().saturating_mul(12_300)).shown();
        Message::new("field-error.not-money").arg("example", example)
    }
    /// More than the ledger can hold.
    pub(crate) fn too_large() -> Message {
        Message::new("field-error.too-large")
    }
    pub(crate) fn not_a_code() -> Message {
        Message::new("field-error.not-a-code")
    }
    pub(crate) fn not_an_address() -> Message {
        Message::new("field-error.not-an-address")
    }
    pub(crate) fn not_rows() -> Message {
        Message::new("field-error.not-rows")
    }
    pub(crate) fn not_a_day() -> Message {
        Message::new("field-error.not-a-day")
    }
    /// The last day of a range is before its first.
    pub(crate) fn reversed_days() -> Message {
        Message::new("field-error.reversed-days")
    }
    /// The largest amount of a range is below its smallest.
    pub(crate) fn reversed_amounts() -> Message {
        Message::new("field-error.reversed-amounts")
    }
    /// No order has the number of which the log was asked.
    pub(crate) fn no_such_order() -> Message {
        Message::new("field-error.no-such-order")
    }
    /// No member of staff has the e-mail address of which the log was asked.
    pub(crate) fn no_such_staff() -> Message {
        Message::new("field-error.no-such-staff")
    }
    pub(crate) fn not_a_zone() -> Message {
        Message::new("field-error.not-a-zone")
    }
    /// Nothing an order can be found by; perhaps a person.
    pub(crate) fn not_an_order_term() -> Message {
        Message::new("field-error.not-an-order-term")
    }
    /// A search for nothing but punctuation.
    pub(crate) fn nothing_to_search() -> Message {
        Message::new("field-error.nothing-to-search")
    }
    pub(crate) fn common_password() -> Message {
        Message::new("field-error.common-password")
    }
    pub(crate) fn password_differs() -> Message {
        Message::new("field-error.password-differs")
    }
    /// The password is the one in use already.
    pub(crate) fn password_same() -> Message {
        Message::new("field-error.password-same")
    }
    /// A network with more digits than its prefix covers.
    pub(crate) fn not_a_whole_network(line: &str, net: impl std::fmt::Display) -> Message {
        Message::new("field-error.not-a-whole-network").arg("line", line).arg("net", net)
    }
    /// A network that is half of the internet.
    pub(crate) fn limit_too_wide(line: &str) -> Message {
        Message::new("field-error.limit-too-wide").arg("line", line)
    }
    pub(crate) fn too_many_networks(max: usize) -> Message {
        Message::new("field-error.too-many-networks").arg("max", max)
    }
}
