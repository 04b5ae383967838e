//! Starts the exporter. Exit codes: 0 after an orderly end, 1 after a failure, 2 when settings cannot be used.

use std::env;
use std::error::Error;
use std::process::ExitCode;

use clap::Parser as _;
use zroc_exporter::cli::{Cli, Command};
use zroc_exporter::settings::{HttpSettings, Settings};
use zroc_exporter::{advice, healthcheck, serve, shutdown, telemetry};

const FAILURE: u8 = 1;
const BAD_SETTINGS: u8 = 2;

// Two threads are plenty, and each one more costs memory on large machines.
#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let ended = match Cli::parse().command.unwrap_or_default() {
        Command::Serve => match Settings::load(|name| env::var_os(name)) {
            Ok(settings) => run(settings).await,
            Err(error) => return report(&error, BAD_SETTINGS),
        },
        Command::Healthcheck => match HttpSettings::load(|name| env::var_os(name)) {
            Ok(settings) => check(&settings).await,
            Err(error) => return report(&error, BAD_SETTINGS),
        },
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&*error, FAILURE),
    }
}

async fn run(settings: Settings) -> Result<(), Box<dyn Error>> {
    telemetry::install(settings.log)?;
    let shutdown = shutdown::on_signal()?;
    serve::serve(settings, shutdown).await?;
    Ok(())
}

async fn check(settings: &HttpSettings) -> Result<(), Box<dyn Error>> {
    if healthcheck::is_healthy(settings).await? {
        Ok(())
    } else {
        Err("the exporter is degraded; its /health tells why".into())
    }
}

fn report(error: &dyn Error, code: u8) -> ExitCode {
    eprintln!("zroc-exporter: {}", advice::with_causes(error));
    ExitCode::from(code)
}
