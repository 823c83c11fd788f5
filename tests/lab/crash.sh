#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: whoever is killed, at whatever step, no packet to a denied destination leaves between the
# first apply and the last, and whoever comes next finds or makes one whole generation, and leaves
# the objects of one.
#
# The steps are those that the binary itself names (userspace/kernel/fault.h); each must be reached.
# Everything happens in a mount and process namespace of the test's own, so that the bpffs that is
# unmounted here, and the records, are nobody else's.
#
# With GABELOU_SOAK=1 the agent is killed a thousand times, not twenty.
set -u
cd "$(dirname "$0")/../.." || exit 1
if [ -z "${CRASH_OUTSIDE-}" ] && [ "$(id -u)" -eq 0 ]; then
	CRASH_OUTSIDE=$$ exec unshare --mount --propagation private --pid --fork \
		--kill-child=TERM --mount-proc "$0" "$@"
fi
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/tap.sh

tap_needs_lab crash "$(command -v objcopy >/dev/null || echo 'needs binutils')"
while mountpoint -q /sys/fs/bpf; do # the machine's own, as this mount namespace shows it
	umount /sys/fs/bpf || exit 1
done
mount -t bpf bpf /sys/fs/bpf || exit 1
mkdir -p /var/lib/gabelou /run/gabelou && mount -t tmpfs tmpfs /var/lib/gabelou &&
	mount -t tmpfs tmpfs /run/gabelou || exit 1
# Names of namespaces are shared with the machine; process numbers are not.
guarded=gabelou-$CRASH_OUTSIDE-guarded far=gabelou-$CRASH_OUTSIDE-far
workload=gabelou-$CRASH_OUTSIDE-workload
lab_begin || exit 1
lab_data

faulty=$lab_build/gabelou-faults
PAUSE=100 # microseconds between two frames
AGENT_KILLS=20
[ -z "${GABELOU_SOAK-}" ] || AGENT_KILLS=1000
work_mac=02:00:00:00:00:11 inside_mac=02:00:00:00:00:12

objcopy --dump-section gabelou_faults="$lab_folder/faults" "$faulty" /dev/null || exit 1
tr '\0' '\n' <"$lab_folder/faults" | grep . | sort >"$lab_folder/steps"
tap_is "every step has a name of its own" "$(uniq -d "$lab_folder/steps")" ""
tap_is "there are dozens of steps" $(($(wc -l <"$lab_folder/steps") >= 30)) 1
tap_is "the product has none" "$(objdump -h "$gabelou" | grep gabelou_faults)" ""
declare -A reached=()

# --- a second interface, so that a swap can be half done, and a port inside ---

lab_in "$guarded" ip link add spare0 type veth peer name spare1 || exit 1
lab_namespace "$workload" || exit 1
lab_in "$workload" ip link add work0 address "$work_mac" type veth \
	peer name inside0 address "$inside_mac" netns "$guarded" || exit 1
for side in "$workload work0 10.88.0.2/24 fd88::2/64" "$guarded inside0 10.88.0.1/24 fd88::1/64"; do
	read -r namespace link address4 address6 <<<"$side"
	lab_sysctl "$namespace" "ipv6/conf/$link/accept_dad" 0
	lab_sysctl "$namespace" "ipv6/conf/$link/router_solicitations" 0
	lab_address "$namespace" "$link" "$address4" "$address6"
	lab_in "$namespace" ip link set "$link" up
done
lab_sysctl "$guarded" ipv4/conf/all/forwarding 1
lab_sysctl "$guarded" ipv6/conf/all/forwarding 1

# NAME GUARDS INSIDE: two policies that deny German soil alike.
policies() {
	local name
	for name in one two; do
		lab_policy "$1-$name" "- soil: [FR]" "interfaces:" "  guard: $2" "  inside: $3" \
			>"$lab_folder/$1-$name.yaml"
	done
}
policies tcx '["uplink0", "spare0"]' '[]'
policies clsact '["uplink0", "spare0"]' '[]'
policies gateway '["spare0", "spare1"]' '["inside0"]'

