# SPDX-License-Identifier: GPL-2.0-only
"""Tracing: topics are switched by -d and while the daemon runs."""

import errno
import json
import re
import subprocess

from conftest import SOURCE
from frames import Sender, datagram
from router import BUILD
from test_igmp import GROUP, joined, member, start
from topology import until

CORE = {"mgm", "plane", "net", "control", "libbpf", "remote"}
STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} "
OTHER_GROUP = "239.1.1.2"


def traced(router, topic, text=""):
    """The lines of a topic with this text, without their time."""
    lines = [re.fullmatch(f"{STAMP}{topic}: (.*)", line)
             for line in router.log_text().splitlines()]
    return [line[1] for line in lines if line and text in line[1]]


def wait_for(router, topic, pattern):
    return until(lambda: [line for line in traced(router, topic)
                          if re.fullmatch(pattern, line)], 5,
                 f"'{topic}: {pattern}' in the log")


def states(router):
    return {t["topic"]: t["on"] for t in router.json("debug")}


def test_topics_are_off_and_are_switched_while_it_runs(lab):
    """One topic for each protocol and those of the core; lines come while a
    topic is on, with the facts, and no longer."""
    router = start(lab)
    protocols = {p["name"] for p in router.json("show", "protocols")}
    protocols |= {"dvmrp", "host", "proxy"}  # clients of the manager if configured
    assert states(router) == dict.fromkeys(CORE | protocols, False)
    for topic in CORE | protocols:
        assert not traced(router, topic), topic
    router.cli("debug", "igmp,mgm,plane", "on")
    assert {t for t, on in states(router).items() if on} == \
        {"igmp", "mgm", "plane"}
    table = router.cli("debug").stdout.splitlines()
    assert ["igmp", "on"] in [line.split() for line in table]
    assert ["net", "off"] in [line.split() for line in table]

    host = member(lab, 1).join()
    joined(router, "out1")
    wait_for(router, "igmp",
             r"received report v3 on out1 from 10\.2\.1\.1 to 224\.0\.0\.22: "
             rf"1 records, 16 bytes, TO_EX {re.escape(GROUP)} with 0 sources")
    wait_for(router, "mgm", rf"join out1 \(\*, {re.escape(GROUP)}\) by igmp")
    wait_for(router, "igmp", r"sent protocol 2 type 0x11 on out1 from "
             r"10\.2\.1\.254 to 224\.0\.0\.1: ttl 1, 12 bytes")
    lab.send(datagram(SOURCE, GROUP, b"data"))
    flow = rf"\({re.escape(SOURCE)}, {re.escape(GROUP)}\)"
    wait_for(router, "plane", rf"upcall miss {flow} on in0: frame of \d+ bytes")
    wait_for(router, "mgm", rf"mfe-add {flow} iif in0 oifs out1")
    wait_for(router, "plane", r"set \d+ from the pool: 1 oifs")
    wait_for(router, "plane", r"commit of 1 routes put, 0 deleted: done")
    assert not traced(router, "net") and not traced(router, "control")

    router.cli("debug", "igmp,mgm", "off")
    count = len(traced(router, "igmp")), len(traced(router, "mgm"))
    host.leave()
    until(lambda: not router.groups("out1", GROUP), 10, "the group's end")
    member(lab, 1, OTHER_GROUP).join()
    joined(router, "out1", OTHER_GROUP)
    assert (len(traced(router, "igmp")), len(traced(router, "mgm"))) == count
    assert states(router)["plane"]


def test_net_and_control(lab):
    """Links, routes, reverse paths; requests with who asked and how long."""
    router = start(lab, 1)
    router.cli("debug", "net,control", "on")
    lab.rtr.ip("route", "add", "10.9.0.0/16", "via", "10.1.0.1")
    wait_for(router, "net", r"route 10\.9\.0\.0/16 set in table 254")
    lab.rtr.ip("route", "del", "10.9.0.0/16")
    wait_for(router, "net", r"route 10\.9\.0\.0/16 deleted in table 254")
    lab.rtr.ip("link", "set", "out1", "mtu", "1400")
    wait_for(router, "net", r"link out1 changed: ifindex "
             rf"{lab.rtr.ifindex('out1')}, up, mtu 1400, XDP program \d+, "
             r"10\.2\.1\.254/24")
    router.cli("join", "out1", GROUP)
    lab.send(datagram(SOURCE, GROUP))
    wait_for(router, "net", rf"rpf {re.escape(SOURCE)}: in0 via its own LAN, "
             "of 1")
    wait_for(router, "control",
             rf'join {{"interface":"out1","group":"{GROUP}"}} by process \d+, '
             r"user 0: done, \d+ us")
    assert router.refused("leave", "out1", "239.9.9.9")
    wait_for(router, "control", r"leave {.*} by process \d+, user 0: No such file "
             r"or directory, \d+ us")
    router.cli("owner", "take", "out1", "static")
    wait_for(router, "control",
             r"owner\.take {.*} by process \d+, user 0: done, \d+ us")
    rpc = router.rpc()
    rpc.call("show.stats\ncontrol: forged")
    rpc.call("join", interface="x\ncontrol: forged")
    rpc.close()
    wait_for(router, "control", r"bad request by process \d+, user 0: .*")
    assert "\ncontrol: forged" not in router.log_text()
    router.cli("debug", "control", "off")
    count = len(traced(router, "control"))
    router.json("show", "stats")
    assert len(traced(router, "control")) == count


