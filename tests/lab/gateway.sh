#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: what workloads send through a gateway is judged where it comes in, as a guard would judge
# it: allowed packets arrive outside, denied ones do not, in native and in generic XDP. The gateway
# itself is reachable. What it sends, and what it sends on under another destination, its guard
# judges outside. No way of routing or bridging makes a denied packet pass as the gateway's own.
#
#   workload: work0 10.88.0.2, fd88::2 --- inside0 10.88.0.1, fd88::1 :gateway (the lab's guarded)
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/tap.sh

tap_needs_lab gateway
lab_begin || exit 1
lab_data

SENT=3
HOST4=5.1.1.7 HOST6=2a00:5:1::7 # nobody answers at the approved addresses of lab_data
OWN4=5.1.5.50 OWN6=2a00:5:5::50 # the gateway's, on soil that the policy denies
workload=gabelou-$$-workload
work_mac=02:00:00:00:00:11 inside_mac=02:00:00:00:00:12
lab_namespace "$workload" || exit 1

# [OPTION...]: the wire to the workload, whose end has these options. In its place, if there is one.
inside_wire() {
	lab_in "$workload" ip link del work0 2>/dev/null
	lab_in "$workload" ip link add work0 address "$work_mac" "$@" type veth \
		peer name inside0 address "$inside_mac" netns "$guarded" || return
	lab_end_of "$workload" work0 10.88.0.2/24 fd88::2/64
	lab_end_of "$guarded" inside0 10.88.0.1/24 fd88::1/64
	lab_address "$guarded" inside0 "$OWN4/32" "$OWN6/128"
	lab_sysctl "$guarded" ipv4/conf/inside0/forwarding 1
	lab_sysctl "$guarded" ipv6/conf/inside0/forwarding 1
	lab_in "$workload" ip route replace default via 10.88.0.1
	lab_in "$workload" ip -6 route replace default via fd88::1
	know_neighbours
}

# Both ends of it believe no frame that claims another link address.
know_neighbours() {
	local address
	for address in 10.88.0.2 fd88::2; do
		lab_in "$guarded" ip neigh replace "$address" lladdr "$work_mac" dev inside0 nud permanent
	done
	for address in 10.88.0.1 fd88::1; do
		lab_in "$workload" ip neigh replace "$address" lladdr "$inside_mac" dev work0 nud permanent
	done
}

inside_wire || exit 1
lab_sysctl "$guarded" ipv4/conf/all/forwarding 1
lab_sysctl "$guarded" ipv6/conf/all/forwarding 1
lab_in "$far" ip route add 10.88.0.0/24 via "$source4"
lab_in "$far" ip -6 route add fd88::/64 via "$source6"
lab_host "$HOST4" "$HOST6" "$german4" "$german6"
lab_listen 443 || exit 1
# A guard that sees no packet, where the gateway alone is looked at.
lab_in "$guarded" ip link add spare0 type veth peer name spare1

# NAME GUARDS [LINE...]
gateway_policy() {
	local name=$1 guards=$2
	shift 2
	lab_policy "$name" "- soil: [FR]" "interfaces:" "  guard: [$guards]" \
		"  inside: [\"inside*\"]" "$@" >"$lab_folder/$name.yaml"
}
gateway_policy alone spare0
gateway_policy router "uplink0"
gateway_policy monitor spare0 "mode: monitor"
gateway_policy missing "uplink0"
sed -i 's/"inside\*"/"inside*", "tap*"/' "$lab_folder/missing.yaml"
gateway_policy strictly spare0
sed -i 's/^local: private/local: none/' "$lab_folder/strictly.yaml"

# COUNT FORM DESTINATION4 DESTINATION6: from the workload; how many came out at the far end.
through() {
	local cookie
	lab_new_cookie
	lab_in "$far" "$lab_tools/arrivals" -i "$wire" -c "$cookie" -- \
		nsenter --net="/run/netns/$workload" -- "$lab_tools/frames" -i work0 -m "$inside_mac" \
		-c "$cookie" -s 10.88.0.2 -S fd88::2 -d "$3" -D "$4" -n "$1" "$2"
}

# HOW [WORDS...]: traffic by real sockets of the workload.
from_workload() {
	lab_in "$workload" "$lab_tools/sockets" "$@"
}

# REASON: packets so far, by gabelou's own word.
packets_of() {
	lab_gabelou status --json |
		jq --arg reason "$1" '[.reasons[] | select(.reason == $reason) | .packets] | add // 0'
}

