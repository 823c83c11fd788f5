#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# From soil sources that vote to a merged atlas, and how fast "explain - --json" tells of it:
# the time for many addresses, uniform over IPv4, and for one, which is that to begin. The atlas is
# cached for both. Measurements and samples on stdout, one JSON object a line.
#
# usage: atlas.sh DATA_DIR RUNS
# SOIL_SOURCES="FILE FILE...": the sources; without it the embedded one.
set -eu
build=${BUILD:-build} data=$1 runs=$2
gabelou=$build/gabelou
addresses=2000000

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
read -ra files <<<"${SOIL_SOURCES-$data/soil.csv.zst}"
"$build/tests/bench/atlas_bench" "$data" "$runs" "${files[@]}"

{
	printf 'gabelou: 1\nallow:\n  - soil: [FR]\n    owner: [EU]\ndata:\n  soil:\n'
	for file in "${files[@]}"; do
		printf '    - file: %s\n' "$(realpath "$file")"
	done
} >"$folder/policy.yaml"
awk -v count="$addresses" 'BEGIN {
	srand(6)
	for (i = 0; i < count; i++)
		printf "%d.%d.%d.%d\n", rand() * 256, rand() * 256, rand() * 256, rand() * 256
}' >"$folder/many"
head -n 1 "$folder/many" >"$folder/one"

# FILE: its addresses, explained. What is fast and wrong is worth nothing: the answers are counted.
explain() {
	"$gabelou" explain --json --policy "$folder/policy.yaml" - <"$folder/$1"
}
[ "$(explain many | wc -l)" -eq "$addresses" ] || {
	echo "atlas.sh: not every address was explained" >&2
	exit 1
}
export -f explain
export gabelou folder
for ((run = 0; run < runs; run++)); do
	for what in one many; do
		"$build/tests/bench/run_bench" "atlas/explain/$what" gabelou bash -c "explain $what" |
			sed "s/^{/{\"addresses\": $(wc -l <"$folder/$what"), /"
	done
done
