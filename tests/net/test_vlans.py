# SPDX-License-Identifier: GPL-2.0-only
"""VLANs of a trunk as interfaces of the router, as xmgmd.conf(5) and the
section VLANS of xmgmd(8) have it. No network device has a tag here: those at
the other end of the trunk are packet sockets, which write and read it."""

import pathlib
import signal
import socket
import struct

import pytest
from scapy.contrib.igmpv3 import IGMPv3, IGMPv3gr, IGMPv3mr
from scapy.layers.inet import IP, IPOption_Router_Alert
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from frames import (ETH_P_ALL, PACKET_OUTGOING, SO_RCVBUFFORCE, Sender,
                    check_copy, datagram, group_mac, mac_text, ones_sum)
from router import Router
from topology import until

GROUP = "239.1.1.1"
SOL_PACKET = 263
PACKET_AUXDATA = 8
TP_STATUS_VLAN_VALID = 0x10


class Tagged:
    """Every frame that arrives at an interface with its VLAN; 0: without."""

    def __init__(self, namespace, interface):
        self._frames = []
        self._socket = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                        socket.htons(ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self._socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self._socket.bind((interface, ETH_P_ALL))
        self._socket.setblocking(False)

    def _read(self):
        try:
            frame, beside, _, where = self._socket.recvmsg(65536, 256)
        except BlockingIOError:
            return False
        if where[2] == PACKET_OUTGOING:
            return True
        vlan = 0
        for level, kind, data in beside:
            if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
                status, tci = struct.unpack("=I12xH", data[:18])
                vlan = tci & 0xFFF if status & TP_STATUS_VLAN_VALID else 0
        self._frames.append((vlan, frame))
        return True

    def frames(self, vlan, group=None, protocol=17):
        """What has come so far in a VLAN: IPv4 to this group."""
        while self._read():
            pass
        return [f for v, f in self._frames
                if v == vlan and f[12:14] == b"\x08\0" and f[23] == protocol
                and (group is None or f[30:34] == socket.inet_aton(group))]

    def clear(self):
        self.frames(0)
        self._frames.clear()

    def close(self):
        self._socket.close()


def tag(frame, vlan, kind=0x8100):
    """The frame with this tag between its addresses and its type."""
    return frame[:12] + struct.pack("!HH", kind, vlan) + frame[12:]


def report(group, host, record=4):
    """An IGMPv3 report of one group: 4 joins, 3 leaves (to INCLUDE {})."""
    packet = (Ether(src="02:00:00:00:00:09",
                    dst=mac_text(group_mac("224.0.0.22"))) /
              IP(src=host, dst="224.0.0.22", ttl=1, tos=0xC0,
                 options=[IPOption_Router_Alert()]) /
              IGMPv3(type=0x22) /
              IGMPv3mr(records=[IGMPv3gr(rtype=record, maddr=group)]))
    return bytes(packet)


class Trunk:
    """A router with a trunk `tr` to a host that writes and reads tags."""

    def __init__(self, lab):
        self.lab = lab
        self.host = lab.net.namespace("host")
        self.there = lab.net.namespace("router")
        lab.net.link(self.there, "tr", self.host, "r0")
        lab.net.gro(self.host, "r0")
        self.host.run("ethtool", "-K", "r0", "txvlan", "off")
        self.sender = lab.keep(Sender(self.host, "r0"))
        self.eye = lab.keep(Tagged(self.host, "r0"))
        self.router = Router(lab.net, self.there, lab.directory)
        lab.routers.append(self.router)

    def send(self, vlan, *frames):
        self.sender.send(*[tag(f, vlan) if vlan else f for f in frames])

    def queries(self, vlan):
        return [f for f in self.eye.frames(vlan, protocol=2)
                if f[14 + (f[14] & 15) * 4] == 0x11]

    def joins(self, vlan, group=GROUP):
        self.send(vlan, report(group, f"10.7.{vlan}.9"))
        until(lambda: self.router.groups(f"tr.{vlan}", group), 5,
              f"{group} in VLAN {vlan}")


@pytest.fixture
def trunk(lab):
    return Trunk(lab)


def section(vlan):
    return (f'interface "tr.{vlan}" {{ mode = native '
            f'address = {{10.7.{vlan}.1/24}} igmp {{}} }}\n')


def test_queries_leave_with_the_tag(trunk):
    """Without a network device, in each VLAN with its own address, and with
    nothing in the frame that a network device would not have written."""
    trunk.router.start(section(5) + section(6), ["tr.5", "tr.6"])
    for vlan in 5, 6:
        until(lambda v=vlan: trunk.queries(v), 5, f"a query in {vlan}")
        frame = trunk.queries(vlan)[0]
        assert frame[0:6] == group_mac("224.0.0.1")
        assert frame[6:12] == trunk.there.mac("tr")
        header = frame[14:14 + (frame[14] & 15) * 4]
        assert ones_sum(header) == 0xFFFF
        assert struct.unpack("!H", header[2:4])[0] == 36
        assert header[8] == 1, "TTL"
        assert socket.inet_ntoa(header[12:16]) == f"10.7.{vlan}.1"
        assert socket.inet_ntoa(header[16:20]) == "224.0.0.1"
        assert header[20:24] == b"\x94\x04\0\0", "Router Alert"
        assert ones_sum(frame[38:50]) == 0xFFFF
    assert trunk.queries(0) == [], "none without a tag"


def test_hosts_are_heard_in_their_vlan_alone(trunk):
    trunk.router.start(section(5) + section(6), ["tr.5", "tr.6"])
    trunk.joins(5)
    trunk.joins(6, "239.1.1.2")
    groups = {(g["interface"], g["group"])
              for g in trunk.router.json("show", "groups")}
    assert groups == {("tr.5", GROUP), ("tr.6", "239.1.1.2")}
    trunk.send(5, report(GROUP, "10.7.5.9", 3))
    until(lambda: [f for f in trunk.queries(5)
                   if f[30:34] == socket.inet_aton(GROUP)], 5,
          "a group-specific query with the tag")
    until(lambda: not trunk.router.groups("tr.5", GROUP), 10, "the leave")
    assert trunk.router.groups("tr.6", "239.1.1.2")
    trunk.joins(6, "239.1.1.3")
    trunk.send(6, report("239.1.1.3", "10.7.6.9", 3))
    until(lambda: not trunk.router.groups("tr.6", "239.1.1.3"), 10,
          "the next leave")
    for name in "tr.5", "tr.6":
        assert trunk.router.interface(name)["problems"] == [], \
            "seconds after the last report"


def test_a_report_to_the_routers_own_address(trunk):
    """RFC 9776 section 9.2: a report to a unicast address of ours counts. No
    socket of an address that no device has would hear it."""
    trunk.router.start(section(5), ["tr.5"])
    mac = mac_text(trunk.there.mac("tr"))

    def groups(to):
        frame = (Ether(src="02:00:00:00:00:09", dst=mac) /
                 IP(src="10.7.5.9", dst=to, ttl=1, tos=0xC0,
                    options=[IPOption_Router_Alert()]) /
                 IGMPv3(type=0x22) /
                 IGMPv3mr(records=[IGMPv3gr(rtype=4, maddr=GROUP)]))
        trunk.send(5, bytes(frame))
        return trunk.router.groups("tr.5", GROUP)

    until(lambda: trunk.queries(5), 5, "a query")
    assert not groups("10.7.5.2"), "another's address"
    until(lambda: groups("10.7.5.1"), 5, "the group")


def test_dvmrp_finds_neighbours_in_a_vlan(trunk):
    """Probes leave with the tag, and those of others are heard."""
    trunk.router.start('interface "tr.5" { mode = native dvmrp {}\n'
                       ' address = {10.7.5.1/24} }\n', ["tr.5"])

    def probes():
        return [f for f in trunk.eye.frames(5, "224.0.0.4", 2)
                if f[14 + (f[14] & 15) * 4:][:2] == b"\x13\x01"]

    until(probes, 15, "a probe")
    assert trunk.eye.frames(0, "224.0.0.4", 2) == []
    body = bytes([0x13, 1, 0, 0, 0, 0x0E, 0xFF, 3]) + b"\0\0\0\x07" + \
        socket.inet_aton("10.7.5.1")
    check = ~ones_sum(body) & 0xFFFF
    body = body[:2] + struct.pack("!H", check) + body[4:]
    probe = bytes(Ether(src="02:00:00:00:00:09",
                        dst=mac_text(group_mac("224.0.0.4"))) /
                  IP(src="10.7.5.9", dst="224.0.0.4", ttl=1, proto=2) /
                  Raw(body))

    def neighbours():
        trunk.send(5, probe)
        return [n for n in trunk.router.json("show", "dvmrp", "neighbors")
                if n["address"] == "10.7.5.9"]

    until(neighbours, 10, "the neighbour")
    assert neighbours()[0]["interface"] == "tr.5"


def test_what_is_shown_of_a_vlan(trunk):
    trunk.router.start(section(5), ["tr.5"])
    row = trunk.router.interface("tr.5")
    assert (row["port"], row["vlan"], row["tag"], row["netdev"]) == \
        ("tr", 5, "802.1Q", False)
    assert row["ifid"] >= 0x40000000
    assert row["up"] and row["xdp"] == "native" and row["mtu"] == 1500
    assert row["addresses"] == ["10.7.5.1"]
    assert row["owner"] == "igmp" and row["gate"] == "on"
    assert row["problems"] == []
    assert {"basic", "redirect", "ndo-xmit"} <= set(row["xdp_features"]), \
        "its trunk's"
    line = next(l for l in trunk.router.cli("show", "interfaces", "detail")
                .stdout.splitlines() if l.startswith("tr.5 "))
    assert line.split()[1:6] == ["tr", "5", "1500", "native", "xdp"]
    assert "ndo-xmit" in line and "10.7.5.1" in line
    row = trunk.router.interface("tr")
    assert (row["port"], row["vlan"], row["netdev"]) == ("tr", None, True)


def sources(trunk):
    """A source's side of the router: untagged, in 10.8.0.0/24."""
    there = trunk.lab.net.namespace("sender")
    trunk.lab.net.link(trunk.there, "in0", there, "s0")
    trunk.lab.net.gro(there, "s0")
    trunk.there.ip("addr", "add", "10.8.0.254/24", "dev", "in0")
    return trunk.lab.keep(Sender(there, "s0"))


IN0 = 'interface "in0" { mode = native igmp {} }\n'


def copies(trunk, vlan, sent, count):
    """The copies of `sent` in a VLAN, checked byte by byte."""
    until(lambda: len(trunk.eye.frames(vlan, GROUP)) >= count, 5,
          f"{count} copies in VLAN {vlan}")
    got = trunk.eye.frames(vlan, GROUP)
    assert len(got) == count
    mac = trunk.there.mac("tr")
    for frame, copy in zip(sent, got):
        check_copy(frame, copy, mac)


def test_doctor_asks_the_trunk(trunk):
    """A VLAN without a network device is none that is missing."""
    trunk.router.start(section(5), ["tr.5"])
    for words in ["doctor"], ["doctor", "tr.5"]:
        said = trunk.router.cli(*words, check=False)
        assert "tr.5" not in said.stdout, said.stdout
        assert not said.stderr


def test_a_flow_to_several_vlans_of_a_trunk_and_the_trunk_itself(trunk):
    """One copy each, as many as were sent, in order; none where nobody is."""
    sender = sources(trunk)
    trunk.there.ip("addr", "add", "10.7.0.1/24", "dev", "tr")
    trunk.router.start(
        section(5) + section(6) + section(7) + IN0 +
        'interface "tr" { igmp {} }\n',
        ["tr.5", "tr.6", "tr", "in0"])
    for vlan in 5, 6:
        trunk.joins(vlan)
    trunk.send(0, report(GROUP, "10.7.0.9"))
    until(lambda: trunk.router.groups("tr", GROUP), 5, "the untagged group")
    sent = [datagram("10.8.0.1", GROUP, b"%06d" % i) for i in range(200)]
    sender.send(*sent)
    for vlan in 5, 6, 0:
        copies(trunk, vlan, sent, 200)
    assert trunk.eye.frames(7, GROUP) == []
    route, = trunk.router.json("show", "mroute", "10.8.0.1", GROUP)
    assert route["packets"] == 200
    assert sorted(route["oifs"]) == ["tr", "tr.5", "tr.6"]
    until(lambda: [trunk.router.interface(n)["packets_out"]
                   for n in ("tr", "tr.5", "tr.6", "tr.7")] == [200, 200, 200, 0],
          5, "copies counted by VLAN")


def test_from_one_vlan_to_another_of_the_same_trunk(trunk):
    """The source's subnet is that of its VLAN's address; what it sends does
    not come back to its own VLAN."""
    trunk.router.start(section(5) + section(6) + section(7),
                       ["tr.5", "tr.6", "tr.7"])
    trunk.joins(6)
    trunk.joins(7)
    sent = [datagram("10.7.5.9", GROUP, b"%06d" % i) for i in range(200)]
    trunk.send(5, *sent)
    for vlan in 6, 7:
        copies(trunk, vlan, sent, 200)
    assert trunk.eye.frames(5, GROUP) == []
    route, = trunk.router.json("show", "mroute", "10.7.5.9", GROUP)
    assert route["iif"] == "tr.5"
    rpf = trunk.router.json("show", "rpf", "10.7.5.9")
    assert rpf["interface"] == "tr.5" if isinstance(rpf, dict) \
        else rpf[0]["interface"] == "tr.5"


def test_a_static_route_between_vlans(trunk):
    """Named by a route alone, without a section."""
    trunk.router.start('mroute { source = 10.8.0.1 group = ' + GROUP +
                       ' from = tr.5 to = {tr.6} }\n', ["tr.5", "tr.6"])
    sent = [datagram("10.8.0.1", GROUP, b"%06d" % i) for i in range(20)]
    trunk.send(5, *sent)
    copies(trunk, 6, sent, 20)


def test_a_priority_tag_is_none(trunk):
    """VLAN 0 says a priority: the packet is the trunk's own."""
    out = trunk.lab.net.namespace("out")
    trunk.lab.net.link(trunk.there, "out0", out, "o0")
    trunk.lab.net.gro(out, "o0")
    eye = trunk.lab.keep(Tagged(out, "o0"))
    trunk.router.start('interface "tr" { mode = native }\n'
                       'interface "out0" { mode = native }\n'
                       'mroute { source = 10.8.0.1 group = ' + GROUP +
                       ' from = tr to = {out0} }\n', ["tr", "out0"])
    frame = datagram("10.8.0.1", GROUP, b"priority")
    trunk.sender.send(tag(frame, 0xA000))
    until(lambda: eye.frames(0, GROUP), 5, "the copy")
    check_copy(frame, eye.frames(0, GROUP)[0], trunk.there.mac("out0"))


def test_a_restart_keeps_vlans_and_their_flows(trunk):
    """Forwarding goes on while no daemon runs, and the next one knows the
    VLANs by the ifids that routes have."""
    sender = sources(trunk)
    trunk.router.start(section(5) + section(6) + IN0, ["tr.5", "tr.6", "in0"])
    trunk.joins(5)
    trunk.joins(6)
    sent = [datagram("10.8.0.1", GROUP, b"%06d" % i) for i in range(30)]
    sender.send(*sent[:10])
    copies(trunk, 5, sent, 10)
    before = {n: trunk.router.interface(n)["ifid"] for n in ("tr.5", "tr.6")}
    trunk.router.stop()
    sender.send(*sent[10:20])
    for vlan in 5, 6:
        copies(trunk, vlan, sent, 20)
    route, = trunk.router.json("show", "mroute", "10.8.0.1", GROUP)
    assert sorted(route["oifs"]) == ["tr.5", "tr.6"], "by the maps alone"
    row = trunk.router.interface("tr.5")
    assert (row["owner"], row["ifid"]) == ("igmp", before["tr.5"])
    trunk.router.start(ready=["tr.5", "tr.6"])
    assert {n: trunk.router.interface(n)["ifid"] for n in before} == before
    sender.send(*sent[20:])
    for vlan in 5, 6:
        copies(trunk, vlan, sent, 30)
    assert trunk.router.json("show", "mroute", "10.8.0.1", GROUP)[0][
        "packets"] == 30


def test_vlans_come_and_go_by_command(trunk):
    trunk.router.start("interfaces = none\n")
    assert trunk.router.refused("attach", "tr.0").endswith(
        "there is no interface tr.0: `ip link` lists them")
    assert trunk.router.refused("attach", "u.5").endswith(
        "there is no interface u.5: there is no u, whose VLAN it is")
    assert trunk.router.refused(
        "mroute", "add", "10.8.0.1", GROUP, "from", "tr.5", "to",
        "tr.6").endswith("there is no interface tr.5: attach it, and it is "
                         "there")
    trunk.router.cli("attach", "tr.5", "tr.6")
    assert trunk.router.interface("tr.5")["xdp"] == "native"
    trunk.router.cli("mroute", "add", "10.8.0.1", GROUP, "from", "tr.5", "to",
                     "tr.6")
    sent = [datagram("10.8.0.1", GROUP, b"x")]
    trunk.send(5, *sent)
    copies(trunk, 6, sent, 1)
    trunk.router.cli("mroute", "del", "10.8.0.1", GROUP)
    trunk.router.cli("detach", "tr.5")
    assert trunk.router.interface("tr.5") is None
    assert trunk.router.interface("tr.6")["xdp"] == "native", \
        "its trunk stays attached for it"
    trunk.router.cli("detach", "tr.6")
    assert trunk.router.interface("tr") is None


def test_what_commands_made_outlives_the_daemon(trunk):
    trunk.router.start("interfaces = none\n")
    trunk.router.cli("attach", "tr.5", "tr.6")
    trunk.router.cli("mroute", "add", "10.8.0.1", GROUP, "from", "tr.5", "to",
                     "tr.6")
    ifid = trunk.router.interface("tr.6")["ifid"]
    trunk.router.stop()
    trunk.router.start(ready=["tr.5", "tr.6"])
    assert trunk.router.interface("tr.6")["ifid"] == ifid
    sent = [datagram("10.8.0.1", GROUP, b"x")]
    trunk.send(5, *sent)
    copies(trunk, 6, sent, 1)


def test_a_vlan_that_the_next_run_does_not_have_is_gone(trunk):
    """Its trunk is detached with it, for nobody else had it attached."""
    trunk.router.start(section(5) + section(6), ["tr.5", "tr.6"])
    trunk.joins(6)
    trunk.router.stop()
    trunk.router.start(section(6), ["tr.6"])
    until(lambda: trunk.router.interface("tr.5") is None, 5, "tr.5 gone")
    trunk.joins(6)
    trunk.router.stop()
    trunk.router.start("interfaces = none\n")
    until(lambda: trunk.router.json("show", "interfaces") == [], 5, "all gone")
    assert "xdp" not in trunk.there.ip("link", "show", "dev", "tr")


def test_a_reload_without_a_vlan_ends_it(trunk):
    trunk.router.start(section(5) + section(6), ["tr.5", "tr.6"])
    trunk.joins(5)
    trunk.router.write_config(section(6))
    trunk.router.daemon.send_signal(signal.SIGHUP)
    until(lambda: trunk.router.interface("tr.5") is None, 5, "tr.5 gone")
    assert trunk.router.interface("tr.6")["owner"] == "igmp"
    trunk.router.write_config("interfaces = none\n")
    trunk.router.daemon.send_signal(signal.SIGHUP)
    until(lambda: trunk.router.interface("tr") is None, 5, "t detached")


def test_a_vlan_follows_its_trunk(trunk):
    """It is there when the trunk is, and up while that is up."""
    trunk.there.ip("link", "set", "tr", "name", "other")
    trunk.router.start(section(5))
    problem, = trunk.router.interface("tr.5")["problems"]
    assert problem == ("there is no such interface yet: there is no tr, "
                       "whose VLAN it is")
    trunk.there.ip("link", "set", "other", "name", "tr")
    until(lambda: trunk.router.interface("tr.5")["xdp"] == "native", 5, "it")
    trunk.joins(5)
    trunk.there.ip("link", "set", "tr", "down")
    until(lambda: not trunk.router.interface("tr.5")["up"], 5, "down")
    assert any("`ip link set tr up`" in p
               for p in trunk.router.interface("tr.5")["problems"])
    trunk.eye.clear()
    trunk.there.ip("link", "set", "tr", "up")
    until(lambda: trunk.router.interface("tr.5")["up"], 5, "up again")
    until(lambda: trunk.queries(5), 5, "queries again")


def test_a_peer_that_hides_its_tags_is_a_problem(trunk):
    """Its offload leaves them beside the frame, where XDP sees none."""
    hidden = trunk.lab.directory / "hidden.o"
    trunk.host.run("clang", "-O2", "-target", "bpf", "-c", "-o", hidden,
                   pathlib.Path(__file__).with_name("hidden.bpf.c"))
    trunk.host.run("tc", "qdisc", "add", "dev", "r0", "clsact")
    trunk.host.run("tc", "filter", "add", "dev", "r0", "egress", "bpf",
                   "direct-action", "object-file", hidden, "section", "tc")
    trunk.router.start(section(5), ["tr.5"])

    def groups(group):
        trunk.send(0, report(group, "10.7.5.9"))
        return trunk.router.groups("tr.5", group)

    def problems():
        return trunk.router.interface("tr.5")["problems"]

    until(lambda: groups(GROUP), 5, "a report with its tag in the frame")
    assert problems() == []
    trunk.host.run("ethtool", "-K", "r0", "txvlan", "on")
    until(lambda: not groups("239.1.1.7") and problems(), 20, "the problem")
    assert "`ethtool -K PEER txvlan off` in the namespace of the peer" in \
        problems()[0]
    trunk.host.run("ethtool", "-K", "r0", "txvlan", "off")
    until(lambda: groups("239.1.1.8"), 5, "reports again")
    until(lambda: problems() == [], 5, "the problem solved")
