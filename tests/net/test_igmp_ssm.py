# SPDX-License-Identifier: GPL-2.0-only
"""Source-specific groups with real hosts that know sources, and older ones
that do not."""

from conftest import SOURCE
from frames import Sender
from hosts import igmp_version, leave2, packet, queries
from test_igmp import OTHER, TIMES, joined, member, start, stream
from topology import until

GROUP = "232.1.2.3"


def router_of(lab, text, only=""):
    """As start(), with a section of IGMP in the file."""
    return start(lab, times=TIMES + " " + only, extra=text)


def test_a_version_2_host_gets_the_sources_of_the_map(lab):
    """Its any-source report becomes (S,G), and its leave ends it."""
    router = router_of(lab, "igmp { ssm-map = "
                       f'{{"232.1.0.0/16 {SOURCE}"}} }}\n')
    igmp_version(lab.receivers[0], 2)
    socket = member(lab, 1, GROUP).join()
    state = joined(router, "out1", GROUP)
    assert state["mode"] == "include"
    assert [s["address"] for s in state["sources"]] == [SOURCE]
    stream(lab, source=SOURCE, group=GROUP)
    stream(lab, source=OTHER, group=GROUP)
    assert len(lab.eyes[0].frames(GROUP, SOURCE)) == 10
    assert not lab.eyes[0].frames(GROUP, OTHER)
    socket.leave()
    until(lambda: queries(lab.eyes[0], GROUP), 5, "a specific query")
    until(lambda: not router.groups("out1", GROUP), 10, "the group's end")
    lab.eyes[0].clear()
    stream(lab, source=SOURCE, group=GROUP)
    assert not lab.eyes[0].frames(GROUP, SOURCE)


def test_version_2_hosts_that_stay_answer_for_mapped_sources(lab):
    """A neighbour's leave does not end what a real version 2 host hears."""
    router = router_of(lab, "igmp { ssm-map = "
                       f'{{"232.1.0.0/16 {SOURCE}"}} }}\n')
    igmp_version(lab.receivers[0], 2)
    member(lab, 1, GROUP).join()
    joined(router, "out1", GROUP)
    sender = lab.keep(Sender(lab.receivers[0], "r0"))
    asked = router.json("show", "stats")["protocol-igmp"]["ssm_mapped"]
    sender.send(packet("10.2.1.77", "224.0.0.2", leave2(GROUP)))
    until(lambda: queries(lab.eyes[0], GROUP), 5, "a specific query")
    until(lambda: router.json("show", "stats")["protocol-igmp"]["ssm_mapped"]
          >= asked + 2, 5, "the answer")
    assert router.groups("out1", GROUP)


def test_groups_of_an_interface_that_is_source_specific_only(lab):
    """A join of any source is ignored, one of a source is not."""
    router = router_of(lab, "", "ssm-only = true")
    member(lab, 1, "239.1.1.1").join()
    until(lambda: router.json("show", "stats")["protocol-igmp"]
          ["not_source_specific"], 5, "a report that is ignored")
    assert not router.groups("out1", "239.1.1.1")
    member(lab, 2, "239.1.1.1").join_source(SOURCE)
    joined(router, "out2", "239.1.1.1")
    stream(lab, source=SOURCE, group="239.1.1.1")
    assert not lab.eyes[0].frames("239.1.1.1", SOURCE)
    assert len(lab.eyes[1].frames("239.1.1.1", SOURCE)) == 10
