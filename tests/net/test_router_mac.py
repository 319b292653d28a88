# SPDX-License-Identifier: GPL-2.0-only
"""With which source MAC copies leave: each interface's own, or the router's,
which costs no program. Seen on the wire, counted, kept over restarts.
"""

import fcntl
import os
import re
import signal
import struct

from frames import check_copy, datagram, payload
from topology import until

SOURCE = "10.1.0.1"
GROUP = "239.1.1.1"
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 2, 0x1000
ROUTER = bytes.fromhex("02aa00000009")
AS_ROUTER = 'router-mac = "02:aa:00:00:00:09"\n'


def text(lab, extra="", own=()):
    """Every interface with the router's MAC, but those that are to have
    their own; and a route."""
    names = ["in0", *lab.outs]
    sections = "".join(
        f'interface "{name}" {{ source-mac = '
        f'{"own" if name in own else "router"} }}\n' for name in names)
    return (sections + extra + lab.mroute(SOURCE, GROUP, "in0", lab.outs) +
            lab.mroute("10.1.0.9", "239.255.255.250", "in0", lab.outs))


def start(lab, *args, **options):
    router = lab.router()
    router.start(text(lab, *args, **options), ["in0", *lab.outs])
    return router


def expect_macs(lab, *macs):
    """One packet; the MACs its copies leave with, and every byte else."""
    for eye in lab.eyes:
        eye.clear()
    sent = datagram(SOURCE, GROUP, b"one")
    lab.send(sent)
    for eye, mac in zip(lab.eyes, macs):
        until(lambda seen=eye: seen.frames(GROUP), 5, "a copy")
        check_copy(sent, eye.frames(GROUP)[0], mac)


def router_mac(router):
    return bytes.fromhex(
        router.interface("out1")["source_mac_address"].replace(":", ""))


def own(lab, name):
    return lab.rtr.mac(name)


def test_own_macs_are_the_default(lab):
    lab.build(2)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", lab.outs))
    expect_macs(lab, own(lab, "out1"), own(lab, "out2"))
    assert router.interface("out1")["source_mac"] == "own"


def test_a_configured_mac_leaves_by_those_that_may(lab):
    lab.build(2)
    router = start(lab, AS_ROUTER, own=["out2"])
    until(lambda: router_mac(router) == ROUTER, 5, "the router's MAC")
    until(lambda: router.interface("out1")["source_mac"] == "router", 5,
          "out1 with the router's MAC")
    assert router.interface("out2")["source_mac"] == "own"
    expect_macs(lab, ROUTER, own(lab, "out2"))


def test_it_is_that_of_most_interfaces_and_stays(lab):
    """out2 and out3 share one: it is theirs, also when they change it."""
    lab.build(3)
    lab.rtr.ip("link", "set", "out3", "address", own(lab, "out2").hex(":"))
    shared = own(lab, "out2")
    router = start(lab)
    until(lambda: router_mac(router) == shared, 5, "out1 with their MAC")
    expect_macs(lab, shared, shared, shared)
    lab.rtr.ip("link", "set", "out3", "address", "02:bb:00:00:00:03")
    expect_macs(lab, shared, shared, shared)
    router.stop(signal.SIGKILL)
    lab.rtr.ip("link", "set", "out2", "address", "02:bb:00:00:00:02")
    expect_macs(lab, shared, shared, shared)
    router.start(text(lab), ["in0", *lab.outs])
    expect_macs(lab, shared, shared, shared)
    assert router_mac(router) == shared


def test_a_threshold_takes_it_back(lab):
    """Only the egress program looks at it."""
    lab.build(1)
    router = start(lab, AS_ROUTER)
    until(lambda: router.interface("out1")["source_mac"] == "router", 5,
          "out1 with the router's MAC")
    router.write_config(text(lab, AS_ROUTER).replace(
        'interface "out1" {', 'interface "out1" { ttl-threshold = 65'))
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: router.interface("out1")["source_mac"] == "own", 5,
          "out1 with its own")
    lab.eyes[0].clear()
    lab.send(datagram(SOURCE, GROUP, b"low"), datagram(SOURCE, GROUP, b"high",
                                                       ttl=66))
    until(lambda: lab.eyes[0].frames(GROUP), 5, "a copy")
    assert [payload(f) for f in lab.eyes[0].frames(GROUP)] == [b"high"]


