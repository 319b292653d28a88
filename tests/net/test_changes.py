# SPDX-License-Identifier: GPL-2.0-only
"""Changes under load: routes, counters, daemons that die and come back."""

import json
import os
import re
import signal
import subprocess
import time

import pytest

from conftest import SOURCE
from frames import datagram
from router import BUILD, PINS
from topology import until

GROUP = "239.1.1.1"
UPGRADES = 5  # within one stream


class Stream:
    """Numbered datagrams from src to receivers, and who lost what."""

    def __init__(self, lab, hosts, count, rate=20000, group=GROUP,
                 ready=None):
        self.lab = lab
        self.receivers = {}
        for host in hosts:
            self.receivers[host] = lab.net.start(
                host, BUILD / "tests/demo/mcast_recv", "-g", group, "-i",
                "r0", "-n", count, "-w", 1500, stdout=subprocess.PIPE)
            assert self.receivers[host].stdout.readline() == "ready\n"
        if ready:
            ready()
        self.sender = lab.net.start(
            lab.src, BUILD / "tests/demo/mcast_send", "-g", group, "-i",
            "src0", "-n", count, "-r", rate, stdout=subprocess.PIPE)

    def running(self):
        return self.sender.poll() is None

    def result(self, host):
        """The receiver's numbers, when it has ended."""
        text = self.receivers[host].communicate(timeout=40)[0]
        return {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", text)}


@pytest.mark.load
def test_route_changes_under_load_lose_nothing(lab):
    """An oif that stays in every version of a route gets every packet."""
    lab.build(3)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", ["out1"]))
    count = 60000
    stream = Stream(lab, lab.receivers[:1], count)
    changes = 0
    while stream.running():
        extra = lab.outs[1:][:changes % 3]
        router.cli("mroute", "add", SOURCE, GROUP, "from", "in0", "to",
                   "out1", *extra)
        changes += 1
    assert changes >= 10
    assert stream.result(lab.receivers[0]) == {
        "unique": count, "lost": 0, "duplicates": 0, "disordered": 0,
        "strange": 0}
    entry = router.mroute(SOURCE, GROUP)
    assert entry["packets"] == count, "counters survive changes"
    assert entry["bytes"] == count * 228
    assert lab.eyes[1].frames(GROUP), "out2 was an oif for a while"


@pytest.mark.load
def test_counters_are_exact_on_two_cpus(lab):
    """Two CPUs forward one flow; its counters have every packet."""
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        pytest.skip("needs two CPUs, this machine has one")
    lab.build(1, queues=max(cpus) + 1)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", ["out1"]))
    before = lab.rtr.stats("in0", "rx", "packets")
    frame = datagram(SOURCE, GROUP, b"x" * 18)
    programs = [lab.net.start(
        lab.src, BUILD / "tests/net/blast", "src0", cpu, 640000,
        frame.hex(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for cpu in cpus[:2]]
    for program in programs:
        assert program.stdout.readline() == "ready\n"
    for program in programs:
        program.stdin.write("\n")
        program.stdin.flush()
    for program in programs:
        assert int(program.communicate(timeout=40)[0]) > 300000
    queues = re.findall(r"rx_queue_\d+_xdp_packets: (\d+)",
                        lab.rtr.run("ethtool", "-S", "in0").stdout)
    assert sum(int(packets) > 100000 for packets in queues) == 2
    lab.settle()
    arrived = lab.rtr.stats("in0", "rx", "packets") - before - 1
    assert arrived > 300000
    entry = router.mfc_entry(SOURCE, GROUP)
    assert entry["packets"] == arrived, "the one less is the sentinel"
    assert entry["bytes"] == arrived * (len(frame) - 14)
    assert router.mroute(SOURCE, GROUP)["packets"] == arrived
    assert router.verdicts()["forwarded"] == arrived + 1


@pytest.mark.load
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_forwarding_goes_on_without_the_daemon(lab, number):
    """Killed and started again under load: nothing lost, counters kept."""
    lab.build(2)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", ["out1"]))
    router.cli("mroute", "add", "*", "239.9.9.9", "from", "in0", "to", "out2")
    count = 60000
    stream = Stream(lab, lab.receivers[:1], count)
    until(lambda: router.mfc_entry(SOURCE, GROUP)["packets"] > 1000, 10,
          "a thousand packets")
    router.stop(number)
    at_death = router.mfc_entry(SOURCE, GROUP)["packets"]
    until(lambda: router.mfc_entry(SOURCE, GROUP)["packets"] >
          at_death + 5000, 10, "packets forwarded without a daemon")
    router.start(ready=["in0", *lab.outs])
    assert router.mroute(SOURCE, GROUP)["packets"] >= at_death
    result = stream.result(lab.receivers[0])
    assert (result["lost"], result["duplicates"]) == (0, 0)
    entry = router.mroute(SOURCE, GROUP)
    assert (entry["packets"], entry["oifs"]) == (count, ["out1"])
    adopted = router.mroute("*", "239.9.9.9")
    assert adopted and adopted["oifs"] == ["out2"], "a route of the CLI stays"
    lab.send(datagram("10.1.0.5", "239.9.9.9"))
    lab.settle()
    assert len(lab.eyes[1].frames("239.9.9.9")) == 1


def become_another_build(router):
    """The pins say that the programs are from another object than ours."""
    pin = router.pins / "abi"
    key = ["key", "0", "0", "0", "0"]
    found = json.loads(router.namespace.run(
        "bpftool", "-j", "map", "lookup", "pinned", pin, *key).stdout)
    value = [int(byte, 16) for byte in found["value"]]
    value[-1] ^= 1
    router.namespace.run("bpftool", "map", "update", "pinned", pin, *key,
                         "value", *map(str, value))


class Blast:
    """One frame to the router as fast as can be, and what became of it."""

    def __init__(self, lab):
        self.lab = lab
        self.before = self._arrived(), self._left()
        self.program = lab.net.start(
            lab.src, BUILD / "tests/net/blast", "src0",
            min(os.sched_getaffinity(0)), 0,
            datagram(SOURCE, GROUP, b"x" * 18).hex(),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.program.stdout.readline() == "ready\n"
        self.began = time.monotonic()
        self._tell()

    def _tell(self):
        """To begin, and to end."""
        self.program.stdin.write("\n")
        self.program.stdin.flush()

    def running(self):
        return self.program.poll() is None

    def _arrived(self):
        return self.lab.rtr.stats("in0", "rx", "packets")

    def _left(self):
        return [self.lab.rtr.stats(name, "tx", "packets")
                for name in self.lab.outs]

    def stop(self):
        """For each oif what was lost; what could not be sent is not."""
        assert self.running(), "all that was done was inside the stream"
        self._tell()
        self.program.communicate(timeout=40)
        assert not self.program.returncode
        took = time.monotonic() - self.began
        self.lab.settle()
        arrived = self._arrived() - self.before[0]
        lost = [arrived - (left - was)
                for left, was in zip(self._left(), self.before[1])]
        print(f"{arrived} packets in {took:.1f} s, {arrived / took:.0f} a "
              f"second, lost {lost}")
        return lost


def upgraded(router):
    """How often the log says that programs were replaced."""
    return router.log_text().count("has the programs of this build")


@pytest.mark.load
def test_an_upgrade_under_load_loses_nothing(lab):
    """Another build's programs are replaced, again and again, in a stream."""
    lab.build(2)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", lab.outs))
    blast = Blast(lab)
    for _ in range(UPGRADES):
        router.stop()
        become_another_build(router)
        passed = router.mfc_entry(SOURCE, GROUP)["packets"]
        router.start(ready=["in0", *lab.outs])
        until(lambda: router.mfc_entry(SOURCE, GROUP)["packets"] >
              passed + 1000, 10, "a thousand packets after an upgrade")
    assert blast.stop() == [0, 0]
    assert upgraded(router) == UPGRADES


@pytest.mark.load
def test_an_upgrade_to_another_abi_loses_nothing(lab):
    """Maps as well: routes, owners and what was counted are carried over."""
    lab.build(2)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", lab.outs))
    router.cli("mroute", "add", "*", "239.9.9.9", "from", "in0", "to", "out2")
    owner = router.interface("in0")["owner"]
    blast = Blast(lab)
    until(lambda: router.mfc_entry(SOURCE, GROUP)["packets"] > 1000, 10,
          "a thousand packets")
    router.stop()
    maps = router.dump("abi")[0]["value"]["version"]
    passed = router.mfc_entry(SOURCE, GROUP)["packets"]
    router.xmgmd = BUILD / "next/xmgmd"
    router.start(ready=["in0", *lab.outs])
    until(lambda: router.mfc_entry(SOURCE, GROUP)["packets"] >
          passed + 1000, 10, "a thousand packets after the upgrade")
    assert blast.stop() == [0, 0]
    assert "has the maps and programs of ABI 99" in router.log_text()
    assert router.dump("abi")[0]["value"]["version"] == 99 > maps
    assert router.mfc_entry(SOURCE, GROUP)["packets"] > passed
    assert router.mroute("*", "239.9.9.9")["oifs"] == ["out2"]
    assert router.interface("in0")["owner"] == owner
    assert not (PINS / f"~{router.instance}").exists()


@pytest.mark.load
def test_reload_changes_only_what_differs(lab):
    """SIGHUP under load: a new route comes, an old one goes, none lost."""
    lab.build(2)
    keep = lab.mroute(SOURCE, GROUP, "in0", ["out1"])
    old = lab.mroute(SOURCE, "239.2.0.1", "in0", ["out2"])
    new = lab.mroute(SOURCE, "239.2.0.2", "in0", ["out2"])
    router = lab.start(keep + old)
    count = 40000
    stream = Stream(lab, lab.receivers[:1], count)
    router.write_config(lab.config(keep + new))
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: router.mroute(SOURCE, "239.2.0.2"), 5, "the new route")
    until(lambda: not router.mroute(SOURCE, "239.2.0.1"), 5, "no old route")
    assert stream.result(lab.receivers[0])["lost"] == 0
    assert router.mroute(SOURCE, GROUP)["packets"] == count
    lab.send(datagram(SOURCE, "239.2.0.2"))
    lab.settle()
    assert len(lab.eyes[1].frames("239.2.0.2")) == 1


def test_reload_refuses_a_bad_configuration(lab):
    """A file with an error changes nothing; the log names line and fault."""
    lab.build(1)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", ["out1"]))
    router.write_config(lab.config() +
                        lab.mroute(SOURCE, "10.0.0.1", "in0", ["out1"]))
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: "10.0.0.1" in router.log_text(), 5, "a message in the log")
    assert re.search(r"xmgmd\.conf:\d+:", router.log_text())
    lab.send(datagram(SOURCE, GROUP))
    lab.settle()
    assert len(lab.eyes[0].frames(GROUP)) == 1


@pytest.mark.parametrize("text", ["", "# all\n# gone\n",
                                  "limits { clients = 50 }\n"])
def test_reload_refuses_a_file_without_an_interface(lab, text):
    """As an editor leaves it for a moment: nothing is detached or lost."""
    lab.build(1)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", ["out1"]))
    router.write_config(text)
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: "names no interface any more" in router.log_text(), 5,
          "a message in the log")
    assert "interfaces = none" in router.log_text(), "and the remedy"
    lab.send(datagram(SOURCE, GROUP))
    lab.settle()
    assert len(lab.eyes[0].frames(GROUP)) == 1
    assert router.json("show", "config")["mroutes"]
    router.write_config("interfaces = none\n")
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: not [i for i in router.json("show", "interfaces")
                       if i["xdp"] != "none"], 5, "no interface attached")
    assert not router.json("show", "config")["mroutes"]


