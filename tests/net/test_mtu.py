# SPDX-License-Identifier: GPL-2.0-only
"""Copies that are longer than the MTU of their oif: RFC 1812 section 5.2.6
and, that nobody is told of one that must not be fragmented, 4.3.2.7."""

import itertools
import struct

from conftest import SOURCE
from frames import HEADER, check_copy, datagram, ip_header, ones_sum, payload
from hosts import Member
from test_own import GROUP, OWN, Talker, bodies
from topology import until

MORE, OFFSET = 0x2000, 0x1FFF


def numbered(count, size, **fields):
    return [datagram(SOURCE, GROUP, body, id=n, **fields)
            for n, body in enumerate(bodies(0, count, size))]


def fragment_field(frame):
    return struct.unpack("!H", ip_header(frame)[6:8])[0]


def check_fragments(sent, got, mac, mtu):
    """They come in order, and together are what a router makes of `sent`."""
    header, body = bytearray(ip_header(got[0])), b""
    for k, frame in enumerate(got):
        piece, field = ip_header(frame), fragment_field(frame)
        length = struct.unpack("!H", piece[2:4])[0]
        assert len(piece) == 20 and length <= mtu
        assert len(frame) == HEADER + length
        assert ones_sum(piece) == 0xFFFF
        assert (field & OFFSET) * 8 == len(body)
        assert bool(field & MORE) == (k < len(got) - 1)
        assert frame[:12] == got[0][:12]
        assert piece[:2] + piece[4:6] + piece[8:10] + piece[12:] == \
            header[:2] + header[4:6] + header[8:10] + header[12:]
        body += frame[HEADER + 20:HEADER + length]
    header[2:4] = struct.pack("!H", 20 + len(body))
    header[6:8] = b"\0\0"
    header[10:12] = b"\0\0"
    header[10:12] = struct.pack("!H", ones_sum(header) ^ 0xFFFF)
    check_copy(sent, got[0][:HEADER] + bytes(header) + body, mac)


def by_datagram(frames):
    """A list of fragments for each; each fragment of one has its id."""
    return [list(group) for _, group in
            itertools.groupby(frames, lambda f: ip_header(f)[4:6])]


def test_long_datagrams_leave_in_fragments(lab):
    """Jumbo frames for a LAN of 1,500 bytes: its hosts have each, whole."""
    lab.build(2, mtu=9000)
    lab.rtr.ip("link", "set", "out2", "mtu", "1500")
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", lab.outs))
    member = lab.keep(Member(lab.receivers[1], GROUP)).join()
    sent = numbered(100, 8000)
    lab.send(*sent)
    until(lambda: len(member.datagrams()) >= 100, 5, "the datagrams")
    assert member.datagrams() == [payload(f) for f in sent]
    assert lab.eyes[0].frames(GROUP) and \
        len(lab.eyes[0].frames(GROUP)) == 100
    groups = by_datagram(lab.eyes[1].frames(GROUP))
    assert len(groups) == 100
    for before, after in zip(sent, groups):
        check_fragments(before, after, lab.rtr.mac("out2"), 1500)
    assert router.verdicts()["fragmented"] == 100
    assert router.json("show", "stats")["plane"]["fragments"] == 600
    until(lambda: router.interface("out2")["packets_out"] == 100, 5,
          "they are counted")


