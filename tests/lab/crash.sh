#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: whoever is killed, at whatever step, no packet to a denied destination leaves between the
# first apply and the last, and whoever comes next finds or makes one whole generation, and leaves
# the objects of one.
#
# The steps are those that the binary itself names (userspace/kernel/fault.h); each must be reached.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/tap.sh
. scripts/lab-crash.sh

faulty=$lab_build/gabelou-faults
objcopy --dump-section gabelou_faults="$lab_folder/faults" "$faulty" /dev/null || exit 1
tr '\0' '\n' <"$lab_folder/faults" | grep . | sort >"$lab_folder/steps"
tap_is "every step has a name of its own" "$(uniq -d "$lab_folder/steps")" ""
tap_is "there are dozens of steps" $(($(wc -l <"$lab_folder/steps") >= 30)) 1
tap_is "the product has none" "$(objdump -h "$gabelou" | grep gabelou_faults)" ""
declare -A reached=()

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
		[ "$now" -eq "$before" ] || suspects+="swap killed at $step: $((now - before)) frames of any kind out"$'\n'
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

# --- a trial: killed before it is one, and once it is confirmed ---

scenario=tcx faults=
must apply "$lab_folder/tcx-one.yaml"
reference=$(pins)
flood_begin
killed_at pending.written apply --confirm 1h "$lab_folder/tcx-two.yaml" || faults+="not reached"$'\n'
must apply --confirm 1h "$lab_folder/tcx-two.yaml"
whole "a trial after one that was killed"
killed_at pending.removed confirm || faults+="not reached"$'\n'
must apply "$lab_folder/tcx-one.yaml"
whole "a confirmation killed"
nothing_out "a trial, killed before and after"
killed_at pause.written pause --for 1m --why a || faults+="not reached"$'\n'
run "$gabelou" pause --end
flood_begin
sleep 0.2
nothing_out "a pause ended after its beginning was killed"
tap_is "the next apply is whole" "$faults" ""
run "$gabelou" detach

# --- a namespace that is deleted without a detach ---

# NAME: its loopback is no more (userspace/kernel/alive.c).
is_gone() {
	! PATH=$PATH:/usr/sbin bpftool map lookup pinned "/sys/fs/bpf/gabelou/$1/alive" key 0 0 0 0
}

scenario=tcx faults=
must apply "$lab_folder/tcx-one.yaml"
reference=$(pins)
lab_in "$far" true
for step in sweep.pins sweep.state none; do
	gone=gabelou-$PRIVATE_OUTSIDE-gone
	lab_namespace "$gone"
	lab_in "$gone" ip link add uplink0 type veth peer name spare0
	lab_in "$gone" "$gabelou" apply "$lab_folder/tcx-one.yaml" >/dev/null 2>&1 ||
		faults+="apply in another namespace failed"$'\n'
	own=ns-$(lab_in "$gone" "$lab_tools/namespace-cookie")
	ip netns del "$gone"
	unset 'lab_namespaces[-1]'
	lab_await 50 is_gone "$own" # the kernel takes a namespace down in its own time
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
tap_end
