# SPDX-License-Identifier: GPL-2.0-only
"""Flows that a protocol leaves to the kernel: the kernel's own multicast
routing forwards them, by a socket as FRR or smcroute have it, and what xmgm
does not send for it is shown to whom it concerns."""

import socket
import struct

from conftest import SOURCE
from frames import check_copy, datagram, payload
from manager import Manager
from topology import until

GROUP = "239.7.7.7"
MRT_INIT, MRT_ADD_VIF, MRT_ADD_MFC, MRT_DEL_MFC = 200, 202, 204, 205
USE_IFINDEX = 8


class KernelRouter:
    """ip_mroute in the router's namespace, with these interfaces as VIFs."""

    def __init__(self, lab, *names):
        self._socket = lab.keep(lab.rtr.socket(
            socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IGMP))
        self._names = names
        self._set(MRT_INIT, struct.pack("i", 1))
        for vif, name in enumerate(names):
            self._set(MRT_ADD_VIF, struct.pack(
                "=HBBIi4x", vif, USE_IFINDEX, 1, 0, lab.rtr.ifindex(name)))

    def close(self):
        self._socket.close()

    def _set(self, option, value):
        self._socket.setsockopt(socket.IPPROTO_IP, option, value)

    def route(self, source, group, iif, *oifs):
        ttls = bytes(int(name in oifs) for name in self._names)
        self._set(MRT_ADD_MFC, struct.pack(
            "=4s4sH32s2xIIIi", socket.inet_aton(source),
            socket.inet_aton(group), self._names.index(iif), ttls, 0, 0, 0, 0))

    def unroute(self, source, group):
        self._set(MRT_DEL_MFC, struct.pack(
            "=4s4sH32s2xIIIi", socket.inet_aton(source),
            socket.inet_aton(group), 0, bytes(32), 0, 0, 0, 0))


def mirror(lab, router, *names):
    """A protocol that owns these interfaces."""
    client = Manager(router, "mirror")
    for name in names:
        assert client.do("interface_take", ifid=lab.rtr.ifindex(name)) is True
    return client


def leave(lab, client, iif, source=SOURCE):
    return client.do("route_put", source=source, group=GROUP,
                     iif=lab.rtr.ifindex(iif), flags=["leave_to_kernel"])


def send(lab, first, count=10):
    frames = [datagram(SOURCE, GROUP, b"number %d" % n)
              for n in range(first, first + count)]
    lab.send(*frames)
    return frames


def arrived(lab, eye, frames):
    """These, in order, each once, as a router sends them."""
    until(lambda: len(eye.frames(GROUP, SOURCE)) >= len(frames), 5,
          "what the kernel forwards")
    got = eye.frames(GROUP, SOURCE)
    assert [payload(f) for f in got] == [payload(f) for f in frames]
    for sent, copy in zip(frames, got):
        check_copy(sent, copy, lab.rtr.mac("out1"))


def problem(router, name, words):
    return [p for p in router.interface(name)["problems"] if words in p]


def test_the_kernel_forwards_what_is_left_to_it(lab):
    """Not what is ours: each packet goes one of the two ways, and all are
    counted in the entry; also when no daemon runs."""
    lab.build(2)
    router = lab.start(sentinel=False)
    kernel = KernelRouter(lab, "in0", "out1")
    kernel.route(SOURCE, GROUP, "in0", "out1")
    client = mirror(lab, router, "in0", "out1", "out2")
    assert leave(lab, client, "in0") is True
    sent = send(lab, 0)
    arrived(lab, lab.eyes[0], sent)
    entry = router.mroute(SOURCE, GROUP)
    assert (entry["state"], entry["packets"], entry["oifs"]) == \
        ("kernel", 10, [])
    assert router.verdicts()["kernel"] >= 10
    text = router.cli("show", "mroute").stdout
    assert "kernel" in text, text
    # The kernel has its own idea of the iif: here it is another of ours.
    assert leave(lab, client, "out2") is True
    sent += send(lab, 10)
    arrived(lab, lab.eyes[0], sent)
    router.daemon.kill()
    router.daemon.wait()
    sent += send(lab, 20)
    arrived(lab, lab.eyes[0], sent)
    assert router.mfc_entry(SOURCE, GROUP)["packets"] == 30
    assert not lab.eyes[1].frames(GROUP, SOURCE)
    router.start(ready=["in0", "out1", "out2"])
    sent += send(lab, 30)
    arrived(lab, lab.eyes[0], sent)
    client = mirror(lab, router, "in0", "out1", "out2")
    assert leave(lab, client, "in0") is True
    before = router.mroute(SOURCE, GROUP)["packets"]
    sent += send(lab, 40)
    arrived(lab, lab.eyes[0], sent)
    # And back to us: the kernel sees none of it.
    assert client.do("route_put", source=SOURCE, group=GROUP,
                     iif=lab.rtr.ifindex("in0"),
                     oifs=[lab.rtr.ifindex("out1")]) is True
    sent += send(lab, 50)
    arrived(lab, lab.eyes[0], sent)
    entry = router.mroute(SOURCE, GROUP)
    assert (entry["state"], entry["packets"]) == ("forwarding", before + 20)


def test_who_wants_such_a_flow_has_a_problem(lab):
    """Named with the flow and who left it, until one of them gives way."""
    lab.build(2)
    router = lab.start(sentinel=False)
    client = mirror(lab, router, "in0", "out1")
    other = Manager(router, "other", component=1)
    out2 = lab.rtr.ifindex("out2")
    assert other.do("interface_take", ifid=out2) is True
    assert leave(lab, client, "in0") is True
    words = (f"({SOURCE}, {GROUP}) is wanted here by other, but mirror leaves "
             "it to the kernel")
    assert not problem(router, "out2", words)
    assert other.do("membership_add", ifid=out2, group=GROUP) is True
    assert problem(router, "out2", words), router.interface("out2")
    assert not problem(router, "out1", "leaves it to the kernel")
    until(lambda: words in router.log_text(), 10, "a line in the log")
    assert other.do("membership_del", ifid=out2, group=GROUP) is True
    assert not problem(router, "out2", words)
    assert other.do("membership_add", ifid=out2, group=GROUP) is True
    assert problem(router, "out2", words)
    assert client.do("route_del", source=SOURCE, group=GROUP) is True
    assert not problem(router, "out2", words)
