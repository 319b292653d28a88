#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The life of the package in a Debian that has nothing else: installed with
# its dependencies, run, upgraded, removed, purged. There is no systemd in it, but
# for a false one at the end.
# Called by `make test-deb` with the make to use, the build directory and the
# version; downloads that Debian once, into BUILD/deb-root.
#
#   outer     makes two packages and the Debian, in a mount and pid namespace
#   install   in it, with the network of the host, for the dependencies
#   router    in it, with a network of its own:  v0 (attached) ---- v1
set -euo pipefail

failed=0
passed=0

# holds SENTENCE COMMAND...: one test.
holds() {
	local sentence=$1
	shift
	if "$@" >/tmp/holds.log 2>&1; then
		echo "ok    $sentence"
		passed=$((passed + 1))
	else
		echo "FAIL  $sentence"
		sed 's/^/      /' /tmp/holds.log
		failed=$((failed + 1))
	fi
}

fails() {
	! "$@"
}

# Waits, by a deadline of 10 s, until the command succeeds.
soon() {
	local i
	for ((i = 0; i < 200; i++)); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.05
	done
	echo "10 s have passed without: $*"
	return 1
}

outer() {
	local make=$1 build=$2 version=$3 base=$2/deb-root
	local tool missing=()

	for tool in debootstrap lintian; do
		command -v "$tool" >/dev/null || missing+=("$tool")
	done
	if [ "${#missing[@]}" -gt 0 ]; then
		echo "tests/deb: installing ${missing[*]}"
		apt-get -qq -y install --no-install-recommends "${missing[@]}"
	fi
	"$make" --no-print-directory deb
	mkdir -p "$build/deb-test"
	cp "$build/xmgm_${version}_"*.deb "$build/deb-test/first.deb"
	MAKE=$make etc/deb.sh "$build" "$version+1" "$build/deb-test/second.deb"
	lintian --allow-root --fail-on error,warning \
		"$build/deb-test/first.deb" "$build"/libmgm*_"$version"_*.deb
	if [ ! -e "$base/.complete" ]; then
		rm -rf "$base"
		debootstrap --variant=minbase bookworm "$base" >"$build/deb-test/debootstrap.log"
		touch "$base/.complete"
	fi
	exec unshare --mount --pid --fork --kill-child \
		"$0" install "$base" "$build/deb-test"
}

