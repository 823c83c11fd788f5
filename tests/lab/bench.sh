#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: gabelou has not become slow. Compares with peers measured in the same minute, with a wide
# margin: fails on a blunder, not on a busy machine.
set -u
cd "$(dirname "$0")/../.." || exit

# shellcheck source=scripts/lab.sh
. scripts/lab.sh
# shellcheck source=scripts/tap.sh
. scripts/tap.sh

obstacle=$(lab_obstacle)
if [ -n "$obstacle" ]; then
	tap_skip "ratios to the peers" "$obstacle"
	tap_end
	exit
fi
exec scripts/bench --quick
