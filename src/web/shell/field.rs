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

    pub fn say(&self, field: &str, words: &Words) -> Option<String> {
        self.0.iter().find(|(name, _)| *name == field).map(|(_, message)| message.say(*words))
    }

    /// Where the cursor belongs when the page comes back.
    pub fn first(&self) -> Option<&'static str> {
        self.0.first().map(|(field, _)| *field)
    }
}

/// The sentences a check may say about a field. The catalogue holds each under `field-error.`; a constructor per
/// sentence keeps its arguments from being forgotten.
pub mod wrong {
    use super::Message;
    use crate::digits::group;

    pub fn required() -> Message {
        Message::new("field-error.required")
    }
    pub fn too_short(min: usize) -> Message {
        Message::new("field-error.too-short").arg("min", min)
    }
    pub fn too_long(max: usize) -> Message {
        Message::new("field-error.too-long").arg("max", max)
    }
    pub fn control_characters() -> Message {
        Message::new("field-error.control-characters")
    }
    pub fn not_a_choice() -> Message {
        Message::new("field-error.not-a-choice")
    }
    /// Not a positive whole number.
    pub fn not_an_amount() -> Message {
        Message::new("field-error.not-an-amount")
    }
    /// Not a whole number of things.
    pub fn not_a_count() -> Message {
        Message::new("field-error.not-a-count")
    }
    /// Not a positive amount in the currency at hand.
    pub fn not_money() -> Message {
        Message::new("field-error.not-money")
    }
    /// More than the ledger can hold.
    pub fn too_large() -> Message {
        Message::new("field-error.too-large")
    }
    /// More points than the customer has.
    pub fn more_than_balance(balance: i64) -> Message {
        Message::new("field-error.more-than-balance").arg("balance", group(balance))
    }
    /// Neither lines nor shipping nor an amount.
    pub fn nothing_to_refund() -> Message {
        Message::new("field-error.nothing-to-refund")
    }
    /// More units than the line has left.
    pub fn more_than_left(line: &str, left: &str) -> Message {
        Message::new("field-error.more-than-left").arg("line", line).arg("left", left)
    }
    pub fn more_than_refundable(left: &str) -> Message {
        Message::new("field-error.more-than-refundable").arg("left", left)
    }
    pub fn more_than_payment(payment: &str, left: &str) -> Message {
        Message::new("field-error.more-than-payment").arg("payment", payment).arg("left", left)
    }
    /// The parts for the payments do not add up to the whole.
    pub fn split_differs(amount: &str, sum: &str) -> Message {
        Message::new("field-error.split-differs").arg("amount", amount).arg("sum", sum)
    }
    pub fn shipping_refunded() -> Message {
        Message::new("field-error.shipping-refunded")
    }
    /// Another amount than the goods come to wants a reason of its own.
    pub fn why_override() -> Message {
        Message::new("field-error.why-override")
    }
    pub fn not_a_tracking_number() -> Message {
        Message::new("field-error.not-a-tracking-number")
    }
    /// The parcel has this number already.
    pub fn tracking_same() -> Message {
        Message::new("field-error.tracking-same")
    }
    /// The status chosen is the one the account has already.
    pub fn already_so() -> Message {
        Message::new("field-error.already-so")
    }
    pub fn not_a_network() -> Message {
        Message::new("field-error.not-a-network")
    }
    /// `10.0.0.1/8`: what was perhaps meant.
    pub fn host_bits(meant: &str) -> Message {
        Message::new("field-error.host-bits").arg("meant", meant)
    }
    pub fn network_too_wide() -> Message {
        Message::new("field-error.network-too-wide")
    }
    pub fn network_known(net: &str) -> Message {
        Message::new("field-error.network-known").arg("net", net)
    }
    /// The form says what there is already.
    pub fn nothing_differs() -> Message {
        Message::new("field-error.nothing-differs")
    }
    /// A box that has to be ticked for this network.
    pub fn not_confirmed(net: &str) -> Message {
        Message::new("field-error.not-confirmed").arg("net", net)
    }
    pub fn not_an_expiry() -> Message {
        Message::new("field-error.not-an-expiry")
    }
    /// The person who sends the form would be shut out.
    pub fn shuts_you_out() -> Message {
        Message::new("field-error.shuts-you-out")
    }
    pub fn not_a_code() -> Message {
        Message::new("field-error.not-a-code")
    }
    pub fn not_an_email() -> Message {
        Message::new("field-error.not-an-email")
    }
    pub fn not_an_address() -> Message {
        Message::new("field-error.not-an-address")
    }
    pub fn not_a_day() -> Message {
        Message::new("field-error.not-a-day")
    }
    pub fn not_a_zone() -> Message {
        Message::new("field-error.not-a-zone")
    }
    /// Nothing an order can be found by; perhaps a person.
    pub fn not_an_order_term() -> Message {
        Message::new("field-error.not-an-order-term")
    }
    /// A search for nothing but punctuation.
    pub fn nothing_to_search() -> Message {
        Message::new("field-error.nothing-to-search")
    }
    pub fn common_password() -> Message {
        Message::new("field-error.common-password")
    }
    pub fn password_differs() -> Message {
        Message::new("field-error.password-differs")
    }
    /// The password is the one in use already.
    pub fn password_same() -> Message {
        Message::new("field-error.password-same")
    }
    pub fn password_wrong() -> Message {
        Message::new("field-error.password-wrong")
    }
    /// The code of the new authenticator does not fit the secret shown.
    pub fn new_code_wrong() -> Message {
        Message::new("field-error.new-code-wrong")
    }
    /// A staff account with this address exists already.
    pub fn staff_exists() -> Message {
        Message::new("field-error.staff-exists")
    }
    /// The staff account with this address is disabled.
    pub fn staff_left() -> Message {
        Message::new("field-error.staff-left")
    }
    pub fn no_role() -> Message {
        Message::new("field-error.no-role")
    }
    /// A network with more digits than its prefix covers.
    pub fn not_a_whole_network(line: &str, net: impl std::fmt::Display) -> Message {
        Message::new("field-error.not-a-whole-network").arg("line", line).arg("net", net)
    }
    /// A network that is half of the internet.
    pub fn limit_too_wide(line: &str) -> Message {
        Message::new("field-error.limit-too-wide").arg("line", line)
    }
    pub fn too_many_networks(max: usize) -> Message {
        Message::new("field-error.too-many-networks").arg("max", max)
    }
}
