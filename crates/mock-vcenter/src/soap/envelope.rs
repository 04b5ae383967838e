//! The envelope around every answer.

const OPEN: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
    "<soapenv:Envelope xmlns:soapenc=\"http://schemas.xmlsoap.org/soap/encoding/\"\n",
    " xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"\n",
    " xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"\n",
    " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n",
    "<soapenv:Body>\n",
);
const CLOSE: &str = "\n</soapenv:Body>\n</soapenv:Envelope>";

/// The same envelope with the namespace of types declared where it is used, as Go's encoder does.
///
/// Text cannot be mistaken for an attribute: its quotes are escaped.
pub(crate) fn with_inline_namespaces(envelope: &str) -> String {
    envelope.replace(
        " xsi:type=\"",
        concat!(
            " xmlns:_XMLSchema-instance=\"http://www.w3.org/2001/XMLSchema-instance\"",
            " _XMLSchema-instance:type=\""
        ),
    )
}

/// Writes an envelope around what `write` puts into the body.
pub(crate) fn envelope<E>(write: impl FnOnce(&mut String) -> Result<(), E>) -> Result<String, E> {
    let mut out = String::with_capacity(4096);
    out.push_str(OPEN);
    write(&mut out)?;
    out.push_str(CLOSE);
    Ok(out)
}
