# SPDX-License-Identifier: GPL-2.0-only
"""What leaves: every copy byte by byte, and what must not leave at all."""

import socket
import struct

import pytest
from scapy.layers.inet import IP, UDP, fragment
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Raw

from conftest import SOURCE
from frames import (HEADER, SO_RCVBUFFORCE, Sender, address, check_copy,
                    datagram, group_mac, mac_text, payload,
                    udp_checksum_good)
from topology import until

GROUP = "239.1.1.1"
SIZES = (0, 1, 17, 18, 19, 100, 511, 1000, 1471, 1472)


def assert_copies(lab, sent, group=GROUP):
    """Each receiver has each frame once, in order and right; none back."""
    for k, eye in enumerate(lab.eyes):
        got = eye.frames(group)
        assert len(got) == len(sent), f"copies at r{k + 1}"
        for before, after in zip(sent, got):
            check_copy(before, after, lab.rtr.mac(f"out{k + 1}"))
    lab.nothing_came_back()


@pytest.mark.parametrize("mode", ["native", "generic"])
def test_copies_are_right_byte_by_byte(lab, mode):
    """TTL one lower, checksum, both MACs, payload; one copy per oif."""
    lab.build(3)
    lab.start(lab.mroute(SOURCE, GROUP, "in0", lab.outs), mode=mode)
    sent = [datagram(SOURCE, GROUP, bytes(n % 251 for n in range(size)),
                     ttl=ttl, id=size, tos=0xb8, mac=lab.sender.mac)
            for size in SIZES for ttl in (2, 64, 255)]
    lab.send(*sent)
    lab.settle()
    assert_copies(lab, sent)


def test_only_the_oifs_of_the_route_get_copies(lab):
    """A receiver behind an interface that is no oif gets nothing."""
    lab.build(3)
    lab.start(lab.mroute(SOURCE, GROUP, "in0", ["out2"]))
    lab.send(*[datagram(SOURCE, GROUP, b"%d" % n) for n in range(50)])
    lab.settle()
    assert [len(eye.frames(GROUP)) for eye in lab.eyes] == [0, 50, 0]


def test_any_source_route(lab):
    """(*,G) carries any source of its iif; a route of one of them has an
    iif of its own, and goes to those who want any source as well."""
    lab.build(3)
    router = lab.start(lab.mroute("*", GROUP, "in0", ["out1"]) +
                       lab.mroute(SOURCE, GROUP, "in0", ["out2"]) +
                       lab.mroute("10.2.3.1", GROUP, "out3", ["out2"]))
    lab.send(*[datagram(f"10.1.0.{host}", GROUP) for host in range(1, 6)])
    lab.send(datagram("10.2.3.1", GROUP))
    lab.settle()
    assert len(lab.eyes[0].frames(GROUP)) == 5
    assert [address(f, "source") for f in lab.eyes[1].frames(GROUP)] == \
        [SOURCE]
    verdicts = router.verdicts()
    assert (verdicts["forwarded"], verdicts["wrong-if"]) == (6, 1)
    other = lab.keep(Sender(lab.receivers[2], "r0"))
    other.send(datagram("10.2.3.1", GROUP))
    lab.settle()
    assert [len(eye.frames(GROUP, "10.2.3.1")) for eye in lab.eyes] == \
        [1, 1, 0]


def test_groups_that_share_a_mac_are_told_apart(lab):
    """224.1.1.1 and 239.129.1.1 have one MAC; each has its own route."""
    assert group_mac("224.1.1.1") == group_mac("239.129.1.1")
    lab.build(2)
    lab.start(lab.mroute(SOURCE, "224.1.1.1", "in0", ["out1"]) +
              lab.mroute(SOURCE, "239.129.1.1", "in0", ["out2"]))
    lab.send(datagram(SOURCE, "224.1.1.1"), datagram(SOURCE, "239.129.1.1"))
    lab.settle()
    for eye, here, there in zip(lab.eyes, ("224.1.1.1", "239.129.1.1"),
                                ("239.129.1.1", "224.1.1.1")):
        assert len(eye.frames(here)) == 1
        assert not eye.frames(there)