# --- the flood and the far end ---

# Sends to denied destinations from here on, and counts what arrives.
flood_begin() {
	local from=$guarded out=$uplink mac=$wire_mac own4=$source4 own6=$source6
	if [ "$scenario" = gateway ]; then
		from=$workload out=work0 mac=$inside_mac own4=10.88.0.2 own6=fd88::2
	fi
	lab_new_cookie
	rm -f "$lab_folder/until"
	mkfifo "$lab_folder/until"
	lab_start "$far" "$lab_tools/arrivals" -i "$wire" -c "$cookie" -t 3600 -- \
		cat "$lab_folder/until" >"$lab_folder/arrived" 2>/dev/null
	watcher=$!
	exec 9>"$lab_folder/until"
	sleep 0.1
	lab_start "$from" "$lab_tools/flood" "$out" "$mac" "$cookie" "$own4" "$german4" "$own6" \
		"$german6" "$PAUSE" >"$lab_folder/sent"
	flooder=$!
	sleep 0.1
}

# The end of it: the numbers of frames, in sent and arrived.
flood_end() {
	lab_stop "$flooder"
	exec 9>&-
	wait "$watcher"
	sent=$(cat "$lab_folder/sent") arrived=$(cat "$lab_folder/arrived")
}

# Frames at the far end so far: tells at which step something got out.
far_count() {
	lab_in "$far" ip -j -s link show "$wire" | jq '.[0].stats64.rx.packets'
}

# DESCRIPTION: ends the flood; many were sent and none arrived.
nothing_out() {
	flood_end
	if [ "$arrived" = 0 ] && [ "$sent" -ge 100 ]; then
		tap_ok "$1: 0 of $sent frames out"
	else
		tap_not_ok "$1" "$arrived of $sent frames arrived"
	fi
}

# --- what is left ---

# The pins, under names that do not depend on the generation. Nothing else keeps objects alive when
# no process does, but filters on an interface.
pins() {
	local own
	own=ns-$(lab_in "$guarded" "$lab_tools/namespace-cookie")
	(cd "/sys/fs/bpf/gabelou/$own" 2>/dev/null && find . -mindepth 1) |
		sed -E 's|gen-[0-9]+|gen-N|' | sort
}

# Is all as after one undisturbed apply?
whole() {
	local found
	found=$(pins)
	if [ "$found" != "$reference" ]; then
		faults+="$1: pins: $(diff <(echo "$reference") <(echo "$found") | tr '\n' ' ')"$'\n'
	fi
	found=$(find /var/lib/gabelou -name '*.new')
	[ -z "$found" ] || faults+="$1: half-written: $found"$'\n'
}

run() {
	[ "$scenario" != clsact ] || set -- env GABELOU_WITHOUT=tcx "$@"
	lab_in "$guarded" "$@" >"$lab_folder/said" 2>&1 9>&-
}

# STEP VERB [POLICY]: true if the process was killed there.
killed_at() {
	local status
	run env GABELOU_FAULT="$1" "$faulty" "${@:2}"
	status=$?
	if [ "$status" -eq 137 ]; then
		reached[${1%:*}]=1
		return 0
	fi
	[ "$status" -eq 0 ] || [ "$2" = detach ] || faults+="$*: exit $status: $(cat "$lab_folder/said")"$'\n'
	return 1
}

must() {
	run "$gabelou" "$@" || faults+="then $*: exit $?: $(cat "$lab_folder/said")"$'\n'
}

# [PATTERN]: each step but those; those that are passed once for each interface, a second time, too.
# What comes before the hook, and before the record, is the same in every scenario.
steps() {
	local step
	while read -r step; do
		[[ ! $step =~ ^($1|undo|sweep|number)\. ]] || continue
		[ "$scenario" = tcx ] ||
			[[ $step =~ ^(attach|remove|apply|current|recover)\.|gateway$ ]] || continue
		echo "$step"
		[[ ! $step =~ ^(attach|remove)\.|^pin\.gateway$ ]] || echo "$step:2"
	done <"$lab_folder/steps"
}

