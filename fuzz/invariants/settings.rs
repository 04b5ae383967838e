//! What holds for whatever an operator writes. The fuzz targets and the tests of the corpora check the same.

use std::collections::HashMap;
use std::path::Path;

use zroc_exporter::http::web_config::WebConfigFile;
use zroc_exporter::settings::{Given, Layers, SETTINGS, Settings};

/// A password that is in no message about settings.
const PASSWORD: &str = "pa55-w0rd-that-n0body-may-see";

/// Lines of `NAME=value`.
pub(crate) fn load(text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    let mut variables: HashMap<&str, &str> = text
        .lines()
        .filter_map(|line| line.split_once('='))
        // Files of this machine are not part of the input.
        .filter(|(name, _)| !name.ends_with("_FILE") && *name != "ZROC_CONFIG")
        .collect();
    variables.insert("VCENTER_PASSWORD", PASSWORD);
    check(&Layers::gather(variables.into_iter().collect()));
}

/// The text of a file with settings, beside variables that suffice.
pub(crate) fn file(text: &[u8]) {
    let given = Given::from_iter([("VCENTER_PASSWORD", PASSWORD)]);
    // A folder that does not exist, so that no file of this machine is part of the input.
    let path = Path::new("/no/such/folder/settings.toml");
    let text = String::from_utf8_lossy(text).into_owned();
    check(&Layers::with_file(given, path, text));
}

fn check(layers: &Layers) {
    match Settings::of(layers) {
        Ok(settings) => {
            assert!(!settings.vcenters.is_empty() && !settings.http.listen.is_empty());
            for vcenter in &settings.vcenters {
                assert!(vcenter.collection.poll_interval.as_millis() >= 100);
                assert!((1..=8).contains(&vcenter.collection.concurrency));
            }
            assert!(!format!("{settings:?}").contains(PASSWORD));
        }
        Err(error) => {
            assert!(!error.problems.is_empty());
            assert!(!error.to_string().contains(PASSWORD));
            for problem in &error.problems {
                let is_known = SETTINGS.iter().any(|setting| setting.name == problem.name);
                assert!(is_known || problem.name.starts_with("/no/such/folder/settings.toml:"));
            }
        }
    }
}

/// The text of a web config file.
pub(crate) fn web_config(text: &[u8]) {
    if let Err(error) = WebConfigFile::parse(&String::from_utf8_lossy(text)) {
        assert!(!error.to_string().is_empty());
    }
}
