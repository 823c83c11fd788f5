#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: an interface that appears lets nothing out before its guard is on it, with an agent and
# without; and every interface is judged in the right direction, and each packet counted once.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/tap.sh

tap_needs_lab interfaces
lab_begin || exit 1

BIRTHS=50
LEAST=250 # frames through each
french4=5.1.1.7 german4=5.1.5.7
french6=2a00:5:1::7 german6=2a00:5:5::7

cat >"$lab_folder/soil.csv" <<-END
	5.1.1.0,5.1.1.255,FR
	5.1.5.0,5.1.5.255,DE
	2a00:5:1::,2a00:5:1:ffff:ffff:ffff:ffff:ffff,FR
	2a00:5:5::,2a00:5:5:ffff:ffff:ffff:ffff:ffff,DE
END

# MODE [INTERFACES]
policy() {
	cat <<-END
		gabelou: 1
		name: interfaces
		mode: $1
		interfaces: {${2-}}
		data:
		  soil: [{file: soil.csv}]
		  max-age: {warn: 3649d, stale: 3650d}
		local: private
		allow:
		  - soil: [FR]
	END
}
policy enforce >"$lab_folder/enforce.yaml"
policy monitor >"$lab_folder/monitor.yaml"
policy enforce 'guard: ["uplink*"]' >"$lab_folder/prefix.yaml"
policy enforce 'guard: ["uplink?"]' >"$lab_folder/glob.yaml"
policy enforce 'roles: {"boxed*": uplink, "born*": guest}' >"$lab_folder/roles.yaml"

# HOW LEAST DESTINATION: births in the guarded namespace, gone again afterwards.
births() {
	local cookie
	lab_new_cookie
	lab_in "$guarded" "$lab_tools/births" "$1" "$BIRTHS" "$2" "/run/netns/$far" "$cookie" "$3"
	seq -f 'link del born%g' 0 $((BIRTHS - 1)) | lab_in "$far" ip -force -batch - 2>/dev/null
}

# DESCRIPTION DESTINATION none|all: how many of 10,000 frames and more get out.
flood() {
	local sent arrived
	read -r sent arrived <<<"$(births flood "$LEAST" "$2")"
	tap_is "$1: enough were sent" $((sent >= 10000)) 1
	if [ "$3" = none ]; then
		tap_is "$1: out of $sent frames through $BIRTHS births" "$arrived" 0
	else
		tap_is "$1: all arrive" "$arrived" "$sent"
	fi
}

role_of() {
	lab_gabelou status --json |
		jq -r --arg name "$1" '.interfaces[] | select(.name == $name) | "\(.role) \(.hook)"' |
		paste -sd,
}
is_role() {
	[ "$(role_of "$1")" = "$2" ]
}
packets_of() {
	lab_gabelou status --json |
		jq --arg reason "$1" '[.reasons[] | select(.reason == $reason) | .packets] | add // 0'
}
# nft of Debian 12 cannot list a chain for a prefix (it asks again for ever), but the set.
backstop() {
	lab_in "$guarded" timeout 60 nft -j list set netdev gabelou open 2>/dev/null
}
has_backstop() {
	[ "$(lab_gabelou status --json | jq .backstop)" = true ]
}
no_backstop() {
	! backstop >/dev/null
}
keeps() { # somebody
	lab_in "$guarded" nft add table netdev gabelou 2>/dev/null
	[ $? -eq 1 ]
}
open_is() {
	[ "$(backstop | jq -r '[.nftables[].set.elem // empty | .[]] | sort | join(" ")')" = "$1" ]
}

# --- births ---

flood "unguarded" "$german4" all

tap_matches "a kernel without the backstop is told of" \
	"$(GABELOU_WITHOUT=egress-of-all lab_gabelou apply "$lab_folder/enforce.yaml" 2>&1)" \
	'this kernel has no backstop'
tap_matches "by status, too" "$(lab_gabelou status)" 'no backstop: an interface that appears is open'
flood "there, until the next apply" "$german4" all

tap_try "apply" lab_gabelou apply "$lab_folder/enforce.yaml"
if ! lab_has egress-of-all || ! lab_has owned-tables; then
	tap_skip "the rest" "this kernel has no backstop (Linux 6.16)"
	tap_end
	exit
