#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: the demo shows what it promises, row by row, and leaves nothing behind, not even when it
# is interrupted.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/tap.sh

tap_needs_lab demo
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
output=$folder/output
mkdir "$folder/tmp"
export TMPDIR=$folder/tmp # other labs have their folders elsewhere

# What a demo of this process id would leave: namespaces, pins, state, files, processes.
leftovers() {
	{
		ip netns list | grep "gabelou-$1-"
		ls "$TMPDIR"
		pgrep -a -s "$1"
	} | tr '\n' ' '
}

leaves_nothing() {
	[ -z "$(leftovers "$1")" ]
}

# ADDRESS: soil, owner, and for each policy its verdict and what arrived.
row() {
	grep -E "(^| )$1 " "$output" | grep -v "tcp to $1" | sed -E "s/.*$1 +//; s/ +/ /g; s/ $//"
}

setsid ./scripts/demo >"$output" 2>&1 &
demo=$!
wait "$demo"
tap_is "the demo succeeds" "$? $(tail -n 3 "$output" | grep -c 'every arrival agrees')" "0 1"
tap_is "it leaves nothing behind" "$(leftovers "$demo")" ""
all="tcp udp icmp"
while read -r address expected; do
	tap_is "$address" "$(row "$address")" "$expected"
done <<-END
	51.91.0.10 FR FR allow $all allow $all
	2001:41d0:1::10 FR FR allow $all allow $all
	51.158.10.10 FR FR allow $all allow $all
	2001:bc8:1::10 FR FR allow $all allow $all
	90.72.0.10 FR FR allow $all allow $all
	2a01:dfff::10 FR FR allow $all allow $all
	46.231.144.10 FR FR allow $all allow $all
	2a02:2240::10 FR FR allow $all allow $all
	35.180.0.10 FR US allow $all deny nothing
	2a05:d012::10 FR US allow $all deny nothing
	34.155.0.10 FR US allow $all deny nothing
	2600:1901:8120::10 FR US allow $all deny nothing
	51.0.31.10 DE US deny nothing deny nothing
	2001:3fc5:8800::10 DE DE US deny nothing deny nothing
	88.198.0.10 DE DE deny nothing deny nothing
	2a01:4f8:1::10 DE DE deny nothing deny nothing
	2.16.48.10 FR NL US allow $all deny nothing
	2600:140f:2601::10 FR NL US allow $all deny nothing
	1.1.1.1 anycast US deny nothing deny nothing
	2606:4700:4700::1111 anycast US deny nothing deny nothing
END
tap_is "it shows blocked flows" "$(grep -cE '^[0-9:]{8}  tcp to ' "$output" | awk '{ print ($1 >= 5) }')" 1
tap_is "no line is over 100 columns" \
	"$(grep -v '^warning: ' "$output" | awk 'length > 100' | head -n 3)" ""

setsid bash -c '
	. scripts/lab.sh
	ip() {
		command ip "$@"
		[ "$1 $2" != "netns add" ] || kill -s TERM $$
	}
	lab_begin' &
demo=$!
wait "$demo"
tap_is "interrupted while a namespace is made: leaves nothing behind" "$? $(leftovers "$demo")" "143 "

for signal in INT TERM; do
	for after in 0.7 1.6; do
		# a shell starts what runs in the background with SIGINT ignored
		env --default-signal=INT setsid ./scripts/demo >"$output" 2>&1 &
		demo=$!
		sleep "$after"
		kill -s "$signal" -- "-$demo" 2>/dev/null
		wait "$demo"
		status=$?
		lab_await 20 leaves_nothing "$demo"
		tap_is "interrupted by $signal after $after s: leaves nothing behind" \
			"$((status != 0)) $(leftovers "$demo")" "1 "
	done
done
tap_end
