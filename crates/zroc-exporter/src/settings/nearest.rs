//! What somebody may have meant by a name that is unknown.

use std::ffi::OsStr;
use std::fmt;

use strsim::osa_distance;

use super::given::Given;
use super::setting::Setting;
use super::table::SETTINGS;

/// Names this long or longer are compared by their beginning: nobody types so much by mistake.
const LONGEST_NAME: usize = 64;

/// With up to this many typing errors a name is recognised, if it is long enough.
const MOST_ERRORS: usize = 2;

/// Characters per typing error that a name must have: of a short name too little would be left.
const CHARACTERS_PER_ERROR: usize = 4;

/// A name that begins like another is recognised if at least this much is the same.
const LEAST_BEGINNING: usize = 8;

/// An environment variable that looks like a setting and is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownVariable {
    /// Its name.
    pub name: String,
    /// The setting that may be meant.
    pub nearest: Option<&'static str>,
}

impl fmt::Display for UnknownVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not a setting", self.name)?;
        match self.nearest {
            Some(nearest) => write!(f, "; did you mean {nearest}?"),
            None => Ok(()),
        }
    }
}

/// The name that was probably meant.
pub(super) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let name: String = name.chars().take(LONGEST_NAME).collect();
    let known: Vec<&str> = known.into_iter().collect();
    let distances = known.iter().map(|known| osa_distance(&name, known));
    let (errors, closest) = distances.zip(&known).min_by_key(|(errors, _)| *errors)?;
    if errors <= MOST_ERRORS.min(closest.len() / CHARACTERS_PER_ERROR) {
        return Some(closest);
    }
    let is_a_beginning = |known: &&&str| {
        name.len().min(known.len()) >= LEAST_BEGINNING
            && (name.starts_with(**known) || known.starts_with(&name))
    };
    let begun = known.iter().filter(is_a_beginning);
    begun.max_by_key(|known| known.len()).copied()
}

/// Variables that were probably meant to be settings.
pub(super) fn unknown_variables(given: &Given) -> Vec<UnknownVariable> {
    given
        .variables()
        .filter_map(OsStr::to_str)
        .filter(|name| !is_known(name) && !is_of_others(name))
        .filter_map(|name| {
            let nearest = nearest(name, variables());
            let is_like_ours = nearest.is_some() || is_prefixed(name);
            is_like_ours.then(|| UnknownVariable {
                name: name.chars().take(LONGEST_NAME).collect(),
                nearest,
            })
        })
        .collect()
}

fn variables() -> impl Iterator<Item = &'static str> {
    SETTINGS.iter().filter_map(Setting::variable)
}

fn is_known(name: &str) -> bool {
    variables().any(|known| known == name)
}

fn is_prefixed(name: &str) -> bool {
    ["VCENTER_", "ZROC_"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// Variables that have another meaning: other programs know `HTTP_PROXY`, and Kubernetes sets `VCENTER_SERVICE_HOST`,
/// `VCENTER_PORT_443_TCP` and more for a service named `vcenter`.
fn is_of_others(name: &str) -> bool {
    name.eq_ignore_ascii_case("HTTP_PROXY")
        || ["VCENTER_SERVICE_", "VCENTER_PORT_"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
        || matches!(name, "https_proxy" | "all_proxy" | "no_proxy")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_typing_error_is_recognised() {
        for (name, meant) in [
            ("VCENTR_USER", Some("VCENTER_USER")),
            ("POLL_INTERVALL", Some("POLL_INTERVAL")),
            ("POLL_INTREVAL", Some("POLL_INTERVAL")),
            ("LOG_LEVLE", Some("LOG_LEVEL")),
            ("VCENTER_PASS", Some("VCENTER_PASSWORD_FILE")),
            ("POLL_INTERVAL_SECONDS", Some("POLL_INTERVAL")),
            ("LOG_FILE", None),
            ("HOSTNAME", None),
            ("HOME", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, variables()), meant, "{name}");
        }
    }

    #[test]
    fn only_variables_that_look_like_ours_are_named() {
        let environment = [
            ("PATH", "/bin"),
            ("HTTP_PROXY", "http://proxy:3128"),
            ("no_proxy", "*"),
            ("VCENTER_SERVICE_HOST", "10.0.0.1"),
            ("VCENTER_PORT_443_TCP_ADDR", "10.0.0.1"),
            ("VCENTER_HOST", "vc1"),
            ("VCENTER_USERNAME", "reader"),
            ("VCENTER_PROXY", "http://proxy:3128"),
            ("VCENTER_VERIFY", ""),
            ("BATCHSIZE", "50"),
        ];
        let unknown = unknown_variables(&environment.into_iter().collect());
        let said: Vec<String> = unknown.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "BATCHSIZE is not a setting; did you mean BATCH_SIZE?",
                "VCENTER_PROXY is not a setting",
                "VCENTER_USERNAME is not a setting; did you mean VCENTER_USER?",
            ]
        );
    }
}
