//! The flags of `zroc-exporter check`.

use clap::ValueEnum;

/// How the result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// What to check, and how to say it.
#[derive(Debug, Clone, Copy, clap::Args)]
#[command(args_override_self = true)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the command line"
)]
pub struct Arguments {
    /// Check settings and files only, without the network
    #[arg(long, help_heading = "Check")]
    pub offline: bool,
    /// Exit with 1 after warnings too
    #[arg(long, help_heading = "Check")]
    pub strict: bool,
    /// Name the VMs without values, each with the reason
    #[arg(long, help_heading = "Check")]
    pub vms: bool,
    /// Log in although vCenter refused the same password less than 5 minutes ago; five refusals lock an account
    #[arg(long, help_heading = "Check")]
    pub force: bool,
    /// Instead of checking, look at the samples of a few VMs for three minutes: late values, clocks of hosts, moves. With
    /// --format=json the result has no names and can be sent
    #[arg(long, conflicts_with_all = ["offline", "strict", "vms"], help_heading = "Check")]
    pub probe: bool,
    /// How the result is written
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Check")]
    pub format: Format,
}
