#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A flood of forged SYNs at a server whose clients are answered as replies: how many of the
# connections that were established go on to be answered? All must.
#
#   replies_flood.sh [SECONDS [CONNECTIONS]]
#
# First the whole way, in namespaces: SYNs arrive, the server's SYN-ACKs leave. Then the program alone
# that stands where packets come in, as fast as it can be driven.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
seconds=${1-30} connections=${2-500} failed=0

obstacle=$(lab_obstacle)
[ -z "$obstacle" ] || { echo "cannot run here: $obstacle" >&2; exit 1; }
lab_begin || exit 1
lab_data
lab_host "$german4"
lab_policy web "- soil: [FR]" "replies: [{on: 443/tcp}]" "sockets: off" >"$lab_folder/web.yaml"
lab_gabelou apply "$lab_folder/web.yaml" || exit 1
lab_start "$guarded" python3 tests/lab/echo.py serve 443 "" >"$lab_folder/server"
lab_await 50 grep -q ready "$lab_folder/server" || exit 1
coproc held { lab_in "$far" python3 tests/lab/echo.py hold "$german4" "$source4" 443 "$connections"; }
read -r -t 60 made <&"${held[0]}"
echo "$made connections established"

lab_in "$far" "$lab_tools/syns" "$wire" "$uplink_mac" 5.1.5.0 "$source4" 443 "$seconds" \
	>"$lab_folder/flood" &
flood=$!
while kill -0 "$flood" 2>/dev/null; do
	echo >&"${held[1]}"
	read -r -t 60 answered <&"${held[0]}" || answered=0
	[ "$answered" -eq "$made" ] || { echo "under the flood $answered of them are answered"; failed=1; }
	sleep 1
done
wait "$flood"
read -r sent rate <"$lab_folder/flood"
echo >&"${held[1]}"
read -r -t 60 answered <&"${held[0]}"
echo "in namespaces: $sent forged SYNs in $seconds s ($rate a second), answered after it: $answered of $made"
lab_gabelou status --json |
	jq -r '.reasons[] | select(.reason | startswith("reply")) | "\(.reason): \(.packets) packets"'
[ "$answered" -eq "$made" ] || failed=1
"$lab_build/tests/bench/replies_bench" flood "$seconds" || failed=1
exit "$failed"
