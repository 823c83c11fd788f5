#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: docs/bypass.md is what scripts/bypass finds here: the same vectors, with the same fate at the
# guard and at the gateway; and none gets out that should not, while all honest traffic does.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/tap.sh

tap_needs_lab bypass
found=$(mktemp)
trap 'rm -f "$found"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# FILE: each vector with its attacker and what got past guard and gateway.
fates() {
	awk -F ' *[|] *' '/^\|/ { print $2 "|" $3 "|" $5 "|" $7 }' "$1"
}

said=$(BYPASS_BUILT=1 scripts/bypass "$found" 2>&1)
tap_is "nothing gets out that should not, and honest traffic does: exit" "$?" 0
[ "$(wc -l <"$found")" -gt 0 ] || tail -n 20 <<<"$said" | sed 's/^/# /'
tap_is "docs/bypass.md is as it was found" "$(diff <(fates docs/bypass.md) <(fates "$found"))" ""
tap_end
