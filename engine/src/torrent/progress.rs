//! Verified bytes by file, and what the background still wants.

use wire::{Bitfield, ByteRange, Geometry, Info, PieceIndex};

/// What players read before anything else (`PICKER.md`'s edges).
const HEAD: u64 = 2 * 1024 * 1024;
/// Files whose heads are fetched first: among more, nobody knows which will be opened.
const HEADS: usize = 4;

/// One listed file's bytes.
#[derive(Clone, Copy, Debug)]
struct File {
    range: ByteRange,
    verified: u64,
    selected: bool,
}

/// Kept up to date a piece at a time, so that listing a torrent costs its files, not its pieces.
#[derive(Clone, Debug)]
pub struct Progress {
    geometry: Geometry,
    /// Listed files in order; their ranges ascend and do not overlap.
    files: Vec<File>,
    have: Bitfield,
}

impl Progress {
    /// Nothing verified; `selected` as in the API: `None` is every file.
    pub fn new(info: &Info, selected: Option<&[usize]>) -> Self {
        let file = |(n, file): (usize, &wire::FileEntry)| File {
            range: file.range(),
            verified: 0,
            selected: selected.is_none_or(|chosen| chosen.contains(&n)),
        };
        let have = Bitfield::none(info.geometry.pieces());
        let files = info.listed().enumerate().map(file).collect();
        Self { geometry: info.geometry, files, have }
    }

    /// Every verified piece.
    pub fn have(&self) -> &Bitfield {
        &self.have
    }

    /// A piece was verified; `true` when that is news.
    pub fn verified(&mut self, piece: PieceIndex) -> bool {
        let news = self.have.set(piece);
        if news {
            self.each_part(piece, |file, bytes| file.verified += bytes);
        }
        news
    }

    /// A verified piece is gone; `true` when that is news.
    pub fn lost(&mut self, piece: PieceIndex) -> bool {
        let news = self.have.clear(piece);
        if news {
            self.each_part(piece, |file, bytes| file.verified -= bytes.min(file.verified));
        }
        news
    }

    /// Changes what the background downloads.
    pub fn select(&mut self, selected: Option<&[usize]>) {
        for (n, file) in self.files.iter_mut().enumerate() {
            file.selected = selected.is_none_or(|chosen| chosen.contains(&n));
        }
    }

    /// Number of listed files.
    pub fn files(&self) -> usize {
        self.files.len()
    }

    /// The bytes of listed file `index` in the torrent.
    pub fn range(&self, index: usize) -> Option<ByteRange> {
        self.files.get(index).map(|file| file.range)
    }

    /// Verified bytes of a listed file, and whether it is selected.
    pub fn file(&self, index: usize) -> Option<(u64, bool)> {
        self.files.get(index).map(|file| (file.verified, file.selected))
    }

    /// Number of listed files of which every byte is verified.
    pub fn complete_files(&self) -> usize {
        self.files.iter().filter(|file| file.verified == file.range.len()).count()
    }

    /// Verified bytes and bytes in all of the listed files.
    pub fn total(&self) -> (u64, u64) {
        self.sum(|_| true)
    }

    /// The same of the selected ones.
    pub fn selected(&self) -> (u64, u64) {
        self.sum(|file| file.selected)
    }

    /// Whether every selected byte is verified.
    pub fn complete(&self) -> bool {
        let (have, want) = self.selected();
        have == want
    }

    /// Pieces of selected files that are not verified.
    pub fn wanted(&self) -> Bitfield {
        let mut wanted = Bitfield::none(self.geometry.pieces());
        for file in self.files.iter().filter(|file| file.selected) {
            for piece in self.geometry.pieces_of(file.range).map(PieceIndex) {
                if !self.have.get(piece) {
                    wanted.set(piece);
                }
            }
        }
        wanted
    }

    /// Where readers will begin: the first 2 MiB of the largest selected files, the
    /// largest first.
    pub fn heads(&self) -> Vec<PieceIndex> {
        let mut files: Vec<_> = self.files.iter().filter(|file| file.selected).collect();
        files.sort_by_key(|file| std::cmp::Reverse(file.range.len()));
        let head = |file: &File| {
            let end = file.range.end.min(file.range.start + HEAD);
            self.geometry.pieces_of(ByteRange::new(file.range.start, end)).map(PieceIndex)
        };
        files.into_iter().take(HEADS).flat_map(head).collect()
    }

    /// Verified bytes in a row from torrent byte `position`, up to `end`.
    pub fn buffered(&self, position: u64, end: u64) -> u64 {
        let pieces = self.geometry.pieces_of(ByteRange::new(position, end));
        let missing = pieces.map(PieceIndex).find(|piece| !self.have.get(*piece));
        let until = missing.map_or(end, |piece| self.geometry.piece_start(piece));
        until.min(end).saturating_sub(position)
    }

    fn sum(&self, counts: impl Fn(&File) -> bool) -> (u64, u64) {
        let counted = self.files.iter().filter(|file| counts(file));
        counted.fold((0, 0), |sum, file| (sum.0 + file.verified, sum.1 + file.range.len()))
    }

    /// Calls `change` with each file that shares bytes with `piece`, and how many.
    fn each_part(&mut self, piece: PieceIndex, change: impl Fn(&mut File, u64)) {
        let piece = self.geometry.piece_range(piece);
        let first = self.files.partition_point(|file| file.range.end <= piece.start);
        for file in self.files.iter_mut().skip(first) {
            if file.range.start >= piece.end {
                break;
            }
            let (start, end) = (file.range.start.max(piece.start), file.range.end.min(piece.end));
            change(file, end.saturating_sub(start));
        }
    }
}
