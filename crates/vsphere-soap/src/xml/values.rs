//! Simple values: numbers, booleans, points in time, references.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::cursor::{Cursor, Element};
use super::error::{DecodeError, Problem};
use crate::moref::MoRef;

impl<'a> Cursor<'a> {
    pub(crate) fn string(&mut self, element: &Element<'a>) -> Result<Box<str>, DecodeError> {
        self.text(element).map(Into::into)
    }

    pub(crate) fn int(&mut self, element: &Element<'a>) -> Result<i32, DecodeError> {
        self.number(element)
    }

    pub(crate) fn long(&mut self, element: &Element<'a>) -> Result<i64, DecodeError> {
        self.number(element)
    }

    pub(crate) fn boolean(&mut self, element: &Element<'a>) -> Result<bool, DecodeError> {
        let text = self.text(element)?;
        match text.trim() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            other => Err(self.error_in(element, Problem::unexpected("a boolean", other))),
        }
    }

    pub(crate) fn timestamp(&mut self, element: &Element<'a>) -> Result<Timestamp, DecodeError> {
        let text = self.text(element)?;
        parse_timestamp(text.trim())
            .ok_or_else(|| self.error_in(element, Problem::unexpected("a dateTime", &text)))
    }

    /// A managed object reference: the identifier is the text, the kind an attribute.
    pub(crate) fn moref(&mut self, element: &Element<'a>) -> Result<MoRef, DecodeError> {
        let Some(kind) = self.reference_kind(element)? else {
            return Err(self.error_in(element, Problem::MissingAttribute("type")));
        };
        Ok(MoRef::new(kind, self.text(element)?))
    }

    fn number<N: FromStr>(&mut self, element: &Element<'a>) -> Result<N, DecodeError> {
        let text = self.text(element)?;
        text.trim()
            .parse()
            .map_err(|_| self.error_in(element, Problem::unexpected("an integer", &text)))
    }
}

/// Reads an `xsd:dateTime`. The zone may be left out there; vCenter always writes `Z`, so UTC is
/// what an unmarked time must mean.
pub(crate) fn parse_timestamp(text: &str) -> Option<Timestamp> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp);
    }
    Offset::UTC
        .to_timestamp(text.parse::<DateTime>().ok()?)
        .ok()
}