# --- the walks ---

# A swap over a standing guard: nothing gets out, at any step, and the next apply makes it whole.
walk_swap() {
	local step before now other=two kills=0
	faults=
	flood_begin
	while read -r step; do
		before=$(far_count)
		if killed_at "$step" apply "$lab_folder/$scenario-$other.yaml"; then
			kills=$((kills + 1))
			must apply "$lab_folder/$scenario-one.yaml"
			whole "swap killed at $step"
		fi
		now=$(far_count)
		[ "$now" -eq "$before" ] || faults+="swap killed at $step: $((now - before)) frames out"$'\n'
	done < <(steps 'detach|alive|unpin')
	nothing_out "$scenario: a swap killed at $kills steps"
	tap_is "$scenario: the next apply makes one whole generation of it" "$faults" ""
}

# A first apply: once the next one has ended, all is in force and nothing else is left.
walk_first() {
	local step kills=0
	faults=
	while read -r step; do
		run "$gabelou" detach
		killed_at "$step" apply "$lab_folder/$scenario-two.yaml" || continue
		kills=$((kills + 1))
		must apply "$lab_folder/$scenario-one.yaml"
		whole "first apply killed at $step"
	done < <(steps 'detach|retire|recover|remove')
	flood_begin
	sleep 0.2
	nothing_out "$scenario: after a first apply killed at $kills steps"
	tap_is "$scenario: the next apply is whole" "$faults" ""
}

# A detach: the next detach leaves nothing, and so does whoever opens for change in between.
walk_detach() {
	local step kills=0
	faults=
	while read -r step; do
		must apply "$lab_folder/$scenario-one.yaml"
		killed_at "$step" detach || continue
		kills=$((kills + 1))
		run "$gabelou" detach
		[ -z "$(pins)" ] || faults+="detach killed at $step: left: $(pins)"$'\n'
		[ "$(run "$gabelou" detach; echo $?)" = 1 ] || faults+="$step: was not whole"$'\n'
	done < <(steps 'load|pin|apply|attach|alive|unpin|prune')
	tap_is "$scenario: a detach killed at $kills steps leaves nothing to the next" "$faults" ""
	must apply "$lab_folder/$scenario-one.yaml"
}

for scenario in tcx clsact gateway; do
	flood_begin
	sleep 0.2
	flood_end
	tap_is "$scenario: without a guard the flood arrives" $((arrived > 0)) 1
	tap_try "$scenario: apply" run "$gabelou" apply "$lab_folder/$scenario-one.yaml"
	reference=$(pins)
	walk_swap
	walk_first
	walk_detach
	faults=
	killed_at detach.current detach && killed_at recover.links apply "$lab_folder/$scenario-one.yaml"
	killed_at recover.shared apply "$lab_folder/$scenario-one.yaml"
	must apply "$lab_folder/$scenario-one.yaml"
	whole "recovery killed"
	tap_is "$scenario: a recovery that is killed is done by the next" "$faults" ""
	run "$gabelou" detach
	tap_is "$scenario: detach leaves no pin" "$(pins)" ""
done

# --- an apply that fails at its last interface, and is killed while it undoes that ---

scenario=clsact
must apply "$lab_folder/clsact-one.yaml"
reference=$(pins)
run "$gabelou" apply "$lab_folder/tcx-one.yaml"
lab_in "$guarded" ip link add last0 type veth peer name last1
lab_in "$guarded" tc qdisc add dev last0 clsact
lab_in "$guarded" tc filter add dev last0 egress protocol all prio 1 handle 1 \
	bpf bytecode '1,6 0 0 4294967295'
