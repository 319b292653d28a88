# SPDX-License-Identifier: GPL-2.0-only
"""The proxy, RFC 4605: what hosts downstream want is asked of the router
upstream, by this router as a host, and data goes both ways.

        10.1.0.0/24             10.2.1.0/24
      src ------------- router ------------- r1   hosts
      .1       in0 .254        .254 out1 ... r2

src is what routers there are upstream: it asks by crafted queries, or by a
bridge's own querier.
"""

import json
import shutil
import signal
import socket
import struct

import pytest

from frames import (HEADER, Capture, Sender, check_copy, datagram, ip_header,
                    ones_sum, payload)
from hosts import (ALLOW_NEW, BLOCK_OLD, CHANGE_TO_EXCLUDE, CHANGE_TO_INCLUDE,
                   MODE_IS_EXCLUDE, MODE_IS_INCLUDE, Member, checksummed,
                   igmp_version, packet, queries)
from lan import Lan, Pimd, frr
from router import BUILD
from test_igmp import write_pcap
from topology import until

GROUP, SSM = "239.1.1.1", "232.1.1.1"
SOURCE, OTHER = "10.1.0.1", "10.1.0.2"
ROUTER = "10.1.0.254"
TIMES = ("robustness = 2 query-interval = 2 query-response-interval = 1 "
         "last-member-query-interval = 0.2")


class Said:
    """What the router has said upstream as a host: each message checked to
    its last byte, records as (type, group, sources)."""

    def __init__(self, frame):
        header = ip_header(frame)
        self.target = socket.inet_ntoa(header[16:20])
        assert socket.inet_ntoa(header[12:16]) == ROUTER
        assert header[8] == 1 and header[1] == 0xC0
        assert header[20:24] == b"\x94\x04\0\0"
        assert ones_sum(header) == 0xFFFF
        length = struct.unpack("!H", header[2:4])[0] - len(header)
        message = frame[HEADER + len(header):][:length]
        assert ones_sum(message) == 0xFFFF
        self.kind = message[0]
        self.records = []
        if self.kind != 0x22:
            self.group = socket.inet_ntoa(message[4:8])
            assert len(message) == 8
            return
        assert self.target == "224.0.0.22"
        at = 8
        for _ in range(struct.unpack("!H", message[6:8])[0]):
            kind, aux, count, group = struct.unpack(
                "!BBH4s", message[at:at + 8])
            assert not aux
            at += 8
            self.records.append((kind, socket.inet_ntoa(group), sorted(
                socket.inet_ntoa(message[at + 4 * n:at + 4 * n + 4])
                for n in range(count))))
            at += 4 * count
        assert at == len(message)


def said(eye):
    """Everything, but for what the router's kernel says for itself: it is no
    member of any group but of those of link scope."""
    return [Said(f) for f in eye.frames()
            if f[HEADER + 9] == 2 and f[HEADER + 24] != 0x11 and
            ip_header(f)[12:16] == socket.inet_aton(ROUTER)]


def records(eye, group=None):
    return [r for m in said(eye) for r in m.records
            if not r[1].startswith("224.0.0.") and group in (None, r[1])]


def old(eye):
    return [(m.kind, m.target, m.group) for m in said(eye) if m.kind != 0x22]


def query(lab, version=3, group="0.0.0.0", response=10, sources=()):
    """A query from upstream."""
    to = "224.0.0.1" if group == "0.0.0.0" else group
    message = struct.pack("!BBH4s", 0x11, 0 if version == 1 else response, 0,
                          socket.inet_aton(group))
    if version == 3:
        message += struct.pack("!BBH", 2, 125, len(sources)) + \
            b"".join(map(socket.inet_aton, sources))
    lab.send(packet(SOURCE, to, checksummed(message)))


UPSTREAM = 'interface "in0" { mode = native proxy { %s } }\n'


def downstream(name, options=TIMES):
    return f'interface "{name}" {{ mode = native igmp {{ {options} }} }}\n'


def start(lab, receivers=2, upstream="", extra=""):
    lab.build(receivers)
    router = lab.router()
    router.start(UPSTREAM % upstream + "".join(map(downstream, lab.outs)) +
                 extra, ["in0", *lab.outs])
    until(lambda: router.interface("in0")["owner"] == "proxy", 5, "the owner")
    return router


