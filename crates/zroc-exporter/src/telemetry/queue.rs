//! Log lines on their way to standard error: who logs never waits for who reads.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

use crate::self_metrics::ProcessHealth;

/// Months at INFO, and a few answers of vCenter at TRACE.
const MOST_BYTES: usize = 4 << 20;

/// A reader who made the pipe non-blocking says "not now" instead of letting us wait.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(20);

/// Lines that a thread of their own writes, in order. Clones share the lines.
///
/// When nobody reads, the lines that find no room are dropped and counted. Once the reader has returned and has got what
/// was waiting, one line says how many are missing, and lines are taken again.
#[derive(Debug, Clone)]
pub struct LogQueue {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// A line came, or the last one was written.
    changed: Condvar,
    process: ProcessHealth,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    /// Lines dropped since the last one that was taken.
    dropped: u64,
    is_writing: bool,
}

impl Waiting {
    fn is_over(&self) -> bool {
        self.lines.is_empty() && self.dropped == 0 && !self.is_writing
    }
}

impl LogQueue {
    /// Starts the thread that writes.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start(sink: impl Write + Send + 'static, process: ProcessHealth) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            waiting: Mutex::default(),
            changed: Condvar::new(),
            process,
        });
        let writing = Arc::clone(&shared);
        thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || writing.write_to(sink))?;
        Ok(Self { shared })
    }

    /// Adds a line, which ends with a line feed, or drops it if there is no room.
    pub fn push(&self, line: &[u8]) {
        let mut waiting = self.shared.waiting();
        let has_room = waiting.lines.is_empty() || waiting.bytes + line.len() <= MOST_BYTES;
        if waiting.dropped == 0 && has_room {
            waiting.bytes += line.len();
            waiting.lines.push_back(line.to_vec());
        } else {
            waiting.dropped += 1;
            self.shared.process.count_dropped_log_lines(1);
        }
        drop(waiting);
        self.shared.changed.notify_all();
    }

    /// Waits until all lines are written, but no longer than this.
    pub fn flush(&self, at_most: Duration) {
        let waiting = self.shared.waiting();
        let flushed = self
            .shared
            .changed
            .wait_timeout_while(waiting, at_most, |waiting| !waiting.is_over());
        drop(flushed);
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_to(&self, mut sink: impl Write) {
        let mut is_torn = false;
        loop {
            match self.next() {
                Next::Line(mut line) => {
                    if is_torn {
                        line.insert(0, b'\n');
                    }
                    is_torn = write(&mut sink, &line).is_err();
                    if is_torn {
                        self.process.count_dropped_log_lines(1);
                    }
                }
                Next::Dropped(lines) => tracing::error!(
                    lines,
                    "log lines are missing here, because nobody read standard error"
                ),
            }
        }
    }

    /// Waits for something to write.
    fn next(&self) -> Next {
        let mut waiting = self.waiting();
        waiting.is_writing = false;
        loop {
            if let Some(line) = waiting.lines.pop_front() {
                waiting.bytes -= line.len();
                waiting.is_writing = true;
                return Next::Line(line);
            }
            if waiting.dropped > 0 {
                waiting.is_writing = true;
                return Next::Dropped(std::mem::take(&mut waiting.dropped));
            }
            self.changed.notify_all();
            waiting = self
                .changed
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

enum Next {
    Line(Vec<u8>),
    Dropped(u64),
}

#[expect(
    clippy::disallowed_methods,
    reason = "a sink that is not ready has no way to say when it will be"
)]
fn write(sink: &mut impl Write, mut line: &[u8]) -> io::Result<()> {
    while !line.is_empty() {
        match sink.write(line) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => line = line.split_at_checked(written).map_or(&[], |(_, rest)| rest),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(ASK_AGAIN_AFTER),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl<'q> MakeWriter<'q> for LogQueue {
    type Writer = LineWriter<'q>;

    fn make_writer(&'q self) -> Self::Writer {
        LineWriter(self)
    }
}

/// Takes one line per write, which is how `tracing_subscriber` writes.
#[derive(Debug)]
pub struct LineWriter<'q>(&'q LogQueue);

impl Write for LineWriter<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{self, Receiver, Sender};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    /// Writes when it is allowed to, with the outcome that is asked for.
    struct Gate {
        allowed: Receiver<Result<usize, ErrorKind>>,
        written: Sender<Vec<u8>>,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.allowed.recv() {
                // Nobody holds it back any more.
                Err(_) => {
                    let _ = self.written.send(bytes.to_vec());
                    Ok(bytes.len())
                }
                Ok(Ok(most)) => {
                    let length = most.min(bytes.len());
                    let _ = self.written.send(bytes[..length].to_vec());
                    Ok(length)
                }
                Ok(Err(kind)) => Err(kind.into()),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Stage {
        queue: LogQueue,
        allow: Sender<Result<usize, ErrorKind>>,
        written: Receiver<Vec<u8>>,
        process: ProcessHealth,
    }

    impl Stage {
        fn new() -> Self {
            let (allow, allowed) = mpsc::channel();
            let (sender, written) = mpsc::channel();
            let process = ProcessHealth::default();
            let gate = Gate {
                allowed,
                written: sender,
            };
            Self {
                queue: LogQueue::start(gate, process.clone()).unwrap(),
                allow,
                written,
                process,
            }
        }

        /// Lets everything through, and returns it.
        fn rest(self) -> (String, u64) {
            drop(self.allow);
            self.queue.flush(PATIENCE);
            let written: Vec<u8> = self.written.try_iter().flatten().collect();
            let dropped = self.process.dropped_log_lines();
            (String::from_utf8(written).unwrap(), dropped)
        }
    }

    #[test]
    fn lines_are_written_in_order_and_the_last_ones_before_the_end() {
        let stage = Stage::new();
        let lines: Vec<String> = (0..1_000).map(|number| format!("{number}\n")).collect();
        for line in &lines {
            stage.queue.push(line.as_bytes());
        }
        assert_eq!(stage.rest(), (lines.concat(), 0));
    }

    #[test]
    fn without_a_reader_nobody_waits_and_what_finds_no_room_is_counted() {
        let stage = Stage::new();
        let line = vec![b'a'; MOST_BYTES / 4];
        for _ in 0..20 {
            stage.queue.push(&line);
        }
        stage.queue.flush(Duration::from_millis(1));
        let dropped = stage.process.dropped_log_lines();
        // One line may be on its way out.
        assert!((15..=16).contains(&dropped), "{dropped}");
        let queue = stage.queue.clone();
        let (written, dropped_at_the_end) = stage.rest();
        assert_eq!(written.len() as u64, line.len() as u64 * (20 - dropped));
        assert_eq!(dropped_at_the_end, dropped);
        // There is room again.
        queue.push(b"again\n");
        queue.flush(PATIENCE);
        assert_eq!(queue.shared.process.dropped_log_lines(), dropped);
    }

    #[test]
    fn a_line_longer_than_all_room_is_written() {
        let stage = Stage::new();
        let line = vec![b'a'; MOST_BYTES + 1];
        stage.queue.push(&line);
        let (written, dropped) = stage.rest();
        assert_eq!((written.len(), dropped), (line.len(), 0));
    }

    #[test]
    fn a_closed_standard_error_costs_lines_and_nothing_else() {
        for kind in [
            ErrorKind::BrokenPipe,
            ErrorKind::StorageFull,
            ErrorKind::Other,
        ] {
            let stage = Stage::new();
            stage.allow.send(Err(kind)).unwrap();
            stage.queue.push(b"lost\n");
            stage.queue.push(b"kept\n");
            assert_eq!(stage.rest(), ("\nkept\n".to_owned(), 1), "{kind}");
        }
    }

    #[test]
    fn a_reader_who_says_not_now_or_takes_little_gets_every_byte() {
        let stage = Stage::new();
        for outcome in [
            Err(ErrorKind::WouldBlock),
            Ok(2),
            Err(ErrorKind::Interrupted),
            Err(ErrorKind::WouldBlock),
        ] {
            stage.allow.send(outcome).unwrap();
        }
        stage.queue.push(b"one\n");
        stage.queue.push(b"two\n");
        assert_eq!(stage.rest(), ("one\ntwo\n".to_owned(), 0));
    }
}
