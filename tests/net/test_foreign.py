# SPDX-License-Identifier: GPL-2.0-only
"""Another multicast router of this machine, the kernel's, beside xmgm on the
same interfaces: it gets what xmgm has no use for, and xmgm's flows it does not.
"""

import signal
import socket
import struct

import pytest

from conftest import SOURCE
from frames import check_copy, datagram, payload
from test_left_to_kernel import KernelRouter
from topology import until

OURS = "239.7.1.1"
THEIRS = "239.7.2.2"


def config(lab, word=None):
    line = f"foreign = {word}" if word else ""
    return "".join(f'interface "{name}" {{ igmp {{ }} {line} }}\n'
                   for name in ["in0", *lab.outs])


def start(lab, word=None):
    router = lab.router()
    router.start(config(lab, word), ["in0", *lab.outs])
    return router


def is_foreign(lab, router, name="in0"):
    return any(item["key"] == lab.rtr.ifindex(name) and
               item["value"]["flags"] & 4
               for item in router.dump("interfaces"))


def kernel_router(lab):
    kernel = KernelRouter(lab, "in0", "out1", "out2")
    kernel.route(SOURCE, THEIRS, "in0", "out1")
    return kernel


def send(lab, group, count=10, first=0):
    frames = [datagram(SOURCE, group, b"number %d" % n)
              for n in range(first, first + count)]
    lab.send(*frames)
    return frames


def arrived(lab, group, frames, eye=0):
    """These, in any order, each once, as a router sends them."""
    until(lambda: len(lab.eyes[eye].frames(group)) >= len(frames), 5,
          f"{len(frames)} copies")
    got = {payload(f): f for f in lab.eyes[eye].frames(group)}
    assert len(lab.eyes[eye].frames(group)) == len(frames)
    for sent in frames:
        check_copy(sent, got[payload(sent)], lab.rtr.mac(f"out{eye + 1}"))


def wrong_in_kernel(lab, group):
    """Packets that the kernel's entry had from a wrong interface."""
    text = lab.rtr.run("cat", "/proc/net/ip_mr_cache").stdout
    for line in text.splitlines()[1:]:
        words = line.split()
        if socket.inet_ntoa(struct.pack("=I", int(words[0], 16))) == group:
            return int(words[5])
    return None


def test_what_xmgm_has_no_use_for_the_kernel_forwards(lab):
    """Also the first packets, which were held until that was known."""
    lab.build(2)
    router = start(lab)
    kernel_router(lab)
    until(lambda: is_foreign(lab, router), 5, "the flag")
    sent = send(lab, THEIRS)
    arrived(lab, THEIRS, sent)
    sent += send(lab, THEIRS, first=10)
    arrived(lab, THEIRS, sent)
    assert router.verdicts()["foreign"] == 20
    assert router.mroute(SOURCE, THEIRS)["state"] == "negative"


def test_what_xmgm_forwards_is_xmgms_alone(lab):
    """Each copy once, although the kernel has an entry for it as well."""
    lab.build(2)
    router = start(lab)
    kernel = kernel_router(lab)
    kernel.route(SOURCE, OURS, "in0", "out1")
    until(lambda: is_foreign(lab, router), 5, "the flag")
    router.cli("join", "out1", OURS)
    sent = send(lab, OURS, 50)
    arrived(lab, OURS, sent)
    assert router.verdicts()["foreign"] == 0


def problems(router, name="in0"):
    return [p for p in router.interface(name)["problems"]
            if "the kernel's multicast router has an entry" in p]


def test_an_entry_of_the_kernels_for_a_flow_of_ours_is_a_problem(lab):
    """Whoever was first; not for what is the kernel's alone."""
    lab.build(2)
    router = start(lab)
    kernel = kernel_router(lab)
    router.cli("join", "out1", OURS)
    arrived(lab, OURS, send(lab, OURS, 5))
    arrived(lab, THEIRS, send(lab, THEIRS, 5))
    assert not problems(router)
    kernel.route(SOURCE, OURS, "in0", "out1")
    until(lambda: problems(router), 5, "a problem of in0")
    assert problems(router) == [
        f"({SOURCE}, {OURS}): xmgm forwards it from here, and the kernel's "
        "multicast router has an entry for it as well, which gets no packet: "
        "take it out of one of them (`ip mroute` shows the kernel's)"]
    assert not problems(router, "out1")
    router.cli("join", "out2", THEIRS)
    until(lambda: problems(router) and " and 1 more:" in problems(router)[0],
          5, "both flows")
    router.cli("leave", "out2", THEIRS)
    kernel.unroute(SOURCE, OURS)
    until(lambda: not problems(router), 5, "no problem")
    kernel.route(SOURCE, OURS, "in0", "out1")
    until(lambda: problems(router), 5, "the problem again")
    router.stop(signal.SIGKILL)
    router.start(None, ["in0", *lab.outs])
    until(lambda: problems(router), 5, "what was there at the start")
    kernel.close()
    until(lambda: not problems(router), 5, "no kernel's router")


def test_it_follows_the_kernels_router(lab):
    """Dropped without it, passed while it is there, dropped again."""
    lab.build(2)
    router = start(lab)
    send(lab, THEIRS, 3)
    until(lambda: router.mroute(SOURCE, THEIRS), 5, "an entry")
    assert not is_foreign(lab, router)
    kernel = kernel_router(lab)
    until(lambda: is_foreign(lab, router), 5, "the flag")
    arrived(lab, THEIRS, send(lab, THEIRS, 5, 3))
    kernel.close()
    until(lambda: not is_foreign(lab, router), 5, "no flag")
    before = router.verdicts()["foreign"]
    send(lab, THEIRS, 3)
    until(lambda: router.verdicts()["negative"] >= 3, 5, "drops")
    assert router.verdicts()["foreign"] == before


@pytest.mark.parametrize("word", ["pass", "drop"])
def test_the_option_decides(lab, word):
    """Whether or not the kernel's router is there, and after a reload."""
    lab.build(2)
    router = start(lab, word)
    if word == "drop":
        kernel_router(lab)
    send(lab, THEIRS, 5)
    name = {"pass": "foreign", "drop": "negative"}[word]
    until(lambda: router.mroute(SOURCE, THEIRS), 5, "an entry")
    send(lab, THEIRS, 5)
    until(lambda: router.verdicts()[name] >= 5, 5, "verdicts")
    assert not lab.eyes[0].frames(THEIRS)
    other = {"pass": "drop", "drop": "pass"}[word]
    router.write_config(config(lab, other))
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: is_foreign(lab, router) == (other == "pass"), 5, "the other")


def test_wrong_interfaces_are_told_to_the_kernel_at_a_rate(lab):
    """The flow arrives on in0, where xmgm forwards it from out2."""
    lab.build(2)
    router = start(lab)
    router.cli("mroute", "add", SOURCE, OURS, "from", "out2", "to", "out1")
    kernel = kernel_router(lab)
    kernel.route(SOURCE, OURS, "out2", "out1")
    until(lambda: is_foreign(lab, router), 5, "the flag")
    send(lab, OURS, 200)
    until(lambda: router.mroute(SOURCE, OURS)["wrong_if"] == 200, 5, "drops")
    passed = router.verdicts()["foreign"]
    assert 1 <= passed <= 3
    until(lambda: wrong_in_kernel(lab, OURS) == passed, 5, "the kernel's count")
