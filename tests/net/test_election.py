# SPDX-License-Identifier: GPL-2.0-only
"""Several routers on one LAN: which of them is its querier, RFC 9776 section
6.6.2, and what the others do. Other querier present is 2 x 2 s + 0.5 s."""

import shutil
import signal
import struct

import pytest

from frames import Sender
from hosts import Member, checksummed, igmp_version, packet, queries
from lan import Lan, Pimd, frr, start
from test_igmp import GROUP, write_pcap
from topology import until

TIMES = "robustness = 2 query-interval = 2 query-response-interval = 1"
OTHER = "robustness = 3 query-interval = 3 query-response-interval = 1"


def querier(router):
    return router.interface("e0")["querier"]


def is_querier(router):
    return querier(router)["self"]


def obeys(router, address):
    """Is that one querier in the router's view, until a time to come?"""
    shown = querier(router)
    return (shown["address"], shown["self"]) == (address, False) and \
        shown["expires_s"] > 0


def sources(eye, group=None):
    return {q.source for q in queries(eye, group)}


def settled(low, high):
    until(lambda: is_querier(low) and obeys(high, low.address), 15,
          "one querier")


def heard(router, name):
    return router.json("show", "stats")["protocol-igmp"][name]


@pytest.mark.parametrize("first", ["low", "high"])
def test_the_lower_address_asks_until_it_dies(lab, first):
    """Whoever was there before: the lower one asks, and when it is gone the
    other one takes over, with all members, until it is back."""
    lan = Lan(lab)
    host, eye = lan.host()
    low, high = lan.router("a", 1), lan.router("b", 2)
    order = [low, high] if first == "low" else [high, low]
    start(order[0], TIMES)
    until(lambda: is_querier(order[0]), 10, "a querier")
    start(order[1], TIMES)
    settled(low, high)
    lab.keep(Member(host, GROUP)).join()
    for router in low, high:
        until(lambda r=router: r.groups("e0", GROUP), 10, "the member")
    eye.clear()
    until(lambda: len(queries(eye)) >= 3, 15, "queries")
    assert sources(eye) == {low.address}
    assert low.daemon.poll() is None
    low.stop(signal.SIGKILL)
    until(lambda: is_querier(high), 15, "a new querier")
    eye.clear()
    until(lambda: len(queries(eye)) >= 2, 15, "its queries")
    assert sources(eye) == {high.address}
    assert high.groups("e0", GROUP)
    assert heard(high, "querier_changes") >= 2
    low.start(ready=["e0"])
    settled(low, high)


def test_a_leave_is_asked_about_by_the_querier(lab):
    """Its queries end the group on the other router as well (6.6.1), long
    before its own timers would, and that one has said nothing."""
    lan = Lan(lab)
    host, eye = lan.host()
    igmp_version(host, 3)
    low, high = lan.router("a", 1), lan.router("b", 2)
    slow = "query-interval = 60 startup-query-interval = 1"
    start(low, slow)
    start(high, slow)
    settled(low, high)
    gone = lab.keep(Member(host, GROUP)).join()
    for router in low, high:
        until(lambda r=router: r.groups("e0", GROUP), 10, "the member")
    eye.clear()
    gone.leave()
    for router in low, high:
        until(lambda r=router: not r.groups("e0", GROUP), 20, "its end")
    assert sources(eye, GROUP) == {low.address}


def test_what_a_querier_does_otherwise_is_a_problem(lab):
    """Its values are used, and named beside ours."""
    lan = Lan(lab)
    low, high = lan.router("a", 1), lan.router("b", 2)
    start(low, OTHER)
    start(high, TIMES)
    settled(low, high)

    def problem():
        return [p for p in high.interface("e0")["problems"]
                if "the IGMP querier here is 10.9.0.1" in p and
                "instead of" in p]
    assert "query-interval 3 instead of 2, robustness 3 instead of 2:" in \
        until(problem, 10, "a problem")[0]
    assert 5 < querier(high)["expires_s"] <= 10  # 3 x 3 s + 0.5 s
    low.stop(signal.SIGKILL)
    until(lambda: is_querier(high), 20, "a new querier")
    until(lambda: not problem(), 10, "its solution")


def test_a_passive_router_never_asks(lab):
    """Neither alone nor with the lowest address of all."""
    lan = Lan(lab)
    _, eye = lan.host()
    low, high = lan.router("a", 1), lan.router("b", 2)
    start(low, TIMES + " passive = true")
    assert querier(low)["address"] is None
    until(lambda: any("passive" in p for p in low.interface("e0")["problems"]),
          10, "a problem")
    start(high, TIMES)
    until(lambda: is_querier(high) and obeys(low, high.address), 15,
          "the other querier")
    until(lambda: not any("passive" in p
                          for p in low.interface("e0")["problems"]),
          10, "its solution")
    assert sources(eye) == {high.address}


def query(version, group="0.0.0.0"):
    code = 0 if version == 1 else 10
    message = struct.pack("!BBH4s", 0x11, code, 0,
                          bytes(map(int, group.split("."))))
    if version == 3:
        message += struct.pack("!BBH", 2, 2, 0)
    return checksummed(message)


