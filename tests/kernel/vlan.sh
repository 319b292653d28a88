#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# VLANs with network devices, in the guest: a host whose VLAN devices join by
# IGMP on two VLANs of one trunk, and a source on a third one. On the router
# one VLAN has a device of its trunk's name, one a device of another name, one
# none; the device of one goes and comes.
#
#   host: eth0.5 (source), eth0.6, eth0.7 == eth0 == tr [rtr]
#   rtr:  tr.5 (device), video = VLAN 6 of tr (device), tr.7 (none)
set -eu
count=1000
group=239.1.1.1

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
	echo "vlan.sh: never: $what" >&2
	cli show interfaces >&2
	cli show groups >&2
	cli show mroute >&2
	exit 1
}

shows() {
	pattern=$1
	shift
	cli show "$@" 2>&1 | grep -q "$pattern"
}

# A host of one VLAN, in a namespace of its own: VLAN devices may be moved.
host() { # name, VLAN
	ip netns add "$1"
	ip -n "$1" link set lo up
	ip -n wire link add link eth0 name "v$2" type vlan id "$2"
	ip -n wire link set "v$2" netns "$1"
	ip -n "$1" link set "v$2" name eth0
	ip -n "$1" addr add "10.9.$2.2/24" dev eth0
	ip -n "$1" link set eth0 up
	ip -n "$1" route add 224.0.0.0/4 dev eth0
}

has_device() { # true or false
	cli -j show interfaces | sed 's/{/\n/g' | grep '"tr.5"' |
		grep -q '"netdev": *'"$1"
}

receive() {
	ip netns exec "$1" mcast_recv -g $group -i eth0 -n $count -w 8000 \
		-d 60 >"/tmp/$1"
}

ip netns add rtr
ip netns add wire
ip -n rtr link set lo up
ip -n rtr link add tr type veth peer name eth0 netns wire
ip -n rtr link set tr up
ip -n wire link set eth0 up
ip netns exec wire ethtool -K eth0 gro on txvlan off
host src 5
host r6 6
host r7 7
ip -n rtr link add link tr name tr.5 type vlan id 5
ip -n rtr link add link tr name video type vlan id 6
for device in tr.5 video; do
	ip -n rtr link set $device up
done
ip -n rtr addr add 10.9.5.1/24 dev tr.5
ip -n rtr addr add 10.9.6.1/24 dev video
cat >/tmp/xmgmd.conf <<-'END'
	interface "tr.5" { igmp { } address = {10.9.5.1/24} }
	interface "video" { igmp { } }
	interface "tr.7" { igmp { } address = {10.9.7.1/24} }
END
ip netns exec rtr xmgmd -f /tmp/xmgmd.conf &
daemon=$!
until_true "tr.7 asks" shows '^tr.7.*(self)' interfaces
# A whole stream from src to r6 and r7: each datagram once.
stream() {
	receive r6 &
	six=$!
	receive r7 &
	seven=$!
	until_true "r6 is heard" shows "^video.*$group" groups
	until_true "r7 is heard" shows "^tr.7.*$group" groups
	ip netns exec src mcast_send -g $group -i eth0 -n $count -r 200
	wait $six
	wait $seven
	for there in r6 r7; do
		echo "$1: $there: $(cat /tmp/$there)"
		grep -q "unique=$count lost=0 duplicates=0 disordered=0" \
			/tmp/$there
	done
	cli show mroute
}

ifid() {
	cli show interfaces | grep '^tr.5 ' | { read -r _ id _ && echo "$id"; }
}

stream "with a device"
before=$(ifid)
# The VLAN stays without its device, and takes it back.
ip -n rtr link del tr.5
until_true "tr.5 has no device" has_device false
until_true "tr.5 asks" shows '^tr.5.*(self)' interfaces
stream "without it"
ip -n rtr link add link tr name tr.5 type vlan id 5
ip -n rtr addr add 10.9.5.1/24 dev tr.5
ip -n rtr link set tr.5 up
until_true "tr.5 has one again" has_device true
until_true "tr.5 asks again" shows '^tr.5.*(self)' interfaces
stream "with a new one"
test "$(ifid)" = "$before"
cli show interfaces
if cli show interfaces | grep problem:; then
	exit 1
fi
kill $daemon

# The programs of one guest run one after the other.
wait $daemon || true
cli detach --all
for name in src r6 r7 wire rtr; do
	ip netns del $name
done
