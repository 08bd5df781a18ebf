//! Who is on duty at the demo's shop: the people on call take turns by the week, and an owner is the second line.

use super::Month;
use crate::{
    id::StaffId,
    oncall::{define::DefineRota, turn::Unit},
};
use chrono::{Datelike as _, Days, NaiveDate};

impl Month<'_> {
    /// Makes the two rotas, whose first turns begin on this day's Monday.
    pub(super) async fn make_rotas(&mut self, date: NaiveDate) -> anyhow::Result<()> {
        let back = Days::new(u64::from(date.weekday().num_days_from_monday()));
        let monday = date.checked_sub_days(back).unwrap_or(date);
        let (oncall, operator, approver) = (self.staff.oncall.id(), self.staff.operator.id(), self.staff.approver.id());
        self.staff.oncall.sign_in().await?;
        for (name, title, members) in
            [("first", "1차 당직", vec![oncall, operator]), ("second", "2차 당직", vec![approver])]
        {
            self.time.pass(90);
            let rota = rota(name, title, monday, members);
            self.staff.oncall.seal(&rota, "야간 알림을 받을 당직표를 만듭니다").await?;
        }
        Ok(self.staff.oncall.sign_out().await?)
    }
}

fn rota(name: &str, title: &str, monday: NaiveDate, members: Vec<StaffId>) -> DefineRota {
    DefineRota {
        name: name.to_owned(),
        title: title.to_owned(),
        zone: super::zone().name().to_owned(),
        handover: "09:00".to_owned(),
        every: 1,
        unit: Unit::Week,
        starts_on: monday.to_string(),
        members,
        is_new: true,
    }
}