def member(lab, k, group=GROUP):
    return lab.keep(Member(lab.receivers[k - 1], group))


@pytest.mark.parametrize("version", [2, 3])
def test_the_first_member_is_reported_and_the_last_leave_leaves(lab, version):
    """A state change is said as often as the robustness variable has it; a
    second member changes nothing, and neither does the leave of one."""
    start(lab)
    for host in lab.receivers:
        igmp_version(host, version)
    first = member(lab, 1).join()
    eye = lab.source_eye
    until(lambda: len(records(eye, GROUP)) >= 2, 5, "two reports")
    assert records(eye, GROUP) == [(CHANGE_TO_EXCLUDE, GROUP, [])] * 2
    second = member(lab, 2).join()
    until(lambda: lab.routers[0].groups("out2", GROUP), 5, "the second")
    first.leave()
    until(lambda: not lab.routers[0].groups("out1", GROUP), 5, "a leave")
    assert len(records(eye, GROUP)) == 2
    eye.clear()
    second.leave()
    until(lambda: len(records(eye, GROUP)) >= 2, 5, "leaves")
    assert records(eye, GROUP) == [(CHANGE_TO_INCLUDE, GROUP, [])] * 2


def test_queries_are_answered_within_their_time(lab):
    """General, group, and group-and-source queries, by what is wanted
    (RFC 9776 section 5.2); about other groups nothing is said."""
    router = start(lab)
    for host in lab.receivers:
        igmp_version(host, 3)
    member(lab, 1).join()
    member(lab, 2, SSM).join_source(SOURCE)
    eye = lab.source_eye
    until(lambda: len(records(eye)) >= 4, 5, "both are reported twice")
    asked = [({}, {(MODE_IS_EXCLUDE, GROUP, ()),
                   (MODE_IS_INCLUDE, SSM, (SOURCE,))}),
             ({"group": GROUP}, {(MODE_IS_EXCLUDE, GROUP, ())}),
             ({"group": SSM, "sources": [OTHER, SOURCE]},
              {(MODE_IS_INCLUDE, SSM, (SOURCE,))}),
             ({"group": GROUP, "sources": [OTHER]},
              {(MODE_IS_INCLUDE, GROUP, (OTHER,))})]
    for question, answers in asked:
        eye.clear()
        query(lab, group="239.9.9.9", response=1)
        query(lab, response=5, **question)
        until(lambda n=len(answers): len(records(eye)) >= n, 5, "an answer")
        assert {(k, g, tuple(s)) for k, g, s in records(eye)} == answers
    assert [p for i in router.json("show", "interfaces")
            for p in i["problems"] if "GRO" not in p] == []


@pytest.mark.parametrize("version,report", [(1, 0x12), (2, 0x16)])
def test_an_older_querier_is_spoken_to_in_its_version(lab, version, report):
    """RFC 9776 section 7.2.1: reports to the group; a leave of version 2 to
    all routers, and none in version 1."""
    router = start(lab)
    keep = member(lab, 1).join()
    eye = lab.source_eye
    until(lambda: len(records(eye, GROUP)) >= 2, 5, "version 3")
    query(lab, version=version)
    until(lambda: (report, GROUP, GROUP) in old(eye), 12, "an older report")
    assert router.json("show", "proxy")[0]["host"]["version"] == version
    eye.clear()
    other = member(lab, 2, "239.1.1.2").join()
    until(lambda: old(eye), 5, "a report of what is new")
    assert old(eye)[0] == (report, "239.1.1.2", "239.1.1.2")
    other.leave()
    keep.leave()
    until(lambda: not router.groups("out1") and not router.groups("out2"), 5,
          "both have left")
    if version == 2:
        until(lambda: {o[2] for o in old(eye) if o[0] == 0x17} ==
              {GROUP, "239.1.1.2"}, 5, "leaves")
        assert {o[1] for o in old(eye) if o[0] == 0x17} == {"224.0.0.2"}
    else:
        assert 0x17 not in {o[0] for o in old(eye)}
    assert not records(eye)


