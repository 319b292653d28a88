#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The benchmark for two machines (tests/bench/nic.sh) with pktgen, which the
# machine that builds may lack: two namespaces stand for the machines. What is
# sent at a low rate comes back, every frame, at both ports.
#
#   tester tx0 -- in0 [router] out1 -- rx1 tester
#                              out2 -- rx2 tester
set -eu
export BUILD=/bin DURATION=5 SIZES="60 1400" FLOWS=3 RATE=200

link() {
	ip -n router link add "$1" type veth peer name "$2" netns tester
	ip -n router link set "$1" up
	ip -n tester link set "$2" up
	ip netns exec tester ethtool -K "$2" gro on
}

ip netns add router
ip netns add tester
link in0 tx0
link out1 rx1
link out2 rx2
ip netns exec router nic.sh router in0 out1 out2 >/tmp/router.out 2>&1 &
router=$!
# An emulated machine loads programs for minutes.
until grep -q ^ready /tmp/router.out; do
	kill -0 $router
	sleep 1
done
RESULT=/tmp/nic.json ip netns exec tester nic.sh tester tx0 rx1 rx2
kill $router
wait $router || true
cat /tmp/router.out /tmp/nic.json
# Every frame; a host has a word of its own now and then.
sed 's/{"bytes"/\n&/g' /tmp/nic.json | grep '"bytes"' | while read -r row; do
	sent=$(echo "$row" | sed 's/.*"sent":\([0-9]*\).*/\1/')
	test "$sent" -gt 100
	for port in rx1 rx2; do
		got=$(echo "$row" | sed "s/.*\"$port\":\\([0-9]*\\).*/\\1/")
		test "$got" -ge "$sent"
		test "$got" -le $((sent + 20))
	done
done
ip netns del router
ip netns del tester
