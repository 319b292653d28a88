# SPDX-License-Identifier: GPL-2.0-only
"""What the router itself sends to groups is routed as from a host of the
interface that it leaves by."""

import socket
import struct

import pytest

from frames import check_copy, ip_header, payload, udp_checksum_good
from hosts import Member
from topology import until

GROUP = "239.1.1.3"
OWN = "10.1.0.254"
UDP_SEGMENT = 103


class Talker:
    """An ordinary UDP socket of the router, whose groups are at in0."""

    def __init__(self, host, interface="in0", ttl=8, port=4000, address=OWN):
        self._socket = host.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, port))
        self._socket.setsockopt(
            socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
            struct.pack("4s4si", b"\0" * 4, b"\0" * 4,
                        host.ifindex(interface)))
        self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL,
                                ttl)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 << 20)

    def segment(self, size):
        self._socket.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, size)

    def fragment(self):
        """Without DF."""
        self._socket.setsockopt(socket.IPPROTO_IP, 10, 0)

    def send(self, *bodies, group=GROUP):
        for body in bodies:
            self._socket.sendto(body, (group, 5000))

    def close(self):
        self._socket.close()


def bodies(first, count, size=0):
    return [(b"number %d " % n).ljust(size, b".")
            for n in range(first, first + count)]


def finish_checksums(lab):
    """A veth leaves them to a receiver that does not look; hardware would
    not."""
    for name in ["in0", *lab.outs]:
        lab.rtr.run("ethtool", "-K", name, "tx", "off")


def igmp_router(lab):
    router = lab.router()
    names = ["in0", *lab.outs]
    router.start("".join(f'interface "{n}" {{ igmp {{ }} }}\n'
                         for n in names), names)
    return router


def check_all(lab, sent):
    """Everybody has each, in order, as routed; in0's LAN as it was sent."""
    for k, eye in enumerate(lab.eyes):
        until(lambda e=eye: len(e.frames(GROUP, OWN)) >= len(sent), 5,
               "all copies")
        got = eye.frames(GROUP, OWN)
        assert [payload(f) for f in got] == sent
        before = lab.source_eye.frames(GROUP, OWN)
        assert [payload(f) for f in before] == sent
        for one, copy in zip(before, got):
            assert udp_checksum_good(copy)
            check_copy(one, copy, lab.rtr.mac(f"out{k + 1}"))


def test_a_socket_of_the_router_sends_to_receivers(lab):
    """From the first datagram on, to whom IGMP says."""
    lab.build(2)
    finish_checksums(lab)
    router = igmp_router(lab)
    for host in lab.receivers:
        lab.keep(Member(host, GROUP)).join()
    until(lambda: all(router.groups(o, GROUP) for o in lab.outs), 5,
          "the members")
    talker = lab.keep(Talker(lab.rtr))
    sent = bodies(0, 100)
    talker.send(*sent)
    check_all(lab, sent)
    flow = router.mroute(OWN, GROUP)
    assert flow["iif"] == "in0" and flow["packets"] == 100
    assert flow["wrong_if"] == 0
    talker.send(*bodies(100, 100))
    check_all(lab, sent + bodies(100, 100))
    assert router.mroute(OWN, GROUP)["packets"] == 200
    assert router.verdicts()["own"] >= 100
    assert router.json("show", "stats")["plane"]["egress_lost"] == 0


def test_with_a_static_route(lab):
    lab.build(2)
    finish_checksums(lab)
    router = lab.start(lab.mroute(OWN, GROUP, "in0", lab.outs))
    talker = lab.keep(Talker(lab.rtr))
    talker.send(*bodies(0, 50))
    check_all(lab, bodies(0, 50))
    assert router.mroute(OWN, GROUP)["packets"] == 50
    assert router.verdicts()["own"] == 50
    until(lambda: router.interface("out1")["packets_out"] == 50, 5, "counters")