# Nothing of it stays: what is written goes to a tmpfs over the Debian.
install() {
	local base=$1 debs=$2 root=/mnt/root

	mount -t tmpfs tmpfs /mnt
	mkdir -p /mnt/upper /mnt/work "$root"
	mount -t overlay overlay "$root" \
		-o "lowerdir=$base,upperdir=/mnt/upper,workdir=/mnt/work"
	mount -t proc proc "$root/proc"
	mount --rbind /dev "$root/dev"
	mount -t tmpfs tmpfs "$root/run"
	cp /etc/resolv.conf "$root/etc/resolv.conf"
	cp "$debs"/*.deb "$root/root"
	export DEBIAN_FRONTEND=noninteractive LC_ALL=C
	chroot "$root" apt-get -qq update
	chroot "$root" apt-get -qq -y install --no-install-recommends \
		/root/first.deb >"$debs/install.log" 2>&1 || {
		cat "$debs/install.log"
		exit 1
	}
	exec unshare --net "$0" router "$root"
}

in_root() {
	chroot "$root" "$@"
}

start_daemon() {
	in_root /usr/sbin/xmgmd >"$root/root/xmgmd.log" 2>&1 &
	soon in_root xmgm show protocols
}

is_attached() {
	ip link show dev v0 | grep -q xdp
}

has_route() {
	in_root xmgm -j show mroute 10.0.0.1 239.1.1.1 2>/dev/null |
		grep -q '"iif": *"v0"'
}

daemon_runs() {
	kill -0 "$daemon"
}

is_installed() {
	# shellcheck disable=SC2016 # dpkg's own variable
	in_root dpkg-query -W -f '${db:Status-Status}' xmgm | grep -qx installed
}

remove_keeps_strangers() {
	in_root dpkg --remove xmgm
	daemon_runs
}

the_first_version() {
	holds "the package is installed" is_installed
	holds "programs run with the libraries it depends on" in_root xmgm -V
	holds "the configuration as it is installed is valid" in_root xmgmd -n
	holds "nothing is attached by installing" fails test -e "$root/sys/fs/bpf/xmgm"
	echo 'interface "v0" { }' >"$root/etc/xmgm/xmgmd.conf"
	start_daemon
	daemon=$(head -n 1 "$root/run/xmgm/main.sock.lock")
	holds "the daemon attaches what is configured" soon is_attached
	in_root xmgm attach v2
	in_root xmgm mroute add 10.0.0.1 239.1.1.1 from v0 to v2
	holds "a route is made" has_route
}

the_upgrade() {
	in_root dpkg --install /root/second.deb
	holds "an upgrade leaves the daemon alone" daemon_runs
	holds "an upgrade detaches nothing" is_attached
	holds "an upgrade keeps the routes" has_route
	holds "an upgrade keeps a changed configuration" \
		grep -q v0 "$root/etc/xmgm/xmgmd.conf"
	kill "$daemon"
	wait
	start_daemon
	daemon=$(head -n 1 "$root/run/xmgm/main.sock.lock")
	holds "the next daemon has the routes" has_route
	in_root dpkg --install /root/first.deb
	in_root dpkg --install /root/second.deb
}

the_removal() {
	in_root xmgm -i other attach v4
	in_root dpkg --remove xmgm
	holds "removing stops the daemon" fails daemon_runs
	holds "removing detaches what it had attached" fails is_attached
	holds "removing detaches other instances, too" \
		fails grep -q xdp <(ip link show dev v4)
	holds "removing leaves no pins" fails ls "$root"/sys/fs/bpf/xmgm/*
	holds "removing keeps the configuration" test -e "$root/etc/xmgm/xmgmd.conf"
	in_root dpkg --purge xmgm
	holds "a purge leaves no configuration" fails test -e "$root/etc/xmgm"
	holds "a purge leaves nothing in /run" fails test -e "$root/run/xmgm"
}

# What the scripts ask of systemd, in the order of asking.
asked_systemd() {
	grep -o '[a-z-]*\(-restart\|stop\|reload\).*' "$root/root/asked" |
		tr '\n' ' ' | grep -qx "$1 "
}

# A systemctl that only notes what it is asked.
with_systemd() {
	mkdir -p "$root/run/systemd/system"
	printf '#!/bin/sh\necho "$*" >>/root/asked\n' >"$root/usr/bin/systemctl"
	chmod 755 "$root/usr/bin/systemctl"
	in_root dpkg --purge xmgm
	in_root dpkg --install /root/first.deb
	holds "installing starts nothing" asked_systemd "daemon-reload"
	: >"$root/root/asked"
	in_root dpkg --install /root/second.deb
	holds "an upgrade starts the service again, if it runs" \
		asked_systemd "daemon-reload try-restart xmgmd.service"
	: >"$root/root/asked"
	in_root dpkg --remove xmgm
	holds "removing stops the service" \
		asked_systemd "stop xmgmd.service daemon-reload"
	rm -r "$root/run/systemd" "$root/usr/bin/systemctl"
}

# Without a daemon, and with one that is not of the package.
other_removals() {
	in_root dpkg --install /root/second.deb
	in_root xmgm attach v0
	holds "attached without a daemon" is_attached
	in_root dpkg --remove xmgm
	holds "removing without a daemon detaches" fails is_attached
	in_root dpkg --install /root/second.deb
	cp "$root/usr/sbin/xmgmd" "$root/usr/local/sbin/xmgmd"
	in_root /usr/local/sbin/xmgmd >"$root/root/xmgmd.log" 2>&1 &
	soon in_root xmgm show protocols
	in_root xmgm attach v0
	daemon=$(head -n 1 "$root/run/xmgm/main.sock.lock")
	holds "removing leaves a daemon of another build alone" \
		remove_keeps_strangers
	holds "removing leaves its interfaces attached" is_attached
	kill "$daemon"
	wait
}

router() {
	root=$1
	mount -t sysfs sysfs "$root/sys"
	mount -t bpf bpf "$root/sys/fs/bpf"
	ip link add v0 type veth peer name v1
	ip link add v2 type veth peer name v3
	ip link add v4 type veth peer name v5
	for name in v0 v1 v2 v3 v4 v5; do
		ip link set "$name" up
	done
	the_first_version
	the_upgrade
	the_removal
	other_removals
	with_systemd
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}

case $1 in
install | router) "$@" ;;
*) outer "$@" ;;
esac
