#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# From files to enforced: what each contender takes until it guards, and what it keeps. Samples on
# stdout, one JSON object a line (tests/bench/run_bench.c).
#
# "enforce/same": each contender holds what gabelou knows, all prefixes with a class each.
# "enforce/allowed": each holds the prefixes that are allowed and no more.
#
# usage: enforce.sh LISTS POLICY RUNS
# SOIL_SOURCES="FILE FILE...": several sources vote, for the memory of such a table.
set -eu
# shellcheck source=tests/bench/wires.sh
. "$(dirname "$0")/wires.sh"

lists=$1 policy=$2 runs=$3
run_bench=$lab_build/tests/bench/run_bench
long_runs=$((runs < 3 ? runs : 3)) # of what takes long

# [-m PINS] SAMPLE SUBJECT COMMAND...: a sample, taken in the host's namespace.
sample() {
	lab_in "$host" "$run_bench" "$@" 2>>"$lab_folder/log" || {
		cat "$lab_folder/log" >&2
		return 1
	}
}

# The whole table as maps of nftables from prefix to mark.
nft_whole() {
	local family type
	echo 'table inet bench {'
	for family in 4 6; do
		[ "$family" = 4 ] && type=ipv4_addr || type=ipv6_addr
		printf 'map class%s {\ntype %s : mark\nflags interval\nelements = {\n' "$family" "$type"
		sed 's/ / : /; s/$/,/' "$lists/all.v$family"
		printf '}\n}\n'
	done
	echo '}'
}

# Time: each in fresh namespaces, in turn.
times() {
	local run
	for ((run = 0; run < runs; run++)); do
		wires_up
		rm -f /var/cache/gabelou/atlas-* # cold: nothing is merged yet
		sample enforce/same gabelou "$gabelou" apply "$lab_folder/policy.yaml"
		sample enforce/reapply gabelou "$gabelou" apply "$lab_folder/other.yaml"
		wires_down
		wires_up
		sample enforce/allowed nftables nft -f "$lab_folder/forward.nft"
		wires_down
		wires_up
		sample enforce/allowed ipset ipset restore -file "$lab_folder/ipset"
		wires_down
		[ "$run" -lt "$long_runs" ] || continue
		wires_up
		sample enforce/same nftables nft -f "$lab_folder/whole.nft"
		wires_down
	done
}

# Memory of the maps, before, during and after a swap.
memory() {
	local run pins
	for ((run = 0; run < long_runs; run++)); do
		wires_up
		pins=/sys/fs/bpf/gabelou/ns-$(lab_in "$host" "$lab_tools/namespace-cookie")
		sample -m "$pins" enforce/memory gabelou "$gabelou" apply "$lab_folder/policy.yaml"
		sample -m "$pins" enforce/swap gabelou "$gabelou" apply "$lab_folder/other.yaml"
		wires_down
	done
	if [ -n "${SOIL_SOURCES-}" ]; then
		wires_up
		pins=/sys/fs/bpf/gabelou/ns-$(lab_in "$host" "$lab_tools/namespace-cookie")
		sample -m "$pins" enforce/sources gabelou "$gabelou" apply "$lab_folder/sources.yaml"
		wires_down
	fi
}

# The agent, after it has named and logged some ten thousand flows.
agent() {
	local process
	wires_up
	wires_guard gabelou
	lab_start "$host" "$gabelou" agent --log "$lab_folder/events" 2>>"$lab_folder/log"
	process=$!
	sleep 2
	"$lab_build/tests/bench/forward_bench" "$source" "$host" "$sink" "$lists" gabelou 20000 >/dev/null
	sleep 2
	[ -s "$lab_folder/events" ] || echo "enforce.sh: the agent has logged nothing" >&2
	awk '/^VmRSS:/ { printf "{\"sample\": \"enforce/agent\", \"subject\": \"gabelou\", \"rss\": %d}\n",
		$2 * 1024 }' "/proc/$process/status"
	lab_stop "$process"
	wires_down
}

wires_begin
wires_files "$lists" "$policy"
nft_whole >"$lab_folder/whole.nft"
sed 's/soil: \[FR\]/soil: [DE]/' "$lab_folder/policy.yaml" >"$lab_folder/other.yaml"
if cmp -s "$lab_folder/policy.yaml" "$lab_folder/other.yaml"; then
	echo "enforce.sh: $policy has no line with soil: [FR] to change" >&2
	exit 1
fi
if [ -n "${SOIL_SOURCES-}" ]; then
	read -ra files <<<"$SOIL_SOURCES"
	{
		cat "$lab_folder/policy.yaml"
		printf 'data:\n  soil:\n'
		printf '    - file: %s\n' "${files[@]}"
		printf '  agree: majority\n'
	} >"$lab_folder/sources.yaml"
fi
times
memory
agent
