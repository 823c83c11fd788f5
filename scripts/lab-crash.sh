# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by the lab tests of crashes and restarts, after lab.sh, lab-data.sh and tap.sh: a flood of
# frames to denied destinations while something happens, and what is left of it.

private_needs=$(command -v objcopy >/dev/null || echo 'needs binutils')
. "$(dirname "${BASH_SOURCE[0]}")/lab-private.sh"
workload=gabelou-$PRIVATE_OUTSIDE-workload
lab_begin || exit 1
lab_data

PAUSE=100 # microseconds between two frames
work_mac=02:00:00:00:00:11 inside_mac=02:00:00:00:00:12

scenario=tcx faults= suspects=

# --- a second interface, so that a swap can be half done, and a port inside ---

lab_in "$guarded" ip link add spare0 type veth peer name spare1 || exit 1
lab_namespace "$workload" || exit 1
lab_in "$workload" ip link add work0 address "$work_mac" type veth \
	peer name inside0 address "$inside_mac" netns "$guarded" || exit 1
for side in "$workload work0 10.88.0.2/24 fd88::2/64" "$guarded inside0 10.88.0.1/24 fd88::1/64"; do
	read -r namespace link address4 address6 <<<"$side"
	lab_end_of "$namespace" "$link" "$address4" "$address6"
done
lab_sysctl "$guarded" ipv4/conf/all/forwarding 1
lab_sysctl "$guarded" ipv6/conf/all/forwarding 1

# NAME GUARDS INSIDE: two policies that deny German soil alike.
policies() {
	local name
	for name in one two; do
		lab_policy "$1-$name" "- soil: [FR]" "interfaces:" "  guard: $2" "  inside: $3" \
			>"$lab_folder/$1-$name.yaml"
	done
}
policies tcx '["uplink0", "spare0"]' '[]'
policies clsact '["uplink0", "spare0"]' '[]'
policies gateway '["spare0", "spare1"]' '["inside0"]'

# --- the flood and the far end ---

# Sends to denied destinations from here on, and counts what arrives.
flood_begin() {
	local from=$guarded out=$uplink mac=$wire_mac own4=$source4 own6=$source6
	if [ "$scenario" = gateway ]; then
		from=$workload out=work0 mac=$inside_mac own4=10.88.0.2 own6=fd88::2
	fi
	lab_new_cookie
	rm -f "$lab_folder/until"
	mkfifo "$lab_folder/until"
	lab_start "$far" "$lab_tools/arrivals" -i "$wire" -c "$cookie" -t 3600 -- \
		cat "$lab_folder/until" >"$lab_folder/arrived" 2>/dev/null
	watcher=$!
	exec 9>"$lab_folder/until" # waits for its reader, and that for the tap
	lab_start "$from" "$lab_tools/flood" "$out" "$mac" "$cookie" "$own4" "$german4" "$own6" \
		"$german6" "$PAUSE" >"$lab_folder/sent" 2>"$lab_folder/flooding"
	flooder=$!
	lab_await 20 test -s "$lab_folder/flooding"
}

# The end of it: the numbers of frames, in sent and arrived.
flood_end() {
	lab_stop "$flooder"
	exec 9>&-
	wait "$watcher"
	sent=$(cat "$lab_folder/sent") arrived=$(cat "$lab_folder/arrived")
}

# Frames at the far end so far, the kernel's own among them: if any of the flood got out, suspects
# tells at which step.
far_count() {
	lab_in "$far" ip -j -s link show "$wire" | jq '.[0].stats64.rx.packets'
}

# DESCRIPTION: ends the flood; many were sent and none arrived.
nothing_out() {
	flood_end
	if [ "$arrived" = 0 ] && [ "$sent" -ge 100 ]; then
		tap_ok "$1: 0 of $sent frames out"
	else
		tap_not_ok "$1" "$arrived of $sent frames arrived
$suspects"
	fi
}

# --- what is left ---

# The pins, under names that do not depend on the generation. Nothing else keeps objects alive when
# no process does, but filters on an interface.
pins() {
	local own
	own=ns-$(lab_in "$guarded" "$lab_tools/namespace-cookie")
	(cd "/sys/fs/bpf/gabelou/$own" 2>/dev/null && find . -mindepth 1) |
		sed -E 's|gen-[0-9]+|gen-N|' | sort
}

# Is all as after one undisturbed apply?
whole() {
	local found
	found=$(pins)
	if [ "$found" != "$reference" ]; then
		faults+="$1: pins: $(diff <(echo "$reference") <(echo "$found") | tr '\n' ' ')"$'\n'
	fi
	found=$(find /var/lib/gabelou -name '*.new')
	[ -z "$found" ] || faults+="$1: half-written: $found"$'\n'
}

run() {
	[ "$scenario" != clsact ] || set -- env GABELOU_WITHOUT=tcx "$@"
	lab_in "$guarded" "$@" >"$lab_folder/said" 2>&1 9>&-
}

must() {
	run "$gabelou" "$@" || faults+="then $*: exit $?: $(cat "$lab_folder/said")"$'\n'
}
