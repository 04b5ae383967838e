//! Names as vCenter stores them: `%`, `/` and `\` are escaped.

/// The name an operator typed, from the name on the wire.
pub(crate) fn decoded(wire: &str) -> String {
    wire.replace("%2f", "/")
        .replace("%5c", "\\")
        .replace("%25", "%")
}

/// The name on the wire, from the name an operator typed.
pub(crate) fn encoded(typed: &str) -> String {
    typed
        .replace('%', "%25")
        .replace('/', "%2f")
        .replace('\\', "%5c")
}
