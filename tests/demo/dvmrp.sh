#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# DVMRP in three routers of xmgm in a row: a source, and a host that joins by
# IGMP and leaves. Flood, prune, graft, and the handshake by which DVMRP takes
# an interface that IGMP is on, and gives it back; numbered packets counted.
#
#   10.1.0.1                                                     10.4.0.1
#   source --- in0 r1 out0 --- in0 r2 out0 --- in0 r3 out0 --- host
#           10.1.0.0/24   10.2.0.0/24    10.3.0.0/24    10.4.0.0/24
#
# Called by `make demo-dvmrp` with the build directory; PACKETS and RATE may be
# set. The last line says PASS or FAIL, and the exit status the same.
set -euo pipefail

# A mount and a process namespace: what we mount and start ends with us.
if [ "${XMGM_DEMO_INSIDE:-}" != yes ]; then
	[ "$(id -u)" -eq 0 ] || {
		echo "demo: namespaces and XDP need root:" \
			"sudo make demo-dvmrp" >&2
		exit 1
	}
	export XMGM_DEMO_INSIDE=yes
	exec unshare --mount --pid --fork --kill-child --mount-proc \
		-- "$0" "$@"
fi

build=$(realpath "$1")
packets=${PACKETS:-20000}
rate=${RATE:-2000}
group=239.1.1.1
source=10.1.0.1
work=/run/xmgm
result=FAIL
handshakes=0
routers="r1 r2 r3"
declare -A pid

cleanup() {
	local name
	trap '' INT TERM HUP
	for name in $routers; do
		xmgm "$name" detach --all &>/dev/null || true
	done
	for name in source host $routers; do
		ip netns del "demo-$name" 2>/dev/null || true
	done
}

ns() {
	local where=$1
	shift
	nsenter --net="/run/netns/demo-$where" -- "$@"
}

# begin WHERE OUTPUT COMMAND...: in the background; its process is $!.
begin() {
	nsenter --net="/run/netns/demo-$1" -- "${@:3}" >"$2" 2>&1 &
}

# xmgm ROUTER COMMAND...
xmgm() {
	local where=$1
	shift
	ns "$where" "$build/xmgm" -i "demo-$where" "$@"
}

say() {
	if [ -t 1 ]; then
		printf '\n\033[1m== %s\033[0m\n' "$*"
	else
		printf '\n== %s\n' "$*"
	fi
}

# show ROUTER COMMAND...: prints the command as one would type it, and runs it.
show() {
	printf '%s$ xmgm %s\n' "$1" "${*:2}"
	xmgm "$@"
}

# wait_for WHAT SECONDS COMMAND...: until the command succeeds.
wait_for() {
	local what=$1 end=$((SECONDS + $2))
	shift 2
	until "$@" &>/dev/null; do
		if [ $SECONDS -gt $end ]; then
			echo "demo: no $what; the daemons say:" >&2
			cat "$work"/*.log >&2
			exit 1
		fi
		sleep 0.05
	done
}

private_mounts() {
	mount --make-rprivate /
	mkdir -p /run/netns /run/xmgm
	mount -t bpf bpf /sys/fs/bpf
	mount -t tmpfs tmpfs /run/netns
	mount -t tmpfs tmpfs /run/xmgm
}

# link NAME INTERFACE ADDRESS NAME INTERFACE ADDRESS
link() {
	ip -n "demo-$1" link add "$2" type veth \
		peer name "$5" netns "demo-$4"
	ip -n "demo-$1" addr add "$3/24" dev "$2"
	ip -n "demo-$4" addr add "$6/24" dev "$5"
	ip -n "demo-$1" link set "$2" up
	ip -n "demo-$4" link set "$5" up
}

network() {
	local name
	for name in source host $routers; do
		ip netns add "demo-$name"
		ip -n "demo-$name" link set lo up
		ns "$name" sysctl -qw net.ipv6.conf.default.disable_ipv6=1 \
			net.ipv4.conf.all.rp_filter=0 \
			net.ipv4.conf.default.rp_filter=0
	done
	link source eth0 $source r1 in0 10.1.0.254
	link r1 out0 10.2.0.1 r2 in0 10.2.0.2
	link r2 out0 10.3.0.1 r3 in0 10.3.0.2
	link r3 out0 10.4.0.254 host eth0 10.4.0.1
	ip -n demo-host route add default via 10.4.0.254
	ip -n demo-source route add default via 10.1.0.254
	# A veth takes redirected frames only if its peer polls.
	ns host ethtool -K eth0 gro on
}

# config WITH_DVMRP: times are short, so that one need not wait.
config() {
	local name
	for name in in0 out0; do
		echo "interface \"$name\" { mode = native igmp { }" \
			"$([ "$1" = yes ] && echo 'dvmrp { }') }"
	done
	echo "dvmrp { probe-interval = 1 report-interval = 4" \
		"neighbor-timeout = 4 route-expiry = 10 hold-down = 8 }"
	echo "limits { hold-packets = 4096 hold-bytes = 4194304 }"
}

start() {
	config no >"$work/$1.conf"
	begin "$1" "$work/$1.log" "$build/xmgmd" -f "$work/$1.conf" \
		-i "demo-$1"
	pid[$1]=$!
	wait_for "answer from xmgmd of $1" 20 xmgm "$1" show protocols
	wait_for "XDP on two interfaces of $1" 20 attached "$1"
	xmgm "$1" monitor >"$work/$1.events" &
}

attached() {
	[ "$(xmgm "$1" -j show interfaces | grep -o '"native"' | wc -l)" -eq 2 ]
}

# owned ROUTER OWNER: both interfaces have this owner.
owned() {
	[ "$(xmgm "$1" -j show interfaces | tr -d ' \n' |
		grep -o "\"owner\":\"$2\"" | wc -l)" -eq 2 ]
}

reload() {
	config "$2" >"$work/$1.conf"
	kill -HUP "${pid[$1]}"
}

dvmrp_starts() {
	local name
	for name in $routers; do
		reload "$name" yes
	done
	for name in $routers; do
		wait_for "handshakes of $name" 10 owned "$name" dvmrp
	done
	wait_for "route in r3" 60 knows r3 10.1.0.0/24 3
	wait_for "dependent of r1" 60 depends r1
	wait_for "dependent of r2" 60 depends r2
}

# knows ROUTER PREFIX METRIC
knows() {
	xmgm "$1" show dvmrp routes | grep -qE "^$2 +in0 .* $3 +valid"
}

# Somebody depends on it for the source, behind out0.
depends() {
	xmgm "$1" show dvmrp routes | grep -E '^10\.1\.0\.0/24' |
		grep -qF 'out0:1'
}

# pruned ROUTER: it has told upstream that it does not want the flow.
pruned() {
	xmgm "$1" show dvmrp prunes | grep -qE " $group +in0 +pruned"
}

# Frames of the flow that a router has sent to its out0.
forwarded() {
	xmgm "$1" -j show mroute $source $group 2>/dev/null | tr -d ' \n' |
		sed -nE 's/.*"packets":([0-9]+).*/\1/p'
}

