//! Telling parts of secrets, and the search for them in one pass over a text.

/// A shorter part of a secret cannot be told from ordinary words.
const SHORTEST_BYTES: usize = 6;

/// A longer part need not be there to give a secret away. Eight bytes fit into a number.
const LONGEST_BYTES: usize = 8;

/// At the cut end of a text, this much of a secret's beginning is enough.
const SHORTEST_BEGINNING_BYTES: usize = 3;

/// Parts of secrets, each half of its secret, but at least 6 and at most 8 bytes. A shorter secret is a part as a whole.
pub(super) struct Parts {
    /// By length; sorted.
    numbers: [Vec<u64>; LONGEST_BYTES + 1],
    /// The beginnings of whole secrets.
    beginnings: Vec<Vec<u8>>,
    /// Which pairs of bytes a part begins with.
    pairs: Vec<bool>,
    /// Secrets of one byte have no pair.
    single: Vec<u8>,
}

impl Parts {
    pub(super) fn of(secrets: impl Iterator<Item = String>) -> Self {
        let mut parts = Self {
            numbers: Default::default(),
            beginnings: Vec::new(),
            pairs: vec![false; 1 << 16],
            single: Vec::new(),
        };
        for secret in secrets {
            parts.add(secret.as_bytes());
        }
        for numbers in &mut parts.numbers {
            numbers.sort_unstable();
        }
        parts
    }

    fn add(&mut self, secret: &[u8]) {
        if let [single] = secret {
            self.single.push(*single);
        }
        let half = (secret.len() / 2).clamp(SHORTEST_BYTES, LONGEST_BYTES);
        let length = half.min(secret.len()).max(1);
        for part in secret.windows(length) {
            if let Some(numbers) = self.numbers.get_mut(length) {
                numbers.push(number(part));
            }
            if let Some(begins) = pair(part).and_then(|pair| self.pairs.get_mut(pair)) {
                *begins = true;
            }
        }
        let beginning = secret.get(..LONGEST_BYTES).unwrap_or(secret);
        self.beginnings.push(beginning.to_vec());
    }

    /// Whether a part is in the text.
    pub(super) fn are_in(&self, text: &[u8]) -> bool {
        let is_single = |byte: &u8| self.single.contains(byte);
        if !self.single.is_empty() && text.iter().any(is_single) {
            return true;
        }
        (0..text.len()).any(|start| {
            let rest = text.get(start..).unwrap_or_default();
            let begins = pair(rest).and_then(|pair| self.pairs.get(pair));
            begins == Some(&true) && self.is_at_the_start_of(rest)
        })
    }

    fn is_at_the_start_of(&self, text: &[u8]) -> bool {
        let lengths = self.numbers.iter().enumerate();
        lengths
            .filter(|(_, numbers)| !numbers.is_empty())
            .any(|(length, numbers)| {
                let part = text.get(..length).map(number);
                part.is_some_and(|part| numbers.binary_search(&part).is_ok())
            })
    }

    /// Whether the text ends with the beginning of a secret, as it does where it was cut within one.
    pub(super) fn begin_at_the_end_of(&self, text: &[u8]) -> bool {
        self.beginnings.iter().any(|beginning| {
            let shortest = SHORTEST_BEGINNING_BYTES.min(beginning.len());
            (shortest..=beginning.len())
                .filter_map(|length| beginning.get(..length))
                .any(|beginning| text.ends_with(beginning))
        })
    }
}

fn number(part: &[u8]) -> u64 {
    let shifted = part.iter().map(|byte| u64::from(*byte));
    shifted.fold(0, |number, byte| number << 8 | byte)
}

fn pair(text: &[u8]) -> Option<usize> {
    let first = *text.first()?;
    let second = *text.get(1)?;
    Some(usize::from(first) << 8 | usize::from(second))
}
