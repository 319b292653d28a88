# SPDX-License-Identifier: GPL-2.0-only
"""An interface changes hands between IGMP and static, under load."""

import json
import os
import pathlib
import signal
import subprocess

import pytest

from conftest import SOURCE
from frames import Sender, datagram
from hosts import CHANGE_TO_EXCLUDE, packet, queries, record, report3
from router import BUILD
from test_changes import Stream
from test_igmp import GROUP, HOST, ROUTERS, joined, member, start
from test_show import Monitor
from topology import until

SLOW = ""  # the RFC's timers: nothing expires during a test

STEPS = ["igmp-disable", "owner", "igmp-enable", "replay-complete"]


def in_map(lab, router, interface):
    """Owner, gate and epoch as everyone can read them with bpftool."""
    for item in router.dump("interfaces"):
        if item["key"] == lab.rtr.ifindex(interface):
            value = item["value"]
            return (value["owner"], value["gate"], value["epoch"])
    return None


@pytest.mark.load
def test_take_and_release_under_load(lab):
    """Two handshakes in a running stream: every step seen, nothing lost."""
    router = start(lab, times=SLOW)
    monitor = Monitor(router)
    count = 100000
    stream = Stream(lab, lab.receivers, count, ready=lambda: [
        joined(router, oif) for oif in lab.outs])
    owner, gate, epoch = in_map(lab, router, "out1")
    assert (owner, gate) == ("XMGM_OWNER_IGMP", "XMGM_GATE_ON")
    until(lambda: router.mroute(SOURCE, GROUP), 5, "the flow")
    router.cli("owner", "take", "out1", "static")
    assert in_map(lab, router, "out1") == \
        ("XMGM_OWNER_STATIC", "XMGM_GATE_ON", epoch + 1)
    assert router.interface("out1")["owner"] == "static"
    assert joined(router, "out1")["mode"] == "exclude"
    router.cli("owner", "release", "out1", "static")
    assert in_map(lab, router, "out1") == \
        ("XMGM_OWNER_IGMP", "XMGM_GATE_ON", epoch + 2)
    assert stream.running(), "both handshakes were inside the stream"
    for host in lab.receivers:
        assert stream.result(host) == {
            "unique": count, "lost": 0, "duplicates": 0, "disordered": 0,
            "strange": 0}
    told = until(lambda: len(monitor.events(*STEPS, interface="out1")) >= 8
                 and monitor.events(*STEPS, interface="out1"), 5,
                 "eight events")
    assert [e["event"] for e in told] == STEPS * 2
    assert not monitor.events(*STEPS, interface="out2")


def test_the_steps_in_the_map(lab):
    """HELD before IGMP is told; the owner only after; ON before enable.

    The daemon is stopped after each of its writes, and the map is read
    then.
    """
    router = start(lab, 1, times=SLOW)
    member(lab, 1).join()
    joined(router, "out1")
    seen = watch_steps(lab, router)
    epoch = seen[0][2]
    assert seen == [
        ("XMGM_OWNER_IGMP", "XMGM_GATE_ON", epoch),
        ("XMGM_OWNER_IGMP", "XMGM_GATE_HELD", epoch),
        ("XMGM_OWNER_STATIC", "XMGM_GATE_HELD", epoch + 1),
        ("XMGM_OWNER_STATIC", "XMGM_GATE_ON", epoch + 1)]


