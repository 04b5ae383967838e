//! Starts the exporter. Exit codes: 0 after an orderly end, 1 after a failure, 2 when settings or arguments cannot be used,
//! 3 when a plan covers less than is required.

use std::env;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

#[cfg(target_os = "linux")]
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use tokio::runtime::{self, Runtime};
use tracing_subscriber::util::TryInitError;
use zroc_exporter::check::CheckFailure;
use zroc_exporter::cli::{Cli, Command, ConfigFormat, ConfigOptions};
use zroc_exporter::collect::CollectFailure;
use zroc_exporter::error_chain::with_causes;
use zroc_exporter::healthcheck::Unhealthy;
use zroc_exporter::plan::PlanError;
use zroc_exporter::self_metrics::ProcessHealth;
use zroc_exporter::serve::{ServeError, Started};
use zroc_exporter::settings::{Effective, Given, HttpSettings, Layers, Settings, SettingsError};
use zroc_exporter::telemetry::LogQueue;
use zroc_exporter::{check, collect, healthcheck, plan, serve, settings, signals, telemetry};

/// How long work that blocks, such as the resolution of a host name, may delay the exit. It is enough to finish writing the
/// totals.
const LEAVE_BEHIND_AFTER: Duration = Duration::from_millis(300);

/// Threads that decode and render take turns. With pauses as short as a second none of those beyond the work at hand would
/// ever be idle for tokio's usual 10 seconds, and each keeps memory of its own.
const SPARE_THREADS_END_AFTER: Duration = Duration::from_millis(250);

/// How long somebody who does not read standard error may delay the exit.
const LAST_WORDS_WITHIN: Duration = Duration::from_millis(500);

/// Why the program ended other than asked to.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error(transparent)]
    Arguments(clap::Error),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error("log lines cannot be written")]
    Telemetry(#[from] TryInitError),
    #[error("the system refuses a thread or what it waits with")]
    Runtime(#[source] io::Error),
    #[error("signals cannot be received")]
    Signals(#[source] io::Error),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error("standard output cannot be written")]
    Output(#[source] io::Error),
    #[error(transparent)]
    Unhealthy(#[from] Unhealthy),
    #[error(transparent)]
    Check(#[from] CheckFailure),
    #[error(transparent)]
    Collect(#[from] CollectFailure),
    #[error(transparent)]
    Plan(#[from] PlanError),
}

impl RunError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Arguments(_) | Self::Settings(_) => ExitCode::from(2),
            Self::Serve(error) if error.is_about_settings() => ExitCode::from(2),
            Self::Check(error) => ExitCode::from(error.exit_code()),
            Self::Collect(error) => ExitCode::from(error.exit_code()),
            Self::Plan(error) => ExitCode::from(error.exit_code()),
            Self::Telemetry(_)
            | Self::Runtime(_)
            | Self::Signals(_)
            | Self::Serve(_)
            | Self::Output(_)
            | Self::Unhealthy(_) => ExitCode::from(1),
        }
    }
}

fn main() -> ExitCode {
    let process = ProcessHealth::default();
    let Ok(log) = LogQueue::start(io::stderr(), process.clone()) else {
        return ExitCode::FAILURE;
    };
    let ended = match Cli::parse(env::args_os(), env::vars_os()) {
        Ok(Cli { command, given }) => run(command, given, &log, process),
        Err(text) => Err(RunError::Arguments(text)),
    };
    let code = match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(RunError::Arguments(text)) if !text.use_stderr() => {
            // Who asked for help and closed the pipe has seen enough.
            let _ = text.print();
            ExitCode::SUCCESS
        }
        Err(RunError::Check(error)) if error.is_silent() => ExitCode::from(error.exit_code()),
        Err(RunError::Collect(error)) if error.is_silent() => ExitCode::from(error.exit_code()),
        Err(error) => {
            log.push(format!("{}\n", last_words(&error)).as_bytes());
            error.exit_code()
        }
    };
    log.flush(LAST_WORDS_WITHIN);
    code
}

fn run(
    command: Command,
    given: Given,
    log: &LogQueue,
    process: ProcessHealth,
) -> Result<(), RunError> {
    match command {
        Command::Serve => serve(given, log, process),
        Command::Healthcheck => check_health(given),
        Command::Check(arguments) => {
            keep_memory_private();
            Ok(check::run(arguments, given)?)
        }
        Command::Config(options) => print_config(given, options),
        Command::Collect(arguments) => {
            keep_memory_private();
            Ok(collect::run(&arguments, given)?)
        }
        Command::Plan(arguments) => {
            keep_memory_private();
            Ok(plan::run(&arguments, given)?)
        }
    }
}

fn last_words(error: &RunError) -> String {
    match error {
        RunError::Arguments(text) => text.to_string(),
        error => format!("zroc-exporter: {}", with_causes(error)),
    }
}

fn serve(given: Given, log: &LogQueue, process: ProcessHealth) -> Result<(), RunError> {
    let layers = Layers::gather(given.clone());
    let settings = Settings::of(&layers)?;
    let effective = Effective::of(&layers, &settings.http, settings.labelled);
    drop(layers);
    telemetry::install(settings.log, log.clone(), process.clone())?;
    for unknown in &settings.unknown_variables {
        tracing::warn!("environment: {unknown}");
    }
    keep_memory_private();
    let collection = collection_runtime()?;
    let ended = block_on(async {
        let signals = signals::receive().map_err(RunError::Signals)?;
        let started = Started {
            given,
            settings,
            effective,
        };
        serve::serve(started, process, collection.handle(), signals).await?;
        Ok(())
    });
    // Dropping it would wait for its threads, however long they block.
    collection.shutdown_timeout(LEAVE_BEHIND_AFTER);
    ended
}

/// The memory holds the password: no core dump may take it, and no other process of the same user read it.
fn keep_memory_private() {
    #[cfg(target_os = "linux")]
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!(%error, "other processes of the same user may read the exporter's memory");
    }
}

fn check_health(given: Given) -> Result<(), RunError> {
    let settings = HttpSettings::load(given)?;
    block_on(async { Ok(healthcheck::check(&settings).await?) })
}

fn print_config(given: Given, options: ConfigOptions) -> Result<(), RunError> {
    let text = if options.example {
        settings::example()
    } else if options.schema {
        format!("{:#}\n", settings::schema())
    } else {
        let layers = Layers::gather(given);
        let settings = Settings::of(&layers)?;
        let effective = Effective::of(&layers, &settings.http, settings.labelled);
        match options.format {
            ConfigFormat::Toml => effective.to_toml(),
            ConfigFormat::Json => format!("{:#}\n", effective.to_json()),
        }
    };
    match io::stdout().write_all(text.as_bytes()) {
        // Who closed the pipe has seen enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(RunError::Output(error)),
        _ => Ok(()),
    }
}

/// Collection has threads of its own: whatever blocks them, the main thread answers HTTP clients and receives signals.
fn collection_runtime() -> Result<Runtime, RunError> {
    runtime::Builder::new_multi_thread()
        // One is plenty, and each takes memory of its own.
        .worker_threads(1)
        .thread_name("collection")
        .thread_keep_alive(SPARE_THREADS_END_AFTER)
        .enable_all()
        .build()
        .map_err(RunError::Runtime)
}

/// Runs the work on this thread, and abandons what the work did not wait for.
fn block_on(work: impl Future<Output = Result<(), RunError>>) -> Result<(), RunError> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(RunError::Runtime)?;
    let ended = runtime.block_on(work);
    runtime.shutdown_background();
    ended
}
