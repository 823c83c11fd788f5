#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: update fetches what the policy names, asks only for changes, and applies them within the
# bound. Whatever a server answers instead, the files, and what is enforced, stay as they were, and
# status says so.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/tap.sh

# shellcheck source=scripts/lab-private.sh
. scripts/lab-private.sh # what the last update came to is recorded for the machine as a whole
lab_begin || exit 1
lab_data
lab_in "$guarded" ip link set lo up
served=$lab_folder/served
mkdir "$served"
# Enough rows for shares and sizes to mean something.
for i in $(seq 1 250); do
	country=FR
	[ $((i % 2)) -eq 0 ] || country=DE
	echo "5.1.$i.0,5.1.$i.255,$country"
done >"$lab_folder/soil.csv"
sed -i 's/^\(5.1.1.0.*\),DE/\1,FR/' "$lab_folder/soil.csv"
cp "$lab_folder/soil.csv" "$served/soil.csv"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=lab \
	-addext subjectAltName=IP:127.0.0.1 -keyout "$lab_folder/key.pem" \
	-out "$lab_folder/authority.pem" 2>/dev/null
cat "$lab_folder/key.pem" "$lab_folder/authority.pem" >"$lab_folder/server.pem"
lab_start "$guarded" python3 tests/lab/webserver.py "$served" "$lab_folder/server.pem" \
	>"$lab_folder/port" 2>"$lab_folder/server.log"
lab_await 50 test -s "$lab_folder/port" || tap_not_ok "the server" "$(cat "$lab_folder/server.log")"
server=https://127.0.0.1:$(cat "$lab_folder/port")

# HOW [MORE]: a policy whose soil is fetched in that way.
policy() {
	lab_policy update "- soil: [FR]" | sed "s|soil: \[soil.csv\]|soil: [{file: soil.csv, \
url: \"$server/$1/soil.csv\"${2-}}]|" >"$lab_folder/update.yaml"
}

update() {
	lab_gabelou update --authorities "$lab_folder/authority.pem" "$@" "$lab_folder/update.yaml"
}

enforced() {
	lab_gabelou status --json | jq -c '[.generation, .policy.sha256, [.data[].sha256]]'
}

# The file's content and inode.
file_is() {
	stat -c '%i' "$lab_folder/soil.csv"
	sha256sum <"$lab_folder/soil.csv"
}

# --- what works ---

policy good
output=$(update 2>&1)
tap_is "with nothing enforced: exit" $? 0
tap_matches "it says what to do" "$output" "nothing is enforced.*apply"
tap_try "apply" lab_gabelou apply "$lab_folder/update.yaml"
tap_is "the server was not asked by apply" "$(wc -l <"$served/requests")" 1

before=$(enforced)
tap_try "nothing new" update
tap_is "the server was asked with the tag, and said so" "$(tail -1 "$served/requests" | cut -f 4)" 304
tap_is "nothing was applied" "$(enforced)" "$before"
echo "5.2.1.0,5.2.1.255,FR" >>"$served/soil.csv"
tap_try "a small change" update
tap_is "it is in place" "$(tail -1 "$lab_folder/soil.csv")" "5.2.1.0,5.2.1.255,FR"
tap_is "and enforced" "$([ "$(enforced)" != "$before" ] && echo new)" new
tap_is "status has no problem with it" \
	"$(lab_gabelou status --json | jq -c '[.update.outcome, [.problems[] | select(test("update"))]]')" \
	'["applied",[]]'

policy dated
echo "5.2.2.0,5.2.2.255,FR" >>"$served/soil.csv"
tap_try "a server with dates only" update
tap_try "again" update
tap_is "it was asked with the date" "$(tail -1 "$served/requests" | cut -f 3,4)" \
	"Sun, 02 Aug 2026 00:00:00 GMT	304"
policy moved
echo "5.2.3.0,5.2.3.255,FR" >>"$served/soil.csv"
tap_try "a redirect" update
tap_is "it was followed" "$(tail -1 "$lab_folder/soil.csv")" "5.2.3.0,5.2.3.255,FR"
policy packed
echo "5.2.4.0,5.2.4.255,FR" >>"$served/soil.csv"
tap_try "a file in gzip" update
tap_is "it is unpacked" "$(tail -1 "$lab_folder/soil.csv")" "5.2.4.0,5.2.4.255,FR"
policy good ", checksum: \"$server/sum/soil.csv\""
echo "5.2.5.0,5.2.5.255,FR" >>"$served/soil.csv"
tap_try "a checksum that is right" update
tap_is "it is in place" "$(tail -1 "$lab_folder/soil.csv")" "5.2.5.0,5.2.5.255,FR"
policy good
tap_try "apply it without a checksum" lab_gabelou apply "$lab_folder/update.yaml"

# --- what does not ---

