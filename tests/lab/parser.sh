#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: the guard and the gateway read packets as two other readers do, scapy and one written from
# the standards: on frames of every form and on mutations of them, with and without a link header,
# no disagreement about what is understood, the destination and the verdict. What a disagreement is
# stands in tests/parser/compare.py.
#
#   tests/lab/parser.sh [FRAMES [SEED]]    20,000 frames of seed 1; `make parser` takes a million
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/tap.sh

frames=${1:-20000} seed=${2:-1}
# Debian's, for that is where Debian's scapy is.
python=/usr/bin/python3
obstacle=
"$python" -c 'import scapy' 2>/dev/null || obstacle="needs python3-scapy"
tap_needs_lab "the parser and two other readers" "$obstacle"

# One share for each CPU.
jobs=$(nproc)
[ "$frames" -gt "$jobs" ] || jobs=1
share=$(((frames + jobs - 1) / jobs))
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
running=()
for ((job = 0; job < jobs; job++)); do
	(
		set -o pipefail
		"${BUILD:-build}/tests/prog/parser_frames" "$seed" $((job * share)) "$share" |
			"$python" -B tests/parser/compare.py >"$folder/$job" 2>&1
	) &
	running+=($!)
done
for ((job = 0; job < jobs; job++)); do
	wait "${running[job]}"
	status=$?
	sed 's/^/# /; s/^# # /# /' "$folder/$job"
	tap_is "share $((job + 1)) of $jobs: $share frames, no disagreement" "$status" 0
	frames_read=$(sed -nE 's/^# ([0-9]+) frames, .* 0 disagreements$/\1/p' "$folder/$job")
	tap_is "share $((job + 1)) of $jobs: all were compared" "$frames_read" "$share"
done
tap_end
