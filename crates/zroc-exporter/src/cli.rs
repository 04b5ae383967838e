//! The command line. Its flags come from the table of settings.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;

use clap::builder::OsStringValueParser;
use clap::{Arg, ArgAction, ArgMatches, Args, FromArgMatches as _, Subcommand, ValueEnum};

use crate::check::arguments::Arguments as CheckArguments;
use crate::collect::arguments::Arguments as CollectArguments;
use crate::plan::arguments::Arguments as PlanArguments;
use crate::settings::{Form, Given, SETTINGS, Section, Setting};
use crate::version::LONG_VERSION;

/// What is to be done, and what settings were given for it.
#[derive(Debug)]
pub struct Cli {
    /// What to do.
    pub command: Command,
    /// Flags and environment variables.
    pub given: Given,
}

/// What the program can do.
#[derive(Debug, Clone, Default, Subcommand)]
pub enum Command {
    /// Collect and serve until SIGTERM or SIGINT. This is what happens without a command
    #[default]
    Serve,
    /// Exit with 0 if the exporter on this machine is healthy, else with 1
    Healthcheck,
    /// Find out why vCenters cannot be collected from, or how well they can, with one login to each
    Check(CheckArguments),
    /// Print the settings in force, each with where it comes from
    Config(ConfigOptions),
    /// Collect once from every vCenter and print the values
    Collect(CollectArguments),
    /// Size link, journal and recovery site from what VMs write, once
    Plan(Box<PlanArguments>),
}

/// What `config` prints.
#[derive(Debug, Clone, Copy, Args)]
pub struct ConfigOptions {
    /// How to print the settings in force; secrets are masked
    #[arg(long, value_enum, default_value_t = ConfigFormat::Toml)]
    pub format: ConfigFormat,
    /// Print a file with every key instead, all commented out
    #[arg(long, conflicts_with = "schema")]
    pub example: bool,
    /// Print the JSON schema of the file instead
    #[arg(long)]
    pub schema: bool,
}

/// How settings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ConfigFormat {
    /// As a file of settings, with comments.
    Toml,
    /// As JSON.
    Json,
}

impl Cli {
    /// Understands arguments, the program's name first.
    ///
    /// # Errors
    /// When an argument is unknown, or when help or version are asked for. Values of settings are not looked at.
    pub fn parse(
        arguments: impl IntoIterator<Item = OsString>,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, clap::Error> {
        let matches = command().try_get_matches_from(arguments)?;
        let given = flags(&matches, variables.into_iter().collect());
        let command = match matches.subcommand_name() {
            Some(_) => Command::from_arg_matches(&matches)?,
            None => Command::default(),
        };
        Ok(Self { command, given })
    }
}

/// The whole command line, for help, man page and completions too.
pub fn command() -> clap::Command {
    let program = clap::Command::new("zroc-exporter")
        .version(LONG_VERSION)
        .after_help(without_flag())
        .args(SETTINGS.iter().filter_map(arg));
    // The commands bring a description of their own.
    let program = Command::augment_subcommands(program)
        .about("Publishes how much every VMware VM writes, for Prometheus");
    program.mut_subcommands(with_settings)
}

/// Flags may follow the command too. Where a command has a flag of its own with that name, it means the same.
fn with_settings(command: clap::Command) -> clap::Command {
    let own: Vec<String> = command
        .get_arguments()
        .filter_map(|arg| arg.get_long().map(str::to_owned))
        .collect();
    let others = SETTINGS.iter().filter(|setting| {
        let flag = setting.flag;
        flag.is_some_and(|flag| !own.iter().any(|own| own == flag))
    });
    command.args(others.filter_map(arg))
}

/// The flags behind the command count rather than those before it.
fn flags(matches: &ArgMatches, variables: Given) -> Given {
    let flags = SETTINGS.iter().filter_map(|setting| setting.flag);
    let of_command = matches.subcommand().map(|(_, matches)| matches);
    flags.fold(variables, |given, flag| {
        let behind = of_command.and_then(|matches| matches.try_get_raw(flag).ok().flatten());
        let values = behind.or_else(|| matches.try_get_raw(flag).ok().flatten());
        let values = values.into_iter().flatten().map(OsStr::to_owned);
        given.with_flag(flag, values.collect())
    })
}

fn arg(setting: &Setting) -> Option<Arg> {
    let flag = setting.flag?;
    let arg = Arg::new(flag)
        .long(flag)
        .value_name(value_name(setting.form))
        .value_parser(OsStringValueParser::new())
        .help_heading(match setting.section {
            Section::Top => "Settings",
            Section::Http => "Settings of the exporter's own port",
            Section::Log => "Settings of the log",
            Section::Vcenter => "Settings of vCenter and of collection",
        })
        .help(help(setting));
    Some(match setting.form {
        Form::Addresses => arg.action(ArgAction::Append),
        Form::Switch => arg
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true"),
        _ => arg,
    })
}

fn value_name(form: Form) -> &'static str {
    match form {
        Form::Text | Form::Secret => "TEXT",
        Form::Path => "FILE",
        Form::Switch => "true|false",
        Form::Number(..) => "NUMBER",
        Form::Duration(_) => "TIME",
        Form::Choice(_) => "WORD",
        Form::Patterns | Form::Names(_) => "NAMES",
        Form::Addresses => "ADDRESS",
    }
}

fn help(setting: &Setting) -> String {
    let mut help = setting.help.to_owned();
    if let Some(variable) = setting.variable() {
        let _ = write!(help, " [variable: {variable}]");
    }
    if let Some(default) = setting.default {
        let _ = write!(help, " [default: {default}]");
    }
    help
}

/// The settings that no flag gives: secrets, which a list of processes would show, and names that other programs share.
fn without_flag() -> String {
    let mut text = "Settings without a flag:\n".to_owned();
    for setting in SETTINGS.iter().filter(|setting| setting.flag.is_none()) {
        let kind = if setting.is_variable {
            "variable"
        } else {
            "in the file"
        };
        let _ = writeln!(text, "  {} ({kind}): {}", setting.name, setting.help);
    }
    text.push_str(
        "\nFlags beat environment variables, which beat the file. An empty variable is an absent one.\n\
         Exit codes: 0 after an orderly end, 1 after a failure or a failed check, 2 when settings or arguments cannot be used, 3 when a \
         plan covers less than is required.",
    );
    text
}