arrived() {
	ns "$1" awk '$1 == "in0:" { print $3 }' /proc/net/dev
}

flood_and_prune() {
	ns source "$build/tests/demo/mcast_send" -g $group -i eth0 \
		-n 2000 -r 500 >"$work/flood" &
	wait_for "prune of r3" 20 pruned r3
	wait_for "prune of r2" 20 pruned r2
	wait $!
	show r1 show dvmrp prunes
	show r3 show dvmrp prunes
	echo "r1 has forwarded $(forwarded r1) of 2000 packets," \
		"before it was told not to"
}

joined() {
	xmgm r3 show groups | grep -qE "^out0 +$group"
}

has_no_group() {
	! joined
}

# field NAME FILE: one of the numbers a program printed at its end.
field() {
	sed -nE "s/.*\b$1=([0-9]+).*/\\1/p" "$work/$2"
}

graft() {
	begin source "$work/trickle" "$build/tests/demo/mcast_send" \
		-g $group -i eth0 -n 100000000 -r 200
	pid[trickle]=$!
	ns host "$build/tests/demo/mcast_recv" -g $group -i eth0 \
		-n 1 -d 30 >"$work/first" &
	pid[first]=$!
	wait "${pid[first]}"
	echo "the first packet is at the host: the grafts have gone up"
	show r3 show dvmrp prunes
	kill "${pid[trickle]}"
	wait "${pid[trickle]}" 2>/dev/null || true
}

stream() {
	ns host "$build/tests/demo/mcast_recv" -g $group -i eth0 \
		-n "$packets" -d 60 >"$work/host" &
	pid[host]=$!
	wait_for "socket of the host" 10 grep -q ready "$work/host"
	wait_for "membership of the host" 10 joined
	ns source "$build/tests/demo/mcast_send" -g $group -i eth0 \
		-n "$packets" -r "$rate" >"$work/source"
	wait "${pid[host]}"
	show r2 show mroute
	show r3 show dvmrp neighbors
}

leave() {
	wait_for "end of the membership" 20 has_no_group
	ns source "$build/tests/demo/mcast_send" -g $group -i eth0 \
		-n 2000 -r 500 >/dev/null &
	wait_for "prune of r3" 20 pruned r3
	wait_for "prune of r2" 20 pruned r2
	wait $!
	echo "the host has left: r3 and r2 have pruned again"
}

dvmrp_ends() {
	reload r3 no
	wait_for "handshakes of r3" 10 owned r3 igmp
	handshakes=$(grep -c ' replay-complete .*out0' "$work/r3.events")
	grep -E ' (igmp-disable|owner|igmp-enable|replay-complete) ' \
		"$work/r3.events" | grep -F out0
}

verdict() {
	local sent got lost
	sent=$(field sent source)
	got=$(field unique host)
	lost=$((sent - got))
	if [ "$sent" -eq "$packets" ] && [ "$lost" -eq 0 ] &&
		[ "$(field duplicates host)" -eq 0 ] &&
		[ "$handshakes" -eq 2 ]; then
		result=PASS
	fi
	echo
	echo "demo: $result sent=$sent host=$got lost=$lost" \
		"handshakes=$handshakes"
	[ $result = PASS ]
}

trap cleanup EXIT
trap 'exit 130' INT TERM HUP
private_mounts
say "a source, three routers, a host"
network
say "xmgmd in each router: XDP and IGMP on both interfaces"
for name in $routers; do
	start "$name"
done
show r1 show interfaces
say "DVMRP takes them, by the handshake, and finds its neighbours"
dvmrp_starts
show r3 show dvmrp routes
say "a flow that nobody wants: it is flooded once, and pruned hop by hop"
flood_and_prune
say "the host joins by IGMP while a little is sent: r3 grafts, then r2"
graft
say "$packets numbered packets at $rate a second"
stream
say "the host leaves"
leave
say "DVMRP gives r3's interfaces back"
dvmrp_ends
verdict
