//! EBML elements (RFC 8794) in a slice.

/// Element IDs of Matroska (RFC 9559, 5.1), with their length marker.
pub(super) mod id {
    pub(in super::super) const EBML: u32 = 0x1A45_DFA3;
    pub(in super::super) const DOC_TYPE: u32 = 0x4282;
    pub(in super::super) const SEGMENT: u32 = 0x1853_8067;
    pub(in super::super) const SEEK_HEAD: u32 = 0x114D_9B74;
    pub(in super::super) const SEEK: u32 = 0x4DBB;
    pub(in super::super) const SEEK_ID: u32 = 0x53AB;
    pub(in super::super) const SEEK_POSITION: u32 = 0x53AC;
    pub(in super::super) const INFO: u32 = 0x1549_A966;
    pub(in super::super) const TIMESTAMP_SCALE: u32 = 0x2A_D7B1;
    pub(in super::super) const TRACKS: u32 = 0x1654_AE6B;
    pub(in super::super) const CHAPTERS: u32 = 0x1043_A770;
    pub(in super::super) const TAGS: u32 = 0x1254_C367;
    pub(in super::super) const CUES: u32 = 0x1C53_BB6B;
    pub(in super::super) const CUE_POINT: u32 = 0xBB;
    pub(in super::super) const CUE_TIME: u32 = 0xB3;
    pub(in super::super) const CUE_TRACK_POSITIONS: u32 = 0xB7;
    pub(in super::super) const CUE_TRACK: u32 = 0xF7;
    pub(in super::super) const CUE_CLUSTER_POSITION: u32 = 0xF1;
    pub(in super::super) const CLUSTER: u32 = 0x1F43_B675;
}

/// An element's header: its ID, its own length, the length of what follows (`None`: unknown).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) id: u32,
    pub(super) header: u64,
    pub(super) size: Option<u64>,
}

impl Header {
    /// The most bytes that a header takes: an ID of 4, a size of 8.
    pub(super) const MAX: u64 = 12;

    /// Reads the header at the start of `bytes`.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let id_len = bytes.first()?.leading_zeros() as usize + 1;
        let id_bytes = bytes.get(..id_len).filter(|_| id_len <= 4)?;
        let id = id_bytes.iter().fold(0, |id, byte| id << 8 | u32::from(*byte));
        let rest = bytes.get(id_len..)?;
        let size_len = rest.first()?.leading_zeros() as usize + 1;
        let size_bytes = rest.get(..size_len).filter(|_| size_len <= 8)?;
        let all_ones = (1u64 << (7 * size_len)) - 1;
        let size = number(size_bytes) & all_ones;
        Some(Self {
            id,
            header: (id_len + size_len) as u64,
            size: (size != all_ones).then_some(size),
        })
    }
}

/// An element and its content.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    pub(super) id: u32,
    pub(super) body: &'a [u8],
}

impl Element<'_> {
    /// The content as an unsigned integer, if it has at most 8 bytes.
    pub(super) fn uint(&self) -> Option<u64> {
        (self.body.len() <= 8).then(|| number(self.body))
    }
}

/// The elements in `bytes`, in order, up to the first that does not fit or has no length.
pub(super) fn elements(mut bytes: &[u8]) -> impl Iterator<Item = Element<'_>> {
    std::iter::from_fn(move || {
        let header = Header::read(bytes)?;
        let content = bytes.get(usize::try_from(header.header).ok()?..)?;
        let (body, rest) = content.split_at_checked(usize::try_from(header.size?).ok()?)?;
        bytes = rest;
        Some(Element { id: header.id, body })
    })
}

/// The first element of an ID in `bytes`.
pub(super) fn find(bytes: &[u8], id: u32) -> Option<Element<'_>> {
    elements(bytes).find(|element| element.id == id)
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// Appends an element whose size takes 8 bytes.
pub(super) fn put(out: &mut Vec<u8>, id: u32, body: &[u8]) {
    let id = id.to_be_bytes();
    let begin = id.iter().position(|byte| *byte != 0).unwrap_or(3);
    out.extend_from_slice(id.get(begin..).unwrap_or_default());
    let size = 1 << 56 | body.len() as u64;
    out.extend_from_slice(&size.to_be_bytes());
    out.extend_from_slice(body);
}
