//! The smallest link that suffices, by bisection.

/// Steps that narrow any two numbers down to neighbours in all but extreme cases.
const STEPS: usize = 200;
/// The relative width at which the search ends.
const WIDTH: f64 = 1e-13;

/// The smallest number for which `suffices` is true, to 13 digits. It has to be true of `high`, and of every number above
/// one of which it is true. The result is one of which it is true.
pub(crate) fn smallest(high: f64, mut suffices: impl FnMut(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, high);
    for _ in 0..STEPS {
        if high - low <= WIDTH * high {
            break;
        }
        let middle = low + (high - low) / 2.0;
        if suffices(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}
