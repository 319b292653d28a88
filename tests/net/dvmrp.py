# SPDX-License-Identifier: GPL-2.0-only
"""Networks of DVMRP routers: xmgm, xmgm with DVMRP in a process of its own,
and mrouted, in any mixture.

Every kind of router can start, stop and be killed, and says in the same words
who its neighbours are, which routes it has, and what it has pruned.
"""

import collections
import itertools
import os
import pathlib
import socket
import struct
import threading
import time

import pytest

import mrouted
from frames import HEADER, Capture, Sender, datagram, ip_header, payload
from hosts import Member, checksummed, packet
from router import BUILD, Router
from topology import until

GROUP = "225.1.2.3"
FORCED = os.environ.get("DVMRP_KINDS")  # "mrouted": the tests themselves
ROUTERS = "224.0.0.4"
# Routers of xmgm need not wait as long as the draft has it; beside mrouted only
# what that can follow.
QUICK = ("probe-interval = 1 neighbor-timeout = 10 report-interval = 5 "
         "flash-interval = 1 route-expiry = 25 hold-down = 10 ")
BESIDE_MROUTED = ("probe-interval = 2 report-interval = 10 "
                  "flash-interval = 1 hold-down = 20 ")
IGMP = ("query-interval = 4 query-response-interval = 1 "
        "startup-query-interval = 1")


def kinds(*rows):
    """A test with these routers: by default the first row that has mrouted in
    it and the first that has not, all others are `long`."""
    rows = [(FORCED,) * len(rows[0])] if FORCED else rows
    once = {next((r for r in rows if ("mrouted" in r) is peer), None)
            for peer in (True, False)}
    return pytest.mark.parametrize("routers", [
        pytest.param(list(r), id="-".join(r),
                     marks=() if r in once else pytest.mark.long)
        for r in rows])


class Xmgm:
    """xmgmd with IGMP and DVMRP on all its interfaces."""

    kind = "xmgm"

    def __init__(self, lab, namespace, directory, quick):
        self.namespace, self.quick = namespace, quick
        self.router = Router(lab.net, namespace, directory)
        lab.routers.append(self.router)
        self.options = {}
        self.lines = ["prune-lifetime = 120"]
        self.interfaces = []
        # Else neighbours are not told of its end: it may be back soon.
        self.extra = "on-stop = release\n"

    def option(self, interface, **options):
        words = self.options.setdefault(interface, [])
        for name, value in options.items():
            if name == "rexmit_prunes":  # mrouted's; ours always does
                continue
            words.append(f"{name.replace('_', '-')} = {value}")

    def _section(self, name, dvmrp):
        words = " ".join(self.options.get(name, []))
        return (f'interface "{name}" {{ mode = native igmp {{ {IGMP} }} '
                f'{dvmrp} {{ {words} }} }}\n')

    def config(self, dvmrp="dvmrp"):
        quick = self.quick
        return "".join(self._section(name, dvmrp)
                       for name in self.interfaces) + \
            f"{dvmrp} {{ {quick}{' '.join(self.lines)} }}\n" + self.extra

    def start(self, interfaces):
        self.interfaces = list(interfaces)
        self.router.start(self.config(), self.interfaces)
        self._owned()

    def _owned(self):
        until(lambda: all(self.router.interface(name)["owner"] == "dvmrp"
                          for name in self.interfaces), 60,
              "an owner of all interfaces")

    def stop(self):
        assert self.router.stop() == 0

    def kill(self):
        self.router.daemon.kill()
        self.router.daemon.wait()

    def show(self, table):
        return self.router.json("show", "dvmrp", table)

    def neighbors(self):
        return {(n["interface"], n["address"]) for n in self.show("neighbors")
                if n["state"] == "two-way"}

    def routes(self):
        return {r["prefix"]: (r["iif"], r["upstream"], r["metric"])
                for r in self.show("routes")}

    def entry(self, prefix, group):
        for row in self.show("prunes"):
            if (row["prefix"], row["group"]) == (prefix, group):
                return row["prune_sent"], set(row["oifs"])
        return None

    def report(self):
        yield from self.router.report()
        for table in "neighbors", "routes", "prunes", "interfaces":
            yield f"show dvmrp {table}", self.router.cli(
                "show", "dvmrp", table, check=False).stdout

    def close(self):
        pass  # lab closes it