def test_xdp_leaves_only_long_packets_to_the_clone_path(lab):
    """And follows the MTU as it changes."""
    lab.build(2)
    lab.rtr.ip("link", "set", "out2", "mtu", "1400")
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", lab.outs))
    long, short = numbered(20, 1440), numbered(20, 1300)
    lab.send(*long, *short)
    lab.settle()
    assert router.verdicts()["cloned"] == router.verdicts()["fragmented"] == 20
    assert lab.eyes[0].frames(GROUP) and \
        len(lab.eyes[0].frames(GROUP)) == 40
    groups = by_datagram([f for f in lab.eyes[1].frames(GROUP)
                          if fragment_field(f)])
    for before, after in zip(long, groups, strict=True):
        check_fragments(before, after, lab.rtr.mac("out2"), 1400)
    assert [payload(f) for f in lab.eyes[1].frames(GROUP)
            if not fragment_field(f)] == [payload(f) for f in short]
    lab.rtr.ip("link", "set", "out2", "mtu", "1500")
    until(lambda: not router.mfc_entry(SOURCE, GROUP)["flags"] & 32, 5,
          "no narrow oif")
    lab.eyes[1].clear()
    lab.send(*long)
    lab.settle()
    assert router.verdicts()["cloned"] == 20
    assert [payload(f) for f in lab.eyes[1].frames(GROUP)] == \
        [payload(f) for f in long]
    lab.rtr.ip("link", "set", "out2", "mtu", "1400")
    until(lambda: router.mfc_entry(SOURCE, GROUP)["flags"] & 32, 5,
          "a narrow oif")


def test_what_must_not_be_fragmented_is_dropped_in_silence(lab):
    """Counted; the other oif has it, and no error goes to the source."""
    lab.build(2, mtu=9000)
    lab.rtr.ip("link", "set", "out2", "mtu", "1500")
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", lab.outs))
    lab.send(*numbered(5, 8000, flags="DF"))
    until(lambda: len(lab.eyes[0].frames(GROUP)) == 5, 5, "the copies")
    lab.settle()
    assert router.verdicts()["oif-mtu"] == 5
    assert router.verdicts()["fragmented"] == 0
    assert not lab.eyes[1].frames(GROUP)
    lab.nothing_came_back()


def test_fragments_have_a_rate(lab):
    """Each interface where they arrive has its own."""
    lab.build(2)
    lab.rtr.ip("link", "set", "out2", "mtu", "1400")
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", lab.outs) +
                       "limits { fragment-rate = 10 }\n")
    lab.send(*numbered(200, 1440))
    lab.settle()
    verdicts = router.verdicts()
    assert verdicts["fragmented"] + verdicts["fragment-limited"] == 200
    assert verdicts["fragmented"] >= 10
    assert verdicts["fragment-limited"] > 0
    assert len(lab.eyes[0].frames(GROUP)) == 200
    assert len(by_datagram(lab.eyes[1].frames(GROUP))) == \
        verdicts["fragmented"]


def test_a_fragment_is_fragmented_again(lab):
    """60,000 bytes, in fragments of 1,500 and then of 1,000: each datagram."""
    lab.build(2)
    lab.rtr.ip("link", "set", "out2", "mtu", "1000")
    lab.start(lab.mroute(SOURCE, GROUP, "in0", lab.outs))
    members = [lab.keep(Member(h, GROUP)).join() for h in lab.receivers]
    talker = lab.keep(Talker(lab.src, "src0", address=SOURCE))
    talker.fragment()
    sent = bodies(0, 10, 60000)
    for n, body in enumerate(sent):
        talker.send(body)
        for member in members:
            until(lambda m=member, n=n: len(m.datagrams()) > n, 5,
                  "the datagram")
    for member in members:
        assert member.datagrams() == sent


def test_several_datagrams_in_one_send(lab):
    """Each of them is fragmented by itself."""
    lab.build(2)
    lab.rtr.ip("link", "set", "out2", "mtu", "1000")
    router = lab.start(lab.mroute(OWN, GROUP, "in0", lab.outs))
    members = [lab.keep(Member(h, GROUP)).join() for h in lab.receivers]
    talker = lab.keep(Talker(lab.rtr))
    talker.fragment()
    talker.segment(1400)
    sent = bodies(0, 120, 1400)
    for at in range(0, 120, 40):
        talker.send(b"".join(sent[at:at + 40]))
    for member in members:
        until(lambda m=member: len(m.datagrams()) >= 120, 5, "all of them")
        assert member.datagrams() == sent
    assert router.verdicts()["fragmented"] == 3
    assert router.json("show", "stats")["plane"]["fragments"] == 240
