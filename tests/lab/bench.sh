#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: gabelou has not become slow. Compares with peers measured in the same minute, with a wide
# margin: fails on a blunder, not on a busy machine.
#
# Alone: ratios are measured.
set -u
cd "$(dirname "$0")/../.." || exit

# shellcheck source=scripts/lab.sh
. scripts/lab.sh
# shellcheck source=scripts/tap.sh
. scripts/tap.sh

# Part of the work is done by a kernel thread, which a container does not see.
obstacle=
grep -qxs ksoftirqd/1 /proc/[0-9]*/comm || obstacle="cannot see ksoftirqd/1"
tap_needs_lab "ratios to the peers" "$obstacle"
exec scripts/bench --quick
