//! The parameters of a query string as they were given.

use form_urlencoded::{Serializer, parse};

/// The longest query string that is read, in bytes.
pub(super) const LONGEST: usize = 8 * 1024;

/// Names and values in their order. Forms send their empty fields too; these are left out.
#[derive(Debug, Clone, Default)]
pub(super) struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// None of a query that is too long.
    pub(super) fn parse(query: &str) -> Self {
        if query.len() > LONGEST {
            return Self::default();
        }
        let pairs = parse(query.as_bytes());
        let pairs = pairs.map(|(name, value)| (name.into_owned(), value.trim().to_owned()));
        Self(pairs.filter(|(_, value)| !value.is_empty()).collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(super) fn values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.iter()
            .filter(move |(other, _)| *other == name)
            .map(|(_, value)| value)
    }

    /// The last value, which is the one that counts.
    pub(super) fn last(&self, name: &str) -> Option<&str> {
        self.values(name).last()
    }

    pub(super) fn without(&self, names: &[&str]) -> Self {
        let pairs = self.0.iter().filter(|(name, _)| !names.contains(&&**name));
        Self(pairs.cloned().collect())
    }

    /// With one value of this name.
    pub(super) fn with(&self, name: &str, value: impl Into<String>) -> Self {
        let mut pairs = self.without(&[name]);
        pairs.0.push((name.to_owned(), value.into()));
        pairs
    }

    /// As a query string with its `?`; empty without parameters.
    pub(super) fn query(&self) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        let mut query = Serializer::for_suffix("?".to_owned(), 1);
        query.extend_pairs(&self.0);
        query.finish()
    }

    pub(super) fn into_vec(self) -> Vec<(String, String)> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_that_is_written_reads_the_same() {
        let pairs = Pairs::parse("rpo=10s&find=%3Cb%3E&rpo=5s&link=&x=%22%26");
        assert_eq!(pairs.values("rpo").collect::<Vec<_>>(), ["10s", "5s"]);
        let next = pairs.with("page", "2").query();
        assert_eq!(next, "?rpo=10s&find=%3Cb%3E&rpo=5s&x=%22%26&page=2");
        assert_eq!(Pairs::parse(&next[1..]).without(&["page"]).0, pairs.0);
        assert_eq!(Pairs::default().query(), "");
    }
}
