# SPDX-License-Identifier: GPL-2.0-only
"""Two routers between the same two LANs, IGMP alone on both: hosts get each
packet once, and go on getting them when one of the routers goes.

     source s0 -- 10.8.0.0/24 -- e1 [a, b] e0 -- 10.9.0.0/24 -- host r0

Other querier present is 2 x 4 s + 0.5 s, an advertisement lives for 12 s.
"""

import signal
import struct

import pytest

from frames import Sender, datagram
from hosts import Member, checksummed, packet
from lan import Lan
from test_election import is_querier, obeys, settled
from test_igmp import GROUP
from topology import until

SOURCE = "10.8.0.100"
PACKETS = 2000
TIMES = "query-interval = 4 query-response-interval = 1 " \
    "advertisement-interval = 4 "
QUIET = TIMES + "router-discovery = false "


class Pair:
    """The drawing."""

    def __init__(self, lab, snooping=0):
        self.lab = lab
        self.lan = Lan(lab, snooping=snooping)
        self.backbone = Lan(lab, name="backbone", net="10.8.0")
        self.host, self.eye = self.lan.host()
        source = self.backbone.port("source", 100, "s0")
        self.sender = lab.keep(Sender(source, "s0"))
        self.member = lab.keep(Member(self.host, GROUP))
        self.sent = 0

    def router(self, name, last):
        router = self.lan.router(name, last)
        self.backbone.port(f"{name}2", last, "e1", router.namespace)
        return router

    @staticmethod
    def config(options):
        return "".join(f'interface "{name}" {{ mode = native igmp {{ '
                       f'{options} }} }}\n' for name in ("e0", "e1"))

    def start(self, options, *routers):
        for router in routers:
            router.start(self.config(options), ["e0", "e1"])

    def send(self, count, more=0):
        """Sends so many; returns how many have come, at least so many, and
        `more` than that, when a sentinel has."""
        before = len(self.member.datagrams())
        for _ in range(count):
            self.sender.send(datagram(SOURCE, GROUP, b"%d" % self.sent))
            self.sent += 1
        until(lambda: len(self.member.datagrams()) >= before + count, 10,
              "all packets")
        # What is late, or comes twice, is before these.
        sentinel = b"sentinel %d" % self.sent
        self.sender.send(datagram(SOURCE, GROUP, sentinel))
        until(lambda: sentinel in self.member.datagrams(), 5, "a sentinel")
        return [d for d in self.member.datagrams()[before:]
                if not d.startswith(b"sentinel")]

    def once(self, count=PACKETS):
        """So many are sent, and each has come exactly once."""
        got = self.send(count)
        assert len(got) == count and len(set(got)) == count

    def joined(self, *routers):
        self.member.join()
        for router in routers:
            until(lambda r=router: r.groups("e0", GROUP), 10, "the member")


class Switch:
    """A querier that is no router: queries of the lower address."""

    def __init__(self, pair):
        self._sender = pair.lab.keep(Sender(pair.host, "r0"))

    def ask(self, interval):
        """It is querier for twice this interval (s) from here."""
        self._sender.send(packet("10.9.0.1", "224.0.0.1", checksummed(
            struct.pack("!BBH4xBBH", 0x11, 10, 0, 2, interval, 0))))


@pytest.fixture(name="pair")
def _pair(lab):
    return Pair(lab)


def sentences(router, words):
    return [p for p in router.interface("e0")["problems"] if words in p]


def forwards(router):
    return router.interface("e0")["querier"]["forwards"]


def stands_down(router, words):
    until(lambda: not forwards(router), 15, "standing down")
    until(lambda: sentences(router, words), 5, words)


def test_hosts_get_each_packet_once(pair):
    """The querier advertises itself: the other router stands down, with the
    member known and the flow in its cache."""
    low, high = pair.router("a", 1), pair.router("b", 2)
    pair.start(TIMES, low, high)
    settled(low, high)
    pair.joined(low, high)
    stands_down(high, "a router, as it advertises")
    pair.once()
    assert forwards(low) and not sentences(low, "forward")
    assert high.groups("e0", GROUP)
    assert low.mroute(SOURCE, GROUP)["oifs"] == ["e0"]
    assert high.mroute(SOURCE, GROUP)["state"] == "negative"
    text = high.cli("show", "interfaces").stdout
    assert "10.9.0.1 (" in text and ", forwards" in text
    assert "no: the querier advertises that it is a router; routers that " \
        "advertise here: 1" in high.cli("show", "igmp", "e0").stdout


