# SPDX-License-Identifier: GPL-2.0-only
"""New flows: what comes before the route is known is held, not lost."""

from conftest import SOURCE
from frames import check_copy, datagram, payload
from topology import until

GROUP = "239.1.2.3"


def numbered(count, source=SOURCE, group=GROUP):
    return [datagram(source, group, b"%d" % n, id=n) for n in range(count)]


def test_first_packets_are_held_and_delivered_in_order(lab):
    """A flow nobody has seen loses nothing, and its order is kept."""
    lab.build(2)
    router = lab.start()
    for oif in lab.outs:
        router.cli("join", oif, GROUP)
    sent = numbered(30)
    lab.send(*sent)
    for k, eye in enumerate(lab.eyes):
        until(lambda seen=eye: len(seen.frames(GROUP)) >= 30, 5,
              f"30 packets at r{k + 1}")
        got = eye.frames(GROUP)
        assert len(got) == 30
        for before, after in zip(sent, got):
            check_copy(before, after, lab.rtr.mac(f"out{k + 1}"))
    until(lambda: router.mroute(SOURCE, GROUP)["state"] == "forwarding", 5,
          "the flow in the fast path")
    verdicts = router.verdicts()
    assert verdicts["miss"] == 1
    assert verdicts["hold-overflow"] == verdicts["replay-miss"] == 0
    lab.nothing_came_back()


def test_a_thousand_new_flows_lose_nothing(lab):
    """Many new flows at once: three packets each, all of them arrive."""
    lab.build(1)
    router = lab.start()
    groups = [f"239.5.{n // 250}.{n % 250 + 1}" for n in range(1000)]
    router.cli("join", "out1", groups[0])
    rpc = router.rpc()
    for group in groups[1:]:
        answer = rpc.call("join", interface="out1", group=group)
        assert "result" in answer, answer
    rpc.close()
    for n in range(3):
        lab.send(*[datagram(SOURCE, group, b"%d" % n) for group in groups])
    until(lambda: len(lab.eyes[0].frames()) >= 3000, 20, "3000 packets")
    arrived = {}
    for frame in lab.eyes[0].frames():
        arrived.setdefault(frame[30:34], []).append(payload(frame))
    assert len(arrived) == 1000
    assert all(sorted(seen) == [b"0", b"1", b"2"]
               for seen in arrived.values())
    assert router.verdicts()["miss"] == 1000


def test_hold_is_bounded(lab):
    """A flow longer than the hold loses the rest, and that is counted."""
    lab.build(1)
    router = lab.start("limits { hold-packets = 8 }\n")
    router.cli("join", "out1", GROUP)
    router.daemon.send_signal(19)  # SIGSTOP: nobody answers for now
    try:
        lab.send(*numbered(50))
    finally:
        router.daemon.send_signal(18)  # SIGCONT
    until(lambda: len(lab.eyes[0].frames(GROUP)) >= 8, 5, "the held packets")
    lab.settle()
    assert [payload(f) for f in lab.eyes[0].frames(GROUP)] == \
        [b"%d" % n for n in range(8)]
    verdicts = router.verdicts()
    assert verdicts["hold-overflow"] == 42
    assert verdicts["miss"] + verdicts["held"] == 8


def test_unwanted_flow_becomes_negative(lab):
    """Nobody wants it: told once, then dropped in XDP; a join ends that."""
    lab.build(1)
    router = lab.start()
    lab.send(*numbered(1))
    until(lambda: (router.mroute(SOURCE, GROUP) or {}).get("state") ==
          "negative", 5, "a negative entry")
    before = router.verdicts()
    lab.send(*numbered(20))
    lab.settle()
    change = router.verdicts() - before
    assert change["negative"] == 20 and change["miss"] == 0
    assert not lab.eyes[0].frames(GROUP)
    router.cli("join", "out1", GROUP)
    lab.send(*numbered(20))
    lab.settle()
    assert len(lab.eyes[0].frames(GROUP)) == 20


def test_route_serves_the_next_packet(lab):
    """When `mroute add` has returned, the very next packet is forwarded."""
    lab.build(2)
    router = lab.start()
    for n in range(20):
        group = f"239.6.0.{n + 1}"
        router.cli("mroute", "add", SOURCE, group, "from", "in0", "to",
                   *lab.outs[:1 + n % 2])
        lab.send(datagram(SOURCE, group))
    lab.settle()
    assert len(lab.eyes[0].frames(source=SOURCE)) == 20
    assert len(lab.eyes[1].frames(source=SOURCE)) == 10


def test_flow_of_another_subnet_needs_a_route_back(lab):
    """RPF: a source whose route points elsewhere is not forwarded."""
    lab.build(2)
    router = lab.start()
    router.cli("join", "out2", GROUP)
    lab.send(datagram("10.2.1.77", GROUP))
    until(lambda: router.mroute("10.2.1.77", GROUP), 5, "an entry")
    entry = router.mroute("10.2.1.77", GROUP)
    assert entry["iif"] != "in0" or entry["state"] == "negative"
    lab.settle()
    assert not lab.eyes[1].frames(GROUP)