fi
tap_try "the backstop stands" has_backstop
tap_is "status says so" "$(lab_gabelou status --json | jq .backstop)" true
flood "without an agent" "$german4" none
flood "without an agent, what the policy allows" "$french4" none
lab_in "$guarded" ip link add late0 type veth peer name late1
tap_matches "status names a closed one" "$(lab_gabelou status)" \
	'late0 has no guard: the backstop lets nothing out there'
tap_try "the next apply" lab_gabelou apply "$lab_folder/enforce.yaml"
tap_is "guards it" "$(role_of late0)" "uplink tcx"
tap_try "and opens it" open_is "late0 late1 lo uplink0"
lab_in "$guarded" ip link del late0

# Like an apply that was killed between its guards and the backstop.
lab_in "$guarded" nft delete table netdev gabelou
lab_in "$guarded" ip link add late0 type veth peer name late1
tap_try "whoever comes next" lab_gabelou detach
tap_try "apply" lab_gabelou apply "$lab_folder/enforce.yaml"
lab_in "$guarded" ip link del late0

lab_start "$guarded" "$gabelou" agent --log "$lab_folder/log" 2>"$lab_folder/agent"
agent=$!
tap_try "the agent keeps the backstop" lab_await 50 keeps
flood "with an agent" "$german4" none
read -r seen median longest <<<"$(births first 30000 "$french4")"
tap_is "with an agent, allowed frames get through (median $median us, longest $longest us)" \
	"$seen" "$BIRTHS"
tap_try "those that are gone are not open any more" lab_await 50 open_is "lo uplink0"

lab_in "$guarded" nft flush ruleset 2>/dev/null
tap_try "flush ruleset leaves it" has_backstop
lab_in "$guarded" nft delete table netdev gabelou 2>/dev/null
tap_is "nobody else deletes it: exit" $? 1
tap_try "apply beside the agent" lab_gabelou apply "$lab_folder/prefix.yaml"
tap_try "the agent brings it to the new scope" lab_await 50 has_backstop
tap_try "monitor mode" lab_gabelou apply "$lab_folder/monitor.yaml"
tap_try "has none" lab_await 50 no_backstop
flood "in monitor mode" "$german4" all
tap_try "enforce again" lab_gabelou apply "$lab_folder/enforce.yaml"
tap_try "closes again" lab_await 50 has_backstop

# --- moved, renamed ---

lab_in "$far" ip link add moved0 type veth peer name moved1
lab_in "$far" ip link set moved0 netns "$guarded"
tap_try "what comes from another namespace is guarded" lab_await 20 is_role moved0 "uplink tcx"
lab_in "$guarded" ip link set moved0 name renamed0
tap_try "also by another name" lab_await 20 is_role renamed0 "uplink tcx"
tap_try "apply by role" lab_gabelou apply "$lab_folder/roles.yaml"
lab_in "$guarded" ip link set renamed0 name born0
tap_try "a name that the policy calls a guest's" lab_await 20 is_role born0 "guest null"
lab_in "$guarded" ip link set born0 name moved0
tap_try "and back" lab_await 20 is_role moved0 "uplink tcx"
lab_in "$far" ip link del moved1

# --- the agent ends, and detach ---

lab_stop "$agent" KILL
tap_try "a killed agent leaves the backstop" has_backstop
flood "after it" "$german4" none
tap_try "detach" lab_gabelou detach
tap_try "takes it off" no_backstop
lab_gabelou apply "$lab_folder/enforce.yaml" >/dev/null
lab_start "$guarded" "$gabelou" agent --log "$lab_folder/log" 2>>"$lab_folder/agent"
agent=$!
tap_try "an agent again" lab_await 50 keeps
tap_try "detach beside it" lab_gabelou detach
tap_try "the agent takes it off" lab_await 50 no_backstop
tap_try "apply" lab_gabelou apply "$lab_folder/enforce.yaml"
tap_try "and puts it back" lab_await 50 keeps

tap_matches "a glob that is no prefix is told of" \
	"$(lab_stop "$agent"; lab_gabelou apply "$lab_folder/glob.yaml" 2>&1)" \
	'"uplink\?" under interfaces.guard: the backstop knows names and prefixes'
