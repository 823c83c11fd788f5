#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: a policy is changed without fear: drop-ins and exceptions come and go as they should, with who
# and why on record, a pause ends by itself, and any of the last generations comes back as it was, whatever became of its files.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/tap.sh

tap_needs_lab change
lab_begin || exit 1
lab_data
drop_ins=$lab_folder/policy.d

state() {
	lab_gabelou status --json | jq -c '[.generation, .policy.sha256, .policy.drop_ins]'
}

# What arrives of two frames of UDP to the German network.
german() {
	lab_frames 2 udp4 "$german4" "$german6"
}

# --- drop-ins ---

tap_try "apply" lab_gabelou apply "$lab_folder/french.yaml"
mkdir "$drop_ins"
printf '%s\n' "gabelou: 1" "allow: [{soil: [DE]}]" >"$drop_ins/10-german.yaml"
tap_is "a drop-in that is not applied changes nothing" "$(lab_enforced)" french
tap_try "apply with a drop-in" lab_gabelou apply "$lab_folder/french.yaml"
tap_is "it allows more" "$(lab_enforced)" both
tap_is "status names it" "$(lab_gabelou status --json | jq -r '.policy.drop_ins[]')" \
	"$drop_ins/10-german.yaml"
tap_is "the digest is of all files" "$(lab_gabelou status --json | jq -r .policy.sha256)" \
	"$(sha256sum "$lab_folder/french.yaml" "$drop_ins/10-german.yaml" | cut -c1-64 | sha256sum | cut -c1-64)"
mv "$drop_ins/10-german.yaml" "$lab_folder/german.saved"
printf '%s\n' "gabelou: 1" "local: none" >"$drop_ins/20-local.yaml"
before=$(state)
output=$(lab_gabelou apply "$lab_folder/french.yaml" 2>&1)
tap_is "a drop-in that contradicts: exit" $? 1
tap_matches "both places are named" "$output" \
	'policy.d/20-local.yaml:2:8: `local: none` contradicts `local: private` at .*french.yaml:9:8'
tap_is "nothing changes" "$(state)" "$before"
rm "$drop_ins/20-local.yaml"
output=$(lab_gabelou explain "$german4" --json 2>/dev/null)
tap_is "what is explained is what was enforced, whatever the files say now" \
	"$(jq -r '.rule.name' <<<"$output")" "allow #2"
tap_try "apply without it" lab_gabelou apply "$lab_folder/french.yaml"
tap_is "it allows less" "$(lab_enforced)" french

# --- exceptions ---

until=$(date -u -d '+6 days' +%F)
lab_start "$guarded" "$gabelou" agent --log "$lab_folder/agent.json" 2>/dev/null
agent=$!
output=$(SUDO_UID=65534 lab_gabelou except add "$german4" --port 9/udp,443/tcp --until "$until" \
	--why 'CHG-1 "tests"' 2>&1)
tap_is "except add: exit" $? 0
tap_matches "it shows the plan" "$output" 'what is enforced: french'
tap_matches "and applies" "$output" 'enforcing french'
added=$drop_ins/except-001.yaml
tap_matches "it says who" "$(cat "$added")" 'by: "(nobody|root)"'
tap_matches "and when" "$(cat "$added")" "added: $(date -u +%F)T"
output=$(lab_gabelou except list --json)
tap_is "except list" "$(jq -c '[.in_force, (.exceptions[0] | .name, .to, .port, .until, .why, .over)]' <<<"$output")" \
	"[true,\"except #1\",[\"$german4/32\"],[\"9/udp\",\"443/tcp\"],\"$until\",\"CHG-1 \\\"tests\\\"\",false]"
tap_matches "for people" "$(lab_gabelou except list)" "[56] days left"
tap_matches "status tells of its end" "$(lab_gabelou status --json | jq -r '.problems[]')" \
	'except #1 .* ends in [56] days, at .*/policy.d/except-001.yaml:4'
tap_try "the agent's log, too" lab_await 50 \
	grep -q '"exception-ends".*except #1 .*ends within a week' "$lab_folder/agent.json"