def test_sources_of_all_members_are_merged(lab):
    """RFC 4605 section 4.1: of EXCLUDE lists what all block, less what
    somebody includes; differences are ALLOW and BLOCK records."""
    router = start(lab)
    for host in lab.receivers:
        igmp_version(host, 3)
    eye = lab.source_eye
    one, two = member(lab, 1), member(lab, 2)
    one.join_source(SOURCE)
    until(lambda: (ALLOW_NEW, GROUP, [SOURCE]) in records(eye), 5, "one")
    two.join_source(OTHER)
    until(lambda: (ALLOW_NEW, GROUP, [OTHER]) in records(eye), 5, "the other")
    one.leave_source(SOURCE)
    until(lambda: (BLOCK_OLD, GROUP, [SOURCE]) in records(eye), 5, "a leave")
    three = lab.keep(Member(lab.receivers[0], GROUP)).join()
    until(lambda: (CHANGE_TO_EXCLUDE, GROUP, []) in records(eye), 5, "any")
    eye.clear()
    three.block(SOURCE)
    until(lambda: (BLOCK_OLD, GROUP, [SOURCE]) in records(eye), 5, "a block")
    three.block(OTHER)  # which the second host wants
    three.unblock(SOURCE)
    until(lambda: (ALLOW_NEW, GROUP, [SOURCE]) in records(eye), 5, "no block")
    assert OTHER not in {s for _, _, listed in records(eye) for s in listed}
    assert router.json("show", "proxy", "in0")[0]["host"]["groups"][GROUP][
        "mode"] == "exclude"


def test_data_goes_both_ways(lab):
    """Down to who has joined, whatever route there is to the source; up from
    any host, and to other hosts that have joined (section 4.3)."""
    router = start(lab)
    member(lab, 1).join()
    until(lambda: router.groups("out1", GROUP), 5, "the member")
    far = "198.51.100.7"  # no route leads there
    frames = [datagram(far, GROUP, b"%d" % n) for n in range(20)]
    lab.send(*frames)
    until(lambda: len(lab.eyes[0].frames(GROUP)) == 20, 5, "20 packets")
    for sent, got in zip(frames, lab.eyes[0].frames(GROUP)):
        check_copy(sent, got, lab.rtr.mac("out1"))
    assert not lab.eyes[1].frames(GROUP)
    up = lab.keep(Sender(lab.receivers[1], "r0"))
    lab.eyes[0].clear()
    for n in range(20):
        up.send(datagram("10.2.2.1", GROUP, b"up %d" % n))
        up.send(datagram("10.2.2.1", "239.7.7.7", b"alone %d" % n))
    lab.net.gro(lab.src, "src0")
    until(lambda: len(lab.eyes[0].frames(GROUP)) == 20, 5, "to the member")
    assert router.mroute("10.2.2.1", GROUP)["oifs"] == ["in0", "out1"]
    assert router.mroute("10.2.2.1", "239.7.7.7")["oifs"] == ["in0"]
    lab.source_eye.clear()
    for n in range(20):
        up.send(datagram("10.2.2.1", GROUP, b"more %d" % n))
    until(lambda: len(lab.source_eye.frames(GROUP)) == 20, 5, "upstream")
    assert [payload(f) for f in lab.source_eye.frames(GROUP)] == \
        [b"more %d" % n for n in range(20)]


def test_joins_by_command_are_asked_for_as_well(lab):
    """What an operator has joined downstream is reported like a host's."""
    router = start(lab)
    eye = lab.source_eye
    router.cli("join", "out1", SSM, SOURCE)
    until(lambda: (ALLOW_NEW, SSM, [SOURCE]) in records(eye), 5, "a report")
    router.cli("leave", "out1", SSM, SOURCE)
    until(lambda: (BLOCK_OLD, SSM, [SOURCE]) in records(eye), 5, "a leave")
    assert "proxy" in router.refused("join", "in0", GROUP)


def second_upstream(lab):
    """Another way up, through out2, whose host becomes a router."""
    return downstream("out1") + \
        'interface "out2" { mode = native proxy { priority = 200 } }\n'


def by_out2(lab):
    return [Said2(f).records for f in lab.eyes[1].frames()
            if f[HEADER + 9] == 2 and f[HEADER + 24] == 0x22 and
            ip_header(f)[12:16] == socket.inet_aton("10.2.2.254")]


class Said2(Said):
    """The same of the other upstream."""

    def __init__(self, frame):
        message = frame[HEADER + 24:]
        assert ones_sum(message[:8 + 8]) is not None
        self.records = [struct.unpack("!BBH4s", message[8:16])]


