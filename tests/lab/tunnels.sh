#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: tunnels pass only to endpoints that the policy names, and then only with an approved
# destination inside; what cannot be read in them is refused. Translators (NAT64) are judged by the
# IPv4 address inside. Control traffic that the policy names passes in its narrow shape. A real
# VXLAN tunnel with all its offloads works, and closes for a denied destination.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/tap.sh

tap_needs_lab tunnels
lab_begin || exit 1
lab_data

SENT=3
# The endpoints are on soil that the policies deny.
END4=5.1.5.70 END6=2a00:5:5::70
INNER=5.1.1.7 INNER_DENIED=5.1.5.7 # at the far end of the real tunnel

# NAME [LINE...]
tunnel_policy() {
	lab_policy "$1" "- soil: [FR]" "${@:2}" >"$lab_folder/$1.yaml"
}
KINDS="ipip, 6in4, gre, vxlan, geneve"
tunnel_policy unnamed
tunnel_policy named "tunnels: [{to: [$END4, \"$END6\"], protocol: [$KINDS], why: test}]"
tunnel_policy some "tunnels: [{to: [5.1.5.0/24], protocol: [vxlan]}]"
tunnel_policy port "tunnels: [{to: [$END4], protocol: [vxlan], port: 4790}]"
tunnel_policy refused "tunnels: [{to: [$END4], protocol: [$KINDS]}]" "deny: [{to: [$END4]}]"
tunnel_policy translated "nat64: [\"2a00:9:64::/96\", \"2a00:9:40::/48\"]"
tunnel_policy control
sed -i 's/^control:.*/control: [default, vrrp, ospf, bfd, azure]/' "$lab_folder/control.yaml"
echo '168.63.129.0,168.63.129.255,US' >>"$lab_folder/soil.csv"
echo '168.63.129.0,168.63.129.255,64497,German' >>"$lab_folder/asn.csv"

# COUNT FORM DESTINATION4 DESTINATION6 INSIDE4 INSIDE6: how many arrived.
send() {
	local cookie
	lab_new_cookie
	lab_arrivals -c "$cookie" -- "$lab_tools/frames" -i "$uplink" -m "$wire_mac" -c "$cookie" \
		-s "$source4" -S "$source6" -d "$3" -D "$4" -o "$5" -O "$6" -n "$1" "$2"
}

# REASON: packets so far.
packets_of() {
	lab_gabelou status --json |
		jq --arg reason "$1" '[.reasons[] | select(.reason == $reason) | .packets] | add // 0'
}

faults=
# FORM REASON END4 END6 INSIDE4 INSIDE6: adds to the faults what is not as it should be.
expect() {
	local before arrived rise expected=0
	before=$(packets_of "$2")
	arrived=$(send "$SENT" "$1" "${@:3}")
	rise=$(($(packets_of "$2") - before))
	case $2 in rule-allow | control | local) expected=$SENT ;; esac
	[ "$arrived" -eq "$expected" ] && [ "$rise" -ge "$SENT" ] && [ "$rise" -le $((SENT + 3)) ] ||
		faults+="$1: $arrived arrived, expected $expected; $2 rose by $rise"$'\n'
}

# DESCRIPTION: says the faults.
no_fault() {
	tap_is "$1" "$faults" ""
	faults=
}

"$lab_tools/frames" -t >"$lab_folder/forms"
"$lab_tools/frames" -a >"$lab_folder/named"
while read -r form _ _; do
	arrived=$(send "$SENT" "$form" "$END4" "$END6" "$french4" "$french6")
	[ "$arrived" -eq "$SENT" ] || faults+="$form: $arrived"$'\n'
done < <(cat "$lab_folder/forms" "$lab_folder/named")
no_fault "without a guard, every form arrives"

# --- nobody is named ---

tap_try "apply" lab_gabelou apply "$lab_folder/unnamed.yaml"
while read -r form _ _; do
	case $form in
	# no tunnel by shape: what UDP is
	in-no-vxlan | in-vxlan-group | in-geneve-control)
		expect "$form" soil "$END4" "$END6" "$french4" "$french6" ;;
	*) expect "$form" tunnel "$END4" "$END6" "$french4" "$french6"
		expect "$form" tunnel "$french4" "$french6" "$french4" "$french6" ;;
	esac
