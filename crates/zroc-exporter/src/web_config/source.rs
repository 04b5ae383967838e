//! The web config in force, read again when its files change.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, timeout};

use super::{WebConfig, WebConfigError};
use crate::error_chain::with_causes;

/// While clients ask, the files are looked at this often; otherwise not at all.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Files that take longer are on a file system that is gone. Until it is back the config stays as it was.
const READ_WITHIN: Duration = Duration::from_secs(2);

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
    /// Reading that has not ended in time; it is not begun anew before.
    under_way: Option<JoinHandle<Result<WebConfig, WebConfigError>>>,
    /// What was said of the files last, so that it is said once.
    complaint: Option<String>,
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
                    under_way: None,
                    complaint: None,
                })
            }),
        })
    }

    /// The config in force now. While one client waits for the files, others get what was in force before.
    pub async fn current(&self) -> Arc<WebConfig> {
        if let Some(reader) = &self.reader
            && let Ok(mut reader) = reader.try_lock()
            && reader.read_at.elapsed() >= LOOK_AGAIN_AFTER
            && let Some(read) = reader.read().await
        {
            self.take(read);
        }
        Arc::clone(&self.current.borrow())
    }

    /// Whoever is known to the config before stays known if nothing has changed.
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
    /// The config as it is now, if it can be used.
    async fn read(&mut self) -> Option<WebConfig> {
        let path = &self.path;
        let reading = self.under_way.get_or_insert_with(|| {
            let path = path.clone();
            spawn_blocking(move || WebConfig::load(&path))
        });
        let ended = timeout(READ_WITHIN, reading).await;
        self.read_at = Instant::now();
        let complaint = match ended {
            Err(_) => format!("it cannot be read within {READ_WITHIN:?}"),
            Ok(ended) => {
                self.under_way = None;
                match ended {
                    Ok(Ok(config)) => {
                        self.complaint = None;
                        return Some(config);
                    }
                    Ok(Err(error)) => with_causes(&error),
                    Err(panic) => panic.to_string(),
                }
            }
        };
        if self.complaint.as_ref() != Some(&complaint) {
            tracing::warn!(
                reason = complaint,
                "WEB_CONFIG_FILE cannot be used any more; what it said before stays in force"
            );
            self.complaint = Some(complaint);
        }
        None
    }
}
