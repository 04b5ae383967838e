//! Reads the text format, as far as the tests need it.

use std::collections::BTreeMap;

/// Labels of one series.
pub(crate) type Labels = BTreeMap<String, String>;

/// All series of a page, by metric name.
#[derive(Debug, Default)]
pub(crate) struct MetricsPage {
    series: BTreeMap<String, Vec<(Labels, f64)>>,
}

impl MetricsPage {
    pub(crate) fn parse(text: &str) -> Self {
        let mut page = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let name_end = line.find(['{', ' ']).unwrap();
            let (name, rest) = line.split_at(name_end);
            let (labels, value) = match rest.strip_prefix('{') {
                Some(rest) => labels(rest),
                None => (Labels::new(), rest),
            };
            let value = value.trim().parse().unwrap();
            page.series
                .entry(name.to_owned())
                .or_default()
                .push((labels, value));
        }
        page
    }

    /// The names of all metrics.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.series.keys().map(String::as_str)
    }

    /// The series of a metric.
    pub(crate) fn series(&self, name: &str) -> &[(Labels, f64)] {
        self.series.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The value of a metric that has one series.
    pub(crate) fn value(&self, name: &str) -> Option<f64> {
        match self.series(name) {
            [(_, value)] => Some(*value),
            _ => None,
        }
    }

    /// The value of the series that has this label.
    pub(crate) fn labelled(&self, name: &str, label: &str, value: &str) -> Option<f64> {
        let mut series = self
            .series(name)
            .iter()
            .filter(|(labels, _)| labels[label] == value);
        series.next().map(|(_, value)| *value)
    }

    /// The value of a VM's series.
    pub(crate) fn vm(&self, name: &str, moref: &str) -> Option<f64> {
        self.labelled(name, "vm_moref", moref)
    }
}

/// Labels up to the closing brace, and what follows.
pub(crate) fn labels(mut rest: &str) -> (Labels, &str) {
    let mut labels = Labels::new();
    loop {
        rest = rest.trim_start_matches(',');
        if let Some(after) = rest.strip_prefix('}') {
            return (labels, after);
        }
        let (name, quoted) = rest.split_once("=\"").unwrap();
        let (value, after) = unquote(quoted);
        labels.insert(name.to_owned(), value);
        rest = after;
    }
}

fn unquote(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((position, character)) = characters.next() {
        match character {
            '"' => return (value, &text[position + 1..]),
            '\\' => match characters.next().unwrap().1 {
                'n' => value.push('\n'),
                escaped => value.push(escaped),
            },
            other => value.push(other),
        }
    }
    panic!("no closing quote in {text:?}");
}
