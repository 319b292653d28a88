# SPDX-License-Identifier: GPL-2.0-only
"""Sockets of the router get what they have joined, wherever it arrives, and
see of it what they would see without a router."""

import socket
import struct

import pytest

from conftest import SOURCE
from frames import Sender, datagram, payload
from hosts import Member
from test_own import bodies
from topology import until

GROUP = "239.1.1.4"
OTHER = "10.1.0.77"
IP_PKTINFO, IP_MULTICAST_ALL, IP_RECVTTL = 8, 49, 12


class Listener(Member):
    """One that sees by which interface, and with which TTL, each came."""

    def __init__(self, host, interface, bound=False):
        super().__init__(host, GROUP, interface)
        for option in IP_PKTINFO, IP_RECVTTL:
            self._socket.setsockopt(socket.IPPROTO_IP, option, 1)
        self._socket.setsockopt(socket.IPPROTO_IP, IP_MULTICAST_ALL, 0)
        if bound:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE,
                                    interface.encode())
        self.seen = set()

    def datagrams(self):
        while True:
            try:
                data, more, _, _ = self._socket.recvmsg(65536, 256)
            except BlockingIOError:
                return self._got
            ttl = index = None
            for _, kind, value in more:
                if kind == IP_PKTINFO:
                    index = struct.unpack("i4s4s", value)[0]
                elif kind == 2:  # IP_TTL
                    ttl = struct.unpack("i", value)[0]
            self.seen.add((index, ttl))
            self._got.append(data)


def frames(first, count, source=SOURCE):
    return [datagram(source, GROUP, b) for b in bodies(first, count)]


def is_cloned(router, source=SOURCE):
    entry = router.mfc_entry(source, GROUP)
    return bool(entry and entry["flags"] & 16)


def all_at(listener, sent):
    until(lambda: len(listener.datagrams()) >= len(sent), 5, "all of them")
    assert listener.datagrams() == [payload(f) for f in sent]


def test_where_a_flow_arrives(lab):
    """Bound to the interface, of one source alone, of any: each its own."""
    lab.build(2)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", lab.outs) +
                       lab.mroute(OTHER, GROUP, "in0", lab.outs))
    bound = lab.keep(Listener(lab.rtr, "in0", bound=True)).join()
    of_one = lab.keep(Listener(lab.rtr, "in0")).join_source(OTHER)
    until(lambda: is_cloned(router) and is_cloned(router, OTHER), 5,
          "the clone path")
    sent, others = frames(0, 60), frames(60, 40, OTHER)
    lab.send(*sent, *others)
    all_at(bound, sent + others)
    all_at(of_one, others)
    index = lab.rtr.ifindex("in0")
    assert bound.seen == of_one.seen == {(index, 64)}
    for eye in lab.eyes:
        until(lambda e=eye: len(e.frames(GROUP)) == 100, 5, "all copies")


def test_where_it_is_routed_to(lab):
    """As if it arrived there: RFC 1584 section 2.3.3 has routers hear what
    they send."""
    lab.build(2)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", lab.outs) +
                       lab.mroute(OTHER, GROUP, "in0", lab.outs))
    any_source = lab.keep(Listener(lab.rtr, "out1")).join()
    bound = lab.keep(Listener(lab.rtr, "out2", bound=True)).join()
    of_one = lab.keep(Listener(lab.rtr, "out2")).join_source(OTHER)
    until(lambda: len(router.dump("locals")) >= 2 and
          is_cloned(router) and is_cloned(router, OTHER), 5,
          "the clone path")
    sent, others = frames(0, 60), frames(60, 40, OTHER)
    lab.send(*sent, *others)
    all_at(any_source, sent + others)
    all_at(bound, sent + others)
    all_at(of_one, others)
    assert any_source.seen == {(lab.rtr.ifindex("out1"), 63)}
    assert bound.seen == of_one.seen == {(lab.rtr.ifindex("out2"), 63)}
    for eye in lab.eyes:
        until(lambda e=eye: len(e.frames(GROUP)) == 100, 5, "all copies")
    assert router.mroute(SOURCE, GROUP)["wrong_if"] == 0
    any_source.close()
    bound.close()
    of_one.close()
    until(lambda: not is_cloned(router), 5, "XDP's again")
    assert not router.dump("locals")
    lab.send(*sent)
    lab.settle()
    assert [len(e.frames(GROUP)) for e in lab.eyes] == [160, 160]
    assert router.mroute(SOURCE, GROUP)["packets"] == 120


def igmp_router(lab, mode="native"):
    router = lab.router()
    names = ["in0", *lab.outs]
    router.start("".join(f'interface "{n}" {{ igmp {{ }} mode = {mode} }}\n'
                         for n in names), names)
    return router


def test_where_nobody_else_wants_it(lab):
    """No copy leaves; from the first packet on."""
    lab.build(1)
    router = igmp_router(lab)
    listener = lab.keep(Listener(lab.rtr, "out1")).join()
    until(lambda: router.dump("locals"), 5, "the listener")
    sent = frames(0, 50)
    lab.send(*sent)
    until(lambda: len(listener.datagrams()) >= 50, 5, "all of them")
    assert sorted(listener.datagrams()) == sorted(payload(f) for f in sent)
    assert not lab.eyes[0].frames(GROUP)


@pytest.mark.parametrize("mode", ["native", "generic"])
def test_beside_hosts_of_its_lan(lab, mode):
    """Each has each once; generic XDP sees what it gets by us again."""
    lab.build(2)
    router = igmp_router(lab, mode)
    members = [lab.keep(Member(h, GROUP)).join() for h in lab.receivers]
    listener = lab.keep(Listener(lab.rtr, "out1")).join()
    until(lambda: router.dump("locals") and
          all(router.groups(o, GROUP) for o in lab.outs), 5, "all members")
    sent = frames(0, 50)
    for frame in sent:
        lab.send(frame)
        for n, one in enumerate([*members, listener]):
            until(lambda o=one: o.datagrams()[-1:] == [payload(frame)], 5,
                  f"the datagram at {n}")
    for one in [*members, listener]:
        assert one.datagrams() == [payload(f) for f in sent]


def test_what_arrives_elsewhere_than_its_route_says(lab):
    """Where nothing comes from the iif, who has joined where it does arrive
    has it, as without a router."""
    lab.build(2)
    router = lab.start(lab.mroute("10.2.1.9", GROUP, "in0", ["out2"]))
    listener = lab.keep(Listener(lab.rtr, "out1")).join()
    until(lambda: router.dump("locals"), 5, "the listener")
    sender = lab.keep(Sender(lab.receivers[0], "r0"))
    sent = [datagram("10.2.1.9", GROUP, b) for b in bodies(0, 20)]
    sender.send(*sent)
    all_at(listener, sent)
    assert listener.seen == {(lab.rtr.ifindex("out1"), 64)}
    assert router.verdicts()["local"] == 20
    assert not lab.eyes[1].frames(GROUP)
