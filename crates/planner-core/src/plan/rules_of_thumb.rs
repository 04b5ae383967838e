//! What rules of thumb say about a link: they average, so they miss every burst.

use crate::units::{BytesPerSec, DataAmount, MegabitPerSec, Seconds};

/// Links by rules of thumb, to show beside the plan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RulesOfThumb {
    /// What is written in a day divided by the length of a day.
    pub change_per_day: MegabitPerSec,
    /// Zerto's sheet, in its unit: 1,048,576 bits per second.
    pub zerto_sheet_mebibit_per_second: f64,
}

impl RulesOfThumb {
    /// The rules for a mean rate of writes.
    pub fn new(mean: BytesPerSec, is_compressible: bool) -> Self {
        let day = Seconds::computed(86_400.0);
        Self {
            change_per_day: change_per_day(mean.during(day)),
            zerto_sheet_mebibit_per_second: zerto_sheet(mean, is_compressible),
        }
    }
}

/// The link that sends `per_day` in a day at a constant rate.
pub fn change_per_day(per_day: DataAmount) -> MegabitPerSec {
    MegabitPerSec::computed(per_day.get() / 86_400.0 * 8.0 / 1e6)
}

/// Zerto's sheet for one VM or many: KB/s times 8, divided by 1,024, and halved if the data can be compressed. KB are 1,024
/// bytes and the result is in units of 1,048,576 bits per second, 4.86 % larger than Mbit/s.
pub fn zerto_sheet(mean: BytesPerSec, is_compressible: bool) -> f64 {
    let all = mean.get() / 1_024.0 * 8.0 / 1_024.0;
    if is_compressible { all / 2.0 } else { all }
}
