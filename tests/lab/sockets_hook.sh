#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: in a cgroup that is hooked, what the policy denies is refused at once (EPERM) and never
# reaches the wire; options that send past the guard are refused; the log names the process, also of
# what the guard drops; other network namespaces, and other cgroups, are not touched.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/tap.sh

root=$(lab_cgroup_root)
tap_needs_lab sockets_hook "$([ -n "$root" ] || echo "needs cgroup2")"
cgroup=$root/gabelou-test-$$

lab_begin || exit 1

lab_cgroup "$cgroup" || exit 1
lab_data
log=$lab_folder/log
echo "sockets: $cgroup" | tee -a "$lab_folder/french.yaml" "$lab_folder/german.yaml" >/dev/null

# NAMESPACE COMMAND...: in the cgroup.
in_cgroup() {
	local namespace=$1
	shift
	lab_in_cgroup "$namespace" "$cgroup" "$@"
}
attempt() {
	in_cgroup "$guarded" "$lab_tools/attempt" "$@"
}
# HOW ADDRESS: how many packets of an attempt arrive.
arriving() {
	lab_arrivals -d "$2" -- sh -c "$lab_enter_cgroup" "$cgroup" \
		"$lab_tools/attempt" "$1" "$2" 443 2>/dev/null
}
# How many of 3 frames that bypass the queue arrive; in the cgroup, or not ("").
bypassing() {
	local cookie
	lab_new_cookie
	lab_arrivals -c "$cookie" -- sh -c "$lab_enter_cgroup" "$1" \
		"$lab_tools/frames" -q -i "$uplink" -m "$wire_mac" -c "$cookie" -s "$source4" \
		-S "$source6" -d "$german4" -D "$german6" -n 3 udp4 2>/dev/null
}

lab_host "$french4" "$french6" "$german4" "$german6"
lab_listen 443 || exit 1

# --- without a guard everything arrives ---

for address in "$french4" "$german4" "$french6" "$german6"; do
	tap_is "unguarded: TCP to $address" "$(attempt tcp "$address" 443)" ok
done
tap_is "unguarded: frames past the queue arrive" "$(bypassing "$cgroup")" 3

# --- refused at once ---

tap_try "apply" lab_gabelou apply "$lab_folder/french.yaml"
tap_matches "status names the cgroup" "$(lab_gabelou status)" "refused at once on cgroup"
tap_is "and says so in JSON" "$(lab_gabelou status --json | jq -r .sockets.cgroup)" "$cgroup"
lab_start "$guarded" "$gabelou" agent --log "$log" 2>"$lab_folder/agent"
agent=$!
lab_reads "$agent"
for how in tcp udp sort; do
	for address in "$german4" "$german6" "::ffff:$german4" "64:ff9b::$german4"; do
		tap_is "$how to $address" "$(attempt "$how" "$address" 443)" EPERM
	done
	for address in "$french4" "$french6" "::ffff:$french4"; do
		tap_is "$how to $address" "$(attempt "$how" "$address" 443)" ok
	done
done
tap_is "nothing of it is on the wire" "$(arriving tcp "$german4") $(arriving udp "$german6")" "0 0"
tap_is "what is allowed is" "$(arriving udp "$french4")" 1
tap_is "this host's own address" "$(attempt tcp "$source4" 9)" ECONNREFUSED
tap_is "loopback" "$(attempt udp 127.0.0.1 9)" ok

# --- past the guard ---

tap_is "frames past the queue are refused" "$(bypassing "$cgroup")" 0
tap_is "in a cgroup that is not hooked they are not" "$(bypassing "")" 3
tap_is "an IPv6 routing header is refused" "$(in_cgroup "$guarded" "$lab_tools/sockets" \
	segment-route 443 "$french6" 2>&1 | grep -c 'not permitted')" 1

# --- what is not ours ---

tap_is "another network namespace in the same cgroup" \
	"$(in_cgroup "$far" "$lab_tools/attempt" tcp "$german4" 443)" ok
in_cgroup "$far" "$lab_tools/frames" -q -i "$wire" -m "$uplink_mac" -c 67626c0000676f6c \
	-s "$german4" -S "$german6" -d "$source4" -D "$source6" udp4
tap_is "also past its queue: exit" $? 0

# --- who it was ---

attempt raw "$german4" 0 >/dev/null
# FILTER: the first line of the log that it selects, of the fields that name the sender.
sender() {
	jq -sr "[.[] | select($1)][0] | [.event.action, .process.name, (.process.pid > 1), .user.id,
		.gabelou.cgroup.path] | map(tostring) | join(\" \")" "$log"
}
logged_raw() {
	jq -se 'any(.[]; .gabelou.icmp.type == 8)' "$log"
}
tap_try "the log is written" lab_await 30 logged_raw
ours="true 0 /gabelou-test-$$"
tap_is "who was refused" "$(sender ".network.transport == \"tcp\"")" "refused attempt $ours"
tap_is "whose packet the guard dropped" "$(sender '.gabelou.icmp.type == 8')" \
	"dropped attempt $ours"
tap_is "who would have gone past the guard" "$(sender '.gabelou.reason == "bypass"')" \
	"refused frames $ours"
tap_is "addresses that are only sorted are not logged" "$(jq -s '[.[] | select(
	.network.transport == "udp" and .event.action == "refused") | .network.packets] | add' \
	"$log")" 5
tap_try "every line is JSON" jq -e . "$log"
lab_stop "$agent"

# --- from apply to detach ---

tap_try "apply another policy" lab_gabelou apply "$lab_folder/german.yaml"
tap_is "what it denies" "$(attempt tcp "$french4" 443)" EPERM
tap_is "what it allows" "$(attempt tcp "$german4" 443)" ok
sed 's/^control/mode: monitor\n&/' "$lab_folder/german.yaml" >"$lab_folder/monitor.yaml"
tap_try "apply in monitor mode" lab_gabelou apply "$lab_folder/monitor.yaml"
tap_is "monitor mode refuses nothing" "$(attempt tcp "$french4" 443)" ok
tap_is "nor past the guard" "$(bypassing "$cgroup")" 3
tap_try "apply again" lab_gabelou apply "$lab_folder/french.yaml"
tap_is "enforced again" "$(attempt tcp "$german4" 443)" EPERM
tap_try "detach" lab_gabelou detach
tap_is "nothing is refused any more" "$(attempt tcp "$german4" 443)" ok
tap_end
