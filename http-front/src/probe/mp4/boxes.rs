//! Boxes of ISO 14496-12, 4.2, in a slice.

/// A box: its type, what is in it, and its bytes with the header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mp4Box<'a> {
    pub(super) name: [u8; 4],
    pub(super) body: &'a [u8],
    pub(super) whole: &'a [u8],
}

/// A box's header: type, length of the header, length of the whole box (`None`: to the end).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) name: [u8; 4],
    pub(crate) header: u64,
    pub(crate) size: Option<u64>,
}

impl Header {
    /// The most bytes that a header without its `uuid` takes.
    pub(crate) const MAX: u64 = 16;

    /// Reads the header at the start of `bytes`; `None` if it is cut or smaller than itself.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let name = array(bytes, 4)?;
        let (header, size) = match u32::from_be_bytes(array(bytes, 0)?) {
            0 => (8, None),
            1 => (16, Some(u64::from_be_bytes(array(bytes, 8)?))),
            size => (8, Some(u64::from(size))),
        };
        let fits = size.is_none_or(|size| size >= header);
        fits.then_some(Self { name, header, size })
    }
}

/// The boxes in `bytes`, in order, up to the first that does not fit.
pub(super) fn boxes(mut bytes: &[u8]) -> impl Iterator<Item = Mp4Box<'_>> {
    std::iter::from_fn(move || {
        let header = Header::read(bytes)?;
        let size = header.size.unwrap_or(bytes.len() as u64);
        let (whole, rest) = bytes.split_at_checked(usize::try_from(size).ok()?)?;
        bytes = rest;
        let body = whole.get(usize::try_from(header.header).ok()?..)?;
        Some(Mp4Box { name: header.name, body, whole })
    })
}

/// The first box of a type in `bytes`.
pub(super) fn find<'a>(bytes: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(bytes).find(|b| b.name == *name).map(|b| b.body)
}

/// `N` bytes at `at`.
pub(super) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// A big-endian 16-bit number at `at`.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_be_bytes)
}

/// A big-endian 32-bit number at `at`.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_be_bytes)
}

/// A big-endian 64-bit number at `at`.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    array(bytes, at).map(u64::from_be_bytes)
}

/// A number at `at` that is 64 bits wide in version 1 of a full box and 32 in version 0.
pub(super) fn versioned(full_box: &[u8], at: usize) -> Option<u64> {
    match full_box.first()? {
        0 => u32_at(full_box, at).map(u64::from),
        _ => u64_at(full_box, at),
    }
}

/// Rows of a table box: full box header, a count, then `WIDTH` bytes a row. What the count
/// promises beyond the box is not there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Table<'a> {
    rows: &'a [u8],
    width: usize,
}

impl<'a> Table<'a> {
    /// The table in a full box's body, its count at `at`.
    pub(super) fn read(body: &'a [u8], at: usize, width: usize) -> Option<Self> {
        let count = usize::try_from(u32_at(body, at)?).ok()?;
        let rows = body.get(at + 4..)?;
        let held = count.min(rows.len() / width) * width;
        let rows = rows.get(..held)?;
        Some(Self { rows, width })
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len().checked_div(self.width).unwrap_or(0)
    }

    /// The bytes of row `n`.
    pub(super) fn row(&self, n: usize) -> Option<&'a [u8]> {
        let start = n.checked_mul(self.width)?;
        self.rows.get(start..start.checked_add(self.width)?)
    }

    /// The 32-bit number in column `column` of row `n`.
    pub(super) fn cell(&self, n: usize, column: usize) -> Option<u32> {
        u32_at(self.row(n)?, column * 4)
    }
}
