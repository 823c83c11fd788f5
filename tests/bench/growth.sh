#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What nftables takes to load interval sets that grow. Samples on stdout, one JSON object a line.
#
# usage: growth.sh FOLDER COUNT...
# FOLDER holds the lists v4.COUNT and v6.COUNT that growth_bench wrote.
set -eu
# shellcheck source=tests/bench/wires.sh
. "$(dirname "$0")/wires.sh"

folder=$1
patience=60 # seconds
shift
wires_begin
for family in v4 v6; do
	for count; do
		{
			echo 'table inet bench {'
			wires_nft_set "allowed${family#v}" "$folder/$family.$count"
			echo '}'
		} >"$lab_folder/growth.nft"
		wires_up
		lab_in "$host" "$lab_build/tests/bench/run_bench" "growth/$family/$count/load" nftables \
			timeout -k 5 "$patience" nft -f "$lab_folder/growth.nft" 2>"$lab_folder/log" ||
			echo "{\"sample\": \"growth/$family/$count/load\", \"subject\": \"nftables\"," \
				"\"failed\": \"not within $patience s\"}"
		wires_down
	done
done
