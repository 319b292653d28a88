#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A whole router in the guest: hosts join by IGMP, one any-source and one
# source-specific, an interface changes its owner twice in the stream, and
# nobody may miss a datagram. `ip netns exec` hides /sys/fs/bpf: on purpose.
#
#   src (10.9.1.2) -- in0 [rtr] out1 -- r1 (10.9.2.2)
#                               out2 -- r2 (10.9.3.2)
set -eu
count=3000
group=239.1.1.1

link() {
	ip netns add "$1"
	ip -n "$1" link set lo up
	ip -n rtr link add "$2" type veth peer name eth0 netns "$1"
	ip -n rtr addr add "10.9.$3.1/24" dev "$2"
	ip -n rtr link set "$2" up
	ip -n "$1" addr add "10.9.$3.2/24" dev eth0
	ip -n "$1" link set eth0 up
	ip -n "$1" route add default via "10.9.$3.1"
	ip netns exec "$1" ethtool -K eth0 gro on
}

receive() {
	host=$1
	shift
	ip netns exec "$host" mcast_recv -g $group -i eth0 -n $count \
		-w 8000 -d 60 "$@" >"/tmp/$host"
}

cli() {
	ip netns exec rtr xmgm "$@"
}

# Waits until a command says so, a minute at most.
until_shown() {
	pattern=$1
	shift
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 \
		21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40; do
		cli "$@" 2>&1 | grep -q "$pattern" && return
		sleep 1
	done
	echo "router.sh: xmgm $* never showed $pattern" >&2
	exit 1
}

ip netns add rtr
ip -n rtr link set lo up
link src in0 1
link r1 out1 2
link r2 out2 3
for name in in0 out1 out2; do
	echo "interface \"$name\" { igmp { } }"
done >/tmp/xmgmd.conf
ip netns exec rtr xmgmd -f /tmp/xmgmd.conf &
daemon=$!
until_shown '^out2.*(self)' show interfaces
receive r1 &
receive r2 -S 10.9.1.2 &
until_shown "^out1.*$group" show groups
until_shown "^out2.*$group" show groups
ip netns exec src mcast_send -g $group -i eth0 -n $count -r 300 &
sender=$!
until_shown "$group.*out1,out2" show mroute
cli owner take out1 static
cli owner release out1 static
kill -0 $sender # both were inside the stream
wait $sender
sleep 3
cli show mroute
kill $daemon
for host in r1 r2; do
	cat /tmp/$host
	grep -q "unique=$count lost=0 duplicates=0 disordered=0" /tmp/$host
done

# The programs of one guest run one after the other.
wait $daemon || true
cli detach --all
for name in rtr src r1 r2; do
	ip netns del $name
done
