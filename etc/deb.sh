#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Makes Debian packages of what `make install` installs and what lies in
# etc/deb/: xmgm, and beside it libmgm0 and libmgm-dev, the client library. The
# libraries they depend on are those the binaries are linked with, found by
# dpkg-shlibdeps. The maintainer is DEBFULLNAME <DEBEMAIL>, as
# for all Debian tools. Called by `make deb`: etc/deb.sh BUILD VERSION PACKAGE,
# which is that of xmgm; the others lie beside it.
set -eu

build=$1
version=$2
package=$3
root=$build/deb/xmgm
lib=$build/deb/libmgm0
dev=$build/deb/libmgm-dev
arch=$(dpkg --print-architecture)
libdir=usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)
maintainer="${DEBFULLNAME:-The xmgm authors} <${DEBEMAIL:-xmgm@example.org}>"

command -v dpkg-shlibdeps >/dev/null || {
	echo "etc/deb.sh: dpkg-shlibdeps is missing: apt-get install dpkg-dev" >&2
	exit 1
}

# The licences that Debian has are named, the one it has not is quoted.
copyright() {
	cat etc/deb/copyright
	echo "License: BSD-2-Clause"
	sed -e 1,2d -e 's/^$/./' -e 's/^/ /' LICENSES/BSD-2-Clause.txt
}

# Debian's form of it, for tools; people read CHANGELOG.md.
changelog() {
	epoch=${SOURCE_DATE_EPOCH:-$(stat -c %Y CHANGELOG.md)}
	cat <<END
xmgm ($version) unstable; urgency=medium

  * See /usr/share/doc/xmgm/CHANGELOG.md.gz.

 -- $maintainer  $(LC_ALL=C date -u -R -d "@$epoch")
END
}

# documents ROOT: what every package says of itself.
documents() {
	doc=$1/usr/share/doc/$(basename "$1")
	mkdir -p "$doc"
	changelog | gzip -9n >"$doc/changelog.gz"
	copyright >"$doc/copyright"
	chmod 644 "$doc/changelog.gz" "$doc/copyright"
}

# What developers and programs need is not the router's.
split() {
	mkdir -p "$lib/$libdir" "$lib/DEBIAN" "$dev/$libdir" "$dev/DEBIAN" \
		"$dev/usr/share/man/man3"
	mv "$root/$libdir"/libmgm.so.* "$lib/$libdir"
	mv "$root/$libdir"/libmgm.so "$root/$libdir"/libmgm.a \
		"$root/$libdir"/pkgconfig "$dev/$libdir"
	mv "$root/usr/include" "$dev/usr"
	mv "$root/usr/share/man/man3"/* "$dev/usr/share/man/man3"
	rmdir "$root/$libdir" "$root/usr/share/man/man3"
}

# depends FILE...: dpkg-shlibdeps wants to stand beside a debian/control.
depends() {
	mkdir -p "$build/deb/debian"
	printf 'Source: xmgm\n\nPackage: xmgm\nArchitecture: any\n' \
		>"$build/deb/debian/control"
	(cd "$build/deb" && dpkg-shlibdeps -O --ignore-missing-info "$@") |
		sed -n 's/^shlibs:Depends=//p'
}

# fields ROOT SECTION DEPENDS: what the control files have in common.
fields() {
	cat <<END
Package: $(basename "$1")
Source: xmgm
Version: $version
Architecture: $arch
Maintainer: $maintainer
Installed-Size: $(du -sk "$1/usr" | cut -f1)
Depends: $3
Section: $2
Priority: optional
END
}

control() {
	fields "$root" net \
		"$(depends xmgm/usr/sbin/xmgm xmgm/usr/sbin/xmgmd \
			xmgm/usr/sbin/xmgm-dvmrpd)" |
		sed /^Source:/d
	cat <<END
Suggests: bpftool, ethtool
Description: IPv4 multicast router with an XDP data plane
 A multicast group manager lets IGMP and routing protocols share interfaces,
 and XDP programs forward the packets. Includes the daemon xmgmd and the
 command line xmgm.
END
}

control_lib() {
	fields "$lib" libs \
		"$(depends "libmgm0/$libdir/libmgm.so.$library")"
	cat <<END
Multi-Arch: same
Description: client library of xmgm's multicast group manager
 Multicast routing protocols outside of the daemon xmgmd register with its
 group manager, own interfaces and add memberships by the functions of this
 library.
END
}

control_dev() {
	fields "$dev" libdevel "libmgm0 (= $version), libjson-c-dev"
	cat <<END
Multi-Arch: same
Description: client library of xmgm's multicast group manager, to develop with
 Headers, the static library, a file for pkg-config and the manual page
 libmgm(3), for those who write multicast routing protocols.
END
}

# pack ROOT PACKAGE
pack() {
	(cd "$1" && find usr -type f -exec md5sum {} +) >"$1/DEBIAN/md5sums"
	dpkg-deb --build --root-owner-group "$1" "$2" >/dev/null
	echo "$2"
	sed -n 's/^Depends: /  depends on /p' "$1/DEBIAN/control"
}

rm -rf "$build/deb"
mkdir -p "$root/DEBIAN"
"${MAKE:-make}" --no-print-directory install DESTDIR="$root" PREFIX=/usr \
	LIBDIR="/$libdir"
split
# Of the sources, which a test's version is not.
library=$(basename "$lib/$libdir"/libmgm.so.*.* | sed 's/libmgm.so.//')
strip "$root/usr/sbin/xmgm" "$root/usr/sbin/xmgmd" \
	"$root/usr/sbin/xmgm-dvmrpd"
strip --strip-unneeded "$lib/$libdir/libmgm.so.$library"
strip --strip-debug "$dev/$libdir/libmgm.a"
documents "$lib"
documents "$dev"
documents "$root"
install -m 644 README.md CHANGELOG.md "$doc"
gzip -9n "$doc/CHANGELOG.md"
find "$root/usr/share/man" "$dev/usr/share/man" -type f -exec gzip -9n {} +

printf '/etc/xmgm/xmgmd.conf\n' >"$root/DEBIAN/conffiles"
install -m 755 etc/deb/prerm etc/deb/postinst etc/deb/postrm "$root/DEBIAN"
control >"$root/DEBIAN/control"
control_lib >"$lib/DEBIAN/control"
control_dev >"$dev/DEBIAN/control"
# Programs that are made against it ask for the version that has its symbols.
printf 'libmgm 0 libmgm0 (>= %s)\n' "$library" >"$lib/DEBIAN/shlibs"
printf 'activate-noawait ldconfig\n' >"$lib/DEBIAN/triggers"

beside=$(dirname "$package")
pack "$root" "$package"
pack "$lib" "$beside/libmgm0_${version}_$arch.deb"
pack "$dev" "$beside/libmgm-dev_${version}_$arch.deb"
