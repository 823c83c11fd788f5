#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: senders of a scope are judged by its rules, and all others by the policy's: by source, also
# where a NAT has changed it; by the interface that it came in by; by cgroup and unit, through
# restarts; at the guard, the sockets and the gateway. What appeared after the apply falls under the strictest
# until somebody looks, which the agent does.
#
#   workload: work0 10.88.0.2, fd88::2 --- inside0 10.88.0.1, fd88::1 :guarded
#
# The policy lets out to France, the scope "tenant" to Germany, so the strictest to nowhere.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/tap.sh

root=$(lab_cgroup_root)
tap_needs_lab scopes "$(command -v nft >/dev/null && [ -n "$root" ] || echo "needs nft and cgroup2")"
lab_begin || exit 1
slice=$root/gabelou-test-$$.slice unit=gabelou-test-$$.service
lab_cgroup "$slice" "$slice/$unit" || exit 1

lab_data

workload=gabelou-$$-workload
lab_namespace "$workload" || exit 1

# NUMBER: a wire from the workload, and the only one that it uses.
inside_wire() {
	lab_in "$workload" ip link add "work$1" type veth peer name "inside$1" netns "$guarded" || return
	for end in "$workload work$1 10.88.$1.2/24 fd88:0:0:$1::2/64" \
		"$guarded inside$1 10.88.$1.1/24 fd88:0:0:$1::1/64"; do
		set -- "$1" $end
		lab_sysctl "$2" "ipv6/conf/$3/accept_dad" 0
		lab_address "$2" "$3" "$4" "$5"
		lab_in "$2" ip link set "$3" up
		lab_sysctl "$2" "ipv4/conf/$3/forwarding" 1
		lab_sysctl "$2" "ipv6/conf/$3/forwarding" 1
	done
	lab_in "$workload" ip route replace default via "10.88.$1.1"
	lab_in "$workload" ip -6 route replace default via "fd88:0:0:$1::1"
}
inside_wire 0 || exit 1
lab_sysctl "$guarded" ipv6/conf/all/forwarding 1
lab_sysctl "$guarded" ipv4/conf/uplink0/forwarding 1
lab_host "$french4" "$french6" "$german4" "$german6"
lab_listen 443 || exit 1
# The far end knows no way back to the workload: what is answered was translated.
lab_in "$guarded" nft -f - <<-END || exit 1
	table inet nat {
	  chain out { type nat hook postrouting priority srcnat; oifname $uplink masquerade; }
	}
END

# COMMAND...: what answers, of French IPv4 and IPv6, German IPv4 and IPv6: "yes yes no no".
answers() {
	"$@" "$lab_tools/sockets" icmp 56 "$french4" "$french6" "$german4" "$german6" |
		awk '{ printf "%s%s", separator, $2; separator = " " }'
}
from_workload() {
	answers lab_in "$workload"
}
# CGROUP
from_cgroup() {
	answers lab_in_cgroup "$guarded" "$1"
}
from_host() {
	answers lab_in "$guarded"
}

# NAME FROM [LINE...]
scoped() {
	local name=$1 from=$2
	shift 2
	lab_policy "$name" "- soil: [FR]" "interfaces:" "  guard: [$uplink]" "$@" "scopes:" \
		"  - name: tenant" "    from: $from" "    allow: [{soil: [DE]}]" >"$lab_folder/$name.yaml"
}
scoped source "{prefix: [10.88.0.0/24, \"fd88::/64\"]}"
scoped link "{interface: \"inside0\"}"
scoped unit "{unit: $unit}"
scoped path "{cgroup: $slice}" "sockets: $slice"
scoped gateway "{prefix: [10.88.0.0/24, \"fd88::/64\"]}" "  inside: [\"inside*\"]"
scoped nobody "{interface: \"tapQ*\", unit: nobody-$$.service}"
apply() {
	lab_gabelou apply "$lab_folder/$1.yaml" >/dev/null || exit 1
}

french="yes yes no no" german="no no yes yes" nowhere="no no no no" everywhere="yes yes yes yes"
tap_is "without a guard everything answers" "$(from_workload)" "$everywhere"

# --- by source, behind a NAT ---

