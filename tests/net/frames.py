# SPDX-License-Identifier: GPL-2.0-only
"""Making frames, catching them, and comparing what left with what came.

Frames are built by scapy, so that lengths and checksums come from someone
else's code; they are checked here byte by byte. Nothing here knows xmgm.
"""

import socket
import struct

from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

ETH_P_ALL = 0x0003
PACKET_OUTGOING = 4
SO_RCVBUFFORCE = 33
SO_SNDBUFFORCE = 32
HEADER = 14


def group_mac(group):
    """RFC 1112 section 6.4: 01:00:5e and the low 23 bits."""
    low = struct.unpack("!I", socket.inet_aton(group))[0] & 0x7FFFFF
    return b"\x01\x00\x5e" + low.to_bytes(3, "big")


def mac_text(mac):
    return ":".join(f"{byte:02x}" for byte in mac)


def datagram(source, group, payload=b"xmgm", *, ttl=64, sport=4000,
             dport=5000, mac=b"\x02\0\0\0\0\x01", **ip_fields):
    """A UDP datagram in an Ethernet frame, as bytes."""
    return bytes(Ether(src=mac_text(mac), dst=mac_text(group_mac(group))) /
                 IP(src=source, dst=group, ttl=ttl, **ip_fields) /
                 UDP(sport=sport, dport=dport) / Raw(payload))


def ones_sum(data):
    """The Internet checksum's sum: 0xffff over a correct header."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def ip_header(frame):
    return frame[HEADER:HEADER + (frame[HEADER] & 15) * 4]


def address(frame, which):
    start = HEADER + {"source": 12, "group": 16}[which]
    return socket.inet_ntoa(frame[start:start + 4])


def payload(frame):
    """What follows the UDP header."""
    return frame[HEADER + len(ip_header(frame)) + 8:]


def udp_checksum_good(frame):
    """Zero (none, legal in IPv4) or right, RFC 768."""
    header = ip_header(frame)
    length = struct.unpack("!H", header[2:4])[0] - len(header)
    udp = frame[HEADER + len(header):HEADER + len(header) + length]
    if udp[6:8] == b"\0\0":
        return True
    pseudo = header[12:20] + struct.pack("!BBH", 0, header[9], length)
    return ones_sum(pseudo + udp) == 0xFFFF


def check_copy(sent, got, egress_mac):
    """The frame `got` is what a multicast router must make of `sent`."""
    assert len(got) == len(sent), "length of the copy"
    assert got[0:6] == sent[0:6] == group_mac(address(sent, "group"))
    assert mac_text(got[6:12]) == mac_text(egress_mac), "source MAC"
    assert got[12:14] == b"\x08\x00"
    before, after = ip_header(sent), ip_header(got)
    assert after[8] == before[8] - 1, "TTL is one lower"
    assert ones_sum(after) == 0xFFFF, "header checksum"
    assert after[:8] == before[:8] and after[9] == before[9]
    assert after[12:] == before[12:], "addresses and options"
    body = HEADER + len(before)
    assert got[body:] == sent[body:], "payload"


class Sender:
    """Puts raw frames on an interface."""

    def __init__(self, namespace, interface):
        self.mac = namespace.mac(interface)
        self._socket = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._socket.bind((interface, 0))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 8 << 20)

    def send(self, *frames):
        for frame in frames:
            self._socket.send(frame)

    def close(self):
        self._socket.close()


class Capture:
    """Every frame that arrives at an interface, from now on, in order; those
    that leave there as well if `outgoing`."""

    def __init__(self, namespace, interface, outgoing=False):
        self.interface = interface
        self._outgoing = outgoing
        self._frames = []
        self._socket = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                        socket.htons(ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self._socket.bind((interface, ETH_P_ALL))
        self._socket.setblocking(False)

    def all_frames(self):
        """What has come so far: IPv4, whoever it is for."""
        while True:
            try:
                frame, where = self._socket.recvfrom(65536)
            except BlockingIOError:
                break
            if frame[12:14] == b"\x08\0" and (
                    self._outgoing or where[2] != PACKET_OUTGOING):
                self._frames.append(frame)
        return self._frames

    def frames(self, group=None, source=None):
        """What has come so far: IPv4 multicast, of one flow if asked."""
        return [f for f in self.all_frames()
                if f[0] & 1 and
                (group is None or address(f, "group") == group) and
                (source is None or address(f, "source") == source)]

    def clear(self):
        self.all_frames()
        self._frames.clear()

    def close(self):
        self._socket.close()
