#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: what leaves past the guard is noticed within seconds with its size, by the interface's own
# count of what it sent; a flood of honest traffic is no alarm; and where the count tells nothing,
# that is said.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/tap.sh

tap_needs_lab books
lab_begin || exit 1
lab_data
log=$lab_folder/log
PATH=$PATH:/usr/sbin

# Seconds; an agent looks every second, and the machine may have other things to do.
PATIENCE=15

# FILTER [INTERFACE]: of its books.
book() {
	lab_gabelou status --json | jq -r --arg name "${2-$uplink}" ".books[] | select(.interface == \$name) | $1"
}
is_book() {
	[ "$(book "$1" "${3-$uplink}")" = "$2" ]
}
# COMMAND...: until it succeeds.
await() {
	local end=$((SECONDS + PATIENCE))
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}
# DESCRIPTION FILTER VALUE [INTERFACE]: it comes to that.
becomes() {
	await is_book "$2" "$3" "${4-$uplink}"
	tap_is "$1" "$(book "$2" "${4-$uplink}")" "$3"
}
handed_on_over() {
	[ "$(book .handed_on)" -gt "$1" ]
}
# HOW COUNT: frames past the guard.
bypass() {
	lab_in "$guarded" "$lab_tools/bypasses" "$1" "$uplink" "$wire_mac" 67626c0001676f6c \
		"$source4" "$german4" "$2"
}
start_agent() {
	lab_start "$guarded" "$gabelou" agent --log "$log" 2>>"$lab_folder/said"
	agent=$!
}
# All kinds of honest packets: TCP and UDP in GSO packets, small ones, denied ones.
honest() {
	local round segment
	for round in 1 2 3; do
		lab_in "$guarded" "$lab_tools/sockets" tcp 443 4000000 "$french4" "$french6"
		for segment in 1 2 3 4 5; do
			lab_in "$guarded" "$lab_tools/sockets" segments 443 "${round}${segment}000" "$french4"
			lab_in "$guarded" "$lab_tools/sockets" segments 443 "${round}${segment}000" "$french6"
		done
	done
}

lab_host "$french4" "$french6" "$german4" "$german6"
lab_listen 443
lab_gabelou apply "$lab_folder/french.yaml" >/dev/null
start_agent
becomes "with nothing sent past it: balanced" '"\(.verdict) \(.could_hide)"' "balanced 0"

# --- a flood, and in it a bypass and a swap ---

lab_start "$guarded" "$lab_tools/flood" "$uplink" "$wire_mac" 67626c0002676f6c "$source4" \
	"$french4" "$source6" "$french6" 20 >"$lab_folder/flood"
flood=$!
before=$(book .handed_on)
honest >/dev/null 2>&1
lab_gabelou apply "$lab_folder/both.yaml" >/dev/null
await handed_on_over $((before + 1000))
tap_is "a flood, with TCP, GSO and a swap: no packet is taken for a bypass" "$(book .bypassed)" 0
tap_is "but over 1,000 were counted" $(($(book .handed_on) - before > 1000)) 1
lab_gabelou apply "$lab_folder/french.yaml" >/dev/null
bypass qdisc 11
lab_stop "$flood"
becomes "PACKET_QDISC_BYPASS in a flood: the size of the bypass" .bypassed 11
tap_is "its verdict" "$(book .verdict)" bypass
tap_matches "it is a problem" "$(lab_gabelou status --json | jq -r '.problems[0]')" \
	"^bypass: at least 11 packets went past the guard on $uplink "
tap_matches "it is a metric" "$(lab_gabelou status --metrics)" \
	"^gabelou_bypass_packets_total\{interface=\"$uplink\"\} 11$"
tap_is "it is in the log" \
	"$(jq -s '[.[] | select(.event.action == "guard-bypassed") | .gabelou.bypass.packets] | add' "$log")" 11
tap_matches "the agent says it" "$(cat "$lab_folder/said")" "packets? left $uplink past the guard"

# --- other ways past it ---

bypass xdp 5
becomes "AF_XDP" .bypassed 16

kill -STOP "$agent"
ifindex=$(lab_gabelou status --json | jq --arg name "$uplink" '.interfaces[] | select(.name == $name) | .ifindex')
pins=/sys/fs/bpf/gabelou/ns-$(lab_in "$guarded" "$lab_tools/namespace-cookie")
if [ -e "$pins/link-$ifindex" ] && bpftool link detach pinned "$pins/link-$ifindex" 2>/dev/null; then
	lab_frames 9 udp4 "$german4" "$german6" >/dev/null
	kill -CONT "$agent"
	becomes "the guard's link detached: until the agent puts it back" .bypassed 25
else
	kill -CONT "$agent"
	tap_skip "the guard's link detached" "no TCX, or a bpftool that cannot"
fi
count=$(book .bypassed)

if lab_has tcx; then
	lab_start "$guarded" "$lab_tools/bypasses" first "$uplink" >"$lab_folder/first"
	front=$!
	await grep -q ready "$lab_folder/first"
	lab_frames 3 udp4 "$german4" "$german6" >/dev/null
	lab_stop "$front"
	becomes "a program in front that ends the chain" .bypassed $((count + 3))
	count=$((count + 3))
else
	tap_skip "a program in front that ends the chain" "no TCX"
fi

# --- what is not checkable, and what is not forgotten ---

lab_stop "$agent"
bypass qdisc 4
count=$((count + 4))
lab_start "$guarded" "$lab_tools/bypasses" last "$uplink" "$french4" >"$lab_folder/last"
behind=$!
lab_in "$guarded" ip link add odd0 type bridge
lab_in "$guarded" ip link set odd0 up
start_agent
becomes "a driver whose count is not known" '"\(.verdict) \(.why)"' "unchecked driver" odd0
tap_matches "it is said to people" "$(lab_gabelou status)" "odd0: not checkable here: how its driver"
if lab_has tcx; then
	becomes "a program behind the guard" .why behind
else
	tap_skip "a program behind the guard" "no TCX"
fi
becomes "a new agent forgets no bypass, and sees what went past while there was none" .bypassed "$count"
lab_stop "$behind"
lab_stop "$agent"
tap_end
