//! The file with settings.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../invariants/settings.rs"]
#[allow(dead_code, reason = "the other targets use the rest")]
mod settings;

fuzz_target!(|body: &[u8]| settings::file(body));
