# SPDX-License-Identifier: GPL-2.0-only
"""DVMRP and what is around it: mrinfo and mtrace, IGMP and static on the same
router, hosts that pretend to be routers, reload, monitor and show."""

import json
import re
import shutil
import signal

import pytest

import mrouted

from dvmrp import (GROUP, Domain, Forger, Host, Wire, graft, kinds, message,
                   prefix_of, probe, prune, report)
from router import BUILD, Router
from test_dvmrp import line, pruned
from test_proxy import write_pcap
from topology import until

DEFAULT = (b"\0\0\0", (b"\0", 1))
OURS = kinds(("xmgm",), ("remote",))


def counters(router, interface):
    row, = [r for r in router.show("interfaces")
            if r["interface"] == interface]
    return row["counters"]


def counted(router, interface, name, at_least=1):
    until(lambda: counters(router, interface)[name] >= at_least, 40,
          f"{name} of {interface}")


def alone(lab, kind, options=None):
    """One router between a host that forges and one that listens."""
    domain = Domain(lab, [kind])
    router, = domain.routers
    upper = domain.host("upper", router, "10.9.1")
    lower = domain.host("lower", router, "10.9.2")
    if options:
        router.option("e0", **options)
    domain.start()
    return domain, router, upper, lower


@OURS
def test_only_listed_neighbours_are_believed(lab, routers):
    """A host that says it has the default route has it where nobody is
    listed, and not where `neighbors` says who may be one."""
    _, router, upper, lower = alone(lab, routers[0],
                                    {"neighbors": "{10.9.1.77}"})
    for host, peer in (upper, "10.9.1.1"), (lower, "10.9.2.1"):
        Forger(host, peer)
        until(lambda h=host: probes_answered(router, h), 40, "probes")
    until(lambda: router.neighbors() == {("e1", lower.address)}, 40,
          "one neighbour")
    upper.forge(report(DEFAULT))
    lower.forge(report(DEFAULT))
    until(lambda: router.routes().get("0.0.0.0/0") ==
          ("e1", lower.address, 2), 40, "the default route")
    counted(router, "e0", "not_listed", 2)


def probes_answered(router, host):
    return counters(router, "e0" if host.address == "10.9.1.9" else "e1")[
        "not_listed"] or host.address in {a for _, a in router.neighbors()}


@OURS
def test_filters_and_limits_bound_what_a_neighbour_may_say(lab, routers):
    """accept-routes, accept-default and max-routes: what is over them is
    counted, what is there stays."""
    domain = Domain(lab, routers)
    router, = domain.routers
    upper = domain.host("upper", router, "10.9.1")
    router.option("e0", accept_routes="{10.8.0.0/16}", accept_default="no")
    router.lines.append("max-routes = 5")
    domain.start()
    Forger(upper, "10.9.1.1")
    until(router.neighbors, 40, "a neighbour")
    nets = [(bytes([10, 8, n]), 1) for n in range(10)]
    upper.forge(report(DEFAULT, (b"\xff\xff\0", (b"\x0a\x07\x01", 1), *nets)))
    counted(router, "e0", "limit_routes")
    counted(router, "e0", "routes_filtered", 2)
    learned = {p for p, r in router.routes().items() if r[1]}
    assert learned == {f"10.8.{n}.0/24" for n in range(4)}


@OURS
def test_a_stranger_neither_prunes_nor_grafts(lab, routers):
    """Who is not two-way is not heard, whoever it says it is."""
    _, router, upper, lower = alone(lab, routers[0])
    flow = upper.flow()
    lower.member().join()
    flow.arrives(lower, 40)
    lower.forge(prune(upper.address, GROUP, 100), destination="10.9.2.1")
    lower.forge(graft(upper.address, GROUP), destination="10.9.2.1")
    counted(router, "e1", "not_neighbor", 2)
    lower.forge(probe(3, "10.9.2.1"), source="10.1.1.1")
    lower.forge(probe(3, "10.9.2.1"), ttl=9)
    lower.forge(probe(3, "10.9.2.1")[:-1] + b"x")
    lower.forge(message(11))
    for name in "bad_sender", "bad_ttl", "bad_checksum", "bad_code":
        counted(router, "e1", name)
    flow.clean(lower, 40)
    assert not router.neighbors()
    assert not Wire(lab, router, "e1").messages(9)


