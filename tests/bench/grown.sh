#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Packets through a forwarding host as what its guard knows grows: samples on stdout, one JSON object
# a line (tests/bench/forward_bench.c).
#
# usage: grown.sh POLICY RUNS PACKETS COUNT...
# POLICY and the embedded data are what the world grows from. Since it takes long until so much is
# loaded, each contender does all its runs in one turn.
set -eu
# shellcheck source=tests/bench/wires.sh
. "$(dirname "$0")/wires.sh"

policy=$1 runs=$2 packets=$3
shift 3
contenders=(generator none gabelou gabelou-gateway nftables lpm-trie)

wires_begin
for count; do
	grown=$lab_folder/grown
	mkdir "$grown"
	"$lab_build/tests/bench/lists_bench" data "$policy" "$grown" "$count"
	wires_files "$grown" "$grown/policy.yaml"
	for contender in "${contenders[@]}"; do
		wires_up
		wires_guard "$contender"
		"$lab_build/tests/bench/forward_bench" "$source" "$host" "$sink" "$grown" "$contender" \
			"$packets" "$count" "$runs"
		wires_down
	done
	rm -r "$grown"
done
