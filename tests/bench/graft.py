#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""How long it takes from a host's join to its first packet, where a flow has
been pruned at two routers: IGMP's report, a graft of r2, one of r1's oif.

      src ---- r1 ---- r2 ---- dst

Many groups flow all the while and are joined one after the other; each has a
packet every 5 ms, which is part of what is measured. Adds dvmrp.join_to_first_ms
to build/bench.json.  Usage: graft.py BUILD
"""

import json
import os
import pathlib
import statistics
import sys
import tempfile
import threading
import time

BUILD = pathlib.Path(sys.argv[1]).resolve()
os.environ["XMGM_BUILD"] = str(BUILD)
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "net"))

import topology  # noqa: E402  it has to know where the programs are
from conftest import Lab  # noqa: E402
from dvmrp import Domain, prefix_of  # noqa: E402
from frames import datagram  # noqa: E402
from topology import until  # noqa: E402

GROUPS = [f"239.2.0.{n}" for n in range(1, 101)]
PERIOD = 0.005


class Flood:
    """A packet of each group in each period."""

    def __init__(self, host):
        self._frames = [datagram(host.address, g) for g in GROUPS]
        self._host, self._ended = host, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        due = time.monotonic()
        while not self._ended.is_set():
            self._host.sender.send(*self._frames)
            due += PERIOD
            time.sleep(max(0, due - time.monotonic()))

    def close(self):
        self._ended.set()
        self._thread.join()


def first_packet_ms(host, group):
    member = host.member(group)
    member._socket.settimeout(5)
    start = time.monotonic()
    member.join()
    member._socket.recv(100)
    took = (time.monotonic() - start) * 1000
    return took


def measure(lab):
    domain = Domain(lab, ["xmgm", "xmgm"])
    src, dst = domain.line()
    first, second = domain.routers
    domain.know(prefix_of(src), {first: 1, second: 2}, 60)
    until(lambda: all(r["dependents"] for x in first.show("routes")
                      if x["prefix"] == prefix_of(src)
                      for n, r in x["downstream"].items() if n == "e1"), 60,
          "a dependent")
    flood = Flood(src)
    until(lambda: len([p for p in second.show("prunes") if p["prune_sent"]
                       and p["group"] in GROUPS]) == len(GROUPS), 60,
          "all are pruned")
    times = sorted(first_packet_ms(dst, g) for g in GROUPS)
    flood.close()
    return {"joins": len(times), "p50": round(statistics.median(times), 2),
            "p99": round(times[int(len(times) * 0.99) - 1], 2),
            "max": round(times[-1], 2)}


def main():
    topology.own_mounts()
    with tempfile.TemporaryDirectory() as directory:
        lab = Lab(pathlib.Path(directory))
        try:
            result = measure(lab)
        finally:
            lab.close()
    path = BUILD / "bench.json"
    shown = json.loads(path.read_text(encoding="utf-8")) if path.exists() \
        else {}
    shown.setdefault("dvmrp", {})["join_to_first_ms"] = result
    path.write_text(json.dumps(shown, indent=2) + "\n", encoding="utf-8")
    print(f"DVMRP, join to first packet over two hops (ms): {result}")


main()
