//! From values to places on an axis, and the round values that axes are marked with.

/// Values from zero on, evenly.
#[derive(Debug, Clone, Copy)]
pub(super) struct Linear {
    most: f64,
    step: f64,
}

impl Linear {
    /// A scale that reaches to `value` at least, with about four marks.
    pub(super) fn up_to(value: f64) -> Self {
        let least = if value > 0.0 && value.is_finite() {
            value / 4.0
        } else {
            0.25
        };
        let power = 10.0_f64.powf(least.log10().floor());
        let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|mantissa| mantissa * power);
        let step = steps.into_iter().find(|step| *step >= least * (1.0 - 1e-9));
        let step = step.unwrap_or(10.0 * power);
        Self {
            most: step * (value.max(0.0) / step - 1e-9).ceil().max(1.0),
            step,
        }
    }

    /// Where a value is, from 0 to 1.
    pub(super) fn place(self, value: f64) -> f64 {
        (value / self.most).clamp(0.0, 1.0)
    }

    /// The values to mark.
    pub(super) fn marks(self) -> impl Iterator<Item = f64> {
        let step = self.step;
        let marks = (0..=4_u32).map(move |place| f64::from(place) * step);
        marks.take_while(move |mark| *mark <= self.most * (1.0 + 1e-9))
    }
}

/// Values by their ratio.
#[derive(Debug, Clone, Copy)]
pub(super) struct Logarithmic {
    least: f64,
    most: f64,
}

impl Logarithmic {
    /// From `least`, which is above 0, to `most`, which is above that.
    pub(super) fn new(least: f64, most: f64) -> Self {
        Self {
            least,
            most: most.max(least * 1.01),
        }
    }

    /// Where a value is, from 0 to 1.
    pub(super) fn place(self, value: f64) -> f64 {
        let place = (value.max(self.least) / self.least).ln() / (self.most / self.least).ln();
        place.clamp(0.0, 1.0)
    }

    /// Round values to mark, at least a fourteenth of the axis apart.
    pub(super) fn marks(self) -> Vec<f64> {
        let first = self.least.log10().floor();
        let mut marks: Vec<f64> = Vec::new();
        let mantissas = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.5];
        let mut power = 10.0_f64.powf(first);
        while power <= self.most {
            for mantissa in mantissas {
                let mark = mantissa * power;
                let is_inside = mark >= self.least && mark <= self.most;
                let is_apart = marks
                    .last()
                    .is_none_or(|last| self.place(mark) - self.place(*last) >= 0.07);
                if is_inside && is_apart {
                    marks.push(mark);
                }
            }
            power *= 10.0;
        }
        marks
    }

    pub(super) fn holds(self, value: f64) -> bool {
        (self.least..=self.most).contains(&value)
    }
}
