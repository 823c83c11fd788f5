#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: docs/walkthroughs/workstation.md. A workstation with a printer beside it, a French mail server,
# and an update server abroad that it needs; somebody's tracker abroad is what stops, at once and
# with an error.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/lab-scenario.sh
. scripts/tap.sh

tap_needs_lab workstation
lab_begin || exit 1
lab_data

printer=10.77.0.9 updates=5.1.5.20 tracker4=5.1.5.66 tracker6=2a00:5:5::66
lab_host "$printer" "$french4" "$french6" "$updates" "$tracker4" "$tracker6"
for port in 443 631 993; do
	lab_listen "$port" || exit 1
done

honest() {
	lab_in "$guarded" "$lab_tools/sockets" tcp 993 2000 "$french4" "$french6"
	lab_in "$guarded" "$lab_tools/sockets" tcp 631 2000 "$printer"
	lab_in "$guarded" "$lab_tools/sockets" tcp 443 2000 "$updates"
}

alien() {
	lab_in "$guarded" "$lab_tools/sockets" tcp 443 2000 "$tracker4" "$tracker6"
}

scenario_policy "on-deny: reject"
echo "$updates updates.example" >>"$lab_folder/hosts"
scenario_monitor 3
scenario_except 'CHG-12 updates of the workstations'
tap_matches "the survey names the update server" "$(cat "$lab_folder/survey")" updates.example
tap_matches "and proposes it" "$(cat "$scenario_etc/policy.d/50-survey.yaml")" "$updates"
tap_is "and not what nobody knows" "$(grep -c 5.1.5.66 "$scenario_etc/policy.d/50-survey.yaml")" 0
scenario_enforce
tap_is "whoever sent it was told" \
	$(($(lab_gabelou status --json | jq .rejections.sent) >= 2)) 1

tap_end
