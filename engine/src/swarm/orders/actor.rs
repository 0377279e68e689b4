//! What a torrent tells its swarm.

use std::time::{Duration, Instant};

use actix::prelude::*;
use wire::PieceIndex;

use crate::peer::orders::actor::SwarmSaid;
use crate::picker::actor::PickerActor;
use crate::swarm::actor::Swarm;

/// How long a word of hunger holds: a reader that still waits says it again.
const HUNGRY: Duration = Duration::from_secs(10);

/// What the torrent tells the swarm.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) enum TorrentSaid {
    /// A piece was verified: peers may have it.
    Verified(PieceIndex),
    /// A piece was lost.
    Lost(PieceIndex),
    /// A reader waits: dial everybody who did not fail too often.
    Hungry,
    /// There is a picker (again), or none any more.
    Picker(Option<Addr<PickerActor>>),
    Stop,
}

impl Handler<TorrentSaid> for Swarm {
    type Result = ();
    fn handle(&mut self, said: TorrentSaid, ctx: &mut Self::Context) {
        fail::fail_point!("swarm::handler");
        match said {
            TorrentSaid::Verified(piece) => {
                self.have.set(piece);
                self.tell_all(&SwarmSaid::Have(piece));
            }
            TorrentSaid::Lost(piece) => drop(self.have.clear(piece)),
            TorrentSaid::Hungry => {
                let now = Instant::now();
                self.hungry_until = Some(now + HUNGRY);
                self.book.hurry(now);
                self.dial(ctx);
            }
            TorrentSaid::Picker(picker) => {
                self.setup.session.picker = picker.clone();
                self.tell_all(&SwarmSaid::Picker(picker));
            }
            TorrentSaid::Stop => ctx.stop(),
        }
    }
}
