//! Words for numbers.

use planner_core::probe::Spread;

/// `A` for the first, `Z` for the 26th, `AA` for the next.
pub(super) fn letters(mut place: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + u8::try_from(place % 26).unwrap_or(0)));
        if place < 26 {
            break;
        }
        place = place / 26 - 1;
    }
    letters.iter().rev().collect()
}

/// From the least to the most.
pub(super) fn seconds((least, most): (i64, i64)) -> String {
    if least == most {
        format!("{least} s")
    } else {
        format!("{least} to {most} s")
    }
}

/// The least and the most of several spreads.
pub(super) fn extremes(spreads: impl Iterator<Item = Option<Spread>>) -> Option<(i64, i64)> {
    let pairs = spreads.flatten().map(|spread| (spread.least, spread.most));
    pairs.reduce(|(least, most), (a, b)| (least.min(a), most.max(b)))
}

#[cfg(test)]
mod tests {
    use super::letters;

    #[test]
    fn letters_continue_after_the_alphabet() {
        let lettered = [0, 1, 25, 26, 27, 701, 702].map(letters);
        assert_eq!(lettered, ["A", "B", "Z", "AA", "AB", "ZZ", "AAA"]);
    }
}
