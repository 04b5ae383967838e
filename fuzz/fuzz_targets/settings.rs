//! The environment, one variable a line.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../invariants/settings.rs"]
#[allow(dead_code, reason = "the other targets use the rest")]
mod settings;

fuzz_target!(|body: &[u8]| settings::load(body));
