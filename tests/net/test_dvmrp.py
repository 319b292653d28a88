# SPDX-License-Identifier: GPL-2.0-only
"""DVMRP among routers in a line: neighbours, routes, prunes and grafts, with
mrouted as the peer and between routers of xmgm alone.

      10.9.1.0/24        10.9.10.0/24          10.9.9.0/24
      src ---------- r1 -------------- r2 ... --------- dst
      .9          .1    .1          .2               .1    .9
"""

import pytest

from dvmrp import GROUP, Domain, Wire, kinds, prefix_of
from topology import until

# Sides alternate: the first of each kind is the one that always runs.
TWO = kinds(("xmgm", "mrouted"), ("mrouted", "xmgm"), ("xmgm", "xmgm"),
            ("remote", "mrouted"), ("mrouted", "remote"), ("remote", "xmgm"))
OWT = kinds(("mrouted", "xmgm"), ("xmgm", "mrouted"), ("remote", "xmgm"),
            ("remote", "mrouted"), ("mrouted", "remote"), ("xmgm", "xmgm"))
FOUR = kinds(("xmgm", "mrouted", "xmgm", "mrouted"),
             ("mrouted", "xmgm", "mrouted", "xmgm"),
             ("xmgm", "remote", "xmgm", "xmgm"),
             ("remote", "mrouted", "remote", "xmgm"))


def line(lab, routers):
    """A line whose routers know the source."""
    domain = Domain(lab, routers)
    src, dst = domain.line()
    domain.know(prefix_of(src),
                {r: k for k, r in enumerate(domain.routers, 1)}, 60)
    return domain, src, dst


def pruned(router, src, group=GROUP):
    entry = router.entry(prefix_of(src), group)
    return entry is not None and entry[0]


def oifs(router, src, group=GROUP):
    entry = router.entry(prefix_of(src), group)
    return entry and entry[1]


def settled(router, wire, src, flow):
    """The link is pruned, and stays so for a while: mrouted may send a graft
    and a prune at once if it is asked in the same moment."""
    until(lambda: wire.messages(7) and oifs(router, src) == set(), 40,
          "the link is pruned")
    sent = flow.sent
    until(lambda: flow.sent > sent + 50, 40, "a second more of the flow")


def grafted(domain, src, dst, flow):
    """The member joins a flow that had been pruned."""
    member = dst.member().join()
    flow.arrives(dst, 40)
    for router in domain.routers:
        until(lambda r=router: not pruned(r, src), 40,
              f"{router.name} forwards")
    return member


@pytest.mark.seconds(400)
@TWO
def test_two_routers_hear_each_other_and_tell_their_routes(lab, routers):
    """Both are two-way within a probe interval and a bit, each has the
    other's network at metric 2 then, and says 34 of it: I depend on you."""
    domain = Domain(lab, routers)
    src = domain.host("src", domain.routers[0], "10.9.1")
    dst = domain.host("dst", domain.routers[1], "10.9.9")
    first, second = domain.routers
    domain.link(first, second, "10.9.10")
    wire = Wire(lab, first, "e1")
    domain.start()
    until(lambda: ("e1", "10.9.10.2") in first.neighbors()
          and ("e1", "10.9.10.1") in second.neighbors(), 40, "two-way")
    far = {"10.9.10.1": prefix_of(dst), "10.9.10.2": prefix_of(src)}
    until(lambda: first.routes().get(prefix_of(dst)) ==
          ("e1", "10.9.10.2", 2), 90, "the second's network")
    until(lambda: second.routes().get(prefix_of(src)) ==
          ("e1", "10.9.10.1", 2), 90, "the first's network")
    for address, net in far.items():
        until(lambda a=address, n=net: wire.routes(a).get(n) == 34, 90,
              f"{address} depends for {net}")
    for router, net in zip(domain.routers, (prefix_of(src), prefix_of(dst))):
        assert router.routes()[net] == ("e0", None, 1)


@pytest.mark.seconds(400)
@FOUR
def test_prunes_and_grafts_go_hop_by_hop(lab, routers):
    """Metric 4 over four. Without members every hop prunes; a member at the
    end grafts through all of them; when it leaves they prune again."""
    domain, src, dst = line(lab, routers)
    flow = src.flow()
    for router in domain.routers[1:]:
        until(lambda r=router: pruned(r, src), 40, f"{router.name} prunes")
    until(lambda: oifs(domain.routers[0], src) == set(), 40, "no oif")
    member = grafted(domain, src, dst, flow)
    member.leave()
    flow.stops(dst, 40)
    for router in domain.routers[1:]:
        until(lambda r=router: pruned(r, src), 40, f"{router.name} prunes")


@pytest.mark.seconds(400)
@OWT
def test_a_flow_that_nobody_wants_is_pruned_by_one_prune(lab, routers):
    """One prune, and the oif upstream is off: nothing more on the link."""
    domain = Domain(lab, routers)
    src, dst = domain.line()
    first, second = domain.routers
    domain.know(prefix_of(src), {first: 1, second: 2}, 60)
    wire = Wire(lab, second, "e0")
    flow = src.flow()
    settled(first, wire, src, flow)
    assert len(wire.messages(7)) == 1
    assert not flow.numbers(dst)


