#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the program costs once the policy has it all: 64 scopes, each by prefix and interface, 1,000
# exceptions, and replies. The lines of program_bench, as "living/..." instead of "program/...".
#
# usage: living.sh PROGRAM_BENCH DATA POLICY RUNS
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
{
	cat "$3"
	echo 'replies: [{on: 443/tcp, why: bench}, {on: 53/udp, why: bench}]'
	echo 'except:'
	for ((i = 0; i < 1000; i++)); do
		echo "  - {to: [13.$((i / 250)).$((i % 250)).0/24], port: [443/tcp], until: 2099-01-31, why: bench}"
	done
	echo 'scopes:'
	for ((i = 0; i < 64; i++)); do
		echo "  - {name: s$i, from: {prefix: [172.20.$i.0/24], interface: \"tenant$i\"}, allow: [{soil: [DE]}]}"
	done
} >"$folder/living.yaml"
"$1" "$2" "$folder/living.yaml" "$4" | sed 's|"program/|"living/|'
