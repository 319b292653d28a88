# SPDX-License-Identifier: GPL-2.0-only
"""IGMP in a process of its own: it reads the reports of real hosts by a raw
socket, is the manager's IGMP client over the control socket, and its end of
the handshake is acknowledged, late, or cut off in each state.
"""

import socket
import struct

import pytest

from conftest import SOURCE
from frames import datagram
from hosts import CHANGE_TO_EXCLUDE, MODE_IS_EXCLUDE
from manager import Manager
from test_changes import Stream
from test_igmp import GROUP, member
from topology import until

OTHER = "239.4.4.4"
REPORTS = "224.0.0.22"
WANTING = MODE_IS_EXCLUDE, CHANGE_TO_EXCLUDE


class Igmp(Manager):
    """Of one interface; knows joins of any source in version 3, and no more.
    Answers no alert by itself."""

    def __init__(self, lab, router, interface, **options):
        super().__init__(router, "querier", role="igmp",
                         callbacks=["disable_igmp", "enable_igmp",
                                    "ownership"], **options)
        self.ifid = lab.rtr.ifindex(interface)
        self._reports = lab.keep(lab.rtr.socket(
            socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IGMP))
        self._reports.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                                 struct.pack("4s4si", socket.inet_aton(REPORTS),
                                             b"\0" * 4, self.ifid))
        self._reports.setblocking(False)
        self.groups = set()

    def take(self):
        return self.do("interface_take", ifid=self.ifid)

    def want(self, group):
        return self.do("membership_set", ifid=self.ifid, group=group,
                       filter="exclude")

    def read(self, group):
        """Waits for a host's report of this group, and remembers it."""
        until(lambda: group in self._read(), 5, f"a report of {group}")

    def _read(self):
        try:
            packet = self._reports.recv(65536)
        except BlockingIOError:
            return self.groups
        message = packet[(packet[0] & 15) * 4:]
        if message[0] == 0x22:
            self._records(message)
        return self.groups

    def _records(self, message):
        at = 8
        for _ in range(struct.unpack("!H", message[6:8])[0]):
            kind, aux, sources, group = struct.unpack("!BBH4s",
                                                      message[at:at + 8])
            # 224.0.0.0/24 is nobody's to forward.
            if kind in WANTING and not sources and \
                    not group.startswith(b"\xe0\x00\x00"):
                self.groups.add(socket.inet_ntoa(group))
            at += 8 + 4 * (sources + aux)

    def disabled(self, epoch):
        return self.do("igmp_disabled", ifid=self.ifid, epoch=epoch)

    def replay(self, epoch):
        """Says again what it knows."""
        for group in self.groups:
            assert self.want(group) is True
        return self.do("replay_complete", ifid=self.ifid, epoch=epoch)


QUIET = ["join", "prune", "local_join", "local_leave", "ownership"]


class Scene:
    """IGMP in a process of its own on out1, a host behind it whose group it
    knows and which flows, and a protocol that owns in0."""

    def __init__(self, lab, **options):
        self.lab = lab.build(1)
        self.router = lab.start(sentinel=False)
        self.igmp = Igmp(lab, self.router, "out1", **options)
        self.toy = Manager(self.router, "toy", callbacks=QUIET)
        self.toy.do("interface_take", ifid=lab.rtr.ifindex("in0"))
        assert self.igmp.take() is True
        self.host = member(lab, 1).join()
        self.igmp.read(GROUP)
        assert self.igmp.want(GROUP) is True
        assert self.toy.hears("join", group=GROUP)

    def flows(self, group=GROUP):
        """Whether the host gets what is sent now."""
        before = len(self.host.datagrams())
        self.lab.send(datagram(SOURCE, group, b"x"))
        until(lambda: len(self.host.datagrams()) > before, 5, "a datagram")

    def ends(self):
        """Nobody is sent the group any more."""
        def negative():
            self.lab.send(datagram(SOURCE, GROUP, b"x"))
            entry = self.router.mroute(SOURCE, GROUP)
            return entry and not entry["oifs"]
        until(negative, 5, "an end of the flow")

    def on(self):
        """Who owns out1, whether IGMP is there, and its gate."""
        shown = self.router.interface("out1")
        return shown["owner"], shown["igmp"], shown["gate"]

    def take(self):
        """The protocol takes out1; the epoch that IGMP is told."""
        assert self.toy.do("interface_take",
                           ifid=self.igmp.ifid) == "EINPROGRESS"
        epoch = self.igmp.hears("disable_igmp", ifid=self.igmp.ifid)["epoch"]
        assert self.on() == ("querier", True, "held")
        return epoch

    def replaying(self):
        """The same, acknowledged."""
        epoch = self.take()
        assert self.igmp.disabled(epoch) is True
        assert self.igmp.hears("enable_igmp")["epoch"] == epoch
        assert self.on() == ("toy", True, "on")
        return epoch

    def taken(self):
        assert self.toy.hears("ownership")["result"] is None