agent=
tap_try "and there is none" no_backstop

tap_try "back to every interface" lab_gabelou apply "$lab_folder/enforce.yaml"
tap_try "the backstop stands again" has_backstop
sed 's/^interfaces:.*//' "$lab_folder/enforce.yaml" >"$lab_folder/off.yaml"
echo 'interfaces: {backstop: off}' >>"$lab_folder/off.yaml"
tap_is "a policy that leaves it out is no fault of the kernel" \
	"$(lab_gabelou apply "$lab_folder/off.yaml" 2>&1 | grep -c 'has no backstop')" 0
tap_try "and it is taken off" no_backstop
tap_matches "status says by whom" "$(lab_gabelou status)" 'the policy leaves it out'

# --- roles ---

# WIRE NAMESPACE: a veth, "eth0" in that namespace.
guest_wire() {
	lab_in "$2" ip link add eth0 up type veth peer name "$1" netns "/run/netns/$guarded"
	lab_in "$guarded" ip link set "$1" up
}
lab_in "$far" ip link add onward0 type veth peer name onward1 # the far end leads on
lab_in "$far" ip link set onward0 up
guest=gabelou-$$-guest box=gabelou-$$-box
lab_namespace "$guest" && lab_namespace "$box" || exit 1
lab_in "$guarded" ip link add bridge0 type bridge
guest_wire guest0 "$guest"
lab_in "$guarded" ip link set guest0 master bridge0
lab_in "$guarded" ip link set "$uplink" master bridge0
lab_in "$guarded" ip tuntap add vm0 mode tap vnet_hdr
lab_in "$guarded" ip tuntap add vpn0 mode tap
for tap in vm0 vpn0; do lab_in "$guarded" ip link set "$tap" master bridge0 up; done
lab_in "$guarded" ip link set bridge0 up
lab_in "$guarded" ip link add docker0 up type bridge
lab_in "$guarded" ip address add 172.17.0.1/16 dev docker0
guest_wire boxed0 "$box"
lab_in "$guarded" ip link set boxed0 master docker0
lab_in "$guarded" ip link add link bridge0 name macvlan0 up type macvlan mode private
lab_in "$guarded" ip address add 10.77.0.1/24 dev bridge0
lab_in "$guarded" ip link add vxlan0 up type vxlan id 7 remote 10.77.0.2 dstport 4789 dev bridge0
lab_in "$guarded" ip neigh replace 10.77.0.2 lladdr "$wire_mac" dev bridge0
lab_sysctl "$guarded" ipv6/conf/all/disable_ipv6 1
tap_try "apply" lab_gabelou apply "$lab_folder/enforce.yaml"
for expected in "$uplink uplink tcx" "bridge0 upper tcx" "guest0 guest null" "vm0 guest null" \
	"vpn0 uplink tcx" "docker0 guest null" "boxed0 guest null" "macvlan0 upper tcx" \
	"vxlan0 uplink tcx"; do
	tap_is "the role of ${expected%% *}" "$(role_of "${expected%% *}")" "${expected#* }"
done
for kind in bond "vlan id 5"; do
	# shellcheck disable=SC2086 # a kind and its options
	if lab_in "$guarded" ip link add link macvlan0 name upper0 type $kind 2>/dev/null; then
		lab_gabelou apply "$lab_folder/enforce.yaml" >/dev/null
		case $kind in
		bond) tap_is "a bond without ports" "$(role_of upper0)" "uplink tcx" ;;
		*) tap_is "a VLAN" "$(role_of upper0)" "upper tcx" ;;
		esac
		lab_in "$guarded" ip link del upper0
	else
		tap_skip "the role of a ${kind%% *}" "this kernel makes none"
	fi
done

