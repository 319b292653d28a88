#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A bond as an interface, in the guest: XDP is on the bond and runs on its
# members. The host behind it sends everything on both; only what an active
# member receives may be forwarded, and also when another one takes over, is
# taken out, or the daemon is started anew. The other way a host behind the
# bond joins by IGMP.
#
#   src (10.9.1.2) bond0 == e1 -- m1 == in0 [rtr] out1 -- eth0 (10.9.2.2) r1
#      (broadcast)       == e2 -- m2 == (active-backup)
set -eu
count=1000

cli() {
	ip netns exec rtr xmgm "$@"
}

# Tries a command once a second, 40 times at most.
until_true() {
	what=$1
	shift
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 \
		21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40; do
		"$@" && return
		sleep 1
	done
	echo "bond.sh: never: $what" >&2
	cli show interfaces >&2
	cli show mroute >&2
	exit 1
}

shows() {
	pattern=$1
	shift
	cli show "$@" 2>&1 | grep -q "$pattern"
}

send() { # from group count
	ip netns exec "$1" mcast_send -g "$2" -i "$3" -n "$4" -r 200 >/dev/null
}

# One of another group at a time, until it comes in by the member of now.
probe() {
	send src 239.9.9.9 bond0 1
	shows "239.9.9.9 .*in0" mroute
}

# A whole stream from src to r1: each datagram once.
stream() {
	ip netns exec r1 mcast_recv -g 239.1.1.1 -i eth0 -n $count -w 4000 \
		-d 60 >/tmp/bond.out &
	receiver=$!
	until_true "r1 is heard" shows '^out1.*239.1.1.1' groups
	send src 239.1.1.1 bond0 $count
	wait $receiver
	echo "$1: $(cat /tmp/bond.out)"
	grep -q "unique=$count lost=0 duplicates=0 disordered=0" /tmp/bond.out
}

daemon() {
	ip netns exec rtr xmgmd -f /tmp/bond.conf &
	daemon=$!
	until_true "in0 is the querier" shows '^in0.*native.*(self)' interfaces
}

for name in rtr src r1; do
	ip netns add $name
	ip -n $name link set lo up
done
ip -n rtr link add out1 type veth peer name eth0 netns r1
ip -n src link add bond0 type bond mode broadcast
ip -n rtr link add in0 type bond mode active-backup
for i in 1 2; do
	ip -n rtr link add m$i type veth peer name e$i netns src
	ip netns exec src ethtool -K e$i gro on
	ip -n src link set e$i master bond0
	ip -n rtr link set m$i master in0
	ip -n src link set e$i up
	ip -n rtr link set m$i up
done
ip netns exec r1 ethtool -K eth0 gro on
ip -n rtr addr add 10.9.1.1/24 dev in0
ip -n rtr addr add 10.9.2.1/24 dev out1
ip -n src addr add 10.9.1.2/24 dev bond0
ip -n r1 addr add 10.9.2.2/24 dev eth0
for link in "rtr in0" "rtr out1" "src bond0" "r1 eth0"; do
	# shellcheck disable=SC2086 # namespace and name
	set -- $link
	ip -n "$1" link set "$2" up
done
ip -n r1 route add default via 10.9.2.1
ip -n src route add default via 10.9.1.1
for name in in0 out1; do
	echo "interface \"$name\" { igmp { } }"
done >/tmp/bond.conf

daemon
stream "a member is active"

ip -n rtr link set in0 type bond active_slave m2
until_true "m2 is the bond's" probe
stream "the other one is active"

kill $daemon
wait $daemon || true
daemon
stream "found by a new daemon"

ip -n rtr link set m2 nomaster
ip -n rtr link set m2 up
until_true "m1 is the bond's" probe
stream "one is left"

# And back: a report by the bond, copies out of it.
ip netns exec src mcast_recv -g 239.2.2.2 -i bond0 -n $count -w 4000 -d 60 \
	>/tmp/bond.out &
receiver=$!
until_true "src is heard" shows '^in0.*239.2.2.2' groups
send r1 239.2.2.2 eth0 $count
wait $receiver
echo "out of the bond: $(cat /tmp/bond.out)"
grep -q "unique=$count lost=0 duplicates=0 disordered=0" /tmp/bond.out
kill $daemon

# The programs of one guest run one after the other.
wait $daemon || true
cli detach --all
for name in rtr src r1; do
	ip netns del $name
done