def test_what_the_querier_forwards_proves_it_too(pair):
    """Without advertisements: the first packets come twice, no others."""
    low, high = pair.router("a", 1), pair.router("b", 2)
    pair.start(QUIET, low, high)
    settled(low, high)
    pair.joined(low, high)
    until(lambda: sentences(high, "is not known to be a router"), 5, "words")
    assert forwards(high)
    pair.send(10)
    stands_down(high, "packets of flows for hosts here come in here")
    pair.once()


def test_a_router_that_dies_is_replaced(pair):
    """When other querier present has run out we forward, at once and all."""
    low, high = pair.router("a", 1), pair.router("b", 2)
    pair.start(TIMES, low, high)
    settled(low, high)
    pair.joined(low, high)
    stands_down(high, "stands down")
    pair.once(100)
    low.stop(signal.SIGKILL)
    # A daemon that dies goes on forwarding; a router does not.
    for interface in "e0", "e1":
        low.namespace.ip("link", "set", interface, "down")
    until(lambda: is_querier(high) and forwards(high), 20, "our turn")
    assert not sentences(high, "stands down")
    pair.once()


def test_a_daemon_that_dies_loses_nothing(pair):
    """Its data plane forwards until the other router does: no packet is lost
    on the way, some come twice at the end."""
    low, high = pair.router("a", 1), pair.router("b", 2)
    pair.start(TIMES, low, high)
    settled(low, high)
    pair.joined(low, high)
    stands_down(high, "stands down")
    pair.once(10)
    low.stop(signal.SIGKILL)

    def replaced():
        pair.send(10)
        return is_querier(high)
    until(replaced, 20, "our turn")
    assert len(set(pair.send(PACKETS))) == PACKETS


def test_a_router_that_stops_says_so(pair):
    """Its termination has us forward, long before its queries are missed."""
    low, high = pair.router("a", 1), pair.router("b", 2)
    slow = TIMES.replace("query-interval = 4", "query-interval = 60 "
                         "startup-query-interval = 1")
    pair.start(slow, high)  # the other one's first queries are its last
    low.start("on-stop = release\n" + pair.config(slow), ["e0", "e1"])
    settled(low, high)
    pair.joined(low, high)
    stands_down(high, "stands down")
    assert low.stop() == 0
    until(lambda: forwards(high), 5, "forwarding")
    assert obeys(high, low.address), "a querier, as far as it knows"
    pair.once()


def test_a_switch_as_querier_does_not_forward(pair):
    """Plain queries of a lower address, no router: we go on."""
    router = pair.router("b", 2)
    pair.start(TIMES, router)
    pair.joined(router)
    switch = Switch(pair)
    switch.ask(60)
    until(lambda: obeys(router, "10.9.0.1"), 5, "the switch")
    until(lambda: sentences(router, "(a switch?)"), 5, "a problem")
    pair.once()
    assert forwards(router) and obeys(router, "10.9.0.1")


def test_only_the_querier_by_rule(pair):
    """forward = querier: also a switch has us stand down, and a reload to
    `always` forwards again."""
    router = pair.router("b", 2)
    pair.start(TIMES + "forward = querier", router)
    pair.joined(router)
    pair.once(10)
    switch = Switch(pair)
    switch.ask(4)
    stands_down(router, "and forward = querier")
    until(lambda: is_querier(router), 30, "its end")
    pair.once(10)
    switch.ask(60)
    stands_down(router, "and forward = querier")
    router.write_config(pair.config(TIMES + "forward = always"))
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: forwards(router), 3, "forwarding")
    pair.once(10)


def test_always_is_always(pair):
    """Every packet twice, and said so."""
    low, high = pair.router("a", 1), pair.router("b", 2)
    pair.start(TIMES + "forward = always", low, high)
    settled(low, high)
    pair.joined(low, high)
    until(lambda: sentences(high, "hosts get packets twice"), 15, "a problem")
    until(lambda: len(pair.send(10)) == 20, 10, "each twice")


def test_where_a_protocol_is_that_decides(pair):
    """It takes the interface, and forwards; it gives it back, and we do not."""
    low, high = pair.router("a", 1), pair.router("b", 2)
    pair.start(TIMES, low, high)
    settled(low, high)
    pair.joined(low, high)
    stands_down(high, "stands down")
    pair.once(10)
    high.cli("owner", "take", "e0", "static")
    until(lambda: forwards(high), 5, "its owner's forwarding")
    assert not sentences(high, "stands down")
    until(lambda: len(pair.send(10)) == 20, 10, "each twice")
    high.cli("owner", "release", "e0", "static")
    stands_down(high, "stands down")
    pair.once(10)
