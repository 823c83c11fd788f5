# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by the demo and the lab tests: a guarded namespace and a far one, with one wire between
# them and no way out of either.
#
#   guarded: uplink0  10.77.0.1/24, fd77::1/64   default routes through the far end
#   far:     wire0    10.77.0.2/24, fd77::2/64   carries any address that a test gives it
#
# The wire is made inside these namespaces; nothing of the machine's own network is touched, and
# whatever the far end is sent, it has no interface to send it on.

lab_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
lab_build=${BUILD:-$lab_root/build}
case $lab_build in /*) ;; *) lab_build=$lab_root/$lab_build ;; esac
lab_tools=$lab_build/tests/lab
gabelou=$lab_build/gabelou
# A build elsewhere does not find this checkout's data by itself.
[ "$lab_build" = "$lab_root/build" ] || export GABELOU_DATA="${GABELOU_DATA-$lab_root/data}"

guarded=gabelou-$$-guarded
far=gabelou-$$-far
uplink=uplink0
wire=wire0
uplink_mac=02:00:00:00:00:01
wire_mac=02:00:00:00:00:02
source4=10.77.0.1
source6=fd77::1

lab_folder=
lab_namespaces=()
lab_processes=()
lab_cgroups=()
lab_cookies=0

# Why the lab cannot run here, or nothing.
lab_obstacle() {
	if [ "$(id -u)" -ne 0 ]; then
		echo "needs root"
	elif ! command -v nsenter >/dev/null || ! command -v ip >/dev/null; then
		echo "needs iproute2 and util-linux"
	elif ! stat -L /proc/1/net/dev >/dev/null 2>&1; then
		echo "needs /proc"
	elif ! unshare --net true 2>/dev/null; then
		echo "may not make network namespaces"
	elif ! PATH=$PATH:/usr/sbin bpftool prog list >/dev/null 2>&1; then
		echo "needs the bpf system call"
	fi
}

# The only way into a namespace. Nothing that attaches runs outside one: in the machine's own
# namespace the command is refused. /proc/1/ns may be closed even to root; the inodes under
# /proc/PID/net tell namespaces apart as well. In doubt it is refused. A lab enters thousands of
# times: no process but the shell itself is started for it.
lab_enter='
	for file in ns/net net/dev; do
		if [ -e "/proc/1/$file" ] && [ -e "/proc/self/$file" ]; then
			[ "/proc/1/$file" -ef "/proc/self/$file" ] || exec "$@"
			break
		fi
	done
	echo "lab: refused in the network namespace of the machine itself: $*" >&2
	exit 99'

# NAMESPACE COMMAND...
lab_in() {
	local namespace=$1
	shift
	nsenter --net="/run/netns/$namespace" -- bash -c "$lab_enter" lab "$@"
}

# NAMESPACE COMMAND...: in the background, until lab_end; its pid in $!.
lab_start() {
	local namespace=$1
	shift
	{
		exec nsenter --net="/run/netns/$namespace" -- bash -c "$lab_enter" lab "$@"
	} &
	lab_processes+=($!)
}

# PID [SIGNAL]: ends a process of ours and waits for it.
lab_stop() {
	local process rest=()
	kill -"${2-TERM}" "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	for process in "${lab_processes[@]}"; do
		[ "$process" = "$1" ] || rest+=("$process")
	done
	lab_processes=("${rest[@]}")
}

lab_namespace() {
	lab_namespaces+=("$1") # first, for a signal may come before ip is back
	ip netns add "$1"
}

# Sysctls of a namespace are seen by whoever is in it.
lab_sysctl() {
	lab_in "$1" sh -c 'echo "$2" >"/proc/sys/net/$1"' sysctl "$2" "$3"
}

# Makes both namespaces, the wire and a folder for files.
lab_begin() {
	trap lab_end EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	lab_folder=$(mktemp -d "${TMPDIR:-/tmp}/gabelou-lab.XXXXXX") || return
	lab_namespace "$guarded" && lab_namespace "$far" || return
	lab_wire "$uplink" "$uplink_mac" "$wire" "$wire_mac" || return
	lab_address "$guarded" "$uplink" 10.77.0.1/24 fd77::1/64
	lab_address "$far" "$wire" 10.77.0.2/24 fd77::2/64
	lab_in "$guarded" ip route add default via 10.77.0.2
	lab_in "$guarded" ip -6 route add default via fd77::2
	lab_neighbours
}

# Both ends know each other's link address, and believe no frame that claims another one.
lab_neighbours() {
	local address
	for address in "$source4" "$source6"; do
		lab_in "$far" ip neigh replace "$address" lladdr "$uplink_mac" dev "$wire" nud permanent
	done
	for address in 10.77.0.2 fd77::2; do
		lab_in "$guarded" ip neigh replace "$address" lladdr "$wire_mac" dev "$uplink" nud permanent
	done
}

# NAMESPACE INTERFACE ADDRESS...: up, with these addresses. It says nothing of its own: no router
# solicitations, no duplicate address detection.
lab_end_of() {
	lab_sysctl "$1" "ipv6/conf/$2/accept_dad" 0
	lab_sysctl "$1" "ipv6/conf/$2/router_solicitations" 0
	lab_address "$@"
	lab_in "$1" ip link set "$2" up
	lab_in "$1" ip link set lo up
}

# NAME MAC FAR_NAME FAR_MAC: a wire from the guarded to the far namespace. Its ends say nothing of
# their own (no router solicitations, no duplicate address detection), so that counts are exact.
lab_wire() {
	lab_in "$far" ip link add "$3" address "$4" type veth \
		peer name "$1" address "$2" netns "$guarded" || return
	lab_sysctl "$guarded" "ipv6/conf/$1/router_solicitations" 0
	lab_sysctl "$far" "ipv6/conf/$3/router_solicitations" 0
	lab_sysctl "$guarded" "ipv6/conf/$1/accept_dad" 0
	lab_sysctl "$far" "ipv6/conf/$3/accept_dad" 0
	lab_in "$far" ip link set lo up
	lab_in "$far" ip link set "$3" up
	lab_in "$guarded" ip link set lo up
	lab_in "$guarded" ip link set "$1" up
}

# NAMESPACE INTERFACE ADDRESS...
lab_address() {
	local namespace=$1 interface=$2 address
	shift 2
	for address; do
		case $address in
		*:*) lab_in "$namespace" ip address add "$address" dev "$interface" nodad ;;
		*) lab_in "$namespace" ip address add "$address" dev "$interface" ;;
		esac || return
	done
}

# ADDRESS...: the far end becomes these hosts.
lab_host() {
	local address
	for address; do
		case $address in
		*:*) lab_address "$far" lo "$address/128" ;;
		*) lab_address "$far" lo "$address/32" ;;
		esac || return
	done
}

# PORT [NAMESPACE]: answers TCP and takes UDP there, on every address of the far end, or of another.
lab_listen() {
	local ready=$lab_folder/listen.$1.${2-$far}
	lab_start "${2-$far}" "$lab_tools/sockets" listen "$1" >"$ready"
	lab_await 50 grep -q ready "$ready"
}

# Where cgroup2 is mounted; nothing: nowhere.
lab_cgroup_root() {
	awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts
}

# FOLDER...: makes cgroups, which go at the end. Never the root: what is below it, and our own.
lab_cgroup() {
	local folder
	for folder; do
		lab_cgroups=("$folder" "${lab_cgroups[@]}") # first, for a signal
		mkdir "$folder" || return
	done
}

# NAMESPACE FOLDER COMMAND...: in that cgroup; "": where we are. A 0 is whoever writes it.
lab_in_cgroup() {
	local namespace=$1 folder=$2
	shift 2
	lab_in "$namespace" sh -c "$lab_enter_cgroup" "$folder" "$@"
}
lab_enter_cgroup='[ -z "$0" ] || echo 0 >"$0/cgroup.procs" && exec "$@"'

# TENTHS COMMAND...: until it succeeds. So many tenths of a second are enough where nothing else runs;
# a machine with ten times as much to do is given ten times as long.
lab_await() {
	local tries=$(($1 * 10))
	shift
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.1
	done
}

# A mark that no other frame of this lab carries, in the variable "cookie".
lab_new_cookie() {
	lab_cookies=$((lab_cookies + 1))
	printf -v cookie '67626c%04x676f6c' "$lab_cookies"
}

# gabelou in the guarded namespace.
lab_gabelou() {
	lab_in "$guarded" "$gabelou" "$@"
}

# PID: waits until this agent of the guarded namespace reads events, and keeps what is pinned.
lab_reads() {
	local state
	state=ns-$(lab_in "$guarded" "$lab_tools/namespace-cookie")
	lab_await 50 grep -qxs "$1" "/var/lib/gabelou/$state/reader"
}

# LAYER: does this kernel have it? From what status says, so something must be enforced.
lab_has() {
	lab_gabelou status --json |
		jq -e --arg layer "$1" 'any(.kernel[]; .feature == $layer and .present)' >/dev/null
}

# FILTER... -- COMMAND...: how many frames arrived at the far end while the command ran in the
# guarded namespace. FILTER as arrivals takes it.
lab_arrivals() {
	local filter=()
	while [ "$1" != -- ]; do
		filter+=("$1")
		shift
	done
	shift
	lab_in "$far" "$lab_tools/arrivals" -i "$wire" "${filter[@]}" -- \
		nsenter --net="/run/netns/$guarded" -- "$@"
}

# COUNT FORM DESTINATION4 DESTINATION6: sends frames of a form; how many arrived.
lab_frames() {
	local cookie
	lab_new_cookie
	lab_arrivals -c "$cookie" -- "$lab_tools/frames" -i "$uplink" -m "$wire_mac" -c "$cookie" \
		-s "$source4" -S "$source6" -d "$3" -D "$4" -n "$1" "$2"
}

# HOW COUNT DESTINATION [OTHER]: the same by the tool "rings".
lab_rings() {
	local cookie
	lab_new_cookie
	lab_arrivals -c "$cookie" -- "$lab_tools/rings" "$1" "$uplink" "$wire_mac" "$cookie" \
		"$source4" "$3" "$2" ${4+"$4"}
}

# Stops enforcing in a namespace and leaves nothing of it behind.
lab_forget() {
	local state
	state=ns-$(lab_in "$1" "$lab_tools/namespace-cookie" 2>/dev/null) || return 0
	if [ -e "/sys/fs/bpf/gabelou/$state" ]; then
		lab_in "$1" "$gabelou" detach >/dev/null 2>&1
		rm -rf "/sys/fs/bpf/gabelou/$state"
	fi
	rm -rf "/var/lib/gabelou/$state"
}

lab_end() {
	local status=$? process namespace folder
	trap - EXIT
	trap '' INT TERM HUP
	for process in "${lab_processes[@]}"; do
		lab_stop "$process"
	done
	for namespace in "${lab_namespaces[@]}"; do
		[ -e "/run/netns/$namespace" ] || continue
		lab_forget "$namespace"
		ip netns del "$namespace"
	done
	for folder in "${lab_cgroups[@]}"; do # they must be empty to go
		[ ! -d "$folder" ] || lab_await 50 rmdir "$folder"
	done
	[ -z "$lab_folder" ] || rm -rf "$lab_folder"
	exit "$status"
}
