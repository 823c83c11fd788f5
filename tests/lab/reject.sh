#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: under `on-deny: reject` whoever sent what is denied is told at once, and nothing leaves: a
# process of this host, a sender behind it, routed or translated (NAT), and a workload at a gateway's
# port; at TCX and clsact, with and without a link header, under strict reverse path filtering. Under
# `on-deny: drop` none of them hears anything. A flood is answered up to the limit.
#
#   client: out0 10.88.0.2, fd88::2 --- inside0 10.88.0.1, fd88::1 :guarded: uplink0 --- far
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/tap.sh

tap_needs_lab reject
lab_begin || exit 1
lab_data

HOST4=5.1.1.7 HOST6=2a00:5:1::7
# What the kernel makes of each answer: tcp4 tcp6, and UDP's next call of a connected socket.
TOLD="ECONNREFUSED ECONNREFUSED EHOSTUNREACH EACCES"
UNTOLD="unanswered unanswered unanswered unanswered"
client=gabelou-$$-client
lab_namespace "$client" || exit 1

# [OPTION...]: the wire to the client, whose end has these options. In its place, if there is one.
inside_wire() {
	lab_in "$client" ip link del out0 2>/dev/null
	lab_in "$client" ip link add out0 "$@" type veth peer name inside0 netns "$guarded" || return
	lab_end_of "$client" out0 10.88.0.2/24 fd88::2/64
	lab_end_of "$guarded" inside0 10.88.0.1/24 fd88::1/64
	lab_in "$client" ip route replace default via 10.88.0.1
	lab_in "$client" ip -6 route replace default via fd88::1
}
inside_wire || exit 1
lab_sysctl "$guarded" ipv4/conf/all/forwarding 1
lab_sysctl "$guarded" ipv6/conf/all/forwarding 1
lab_in "$far" ip route add 10.88.0.0/24 via "$source4"
lab_in "$far" ip -6 route add fd88::/64 via "$source6"
lab_host "$HOST4" "$HOST6" "$german4" "$german6"
lab_listen 443 || exit 1
lab_in "$guarded" ip link add spare0 type veth peer name spare1

# NAME ON-DENY GUARDS INSIDE
reject_policy() {
	lab_policy "$1" "- soil: [FR]" "on-deny: $2" "interfaces:" "  guard: [$3]" \
		"  inside: [$4]" >"$lab_folder/$1.yaml"
}
reject_policy reject reject uplink0 ""
reject_policy drop drop uplink0 ""
reject_policy gateway reject spare0 inside0
reject_policy gateway-drop drop spare0 inside0
reject_policy tun reject tun0 ""
lab_policy open "- soil: [FR, DE]" "interfaces: {guard: [uplink0]}" >"$lab_folder/open.yaml"

# NAMESPACE: what denied TCP and UDP come to, over IPv4 and IPv6.
told() {
	local how address all=
	for how in tcp told; do
		for address in "$german4" "$german6"; do
			all+=" $(lab_in "$1" "$lab_tools/attempt" "$how" "$address" 443)"
		done
	done
	echo "${all# }"
}

# NAMESPACE: and how many packets of that arrived.
arrived() {
	local address sum=0
	for address in "$german4" "$german6"; do
		sum=$((sum + $(lab_in "$far" "$lab_tools/arrivals" -i "$wire" -d "$address" -- \
			nsenter --net="/run/netns/$1" -- "$lab_tools/attempt" tcp "$address" 443)))
	done
	echo $sum
}

answers() {
	lab_gabelou status --json | jq -r "[.on_deny, .rejections.$1] | join(\" \")"
}

honest() {
	echo "$(lab_in "$1" "$lab_tools/attempt" tcp "$HOST4" 443)" \
		"$(lab_in "$1" "$lab_tools/attempt" tcp "$HOST6" 443)"
}

# --- the guard ---

tap_try "apply, dropping" lab_gabelou apply "$lab_folder/drop.yaml"
tap_is "dropped: a process of this host waits" "$(told "$guarded")" "$UNTOLD"
tap_is "dropped: status says so" "$(answers sent)" "drop 0"
tap_try "apply, rejecting" lab_gabelou apply "$lab_folder/reject.yaml"
tap_is "rejected: a process of this host is told" "$(told "$guarded")" "$TOLD"
tap_is "rejected: nothing left" "$(arrived "$guarded" 2>/dev/null)" 0
tap_is "rejected: what is approved answers" "$(honest "$guarded")" "ok ok"
tap_is "rejected: status counts them" "$(answers sent)" "reject 6"
tap_is "no answer failed" "$(answers failed)" "reject 0"

# --- what it passes on its way to the sender ---

for conf in all uplink0; do lab_sysctl "$guarded" "ipv4/conf/$conf/rp_filter" 1; done
tap_is "strict reverse path filtering lets it in" "$(told "$guarded")" "$TOLD"
tap_is "a client behind this router is told" "$(told "$client")" "$TOLD"
tap_is "nothing of the client's left" "$(arrived "$client" 2>/dev/null)" 0
# The kernel fills in the checksums on this link, where it had left them to the link.
lab_in "$guarded" "$lab_tools/offload" off inside0
tap_is "with checksums that are filled in later" "$(told "$client")" "$TOLD"
lab_in "$guarded" "$lab_tools/offload" on inside0
if lab_in "$guarded" nft -f - 2>/dev/null <<-END
	table inet nat {
		chain post { type nat hook postrouting priority 100; oif uplink0 masquerade; }
		chain in { type filter hook forward priority 0; policy drop;
			ct state established,related accept; iif inside0 accept; }
	}
END
then
	tap_is "a client behind address translation is told" "$(told "$client")" "$TOLD"
	lab_in "$guarded" nft delete table inet nat