def test_topics_from_the_start(lab):
    """-d traces what happens before anybody can ask for it."""
    lab.build(1)
    router = lab.router()
    router.write_config(lab.config(sentinel=False))
    router.daemon = router.start_daemon("-d", "plane,libbpf,net")
    until(lambda: router.socket.exists() and
          router.cli("show", "protocols", check=False).returncode == 0,
          20, "an answer")
    wait_for(router, "plane", r"attach in0 \(ifindex \d+\): done")
    wait_for(router, "net", r"link in0 appeared: .*")
    assert traced(router, "libbpf", "libbpf: ")
    assert {t for t, on in states(router).items() if on} == \
        {"plane", "libbpf", "net"}
    for line in router.log_text().splitlines():
        assert re.match(STAMP, line), line


def test_more_is_not_the_chatter_of_a_library(lab):
    """-v says more, but not what libbpf and libxdp say."""
    lab.build(1)
    router = lab.router()
    router.write_config(lab.config(sentinel=False))
    router.daemon = router.start_daemon("-v")
    until(lambda: "control socket" in router.log_text(), 20, "a start")
    assert "libbpf: " not in router.log_text()
    assert "libxdp: " not in router.log_text()


def test_wrong_topics(lab):
    """An unknown topic is refused with the list of those that there are, and
    changes nothing."""
    router = start(lab, 1)
    for words in ["nonsense", "mgm,nonsense", ""]:
        why = router.refused("debug", words, "on")
        assert "mgm, plane, net, control, libbpf, remote, igmp, static" in why
    assert "on or off" in router.refused("debug", "mgm", "maybe")
    assert "on or off" in router.refused("debug", "mgm")
    rpc = router.rpc()
    for wrong in [{}, {"topic": "mgm"}, {"topic": "mgm", "on": "on"},
                  {"on": True}, {"topic": 1, "on": True}]:
        assert rpc.call("debug.set", **wrong)["error"]["code"] == -errno.EINVAL
    rpc.close()
    assert not any(states(router).values())
    done = subprocess.run([BUILD / "xmgmd", "-d", "mgm,nonsense"], text=True,
                          check=False, capture_output=True)
    assert done.returncode == 2
    assert "'nonsense'" in done.stderr
    assert "mgm, plane, net, control, libbpf, remote, igmp, static" in done.stderr


def test_the_journal_has_its_own_time(lab):
    """With JOURNAL_STREAM a line begins with its priority alone."""
    lab.build(1)
    router = lab.router()
    router.write_config(lab.config(sentinel=False))
    router.daemon = router.start_daemon(
        "-d", "net", before=("env", "JOURNAL_STREAM=8:1"))
    until(lambda: "control socket" in router.log_text(), 20, "a start")
    lines = router.log_text().splitlines()
    assert any(re.match("<6>xmgmd ", line) for line in lines)
    assert any(re.match("<7>net: link in0 ", line) for line in lines)
    assert all(re.match(r"<\d>\D", line) for line in lines)


def test_commands_have_no_timestamps(lab):
    """What the command line or a check of the configuration complains of is
    for a person: without a time."""
    lab.build(1)
    router = lab.router()
    router.write_config("nonsense\n")
    done = lab.rtr.run(BUILD / "xmgmd", "-n", "-f", router.config, check=False)
    assert done.returncode == 1
    assert not re.search(STAMP, done.stdout + done.stderr)
    assert not re.search(STAMP, router.refused("show", "stats"))
    assert not re.search(STAMP, json.dumps(router.refused("attach", "none9")))


def test_a_handshake_and_a_wrong_interface(lab):
    """Each step of a change of owner with its epoch; a packet that arrives
    elsewhere than its source's; what is detached."""
    router = start(lab)
    router.cli("join", "out1", GROUP)
    router.cli("debug", "mgm,plane,igmp,static", "on")
    lab.send(datagram(SOURCE, GROUP))
    flow = rf"\({re.escape(SOURCE)}, {re.escape(GROUP)}\)"
    wait_for(router, "mgm", rf"mfe-add {flow} iif in0 oifs out1")
    router.cli("owner", "take", "out2", "static")
    epoch = router.interface("out2")["epoch"]
    steps = [line for line in traced(router, "mgm", "out2 ")
             if re.match("igmp-|owner|replay", line)]
    assert steps == [f"igmp-disable out2 epoch {epoch - 1}",
                     f"owner out2 static epoch {epoch}",
                     f"igmp-enable out2 epoch {epoch}",
                     f"replay-complete out2 epoch {epoch}"]
    wait_for(router, "static", r"asked to take out2: done")
    stray = lab.keep(Sender(lab.receivers[1], "r0"))
    stray.send(datagram(SOURCE, GROUP))
    wait_for(router, "plane", rf"upcall wrong-if {flow} on out2: "
             r"frame of \d+ bytes")
    wait_for(router, "mgm", rf"wrong-if {flow} on out2")
    router.cli("leave", "out1", GROUP)
    wait_for(router, "igmp",
             rf"asked to leave out1 \(\*, {re.escape(GROUP)}\): done")
    wait_for(router, "mgm", rf"leave out1 \(\*, {re.escape(GROUP)}\) by igmp")
    wait_for(router, "mgm", rf"mfe-change {flow} iif in0 oifs none")
    wait_for(router, "plane", r"set \d+ back in the pool")
    router.cli("detach", "out2")
    wait_for(router, "plane", r"detach out2 \(ifindex \d+\): done")
