#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Forwarding between real network cards: two machines, back to back, each with
# its own role. doc/nic.md is the checklist; `make bench-nic` calls this.
#
#   nic.sh router IN OUT...    forwards from IN to each OUT until ^C, and says
#                              each second what came, left and was refused
#   nic.sh tester TX RX...     sends at TX, at full rate or RATE, and counts
#                              what comes back at each RX
#
# Environment, the same on both sides: FLOWS (1), sources 198.18.0.1 and up, to
# one group. Router: MAC (own or router), MODE (native, generic, auto). Tester:
# DURATION (10 seconds a size), SIZES ("60 512 1400" bytes of frame without
# FCS), THREADS (1, of pktgen), RATE (0: full, packets a second and thread).
# BUILD is where the programs are; RESULT a file that gets the tester's table
# as JSON.
set -eu

BUILD=${BUILD:-build}
FLOWS=${FLOWS:-1}
MAC=${MAC:-own}
MODE=${MODE:-native}
DURATION=${DURATION:-10}
SIZES=${SIZES:-60 512 1400}
THREADS=${THREADS:-1}
RATE=${RATE:-0}
RESULT=${RESULT:-}
INSTANCE=bench-nic
GROUP=239.18.0.1
PKTGEN=/proc/net/pktgen

fail() {
	echo "nic.sh: $*" >&2
	exit 1
}

usage() {
	fail "usage: nic.sh router IN OUT... | nic.sh tester TX RX..."
}

check_link() {
	ip link show dev "$1" >/dev/null 2>&1 ||
		fail "there is no interface $1: \`ip link\` lists them"
}

# The n-th source, of 1 and up.
source_of() {
	echo "198.18.$(($1 / 256)).$(($1 % 256))"
}

# --- counters -----------------------------------------------------------

# What has arrived at an interface, taken by the host or not. From
# /proc/net/dev: bytes packets errs drop fifo ...
arrived() {
	# shellcheck disable=SC2046 # the fields
	set -- $(sed -n "s/^ *$1: *//p" /proc/net/dev)
	echo $(($2 + $4 + $5))
}

# A number of one interface of `xmgm show interfaces`.
number() { # interface, member
	cli -j show interfaces | tr '{' '\n' |
		grep "\"name\": *\"$1\"" |
		sed -n "s/.*\"$2\": *\\([0-9]*\\).*/\\1/p"
}

verdict() {
	cli -j show stats | tr '{,' '\n' |
		sed -n "s/.*\"$1\": *\\([0-9]*\\).*/\\1/p" | head -n 1
}

# --- the router -----------------------------------------------------------

cli() {
	"$BUILD/xmgm" -i $INSTANCE "$@"
}

write_config() { # IN OUT...
	in=$1
	shift
	outs=$(echo "$*" | sed 's/[^ ][^ ]*/"&"/g; s/ /, /g')
	for name in "$in" "$@"; do
		echo "interface \"$name\" { mode = $MODE source-mac = $MAC }"
	done
	n=1
	while [ $n -le "$FLOWS" ]; do
		echo "mroute { source = $(source_of $n) group = $GROUP" \
			"from = \"$in\" to = {$outs} }"
		n=$((n + 1))
	done
}

stop_router() {
	trap - INT TERM EXIT
	kill "$daemon" 2>/dev/null || true
	wait "$daemon" 2>/dev/null || true
	cli detach --all >/dev/null || true
	rm -rf "$directory"
}

# One line a second: what came in, what was forwarded, and of each out what
# left and what its driver refused.
watch() { # IN OUT...
	in=$1
	shift
	before_in=$(arrived "$in")
	before=$(verdict forwarded)
	while sleep 1; do
		now_in=$(arrived "$in")
		now=$(verdict forwarded)
		line="in $((now_in - before_in))/s"
		line="$line forwarded $((${now:-0} - ${before:-0}))/s"
		for name in "$@"; do
			line="$line | $name out $(number "$name" packets_out)"
			refused=$(number "$name" packets_refused)
			line="$line refused ${refused:--}"
		done
		echo "$line"
		before_in=$now_in
		before=$now
	done
}

