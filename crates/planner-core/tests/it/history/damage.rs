//! Bytes that do not make a history.

use planner_core::collection::NewSample;
use planner_core::history::{Block, Damage, History};
use planner_core::units::Bytes;
use proptest::prelude::*;

use super::{Cycle, HOUR, PLENTY, START, UNIT, close_all, past_of, rates};
use crate::at;
use crate::governor_model::id;

/// Blocks of each kind.
fn blocks() -> Vec<Block> {
    let mut history = History::new(PLENTY);
    for hour in 0..2 {
        let start = START + hour * HOUR;
        let samples = (1..=170_i64).flat_map(|slot| {
            let bytes = slot.unsigned_abs() * slot.unsigned_abs() % 97 * UNIT;
            [
                (0, start + slot * 20, bytes),
                (7, start + slot * 20, 3 * bytes),
            ]
        });
        Cycle::of(8, start + 3_500, samples.collect()).fold(&mut history);
        if hour == 0 {
            close_all(&mut history, 8, start - HOUR);
        }
    }
    let mut filling = history.filling(20);
    let found = NewSample {
        vm: id(0),
        at: at(START + HOUR + 3_420),
        written: Bytes::new(UNIT),
    };
    filling.add(&[found], at(START + HOUR + 3_500));
    history.fill(filling);
    history.view().blocks().collect()
}

fn decode(bytes: &[u8]) -> Result<Block, Damage> {
    Block::decode(bytes.into())
}

#[test]
fn every_kind_is_read_back() {
    let blocks = blocks();
    assert_eq!(blocks.len(), 5);
    for block in blocks {
        assert_eq!(decode(block.as_bytes()).as_ref(), Ok(&block));
        let start = block.hour().as_second();
        assert!([START, START + HOUR].contains(&start));
    }
}

#[test]
fn a_piece_or_more_than_a_block_is_damaged() {
    for block in blocks() {
        let bytes = block.as_bytes();
        for length in 0..bytes.len() {
            // A cut between two VMs leaves a shorter block: files have checksums against that.
            if let Ok(shorter) = decode(&bytes[..length]) {
                assert!(shorter.as_bytes().len() < bytes.len());
            }
        }
        let longer = [bytes, &[0]].concat();
        assert!(decode(&longer).is_err());
        assert!(decode(&bytes[..bytes.len() - 1]).is_err());
    }
}

#[test]
fn damage_says_what_is_wrong() {
    for (bytes, damage) in [
        (&[][..], Damage::Truncated),
        (&[9, 0, 20, 1], Damage::Kind),
        (&[2, 0, 21, 1], Damage::Slots),
        (&[2, 0, 0, 1], Damage::Slots),
        // A roll-up whose buckets are as long as its samples.
        (&[3, 0, 0xac, 2, 1, 0, 1, b'a', 0], Damage::Slots),
        (&[2, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 20, 1], Damage::Number),
        // A name that begins with more than there is.
        (&[2, 0, 20, 1, 5, 1, b'a', 2, 0, 0], Damage::Name),
        (&[2, 0, 20, 1, 0, 1, 0xff, 2, 0, 0], Damage::Name),
        (
            &[2, 0, 20, 1, 0, 1, b'b', 2, 0, 0, 0, 1, b'a', 2, 0, 0],
            Damage::Order,
        ),
        (
            &[2, 0, 20, 1, 0, 1, b'a', 2, 0, 0, 1, 0, 2, 0, 0],
            Damage::Order,
        ),
        // A unit of zero and something behind it.
        (&[2, 0, 20, 1, 0, 1, b'a', 3, 0, 0, 0], Damage::Excess),
        // Runs beyond the hour.
        (&[1, 0, 20, 1, 0, 1, b'a', 4, 0xb4, 1, 1, 1], Damage::Number),
    ] {
        assert_eq!(decode(bytes), Err(damage), "{bytes:?}");
    }
}

proptest! {
    /// Whatever was read is used without a panic.
    #[test]
    fn hostile_bytes_are_refused_or_used(
        which in 0_usize..5,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = blocks()[which].as_bytes().to_vec();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(cut.map_or(bytes.len(), |cut| cut.index(bytes.len())));
        if let Ok(block) = decode(&bytes) {
            let mut history = History::new(PLENTY);
            history.restore(blocks().into_iter().chain([block]));
            Cycle::of(8, START + HOUR, vec![(0, START + 40, UNIT)]).fold(&mut history);
            close_all(&mut history, 8, START + HOUR);
            let view = history.view();
            view.vms();
            view.scopes();
            if let Some(past) = past_of(&view, 0..8) {
                (0..8).for_each(|vm| drop(rates(&past, vm)));
            }
        }
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(block) = decode(&bytes) {
            prop_assert_eq!(block.as_bytes(), bytes);
        }
    }
}