def test_reload_refuses_an_included_file_that_is_empty(lab):
    """The same of a part; with a comment in it, it is meant."""
    lab.build(1)
    router = lab.router()
    part = router.config.parent / "part.conf"
    route = lab.mroute(SOURCE, GROUP, "in0", ["out1"])
    part.write_text(route, encoding="utf-8")
    router.start(lab.config() + 'include "part.conf"\n', ["in0", "out1"])
    part.write_text("", encoding="utf-8")
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: f"{part}, which the configuration {router.config} includes, "
          "is empty" in router.log_text(), 5, "a message in the log")
    lab.send(datagram(SOURCE, GROUP))
    lab.settle()
    assert len(lab.eyes[0].frames(GROUP)) == 1
    part.write_text("# none\n", encoding="utf-8")
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: not router.mroute(SOURCE, GROUP), 5, "no route")
    for text in "", route:  # it is valid, where nothing was lost by it
        part.write_text(text, encoding="utf-8")
        read = router.log_text().count("was read again")
        router.daemon.send_signal(signal.SIGHUP)
        until(lambda: router.log_text().count("was read again") > read, 5,
              "a reload")
    assert router.mroute(SOURCE, GROUP)


def test_an_empty_file_is_valid_at_start(lab):
    """But said, unless the file says it; and what it gets by reload works."""
    lab.build(1)
    router = lab.router()
    router.start("# nothing yet\n")
    assert "names no interface" in router.log_text()
    router.write_config("")
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: "was read again" in router.log_text(), 5, "a reload")
    router.write_config(lab.config())
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: router.interface("out1"), 5, "out1 attached")
    router.stop()
    before = router.log_text().count("names no interface")
    router.start("interfaces = none\n")
    assert router.log_text().count("names no interface") == before
    assert not [i for i in router.json("show", "interfaces")
                if i["xdp"] != "none"]