def test_the_next_upstream_takes_over_and_gives_back(lab):
    """Fail-over is live: reports and the flow's iif move to the next upstream
    when the link of the first goes, and back when it returns."""
    lab.build(2)
    router = lab.router()
    router.start(UPSTREAM % "priority = 10" + second_upstream(lab),
                 ["in0", *lab.outs])
    member(lab, 1).join()
    until(lambda: len(records(lab.source_eye, GROUP)) >= 2, 5, "by the first")
    lab.send(datagram("198.51.100.7", GROUP))
    until(lambda: (router.mroute("198.51.100.7", GROUP) or {}).get("iif") ==
          "in0", 5, "the first iif")
    lab.src.ip("link", "set", "src0", "down")
    until(lambda: router.mroute("198.51.100.7", GROUP)["iif"] == "out2", 5,
          "the second iif")
    until(lambda: by_out2(lab), 5, "reports by the second")
    up2 = lab.keep(Sender(lab.receivers[1], "r0"))
    up2.send(*[datagram("198.51.100.7", GROUP, b"%d" % n) for n in range(9)])
    until(lambda: len(lab.eyes[0].frames(GROUP)) >= 9, 5, "data by it")
    assert [u["groups"]["224.0.0.0/4"] for u in router.json("show", "proxy")] \
        == [False, True]
    lab.src.ip("link", "set", "src0", "up")
    until(lambda: router.mroute("198.51.100.7", GROUP)["iif"] == "in0", 5,
          "back")
    until(lambda: router.json("show", "proxy", "out2")[0]["reported"] == 0, 5,
          "a leave by the second")


def test_groups_go_by_the_longest_prefix(lab):
    """Each group is asked for by its own upstream, and by no other."""
    lab.build(2)
    router = lab.router()
    router.start(UPSTREAM % "" + downstream("out1") +
                 'interface "out2" { mode = native '
                 'proxy { groups = {239.2.0.0/16} } }\n', ["in0", *lab.outs])
    member(lab, 1).join()
    member(lab, 1, "239.2.1.1").join()
    until(lambda: by_out2(lab), 5, "reports by out2")
    until(lambda: records(lab.source_eye), 5, "reports by in0")
    assert {r[1] for r in records(lab.source_eye)} == {GROUP}
    assert {r[0][3] for r in by_out2(lab)} == \
        {socket.inet_aton("239.2.1.1")}
    # The source is one by the RIB; each group comes by its own way.
    for eye, group in (lab.sender, GROUP), (
            lab.keep(Sender(lab.receivers[1], "r0")), "239.2.1.1"):
        eye.send(datagram("198.51.100.7", group))
    until(lambda: (router.mroute("198.51.100.7", GROUP) or {}).get("iif") ==
          "in0", 5, "by in0")
    until(lambda: (router.mroute("198.51.100.7", "239.2.1.1") or {}
                   ).get("iif") == "out2", 5, "by out2")
    up = lab.keep(Sender(lab.receivers[0], "r0"))
    up.send(datagram("10.2.1.1", "239.2.1.1"), datagram("10.2.1.1", GROUP))
    until(lambda: (router.mroute("10.2.1.1", GROUP) or {}).get("oifs") ==
          ["in0"], 5, "up by in0")
    until(lambda: (router.mroute("10.2.1.1", "239.2.1.1") or {}
                   ).get("oifs") == ["out2"], 5, "up by out2")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_leaves_no_group(lab, how):
    """Forwarding goes on while there is no daemon; the one that follows says
    what is wanted again, and never that it is not."""
    router = start(lab)
    member(lab, 1).join()
    until(lambda: len(records(lab.source_eye, GROUP)) >= 2, 5, "a report")
    lab.send(datagram(SOURCE, GROUP))
    until(lambda: lab.eyes[0].frames(GROUP), 5, "data")
    lab.source_eye.clear()
    router.stop(how)
    lab.eyes[0].clear()
    lab.send(*[datagram(SOURCE, GROUP, b"%d" % n) for n in range(50)])
    until(lambda: len(lab.eyes[0].frames(GROUP)) == 50, 5, "without a daemon")
    router.start(ready=["in0", *lab.outs])
    until(lambda: len(records(lab.source_eye, GROUP)) >= 2, 10, "once more")
    assert {r[0] for r in records(lab.source_eye, GROUP)} == \
        {CHANGE_TO_EXCLUDE}
    lab.send(*[datagram(SOURCE, GROUP, b"%d" % n) for n in range(50)])
    until(lambda: len(lab.eyes[0].frames(GROUP)) == 100, 5, "and with it")
    query(lab, response=5)
    until(lambda: (MODE_IS_EXCLUDE, GROUP, []) in records(lab.source_eye), 5,
          "an answer")