lab_stop "$agent"

# --until|--why TEXT: refused, and nothing is written.
refused() {
	local description=$1 status=$2 pattern=$3 output before
	shift 3
	before=$(state)
	output=$(lab_gabelou except add "$@" 2>&1)
	tap_is "$description: exit" $? "$status"
	tap_matches "$description: says what to write" "$output" "$pattern"
	tap_is "$description: changes nothing" "$(state) $(ls "$drop_ins")" "$before except-001.yaml"
}
refused "no reason" 2 "needs a reason: --why" "$german4" --until "$until"
refused "no end" 2 "needs an end: --until" "$german4" --why a
refused "no date" 1 'except-002.yaml:[0-9]+:[0-9]+: `soon` is not a date; write one like' \
	"$german4" --until soon --why a
refused "over already" 1 'until 2020-01-31 is over' 203.0.113.9 --until 2020-01-31 --why a
refused "a name without a port" 1 'give --port 443/tcp' localhost --until "$until" --why a
refused "a network without a port" 1 'write port: \[443/tcp\]' AS64497 --until "$until" --why a
refused "no target" 1 'neither an address' '5.1.5.9:443' --until "$until" --why a
refused "covered by another" 1 'except #2 never decides: except #1 at .*except-001.yaml:4:5' \
	"$german4" --port 9/udp --until "$until" --why a
# What cannot be applied is not kept: no interface is left to guard.
sed -i '/^interfaces:/d' "$lab_folder/french.yaml"
echo 'interfaces: {guard: [nosuch0]}' >>"$lab_folder/french.yaml"
refused "what cannot be applied" 1 'it was not applied, so it was removed again' \
	203.0.113.9 --until "$until" --why a
sed -i '/^interfaces:/d' "$lab_folder/french.yaml"

tap_is "another port is still denied" "$(german)" 0
tap_try "except add, all ports" lab_gabelou except add "$german4" --until "$until" --why b
tap_is "it lets packets out" "$(german)" 2
tap_try "except remove" lab_gabelou except remove 2
tap_is "and no more" "$(german)" 0
tap_try "a name" lab_gabelou except add localhost --port 7/tcp --until "$until" --why a
tap_matches "its addresses are written down" "$(cat "$drop_ins/except-002.yaml")" \
	'^# localhost was .*127\.0\.0\.1.* then'
output=$(lab_gabelou except remove nosuch 2>&1)
tap_is "remove what is not there: exit" $? 1
tap_matches "it names those that are" "$output" 'there are except-001, except-002'
tap_try "except remove" lab_gabelou except remove except-002
before=$(state)
tap_try "except remove --no-apply" lab_gabelou except remove --no-apply 1
tap_is "it leaves what is in force" "$(state)" "$before"
tap_is "and no file" "$(ls "$drop_ins")" ""
tap_is "and list says that it differs" "$(lab_gabelou except list --json | jq .in_force)" false
tap_try "apply" lab_gabelou apply "$lab_folder/french.yaml"
printf '%s\n' "gabelou: 1" "except:" "  - {to: [192.0.2.1], until: 2020-01-31, why: a}" \
	>"$drop_ins/old.yaml"
output=$(lab_gabelou apply "$lab_folder/french.yaml" 2>&1)
tap_is "a past exception: exit" $? 0
tap_matches "it is warned of, in its file" "$output" \
	'warning: .*/policy.d/old.yaml:3:5: except #1 is over and lets nothing pass; remove it'
lab_gabelou apply --strict "$lab_folder/french.yaml" >/dev/null 2>&1
tap_is "under --strict: exit" $? 1
tap_matches "list says so" "$(lab_gabelou except list)" 'over: it lets nothing pass'
rm "$drop_ins/old.yaml"

# --- a pause ---

