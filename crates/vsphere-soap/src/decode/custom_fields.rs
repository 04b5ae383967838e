//! `ArrayOfCustomFieldDef` and `ArrayOfCustomFieldValue`.

use crate::custom_field::{CustomField, CustomFieldValue};
use crate::xml::{Cursor, DecodeError, Element};

pub(super) fn custom_fields<'a>(
    cursor: &mut Cursor<'a>,
    array: &Element<'a>,
) -> Result<Vec<CustomField>, DecodeError> {
    let fields = keyed_texts(cursor, array, "name")?;
    let field = |(key, name)| CustomField { key, name };
    Ok(fields.into_iter().map(field).collect())
}

pub(super) fn custom_field_values<'a>(
    cursor: &mut Cursor<'a>,
    array: &Element<'a>,
) -> Result<Vec<CustomFieldValue>, DecodeError> {
    let values = keyed_texts(cursor, array, "value")?;
    let value = |(key, value)| CustomFieldValue { key, value };
    Ok(values.into_iter().map(value).collect())
}

/// The key of each item and its text of this name. Items without both are passed over.
fn keyed_texts<'a>(
    cursor: &mut Cursor<'a>,
    array: &Element<'a>,
    name: &str,
) -> Result<Vec<(i32, Box<str>)>, DecodeError> {
    let mut items = Vec::new();
    while let Some(item) = cursor.child(array)? {
        let mut key = None;
        let mut text = None;
        while let Some(child) = cursor.child(&item)? {
            if child.name() == "key" {
                key = cursor.number_if(&child)?;
            } else if child.name() == name {
                text = cursor.string_if(&child)?;
            }
        }
        items.extend(key.zip(text));
    }
    Ok(items)
}
