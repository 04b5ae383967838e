//! Ends the reading of a row that is too long.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// How much may still be read before the next row is complete.
#[derive(Debug, Clone)]
pub(super) struct Allowance {
    left: Rc<Cell<u64>>,
    full: u64,
}

impl Allowance {
    pub(super) fn new(longest_row: u64) -> Self {
        Self {
            left: Rc::new(Cell::new(longest_row)),
            full: longest_row,
        }
    }

    /// A row is complete.
    pub(super) fn renew(&self) {
        self.left.set(self.full);
    }
}

/// A reader that fails when the allowance is used up.
#[derive(Debug)]
pub(super) struct Guard<R> {
    inner: R,
    allowance: Allowance,
}

impl<R> Guard<R> {
    pub(super) const fn new(inner: R, allowance: Allowance) -> Self {
        Self { inner, allowance }
    }
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.allowance.left.get();
        if left == 0 {
            return Err(io::Error::other(format!(
                "a row is longer than {} bytes: is a quotation mark not closed?",
                self.allowance.full
            )));
        }
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(into.len());
        let read = self.inner.read(into.get_mut(..most).unwrap_or_default())?;
        self.allowance.left.set(left - read as u64);
        Ok(read)
    }
}
