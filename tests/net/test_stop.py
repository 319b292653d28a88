# SPDX-License-Identifier: GPL-2.0-only
"""What the data plane does when its daemon has stopped, or died."""

import signal

import pytest

from conftest import SOURCE
from frames import check_copy, datagram, payload
from hosts import Member
from topology import until

KNOWN, NEW, UNWANTED = "239.1.1.1", "239.9.9.9", "239.8.8.8"


def begin(lab, extra=""):
    """One route, a member of another group, a flow that nobody wants."""
    lab.build(1)
    router = lab.start(lab.mroute(SOURCE, KNOWN, "in0", ["out1"]) +
                       f'join {{ interface = "out1" group = "{NEW}" }}\n' +
                       extra)
    lab.send(datagram(SOURCE, UNWANTED))
    until(lambda: router.mroute(SOURCE, UNWANTED), 5, "a negative entry")
    return router


def listener(lab, group):
    """The kernel's own member: it gets what XDP passes."""
    return lab.keep(Member(lab.rtr, group, "in0")).join()


def send_until(lab, router, group, reason, timeout=10):
    """Packets, one at a time, until one has got this verdict."""
    def one():
        lab.send(datagram(SOURCE, group, b"again"))
        return router.verdicts()[reason]
    until(one, timeout, f"{group} with {reason}")


def still_forwards(lab):
    sent = datagram(SOURCE, KNOWN, b"known")
    lab.send(sent)
    copy, = until(lambda: lab.eyes[0].frames(KNOWN), 5, "a copy")
    check_copy(sent, copy, lab.rtr.mac("out1"))


def test_after_a_clean_stop_new_flows_are_the_kernels(lab):
    """on-stop = keep: known flows go on, others are passed at once."""
    router = begin(lab)
    locals_ = [listener(lab, group) for group in (NEW, UNWANTED)]
    assert router.stop() == 0
    held = router.holding()
    lab.send(datagram(SOURCE, NEW, b"new"), datagram(SOURCE, UNWANTED, b"no"))
    until(lambda: [s.datagrams() for s in locals_] == [[b"new"], [b"no"]], 5,
          "both at the kernel's own members")
    assert router.verdicts()["unattended"] == 2
    assert router.holding() == held
    assert not lab.eyes[0].frames(NEW)
    still_forwards(lab)
    assert "2 routes go on forwarding" in router.log_text()
    assert f"xmgm -i {router.instance} detach --all" in router.log_text()


def test_after_a_kill_new_flows_are_the_kernels_in_three_seconds(lab):
    """Nobody has said that the daemon is gone: its heartbeat does."""
    router = begin(lab)
    local = listener(lab, NEW)
    router.stop(signal.SIGKILL)
    send_until(lab, router, NEW, "unattended")
    until(local.datagrams, 5, "a packet at the kernel's own member")
    still_forwards(lab)


def test_a_restart_at_once_loses_nothing_of_a_new_flow(lab):
    """Killed and started again: what came between waits for the new one."""
    router = begin(lab)
    router.stop(signal.SIGKILL)
    sent = [datagram(SOURCE, NEW, b"%d" % n) for n in range(20)]
    lab.send(*sent[:10])
    until(lambda: router.verdicts()["held"] >= 9, 5, "packets in the ring")
    router.start(ready=["in0", *lab.outs])
    lab.send(*sent[10:])
    until(lambda: len(lab.eyes[0].frames(NEW)) >= 20, 10, "all copies")
    assert [payload(f) for f in lab.eyes[0].frames(NEW)] == \
        [payload(f) for f in sent]
    for frame, copy in zip(sent, lab.eyes[0].frames(NEW)):
        check_copy(frame, copy, lab.rtr.mac("out1"))
    assert router.verdicts()["unattended"] == 0


def test_a_daemon_that_comes_later_hears_of_new_flows(lab):
    """After a stop and a start new flows are reported and forwarded again."""
    router = begin(lab)
    router.stop()
    lab.send(datagram(SOURCE, NEW, b"lost"))
    until(lambda: router.verdicts()["unattended"] == 1, 5, "one passed")
    router.start(ready=["in0", *lab.outs])
    lab.send(datagram(SOURCE, NEW, b"new"))
    until(lambda: lab.eyes[0].frames(NEW), 5, "a copy")
    assert [payload(f) for f in lab.eyes[0].frames(NEW)] == [b"new"]


@pytest.mark.parametrize("setting", ["keep", "release"])
def test_on_stop(lab, setting):
    """release: nobody owns an interface, nothing is forwarded, all passed."""
    router = begin(lab, f"on-stop = {setting}\n")
    assert router.json("show", "config")["on-stop"] == setting
    local = listener(lab, KNOWN)
    epoch = router.interface("in0")["epoch"]
    router.stop()
    rows = {i["name"]: i for i in router.json("show", "interfaces")}
    if setting == "keep":
        assert rows["in0"]["owner"] == "static"
        still_forwards(lab)
        return
    assert rows["in0"]["owner"] is None and rows["in0"]["xdp"] == "native"
    assert rows["in0"]["epoch"] == epoch + 1
    assert not router.dump("mfc")
    lab.send(datagram(SOURCE, KNOWN, b"known"))
    until(lambda: local.datagrams() == [b"known"], 5, "it passed")
    assert router.verdicts()["unowned"] > 0
    assert not lab.eyes[0].frames(KNOWN)
    assert "nothing is forwarded" in router.log_text()
    router.start(ready=["in0", *lab.outs])
    still_forwards(lab)
