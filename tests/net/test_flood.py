# SPDX-License-Identifier: GPL-2.0-only
"""A host that floods its LAN with IGMP, and the members on other LANs."""

import collections
import signal
import subprocess
import time

import pytest

from conftest import SOURCE
from frames import Sender, datagram, payload
from hosts import CHANGE_TO_EXCLUDE, Member, packet, queries, record, report3
from router import BUILD
from test_igmp import GROUP, HOST, ROUTERS, start
from topology import until

PROBLEM = "are refused here, more than"
MEMBERS = 170  # of one host: its report is longer than those of the flood


def groups(count=MEMBERS):
    return [f"239.77.0.{n + 1}" for n in range(count)]


def flood(lab, k, seconds, hosts=200, records=150, count=10 ** 9):
    return lab.net.start(
        lab.receivers[k - 1], BUILD / "tests/net/flood", "r0",
        f"10.2.{k}.2", hosts, records, int(seconds * 1000), count,
        stdout=subprocess.PIPE)


def stream_while(lab, programs, eye):
    """One packet to each group at a time; how many, and what has come."""
    sent = 0
    while any(program.poll() is None for program in programs):
        for group in groups():
            lab.send(datagram(SOURCE, group, b"%d" % sent))
        sent += 1
        arrived = time.monotonic() + 5
        while time.monotonic() < arrived and \
                not any(payload(f) == b"%d" % (sent - 1)
                        for f in eye.frames(groups()[-1])[-2:]):
            pass
    got = collections.Counter()
    for group in groups():
        got[group] = len({payload(f) for f in eye.frames(group, SOURCE)})
    return sent, got


def problems(router, name):
    return [p for p in router.interface(name)["problems"]
            if PROBLEM in p]


SHED = "igmp_limited", "igmp_crowded", "igmp_lost", "igmp_host_limited"


@pytest.mark.load
@pytest.mark.parametrize("hosts", [1, 200])
def test_a_flood_on_one_lan_harms_no_member_elsewhere(lab, hosts):
    """Longer than a membership lives; the others keep theirs, and lose none.

    What was shed is counted and said where it happened, and nowhere else.
    """
    router = start(lab)
    lab.receivers[1].sysctl("net/ipv4/igmp_max_memberships", MEMBERS)
    for group in groups():
        lab.keep(Member(lab.receivers[1], group)).join()
    until(lambda: {g["group"] for g in router.groups("out2")} >=
          set(groups()), 10, "all groups")
    flooding = [flood(lab, 1, 8, hosts) for _ in range(3)]
    sent, got = stream_while(lab, flooding, lab.eyes[1])
    assert sum(int(f.communicate()[0]) for f in flooding) > 10000
    assert sent > 1
    assert {g: sent - n for g, n in got.items() if n != sent} == {}
    assert {g["group"] for g in router.groups("out2")} >= set(groups())
    row = {i["name"]: i for i in router.json("show", "interfaces")}
    assert row["out1"]["igmp_host_limited"] > 0
    assert (row["out1"]["igmp_limited"] + row["out1"]["igmp_crowded"] > 0) == \
        (hosts == 200)
    assert [row["out2"][counter] for counter in SHED] == [0] * 4
    assert until(lambda: problems(router, "out1"), 5, "a problem")
    assert not problems(router, "out2")
    limit = "than igmp-rate" if hosts > 1 else "than max-records-per-host"
    assert router.log_text().count(limit) == 1


@pytest.mark.load
def test_hosts_join_during_a_flood_on_another_lan(lab):
    """Each by its first report: nobody had to be asked."""
    router = start(lab, times="query-interval = 300 "
                   "query-response-interval = 1 startup-query-count = 1")
    asked = len(queries(lab.eyes[1], "0.0.0.0"))
    flooding = flood(lab, 1, 300)
    until(lambda: router.interface("out1")["igmp_limited"] > 0, 10, "a flood")
    for n in range(5):
        group = f"239.78.0.{n + 1}"
        lab.keep(Member(lab.receivers[1], group)).join()
        until(lambda g=group: router.groups("out2", g), 5, group)
    assert flooding.poll() is None
    flooding.send_signal(signal.SIGTERM)
    flooding.communicate()
    assert [router.interface("out2")[counter] for counter in SHED] == [0] * 4
    assert len(queries(lab.eyes[1], "0.0.0.0")) == asked


def test_a_full_ring_has_room_for_the_others(lab):
    """While the daemon cannot read, one LAN's flood leaves others room."""
    router = start(lab, times="query-interval = 300 "
                   "query-response-interval = 250")
    router.daemon.send_signal(signal.SIGSTOP)
    flooding = flood(lab, 1, 1)
    assert int(flooding.communicate()[0]) > 10000
    before = lab.rtr.stats("out2", "rx", "packets")
    lab.keep(Member(lab.receivers[1], GROUP)).join()
    until(lambda: lab.rtr.stats("out2", "rx", "packets") > before, 5,
          "the host's report")
    router.daemon.send_signal(signal.SIGCONT)
    until(lambda: router.groups("out2", GROUP), 5, "the group on out2")


