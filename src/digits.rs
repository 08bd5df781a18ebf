//! How whole numbers are written: grouped by thousands, with a real minus sign.

/// U+2212: as wide as a plus sign, and read as "minus" by a screen reader, which a hyphen is not.
const MINUS: char = '−';

/// `12,450`, `−500`.
pub(crate) fn group(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + MINUS.len_utf8());
    if n < 0 {
        text.push(MINUS);
    }
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `+1,000`, `−500`, `0`.
pub(crate) fn signed(n: i64) -> String {
    if n > 0 { format!("+{}", group(n)) } else { group(n) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let cases = [(0, "0"), (7, "7"), (999, "999"), (1000, "1,000"), (12_450, "12,450"), (1_234_567, "1,234,567")];
        for (n, text) in cases {
            assert_eq!(group(n), text);
        }
        assert_eq!(group(-500), "−500");
        assert_eq!(group(i64::MAX), "9,223,372,036,854,775,807");
        assert_eq!(group(i64::MIN), "−9,223,372,036,854,775,808");
        assert_eq!((signed(1000), signed(-500), signed(0)), ("+1,000".into(), "−500".into(), "0".into()));
    }
}
