#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: every layer of the kernel, taken away alone (GABELOU_WITHOUT), is either done without, with
# the same verdicts, counters and events, or refused by its name before anything changes.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/tap.sh

tap_needs_lab without
lab_begin || exit 1
lab_data

# FILTER LAYER: of what status says of the layer.
said() {
	lab_gabelou status --json | jq -r --arg layer "$2" ".kernel[] | select(.feature == \$layer) | $1"
}

counted() {
	lab_gabelou status --json | jq '[.reasons[] | select(.reason == "soil") | .packets] | add // 0'
}

tap_try "apply" lab_gabelou apply "$lab_folder/german.yaml"
readarray -t layers < <(lab_gabelou status --json | jq -r '.kernel[].feature')
tap_is "status lists layers" "$((${#layers[@]} > 0))" 1
lab_start "$guarded" "$gabelou" agent --log "$lab_folder/log" 2>"$lab_folder/agent"
agent=$!
lab_reads "$agent"

# LAYER: applied without it, it all goes on.
done_without() {
	tap_is "$1: not there" "$(said .present "$1")" false
	tap_is "$1: enforced without it" "$(lab_enforced)" french
	tap_matches "$1: status tells what its lack costs" "$(lab_gabelou status | tr -s ' \n' ' ')" \
		"$1 \(Linux $(said .since "$1"), taken away\): $(said .without "$1")"
	before=$(counted)
	lab_frames 3 udp4 "$german4" "$german6" >/dev/null
	tap_is "$1: counted" "$(($(counted) - before))" 3
	generation=$(lab_gabelou status --json | jq .generation)
	tap_try "$1: logged" lab_await 30 logged "$generation"
}

# GENERATION
logged() {
	jq -se --argjson generation "$1" --arg address "$german4" 'any(.[];
		.gabelou.generation == $generation and .destination.ip == $address)' "$lab_folder/log"
}

for layer in "${layers[@]}"; do
	lab_gabelou apply "$lab_folder/german.yaml" >/dev/null 2>&1
	GABELOU_WITHOUT=$layer lab_gabelou apply "$lab_folder/french.yaml" >"$lab_folder/output" 2>&1
	status=$?
	if [ "$status" -eq 0 ]; then
		done_without "$layer"
	else
		tap_is "$layer: refused with exit" "$status" 3
		tap_matches "$layer: by its name" "$(cat "$lab_folder/output")" "lacks $layer"
		tap_is "$layer: what was enforced stays" "$(lab_enforced)" german
	fi
done
lab_stop "$agent"

# --- bad input ---

lab_gabelou apply "$lab_folder/german.yaml" >/dev/null 2>&1
GABELOU_WITHOUT=tc lab_gabelou apply "$lab_folder/french.yaml" >"$lab_folder/output" 2>&1
tap_is "an unknown layer: exit" $? 3
tap_matches "it says which there are" "$(cat "$lab_folder/output")" 'tc is no layer.*tcx'
tap_is "and nothing changed" "$(lab_enforced)" german

# --- all at once: as on the oldest kernel that can do it ---

all=$(lab_gabelou status --json |
	jq -r '[.kernel[] | select(.without != "no policy can be applied") | .feature] | join(",")')
GABELOU_WITHOUT=$all tap_try "apply without $all" lab_gabelou apply "$lab_folder/french.yaml"
tap_is "enforced without any of them" "$(lab_enforced)" french
tap_try "apply with all again" lab_gabelou apply "$lab_folder/german.yaml"
tap_is "enforced with all again" "$(lab_enforced)" german
tap_end
