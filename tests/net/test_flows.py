# SPDX-License-Identifier: GPL-2.0-only
"""What becomes of some flows besides being forwarded: the TTL that copies get,
and rate limits of flows and of interfaces.
"""

import signal

from conftest import SENTINEL, SOURCE
from frames import check_copy, datagram, payload
from hosts import Member
from topology import until

GROUP, OTHER, PLAIN = "239.1.1.1", "239.1.1.2", "239.2.1.1"


def text(lab, flows, **options):
    names = ["in0", *lab.outs]
    return ("".join(f'interface "{name}" {{ {options.get(name, "")} }}\n'
                    for name in names) + flows +
            lab.mroute(SOURCE, GROUP, "in0", lab.outs) +
            lab.mroute("*", OTHER, "in0", lab.outs) +
            lab.mroute(SOURCE, PLAIN, "in0", lab.outs) +
            lab.mroute(*SENTINEL, "in0", lab.outs))


def start(lab, flows="", **options):
    router = lab.router()
    router.start(text(lab, flows, **options), ["in0", *lab.outs])
    return router


def reload(lab, router, flows, **options):
    router.write_config(text(lab, flows, **options))
    router.daemon.send_signal(signal.SIGHUP)


def flow(group, words, source="*"):
    return (f'flow {{ source = "{source}" group = "{group}"\n'
            f'  {words} }}\n')


def ttls(lab, group, *arrive):
    """With which TTLs packets leave that arrive with these."""
    for eye in lab.eyes:
        eye.clear()
    sent = [datagram(SOURCE, group, b"ttl %d" % ttl, ttl=ttl)
            for ttl in arrive]
    lab.send(*sent)
    lab.settle()
    for k, eye in enumerate(lab.eyes):
        for frame in eye.frames(group):
            like = datagram(SOURCE, group, payload(frame), ttl=frame[22] + 1)
            check_copy(like, frame, lab.rtr.mac(f"out{k + 1}"))
    left = [[(payload(f).decode(), f[22]) for f in eye.frames(group)]
            for eye in lab.eyes]
    assert all(one == left[0] for one in left)
    return [ttl for _, ttl in left[0]]


def test_copies_leave_with_the_ttl_of_their_flow(lab):
    """Set, or at least so much; also of what arrives with none left."""
    lab.build(2)
    start(lab, flow(GROUP, "ttl = 32") +
          flow("239.1.0.0/16", "min-ttl = 8"))
    assert ttls(lab, GROUP, 64, 2, 1, 200) == [32, 32, 32, 32]
    assert ttls(lab, OTHER, 64, 9, 8, 2, 1) == [63, 8, 8, 8, 8]
    assert ttls(lab, PLAIN, 2, 1, 0) == [1]


def test_the_clone_path_does_so_too(lab):
    """A socket of the router is there as well; it gets what arrived."""
    lab.build(2)
    router = start(lab, flow(GROUP, "ttl = 32"))
    local = lab.keep(Member(lab.rtr, GROUP, "in0")).join()
    until(lambda: lab.send(datagram(SOURCE, GROUP, b"is it heard")) or
          local.datagrams(), 10, "the clone path")
    lab.settle()
    before = router.verdicts()["cloned"]
    assert ttls(lab, GROUP, 64, 2) == [32, 32]
    until(lambda: {b"ttl 64", b"ttl 2"} <= set(local.datagrams()), 5,
          "both at the socket")
    assert router.verdicts()["cloned"] == before + 2


def test_the_threshold_is_that_of_the_copy(lab):
    lab.build(2)
    start(lab, flow(GROUP, "min-ttl = 16"), out2="ttl-threshold = 16",
          out1="ttl-threshold = 16")
    assert ttls(lab, GROUP, 2) == [16]
    assert ttls(lab, OTHER, 2) == []


def test_a_reload_and_a_restart(lab):
    lab.build(1)
    router = start(lab, flow(GROUP, "ttl = 32"))
    assert ttls(lab, GROUP, 64) == [32]
    reload(lab, router, flow(GROUP, "ttl = 48"))
    until(lambda: ttls(lab, GROUP, 64) == [48], 5, "the other TTL")
    router.stop(signal.SIGKILL)
    assert ttls(lab, GROUP, 64) == [48]
    router.start(None, ["in0", *lab.outs])
    assert ttls(lab, GROUP, 64) == [48]
    reload(lab, router, "")
    until(lambda: ttls(lab, GROUP, 64) == [63], 5, "no treatment")