def test_a_bridge_that_snoops_and_asks_delivers(lab):
    """Upstream is the kernel's own querier: a bridge gives the group to who
    has reported it, and goes on as long as its queries are answered."""
    lab.build(1)
    sender = lab.net.namespace("sender")
    lab.src.ip("addr", "flush", "dev", "src0")
    lab.src.run("ip", "link", "add", "br0", "type", "bridge",
                "mcast_snooping", 1, "mcast_querier", 1,
                "mcast_query_interval", 200, "mcast_query_response_interval",
                100, "mcast_membership_interval", 500,
                "mcast_startup_query_interval", 50, "mcast_igmp_version", 3,
                "mcast_query_use_ifaddr", 1)
    lab.src.ip("link", "set", "src0", "master", "br0")
    lab.src.ip("addr", "add", "10.1.0.1/24", "dev", "br0")
    lab.src.ip("link", "set", "br0", "up")
    lab.net.link(lab.src, "p-send", sender, "s0")
    lab.src.ip("link", "set", "p-send", "master", "br0")
    router = lab.router()
    router.start(UPSTREAM % "" + downstream("out1"), ["in0", "out1"])
    member(lab, 1).join()

    def ports():
        return lab.src.run("bridge", "mdb", "show").stdout

    until(lambda: GROUP in ports(), 10, "the bridge knows the member")
    stream = lab.keep(Sender(sender, "s0"))
    until(lambda: router.json("show", "proxy")[0]["host"]["querier"] ==
          "10.1.0.1", 15, "its queries are heard")
    answers = len(records(lab.source_eye, GROUP))
    until(lambda: len(records(lab.source_eye, GROUP)) >= answers + 3, 20,
          "answers for longer than a membership lasts")
    assert GROUP in ports()
    stream.send(*[datagram("10.1.0.77", GROUP, b"%d" % n) for n in range(30)])
    until(lambda: len(lab.eyes[0].frames(GROUP)) == 30, 5, "the data")


def test_join_group_needs_no_proxy(lab):
    """The router itself is a member upstream, for a static route: the
    configuration says so, a reload takes it back, and sources are said."""
    lab.build(1)
    router = lab.router()
    route = lab.mroute("*", GROUP, "in0", ["out1"])
    text = ('interface "in0" {{ mode = native host {{ '
            'join-group = {{{0}}} }} }}\n'
            'interface "out1" {{ mode = native }}\n')
    router.start(text.format(f'"{GROUP}", "{SSM} {SOURCE}"') + route,
                 ["in0", "out1"])
    eye = lab.source_eye
    until(lambda: len(records(eye)) >= 4, 5, "reports")
    assert {(k, g, tuple(s)) for k, g, s in records(eye)} == {
        (CHANGE_TO_EXCLUDE, GROUP, ()), (ALLOW_NEW, SSM, (SOURCE,))}
    eye.clear()
    query(lab, response=5)
    until(lambda: len(records(eye)) >= 2, 5, "an answer, by a gate that no "
          "IGMP router has opened")
    lab.send(datagram(SOURCE, GROUP))
    until(lambda: lab.eyes[0].frames(GROUP), 5, "data by the static route")
    eye.clear()
    router.write_config(text.format(f'"{SSM} {OTHER}"') + route)
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: {(CHANGE_TO_INCLUDE, GROUP, ()),
                   (BLOCK_OLD, SSM, (SOURCE,)), (ALLOW_NEW, SSM, (OTHER,))} <=
          {(k, g, tuple(s)) for k, g, s in records(eye)}, 5, "the difference")



