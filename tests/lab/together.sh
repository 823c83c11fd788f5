#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: every feature of the policy in one: the kernel takes the programs (512 bytes of stack, a million
# instructions to verify), on every hook, and each feature still does what it does alone.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/tap.sh

root=$(lab_cgroup_root)
tap_needs_lab together "$([ -n "$root" ] || echo "needs cgroup2")"
slice=$root/gabelou-together-$$.slice
lab_begin || exit 1
lab_cgroup "$slice" "$slice/tenant.service" || exit 1
lab_data

excepted=5.1.5.77 lifeline=198.51.100.7 office=5.1.5.200
lab_host "$french4" "$german4" "$excepted" "$lifeline" "$office"
lab_listen 443 || exit 1
lab_in "$guarded" ip link add inside0 type veth peer name inside1
lab_in "$guarded" ip link set inside0 up
lab_listen 8443 "$guarded" || exit 1
lab_in "$far" ip route replace "$source4" dev "$wire" src "$german4"

{
	lab_policy together "- soil: [FR]" | sed \
		-e 's/^control: .*/control: [default, vrrp, ospf, bfd, azure]/' \
		-e "s|^local: .*|local: [{net: $office/32, interface: \"uplink*\", why: the office}, {net: 10.0.0.0/8, why: ours}]|"
	cat <<-END
		on-deny: reject
		interfaces: {inside: ["inside*"]}
		sockets: $slice
		deny: [{asn: [64499]}]
		except: [{to: [$excepted], port: [443/tcp], until: 2099-01-31, why: CHG-1}]
		lifeline: [$lifeline/32]
		replies: [{on: 8443/tcp, why: web}, {on: 53/udp, why: dns}, {on: 8/icmp, why: ping}]
		tunnels: [{to: [5.1.1.40], protocol: [ipip, 6in4, gre, vxlan, geneve], why: peer}]
		nat64: ["2a01:64::/32"]
		scopes:
		  - {name: tenant, from: {cgroup: $slice/tenant.service}, allow: [{soil: [DE]}]}
		  - {name: wire, from: {interface: "inside1"}, allow: [{soil: [FR, DE]}]}
		  - {name: net, from: {prefix: [10.99.0.0/16, "fd99::/16"]}, allow: [{soil: [DE]}]}
	END
} >"$lab_folder/all.yaml"

tcp() {
	lab_in "$guarded" "$lab_tools/sockets" tcp 443 100 "$@" 2>/dev/null | tr '\n' ' '
}
tenant() {
	lab_in_cgroup "$guarded" "$slice/tenant.service" "$lab_tools/sockets" tcp 443 100 "$@" 2>/dev/null | tr '\n' ' '
}

for without in "" tcx; do
	kernel=${without:+ without $without}
	tap_try "the kernel takes it all$kernel" env GABELOU_WITHOUT="$without" \
		nsenter --net="/run/netns/$guarded" -- "$gabelou" apply "$lab_folder/all.yaml"
	tap_is "uplink and port are guarded$kernel" "$(lab_gabelou status --json | jq -r \
		'[.interfaces[] | select(.hook != null) | .name] | unique | join(" ")')" "inside0 inside1 uplink0"
	tap_is "soil$kernel" "$(tcp "$french4" "$german4")" "$french4 yes $german4 no "
	tap_is "an exception by port$kernel" "$(tcp "$excepted")" "$excepted yes "
	tap_is "the lifeline$kernel" "$(tcp "$lifeline")" "$lifeline yes "
	tap_is "a local network$kernel" "$(tcp "$office")" "$office yes "
	tap_is "a scope by cgroup$kernel" "$(tenant "$german4")" "$german4 yes "
	tap_is "and what it does not allow$kernel" "$(tenant "$french4")" "$french4 no "
	tap_is "answers$kernel" \
		"$(lab_in "$far" "$lab_tools/sockets" tcp 8443 5000 "$source4")" "$source4 yes"
	tap_is "a named tunnel$kernel" "$(lab_frames 2 udp4 5.1.1.40 "$french6")" 2
done
tap_is "whoever was refused was told" \
	$(($(lab_gabelou status --json | jq .rejections.sent) >= 2)) 1

tap_end
