#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Real UDP multicast from a source through xmgm to two receivers, in network
# namespaces of their own, and nothing left behind, also after ^C.
#
#      10.1.0.1                                             10.2.1.1
#      source -------- in0  router  out1 ------------------ r1
#                                   out2 ------------------ r2
#                                                           10.2.2.1
#
# Called by `make demo` with the build directory. PACKETS and RATE may be
# set. Halfway, static takes out1, which IGMP is on, and gives it back. The
# last line says PASS or FAIL; the exit status is 0 only if every datagram
# reached both receivers, across both handshakes.
set -euo pipefail

# A mount and a process namespace: what we mount and start ends with us.
if [ "${XMGM_DEMO_INSIDE:-}" != yes ]; then
	[ "$(id -u)" -eq 0 ] || {
		echo "demo: namespaces and XDP need root: sudo make demo" >&2
		exit 1
	}
	export XMGM_DEMO_INSIDE=yes
	exec unshare --mount --pid --fork --kill-child --mount-proc \
		-- "$0" "$@"
fi

build=$(realpath "$1")
packets=${PACKETS:-200000}
rate=${RATE:-20000}
group=239.1.1.1
source=10.1.0.1
instance=demo
work=/run/xmgm
result=FAIL
handshakes=0
left=false
declare -A pid

cleanup() {
	trap '' INT TERM HUP
	ns router "$build/xmgm" -i "$instance" detach --all &>/dev/null || true
	for name in source router r1 r2; do
		ip netns del "demo-$name" 2>/dev/null || true
	done
}

ns() {
	local where=$1
	shift
	nsenter --net="/run/netns/demo-$where" -- "$@"
}

xmgm() {
	ns router "$build/xmgm" -i "$instance" "$@"
}

say() {
	if [ -t 1 ]; then
		printf '\n\033[1m== %s\033[0m\n' "$*"
	else
		printf '\n== %s\n' "$*"
	fi
}

# show COMMAND...: prints the command as one would type it, and runs it.
show() {
	printf '$ %s\n' "$*"
	case $1 in
	xmgm) xmgm "${@:2}" ;;
	*) ns router "$@" ;;
	esac
}