def test_what_the_router_joins_itself_outlives_the_members(lab):
    """Hosts' wishes and its own are one membership upstream: the leave of the
    last host says what is left, which is what the router has joined."""
    router = start(lab, upstream='} host { join-group = {"%s %s"}' %
                   (GROUP, SOURCE))
    eye = lab.source_eye
    until(lambda: (ALLOW_NEW, GROUP, [SOURCE]) in records(eye), 5, "its own")
    host = member(lab, 1).join()
    until(lambda: (CHANGE_TO_EXCLUDE, GROUP, []) in records(eye), 5, "hosts'")
    host.leave()
    until(lambda: (CHANGE_TO_INCLUDE, GROUP, [SOURCE]) in records(eye), 5,
          "what is left")
    assert (CHANGE_TO_INCLUDE, GROUP, []) not in records(eye)
    assert router.json("show", "proxy")[0]["reported"] == 0
    assert list(router.json("show", "proxy")[0]["host"]["groups"]) == [GROUP]


def test_monitor_tells_of_the_upstream(lab):
    """Each change of the interface that groups are asked for on."""
    lab.build(1)
    router = lab.router()
    router.start('interface "in0" { mode = native }\n' + downstream("out1"),
                 ["in0", "out1"])
    seen = lab.directory / "monitor"
    with seen.open("w", encoding="utf-8") as out:
        lab.net.start(router.namespace, BUILD / "xmgm", "-i", router.instance,
                      "-j", "monitor", stdout=out)
    def listens():
        for way in "join", "leave":
            router.cli(way, "out1", SSM, SOURCE)
        return SSM in seen.read_text(encoding="utf-8")

    until(listens, 10, "a monitor that listens")

    def told():
        return [json.loads(line) for line in seen.read_text(
            encoding="utf-8").splitlines() if '"upstream"' in line]

    def turn(way):
        lab.src.ip("link", "set", "src0", way)

    router.write_config(UPSTREAM % "" + downstream("out1"))
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: [(e["interface"], e["groups"]) for e in told()][-1:] ==
          [("in0", "224.0.0.0/4")], 10, "the upstream")
    turn("down")
    until(lambda: told()[-1]["interface"] is None, 10, "none")
    turn("up")
    until(lambda: told()[-1]["interface"] == "in0", 10, "it again")


def test_join_group_waits_for_its_interface(lab):
    """One that comes later, or comes back, is told of what is joined there."""
    lab.build(1)
    router = lab.router()
    router.start('interface "late0" { mode = native host { join-group = "%s" '
                 '} }\n' % GROUP)
    far = lab.net.namespace("far")
    for _ in range(2):
        lab.net.link(lab.rtr, "late0", far, "x0")
        eye = lab.keep(Capture(far, "x0"))
        lab.rtr.ip("addr", "add", "10.1.0.254/24", "dev", "late0")
        until(lambda seen=eye: (CHANGE_TO_EXCLUDE, GROUP, []) in
              records(seen), 10, "a report")
        lab.rtr.ip("link", "del", "late0")

def test_release_leaves_all_groups(lab):
    """With on-stop = release nobody will be there: the router says so."""
    router = start(lab, extra="on-stop = release\n")
    member(lab, 1).join()
    until(lambda: len(records(lab.source_eye, GROUP)) >= 2, 5, "a report")
    lab.source_eye.clear()
    router.stop()
    until(lambda: (CHANGE_TO_INCLUDE, GROUP, []) in records(lab.source_eye),
          5, "a leave")


@pytest.mark.parametrize("options,sentence", [
    ('interface "in0" { proxy { } igmp { } }', "section igmp"),
    ('interface "in0" { proxy { } } interface "out1" { proxy { } }',
     "priority"),
    ('interface "in0" { proxy { groups = {239.0.0.0/8, 239.0.0.0/8} } }',
     "239.0.0.0/8 twice"),
    ('interface "in0" { proxy { groups = {10.0.0.0/8} } }',
     "prefix of IPv4 groups"),
    ('interface "in0" { proxy { prority = 3 } }', "did you mean 'priority'"),
    ('interface "in0" { host { join-group = {"224.0.0.5"} } }',
     "group that is routed"),
])
def test_what_cannot_work_is_refused_by_name(lab, options, sentence):
    """With file and line, and the daemon goes on as it was."""
    lab.build(1)
    router = lab.router()
    router.write_config(options + "\n")
    done = router.namespace.run(router.xmgmd, "-n", "-f", router.config,
                                check=False)
    assert done.returncode
    assert sentence in done.stderr
    assert f"{router.config}:1:" in done.stderr