apply source
tap_is "what a NAT has changed is known by its first source" "$(from_workload)" "$german"
GABELOU_WITHOUT=xdp-context apply source
tap_is "also where the kernel shows nothing, as before Linux 6.2" "$(from_workload)" "$german"
apply source
tap_is "the host itself is in no scope" "$(from_host)" "$french"
inside_wire 1 || exit 1
tap_is "another source is in none" "$(from_workload)" "$french"

# --- by interface ---

apply link
tap_is "what came in by another interface is in no scope" "$(from_workload)" "$french"
lab_in "$workload" ip route replace default via 10.88.0.1
lab_in "$workload" ip -6 route replace default via fd88::1
tap_is "what came in by the scope's is judged by it" "$(from_workload)" "$german"
tap_is "what the host sends came in by none" "$(from_host)" "$french"
inside_wire 2 || exit 1
tap_is "an interface that came later may be anybody's" "$(from_workload)" "$nowhere"
apply link
tap_is "until somebody looks" "$(from_workload)" "$french"
lab_in "$workload" ip route replace default via 10.88.0.1
lab_in "$workload" ip -6 route replace default via fd88::1

# --- by cgroup and unit ---

apply path
tap_is "a cgroup is judged by its scope" "$(from_cgroup "$slice/$unit")" "$german"
tap_is "others are not" "$(from_host)" "$french"
# ADDRESS: what a socket of the unit is told.
attempt() {
	lab_in_cgroup "$guarded" "$slice/$unit" \
		"$lab_tools/attempt" tcp "$1" 443
}
tap_is "its sockets are told so at once" "$(attempt "$german4") $(attempt "$french4")" "ok EPERM"
lab_cgroup "$slice-later"
tap_is "one beside it that came later may be anybody's" "$(from_cgroup "$slice-later")" "$nowhere"
apply path
tap_is "until somebody looks" "$(from_cgroup "$slice-later")" "$french"
rmdir "$slice/$unit"
mkdir "$slice/$unit"
tap_is "a restart within it changes nothing" "$(from_cgroup "$slice/$unit")" "$german"

apply unit
tap_is "a unit is judged by its scope" "$(from_cgroup "$slice/$unit")" "$german"
tap_is "its slice is not" "$(from_cgroup "$slice-later")" "$french"
rmdir "$slice/$unit"
mkdir "$slice/$unit"
tap_is "a unit that was restarted may be anybody" "$(from_cgroup "$slice/$unit")" "$nowhere"
lab_start "$guarded" "$gabelou" agent --log "$lab_folder/log" 2>"$lab_folder/agent"
agent=$!
tenant_again() {
	[ "$(from_cgroup "$slice/$unit")" = "$german" ]
}
tap_try "until the agent looks" lab_await 50 tenant_again
rmdir "$slice/$unit"
mkdir "$slice/$unit"
tap_try "and again" lab_await 50 tenant_again
lab_stop "$agent"

# --- at a gateway, and what people see ---

apply gateway
tap_is "a gateway knows its senders" "$(from_workload)" "$german"
# FROM: which scope does explain find?
explained() {
	lab_gabelou explain --from "$1" --json "$german4" | jq -r '"\(.scope) \(.verdict) \(.rule.name)"'
}
tap_is "explain says so" "$(explained 10.88.0.9)" "tenant allow tenant allow #1"
tap_is "and of others" "$(explained 10.88.1.9)" "default deny null"
tap_is "explain finds a unit's scope" "$(lab_gabelou explain --policy "$lab_folder/unit.yaml" \
	--unit "$unit" --json "$german4" | jq -r .scope)" tenant
warned=$(lab_gabelou check "$lab_folder/nobody.yaml" 2>&1)
tap_matches "a glob of no interface is a warning" "$warned" 'nobody.yaml:[0-9]+:[0-9]+: .*"tapQ\*" matches no'
tap_matches "and a unit that does not run" "$warned" "nobody-$$.service does not run here"
lab_gabelou check --strict "$lab_folder/nobody.yaml" >/dev/null 2>&1
tap_is "and both are errors if they are to be" $? 1
lab_gabelou detach --yes >/dev/null 2>&1 || lab_gabelou detach >/dev/null
tap_end
