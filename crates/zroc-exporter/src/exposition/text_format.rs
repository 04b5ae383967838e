//! OpenMetrics rewritten as text format 0.0.4, line by line.
//!
//! The samples of the two formats are the same for the metric types in use. What differs is the metadata: in the text
//! format a counter's name has its `_total`, an info is a gauge whose name has its `_info`, and there is neither a unit
//! nor an end marker.

/// Rewrites whole lines of OpenMetrics.
#[derive(Debug, Default)]
pub(super) struct TextFormat {
    /// A `HELP` line waits for the `TYPE` line that has the family's name in the text format.
    help: Option<Help>,
}

#[derive(Debug)]
struct Help {
    family: String,
    text: String,
}

impl TextFormat {
    /// Appends the text format of `openmetrics`, which must end at the end of a line.
    pub(super) fn rewrite(&mut self, openmetrics: &str, text: &mut String) {
        for line in openmetrics.split_inclusive('\n') {
            match line.strip_prefix("# ") {
                None => text.push_str(line),
                Some(metadata) => self.rewrite_metadata(metadata.trim_end(), text),
            }
        }
    }

    fn rewrite_metadata(&mut self, metadata: &str, text: &mut String) {
        let mut words = metadata.splitn(3, ' ');
        match (words.next(), words.next(), words.next()) {
            (Some("HELP"), Some(family), help) => {
                let text = help.unwrap_or_default().to_owned();
                self.help = Some(Help {
                    family: family.to_owned(),
                    text,
                });
            }
            (Some("TYPE"), Some(family), Some(kind)) => {
                let (suffix, kind) = match kind {
                    "counter" => ("_total", "counter"),
                    "info" => ("_info", "gauge"),
                    "unknown" => ("", "untyped"),
                    kind => ("", kind),
                };
                if let Some(help) = self.help.take_if(|help| help.family == family) {
                    text.extend(["# HELP ", family, suffix, " ", help.text.as_str(), "\n"]);
                }
                text.extend(["# TYPE ", family, suffix, " ", kind, "\n"]);
            }
            _ => {}
        }
    }
}
