# SPDX-License-Identifier: GPL-2.0-only
"""IGMP with real kernel hosts in version 2 and 3, and with bad ones."""

import collections
import shutil
import struct

import pytest

from conftest import SOURCE
from frames import Sender, check_copy, datagram, group_mac, payload
from hosts import (ALLOW_NEW, BLOCK_OLD, CHANGE_TO_EXCLUDE,
                   CHANGE_TO_INCLUDE, MODE_IS_EXCLUDE, MODE_IS_INCLUDE,
                   Member, checksummed, igmp_version, leave2, packet, queries,
                   record, report2, report3)
from topology import until

GROUP = "239.1.1.1"
OTHER_GROUP = "239.1.1.9"
OTHER = "10.1.0.2"
ROUTERS = "224.0.0.22"

# Short, so that expiry can be waited for: 2 x 2 s + 1 s.
TIMES = "robustness = 2 query-interval = 2 query-response-interval = 1"


def start(lab, receivers=2, times=TIMES, limits="", extra=""):
    """A router with IGMP on every interface; its queries have been seen."""
    lab.build(receivers)
    router = lab.router()
    text = "".join(
        f'interface "{name}" {{ mode = native igmp {{ enabled = true '
        f'{times} }} }}\n' for name in ["in0", *lab.outs])
    text += "".join(f'join {{ interface = "{oif}" group = "239.255.255.250" '
                    '}\n' for oif in lab.outs)
    text += extra
    text += f"limits {{ {limits} }}\n" if limits else ""
    router.start(text, ["in0", *lab.outs])
    for eye in lab.eyes:
        until(lambda seen=eye: queries(seen), 10, "a general query")
    return router


def member(lab, k, group=GROUP):
    return lab.keep(Member(lab.receivers[k - 1], group))


def joined(router, oif, group=GROUP):
    """The router's state of the group there, when there is one."""
    return until(lambda: router.groups(oif, group), 5,
                 f"{group} on {oif}")[0]


def stream(lab, count=10, source=SOURCE, group=GROUP):
    sent = [datagram(source, group, b"%d" % n) for n in range(count)]
    lab.send(*sent)
    lab.settle()
    return sent


@pytest.mark.parametrize("version", [2, 3])
def test_join_and_leave(lab, version):
    """A host's join brings the group, byte by byte; its leave ends it."""
    router = start(lab)
    igmp_version(lab.receivers[0], version)
    socket = member(lab, 1).join()
    state = joined(router, "out1")
    assert (state["mode"], state["version"], state["last_reporter"]) == \
        ("exclude", version, "10.2.1.1")
    assert state["uptime_s"] >= 0
    sent = stream(lab)
    assert len(lab.eyes[0].frames(GROUP, SOURCE)) == 10
    for before, after in zip(sent, lab.eyes[0].frames(GROUP, SOURCE)):
        check_copy(before, after, lab.rtr.mac("out1"))
    assert not lab.eyes[1].frames(GROUP, SOURCE)
    assert socket.datagrams() == [b"%d" % n for n in range(10)]
    socket.leave()
    until(lambda: queries(lab.eyes[0], GROUP), 5, "a specific query")
    until(lambda: not router.groups("out1", GROUP), 10, "the group's end")
    lab.eyes[0].clear()
    stream(lab)
    assert not lab.eyes[0].frames(GROUP, SOURCE)


def test_include_mode(lab):
    """A source-specific member gets its source and no other."""
    router = start(lab)
    socket = member(lab, 1).join_source(SOURCE)
    state = joined(router, "out1")
    assert state["mode"] == "include"
    assert [s["address"] for s in state["sources"]] == [SOURCE]
    stream(lab, source=SOURCE)
    stream(lab, source=OTHER)
    assert len(lab.eyes[0].frames(GROUP, SOURCE)) == 10
    assert not lab.eyes[0].frames(GROUP, OTHER)
    socket.join_source(OTHER)
    until(lambda: len(router.groups("out1", GROUP)[0]["sources"]) == 2, 5,
          "the second source")
    stream(lab, source=OTHER)
    assert len(lab.eyes[0].frames(GROUP, OTHER)) == 10
    socket.leave_source(SOURCE)
    until(lambda: [s["address"] for s in
                   router.groups("out1", GROUP)[0]["sources"]
                   if s["forward"]] == [OTHER], 10, "the first one's end")
    lab.eyes[0].clear()
    stream(lab, source=SOURCE)
    stream(lab, source=OTHER)
    assert not lab.eyes[0].frames(GROUP, SOURCE)
    assert len(lab.eyes[0].frames(GROUP, OTHER)) == 10