policies stuck '["uplink0", "spare0", "last0"]' '[]'
faults=
flood_begin
while read -r step; do
	case $step in undo.* | number.*) ;; *) continue ;; esac
	killed_at "$step" apply "$lab_folder/stuck-one.yaml"
	must apply "$lab_folder/clsact-one.yaml"
	whole "undo killed at $step"
done <"$lab_folder/steps"
nothing_out "an apply that fails, killed while it undoes"
tap_is "the next apply is whole" "$faults" ""
run "$gabelou" detach
lab_in "$guarded" ip link del last0

# --- a namespace that is deleted without a detach ---

scenario=tcx faults=
must apply "$lab_folder/tcx-one.yaml"
reference=$(pins)
lab_in "$far" true
for step in sweep.pins sweep.state none; do
	gone=gabelou-$CRASH_OUTSIDE-gone
	lab_namespace "$gone"
	lab_in "$gone" ip link add uplink0 type veth peer name spare0
	lab_in "$gone" "$gabelou" apply "$lab_folder/tcx-one.yaml" >/dev/null 2>&1 ||
		faults+="apply in another namespace failed"$'\n'
	own=ns-$(lab_in "$gone" "$lab_tools/namespace-cookie")
	ip netns del "$gone"
	unset 'lab_namespaces[-1]'
	sleep 1 # the kernel takes a namespace down in its own time
	[ "$step" = none ] || killed_at "$step" apply "$lab_folder/tcx-one.yaml" ||
		faults+="$step: not reached"$'\n'
	must apply "$lab_folder/tcx-one.yaml"
	! [ -e "/sys/fs/bpf/gabelou/$own" ] || faults+="$step: its pins are left"$'\n'
	! [ -e "/var/lib/gabelou/$own" ] || faults+="$step: its records are left"$'\n'
	whole "a namespace was swept"
done
tap_is "a namespace deleted without a detach is swept, also by halves" "$faults" ""

current=/var/lib/gabelou/ns-$(lab_in "$guarded" "$lab_tools/namespace-cookie")/current

# Records of an earlier boot are removed from the machine's first namespace, which is here one where
# process 1 is: that of another process namespace. All but its own, and those of this boot.
faults=
for boot in earlier this; do
	mkdir -p "/var/lib/gabelou/ns-77$boot"
	cp "$current" "/var/lib/gabelou/ns-77$boot/current"
done
sed -i 's/"boot":"[^"]*"/"boot":"earlier"/' /var/lib/gabelou/ns-77earlier/current
must apply "$lab_folder/tcx-one.yaml"
[ -e /var/lib/gabelou/ns-77earlier ] || faults+="a namespace that is not the first swept"$'\n'
run unshare --pid --fork --mount-proc sh -c '"$@"; exit $?' sh \
	env GABELOU_FAULT=sweep.boot "$faulty" apply "$lab_folder/tcx-one.yaml"
[ $? -ne 137 ] || reached[sweep.boot]=1
[ ! -e /var/lib/gabelou/ns-77earlier ] || faults+="records of an earlier boot are left"$'\n'
[ -e /var/lib/gabelou/ns-77this ] || faults+="records of this boot are gone"$'\n'
rm -rf /var/lib/gabelou/ns-77this
must apply "$lab_folder/tcx-one.yaml"
whole "records were swept"
tap_is "records of an earlier boot are swept in the first namespace alone" "$faults" ""

unreached=
while read -r step; do
	[ -n "${reached[$step]-}" ] || unreached+="$step "
done <"$lab_folder/steps"
tap_is "every one of $(wc -l <"$lab_folder/steps") steps was reached" "$unreached" ""

# --- the agent holds what is pinned ---

agent_begin() {
	lab_start "$guarded" "$gabelou" agent --log "$lab_folder/agent.log" 2>>"$lab_folder/agent.said"
	agent=$!
	sleep 1.5
}

put_back() {
	[ "$(pins)" = "$reference" ]
}

