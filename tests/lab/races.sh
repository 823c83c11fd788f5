#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: a sender that still owns the memory of a packet, and rewrites the destination once it was
# judged, gets none of a thousand packets out: neither by a packet ring, nor inside a tunnel that the
# policy names, by an ordinary socket. Without a guard many do, and nearly all on an idle machine.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/tap.sh

tap_needs_lab races
lab_begin || exit 1
lab_data

ROUNDS=20 AT_ONCE=50
ENDPOINT=5.1.5.70 # on soil that the policy denies, but for tunnels
lab_policy races "- soil: [FR]" "tunnels: [{to: [$ENDPOINT], protocol: [vxlan]}]" \
	>"$lab_folder/races.yaml"
# Packets wait here behind the guard.
lab_in "$guarded" tc qdisc add dev "$uplink" root handle 1: \
	tbf rate 500kbit burst 400 limit 1000000

flip_rings() {
	for ((i = 0; i < ROUNDS; i++)); do
		"$lab_tools/rings" flip "$uplink" "$wire_mac" "$cookie" "$source4" "$french4" \
			"$AT_ONCE" "$german4"
	done
}
flip_inside() {
	for ((i = 0; i < ROUNDS; i++)); do
		"$lab_tools/zerocopy" "$ENDPOINT" "$french4" "$1" "$AT_ONCE"
	done
}
export -f flip_rings flip_inside
export ROUNDS AT_ONCE ENDPOINT lab_tools uplink wire_mac source4 french4 german4

# How many ring packets came out with the other destination.
rings_out() {
	lab_new_cookie
	export cookie
	lab_arrivals -d "$german4" -- bash -c flip_rings
}

# ADDRESS: how many came out with this destination inside: address and ports stand side by side.
inside_out() {
	local pattern
	printf -v pattern '%02x%02x%02x%02x9c400035' ${1//./ }
	lab_arrivals -c "$pattern" -- bash -c "flip_inside $german4"
}

total=$((ROUNDS * AT_ONCE))
arrived=$(rings_out)
tap_is "without a guard, $arrived of $total ring packets reach another host" \
	"$((arrived > total / 10))" 1
arrived=$(inside_out "$german4")
tap_is "without a guard, $arrived of $total packets in a tunnel hold another destination" \
	"$((arrived > total / 10))" 1
tap_try "apply" lab_gabelou apply "$lab_folder/races.yaml"
tap_is "with one, ring packets" "$(rings_out)" 0
tap_is "with one, packets in a tunnel" "$(inside_out "$german4")" 0
tap_is "which arrive as they were judged" "$(inside_out "$french4")" "$total"
tap_try "detach" lab_gabelou detach
tap_end