router() {
	[ $# -ge 2 ] || usage
	for name in "$@"; do
		check_link "$name"
	done
	directory=$(mktemp -d)
	write_config "$@" >"$directory/xmgmd.conf"
	"$BUILD/xmgm" -i $INSTANCE doctor "$@" || true
	"$BUILD/xmgmd" -i $INSTANCE -f "$directory/xmgmd.conf" &
	daemon=$!
	trap 'stop_router; exit 0' INT TERM
	trap stop_router EXIT
	tries=0
	while ! cli show mroute 2>/dev/null | grep -q $GROUP; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || fail "xmgmd does not forward: see above"
		kill -0 "$daemon" 2>/dev/null || fail "xmgmd has ended"
		sleep 0.2
	done
	cli show interfaces detail
	echo "ready: start the tester, end with ^C"
	watch "$@"
}

# --- the tester -----------------------------------------------------------

has_pktgen() {
	[ -e $PKTGEN/pgctrl ] || modprobe pktgen 2>/dev/null || true
	[ -e $PKTGEN/pgctrl ]
}

pktgen_set() { # file, words
	file=$1
	shift
	echo "$*" >"$PKTGEN/$file" || fail "pktgen refuses '$*' for $file"
}

pktgen_setup() { # TX, bytes
	thread=0
	while [ $thread -lt "$THREADS" ]; do
		device=$1@$thread
		pktgen_set "kpktgend_$thread" rem_device_all
		pktgen_set "kpktgend_$thread" "add_device $device"
		pktgen_set "$device" "count 0"
		pktgen_set "$device" "pkt_size $2"
		pktgen_set "$device" "delay 0"
		[ "$RATE" = 0 ] || pktgen_set "$device" "ratep $RATE"
		pktgen_set "$device" "dst_mac 01:00:5e:12:00:01"
		pktgen_set "$device" "dst $GROUP"
		pktgen_set "$device" "src_min $(source_of 1)"
		pktgen_set "$device" "src_max $(source_of "$FLOWS")"
		pktgen_set "$device" "udp_src_min 5000"
		pktgen_set "$device" "udp_src_max 5000"
		pktgen_set "$device" "udp_dst_min 5000"
		pktgen_set "$device" "udp_dst_max 5000"
		thread=$((thread + 1))
	done
}

# "start" is written until it is interrupted: that stops the threads.
pktgen_run() { # TX, bytes
	pktgen_setup "$1" "$2"
	sh -c "echo start >$PKTGEN/pgctrl" 2>/dev/null &
	starter=$!
	sleep "$DURATION"
	kill $starter 2>/dev/null || true
	echo stop >$PKTGEN/pgctrl
	wait $starter 2>/dev/null || true
	thread=0
	sent=0
	while [ $thread -lt "$THREADS" ]; do
		n=$(sed -n 's/.*pkts-sofar: *\([0-9]*\).*/\1/p' \
			"$PKTGEN/$1@$thread")
		sent=$((sent + n))
		pktgen_set "kpktgend_$thread" rem_device_all
		thread=$((thread + 1))
	done
}

# A frame of the first flow: Ethernet, IPv4, UDP without checksum, zeros.
frame() { # bytes
	total=$(($1 - 14))
	sum=$((0x4500 + total + 0x4000 + 0x2011 + 0xc612 + 0x0001 + \
		0xef12 + 0x0001))
	sum=$(((sum & 0xffff) + (sum >> 16)))
	sum=$(((sum & 0xffff) + (sum >> 16)))
	printf '01005e120001020000000001'
	printf '08004500%04x000040002011%04x' $total $((~sum & 0xffff))
	printf 'c6120001ef12000113881388%04x0000' $((total - 20))
	printf "%0$((2 * ($1 - 42)))d" 0
}

# Where there is no pktgen: a packet socket, one CPU, one flow.
blast_run() { # TX, bytes
	[ "$FLOWS" = 1 ] || fail "without pktgen FLOWS is 1: modprobe pktgen"
	sent=$( (
		echo
		sleep "$DURATION"
	) | "$BUILD/tests/net/blast" "$1" 0 0 "$(frame "$2")" | tail -n 1)
}

measure() { # bytes TX RX...
	bytes=$1
	tx=$2
	shift 2
	befores=
	for name in "$@"; do
		befores="$befores $name:$(arrived "$name")"
	done
	if has_pktgen; then
		pktgen_run "$tx" "$bytes"
	else
		blast_run "$tx" "$bytes"
	fi
	sleep 1 # what is on its way
	line=$(printf '%5d bytes  sent %10d/s' "$bytes" $((sent / DURATION)))
	json="{\"bytes\":$bytes,\"flows\":$FLOWS,\"sent\":$sent"
	json="$json,\"seconds\":$DURATION,\"received\":{"
	comma=
	for name in "$@"; do
		before=${befores##* "$name":}
		got=$(($(arrived "$name") - ${before%% *}))
		lost=-
		[ "$sent" = 0 ] || lost=$(((sent - got) * 1000 / sent))
		line="$line  $name $((got / DURATION))/s lost $lost/1000"
		json="$json$comma\"$name\":$got"
		comma=,
	done
	echo "$line"
	rows="${rows:+$rows,}$json}}"
}

tester() {
	[ $# -ge 2 ] || usage
	for name in "$@"; do
		check_link "$name"
		ip link set dev "$name" up allmulticast on
	done
	rows=
	for bytes in $SIZES; do
		measure "$bytes" "$@"
	done
	[ -z "$RESULT" ] || echo "{\"nic\":[$rows]}" >"$RESULT"
}

[ $# -ge 1 ] || usage
role=$1
shift
case $role in
router) router "$@" ;;
tester) tester "$@" ;;
*) usage ;;
esac
