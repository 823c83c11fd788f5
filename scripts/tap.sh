# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by the lab's test scripts: results as TAP (testanything.org).

tap_count=0
tap_failures=0

# DESCRIPTION
tap_ok() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

# DESCRIPTION [DETAILS]
tap_not_ok() {
	tap_count=$((tap_count + 1))
	tap_failures=$((tap_failures + 1))
	echo "not ok $tap_count - $1"
	[ -z "${2-}" ] || printf '%s\n' "$2" | sed 's/^/# /'
}

# DESCRIPTION REASON
tap_skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# DESCRIPTION GOT EXPECTED
tap_is() {
	if [ "$2" = "$3" ]; then tap_ok "$1"; else tap_not_ok "$1" "got: $2
expected: $3"; fi
}

# DESCRIPTION TEXT PATTERN (an extended regular expression)
tap_matches() {
	if grep -qE -- "$3" <<<"$2"; then tap_ok "$1"; else tap_not_ok "$1" "got: $2
expected a match of: $3"; fi
}

# DESCRIPTION COMMAND...: passes if the command does.
tap_try() {
	local description=$1 output
	shift
	if output=$("$@" 2>&1); then tap_ok "$description"; else tap_not_ok "$description" "$* (exit $?)
$output"; fi
}

# DESCRIPTION [OBSTACLE]: ends a script that the lab (scripts/lab.sh) cannot run here, skipped with the
# reason; OBSTACLE is one of its own.
tap_needs_lab() {
	local obstacle
	obstacle=$(lab_obstacle)
	obstacle=${obstacle:-${2-}}
	[ -n "$obstacle" ] || return 0
	tap_skip "$1" "$obstacle"
	tap_end
	exit
}

# The plan, and the script's exit status.
tap_end() {
	echo "1..$tap_count"
	[ "$tap_failures" -eq 0 ]
}
