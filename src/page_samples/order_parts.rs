use super::{
    maker::{Maker, before, now},
    orders::hours,
};
use crate::{
    id::{RefundId, Seq},
    money::Currency,
    orders::{
        refunds::{Fate, Refund, RefundPart},
        timeline::{Day, Event},
    },
};
use chrono::TimeDelta;

impl Maker {
    pub(super) fn timeline(self) -> Vec<Day> {
        let event = |minutes, kind: &str| Event {
            at: before(TimeDelta::minutes(minutes)),
            kind: kind.into(),
            amount: None,
            points: None,
            text: None,
            staff: None,
            seq: None,
            reason: None,
        };
        let ours = |minutes, kind: &str, seq| Event {
            staff: Some(self.text("이하은", "Haeun Lee")),
            seq: Some(seq),
            reason: Some(self.reason()),
            ..event(minutes, kind)
        };
        let parcel = Some(format!("hanjin {}", self.text("601234564471", "601234564471")));
        let note = Some(self.text(
            "고객이 부재 시 경비실에 맡겨 달라고 요청함.",
            "Asked to leave it with the guard when nobody is at home.",
        ));
        let amount = Some(Currency::KRW.amount(23_900));
        vec![
            Day {
                at: now(),
                events: vec![
                    Event { amount, ..event(3, "refund-failed") },
                    Event { amount, ..ours(5, "refund-requested", Seq::new(12_346)) },
                    Event { amount, ..event(60, "refund-succeeded") },
                    ours(70, "delivery-undone", Seq::new(12_341)),
                    event(90, "delivered"),
                ],
            },
            Day {
                at: hours(40),
                events: vec![
                    Event { text: parcel.clone(), ..ours(2400, "tracking-corrected", Seq::new(12_330)) },
                    Event { text: note, ..ours(2450, "note", Seq::new(12_321)) },
                    Event { text: parcel, ..event(2500, "shipped") },
                ],
            },
            Day {
                at: hours(150),
                events: vec![
                    event(8400, "preparing"),
                    Event { amount: Some(Currency::KRW.amount(82_400)), ..event(8940, "paid") },
                    event(9000, "placed"),
                    event(9000, "beamed-up"),
                ],
            },
        ]
    }

    pub(super) fn refunds(self) -> Vec<Refund> {
        let part = |method: &str, label: String, amount, state: &str, attempts| RefundPart {
            method: method.into(),
            label,
            amount: Currency::KRW.amount(amount),
            state: state.into(),
            reference: (state == "succeeded").then(|| "rf_15_11_8f3a91c2".into()),
            failure: (state == "failed").then(|| self.text("card_expired", "card_expired")),
            attempts,
        };
        let card = |amount, state, attempts| part("card", self.text("···· 2208", "···· 2208"), amount, state, attempts);
        let bank =
            |amount, state, attempts| part("transfer", self.text("하늘은행", "Haneul Bank"), amount, state, attempts);
        let socks = self.text("양말 3켤레", "Socks, 3 pairs");
        let rice = self.text("유기농 현미 4kg", "Organic brown rice 4 kg");
        let refund = |id: i64, state: &str, amount, parts| Refund {
            id: RefundId::new(id),
            at: before(TimeDelta::minutes(id * 7)),
            settled_at: (state != "requested").then(|| before(TimeDelta::minutes(id * 7 - 1))),
            state: state.into(),
            amount: Currency::KRW.amount(amount),
            lines: vec![(rice.clone(), 1), (socks.clone(), 2)],
            shipping: false,
            points_returned: 0,
            points_taken: 0,
            shortfall: 0,
            reason_kind: "damaged".into(),
            override_reason: None,
            staff: Some(self.me()),
            seq: Some(Seq::new(12_300 + id)),
            parts,
            retry_of: None,
            fate: Fate::None,
        };
        vec![
            Refund {
                retry_of: Some(RefundId::new(17)),
                points_returned: 1_367,
                points_taken: 200,
                shortfall: 39,
                ..refund(18, "requested", 23_900, vec![card(23_900, "requested", 3)])
            },
            Refund {
                fate: Fate::Waits,
                override_reason: Some(self.text("사진 확인 후 절반만 환불", "Half, after seeing the photos")),
                ..refund(17, "failed", 12_000, vec![card(10_000, "failed", 1), bank(2_000, "succeeded", 1)])
            },
            Refund { fate: Fate::WaitsInVain, ..refund(13, "failed", 4_000, vec![card(4_000, "failed", 1)]) },
            Refund { fate: Fate::Dismissed, ..refund(16, "failed", 5_000, vec![card(5_000, "failed", 2)]) },
            Refund {
                fate: Fate::WaitsForShop,
                staff: None,
                seq: None,
                ..refund(14, "failed", 7_000, vec![bank(7_000, "failed", 0)])
            },
            Refund {
                shipping: true,
                reason_kind: "out_of_stock".into(),
                ..refund(15, "succeeded", 26_900, vec![card(26_900, "succeeded", 1)])
            },
            Refund {
                lines: Vec::new(),
                points_returned: 500,
                staff: None,
                seq: None,
                reason_kind: "goodwill".into(),
                ..refund(9, "succeeded", 0, Vec::new())
            },
        ]
    }
}
