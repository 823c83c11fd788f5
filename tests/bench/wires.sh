# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by the benches that forward packets: a source, a forwarding host and a sink, each in a
# namespace of its own, with no way out of any.
#
#   source: source0 10.78.0.1 fd78::1 --- inside0 10.78.0.2 fd78::2 :host:
#   host: outside0 10.79.0.1 fd79::1 --- sink0 10.79.0.2 fd79::2 :sink; default routes there
#
# Neighbours are static, so that nobody asks for anybody. What guards the host is one of the
# contenders, which all get the same list of allowed prefixes.

# shellcheck source=scripts/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lab.sh"

source=gabelou-$$-source
host=gabelou-$$-host
sink=gabelou-$$-sink

wires_begin() {
	trap lab_end EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	lab_folder=$(mktemp -d "${TMPDIR:-/tmp}/gabelou-bench.XXXXXX")
}

# NAMESPACE INTERFACE ADDRESS4 ADDRESS6
wires_end_of() {
	lab_sysctl "$1" "ipv4/conf/$2/rp_filter" 0
	lab_end_of "$1" "$2" "$3/24" "$4/64"
}

wires_up() {
	local mac=02:00:00:00:79:02
	lab_namespace "$source" && lab_namespace "$host" && lab_namespace "$sink" || return
	lab_in "$host" ip link add inside0 type veth peer name source0 netns "$source"
	lab_in "$host" ip link add outside0 type veth peer name sink0 address "$mac" netns "$sink"
	wires_end_of "$source" source0 10.78.0.1 fd78::1
	wires_end_of "$host" inside0 10.78.0.2 fd78::2
	wires_end_of "$host" outside0 10.79.0.1 fd79::1
	wires_end_of "$sink" sink0 10.79.0.2 fd79::2
	lab_sysctl "$host" ipv4/conf/all/rp_filter 0
	lab_sysctl "$host" ipv4/conf/all/forwarding 1
	lab_sysctl "$host" ipv6/conf/all/forwarding 1
	lab_in "$host" ip neighbour add 10.79.0.2 lladdr "$mac" dev outside0 nud permanent
	lab_in "$host" ip neighbour add fd79::2 lladdr "$mac" dev outside0 nud permanent
	lab_in "$host" ip route add default via 10.79.0.2
	lab_in "$host" ip -6 route add default via fd79::2
}

# New namespaces for each contender: a table of netfilter that was once used leaves its hooks.
wires_down() {
	local namespace
	for namespace in "$host" "$source" "$sink"; do
		[ "$namespace" != "$host" ] || lab_forget "$namespace"
		ip netns del "$namespace"
	done
	lab_namespaces=()
	sleep 0.2 # the kernel takes them apart behind our back
}

# NAME FILE: a named set of nftables with the prefixes of a file.
wires_nft_set() {
	local type=ipv4_addr
	[ "$1" = allowed4 ] || type=ipv6_addr
	printf 'set %s {\ntype %s\nflags interval\nelements = {\n' "$1" "$type"
	paste -sd, "$2" | sed 's/,/,\n/g'
	printf '}\n}\n'
}

# LISTS: as an operator would write it: what is on the list passes, the rest is dropped.
wires_nft_forward() {
	echo 'table inet bench {'
	wires_nft_set allowed4 "$1/allowed.v4"
	wires_nft_set allowed6 "$1/allowed.v6"
	echo 'chain forward {'
	echo 'type filter hook forward priority filter; policy drop;'
	echo 'ip daddr @allowed4 accept'
	echo 'ip6 daddr @allowed6 accept'
	echo '}'
	echo '}'
}

# LISTS: the same at the place where gabelou's guard stands.
wires_nft_egress() {
	echo 'table netdev bench {'
	wires_nft_set allowed4 "$1/allowed.v4"
	wires_nft_set allowed6 "$1/allowed.v6"
	echo 'chain egress {'
	echo 'type filter hook egress device outside0 priority filter; policy accept;'
	echo 'ip daddr != @allowed4 drop'
	echo 'ip6 daddr != @allowed6 drop'
	echo '}'
	echo '}'
}

# LISTS: the input of ipset restore.
wires_ipset() {
	echo 'create allowed4 hash:net family inet hashsize 32768 maxelem 1048576'
	sed 's/^/add allowed4 /' "$1/allowed.v4"
	echo 'create allowed6 hash:net family inet6 hashsize 32768 maxelem 1048576'
	sed 's/^/add allowed6 /' "$1/allowed.v6"
}

wires_iptables() {
	local command
	for command in iptables-legacy:allowed4 ip6tables-legacy:allowed6; do
		lab_in "$host" "${command%:*}" -P FORWARD DROP
		lab_in "$host" "${command%:*}" -A FORWARD -m set --match-set "${command#*:}" dst -j ACCEPT
	done
}

# POLICY GUARD INSIDE: the policy for these links.
wires_policy() {
	cat "$1"
	printf 'interfaces:\n  guard: [%s]\n  inside: [%s]\n' "$2" "$3"
}

# Writes what each contender reads. LISTS POLICY
wires_files() {
	wires_nft_forward "$1" >"$lab_folder/forward.nft"
	wires_nft_egress "$1" >"$lab_folder/egress.nft"
	wires_ipset "$1" >"$lab_folder/ipset"
	wires_policy "$2" outside0 "" >"$lab_folder/policy.yaml"
	wires_policy "$2" spare0 inside0 >"$lab_folder/gateway.yaml"
	wires_policy "$2" outside0 inside0 >"$lab_folder/router.yaml"
}

# CONTENDER: guards the host's outside link. What is not named here needs nothing.
wires_guard() {
	wires_guard_by "$1" 2>"$lab_folder/log" || {
		cat "$lab_folder/log" >&2
		return 1
	}
}

wires_guard_by() {
	case $1 in
	gabelou) lab_in "$host" "$gabelou" apply "$lab_folder/policy.yaml" >/dev/null ;;
	gabelou-gateway)
		# alone: its guard stands at a link that sees no packet
		lab_in "$host" ip link add spare0 type veth peer name spare1 &&
			lab_in "$host" "$gabelou" apply "$lab_folder/gateway.yaml" >/dev/null
		;;
	gabelou-router) lab_in "$host" "$gabelou" apply "$lab_folder/router.yaml" >/dev/null ;;
	nftables) lab_in "$host" nft -f "$lab_folder/forward.nft" ;;
	nftables-egress) lab_in "$host" nft -f "$lab_folder/egress.nft" ;;
	ipset) lab_in "$host" ipset restore -file "$lab_folder/ipset" && wires_iptables ;;
	esac
}
