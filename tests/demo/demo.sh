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
# set. The last line says PASS or FAIL; the exit status is 0 only if every
# datagram reached both receivers.
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
work=$(mktemp -d)
result=FAIL
handshakes=0
pid_r1=
pid_r2=

cleanup() {
	trap '' INT TERM
	ns router "$build/xmgm" -i "$instance" detach --all &>/dev/null || true
	for name in source router r1 r2; do
		ip netns del "demo-$name" 2>/dev/null || true
	done
	rm -rf "$work"
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
	printf '\n\033[1m== %s\033[0m\n' "$*"
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
	cat >"$work/xmgmd.conf" <<-CONF
		interface "in0" { mode = native }
		interface "out1" { mode = native }
		interface "out2" { mode = native }
		limits { hold-packets = 4096 hold-bytes = 4194304 }
	CONF
	ns router "$build/xmgmd" -f "$work/xmgmd.conf" -i "$instance" \
		>"$work/xmgmd.log" 2>&1 &
	wait_for "answer from xmgmd" 20 xmgm show protocols
	wait_for "XDP on out2" 20 eval 'xmgm -j show interfaces |
		grep -qE "\"out2\".*\"xdp\": *\"native\""'
	show xmgm mroute add $source $group from in0 to out1 out2
}

receiver() {
	ns "$1" "$build/tests/demo/mcast_recv" -g $group -i eth0 \
		-n "$packets" -d 120 "${@:2}" >"$work/$1" &
	eval "pid_$1=\$!"
	wait_for "socket of $1" 10 grep -q ready "$work/$1"
}

# field NAME HOST: one of the numbers a program printed at its end.
field() {
	sed -nE "s/.*\b$1=([0-9]+).*/\\1/p" "$work/$2"
}

stream() {
	ns source "$build/tests/demo/mcast_send" -g $group -i eth0 \
		-n "$packets" -r "$rate" -v >"$work/source" &
	sender=$!
	wait "$sender"
	wait "$pid_r1" "$pid_r2"
}

tables() {
	show xmgm show interfaces
	show xmgm show mroute
	show bpftool map dump pinned /sys/fs/bpf/xmgm/$instance/mfc
}

verdict() {
	local sent r1 r2 lost
	sent=$(field sent source)
	r1=$(field unique r1)
	r2=$(field unique r2)
	lost=$((2 * sent - r1 - r2))
	if [ "$sent" -eq "$packets" ] && [ "$lost" -eq 0 ] &&
		[ "$(field duplicates r1)$(field duplicates r2)" = 00 ]; then
		result=PASS
	fi
	echo
	echo "demo: $result sent=$sent r1=$r1 r2=$r2 lost=$lost" \
		"handshakes=$handshakes"
	[ $result = PASS ]
}

trap cleanup EXIT
trap 'exit 130' INT TERM
private_mounts
say "a source, a router, two receivers"
network
say "xmgmd in the router, a route from in0 to out1 and out2"
router
say "$packets datagrams at $rate a second, received by ordinary sockets"
receiver r1
receiver r2
stream
say "what the router knows"
tables
verdict
