//! The sizing plan: which link, which RPO, who causes it, how much disk.
//!
//! [`Plan::compute`](whole::Plan::compute) turns a [`Demand`](demand::Demand), which says what VMs wrote, and
//! [`Inputs`](assumptions::Inputs), which say what is asked and assumed, into a [`Plan`](whole::Plan).
//!
//! - A *bucket* is a time `[start, end)` with a mean rate. Within it the rate is constant, so backlogs and ages are exact at
//!   every moment and not at the ends of buckets only.
//! - What has no sample is absent, which isn't zero ([`sum`]).
//! - The written rate is `w`. The rate on the wire is `r = w x (1 + g)^(m / 12) x (1 - compression) x (1 + overhead)`.
//! - Replication gets `L = nominal x usable share` of a link. Links in a plan are nominal rates.

pub mod answers;
pub mod assumptions;
mod backlog;
mod bootstrap;
pub mod bucket;
pub mod causes;
pub(crate) mod cell;
mod chords;
pub mod course;
pub mod coverage;
mod days;
pub mod demand;
pub mod drift;
pub mod grid;
pub mod groups;
pub mod journal;
pub mod link;
pub mod links;
pub mod notation;
mod part;
pub mod percent;
mod quantiles;
mod queue;
mod reading;
pub mod recovery;
pub mod row;
pub mod rpo;
pub mod rules_of_thumb;
mod search;
pub mod sentence;
pub mod series;
mod service;
pub mod sum;
pub mod summed;
pub mod survey;
mod trace;
pub mod vm_figures;
pub mod wan;
pub mod whole;
mod window;
mod wire;
pub mod words;