: >"$lab_folder/agent.said"
agent_begin
flood_begin
umount /sys/fs/bpf
tap_try "bpffs unmounted: the agent mounts it and pins all again" lab_await 50 put_back
rm -rf "/sys/fs/bpf/gabelou/ns-$(lab_in "$guarded" "$lab_tools/namespace-cookie")"
tap_try "pins removed: the agent pins them again" lab_await 50 put_back
tap_is "it said so each time" "$(grep -c 'were put back' "$lab_folder/agent.said")" 2
mount -t bpf bpf /sys/fs/bpf
tap_try "bpffs mounted over: the agent pins all again" lab_await 50 put_back
tap_try "and apply works" run "$gabelou" apply "$lab_folder/tcx-two.yaml"
sleep 1.5
umount /sys/fs/bpf
sleep 2.5
must apply "$lab_folder/tcx-one.yaml"
tap_is "and what was hidden is removed once it is seen" "$(pins)" "$reference"
nothing_out "unmounted, removed and mounted over"

flood_begin
for _ in $(seq "$AGENT_KILLS"); do
	lab_stop "$agent" KILL
	lab_start "$guarded" "$gabelou" agent --log "$lab_folder/agent.log" 2>/dev/null 9>&-
	agent=$!
	sleep 0.05
done
nothing_out "the agent killed and started $AGENT_KILLS times"
lab_stop "$agent"

# --- another version, another boot ---

# FILTER: what the record of the generation in force says.
forge() {
	jq -c "$1" "$current" >"$lab_folder/forged" && cp "$lab_folder/forged" "$current"
}

generation() {
	jq .generation "$current"
}

before=$(generation)
tap_try "apply --again" run "$gabelou" apply --again
tap_is "changes nothing where nothing has to be mended" "$(generation)" "$before"
flood_begin
for stamp in abi programs; do
	forge ".kernel.$stamp = \"of another version\""
	before=$(generation)
	if [ "$stamp" = abi ]; then
		run "$gabelou" status
		tap_matches "what another version counts is not misread" "$(cat "$lab_folder/said")" \
			'another version.*apply --again'
	fi
	tap_try "upgrade or downgrade ($stamp): apply --again" run "$gabelou" apply --again
	tap_is "puts a new generation in force" "$(generation)" $((before + 1))
	tap_is "and leaves the objects of one" "$(pins)" "$reference"
done
nothing_out "upgraded and downgraded"
tap_try "status can be read" run "$gabelou" status

# As after a reboot: no pins, no links, the network up, the policy file gone.
reboot() {
	umount /sys/fs/bpf && mount -t bpf bpf /sys/fs/bpf
	forge '.boot = "00000000-0000-0000-0000-000000000000"'
}

before=$(generation)
reboot
run "$gabelou" status
tap_matches "after a reboot status says what to do" "$(cat "$lab_folder/said")" 'apply --again'
rm "$lab_folder/tcx-one.yaml"
flood_begin
sleep 0.2
flood_end
tap_is "after a reboot, until somebody applies, the flood arrives" $((arrived > 0)) 1
tap_try "apply --again after a reboot" run "$gabelou" apply --again
flood_begin
sleep 0.2
nothing_out "from then on"
tap_is "it is a new generation" "$(generation)" $((before + 1))
tap_is "and whole" "$(pins)" "$reference"

# The interfaces may come later than the first service of a boot.
reboot
lab_in "$guarded" ip link set "$uplink" name later0
lab_in "$guarded" ip link set spare0 name later1
tap_try "apply --again before the interfaces are there" run "$gabelou" apply --again
lab_in "$guarded" ip link set later0 name "$uplink"
lab_in "$guarded" ip link set later1 name spare0
tap_try "they are guarded by whoever opens next" run "$gabelou" apply --again
flood_begin
sleep 0.2
nothing_out "from then on"
run "$gabelou" detach
run "$gabelou" apply --again
tap_matches "after a detach there is nothing to be enforced again" "$(cat "$lab_folder/said")" \
	'nothing was enforced here before'
tap_end
