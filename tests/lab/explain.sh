#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: explain answers for many addresses from the command line and from standard input, by a
# policy file and by what is enforced, and its exit status says whether each was answered.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/tap.sh

tap_needs_lab explain
lab_begin || exit 1
lab_data
french=$lab_folder/french.yaml
broken=$lab_folder/broken.yaml
echo "gabelou: 2" >"$broken"
err=$lab_folder/err

# VERDICTS: the JSON on stdin, as "address verdict" joined by commas.
verdicts() {
	jq -r 'if .errors then "error " + (.errors[0].line | tostring) else .address + " " + .verdict end' |
		paste -sd,
}

output=$(lab_gabelou explain --json --policy "$french" "$french4" "$german4" "$french6" 2>"$err" | verdicts)
tap_is "several addresses" "$output" "$french4 allow,$german4 deny,$french6 allow"
output=$(printf '%s\n' "# from the log" "$french4" "" "  $german4 # why?" "$french6" |
	lab_gabelou explain --json --policy "$french" - 2>"$err" | verdicts)
tap_is "the same from standard input" "$output" "$french4 allow,$german4 deny,$french6 allow"

printf '%s\n' "$french4" "5.1.1.0/24" "$german4" "a b" >"$lab_folder/list"
output=$(lab_gabelou explain --json --policy "$french" - <"$lab_folder/list" 2>"$err")
tap_is "a bad line: exit" $? 1
tap_is "a bad line: the others are answered" "$(verdicts <<<"$output")" \
	"$french4 allow,error 2,$german4 deny,error 4"
tap_matches "a bad line: said with its number" "$(cat "$err")" '^stdin:2: "5\.1\.1\.0/24" is neither'
output=$(lab_gabelou explain --policy "$french" - <"$lab_folder/list" 2>"$err")
tap_is "a bad line, as text: exit" $? 1
tap_is "a bad line, as text: pages" "$(grep -c '^address ' <<<"$output")" 2
tap_is "the disclaimer stands once" "$(grep -c 'not legal' <<<"$output")" 1

lab_gabelou explain --policy "$french" </dev/null >/dev/null 2>&1
tap_is "no target: exit" $? 2
lab_gabelou explain --json --policy "$french" - </dev/null >/dev/null 2>&1
tap_is "nothing on standard input: exit" $? 0
lab_gabelou explain --policy "$french" - <"$lab_folder" >/dev/null 2>&1
tap_is "standard input that cannot be read: exit" $? 1
lab_gabelou explain --policy "$broken" "$french4" >/dev/null 2>&1
tap_is "a policy that is wrong: exit" $? 1
lab_gabelou explain --json --policy "$french" - <"$lab_folder/list" >/dev/full 2>/dev/null
tap_is "an output that is full: exit" $? 3
lab_gabelou explain "$french4" >/dev/null 2>&1
tap_is "nothing is enforced: exit" $? 1

# An answer comes before the next question is asked.
coproc explain_lines { lab_gabelou explain --json --policy "$french" -; }
for address in "$french4" "$german4"; do
	echo "$address" >&"${explain_lines[1]}"
	read -r -t 20 line <&"${explain_lines[0]}"
	tap_is "asked one by one: $address" "$(jq -r .target <<<"$line")" "$address"
done
explain_pid=$explain_lines_PID
exec {explain_lines[1]}>&-
wait "$explain_pid"
tap_is "asked one by one: exit" $? 0

# More operands than were once allowed; short ones, for the kernel limits their bytes.
yes 5.1.1.9 | head -n 100001 | tr '\n' ' ' >"$lab_folder/many"
read -r -a many <"$lab_folder/many"
count=$("$gabelou" explain --json --policy "$french" "${many[@]}" 2>"$err" | wc -l)
tap_is "100,001 operands" "$count" 100001

tap_try "apply" lab_gabelou apply "$french"
output=$(printf '%s\n' "$french4" "$german4" | lab_gabelou explain --json - 2>"$err")
tap_is "by what is enforced" "$(verdicts <<<"$output")" "$french4 allow,$german4 deny"
tap_is "it says which generation" "$(jq -r .generation <<<"$output" | sort -u)" 1
tap_matches "each source's word" "$(jq -c '.soil.sources' <<<"$output" | head -n 1)" \
	'"name":"soil.csv","country":"FR"'

# In a mount namespace of its own, the names of that one count, though the pins are in pid 1's.
echo "$french4 only-here.example" >"$lab_folder/hosts"
output=$(lab_in "$guarded" unshare -m --propagation private sh -c '
	mount --bind "$1" /etc/hosts && exec "$2" explain --json only-here.example' \
	sh "$lab_folder/hosts" "$gabelou" 2>"$err")
tap_is "a name that only this mount namespace knows" "$(verdicts <<<"$output")" "$french4 allow"

mv "$lab_folder/soil.csv" "$lab_folder/gone.csv"
output=$(echo "$french4" | lab_gabelou explain --json - 2>"$err")
tap_is "the data is gone: exit" $? 0
tap_is "the data is gone: the verdict stays" "$(verdicts <<<"$output")" "$french4 allow"
tap_matches "the data is gone: it is said" "$(cat "$err")" 'can no longer be read'
tap_is "the data is gone: no source's word" "$(jq -c '.soil.sources' <<<"$output")" '[]'
tap_end
