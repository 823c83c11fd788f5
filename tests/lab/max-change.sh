#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: apply --max-change refuses data from which a country is gone, says what and what to do, and
# what was enforced goes on; an ordinary update passes; and plan says the same as apply, of what the
# kernel holds, also when the data that it was made of is gone.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/tap.sh

tap_needs_lab max-change
lab_begin || exit 1
lab_data

# A world large enough for shares: 5.1.0.0/16 is French, 5.2.0.0/16 German, a sixteenth Luxembourg's.
wide() {
	cat >"$lab_folder/soil.csv" <<-END
		5.1.0.0,5.1.255.255,FR
		5.2.0.0,5.2.239.255,DE
		5.2.240.0,5.2.255.255,${1:-LU}
		2a00:5:1::,2a00:5:1:ffff:ffff:ffff:ffff:ffff,FR
		2a00:5:5::,2a00:5:5:ffff:ffff:ffff:ffff:ffff,DE
	END
}

state() {
	lab_gabelou status --json | jq -c '[.generation, .policy.sha256, .data]'
}

# DESCRIPTION PATTERN OPTION...: apply of all.yaml is refused with exit 1, and nothing changes.
refused() {
	local description=$1 pattern=$2 before output status
	shift 2
	before=$(state)
	output=$(lab_gabelou apply "$@" "$lab_folder/all.yaml" 2>&1)
	status=$?
	tap_is "$description: exit" "$status" 1
	tap_matches "$description: says what" "$output" "$pattern"
	tap_matches "$description: says what to do" "$output" 'gabelou plan .*all\.yaml'
	tap_is "$description: changes nothing" "$(state)" "$before"
}

lab_policy all "- soil: [FR, DE, LU]" >"$lab_folder/all.yaml"
wide
tap_try "--max-change where nothing is enforced yet" \
	lab_gabelou apply --max-change 2% "$lab_folder/all.yaml"
tap_is "it is enforced" "$(lab_gabelou status --json | jq .generation)" 1
tap_try "the same again is no change" lab_gabelou apply --max-change 0% "$lab_folder/all.yaml"
output=$(lab_gabelou plan "$lab_folder/all.yaml")
tap_matches "plan: no change" "$output" 'no change'

# Luxembourg is gone: 3 % of the space, so within 5 %, and yet a country.
wide US
refused "a country that is gone" 'LU soil \(Luxembourg\).*over half of its IPv4' --max-change 5%
refused "a share over the bound" 'over 2 % of the IPv4 space.* would be cut \(4096 of 131072' \
	--max-change 2%
output=$(lab_gabelou apply --json --max-change 5% "$lab_folder/all.yaml" 2>/dev/null)
tap_is "--json: the errors" \
	"$(jq -c '[.errors[] | .severity] | unique' <<<"$output")" '["error"]'

# The file was overwritten: what is enforced is known from the kernel and its record alone.
output=$(lab_gabelou plan --json "$lab_folder/all.yaml")
tap_is "plan: what would be lost, by country" \
	"$(jq -c '[.countries[] | [.country, .ipv4_addresses.lost]]' <<<"$output")" '[["LU",4096]]'
tap_is "plan: the source that changed" "$(jq -c .changed_sources <<<"$output")" '["soil.csv"]'
tap_is "plan: what it is compared with" "$(jq -c '[.from.enforced, .data_at_hand]' <<<"$output")" \
	'[true,false]'
printf '%s\n' "5.2.250.1,40,4000" "5.1.1.1,9" "192.0.2.1" "5.2.255.255,50" >"$lab_folder/flows.csv"
output=$(lab_gabelou plan --json --flows "$lab_folder/flows.csv" "$lab_folder/all.yaml")
tap_is "plan --flows: what would be cut, worst first" \
	"$(jq -c '[.flows.cut.destinations[] | [.address, .packets, .after.reason]]' <<<"$output")" \
	'[["5.2.255.255",50,"soil"],["5.2.250.1",40,"soil"]]'
tap_is "after all that, the first generations' packets" "$(lab_frames 2 udp4 5.2.250.1 "$german6")" 2

# IPv6 is judged by itself: half of it goes, and not one IPv4 address.
wide
sed -i 's/^2a00:5:5::.*DE$/2a00:5:5::,2a00:5:5:ffff:ffff:ffff:ffff:ffff,US/' "$lab_folder/soil.csv"
refused "IPv6 alone" 'over 40 % of the IPv6 space.*\(1 of 2 /48s, 50 %\)' --max-change 40%

# Much more than before is a surprise, too.
wide
printf '%s\n' "6.0.0.0,6.255.255.255,FR" >>"$lab_folder/soil.csv"
refused "space that is added" 'over 2 % would be added to the IPv4 space' --max-change 2%

# An ordinary update: 256 of 131,072 addresses move abroad.
wide
printf '%s\n' "5.1.7.0,5.1.7.255,US" >>"$lab_folder/soil.csv"
tap_try "an update within the bound" lab_gabelou apply --max-change 2% "$lab_folder/all.yaml"
tap_is "it is enforced" "$(lab_frames 2 udp4 5.1.7.1 "$german6")" 0
wide US
tap_try "without the bound all is applied" lab_gabelou apply "$lab_folder/all.yaml"
tap_is "and enforced" "$(lab_frames 2 udp4 5.2.250.1 "$german6")" 0

for bad in 2 x% -1% 101% 1.00001% "2 %" ""; do
	lab_gabelou apply --max-change "$bad" "$lab_folder/all.yaml" >/dev/null 2>&1
	tap_is "--max-change \"$bad\": exit" $? 2
done

# plan and its inputs.
lab_gabelou plan >/dev/null 2>&1
tap_is "plan without a policy: exit" $? 2
output=$(lab_gabelou plan --flows "$lab_folder/nosuch.csv" "$lab_folder/all.yaml" 2>&1)
tap_is "a flow file that is not there: exit" $? 1
tap_matches "it is named" "$output" 'nosuch\.csv: cannot be read'
printf '%s\n' address,packets 5.1.1.1,9 5.1.1,3 >"$lab_folder/broken.csv"
output=$(lab_gabelou plan --flows "$lab_folder/broken.csv" "$lab_folder/all.yaml" 2>&1)
tap_is "a broken flow file: exit" $? 1
tap_matches "its line is named" "$output" 'broken\.csv:3:1: "5\.1\.1" is not an address'
tap_try "plan --help" lab_gabelou plan --help
tap_try "detach" lab_gabelou detach
output=$(lab_gabelou plan "$lab_folder/all.yaml" 2>&1)
tap_is "plan where nothing is enforced: exit" $? 1
tap_matches "it names the way out" "$output" 'nothing is enforced here.*--from FILE'
tap_try "plan --from needs nothing enforced" \
	lab_gabelou plan --from "$lab_folder/french.yaml" "$lab_folder/all.yaml"
tap_end
