#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: scripts/accuracy counts right: on sources and feeds made up so that each number is known, and
# what cannot be counted is refused.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/tap.sh

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
command -v python3 >/dev/null || {
	tap_skip accuracy "no python3"
	tap_end
	exit
}

# 5.1.0.0/16 in Paris, but 5.1.128.0/24 of it in Frankfurt, and 5.1.129.0/24 in no region that is
# known; 5.2.0.0/16 in Frankfurt. Rows come in any order, and twice.
cat >"$folder/ip-ranges.json" <<-END
	{"createDate": "2026-01-02-03-04-05", "prefixes": [
	{"ip_prefix": "5.2.0.0/16", "network_border_group": "eu-central-1", "service": "AMAZON"},
	{"ip_prefix": "5.1.128.0/24", "network_border_group": "eu-central-1", "service": "AMAZON"},
	{"ip_prefix": "5.1.0.0/16", "network_border_group": "eu-west-3", "service": "AMAZON"},
	{"ip_prefix": "5.1.0.0/16", "network_border_group": "GLOBAL", "service": "EC2"},
	{"ip_prefix": "5.1.129.0/24", "network_border_group": "nowhere-1", "service": "AMAZON"}]}
END
printf '%s\n' "# a geofeed" "6.0.0.0/24,FR,,," "6.0.1.4/30,DE,,," "2a00::/32,FR,,," >"$folder/host-geofeed.csv"

# One knows Paris but takes half of Frankfurt along; two is right of Paris and has a /24 of
# Frankfurt wrong; three knows a half of Paris only and nothing of the host.
printf '%s\n' "# date: 2026-01-01" "5.1.0.0,5.2.127.255,FR" "5.2.128.0,5.2.255.255,DE" \
	"6.0.0.0,6.0.1.255,FR" >"$folder/one.csv"
printf '%s\n' "# date: 2026-01-01" "5.1.0.0,5.1.127.255,FR" "5.1.128.0,5.1.128.255,DE" \
	"5.1.129.0,5.2.0.255,FR" "5.2.1.0,5.2.255.255,DE" "6.0.0.0,6.0.0.255,FR" >"$folder/two.csv"
printf '%s\n' "# date: 2026-01-01" "5.1.0.0,5.1.127.255,FR" "5.1.128.0,5.2.255.255,DE" >"$folder/three.csv"

accuracy() {
	scripts/accuracy --soil "$folder/one.csv" --soil "$folder/two.csv" --soil 3="$folder/three.csv" "$@"
}

# FILTER: of the JSON.
ask() {
	jq -c "$1" "$folder/report"
}

output=$(accuracy --json "$folder/report" "$folder/ip-ranges.json" "$folder/host-geofeed.csv" 2>&1)
tap_is "a vote that is worse than it should: exit" $? 1
tap_is "what is judged: blocks of 64, and what is left of them" "$(ask .judged)" $((1020 + 1024 + 4 + 1))
tap_is "dates" "$(ask '[.sources[].date, .feeds[].date]')" \
	'["2026-01-01","2026-01-01","2026-01-01","2026-01-02","no date"]'
tap_is "space of no known country is left out" "$(ask '[.feeds[].unknown]')" '[256,0]'
tap_is "rows are the country's regions" "$(ask '[.regions[] | [.region, .addresses]]')" \
	'[["aws/eu-west-3",65024],["host/FR",256]]'
tap_is "the right country, in percent" "$(ask '[.regions[].right]')" \
	'[{"one":100,"two":100,"3":50.39,"majority":100,"all":50.39},{"one":100,"two":100,"3":0,"majority":100,"all":100}]'
tap_is "wrong allows" "$(ask '[.providers[] | [.outside, .wrong_allows]]')" \
	'[[65792,{"one":33024,"two":256,"3":0,"majority":256,"all":0}],[4,{"one":4,"two":0,"3":0,"majority":4,"all":4}]]'
tap_is "wrong denials" "$(ask '[.providers[] | [.inside, .wrong_denials]]')" \
	'[[65024,{"one":0,"two":0,"3":32256,"majority":0,"all":32256}],[256,{"one":0,"two":0,"3":256,"majority":0,"all":0}]]'
tap_is "a word that nobody seconds is worse than a source by itself" \
	"$(ask '[.checks[] | [.provider, .vote, .against, .of_it, .result]]')" \
	'[["aws","majority","median",256,"equal"],["host","majority","median",0,"worse"],["aws","all","best",0,"equal"],["host","all","best",0,"worse"]]'
tap_matches "the table" "$output" '^\| aws/eu-west-3 \| 65,024 \| 100 \| 100 \| 50\.39 \| 100 \| 50\.39 \|$'

accuracy --vote two,3 --min-sources 2 --region aws/eu-west-3+eu-central-1 --country DE --step 65536 \
	--json "$folder/report" "$folder/ip-ranges.json" "$folder/host-geofeed.csv" >/dev/null
tap_is "two that must both have a word: exit" $? 0
tap_is "the columns" "$(ask '.providers[0].wrong_allows | keys_unsorted')" \
	'["one","two","3","majority of two 3","all of two 3"]'
tap_is "nobody seconds it, so it is not allowed" "$(ask '.providers[1].wrong_denials["all of two 3"]')" 4
tap_is "a row of several regions" "$(ask '[.regions[] | [.region, .addresses]]')" \
	'[["aws/eu-west-3+eu-central-1",130816]]'

# DESCRIPTION PATTERN ARGUMENT...: refused with one line.
refused() {
	local description=$1 pattern=$2
	shift 2
	output=$("$@" 2>&1)
	tap_is "$description: exit" $? 1
	tap_matches "$description: message" "$(tail -n 1 <<<"$output")" "$pattern"
}
echo '{"createDate": "2026", "prefixes": [{"ip_prefix": "5.1.0.1/16", "network_border_group": "eu-west-3"}]}' \
	>"$folder/bad.json"
refused "a broken feed" "^scripts/accuracy: $folder/bad.json: not a feed: .*host bits" accuracy "$folder/bad.json"
refused "no feed" "none/such: not a feed: .*No such file" accuracy none/such
refused "a vote of whom nobody knows" 'no source is called four$' accuracy --vote one,four "$folder/ip-ranges.json"
refused "a region that is not in the feeds" 'no address of gcp/x is in the feeds$' \
	accuracy --step 65536 --region gcp/x "$folder/ip-ranges.json"
refused "a source that cannot be read" '^scripts/accuracy: none: .*none/such\.csv: cannot be read' \
	scripts/accuracy --soil none=none/such.csv --step 65536 "$folder/ip-ranges.json"
tap_end
