//! RFC 6381 codec strings from the decoder configuration records that containers carry.

/// `avc1.PPCCLL` from an `AVCDecoderConfigurationRecord` (ISO 14496-15, 5.3.3).
pub(super) fn avc(fourcc: &str, record: &[u8]) -> Option<String> {
    let &[1, profile, constraints, level, ..] = record else {
        return None;
    };
    Some(format!("{fourcc}.{profile:02x}{constraints:02x}{level:02x}"))
}

/// `hvc1.P.C.TL.B…` from an `HEVCDecoderConfigurationRecord` (ISO 14496-15, 8.3.3 and E.3).
pub(super) fn hevc(fourcc: &str, record: &[u8]) -> Option<String> {
    let head: &[u8; 13] = record.first_chunk()?;
    let [_, general, c0, c1, c2, c3, constraints @ .., level] = head;
    let space = ["", "A", "B", "C"].get(usize::from(general >> 6))?;
    let tier = if general & 0x20 == 0 { 'L' } else { 'H' };
    let profile = general & 0x1F;
    let compatibility = u32::from_be_bytes([*c0, *c1, *c2, *c3]).reverse_bits();
    let mut text = format!("{fourcc}.{space}{profile}.{compatibility:x}.{tier}{level}");
    let kept = constraints.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    for byte in constraints.iter().take(kept) {
        text.push_str(&format!(".{byte:x}"));
    }
    Some(text)
}

/// `av01.P.LLT.DD` from an `AV1CodecConfigurationRecord` (AV1 in ISOBMFF, 2.3 and 5).
pub(super) fn av1(record: &[u8]) -> Option<String> {
    let &[marker, profile_level, flags, ..] = record else {
        return None;
    };
    if marker & 0x80 == 0 {
        return None;
    }
    let (profile, level) = (profile_level >> 5, profile_level & 0x1F);
    let tier = if flags & 0x80 == 0 { 'M' } else { 'H' };
    let depth = match (flags & 0x40 != 0, flags & 0x20 != 0) {
        (true, true) if profile == 2 => 12,
        (true, _) => 10,
        _ => 8,
    };
    Some(format!("av01.{profile}.{level:02}{tier}.{depth:02}"))
}

/// `vp09.PP.LL.DD` from a `VPCodecConfigurationBox` (VP Codec ISO Media File Format Binding).
pub(super) fn vpx(fourcc: &str, full_box: &[u8]) -> Option<String> {
    let &[_, _, _, _, profile, level, depth, ..] = full_box else {
        return None;
    };
    let depth = depth >> 4;
    Some(format!("{fourcc}.{profile:02}.{level:02}.{depth:02}"))
}

/// `vp09.PP.LL.DD` from the feature list in a WebM VP9 track's CodecPrivate, `vp9` without it.
pub(super) fn vp9_features(mut private: &[u8]) -> String {
    let (mut profile, mut level, mut depth) = (None, None, 8);
    while let &[id, 1, value, ref rest @ ..] = private {
        match id {
            1 => profile = Some(value),
            2 => level = Some(value),
            3 => depth = value,
            _ => {}
        }
        private = rest;
    }
    match (profile, level) {
        (Some(profile), Some(level)) => format!("vp09.{profile:02}.{level:02}.{depth:02}"),
        _ => "vp9".to_owned(),
    }
}

/// `mp4a.40.T` from an `AudioSpecificConfig` (ISO 14496-3, 1.6.2.1).
pub(super) fn aac(config: &[u8]) -> Option<String> {
    let first = *config.first()?;
    let object = match first >> 3 {
        31 => 32 + ((first & 0x07) << 3 | config.get(1)? >> 5),
        object => object,
    };
    (object != 0).then(|| format!("mp4a.40.{object}"))
}

/// Channels of an AC-3 or E-AC-3 stream by `acmod` and `lfeon` (ETSI TS 102 366, 4.4.2.3).
pub(super) fn ac3_channels(acmod: u8, lfe: bool) -> u32 {
    let full = [2, 1, 2, 3, 3, 4, 4, 5];
    full.get(usize::from(acmod & 7)).copied().unwrap_or(2) + u32::from(lfe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hevc_main_profile_level_31() {
        let record = [1, 0x01, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 93, 0xF0];
        assert_eq!(hevc("hvc1", &record).unwrap(), "hvc1.1.6.L93.90");
    }

    #[test]
    fn av1_main_ten_bit() {
        let text = av1(&[0x81, 0x08, 0x4C, 0]).unwrap();
        assert_eq!(text, "av01.0.08M.10");
    }

    #[test]
    fn aac_low_complexity_and_escaped_object_type() {
        assert_eq!(aac(&[0x11, 0x90]).unwrap(), "mp4a.40.2");
        assert_eq!(aac(&[0xF9, 0x40]).unwrap(), "mp4a.40.42");
    }

    #[test]
    fn short_records_have_no_string() {
        assert_eq!(avc("avc1", &[1, 0x64]), None);
        assert_eq!(hevc("hvc1", &[1; 12]), None);
        assert_eq!(av1(&[0x81]), None);
        assert_eq!(aac(&[]), None);
    }
}
