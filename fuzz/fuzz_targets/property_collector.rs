//! Pages of properties and reports of changes.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../invariants/decoders.rs"]
#[allow(dead_code, reason = "the other targets use the rest")]
mod decoders;

fuzz_target!(|body: &[u8]| decoders::property_collector(body));
