//! The sample tables (ISO 14496-12, 8.6 and 8.7), walked one sample at a time: nothing is
//! expanded in memory, whatever the counts say.

use super::boxes::{Table, boxes, u32_at};

/// The tables of a track.
#[derive(Debug, Default)]
pub(super) struct Samples<'a> {
    /// `stts`: count, delta.
    times: Table<'a>,
    /// `ctts`: count, offset.
    compositions: Table<'a>,
    /// `stss`: sample number; without it every sample is a sync sample.
    sync: Option<Table<'a>>,
    /// `stsc`: first chunk, samples per chunk, description.
    runs: Table<'a>,
    chunks: Chunks<'a>,
    sizes: Sizes<'a>,
}

#[derive(Debug, Default)]
enum Chunks<'a> {
    #[default]
    None,
    Narrow(Table<'a>),
    Wide(Table<'a>),
}

#[derive(Debug, Default)]
enum Sizes<'a> {
    #[default]
    None,
    /// Every sample has this size.
    Equal {
        size: u32,
        count: u32,
    },
    Each(Table<'a>),
    /// `stz2`: 4, 8 or 16 bits each.
    Compact {
        bits: u8,
        count: u32,
        cells: &'a [u8],
    },
}

/// One sample of a track.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    /// Decoding time in the track's timescale.
    pub(super) dts: u64,
    /// Composition time in the track's timescale, before the edit list.
    pub(super) cts: i64,
    /// Bytes.
    pub(super) size: u32,
    /// From the file's start; `None` past the last chunk.
    pub(super) offset: Option<u64>,
    pub(super) sync: bool,
}

impl<'a> Samples<'a> {
    /// Finds the tables in the body of `stbl`.
    pub(super) fn read(stbl: &'a [u8]) -> Self {
        let mut tables = Self::default();
        for b in boxes(stbl) {
            let table = |width| Table::read(b.body, 4, width).unwrap_or_default();
            match &b.name {
                b"stts" => tables.times = table(8),
                b"ctts" => tables.compositions = table(8),
                b"stss" => tables.sync = Some(table(4)),
                b"stsc" => tables.runs = table(12),
                b"stco" => tables.chunks = Chunks::Narrow(table(4)),
                b"co64" => tables.chunks = Chunks::Wide(table(8)),
                b"stsz" => tables.sizes = Sizes::stsz(b.body).unwrap_or_default(),
                b"stz2" => tables.sizes = Sizes::stz2(b.body).unwrap_or_default(),
                _ => {}
            }
        }
        tables
    }

    /// How many samples there are.
    pub(super) fn count(&self) -> u64 {
        match &self.sizes {
            Sizes::None => 0,
            Sizes::Equal { count, .. } | Sizes::Compact { count, .. } => u64::from(*count),
            Sizes::Each(table) => table.len() as u64,
        }
    }

    /// The bytes of all samples when they all have one size, as in PCM.
    pub(super) fn equal_bytes(&self) -> Option<u64> {
        match self.sizes {
            Sizes::Equal { size, count } => Some(u64::from(size) * u64::from(count)),
            _ => None,
        }
    }

    /// Walks the samples in decoding order until `each` says stop.
    pub(super) fn walk(&self, mut each: impl FnMut(Sample) -> std::ops::ControlFlow<()>) {
        let mut time = Run::default();
        let mut composition = Run::default();
        let mut chunk = ChunkCursor::default();
        let mut next_sync = 0;
        let mut dts: u64 = 0;
        for number in 0..self.count() {
            let Some(size) = self.sizes.get(number) else {
                return;
            };
            let offset = chunk.next(self, size);
            let shift = i64::from(composition.next(&self.compositions).cast_signed());
            let sample = Sample {
                dts,
                cts: i64::try_from(dts).unwrap_or(i64::MAX).saturating_add(shift),
                size,
                offset,
                sync: self.is_sync(number + 1, &mut next_sync),
            };
            if each(sample).is_break() {
                return;
            }
            dts = dts.saturating_add(u64::from(time.next(&self.times)));
        }
    }

    fn is_sync(&self, number: u64, next: &mut usize) -> bool {
        let Some(table) = &self.sync else { return true };
        while let Some(listed) = table.cell(*next, 0) {
            if u64::from(listed) >= number {
                return u64::from(listed) == number;
            }
            *next += 1;
        }
        false
    }
}

/// A cursor in a run-length table: count, value.
#[derive(Default)]
struct Run {
    row: usize,
    left: u32,
    value: u32,
}

impl Run {
    fn next(&mut self, table: &Table<'_>) -> u32 {
        while self.left == 0 {
            let Some((count, value)) = table.cell(self.row, 0).zip(table.cell(self.row, 1)) else {
                return 0;
            };
            (self.left, self.value) = (count, value);
            self.row += 1;
        }
        self.left -= 1;
        self.value
    }
}

/// Where the next sample lies.
#[derive(Default)]
struct ChunkCursor {
    chunk: usize,
    run: usize,
    left: u32,
    offset: u64,
}

impl ChunkCursor {
    fn next(&mut self, tables: &Samples<'_>, size: u32) -> Option<u64> {
        while self.left == 0 {
            self.offset = tables.chunks.get(self.chunk)?;
            self.chunk += 1;
            let begun = |run| {
                let first = tables.runs.cell(run, 0);
                first.is_some_and(|first| first as usize <= self.chunk)
            };
            while begun(self.run + 1) {
                self.run += 1;
            }
            self.left = tables.runs.cell(self.run, 1)?;
        }
        self.left -= 1;
        let offset = self.offset;
        self.offset = offset.saturating_add(u64::from(size));
        Some(offset)
    }
}

impl Chunks<'_> {
    fn get(&self, n: usize) -> Option<u64> {
        match self {
            Self::None => None,
            Self::Narrow(table) => table.cell(n, 0).map(u64::from),
            Self::Wide(table) => {
                let (high, low) = table.cell(n, 0).zip(table.cell(n, 1))?;
                Some(u64::from(high) << 32 | u64::from(low))
            }
        }
    }
}

impl<'a> Sizes<'a> {
    fn stsz(body: &'a [u8]) -> Option<Self> {
        let (size, count) = u32_at(body, 4).zip(u32_at(body, 8))?;
        if size != 0 {
            return Some(Self::Equal { size, count });
        }
        Table::read(body, 8, 4).map(Self::Each)
    }

    fn stz2(body: &'a [u8]) -> Option<Self> {
        let bits = *body.get(7)?;
        let cells = body.get(12..)?;
        let held = (cells.len() as u64 * 8).checked_div(u64::from(bits))?;
        let count = u32::try_from(u64::from(u32_at(body, 8)?).min(held)).ok()?;
        matches!(bits, 4 | 8 | 16).then_some(Self::Compact { bits, count, cells })
    }

    fn get(&self, number: u64) -> Option<u32> {
        let n = usize::try_from(number).ok()?;
        match self {
            Self::None => None,
            Self::Equal { size, .. } => Some(*size),
            Self::Each(table) => table.cell(n, 0),
            Self::Compact { bits: 4, cells, .. } => {
                let byte = cells.get(n / 2)?;
                Some(u32::from(if n % 2 == 0 { byte >> 4 } else { byte & 15 }))
            }
            Self::Compact { bits: 8, cells, .. } => cells.get(n).copied().map(u32::from),
            Self::Compact { cells, .. } => super::boxes::u16_at(cells, n * 2).map(u32::from),
        }
    }
}
