//! Numbers that look like chance and are the same every time.

/// A linear congruential generator with the constants of Knuth's MMIX, of which the upper half is taken.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn of(name: &str) -> Self {
        Self(name.bytes().fold(0, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte))))
    }

    /// From `least` to `most`.
    pub(super) fn within(&mut self, least: i64, most: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let upper = i64::try_from(self.0 >> 33).unwrap_or_default();
        least + upper % (most - least + 1)
    }

    /// More or less by a sixth.
    pub(super) fn about(&mut self, usual: i64) -> i64 {
        let play = usual / 6;
        self.within(usual - play, usual + play)
    }

    /// Whether it is one of `many` times.
    pub(super) fn once_in(&mut self, many: i64) -> bool {
        self.within(1, many) == 1
    }

    pub(super) fn of_these<'a, T>(&mut self, some: &'a [T]) -> Option<&'a T> {
        let last = i64::try_from(some.len()).ok()?.checked_sub(1).filter(|last| *last >= 0)?;
        some.get(usize::try_from(self.within(0, last)).ok()?)
    }
}