@pytest.mark.load
def test_both_ways_by_acknowledgement(lab):
    """A take and a release in a running stream, and nothing is lost."""
    scene = Scene(lab)
    igmp, toy, count = scene.igmp, scene.toy, 60000
    stream = Stream(lab, lab.receivers, count)
    until(lambda: scene.router.mroute(SOURCE, GROUP), 5, "the flow")
    epoch = scene.take()
    assert igmp.want(OTHER) == "EAGAIN"
    assert igmp.disabled(epoch - 1) == "EINVAL", "an old epoch"
    assert igmp.disabled(epoch) is True
    assert igmp.hears("enable_igmp")["epoch"] == epoch
    assert igmp.want(OTHER) is True
    assert igmp.replay(epoch) is True
    assert {toy.hears("local_join")["group"] for _ in range(2)} == \
        {GROUP, OTHER}
    scene.taken()
    assert scene.on() == ("toy", True, "on")
    assert toy.do("interface_release", ifid=igmp.ifid) == "EINPROGRESS"
    epoch = igmp.hears("disable_igmp")["epoch"]
    assert igmp.disabled(epoch) is True
    igmp.hears("enable_igmp")
    assert igmp.replay(epoch) is True
    scene.taken()
    assert scene.on() == ("querier", True, "on")
    assert stream.running(), "both handshakes were inside the stream"
    assert stream.result(lab.receivers[0]) == {
        "unique": count, "lost": 0, "duplicates": 0, "disordered": 0,
        "strange": 0}
    assert all(row["group"] != OTHER
               for row in igmp.call("membership_next", count=500))


def test_no_acknowledgement_in_time(lab):
    """After a second it is off the interface, and both are told; what it says
    late is refused, and it may take the interface again at once."""
    scene = Scene(lab)
    igmp = scene.igmp
    epoch = scene.take()
    scene.flows()
    scene.taken()
    assert igmp.hears("ownership") == {"ifid": igmp.ifid, "epoch": epoch,
                                       "result": "ETIMEDOUT"}
    assert scene.on() == ("toy", False, "off")
    assert igmp.disabled(epoch) == "EINVAL"
    assert igmp.want(GROUP) == "EINVAL"
    scene.ends()
    stats = scene.router.json("show", "stats")["manager"]
    assert stats["igmp_silent"] == 1
    assert igmp.take() is True
    assert igmp.want(GROUP) is True
    scene.toy.hears("local_join", group=GROUP)
    scene.flows()


STATES = ["idle", "disabling", "replaying"]


def brought(scene, state):
    """What is under way when it dies."""
    if state == "disabling":
        scene.take()
    elif state == "replaying":
        scene.replaying()
    scene.flows()


@pytest.mark.parametrize("state", STATES)
def test_its_death_ends_what_waits_for_it(lab, state):
    """Without grace: it is off the interface, with what it wanted."""
    scene = Scene(lab, grace_ms=0)
    brought(scene, state)
    scene.igmp.close()
    if state == "idle":
        scene.toy.hears("prune", group=GROUP)
        assert scene.on() == (None, False, "off")
    else:
        scene.taken()
        assert scene.on() == ("toy", False, "off")
        assert not scene.toy.hear("local_join")
    scene.ends()


@pytest.mark.parametrize("state", STATES)
def test_back_in_its_grace_time(lab, state):
    """The handshake does not wait for it, hosts do not miss it, and it says
    again what it knows."""
    scene = Scene(lab, grace_ms=20000)
    brought(scene, state)
    scene.igmp.close()
    owner = "querier"
    if state != "idle":
        scene.taken()
        owner = "toy"
    scene.flows()
    igmp = Igmp(lab, scene.router, "out1")
    assert igmp.protocol == scene.igmp.protocol
    assert igmp.take() is True
    assert scene.on() == (owner, True, "on")
    assert igmp.want(OTHER) is True
    scene.flows()
    assert igmp.do("client_settled") is True
    scene.ends()
    assert {row["group"] for row in igmp.call("membership_next", count=500)} \
        == {OTHER}