def test_its_own_listeners_hear_it_once(lab):
    """By the loop that every sender has, and not from us as well."""
    lab.build(2)
    router = igmp_router(lab)
    lab.keep(Member(lab.receivers[0], GROUP)).join()
    local = lab.keep(Member(lab.rtr, GROUP, "in0")).join()
    until(lambda: router.groups("out1", GROUP), 5, "the member")
    talker = lab.keep(Talker(lab.rtr))
    talker.send(*bodies(0, 60))
    until(lambda: len(lab.eyes[0].frames(GROUP)) == 60, 5, "all copies")
    talker.send(*bodies(60, 60))
    until(lambda: len(lab.eyes[0].frames(GROUP)) == 120, 5, "all copies")
    assert local.datagrams() == bodies(0, 120)


def test_a_ttl_of_one_stays(lab):
    """RFC 1112 section 6.1: the default of senders is one hop."""
    lab.build(1)
    router = lab.start(lab.mroute(OWN, GROUP, "in0", lab.outs))
    talker = lab.keep(Talker(lab.rtr, ttl=1))
    talker.send(*bodies(0, 5))
    until(lambda: len(lab.source_eye.frames(GROUP)) == 5, 5, "what was sent")
    lab.settle()
    assert not lab.eyes[0].frames(GROUP)
    assert router.mroute(OWN, GROUP)["packets"] == 0


def test_from_another_interface_than_its_source_s(lab):
    """It would not have come from there: RFC 1812 section 5.2.1.2."""
    lab.build(2)
    router = lab.start(lab.mroute(OWN, GROUP, "in0", lab.outs))
    talker = lab.keep(Talker(lab.rtr, interface="out1"))
    talker.send(*bodies(0, 5))
    until(lambda: len(lab.eyes[0].frames(GROUP)) == 5, 5, "what was sent")
    assert all(ip_header(f)[8] == 8 for f in lab.eyes[0].frames(GROUP))
    lab.settle()
    assert not lab.eyes[1].frames(GROUP)
    assert router.mroute(OWN, GROUP)["wrong_if"] == 0


def test_several_datagrams_in_one_send(lab):
    """UDP_SEGMENT: on the wire, and counted, they are what they are."""
    lab.build(3)
    lab.receivers[1].run("ethtool", "-K", "r0", "gro", "off")
    router = lab.start(lab.mroute(OWN, GROUP, "in0", lab.outs))
    talker = lab.keep(Talker(lab.rtr))
    talker.segment(1400)
    big = [b"".join(bodies(at, 40, 1400)) for at in range(0, 200, 40)]
    talker.send(*big)
    wanted = bodies(0, 200, 1400)
    for eye in [lab.source_eye, *lab.eyes]:
        got = []

        def all_there(eye=eye, got=got):
            got[:] = [payload(f) for f in eye.frames(GROUP)]
            return sum(map(len, got)) >= 1400 * 200
        until(all_there, 5, "all of it")
        assert b"".join(got) == b"".join(wanted)
    flow = router.mroute(OWN, GROUP)
    assert flow["packets"] == 200 and flow["bytes"] == 200 * 1428
    until(lambda: router.interface("out1")["packets_out"] == 200, 5,
          "200 copies")
    assert router.interface("out1")["bytes_out"] == 200 * 1428


@pytest.mark.parametrize("own", [True, False])
def test_datagrams_of_60_kilobytes(lab, own):
    """In fragments, each forwarded as any packet: whoever puts them together
    has each datagram, and so have sockets of the router."""
    lab.build(3)
    lab.receivers[1].run("ethtool", "-K", "r0", "gro", "off")
    router = igmp_router(lab)
    members = [lab.keep(Member(h, GROUP)).join() for h in lab.receivers[:2]]
    local = lab.keep(Member(lab.rtr, GROUP, "in0")).join()
    until(lambda: router.groups("out1", GROUP) and
          router.groups("out2", GROUP) and router.dump("locals"), 5,
          "the members")
    talker = lab.keep(Talker(lab.rtr) if own else
                      Talker(lab.src, "src0", address="10.1.0.1"))
    sent = bodies(0, 20, 60000)
    for n, body in enumerate(sent):
        talker.send(body)
        for member in [*members, local]:
            until(lambda m=member, n=n: len(m.datagrams()) > n, 5,
                  "the datagram")
    for member in [*members, local]:
        assert member.datagrams() == sent
    assert not lab.eyes[2].frames(GROUP)
