//! What every answer may be: a fault, a login, the service content, small values.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../invariants/decoders.rs"]
#[allow(dead_code, reason = "the other targets use the rest")]
mod decoders;

fuzz_target!(|body: &[u8]| decoders::envelope(body));
