#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: docs/walkthroughs/mail-relay.md. A mail relay delivers to whoever has a mailbox, so its unit
# may send beyond France; everything else on that host stays on French soil.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/lab-scenario.sh
. scripts/tap.sh

root=$(lab_cgroup_root)
tap_needs_lab "mail relay" "$([ -n "$root" ] || echo "needs cgroup2")"
slice=$root/gabelou-mail-$$.slice unit=gabelou-relay-$$.service

lab_begin || exit 1
lab_cgroup "$slice" "$slice/$unit" "$slice/cron.service" || exit 1
lab_data

mailbox4=5.1.5.25 mailbox6=2a00:5:5::25 blocklist=5.1.5.54 spammer4=5.1.5.66
lab_host "$french4" "$french6" "$mailbox4" "$mailbox6" "$blocklist" "$spammer4"
for port in 25 53 443; do
	lab_listen "$port" || exit 1
done
lab_listen 25 "$guarded" || exit 1
lab_in "$far" ip route replace "$source4" dev "$wire" src "$mailbox4" # mail comes in from there

# UNIT WORDS...: traffic by a process of it.
by() {
	local folder=$slice/$1
	shift
	lab_in_cgroup "$guarded" "$folder" "$lab_tools/sockets" "$@"
}

honest() {
	by "$unit" tcp 25 20000 "$mailbox4" "$mailbox6" "$french4"
	by "$unit" tcp 53 200 "$blocklist"
	lab_in "$far" "$lab_tools/sockets" tcp 25 20000 "$source4"
	by cron.service tcp 443 2000 "$french4" "$french6"
}

# Other programs send no mail by themselves, and fetch nothing from there; they are told so.
alien() {
	by cron.service tcp 25 2000 "$spammer4" 2>/dev/null
	by cron.service tcp 443 2000 "$spammer4" 2>/dev/null
	lab_in "$guarded" "$lab_tools/sockets" tcp 25 2000 "$spammer4"
}

scenario_policy "sockets: $slice" "replies:" "  - {on: 25/tcp, why: mail comes in}" "scopes:" \
	"  - name: relay" "    from: {unit: $unit}" \
	"    allow: [{soil: [FR, DE], why: mail is delivered in Europe}]"
scenario_monitor 2
lab_gabelou survey "$scenario_log" >"$lab_folder/survey" 2>&1
tap_matches "the survey names the other sender by its unit" "$(cat "$lab_folder/survey")" cron.service
tap_is "and nothing of the relay" "$(grep -c "$unit" "$lab_folder/survey")" 0
scenario_enforce
tap_matches "explain says by which scope" \
	"$(lab_gabelou explain --unit "$unit" "$mailbox4")" 'relay allow #1'

tap_end
