//! Changes of whatever kind: the list of them all, and one that was written down to be made later.

use super::{Admits, Change, Fault, Target, Tx};
use std::pin::Pin;

type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send + 'a>>;

/// A change of whatever kind, for where it no longer matters what it gives. Every [`Change`] is one.
pub trait AtRest: Send + Sync {
    fn kind(&self) -> &'static str;
    fn admits(&self) -> Admits;
    fn may_wait(&self) -> bool;
    fn may_be_urgent(&self) -> bool;
    fn target(&self) -> Target;
    fn version<'a>(&'a self, tx: &'a mut Tx<'_>) -> Doing<'a, Option<i64>>;
    fn check<'a>(&'a self, tx: &'a mut Tx<'_>) -> Doing<'a, ()>;
    fn contact<'a>(&'a self, tx: &'a mut Tx<'_>) -> Doing<'a, Option<String>>;
    fn is_marked<'a>(&'a self, tx: &'a mut Tx<'_>) -> Doing<'a, bool>;
    fn apply<'a>(&'a self, tx: &'a mut Tx<'_>) -> Doing<'a, ()>;
}

impl<C: Change> AtRest for C {
    fn kind(&self) -> &'static str {
        C::KIND
    }

    fn admits(&self) -> Admits {
        C::ADMITS
    }

    fn may_wait(&self) -> bool {
        C::MAY_WAIT
    }

    fn may_be_urgent(&self) -> bool {
        Change::may_be_urgent(self)
    }

    fn target(&self) -> Target {
        Change::target(self)
    }

    fn version<'a>(&'a self, tx: &'a mut Tx<'_>) -> Doing<'a, Option<i64>> {
        Box::pin(async move { Change::version(self, tx).await })
    }

    fn check<'a>(&'a self, tx: &'a mut Tx<'_>) -> Doing<'a, ()> {
        Box::pin(async move { Change::check(self, tx).await })
    }

    fn contact<'a>(&'a self, tx: &'a mut Tx<'_>) -> Doing<'a, Option<String>> {
        Box::pin(async move { Change::contact(self, tx).await })
    }

    fn is_marked<'a>(&'a self, tx: &'a mut Tx<'_>) -> Doing<'a, bool> {
        Box::pin(async move { Change::is_marked(self, tx).await })
    }

    fn apply<'a>(&'a self, tx: &'a mut Tx<'_>) -> Doing<'a, ()> {
        Box::pin(async move { Change::apply(self, tx).await.map(drop) })
    }
}

/// Lists every change there is: yields `KINDS`, and `AnyChange`, a change at rest as it waits for approval.
#[macro_export]
macro_rules! changes {
    ($($change:ident),* $(,)?) => {
        /// What the permission matrix, the audit filter and the docs know of each change.
        pub const KINDS: &[$crate::gate::Kind] = &[$($crate::gate::Kind::of::<$change>()),*];

        /// A change at rest.
        #[derive(Debug, serde::Serialize, serde::Deserialize)]
        pub enum AnyChange { $(
            #[doc = concat!("See [`", stringify!($change), "`].")]
            $change($change)
        ),* }

        $(impl From<$change> for AnyChange {
            fn from(change: $change) -> Self { Self::$change(change) }
        })*

        impl AnyChange {
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$change(_) => <$change as $crate::gate::Change>::KIND),* }
            }

            pub fn at_rest(&self) -> &dyn $crate::gate::AtRest {
                match self { $(Self::$change(change) => change),* }
            }

            /// Submits the change, whatever it is, and says which row of the log it became.
            pub async fn submit(
                &self,
                gate: &$crate::gate::Gate,
                actor: &$crate::gate::Actor,
                seal: &$crate::gate::Seal,
            ) -> Result<i64, $crate::gate::Refusal> {
                match self { $(Self::$change(change) => gate.submit(actor, change, seal).await.map(|sealed| sealed.seq)),* }
            }

            /// The change of that kind that was written down so. What it was given besides, such as a set-up link, it no longer has.
            pub fn read(kind: &str, payload: &str) -> Option<Self> {
                match kind {
                    $(<$change as $crate::gate::Change>::KIND => serde_json::from_str(payload).ok().map(Self::$change),)*
                    _ => None,
                }
            }
        }
    };
}
