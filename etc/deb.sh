#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Makes a Debian package of what `make install` installs and what lies in
# etc/deb/. The libraries it depends on are those the binaries are linked
# with, found by dpkg-shlibdeps. The maintainer is DEBFULLNAME <DEBEMAIL>, as
# for all Debian tools. Called by `make deb`: etc/deb.sh BUILD VERSION PACKAGE.
set -eu

build=$1
version=$2
package=$3
root=$build/deb/xmgm
doc=$root/usr/share/doc/xmgm
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

documents() {
	install -m 644 README.md CHANGELOG.md "$doc"
	gzip -9n "$doc/CHANGELOG.md"
	changelog | gzip -9n >"$doc/changelog.gz"
	copyright >"$doc/copyright"
	chmod 644 "$doc/changelog.gz" "$doc/copyright"
	find "$root/usr/share/man" -type f -exec gzip -9n {} +
}

# dpkg-shlibdeps wants to stand beside a debian/control.
depends() {
	mkdir -p "$build/deb/debian"
	printf 'Source: xmgm\n\nPackage: xmgm\nArchitecture: any\n' \
		>"$build/deb/debian/control"
	(cd "$build/deb" && dpkg-shlibdeps -O --ignore-missing-info \
		xmgm/usr/sbin/xmgm xmgm/usr/sbin/xmgmd) |
		sed -n 's/^shlibs:Depends=//p'
}

control() {
	cat <<END
Package: xmgm
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: $maintainer
Installed-Size: $(du -sk "$root/usr" | cut -f1)
Depends: $(depends)
Suggests: bpftool, ethtool
Section: net
Priority: optional
Description: IPv4 multicast router with an XDP data plane
 A multicast group manager lets IGMP and routing protocols share interfaces,
 and XDP programs forward the packets. Includes the daemon xmgmd and the
 command line xmgm.
END
}

rm -rf "$build/deb"
mkdir -p "$root/DEBIAN" "$doc"
"${MAKE:-make}" --no-print-directory install DESTDIR="$root" PREFIX=/usr
strip "$root/usr/sbin/xmgm" "$root/usr/sbin/xmgmd"
documents

printf '/etc/xmgm/xmgmd.conf\n' >"$root/DEBIAN/conffiles"
install -m 755 etc/deb/prerm etc/deb/postinst etc/deb/postrm "$root/DEBIAN"
control >"$root/DEBIAN/control"
(cd "$root" && find usr -type f -exec md5sum {} +) >"$root/DEBIAN/md5sums"

dpkg-deb --build --root-owner-group "$root" "$package" >/dev/null
echo "$package"
sed -n 's/^Depends: /  depends on /p' "$root/DEBIAN/control"