@pytest.mark.seconds(400)
@OWT
def test_a_member_grafts_and_the_flow_comes(lab, routers):
    """Graft, acknowledgement, and the flow is there. Nothing more is sent
    for a group that nobody has pruned."""
    domain, src, dst = line(lab, routers)
    wire = Wire(lab, domain.routers[0], "e1")
    flow = src.flow()
    settled(domain.routers[0], wire, src, flow)
    member = dst.member().join()
    flow.arrives(dst, 30)
    until(lambda: wire.messages(9), 40, "an acknowledgement")
    assert [m[:2] for m in wire.messages(8)] == [("10.9.10.2", "10.9.10.1")]
    assert [m[:2] for m in wire.messages(9)] == [("10.9.10.1", "10.9.10.2")]
    numbers = flow.numbers(dst)
    assert len(numbers) == len(set(numbers)), "no duplicates"
    member.leave()


@pytest.mark.seconds(400)
@TWO
def test_a_graft_is_repeated_until_it_is_acknowledged(lab, routers):
    """The upstream's address answers nothing: again after 5, then 10 s."""
    domain, src, dst = line(lab, routers)
    first, second = domain.routers
    wire = Wire(lab, second, "e0")
    settled(first, wire, src, src.flow())
    astray(second, "e0", "10.9.10.1", True)
    member = dst.member().join()
    until(lambda: len(wire.messages(8)) >= 2, 40, "a second graft")
    astray(second, "e0", "10.9.10.1", False)
    until(lambda: wire.messages(9), 40, "an acknowledgement")
    until(lambda: dst.eye.frames(GROUP, src.address), 40, "the flow")
    count = len(wire.messages(8))
    member.leave()
    assert count <= 4


def astray(router, interface, address, on):
    """What it sends to this address goes to a MAC that nobody has."""
    router.namespace.ip("neigh", "replace" if on else "del", address, "dev",
                        interface, *(["lladdr", "02:00:00:00:00:99", "nud",
                                      "permanent"] if on else []))


@pytest.mark.seconds(400)
@OWT
def test_the_last_member_leaves_and_its_link_is_silent(lab, routers):
    """Within a few seconds of the leave, and the prune goes upstream."""
    domain, src, dst = line(lab, routers)
    flow = src.flow()
    member = dst.member().join()
    flow.arrives(dst, 40)
    wire = Wire(lab, domain.routers[0], "e1")
    member.leave()
    flow.stops(dst, 40)
    until(lambda: wire.messages(7), 40, "a prune")
    until(lambda: oifs(domain.routers[0], src) == set(), 40, "the oif is off")


@pytest.mark.seconds(400)
@TWO
def test_a_restarted_neighbour_has_forgotten_its_prunes(lab, routers):
    """Killed and started again: another genid, the flow is there again, and
    it prunes again."""
    domain, src, _ = line(lab, routers)
    first, second = domain.routers
    wire = Wire(lab, first, "e1")
    settled(first, wire, src, src.flow())
    second.kill()
    wire.clear()
    domain.start(second)
    until(lambda: wire.messages(7, "10.9.10.2"), 90, "a new prune")
    probes = {body[8:12] for _, _, body in wire.messages(1, "10.9.10.2")}
    assert len(probes) == 1, "one genid since the restart"
    until(lambda: oifs(first, src) == set(), 40, "pruned again")


@pytest.mark.seconds(400)
@OWT
def test_a_silent_neighbour_expires_and_its_routes_with_it(lab, routers):
    """Gone in the neighbour timeout; its route is unreachable."""
    domain, src, dst = line(lab, routers)
    first, second = domain.routers
    flow = src.flow()
    dst.member().join()
    flow.arrives(dst, 40)
    first.kill()
    until(lambda: not second.neighbors(), 90, "nobody")
    until(lambda: second.routes().get(prefix_of(src), (0, 0, 32))[2] == 32,
          40, "no way there")


@pytest.mark.seconds(400)
@TWO
def test_who_stops_says_that_its_routes_are_gone(lab, routers):
    """SIGTERM: all routes unreachable, in a report."""
    domain, src, _ = line(lab, routers)
    first, second = domain.routers
    wire = Wire(lab, second, "e0")
    first.stop()
    until(lambda: wire.routes("10.9.10.1").get(prefix_of(src)) == 32, 40,
          "it says so")
    until(lambda: second.routes().get(prefix_of(src), (0, 0, 32))[2] == 32,
          40, "no way there")


@pytest.mark.seconds(400)
@OWT
def test_a_prune_that_ends_lets_a_little_through_and_is_said_again(lab,
                                                                   routers):
    """Its lifetime is over: the flow comes again, and a new prune at once."""
    domain = Domain(lab, routers)
    first, second = domain.routers
    if second.kind != "mrouted":
        second.lines = ["prune-lifetime = 15"]
    src, dst = domain.line()
    domain.know(prefix_of(src), {first: 1, second: 2}, 90)
    wire = Wire(lab, first, "e1")
    flow = src.flow()
    until(lambda: wire.messages(7), 40, "a prune")
    lifetime = int.from_bytes(wire.messages(7)[0][2][16:20], "big")
    assert 5 < lifetime <= 180
    until(lambda: oifs(first, src) == set(), 40, "pruned")
    before = len(wire.messages(7))
    until(lambda: len(wire.messages(7)) > before, lifetime + 60,
          "a new prune")
    until(lambda: oifs(first, src) == set(), 40, "pruned again")
    through = [f for f in wire.eye.frames(GROUP, src.address)]
    assert len(through) < 60, "a little"
    assert not flow.numbers(dst)
