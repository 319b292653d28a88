# SPDX-License-Identifier: GPL-2.0-only
"""The fields that scripts rely on, and the events that monitor tells."""

import json
import os
import subprocess

from conftest import SOURCE
from frames import Sender, datagram
from hosts import packet, report2
from router import BUILD
from test_igmp import GROUP, HOST, joined, member, start
from topology import until


class Monitor:
    """`xmgm -j monitor`, running."""

    def __init__(self, router):
        self._program = router.net.start(
            router.namespace, BUILD / "xmgm", "-i", router.instance, "-j",
            "monitor", stdout=subprocess.PIPE)
        os.set_blocking(self._program.stdout.fileno(), False)
        self._text = ""
        # It has subscribed when it tells of something made for that.
        until(lambda: self._prod(router), 10, "monitor's first event")

    def _prod(self, router):
        router.cli("join", "out1", "239.250.0.1")
        router.cli("leave", "out1", "239.250.0.1")
        return self.events()

    def events(self, *names, interface=None):
        """What it has told so far; only these events, if any are named."""
        try:
            self._text += os.read(self._program.stdout.fileno(),
                                  1 << 20).decode()
        except BlockingIOError:
            pass
        lines = self._text[:self._text.rfind("\n") + 1].splitlines()
        return [e for e in map(json.loads, lines)
                if (not names or e["event"] in names) and
                interface in (None, e.get("interface"))]


def test_fields(lab):
    """Every field of the documents is there, with its type."""
    router = start(lab)
    member(lab, 1).join_source(SOURCE)
    joined(router, "out1")
    lab.send(datagram(SOURCE, GROUP))
    lab.settle()
    interface = router.interface("out1")
    assert isinstance(interface["ifid"], int)
    assert interface["ifid"] == lab.rtr.ifindex("out1")
    assert (interface["owner"], interface["gate"], interface["xdp"]) == \
        ("igmp", "on", "native")
    assert interface["querier"]["address"] == "10.2.1.254"
    assert interface["querier"]["self"] is True
    assert isinstance(interface["epoch"], int)
    assert interface["groups"] == 2 and interface["ttl_threshold"] == 1
    assert interface["problems"] == []
    group = router.groups("out1", GROUP)[0]
    assert (group["mode"], group["static"], group["version"]) == \
        ("include", False, 3)
    source, = group["sources"]
    assert (source["address"], source["forward"]) == (SOURCE, True)
    assert 0 < source["expires_s"] <= 6
    flow = router.mroute(SOURCE, GROUP)
    assert (flow["iif"], flow["oifs"], flow["packets"], flow["bytes"],
            flow["wrong_if"], flow["owner"], flow["state"]) == \
        ("in0", ["out1"], 1, 32, 0, "igmp", "forwarding")
    assert flow["uptime_s"] >= 0 and flow["expires_s"] > 0
    assert flow["timeout_s"] >= flow["expires_s"]
    assert flow["component"] == 0
    sent = {"packets": flow["packets"], "bytes": flow["bytes"]}
    assert flow["oif_counters"] == [{"interface": oif, **sent}
                                    for oif in flow["oifs"]]
    assert flow["rpf"]["protocol"] == "kernel"
    assert flow["rpf"]["distance"] == 0
    names = {p["name"]: p for p in router.json("show", "protocols")}
    assert set(names) >= {"igmp", "static"}
    assert set(names["igmp"]["interfaces"]) >= {"in0", "out1", "out2"}
    stats = router.json("show", "stats")
    assert stats["verdicts"]["forwarded"] >= 1 and "upcalls" in stats
    assert isinstance(router.json("show", "config"), dict)


def test_every_counter_has_its_sentence(lab):
    """What show stats lists is said in words, whoever counts it."""
    router = start(lab)
    member(lab, 1).join()
    joined(router, "out1")
    lab.send(datagram(SOURCE, GROUP))
    lab.settle()
    lines = router.cli("show", "stats").stdout.splitlines()
    rows = [line.split(None, 2) for line in lines[1:-1]]
    assert {"protocol-igmp.queries_sent", "control.requests",
            "verdicts.forwarded"} <= {row[0] for row in rows}
    assert not [row for row in rows if len(row) < 3 or row[2] == "-"]


