//! Changes without their type: the list of all of them, and one that was stored to be made later.

use super::{Admits, By, Change, Fault, Kind, Reason, Role, Roles, Target, Tx, admit::has_role_for, audit::Entry};
use std::pin::Pin;

pub(super) type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send + 'a>>;

/// The object-safe view of a change, without its output. Every [`Change`] has one.
pub trait DynChange: Send + Sync {
    fn kind(&self) -> &'static str;
    fn admits(&self) -> Admits;
    fn may_wait(&self) -> bool;
    fn is_decision(&self) -> bool;
    fn may_be_urgent(&self) -> bool;
    fn may_close(&self) -> bool;
    /// Noted ids of rows that it creates.
    fn created_ids(&self) -> &'static [&'static str];
    fn target(&self) -> Target;
    /// Its JSON, as it is stored while it waits.
    fn payload(&self) -> serde_json::Result<String>;
    fn version<'a>(&'a self, tx: &'a mut Tx<'_>) -> Doing<'a, Option<i64>>;
    fn check<'a>(&'a self, tx: &'a mut Tx<'_>) -> Doing<'a, ()>;
    fn contact<'a>(&'a self, tx: &'a mut Tx<'_>) -> Doing<'a, Option<String>>;
    fn is_marked<'a>(&'a self, tx: &'a mut Tx<'_>) -> Doing<'a, bool>;
    fn apply<'a>(&'a self, tx: &'a mut Tx<'_>) -> Doing<'a, ()>;
}

impl<C: Change> DynChange for C {
    fn kind(&self) -> &'static str {
        C::KIND
    }

    fn admits(&self) -> Admits {
        C::ADMITS
    }

    fn may_wait(&self) -> bool {
        C::MAY_WAIT
    }

    fn is_decision(&self) -> bool {
        C::IS_DECISION
    }

    fn may_be_urgent(&self) -> bool {
        Change::may_be_urgent(self)
    }

    fn may_close(&self) -> bool {
        C::MAY_CLOSE
    }

    fn created_ids(&self) -> &'static [&'static str] {
        C::CREATED_IDS
    }

    fn target(&self) -> Target {
        Change::target(self)
    }

    fn payload(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
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

/// All changes there are. It is handed to the gate as data, so that the gate and the approvals know no slice.
#[derive(Clone, Copy, Debug)]
pub struct Catalog {
    pub kinds: &'static [Kind],
    /// Reads a stored change by its kind and its JSON; `None` if this program does not know it. What the change was given
    /// besides, such as a set-up link, it no longer has.
    pub read: fn(kind: &str, payload: &str) -> Option<Box<dyn DynChange>>,
    pub reversals: Reversals,
}

/// Which changes can be taken back, and by what.
#[derive(Clone, Copy, Debug)]
pub struct Reversals {
    pub kinds: &'static [&'static str],
    /// The opposite of the change of this row as things are now, made for this reason; or why there is none.
    pub opposite: Opposite,
}

type Opposite = for<'a, 'b> fn(&'a mut Tx<'b>, &'a Entry, &'a Reason) -> Doing<'a, Box<dyn DynChange>>;

impl Catalog {
    /// Whether a person with these roles may take back a change of this kind: who may make it.
    pub fn may_reverse(&self, kind: &str, roles: &Roles) -> bool {
        self.reversals.kinds.contains(&kind)
            && self.kinds.iter().any(|known| known.name == kind && has_role_for(roles, known.admits))
    }

    /// Who may make changes of this kind.
    pub fn roles_for(&self, kind: &str) -> &'static [Role] {
        match self.kinds.iter().find(|known| known.name == kind).map(|known| known.admits.by) {
            Some(By::Roles(roles)) => roles,
            _ => &[],
        }
    }
}

/// Lists every change there is: yields `KINDS`, `CATALOG`, and `AnyChange`, a stored change as it waits for approval.
#[macro_export]
macro_rules! changes {
    (reversals: $reversals:expr; $($change:ident),* $(,)?) => {
        /// What the permission matrix, the audit filter and the docs know of each change.
        pub const KINDS: &[$crate::gate::Kind] = &[$($crate::gate::Kind::of::<$change>()),*];

        /// All changes, as the gate is given them.
        pub const CATALOG: $crate::gate::Catalog = $crate::gate::Catalog {
            kinds: KINDS,
            read: |kind, payload| AnyChange::read(kind, payload).map(AnyChange::boxed),
            reversals: $reversals,
        };

        /// A stored change.
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

            pub fn as_dyn(&self) -> &dyn $crate::gate::DynChange {
                match self { $(Self::$change(change) => change),* }
            }

            fn boxed(self) -> Box<dyn $crate::gate::DynChange> {
                match self { $(Self::$change(change) => Box::new(change)),* }
            }

            /// Submits the change and says which row of the log it became.
            pub async fn submit(
                &self,
                gate: &$crate::gate::Gate,
                actor: &$crate::gate::Actor,
                seal: &$crate::gate::Seal,
            ) -> Result<$crate::id::Seq, $crate::gate::Refusal> {
                match self { $(Self::$change(change) => gate.submit(actor, change, seal).await.map(|sealed| sealed.seq)),* }
            }

            /// Reads a stored change by its kind and its JSON.
            pub fn read(kind: &str, payload: &str) -> Option<Self> {
                match kind {
                    $(<$change as $crate::gate::Change>::KIND => serde_json::from_str(payload).ok().map(Self::$change),)*
                    _ => None,
                }
            }
        }
    };
}
