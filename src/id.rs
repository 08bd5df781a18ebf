//! Ids as types, so that swapped arguments do not compile. In JSON, in rows and in addresses an id is the bare number.

use serde::{Deserialize, Serialize};
use std::{
    fmt::{self, Display},
    num::ParseIntError,
    str::FromStr,
};

/// What all ids have in common.
pub trait Id: Copy + Display + FromStr + 'static {
    /// The bare number.
    fn number(self) -> i64;
}

macro_rules! ids {
    ($($(#[$meta:meta])* $id:ident;)*) => { $(
        $(#[$meta])*
        #[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $id(i64);

        impl $id {
            /// No row has a lower one: where a list that goes up begins.
            pub const MIN: Self = Self(i64::MIN);
            /// No row has a higher one: where a list that goes down begins.
            pub const MAX: Self = Self(i64::MAX);

            pub const fn new(number: i64) -> Self {
                Self(number)
            }

            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl Id for $id {
            fn number(self) -> i64 {
                self.0
            }
        }

        impl Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $id {
            type Err = ParseIntError;

            fn from_str(text: &str) -> Result<Self, ParseIntError> {
                text.parse().map(Self)
            }
        }
    )* };
}

ids! {
    /// A person who works with the console. The default is no account: no row has the number 0.
    #[derive(Default)]
    StaffId;
    /// A signed report about a period.
    #[derive(Default)]
    ReviewId;
    /// A change that waits for a second person.
    RequestId;
    /// A customer of the shop.
    CustomerId;
    /// An order; what people call it is its number.
    OrderId;
    /// A line of an order by its place in it, the first being 1.
    LineId;
    /// A payment of an order.
    PaymentId;
    /// A refund of an order.
    RefundId;
    /// A note on a customer.
    NoteId;
    /// An entry in a customer's points.
    EntryId;
    /// A network in the list that owners keep.
    NetworkId;
    /// A run of a job. The default is none: no row has the number 0.
    #[derive(Default)]
    RunId;
    /// An event on its way out of the outbox.
    EventId;
    /// A message on its way to a channel.
    DeliveryId;
    /// An episode of something that is wrong.
    AlertId;
    /// A time in which something is not told.
    SilenceId;
    /// Something that happened to an alert.
    AlertEventId;
    /// A rota: people who take turns on duty.
    RotaId;
    /// How the members of a rota take turns from a time on.
    PlanId;
    /// A time in which another person is on duty.
    OverrideId;
    /// Something that happened in the escalation of an alert, such as a call.
    CallId;
    /// An address at which a person is reached.
    WayId;
    /// An incident: something that went wrong and is worked on step by step.
    IncidentId;
    /// An entry in the timeline of an incident.
    IncidentEventId;
    /// What is to be done after an incident.
    ActionId;
    /// A postmortem as it was sealed. The default is none: no row has the number 0.
    #[derive(Default)]
    PostmortemId;
    /// A time in which a kind of change is closed.
    LeverId;
    /// A checkpoint of the log.
    CheckpointId;
    /// A file of rows of the log.
    ExportId;
    /// What a rule of detection found.
    SuspicionId;
    /// A deployment of a service.
    DeploymentId;
    /// A record of a topic that was set aside.
    QueueRejectId;
    /// A row of the audit log, the first being 0.
    Seq;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_is_written_and_read_like_its_number(number in any::<i64>()) {
            let id = StaffId::new(number);
            prop_assert_eq!(id.get(), number);
            prop_assert_eq!(id.to_string(), number.to_string());
            prop_assert_eq!(format!("{id:>20}"), format!("{number:>20}"));
            prop_assert_eq!(number.to_string().parse(), Ok(id));
            let json = serde_json::to_string(&id).unwrap();
            prop_assert_eq!(&json, &serde_json::to_string(&number).unwrap());
            prop_assert_eq!(serde_json::from_str::<StaffId>(&json).unwrap(), id);
        }

        #[test]
        fn an_id_is_read_as_strictly_as_a_number(text in "[-+ 0-9a-z]{0,24}") {
            prop_assert_eq!(text.parse().map(StaffId::get), text.parse::<i64>());
            let read = serde_json::from_str(&text).ok().map(StaffId::get);
            prop_assert_eq!(read, serde_json::from_str::<i64>(&text).ok());
        }
    }
}