@pytest.mark.seconds(500)
@kinds(("xmgm", "mrouted"), ("remote", "mrouted"))
def test_mrinfo_is_told_of_interfaces_and_neighbours(lab, routers):
    """To who is on a link, once a second; to nobody else."""
    domain, _, dst = line(lab, list(reversed(routers)))
    router = domain.routers[1]
    shown = dst.namespace.run(mrouted.programs() / "mrinfo", "-n", "10.9.9.1",
                              check=False).stdout
    asks = "" if router.kind == "remote" else "/querier"
    assert re.search(r"10\.9\.10\.2 -> 10\.9\.10\.1 \S+ \[1/1", shown)
    assert f"10.9.9.1 -> 0.0.0.0 (local) [1/1{asks}/leaf]" in shown
    before = counters(router, "e1")
    for _ in range(20):
        dst.forge(message(5), destination="10.9.9.1", ttl=64)
    dst.forge(message(5), destination="10.9.9.1", source="10.7.7.7", ttl=64)
    counted(router, "e1", "queries", before["queries"] + 20)
    after = counters(router, "e1")
    assert after["queries_limited"] - before["queries_limited"] >= 18
    assert after["answers_sent"] - before["answers_sent"] <= 2


@pytest.mark.seconds(500)
@kinds(("mrouted", "xmgm"), ("xmgm", "mrouted"), ("xmgm", "xmgm"),
       ("mrouted", "remote"))
def test_mtrace_finds_the_way_to_the_source(lab, routers):
    """Each router adds its block, the last one answers."""
    mrouted.need()
    domain, src, dst = line(lab, routers)
    first, second = domain.routers
    first.namespace.ip("route", "add", "10.9.9.0/24", "via", "10.9.10.2")
    dst.namespace.ip("route", "add", "default", "via", "10.9.9.1")
    dst.member().join()
    flow = src.flow()
    flow.arrives(dst, 40)
    with dst.namespace.popen(
            mrouted.programs() / "mtrace", "-n", "-w", "2", "-q", "2",
            "-g", "10.9.9.1", src.address, dst.address, GROUP,
            stdout=-1, stderr=-2) as program:
        shown = ""
        for text in program.stdout:
            shown += text
            if "Round trip" in text:
                break
        program.kill()
    hops = [row.split() for row in shown.splitlines()
            if row.lstrip().startswith("-")]
    assert [h[0] for h in hops] == ["0", "-1", "-2", "-3"] or \
        all(n in shown for n in ("10.9.9.1", "10.9.10.1", src.address)), shown
    assert "DVMRP" in shown, shown


@pytest.mark.seconds(500)
@kinds(("xmgm", "mrouted"), ("remote", "xmgm"))
def test_tshark_finds_nothing_wrong_with_what_is_said(lab, routers, tmp_path):
    """Probes, reports of all prefix lengths, prunes, grafts, their answers,
    and neighbours for mrinfo."""
    if not shutil.which("tshark"):
        pytest.skip("tshark is not installed")
    domain = Domain(lab, routers)
    src, dst = domain.line()
    first, second = domain.routers
    wire, below = Wire(lab, first, "e1"), Wire(lab, first, "e0")
    domain.know(prefix_of(src), {first: 1, second: 2}, 60)
    Forger(src, "10.9.1.1")
    until(lambda: ("e0", src.address) in first.neighbors(), 40, "the forger")
    masks = [((0xFFFFFFFF << (32 - n)) & 0xFFFFFFFF).to_bytes(4, "big")
             for n in range(8, 33)]
    for mask in masks:
        net = bytes(a & b for a, b in zip(b"\x0a\xaa\xaa\xaa", mask))
        width = max((k for k in range(4) if mask[k]), default=0) + 1
        src.forge(report((mask[1:], (net[:width], 3))))
    src.forge(report((b"\0\0\0", (b"\0", 3))))
    until(lambda: len(wire.routes("10.9.10.1")) >= 27, 90, "all are said")
    flow = src.flow()
    until(lambda: pruned(second, src), 40, "a prune")
    member = dst.member().join()
    flow.arrives(dst, 40)
    until(lambda: wire.messages(9), 40, "an acknowledgement")
    member.leave()
    dst.forge(message(5), destination="10.9.9.1", ttl=64)
    src.forge(message(5), destination="10.9.1.1", ttl=64)
    until(lambda: below.messages(6), 40, "neighbours")
    capture = tmp_path / "dvmrp.pcap"
    write_pcap(capture, wire.eye.all_frames() + below.eye.all_frames())
    shown = lab.src.run(
        "tshark", "-r", capture, "-o", "ip.check_checksum:TRUE", "-T",
        "fields", "-e", "dvmrp.v3.code", "-e", "dvmrp.checksum.status", "-e",
        "ip.checksum.status", "-e", "_ws.malformed", "-e", "_ws.expert",
        "-Y", "dvmrp && (ip.src == 10.9.10.1 || ip.src == 10.9.1.1)",
    ).stdout
    rows = [row.split("\t") for row in shown.splitlines()]
    assert {int(row[0], 0) for row in rows} >= {1, 2, 6, 9}
    assert {tuple(row[1:4]) for row in rows} == {("1", "1", "")}
    # A prune may have TTL 1, for it goes no further.
    assert {row[4] for row in rows} <= {
        "", 'Expert Info (Note/Sequence): "Time To Live" only 1'}