def test_exclude_mode(lab):
    """EXCLUDE{S} does not deliver S on the wire, and delivers the rest."""
    router = start(lab)
    socket = member(lab, 1).join()
    joined(router, "out1")
    stream(lab, source=SOURCE)
    assert len(lab.eyes[0].frames(GROUP, SOURCE)) == 10
    socket.block(SOURCE)
    until(lambda: [s["address"] for s in
                   router.groups("out1", GROUP)[0]["sources"]
                   if not s["forward"]] == [SOURCE], 10, "a blocked source")
    lab.eyes[0].clear()
    stream(lab, source=SOURCE)
    stream(lab, source=OTHER)
    assert not lab.eyes[0].frames(GROUP, SOURCE)
    assert len(lab.eyes[0].frames(GROUP, OTHER)) == 10
    socket.unblock(SOURCE)
    until(lambda: not [s for s in
                       router.groups("out1", GROUP)[0]["sources"]
                       if not s["forward"]], 10, "no blocked source")
    stream(lab, source=SOURCE)
    assert len(lab.eyes[0].frames(GROUP, SOURCE)) == 10


def test_filters_of_two_interfaces_differ(lab):
    """One flow, one interface that wants it and one that blocks it."""
    router = start(lab)
    member(lab, 1).join()
    blocking = member(lab, 2).join()
    blocking.block(SOURCE)
    joined(router, "out1")
    until(lambda: [s for g in router.groups("out2", GROUP)
                   for s in g["sources"] if not s["forward"]], 10, "a block")
    stream(lab, source=SOURCE)
    stream(lab, source=OTHER)
    assert [len(eye.frames(GROUP, SOURCE)) for eye in lab.eyes] == [10, 0]
    assert [len(eye.frames(GROUP, OTHER)) for eye in lab.eyes] == [10, 10]


@pytest.mark.parametrize("message", [
    report2(GROUP), report3(record(MODE_IS_EXCLUDE, GROUP)),
    report3(record(ALLOW_NEW, GROUP, SOURCE))],
    ids=["v2", "v3-exclude", "v3-include"])
def test_expiry(lab, message):
    """A host that falls silent is forgotten, and its copies stop."""
    router = start(lab, 1)
    ghost = lab.keep(Sender(lab.receivers[0], "r0"))
    ghost.send(packet("10.2.1.50", GROUP, message))
    joined(router, "out1")
    stream(lab)
    assert len(lab.eyes[0].frames(GROUP, SOURCE)) == 10
    until(lambda: not router.groups("out1", GROUP), 10, "the group's end")
    lab.eyes[0].clear()
    stream(lab)
    assert not lab.eyes[0].frames(GROUP, SOURCE)


def test_members_that_answer_stay(lab):
    """Real members answer the queries and do not expire."""
    router = start(lab)
    igmp_version(lab.receivers[0], 2)
    member(lab, 1).join()
    member(lab, 2).join_source(SOURCE)
    joined(router, "out1")
    joined(router, "out2")
    seen = len(queries(lab.eyes[1], "0.0.0.0"))
    until(lambda: len(queries(lab.eyes[1], "0.0.0.0")) >= seen + 4, 20,
          "four more general queries")
    stream(lab)
    assert [len(eye.frames(GROUP, SOURCE)) for eye in lab.eyes] == [10, 10]


def test_another_member_remains(lab):
    """One of two members leaves: the other one's answer keeps the group."""
    router = start(lab, 1)
    first = member(lab, 1).join()
    ghost = lab.keep(Sender(lab.receivers[0], "r0"))
    joined(router, "out1")
    ghost.send(packet("10.2.1.50", "224.0.0.2", leave2(GROUP)))
    ghost.send(packet("10.2.1.50", ROUTERS,
                      report3(record(CHANGE_TO_INCLUDE, GROUP))))
    until(lambda: len(queries(lab.eyes[0], GROUP)) >= 2, 10,
          "specific queries")
    stream(lab)
    assert len(first.datagrams()) == 10


def test_queries_are_right(lab):
    """TTL 1, Router Alert, our address, right lengths and checksums."""
    router = start(lab)
    igmp_version(lab.receivers[0], 3)
    gone = member(lab, 1).join()
    joined(router, "out1")
    gone.leave()
    until(lambda: queries(lab.eyes[0], GROUP), 10, "a specific query")
    for k, eye in enumerate(lab.eyes):
        for query in queries(eye):
            assert query.ttl == 1 and query.router_alert
            assert query.header_good and query.checksum_good
            assert query.source == f"10.2.{k + 1}.254"
            assert query.mac == group_mac(query.destination)
            assert query.version == 3 and len(query.message) == 12
            assert query.destination == (
                "224.0.0.1" if query.group == "0.0.0.0" else query.group)


