//! Values as TOML spells them.

use serde_json::Value;

/// The value in one line. Settings have neither objects nor null.
pub(super) fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => toml::Value::String(text.clone()).to_string(),
        Value::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(literal).collect();
            format!("[{}]", elements.join(", "))
        }
        other => other.to_string(),
    }
}
