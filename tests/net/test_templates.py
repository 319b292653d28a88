# SPDX-License-Identifier: GPL-2.0-only
"""Static routes of prefixes of sources and groups, as seen on the wire."""

import signal

from conftest import SENTINEL, SOURCE
from frames import check_copy, datagram, payload
from topology import until

NEAR, FAR = SOURCE, "192.0.2.9"


def send(lab, *flows):
    """One packet of each; what each receiver has of them, by group."""
    for eye in lab.eyes:
        eye.clear()
    sent = [datagram(source, group, f"{source} {group}".encode())
            for source, group in flows]
    lab.send(*sent)
    lab.settle()
    seen = []
    for k, eye in enumerate(lab.eyes):
        seen.append([])
        for before in sent:
            for frame in eye.frames():
                if payload(frame) == payload(before):
                    check_copy(before, frame, lab.rtr.mac(f"out{k + 1}"))
                    seen[-1].append(payload(frame).decode())
    return seen


def words(*flows):
    return [f"{source} {group}" for source, group in flows]


def test_each_flow_in_a_prefix_is_forwarded(lab):
    """Whatever the routes to its source are; and no other is."""
    lab.build(2)
    router = lab.start(
        lab.mroute("192.0.2.0/24", "239.1.0.0/16", "in0", lab.outs) +
        lab.mroute("*", "239.2.0.0/16", "in0", ["out1"]))
    mine = [(FAR, "239.1.0.1"), (FAR, "239.1.255.1"), (FAR, "239.2.0.1"),
            (NEAR, "239.2.0.2")]
    assert send(lab, *mine, (FAR, "239.3.0.1"), (NEAR, "239.1.0.1")) == \
        [words(*mine), words(*mine[:2])]
    shown = router.mroute(FAR, "239.1.0.1")
    assert (shown["iif"], shown["oifs"], shown["state"]) == \
        ("in0", ["out1", "out2"], "forwarding")
    assert shown["expires_s"] > 0


def test_commands_and_a_restart(lab):
    """What a command says is kept; taken back, flows go by the RIB again."""
    lab.build(2)
    router = lab.start()
    flow = (FAR, "239.1.0.1")
    router.cli("mroute", "add", "192.0.2.0/24", "239.1.0.0/16", "from", "in0",
               "to", "out1")
    assert send(lab, flow) == [words(flow), []]
    router.stop(signal.SIGKILL)
    router.start(None, ["in0", *lab.outs])
    assert send(lab, flow) == [words(flow), []]
    router.cli("mroute", "add", "192.0.2.0/24", "239.1.0.0/16", "from", "in0",
               "to", "out2")
    until(lambda: send(lab, flow) == [[], words(flow)], 5, "the other oif")
    router.cli("mroute", "del", "192.0.2.0/24", "239.1.0.0/16")
    until(lambda: send(lab, flow) == [[], []], 5, "an end of the route")
    assert "there is no static route (192.0.2.0/24, 239.1.0.0/16)" in \
        router.refused("mroute", "del", "192.0.2.0/24", "239.1.0.0/16")


def test_what_says_most_counts(lab):
    lab.build(3)
    router = lab.start(
        lab.mroute("*", "239.0.0.0/8", "in0", ["out1"]) +
        lab.mroute("192.0.2.0/24", "239.0.0.0/8", "in0", ["out2"]) +
        lab.mroute(FAR, "239.1.1.1", "in0", ["out3"]))
    flows = [(NEAR, "239.1.1.1"), (FAR, "239.1.1.2"), (FAR, "239.1.1.1")]
    assert send(lab, *flows) == [[w] for w in words(*flows)]
    router.cli("mroute", "del", FAR, "239.1.1.1")
    until(lambda: send(lab, *flows) ==
          [words(flows[0]), words(*flows[1:]), []], 5, "the prefix's route")


def test_what_is_no_prefix_is_refused_by_name(lab):
    lab.build(1)
    router = lab.start()
    for source, group, sentence in (
            ("10.0.0.1/8", "239.1.0.0/16", "prefix '10.0.0.1/8'"),
            ("*", "239.1.0.0/8", "group '239.1.0.0/8' is not a prefix"),
            ("*", "224.0.0.0/24", "has no groups in it that are routed"),
            ("*", "*", "group '*' is not an IPv4 address"),
            ("239.0.0.0/8", "239.1.1.1", "prefix 239.0.0.0/8 is multicast")):
        assert sentence in router.refused("mroute", "add", source, group,
                                          "from", "in0", "to", "out1")
