#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Makes a Debian package of what `make install` installs. The libraries it
# depends on are those the binaries are linked with, found by dpkg-shlibdeps.
# Called by `make deb`: etc/deb.sh BUILD VERSION PACKAGE.
set -eu

build=$1
version=$2
package=$3
root=$build/deb/xmgm
doc=$root/usr/share/doc/xmgm

command -v dpkg-shlibdeps >/dev/null || {
	echo "etc/deb.sh: dpkg-shlibdeps is missing: apt-get install dpkg-dev" >&2
	exit 1
}

rm -rf "$build/deb"
mkdir -p "$root/DEBIAN" "$doc"
"${MAKE:-make}" --no-print-directory install DESTDIR="$root" PREFIX=/usr
strip "$root/usr/sbin/xmgm" "$root/usr/sbin/xmgmd"
find "$root/usr/share/man" -type f -exec gzip -9n {} +
cp README.md CHANGELOG.md "$doc"
cp LICENSE "$doc/copyright"
gzip -9n "$doc/CHANGELOG.md"

# dpkg-shlibdeps wants to stand beside a debian/control.
mkdir -p "$build/deb/debian"
printf 'Source: xmgm\n\nPackage: xmgm\nArchitecture: any\n' \
	>"$build/deb/debian/control"
depends=$(cd "$build/deb" && dpkg-shlibdeps -O --ignore-missing-info \
	xmgm/usr/sbin/xmgm xmgm/usr/sbin/xmgmd | sed -n 's/^shlibs:Depends=//p')

printf '/etc/xmgm/xmgmd.conf\n' >"$root/DEBIAN/conffiles"
cat >"$root/DEBIAN/postinst" <<'END'
#!/bin/sh
set -e
[ ! -d /run/systemd/system ] || systemctl daemon-reload
END
chmod 755 "$root/DEBIAN/postinst"
cat >"$root/DEBIAN/control" <<END
Package: xmgm
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: The xmgm authors <xmgm@localhost>
Installed-Size: $(du -sk "$root/usr" | cut -f1)
Depends: $depends
Suggests: bpftool, ethtool
Section: net
Priority: optional
Description: IPv4 multicast router with an XDP data plane
 A multicast group manager lets IGMP and routing protocols share interfaces,
 and XDP programs forward the packets. Includes the daemon xmgmd and the
 command line xmgm.
END

dpkg-deb --build --root-owner-group "$root" "$package" >/dev/null
echo "$package depends on $depends"
