#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| http_front::fuzz::range(data));
