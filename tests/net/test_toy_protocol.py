# SPDX-License-Identifier: GPL-2.0-only
"""The Python client of doc/protocol.md: what it does, and that nothing is
lost when it is killed."""

import pathlib
import re

import pytest

from conftest import SOURCE
from test_changes import Stream
from test_handshake import SLOW
from test_igmp import GROUP, joined, member, start, stream
from topology import until

TOP = pathlib.Path(__file__).resolve().parents[2]
TOY = pathlib.Path(__file__).with_name("toy_protocol.py")


class Toy:
    def __init__(self, lab, router, interface, *options):
        self._out = lab.directory / f"toy{len(list(lab.directory.iterdir()))}"
        with self._out.open("wb") as out:
            self._process = lab.net.start(
                lab.rtr, "/usr/bin/python3", TOY, router.socket, interface,
                *options, stdout=out, stderr=out)

    def text(self):
        return self._out.read_text(encoding="utf-8")

    def says(self, pattern):
        def found():
            if re.search(pattern, self.text(), re.M):
                return True
            assert self._process.poll() is None, self.text()
            return False
        until(found, 10, pattern)
        return self

    def kill(self):
        self._process.kill()
        self._process.wait()


def vetoed(lab, router, toy):
    """Of a new flow, out2 has all and out1 none. A toy that this machine has
    not let speak for 200 ms has no say in a flow: then the next one counts."""
    for last in range(10, 20):
        source = f"10.1.0.{last}"
        late = router.json("show", "stats")["manager"]["request_timeouts"]
        stream(lab, source=source, group="239.2.2.2")
        assert len(lab.eyes[1].frames("239.2.2.2", source)) == 10
        stats = router.json("show", "stats")["manager"]
        if (re.search(rf'^mgm.creation .*"{source}"', toy.text(), re.M)
                and stats["request_timeouts"] == late):
            break
    assert not lab.eyes[0].frames("239.2.2.2", source), "vetoed"


def test_it_owns_hears_and_vetoes(lab):
    """An interface on which IGMP is: its members are the toy's to know."""
    router = start(lab)
    member(lab, 1, "239.2.2.2").join()
    member(lab, 2, "239.2.2.2").join()
    for oif in lab.outs:
        joined(router, oif, "239.2.2.2")
    toy = Toy(lab, router, "out1")
    toy.says("^take EINPROGRESS").says("^settled True")
    toy.says("^mgm.local_join .*239.2.2.2").says('ownership .*"result": null')
    assert router.interface("out1")["owner"] == "toy"
    until(lambda: (stream(lab, group=GROUP), lab.eyes[0].frames(GROUP, SOURCE))
          [1], 10, "what its membership wants")
    vetoed(lab, router, toy)
    socket = member(lab, 1, "239.3.3.3").join()
    toy.says("^mgm.local_join .*239.3.3.3")
    socket.leave()
    toy.says("^mgm.local_leave .*239.3.3.3")
    toy.kill()


@pytest.mark.load
@pytest.mark.parametrize("returns", [True, False])
def test_killed_under_load_nothing_is_lost(lab, returns):
    """kill -9. In its grace time it is back without a handshake; if it does
    not return, IGMP has the interface by the handshake."""
    router = start(lab, times=SLOW)
    toy = Toy(lab, router, "out1", "10000" if returns else "300")
    toy.says("ownership")
    count = 100000
    traffic = Stream(lab, lab.receivers, count, ready=lambda: [
        joined(router, oif) for oif in lab.outs])
    until(lambda: router.mroute(SOURCE, GROUP), 5, "the flow")
    epoch = router.interface("out1")["epoch"]
    toy.kill()
    if returns:
        assert router.interface("out1")["owner"] == "toy"
        toy = Toy(lab, router, "out1").says("^take True").says("^settled")
        assert router.interface("out1")["epoch"] == epoch
    else:
        until(lambda: router.interface("out1")["owner"] == "igmp", 10,
              "IGMP's interface")
        assert router.interface("out1")["epoch"] == epoch + 1
    assert traffic.running(), "all of it was inside the stream"
    for host in lab.receivers:
        assert traffic.result(host) == {
            "unique": count, "lost": 0, "duplicates": 0, "disordered": 0,
            "strange": 0}
    if returns:
        toy.kill()


def test_the_document_shows_it():
    """doc/protocol.md has the program as it is tested."""
    text = (TOP / "doc/protocol.md").read_text(encoding="utf-8")
    assert TOY.read_text(encoding="utf-8").split('"""\n', 1)[1] in text
