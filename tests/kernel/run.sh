#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs test programs in a virtual machine with another kernel: by default the
# distribution's cloud kernel (6.1 on Debian 12, the oldest we support), or
# the package KERNEL_PACKAGE. Nothing is installed: packages are downloaded
# and unpacked below the work directory. Needs neither root nor KVM.
#
#   run.sh WORK-DIRECTORY PROGRAM...
#
# TOOLS="FILE..." go into the guest's /bin, for programs that call them.
#
# Ends with 0 if every program did; the guest's console is the output.
set -euo pipefail

work=$(realpath -m "$1")
shift
root=$work/root
guest=$work/guest
seconds=${KERNEL_SECONDS:-1200}

if [ "$(dpkg --print-architecture 2>/dev/null)" != amd64 ]; then
	echo "tests/kernel: skipped: made for Debian on amd64 only"
	exit 0
fi

kernel_package() {
	apt-cache depends linux-image-cloud-amd64 |
		awk '/Depends: linux-image-[0-9]/ { print $2; exit }'
}

# Everything qemu needs that this machine lacks, and the kernel.
unpack() {
	local kernel=${KERNEL_PACKAGE:-$(kernel_package)} debs=$work/debs
	local needs
	if [ -f "$work/$kernel.done" ]; then
		return
	fi
	needs=$(apt-get install -s --no-install-recommends qemu-system-x86 |
		awk '/^Inst/ { print $2 }')
	rm -rf "$root" "$debs" "$work"/*.done
	mkdir -p "$root" "$debs"
	echo "tests/kernel: downloading $kernel and qemu into $work"
	# shellcheck disable=SC2086 # the list is meant to be split
	(cd "$debs" && apt-get -qq download "$kernel" seabios \
		busybox-static cpio $needs 2>"$work/apt.log") || {
		cat "$work/apt.log" >&2
		exit 1
	}
	for deb in "$debs"/*.deb; do
		dpkg -x "$deb" "$root"
	done
	rm -rf "$debs"
	touch "$work/$kernel.done"
}

# Copies a program and what it is linked with to the same paths in the guest.
libraries() {
	for file in "$@"; do
		ldd "$file" 2>/dev/null | grep -oE '/[^ ]+' || true
	done | sort -u | while read -r library; do
		mkdir -p "$guest$(dirname "$library")"
		cp -L "$library" "$guest$library"
	done
}

init() {
	cat <<-'END'
		#!/bin/sh
		mount -t proc proc /proc
		mount -t sysfs sys /sys
		mount -t devtmpfs dev /dev
		mount -t bpf bpf /sys/fs/bpf
		ip link set lo up
		ulimit -n 65536 # a new kernel allows 4096
		for try in 1 2 3; do # one may need another
			for module in /modules/*.ko; do
				insmod $module 2>/dev/null
			done
		done
		echo "tests/kernel: Linux $(uname -r)"
		cd /tests
		for test in *; do
			./$test
			echo "tests/kernel: $test ended with $?"
		done
		poweroff -f
	END
}

build_guest() {
	rm -rf "$guest"
	mkdir -p "$guest"/{bin,proc,sys,dev,tmp,run,modules,tests,etc,var}
	ln -s ../run "$guest/var/run"
	cp "$root/bin/busybox" "$guest/bin/"
	for applet in cat grep head insmod kill mkdir mktemp mount poweroff rm \
		sed sleep tail tr umount uname; do
		ln -s busybox "$guest/bin/$applet"
	done
	# shellcheck disable=SC2086 # TOOLS is a list
	set -- /bin/sh "$(command -v ip)" "$(command -v ethtool)" \
		"$(command -v tc)" \
		${TOOLS:-} -- "$@"
	while [ "$1" != -- ]; do
		cp -L "$1" "$guest/bin/"
		libraries "$1"
		shift
	done
	shift
	libraries "$@"
	cp "$@" "$guest/tests/"
	# libxdp's dispatcher is a file that it loads.
	find /usr/lib -name 'xdp-dispatcher.o' | while read -r object; do
		mkdir -p "$guest$(dirname "$object")"
		cp "$object" "$guest$object"
	done
	for module in veth tls bonding vrf tun garp mrp stp llc 8021q \
		sch_ingress cls_bpf cls_u32 pktgen; do
		find "$root/lib/modules" "$root/usr/lib/modules" \
			-name $module.ko -exec cp {} "$guest/modules/" \; \
			2>/dev/null || true
	done
	init >"$guest/init"
	chmod +x "$guest/init"
	(cd "$guest" && find . | "$cpio" -o -H newc --quiet | gzip -1) \
		>"$work/initrd.gz"
}

unpack
cpio=$(command -v cpio || echo "$root/bin/cpio")
qemu=$(command -v qemu-system-x86_64 ||
	echo "$root/usr/bin/qemu-system-x86_64")
vmlinuz=("$root"/boot/vmlinuz-*)
build_guest "$@"
log=$work/console.log
LD_LIBRARY_PATH=$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu \
	timeout "$seconds" "$qemu" -accel tcg -m 1024 -smp 2 -nographic \
	-no-reboot -nic none -L "$root/usr/share/qemu" \
	-L "$root/usr/share/seabios" -kernel "${vmlinuz[0]}" \
	-initrd "$work/initrd.gz" \
	-append "console=ttyS0 panic=-1 quiet loglevel=3" </dev/null |
	tr -d '\r' | sed -u '1,/Booting/d' | tee "$log"

good=$(grep -c 'tests/kernel: .* ended with 0$' "$log" || true)
echo "tests/kernel: $good of $# programs ended well"
[ "$good" -eq $# ]