class Remote(Xmgm):
    """The same with DVMRP in xmgm-dvmrpd, by libmgm."""

    kind = "remote"

    def __init__(self, lab, namespace, directory, quick):
        super().__init__(lab, namespace, directory, quick)
        self.net = lab.net
        self.log = pathlib.Path(directory, "dvmrpd.log")
        self.program = None

    def start(self, interfaces):
        self.interfaces = list(interfaces)
        self.router.start(self.config('remote "dvmrp"'), self.interfaces)
        self.start_dvmrpd()

    def start_dvmrpd(self):
        with self.log.open("a", encoding="utf-8") as log:
            self.program = self.net.start(
                self.namespace, BUILD / "xmgm-dvmrpd", "-f",
                self.router.config, "-i", self.router.instance, stdout=log,
                stderr=log)
        self._owned()

    def stop(self):
        self.program.terminate()
        assert self.program.wait(timeout=20) == 0
        super().stop()

    def kill(self):
        self.program.kill()
        self.program.wait()
        super().kill()

    def report(self):
        yield "dvmrpd's log", self.log.read_text(encoding="utf-8")
        yield from super().report()

    def close(self):
        if self.program and self.program.poll() is None:
            self.program.terminate()
            self.program.wait(timeout=20)


class Domain:
    """The routers of a test, their links and hosts. Routers are r1, r2, ...;
    their interfaces e0, e1, ... in the order in which they are linked."""

    def __init__(self, lab, names, quick=None):
        """quick: options of xmgm's DVMRP, else as fits its neighbours."""
        if "mrouted" in names:
            mrouted.need()
        self.lab = lab
        if quick is None:
            quick = BESIDE_MROUTED if "mrouted" in names else QUICK
        self.routers = [self._router(f"r{k}", kind, quick)
                        for k, kind in enumerate(names, 1)]
        self.ends = {router: [] for router in self.routers}
        lab.domain = self

    def _router(self, name, kind, quick):
        directory = self.lab.directory / name
        directory.mkdir()
        there = self.lab.net.namespace(name)
        if kind == "mrouted":
            made = mrouted.Mrouted(self.lab.net, there, directory)
        else:
            made = {"xmgm": Xmgm, "remote": Remote}[kind](
                self.lab, there, directory, quick)
        made.name = name
        self.lab.keep(made)
        return made

    def _next(self, router):
        self.ends[router].append(f"e{len(self.ends[router])}")
        return self.ends[router][-1]

    def address(self, namespace, interface, address):
        namespace.ip("addr", "add", f"{address}/24", "dev", interface)
        self.lab.net.gro(namespace, interface)

    def link(self, a, b, net, last=(1, 2)):
        """A veth between two routers; returns both interfaces."""
        ends = self._next(a), self._next(b)
        self.lab.net.link(a.namespace, ends[0], b.namespace, ends[1])
        for router, name, byte in zip((a, b), ends, last):
            self.address(router.namespace, name, f"{net}.{byte}")
        return ends

    def lan(self, name, net, routers):
        """A bridge with these {router: last byte}; hosts by `on`."""
        switch = self.lab.net.namespace(name)
        switch.run("ip", "link", "add", "br0", "type", "bridge",
                   "mcast_snooping", 0)
        switch.run("ip", "link", "set", "br0", "up")
        made = Switch(self, switch, net)
        for router, byte in routers.items():
            made.plug(router.namespace, self._next(router), byte,
                      router.name)
        return made

    def host(self, name, router, net, last=9):
        """A host on a link of its own to this router, which has .1."""
        there = self.lab.net.namespace(f"h-{name}")
        end = self._next(router)
        self.lab.net.link(router.namespace, end, there, "h0")
        self.address(router.namespace, end, f"{net}.1")
        self.address(there, "h0", f"{net}.{last}")
        return Host(self, there, f"{net}.{last}")

    def die(self, router):
        """As if its machine were switched off: a daemon that is killed leaves
        xmgm's forwarding behind."""
        router.kill()
        for name in self.ends[router]:
            router.namespace.ip("link", "set", name, "down")

    def revive(self, router):
        for name in self.ends[router]:
            router.namespace.ip("link", "set", name, "up")
        self.start(router)

    def start(self, *routers):
        for router in routers or self.routers:
            router.start(self.ends[router])

    def line(self, *, source="10.9.1", member="10.9.9"):
        """source - r1 - r2 - ... - member; returns both hosts."""
        src = self.host("src", self.routers[0], source)
        for k, (a, b) in enumerate(itertools.pairwise(self.routers), 1):
            self.link(a, b, f"10.9.{10 * k}")
        dst = self.host("dst", self.routers[-1], member)
        self.start()
        return src, dst

    def know(self, prefix, metrics, seconds):
        """Until every router has a route to this of this metric."""
        for router, metric in metrics.items():
            until(lambda r=router, m=metric: r.routes().get(
                prefix, (0, 0, 99))[2] == m, seconds,
                f"{router.name} knows {prefix} at {metric}")


