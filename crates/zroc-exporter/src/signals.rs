//! What each signal asks for. None but those that nobody can catch ends the process without a logout.

use std::io;

use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// These ask for an orderly end. Containers are stopped with SIGPWR here and there, and the system sends SIGXCPU before
/// it kills a process that has used up its time.
const END: [Signal; 5] = [
    Signal::TERM,
    Signal::INT,
    Signal::QUIT,
    Signal::POWER,
    Signal::XCPU,
];

/// This asks to read the files again that settings name.
const RELOAD: Signal = Signal::HUP;

/// These would end the process, and mean nothing to it. SIGXFSZ comes with the error of a write that went too far.
const IGNORED: [Signal; 9] = [
    Signal::USR1,
    Signal::USR2,
    Signal::PIPE,
    Signal::ALARM,
    Signal::VTALARM,
    Signal::PROF,
    Signal::IO,
    Signal::STKFLT,
    Signal::XFSZ,
];

/// The signals that have no name, less those that C libraries keep to themselves.
const REALTIME: std::ops::RangeInclusive<i32> = 35..=64;

/// What signals have asked for so far.
#[derive(Debug, Clone)]
pub struct Signals {
    /// Cancelled by the first signal that asks for an end. Further ones change nothing.
    pub shutdown: CancellationToken,
    /// Changes whenever the files that settings name are to be read again.
    pub reload: watch::Receiver<()>,
}

/// Receives signals from now on.
///
/// # Errors
/// When the system refuses to install a signal handler.
pub fn receive() -> io::Result<Signals> {
    // A handler stays, and keeps the signal from ending the process, even if nobody listens.
    for ignored in IGNORED {
        drop(signal(kind(ignored))?);
    }
    for number in REALTIME {
        // Which of them there are depends on the C library.
        let _ = signal(SignalKind::from_raw(number));
    }
    let shutdown = CancellationToken::new();
    for end in END {
        let mut end = signal(kind(end))?;
        let shutdown = shutdown.clone();
        tokio::spawn(async move {
            if end.recv().await.is_some() {
                shutdown.cancel();
            }
        });
    }
    let mut asked = signal(kind(RELOAD))?;
    let (sender, reload) = watch::channel(());
    tokio::spawn(async move {
        while asked.recv().await.is_some() {
            sender.send_replace(());
        }
    });
    Ok(Signals { shutdown, reload })
}

fn kind(signal: Signal) -> SignalKind {
    SignalKind::from_raw(signal.as_raw())
}
