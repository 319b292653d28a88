# SPDX-License-Identifier: GPL-2.0-only
"""`make bench-nic`, the benchmark for two machines: here two namespaces, and
a packet socket where the kernel has no pktgen."""

import json
import os
import pathlib
import signal
import subprocess

from router import BUILD
from topology import until

SCRIPT = pathlib.Path(__file__).resolve().parents[1] / "bench/nic.sh"


def test_two_machines_back_to_back(lab):
    """The router forwards what the tester sends to each of its ports, says
    so, and leaves nothing behind."""
    tester, router = lab.net.namespace("tester"), lab.net.namespace("nic")
    for near, far in ("in0", "tx0"), ("out1", "rx1"), ("out2", "rx2"):
        lab.net.link(router, near, tester, far)
        lab.net.gro(tester, far)
    result = lab.directory / "nic.json"
    env = {**os.environ, "BUILD": str(BUILD), "DURATION": "1",
           "SIZES": "60 512", "RESULT": str(result)}
    program = lab.net.start(router, SCRIPT, "router", "in0", "out1", "out2",
                            env=env, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT)
    said = []

    def ready():
        said.append(program.stdout.readline())
        assert said[-1] or program.poll() is None, "".join(said)
        return said[-1].startswith("ready")

    until(ready, 30, "the router")
    table = tester.run(SCRIPT, "tester", "tx0", "rx1", "rx2", env=env).stdout
    program.send_signal(signal.SIGINT)
    rest, _ = program.communicate(timeout=20)
    assert program.returncode == 0, rest
    rows = json.loads(result.read_text(encoding="utf-8"))["nic"]
    assert [row["bytes"] for row in rows] == [60, 512]
    assert len(table.splitlines()) == 2
    for row in rows:
        assert row["sent"] > 1000
        for port in "rx1", "rx2":
            assert 0 < row["received"][port] <= row["sent"] + 100
    assert "forwarded" in rest and "out2 out" in rest
    assert "xdp" not in router.ip("link", "show", "dev", "in0"), "detached"


def test_what_it_refuses(lab):
    there = lab.net.namespace("nic")
    for words, why in ((), "usage"), (["router", "e9"], "usage"), \
            (["tester", "e8", "e9"], "there is no interface e8"):
        done = there.run(SCRIPT, *words, check=False)
        assert done.returncode == 1 and why in done.stderr
