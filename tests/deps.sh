#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Installs from the distribution what building, testing and the demo need and
# this machine lacks. Says what it installs; says and does nothing when all
# is there. `tests/deps.sh --list` prints the packages and installs nothing.
set -eu

# Building: compilers, libraries, BPF tools.
BUILD="make gcc libc6-dev clang clang-format bpftool pkg-config
	linux-libc-dev libelf-dev libbpf-dev libxdp-dev libxdp1 libuv1-dev
	libmnl-dev libjson-c-dev libcap-ng-dev"

# Testing: unit tests, sanitizers and fuzzing, namespaces, packets.
TEST="libcmocka-dev g++ libclang-rt-dev iproute2 ethtool util-linux procps
	python3 python3-pytest python3-pytest-xdist python3-scapy strace tshark
	mandoc jq"

installed() {
	dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null |
		grep -qx installed
}

missing() {
	for package in $BUILD $TEST; do
		installed "$package" || printf '%s ' "$package"
	done
}

if [ "${1:-}" = --list ]; then
	# shellcheck disable=SC2086 # the list is meant to be split
	printf '%s\n' $BUILD $TEST
	exit 0
fi

if ! command -v dpkg-query >/dev/null; then
	echo "tests/deps.sh: no dpkg here: nothing installed;" \
		"\`tests/deps.sh --list\` shows what is needed" >&2
	exit 0
fi

wanted=$(missing)
[ -n "$wanted" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
	echo "tests/deps.sh: missing packages, and only root can install them:" >&2
	echo "    sudo apt-get install --no-install-recommends $wanted" >&2
	exit 1
fi

echo "tests/deps.sh: installing $wanted"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
# shellcheck disable=SC2086
apt-get -qq -y -o Dpkg::Use-Pty=0 install --no-install-recommends \
	$wanted </dev/null >/dev/null
echo "tests/deps.sh: done"
