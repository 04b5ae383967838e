//! Names of managed entities as people know them.

use std::borrow::Cow;

/// Undoes vSphere's escapes in a managed entity's name.
///
/// vCenter stores `/`, `\` and `%` as `%2f`, `%5c` and `%25` (vSphere API reference, `ManagedEntity.name`). Nothing
/// else is escaped, so any other `%` stays as it is.
///
/// ```
/// assert_eq!(planner_core::inventory::entity_name::decode("web%2fdb 100%25 %41"), "web/db 100% %41");
/// ```
pub fn decode(name: &str) -> Cow<'_, str> {
    if !name.contains('%') {
        return Cow::Borrowed(name);
    }
    let mut decoded = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(position) = rest.find('%') {
        decoded.push_str(&rest[..position]);
        let (character, length) = match rest[position..]
            .get(..3)
            .map(str::to_ascii_lowercase)
            .as_deref()
        {
            Some("%2f") => ('/', 3),
            Some("%5c") => ('\\', 3),
            Some("%25") => ('%', 3),
            _ => ('%', 1),
        };
        decoded.push(character);
        rest = &rest[position + length..];
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}