def burst(lab, group, source=SOURCE, count=100):
    """How many of 1028 bytes come out; 63 fit into 64 KiB. The flow is known
    before: what is held while its route is made is not limited."""
    lab.send(datagram(source, group, b""))
    lab.settle()
    for eye in lab.eyes:
        eye.clear()
    lab.send(*[datagram(source, group, bytes(1000)) for _ in range(count)])
    lab.settle()
    seen = {len(eye.frames(group, source)) for eye in lab.eyes}
    assert len(seen) == 1
    return seen.pop()


def test_a_flow_over_its_rate_is_dropped_and_counted(lab):
    """Each flow of the section has its own; others are not limited."""
    lab.build(2)
    router = start(lab, flow(OTHER, "rate-limit = 1"))
    first = burst(lab, OTHER)
    assert 63 <= first <= 64
    assert 63 <= burst(lab, OTHER, "10.1.0.7") <= 64
    assert burst(lab, GROUP) == 100
    shown = router.mroute(SOURCE, OTHER)
    assert shown["packets"] == first + 1
    assert shown["rate_dropped"] == 100 - first
    assert shown["rate_dropped_bytes"] == (100 - first) * 1028
    assert router.verdicts()["rate"] >= 2 * 36
    assert "rate_dropped" not in router.mroute(SOURCE, GROUP)
    reload(lab, router, flow(OTHER, "rate-limit = 100000"))
    until(lambda: burst(lab, OTHER) == 100, 5, "a higher rate")


def test_an_interface_over_its_rate_drops_of_all_flows(lab):
    lab.build(1)
    router = start(lab, in0="rate-limit = 1")
    for eye in lab.eyes:
        eye.clear()
    lab.send(*[datagram(SOURCE, GROUP, bytes(1000)) for _ in range(40)],
             *[datagram(SOURCE, OTHER, bytes(1000)) for _ in range(40)])
    until(lambda: router.interface("in0")["rate_dropped"] >= 16, 5,
          "80 of 1028 bytes are more than 64 KiB")
    shown = router.interface("in0")
    eye = lab.eyes[0]
    passed = 80 - shown["rate_dropped"]
    until(lambda: len(eye.frames(GROUP)) + len(eye.frames(OTHER)) == passed,
          5, "the others")
    assert 63 <= passed <= 64 and shown["rate_limit"] == 1
    assert router.verdicts()["interface-rate"] == 80 - passed
    reload(lab, router, "")
    until(lambda: burst(lab, GROUP) == 100, 5, "no limit")
    assert "rate_limit" not in router.interface("in0")


def test_what_cannot_be_is_refused_by_name(lab):
    lab.build(1)
    router = start(lab)
    for words, sentence in (
            ('flow { ttl = 3 }', "flow has no group: add group"),
            ('flow { group = "10.0.0.1" }', "group 10.0.0.1 is not multicast"),
            ('flow { group = "239.1.1.1" ttl = 256 }',
             "ttl is '256': write a number from 0 to 255"),
            ('flow { group = "239.1.1.1" ttl = 3 min-ttl = 4 }',
             "flow (*, 239.1.1.1) has both ttl and min-ttl"),
            ('flow { group = "239.1.1.1" }\nflow { group = "239.1.1.1" }',
             "flow (*, 239.1.1.1) has a section already"),
            ('flow { group = "239.1.1.1" rate-limit = -1 }',
             "rate-limit is '-1'")):
        reload(lab, router, words + "\n")
        until(lambda s=sentence: s in router.log_text(), 5, sentence)


def test_show_config_can_be_read_back(lab):
    lab.build(1)
    router = start(lab, flow("239.1.0.0/16", "min-ttl = 8 rate-limit = 5",
                             "10.1.0.0/16"), in0="rate-limit = 7000")
    router.cli("mroute", "add", "10.0.0.0/8", "239.3.0.0/16", "from", "in0",
               "to", "out1")
    shown = router.cli("show", "config").stdout
    assert 'source = "10.0.0.0/8"' in shown
    assert 'group = "239.3.0.0/16"' in shown
    assert "rate-limit = 7000" in shown and "rate-limit = 5" in shown
    router.write_config(shown)
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: "was read again" in router.log_text(), 5, "a reload")
    assert ttls(lab, OTHER, 2, 64) == [8, 63]
