//! Every input of a plan with its value and where it comes from.

use serde_json::{Map, Value, json};

/// Inputs by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Echo(Map<String, Value>);

impl Echo {
    /// Notes an input that has a value in any case.
    pub(super) fn put(&mut self, name: &str, value: impl Into<Value>, is_given: bool) {
        let from = if is_given { "given" } else { "default" };
        let value: Value = value.into();
        self.0
            .insert(name.to_owned(), json!({"value": value, "from": from}));
    }

    /// Notes an input that has no value unless it is given.
    pub(super) fn put_given(&mut self, name: &str, value: Option<impl Into<Value>>) {
        let is_given = value.is_some();
        let value = value.map_or(Value::Null, Into::into);
        self.put(name, value, is_given);
    }

    /// Notes a list that is empty unless it is given.
    pub(super) fn put_list(&mut self, name: &str, values: Vec<Value>) {
        let is_given = !values.is_empty();
        self.put(name, values, is_given);
    }

    /// Whether an input is given.
    pub(super) fn is_given(&self, name: &str) -> bool {
        self.0
            .get(name)
            .is_some_and(|input| input["from"] == "given")
    }

    pub(super) const fn values(&self) -> &Map<String, Value> {
        &self.0
    }
}
