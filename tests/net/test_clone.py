# SPDX-License-Identifier: GPL-2.0-only
"""The clone path: what XDP cannot copy is copied behind it, in tc."""

from conftest import SOURCE
from frames import check_copy, datagram, payload
from hosts import Member
from topology import until

GROUP = "239.1.1.2"


def test_jumbo_frames_reach_every_receiver(lab):
    """8,900 bytes do not fit into one buffer; each oif gets each, whole, and
    they are counted."""
    lab.build(3, mtu=9000)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", lab.outs))
    body = bytes(n % 251 for n in range(8872))
    sent = [datagram(SOURCE, GROUP, body, id=n) for n in range(200)]
    lab.send(*sent)
    for k, eye in enumerate(lab.eyes):
        until(lambda e=eye: len(e.frames(GROUP)) >= 200, 5, "all copies")
        got = eye.frames(GROUP)
        assert len(got) == 200
        for before, after in zip(sent, got):
            check_copy(before, after, lab.rtr.mac(f"out{k + 1}"))
    assert router.mroute(SOURCE, GROUP)["packets"] == 200
    assert router.verdicts()["cloned"] == 200
    assert router.verdicts()["multibuf"] == 0
    for name in lab.outs:
        until(lambda n=name: router.interface(n)["packets_out"] == 200, 5,
              "200 copies")
    assert not router.interface("in0")["problems"]
    assert router.json("show", "stats")["plane"]["egress_lost"] == 0


def numbered(first, count):
    return [datagram(SOURCE, GROUP, b"number %d" % n)
            for n in range(first, first + count)]


def is_cloned(router):
    entry = router.mfc_entry(SOURCE, GROUP)
    return bool(entry and entry["flags"] & 16)


def test_a_socket_of_the_router_gets_what_others_get(lab):
    """Joined where the flow arrives: each datagram once, and each oif a copy
    of each; left, the flow is XDP's again."""
    lab.build(2)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", lab.outs))
    lab.send(*numbered(0, 10))
    local = lab.keep(Member(lab.rtr, GROUP, "in0")).join()
    until(lambda: is_cloned(router), 5, "the clone path")
    sent = numbered(10, 100)
    lab.send(*sent)
    until(lambda: len(local.datagrams()) >= 100, 5, "all at the socket")
    assert local.datagrams() == [payload(f) for f in sent]
    for k, eye in enumerate(lab.eyes):
        until(lambda e=eye: len(e.frames(GROUP)) >= 110, 5, "all copies")
        assert len(eye.frames(GROUP)) == 110
        for before, after in zip(sent, eye.frames(GROUP)[10:]):
            check_copy(before, after, lab.rtr.mac(f"out{k + 1}"))
    local.close()
    until(lambda: not is_cloned(router), 5, "XDP's again")
    lab.send(*numbered(110, 10))
    lab.settle()
    assert [len(eye.frames(GROUP)) for eye in lab.eyes] == [120, 120]
    assert router.mroute(SOURCE, GROUP)["packets"] == 120


def test_a_socket_of_the_router_alone(lab):
    """No host wants the flow: the first packets, too, reach the socket."""
    lab.build(1)
    router = lab.router()
    router.start('interface "in0" { igmp { } }\n'
                 'interface "out1" { igmp { } }\n', ["in0", "out1"])
    local = lab.keep(Member(lab.rtr, GROUP, "in0")).join()
    lab.send(datagram("10.1.0.7", GROUP, b"warm"))
    until(lambda: router.mroute("10.1.0.7", GROUP) and
          router.mfc_entry("10.1.0.7", GROUP)["flags"] & 16, 5, "a route")
    before = len(local.datagrams())
    sent = numbered(0, 50)
    lab.send(*sent)
    until(lambda: len(local.datagrams()) >= before + 50, 5, "all of them")
    assert sorted(local.datagrams()[before:]) == sorted(
        payload(f) for f in sent)
    assert not lab.eyes[0].frames(GROUP)


def test_devices_that_xdp_cannot_send_on(lab):
    """A veth whose peer does not poll, and a bridge, beside one that XDP
    serves: each gets each copy, and it is said that this is slow."""
    lab.build(3)
    lab.receivers[1].run("ethtool", "-K", "r0", "gro", "off")
    lab.rtr.ip("link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
    lab.rtr.ip("link", "set", "br0", "up")
    lab.rtr.ip("link", "set", "out3", "master", "br0")
    router = lab.router()
    router.start("".join(f'interface "{n}" {{ }}\n' for n in
                         ("in0", "out1", "out2", "br0")) +
                 lab.mroute(SOURCE, GROUP, "in0", ["out1", "out2", "br0"]),
                 ["in0", "out1", "out2", "br0"])
    until(lambda: router.mroute(SOURCE, GROUP) and is_cloned(router), 5,
          "the clone path")
    paths = {n: router.interface(n)["path"] for n in ("out1", "out2", "br0")}
    assert paths == {"out1": "xdp", "out2": "clone", "br0": "clone"}
    sent = numbered(0, 100)
    lab.send(*sent)
    for eye, name in zip(lab.eyes, ("out1", "out2", "br0")):
        until(lambda e=eye: len(e.frames(GROUP)) >= 100, 5, "all copies")
        assert len(eye.frames(GROUP)) == 100
        for before, after in zip(sent, eye.frames(GROUP)):
            check_copy(before, after, lab.rtr.mac(name))
    assert "clone path" in str(router.interface("out2")["problems"])
    # The peer polls now: XDP serves it, and the bridge keeps the flow here.
    lab.net.gro(lab.receivers[1], "r0")
    until(lambda: router.interface("out2")["path"] == "xdp", 5, "XDP again")
    lab.send(*numbered(100, 20))
    for eye in lab.eyes:
        until(lambda e=eye: len(e.frames(GROUP)) == 120, 5, "the rest")


def test_a_port_that_can_send_no_longer(lab):
    """Its flows move to the clone path, with a line, and back; nobody else
    misses one, and it has all that are sent once the line is there."""
    lab.build(2)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", lab.outs))
    lab.send(*numbered(0, 50))
    lab.settle()
    lab.receivers[1].run("ethtool", "-K", "r0", "gro", "off")
    lab.send(*numbered(50, 50))
    until(lambda: router.interface("out2")["path"] == "clone", 5,
          "the clone path")
    assert "out2: XDP cannot send there" in router.log_text()
    lab.eyes[1].clear()
    lab.send(*numbered(100, 50))
    lab.net.gro(lab.receivers[1], "r0")
    until(lambda: router.interface("out2")["path"] == "xdp", 5, "XDP again")
    lab.send(*numbered(150, 50))
    for eye, count in (lab.eyes[0], 200), (lab.eyes[1], 100):
        until(lambda e=eye, c=count: len(e.frames(GROUP)) == c, 5, "all")
    assert [payload(f) for f in lab.eyes[0].frames(GROUP)] == \
        [payload(f) for f in numbered(0, 200)]
    assert sorted(payload(f) for f in lab.eyes[1].frames(GROUP)) == \
        sorted(payload(f) for f in numbered(100, 100))
