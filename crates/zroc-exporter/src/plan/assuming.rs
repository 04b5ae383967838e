//! Assumptions about the link and the data on it, from flags.

use planner_core::plan::assumptions::{
    Assumptions, Compression, Growth, OneOrMore, Overhead, UsableShare,
};
use planner_core::plan::link::{DailyRate, Link};
use planner_core::plan::percent::Percent;
use planner_core::units::{BytesPerSec, MegabitPerSec, Seconds};
use serde_json::{Value, json};

use super::arguments::{Arguments, Percents};
use super::checks::{Checked, or_default, refuse};
use super::echo::Echo;

pub(super) fn assumptions(arguments: &Arguments, echo: &mut Echo) -> Checked<Assumptions> {
    let default = Assumptions::default();
    let given_mets = arguments.met.clone().unwrap_or(Percents(Vec::new())).0;
    let assumptions = Assumptions {
        link: link(arguments.link, &arguments.link_at)?,
        rpos: or_default(&arguments.rpo, &default.rpos),
        mets: or_default(&given_mets, &default.mets),
        compression: or(arguments.compression, default.compression, compression)?,
        overhead: or(arguments.overhead, default.overhead, overhead)?,
        usable_share: or(arguments.usable_share, default.usable_share, usable_share)?,
        growth: match (arguments.growth, arguments.months) {
            (None, None) => default.growth,
            (Some(per_year), Some(months)) => growth(per_year, months)?,
            _ => return refuse("--growth and --months come together"),
        },
    };
    put(&assumptions, echo, |word| match word {
        "link" => arguments.link.is_some(),
        "link_at" => !arguments.link_at.is_empty(),
        "rpo" => !arguments.rpo.is_empty(),
        "met" => arguments.met.is_some(),
        "compression" => arguments.compression.is_some(),
        "overhead" => arguments.overhead.is_some(),
        "usable_share" => arguments.usable_share.is_some(),
        _ => arguments.growth.is_some(),
    });
    Ok(assumptions)
}

fn or<T>(given: Option<f64>, default: T, check: impl Fn(f64) -> Checked<T>) -> Checked<T> {
    given.map_or(Ok(default), check)
}

/// Notes all assumptions. `is_given` says which of them do not have their defaults, by their words.
pub(super) fn put(assumptions: &Assumptions, echo: &mut Echo, is_given: impl Fn(&str) -> bool) {
    let link = assumptions.link.as_ref();
    let rate = |rate: BytesPerSec| MegabitPerSec::from(rate).get();
    let nominal = link.map(|link| rate(link.nominal()));
    echo.put("link_megabit_per_second", nominal, is_given("link"));
    let schedule = link.map(Link::schedule).unwrap_or_default();
    let schedule: Vec<Value> = schedule
        .iter()
        .map(|daily| {
            json!({
                "from": daily.from.to_string(),
                "to": daily.to.to_string(),
                "megabit_per_second": rate(daily.rate),
            })
        })
        .collect();
    echo.put("link_at", schedule, is_given("link_at"));
    let rpos: Vec<f64> = assumptions.rpos.iter().map(Seconds::get).collect();
    echo.put("rpo_seconds", rpos, is_given("rpo"));
    let mets: Vec<f64> = assumptions.mets.iter().map(Percent::get).collect();
    echo.put("met_percent", mets, is_given("met"));
    echo.put(
        "compression",
        assumptions.compression.get(),
        is_given("compression"),
    );
    echo.put("overhead", assumptions.overhead.get(), is_given("overhead"));
    echo.put(
        "usable_share",
        assumptions.usable_share.get(),
        is_given("usable_share"),
    );
    let growth = Some(assumptions.growth).filter(|_| is_given("growth"));
    echo.put_given("growth", growth.map(Growth::per_year));
    echo.put_given("months", growth.map(Growth::months));
}

pub(super) fn link(nominal: Option<BytesPerSec>, schedule: &[DailyRate]) -> Checked<Option<Link>> {
    match nominal {
        None if schedule.is_empty() => Ok(None),
        None => refuse("--link-at needs --link for the rest of the day"),
        Some(nominal) => match Link::new(nominal, schedule.to_vec()) {
            Ok(link) => Ok(Some(link)),
            Err(error) => refuse(format!("--link or --link-at cannot be used: {error}")),
        },
    }
}

pub(super) fn compression(value: f64) -> Checked<Compression> {
    Compression::new(value).map_or_else(
        || refuse("compression is from 0 to less than 1, such as 0.5"),
        Ok,
    )
}

pub(super) fn overhead(value: f64) -> Checked<Overhead> {
    Overhead::new(value).map_or_else(|| refuse("overhead is from 0 to 1, such as 0.05"), Ok)
}

pub(super) fn usable_share(value: f64) -> Checked<UsableShare> {
    UsableShare::new(value).map_or_else(
        || refuse("usable-share is above 0 and at most 1, such as 0.7"),
        Ok,
    )
}

pub(super) fn growth(per_year: f64, months: f64) -> Checked<Growth> {
    Growth::new(per_year, months).map_or_else(
        || refuse("growth is a fraction above -1, such as 0.3, and months are at least 0"),
        Ok,
    )
}

/// One RPO.
pub(super) const fn single(rpo: Seconds) -> OneOrMore<Seconds> {
    OneOrMore::new(rpo, Vec::new())
}