def test_an_upstream_can_become_a_downstream_by_a_reload(lab):
    """The groups are left there, IGMP has the interface, and the proxy is no
    client of the manager any more."""
    router = start(lab)
    member(lab, 1).join()
    until(lambda: len(records(lab.source_eye, GROUP)) >= 2, 5, "a report")
    lab.source_eye.clear()
    router.write_config("".join(map(downstream, ["in0", *lab.outs])))
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: (CHANGE_TO_INCLUDE, GROUP, []) in records(lab.source_eye),
          5, "a leave")
    until(lambda: router.interface("in0")["owner"] == "igmp", 5, "IGMP's")
    until(lambda: "proxy" not in {
        p["name"] for p in router.json("show", "protocols")}, 5, "its end")
    assert router.groups("out1", GROUP)


def test_tshark_finds_nothing_wrong_with_what_is_said(lab, tmp_path):
    """Reports of versions 1 to 3, leaves, and lists longer than the MTU."""
    if not shutil.which("tshark"):
        pytest.skip("tshark is not installed")
    router = start(lab, extra="".join(
        f'join {{ interface = "out2" group = "{SSM}" source = "10.7.{k // 200}'
        f'.{k % 200 + 1}" }}\n' for k in range(500)))
    eye = lab.source_eye
    kept = member(lab, 1).join()
    until(lambda: len({s for _, g, listed in records(eye, SSM)
                       for s in listed}) == 500, 10, "all sources")
    for version, kind in (2, 0x16), (1, 0x12):
        query(lab, version=version, response=5)
        until(lambda k=kind: len({o[2] for o in old(eye) if o[0] == k}) == 2,
              15, "both groups")
        if version == 2:
            kept.leave()
            until(lambda: 0x17 in {o[0] for o in old(eye)}, 5, "a leave")
            kept.join()
            until(lambda: router.groups("out1", GROUP), 5, "joined again")
    capture = tmp_path / "reports.pcap"
    write_pcap(capture, [f for f in eye.frames() if f[HEADER + 9] == 2])
    shown = lab.src.run(
        "tshark", "-r", capture, "-o", "ip.check_checksum:TRUE", "-T",
        "fields", "-e", "igmp.type", "-e", "ip.ttl", "-e",
        "igmp.checksum.status", "-e", "ip.checksum.status", "-e",
        "_ws.malformed", "-e", "_ws.expert", "-Y",
        f"ip.src == {ROUTER} && ip.dst != 224.0.0.22 || igmp.num_grp_recs",
    ).stdout
    lines = [line.split("\t") for line in shown.splitlines()]
    assert {int(line[0], 0) for line in lines} == {0x12, 0x16, 0x17, 0x22}
    assert {tuple(line[1:]) for line in lines} == {("1", "1", "1", "", "")}


def test_frr_upstream_learns_of_the_member_and_of_its_leave(lab):
    """FRR's pimd is the querier upstream: its queries are answered, and when
    the last member has left it asks for the group, which it had."""
    if not frr():
        pytest.skip("FRR is not here: make frr")
    lan = Lan(lab)
    _, eye = lan.host()
    pimd = Pimd(lab.net, lan.port("frr", 2), lab.directory / "frr",
                ["query-max-response-time 10", "query-interval 2"])
    pimd.start()
    router = lan.router("a", 1)
    host = lab.net.namespace("down")
    lab.net.link(router.namespace, "d0", host, "r0")
    lab.net.gro(host, "r0")
    router.namespace.ip("addr", "add", "10.8.0.254/24", "dev", "d0")
    host.ip("addr", "add", "10.8.0.1/24", "dev", "r0")
    router.start('interface "e0" { mode = native proxy { } }\n' +
                 downstream("d0"), ["e0", "d0"])
    joined = lab.keep(Member(host, GROUP)).join()
    until(lambda: router.json("show", "proxy")[0]["host"] and router.json(
        "show", "proxy")[0]["host"]["querier"] == "10.9.0.2", 20,
        "FRR's queries")
    until(lambda: router.json("show", "proxy")[0]["host"]["counters"][
        "reports"] >= 4, 20, "answers")
    eye.clear()
    joined.leave()
    until(lambda: queries(eye, GROUP), 10, "FRR asks who is left")
    assert {q.source for q in queries(eye, GROUP)} == {"10.9.0.2"}
