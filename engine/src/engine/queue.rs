//! Which torrents download in the background, and which wait their turn.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use wire::InfoHash;

use crate::view::Priority;

/// A torrent that wants to download.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hunger {
    /// Somebody reads it: it is never queued.
    pub streamed: bool,
    /// Its rank among background downloads.
    pub priority: Priority,
    /// When it was added, seconds since 1970: earlier ones come first.
    pub added_at: u64,
}

/// Those of `hungry` that download now: every streamed one, and of the others the first by
/// priority and age, as long as there are not `most`.
pub fn admitted(
    hungry: impl IntoIterator<Item = (InfoHash, Hunger)>,
    most: usize,
) -> BTreeSet<InfoHash> {
    let mut ranked: Vec<_> = hungry.into_iter().collect();
    ranked.sort_by_key(|(info_hash, hunger)| {
        (!hunger.streamed, Reverse(hunger.priority), hunger.added_at, *info_hash)
    });
    let admit =
        |(place, (_, hunger)): &(usize, (InfoHash, Hunger))| *place < most || hunger.streamed;
    ranked.into_iter().enumerate().filter(admit).map(|(_, (info_hash, _))| info_hash).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_come_first_then_priority_then_age() {
        let hunger = |streamed, priority, added_at| Hunger { streamed, priority, added_at };
        let hungry = [
            hunger(false, Priority::Normal, 1),
            hunger(false, Priority::Normal, 2),
            hunger(false, Priority::High, 3),
            hunger(true, Priority::Low, 4),
        ];
        let all = || (1..).map(|n| InfoHash([n; 20])).zip(hungry);
        let numbers = |most| admitted(all(), most).iter().map(|hash| hash.0[0]).collect::<Vec<_>>();
        assert_eq!(numbers(0), [4]);
        assert_eq!(numbers(2), [3, 4]);
        assert_eq!(numbers(3), [1, 3, 4]);
        assert_eq!(numbers(9), [1, 2, 3, 4]);
    }
}
