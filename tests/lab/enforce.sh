#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: enforcement does not depend on who started it, nor on anybody staying alive; while one
# policy replaces another there is no moment without a guard; every way to start it works, or is
# refused and changes nothing.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/tap.sh

tap_needs_lab enforce
lab_begin || exit 1
lab_data

generation() {
	lab_gabelou status --json | jq .generation
}

hooks() {
	lab_gabelou status --json | jq -r '[.interfaces[] | select(.role != "loopback") | .hook] | unique | join(" ")'
}

# How many BPF filters tc itself knows of.
filters() {
	lab_in "$guarded" tc filter show dev "$uplink" egress | grep -c ' handle .*direct-action'
}

tap_is "nothing is enforced at first" "$(lab_enforced)" both

# --- whoever applied may end ---

lab_in "$guarded" setsid bash -c '"$1" apply "$2" >/dev/null' shell "$gabelou" \
	"$lab_folder/french.yaml"
tap_is "enforced after the shell that applied it ended" "$(lab_enforced)" french
hook=clsact
! lab_has tcx || hook=tcx
tap_is "by $hook" "$(hooks)" "$hook"
state=ns-$(lab_in "$guarded" "$lab_tools/namespace-cookie")
tap_is "the pins are for root alone" "$(stat -c %a /sys/fs/bpf/gabelou)" 700
tap_is "the state is for root alone" "$(stat -c %a "/var/lib/gabelou/$state" | sed 's/^7[05][05]$/fine/')" fine

lab_start "$guarded" "$gabelou" agent >"$lab_folder/agent.log" 2>&1
agent=$!
lab_frames 1 udp4 "$german4" "$german6" >/dev/null
tap_try "the agent logs" lab_await 50 grep -q "$german4" "$lab_folder/agent.log"
lab_stop "$agent" KILL
tap_is "enforced after the agent was killed" "$(lab_enforced)" french

# --- a swap leaves no gap ---

# ADDRESS FRAMES: what arrives of a flood while policies are swapped as often as can be, in
# $arrived; how often that was, in $swaps.
flood_under_swaps() {
	local flood
	swaps=0
	lab_new_cookie
	lab_arrivals -d "$1" -t 600 -- "$lab_tools/frames" -i "$uplink" -m "$wire_mac" -c "$cookie" \
		-s "$source4" -S "$source6" -d "$1" -D "$german6" -n "$2" udp4 >"$lab_folder/flood" &
	flood=$!
	while kill -0 "$flood" 2>/dev/null; do
		lab_gabelou apply "$lab_folder/both.yaml" >/dev/null 2>&1 || break
		lab_gabelou apply "$lab_folder/german.yaml" >/dev/null 2>&1 || break
		swaps=$((swaps + 2))
	done
	wait "$flood"
	arrived=$(cat "$lab_folder/flood")
}

refused=2000000 allowed=300000
[ -z "${GABELOU_QUICK-}" ] || refused=50000 allowed=10000 # for an emulated machine
ways=(clsact)
[ "$hook" = clsact ] || ways=(tcx clsact)
for way in "${ways[@]}"; do
	if [ "$way" = clsact ]; then
		lab_gabelou detach >/dev/null
		export GABELOU_WITHOUT=tcx
		tap_try "apply without tcx" lab_gabelou apply "$lab_folder/german.yaml"
		tap_is "by clsact" "$(hooks)" clsact
		tap_is "enforced by clsact" "$(lab_enforced)" german
		tap_is "tc shows its filter" "$(filters)" 1
	fi
	# neither policy allows this one
	flood_under_swaps 5.1.7.9 "$refused"
	tap_is "$way: a refused flood of $refused under $swaps swaps: arrived" "$arrived" 0
	tap_is "$way: policies were swapped under it" "$((swaps >= 2))" 1
	# both allow this one
	flood_under_swaps "$german4" "$allowed"
	tap_is "$way: an allowed flood of $allowed under $swaps swaps: arrived" "$arrived" "$allowed"
done
unset GABELOU_WITHOUT
if [ "$hook" = tcx ]; then
	tap_try "apply goes from clsact to tcx" lab_gabelou apply "$lab_folder/french.yaml"
	tap_is "by tcx again" "$(hooks)" tcx
	tap_is "enforced by tcx again" "$(lab_enforced)" french
	tap_is "no filter of tc's is left" "$(filters)" 0
