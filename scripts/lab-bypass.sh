# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by scripts/bypass: the ways to send a vector, and who may.
#
#   far --- uplink0 :guarded                     the attacker sits on the guarded machine itself
#   far --- uplink0 :guarded: inside0 --- work0 :workload      or behind it: it is a gateway
#
# Each "by_..." function sends one vector from the attacker and prints "ARRIVED of SENT".

SENT=3
ENDPOINT4=5.1.5.70 ENDPOINT6=2a00:5:5::70 # of tunnels; on soil that the policy denies
host4=5.1.1.7 host6=2a00:5:1::7           # answer at the far end
workload=gabelou-$$-workload
work_mac=02:00:00:00:00:11 inside_mac=02:00:00:00:00:12

bypass_names=()          # in their order; "# TITLE" for a section
declare -A bypass_who    # by name: nobody, net_raw, net_admin, root; "honest" must arrive
declare -A bypass_remedy # what helps where it is left
declare -A bypass_result # "PASS NAME": ARRIVED of SENT
bypass_pass=

bypass_begin() {
	cp "$lab_tools"/{frames,sockets,rings,offload,zerocopy,bypasses} "$lab_folder" || return
	chmod 755 "$lab_folder" "$lab_folder"/*
	lab_host "$host4" "$host6" "$german4" "$german6" # and not the endpoint: a closed port would be told
	"$lab_tools/frames" -l >"$lab_folder/forms"
	"$lab_tools/frames" -t >"$lab_folder/tunnels"
	bypass_policy guard "interfaces: {guard: [$uplink]}"
	bypass_policy gateway "interfaces: {guard: [$uplink], inside: [inside0]}"
	attacker=$guarded interface=$uplink next_mac=$wire_mac from4=$source4 from6=$source6
	lab_listen 443
}

# NAME LINE
bypass_policy() {
	lab_policy "$1" "- soil: [FR]" "$2" \
		"tunnels: [{to: [$ENDPOINT4, \"$ENDPOINT6\"], protocol: [ipip, 6in4, gre, vxlan, geneve]}]" \
		>"$lab_folder/$1.yaml"
}

guard_on() {
	lab_gabelou apply "$lab_folder/guard.yaml" >&2
}

guard_off() {
	lab_gabelou detach >/dev/null 2>&1
}

# The attacker moves behind the machine, which is a router.
router_on() {
	lab_namespace "$workload" || return
	lab_in "$workload" ip link add work0 address "$work_mac" type veth \
		peer name inside0 address "$inside_mac" netns "$guarded" || return
	lab_end_of "$workload" work0 10.88.0.2/24 fd88::2/64
	lab_end_of "$guarded" inside0 10.88.0.1/24 fd88::1/64
	local address
	for address in 10.88.0.2 fd88::2; do
		lab_in "$guarded" ip neigh replace "$address" lladdr "$work_mac" dev inside0 nud permanent
	done
	for address in 10.88.0.1 fd88::1; do
		lab_in "$workload" ip neigh replace "$address" lladdr "$inside_mac" dev work0 nud permanent
	done
	lab_in "$workload" ip route add default via 10.88.0.1
	lab_in "$workload" ip -6 route add default via fd88::1
	lab_sysctl "$guarded" ipv4/conf/all/forwarding 1
	lab_sysctl "$guarded" ipv6/conf/all/forwarding 1
	lab_in "$far" ip route add 10.88.0.0/24 via "$source4"
	lab_in "$far" ip -6 route add fd88::/64 via "$source6"
	attacker=$workload interface=work0 next_mac=$inside_mac from4=10.88.0.2 from6=fd88::2
}

gateway_on() {
	lab_gabelou apply "$lab_folder/gateway.yaml" >&2
}

# --- the list ---

# TITLE
section() {
	[ "$bypass_pass" != unguarded ] || bypass_names+=("# $1")
}

# NAME ATTACKER HOW...; with remedy=TEXT before it: it is known to be left.
vector() {
	local name=$1 who=$2 result
	shift 2
	if [ "$bypass_pass" = unguarded ]; then
		bypass_names+=("$name")
		bypass_who[$name]=$who
		bypass_remedy[$name]=${remedy-}
	fi
	result=$("$@" 2>>"$lab_folder/errors")
	bypass_result["$bypass_pass $name"]=${result:-?}
	echo "scripts/bypass: $bypass_pass: $name: ${result:-?}" >&2
}

# NAME HOW...: must arrive.
honest() {
	vector "$1" honest "${@:2}"
}

# PASS FUNCTION
measure() {
	bypass_pass=$1
	"$2"
}

family() {
	case $1 in *:*) echo IPv6 ;; *) echo IPv4 ;; esac
}

# --- who ---

# ATTACKER: the words before a command that take away what he has not.
without_privilege() {
	local capabilities=
	case $1 in
	root) return ;;
	net_raw | honest) capabilities=,+net_raw ;;
	net_admin) capabilities=,+net_raw,+net_admin,+bpf,+perfmon ;;
	esac
	echo "setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs
		--inh-caps=-all$capabilities --ambient-caps=-all$capabilities
		--bounding-set=-all$capabilities"
}

# FILTER... -- TOOL ARGUMENTS...: how many frames arrive at the far end while the attacker runs it.
arriving() {
	local filter=() arrived
	while [ "$1" != -- ]; do
		filter+=("$1")
		shift
	done
	shift
	# shellcheck disable=SC2046 # words
	arrived=$(lab_in "$far" "$lab_tools/arrivals" -i "${far_interface-$wire}" "${filter[@]}" -- \
		nsenter --net="/run/netns/$attacker" -- \
		$(without_privilege "${as-$who}") "$lab_folder/$1" "${@:2}")
	echo "${arrived:-0}"
}

# --- how ---

# PROTOCOL ADDRESS
by_socket() {
	local arrived
	arrived=$(arriving -d "${2#::ffff:}" -- sockets "$1" 443 16 "$2")
	echo "$((arrived > 0)) of 1"
}

by_ping() {
	local arrived
	arrived=$(arriving -d "$1" -- sockets icmp 56 "$1")
	echo "$((arrived > 0)) of 1"
}

by_fragments() {
	local arrived
	arrived=$(arriving -d "$1" -- sockets udp 443 4000 "$1")
	echo "$((arrived > 3 ? 3 : arrived)) of 3" # more, where the path's MTU is known to be less
}

by_segments() {
	local arrived
	arrived=$(arriving -d "$1" -- sockets segments 443 4000 "$1")
	echo "$((arrived > 0)) of 1"
}

by_segment_route() {
	local arrived
	arrived=$(arriving -d "$host6" -- sockets segment-route 443 "$host6")
	echo "$((arrived > 0)) of 1"
}

by_source_route() {
	local arrived
	arrived=$(arriving -d "$host4" -- sockets source-route 443 "$host4")
	echo "$((arrived > 0)) of 1"
}

# FORM DESTINATION4 DESTINATION6 INSIDE4 INSIDE6
by_frame_between() {
	local cookie
	lab_new_cookie
	echo "$(arriving -c "$cookie" -- frames -i "$interface" -m "$next_mac" -c "$cookie" \
		-s "$from4" -S "$from6" -d "$2" -D "$3" -o "$4" -O "$5" -n "$SENT" "$1") of $SENT"
}

# FORM approved|denied
by_frame() {
	case $2 in
	approved) by_frame_between "$1" "$french4" "$french6" "$german4" "$german6" ;;
	*) by_frame_between "$1" "$german4" "$german6" "$german4" "$german6" ;;
	esac
}

# FORM ADDRESS6
by_frame_to() {
	by_frame_between "$1" "$german4" "$2" "$german4" "$german6"
}

by_tunnel() {
	by_frame_between "$1" "$ENDPOINT4" "$ENDPOINT6" "$german4" "$german6"
}

# A queue that holds packets, where their sender rewrites them.
slowly() {
	lab_in "$attacker" tc qdisc add dev "$interface" root handle 1: \
		tbf rate 80kbit burst 200 limit 1000000
	"$@"
	lab_in "$attacker" tc qdisc del dev "$interface" root
}

by_flip() {
	lab_new_cookie
	echo "$(slowly arriving -d "$german4" -- rings flip "$interface" "$next_mac" "$cookie" \
		"$from4" "$french4" 20 "$german4") of 20"
}

by_zerocopy() {
	local pattern # the address and the ports behind it
	printf -v pattern '%02x%02x%02x%02x9c400035' ${german4//./ }
	echo "$(slowly arriving -c "$pattern" -- zerocopy "$ENDPOINT4" "$french4" "$german4" 20) of 20"
}

# HOW [ADDRESS]
by_rings() {
	local to=${2-$german4}
	lab_new_cookie
	if [ "$(arriving -c "$cookie" -- rings "$1" "$interface" "$next_mac" "$cookie" "$from4" "$to" \
		"$SENT")" -ge "$SENT" ]; then echo "$SENT of $SENT"; else echo "0 of $SENT"; fi
}

# Where the packet leaves, the kernel writes the checksum.
by_checksum() {
	lab_in "$guarded" "$lab_tools/offload" off "$uplink"
	echo "$(arriving -d "$german4" -- offload move "$interface" "$next_mac" "$from4" "$french4" \
		"$german4" "$SENT") of $SENT"
	lab_in "$guarded" "$lab_tools/offload" on "$uplink"
}

# qdisc|xdp
by_bypass() {
	lab_new_cookie
	echo "$(arriving -c "$cookie" -- bypasses "$1" "$interface" "$next_mac" "$cookie" "$from4" \
		"$german4" "$SENT") of $SENT"
}

# FIRST|LAST WORDS -- HOW...: with a TCX program of the attacker's on his interface.
with_program() {
	local program words=()
	while [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	shift
	# shellcheck disable=SC2046
	lab_start "$attacker" $(without_privilege "$who") "$lab_folder/bypasses" "${words[@]}" \
		>"$lab_folder/program"
	program=$!
	lab_await 20 grep -q ready "$lab_folder/program" || echo "$who: no TCX program" >&2
	as=net_raw "$@"
	lab_stop "$program"
}

by_first() {
	with_program first "$interface" -- by_frame udp4 denied
}

# Approved packets that become others behind the guard.
by_last() {
	with_program last "$interface" "$german4" -- by_rewritten
}

by_rewritten() {
	lab_new_cookie
	echo "$(arriving -d "$german4" -- frames -i "$interface" -m "$next_mac" -c "$cookie" \
		-s "$from4" -S "$from6" -d "$french4" -D "$french6" -n "$SENT" udp4) of $SENT"
}

# The guard may stand on an interface by the clsact queueing discipline, too.
by_clsact() {
	# shellcheck disable=SC2046
	lab_in "$attacker" $(without_privilege "$who") tc qdisc del dev "$interface" clsact 2>/dev/null
	as=net_raw by_frame udp4 denied
}

# The way out takes less than the sender's link; nobody but the router can tell him.
by_path_mtu() {
	local answer=0
	lab_in "$guarded" ip link set "$uplink" mtu 1300
	lab_in "$attacker" "$lab_tools/sockets" tcp 443 100000 "$1" >/dev/null && answer=1
	lab_in "$guarded" ip link set "$uplink" mtu 1500
	echo "$answer of 1"
}

by_new_interface() {
	if [ "$attacker" = "$guarded" ]; then
		lab_wire new0 02:00:00:00:00:21 far0 02:00:00:00:00:22
		interface=new0 next_mac=02:00:00:00:00:22 far_interface=far0 as=net_raw \
			by_frame udp4 denied
		lab_in "$guarded" ip link del new0
	else
		as=net_raw by_frame udp4 denied
	fi
}

# The guarded interface, into a namespace where nobody guards.
by_moved_interface() {
	local other=$guarded-other
	if [ "$attacker" != "$guarded" ]; then
		as=net_raw by_frame udp4 denied
		return
	fi
	lab_namespace "$other"
	lab_in "$guarded" ip link set "$uplink" netns "$other"
	lab_in "$other" ip link set "$uplink" up
	attacker=$other as=net_raw by_frame udp4 denied
	lab_in "$other" ip link set "$uplink" netns "$guarded"
	ip netns del "$other"
	lab_end_of "$guarded" "$uplink" "$source4/24" "$source6/64"
	lab_in "$guarded" ip route add default via 10.77.0.2
	lab_in "$guarded" ip -6 route add default via fd77::2
	lab_neighbours
}

by_pins() {
	local state
	state=/sys/fs/bpf/gabelou/ns-$(lab_in "$attacker" "$lab_tools/namespace-cookie")
	rm -f "$state"/link-*
	by_frame udp4 denied
}

by_detach() {
	lab_in "$attacker" "$gabelou" detach >/dev/null 2>&1
	by_frame udp4 denied
}
