#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| http_front::fuzz::hls_fragments(data));
