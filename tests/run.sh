#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs every kind of test, each with its output on the terminal and in
# build/test-KIND.log, and ends with one line of totals over all of them.
# Called by `make test` with the make to use and the build directory.
#
# cmocka prints "[  PASSED  ] 5 test(s).", pytest "5 passed, 1 failed in 2s".
# A kind that ends badly without a failed test of its own (it did not build,
# a sanitizer spoke after the last test) counts as one failure.
set -uo pipefail

make=$1
build=$2
kinds="unit bpf net"
passed=0
failed=0
skipped=0

# cmocka WORD FILE, pytest WORD FILE: the sum of all counts of that word.
cmocka() {
	sed -nE "s/^.*\\[ +$1 +\\] ([0-9]+) test.*$/\\1/p" "$2" | total
}

pytest() {
	grep -E ' in [0-9.]+s' "$2" | grep -oE "[0-9]+ $1" | total
}

total() {
	awk '{ n += $1 } END { print n + 0 }'
}

count() {
	local log=$1 status=$2 p f s
	p=$(($(cmocka PASSED "$log") + $(pytest passed "$log")))
	f=$(($(cmocka FAILED "$log") + $(pytest failed "$log")))
	f=$((f + $(pytest error "$log")))
	s=$(($(cmocka SKIPPED "$log") + $(pytest skipped "$log")))
	if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then
		f=1
	fi
	passed=$((passed + p))
	failed=$((failed + f))
	skipped=$((skipped + s))
}

mkdir -p "$build"
"$make" -j"$(nproc)" all traffic || exit 1
for kind in $kinds; do
	log=$build/test-$kind.log
	echo "== test-$kind"
	"$make" -j"$(nproc)" --no-print-directory "test-$kind" 2>&1 | tee "$log"
	count "$log" "${PIPESTATUS[0]}"
done

[ "$skipped" -eq 0 ] || echo "$skipped skipped, each with its reason above"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
