//! The words that the log and the events are made of, besides the kinds of change: each is declared once, with a sentence,
//! where it belongs. A word that is not declared does not compile.

use std::fmt;

/// The reason of a refusal in one word: it is in the log, and the catalogues name its message by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusalWord(&'static str);

/// The topic of an event: what happened, for the channels that deliver it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic(&'static str);

/// A declared word and what it says.
#[derive(Debug)]
pub struct Declared {
    pub word: &'static str,
    pub sentence: &'static str,
}

/// Every reason of a refusal.
#[linkme::distributed_slice]
pub static REFUSAL_WORDS: [Declared];

/// Every topic of an event.
#[linkme::distributed_slice]
pub static TOPICS: [Declared];

macro_rules! word {
    ($type:ident, $declares:literal) => {
        impl $type {
            #[doc = concat!("For `", $declares, "` alone.")]
            pub(crate) const fn declared(word: &'static str) -> Self {
                Self(word)
            }

            pub const fn as_str(self) -> &'static str {
                self.0
            }
        }
    };
}

word!(RefusalWord, "refusal_words!");
word!(Topic, "topics!");

impl fmt::Display for RefusalWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Declares reasons of refusals, each with its sentence.
macro_rules! refusal_words {
    ($($(#[doc = $sentence:literal])+ $vis:vis $name:ident = $word:literal;)+) => {
        $($crate::gate::declare! {
            REFUSAL_WORDS, RefusalWord, [$($sentence)+], $vis $name = $word
        })+
    };
}

/// Declares topics of events, each with its sentence.
macro_rules! topics {
    ($($(#[doc = $sentence:literal])+ $vis:vis $name:ident = $word:literal;)+) => {
        $($crate::gate::declare! {
            TOPICS, Topic, [$($sentence)+], $vis $name = $word
        })+
    };
}

macro_rules! declare {
    ($list:ident, $type:ident, [$($sentence:literal)+], $vis:vis $name:ident = $word:literal) => {
        $(#[doc = $sentence])+
        $vis const $name: $crate::gate::$type = $crate::gate::$type::declared($word);

        const _: () = {
            #[expect(unsafe_code, reason = "linkme lists the word in a section of the binary")]
            #[linkme::distributed_slice($crate::gate::$list)]
            static DECLARED: $crate::gate::Declared =
                $crate::gate::Declared { word: $word, sentence: concat!($($sentence),+) };
        };
    };
}

pub(crate) use {declare, refusal_words, topics};
