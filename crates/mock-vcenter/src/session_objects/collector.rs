//! A property collector: its filters, and the versions by which a client follows them.

use super::filter::{Filter, Select};
use crate::sight::Sight;
use crate::soap::{Fields, SoapFault};

/// The filters of a session's collector, or of one that the session made for itself.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    pub(crate) filters: Vec<Filter>,
    /// The full version that the client is known to have; `None` before the first.
    base: Option<u64>,
    /// The last full version that was sent.
    last: u64,
    step: Step,
    /// Somebody called `CancelWaitForUpdates`.
    pub(crate) cancelled: bool,
}

/// What was sent since the base.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Step {
    #[default]
    Nothing,
    /// The number of parts of the next full version.
    Parts(u64),
    /// All of it.
    Whole,
}

impl Collector {
    /// Appends what is new since `version`, at most `limit` objects. Returns whether there was
    /// anything.
    pub(crate) fn update(
        &mut self,
        sight: &Sight,
        select: Select<'_>,
        version: &str,
        limit: usize,
        out: &mut String,
    ) -> Result<bool, SoapFault> {
        let parts = match self.resume(version)? {
            Step::Parts(parts) => parts,
            Step::Nothing | Step::Whole => {
                for filter in &mut self.filters {
                    filter.compare(sight, select)?;
                }
                0
            }
        };
        let mut written = String::new();
        let mut left = limit;
        for filter in &mut self.filters {
            if left > 0 {
                left -= filter.write(sight, left, &mut written)?;
            }
        }
        let more = self.filters.iter().any(Filter::has_more);
        if written.is_empty() && parts == 0 && !more {
            self.filters.iter_mut().for_each(Filter::confirm);
            self.step = Step::Nothing;
            return Ok(false);
        }
        let version = if more {
            self.step = Step::Parts(parts + 1);
            format!("{}_{}", self.last, parts + 1)
        } else {
            self.step = Step::Whole;
            self.last += 1;
            self.last.to_string()
        };
        out.push_str("<returnval>");
        let mut fields = Fields::nested(out);
        fields.string("version", &version);
        out.push_str(&written);
        if more {
            Fields::nested(out).boolean("truncated", true);
        }
        out.push_str("</returnval>");
        Ok(true)
    }

    /// Goes back or on to the state that a client of this version is in.
    fn resume(&mut self, version: &str) -> Result<Step, SoapFault> {
        if version.is_empty() {
            self.filters.iter_mut().for_each(Filter::forget);
            self.base = None;
            self.step = Step::Nothing;
            return Ok(self.step);
        }
        if let Step::Parts(parts) = self.step
            && version == format!("{}_{parts}", self.last)
        {
            return Ok(self.step);
        }
        let full = version.parse::<u64>().ok();
        if self.step == Step::Whole && full == Some(self.last) {
            self.filters.iter_mut().for_each(Filter::confirm);
            self.base = full;
        } else if full.is_some() && full == self.base {
            // The last answer was lost on its way.
            self.filters.iter_mut().for_each(Filter::roll_back);
        } else {
            return Err(SoapFault::invalid_collector_version());
        }
        self.step = Step::Nothing;
        Ok(self.step)
    }
}