# --- without a gateway ---

"$lab_tools/frames" -l >"$lab_folder/forms"
declare -A baseline
routed=0
while read -r form _ _; do
	baseline[$form]=$(through "$SENT" "$form" "$french4" "$french6")
	[ "${baseline[$form]}" -eq 0 ] || routed=$((routed + 1))
done <"$lab_folder/forms"
tap_is "without a gateway over 40 forms of packet are routed ($routed)" $((routed > 40)) 1
for address in "$german4" "$german6" "$OWN4" "$OWN6" 10.88.0.1 fd88::1; do
	tap_try "without a gateway $address answers" from_workload icmp 56 "$address"
done

# --- every form, native and generic ---

# What a packet socket told the sender's kernel does not come over the wire.
reason_inside() {
	[ "$1" = ethertype-lie ] && echo rule-allow || echo "$1"
}

# FORM REASON: sent to an approved destination, judged by the form alone.
judge_form() {
	local form=$1 reason before arrived rise expected=0 own=0
	reason=$(reason_inside "$2")
	before=$(packets_of "$reason")
	arrived=$(through "$SENT" "$form" "$french4" "$french6")
	rise=$(($(packets_of "$reason") - before))
	case $reason in control | rule-allow | local) expected=${baseline[$form]} ;; esac
	[ "$reason" != control ] || own=4 # the link speaks for itself now and then
	[ "$arrived" -eq "$expected" ] && [ "$rise" -ge "$SENT" ] && [ "$rise" -le $((SENT + own)) ] ||
		faults+="$form: $arrived arrived, expected $expected; $reason rose by $rise"$'\n'
}

judge_forms() {
	local form reason faults=
	while read -r form _ reason; do
		judge_form "$form" "$reason"
	done <"$lab_folder/forms"
	tap_is "$1: each of $(wc -l <"$lab_folder/forms") forms has its reason, and only what is allowed arrives" \
		"$faults" ""
	tap_is "$1: a denied destination, IPv4" "$(through "$SENT" udp4 "$german4" "$german6")" 0
	tap_is "$1: a denied destination, IPv6" "$(through "$SENT" udp6 "$german4" "$german6")" 0
	tap_is "$1: a denied destination, later fragments" \
		"$(through "$SENT" fragment4-later "$german4" "$german6")" 0
}

honest_traffic() {
	local address
	for address in "$HOST4" "$HOST6"; do
		tap_try "$1: 4 MB over TCP to $address" from_workload tcp 443 4000000 "$address"
		tap_try "$1: a large ping of $address" from_workload icmp 8900 "$address"
		tap_try "$1: a datagram in fragments to $address" from_workload udp 443 4000 "$address"
	done
	for address in 10.88.0.1 fd88::1 "$OWN4" "$OWN6"; do
		tap_try "$1: the gateway answers at $address" from_workload icmp 56 "$address"
	done
	lab_in "$workload" ip neigh flush dev work0 nud permanent
	lab_in "$guarded" ip neigh flush dev inside0 nud permanent
	tap_try "$1: ARP and neighbour discovery" from_workload tcp 443 16 "$HOST4" "$HOST6"
	know_neighbours
}

hook_of() {
	lab_gabelou status --json |
		jq -r --arg name "$1" '.interfaces[] | select(.name == $name) | "\(.role) \(.hook)"'
}

tap_try "apply" lab_gabelou apply "$lab_folder/alone.yaml"
tap_is "status names role and hook" "$(hook_of inside0)" "inside xdp"
judge_forms native
honest_traffic native

# More queues on one end than on the other, and veth has no native XDP.
inside_wire numtxqueues 4
said=$(lab_gabelou apply "$lab_folder/alone.yaml" 2>&1)
tap_matches "generic mode is said aloud" "$said" 'inside0: the gateway works in generic XDP'
tap_is "status names it" "$(hook_of inside0)" "inside xdp-generic"
tap_matches "and what it costs" "$(lab_gabelou status)" 'inside0 has its gateway in generic XDP'
judge_forms generic
honest_traffic generic
inside_wire
tap_matches "a new port is named until somebody looks" "$(lab_gabelou status)" \
	'inside0 is inside and has no gateway'
tap_try "apply" lab_gabelou apply "$lab_folder/alone.yaml"
tap_is "native again" "$(hook_of inside0)" "inside xdp"

# --- the gateway's own addresses, and what only looks like them ---