# wait_for WHAT SECONDS COMMAND...: until the command succeeds.
wait_for() {
	local what=$1 end=$((SECONDS + $2))
	shift 2
	until "$@" &>/dev/null; do
		if [ $SECONDS -gt $end ]; then
			echo "demo: no $what; xmgmd says:" >&2
			cat "$work/xmgmd.log" >&2
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

# link NETWORK HOST ROUTER_INTERFACE: a host behind the router.
link() {
	ip -n demo-router link add "$3" type veth \
		peer name eth0 netns "demo-$2"
	ip -n demo-router addr add "$1.254/24" dev "$3"
	ip -n demo-router link set "$3" up
	ip -n "demo-$2" addr add "$1.1/24" dev eth0
	ip -n "demo-$2" link set eth0 up
	ip -n "demo-$2" route add default via "$1.254"
}

network() {
	local name
	for name in source router r1 r2; do
		ip netns add "demo-$name"
		ip -n "demo-$name" link set lo up
		ns "$name" sysctl -qw net.ipv6.conf.default.disable_ipv6=1
	done
	link 10.1.0 source in0
	link 10.2.1 r1 out1
	link 10.2.2 r2 out2
	# A veth takes redirected frames only if its peer polls.
	ns r1 ethtool -K eth0 gro on
	ns r2 ethtool -K eth0 gro on
}

router() {
	local name
	for name in in0 out1 out2; do
		echo "interface \"$name\" { mode = native igmp { enabled = true } }"
	done >"$work/xmgmd.conf"
	echo "limits { hold-packets = 4096 hold-bytes = 4194304 }" \
		>>"$work/xmgmd.conf"
	ns router "$build/xmgmd" -f "$work/xmgmd.conf" -i "$instance" \
		>"$work/xmgmd.log" 2>&1 &
	wait_for "answer from xmgmd" 20 xmgm show protocols
	wait_for "XDP on three interfaces" 20 attached
	xmgm -j monitor >"$work/events" &
	xmgm monitor >"$work/events.text" &
}

attached() {
	[ "$(xmgm -j show interfaces | grep -o '"native"' | wc -l)" -eq 3 ]
}

# receiver HOST FILE COUNT [OPTION...]: joins, and waits until it has.
receiver() {
	ns "$1" "$build/tests/demo/mcast_recv" -g $group -i eth0 \
		-n "$3" -d 120 "${@:4}" >"$work/$2" &
	pid[$2]=$!
	wait_for "socket of $1" 10 grep -q ready "$work/$2"
	wait_for "membership of $1" 10 has_group "out${1#r}"
}

has_group() {
	xmgm -j show groups | tr -d ' \n' | tr '{' '\n' |
		grep "\"interface\":\"$1\"" | grep -qF "\"$group\""
}

has_no_group() {
	! has_group "$1"
}

members() {
	ns r1 sysctl -qw net.ipv4.conf.eth0.force_igmp_version=2
	receiver r1 r1 "$packets"
	receiver r2 r2 "$packets" -S $source
	show xmgm show groups
}

# field NAME HOST: one of the numbers a program printed at its end.
field() {
	sed -nE "s/.*\b$1=([0-9]+).*/\\1/p" "$work/$2"
}

# When this many datagrams of the flow have gone through the router.
forwarded() {
	[ "$(xmgm -j show mroute $source $group | tr -d ' \n' |
		sed -nE 's/.*"packets":([0-9]+).*/\1/p')" -ge "$1" ]
}

stream() {
	ns source "$build/tests/demo/mcast_send" -g $group -i eth0 \
		-n "$packets" -r "$rate" -v >"$work/source" &
	pid[source]=$!
	wait_for "third of the stream" 60 forwarded $((packets / 3))
	show xmgm owner take out1 static
	xmgm show interfaces
	wait_for "two thirds of the stream" 60 forwarded $((packets * 2 / 3))
	show xmgm owner release out1 static
	wait "${pid[source]}" "${pid[r1]}" "${pid[r2]}"
}

# How many handshakes of out1 monitor has seen to their end.
ended() {
	grep -F '"replay-complete"' "$work/events" | grep -cF '"out1"'
}

handshakes() {
	wait_for "end of two handshakes" 10 eval '[ "$(ended)" -ge 2 ]'
	grep -E ' (igmp-disable|owner|igmp-enable|replay-complete) ' \
		"$work/events.text" | grep -F out1
	handshakes=$(ended)
}

tables() {
	show xmgm show interfaces
	show xmgm show mroute
	show bpftool map dump pinned /sys/fs/bpf/xmgm/$instance/mfc
	show bpftool map dump pinned /sys/fs/bpf/xmgm/$instance/interfaces
}

# Frames that have arrived at a host.
arrived() {
	ns "$1" awk '$1 == "eth0:" { print $3 }' /proc/net/dev
}

# r1's socket is closed, so its kernel has left; r2 joins again and goes on.
leave() {
	local before after count=$((packets / 10))
	wait_for "end of r1's membership" 20 has_no_group out1
	receiver r2 again "$count" -S $source
	before=$(arrived r1)
	ns source "$build/tests/demo/mcast_send" -g $group -i eth0 \
		-n "$count" -r "$rate" >/dev/null
	wait "${pid[again]}"
	after=$(arrived r1)
	echo "$count more: r2 has $(field unique again);" \
		"at r1 $((after - before)) frames arrived (IGMP queries)"
	[ "$(field unique again)" -eq "$count" ] &&
		[ $((after - before)) -lt 20 ]
}

verdict() {
	local sent r1 r2 lost
	sent=$(field sent source)
	r1=$(field unique r1)
	r2=$(field unique r2)
	lost=$((2 * sent - r1 - r2))
	if $left && [ "$sent" -eq "$packets" ] && [ "$lost" -eq 0 ] &&
		[ "$(field duplicates r1)$(field duplicates r2)" = 00 ] &&
		[ "$handshakes" -eq 2 ]; then
		result=PASS
	fi
	echo
	echo "demo: $result sent=$sent r1=$r1 r2=$r2 lost=$lost" \
		"handshakes=$handshakes"
	[ $result = PASS ]
}

trap cleanup EXIT
trap 'exit 130' INT TERM HUP
private_mounts
say "a source, a router, two receivers"
network
say "xmgmd in the router: XDP and IGMP on three interfaces"
router
say "r1 joins by IGMPv2 from any source, r2 by IGMPv3 from $source alone"
members
say "$packets datagrams at $rate a second; meanwhile out1 changes hands"
stream
say "the two handshakes, as \`xmgm monitor\` told them"
handshakes
say "what the router knows"
tables
say "r1 leaves"
leave && left=true
verdict
