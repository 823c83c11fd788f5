#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: from the first day in monitor mode to enforcement without losing an honest packet: survey
# names who would have been cut and proposes what lets it pass; why says whether it is gabelou.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/tap.sh

root=$(lab_cgroup_root)
tap_needs_lab day-one "$([ -n "$root" ] || echo "needs cgroup2")"
cgroup=$root/gabelou-day-$$.service

lab_begin || exit 1
lab_cgroup "$cgroup" || exit 1
lab_data
log=$lab_folder/log
names=$lab_folder/names
echo "$german4 mirror.example" >"$names"
lab_policy watching "- soil: [FR]" "mode: monitor" "sockets: $cgroup" >"$lab_folder/monitor.yaml"

# HOW ADDRESS PORT: an attempt by a program of the unit; prints its process first.
attempt() {
	lab_in_cgroup "$guarded" "$cgroup" "$lab_tools/attempt" "$@"
}
survey() {
	"$gabelou" survey --names "$names" "$@" "$log"
}
# TARGET [OPTION...]
why() {
	lab_gabelou why --log "$log" "$@"
}
# Its sentence on one line.
answer() {
	sed '/^$/q' <<<"$output" | tr '\n' ' '
}
said() {
	grep -q "$1" "$log"
}

lab_host "$french4" "$french6" "$german4" "$german6"
lab_listen 443 || exit 1
output=$(lab_gabelou why "$german4" --log "$lab_folder/nosuch" 2>&1)
tap_is "why with a log that is not there: exit" $? 3
tap_matches "and says so" "$output" 'nosuch: cannot be read: No such file'

# --- monitor ---

tap_try "apply in monitor mode" lab_gabelou apply "$lab_folder/monitor.yaml"
lab_start "$guarded" "$gabelou" agent --log "$log" 2>"$lab_folder/agent"
agent=$!
sleep 0.3
tap_is "German soil is reached" "$(attempt tcp "$german4" 443)" ok
tap_is "by IPv6 too" "$(attempt tcp "$german6" 443)" ok
tap_is "and French soil" "$(attempt tcp "$french4" 443)" ok
lab_frames 2 udp4 "$german4" "$german6" >/dev/null
lab_frames 1 mpls "$german4" "$german6" >/dev/null
tap_try "the agent logs what would be dropped" lab_await 50 said "$german6.*would-drop\|would-drop.*$german6"
tap_try "of frames too" lab_await 50 said '"reason":"ethertype"'

output=$(why "$german4")
tap_is "why, in monitor mode: no" $? 1
tap_matches "but it would be" "$(answer)" '^no: the policy only monitors.* would have been'
output=$(why "$french4")
tap_is "why of what is allowed: no" $? 1
tap_matches "and it says so" "$output" '^no: nothing of it was denied in the last 10m'

output=$(survey)
tap_matches "survey names program and unit" "$output" "attempt \(gabelou-day-$$\.service\)"
tap_matches "and the operator, and its soil" "$output" "German \(AS64497\), owner DE, soil DE"
tap_matches "and the name" "$output" "443/tcp to $german4 \(mirror.example\), $german6"
tap_matches "and what no exception lets pass" "$output" 'No exception can let this pass'
tap_is "in JSON: what is explained" "$(survey --json | jq -c --arg german "$german4" \
	'[.groups[] | select(.explained) | [.process, .port, .flows, .cut]]')" \
	'[["attempt","443/tcp",2,0],[null,"53/udp",1,0]]'
tap_is "a pipe says the same" "$("$gabelou" survey --names "$names" --json - <"$log" | jq -c .groups)" \
	"$(survey --json | jq -c .groups)"

# --- from the survey to the policy ---

