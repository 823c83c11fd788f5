#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: what is on trial (apply --confirm) stays if it is confirmed, and is taken back by itself if it
# is not: with the terminal closed, the agent killed, whoever waits killed, all of them, and after a
# reboot; and nothing else is put in force meanwhile. And nobody cuts his own SSH connection unasked.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/tap.sh

tap_needs_lab trial
lab_begin || exit 1
lab_data
state=/var/lib/gabelou/ns-$(lab_in "$guarded" "$lab_tools/namespace-cookie")
current=$state/current
namespace=$(stat -Lc %i "/run/netns/$guarded")

generation() {
	jq .generation "$current"
}

# POLICY: is it in force?
is_in_force() {
	[ "$(jq -r .policy.name "$state/gen-$(generation).json")" = "$1" ]
}

nothing_in_force() {
	! [ -e "$current" ]
}

# The processes that wait for the end of a trial here.
watchdogs() {
	local process
	for process in $(pgrep -f '^gabelou rollback --when-due'); do
		[ "$(stat -Lc %i "/proc/$process/ns/net" 2>/dev/null)" != "$namespace" ] || echo "$process"
	done
}

no_watchdogs() {
	[ -z "$(watchdogs)" ]
}

kill_watchdogs() {
	local process
	for process in $(watchdogs); do
		kill -KILL "$process"
	done
}

agent_begin() {
	lab_start "$guarded" "$gabelou" agent --log "$lab_folder/agent.json" 2>/dev/null
	agent=$!
}

# [TIME]: german.yaml on trial, from a session that is over at once.
try_german() {
	lab_in "$guarded" setsid "$gabelou" apply --confirm "${1-1s}" "$lab_folder/german.yaml" \
		>/dev/null 2>&1
}

# --- confirmed ---

tap_try "apply" lab_gabelou apply "$lab_folder/french.yaml"
first=$(generation)
output=$(lab_gabelou apply --confirm 60s "$lab_folder/german.yaml")
tap_is "apply --confirm: exit" $? 0
tap_matches "it says what to do" "$output" "'gabelou confirm' within 60 s keeps it, else generation $first"
tap_is "it is in force" "$(lab_enforced)" german
output=$(lab_gabelou status --json)
tap_matches "status says it first" "$(jq -r '.problems[0]' <<<"$output")" \
	"on trial: 'gabelou confirm' within [0-9]+ s keeps generation $((first + 1)), else generation $first"
tap_is "and so does its JSON" "$(jq -c '.trial | [.generation, .previous, .failed]' <<<"$output")" \
	"[$((first + 1)),$first,null]"
for verb in "apply $lab_folder/both.yaml" "apply --confirm 9s $lab_folder/both.yaml" update \
	"except add 203.0.113.9 --until 2099-01-31 --why a"; do
	# shellcheck disable=SC2086
	output=$(lab_gabelou $verb 2>&1)
	tap_is "${verb%% /*} meanwhile: exit" $? 1
	tap_matches "${verb%% /*} meanwhile: says what to do first" "$output" \
		"generation $((first + 1)) is on trial.*'gabelou confirm' keeps it"
done
tap_try "confirm" lab_gabelou confirm
tap_is "nothing is on trial" "$(lab_gabelou status --json | jq -c .trial)" null
tap_try "and nobody waits" lab_await 50 no_watchdogs
tap_is "it is in force" "$(lab_enforced)" german
output=$(lab_gabelou confirm 2>&1)
tap_is "confirm without a trial: exit" $? 1
tap_is "apply --json says that it is on trial" "$(lab_gabelou apply --json --confirm 60s \
	"$lab_folder/both.yaml" | jq '.trial.seconds_left > 0')" true
tap_try "rollback in a trial" lab_gabelou rollback
tap_try "brings back what was before" is_in_force german
output=$(lab_gabelou apply --confirm 9 "$lab_folder/german.yaml" 2>&1)
tap_is "--confirm without a unit: exit" $? 2

# --- the connection that one comes by ---

# [OPTION...] POLICY: applied by somebody who comes from the German network by SSH.
apply_from_afar() {
	lab_in "$guarded" env SSH_CONNECTION="$german4 50000 $source4 22" "$gabelou" apply "$@" 2>&1
}
before=$(generation)
output=$(apply_from_afar "$lab_folder/french.yaml")
tap_is "a policy that cuts one's own connection: exit" $? 1
tap_matches "it says what to do" "$output" \
	"would cut your own SSH connection from $german4 .*lifeline: \\[$german4\\].*--force"
