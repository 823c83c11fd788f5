#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: on a link without a link header (tun, as VPNs use it) packets are read from their first byte:
# what is approved comes out of it, nothing else does.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/tap.sh

obstacle=
[ -c /dev/net/tun ] || obstacle="has no /dev/net/tun"
tap_needs_lab layer3 "$obstacle"
lab_begin || exit 1
lab_data
lab_policy tun "- soil: [FR]" "interfaces: {guard: [tun0]}" >"$lab_folder/tun.yaml"

# Runs while tun0 is there: addresses and routes, the guard, and one datagram to each destination.
cat >"$lab_folder/send" <<-END
	set -e
	echo 0 >/proc/sys/net/ipv6/conf/tun0/router_solicitations
	ip address add 10.99.0.1/24 dev tun0
	ip address add fd99::1/64 dev tun0 nodad
	ip link set tun0 up
	ip route add 5.1.0.0/16 dev tun0
	ip -6 route add 2a00:5::/32 dev tun0
	[ "\$1" = open ] || "$gabelou" apply "$lab_folder/tun.yaml"
	for to in $french4 $german4 $french6 $german6; do
		"$lab_tools/sockets" udp 443 16 \$to || true
		"$lab_tools/sockets" udp 443 4000 \$to || true
	done
	"$lab_tools/sockets" tcp 443 16 $french4 $german4 $french6 $german6 || true
	"$lab_tools/sockets" source-route 443 $french4 || true
	"$lab_tools/sockets" segment-route 443 $french6 || true
	[ "\$1" = open ] || "$gabelou" status --json >"$lab_folder/status"
	[ "\$1" = open ] || "$gabelou" detach
END
# HOW: "ADDRESS PACKETS" of what came out, without what the host says to its neighbours.
came_out() {
	lab_in "$guarded" "$lab_tools/tun" tun0 bash "$lab_folder/send" "$1" 2>"$lab_folder/said" |
		grep -vE '^(ff02|fe80|224|-)' | sort | tr '\n' ' '
}
packets_of() {
	jq --arg reason "$1" '[.reasons[] | select(.reason == $reason) | .packets] | add // 0' \
		"$lab_folder/status"
}

all=$(came_out open)
for address in "$french4" "$german4" "$french6" "$german6"; do
	tap_matches "without a guard, packets to $address come out" "$all" "$address [1-9]"
done
some=$(came_out guarded)
tap_matches "with one, IPv4 that is approved" "$some" "$french4 [1-9]"
tap_matches "with one, IPv6 that is approved" "$some" "$french6 [1-9]"
tap_is "and nothing else" "$(wc -w <<<"$some")" 4
tap_is "each for its reason" "$(packets_of ip-options) $(packets_of ipv6-routing) \
$(($(packets_of soil) >= 6))" "1 1 1"
tap_is "none was misread" "$(($(packets_of ethertype) + $(packets_of ip-version) + \
	$(packets_of truncated)))" 0
tap_end
