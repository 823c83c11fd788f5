# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by tests/lab/scenario-*.sh, each the test of a page of docs/walkthroughs/: a machine goes
# from monitor mode through a survey to enforcement, by the commands of that page, and loses no
# honest packet on the way.
#
# Before it begins a scenario makes its machine and defines
#   honest   its own traffic: prints "WHAT yes" or "WHAT no" for each connection
#   alien    what is to stop: the same
# and writes the policy, in monitor mode, with scenario_policy.

scenario_etc=
scenario_log=

# LINE...: the policy of this machine, beside the lab's data. Names that it knows go to "hosts".
scenario_policy() {
	scenario_etc=$lab_folder/etc
	scenario_log=$lab_folder/gabelou.json
	mkdir -p "$scenario_etc/policy.d"
	cp "$lab_folder"/{soil,asn,owners}.csv "$scenario_etc"
	lab_policy scenario "- soil: [FR]" "mode: monitor" "$@" >"$scenario_etc/policy.yaml"
	touch "$lab_folder/hosts"
}

# ANSWERS: those that say no.
scenario_lost() {
	grep -v ' yes$' <<<"$1" | tr '\n' ' '
}

scenario_agent_runs() {
	lab_gabelou status --json | jq -e .agent
}

# LINES of the log, so many.
scenario_logged() {
	[ "$(wc -l <"$scenario_log")" -ge "$1" ]
}

# FLOWS: unguarded, then in monitor mode: everything passes, and so many flows that would have been
# cut are in the log.
scenario_monitor() {
	tap_is "unguarded, everything passes" "$(scenario_lost "$(honest; alien)")" ""
	tap_try "the policy is in order" lab_gabelou check "$scenario_etc/policy.yaml"
	tap_try "apply, in monitor mode" lab_gabelou apply "$scenario_etc/policy.yaml"
	lab_start "$guarded" "$gabelou" agent --log "$scenario_log" 2>>"$lab_folder/agent.said"
	tap_try "the agent runs" lab_await 100 scenario_agent_runs
	tap_is "monitored, everything passes" "$(scenario_lost "$(honest; alien)")" ""
	tap_try "and what would be cut is in the log" lab_await 100 scenario_logged "$1"
}

# WHY: what the survey proposes becomes a drop-in, its reasons filled in as an administrator would.
scenario_except() {
	lab_gabelou survey --names "$lab_folder/hosts" "$scenario_log" >"$lab_folder/survey" 2>&1
	lab_gabelou survey --names "$lab_folder/hosts" --yaml "$scenario_log" |
		sed "s/why: .*/why: $1/" >"$scenario_etc/policy.d/50-survey.yaml"
	tap_try "what the survey proposes is in order" lab_gabelou check "$scenario_etc/policy.yaml"
}

# From now on what is not approved stops.
scenario_enforce() {
	local answers
	sed -i 's/^mode: monitor/mode: enforce/' "$scenario_etc/policy.yaml"
	tap_try "plan" lab_gabelou plan "$scenario_etc/policy.yaml"
	tap_try "apply, in enforce mode" lab_gabelou apply "$scenario_etc/policy.yaml"
	answers=$(honest)
	tap_is "enforced, no honest packet is lost" "$(scenario_lost "$answers")" ""
	tap_is "and they were all sent" "$(grep -c yes <<<"$answers")" "$(honest | wc -l)"
	answers=$(alien)
	tap_is "what is not approved stops" "$(grep -c ' yes$' <<<"$answers")" 0
	tap_is "each of it was tried" $(($(grep -c ' no$' <<<"$answers") > 0)) 1
}