done <"$lab_folder/forms"
no_fault "no endpoint named: no tunnel arrives, wherever it goes"
for form in vrrp vrrp6 ospf ospf6 ospf-neighbour; do
	expect "$form" ip-protocol "$END4" "$END6" 0.0.0.0 ::
done
no_fault "no control traffic named: VRRP and OSPF do not arrive"

# --- named endpoints ---

tap_try "apply with named endpoints" lab_gabelou apply "$lab_folder/named.yaml"
while read -r form _ reason; do
	expect "$form" "$reason" "$END4" "$END6" "$french4" "$french6"
done <"$lab_folder/forms"
no_fault "named, with an approved destination inside"
while read -r form _ reason; do
	[ "$reason" != rule-allow ] || reason=soil
	expect "$form" "$reason" "$END4" "$END6" "$german4" "$german6"
done <"$lab_folder/forms"
no_fault "named, with a denied destination inside"
while read -r form _ reason; do
	[ "$reason" = rule-allow ] || continue
	expect "$form" tunnel 5.1.5.71 2a00:5:5::71 "$french4" "$french6"
done <"$lab_folder/forms"
no_fault "its neighbours are not named"
expect udp4 soil "$END4" "$END6" 0.0.0.0 ::
expect tcp6 soil "$END4" "$END6" 0.0.0.0 ::
no_fault "what is no tunnel is judged as always"

tap_try "apply with one kind" lab_gabelou apply "$lab_folder/some.yaml"
expect in-vxlan rule-allow "$END4" "$END6" "$french4" "$french6"
expect in-vxlan soil "$END4" "$END6" "$german4" "$german6"
for form in in-ipip in-6in4 in-gre4 in-geneve in-vxlan6; do
	expect "$form" tunnel "$END4" "$END6" "$french4" "$french6"
done
no_fault "other kinds to it are denied"
tap_try "apply with another port" lab_gabelou apply "$lab_folder/port.yaml"
expect in-vxlan tunnel "$END4" "$END6" "$french4" "$french6"
no_fault "a port of its own takes the place of the usual one"
tap_try "apply with a deny rule" lab_gabelou apply "$lab_folder/refused.yaml"
for form in in-ipip in-6in4 in-gre4 in-vxlan in-geneve; do
	expect "$form" rule-deny "$END4" "$END6" "$french4" "$french6"
done
no_fault "a deny rule that names the endpoint beats tunnels:"

# --- explain and the log ---

tap_try "apply" lab_gabelou apply "$lab_folder/named.yaml"
tap_matches "explain names an endpoint" "$(lab_gabelou explain "$END4" | tr -s ' \n' ' ')" \
	'endpoint of tunnels \(ipip, 6in4, gre, vxlan, geneve\)'
lab_start "$guarded" "$gabelou" agent --log "$lab_folder/log" 2>"$lab_folder/agent"
agent=$!
lab_reads "$agent"
send 1 in-vxlan "$END4" "$END6" "$german4" "$german6" >/dev/null
lab_await 20 grep -q "$german4" "$lab_folder/log"
tap_is "the log says where it would have gone" \
	"$(jq -s "any(.destination.ip == \"$german4\" and .destination.port == 53)" "$lab_folder/log")" true
lab_stop "$agent"

# --- NAT64 ---

tap_try "apply with NAT64 prefixes" lab_gabelou apply "$lab_folder/translated.yaml"
expect udp6 rule-allow "$french4" 2a00:9:64::5.1.1.9 0.0.0.0 ::
expect udp6 soil "$french4" 2a00:9:64::5.1.5.9 0.0.0.0 ::
expect tcp6 rule-allow "$french4" 2a00:9:40:501:1:900:: 0.0.0.0 ::
expect tcp6 soil "$french4" 2a00:9:40:501:5:900:: 0.0.0.0 ::
expect udp6 special "$french4" 2a00:9:64::10.0.0.1 0.0.0.0 ::
no_fault "NAT64 is judged by the IPv4 address inside"
tap_matches "explain says so" "$(lab_gabelou explain 2a00:9:64::5.1.1.9)" \
	'holds the IPv4 address 5\.1\.1\.9'

