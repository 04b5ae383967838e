//! Reads a whole document, whatever bytes its texts consist of.

use super::cursor::Cursor;
use super::text::repaired;

/// Reads `document` with `decode`. If that fails at bytes that are not UTF-8, reads a repaired copy instead.
///
/// Nearly no document needs the copy, and where nobody wants the odd text, nobody notices it. So the usual document is not
/// checked beforehand.
pub(crate) fn read<T, E>(
    document: &[u8],
    decode: impl for<'a> Fn(&mut Cursor<'a>) -> Result<T, E>,
) -> Result<T, E> {
    let mut cursor = Cursor::new(document);
    let result = decode(&mut cursor);
    if result.is_err()
        && cursor.has_met_odd_bytes()
        && let Some(repaired) = repaired(document)
    {
        return decode(&mut Cursor::new(repaired.as_bytes()));
    }
    result
}
