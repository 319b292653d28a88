# SPDX-License-Identifier: GPL-2.0-only
"""One LAN with several routers and hosts on it: a bridge, in a namespace of
its own, with a port for each.

          10.9.0.0/24
      a ------ bridge ------ b
      e0         |         e0
               host r0
"""

import os
import pathlib

from frames import Capture
from router import BUILD, Router

NET = "10.9.0"
FRR = [pathlib.Path(p) for p in (os.environ.get("XMGM_FRR", ""),
                                 BUILD / "frr", "/") if str(p) != "."]


class Lan:
    """The bridge; ports are added by name and the address's last byte."""

    def __init__(self, lab, snooping=0, name="lan", net=NET):
        self.lab, self.net = lab, net
        self.switch = lab.net.namespace(name)
        self.switch.run("ip", "link", "add", "br0", "type", "bridge",
                        "mcast_snooping", snooping)
        self.switch.run("ip", "link", "set", "br0", "up")

    def port(self, name, last, interface="e0", there=None):
        """A namespace, new or `there`, with an interface on this LAN."""
        there = there or self.lab.net.namespace(name)
        self.lab.net.link(self.switch, f"p-{name}", there, interface)
        self.lab.net.gro(self.switch, f"p-{name}")
        self.switch.run("ip", "link", "set", f"p-{name}", "master", "br0")
        there.ip("addr", "add", f"{self.net}.{last}/24", "dev", interface)
        return there

    def host(self, last=100):
        """A host, and an eye on its interface."""
        there = self.port("host", last, "r0")
        there.ip("route", "add", "224.0.0.0/4", "dev", "r0")
        return there, self.lab.keep(Capture(there, "r0"))

    def router(self, name, last):
        """A router that is not started yet."""
        directory = self.lab.directory / name
        directory.mkdir()
        made = Router(self.lab.net, self.port(name, last), directory)
        made.address = f"{self.net}.{last}"
        self.lab.routers.append(made)
        return made


def start(router, options):
    router.start('interface "e0" { mode = native igmp { ' + options +
                 ' } }\n', ["e0"])


def frr():
    """Where FRR's programs and libraries are: a root directory, or None."""
    for root in FRR:
        if (root / "usr/lib/frr/pimd").exists():
            return root.resolve()
    return None


class Pimd:
    """FRR's pimd with its zebra, in a namespace."""

    def __init__(self, net, namespace, directory, options):
        self.net, self.namespace = net, namespace
        self.directory = pathlib.Path(directory)
        self.directory.mkdir()
        self.directory.chmod(0o777)
        self.root = frr()
        self.programs = []
        (self.directory / "zebra.conf").touch()
        # It will not start without a group that its package makes.
        groups = pathlib.Path("/etc/group").read_text(encoding="utf-8")
        (self.directory / "group").write_text(groups + "frrvty:x:0:\n",
                                              encoding="utf-8")
        (self.directory / "pimd.conf").write_text(
            "interface e0\n ip igmp\n" +
            "".join(f" ip igmp {option}\n" for option in options),
            encoding="ascii")

    def _start(self, name):
        libraries = self.root / "usr/lib/x86_64-linux-gnu"
        at = self.directory
        self.programs.append(self.net.start(
            self.namespace, "unshare", "-m", "sh", "-c",
            'mount --bind "$0" /etc/group && exec "$@"', at / "group",
            self.root / "usr/lib/frr" / name,
            "-f", at / f"{name}.conf", "-i", at / f"{name}.pid",
            "-z", at / "zebra.sock", "--vty_socket", at, "-P", 0,
            "-u", "root", "-g", "root",
            env={**os.environ, "LD_LIBRARY_PATH":
                 f"{libraries}:{libraries / 'frr'}"}))

    def start(self):
        self._start("zebra")
        self._start("pimd")

    def kill(self):
        for program in self.programs:
            program.kill()
            program.wait()
        self.programs = []
