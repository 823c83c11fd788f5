#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: docs/walkthroughs/web-server.md. A web server that anybody may ask, and that asks almost
# nobody: its answers leave for everywhere, its own connections for French soil, and for the mirror
# that its updates come from.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/lab-scenario.sh
. scripts/tap.sh

tap_needs_lab "web server"
lab_begin || exit 1
lab_data

mirror=5.1.5.80 dropper4=5.1.5.66 dropper6=2a00:5:5::66
lab_host "$french4" "$french6" "$german4" "$german6" "$mirror" "$dropper4" "$dropper6"
for port in 80 5432; do
	lab_listen "$port" || exit 1
done
lab_listen 443 "$guarded" || exit 1

# SOURCE4 SOURCE6: a visitor from there asks for a large page.
visit() {
	lab_in "$far" ip route replace "$source4" dev "$wire" src "$1"
	lab_in "$far" ip -6 route replace "$source6" dev "$wire" src "$2"
	lab_in "$far" "$lab_tools/sockets" tcp 443 200000 "$source4" "$source6"
}

honest() {
	visit "$german4" "$german6"
	visit "$french4" "$french6"
	lab_in "$guarded" "$lab_tools/sockets" tcp 5432 2000 "$french4" "$french6"
	lab_in "$guarded" "$lab_tools/sockets" tcp 80 2000 "$mirror"
}

# Whoever broke in fetches more, and calls home, from the web server's own port, too.
alien() {
	lab_in "$guarded" "$lab_tools/sockets" tcp 80 2000 "$dropper4" "$dropper6"
	lab_in "$guarded" "$lab_tools/sockets" tcp 5432 2000 "$german4"
}

scenario_policy "replies:" "  - {on: 443/tcp, why: our web site}"
sed '/^replies/,$d' "$scenario_etc/policy.yaml" >"$scenario_etc/undecided.yaml"
tap_matches "without the key, apply asks what becomes of answers" \
	"$(lab_gabelou apply "$scenario_etc/undecided.yaml" 2>&1)" '443/tcp'
lab_gabelou detach >/dev/null
echo "$mirror mirror.example" >>"$lab_folder/hosts"
scenario_monitor 4
scenario_except 'CHG-80 updates of the web server'
scenario_enforce
tap_is "answers are counted apart, by soil" "$(lab_gabelou status --json |
	jq -r '[.counters[] | select(.reply and .soil == "DE" and .packets > 0)] | length')" 1

tap_end