def watch_steps(lab, router):
    """Takes out1 with a daemon that stops after each call to bpf(2), and
    returns the states of the map that this makes visible."""
    pid = router.daemon.pid
    trace = router.log.with_name("strace")
    tracer = lab.net.start(lab.rtr, "strace", "-f", "-o", trace, "-e",
                           "trace=bpf", "-e", "inject=bpf:signal=SIGSTOP",
                           "-p", pid, stderr=subprocess.PIPE)
    until(lambda: "TracerPid:\t0\n" not in
          pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii") or
          tracer.poll() is not None, 5, "strace at work")
    if tracer.poll() is not None:
        pytest.skip(f"no ptrace here: {tracer.stderr.read()}")
    take = lab.net.start(lab.rtr, BUILD / "xmgm", "-i", router.instance,
                         "owner", "take", "out1", "static")
    seen, stops = [in_map(lab, router, "out1")], 0

    def over():
        nonlocal stops
        now = trace.read_text(encoding="ascii").count("stopped by SIGSTOP")
        if now > stops:
            stops = now
            state = in_map(lab, router, "out1")
            if state != seen[-1]:
                seen.append(state)
            os.kill(pid, signal.SIGCONT)
        return take.poll() is not None

    until(over, 30, "an end of `owner take`")
    tracer.send_signal(signal.SIGINT)
    tracer.wait(timeout=5)
    os.kill(pid, signal.SIGCONT)
    assert take.returncode == 0 and stops >= 3
    return seen


def test_many_groups(lab):
    """A handshake over a thousand groups keeps every one of them."""
    router = start(lab, 1, times=SLOW)
    ghost = lab.keep(Sender(lab.receivers[0], "r0"))
    groups = [f"239.60.{n // 250}.{n % 250 + 1}" for n in range(1000)]
    for n in range(0, 1000, 100):
        ghost.send(packet(HOST, ROUTERS, report3(
            *[record(CHANGE_TO_EXCLUDE, g) for g in groups[n:n + 100]])))
    until(lambda: len(router.json("show", "groups")) >= 1000, 10,
          "a thousand groups")
    before = {g["group"] for g in router.groups("out1")}
    router.cli("owner", "take", "out1", "static")
    assert {g["group"] for g in router.groups("out1")} == before
    lab.send(*[datagram(SOURCE, g) for g in groups])
    until(lambda: len(lab.eyes[0].frames(source=SOURCE)) == 1000, 10,
          "a packet of each group")
    router.cli("owner", "release", "out1", "static")
    lab.send(*[datagram(SOURCE, g) for g in groups])
    until(lambda: len(lab.eyes[0].frames(source=SOURCE)) == 2000, 10,
          "another packet of each group")


def test_death_with_the_gate_held(lab):
    """A daemon that starts and finds HELD opens the gate and queries."""
    router = start(lab, times=SLOW)
    member(lab, 1).join()
    joined(router, "out1")
    lab.send(datagram(SOURCE, GROUP))
    lab.settle()
    router.stop(signal.SIGKILL)
    set_gate_held(lab, router, "out1")
    assert in_map(lab, router, "out1")[1] == "XMGM_GATE_HELD"
    for eye in lab.eyes:
        eye.clear()
    router.start(ready=["in0", *lab.outs])
    until(lambda: in_map(lab, router, "out1")[:2] ==
          ("XMGM_OWNER_IGMP", "XMGM_GATE_ON"), 5, "an open gate")
    until(lambda: queries(lab.eyes[0], "0.0.0.0"), 5, "a general query")
    joined(router, "out1")
    lab.send(datagram(SOURCE, GROUP))
    until(lambda: lab.eyes[0].frames(GROUP), 5, "the flow")


def test_epochs_go_on_after_a_restart(lab):
    """Who reads the map sees every change, also over the daemon's death."""
    router = start(lab, 1, times=SLOW)
    router.cli("owner", "take", "out1", "static")
    router.cli("owner", "release", "out1", "static")
    before = in_map(lab, router, "out1")[2]
    router.stop(signal.SIGKILL)
    router.start(ready=["in0", *lab.outs])
    assert in_map(lab, router, "out1")[2] > before


def set_gate_held(lab, router, interface):
    key = lab.rtr.ifindex(interface).to_bytes(4, "little")
    path = router.pins / "interfaces"
    words = [f"{b:02x}" for b in key]
    shown = lab.rtr.run("bpftool", "-j", "map", "lookup", "pinned", path,
                        "key", "hex", *words).stdout
    value = [byte.removeprefix("0x") for byte in json.loads(shown)["value"]]
    value[4:8] = ["02", "00", "00", "00"]
    lab.rtr.run("bpftool", "map", "update", "pinned", path, "key", "hex",
                *words, "value", "hex", *value)