group_mac() {
	local inside_mac=01:00:5e:01:01:01
	through "$SENT" "$1" "$OWN4" "$OWN6" >/dev/null
}
own_addresses() {
	lab_listen 22 "$guarded"
	before=$(packets_of gateway)
	tap_try "TCP to the gateway itself, by addresses that the policy denies" \
		from_workload tcp 22 4000 "$OWN4" "$OWN6"
	tap_is "is counted as such" $(($(packets_of gateway) - before >= 10)) 1
	tap_try "apply with local: none" lab_gabelou apply "$lab_folder/strictly.yaml"
	tap_try "all its addresses are its own" from_workload tcp 22 16 10.88.0.1 fd88::1 "$OWN4" "$OWN6"
	tap_is "its neighbours' are not" "$(through "$SENT" udp4 10.77.0.2 fd77::2)" 0
	tap_try "apply" lab_gabelou apply "$lab_folder/alone.yaml"

	before=$(packets_of gateway)
	group_mac udp4 && group_mac udp6
	tap_is "what is sent to a group is not" $(($(packets_of gateway) - before)) 0
}
if lab_has xdp-context; then
	own_addresses
else
	tap_skip "the gateway's own addresses" "this kernel lacks xdp-context (Linux 6.2)"
fi

# DESCRIPTION: the German host is neither reached nor taken for the gateway's own.
stays_denied() {
	local before
	before=$(packets_of gateway)
	tap_is "$1: IPv4" "$(through "$SENT" udp4 "$german4" "$german6")" 0
	tap_is "$1: IPv6" "$(through "$SENT" udp6 "$german4" "$german6")" 0
	tap_is "$1: nothing passed as the gateway's own" $(($(packets_of gateway) - before)) 0
}

# IPv6 is forwarded by the switch for all ports, whatever the port's own says.
lab_sysctl "$guarded" ipv6/conf/inside0/forwarding 0
lab_sysctl "$guarded" ipv4/conf/inside0/forwarding 0
stays_denied "a port that says that it does not forward"
lab_sysctl "$guarded" ipv6/conf/inside0/forwarding 1
lab_sysctl "$guarded" ipv4/conf/inside0/forwarding 1

# Only marked packets have a route, and XDP is in front of whoever marks.
lab_in "$guarded" nft add table inet marks
lab_in "$guarded" nft add chain inet marks prerouting \
	'{ type filter hook prerouting priority mangle; }'
lab_in "$guarded" nft add rule inet marks prerouting iifname inside0 meta mark set 1
lab_in "$guarded" ip route del default
lab_in "$guarded" ip -6 route del default
lab_in "$guarded" ip rule add fwmark 1 lookup 100
lab_in "$guarded" ip -6 rule add fwmark 1 lookup 100
lab_in "$guarded" ip route add default via 10.77.0.2 table 100
lab_in "$guarded" ip -6 route add default via fd77::2 table 100
tap_is "routed by marks: allowed packets arrive" \
	"$(through "$SENT" udp4 "$french4" "$french6")$(through "$SENT" udp6 "$french4" "$french6")" \
	$SENT$SENT
stays_denied "routed by marks"
lab_in "$guarded" nft delete table inet marks
lab_in "$guarded" ip rule del fwmark 1 lookup 100
lab_in "$guarded" ip -6 rule del fwmark 1 lookup 100
lab_in "$guarded" ip route add default via 10.77.0.2
lab_in "$guarded" ip -6 route add default via fd77::2

# A frame to the other router on a bridge: this host has no route, and the bridge needs none.
lab_in "$guarded" ip link add bridge0 type bridge
lab_in "$guarded" ip link set inside0 master bridge0
lab_in "$guarded" ip link set uplink0 master bridge0
lab_in "$guarded" ip link set bridge0 up
lab_in "$guarded" ip route flush default
lab_in "$guarded" ip -6 route flush default
real_mac=$inside_mac inside_mac=$wire_mac
tap_is "bridged: allowed frames arrive" \
	"$(through "$SENT" udp4 "$french4" "$french6")$(through "$SENT" udp6 "$french4" "$french6")" \
	$SENT$SENT
stays_denied "bridged"
tap_is "bridged: an address of the gateway is not its own to others" \
	"$(through "$SENT" udp4 "$OWN4" "$OWN6")$(through "$SENT" udp6 "$OWN4" "$OWN6")" 00
