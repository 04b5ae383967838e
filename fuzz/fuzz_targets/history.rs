//! Files of a history.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../invariants/history.rs"]
mod history;

fuzz_target!(|body: &[u8]| history::read(body));