# sudo takes the variable away: the shell that ran it still has it.
# shellcheck disable=SC2016
output=$(SSH_CONNECTION="$german4 50000 $source4 22" bash -c '
	nsenter --net="$1" env -u SSH_CONNECTION "$2" apply "$3"; exit $?' \
	sh "/run/netns/$guarded" "$gabelou" "$lab_folder/french.yaml" 2>&1)
tap_is "through sudo: exit" $? 1
tap_is "nothing was applied" "$(generation)" "$before"
for more in "lifeline: [$german4]" "replies: [{on: 22/tcp, why: ssh}]" "mode: monitor" \
	"except: [{to: [$german4], port: [50000/tcp], until: 2099-01-31, why: a}]"; do
	{ cat "$lab_folder/french.yaml" && echo "$more"; } >"$lab_folder/more.yaml"
	output=$(apply_from_afar "$lab_folder/more.yaml")
	tap_is "${more%%:*}: exit" "$? $(grep -c 'SSH connection' <<<"$output")" "0 0"
done
output=$(apply_from_afar --force "$lab_folder/french.yaml")
tap_is "--force: exit" $? 0
tap_matches "it warns" "$output" "warning: .*cuts your own SSH connection from $german4"
output=$(lab_in "$guarded" env SSH_CONNECTION="$german4 50000 192.0.2.77 22" "$gabelou" apply \
	"$lab_folder/french.yaml" 2>&1)
tap_is "a connection to another host's address: exit" "$? $(grep -c 'SSH connection' <<<"$output")" "0 0"

# --- not confirmed ---

tap_try "apply" lab_gabelou apply "$lab_folder/french.yaml"
try_german
tap_try "the terminal closed: it comes back" lab_await 80 is_in_force french
tap_is "whole" "$(lab_enforced)" french
tap_matches "status says so" "$(lab_gabelou status --json | jq -r '.problems[0]')" \
	'was not confirmed in time, so generation [0-9]+ came back'
agent_begin
try_german 2s
lab_stop "$agent" KILL
tap_try "the agent killed, too: it comes back" lab_await 80 is_in_force french
agent_begin
try_german
kill_watchdogs
tap_try "whoever waited killed: the agent sees to it" lab_await 80 is_in_force french
tap_try "and logs it" lab_await 50 grep -q '"rolled-back".*not confirmed in time' "$lab_folder/agent.json"
try_german 2s
lab_stop "$agent" KILL
kill_watchdogs
sleep 2.5
tap_try "all of them killed: it stays" is_in_force german
agent_begin
tap_try "until an agent starts" lab_await 80 is_in_force french
lab_stop "$agent"
try_german
kill_watchdogs
sleep 1.2
output=$(lab_gabelou apply --again 2>&1)
tap_matches "or somebody changes something" "$output" 'was not confirmed in time and was taken back'
tap_is "whole" "$(lab_enforced)" french

# A trial of another boot is over, however long it was to last.
try_german 1h
kill_watchdogs
jq -c '.boot = "00000000-0000-0000-0000-000000000000"' "$state/pending" >"$lab_folder/forged"
cp "$lab_folder/forged" "$state/pending"
tap_try "after a reboot: apply --again" lab_gabelou apply --again
tap_try "brings back what was before" is_in_force french

# What cannot be taken back stays, and is said to.
try_german 2s
printf x | dd of="$state/gen-$(jq .previous "$state/pending").table" bs=1 seek=60 conv=notrunc 2>/dev/null
kill_watchdogs
agent_begin
failed() {
	lab_gabelou status --json | jq -e '.trial.failed'
}
tap_try "what was before is damaged: status says so" lab_await 80 failed
tap_try "it stays" is_in_force german
lab_stop "$agent"
tap_try "and can be replaced" lab_gabelou apply "$lab_folder/french.yaml"

tap_try "detach" lab_gabelou detach
try_german
tap_try "a first apply is in force" is_in_force german
tap_try "not confirmed: nothing is enforced, as before" lab_await 80 nothing_in_force
tap_is "whole" "$(lab_enforced)" both
tap_end
