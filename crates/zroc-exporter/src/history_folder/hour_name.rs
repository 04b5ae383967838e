//! The names of files of history: `20261128T09` is the hour that begins at nine, in UTC.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use planner_core::vcenter_time::VcenterTime;

const FORMAT: &str = "%Y%m%dT%H";

/// The name of the file of the hour that begins then.
pub(super) fn of(hour: VcenterTime) -> String {
    let hour = hour.timestamp().to_zoned(TimeZone::UTC);
    hour.strftime(FORMAT).to_string()
}

/// The start of the hour whose file has this name.
pub(super) fn parse(name: &str) -> Option<VcenterTime> {
    // The parser takes other spellings too.
    let (day, hour) = name.split_once('T')?;
    let start = format!("{day}T{hour}:00:00").parse::<DateTime>().ok()?;
    let start = start.to_zoned(TimeZone::UTC).ok()?.timestamp();
    let start = VcenterTime::from_timestamp(start);
    (of(start) == name).then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_hours() {
        let nine = VcenterTime::from_second(1_795_856_400);
        assert_eq!(of(nine), "20261128T09");
        assert_eq!(parse("20261128T09"), Some(nine));
        for other in [
            "20261128T9",
            "20261128T24",
            "20261328T09",
            "2026-11-28T09",
            "20261128T09.new",
            "20261128t09",
            "20261128T09:00",
            "lock",
            "",
            "T",
            "é1261128T09",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
