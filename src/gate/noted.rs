//! Values as changes note them.

use crate::id::Id;
use serde_json::Value;
use std::{borrow::Cow, collections::BTreeMap};

/// What a change noted, by field.
pub(super) type Fields = BTreeMap<Cow<'static, str>, Noted>;

/// A value in `before` and `after`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Noted {
    Nothing,
    Yes(bool),
    /// Points, minor units, counts. Written as a string: JSON numbers end at 2^53.
    Number(i64),
    Text(String),
}

impl Noted {
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Nothing => Value::Null,
            Self::Yes(yes) => Value::Bool(*yes),
            Self::Number(number) => Value::String(number.to_string()),
            Self::Text(text) => Value::String(text.clone()),
        }
    }
}

/// Money with its currency: `KRW 12300`.
impl From<crate::money::Money> for Noted {
    fn from(money: crate::money::Money) -> Self {
        Self::Text(money.to_string())
    }
}
impl From<i64> for Noted {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}
impl<I: Id> From<I> for Noted {
    fn from(id: I) -> Self {
        Self::Number(id.number())
    }
}
impl From<bool> for Noted {
    fn from(yes: bool) -> Self {
        Self::Yes(yes)
    }
}
impl From<&str> for Noted {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<String> for Noted {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
impl<T: Into<Noted>> From<Option<T>> for Noted {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Into::into)
    }
}