SENT=100
# NAMESPACE INTERFACE FORM: how many of SENT frames arrived at the far end, once each.
send() {
	local cookie
	lab_new_cookie
	lab_in "$far" "$lab_tools/arrivals" -i "$wire" -c "$cookie" -- \
		nsenter --net="/run/netns/$1" -- "$lab_tools/frames" -i "$2" -m "$wire_mac" \
		-c "$cookie" -s "$source4" -S "$source6" -d "$3" -D "$french6" -n "$SENT" udp4
}
# DESCRIPTION NAMESPACE INTERFACE: allowed frames are counted once, denied ones too.
counts_once() {
	local before
	before=$(packets_of rule-allow)
	tap_is "$1: allowed frames arrive" "$(send "$2" "$3" "$french4")" "$SENT"
	tap_is "$1: counted once" $(($(packets_of rule-allow) - before)) "$SENT"
	before=$(packets_of soil)
	tap_is "$1: denied frames do not" "$(send "$2" "$3" "$german4")" 0
	tap_is "$1: counted once" $(($(packets_of soil) - before)) "$SENT"
}
counts_once "through the bridge" "$guarded" bridge0
counts_once "through a macvlan over it" "$guarded" macvlan0
counts_once "from a guest" "$guest" eth0

# Into the guest: neither judged nor counted.
into_box() {
	local cookie
	lab_new_cookie
	lab_in "$box" "$lab_tools/arrivals" -i eth0 -c "$cookie" -- \
		nsenter --net="/run/netns/$guarded" -- "$lab_tools/frames" -i docker0 \
		-m ff:ff:ff:ff:ff:ff -c "$cookie" -s "$source4" -S "$source6" -d "$german4" \
		-D "$german6" -n "$SENT" udp4
}
before=$(packets_of soil)
tap_is "into a guest" "$(into_box)" "$SENT"
tap_is "is not judged" $(($(packets_of soil) - before)) 0

# The inner packet is another one than the outer, and judged by itself.
before=$(packets_of soil)
tap_is "through a vxlan, what is denied" "$(send "$guarded" vxlan0 "$german4")" 0
tap_is "is counted" $(($(packets_of soil) - before)) "$SENT"

tap_try "monitor mode" lab_gabelou apply "$lab_folder/monitor.yaml"
before=$(packets_of soil)
tap_is "through the bridge in monitor mode" "$(send "$guarded" bridge0 "$german4")" "$SENT"
tap_is "is counted once" $(($(packets_of soil) - before)) "$SENT"

# --- what a role rests on changes ---

tap_try "apply" lab_gabelou apply "$lab_folder/enforce.yaml"
lab_start "$guarded" "$gabelou" agent --log "$lab_folder/log" 2>>"$lab_folder/agent"
agent=$!
tap_try "an agent" lab_await 50 keeps
lab_in "$guarded" ip route replace default via 172.17.0.9
tap_try "a router behind it makes a bridge an uplink" lab_await 50 is_role docker0 "uplink tcx"
lab_in "$guarded" ip route del default
tap_try "and without one" lab_await 50 is_role docker0 "guest null"
lab_in "$box" ip link add other0 type veth peer name other1
lab_in "$box" ip link set other0 up
tap_try "a guest with another interface is in doubt" lab_await 50 is_role boxed0 "uplink tcx"
lab_in "$box" ip link del other0
tap_try "and without it" lab_await 50 is_role boxed0 "guest null"
tap_try "the policy's own word" lab_gabelou apply "$lab_folder/roles.yaml"
tap_try "counts" lab_await 50 is_role boxed0 "uplink tcx"
lab_in "$guarded" ip link set "$uplink" nomaster
tap_try "a bridge that lost its uplink, in doubt" lab_await 50 is_role bridge0 "upper tcx"

# --- programs of others ---

lab_in "$guarded" tc qdisc add dev "$uplink" clsact
lab_in "$guarded" tc filter add dev "$uplink" egress bpf bytecode '1,6 0 0 0,'
tap_try "a filter of somebody else is in the log" lab_await 50 grep -q \
	'"message":"program appeared: [^"]* on uplink0, clsact"' "$lab_folder/log"
tap_is "and in status" "$(lab_gabelou status --json | jq -c '[.foreign[] | [.interface, .hook]]')" \
	'[["uplink0","clsact"]]'
tap_try "detach" lab_gabelou detach
tap_is "which leaves it there" \
	"$(lab_in "$guarded" tc filter show dev "$uplink" egress | grep -c bytecode)" 1
tap_end