def test_tshark_finds_nothing_malformed(lab, tmp_path):
    """An independent decoder accepts every query we send."""
    if not shutil.which("tshark"):
        pytest.skip("tshark is not installed")
    router = start(lab, 1)
    gone = member(lab, 1).join_source(SOURCE)
    joined(router, "out1")
    gone.leave_source(SOURCE)
    until(lambda: any(q.sources == [SOURCE] for q in queries(lab.eyes[0])),
          10, "a query for group and source")
    capture = tmp_path / "queries.pcap"
    write_pcap(capture, lab.eyes[0].frames())
    shown = lab.src.run(
        "tshark", "-r", capture, "-o", "ip.check_checksum:TRUE", "-T",
        "fields", "-e", "igmp.type", "-e", "igmp.checksum.status", "-e",
        "ip.checksum.status", "-e", "_ws.malformed", "-e", "_ws.expert",
        "-Y", "igmp.type == 0x11").stdout
    lines = [line.split("\t") for line in shown.splitlines()]
    assert len(lines) >= 2
    for kind, igmp_good, ip_good, malformed, expert in lines:
        assert int(kind, 16) == 0x11
        assert (igmp_good, ip_good, malformed, expert) == ("1", "1", "", "")


def write_pcap(path, frames):
    with open(path, "wb") as out:
        out.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for frame in frames:
            out.write(struct.pack("=IIII", 0, 0, len(frame), len(frame)))
            out.write(frame)


def spoiled_checksum():
    message = bytearray(report2(GROUP))
    message[2] ^= 1
    return bytes(message)


HOST = "10.2.1.50"


def bad3(kind, group, *sources, **lies):
    """A version 3 report with one record, from a host that may be here."""
    of_report = {"count": lies.pop("records")} if "records" in lies else {}
    return packet(HOST, ROUTERS, report3(
        record(kind, group, *sources, **lies), **of_report))


# What must never become a membership of any group, and how it is counted.
BAD = [
    ("checksum", packet(HOST, GROUP, spoiled_checksum())),
    ("ttl", packet(HOST, GROUP, report2(GROUP), ttl=2)),
    ("truncated", packet(HOST, GROUP, report2(GROUP)[:7])),
    ("truncated", packet(HOST, GROUP, checksummed(report2(GROUP)[:4]))),
    ("truncated", packet(HOST, ROUTERS, checksummed(b"\x22" + bytes(6)))),
    ("host", packet("239.1.1.1", GROUP, report2(GROUP))),
    ("host", packet("127.0.0.1", GROUP, report2(GROUP))),
    ("link-local", packet(HOST, "224.0.0.5", report2("224.0.0.5"))),
    ("link-local", bad3(CHANGE_TO_EXCLUDE, "224.0.0.9")),
    ("group", packet(HOST, GROUP, report2("10.9.9.9"))),
    ("group", bad3(CHANGE_TO_EXCLUDE, "10.1.1.1")),
    ("records", bad3(MODE_IS_EXCLUDE, GROUP, records=2)),
    ("records", bad3(MODE_IS_EXCLUDE, GROUP, records=65535)),
    ("records", bad3(ALLOW_NEW, GROUP, SOURCE, count=2)),
    ("records", bad3(ALLOW_NEW, GROUP, SOURCE, count=65535)),
    ("records", bad3(ALLOW_NEW, GROUP, SOURCE, aux=1)),
    ("source", bad3(ALLOW_NEW, GROUP, "239.4.4.4")),
    ("source", bad3(ALLOW_NEW, GROUP, "0.0.0.0")),
    ("type", packet(HOST, ROUTERS, checksummed(b"\x99" + bytes(7)))),
    # Good messages without a meaning here.
    ("delivered", packet("192.168.7.7", GROUP, report2(GROUP))),
    ("delivered", bad3(BLOCK_OLD, GROUP, SOURCE)),
    ("delivered", bad3(MODE_IS_INCLUDE, GROUP)),
]


def test_bad_messages_make_no_membership(lab):
    """Malformed, foreign and meaningless messages change nothing."""
    router = start(lab, 1)
    ghost = lab.keep(Sender(lab.receivers[0], "r0"))
    before = router.json("show", "groups")
    counted = collections.Counter(router.json("show", "stats")["igmp"])
    for _, frame in BAD:
        ghost.send(frame)
    ghost.send(packet(HOST, "239.200.1.1", report2("239.200.1.1")))
    joined(router, "out1", "239.200.1.1")
    names = {g["group"] for g in router.json("show", "groups")}
    assert names == {g["group"] for g in before} | {"239.200.1.1"}
    now = collections.Counter(router.json("show", "stats")["igmp"])
    wanted = collections.Counter(reason for reason, _ in BAD)
    wanted["delivered"] += 1
    assert now - counted == wanted
    assert router.daemon.poll() is None


