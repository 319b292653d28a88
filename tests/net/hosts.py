# SPDX-License-Identifier: GPL-2.0-only
"""Hosts that speak IGMP: real kernels through ordinary sockets, and made-up
ones by crafted packets. Nothing here knows xmgm.
"""

import contextlib
import socket
import struct

from scapy.layers.inet import IP
from scapy.layers.l2 import Ether

from frames import (HEADER, SO_RCVBUFFORCE, group_mac, ip_header, mac_text,
                    ones_sum)

IP_BLOCK_SOURCE = 38
IP_UNBLOCK_SOURCE = 37
IP_ADD_SOURCE_MEMBERSHIP = 39
IP_DROP_SOURCE_MEMBERSHIP = 40
ROUTER_ALERT = b"\x94\x04\0\0"
MODE_IS_INCLUDE, MODE_IS_EXCLUDE = 1, 2
CHANGE_TO_INCLUDE, CHANGE_TO_EXCLUDE = 3, 4
ALLOW_NEW, BLOCK_OLD = 5, 6


def igmp_version(host, version, interface="r0"):
    """Makes the host's kernel speak this version of IGMP there."""
    host.sysctl(f"net/ipv4/conf/{interface}/force_igmp_version", version)


class Member:
    """An ordinary UDP socket of a host and what it has joined."""

    def __init__(self, host, group, interface="r0", port=5000):
        self.group = group
        self._any = struct.pack("4s4si", socket.inet_aton(group),
                                b"\0" * 4, host.ifindex(interface))
        with host.entered():
            address = self._own_address(host, interface)
        self._local = socket.inet_aton(address)
        self._socket = host.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
        self._socket.bind((group, port))
        self._socket.setblocking(False)
        self._got = []

    @staticmethod
    def _own_address(host, interface):
        words = host.ip("-4", "-o", "addr", "show", interface).split()
        return words[words.index("inet") + 1].split("/")[0]

    def _source(self, option, source):
        self._socket.setsockopt(
            socket.IPPROTO_IP, option, socket.inet_aton(self.group) +
            self._local + socket.inet_aton(source))

    def join(self):
        self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                                self._any)
        return self

    def leave(self):
        self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_DROP_MEMBERSHIP,
                                self._any)

    def join_source(self, source):
        self._source(IP_ADD_SOURCE_MEMBERSHIP, source)
        return self

    def leave_source(self, source):
        self._source(IP_DROP_SOURCE_MEMBERSHIP, source)

    def block(self, source):
        self._source(IP_BLOCK_SOURCE, source)

    def unblock(self, source):
        self._source(IP_UNBLOCK_SOURCE, source)

    def datagrams(self):
        """Everything received so far."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self._got.append(self._socket.recv(65536))
        return self._got

    def close(self):
        self._socket.close()


def checksummed(message):
    """An IGMP message with its checksum, which is bytes 2 and 3."""
    total = ones_sum(message[:2] + b"\0\0" + message[4:]) ^ 0xFFFF
    return message[:2] + struct.pack("!H", total) + message[4:]


def packet(source, destination, message, *, ttl=1, options=ROUTER_ALERT,
           mac=b"\x02\0\0\0\0\x02", **ip_fields):
    """An IGMP message in IP, in Ethernet."""
    return bytes(Ether(src=mac_text(mac), dst=mac_text(
        group_mac(destination))) /
        IP(src=source, dst=destination, ttl=ttl, proto=2, options=options,
           **ip_fields) / message)


def report2(group):
    return checksummed(struct.pack("!BBH4s", 0x16, 0, 0,
                                   socket.inet_aton(group)))


def leave2(group):
    return checksummed(struct.pack("!BBH4s", 0x17, 0, 0,
                                   socket.inet_aton(group)))


def record(kind, group, *sources, aux=0, count=None):
    """A group record of a version 3 report; count may be a lie."""
    return struct.pack("!BBH4s", kind, aux,
                       len(sources) if count is None else count,
                       socket.inet_aton(group)) + \
        b"".join(map(socket.inet_aton, sources))


def report3(*records, count=None):
    return checksummed(struct.pack(
        "!BBHHH", 0x22, 0, 0, 0,
        len(records) if count is None else count) + b"".join(records))


class Query:
    """A query, read from a captured frame."""

    def __init__(self, frame):
        header = ip_header(frame)
        self.ttl = header[8]
        self.header_good = ones_sum(header) == 0xFFFF
        self.router_alert = header[20:24] == ROUTER_ALERT
        self.source = socket.inet_ntoa(header[12:16])
        self.destination = socket.inet_ntoa(header[16:20])
        self.mac = frame[:6]
        length = struct.unpack("!H", header[2:4])[0] - len(header)
        self.message = frame[HEADER + len(header):][:length]
        self.checksum_good = ones_sum(self.message) == 0xFFFF
        self.group = socket.inet_ntoa(self.message[4:8])
        self.version = 3 if len(self.message) >= 12 else 2
        self.sources = [socket.inet_ntoa(self.message[at:at + 4])
                        for at in range(12, len(self.message), 4)]


def queries(eye, group=None):
    """The membership queries among the captured frames."""
    found = [Query(f) for f in eye.frames()
             if f[HEADER + 9] == 2 and
             f[HEADER + len(ip_header(f))] == 0x11]
    return [q for q in found if group in (None, q.group)]
