#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: bad input is named with its file, line and column, exits 1, and changes nothing: what was
# enforced before still is.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/tap.sh

tap_needs_lab refuse
lab_begin || exit 1
lab_data
tap_try "apply a good policy" lab_gabelou apply "$lab_folder/french.yaml"
before=$(lab_gabelou status --json | jq -c '[.generation, .policy.sha256]')

# DESCRIPTION PATTERN: the policy on stdin is refused, with a message that matches.
refused() {
	local output status
	cat >"$lab_folder/bad.yaml"
	output=$(lab_gabelou apply "$lab_folder/bad.yaml" 2>&1)
	status=$?
	if [ "$status" -ne 1 ]; then
		tap_not_ok "$1: exit 1" "exit $status: $output"
	elif ! grep -qE -- "$2" <<<"$output"; then
		tap_not_ok "$1: says where and what" "got: $output
expected a match of: $2"
	elif [ "$(lab_gabelou status --json | jq -c '[.generation, .policy.sha256]')" != "$before" ]; then
		tap_not_ok "$1: changed what is enforced" "$(lab_gabelou status --json)"
	else
		tap_ok "$1"
	fi
}

at='^[^ ]*bad\.yaml:[0-9]+:[0-9]+: '

refused "an unknown key" "${at}.*colour" \
	< <(lab_policy bad "- soil: [FR]" "colour: blue")
refused "a list for a word" "${at}.*mode" \
	< <(lab_policy bad "- soil: [FR]" "mode: [enforce]")
refused "broken YAML" "$at" \
	< <(lab_policy bad "- soil: FR: DE")
refused "a country that does not exist" "${at}.*XX" \
	< <(lab_policy bad "- soil: [XX]")
refused "a country in lower case" "${at}.*FR" \
	< <(lab_policy bad "- soil: [fr]")
refused "a group that does not exist" "${at}.*NATO" \
	< <(lab_policy bad "- owner: [NATO]")
refused "host bits" "${at}.*203\.0\.113\.0/24" \
	< <(lab_policy bad "- to: [203.0.113.7/24]")
refused "a prefix that is too long" "${at}.*/32" \
	< <(lab_policy bad "- to: [203.0.113.0/33]")
refused "an ASN over 32 bits" "$at" \
	< <(lab_policy bad "- asn: [4294967296]")
refused "a policy that allows nothing" "bad\.yaml:.*allow" \
	< <(lab_policy bad "- soil: [FR]" | grep -v -e allow: -e '- soil')
refused "a key twice" "${at}.*mode" \
	< <(lab_policy bad "- soil: [FR]" "mode: enforce" "mode: monitor")
refused "a scope of nobody" "${at}.*scope" \
	< <(lab_policy bad "- soil: [FR]" "scopes: [{name: a}]")
refused "a lifeline that is an open door" "${at}.*/24" \
	< <(lab_policy bad "- soil: [FR]" "lifeline: [198.51.0.0/16]")
refused "an exception without an end" "${at}.*until" \
	< <(lab_policy bad "- soil: [FR]" "except: [{to: [203.0.113.0/24], why: a}]")
refused "an exception's port without a protocol" "${at}.*443/tcp" \
	< <(lab_policy bad "- soil: [FR]" \
		"except: [{to: [203.0.113.0/24], port: [443], until: 2027-01-31, why: a}]")
refused "another format" "${at}.*(version|format|gabelou)" \
	< <(lab_policy bad "- soil: [FR]" | sed 's/gabelou: 1/gabelou: 2/')
refused "no interface to guard" "bad\.yaml:[0-9]+:[0-9]+: .*nosuch|no interface" \
	< <(lab_policy bad "- soil: [FR]" 'interfaces: {guard: ["nosuch*"]}')
refused "an empty policy" "bad\.yaml" \
	< <(true)

# FILE, with what is wrong with it written to it before.
bad_data() {
	refused "$1" "$2.*$3" \
		< <(lab_policy bad "- soil: [FR]" | sed "s/soil: \[soil.csv\]/soil: [soil.csv, $2]/")
}

bad_data "a data file that is missing" missing.csv "(No such file|not there|missing|cannot)"
: >"$lab_folder/empty.csv"
bad_data "an empty data file" empty.csv "(empty|no rows)"
head -c 60 "$lab_folder/soil.csv" >"$lab_folder/cut.csv"
bad_data "a data file that ends early" cut.csv ":3:.*"
printf '<!DOCTYPE html>\n<html><body>Sign in</body></html>\n' >"$lab_folder/page.csv"
bad_data "an HTML page for a data file" page.csv "HTML"
printf '5.1.1.0,5.1.1.255,FR\n5.1.3.0,5.1.2.255,FR\n' >"$lab_folder/backwards.csv"
bad_data "a range that ends before it begins" backwards.csv ":2:[0-9]+: "
printf '5.1.1.0,5.1.1.255,France\n' >"$lab_folder/word.csv"
bad_data "a word for a country" word.csv ":1:[0-9]+: "
printf '5.1.1.0,5.1.1.256,FR\n' >"$lab_folder/address.csv"
bad_data "an address that is none" address.csv ":1:[0-9]+: "
head -c 300 data/soil.csv.zst >"$lab_folder/cut.zst"
bad_data "a compressed file that ends early" cut.zst "(early|truncated|broken|incomplete)"
mkdir "$lab_folder/folder.csv"
bad_data "a folder for a data file" folder.csv "not a (regular )?file"

tap_is "after all that, packets meet the same policy" "$(lab_enforced)" french

# What must work, though it looks odd.
lab_policy norway "- soil: [NO, FR]" >"$lab_folder/norway.yaml"
tap_try "NO is Norway" lab_gabelou apply "$lab_folder/norway.yaml"
lab_policy globs "- soil: [FR]" "interfaces: {guard: [\"$uplink\", \"nosuch*\"]}" \
	>"$lab_folder/globs.yaml"
output=$(lab_gabelou apply "$lab_folder/globs.yaml" 2>&1)
tap_is "a glob that matches nothing beside one that does: exit" $? 0
tap_matches "it is warned of" "$output" 'nosuch'
lab_gabelou apply --strict "$lab_folder/globs.yaml" >/dev/null 2>&1
tap_is "under --strict: exit" $? 1
tap_try "--strict has nothing against a policy without a warning" \
	lab_gabelou apply --strict "$lab_folder/norway.yaml"

lab_gabelou apply >/dev/null 2>&1
tap_is "apply without a policy: exit" $? 2
lab_gabelou nonsense >/dev/null 2>&1
tap_is "a verb that does not exist: exit" $? 2
lab_gabelou apply "$lab_folder/nosuch.yaml" >/dev/null 2>&1
tap_is "a policy that does not exist: exit" $? 1
for verb in check explain apply update status agent detach; do
	tap_try "$verb --help" lab_gabelou "$verb" --help
done
tap_end