def reload(router, text):
    router.router.write_config(text)
    router.router.daemon.send_signal(signal.SIGHUP)


def test_dvmrp_takes_interfaces_from_igmp_and_gives_them_back(lab):
    """By reload, each by the handshake, and IGMP keeps its members."""
    domain = Domain(lab, ["xmgm"])
    router, = domain.routers
    upper = domain.host("upper", router, "10.9.1")
    lower = domain.host("lower", router, "10.9.2")
    router.interfaces = ["e0", "e1"]
    with_dvmrp = router.config()
    without = with_dvmrp.replace("dvmrp {", "dvmrp { enabled = no ")
    router.router.start(without, router.interfaces)
    lower.member().join()
    until(lambda: router.router.groups("e1", GROUP), 40, "a member")
    flow = upper.flow()
    flow.arrives(lower, 40)
    seen = lab.directory / "monitor"
    with seen.open("w", encoding="utf-8") as out:
        lab.net.start(router.namespace, BUILD / "xmgm", "-i",
                      router.router.instance, "-j", "monitor", stdout=out)

    def events():
        return [e for e in map(json.loads, seen.read_text(
            encoding="utf-8").splitlines()) if e.get("interface") == "e1"]

    def handshake(text, owner):
        before = len(events())
        reload(router, text)
        until(lambda: [e["event"] for e in events()[before:]
                       if e["event"] in steps] == steps, 40, "a handshake")
        assert router.router.interface("e1")["owner"] == owner
        assert router.router.groups("e1", GROUP)
        flow.clean(lower, 40)

    steps = ["igmp-disable", "owner", "igmp-enable", "replay-complete"]
    until(lambda: (router.router.cli("join", "e1", "239.9.9.9"),
                   router.router.cli("leave", "e1", "239.9.9.9"),
                   events())[2], 40, "a monitor that listens")
    handshake(with_dvmrp, "dvmrp")
    Forger(lower, "10.9.2.1")
    until(lambda: [e for e in events() if e["event"] == "dvmrp-neighbor" and
                   e["address"] == lower.address and e["state"] == "up"], 40,
          "a neighbour is told of")
    handshake(without, "igmp")
    flow.check_whole(lower, flow.sent // 2, flow.sent - 10)


@pytest.mark.seconds(500)
@kinds(("mrouted", "xmgm"), ("xmgm", "xmgm"), ("mrouted", "remote"))
def test_a_flow_crosses_from_dvmrp_to_a_static_interface(lab, routers):
    """What is joined there by static is grafted upstream, and what is left is
    pruned again: RFC 2715's alerts, both ways."""
    domain = Domain(lab, routers)
    first, second = domain.routers
    src = domain.host("src", first, "10.9.1")
    domain.link(first, second, "10.9.10")
    out = lab.net.namespace("h-static")
    lab.net.link(second.namespace, "s0", out, "h0")
    for there, name, address in (second.namespace, "s0", "10.9.7.1"), \
            (out, "h0", "10.9.7.9"):
        domain.address(there, name, address)
    dst = Host(domain, out, "10.9.7.9")
    second.extra += 'interface "s0" { mode = native }\n'
    domain.start()
    domain.know(prefix_of(src), {first: 1, second: 2}, 60)
    wire = Wire(lab, first, "e1")
    flow = src.flow()
    until(lambda: wire.messages(7), 60, "nobody wants it: a prune")
    second.router.cli("join", "s0", GROUP)
    assert second.router.interface("s0")["owner"] == "static"
    flow.arrives(dst, 40)
    flow.clean(dst, 40)
    assert second.router.mroute(src.address, GROUP)["owner"] == "dvmrp"
    prunes = len(wire.messages(7))
    second.router.cli("leave", "s0", GROUP)
    flow.stops(dst, 40)
    until(lambda: len(wire.messages(7)) > prunes, 40, "a prune again")


@pytest.mark.parametrize("options,sentence", [
    ("metric = 0", "from 1 to 31"),
    ("metric = 32", "from 1 to 31"),
    ("neighbors = {10.0.0.300}", "address of a router of this link"),
    ("neighbors = {10.0.0.3, 10.0.0.3}", "10.0.0.3 twice"),
    ("accept-routes = {10.0.0.1/8}", "prefix of IPv4 sources"),
    ("metrik = 3", "metric"),
    ("max-neighbors = 65", "from 1 to 64"),
])
@pytest.mark.parametrize("program", ["xmgmd", "xmgm-dvmrpd"])
def test_what_cannot_work_is_refused_by_name(lab, options, sentence, program):
    """With file and line, by the daemon and by xmgm-dvmrpd."""
    name = "dvmrp" if program == "xmgmd" else 'remote "dvmrp"'
    config = lab.directory / "bad.conf"
    config.write_text(f'interface "e0" {{ {name} {{\n{options}\n}} }}\n',
                      encoding="ascii")
    done = lab.rtr.run(BUILD / program, "-n", "-f", config, check=False)
    said = done.stdout + done.stderr
    assert done.returncode
    assert sentence in said
    assert f"{config}:2:" in said or f"{config}:1:" in said


@pytest.mark.seconds(500)
def test_dvmrpd_comes_back_with_the_daemon_and_keeps_what_it_has(lab):
    """Killed and started again within its grace time: the interfaces are its
    own all the while. xmgmd ends and is back: it begins anew by itself."""
    domain = Domain(lab, ["remote", "xmgm"])
    src, dst = domain.line()
    first, second = domain.routers
    domain.know(prefix_of(src), {first: 1, second: 2}, 60)
    dst.member().join()
    flow = src.flow()
    flow.arrives(dst, 40)
    epoch = first.router.interface("e0")["epoch"]
    first.program.kill()
    first.program.wait()
    first.start_dvmrpd()
    assert first.router.interface("e0")["epoch"] == epoch
    until(lambda: second.routes().get(prefix_of(src), (0, 0, 32))[2] == 2, 40,
          "the route")
    flow.arrives(dst, 40)
    assert first.router.stop() == 0
    first.router.start(ready=first.interfaces)
    until(lambda: first.router.interface("e0")["owner"] == "dvmrp", 40,
          "its interfaces")
    until(lambda: first.neighbors(), 40, "a neighbour")
    flow.arrives(dst, 40)


@pytest.mark.seconds(500)
def test_interfaces_of_a_dvmrpd_that_is_killed_go_back_to_igmp(lab):
    """When its grace time is over; ended by a signal it gives them back at
    once, and a second one beside the same daemon is refused."""
    domain = Domain(lab, ["remote"])
    router, = domain.routers
    domain.host("upper", router, "10.9.1")
    domain.host("lower", router, "10.9.2")
    domain.start()
    second = router.namespace.run(
        BUILD / "xmgm-dvmrpd", "-f", router.router.config, "-i",
        router.router.instance, check=False)
    assert second.returncode == 1
    assert "another xmgm-dvmrpd" in second.stderr
    router.program.terminate()
    assert router.program.wait(timeout=20) == 0
    assert router.router.interface("e0")["owner"] == "igmp"
    router.start_dvmrpd()
    router.program.kill()
    router.program.wait()
    assert router.router.interface("e0")["owner"] == "dvmrp"
    until(lambda: {router.router.interface(e)["owner"]
                   for e in ("e0", "e1")} == {"igmp"}, 40, "IGMP's again")


def test_show_dvmrp_needs_one_of_its_tables(lab):
    """A word that is none is refused; where DVMRP does not run every table is
    empty."""
    lab.build(1)
    router = lab.start()
    assert isinstance(router, Router)
    assert "neighbors, routes, prunes or interfaces" in \
        router.refused("show", "dvmrp", "everything")
    for table in "neighbors", "routes", "prunes", "interfaces":
        assert router.json("show", "dvmrp", table) == []
