# SPDX-License-Identifier: GPL-2.0-only
"""Hosts of each version, which are real kernels, behind a switch that snoops
and is no querier itself; two routers, of which we are the querier or not.
The network is that of test_igmp_forward.py, and one more host."""

import shutil

import pytest

from frames import HEADER, Capture, datagram, ip_header, ones_sum
from hosts import ROUTER_ALERT, igmp_version, queries
from lan import Pimd, frr, start
from test_election import is_querier, obeys, settled
from test_igmp import GROUP, write_pcap
from test_igmp_forward import SOURCE, TIMES, Pair, stands_down
from test_mrd import router_ports
from topology import until

OURS = ("10.9.0.1", "10.9.0.2")
# Hosts of version 1 answer within 10 s, whatever they are asked.
SLOW = "query-interval = 11 query-response-interval = 10 " \
    "startup-query-interval = 1 advertisement-interval = 4 "


@pytest.fixture(name="pair")
def _pair(lab):
    return Pair(lab, snooping=1)


def stranger_of(pair):
    """Another host of the LAN, which wants nothing, and sees what it gets."""
    there = pair.lan.port("stranger", 101, "r0")
    return pair.lab.keep(Capture(there, "r0"))


def data(eye):
    """Packets of the flow, not reports, which old hosts send to the group."""
    return [f for f in eye.frames(GROUP) if f[HEADER + 9] == 17]


def once_and_only_there(pair, stranger):
    """Each packet once, and nothing elsewhere: a switch begins with that when
    hosts have had time to answer its first query."""
    def kept_away():
        stranger.clear()
        pair.once(1)
        return not data(stranger)
    until(kept_away, 20, "a switch that snoops")
    pair.once(200)
    assert not data(stranger)


def igmp_frames(eye):
    """What our routers have sent of IGMP and MRD."""
    return [f for f in eye.frames() if f[HEADER + 9] == 2 and
            ".".join(map(str, f[HEADER + 12:HEADER + 16])) in OURS]


def judged(lab, frames, capture):
    """What tshark says of each: nothing is wrong with any."""
    write_pcap(capture, frames)
    shown = lab.src.run(
        "tshark", "-r", capture, "-o", "ip.check_checksum:TRUE", "-T",
        "fields", "-e", "ip.ttl", "-e", "ip.checksum.status", "-e",
        "ip.opt.ra", "-e", "_ws.malformed").stdout.splitlines()
    assert len(shown) == len(frames)
    assert set(shown) == {"1\t1\t0\t"}
    asked = lab.src.run(
        "tshark", "-r", capture, "-T", "fields", "-e",
        "igmp.checksum.status", "-e", "_ws.expert", "-Y",
        "igmp.type == 0x11").stdout.splitlines()
    assert asked and set(asked) == {"1\t"}


def whole(frame):
    """IGMP's checksum by our own sum: tshark has not all types."""
    header = ip_header(frame)
    length = int.from_bytes(header[2:4], "big") - len(header)
    message = frame[HEADER + len(header):][:length]
    return (header[20:24] == ROUTER_ALERT and
            ones_sum(header) == 0xFFFF and ones_sum(message) == 0xFFFF)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_hosts_behind_a_switch_that_snoops(pair, version, tmp_path):
    """Both routers know the member, whoever asks; it has each packet once,
    the other host none; and a leave is one for both. Nothing that the routers
    have said is wrong, by an independent decoder."""
    low, high = pair.router("a", 1), pair.router("b", 2)
    stranger = stranger_of(pair)
    igmp_version(pair.host, version)
    pair.start(SLOW if version == 1 else TIMES, low, high)
    settled(low, high)
    until(lambda: router_ports(pair.lan) == {"p-a", "p-b"}, 15, "both ports")
    pair.joined(low, high)
    for router in low, high:
        assert router.groups("e0", GROUP)[0]["version"] == version
    stands_down(high, "a router, as it advertises")
    once_and_only_there(pair, stranger)
    if version > 1:
        pair.member.leave()
        for router in low, high:
            until(lambda r=router: not r.groups("e0", GROUP), 15, "a leave")
        assert queries(pair.eye, GROUP), "nobody has asked about it"
    said = igmp_frames(pair.eye)
    # With the reports that we, as hosts, are in the groups of routers.
    assert {f[HEADER + 24] for f in said} >= {0x11, 0x30}
    assert all(map(whole, said))
    if shutil.which("tshark"):
        judged(pair.lab, said, tmp_path / "said.pcap")


@pytest.mark.parametrize("version", [2, 3])
def test_who_is_not_querier_forwards_through_it(pair, version):
    """The querier is a switch further on: we hear of members, for we are a
    router by our advertisements, and forward."""
    other, router = pair.lan.router("a", 1), pair.router("b", 2)
    stranger = stranger_of(pair)
    igmp_version(pair.host, version)
    start(other, TIMES + "router-discovery = false")
    pair.start(TIMES, router)
    settled(other, router)
    until(lambda: router_ports(pair.lan) == {"p-a", "p-b"}, 15, "both ports")
    pair.joined(router)
    once_and_only_there(pair, stranger)
    assert obeys(router, "10.9.0.1")
    pair.member.leave()
    until(lambda: not router.groups("e0", GROUP), 15, "a leave")
    pair.sender.send(datagram(SOURCE, GROUP, b"too late"))
    until(lambda: router.mroute(SOURCE, GROUP) is None or
          router.mroute(SOURCE, GROUP)["state"] == "negative", 5, "its end")


@pytest.mark.skipif(not frr(), reason="no FRR here: `make frr` unpacks it")
@pytest.mark.parametrize("ours", [1, 3])
def test_frr_beside_us_on_a_switch_that_snoops(lab, ours):
    """Whoever of the two has the lower address: we hear of the member, with
    its version, and of its end; FRR says nothing of being a router."""
    pair = Pair(lab, snooping=1)
    router = pair.router("b", ours)
    pimd = Pimd(lab.net, pair.lan.port("frr", 2), lab.directory / "frr",
                ["query-max-response-time 10", "query-interval 2"])
    pimd.start()
    until(lambda: queries(pair.eye), 20, "FRR's queries")
    pair.start(TIMES, router)
    if ours == 1:
        until(lambda: is_querier(router), 10, "our turn")
    else:
        until(lambda: obeys(router, "10.9.0.2"), 15, "FRR as the querier")
    pair.joined(router)
    assert router.groups("e0", GROUP)[0]["version"] == 3
    pair.once(100)
    words = "10.9.0.2, is not known to be a router"
    assert bool([p for p in router.interface("e0")["problems"]
                 if words in p]) == (ours == 3)
    pair.member.leave()
    until(lambda: not router.groups("e0", GROUP), 20, "a leave")
