#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs test programs, JOBS (one for each processor) at a time, in that order, and
# prints what each has said when it has ended. Fails if one of them has.
set -uo pipefail

one() {
	local status=0
	"$1" >"$1.out" 2>&1 || status=$?
	flock "$lock" cat "$1.out"
	rm -f "$1.out"
	[ "$status" -eq 0 ] || echo "$1: exit $status"
	return "$status"
}

lock=$(mktemp)
trap 'rm -f "$lock"' EXIT
export lock
export -f one
printf '%s\0' "$@" | xargs -0 -n 1 -P "${JOBS:-$(nproc)}" bash -c 'one "$1"' one