else
	tap_skip "apply goes from clsact to tcx" "this kernel has no TCX (Linux 6.6)"
fi

# --- two at once ---

lab_gabelou apply "$lab_folder/french.yaml" >"$lab_folder/one" 2>&1 &
one=$!
lab_gabelou apply "$lab_folder/german.yaml" >"$lab_folder/two" 2>&1 &
two=$!
wait "$one"
status=$?
wait "$two"
status+=" $?"
tap_is "two applies at once both end well, one after the other" "$status" "0 0"
name=$(lab_gabelou status --json | jq -r .policy.name)
tap_is "and status names the one that packets meet" "$(lab_enforced)" "$name"

# --- where it may be applied from ---

before=$(generation)
install -m 755 "$gabelou" "$lab_folder/gabelou"
cp -r data "$lab_folder/data"
chmod -R a+rX "$lab_folder" # nobody may read all, so that files are not what stops it
lab_in "$guarded" setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all \
	env GABELOU_DATA="$lab_folder/data" "$lab_folder/gabelou" apply "$lab_folder/french.yaml" >"$lab_folder/output" 2>&1
tap_is "apply as nobody: exit" $? 3
tap_matches "it says what is missing" "$(cat "$lab_folder/output")" '(root|permission|privilege|CAP_)'
lab_in "$guarded" setpriv --bounding-set=-all --inh-caps=-all \
	env GABELOU_DATA="$lab_folder/data" "$lab_folder/gabelou" apply "$lab_folder/french.yaml" >"$lab_folder/output" 2>&1
tap_is "apply as root without capabilities: exit" $? 3
tap_is "nothing changed" "$(generation) $(lab_enforced)" "$before $name"

other=french
[ "$name" = german ] || other=german
lab_in "$guarded" unshare --mount "$gabelou" apply "$lab_folder/$other.yaml" \
	>"$lab_folder/output" 2>&1
status=$?
case $status in
0) tap_is "applied from a mount namespace that is gone, it still stands" "$(lab_enforced)" "$other" ;;
3) tap_is "apply from a private mount namespace is refused, nothing changed" \
	"$(lab_enforced)" "$name" ;;
*) tap_not_ok "apply from a private mount namespace: exit $status" "$(cat "$lab_folder/output")" ;;
esac

# --- detach ---

tap_try "detach" lab_gabelou detach
tap_is "nothing is enforced any more" "$(lab_enforced)" both
tap_is "no pin is left" "$(ls "/sys/fs/bpf/gabelou/$state" 2>/dev/null)" ""
lab_gabelou detach >"$lab_folder/output" 2>&1
tap_is "detach with nothing enforced: exit" $? 1
lab_gabelou status >"$lab_folder/output" 2>&1
tap_matches "status says so" "$(cat "$lab_folder/output")" '[Nn]othing'

# --- no bpffs: in a mount and pid namespace whose pid 1 has none ---

lab_in "$guarded" unshare --pid --fork --mount --mount-proc bash -c '
	umount /sys/fs/bpf 2>/dev/null
	mountpoint -q /sys/fs/bpf && exit 9
	"$1" apply "$2" >/dev/null 2>&1 || exit
	findmnt -no FSTYPE /sys/fs/bpf
	stat -c %a /sys/fs/bpf/gabelou
	"$1" status --json | jq -r .policy.name
	ip link set lo up
	"$3/frames" -i uplink0 -m 02:00:00:00:00:02 -c 0000000000000000 -s 10.77.0.1 -S fd77::1 \
		-d 5.1.7.9 -D fd77::2 -n 7 udp4
	"$1" status --json | jq "[.reasons[] | select(.reason == \"soil-unknown\") | .packets] | add"
' shell "$gabelou" "$lab_folder/french.yaml" "$lab_tools" >"$lab_folder/output" 2>&1
tap_is "without bpffs apply mounts one, mode 700, and enforces" "$(tr '\n' ' ' <"$lab_folder/output")" \
	"bpf 700 french 7 "
# That guard ended with its machine, so to speak. Its record is stale, and no obstacle.
tap_try "apply after that" lab_gabelou apply "$lab_folder/german.yaml"
tap_is "enforced after that" "$(lab_enforced)" german
tap_end
