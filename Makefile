# What each target needs and does not find it installs with the system's package manager, and says so.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
NEED := .ci/need
RQBIT_VERSION := 9.1.0
RQBIT ?= target/rivals/bin/rqbit
# Later versions of webtorrent-cli want a native module that an install script fetches.
NPM_RIVALS := webtorrent-cli@4.1.0 peerflix@0.39.0
ARGS ?=
GRID := --scenario grid --size 256 --runs 3
SCENARIOS := --scenario magnet,media,pieces,memory,readers,idle

.PHONY: help run demo test check bench

help: ## this list
	@sed -nE 's/^([a-z]+): ## (.*)/  make \1 — \2/p' Makefile

run: ## the server on http://127.0.0.1:8080 (ARGS="--data-dir DIR …")
	@$(NEED) cc:build-essential
	cargo run --release -p http-front --bin millrace -- serve $(ARGS)

demo: ## a film, a tracker, peers and the server on this machine; needs no network once built
	@$(NEED) cc:build-essential ffmpeg:ffmpeg /usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf:fonts-dejavu-core
	cargo run --release -p http-front --bin millrace -- demo $(ARGS)

test: ## every test (ARGS="-p wire" for some)
	@$(NEED) cc:build-essential git:git ffmpeg:ffmpeg ffprobe:ffmpeg ffplay:ffmpeg mpv:mpv cvlc:vlc-bin /usr/share/vlc:vlc-plugin-base 'chromium:chromium|chromium-browser' python3:python3 ip:iproute2 unshare:util-linux setpriv:util-linux transmission-daemon:transmission-daemon aria2c:aria2
	python=$$(.ci/python) && MILLRACE_PYTHON=$$python cargo test --no-fail-fast $(or $(ARGS),--workspace)

check: ## format, clippy with and without fail points, documentation, licences, vendored scripts
	@$(NEED) cc:build-essential
	cargo fmt --all --check
	cargo clippy --workspace -- -D warnings
	cargo clippy --workspace --all-targets --features http-front/failpoints -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items
	@if cargo deny --version >/dev/null 2>&1; then cargo deny --all-features check bans licenses sources; \
	else echo "make check: cargo-deny is not installed, licences are not checked (cargo install cargo-deny)"; fi
	@if command -v npm >/dev/null; then .ci/vendored; \
	else echo "make check: npm is not installed, hls.js is not compared with its package"; fi

bench: ## beside rqbit, WebTorrent, peerflix and a raw client from libtorrent seeders; the lab's swarms (ARGS="--size 256 --runs 3")
	@$(NEED) cc:build-essential python3:python3
	@if ! test -x $(RQBIT); then \
	  echo "make bench: installing the rival rqbit $(RQBIT_VERSION) into target/rivals (a few minutes)"; \
	  cargo install rqbit --version $(RQBIT_VERSION) --locked --root target/rivals --target-dir target/rivals/build; fi
	@if ! command -v npm >/dev/null; then echo "make bench: no npm: webtorrent-cli and peerflix are left out"; \
	elif ! test -d target/rivals/npm/node_modules/peerflix; then \
	  echo "make bench: installing $(NPM_RIVALS) into target/rivals/npm"; \
	  npm install --prefix target/rivals/npm --ignore-scripts --no-audit --no-fund --loglevel=error $(NPM_RIVALS) \
	  || echo "make bench: npm failed: webtorrent-cli and peerflix are left out"; fi
	cargo build --release -p http-front --bin millrace
	cargo build --release -p fixtures --example bench
	python=$$(.ci/python) && MILLRACE_PYTHON=$$python target/release/examples/bench --rqbit $(RQBIT) $(or $(ARGS),$(GRID))
	@if test -z "$(ARGS)"; then \
	  export MILLRACE_PYTHON=$$(.ci/python); \
	  target/release/examples/bench --rqbit $(RQBIT) $(SCENARIOS); \
	  target/release/examples/bench seek --rqbit $(RQBIT); \
	  target/release/examples/bench lab; fi
