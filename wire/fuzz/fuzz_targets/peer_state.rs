#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wire::fuzz::peer_state(data));