else
	tap_skip "a client behind address translation is told" "no nftables"
fi
tap_is "a client's connections work" "$(honest "$client")" "ok ok"

# --- connections that stand ---

# In the guarded namespace: connects, waits for the policy, and sends more than fits any buffer.
cat >"$lab_folder/stand" <<-'END'
	exec 3<>"/dev/tcp/$1/443" || exit 99
	touch "$2"
	while [ -e "$2" ]; do sleep 0.05; done
	timeout 2 head -c 30000000 /dev/zero >&3
END
# ADDRESS: how that ended: told, or hung.
stands() {
	local pid
	lab_gabelou apply "$lab_folder/open.yaml" >/dev/null
	lab_in "$guarded" bash "$lab_folder/stand" "$1" "$lab_folder/stood" 2>/dev/null &
	pid=$!
	lab_await 50 test -e "$lab_folder/stood"
	lab_gabelou apply "$lab_folder/$2.yaml" >/dev/null
	rm -f "$lab_folder/stood"
	wait "$pid"
	case $? in 124) echo hung ;; 0 | 99) echo "sent" ;; *) echo told ;; esac
}
tap_is "a connection that stood is reset" "$(stands "$german4" reject)" told
tap_is "over IPv6, too" "$(stands "$german6" reject)" told
tap_is "a drop leaves it hanging" "$(stands "$german4" drop)" hung

# --- other hooks, other links ---

tap_try "apply to clsact" env GABELOU_WITHOUT=tcx nsenter --net="/run/netns/$guarded" -- \
	"$gabelou" apply "$lab_folder/reject.yaml"
tap_is "at clsact a process is told" "$(told "$guarded")" "$TOLD"
tap_is "at clsact a client is told" "$(told "$client")" "$TOLD"
lab_gabelou detach >/dev/null

# Addresses that nobody spoke with before: an earlier connection may still be ending.
beyond4=5.1.5.201 beyond6=2a00:5:5::201
cat >"$lab_folder/tun" <<-END
	echo 0 >/proc/sys/net/ipv6/conf/tun0/router_solicitations
	ip address add 10.99.0.1/24 dev tun0
	ip address add fd99::1/64 dev tun0 nodad
	ip link set tun0 up
	ip route add 5.1.5.0/24 dev tun0
	ip -6 route add 2a00:5:5::/48 dev tun0
	"$gabelou" apply "$lab_folder/tun.yaml" >/dev/null
	for how in tcp told; do
		for to in $beyond4 $beyond6; do "$lab_tools/attempt" \$how \$to 443; done
	done >"$lab_folder/told"
	"$gabelou" detach
END
if [ -c /dev/net/tun ]; then
	came_out=$(lab_in "$guarded" "$lab_tools/tun" tun0 bash "$lab_folder/tun" 2>/dev/null)
	tap_is "without a link header a process is told" "$(paste -sd' ' "$lab_folder/told")" "$TOLD"
	tap_is "and nothing came out" "$(grep -E "^($beyond4|$beyond6) " <<<"$came_out" | head -n 3)" ""
else
	tap_skip "without a link header" "no /dev/net/tun"
fi

# --- the gateway ---

# A veth takes what the other end sends by XDP if it has a program of XDP, too: one that lets all pass.
lab_policy spectator "- soil: [FR]" "mode: monitor" "interfaces: {guard: [out0], inside: [out0]}" \
	>"$lab_folder/spectator.yaml"
tap_try "the client's end takes frames of XDP" lab_in "$client" "$gabelou" apply \
	"$lab_folder/spectator.yaml"
tap_try "apply to a gateway, dropping" lab_gabelou apply "$lab_folder/gateway-drop.yaml"
tap_is "the gateway drops, and the client waits" "$(told "$client")" "$UNTOLD"
tap_try "apply to a gateway, rejecting" lab_gabelou apply "$lab_folder/gateway.yaml"
tap_is "the gateway tells the client" "$(told "$client")" "$TOLD"
tap_is "nothing came through" "$(arrived "$client" 2>/dev/null)" 0
tap_is "what is approved does" "$(honest "$client")" "ok ok"
lab_in "$client" "$gabelou" detach >/dev/null
inside_wire numtxqueues 4
said=$(lab_gabelou apply "$lab_folder/gateway.yaml" 2>&1)
tap_matches "in generic XDP" "$said" 'generic XDP'
tap_is "the gateway tells the client there" "$(told "$client")" "$TOLD"

# --- a flood ---

lab_gabelou detach >/dev/null
tap_try "apply" lab_gabelou apply "$lab_folder/reject.yaml"
flood() {
	timeout -s TERM 1 "$lab_tools/flood" "$uplink" "$wire_mac" "$1" "$source4" "$german4" \
		"$source6" "$german6" 0
}
lab_new_cookie
arrived=$(lab_in "$far" "$lab_tools/arrivals" -i "$wire" -c "$cookie" -- nsenter \
	--net="/run/netns/$guarded" -- bash -c "$(declare -f flood); lab_tools=$lab_tools \
	uplink=$uplink wire_mac=$wire_mac source4=$source4 source6=$source6 german4=$german4 \
	german6=$german6 flood $cookie" 2>"$lab_folder/flooded")
tap_is "of a flood nothing left" "$arrived" 0
status=$(lab_gabelou status --json)
tap_matches "it was answered to the limit, and counted" \
	"$(jq '.rejections | .sent > 10 and .sent < 3000 and .limited > .sent' <<<"$status")" true
echo "# $(jq -c .rejections <<<"$status")"
tap_is "beside it another place is answered" \
	"$(lab_in "$guarded" "$lab_tools/attempt" tcp 5.1.5.10 443)" ECONNREFUSED
tap_end
