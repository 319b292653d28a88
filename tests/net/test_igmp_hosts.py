# SPDX-License-Identifier: GPL-2.0-only
"""Hosts one by one: two real kernels on one LAN, the second one behind a
macvlan of the first one's link, and immediate leave."""

import shutil

import pytest

from conftest import SOURCE
from frames import Sender
from hosts import (CHANGE_TO_EXCLUDE, CHANGE_TO_INCLUDE, Member, checksummed,
                   igmp_version, packet, queries, record, report3)
from test_igmp import (GROUP, OTHER, ROUTERS, TIMES, joined, start, stream,
                       write_pcap)
from topology import until

IMMEDIATE = TIMES + " immediate-leave = true"
FIRST, SECOND = "10.2.1.1", "10.2.1.2"


def second_host(lab):
    """Another kernel on the LAN of the first receiver."""
    host = lab.net.namespace("second")
    lab.receivers[0].run("ip", "link", "add", "link", "r0", "name", "second",
                         "type", "macvlan", "mode", "bridge")
    lab.receivers[0].run("ip", "link", "set", "second", "netns",
                         host.name, "name", "r0")
    host.ip("addr", "add", f"{SECOND}/24", "dev", "r0")
    host.ip("link", "set", "r0", "up")
    host.ip("route", "add", "224.0.0.0/4", "dev", "r0")
    return host


def all_heard(lab):
    """A group membership interval is over, and everybody has been asked."""
    until(lambda: len(queries(lab.eyes[0], "0.0.0.0")) >= 6, 30,
          "six general queries")


def listeners(router, group=GROUP):
    """Who listens to the group on out1, and to what."""
    rows = [g for g in router.json("show", "groups", "detail")
            if g["interface"] == "out1" and g["group"] == group]
    return {(h["host"], h["mode"], h["source"])
            for g in rows for h in g["hosts"]}


def counted(router, name):
    return router.json("show", "stats")["protocol-igmp"][name]


def member(lab, host, group=GROUP):
    return lab.keep(Member(host, group))


def queries_by_tshark(lab, tmp_path, group=GROUP):
    """How many queries about the group an independent decoder sees."""
    if not shutil.which("tshark"):
        pytest.skip("tshark is not installed")
    capture = tmp_path / "lan.pcap"
    write_pcap(capture, lab.eyes[0].frames())
    return len(lab.src.run(
        "tshark", "-r", capture, "-Y", "igmp.type == 0x11 && "
        f"igmp.maddr == {group}").stdout.splitlines())


@pytest.mark.parametrize("source", [None, SOURCE], ids=["any", "source"])
def test_the_last_host_leaves_at_once_and_no_other(lab, tmp_path, source):
    """Who closes his socket takes nothing from his neighbour's stream; when
    the last one does, the oif is gone, and nobody has been asked."""
    router = start(lab, 1, IMMEDIATE)
    second = second_host(lab)
    for host in lab.receivers[0], second:
        igmp_version(host, 3)
    mode = "include" if source else "exclude"
    sockets = [member(lab, host) for host in (lab.receivers[0], second)]
    for socket in sockets:
        if source:
            socket.join_source(source)
        else:
            socket.join()
    both = {(FIRST, mode, source), (SECOND, mode, source)}
    until(lambda: listeners(router) == both, 5, "both hosts")
    all_heard(lab)
    stream(lab, 20)
    sockets[1].close()
    stream(lab, 20)
    until(lambda: listeners(router) == {(FIRST, mode, source)}, 5,
          "one host less")
    until(lambda: len(queries(lab.eyes[0], GROUP)) >= 2, 10,
          "the last member queries, for one host remains")
    stream(lab, 20)
    assert len(sockets[0].datagrams()) == 60
    assert counted(router, "immediate_leaves") == 0
    lab.eyes[0].clear()
    sockets[0].close()
    until(lambda: not router.groups("out1", GROUP), 5, "the group's end")
    stream(lab)
    assert not lab.eyes[0].frames(GROUP, SOURCE)
    assert counted(router, "immediate_leaves") == 1
    general = len(queries(lab.eyes[0], "0.0.0.0"))
    until(lambda: len(queries(lab.eyes[0], "0.0.0.0")) > general, 10,
          "a general query")
    assert not queries_by_tshark(lab, tmp_path)


