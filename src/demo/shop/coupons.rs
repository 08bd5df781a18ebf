//! Coupons of a campaign. There is no coupon service in the demo, so there is nothing here but which campaign is open.

/// The campaign for which coupons are issued.
pub(crate) const OPEN: &str = "winter-2026";

/// Why no coupon is issued for a campaign, and what to do then; nothing where it is the open one.
pub(crate) fn refusal(campaign: &str) -> Option<[String; 2]> {
    if campaign == OPEN {
        return None;
    }
    let why = if campaign == "autumn-2026" {
        format!("campaign {campaign} has ended. No coupon was issued.")
    } else {
        format!("there is no campaign {campaign}. No coupon was issued.")
    };
    Some([why, format!("rerun this with campaign {OPEN}. Nothing has to be undone first.")])
}