def test_what_was_shed_is_asked_again_there(lab):
    """Over igmp-rate: refused, counted, and a general query on that LAN."""
    times = "query-interval = 300 query-response-interval = 1 " \
        "startup-query-count = 1"
    router = start(lab, times=times, limits="igmp-rate = 1 igmp-burst = 1200")
    ghost = lab.keep(Sender(lab.receivers[0], "r0"))
    asked = [len(queries(eye, "0.0.0.0")) for eye in lab.eyes]
    crowd = [record(CHANGE_TO_EXCLUDE, f"239.50.0.{n + 1}")
             for n in range(100)]
    ghost.send(*[packet(HOST, ROUTERS, report3(*crowd))] * 20)
    until(lambda: router.interface("out1")["igmp_limited"] == 8, 5,
          "eight of twenty reports refused")
    until(lambda: len(queries(lab.eyes[0], "0.0.0.0")) > asked[0], 5,
          "a general query")
    until(lambda: problems(router, "out1"), 5, "a problem")
    assert len(queries(lab.eyes[1], "0.0.0.0")) == asked[1]
    assert not problems(router, "out2")
    stats = router.json("show", "stats")["igmp"]
    assert (stats["limited"], stats["crowded"], stats["lost"]) == (8, 0, 0)


def test_a_host_over_its_rate_is_limited_alone(lab):
    """Counted, named, and nobody is asked again; a neighbour is heard."""
    times = "query-interval = 300 query-response-interval = 1 " \
        "startup-query-count = 1 max-records-per-host = 1"
    router = start(lab, times=times)
    until(lambda: queries(lab.eyes[0], "0.0.0.0"), 5, "the first query")
    asked = len(queries(lab.eyes[0], "0.0.0.0"))
    ghost = lab.keep(Sender(lab.receivers[0], "r0"))
    crowd = [record(CHANGE_TO_EXCLUDE, f"239.50.0.{n + 1}")
             for n in range(100)]
    ghost.send(*[packet(HOST, ROUTERS, report3(*crowd))] * 20)
    until(lambda: router.interface("out1")["igmp_host_limited"] == 9, 5,
          "nine of twenty reports refused")
    neighbour = HOST.rsplit(".", 1)[0] + ".77"
    ghost.send(packet(neighbour, ROUTERS,
                      report3(record(CHANGE_TO_EXCLUDE, GROUP))))
    until(lambda: router.groups("out1", GROUP), 5, "the neighbour's group")
    said = until(lambda: [p for p in router.interface("out1")["problems"]
                          if "max-records-per-host" in p], 5, "a problem")
    assert f"of host {HOST} are refused" in said[0]
    until(lambda: router.log_text().count("max-records-per-host") == 1, 5,
          "one line in the log")
    assert len(queries(lab.eyes[0], "0.0.0.0")) == asked
    assert router.interface("out1")["igmp_limited"] == 0
    assert router.json("show", "stats")["igmp"]["host-limited"] == 9


def test_the_ring_holds_a_burst_and_a_loss_is_asked_about(lab):
    """5,000 reports of 183 records, while nobody reads; then too many."""
    router = start(lab, times="query-interval = 300 "
                   "query-response-interval = 1 startup-query-count = 1 "
                   "max-records-per-host = 10000000 max-groups = 100",
                   limits="igmp-rate = 10000000 igmp-burst = 100000000")
    asked = len(queries(lab.eyes[0], "0.0.0.0"))

    def burst(count):
        router.daemon.send_signal(signal.SIGSTOP)
        sent = flood(lab, 1, 50, records=183, count=count).communicate()[0]
        assert int(sent) == count
        router.daemon.send_signal(signal.SIGCONT)

    def records():
        return router.json("show", "stats")["protocol-igmp"]["records"]

    burst(5000)
    until(lambda: records() == 5000 * 183, 20, "every record")
    shed = [router.interface("out1")[counter] for counter in SHED]
    assert shed == [0] * 4
    assert len(queries(lab.eyes[0], "0.0.0.0")) == asked
    burst(20000)
    until(lambda: router.interface("out1")["igmp_crowded"] > 0, 20, "a loss")
    until(lambda: problems(router, "out1"), 5, "a problem")
    until(lambda: len(queries(lab.eyes[0], "0.0.0.0")) == asked + 1, 20,
          "one general query")
    assert len(queries(lab.eyes[1], "0.0.0.0")) == asked
