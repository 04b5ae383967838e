//! The web config in force, read again when its files change.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

use super::config::WebConfig;
use super::error::WebConfigError;
use crate::error_chain::with_causes;
use crate::limited_read::LimitedRead;

/// While clients ask, the files are looked at this often; otherwise not at all.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Where the web config comes from, and what it was when last looked at.
#[derive(Debug)]
pub struct WebConfigSource {
    current: watch::Sender<Arc<WebConfig>>,
    /// `None` where no file is named.
    reader: Option<Mutex<Reader>>,
}

#[derive(Debug)]
struct Reader {
    path: PathBuf,
    read_at: Instant,
    reading: LimitedRead<Result<WebConfig, WebConfigError>>,
    /// The problem that was logged last, so that it is logged once.
    problem: Option<String>,
}

impl WebConfigSource {
    /// Reads the file for the first time; without one, plain HTTP is spoken with everybody. Blocks.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub fn open(path: Option<PathBuf>) -> Result<Self, WebConfigError> {
        let first = match &path {
            Some(path) => WebConfig::load(path)?,
            None => WebConfig::default(),
        };
        Ok(Self {
            current: watch::Sender::new(Arc::new(first)),
            reader: path.map(|path| {
                Mutex::new(Reader {
                    path,
                    read_at: Instant::now(),
                    reading: LimitedRead::default(),
                    problem: None,
                })
            }),
        })
    }

    /// The config in force now. While one client waits for the files, others get what was in force before.
    pub async fn current(&self) -> Arc<WebConfig> {
        if let Some(reader) = &self.reader
            && let Ok(mut reader) = reader.try_lock()
            && reader.read_at.elapsed() >= LOOK_AGAIN_AFTER
        {
            match reader.read().await {
                Ok(read) => self.take(read),
                Err(problem) => reader.complain(problem),
            }
        }
        Arc::clone(&self.current.borrow())
    }

    /// Reads the files now, and puts the config in force.
    ///
    /// # Errors
    /// Says why the files cannot be used.
    pub(crate) async fn reload(&self) -> Result<(), String> {
        let Some(reader) = &self.reader else {
            return Ok(());
        };
        let mut reader = reader.lock().await;
        let read = reader.read().await.inspect_err(|problem| {
            // The caller says it.
            reader.problem = Some(problem.clone());
        });
        self.take(read?);
        Ok(())
    }

    /// Puts the config in force if it differs from the one before. Otherwise users that it knows stay known.
    fn take(&self, read: WebConfig) {
        self.current.send_if_modified(|current| {
            let has_changed = !current.is_same(&read);
            if has_changed {
                tracing::info!(
                    "WEB_CONFIG_FILE or a file that it names has changed and is in force"
                );
                *current = Arc::new(read);
            }
            has_changed
        });
    }
}

impl Reader {
    /// The config as the files have it now, or why it cannot be used.
    async fn read(&mut self) -> Result<WebConfig, String> {
        let path = self.path.clone();
        let read = self.reading.run(move || WebConfig::load(&path)).await;
        self.read_at = Instant::now();
        match read {
            Ok(Ok(config)) => {
                self.problem = None;
                Ok(config)
            }
            Ok(Err(error)) => Err(with_causes(&error)),
            Err(error) => Err(with_causes(&error)),
        }
    }

    fn complain(&mut self, problem: String) {
        if self.problem.as_ref() != Some(&problem) {
            tracing::warn!(
                reason = problem,
                "WEB_CONFIG_FILE cannot be used any more; what it said before stays in force"
            );
            self.problem = Some(problem);
        }
    }
}