@pytest.mark.load
def test_killed_in_the_middle(lab):
    """kill -9 with a handshake under way: nothing lost, nothing stuck."""
    router = start(lab, times=SLOW)
    count = 100000
    stream = Stream(lab, lab.receivers[:1], count,
                    ready=lambda: joined(router, "out1"))
    until(lambda: router.mroute(SOURCE, GROUP), 5, "the flow")
    rpc = router.rpc()
    for n in range(40):
        verb = "owner.release" if n % 2 else "owner.take"
        rpc.raw(json.dumps({"jsonrpc": "2.0", "id": n, "method": verb,
                            "params": {"interface": "out1",
                                       "protocol": "static"}}).encode() +
                b"\n")
    router.stop(signal.SIGKILL)
    rpc.close()
    router.start(ready=["in0", *lab.outs])
    until(lambda: in_map(lab, router, "out1")[1] == "XMGM_GATE_ON", 10,
          "an open gate")
    # A take that was made lasts, so the owner may be either.
    if in_map(lab, router, "out1")[0] == "XMGM_OWNER_STATIC":
        router.cli("owner", "release", "out1", "static")
    assert in_map(lab, router, "out1")[:2] == \
        ("XMGM_OWNER_IGMP", "XMGM_GATE_ON")
    result = stream.result(lab.receivers[0])
    assert (result["lost"], result["duplicates"]) == (0, 0)


def test_static_route_on_an_igmp_interface(lab):
    """`mroute add` takes what IGMP has, by handshake; `del` gives it back."""
    router = start(lab, times=SLOW)
    member(lab, 1).join()
    joined(router, "out1")
    router.cli("mroute", "add", SOURCE, "239.3.3.3", "from", "in0", "to",
               "out1", "out2")
    assert [router.interface(i)["owner"] for i in ("in0", "out1", "out2")] \
        == ["static"] * 3
    lab.send(datagram(SOURCE, GROUP), datagram(SOURCE, "239.3.3.3"))
    lab.settle()
    assert [len(eye.frames(GROUP)) for eye in lab.eyes] == [1, 0]
    assert [len(eye.frames("239.3.3.3")) for eye in lab.eyes] == [1, 1]
    router.cli("mroute", "del", SOURCE, "239.3.3.3")
    until(lambda: [router.interface(i)["owner"] for i in lab.outs] ==
          ["igmp"] * 2, 5, "IGMP's interfaces")
    lab.send(datagram(SOURCE, GROUP), datagram(SOURCE, "239.3.3.3"))
    lab.settle()
    assert [len(eye.frames(GROUP)) for eye in lab.eyes] == [2, 0]
    assert [len(eye.frames("239.3.3.3")) for eye in lab.eyes] == [1, 1]


def test_ownership_that_is_refused(lab):
    """What is not possible is said, and nothing changes hands."""
    router = start(lab, times=SLOW)
    before = in_map(lab, router, "out1")
    assert "out1" in router.refused("owner", "release", "out1", "static")
    router.cli("owner", "take", "out1", "static")
    taken = in_map(lab, router, "out1")
    router.cli("owner", "take", "out1", "static", check=False)
    assert in_map(lab, router, "out1") == taken
    router.cli("owner", "release", "out1", "static")
    assert in_map(lab, router, "out1")[:2] == before[:2]


def without_igmp(router, interface):
    """The configuration, but no IGMP on this interface."""
    text = router.config.read_text(encoding="utf-8")
    return "".join(line.split(" igmp {")[0] + " }\n"
                   if line.startswith(f'interface "{interface}"')
                   else line for line in text.splitlines(keepends=True))


