//! Starts the exporter. Exit codes: 0 after an orderly end, 1 after a failure, 2 when settings cannot be used.

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use tokio::runtime;
use zroc_exporter::cli::{Cli, Command};
use zroc_exporter::error_chain::with_causes;
use zroc_exporter::settings::{HttpSettings, Settings};
use zroc_exporter::{healthcheck, serve, shutdown, telemetry};

const FAILURE: u8 = 1;
const BAD_SETTINGS: u8 = 2;

/// What blocks outside our reach, such as the resolution of a name, keeps the process no longer than this. It is enough to
/// finish a file of totals.
const LEAVE_BEHIND_AFTER: Duration = Duration::from_millis(300);

fn main() -> ExitCode {
    let ended = match Cli::parse().command.unwrap_or_default() {
        Command::Serve => match Settings::load(|name| env::var_os(name)) {
            Ok(settings) => serve(settings),
            Err(error) => return report(&error, BAD_SETTINGS),
        },
        Command::Healthcheck => match HttpSettings::load(|name| env::var_os(name)) {
            Ok(settings) => block_on(check(&settings)),
            Err(error) => return report(&error, BAD_SETTINGS),
        },
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let serve_error = error.downcast_ref::<serve::ServeError>();
            let code = if serve_error.is_some_and(serve::ServeError::is_about_settings) {
                BAD_SETTINGS
            } else {
                FAILURE
            };
            report(&*error, code)
        }
    }
}

/// Collection has threads of its own: whatever keeps them, HTTP clients are answered and signals are heard by this one.
fn serve(settings: Settings) -> Result<(), Box<dyn Error>> {
    telemetry::install(settings.log)?;
    // One thread is plenty, and each one more has memory of its own.
    let collection = runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("collection")
        .enable_all()
        .build()?;
    let ended = block_on(async {
        let shutdown = shutdown::on_signal()?;
        serve::serve(settings, collection.handle(), shutdown).await?;
        Ok(())
    });
    // To drop it would be to wait for its threads, however long they block.
    collection.shutdown_timeout(LEAVE_BEHIND_AFTER);
    ended
}

async fn check(settings: &HttpSettings) -> Result<(), Box<dyn Error>> {
    if healthcheck::is_healthy(settings).await? {
        Ok(())
    } else {
        Err("the exporter is degraded; its /health tells why".into())
    }
}

/// Runs the work on this thread, and leaves behind whatever it did not wait for.
fn block_on(work: impl Future<Output = Result<(), Box<dyn Error>>>) -> Result<(), Box<dyn Error>> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let ended = runtime.block_on(work);
    runtime.shutdown_background();
    ended
}

fn report(error: &dyn Error, code: u8) -> ExitCode {
    eprintln!("zroc-exporter: {}", with_causes(error));
    ExitCode::from(code)
}
