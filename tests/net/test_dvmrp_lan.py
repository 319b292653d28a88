# SPDX-License-Identifier: GPL-2.0-only
"""DVMRP on LANs with several routers, in a ring, and when routes flap.

Two upstream of one LAN          Two downstream         A ring

     src   10.9.1.0/24           src - r1               src - r1 ----- r3 - dst
   ---+--+-----+---                    |  10.9.5.0/24          \\     /
      r1 |     r2                 --+--+--+--                   r2 --
   ---+--+--+--+---                r2     r3
     dst   10.9.5.0/24             dst    other
"""

import pytest

from dvmrp import Domain, Forger, Wire, kinds, prefix_of, report
from frames import datagram
from test_dvmrp import oifs, pruned
from topology import until

PAIRS = kinds(("mrouted", "xmgm"), ("xmgm", "mrouted"), ("xmgm", "xmgm"),
              ("remote", "mrouted"))
THREE = kinds(("mrouted", "xmgm", "xmgm"), ("xmgm", "mrouted", "mrouted"),
              ("mrouted", "xmgm", "mrouted"), ("xmgm", "remote", "xmgm"),
              ("remote", "mrouted", "remote"))


def slow(routers, with_mrouted, without):
    return with_mrouted if "mrouted" in routers else without


@pytest.mark.seconds(500)
@PAIRS
def test_one_router_forwards_to_a_lan_and_another_when_it_is_gone(lab,
                                                                  routers):
    """The lower address, and nobody twice. It is gone: the other one takes
    over. It is back: among xmgm there is no gap, and duplicates for a moment,
    until both have heard each other; mrouted's next probe, and its knowledge
    of members, may take 10 s, as between two of mrouted."""
    domain = Domain(lab, routers)
    first, second = domain.routers
    above = domain.lan("above", "10.9.1", {first: 1, second: 2})
    below = domain.lan("below", "10.9.5", {first: 1, second: 2})
    src, dst = above.host("src", 9), below.host("dst", 9)
    domain.start()
    until(lambda: len(first.neighbors()) == len(second.neighbors()) == 2, 40,
          "two-way on both")
    dst.member().join()
    flow = src.flow()
    flow.clean(dst, slow(routers, 90, 90))
    domain.die(first)
    flow.arrives(dst, slow(routers, 120, 90))
    since = flow.clean(dst, 40)
    domain.revive(first)
    until(lambda: len(first.neighbors()) == 2, 40, "two-way again")
    wire = Wire(lab, second, "e1")
    until(lambda: wire.messages(2, "10.9.5.1"), 90, "a report of .1")
    flow.clean(dst, 60)
    flow.check_whole(dst, since, flow.sent - 50,
                     lost=slow(routers, 600, 0), twice=slow(routers, 600, 15))


@pytest.mark.seconds(500)
@THREE
def test_a_lan_is_pruned_when_all_routers_below_have_said_so(lab, routers):
    """One prune changes nothing, two stop it, a graft starts it."""
    domain = Domain(lab, routers)
    first, second, third = domain.routers
    src = domain.host("src", first, "10.9.1")
    domain.lan("between", "10.9.5", {first: 1, second: 2, third: 3})
    dst = domain.host("dst", second, "10.9.8")
    other = domain.host("other", third, "10.9.9")
    domain.start()
    domain.know(prefix_of(src), {first: 1, second: 2, third: 2}, 60)
    wire = Wire(lab, first, "e1")
    member = dst.member().join()
    flow = src.flow()
    flow.arrives(dst, 40)
    until(lambda: wire.messages(7, "10.9.5.3"), 40, "one prune")
    flow.clean(dst, 40)
    member.leave()
    until(lambda: wire.messages(7, "10.9.5.2"), 40, "the other one")
    until(lambda: oifs(first, src) == set(), 40, "the LAN is off")
    sent = flow.sent
    until(lambda: flow.sent > sent + 50, 40, "a second more of the flow")
    assert not flow.numbers(other)
    other.member().join()
    flow.arrives(other, 40)
    flow.clean(other, 40)
    until(lambda: oifs(first, src) == {"e1"}, 40, "the LAN is on")


