#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: no path and no shape of a packet leads past the guard, and the odd shapes of honest traffic
# are let pass: large segments (BIG TCP), jumbo frames, fragments, neighbours with global addresses.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/tap.sh

tap_needs_lab paths
lab_begin || exit 1

HOST4=5.1.1.7 HOST6=2a00:5:1::7
# The link's own prefix, which no rule approves.
NEAR6=2a00:5:5:1::1 GATEWAY6=2a00:5:5:1::2
BIG=196608 # bytes: what BIG TCP hands to the link at once

cat >"$lab_folder/soil.csv" <<-END
	5.1.1.0,5.1.1.255,FR
	5.1.5.0,5.1.5.255,DE
	2a00:5:1::,2a00:5:1:ffff:ffff:ffff:ffff:ffff,FR
	2a00:5:5::,2a00:5:5:ffff:ffff:ffff:ffff:ffff,DE
END

# LOCAL
policy() {
	cat <<-END
		gabelou: 1
		name: paths
		mode: enforce
		data:
		  soil: [{file: soil.csv}]
		  max-age: {warn: 3649d, stale: 3650d}
		local: $1
		control: [default]
		allow:
		  - soil: [FR]
	END
}
policy private >"$lab_folder/private.yaml"
policy connected >"$lab_folder/connected.yaml"

lab_host "$HOST4" "$HOST6"
lab_address "$guarded" "$uplink" "$NEAR6/64"
lab_address "$far" "$wire" "$GATEWAY6/64"
lab_listen 443 || exit 1
tap_try "apply" lab_gabelou apply "$lab_folder/private.yaml"

# PACKETS of a reason, by the guard's own word.
packets_of() {
	lab_gabelou status --json |
		jq --arg reason "$1" '[.reasons[] | select(.reason == $reason) | .packets] | add // 0'
}

# MTU
set_mtu() {
	lab_in "$guarded" ip link set "$uplink" mtu "$1" && lab_in "$far" ip link set "$wire" mtu "$1"
}

# --- large segments, jumbo frames ---

for end in "$guarded $uplink" "$far $wire"; do
	# shellcheck disable=SC2086 # a namespace and an interface
	set -- $end
	lab_in "$1" ip link set "$2" gso_max_size "$BIG" gro_max_size "$BIG"
done
# A hop-by-hop header with the jumbo option stands in front of TCP: next header 0.
arrived=$(lab_arrivals -- "$lab_tools/sockets" tcp 443 8000000 "$HOST6" 2>/dev/null)
tap_matches "BIG TCP arrives as such" "$arrived" "^$HOST6 0 [1-9]"
for address in "$HOST4" "$HOST6"; do
	tap_try "8 MB of BIG TCP to $address" \
		lab_in "$guarded" "$lab_tools/sockets" tcp 443 8000000 "$address"
done

tap_try "jumbo frames" set_mtu 9000
for address in "$HOST4" "$HOST6"; do
	tap_try "4 MB in jumbo frames to $address" \
		lab_in "$guarded" "$lab_tools/sockets" tcp 443 4000000 "$address"
	tap_try "a ping of one jumbo frame to $address" \
		lab_in "$guarded" "$lab_tools/sockets" icmp 8900 "$address"
	tap_try "a ping of many jumbo fragments to $address" \
		lab_in "$guarded" "$lab_tools/sockets" icmp 60000 "$address"
done

set_mtu 1500
tap_is "nothing of all this was refused" "$(($(packets_of ip-length) + $(packets_of jumbogram) + \
	$(packets_of ipv6-extension) + $(packets_of truncated) + $(packets_of control-shape)))" 0

# --- a gateway with a global address ---

# Asks for the gateway by its own address (unreachability detection, RFC 4861, section 7.3).
probe_gateway() {
	lab_in "$guarded" ip -6 neigh replace "$GATEWAY6" lladdr "$wire_mac" dev "$uplink" nud probe
}
gateway_is() {
	lab_in "$guarded" ip -6 neigh show "$GATEWAY6" dev "$uplink" | grep -q "$1"
}

tap_try "apply with local: connected" lab_gabelou apply "$lab_folder/connected.yaml"
probe_gateway
tap_try "a gateway with a global address answers" lab_await 20 gateway_is REACHABLE
tap_try "traffic through it" lab_in "$guarded" ip -6 route replace "$HOST6/128" via "$GATEWAY6"
tap_try "TCP through it" lab_in "$guarded" "$lab_tools/sockets" tcp 443 16 "$HOST6"

tap_try "detach" lab_gabelou detach

# --- a checksum that is to be filled in where the destination stands ---

# HOW DESTINATION OTHER ARRIVES_AT: how many of 3 packets.
offload() {
	local source=$source4
	case $2 in *:*) source=$source6 ;; esac
	lab_arrivals -d "$4" -- "$lab_tools/offload" "$1" "$uplink" "$wire_mac" "$source" "$2" "$3" 3
}

# The kernel fills it in, just before the packet leaves, as it does for many network cards.
tap_try "no checksums by the link" lab_in "$guarded" "$lab_tools/offload" off "$uplink"
moved() {
	tap_is "$1, IPv4" "$(offload move 5.1.1.9 5.1.5.9 5.1.5.9)" "$2"
	tap_is "$1, IPv6" "$(offload move 2a00:5:1::9 2a00:5:5::9 2a00:5:5::9)" "$2"
}
moved "without a guard, a checksum moves packets to another host" 3
tap_try "apply" lab_gabelou apply "$lab_folder/private.yaml"
moved "with one, to none" 0
tap_is "and the reason is said" "$(packets_of checksum)" 6
tap_is "a checksum in its place, IPv4" "$(offload honest 5.1.1.9 5.1.5.9 5.1.1.9)" 3
tap_is "a checksum in its place, IPv6" "$(offload honest 2a00:5:1::9 2a00:5:5::9 2a00:5:1::9)" 3
# As on a kernel before 6.2, and on one that is locked down as well.
GABELOU_WITHOUT=xdp-context tap_try "apply where the kernel shows nothing" \
	lab_gabelou apply "$lab_folder/private.yaml"
moved "with one that asks for copies, to none" 0
tap_is "a checksum in its place, then" "$(offload honest 5.1.1.9 5.1.5.9 5.1.1.9)" 3
GABELOU_WITHOUT=xdp-context,kernel-reads tap_try "apply where it refuses copies, too" \
	lab_gabelou apply "$lab_folder/private.yaml"
moved "which status names: checksums move packets" 3

tap_try "detach again" lab_gabelou detach
tap_end