survey --yaml >"$lab_folder/except.yaml"
{
	lab_policy enforced "- soil: [FR]" "sockets: $cgroup"
	grep -v '^gabelou:' "$lab_folder/except.yaml"
} >"$lab_folder/enforced.yaml"
output=$(lab_gabelou check "$lab_folder/enforced.yaml" 2>&1)
tap_is "what is proposed is refused without a reason: exit" $? 1
tap_matches "and says where" "$output" 'enforced.yaml:[0-9]+:[0-9]+: .*why'
sed -i 's/why:.*/why: CHG-1/' "$lab_folder/enforced.yaml"
tap_try "with reasons it is a policy" lab_gabelou check --strict "$lab_folder/enforced.yaml"
output=$(lab_gabelou plan "$lab_folder/enforced.yaml" 2>&1)
tap_matches "plan shows the exceptions" "$output" \
	'^exceptions \(not in the numbers above\): 2 gained, 0 unchanged'
tap_is "and counts them as no address space" "$(lab_gabelou plan --json "$lab_folder/enforced.yaml" \
	2>/dev/null | jq -c '[.allowed.ipv4_addresses.gained, (.exceptions | map(.change))]')" \
	'[0,["gained","gained"]]'
tap_try "which is enforced" lab_gabelou apply "$lab_folder/enforced.yaml"
tap_is "what was seen still passes" "$(attempt tcp "$german4" 443) $(attempt tcp "$german6" 443)" "ok ok"
tap_is "another port does not" "$(attempt tcp "$german4" 80)" EPERM
tap_try "the agent logs it" lab_await 50 said '"refused"'

# --- 3 a.m. ---

output=$(why "$german4")
tap_is "why: yes" $? 0
tap_matches "in one line, with the reason and a remedy" "$(answer)" \
	"^yes: 1 flow of it was denied, the last at [0-9:]+ UTC to $german4, 80/tcp: its soil is not approved\. Except it"
tap_matches "and the evidence" "$output" "denied to $german4, 80/tcp, by attempt \(gabelou-day"
process=$(jq -r 'select(.event.action == "refused") | .process.pid' "$log" | tail -1)
tap_try "why of the process: yes" why "$process"
tap_is "its answer in JSON" "$(why "$process" --json | jq -c '[.gabelou, .evidence[0].process, .evidence[0].reason]')" \
	'[true,"attempt","soil"]'
why 4194303 >/dev/null
tap_is "why of another process: no" $? 1
lab_stop "$agent"
output=$(lab_gabelou why "$german4" 2>/dev/null)
tap_is "without agent and log, from the kernel: yes" $? 0
tap_matches "its flows" "$output" "in the kernel now"

# --- local through an interface ---

lab_policy local "- soil: [FR]" "sockets: $cgroup" | sed '/^local:/d' >"$lab_folder/local.yaml"
echo "local: [{net: 5.1.5.0/24, interface: \"up*\", why: the office}]" >>"$lab_folder/local.yaml"
tap_try "apply a local network" lab_gabelou apply "$lab_folder/local.yaml"
tap_is "it passes, also at the socket" "$(attempt tcp "$german4" 443)" ok
tap_is "others do not" "$(attempt tcp "$german6" 443)" EPERM
tap_is "it is counted as not judged" "$(lab_gabelou status --json |
	jq '[.reasons[] | select(.reason == "local") | .packets] | add > 0')" true
tap_matches "explain says through which interface" "$(lab_gabelou explain "$german4")" \
	'passes without being judged through up\* \(the office\)'
tap_try "detach" lab_gabelou detach
output=$(why "$german4")
tap_is "from the log alone: yes" $? 0
sleep 1.5
why "$german4" --since 1s >/dev/null 2>&1
tap_is "but not in the last second" $? 1

# --- bad input ---

for bad in "why 0" "why 10.1" "why - "; do
	# shellcheck disable=SC2086
	output=$(lab_gabelou $bad 2>&1)
	tap_is "$bad: exit" $? 3
	tap_matches "$bad: says what to give" "$output" '(give|write) '
done
lab_gabelou why >/dev/null 2>&1
tap_is "why of nothing: exit" $? 2
lab_gabelou why 10.0.0.1 --since soon >/dev/null 2>&1
tap_is "since when?: exit" $? 2
lab_gabelou survey --since soon >/dev/null 2>&1
tap_is "survey since when?: exit" $? 2
tap_end
