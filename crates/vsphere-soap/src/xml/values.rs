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
        let text = self.text(element)?;
        text.trim()
            .parse()
            .map_err(|_| self.error_in(element, Problem::unexpected("an integer", &text)))
    }

    pub(crate) fn boolean(&mut self, element: &Element<'a>) -> Result<bool, DecodeError> {
        let text = self.text(element)?;
        parse_boolean(text.trim())
            .ok_or_else(|| self.error_in(element, Problem::unexpected("a boolean", &text)))
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

    /// The value of an element, or `None` where it is none of its type. For what one object says of
    /// itself: that must not make the answer about all others unreadable.
    pub(crate) fn value_if<T>(
        &mut self,
        element: &Element<'a>,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, DecodeError> {
        let text = self.text_or_children(element)?;
        Ok(text.and_then(|text| parse(text.trim())))
    }

    /// A number, or `None` where there is none.
    pub(crate) fn number_if<N: FromStr>(
        &mut self,
        element: &Element<'a>,
    ) -> Result<Option<N>, DecodeError> {
        self.value_if(element, |text| text.parse().ok())
    }

    /// A text, or `None` where there are elements instead.
    pub(crate) fn string_if(
        &mut self,
        element: &Element<'a>,
    ) -> Result<Option<Box<str>>, DecodeError> {
        Ok(self.text_or_children(element)?.map(Into::into))
    }

    /// A reference, or `None` where it names no kind or no object.
    pub(crate) fn moref_if(&mut self, element: &Element<'a>) -> Result<Option<MoRef>, DecodeError> {
        let kind = self.reference_kind(element)?;
        let value = self.text_or_children(element)?;
        let value = value.filter(|value| !value.is_empty());
        Ok(kind.zip(value).map(|(kind, value)| MoRef::new(kind, value)))
    }
}

pub(crate) fn parse_boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
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