def test_false_queriers(lab):
    """0.0.0.0, an address of ours and one of another net elect nobody."""
    lan = Lan(lab)
    host, _ = lan.host()
    router = lan.router("a", 2)
    start(router, TIMES)
    sender = lab.keep(Sender(host, "r0"))
    for source in "0.0.0.0", "10.9.0.2", "10.8.0.1":
        sender.send(packet(source, "224.0.0.1", query(3)))
    until(lambda: heard(router, "foreign_host"), 5, "the last of them")
    assert heard(router, "queries_unnamed") == 1
    assert heard(router, "queries_own") == 1
    assert is_querier(router)
    sender.send(packet("10.9.0.1", "224.0.0.1", query(2)))
    until(lambda: obeys(router, "10.9.0.1"), 5, "a true one")
    until(lambda: "router 10.9.0.1 queries in version 2, we speak version 3"
          in router.log_text(), 5, "a warning")
    until(lambda: is_querier(router), 15, "its end")


def test_a_lower_address_of_ours(lab):
    """The address changes, and with it who asks; without one nobody does."""
    lan = Lan(lab)
    low, high = lan.router("a", 2), lan.router("b", 3)
    start(low, TIMES)
    start(high, TIMES)
    settled(low, high)
    high.namespace.ip("addr", "flush", "dev", "e0")
    until(lambda: querier(high)["address"] is None, 10, "no address")
    high.namespace.ip("addr", "add", "10.9.0.1/24", "dev", "e0")
    high.address = "10.9.0.1"
    settled(high, low)


def test_tshark_finds_nothing_wrong_with_two_queriers(lab, tmp_path):
    """Every query of both, before and after the election."""
    if not shutil.which("tshark"):
        pytest.skip("tshark is not installed")
    lan = Lan(lab)
    _, eye = lan.host()
    low, high = lan.router("a", 1), lan.router("b", 2)
    start(high, TIMES)
    until(lambda: sources(eye) == {high.address}, 10, "the first querier")
    start(low, TIMES)
    settled(low, high)
    capture = tmp_path / "queries.pcap"
    write_pcap(capture, eye.frames())
    shown = lab.src.run(
        "tshark", "-r", capture, "-o", "ip.check_checksum:TRUE", "-T",
        "fields", "-e", "ip.src", "-e", "ip.ttl", "-e",
        "igmp.checksum.status", "-e", "ip.checksum.status", "-e",
        "_ws.malformed", "-e", "_ws.expert", "-Y",
        "igmp.type == 0x11").stdout
    lines = [line.split("\t") for line in shown.splitlines()]
    assert {line[0] for line in lines} == {low.address, high.address}
    assert {tuple(line[1:]) for line in lines} == {("1", "1", "1", "", "")}


@pytest.mark.skipif(not frr(), reason="no FRR here: `make frr` unpacks it")
@pytest.mark.parametrize("ours", [1, 3])
def test_frr_is_the_other_router(lab, ours):
    """FRR's pimd obeys a lower address of ours, we obey its; when it dies we
    take over."""
    lan = Lan(lab)
    _, eye = lan.host()
    router = lan.router("a", ours)
    pimd = Pimd(lab.net, lan.port("frr", 2), lab.directory / "frr",
                ["query-max-response-time 10", "query-interval 2"])
    pimd.start()
    until(lambda: sources(eye) == {"10.9.0.2"}, 20, "FRR's queries")
    start(router, TIMES)
    if ours == 1:
        until(lambda: is_querier(router) and sources(eye) ==
              {"10.9.0.1", "10.9.0.2"}, 10, "our queries")
        # Its last one may be under way; afterwards it is silent.
        until(lambda: eye.clear() or until(
            lambda: len(queries(eye)) >= 3, 10, "queries") and
            sources(eye) == {"10.9.0.1"}, 20, "FRR's silence")
        assert is_querier(router)
    else:
        until(lambda: obeys(router, "10.9.0.2"), 10, "FRR as the querier")
        eye.clear()
        until(lambda: len(queries(eye)) >= 3, 15, "its queries")
        assert sources(eye) == {"10.9.0.2"}
        pimd.kill()
        until(lambda: is_querier(router), 15, "our turn")
        until(lambda: "10.9.0.3" in sources(eye), 10, "our queries")


def asks_in_vain(router):
    return [p for p in router.interface("e0")["problems"]
            if "nobody asks the router" in p]


def test_groups_that_nobody_asks_the_other_router_for(lab):
    """IGMP alone on an upstream LAN hears of no join elsewhere: said while
    another router is the querier there, and somebody wants a group."""
    lan = Lan(lab)
    other, stub = lan.router("a", 1), lan.router("b", 2)
    behind = lab.net.namespace("behind")
    lab.net.link(stub.namespace, "e1", behind, "r0")
    lab.net.gro(behind, "r0")
    stub.namespace.ip("addr", "add", "10.8.0.254/24", "dev", "e1")
    behind.ip("addr", "add", "10.8.0.1/24", "dev", "r0")
    behind.ip("route", "add", "224.0.0.0/4", "dev", "r0")
    stub.start("".join('interface "%s" { mode = native igmp { %s } }\n' %
                       (name, TIMES) for name in ("e0", "e1")), ["e0", "e1"])
    member = lab.keep(Member(behind, GROUP)).join()
    until(lambda: stub.groups("e1", GROUP), 10, "the member")
    assert not asks_in_vain(stub), "a stub: its sources are its neighbours"
    start(other, TIMES)
    settled(other, stub)
    until(lambda: asks_in_vain(stub), 10, "a problem")
    assert other.address in asks_in_vain(stub)[0]
    assert not asks_in_vain(other), "nobody wants anything elsewhere"
    member.leave()
    until(lambda: not stub.groups("e1", GROUP), 10, "a leave")
    assert not asks_in_vain(stub)