def test_version_2_hosts_are_asked(lab, tmp_path):
    """Of two of them one is silent, for it hears the other: each leave is
    asked about, the neighbour's stream loses nothing."""
    router = start(lab, 1, IMMEDIATE)
    second = second_host(lab)
    for host in lab.receivers[0], second:
        igmp_version(host, 2)
    sockets = [member(lab, host).join() for host in (lab.receivers[0], second)]
    assert joined(router, "out1")["version"] == 2
    all_heard(lab)
    stream(lab, 20)
    # Who has reported last says that he leaves, and is the one who goes.
    stays = [FIRST, SECOND].index(joined(router, "out1")["last_reporter"]) ^ 1
    sockets[stays ^ 1].close()
    until(lambda: queries(lab.eyes[0], GROUP), 10, "a last member query")
    stream(lab, 20)
    until(lambda: joined(router, "out1")["last_reporter"] ==
          (FIRST, SECOND)[stays], 10, "the neighbour's answer")
    stream(lab, 20)
    assert len(sockets[stays].datagrams()) == 60
    lab.eyes[0].clear()
    sockets[stays].close()
    until(lambda: not router.groups("out1", GROUP), 10, "the group's end")
    assert counted(router, "immediate_leaves") == 0
    assert queries_by_tshark(lab, tmp_path) >= 2


def test_a_limited_host_makes_us_ask(lab):
    """What XDP has refused of a host that says too much is not known: the
    last one that is known leaves with the queries."""
    router = start(lab, 1, IMMEDIATE + " max-records-per-host = 1")
    igmp_version(lab.receivers[0], 3)
    ghost = lab.keep(Sender(lab.receivers[0], "r0"))
    socket = member(lab, lab.receivers[0]).join()
    joined(router, "out1")
    all_heard(lab)
    crowd = report3(*[record(CHANGE_TO_EXCLUDE, f"239.50.0.{n + 1}")
                      for n in range(100)])
    ghost.send(*[packet("10.2.1.50", ROUTERS, crowd)] * 20)
    until(lambda: "max-records-per-host" in
          str(router.interface("out1")["problems"]), 5, "a problem")
    lab.eyes[0].clear()
    socket.close()
    until(lambda: queries(lab.eyes[0], GROUP), 10, "a last member query")
    until(lambda: not router.groups("out1", GROUP), 10, "the group's end")
    assert counted(router, "immediate_leaves") == 0


def test_hosts_without_address_are_asked(lab):
    """What says 0.0.0.0 may be several."""
    router = start(lab, 1, IMMEDIATE)
    ghost = lab.keep(Sender(lab.receivers[0], "r0"))
    all_heard(lab)
    for kind in CHANGE_TO_EXCLUDE, CHANGE_TO_INCLUDE:
        ghost.send(packet("0.0.0.0", ROUTERS, report3(record(kind, GROUP))))
        joined(router, "out1")
    until(lambda: queries(lab.eyes[0], GROUP), 10, "a last member query")
    until(lambda: not router.groups("out1", GROUP), 10, "the group's end")
    assert counted(router, "immediate_leaves") == 0


def test_show_groups_detail(lab):
    """Each host with its mode, sources, version and times; a version 1 host
    is called so."""
    router = start(lab, 1)
    ghost = lab.keep(Sender(lab.receivers[0], "r0"))
    member(lab, lab.receivers[0]).join_source(SOURCE)
    until(lambda: listeners(router) == {(FIRST, "include", SOURCE)}, 5,
          "a host of a source")
    ghost.send(packet("0.0.0.0", ROUTERS,
                      report3(record(CHANGE_TO_EXCLUDE, GROUP, OTHER))))
    until(lambda: ("0.0.0.0", "exclude", None) in listeners(router), 5,
          "a host of any source")
    ghost.send(packet("10.2.1.77", "239.1.1.7", checksummed(
        b"\x12\0\0\0" + bytes([239, 1, 1, 7]))))
    assert joined(router, "out1", "239.1.1.7")["older_host_s"] > 0
    assert listeners(router, "239.1.1.7") == {("10.2.1.77", "exclude", None)}
    for row in router.json("show", "groups", "detail"):
        for host in row["hosts"]:
            assert 0 <= host["expires_s"] <= 6 and host["uptime_s"] >= 0
            assert host["version"] in (1, 3)
            assert host["last_reporter"] == \
                (host["host"] == (row["last_reporter"] or "0.0.0.0"))
    said = router.cli("show", "groups", "detail").stdout.splitlines()
    assert any(line.startswith("  version 1 host present for ") and
               line.endswith(": leaves are ignored") for line in said)
    assert any(line.startswith("  host 0.0.0.0: exclude, version 3, for ")
               for line in said)
    assert any(line.startswith(f"out1 {GROUP}: exclude, version 3, for ")
               for line in said)
