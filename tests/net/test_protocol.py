# SPDX-License-Identifier: GPL-2.0-only
"""A protocol is one folder and one line; the core knows none by name."""

import fcntl
import pathlib
import shutil
import subprocess

import pytest
from scapy.layers.inet import IP, fragment

from conftest import SOURCE
from frames import HEADER, Sender, datagram
from hosts import checksummed, packet, report2
from router import BUILD
from test_igmp import GROUP, member, queries
from topology import until

TREE = pathlib.Path(__file__).resolve().parents[2]
LINE = "\tX(igmp)      \\\n"
ROUTERS = "224.0.0.4"
PROBE = checksummed(b"\x13\x01\0\0\x0e\0\xff\x03")
LONG = checksummed(b"\x13\x02\0\0\x0e\0\xff\x03" + bytes(1592))


@pytest.fixture(scope="session")
def logger():
    """xmgmd with tests/proto/logger among its protocols, built once."""
    tree = BUILD / "tests" / "logger"
    tree.parent.mkdir(parents=True, exist_ok=True)
    with (BUILD / "tests" / "logger.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        build_logger(tree)
    return tree / "build" / "xmgmd"


def build_logger(tree):
    """What has been built already is taken over: only two files are new."""
    fresh = tree.with_name("logger.new")
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / "build").mkdir(parents=True)
    for name in ["Makefile", "vmlinux.h", "bpf", "include", "user", "tests",
                 "etc"]:
        subprocess.run(["cp", "-a", TREE / name, fresh], check=True)
    for part in ["user", "xmgm.skel.h", "xmgm.bpf.o"]:
        subprocess.run(["cp", "-a", BUILD / part, fresh / "build"],
                       check=True)
    registry = fresh / "user" / "proto" / "registry.c"
    text = registry.read_text(encoding="utf-8")
    assert LINE in text, "the registry's first line"
    registry.write_text(text.replace(LINE, LINE + "\tX(logger) \\\n"),
                        encoding="utf-8")
    shutil.copytree(TREE / "tests" / "proto" / "logger",
                    fresh / "user" / "proto" / "logger")
    done = subprocess.run(["make", "-C", fresh, "BUILD=build", "build/xmgmd"],
                          check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shutil.rmtree(tree, ignore_errors=True)
    fresh.rename(tree)


def said(router, text):
    return until(lambda: text in router.log_text(), 5, f"'{text}' in the log")


def start(lab, logger):
    """in0 and out1 with IGMP; the protocol takes out1."""
    lab.build(1)
    router = lab.router()
    router.xmgmd = logger
    router.start('interface "in0" { igmp { } }\n'
                 'interface "out1" { igmp { } logger { word = "please" } }\n',
                 ["in0", "out1"])
    return router


def test_a_folder_and_a_line_make_a_protocol(lab, logger):
    """It is configured, takes an interface by the handshake, is told what
    hosts join there and elsewhere, and can be seen."""
    router = start(lab, logger)
    said(router, "logger: wants out1 please")
    said(router, "logger: take out1 -115")
    said(router, "logger: ownership out1 0")
    until(lambda: router.interface("out1")["owner"] == "logger", 5, "owner")
    host = member(lab, 1)
    host.join()
    said(router, f"logger: local-join (*, {GROUP}) out1")
    lab.send(datagram(SOURCE, GROUP, b"data"))
    until(host.datagrams, 5, "the datagram")
    host.leave()
    said(router, f"logger: local-leave (*, {GROUP}) out1")
    names = [p["name"] for p in router.json("show", "protocols")]
    assert "logger" in names
    shown = [i for i in router.json("show", "config")["interfaces"]
             if i["name"] == "out1"]
    assert shown[0]["logger"] == {"enabled": True, "word": "please"}
    config = router.config.read_text(encoding="utf-8")
    router.write_config(config.replace("please", "x" * 16))
    done = lab.rtr.run(logger, "-n", "-f", router.config, check=False)
    assert done.returncode == 1
    assert "word is 'xxxxxxxxxxxxxxxx': write a text" in \
        done.stdout + done.stderr


def test_packets_of_its_type_reach_it_whatever_the_gate_says(lab, logger):
    """IGMP type 0x13 to 224.0.0.4 arrives once; other types do not; reports
    still come by XDP alone. What arrives is traced by the topic that the
    protocol has by its name."""
    router = start(lab, logger)
    said(router, "logger: ownership out1 0")
    eye = lab.eyes[0]
    until(lambda: queries(eye), 10, "a query")
    router.cli("debug", "logger", "on")
    host = lab.keep(Sender(lab.receivers[0], "r0"))
    host.send(packet("10.2.1.1", ROUTERS, PROBE))
    said(router, "packet 2 from 10.2.1.1 type 0x13 length 8")
    said(router, "logger: received protocol 2 type 0x13 on out1 from "
         "10.2.1.1 to 224.0.0.4: ttl 1, 8 bytes")
    host.send(packet("10.2.1.1", GROUP, report2(GROUP)))
    said(router, "logger: local-join")
    host.send(packet("10.2.1.1", ROUTERS, PROBE))
    until(lambda: router.log_text().count("logger: packet") == 2, 5, "two")
    assert "type 0x16" not in router.log_text()


def test_it_brings_tables_and_events_of_its_own(lab, logger):
    """show.protocol has the rows of its table, by name; monitor gets what it
    tells; and a packet that came in pieces says so."""
    router = start(lab, logger)
    said(router, "logger: ownership out1 0")
    rpc = lab.keep(router.rpc())
    ifid = lab.rtr.ifindex("out1")
    assert rpc.call("show.protocol", protocol="logger", table="names")[
        "result"] == [{"interface": "out1", "there": ifid}]
    refused = rpc.call("show.protocol", protocol="logger", table="nams")
    assert "it has names" in refused["error"]["message"]
    refused = rpc.call("show.protocol", protocol="logger")
    assert "it has names" in refused["error"]["message"]
    refused = rpc.call("show.protocol", protocol="igmp", table="names")
    assert "it has none" in refused["error"]["message"]
    monitor = lab.keep(router.rpc())
    assert monitor.call("monitor")["result"]
    host = lab.keep(Sender(lab.receivers[0], "r0"))
    host.send(packet("10.2.1.1", ROUTERS, PROBE))
    told = until(lambda: [e for e in [monitor.line()["params"]]
                          if e["event"] == "logger-packet"], 5, "an event")
    assert (told[0]["interface"], told[0]["source"], told[0]["length"]) == \
        ("out1", "10.2.1.1", 8)
    whole = IP(packet("10.2.1.1", ROUTERS, LONG)[HEADER:])
    for piece in fragment(whole, 1000):
        host.send(packet("10.2.1.1", ROUTERS, PROBE)[:HEADER] + bytes(piece))
    said(router, "type 0x13 length 1600 in pieces")
    assert router.log_text().count("in pieces") == 1