def test_a_point_to_point_host(lab):
    """A real host whose address is the peer's, /32, is heard and served; one
    beside it is not."""
    lab.build(1)
    lab.rtr.ip("address", "flush", "dev", "out1")
    lab.receivers[0].ip("address", "flush", "dev", "r0")
    lab.rtr.ip("address", "add", "10.9.9.1", "peer", "192.0.2.9/32", "dev",
               "out1")
    lab.receivers[0].ip("address", "add", "192.0.2.9", "peer", "10.9.9.1/32",
                        "dev", "r0")
    router = lab.router()
    router.start("".join(f'interface "{name}" {{ mode = native igmp {{ {TIMES} '
                         '} }\n' for name in ["in0", "out1"]) + "join { "
                 'interface = "out1" group = "239.255.255.250" }\n',
                 ["in0", "out1"])
    query = until(lambda: queries(lab.eyes[0]), 10, "a general query")[0]
    assert query.source == "10.9.9.1"
    ghost = lab.keep(Sender(lab.receivers[0], "r0"))
    ghost.send(packet("192.0.2.10", "239.1.1.2", report2("239.1.1.2")))
    member(lab, 1).join()
    assert joined(router, "out1")["last_reporter"] == "192.0.2.9"
    assert not router.groups("out1", "239.1.1.2")
    stream(lab)
    assert len(lab.eyes[0].frames(GROUP, SOURCE)) == 10


def test_one_host_shuts_nobody_out(lab):
    """One host gets a quarter of the groups, others and the operator theirs;
    what is refused is logged once, with the remedy, and counted."""
    router = start(lab, 1, "max-groups = 16")
    greedy = lab.keep(Sender(lab.receivers[0], "r0"))
    greedy.send(packet(HOST, ROUTERS, report3(
        *[record(CHANGE_TO_EXCLUDE, f"239.61.0.{n}") for n in range(30)])))
    member(lab, 1).join()
    joined(router, "out1")
    router.cli("join", "out1", "239.8.8.8")
    joined(router, "out1", "239.8.8.8")
    names = {g["group"] for g in router.groups("out1")}
    assert len([n for n in names if n.startswith("239.61.")]) == 4
    stats = router.json("show", "stats")["protocol-igmp"]
    assert (stats["limit_host"], stats["limit_groups"]) == (26, 0)
    lines = [line for line in router.log_text().splitlines()
             if "max-groups-per-host" in line]
    assert len(lines) == 1
    assert "out1" in lines[0] and HOST in lines[0]
    until(lambda: "max-groups-per-host" in
          str(router.interface("out1")["problems"]), 5, "a problem shown")


def test_no_address_is_a_problem(lab):
    """Without an address nobody can be asked: that is said, and no member is
    given up for not answering."""
    router = start(lab, 1, "query-interval = 60")
    ghost = lab.keep(Sender(lab.receivers[0], "r0"))
    assert router.interface("out1")["problems"] == []
    ghost.send(packet("0.0.0.0", ROUTERS,
                      report3(record(CHANGE_TO_EXCLUDE, GROUP))))
    joined(router, "out1")
    lab.rtr.ip("address", "flush", "dev", "out1")
    until(lambda: "address" in str(router.interface("out1")["problems"]), 5,
          "a problem shown")
    ghost.send(packet("0.0.0.0", ROUTERS,
                      report3(record(CHANGE_TO_INCLUDE, GROUP))))
    ghost.send(packet("0.0.0.0", ROUTERS,
                      report3(record(CHANGE_TO_EXCLUDE, "239.7.7.7"))))
    joined(router, "out1", "239.7.7.7")
    assert joined(router, "out1")["expires_s"] > 60
    lab.rtr.ip("address", "add", "10.2.1.254/24", "dev", "out1")
    until(lambda: not router.interface("out1")["problems"], 5, "no problem")