def test_fragments_are_forwarded_like_any_packet(lab):
    """All fragments arrive, changed as copies are, and reassemble."""
    lab.build(2)
    lab.start(lab.mroute(SOURCE, GROUP, "in0", lab.outs))
    data = bytes(n * 7 % 256 for n in range(5000))
    sockets = [lab.keep(join(host, GROUP)) for host in lab.receivers]
    whole = IP(src=SOURCE, dst=GROUP, ttl=9, id=77) / \
        UDP(sport=4000, dport=5000) / Raw(data)
    link = Ether(src=mac_text(lab.sender.mac), dst=mac_text(group_mac(GROUP)))
    sent = [bytes(link / part) for part in fragment(whole, fragsize=1400)]
    assert len(sent) == 4
    lab.send(*sent)
    lab.settle()
    assert_copies(lab, sent)
    for receiver in sockets:
        assert receiver.recv(65536) == data


def join(host, group, port=5000):
    """An ordinary socket that has joined the group on r0."""
    made = host.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
    made.bind((group, port))
    made.settimeout(5)
    made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                    struct.pack("4s4si", socket.inet_aton(group), b"\0" * 4,
                                host.ifindex("r0")))
    return made


def test_partial_checksums_reach_ordinary_sockets(lab):
    """A sender with offload on is received; the repair is counted."""
    lab.build(2)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", lab.outs))
    features = lab.src.run("ethtool", "-k", "src0").stdout
    assert "tx-checksumming: on" in features
    sockets = [lab.keep(join(host, GROUP)) for host in lab.receivers]
    sender = lab.keep(lab.src.socket(socket.AF_INET, socket.SOCK_DGRAM))
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 8)
    for n in range(200):
        sender.sendto(b"%d" % n, (GROUP, 5000))
    lab.settle()
    for receiver, eye in zip(sockets, lab.eyes):
        assert [receiver.recv(99) for _ in range(200)] == \
            [b"%d" % n for n in range(200)]
        assert all(udp_checksum_good(f) for f in eye.frames(GROUP))
    assert router.verdicts()["csum-repaired"] == 200


def test_a_complete_udp_checksum_is_left_alone(lab):
    """Only a sum equal to the pseudo-header's is taken for a partial one."""
    lab.build(1)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", ["out1"]))
    sent = [datagram(SOURCE, GROUP, struct.pack("!H", n)) for n in range(99)]
    lab.send(*sent)
    lab.settle()
    got = lab.eyes[0].frames(GROUP)
    assert [f[HEADER + 26:HEADER + 28] for f in got] == \
        [f[HEADER + 26:HEADER + 28] for f in sent]
    assert router.verdicts()["csum-repaired"] == 0


def spoiled(frame, offset, value):
    """The frame with one byte changed and its header checksum made right."""
    ip = IP(frame[HEADER:offset] + bytes([value]) + frame[offset + 1:])
    del ip.chksum
    return frame[:HEADER] + bytes(ip)


def bad_checksum():
    frame = bytearray(datagram(SOURCE, GROUP))
    frame[HEADER + 10] ^= 1
    return bytes(frame)


def vlan():
    return bytes(Ether(dst=mac_text(group_mac(GROUP))) / Dot1Q(vlan=7) /
                 IP(src=SOURCE, dst=GROUP, ttl=9) / UDP() / Raw(b"tagged"))


NOT_FORWARDED = [
    ("ttl", lambda: datagram(SOURCE, GROUP, ttl=1)),
    ("ttl", lambda: datagram(SOURCE, GROUP, ttl=0)),
    ("bad-checksum", bad_checksum),
    ("bad-version", lambda: spoiled(datagram(SOURCE, GROUP), HEADER, 0x65)),
    ("bad-ihl", lambda: datagram(SOURCE, GROUP)[:HEADER] + b"\x44" +
     datagram(SOURCE, GROUP)[HEADER + 1:]),
    ("bad-length", lambda: datagram(SOURCE, GROUP, len=900)),
    ("bad-length", lambda: datagram(SOURCE, GROUP, len=19)),
    ("truncated", lambda: datagram(SOURCE, GROUP)[:HEADER + 12]),
    ("bad-source", lambda: datagram("0.0.0.0", GROUP)),
    ("bad-source", lambda: datagram("127.0.0.1", GROUP)),
    ("bad-source", lambda: datagram("239.7.7.7", GROUP)),
    ("bad-source", lambda: datagram("255.255.255.255", GROUP)),
    ("link-local", lambda: datagram(SOURCE, "224.0.0.251")),
    ("options", lambda: datagram(SOURCE, GROUP, options=b"\x94\x04\0\0")),
    ("bad-mac", lambda: group_mac("239.1.1.2") + datagram(SOURCE, GROUP)[6:]),
    ("vlan", vlan),
]


