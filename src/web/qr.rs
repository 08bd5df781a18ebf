//! QR codes, for a camera in front of a page or of a terminal.

use qrcodegen::{QrCode as Matrix, QrCodeEcc};
use std::fmt::Write;

/// A QR code as an SVG path. The template draws it, so nothing on a page has to go unescaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct QrCode {
    /// The dark squares: one `h` run per row of neighbours.
    pub path: String,
    /// The width and height in squares, the quiet zone included.
    pub size: i32,
}

/// Light squares all around, without which a camera does not find the code. A terminal's own margin does the rest.
const QUIET: i32 = 4;
const QUIET_IN_A_TERMINAL: i32 = 2;

impl QrCode {
    /// The code of this text. Text too long for any code (about 2,300 bytes) gives an empty picture: the page shows the
    /// text beside it anyway.
    pub(crate) fn of(text: &str) -> Self {
        let Ok(matrix) = Matrix::encode_text(text, QrCodeEcc::Medium) else { return Self::default() };
        let mut path = String::new();
        for y in 0..matrix.size() {
            let mut x = 0;
            while x < matrix.size() {
                let run = (x..matrix.size()).take_while(|&x| matrix.get_module(x, y)).count();
                let width = i32::try_from(run).unwrap_or(0);
                if width > 0 {
                    // Writing into a string cannot fail.
                    let _ = write!(path, "M{} {}h{width}v1h-{width}z", x + QUIET, y + QUIET);
                }
                x += width.max(1);
            }
        }
        Self { path, size: matrix.size() + 2 * QUIET }
    }
}

/// The code in half blocks, two squares to a character: light on dark, as a terminal mostly is.
pub(crate) fn terminal(text: &str) -> String {
    let Ok(matrix) = Matrix::encode_text(text, QrCodeEcc::Low) else { return String::new() };
    let range = -QUIET_IN_A_TERMINAL..matrix.size() + QUIET_IN_A_TERMINAL;
    let line = |y| {
        let half = |x| match (matrix.get_module(x, y), matrix.get_module(x, y + 1)) {
            (false, false) => '█',
            (false, true) => '▀',
            (true, false) => '▄',
            (true, true) => ' ',
        };
        range.clone().map(half).collect::<String>()
    };
    range.clone().step_by(2).map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_finder_pattern_is_in_the_corner_inside_the_quiet_zone() {
        let code = QrCode::of("otpauth://totp/Ingam:mina@ingam.test?secret=JBSWY3DPEHPK3PXP&issuer=Ingam");
        assert!(code.path.starts_with("M4 4h7v1h-7z"), "{}", code.path);
        assert!(code.size > 29 && (code.size - 8 - 21) % 4 == 0);
    }

    #[test]
    fn a_text_too_long_gives_no_picture() {
        assert_eq!(QrCode::of(&"x".repeat(5000)), QrCode::default());
        assert_eq!(terminal(&"x".repeat(5000)), "");
    }

    #[test]
    fn a_terminal_shows_a_square() {
        let lines: Vec<String> = terminal("hello").lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), 25_usize.div_ceil(2));
        assert!(lines.iter().all(|line| line.chars().count() == 25));
    }
}
