#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: docs/walkthroughs/bonded-router.md. A router with two uplinks (bonded, where the kernel can)
# and a network behind it, judged where it comes in: its routes and its control traffic live on.
#
#   lan: lan0 10.88.0.2, fd88::2 --- inside0 10.88.0.1, fd88::1 :router (the lab's guarded)
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/lab-scenario.sh
. scripts/tap.sh

tap_needs_lab "bonded router"
lab_begin || exit 1
lab_data

resolver=5.1.5.53 botnet4=5.1.5.66 botnet6=2a00:5:5::66
lan=gabelou-$$-lan
lab_namespace "$lan" || exit 1

lab_in "$lan" ip link add lan0 type veth peer name inside0 netns "$guarded"
lab_end_of "$lan" lan0 10.88.0.2/24 fd88::2/64
lab_end_of "$guarded" inside0 10.88.0.1/24 fd88::1/64
lab_in "$lan" ip route add default via 10.88.0.1
lab_in "$lan" ip -6 route add default via fd88::1
lab_sysctl "$guarded" ipv4/conf/all/forwarding 1
lab_sysctl "$guarded" ipv6/conf/all/forwarding 1

# Two ways out, each flow on one of them.
lab_wire uplink1 02:00:00:00:01:01 wire1 02:00:00:00:01:02
bonded=
if lab_in "$guarded" ip link add bond0 type bond mode 802.3ad miimon 100 lacp_rate fast 2>/dev/null; then
	bonded=yes
	lab_in "$far" ip link add bond0 type bond mode 802.3ad miimon 100 lacp_rate fast
	for port in "$guarded $uplink" "$guarded uplink1" "$far $wire" "$far wire1"; do
		read -r namespace name <<<"$port"
		lab_in "$namespace" ip link set "$name" down
		lab_in "$namespace" ip link set "$name" master bond0
	done
	lab_end_of "$guarded" bond0 10.77.1.1/24 fd77:1::1/64
	lab_end_of "$far" bond0 10.77.1.2/24 fd77:1::2/64
	lab_in "$guarded" ip route replace default via 10.77.1.2
	lab_in "$guarded" ip -6 route replace default via fd77:1::2
	lab_in "$far" ip route replace 10.88.0.0/24 via 10.77.1.1
	lab_in "$far" ip -6 route replace fd88::/64 via fd77:1::1
	both_ways() {
		lab_in "$guarded" grep -c 'Number of ports: 2' /proc/net/bonding/bond0
	}
	lab_await 100 both_ways
else
	lab_address "$guarded" uplink1 10.77.1.1/24 fd77:1::1/64
	lab_address "$far" wire1 10.77.1.2/24 fd77:1::2/64
	lab_sysctl "$guarded" ipv4/fib_multipath_hash_policy 1
	lab_sysctl "$guarded" ipv6/fib_multipath_hash_policy 1
	lab_in "$guarded" ip route replace default nexthop via 10.77.0.2 nexthop via 10.77.1.2
	lab_in "$guarded" ip -6 route replace default nexthop via fd77::2 nexthop via fd77:1::2
	lab_in "$far" ip route replace 10.88.0.0/24 via 10.77.0.1
	lab_in "$far" ip -6 route replace fd88::/64 via fd77::1
fi
lab_host "$french4" "$french6" "$resolver" "$botnet4" "$botnet6"
for port in 443 853; do
	lab_listen "$port" || exit 1
done

honest() {
	local try
	for try in 1 2 3 4; do
		lab_in "$lan" "$lab_tools/sockets" tcp 443 2000 "$french4" "$french6"
	done
	lab_in "$lan" "$lab_tools/sockets" tcp 853 2000 "$resolver"
	lab_in "$lan" "$lab_tools/sockets" icmp 56 10.88.0.1 fd88::1
	lab_in "$guarded" "$lab_tools/sockets" tcp 443 2000 "$french4" "$french6"
}

alien() {
	lab_in "$lan" "$lab_tools/sockets" tcp 443 2000 "$botnet4" "$botnet6"
	lab_in "$guarded" "$lab_tools/sockets" tcp 443 2000 "$botnet4"
}

scenario_policy "interfaces:" "  inside: [\"inside*\"]"
echo "$resolver resolver.example" >>"$lab_folder/hosts"
scenario_monitor 4
scenario_except 'NET-7 our resolver stands there'
scenario_enforce
tap_is "and was judged inside" "$(lab_gabelou status --json |
	jq -r '[.interfaces[] | select(.name == "inside0") | .hook[:3]] | join(" ")')" xdp
if [ "$bonded" ]; then
	sleep 4 # past three times the second between two LACPDUs
	tap_try "LACP keeps both ports" both_ways
else
	tap_skip "LACP keeps both ports" "this kernel has no bonding; two routes were taken"
	tap_is "LACPDUs pass" "$(lab_frames 3 lacp "$french4" "$french6")" 3
fi

tap_end
