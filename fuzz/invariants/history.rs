//! What must hold for any bytes in a file of a history.

use std::num::NonZeroU32;

use planner_core::history::log::{self, Log};
use planner_core::history::past::{Chosen, Part, Past};
use planner_core::history::{Block, History, Limits};
use planner_core::plan::row::Row;

/// Reads bytes as a file, and as a block in one: a checksum keeps changed blocks out of files.
pub(crate) fn read(body: &[u8]) {
    if let Ok(log) = Log::read(body) {
        assert!(log.length <= body.len());
        assert_eq!(log.damage.is_none(), log.length == body.len());
        restore(log.blocks);
    }
    if let Ok(block) = Block::decode(body.into()) {
        assert_eq!(block.as_bytes(), body);
        let frame = log::frame(&block).unwrap_or_default();
        let log = Log::read(&[log::head(), frame].concat());
        let log = log.unwrap_or_else(|error| panic!("what is written is read: {error}"));
        assert_eq!((&log.blocks[..], log.damage), (&[block][..], None));
        restore(log.blocks);
    }
}

/// Takes what a file had, reads it, and writes it again.
fn restore(blocks: Vec<Block>) {
    let mut hours = blocks.iter().map(Block::hour);
    let first = hours.next();
    if hours.any(|hour| Some(hour) != first) {
        // The exporter sets such a file aside.
        return;
    }
    let mut history = History::new(Limits {
        hours: NonZeroU32::MIN,
        roll_up_days: 1,
        bytes: 1 << 20,
    });
    history.restore(blocks);
    let view = history.view();
    for block in view.blocks() {
        let again = Block::decode(block.as_bytes().into());
        assert_eq!(again.as_ref(), Ok(&block), "what is written is read");
    }
    let vms = Chosen::Vms(view.vms());
    let scopes = view.scopes().into_iter().map(Chosen::Sum);
    for chosen in scopes.chain([vms]) {
        let view = view.clone();
        let Ok(past) = Past::new(&[Part { view, chosen }], None) else {
            continue;
        };
        let mut row = Row::default();
        for series in 0..past.series() {
            past.read(series, &mut row);
        }
    }
}