# DESCRIPTION HOW PATTERN [MORE [OPTION...]]
refused() {
	local description=$1 pattern=$3 how=$2 more=${4-} before file output status
	shift 3
	[ $# -eq 0 ] || shift
	policy "$how" "$more"
	before=$(enforced) file=$(file_is)
	output=$(update "$@" 2>&1)
	status=$?
	if [ "$status" -ne 1 ]; then
		tap_not_ok "$description: exit 1" "exit $status: $output"
	elif ! tr '\n' ' ' <<<"$output" | grep -qE -- "$pattern"; then
		tap_not_ok "$description: says what" "got: $output
expected a match of: $pattern"
	elif [ "$(enforced)" != "$before" ]; then
		tap_not_ok "$description: changed what is enforced" "$output"
	elif [ "$(file_is)" != "$file" ]; then
		tap_not_ok "$description: changed the file" "$output"
	elif ls "$lab_folder"/.soil.csv* >/dev/null 2>&1; then
		tap_not_ok "$description: left a file" "$(ls -a "$lab_folder")"
	elif [ -z "$(lab_gabelou status --json | jq -r '.problems[] | select(test("update"))')" ]; then
		tap_not_ok "$description: status does not say" "$(lab_gabelou status)"
	elif ! lab_gabelou status --metrics | grep -qx 'gabelou_update_succeeded 0'; then
		tap_not_ok "$description: metrics do not say" "$(lab_gabelou status --metrics)"
	else
		tap_ok "$description"
	fi
}

echo "5.2.6.0,5.2.6.255,FR" >>"$served/soil.csv" # from here on there is something new
refused "a file that ends early" truncated "soil.csv: .*(early|transfer closed|outstanding)"
refused "a file that is shorter" cut "less than half.*--any-size"
refused "a file that grew" grown "far more than this file had.*--any-size"
refused "an empty file" empty "empty"
refused "no such file" nosuch "404"
refused "an HTML page" html "HTML"
refused "redirects in circles" loop "redirects"
refused "a redirect away from https" plain "https"
refused "a slow server" slow "slow" "" --timeout 2
refused "broken gzip" brokenzip "gzip data ends early"
refused "a wrong checksum" good "checksum" ", checksum: \"$server/wrongsum/soil.csv\""
sed -i 's/,DE$/,FR/' "$served/soil.csv"
refused "a surprising change" good "over.*bound|--max-change"
tap_try "the surprise, with a wider bound" update --max-change 100%
tap_is "it is in place" "$(grep -c ',DE$' "$lab_folder/soil.csv")" 0
tap_is "status has no problem with it" \
	"$(lab_gabelou status --json | jq -c '[.problems[] | select(test("update"))]')" '[]'
policy good
output=$(lab_gabelou update "$lab_folder/update.yaml" 2>&1)
tap_is "a server of whom nobody knows: exit" $? 1
tap_matches "it says so" "$output" "certificate"

# --- one of two ---

policy nosuch
sed -i "s|soil: \[{file|soil: [{file: other.csv, url: \"$server/good/other.csv\"}, {file|" \
	"$lab_folder/update.yaml"
cp "$lab_folder/soil.csv" "$lab_folder/other.csv"
(cat "$lab_folder/soil.csv" && echo "5.2.7.0,5.2.7.255,FR") >"$served/other.csv"
tap_try "apply two sources" lab_gabelou apply "$lab_folder/update.yaml"
output=$(update --max-change 100% 2>&1)
tap_is "one fails: exit" $? 1
tap_is "the other is in place" "$(tail -1 "$lab_folder/other.csv")" "5.2.7.0,5.2.7.255,FR"
tap_matches "status names the one" "$(lab_gabelou status --json | jq -r '.problems[]')" \
	'could not fetch .*soil.csv'
tap_matches "metrics too" "$(lab_gabelou status --metrics)" \
	'gabelou_update_source_failed\{file="[^"]*/soil.csv"\} 1'

# Without an operand: what is enforced, not what its file says by now.
sed -i 's/soil: \[FR\]/soil: [DE]/' "$lab_folder/update.yaml"
before=$(lab_gabelou status --json | jq -c .policy)
echo "5.2.8.0,5.2.8.255,FR" >>"$served/other.csv"
lab_gabelou update --authorities "$lab_folder/authority.pem" >/dev/null 2>&1
tap_is "without a policy, the enforced one is updated" \
	"$(tail -1 "$lab_folder/other.csv") $(lab_gabelou status --json | jq -c .policy)" \
	"5.2.8.0,5.2.8.255,FR $before"
lab_gabelou detach >/dev/null
output=$(lab_gabelou update 2>&1)
tap_is "without a policy and with nothing enforced: exit" $? 1
tap_matches "it says what to write" "$output" "name a policy"
tap_end
