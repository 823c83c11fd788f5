#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: the guard outlasts its pins where an agent runs, and the agent itself; and what another version
# or another boot left is replaced by one whole generation, without a gap where there is a guard.
#
# With GABELOU_SOAK=1 the agent is killed a thousand times, not twenty.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/tap.sh
. scripts/lab-crash.sh

AGENT_KILLS=20
[ -z "${GABELOU_SOAK-}" ] || AGENT_KILLS=1000
own=ns-$(lab_in "$guarded" "$lab_tools/namespace-cookie")
current=/var/lib/gabelou/$own/current pinned=/sys/fs/bpf/gabelou/$own

tap_try "apply" run "$gabelou" apply "$lab_folder/tcx-one.yaml"
reference=$(pins)

# --- the agent holds what is pinned ---

generation() {
	jq .generation "$current"
}

agent_begin() {
	lab_start "$guarded" "$gabelou" agent --log "$lab_folder/agent.log" 2>>"$lab_folder/agent.said"
	agent=$!
	lab_reads "$agent"
}

put_back() {
	[ "$(pins)" = "$reference" ]
}

said_twice() {
	[ "$(grep -c 'were put back' "$lab_folder/agent.said")" -eq 2 ]
}

# The counters of the generation in force are among the maps that the agent has open.
holds() {
	local id
	id=$(PATH=$PATH:/usr/sbin bpftool -j map show pinned "$pinned/gen-$(generation)/counters" |
		jq .id) && grep -qsP "^map_id:\t$id$" "/proc/$agent"/fdinfo/*
}

: >"$lab_folder/agent.said"
agent_begin
flood_begin
umount /sys/fs/bpf
tap_try "bpffs unmounted: the agent mounts it and pins all again" lab_await 50 put_back
rm -rf "$pinned"
tap_try "pins removed: the agent pins them again" lab_await 50 put_back
tap_try "it said so each time" lab_await 50 said_twice
mount -t bpf bpf /sys/fs/bpf
tap_try "bpffs mounted over: the agent pins all again" lab_await 50 put_back
tap_try "and apply works" run "$gabelou" apply "$lab_folder/tcx-two.yaml"
tap_try "the agent holds the new generation" lab_await 50 holds
umount /sys/fs/bpf
tap_try "bpffs unmounted again: it pins that" lab_await 50 test -e "$pinned/gen-$(generation)"
must apply "$lab_folder/tcx-one.yaml"
tap_is "and what was hidden is removed once it is seen" "$(pins)" "$reference"
nothing_out "unmounted, removed and mounted over"

flood_begin
for _ in $(seq "$AGENT_KILLS"); do
	lab_stop "$agent" KILL
	lab_start "$guarded" "$gabelou" agent --log "$lab_folder/agent.log" 2>/dev/null 9>&-
	agent=$!
	sleep 0.05
done
nothing_out "the agent killed and started $AGENT_KILLS times"
lab_stop "$agent"

# --- another version, another boot ---

# FILTER: what the record of the generation in force says.
forge() {
	jq -c "$1" "$current" >"$lab_folder/forged" && cp "$lab_folder/forged" "$current"
}

before=$(generation)
tap_try "apply --again" run "$gabelou" apply --again
tap_is "changes nothing where nothing has to be mended" "$(generation)" "$before"
flood_begin
for stamp in abi programs; do
	forge ".kernel.$stamp = \"of another version\""
	before=$(generation)
	if [ "$stamp" = abi ]; then
		run "$gabelou" status
		tap_matches "what another version counts is not misread" "$(cat "$lab_folder/said")" \
			'another version.*apply --again'
	fi
	tap_try "upgrade or downgrade ($stamp): apply --again" run "$gabelou" apply --again
	tap_is "puts a new generation in force" "$(generation)" $((before + 1))
	tap_is "and leaves the objects of one" "$(pins)" "$reference"
done
nothing_out "upgraded and downgraded"
tap_try "status can be read" run "$gabelou" status

# As after a reboot: no pins, no links, the network up, the policy file gone.
reboot() {
	umount /sys/fs/bpf && mount -t bpf bpf /sys/fs/bpf
	forge '.boot = "00000000-0000-0000-0000-000000000000"'
}

before=$(generation)
reboot
run "$gabelou" status
tap_matches "after a reboot status says what to do" "$(cat "$lab_folder/said")" 'apply --again'
rm "$lab_folder/tcx-one.yaml"
flood_begin
flood_end
tap_is "after a reboot, until somebody applies, the flood arrives" $((arrived > 0)) 1
tap_try "apply --again after a reboot" run "$gabelou" apply --again
flood_begin
nothing_out "from then on"
tap_is "it is a new generation" "$(generation)" $((before + 1))
tap_is "and whole" "$(pins)" "$reference"

# The interfaces may come later than the first service of a boot.
reboot
lab_in "$guarded" ip link set "$uplink" name later0
lab_in "$guarded" ip link set spare0 name later1
tap_try "apply --again before the interfaces are there" run "$gabelou" apply --again
lab_in "$guarded" ip link set later0 name "$uplink"
lab_in "$guarded" ip link set later1 name spare0
tap_try "they are guarded by whoever opens next" run "$gabelou" apply --again
flood_begin
nothing_out "from then on"
run "$gabelou" detach
run "$gabelou" apply --again
tap_matches "after a detach there is nothing to be enforced again" "$(cat "$lab_folder/said")" \
	'nothing was enforced here before'
tap_end