def test_source_specific_range(lab):
    """In 232/8 a real host gets its source, and no host gets any source."""
    group = "232.1.1.1"
    router = start(lab)
    socket = member(lab, 1, group).join_source(SOURCE)
    member(lab, 2, group).join()
    joined(router, "out1", group)
    ghost = lab.keep(Sender(lab.receivers[0], "r0"))
    ghost.send(packet(HOST, group, report2(group)))
    ghost.send(packet(HOST, ROUTERS,
                      report3(record(CHANGE_TO_EXCLUDE, group))))
    until(lambda: router.json("show", "stats")["protocol-igmp"]
          ["not_source_specific"] >= 3, 5, "three messages to be ignored")
    stream(lab, source=SOURCE, group=group)
    stream(lab, source=OTHER, group=group)
    assert len(socket.datagrams()) == 10
    assert [[len(eye.frames(group, s)) for s in (SOURCE, OTHER)]
            for eye in lab.eyes] == [[10, 0], [0, 0]]


def test_a_bad_record_spoils_no_other(lab):
    """Unknown types, no groups and bad sources are ignored alone."""
    router = start(lab, 1)
    ghost = lab.keep(Sender(lab.receivers[0], "r0"))
    before = {g["group"] for g in router.json("show", "groups")}
    ghost.send(packet(HOST, ROUTERS, report3(
        record(CHANGE_TO_EXCLUDE, "239.60.0.1"), record(77, "0.0.0.0"),
        record(ALLOW_NEW, "239.60.0.2", "240.0.0.1"),
        record(CHANGE_TO_EXCLUDE, "10.1.1.1"),
        record(ALLOW_NEW, "239.60.0.3", "0.0.0.0", SOURCE),
        record(ALLOW_NEW, "239.60.0.4", SOURCE))))
    joined(router, "out1", "239.60.0.4")
    assert {g["group"] for g in router.json("show", "groups")} - before == \
        {"239.60.0.1", "239.60.0.4"}


def test_large_report(lab):
    """One report with 180 records makes 180 memberships."""
    router = start(lab, 1)
    ghost = lab.keep(Sender(lab.receivers[0], "r0"))
    groups = [f"239.50.0.{n + 1}" for n in range(180)]
    ghost.send(packet(HOST, ROUTERS, report3(
        *[record(CHANGE_TO_EXCLUDE, g) for g in groups])))
    until(lambda: {g["group"] for g in router.json("show", "groups")} >=
          set(groups), 5, "180 groups")


def test_static_join(lab):
    """`xmgm join` needs no host and does not expire; `leave` ends it."""
    router = start(lab, 1)
    router.cli("join", "out1", GROUP)
    router.cli("join", "out1", "239.8.8.8", SOURCE)
    assert joined(router, "out1")["static"]
    seen = len(queries(lab.eyes[0], "0.0.0.0"))
    until(lambda: len(queries(lab.eyes[0], "0.0.0.0")) >= seen + 4, 20,
          "more time than a membership lives")
    stream(lab)
    stream(lab, group="239.8.8.8")
    stream(lab, group="239.8.8.8", source=OTHER)
    assert len(lab.eyes[0].frames(GROUP, SOURCE)) == 10
    assert len(lab.eyes[0].frames("239.8.8.8", SOURCE)) == 10
    assert not lab.eyes[0].frames("239.8.8.8", OTHER)
    router.cli("leave", "out1", GROUP)
    until(lambda: not router.groups("out1", GROUP), 5, "the group's end")
    lab.eyes[0].clear()
    stream(lab)
    assert not lab.eyes[0].frames(GROUP, SOURCE)


def test_first_packets_after_a_join(lab):
    """The flow that a join lets through loses no packet from then on."""
    router = start(lab, 1)
    socket = member(lab, 1).join()
    joined(router, "out1")
    lab.send(*[datagram(SOURCE, GROUP, b"%d" % n) for n in range(40)])
    until(lambda: len(socket.datagrams()) == 40, 5, "40 datagrams")
    assert socket.datagrams() == [b"%d" % n for n in range(40)]
    assert [payload(f) for f in lab.eyes[0].frames(GROUP, SOURCE)] == \
        [b"%d" % n for n in range(40)]


def test_clear_groups(lab):
    """What hosts have reported is forgotten; who is there answers again."""
    router = start(lab)
    member(lab, 1).join()
    member(lab, 2).join()
    joined(router, "out1")
    before = joined(router, "out2")["uptime_s"]
    sender = lab.keep(Sender(lab.receivers[0], "r0"))
    sender.send(packet("10.2.1.9", OTHER_GROUP, report2(OTHER_GROUP)))
    joined(router, "out1", OTHER_GROUP)
    router.cli("clear", "groups", "out1")
    assert not router.groups("out1", OTHER_GROUP)
    assert router.groups("out1", "239.255.255.250")[0]["static"]
    joined(router, "out1")
    assert router.groups("out2", GROUP)[0]["uptime_s"] >= before
    assert "no0" in router.refused("clear", "groups", "no0")