def test_a_deleted_route_stops(lab):
    """After `mroute del` not one packet more, and the entry is gone."""
    lab.build(1)
    router = lab.start()
    router.cli("mroute", "add", SOURCE, GROUP, "from", "in0", "to", "out1")
    lab.send(datagram(SOURCE, GROUP, b"before"))
    lab.settle()
    router.cli("mroute", "del", SOURCE, GROUP)
    lab.send(*[datagram(SOURCE, GROUP, b"after")] * 10)
    lab.settle()
    assert len(lab.eyes[0].frames(GROUP)) == 1
    entry = router.mroute(SOURCE, GROUP)
    assert not entry or entry["state"] == "negative"
    assert router.interface("out1")["owner"] == "static", "the sentinel's"


def test_answered_commands_survive_a_kill(lab):
    """What a command has changed is there after kill -9 and a new start."""
    lab.build(2)
    router = lab.start(sentinel=False)
    router.cli("mroute", "add", SOURCE, "239.2.0.1", "from", "in0", "to",
               "out2")
    router.cli("join", "out1", GROUP)
    router.cli("join", "out1", "239.2.0.9")
    router.cli("leave", "out1", "239.2.0.9")
    router.cli("owner", "take", "out2", "static")
    router.stop(signal.SIGKILL)
    router.start(ready=["in0", *lab.outs])
    assert {g["group"] for g in router.groups("out1")} == {GROUP}
    assert router.mroute(SOURCE, "239.2.0.1")["oifs"] == ["out2"]
    router.cli("mroute", "del", SOURCE, "239.2.0.1")
    assert router.interface("out2")["owner"] == "static", "taken by hand"
    router.cli("leave", "out1", GROUP)
    router.cli("owner", "release", "out2", "static")
    router.stop(signal.SIGKILL)
    router.start(ready=["in0", *lab.outs])
    assert not router.groups("out1")
    assert not router.interface("out2")["owner"]
