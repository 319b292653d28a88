# SPDX-License-Identifier: GPL-2.0-only
"""xmgm doctor on real interfaces: what it finds is so, and each remedy that it
prints does away with the finding."""

import json
import shlex

import pytest

from topology import until


def findings(router, *args):
    """By (interface, the first words), and the exit status."""
    done = router.cli("-j", "doctor", *args, check=False)
    rows = json.loads(done.stdout)
    worst = {"note": 0, "warning": 3, "error": 4}
    assert done.returncode == max(
        (worst[row["level"]] for row in rows), default=0), done.stderr
    return rows


def of(rows, about, words):
    return [row for row in rows
            if row["about"] == about and words in row["text"]]


def veth(lab, *options):
    lab.rtr.ip("link", "add", "a0", "type", "veth", "peer", "name", "b0")
    lab.rtr.ip("link", "set", "a0", "up")
    lab.rtr.ip("link", "set", "b0", "up", *options)
    lab.rtr.ip("addr", "add", "10.7.0.1/24", "dev", "a0")
    lab.rtr.ip("addr", "add", "10.7.0.2/24", "dev", "b0")


def mend(lab, row):
    lab.rtr.run(*shlex.split(row["remedy"]))


@pytest.mark.parametrize("words, spoil", [
    ("cannot take redirected frames", None),
    ("it is down", ("link", "set", "a0", "down")),
    ("multicast is switched off", ("link", "set", "a0", "multicast", "off")),
    ("its MTU is 1400", ("link", "set", "a0", "mtu", "1400")),
])
def test_the_remedy_does_away_with_the_finding(lab, words, spoil):
    lab.build(0)
    veth(lab)
    router = lab.router()
    if spoil:
        lab.rtr.run("ethtool", "-K", "b0", "gro", "on")
        lab.rtr.ip(*spoil)
    row, = of(findings(router, "a0", "b0"), "a0", words)
    mend(lab, row)
    until(lambda: not of(findings(router, "a0", "b0"), "a0", words), 5,
          "the end of it")


def test_a_strict_filter_is_noted_with_what_loosens_it(lab):
    lab.build(0)
    veth(lab)
    router = lab.router()
    assert not of(findings(router, "a0"), "a0", "rp_filter")
    lab.rtr.sysctl("net/ipv4/conf/all/rp_filter", 1)
    row, = of(findings(router, "a0"), "a0", "rp_filter is strict")
    mend(lab, row)
    assert not of(findings(router, "a0"), "a0", "rp_filter")


def test_without_words_it_looks_at_the_interfaces_of_the_router(lab):
    lab.build(2)
    router = lab.router()
    router.start('interface "in0" {}\ninterface "out1" {}\n',
                 ["in0", "out1"])
    rows = findings(router)
    assert not of(rows, "out2", "")
    assert of(rows, "out1", "its own MAC")
    assert not [row for row in rows if row["level"] == "error"]
    lab.rtr.ip("link", "set", "out1", "allmulticast", "off")
    row, = of(findings(router), "out1", "ALLMULTI")
    assert row["level"] == "error"
    mend(lab, row)
    assert not of(findings(router), "out1", "ALLMULTI")


def test_problems_the_router_sees_are_among_the_findings(lab):
    lab.build(1)
    lab.receivers[0].run("ethtool", "-K", "r0", "gro", "off")
    router = lab.router()
    router.start(lab.mroute("10.1.0.1", "239.1.1.1", "in0", lab.outs),
                 ["in0", "out1"])
    problem = until(lambda: router.interface("out1")["problems"], 5,
                    "the problem")[0]
    row, = of(findings(router), "out1", problem)
    assert row["level"] == "warning"


def test_an_interface_that_is_not_there_is_an_error_by_its_name(lab):
    lab.build(0)
    rows = findings(lab.router(), "nowhere0")
    row, = of(rows, "nowhere0", "no such interface")
    assert row["level"] == "error"


def test_it_tells_of_other_multicast_routers_here_and_not_elsewhere(lab):
    lab.build(0)
    router = lab.router()
    shell = lab.rtr.run("sh", "-c", "command -v sleep").stdout.strip()
    program = lab.directory / "igmpproxy"
    program.symlink_to(shell)
    lab.net.start(lab.rtr, program, "60")
    until(lambda: of(findings(router, "in0"), "machine", "igmpproxy (process"),
          5, "the daemon")
    lab.net.start(lab.src, program, "60")
    assert len(of(findings(router, "in0"), "machine", "igmpproxy")) == 1


def test_a_person_reads_the_remedy_below_the_finding(lab):
    lab.build(0)
    lab.rtr.ip("link", "set", "in0", "down")
    done = lab.router().cli("doctor", "in0", check=False)
    assert done.returncode == 4
    lines = done.stdout.splitlines()
    at = lines.index("error: in0: it is down")
    assert lines[at + 1] == "    ip link set dev in0 up"
