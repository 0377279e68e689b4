"""Two libtorrent sessions that know each other only through one tracker.

usage: libtorrent_swarm.py ANNOUNCE_URL WORK_DIR

Exits 0 once the second session has the whole torrent, 1 with the alerts on stderr otherwise.
"""
import os
import sys
import time

import libtorrent as lt

DEADLINE = 40


def session():
    return lt.session({
        "listen_interfaces": "127.0.0.1:0",
        "allow_multiple_connections_per_ip": True,
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "alert_mask": lt.alert.category_t.tracker_notification | lt.alert.category_t.error_notification,
    })


def wait(condition, sessions, what):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    for s in sessions:
        for alert in s.pop_alerts():
            print(alert, file=sys.stderr)
    sys.exit(f"not within {DEADLINE} s: {what}")


def main(announce, work):
    seed_dir, leech_dir = os.path.join(work, "seed"), os.path.join(work, "leech")
    os.makedirs(seed_dir)
    os.makedirs(leech_dir)
    content = os.urandom(300_000)
    with open(os.path.join(seed_dir, "film.bin"), "wb") as f:
        f.write(content)

    storage = lt.file_storage()
    lt.add_files(storage, os.path.join(seed_dir, "film.bin"))
    creator = lt.create_torrent(storage, piece_size=16384)
    creator.add_tracker(announce)
    lt.set_piece_hashes(creator, seed_dir)
    info = lt.torrent_info(creator.generate())

    def add(s, path):
        params = lt.add_torrent_params()
        params.ti = lt.torrent_info(info)
        params.save_path = path
        params.trackers = [announce]
        return s.add_torrent(params)

    seeder, leecher = session(), session()
    both = [seeder, leecher]
    seed = add(seeder, seed_dir)
    wait(lambda: seed.status().is_seeding, both, "the seeder has checked its file")
    wait(lambda: heard(seed), both, "the tracker answered the seeder")
    leech = add(leecher, leech_dir)
    wait(lambda: leech.status().is_seeding, both, "the leecher is complete")
    with open(os.path.join(leech_dir, "film.bin"), "rb") as f:
        if f.read() != content:
            sys.exit("the leecher's file differs")


def heard(torrent):
    """Whether the tracker has accepted an announce of this torrent."""
    for tracker in torrent.trackers():
        for endpoint in tracker["endpoints"]:
            for version in endpoint["info_hashes"]:
                if version["start_sent"]:
                    return True
    return False


main(*sys.argv[1:])
