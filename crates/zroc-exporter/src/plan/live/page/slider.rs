//! Values that a slider passes through. The server says what each is called, so the script computes nothing.

use planner_core::plan::notation;
use planner_core::plan::words::observed_rate;

use crate::plan::report::time;

/// A slider beside a field.
#[derive(Debug)]
pub(super) struct Slider {
    /// As they are put into the field, with `|` between them.
    pub(super) values: String,
    /// As people say them.
    pub(super) words: String,
    /// Place of the present value.
    pub(super) place: usize,
    pub(super) last: usize,
    /// The present value as people say it.
    pub(super) word: String,
}

const DECADE: [&str; 10] = ["1", "1.2", "1.5", "2", "2.5", "3", "4", "5", "6", "8"];

const RPOS: [&str; 29] = [
    "5s", "6s", "8s", "10s", "12s", "15s", "20s", "25s", "30s", "40s", "50s", "1m", "90s", "2m",
    "3m", "4m", "5m", "7m", "10m", "15m", "20m", "30m", "45m", "1h", "90m", "2h", "4h", "8h",
    "24h",
];

const HISTORIES: [&str; 18] = [
    "1h", "2h", "4h", "6h", "8h", "12h", "18h", "24h", "36h", "2d", "3d", "4d", "5d", "7d", "10d",
    "14d", "21d", "30d",
];

impl Slider {
    /// From 1 Mbit/s to 80 Gbit/s.
    pub(super) fn of_link(now: &str) -> Self {
        let mut values = Vec::new();
        for (zeros, unit) in [
            ("", "Mbit"),
            ("0", "Mbit"),
            ("00", "Mbit"),
            ("", "Gbit"),
            ("0", "Gbit"),
        ] {
            values.extend(DECADE.iter().map(|number| {
                let number = match (number.split_once('.'), zeros) {
                    (Some((whole, part)), "0") => format!("{whole}{part}"),
                    (Some((whole, part)), "00") => format!("{whole}{part}0"),
                    _ => format!("{number}{zeros}"),
                };
                format!("{number}{unit}")
            }));
        }
        let read = |text: &str| {
            let rate = notation::rate(text).ok()?;
            Some((rate.get(), observed_rate(rate)))
        };
        Self::new(&values, now, "100Mbit", read)
    }

    pub(super) fn of_rpo(now: &str) -> Self {
        Self::new(&RPOS, now, "10s", seconds)
    }

    pub(super) fn of_history(now: &str) -> Self {
        Self::new(&HISTORIES, now, "24h", seconds)
    }

    pub(super) fn of_compression(now: &str) -> Self {
        let values: Vec<String> = (0..20).map(|place| format!("0.{:02}", place * 5)).collect();
        let read = |text: &str| {
            let share: f64 = text.parse().ok()?;
            Some((share, format!("{:.0} per cent", share * 100.0)))
        };
        Self::new(&values, now, "0.5", read)
    }

    /// `default` counts while there is no value that can be used.
    fn new(
        values: &[impl AsRef<str>],
        now: &str,
        default: &str,
        read: impl Fn(&str) -> Option<(f64, String)>,
    ) -> Self {
        let known: Vec<(&str, f64, String)> = values
            .iter()
            .filter_map(|value| {
                let (number, words) = read(value.as_ref())?;
                Some((value.as_ref(), number, words))
            })
            .collect();
        let present = read(now).or_else(|| read(default));
        let (number, word) = present.unwrap_or_default();
        let place = known.iter().position(|(_, known, _)| *known >= number);
        let last = known.len().saturating_sub(1);
        let joined = |part: fn(&(&str, f64, String)) -> String| {
            known.iter().map(part).collect::<Vec<_>>().join("|")
        };
        Self {
            values: joined(|(value, ..)| (*value).to_owned()),
            words: joined(|(.., words)| words.clone()),
            place: place.unwrap_or(last),
            last,
            word: if now.is_empty() {
                format!("{word}, not given")
            } else {
                word
            },
        }
    }
}

fn seconds(text: &str) -> Option<(f64, String)> {
    let seconds = notation::time(text).ok()?;
    Some((seconds.get(), time(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_can_be_read_and_they_ascend() {
        for (slider, count, first) in [
            (Slider::of_link(""), 50, "1Mbit"),
            (Slider::of_rpo(""), RPOS.len(), "5s"),
            (Slider::of_history(""), HISTORIES.len(), "1h"),
            (Slider::of_compression(""), 20, "0.00"),
        ] {
            assert_eq!(slider.values.split('|').count(), count);
            assert_eq!(slider.words.split('|').count(), count);
            assert!(slider.values.starts_with(first), "{}", slider.values);
            assert!(slider.word.ends_with("not given"));
        }
        let link = Slider::of_link("300Mbit");
        let value = link.values.split('|').nth(link.place);
        assert_eq!(value, Some("300Mbit"));
        assert_eq!(link.word, "300 Mbit/s (37.5 MB/s)");
        assert!(link.values.contains("|12Mbit|15Mbit|") && link.values.contains("|120Mbit|"));
        let far = Slider::of_link("900Gbit");
        assert_eq!(far.place, far.last);
    }
}
