//! The answer in words: which link an RPO needs, and what the link that is there would have given.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::assumptions::Inputs;
use super::links::LinkForRpo;
use super::percent::Percent;
use super::rpo::{Episode, Outcome, RpoOnLink, Sustained};
use super::wan::RecommendedFor;
use super::whole::Plan;
use super::words::{duration, needed_rate, observed_gigabytes, observed_megabit};
use crate::units::BytesPerSec;

impl Plan {
    /// The verdict, with which an answer opens.
    pub fn sentence(&self, inputs: &Inputs) -> String {
        let need = self.need_sentence();
        match self.link_sentence(inputs) {
            None => need,
            Some(on_link) => format!("{need} {on_link}"),
        }
    }

    /// The first half of the verdict: the link that the first RPO needs.
    pub fn need_sentence(&self) -> String {
        let Some(first) = self.answers.links_for_rpo.first() else {
            return String::new();
        };
        let wanted = wanted(first);
        if self.wan.recommended_for == RecommendedFor::Floor {
            let floor = needed_rate(self.wan.recommended);
            return format!(
                "For {wanted} you need no more than {floor}, the least that Zerto takes."
            );
        }
        let at_least = if first.is_lower_bound {
            "at least "
        } else {
            ""
        };
        let at_most = first.upper.map_or_else(String::new, |upper| {
            format!(" and at most {}", needed_rate(upper))
        });
        let base = first.base_link.map_or_else(String::new, |base| {
            format!(", or {} outside of your schedule", needed_rate(base))
        });
        format!(
            "For {wanted} you need {at_least}{}{at_most}{base}.",
            needed_rate(first.link)
        )
    }

    /// The second half: what the link that is there would have given. `None` without a link.
    pub fn link_sentence(&self, inputs: &Inputs) -> Option<String> {
        let rpo = self.answers.rpo.as_ref()?;
        Some(self.on_your_link(rpo, inputs))
    }

    fn on_your_link(&self, rpo: &RpoOnLink, inputs: &Inputs) -> String {
        let link = inputs.assumptions.link.as_ref();
        let has_schedule = link.is_some_and(|link| !link.schedule().is_empty());
        let link = your_link(rpo.link, has_schedule);
        match &rpo.outcome {
            Outcome::NeverCatchesUp { growth_per_hour } => format!(
                "Your {link} never catches up: what waits grows by {} an hour.",
                observed_gigabytes(*growth_per_hour)
            ),
            Outcome::Sustained(sustained) => {
                let reached = duration(sustained.worst);
                let misses = self.misses(sustained, &inputs.time_zone);
                if sustained.worst.get() <= 0.0 {
                    return format!("On your {link} nothing would have waited.");
                }
                format!("On your {link} the RPO would have reached {reached}{misses}.")
            }
        }
    }

    fn misses(&self, sustained: &Sustained, time_zone: &TimeZone) -> String {
        let all = &sustained.episodes;
        let longest = all.iter().reduce(|worst, episode| {
            if episode.worst > worst.worst {
                episode
            } else {
                worst
            }
        });
        let Some(worst) = longest else {
            return " at most".to_owned();
        };
        let times = match all.len() {
            1 => "once".to_owned(),
            count => format!("{count} times"),
        };
        format!(
            ", {times} in {}, worst {}",
            self.length(),
            from_to(*worst, time_zone)
        )
    }

    fn length(&self) -> String {
        let length = self.coverage.window.length();
        let days = (length.get() / 86_400.0).floor();
        if days >= 2.0 {
            format!("{days:.0} days")
        } else {
            duration(length)
        }
    }
}

/// The RPO and the percentage of a link, as the object of a sentence.
pub fn wanted(link: &LinkForRpo) -> String {
    format!("an RPO of {}", target(link))
}

/// The RPO and the percentage of a link alone: `10 s`, or `10 s for 99 % of the bytes`.
pub fn target(link: &LinkForRpo) -> String {
    let rpo = duration(link.rpo);
    if link.met == Percent::ALL {
        rpo
    } else {
        format!("{rpo} for {} % of the bytes", link.met.get())
    }
}

fn your_link(rate: BytesPerSec, has_schedule: bool) -> String {
    let rate = observed_megabit(rate);
    if has_schedule {
        format!("{rate} with its schedule")
    } else {
        rate
    }
}

/// `Thu 26 Nov 02:10 to 02:31`; with both days where they differ.
fn from_to(episode: Episode, time_zone: &TimeZone) -> String {
    let civil = |at: Timestamp| time_zone.to_datetime(at);
    let (start, end) = (civil(episode.span.start), civil(episode.span.end));
    let day_and_time = |at: jiff::civil::DateTime| at.strftime("%a %-d %b %H:%M").to_string();
    let end = if start.date() == end.date() {
        end.strftime("%H:%M").to_string()
    } else {
        day_and_time(end)
    };
    format!("{} to {end}", day_and_time(start))
}
