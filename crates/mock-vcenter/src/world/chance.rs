//! Repeatable chance: numbers drawn from what they are about, so nothing has to be stored.

/// Draws a number from a seed and up to three coordinates. Neighbours are unrelated.
pub(crate) fn draw(seed: u64, a: u64, b: u64, c: u64) -> u64 {
    scramble(scramble(scramble(scramble(seed).wrapping_add(a)).wrapping_add(b)).wrapping_add(c))
}

/// The finaliser of the `SplitMix64` generator, with its additive constant.
fn scramble(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A drawn number as a fraction from 0 up to, not including, 1.
pub(crate) fn fraction(drawn: u64) -> f64 {
    // 53 bits are what an f64 holds exactly.
    (drawn >> 11) as f64 / (1_u64 << 53) as f64
}

/// One of `options`, chosen by a drawn number. `None` if there is nothing to choose from.
pub(crate) fn choose<T: Copy>(drawn: u64, options: &[T]) -> Option<T> {
    let count = options.len() as u64;
    let index = usize::try_from(drawn.checked_rem(count)?).ok()?;
    options.get(index).copied()
}