@pytest.mark.seconds(500)
@THREE
def test_a_ring_heals_by_the_other_way_and_goes_back(lab, routers):
    """The short way breaks: the flow comes by the long one. It is back: no
    packet comes twice, nor is lost, and the long way is pruned."""
    domain = Domain(lab, routers)
    first, second, third = domain.routers
    src = domain.host("src", first, "10.9.1")
    domain.link(first, second, "10.9.12")
    domain.link(second, third, "10.9.23")
    short, _ = domain.link(first, third, "10.9.13")
    dst = domain.host("dst", third, "10.9.9")
    domain.start()
    domain.know(prefix_of(src), {first: 1, second: 2, third: 2}, 90)
    until(lambda: third.routes()[prefix_of(src)][1] == "10.9.13.1", 60,
          "the short way")
    dst.member().join()
    flow = src.flow()
    flow.arrives(dst, 40)
    flow.clean(dst, 40)
    first.namespace.ip("link", "set", short, "down")
    flow.arrives(dst, slow(routers, 160, 90))
    until(lambda: third.routes()[prefix_of(src)][1] == "10.9.23.1", 40,
          "the long way")
    since = flow.clean(dst, 40)
    first.namespace.ip("link", "set", short, "up")
    until(lambda: third.routes()[prefix_of(src)][1] == "10.9.13.1",
          slow(routers, 160, 90), "the short way again")
    flow.clean(dst, 40)
    flow.check_whole(dst, since, flow.sent - 50, lost=2)  # on their way
    until(lambda: pruned(second, src) or
          second.entry(prefix_of(src), flow.group) in (None, (False, set())),
          slow(routers, 130, 90), "the long way is pruned")


@pytest.mark.seconds(500)
@kinds(("xmgm",), ("remote",))
def test_a_route_that_flaps_is_held_but_for_who_had_it(lab, routers):
    """32 is told while it is held; the same router with the same metric ends
    that early, another metric does not."""
    domain = Domain(lab, routers, "probe-interval = 1 report-interval = 5 "
                    "flash-interval = 1 hold-down = 300 ")
    router, = domain.routers
    upper = domain.host("upper", router, "10.9.1")
    lower = domain.host("lower", router, "10.9.2")
    domain.start()
    Forger(upper, "10.9.1.1")
    Forger(lower, "10.9.2.1", 8)
    until(lambda: len(router.neighbors()) == 2, 40, "two-way")
    wire = Wire(lab, router, "e1")

    def say(metric):
        upper.forge(report((b"\xff\xff\x00", (b"\x0a\x08\x01", metric))))

    def told():
        return wire.routes("10.9.2.1").get("10.8.1.0/24")

    say(3)
    until(lambda: told() == 4, 40, "metric 4")
    say(32)
    until(lambda: told() == 32, 40, "unreachable")
    say(5)
    until(lambda: [r["state"] for r in router.show("routes")
                   if r["prefix"] == "10.8.1.0/24"] == ["relearned"], 40,
          "it serves our own members, and is not told")
    wire.clear()
    until(lambda: told() is not None, 40, "told again")
    assert told() == 32
    say(3)
    until(lambda: told() == 4, 40, "valid at once")


@pytest.mark.seconds(500)
@kinds(("xmgm", "mrouted"), ("mrouted", "xmgm"), ("xmgm", "xmgm"),
       ("remote", "mrouted"))
def test_data_from_a_wrong_interface_goes_nowhere_and_is_counted(lab,
                                                                 routers):
    """The source's address from another side: nothing out, wrong_if grows."""
    domain = Domain(lab, routers)
    src, dst = domain.line()
    first, second = domain.routers
    domain.know(prefix_of(src), {first: 1, second: 2}, 60)
    dst.member().join()
    flow = src.flow()
    flow.arrives(dst, 40)
    flow.clean(dst, 40)
    eye = Wire(lab, second, "e0")
    for n in range(20):
        dst.sender.send(datagram(src.address, flow.group, b"wrong %d" % n))
    flow.clean(dst, 40)
    assert not [f for f in eye.eye.all_frames() if b"wrong" in f]
    if second.kind != "mrouted":
        shown = second.router.mroute(src.address, flow.group)
        assert shown["wrong_if"] == 20
        assert shown["iif"] == "e0"