def test_text_has_the_same(lab):
    """The tables for people name what the JSON names."""
    router = start(lab)
    member(lab, 1).join_source(SOURCE)
    joined(router, "out1")
    lab.send(datagram(SOURCE, GROUP))
    lab.settle()
    for what, words in (
            ("interfaces", ("out1", "igmp", "native", "10.2.1.254")),
            ("groups", ("out1", GROUP, "include", SOURCE)),
            ("mroute", (SOURCE, GROUP, "in0", "forwarding", "out1")),
            ("protocols", ("igmp", "static")), ("stats", ("forwarded",))):
        shown = router.cli("show", what).stdout
        for word in words:
            assert word in shown, f"show {what}: no {word}\n{shown}"


def test_events_differ_from_the_ones_before(lab):
    """A link event comes when the state it prints has changed, not oftener."""
    router = start(lab, times="")
    monitor = Monitor(router)

    def states():
        return [e["state"] for e in monitor.events("link", interface="out2")]

    for step in [["addr", "add", "10.9.9.1/24", "dev", "out2"],
                 ["link", "set", "out2", "mtu", "1400"],
                 ["addr", "del", "10.9.9.1/24", "dev", "out2"],
                 ["link", "set", "out2", "down"],
                 ["link", "set", "out2", "mtu", "1500"]]:
        lab.rtr.ip(*step)
    until(lambda: router.interface("out2")["mtu"] == 1500, 5, "the MTU")
    assert states() == ["down"]
    lab.rtr.ip("link", "set", "out2", "name", "out8")
    lab.rtr.ip("link", "set", "out8", "name", "out2")
    lab.rtr.ip("link", "set", "out2", "up")
    until(lambda: states()[-1:] == ["up"], 5, "the link up")
    assert states() == ["down", "gone", "down", "up"]


def test_events(lab):
    """monitor tells of joins, flows, wrong interfaces, links, leaves."""
    router = start(lab, times="")
    monitor = Monitor(router)
    socket = member(lab, 1).join()
    until(lambda: [e for e in monitor.events("join", interface="out1")
                   if e["group"] == GROUP], 5, "a join")
    lab.send(datagram(SOURCE, GROUP))
    until(lambda: [e for e in monitor.events("mfe-add")
                   if (e["source"], e["group"]) == (SOURCE, GROUP)], 5,
          "a flow")
    intruder = lab.keep(Sender(lab.receivers[1], "r0"))
    intruder.send(datagram(SOURCE, GROUP))
    until(lambda: [e for e in monitor.events("wrong-if", interface="out2")
                   if e["source"] == SOURCE], 5, "a wrong interface")
    intruder.send(packet(HOST.replace("10.2.1", "10.2.2"), GROUP,
                         report2(GROUP)))
    until(lambda: monitor.events("mfe-change"), 5, "another oif")
    lab.rtr.ip("link", "set", "out2", "down")
    until(lambda: monitor.events("link", interface="out2"), 5, "a link")
    until(lambda: monitor.events("problem", interface="out2"), 5,
          "a problem")
    socket.leave()
    until(lambda: [e for e in monitor.events("leave", interface="out1")
                   if e["group"] == GROUP], 10, "a leave")
    assert all(isinstance(e["time"], (int, float))
               for e in monitor.events())


def test_events_of_an_interface_that_vanishes(lab):
    """What ends with it is told under its name."""
    router = start(lab, times="")
    monitor = Monitor(router)
    member(lab, 2).join()
    joined(router, "out2")
    router.cli("owner", "take", "out2", "static")
    lab.rtr.ip("link", "del", "out2")
    until(lambda: [e for e in monitor.events("link", interface="out2")
                   if e["state"] == "gone"], 5, "its end")
    assert [e["group"] for e in monitor.events("leave", interface="out2")
            if e["group"] == GROUP]
    assert monitor.events("owner", interface="out2")[-1]["owner"] is None


def test_idle_flow_ages(lab):
    """A flow without packets is forgotten after `mfe-idle`."""
    lab.build(1)
    router = lab.start("limits { mfe-idle = 2 }\n")
    router.cli("join", "out1", GROUP)
    lab.send(datagram(SOURCE, GROUP))
    until(lambda: router.mroute(SOURCE, GROUP), 5, "the flow")
    until(lambda: not router.mroute(SOURCE, GROUP), 15, "its end")
    lab.send(datagram(SOURCE, GROUP))
    until(lambda: len(lab.eyes[0].frames(GROUP)) == 2, 5, "it again")
