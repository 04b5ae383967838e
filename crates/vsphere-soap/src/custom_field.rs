//! Custom attributes: what a server defines, and what objects have.

/// A custom attribute that a server defines: `CustomFieldDef`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CustomField {
    /// Identifies the attribute among those of the server. It stays when the attribute gets another name.
    pub key: i32,
    /// The name that people gave it.
    pub name: Box<str>,
}

/// An object's value of a custom attribute: `CustomFieldStringValue`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CustomFieldValue {
    /// The [`CustomField::key`].
    pub key: i32,
    /// The value, as people typed it.
    pub value: Box<str>,
}
