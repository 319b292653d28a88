# SPDX-License-Identifier: GPL-2.0-only
"""IGMP of an older version where it is configured, and what reaches a router
other than by the groups it routes."""

import signal

from frames import Sender
from hosts import igmp_version, leave2, packet, queries, report2
from test_igmp import GROUP, ROUTERS, joined, member, start, stream
from topology import until

SHORT = ("version = 1 robustness = 2 query-interval = 10.5 "
         "startup-query-interval = 1")


def test_version_1(lab):
    """A version 1 host joins, is asked in version 1, and no leave counts."""
    router = start(lab, times=SHORT)
    asked = queries(lab.eyes[0])
    assert {(len(q.message), q.message[1], q.destination) for q in asked} == \
        {(8, 0, "224.0.0.1")}
    igmp_version(lab.receivers[0], 1)
    socket = member(lab, 1).join()
    assert joined(router, "out1")["version"] == 1
    stream(lab)
    assert socket.datagrams() == [b"%d" % n for n in range(10)]
    member(lab, 2).join()  # a newer host has heard us: it speaks version 1
    assert joined(router, "out2")["version"] == 1
    sender = lab.keep(Sender(lab.receivers[1], "r0"))
    sender.send(packet("10.2.2.1", "224.0.0.2", leave2(GROUP)))
    until(lambda: router.json("show", "stats")["protocol-igmp"]["leaves_v1_mode"], 5,
          "a leave that is ignored")
    assert router.groups("out2", GROUP)
    assert not queries(lab.eyes[1], GROUP)


def test_a_report_to_the_routers_own_address(lab):
    """RFC 9776 section 4.2.14: accepted to any address of the interface."""
    router = start(lab)
    host = lab.receivers[0]
    frame = packet("10.2.1.1", "10.2.1.254", report2(GROUP))
    sender = lab.keep(Sender(host, "r0"))
    sender.send(lab.rtr.mac("out1") + frame[6:])
    assert joined(router, "out1")["last_reporter"] == "10.2.1.1"


def test_the_host_is_a_member_of_the_routers_groups(lab):
    """RFC 9776 section 6: so that switches and drivers let reports through."""
    router = start(lab)

    def groups(name):
        text = lab.rtr.run("ip", "-4", "maddr", "show", "dev", name).stdout
        return {g for g in ("224.0.0.2", ROUTERS) if f"inet  {g}\n" in text}

    for name in ("in0", *lab.outs):
        assert groups(name) == {"224.0.0.2", ROUTERS}
    router.write_config('interface "in0" {}\n'
                        'interface "out1" { igmp {} }\n'
                        'interface "out2" {}\n')
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: not groups("out2") and not groups("in0"), 5,
          "the end of the memberships")
    assert groups("out1") == {"224.0.0.2", ROUTERS}