def test_igmp_dies_on_a_shared_interface(lab):
    """What IGMP wanted goes with it, what the owner wants stays; IGMP that
    comes back asks its hosts."""
    router = start(lab, times=SLOW)
    with_igmp = router.config.read_text(encoding="utf-8")
    member(lab, 1).join()
    joined(router, "out1")
    router.cli("mroute", "add", SOURCE, "239.4.4.4", "from", "in0", "to",
               "out1")
    assert in_map(lab, router, "out1")[:2] == \
        ("XMGM_OWNER_STATIC", "XMGM_GATE_ON")
    router.write_config(without_igmp(router, "out1"))
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: in_map(lab, router, "out1")[:2] ==
          ("XMGM_OWNER_STATIC", "XMGM_GATE_OFF"), 5, "a closed gate")
    lab.send(datagram(SOURCE, GROUP), datagram(SOURCE, "239.4.4.4"))
    lab.settle()
    assert not lab.eyes[0].frames(GROUP)
    assert len(lab.eyes[0].frames("239.4.4.4")) == 1
    router.write_config(with_igmp)
    router.daemon.send_signal(signal.SIGHUP)
    joined(router, "out1")
    assert in_map(lab, router, "out1")[:2] == \
        ("XMGM_OWNER_STATIC", "XMGM_GATE_ON")
    lab.send(datagram(SOURCE, GROUP), datagram(SOURCE, "239.4.4.4"))
    lab.settle()
    assert len(lab.eyes[0].frames(GROUP)) == 1
    assert len(lab.eyes[0].frames("239.4.4.4")) == 2


def test_join_by_command_when_igmp_goes_and_comes(lab):
    """It lasts until it is taken back, whoever keeps it: IGMP where it runs,
    static elsewhere."""
    router = start(lab, 1, times=SLOW)
    with_igmp = router.config.read_text(encoding="utf-8")
    router.cli("join", "out1", GROUP, SOURCE)
    for text, gate in ((without_igmp(router, "out1"), "OFF"),
                       (with_igmp, "ON")):
        router.write_config(text)
        router.daemon.send_signal(signal.SIGHUP)
        until(lambda wanted=gate: in_map(lab, router, "out1")[1] ==
              f"XMGM_GATE_{wanted}", 5, "another gate")
        group = joined(router, "out1")
        assert group["static"] and \
            [s["address"] for s in group["sources"]] == [SOURCE]
        lab.eyes[0].clear()
        lab.send(datagram(SOURCE, GROUP))
        until(lambda: lab.eyes[0].frames(GROUP), 5, "the flow")
    until(lambda: in_map(lab, router, "out1")[0] == "XMGM_OWNER_IGMP", 5,
          "an interface that static has given back")
    router.cli("leave", "out1", GROUP, SOURCE)
    until(lambda: not router.groups("out1", GROUP), 5, "the group's end")


def test_igmp_dies_in_the_middle(lab):
    """IGMP is switched off while interfaces change hands without a pause."""
    router = start(lab, times=SLOW)
    with_igmp = router.config.read_text(encoding="utf-8")
    member(lab, 1).join()
    joined(router, "out1")
    rpc = router.rpc()
    for n in range(60):
        verb = "owner.release" if n % 2 else "owner.take"
        rpc.raw(json.dumps({"jsonrpc": "2.0", "id": n, "method": verb,
                            "params": {"interface": "out1",
                                       "protocol": "static"}}).encode() +
                b"\n")
        if n == 20:
            router.write_config(without_igmp(router, "out1"))
            router.daemon.send_signal(signal.SIGHUP)
        if n == 40:
            router.write_config(with_igmp)
            router.daemon.send_signal(signal.SIGHUP)
    answers = [rpc.line() for _ in range(60)]
    assert [a["id"] for a in answers] == list(range(60))
    assert all("result" in a or a["error"]["code"] < 0 for a in answers)
    rpc.close()
    router.daemon.send_signal(signal.SIGHUP)
    joined(router, "out1")
    until(lambda: in_map(lab, router, "out1")[1] == "XMGM_GATE_ON", 5,
          "an open gate")
    if in_map(lab, router, "out1")[0] == "XMGM_OWNER_STATIC":
        router.cli("owner", "release", "out1", "static")
    assert in_map(lab, router, "out1")[0] == "XMGM_OWNER_IGMP"
    lab.send(datagram(SOURCE, GROUP))
    lab.settle()
    assert len(lab.eyes[0].frames(GROUP)) == 1
