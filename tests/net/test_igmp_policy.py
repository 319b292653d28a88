# SPDX-License-Identifier: GPL-2.0-only
"""What an operator lets hosts have, with real hosts that want more."""

from conftest import SOURCE
from hosts import igmp_version
from test_igmp import OTHER, TIMES, joined, member, start, stream
from test_show import Monitor
from topology import until


def stats(router):
    return router.json("show", "stats")["protocol-igmp"]


def test_policy_of_groups_sources_and_hosts(lab):
    """The first rule that fits decides; nothing refused is on the wire."""
    rules = ('policy = {"allow group 239.1.1.1 host 10.2.1.1", '
             '"deny group 239.1.1.0/24", '
             f'"deny source {OTHER}"}}')
    router = start(lab, times=f"{TIMES} {rules}")
    member(lab, 1).join()
    igmp_version(lab.receivers[1], 2)
    member(lab, 2).join()
    joined(router, "out1")
    until(lambda: stats(router)["policy_groups"], 5, "a refusal")
    assert not router.groups("out2", "239.1.1.1")
    both = member(lab, 1, "239.2.2.2").join_source(SOURCE)
    both.join_source(OTHER)
    until(lambda: stats(router)["policy_sources"], 5, "a refused source")
    stream(lab)
    stream(lab, group="239.2.2.2")
    stream(lab, source=OTHER, group="239.2.2.2")
    assert len(lab.eyes[0].frames("239.1.1.1", SOURCE)) == 10
    assert not lab.eyes[1].frames("239.1.1.1", SOURCE)
    assert len(lab.eyes[0].frames("239.2.2.2", SOURCE)) == 10
    assert not lab.eyes[0].frames("239.2.2.2", OTHER)
    assert "policy denies it" in router.log_text()


def test_monitor_tells_of_limits(lab):
    """At 80 % of max-groups, and when one is refused; the problem stays."""
    router = start(lab, times=f"{TIMES} max-groups = 5 "
                   "max-groups-per-host = 5")
    monitor = Monitor(router)
    for last in range(1, 7):
        member(lab, 1, f"239.3.0.{last}").join()
    told = until(lambda: len(monitor.events("igmp-limit")) >= 2 and
                 monitor.events("igmp-limit"), 10, "two events")
    assert [(e["limit"], e["max"], e["interface"], e["refused"])
            for e in told] == [("max-groups", 5, "out1", False),
                               ("max-groups", 5, "out1", True)]
    assert "four fifths of max-groups (5)" in router.log_text()
    until(lambda: "max-groups (5)" in
          str(router.interface("out1")["problems"]), 5, "a problem shown")