def test_not_forwarded(lab):
    """Malformed and local frames are counted by reason, never forwarded."""
    lab.build(1)
    router = lab.start(lab.mroute("*", GROUP, "in0", ["out1"]) +
                       lab.mroute("*", "239.1.1.2", "in0", ["out1"]))
    for row, (reason, make) in enumerate(NOT_FORWARDED):
        before = router.verdicts()
        lab.send(*[make()] * 3)
        lab.settle()
        change = router.verdicts() - before
        assert change == {reason: 3, "forwarded": 1}, \
            f"row {row}; the one forwarded is the sentinel"
    assert all(b"sentinel" in f for f in lab.eyes[0].frames())


def test_wrong_interface(lab):
    """A packet that arrives on another interface than the iif is dropped."""
    lab.build(2)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", lab.outs))
    intruder = lab.keep(Sender(lab.receivers[0], "r0"))
    intruder.send(*[datagram(SOURCE, GROUP)] * 7)
    until(lambda: router.mroute(SOURCE, GROUP)["wrong_if"] == 7, 5,
          "seven packets counted as wrong")
    lab.settle()
    assert router.verdicts()["wrong-if"] == 7
    assert router.mroute(SOURCE, GROUP)["packets"] == 0
    assert not lab.eyes[1].frames(GROUP)


def test_unowned_interface_passes_to_the_host(lab):
    """Without an owner nothing is forwarded, but the host itself listens."""
    lab.build(1)
    router = lab.router()
    router.start(lab.config(sentinel=False), ["in0", "out1"])
    listener = lab.keep(lab.rtr.socket(socket.AF_INET, socket.SOCK_DGRAM))
    listener.bind((GROUP, 5000))
    listener.settimeout(5)
    listener.setsockopt(
        socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
        struct.pack("4s4si", socket.inet_aton(GROUP), b"\0" * 4,
                    lab.rtr.ifindex("in0")))
    for n in range(10):
        lab.send(datagram(SOURCE, GROUP, b"%d" % n))
    assert [listener.recv(99) for _ in range(10)] == \
        [b"%d" % n for n in range(10)]
    assert router.verdicts()["unowned"] == 10
    assert not lab.eyes[0].frames(GROUP)


def test_ttl_threshold(lab):
    """A copy below the oif's threshold stays; other oifs get theirs."""
    lab.build(2)
    router = lab.router()
    config = lab.config(lab.mroute(SOURCE, GROUP, "in0", lab.outs))
    config = config.replace('"out2" { mode = native }',
                            '"out2" { mode = native ttl-threshold = 32 }')
    router.start(config, ["in0", *lab.outs])
    assert router.interface("out2")["ttl_threshold"] == 32
    lab.send(*[datagram(SOURCE, GROUP, b"%d" % n, ttl=n)
               for n in range(2, 65)])
    lab.settle()
    assert len(lab.eyes[0].frames(GROUP)) == 63
    assert [payload(f) for f in lab.eyes[1].frames(GROUP)] == \
        [b"%d" % n for n in range(33, 65)], "32 or more after the decrement"
    assert router.verdicts()["oif-ttl"] == 31


def test_unicast_is_left_alone(lab):
    """What is not multicast reaches the router's own stack, both ways."""
    lab.build(1)
    lab.start()
    server = lab.keep(lab.rtr.socket(socket.AF_INET, socket.SOCK_DGRAM))
    server.bind(("10.1.0.254", 7000))
    server.settimeout(5)
    client = lab.keep(lab.src.socket(socket.AF_INET, socket.SOCK_DGRAM))
    client.settimeout(5)
    client.sendto(b"ask", ("10.1.0.254", 7000))
    data, where = server.recvfrom(99)
    assert (data, where[0]) == (b"ask", SOURCE)
    server.sendto(b"answer", where)
    assert client.recv(99) == b"answer"