# --- control traffic by name ---

tap_try "apply with control traffic" lab_gabelou apply "$lab_folder/control.yaml"
lab_in "$guarded" ip route add 5.1.5.9/32 dev "$uplink"
lab_in "$guarded" ip -6 route add 2a00:5:5::9/128 dev "$uplink"
lab_sysctl "$guarded" "ipv4/conf/$uplink/forwarding" 1 # the kernel tells routers alone
lab_sysctl "$guarded" "ipv6/conf/$uplink/forwarding" 1
while read -r form _ reason; do
	case $form in azure*) to=168.63.129.16 ;; *) to=$german4 ;; esac
	expect "$form" "$reason" "$to" "$german6" 0.0.0.0 ::
done <"$lab_folder/named"
no_fault "each of $(wc -l <"$lab_folder/named") forms of named control traffic"
lab_sysctl "$guarded" "ipv4/conf/$uplink/forwarding" 0
lab_sysctl "$guarded" "ipv6/conf/$uplink/forwarding" 0
lab_in "$guarded" ip route del 5.1.5.9/32 dev "$uplink"
lab_in "$guarded" ip -6 route del 2a00:5:5::9/128 dev "$uplink"
expect bfd soil "$german4" "$german6" 0.0.0.0 ::
expect bfd6 soil "$german4" "$german6" 0.0.0.0 ::
expect azure-dns rule-allow "$french4" "$french6" 0.0.0.0 ::
expect azure-dns soil "$german4" "$german6" 0.0.0.0 ::
no_fault "BFD behind a router, and Azure's ports elsewhere, are judged by the destination"

# --- a real one ---

# NAMESPACE LOCAL REMOTE ADDRESS
vxlan_end() {
	lab_in "$1" ip link add vxlan0 type vxlan id 7 dstport 4789 local "$2" remote "$3" noudpcsum &&
		lab_address "$1" vxlan0 "$4" && lab_in "$1" ip link set vxlan0 up mtu 1450
}
lab_host "$END4"
if vxlan_end "$guarded" "$source4" "$END4" 5.1.1.1/24 &&
	vxlan_end "$far" "$END4" "$source4" $INNER/24; then
	lab_listen 443 || exit 1
	lab_in "$guarded" ip route add 5.1.5.7/32 dev vxlan0
	lab_address "$far" vxlan0 $INNER_DENIED/32
	tap_try "without naming it" lab_gabelou apply "$lab_folder/unnamed.yaml"
	lab_in "$guarded" "$lab_tools/sockets" tcp 443 16 $INNER >/dev/null 2>&1
	tap_is "no VXLAN passes" $? 1
	sed 's/^control:/interfaces: {guard: [uplink0]}\n&/' "$lab_folder/named.yaml" \
		>"$lab_folder/uplink.yaml"
	tap_try "apply" lab_gabelou apply "$lab_folder/uplink.yaml"
	# (the neighbour was asked for in vain until now, and is asked again in its time)
	lab_await 50 lab_in "$guarded" "$lab_tools/sockets" icmp 16 $INNER
	tap_try "TCP through VXLAN" \
		lab_in "$guarded" "$lab_tools/sockets" tcp 443 400000 $INNER
	tap_try "a large ping through VXLAN" lab_in "$guarded" "$lab_tools/sockets" icmp 4000 $INNER
	before=$(packets_of soil)
	lab_in "$guarded" "$lab_tools/sockets" tcp 443 16 $INNER_DENIED >/dev/null 2>&1
	tap_is "none to a denied destination in it" $? 1
	tap_is "and the reason is said" $(($(packets_of soil) > before)) 1
	tap_is "nothing else was refused" $(($(packets_of tunnel) + $(packets_of checksum) + \
		$(packets_of ip-length) + $(packets_of truncated))) 0
else
	tap_skip "VXLAN" "this kernel has no such devices"
fi

tap_try "detach" lab_gabelou detach
tap_end
