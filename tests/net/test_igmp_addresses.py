# SPDX-License-Identifier: GPL-2.0-only
"""IGMP where addresses are not those of a LAN: peers, borrowed addresses,
none at all, hosts of any net. The hosts are Linux's own."""

import pytest

from frames import Capture
from hosts import Member, queries
from lan import Lan
from router import Router
from test_igmp import GROUP
from topology import until

TIMES = "robustness = 2 query-interval = 2 query-response-interval = 1"


def config(extra=""):
    return f'interface "e0" {{ mode = native igmp {{ {TIMES} {extra} }} }}\n'


def problems(router):
    return router.interface("e0")["problems"]


def status(router):
    row, = router.json("show", "igmp", "e0")
    return row


class Wire:
    """A router and a host with a veth between them; no addresses yet."""

    def __init__(self, lab):
        self.host = lab.net.namespace("host")
        there = lab.net.namespace("router")
        lab.net.link(there, "e0", self.host, "r0")
        lab.net.gro(self.host, "r0")
        there.ip("link", "set", "lo", "up")
        self.host.ip("route", "add", "224.0.0.0/4", "dev", "r0")
        self.eye = lab.keep(Capture(self.host, "r0"))
        self.router = Router(lab.net, there, lab.directory)
        lab.routers.append(self.router)

    def addresses(self, router=(), host=(), lo=()):
        if router:
            self.router.namespace.ip("addr", "add", *router, "dev", "e0")
        if host:
            self.host.ip("addr", "add", *host, "dev", "r0")
        if lo:
            self.router.namespace.ip("addr", "add", *lo, "dev", "lo")

    def joins_and_leaves(self, lab, source):
        """A host's group is there, refreshed by queries from this address,
        and ends when the host leaves."""
        member = lab.keep(Member(self.host, GROUP)).join()
        until(lambda: self.router.groups("e0", GROUP), 5, "the group")
        before = len(queries(self.eye))
        until(lambda: len(queries(self.eye)) > before + 2, 15, "queries")
        assert {q.source for q in queries(self.eye)} == {source}
        assert self.router.groups("e0", GROUP), "it was refreshed"
        member.leave()
        until(lambda: not self.router.groups("e0", GROUP), 5, "the leave")
        assert queries(self.eye, GROUP), "it was asked about"


@pytest.fixture
def wire(lab):
    return Wire(lab)


def test_the_peer_is_the_subnet(lab, wire):
    """Point to point with /32 peers, however far the addresses are."""
    wire.addresses(["10.77.0.1", "peer", "192.0.2.9/32"],
                   ["192.0.2.9", "peer", "10.77.0.1/32"])
    wire.router.start(config(), ["e0"])
    wire.joins_and_leaves(lab, "10.77.0.1")
    assert problems(wire.router) == []


@pytest.mark.parametrize("lender", ["lo", "10.50.0.7"])
def test_an_unnumbered_interface(lab, wire, lender):
    """Queries leave with the borrowed address; hosts are those of its net."""
    wire.addresses(host=["10.50.0.9/24"], lo=["10.50.0.7/24"])
    wire.router.start(config(f'unnumbered = "{lender}"'), ["e0"])
    wire.joins_and_leaves(lab, "10.50.0.7")
    shown = status(wire.router)
    assert (shown["address"], shown["borrowed_of"], shown["role"]) == \
        ("10.50.0.7", lender, "querier")
    assert problems(wire.router) == []


def test_a_loopback_of_32_bits_with_hosts_of_any_net(lab, wire):
    wire.addresses(host=["172.16.9.9/24"], lo=["10.50.0.7/32"])
    wire.router.start(config('unnumbered = "lo" promiscuous = true'), ["e0"])
    wire.joins_and_leaves(lab, "10.50.0.7")


def test_the_lender_s_addresses_come_and_go(wire):
    """What is lent is known at once, and so is that there is nothing."""
    wire.router.start(config('unnumbered = "lo"'), ["e0"])
    until(lambda: any("none to borrow of lo" in p
                      for p in problems(wire.router)), 5, "the problem")
    wire.addresses(lo=["10.50.0.7/32"])
    until(lambda: queries(wire.eye), 5, "a query")
    assert queries(wire.eye)[0].source == "10.50.0.7"
    assert problems(wire.router) == []
    wire.router.namespace.ip("addr", "del", "10.50.0.7/32", "dev", "lo")
    until(lambda: status(wire.router)["role"] == "no address", 5,
          "the loss of it")


def test_election_with_a_borrowed_address(lab):
    """The lower address asks, wherever it comes from."""
    lan = Lan(lab)
    lan.host()
    low, high = lan.router("a", 1), lan.router("b", 2)
    low.namespace.ip("addr", "flush", "dev", "e0")
    low.namespace.ip("link", "set", "lo", "up")
    low.namespace.ip("addr", "add", "10.9.0.1/24", "dev", "lo")
    low.start(config('unnumbered = "lo"'), ["e0"])
    high.start(config(), ["e0"])
    until(lambda: status(high)["role"] == "not querier", 15, "an election")
    assert status(high)["querier"] == "10.9.0.1"
    assert status(low)["role"] == "querier"


def test_without_an_address(lab, wire):
    """A problem says it; an address solves it, and everybody is asked."""
    wire.addresses(host=["10.50.0.9/24"])
    wire.router.start(config(), ["e0"])
    lab.keep(Member(wire.host, GROUP)).join()
    until(lambda: any(p.startswith("has no IPv4 address: IGMP cannot query")
                      for p in problems(wire.router)), 5, "the problem")
    until(lambda: status(wire.router)["counters"]["refused"]["foreign_host"],
          5, "a report that is not used")
    assert not queries(wire.eye)
    wire.addresses(["10.50.0.1/24"])
    until(lambda: wire.router.groups("e0", GROUP), 10, "the group")
    assert problems(wire.router) == []


def test_hosts_of_any_net(lab, wire):
    """A host of another net is refused, until the interface is told to hear
    hosts of any."""
    wire.addresses(["10.50.0.1/24"], ["172.16.9.9/24"])
    wire.router.start(config(), ["e0"])
    member = lab.keep(Member(wire.host, GROUP)).join()
    until(lambda: status(wire.router)["counters"]["refused"]["foreign_host"],
          10, "a refusal")
    assert not wire.router.groups("e0", GROUP)
    wire.router.write_config(config("promiscuous = true"))
    wire.router.daemon.send_signal(1)
    until(lambda: wire.router.groups("e0", GROUP), 10, "the group")
    member.leave()
    until(lambda: not wire.router.groups("e0", GROUP), 5, "the leave")