lab_start "$guarded" "$gabelou" agent --log "$lab_folder/agent.json" 2>/dev/null
agent=$!
output=$(lab_gabelou pause --for 30m 2>&1)
tap_is "a pause without a reason: exit" $? 2
tap_matches "it says what to write" "$output" 'write --for 30m --why'
lab_gabelou pause --for 30 --why a >/dev/null 2>&1
tap_is "a pause without a unit: exit" $? 2
lab_gabelou pause --for 25h --why a >/dev/null 2>&1
tap_is "a pause of over a day: exit" $? 2
output=$(lab_gabelou pause --end 2>&1)
tap_is "to end none: exit" $? 1
tap_is "before, what is denied is denied" "$(german)" 0
tap_try "pause" lab_gabelou pause --for 30m --why CHG-7
tap_is "what is denied passes" "$(german)" 2
output=$(lab_gabelou status --json)
tap_matches "status says it first" "$(jq -r '.problems[0]' <<<"$output")" \
	'paused: what is denied passes for another 1[78][0-9][0-9] s, by .* \(CHG-7\)'
tap_is "and so does its JSON" "$(jq -c '.paused | [.why, (.user | has("login"))]' <<<"$output")" \
	'["CHG-7",true]'
tap_matches "and so do its metrics" "$(lab_gabelou status --metrics)" '^gabelou_paused_seconds 1[78][0-9][0-9]$'
tap_try "the agent logs it" lab_await 50 grep -q '"paused".*(CHG-7)' "$lab_folder/agent.json"
tap_try "pause --end" lab_gabelou pause --end
tap_is "what is denied is denied again" "$(german)" 0
tap_is "status has none" "$(lab_gabelou status --json | jq .paused)" null
tap_try "the agent logs that, too" lab_await 50 grep -q '"pause-over".*ended by' "$lab_folder/agent.json"
lab_stop "$agent" KILL
tap_try "a short pause" lab_gabelou pause --for 1s --why a
sleep 1.1
tap_is "the kernel ends it by itself" "$(german)" 0
lab_gabelou detach >/dev/null
output=$(lab_gabelou pause --for 1m --why a 2>&1)
tap_is "a pause where nothing is enforced: exit" $? 1
tap_matches "it says so" "$output" 'nothing is enforced here'

# --- back ---

current=/var/lib/gabelou/ns-$(lab_in "$guarded" "$lab_tools/namespace-cookie")/current

generation() {
	jq .generation "$current"
}

for policy in french german both; do
	lab_gabelou apply "$lab_folder/$policy.yaml" >/dev/null || tap_not_ok "apply $policy"
done
latest=$(generation)
# What they were made of is gone.
rm "$lab_folder/french.yaml" "$lab_folder/german.yaml" "$lab_folder/soil.csv"
tap_is "rollback --list" \
	"$(lab_gabelou rollback --list --json | jq -c '[.generations[:3][] | .policy.name, .in_force]')" \
	'["both",true,"german",false,"french",false]'
tap_try "rollback" lab_gabelou rollback
tap_is "the one before is in force" "$(lab_enforced)" german
tap_is "under a number of its own" "$(generation)" $((latest + 1))
tap_is "its record says so" "$(lab_gabelou status --json | jq -c '.rolled_back | [.from, .to, .why]')" \
	"[$latest,$((latest - 1)),\"asked\"]"
tap_try "rollback again" lab_gabelou rollback
tap_is "the one before that" "$(lab_enforced)" french
tap_try "rollback to a number" lab_gabelou rollback "$latest"
tap_is "is what that was" "$(lab_enforced)" both
tap_is "explain knows its rules" "$(lab_gabelou explain "$german4" --json 2>/dev/null | jq -r .rule.name)" "allow #1"
output=$(lab_gabelou rollback 4711 2>&1)
tap_is "rollback to what is not there: exit" $? 1
tap_matches "it names what is" "$output" "4711: no generation to go back to; there are .*$latest"
before=$(state)
table=${current%current}gen-$((latest - 1)).table
printf x | dd of="$table" bs=1 seek=60 conv=notrunc 2>/dev/null
output=$(lab_gabelou rollback $((latest - 1)) 2>&1)
tap_is "a damaged one: exit" $? 1
tap_matches "it is named" "$output" "gen-$((latest - 1)).table: what generation .* judged by is damaged"
tap_is "and nothing changes" "$(state)" "$before"
tap_end
