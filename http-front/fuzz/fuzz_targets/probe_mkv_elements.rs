#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| http_front::probe::fuzz::mkv_elements(data));
