#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Packets through a forwarding host that each contender guards in turn: samples on stdout, one JSON
# object a line (tests/bench/forward_bench.c).
#
# usage: forward.sh LISTS POLICY RUNS PACKETS [CONTENDER...]
set -eu
# shellcheck source=tests/bench/wires.sh
. "$(dirname "$0")/wires.sh"

lists=$1 policy=$2 runs=$3 packets=$4
shift 4
contenders=(generator none empty-tc empty-xdp gabelou gabelou-gateway gabelou-router nftables nftables-egress ipset lpm-trie)
[ $# -eq 0 ] || contenders=("$@")

# The contenders take turns, so that what disturbs the machine for longer disturbs all.
wires_begin
wires_files "$lists" "$policy"
for ((run = 0; run < runs; run++)); do
	for contender in "${contenders[@]}"; do
		wires_up
		wires_guard "$contender"
		"$lab_build/tests/bench/forward_bench" "$source" "$host" "$sink" "$lists" "$contender" "$packets"
		wires_down
	done
done