def test_changing_it_under_traffic_loses_nothing(lab):
    lab.build(2)
    router = start(lab, AS_ROUTER)
    expected, sent = {"router": "own", "own": "router"}, 0
    for _ in range(10):
        now = router.interface("out2")["source_mac"]
        router.write_config(text(
            lab, AS_ROUTER, own=["out2"] if now == "router" else []))
        router.daemon.send_signal(signal.SIGHUP)
        until(lambda: not send_some(lab) or router.interface("out2")[
            "source_mac"] == expected[now], 5, "the other MAC")
    sent = lab.number
    lab.settle()
    for eye in lab.eyes:
        numbers = [int(payload(f)) for f in eye.frames(GROUP)]
        assert numbers == list(range(sent))


def send_some(lab):
    lab.number = getattr(lab, "number", 0)
    for _ in range(50):
        lab.send(datagram(SOURCE, GROUP, b"%d" % lab.number))
        lab.number += 1
    return True


def test_its_copies_are_counted(lab):
    lab.build(2)
    router = start(lab, AS_ROUTER, own=["out2"])
    until(lambda: router.interface("out1")["source_mac"] == "router", 5,
          "out1 with the router's MAC")
    send_some(lab)
    lab.settle()
    for name in "out1", "out2":
        until(lambda n=name: router.interface(n)["packets_out"] == 51, 5,
              f"51 copies of {name}")
    assert (router.interface("out1")["bytes_out"] ==
            router.interface("out2")["bytes_out"])
    router.stop(signal.SIGKILL)
    send_some(lab)
    router.start(text(lab, AS_ROUTER, own=["out2"]), ["in0", *lab.outs])
    for name in "out1", "out2":
        until(lambda n=name: router.interface(n)["packets_out"] == 101, 5,
              f"101 copies of {name}")
    assert router.json("show", "stats")["plane"]["egress_lost"] == 0


def test_bad_macs_are_refused(lab):
    lab.build(1)
    router = lab.start()
    for bad in ("01:00:5e:00:00:01", "00:00:00:00:00:00", "02:aa:00:00:00",
                "02-aa-00-00-00-09", "none"):
        router.write_config(lab.config() + f'router-mac = "{bad}"\n')
        router.daemon.send_signal(signal.SIGHUP)
        until(lambda b=bad: f"router-mac is '{b}': write auto, or a MAC "
              "address" in router.log_text(), 5, "the complaint")
    assert router.interface("out1")["source_mac"] == "own"


def open_tap(namespace, name):
    """A tap with a carrier, whose frames nobody reads."""
    with namespace.entered():
        tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(tap, TUNSETIFF, struct.pack(
            "16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    namespace.ip("link", "set", name, "txqueuelen", "20")
    namespace.ip("link", "set", name, "up")
    return tap


def test_what_a_driver_refuses_is_a_problem(lab):
    """More frames than the tap has room for, and nobody reads them."""
    lab.build(1)
    tap = open_tap(lab.rtr, "tap0")
    router = lab.router()
    router.start('interface "in0" { }\ninterface "out1" { }\n'
                 'interface "tap0" { }\n' +
                 lab.mroute(SOURCE, GROUP, "in0", ["out1", "tap0"]),
                 ["in0", "out1", "tap0"])
    if "packets_refused" not in router.interface("tap0"):
        return  # a kernel that does not tell
    for _ in range(4):
        send_some(lab)
    until(lambda: router.interface("tap0")["packets_out"] == 200, 5, "copies")
    assert router.interface("tap0")["packets_refused"] > 100
    until(lambda: re.search(
        "copies are lost here: its transmit ring is full",
        " ".join(router.interface("tap0")["problems"])), 5, "the problem")
    assert router.interface("out1")["packets_refused"] == 0
    os.close(tap)