class Switch:
    def __init__(self, domain, namespace, net):
        self.domain, self.namespace, self.net = domain, namespace, net

    def plug(self, there, interface, byte, name):
        lab = self.domain.lab
        lab.net.link(self.namespace, f"p-{name}", there, interface)
        lab.net.gro(self.namespace, f"p-{name}")
        self.namespace.run("ip", "link", "set", f"p-{name}", "master", "br0")
        self.domain.address(there, interface, f"{self.net}.{byte}")

    def host(self, name, byte):
        there = self.domain.lab.net.namespace(f"h-{name}")
        self.plug(there, "h0", byte, name)
        return Host(self.domain, there, f"{self.net}.{byte}")


class Host:
    """Sends, listens and joins on h0."""

    def __init__(self, domain, namespace, address):
        lab = domain.lab
        self.lab, self.namespace, self.address = lab, namespace, address
        namespace.ip("route", "add", "224.0.0.0/4", "dev", "h0")
        self.sender = lab.keep(Sender(namespace, "h0"))
        self.eye = lab.keep(Capture(namespace, "h0"))

    def member(self, group=GROUP):
        return self.lab.keep(Member(self.namespace, group, "h0"))

    def send(self, text=b"x", group=GROUP):
        self.sender.send(datagram(self.address, group, text))

    def forge(self, message, *, destination=ROUTERS, source=None, **fields):
        """Puts a message of DVMRP on the link."""
        self.sender.send(packet(source or self.address, destination, message,
                                **fields))

    def flow(self, group=GROUP, rate=50):
        return self.lab.keep(Flow(self, group, rate))


class Flow:
    """Numbered datagrams until it is closed, at a steady pace."""

    def __init__(self, host, group, rate):
        self.host, self.group, self.sent = host, group, 0
        self.times = []
        self._pause, self._ended = 1 / rate, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._ended.wait(self._pause):
            self.times.append(time.monotonic())
            try:
                self.host.send(b"%d" % self.sent, self.group)
            except OSError:
                return  # the test is over
            self.sent += 1

    def numbers(self, host):
        """What has come to a host, in order of arrival."""
        return [int(payload(f)) for f in host.eye.frames(
            self.group, self.host.address)]

    def arrives(self, host, timeout):
        """Until something that is sent from now on arrives there; returns how
        long it took, by the sender's clock."""
        begun = self.sent
        since = time.monotonic()
        until(lambda: any(n >= begun for n in self.numbers(host)), timeout,
              f"packets of {self.group}")
        first = min(n for n in self.numbers(host) if n >= begun)
        return self.times[first] - since

    def clean(self, host, timeout, count=50):
        """Until `count` in a row have come there, each once; returns the
        first of them."""
        def once():
            last = self.sent - 5
            came = collections.Counter(self.numbers(host))
            return last - begun >= count and all(
                came[n] == 1 for n in range(last - count, last))
        begun = self.sent
        until(once, timeout, f"{self.group}, each packet once")
        return self.sent - 5 - count

    def check_whole(self, host, first, last, lost=0, twice=0):
        """Each of these has come there, and none twice, but for so many."""
        came = collections.Counter(self.numbers(host))
        double = [n for n in range(first, last) if came[n] > 1]
        missing = [n for n in range(first, last) if not came[n]]
        assert len(double) <= twice and len(missing) <= lost, \
            f"twice: {ranges(double)}, missing: {ranges(missing)}"

    def stops(self, host, timeout, quiet=10):
        """Until `quiet` packets in a row have not come there."""
        def silent():
            last = max(self.numbers(host), default=-1)
            return self.sent > max(last, begun) + quiet
        begun = self.sent
        until(silent, timeout, f"an end of {self.group}")

    def close(self):
        """Ends it; before its sender is closed."""
        if not self._ended.is_set():
            self._ended.set()
            self._thread.join()