inside_mac=$real_mac
lab_gabelou detach >/dev/null
tap_is "bridged, without the gateway" \
	"$(inside_mac=$wire_mac through "$SENT" udp4 "$german4" "$german6")" "$SENT"
lab_in "$guarded" ip link del bridge0
lab_in "$guarded" ip route replace default via 10.77.0.2
lab_in "$guarded" ip -6 route replace default via fd77::2

# --- with a guard outside ---

# An allowed destination becomes a denied one behind the gateway.
lab_in "$guarded" nft add table ip translate
lab_in "$guarded" nft add chain ip translate prerouting \
	'{ type nat hook prerouting priority dstnat; }'
lab_in "$guarded" nft add rule ip translate prerouting \
	ip daddr "$french4" udp dport 53 dnat to "$german4"
tap_try "apply without a guard outside" lab_gabelou apply "$lab_folder/alone.yaml"
tap_is "without it, translated packets reach a denied host" \
	"$(lab_in "$far" "$lab_tools/arrivals" -i "$wire" -d "$german4" -- \
		nsenter --net="/run/netns/$workload" -- "$lab_tools/sockets" udp 53 16 "$french4")" 1
tap_try "apply with a guard outside" lab_gabelou apply "$lab_folder/router.yaml"
hook=clsact
! lab_has tcx || hook=tcx
tap_is "both are there" "$(hook_of inside0), $(hook_of uplink0)" "inside xdp, uplink $hook"
before=$(packets_of soil)
tap_is "with it, translated packets do not" \
	"$(lab_in "$far" "$lab_tools/arrivals" -i "$wire" -d "$german4" -- \
		nsenter --net="/run/netns/$workload" -- "$lab_tools/sockets" udp 53 16 "$french4")" 0
tap_is "since the guard denies them" $(($(packets_of soil) - before)) 1
lab_in "$guarded" nft delete table ip translate

# A checksum that its sender has left to be written over the destination, where the packet leaves.
moved() {
	lab_in "$far" "$lab_tools/arrivals" -i "$wire" -d "$german4" -- \
		nsenter --net="/run/netns/$workload" -- "$lab_tools/offload" move work0 "$inside_mac" \
		10.88.0.2 "$french4" "$german4" "$SENT"
}
tap_try "no checksums by the link outside" lab_in "$guarded" "$lab_tools/offload" off "$uplink"
tap_try "apply without a guard outside" lab_gabelou apply "$lab_folder/alone.yaml"
tap_is "without it, a checksum moves packets to a denied host" "$(moved)" "$SENT"
tap_try "apply with a guard outside" lab_gabelou apply "$lab_folder/router.yaml"
tap_is "with it, no checksum does" "$(moved)" 0
tap_is "and the reason is said" "$(packets_of checksum)" "$SENT"

tap_try "through both, TCP" from_workload tcp 443 100000 "$HOST4" "$HOST6"
tap_is "what the gateway itself sends is judged" "$(lab_frames 2 udp4 "$german4" "$german6")" 0

# --- log, monitor mode, faults ---

lab_start "$guarded" "$gabelou" agent --log "$lab_folder/log" 2>"$lab_folder/agent"
agent=$!
lab_reads "$agent"
through 1 udp6 "$german4" "$german6" >/dev/null
lab_await 20 grep -q "$german6" "$lab_folder/log"
tap_is "the log says where it came in" \
	"$(jq -c "select(.destination.ip == \"$german6\") |
		[.network.direction, .observer.ingress.interface.name]" "$lab_folder/log")" \
	'["outbound","inside0"]'
lab_stop "$agent"

tap_try "apply in monitor mode" lab_gabelou apply "$lab_folder/monitor.yaml"
before=$(packets_of soil)
tap_is "lets pass" "$(through "$SENT" udp4 "$german4" "$german6")" "$SENT"
tap_is "and counts" $(($(packets_of soil) - before)) "$SENT"
tap_matches "a glob that matches nothing is a warning" \
	"$(lab_gabelou apply "$lab_folder/missing.yaml" 2>&1)" '"tap\*" matches no interface here'
lab_gabelou apply --strict "$lab_folder/missing.yaml" >/dev/null 2>&1
tap_is "and with --strict an error: exit" $? 1

tap_try "detach" lab_gabelou detach
tap_is "after detach it arrives again" "$(through "$SENT" udp4 "$german4" "$german6")" "$SENT"
tap_is "and XDP is off" "$(lab_in "$guarded" ip link show inside0 | grep -c xdp)" 0
tap_end
