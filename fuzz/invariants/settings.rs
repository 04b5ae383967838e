//! What holds for whatever an operator writes. The fuzz targets and the tests of the corpora check the same.

use std::collections::HashMap;
use std::ffi::OsString;

use zroc_exporter::http::web_config::WebConfigFile;
use zroc_exporter::settings::{SETTINGS, Settings};

/// A password that is in no message about settings.
const PASSWORD: &str = "pa55-w0rd-that-n0body-may-see";

/// Lines of `NAME=value`.
pub(crate) fn load(text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    let mut variables: HashMap<&str, &str> = text
        .lines()
        .filter_map(|line| line.split_once('='))
        // Files of this machine are not part of the input.
        .filter(|(name, _)| !name.ends_with("_FILE"))
        .collect();
    variables.insert("VCENTER_PASSWORD", PASSWORD);
    let loaded = Settings::load(|name| variables.get(name).map(OsString::from));
    match loaded {
        Ok(settings) => {
            assert!(settings.collection.poll_interval.as_millis() >= 100);
            assert!((1..=8).contains(&settings.collection.concurrency));
            assert!(!format!("{settings:?}").contains(PASSWORD));
        }
        Err(error) => {
            assert!(!error.problems.is_empty());
            assert!(!error.to_string().contains(PASSWORD));
            let is_known = |name: &str| SETTINGS.iter().any(|setting| setting.name == name);
            assert!(error.problems.iter().all(|problem| is_known(problem.name)));
        }
    }
}

/// The text of a web config file.
pub(crate) fn web_config(text: &[u8]) {
    if let Err(error) = WebConfigFile::parse(&String::from_utf8_lossy(text)) {
        assert!(!error.to_string().is_empty());
    }
}