def ranges(numbers):
    """[1, 2, 3, 7] as "1-3, 7"."""
    runs = []
    for n in numbers:
        if runs and runs[-1][1] == n - 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    return ", ".join(f"{a}-{b}" if a < b else f"{a}" for a, b in runs)


def prefix_of(host):
    return host.address.rpartition(".")[0] + ".0/24"


class Forger:
    """A router that is none: it keeps two-way with the one on its link, and
    says what it is told to."""

    def __init__(self, host, peer, genid=7):
        self.host, self.peer, self.genid = host, peer, genid
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        host.lab.keep(self)

    def _run(self):
        while not self._ended.wait(0.5):
            try:
                self.host.forge(probe(self.genid, self.peer))
            except OSError:
                return

    def say(self, message, to=ROUTERS):
        self.host.forge(message, destination=to)

    def close(self):
        self._ended.set()
        self._thread.join()


# Messages, for forging and for reading.

def message(code, body=b"", caps=0x0e, minor=0xff, major=3):
    return checksummed(struct.pack("!BBHBBBB", 0x13, code, 0, 0, caps, minor,
                                   major) + body)


def addresses(*words):
    return b"".join(map(socket.inet_aton, words))


def probe(genid, *neighbors, **header):
    return message(1, struct.pack("!I", genid) + addresses(*neighbors),
                   **header)


def report(*lists, **header):
    """Each list: (mask without its first byte, (net, metric), ...)."""
    body = b""
    for mask, *routes in lists:
        body += mask
        for k, (net, metric) in enumerate(routes, 1):
            body += net + bytes([metric | (0x80 if k == len(routes) else 0)])
    return message(2, body, **header)


def prune(source, group, seconds, **header):
    return message(7, addresses(source, group) + struct.pack("!I", seconds),
                   **header)


def graft(source, group, **header):
    return message(8, addresses(source, group), **header)


def heard(host, code, source=None):
    """The messages of DVMRP of this code that a host has heard."""
    found = []
    for frame in host.eye.frames(ROUTERS, source):
        if frame[HEADER + 9] != 2:
            continue
        body = frame[HEADER + len(ip_header(frame)):]
        if body[:2] == bytes([0x13, code]):
            found.append(body)
    return found


def read_report(body):
    """{prefix: metric} of a report, as it is said."""
    found, at = {}, 8
    while at < len(body):
        mask = b"\xff" + body[at:at + 3]
        at += 3
        width = 1 + max((k for k in range(4) if mask[k]), default=0)
        while True:
            net = (body[at:at + width] + b"\0\0\0\0")[:4]
            metric = body[at + width]
            at += width + 1
            length = int.from_bytes(mask, "big").bit_count()
            if mask == b"\xff\0\0\0" and net == b"\0\0\0\0":
                length = 0
            found[f"{socket.inet_ntoa(net)}/{length}"] = metric & 0x7F
            if metric & 0x80:
                break
    return found


class Wire:
    """What is said on a link, seen at a router's end of it."""

    def __init__(self, lab, router, interface):
        self.eye = lab.keep(Capture(router.namespace, interface,
                                    outgoing=True))

    def messages(self, code=None, source=None):
        """(source, destination, body) of DVMRP, in order."""
        found = []
        for frame in self.eye.all_frames():
            header = ip_header(frame)
            if frame[HEADER + 9] != 2:
                continue
            length = struct.unpack("!H", header[2:4])[0]
            body = frame[HEADER + len(header):HEADER + length]
            said = socket.inet_ntoa(header[12:16])
            if body[:1] == b"\x13" and code in (None, body[1]) and \
                    source in (None, said):
                found.append((said, socket.inet_ntoa(header[16:20]), body))
        return found

    def routes(self, source):
        """What this router has said last of each route."""
        found = {}
        for _, _, body in self.messages(2, source):
            found.update(read_report(body))
        return found

    def clear(self):
        self.eye.clear()
